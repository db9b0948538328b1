//! How calls end that do not end well.

use std::time::Duration;

use async_openai::config::OpenAIConfig;
use futures::StreamExt;
use sentry::SentryFutureExt;
use sentry_openai::OpenAiIntegration;
use sentry_openai::async_openai::instrument;
use sentry_openai::reqwest_middleware::{AttemptMiddleware, OpenAiMiddleware};
use serde_json::{Value, json};

use super::support::{Gate, Reply, Sentry, Server, SpanView};
use super::through::{PARENT, below, open, sentry};

pub(crate) const CHAT: &str = "/chat/completions";

pub(crate) fn streamed() -> Value {
    json!({"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello!"}], "stream": true})
}

pub(crate) fn piece(text: &str) -> Value {
    json!({"id": "chatcmpl-1", "model": "gpt-4o-2024", "choices": [{"index": 0, "delta": {"content": text}}]})
}

pub(crate) fn end() -> Value {
    json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
}

pub(crate) fn http() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

pub(crate) fn middleware() -> reqwest_middleware::ClientWithMiddleware {
    reqwest_middleware::ClientBuilder::new(http())
        .with(OpenAiMiddleware::new())
        .with(AttemptMiddleware::new())
        .build()
}

pub(crate) fn client(server: &Server) -> async_openai::Client<OpenAIConfig> {
    let config = OpenAIConfig::new()
        .with_api_base(server.url())
        .with_api_key("sk-test");
    instrument(async_openai::Client::with_config(config), http())
}

pub(crate) fn post(
    server: &Server,
    path: &str,
    body: &Value,
) -> reqwest_middleware::RequestBuilder {
    middleware()
        .post(server.url() + path)
        .body(body.to_string())
}

