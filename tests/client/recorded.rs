//! Whether a call is recorded makes no difference to the caller or to the server.

use std::borrow::Cow;

use sentry::ClientOptions;
use sentry_openai::OpenAiIntegration;

use super::exchange::{Exchange, check};
use super::{endpoints, errors, replies, retries};
use crate::support::Sentry;

fn exchanges() -> Vec<Exchange> {
    [
        endpoints::table(),
        errors::table(),
        replies::table(),
        retries::table(),
    ]
    .concat()
}

fn recording(integration: OpenAiIntegration) -> Sentry {
    let options = ClientOptions::new()
        .traces_sample_rate(1.0)
        .send_default_pii(true)
        .add_integration(integration);
    Sentry::new(options)
}

#[test]
fn a_recorded_exchange_gives_the_caller_the_same() {
    let sentry = recording(OpenAiIntegration::new().capture_errors(true));
    let exchanges = exchanges();
    sentry.run(check(&exchanges));
    let calls = exchanges
        .iter()
        .filter(|exchange| exchange.ask.is_model_call());
    let spans = sentry.spans_where(|span| span.op.starts_with("gen_ai."));
    assert_eq!(spans.len(), calls.count(), "each model call has its span");
}

#[test]
fn an_exchange_gives_the_caller_the_same_however_it_is_recorded() {
    fn panics(_: &str) -> Cow<'_, str> {
        panic!("a redaction that fails")
    }
    let table = [
        (
            "bounded to nothing",
            recording(OpenAiIntegration::new().max_content_bytes(0)),
        ),
        (
            "unbounded",
            recording(OpenAiIntegration::new().max_content_bytes(None)),
        ),
        (
            "with a redaction that panics",
            recording(OpenAiIntegration::new().redact(panics)),
        ),
        (
            "not sampled",
            Sentry::new(ClientOptions::new().add_integration(OpenAiIntegration::new())),
        ),
        (
            "without integration",
            Sentry::new(ClientOptions::new().traces_sample_rate(1.0)),
        ),
    ];
    let exchanges: Vec<_> = [endpoints::table(), replies::table()].concat();
    for (rule, sentry) in table {
        println!("{rule}");
        sentry.run(check(&exchanges));
    }
}

#[test]
fn a_recorded_request_is_the_same_to_the_last_byte() {
    let sentry = recording(OpenAiIntegration::new());
    for exchange in endpoints::table() {
        let plain = tokio::runtime::Runtime::new()
            .unwrap()
            .block_on(exchange.run())
            .1;
        let recorded = sentry.run(exchange.run()).1;
        assert_eq!(plain.len(), recorded.len());
        for (plain, recorded) in plain.iter().zip(&recorded) {
            let headers = |request: &crate::support::Request| {
                let mut headers = request.headers.clone();
                headers.remove("host");
                headers
            };
            assert_eq!(plain.body, recorded.body, "{:?}", exchange.ask);
            assert_eq!(plain.path, recorded.path, "{:?}", exchange.ask);
            assert_eq!(headers(plain), headers(recorded), "{:?}", exchange.ask);
        }
    }
}
