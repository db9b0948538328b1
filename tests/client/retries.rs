//! What is tried again, when, and how.

use std::time::Duration;

use sentry_openai::RequestOptions;
use serde_json::{Value, json};

use super::exchange::{Ask, Build, Exchange, builder, check, client};
use crate::support::{Reply, Server};

/// A failure that asks for a short wait.
fn failure(status: u16) -> Reply {
    Reply::json(
        status,
        &json!({"error": {"message": "SECRET", "code": "c"}}),
    )
    .header("retry-after-ms", 1)
}

/// What it answers in the end.
fn failed(status: u16, is: &[&str]) -> Value {
    let mut answers = json!({
        "error": "api", "status": status, "message": "SECRET", "code": "c", "retry_after": 0.001,
    });
    if !is.is_empty() {
        answers["is"] = json!(is);
    }
    answers
}

fn ok() -> (Reply, Value) {
    (
        Reply::json(200, &json!({"choices": []})),
        json!({"choices": []}),
    )
}

fn retried(rule: &str, replies: impl IntoIterator<Item = Reply>) -> Exchange {
    let (reply, gives) = ok();
    Exchange {
        rule: rule.to_owned(),
        ask: Ask::Chat,
        replies: replies.into_iter().chain([reply]).collect(),
        gives,
        build: |builder| builder,
    }
}

fn not_retried(rule: &str, reply: Reply, gives: Value) -> Exchange {
    Exchange {
        build: |builder| builder,
        ..Exchange::once(rule, Ask::Chat, reply, gives)
    }
}

