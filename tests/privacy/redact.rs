//! The hook that rewrites content before it is recorded.

use std::borrow::Cow;
use std::sync::{Arc, Mutex};

use futures::StreamExt;
use sentry::SentryFutureExt;
use sentry_openai::{Client, OpenAiIntegration, chat, embeddings};
use serde_json::{Value, json};

use super::calls::{Case, http, options};
use super::says::{ALL, ANSWER, PROMPT};
use super::support::{Reply, Sentry, Server};

fn recording() -> OpenAiIntegration {
    OpenAiIntegration::new()
        .record_inputs(true)
        .record_outputs(true)
}

fn hide(text: &str) -> Cow<'_, str> {
    text.replace(PROMPT, "[prompt]")
        .replace(ANSWER, "[answer]")
        .into()
}

#[tokio::test]
async fn every_text_of_content_is_redacted_as_a_whole() {
    for case in Case::all() {
        let (sentry, _) = case
            .run(options(recording().redact(hide)), Client::builder())
            .await;
        for secret in ALL {
            assert!(!sentry.leaked(secret), "{}: {secret}", case.name);
        }
        assert!(sentry.leaked("[prompt]"), "{}", case.name);
        assert_eq!(sentry.leaked("[answer]"), case.answers, "{}", case.name);
    }
}

#[tokio::test]
async fn the_hook_sees_arguments_of_tools_and_the_whole_of_what_came_in_pieces() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let integration = recording().redact({
        let seen = seen.clone();
        move |text| {
            seen.lock().unwrap().push(text.to_owned());
            text.into()
        }
    });
    for case in Case::all() {
        if ["chat", "a chat stream"].contains(&case.name) {
            case.run(options(integration.clone()), Client::builder())
                .await;
            let seen = std::mem::take(&mut *seen.lock().unwrap());
            let arguments = format!("{{\"x\":\"{ANSWER}\"}}");
            assert!(seen.contains(&arguments), "{seen:?}");
            let arguments = format!("{{\"x\":\"{PROMPT}\"}}");
            assert!(seen.contains(&arguments), "{seen:?}");
            let answer = |text: &String| text == ANSWER || text == &format!("It is {ANSWER}.");
            assert!(seen.iter().any(answer), "{seen:?}");
        }
    }
}

#[tokio::test]
async fn a_hook_that_panics_leaves_redacted_and_does_not_reach_the_call() {
    for case in Case::all() {
        let integration =
            recording().redact(|_| std::panic::resume_unwind(Box::new("a hook that panics")));
        let (sentry, shown) = case.run(options(integration), Client::builder()).await;
        for secret in ALL {
            assert!(!sentry.leaked(secret), "{}: {secret}", case.name);
            assert!(!shown.contains(secret), "{}: {secret}", case.name);
        }
        assert!(sentry.leaked("[redacted]"), "{}", case.name);
        for span in sentry.spans_where(|span| span.op.starts_with("gen_ai.")) {
            for (name, value) in &span.data {
                if let Some(text) = value.as_str().filter(|text| text.starts_with(['[', '{'])) {
                    let json: Result<Value, _> = serde_json::from_str(text);
                    assert!(json.is_ok(), "{}: {name}: {text}", case.name);
                }
            }
        }
    }
}

#[tokio::test]
async fn no_secret_straddles_the_cut() {
    const LIMIT: usize = 2_000;

    let integration = recording().redact(hide).max_content_bytes(LIMIT);
    let sentry = Sentry::new(options(integration));
    let server = Server::start().await;
    let client = Client::builder().base_url(server.url()).http_client(http());
    let client = client.build().unwrap();
    for before in LIMIT - 120..LIMIT {
        let padded = |text: &str| "x".repeat(before) + text + &"y".repeat(LIMIT);
        let arguments = json!({"id": "c", "type": "function", "function": {"name": "f", "arguments": padded(PROMPT)}});
        let messages = [
            json!({"role": "assistant", "tool_calls": [arguments]}),
            json!({"role": "user", "content": padded(PROMPT)}),
        ];
        let answer = padded(ANSWER);
        let (one, other) = answer.split_at(before + 6);
        let choice =
            |name: &str, text: &str| json!({"choices": [{"index": 0, name: {"content": text}}]});
        server
            .reply(Reply::json(200, &choice("message", &answer)))
            .reply(Reply::json(200, &choice("message", &answer)))
            .reply(Reply::sse([choice("delta", one), choice("delta", other)]).done())
            .reply(Reply::json(200, &json!({"data": []})));
        let calls = async {
            for message in &messages {
                let request = json!({"model": "m", "messages": [message]});
                let request: chat::Request = serde_json::from_value(request).unwrap();
                client.chat().completions().create(&request).await.unwrap();
            }
            let request = chat::Request::new("m", [chat::Message::user("Hi")]);
            let stream = client.chat().completions().create_stream(&request).await;
            let chunks: Vec<_> = stream.unwrap().collect().await;
            assert_eq!(chunks.len(), 2);
            let request = embeddings::Request::new("m", padded(PROMPT));
            client.embeddings().create(&request).await.unwrap();
        };
        calls.bind_hub(sentry.hub()).await;
    }
    for beginning in ["pro", "ans"] {
        assert!(!sentry.leaked(&format!("x{beginning}")), "{beginning}");
    }
    assert!(sentry.leaked("x[prompt]y") && sentry.leaked("x[answer]y"));
    assert!(sentry.leaked("x[pr…") && sentry.leaked("x[an…"));
}

#[tokio::test]
async fn texts_that_are_not_recorded_are_not_read() {
    let seen = Arc::new(Mutex::new(0));
    let integration = recording().max_content_bytes(2_000).redact({
        let seen = seen.clone();
        move |text| {
            *seen.lock().unwrap() += 1;
            text.into()
        }
    });
    let sentry = Sentry::new(options(integration));
    let server = Server::start().await;
    let client = Client::builder().base_url(server.url()).http_client(http());
    let client = client.build().unwrap();
    server.reply(Reply::json(200, &json!({"choices": []})));
    let messages = (0..1_000).map(|_| chat::Message::user("word ".repeat(40)));
    let request = chat::Request::new("m", messages);
    let call = async { client.chat().completions().create(&request).await };
    call.bind_hub(sentry.hub()).await.unwrap();
    let seen = *seen.lock().unwrap();
    assert!((5..20).contains(&seen), "{seen} texts were read");
}
