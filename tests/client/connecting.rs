//! Timeouts, and servers that are not there.

use std::time::Duration;

use sentry::ClientOptions;
use sentry_openai::{Client, OpenAiIntegration, RequestOptions};
use serde_json::{Value, json};

use super::exchange::{Ask, builder};
use crate::support::{Reply, Sentry, Server};

/// A base URL where nobody listens.
fn nowhere() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}/v1?key=SECRET", listener.local_addr().unwrap())
}

fn timeout(says: &str, is: &[&str]) -> Value {
    json!({"error": "timeout", "says": says, "is": is})
}

#[tokio::test]
async fn a_server_that_is_not_there_is_a_connection_error() {
    let client = Client::builder()
        .base_url(nowhere())
        .api_key("sk-SECRET")
        .max_retries(0)
        .build()
        .unwrap();
    for ask in Ask::ALL {
        let expected = json!({"error": "connect", "is": ["connect", "retryable"]});
        assert_eq!(ask.of(&client).await, expected, "{ask:?}");
    }
}

#[test]
fn a_server_that_is_not_there_is_tried_again() {
    let options = ClientOptions::new()
        .traces_sample_rate(1.0)
        .add_integration(OpenAiIntegration::new());
    let sentry = Sentry::new(options);
    sentry.run(async {
        let client = Client::builder()
            .base_url(nowhere())
            .max_retries(1)
            .build()
            .unwrap();
        Ask::Chat.of(&client).await;
    });
    assert_eq!(sentry.spans_with_op("http.client").len(), 2);
}

#[tokio::test]
async fn an_attempt_has_its_time_to_the_whole_reply_or_to_the_head_of_a_stream() {
    let stalls = [
        ("before the head", Reply::new(200).stall_before_head()),
        (
            "in the body",
            Reply::text(200, "application/json", "{")
                .content_length(9)
                .stall(),
        ),
        (
            "in the body of an error",
            Reply::text(400, "text/plain", "x")
                .content_length(9)
                .stall(),
        ),
    ];
    for (rule, reply) in stalls {
        for ask in [Ask::Chat, Ask::ChatStream, Ask::ListModels] {
            let is_streaming = ask.is_stream() && rule == "in the body";
            if is_streaming {
                continue;
            }
            let server = Server::start().await;
            server.reply(reply.clone());
            let limit = Duration::from_millis(300);
            let client = builder(&server)
                .timeout(limit)
                .max_retries(0)
                .build()
                .unwrap();
            let expected = timeout(
                "the server did not answer within 300ms",
                &["timeout", "retryable"],
            );
            assert_eq!(ask.of(&client).await, expected, "{rule}, {ask:?}");
            server.wait_for_disconnect().await;
        }
    }
}

#[tokio::test]
async fn a_request_may_set_its_own_timeout() {
    let server = Server::start().await;
    server.reply(Reply::new(200).stall_before_head());
    let client = builder(&server).max_retries(0).build().unwrap();
    let options = RequestOptions::new().timeout(Duration::from_millis(250));
    let expected = timeout(
        "the server did not answer within 250ms",
        &["timeout", "retryable"],
    );
    assert_eq!(Ask::Chat.with(&client, options).await, expected);
}

#[tokio::test]
async fn a_deadline_holds_for_all_attempts_together() {
    let expected = timeout("the call was not done within 400ms", &["timeout"]);
    let rows = [
        (
            "while an answer is waited for",
            Reply::new(200).stall_before_head(),
        ),
        (
            "while attempts follow each other",
            Reply::new(500).header("retry-after-ms", 20),
        ),
        (
            "while a retry is waited for",
            Reply::new(500).header("retry-after", 30),
        ),
    ];
    for (rule, reply) in rows {
        for ask in [Ask::Chat, Ask::ResponseStream, Ask::ListModels] {
            let server = Server::start().await;
            server.reply_always(reply.clone());
            let client = builder(&server)
                .deadline(Duration::from_millis(400))
                .max_retries(1_000)
                .build()
                .unwrap();
            assert_eq!(ask.of(&client).await, expected, "{rule}, {ask:?}");
        }
    }
}

#[tokio::test]
async fn a_timeout_of_ones_own_http_client_is_a_timeout() {
    let server = Server::start().await;
    server.reply(Reply::new(200).stall_before_head());
    let http = reqwest::Client::builder()
        .timeout(Duration::from_millis(250))
        .build()
        .unwrap();
    let client = builder(&server)
        .http_client(http)
        .max_retries(0)
        .build()
        .unwrap();
    let expected = timeout(
        "the HTTP client's timeout has passed",
        &["timeout", "retryable"],
    );
    assert_eq!(Ask::Chat.of(&client).await, expected);
}

#[tokio::test]
async fn calls_one_after_the_other_share_a_connection() {
    let server = Server::start().await;
    let client = builder(&server).build().unwrap();
    for ask in [
        Ask::Chat,
        Ask::ListModels,
        Ask::ResponseStream,
        Ask::Embeddings,
    ] {
        server
            .reply(Reply::json(429, &json!({})).header("retry-after-ms", 5))
            .reply(ask.reply());
        ask.of(&client.clone()).await;
        // The connection's own tasks have to run before it can be had again.
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(server.connections(), 1);
}
