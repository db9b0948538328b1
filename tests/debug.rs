//! What Sentry's `debug` says where calls are not recorded. Each case is a process of its own, whose stderr is read.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic fails the test, as it should"
)]

mod support;

use std::env;
use std::process::Command;
use std::sync::Arc;

use sentry::{ClientOptions, SentryFutureExt, TransactionContext};
use sentry_openai::{Client, OpenAiIntegration, chat};
use serde_json::json;

use support::{Reply, Sentry, Server};

/// Which case the process is.
const CASE: &str = "SENTRY_OPENAI_DEBUG_CASE";

fn options(case: &str) -> ClientOptions {
    let options = ClientOptions::new().debug(!case.ends_with("no_debug"));
    let options = match case {
        "missing" => return options.traces_sample_rate(1.0),
        "off" | "off_below" | "off_no_debug" => options,
        "unsampled" | "unsampled_below" => options.traces_sample_rate(0.0),
        _ => options.traces_sample_rate(1.0),
    };
    options.add_integration(OpenAiIntegration::new())
}

/// Makes three calls in this way.
fn calls(case: &str) {
    Sentry::new(options(case)).run_on_one_thread(async {
        let server = Server::start().await;
        let client = Client::builder().base_url(server.url()).build().unwrap();
        let calls = async {
            for _ in 0..3 {
                server.reply(Reply::json(200, &json!({"choices": []})));
                let request = chat::Request::new("gpt-4o", [chat::Message::user("Hello!")]);
                client.chat().completions().create(&request).await.unwrap();
            }
        };
        let hub = Arc::new(sentry::Hub::new_from_top(sentry::Hub::current()));
        if case.ends_with("below") {
            let transaction = sentry::start_transaction(TransactionContext::new("root", "test"));
            hub.configure_scope(|scope| scope.set_span(Some(transaction.into())));
        }
        calls.bind_hub(hub).await;
    });
}

/// The lines of ours that a process of this case writes.
fn lines(case: &str) -> Vec<String> {
    let test = "sentrys_debug_says_once_why_nothing_is_recorded";
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(CASE, case)
        .output()
        .unwrap();
    assert!(output.status.success(), "{case}: {output:?}");
    let stderr = String::from_utf8(output.stderr).unwrap();
    let ours = stderr.lines().filter(|line| line.contains("sentry-openai"));
    ours.map(str::to_owned).collect()
}

#[test]
fn sentrys_debug_says_once_why_nothing_is_recorded() {
    if let Ok(case) = env::var(CASE) {
        calls(&case);
        return;
    }
    for (case, reason) in [
        ("missing", Some("OpenAiIntegration is missing")),
        ("off", Some("tracing is off")),
        ("off_below", Some("tracing is off")),
        ("unsampled", Some("not sampled")),
        ("unsampled_below", Some("not sampled")),
        ("off_no_debug", None),
        ("recorded", None),
    ] {
        let lines = lines(case);
        assert_eq!(
            lines.len(),
            usize::from(reason.is_some()),
            "{case}: {lines:?}"
        );
        for (line, reason) in lines.iter().zip(reason) {
            assert!(
                line.starts_with("[sentry] ") && line.contains(reason),
                "{case}: {line}"
            );
        }
    }
}