/// What is tried again and what is not.
pub(crate) fn table() -> Vec<Exchange> {
    let mut table = Vec::new();
    for status in [408, 409, 429, 500, 502, 503, 504, 529, 599] {
        table.push(retried(&format!("{status} is retried"), [failure(status)]));
    }
    for status in [400, 401, 403, 404, 405, 413, 422] {
        let rule = format!("{status} is not retried");
        table.push(not_retried(&rule, failure(status), failed(status, &[])));
    }
    table.extend([
        retried("two retries by default", [failure(500), failure(429)]),
        retried(
            "a retry may be asked for",
            [failure(400).header("x-should-retry", "true")],
        ),
        not_retried(
            "a retry may be refused",
            failure(500).header("x-should-retry", "false"),
            failed(500, &[]),
        ),
        retried(
            "what x-should-retry says otherwise does not count",
            [failure(500).header("x-should-retry", "maybe")],
        ),
        not_retried(
            "an exhausted quota is not retried, even if asked for",
            Reply::json(429, &json!({"error": {"code": "insufficient_quota"}}))
                .header("x-should-retry", "true"),
            json!({"error": "api", "status": 429, "code": "insufficient_quota",
                "body": r#"{"error":{"code":"insufficient_quota"}}"#}),
        ),
        not_retried(
            "an exhausted quota by its type",
            Reply::json(429, &json!({"error": {"message": "SECRET", "type": "insufficient_quota"}})),
            json!({"error": "api", "status": 429, "type": "insufficient_quota", "message": "SECRET"}),
        ),
        not_retried(
            "an error within a 200 is not retried",
            Reply::json(200, &json!({"error": {"message": "SECRET", "code": 429}})),
            json!({"error": "api", "status": 200, "code": "429", "message": "SECRET"}),
        ),
        not_retried(
            "a reply that can't be read is not retried",
            Reply::json(200, &json!({})),
            json!({"error": "decode", "status": 200,
                "says": "the reply could not be read: missing field `choices` (line 1, column 2)"}),
        ),
        retried("milliseconds go before seconds", [failure(500).header("retry-after", 60)]),
        retried("0 seconds retry at once", [Reply::new(503).header("retry-after", 0)]),
        retried("fractions of seconds", [Reply::new(503).header("retry-after", "0.01")]),
        retried(
            "milliseconds that make no sense fall to the seconds",
            [Reply::new(503).header("retry-after-ms", "soon").header("retry-after", 0)],
        ),
        not_retried(
            "more than a minute is left to the caller",
            Reply::new(429).header("retry-after", 61),
            json!({"error": "api", "status": 429, "retry_after": 61.0, "is": ["rate_limit", "retryable"]}),
        ),
        not_retried(
            "more than a minute in milliseconds, too",
            Reply::new(503).header("retry-after-ms", 60_001),
            json!({"error": "api", "status": 503, "retry_after": 60.001, "is": ["retryable"]}),
        ),
        retried("a connection closed without an answer", [Reply::new(200).close_before_head()]),
        retried("a connection reset without an answer", [Reply::new(200).reset_before_head()]),
        retried("a head cut off", [Reply::garbage("HTTP/1.1 200 OK\r\ncontent-ty")]),
        retried(
            "a body cut off",
            [Reply::text(200, "application/json", "{\"choices\":").content_length(500)],
        ),
        retried(
            "a body cut off without length",
            [Reply::text(200, "application/json", "{\"choices\":").chunked().cut()],
        ),
        retried("no HTTP", [Reply::garbage("SECRET: this is another protocol\r\n\r\n")]),
        retried(
            "an error whose body is cut off is still that error",
            [Reply::text(503, "application/json", "{").content_length(500).header("retry-after-ms", 1)],
        ),
    ]);
    for ask in Ask::ALL {
        table.push(Exchange {
            rule: "every endpoint is retried".to_owned(),
            ask,
            replies: vec![failure(429), failure(500), failure(503)],
            gives: failed(503, &["retryable"]),
            build: |builder| builder,
        });
    }
    let limits: [(&str, Build, Vec<Reply>, Value); 2] = [
        (
            "no retries",
            |builder| builder.max_retries(0),
            vec![failure(429)],
            failed(429, &["rate_limit", "retryable"]),
        ),
        (
            "the last error is returned",
            |builder| builder.max_retries(1),
            vec![failure(429), failure(408)],
            failed(408, &["timeout", "retryable"]),
        ),
    ];
    table.extend(limits.map(|(rule, build, replies, gives)| Exchange {
        rule: rule.to_owned(),
        ask: Ask::Chat,
        replies,
        gives,
        build,
    }));
    table.push(Exchange {
        rule: "nothing is retried after the head of a stream".to_owned(),
        ask: Ask::ChatStream,
        replies: vec![Reply::sse([json!({"choices": []})]).cut()],
        gives: json!({"error": "interrupted", "is": ["retryable"], "items": [{"choices": []}]}),
        build: |builder| builder,
    });
    table
}

#[tokio::test]
async fn failures_that_may_pass_are_tried_again() {
    check(&table()).await;
}

#[tokio::test]
async fn every_attempt_sends_the_same_bytes_and_counts_itself() {
    for ask in Ask::ALL {
        let server = Server::start().await;
        server
            .reply(failure(500))
            .reply(failure(429))
            .reply(ask.reply());
        ask.of(&client(&server)).await;
        let requests = server.requests();
        for (index, request) in requests.iter().enumerate() {
            let count = request.header("x-stainless-retry-count");
            assert_eq!(count, Some(index.to_string().as_str()), "{ask:?}");
            let mut headers = request.headers.clone();
            headers.remove("x-stainless-retry-count");
            let mut expected = requests[0].headers.clone();
            expected.remove("x-stainless-retry-count");
            assert_eq!(headers, expected, "{ask:?}");
            assert_eq!(request.body, requests[0].body, "{ask:?}");
            assert_eq!(request.path, requests[0].path, "{ask:?}");
        }
        assert_eq!(requests.len(), 3, "{ask:?}");
    }
}

#[tokio::test]
async fn a_request_may_set_its_own_retries() {
    for (of_client, of_request) in [(2, 0), (0, 1), (1, 3)] {
        let server = Server::start().await;
        server.reply_always(failure(500));
        let client = builder(&server).max_retries(of_client).build().unwrap();
        Ask::Chat
            .with(&client, RequestOptions::new().max_retries(of_request))
            .await;
        assert_eq!(
            server.requests().len(),
            usize::try_from(of_request).unwrap() + 1
        );
    }
}

#[tokio::test]
async fn an_attempt_that_takes_too_long_is_tried_again() {
    let server = Server::start().await;
    server
        .reply(Reply::new(200).stall_before_head())
        .reply_always(ok().0);
    let client = builder(&server)
        .timeout(Duration::from_secs(1))
        .build()
        .unwrap();
    assert_eq!(Ask::Chat.of(&client).await, ok().1);
    server.wait_for_disconnect().await;
    assert!(server.requests().len() >= 2);
}

#[tokio::test]
async fn a_wait_that_the_server_asks_for_is_kept() {
    let server = Server::start().await;
    server
        .reply(Reply::new(429).header("retry-after-ms", 300))
        .reply(Reply::new(503).header("retry-after", "0.2"))
        .reply(ok().0);
    assert_eq!(Ask::Chat.of(&client(&server)).await, ok().1);
    let at: Vec<_> = server
        .requests()
        .iter()
        .map(|request| request.received)
        .collect();
    assert!(at[1] - at[0] >= Duration::from_millis(300));
    assert!(at[2] - at[1] >= Duration::from_millis(200));
}