/// Waits for a span that another task ends.
async fn arrived(sentry: &Sentry, name: &str) -> SpanView {
    for _ in 0..1_000 {
        if let [span] = &sentry.spans_named(name)[..] {
            return span.clone();
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("no span {name:?} among {:?}", sentry.names());
}

#[tokio::test]
async fn a_stream_passes_piece_by_piece() {
    let server = Server::start().await;
    let gate = Gate::new();
    let reply = Reply::sse([piece("Hel")])
        .pause(&gate)
        .data(piece("lo"))
        .data(end())
        .done();
    server.reply(reply);
    let sentry = sentry(open());
    async {
        let mut response = post(&server, CHAT, &streamed()).send().await.unwrap();
        let first = response.chunk().await.unwrap().unwrap();
        assert!(first.starts_with(b"data: "));
        assert!(sentry.spans().is_empty(), "the span ends with the stream");
        gate.open();
        while response.chunk().await.unwrap().is_some() {}
    }
    .bind_hub(sentry.hub())
    .await;
    let call = sentry.span("chat gpt-4o");
    assert_eq!(
        call.json("gen_ai.output.messages")[0]["parts"][0]["content"],
        "Hello"
    );
}

#[tokio::test]
async fn a_dropped_stream_is_cancelled_with_what_had_come() {
    let server = Server::start().await;
    server.reply(Reply::sse([piece("Hel")]).stall());
    let sentry = sentry(open());
    async {
        let mut response = post(&server, CHAT, &streamed()).send().await.unwrap();
        response.chunk().await.unwrap().unwrap();
    }
    .bind_hub(sentry.hub())
    .await;
    let call = sentry.span("chat gpt-4o");
    assert_eq!(call.status.as_deref(), Some("cancelled"));
    assert_eq!(call.get("gen_ai.response.id"), "chatcmpl-1");
    assert_eq!(
        call.json("gen_ai.output.messages")[0]["parts"][0]["content"],
        "Hel"
    );
    server.wait_for_disconnect().await;
}

#[tokio::test]
async fn async_openais_dropped_stream_is_cancelled_with_what_it_had_read() {
    let server = Server::start().await;
    server.reply(Reply::sse([piece("Hel")]).stall());
    let sentry = sentry(open());
    async {
        let stream = client(&server)
            .chat()
            .create_stream_byot::<_, Value>(streamed())
            .await;
        let mut stream = stream.unwrap();
        stream.next().await.unwrap().unwrap();
    }
    .bind_hub(sentry.hub())
    .await;
    let call = arrived(&sentry, "chat gpt-4o").await;
    assert_eq!(call.status.as_deref(), Some("cancelled"));
    assert_eq!(
        call.json("gen_ai.output.messages")[0]["parts"][0]["content"],
        "Hel"
    );
    server.wait_for_disconnect().await;
}

#[tokio::test]
async fn a_stream_that_is_dropped_after_its_end_is_ok() {
    let server = Server::start().await;
    server.reply(Reply::sse([piece("Hello"), end()]).stall());
    let sentry = sentry(open());
    async {
        let mut response = post(&server, CHAT, &streamed()).send().await.unwrap();
        let mut all = Vec::new();
        while !String::from_utf8_lossy(&all).contains("stop") {
            all.extend(response.chunk().await.unwrap().unwrap());
        }
    }
    .bind_hub(sentry.hub())
    .await;
    assert_eq!(sentry.span("chat gpt-4o").status.as_deref(), Some("ok"));
}

#[tokio::test]
async fn a_future_that_is_dropped_is_cancelled() {
    let server = Server::start().await;
    server.reply_always(Reply::new(200).stall_before_head());
    let sentry = sentry(open());
    let limit = Duration::from_millis(100);
    below(async {
        let client = client(&server);
        let chat = client.chat();
        let call = chat.create_byot::<_, Value>(streamed());
        assert!(tokio::time::timeout(limit, call).await.is_err());
        let call = post(&server, CHAT, &streamed()).send();
        assert!(tokio::time::timeout(limit, call).await.is_err());
    })
    .bind_hub(sentry.hub())
    .await;
    let calls = sentry.spans_named("chat gpt-4o");
    let attempts = sentry.spans_with_op("http.client");
    assert_eq!((calls.len(), attempts.len()), (2, 2));
    for span in calls.iter().chain(&attempts) {
        assert_eq!(span.status.as_deref(), Some("cancelled"), "{}", span.name);
    }
}

#[tokio::test]
async fn a_future_that_is_never_polled_is_no_call() {
    let server = Server::start().await;
    let sentry = sentry(open());
    async {
        drop(client(&server).chat().create_byot::<_, Value>(streamed()));
        drop(post(&server, CHAT, &streamed()).send());
    }
    .bind_hub(sentry.hub())
    .await;
    assert!(sentry.spans().is_empty());
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_reply_that_breaks_off_is_interrupted() {
    let whole = Reply::text(200, "application/json", "{\"id\":")
        .content_length(100)
        .cut();
    let stream = Reply::sse([piece("Hel")]).cut();
    for reply in [whole, stream] {
        let server = Server::start().await;
        server.reply(reply);
        let sentry = sentry(open());
        let error = async {
            let response = post(&server, CHAT, &streamed()).send().await.unwrap();
            response.bytes().await.unwrap_err()
        }
        .bind_hub(sentry.hub())
        .await;
        assert!(error.is_decode());
        let call = sentry.span("chat gpt-4o");
        assert_eq!(call.status.as_deref(), Some("internal_error"));
        assert_eq!(call.get("error.type"), "stream_interrupted");
    }
}

#[tokio::test]
async fn a_refusal_need_not_be_read_to_be_known() {
    let server = Server::start().await;
    let error = json!({"error": {"message": "m", "code": "model_not_found"}});
    server.reply(Reply::json(404, &error));
    let sentry = sentry(open());
    async {
        let response = post(&server, CHAT, &streamed()).send().await.unwrap();
        response.error_for_status().unwrap_err();
    }
    .bind_hub(sentry.hub())
    .await;
    let call = sentry.span("chat gpt-4o");
    assert_eq!(call.status.as_deref(), Some("internal_error"));
    assert_eq!(call.get("error.type"), "404");
}

#[tokio::test]
async fn a_reply_that_only_its_reader_can_read_is_a_reply() {
    let server = Server::start().await;
    server.reply(
        Reply::text(200, "application/json", "\u{1f}\u{8b}").header("content-encoding", "gzip"),
    );
    let sentry = sentry(open());
    async {
        let response = post(&server, CHAT, &streamed()).send().await.unwrap();
        assert_eq!(response.bytes().await.unwrap(), "\u{1f}\u{8b}");
    }
    .bind_hub(sentry.hub())
    .await;
    let call = sentry.span("chat gpt-4o");
    assert_eq!(call.status.as_deref(), Some("ok"));
    assert!(!call.data.contains_key("error.type"));
}

#[tokio::test]
async fn calls_in_one_join_are_siblings() {
    let server = Server::start().await;
    server.reply_always(Reply::sse([piece("Hello"), end()]).done());
    let sentry = sentry(open());
    below(async {
        let client = client(&server);
        let call = || async {
            let stream = client
                .chat()
                .create_stream_byot::<_, Value>(streamed())
                .await;
            stream.unwrap().count().await;
        };
        futures::join!(call(), call());
    })
    .bind_hub(sentry.hub())
    .await;
    let parent = sentry.span(PARENT);
    assert_eq!(sentry.children_of(&parent).len(), 2);
}

#[tokio::test]
async fn a_stream_that_outlives_its_transaction_is_sent_on_its_own() {
    let server = Server::start().await;
    server.reply(Reply::sse([piece("Hello"), end()]).done());
    let sentry = sentry(open());
    async {
        let response = below(post(&server, CHAT, &streamed()).send()).await;
        assert!(sentry.spans_named("chat gpt-4o").is_empty());
        response.unwrap().bytes().await.unwrap();
    }
    .bind_hub(sentry.hub())
    .await;
    let call = sentry.span("chat gpt-4o");
    assert!(call.is_transaction);
    assert_eq!(call.parent_span_id, Some(sentry.span(PARENT).span_id));
}

#[tokio::test]
async fn a_failed_call_is_one_event_if_events_are_asked_for() {
    let server = Server::start().await;
    let refusal = json!({"error": {"message": "SECRET", "code": "model_not_found"}});
    server.reply_always(Reply::json(404, &refusal));
    let sentry = sentry(OpenAiIntegration::new().capture_errors(true));
    async {
        let response = post(&server, CHAT, &streamed()).send().await.unwrap();
        response.bytes().await.unwrap();
        let client = client(&server);
        let call = client.chat().create_byot::<_, Value>(streamed()).await;
        call.unwrap_err();
    }
    .bind_hub(sentry.hub())
    .await;
    let events = sentry.events();
    let values: Vec<_> = events
        .iter()
        .map(|event| event.exception[0].value.clone())
        .collect();
    assert_eq!(values.len(), 2);
    assert_eq!(values[0], values[1]);
    assert!(!sentry.leaked("SECRET"));
}

#[tokio::test]
async fn a_reader_that_knows_the_length_need_not_ask_for_the_end() {
    let server = Server::start().await;
    server.reply(Reply::json(
        200,
        &json!({"id": "chatcmpl-1", "choices": []}),
    ));
    let sentry = sentry(open());
    async {
        let mut response = post(&server, CHAT, &streamed()).send().await.unwrap();
        let mut left = response.content_length().unwrap();
        while left > 0 {
            left -= response.chunk().await.unwrap().unwrap().len() as u64;
        }
    }
    .bind_hub(sentry.hub())
    .await;
    assert_eq!(sentry.span("chat gpt-4o").status.as_deref(), Some("ok"));
}
