//! Who may say what is recorded, and that nothing else is.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use sentry::{Hub, SentryFutureExt, TransactionContext};
use sentry_openai::{Client, OpenAiIntegration, RequestOptions};

use super::calls::{Case, http, options, show};
use super::says::{ALL, ANSWER, ERROR, KEY, PROMPT};
use super::support::Sentry;

/// The four modes: inputs, outputs.
const MODES: [(bool, bool); 4] = [(false, false), (true, false), (false, true), (true, true)];

fn assert_none_of<'a>(texts: impl IntoIterator<Item = &'a str>, shown: &str, what: &str) {
    for text in texts {
        assert!(!shown.contains(text), "{what} shows {text}: {shown}");
    }
}

fn assert_recorded(sentry: &Sentry, case: &Case, (inputs, outputs): (bool, bool)) {
    let what = format!("{}, inputs {inputs}, outputs {outputs}", case.name);
    assert_eq!(
        sentry
            .spans_where(|span| span.op.starts_with("gen_ai."))
            .len(),
        1,
        "{what}"
    );
    assert_eq!(sentry.leaked(PROMPT), inputs, "{what}: the prompt");
    assert_eq!(
        sentry.leaked(ANSWER),
        outputs && case.answers,
        "{what}: the answer"
    );
    assert!(!sentry.leaked(ERROR), "{what}: the error's text");
    assert!(!sentry.leaked(KEY), "{what}: a key");
}

#[tokio::test]
async fn by_default_no_call_tells_sentry_anything_of_its_content() {
    for case in Case::all() {
        let (sentry, _) = case
            .run(options(OpenAiIntegration::new()), Client::builder())
            .await;
        assert_recorded(&sentry, &case, (false, false));
    }
}

#[tokio::test]
async fn what_a_caller_may_print_shows_no_content_and_no_key() {
    for case in Case::all() {
        let (_, shown) = case
            .run(options(OpenAiIntegration::new()), Client::builder())
            .await;
        assert_none_of(ALL, &shown, case.name);
    }
    let request = RequestOptions::new().header("x-key", KEY).query("key", KEY);
    assert_none_of(ALL, &format!("{request:?}"), "the options of a request");
    let integration = OpenAiIntegration::new().redact(|text| text.into());
    assert_none_of(ALL, &format!("{integration:?}"), "the integration");
    for builder in [
        Client::builder().api_key(format!("{KEY}\n\u{1}")),
        Client::builder().api_key("k").base_url(KEY),
        Client::builder().base_url(format!("http://user:{KEY}@localhost/v1")),
        Client::builder()
            .api_key("k")
            .organization(format!("{KEY}\u{7f}")),
    ] {
        let error = builder.build().unwrap_err();
        assert_none_of(ALL, &format!("{error} {error:?}"), "a wrong setting");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_shows_no_key() {
    let unused = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let sentry = Sentry::new(options(OpenAiIntegration::new().capture_errors(true)));
    let client = Client::builder()
        .api_key(KEY)
        .base_url(format!("http://{unused}/v1?key={KEY}"))
        .max_retries(0)
        .http_client(http())
        .build()
        .unwrap();
    let request =
        sentry_openai::chat::Request::new("gpt-4o", [sentry_openai::chat::Message::user(PROMPT)]);
    let call = async { client.chat().completions().create(&request).await };
    let error = call.bind_hub(sentry.hub()).await.unwrap_err();
    let mut shown = String::new();
    show(&error, &mut shown);
    assert_none_of(ALL, &shown, "no connection");
    assert!(!sentry.leaked(KEY) && !sentry.leaked(PROMPT));
}

#[tokio::test]
async fn each_of_inputs_and_outputs_is_recorded_if_it_is_allowed_however_the_call_ends() {
    for mode in MODES {
        for case in Case::all() {
            let integration = OpenAiIntegration::new()
                .record_inputs(mode.0)
                .record_outputs(mode.1);
            let (sentry, shown) = case.run(options(integration), Client::builder()).await;
            assert_recorded(&sentry, &case, mode);
            assert_none_of(ALL, &shown, case.name);
        }
    }
}

#[tokio::test]
async fn the_client_says_what_is_recorded_before_the_integration_and_that_before_sentry() {
    let says = [None, Some(false), Some(true)];
    let endpoints = [
        "chat",
        "a chat stream",
        "responses",
        "a stream of responses",
        "embeddings",
    ];
    let cases: Vec<_> = Case::all()
        .into_iter()
        .filter(|case| endpoints.contains(&case.name))
        .collect();
    assert_eq!(cases.len(), endpoints.len());
    for pii in [false, true] {
        for integration_says in says {
            for client_says in says {
                let expected = client_says.or(integration_says).unwrap_or(pii);
                for case in &cases {
                    let mut integration = OpenAiIntegration::new();
                    let mut client = Client::builder();
                    if let Some(record) = integration_says {
                        integration = integration.record_inputs(record).record_outputs(!record);
                    }
                    if let Some(record) = client_says {
                        client = client.record_inputs(record);
                    }
                    let outputs = integration_says.map_or(pii, |record| !record);
                    let options = options(integration).send_default_pii(pii);
                    let (sentry, _) = case.run(options, client).await;
                    assert_recorded(&sentry, case, (expected, outputs));
                }
            }
        }
    }
}

#[tokio::test]
async fn a_client_may_record_outputs_where_nothing_else_is() {
    for case in Case::all() {
        let options = options(
            OpenAiIntegration::new()
                .record_inputs(false)
                .record_outputs(false),
        );
        let (sentry, _) = case
            .run(options, Client::builder().record_outputs(true))
            .await;
        assert_recorded(&sentry, &case, (false, true));
    }
}

#[tokio::test]
async fn a_captured_error_holds_no_content_whether_its_call_is_the_root_or_not() {
    for case in Case::failures() {
        for (inputs, outputs) in [(false, false), (true, true)] {
            for is_root in [true, false] {
                let integration = OpenAiIntegration::new()
                    .record_inputs(inputs)
                    .record_outputs(outputs)
                    .capture_errors(true);
                let sentry = Sentry::new(options(integration));
                let call = async {
                    let parent = sentry::start_transaction(TransactionContext::new("job", "task"));
                    if !is_root {
                        Hub::current()
                            .configure_scope(|scope| scope.set_span(Some(parent.clone().into())));
                    }
                    case.run_here(Client::builder()).await;
                    parent.finish();
                };
                call.bind_hub(sentry.hub()).await;
                let events = sentry.events();
                // The caller captures the error as well.
                assert_eq!(events.len(), 2, "{}", case.name);
                for event in &events {
                    let event = serde_json::to_string(event).unwrap();
                    assert_none_of(ALL, &event, case.name);
                }
                assert_recorded(&sentry, &case, (inputs, outputs));
            }
        }
    }
}

#[tokio::test]
async fn a_traces_sampler_sees_no_content() {
    let seen = Arc::new(Mutex::new(String::new()));
    for case in Case::all() {
        let integration = OpenAiIntegration::new()
            .record_inputs(true)
            .record_outputs(true);
        let sampler = {
            let seen = seen.clone();
            move |context: &TransactionContext| {
                let custom = context.custom();
                let mut seen = seen.lock().unwrap();
                write!(seen, "{context:?} {custom:?}").unwrap();
                1.0
            }
        };
        case.run(
            options(integration).traces_sampler(sampler),
            Client::builder(),
        )
        .await;
    }
    let seen = seen.lock().unwrap();
    assert!(seen.contains("gen_ai.request.model"));
    assert_none_of(ALL, &seen, "a sampler");
}
