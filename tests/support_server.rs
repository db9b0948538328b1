//! The test support does what the tests believe it does.

#![allow(clippy::unwrap_used, reason = "a panic fails the test, as it should")]

mod support;

use std::time::Duration;

use futures::StreamExt;
use reqwest::header::CONTENT_TYPE;
use sentry::ClientOptions;
use sentry::protocol::SpanStatus;
use serde_json::{Value, json};

use support::{Gate, Reply, Sentry, Server, bound};

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

async fn get(server: &Server) -> reqwest::Result<reqwest::Response> {
    client().get(server.url() + "/models").send().await
}

#[tokio::test]
async fn a_reply_comes_with_its_status_headers_and_body() {
    let server = Server::start().await;
    server.reply(Reply::json(429, &json!({"error": "slow down"})).header("retry-after", 2));
    let response = get(&server).await.unwrap();
    assert_eq!(response.status(), 429);
    assert_eq!(response.headers()["retry-after"], "2");
    assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
    assert_eq!(response.text().await.unwrap(), r#"{"error":"slow down"}"#);
}

#[tokio::test]
async fn requests_are_remembered_on_a_connection_that_stays_open() {
    let server = Server::start().await;
    server
        .reply(Reply::json(200, &json!(1)))
        .reply(Reply::sse_raw(["2"]))
        .reply(Reply::json(200, &json!(3)).close())
        .reply(Reply::json(200, &json!(4)));
    let client = client();
    let chunks = futures::stream::iter([Ok::<_, std::io::Error>("{\"a\""), Ok(":"), Ok("2}")]);
    let bodies = [
        r#"{"a":1}"#.into(),
        reqwest::Body::wrap_stream(chunks),
        "{}".into(),
        "{}".into(),
    ];
    for (index, body) in bodies.into_iter().enumerate() {
        let url = format!("{}/chat/completions?n={index}", server.url());
        let request = client.post(url).header("x-test", index).body(body);
        let text = request.send().await.unwrap().text().await.unwrap();
        assert_eq!(text, (index + 1).to_string());
    }
    let requests = server.requests();
    assert_eq!(requests[1].method, "POST");
    assert_eq!(requests[1].path, "/v1/chat/completions?n=1");
    assert_eq!(requests[1].header("X-Test"), Some("1"));
    assert_eq!(requests[0].json(), json!({"a": 1}));
    assert_eq!(requests[1].json(), json!({"a": 2}));
    let connections: Vec<usize> = requests.iter().map(|request| request.connection).collect();
    assert_eq!(connections, [0, 0, 0, 1]);
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn replies_at_a_path_go_before_those_for_all() {
    let server = Server::start().await;
    server
        .reply(Reply::text(200, "text/plain", "any"))
        .reply_at("/v1/models", Reply::text(200, "text/plain", "models"))
        .reply_always(Reply::text(200, "text/plain", "always"));
    for expected in ["models", "any", "always", "always"] {
        assert_eq!(get(&server).await.unwrap().text().await.unwrap(), expected);
    }
}

#[tokio::test]
async fn a_stream_stops_at_a_gate_until_it_is_opened() {
    let server = Server::start().await;
    let gate = Gate::new();
    server.reply(
        Reply::sse([json!({"a": 1})])
            .pause(&gate)
            .event("error", "x")
            .done(),
    );
    let mut stream = get(&server).await.unwrap().bytes_stream();
    assert_eq!(stream.next().await.unwrap().unwrap(), "data: {\"a\":1}\n\n");
    gate.reached().await;
    let waiting = tokio::time::timeout(Duration::from_millis(20), stream.next());
    assert!(waiting.await.is_err());
    gate.open();
    let mut rest = Vec::new();
    while let Some(chunk) = stream.next().await {
        rest.extend(chunk.unwrap());
    }
    assert_eq!(rest, b"event: error\ndata: x\n\ndata: [DONE]\n\n");
}

#[tokio::test]
async fn a_client_that_leaves_a_stalled_reply_is_noticed() {
    let server = Server::start().await;
    server
        .reply(Reply::sse(["1"]).stall())
        .reply(Reply::new(200).stall_before_head());
    let response = get(&server).await.unwrap();
    assert_eq!(server.disconnects(), 0);
    drop(response);
    server.wait_for_disconnect().await;

    let request = tokio::spawn({
        let request = client().get(server.url());
        async move { request.send().await.map(drop) }
    });
    server.wait_for_requests(2).await;
    request.abort();
    server.wait_for_disconnects(2).await;
}

#[tokio::test]
async fn every_cut_is_an_error_but_of_a_body_that_ends_with_its_connection() {
    for (reply, whole) in [
        (Reply::sse(["1"]), true),
        (Reply::sse(["1"]).cut(), false),
        (Reply::sse(["1"]).reset(), false),
        (Reply::text(200, "text/plain", "1"), true),
        (Reply::text(200, "text/plain", "1").content_length(2), false),
        (Reply::sse(["1"]).until_close(), true),
        (Reply::sse(["1"]).until_close().cut(), true),
        (Reply::sse(["1"]).until_close().reset(), false),
    ] {
        let server = Server::start().await;
        server.reply(reply.clone());
        let response = get(&server).await.unwrap();
        assert_eq!(response.bytes().await.is_ok(), whole, "{reply:?}");
        assert_eq!(server.disconnects(), 0);
    }
}

#[tokio::test]
async fn no_reply_is_an_error_of_the_request() {
    for (reply, requests) in [
        (Reply::close_at_accept(), 0),
        (Reply::new(200).close_before_head(), 1),
        (Reply::new(200).reset_before_head(), 1),
        (Reply::garbage(""), 1),
        (Reply::garbage("what?\r\n\r\n"), 1),
        (Reply::garbage("HTTP/1.1 200 OK\r\ncontent-le"), 1),
    ] {
        let server = Server::start().await;
        server.reply(reply.clone());
        assert!(get(&server).await.is_err(), "{reply:?}");
        assert_eq!(server.requests().len(), requests, "{reply:?}");
        assert_eq!(server.connections(), 1);
    }
}

#[tokio::test]
async fn the_head_can_be_held_back() {
    let server = Server::start().await;
    let gate = Gate::new();
    server.reply(Reply::json(200, &json!(1)).pause_before_head(&gate));
    let response = tokio::spawn(client().get(server.url()).send());
    gate.reached().await;
    assert!(!response.is_finished());
    gate.open();
    assert_eq!(response.await.unwrap().unwrap().status(), 200);
}

#[tokio::test]
#[should_panic(expected = "no reply to GET /v1/models")]
async fn a_request_without_reply_fails_the_test() {
    let server = Server::start().await;
    assert_eq!(get(&server).await.unwrap().status(), 418);
}

async fn traced() {
    let transaction = sentry::start_transaction(sentry::TransactionContext::new("root", "task"));
    transaction.set_tag("colour", "red");
    sentry::configure_scope(|scope| scope.set_span(Some(transaction.clone().into())));
    let tasks: Vec<_> = ["one", "two"]
        .into_iter()
        .map(|name| {
            tokio::spawn(bound(async move {
                tokio::task::yield_now().await;
                let parent = sentry::configure_scope(|scope| scope.get_span()).unwrap();
                let span = parent.start_child("step", name);
                span.set_data("secret", json!("hidden").to_string().into());
                span.set_status(SpanStatus::Cancelled);
                span.finish();
            }))
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    transaction.set_data("answer", 42.into());
    transaction.finish();
    sentry::capture_message("hello", sentry::Level::Info);
}

#[test]
fn what_left_for_sentry_is_seen_on_every_runtime() {
    let options = || ClientOptions::new().traces_sample_rate(1.0);
    let runs: [fn(&Sentry); 3] = [
        |sentry| sentry.run(traced()),
        |sentry| sentry.run_on_one_thread(traced()),
        |sentry| sentry.run_spawned(traced()),
    ];
    for run in runs {
        let sentry = Sentry::new(options());
        run(&sentry);
        assert_eq!(sentry.envelopes().len(), 2);
        assert_eq!(sentry.events()[0].message.as_deref(), Some("hello"));
        assert_eq!(sentry.transactions().len(), 1);

        let root = sentry.span("root");
        assert!(root.is_transaction);
        assert_eq!((root.op.as_str(), root.get("answer")), ("task", &json!(42)));
        assert_eq!(root.tags["colour"], "red");
        let [one, two] = [sentry.span("one"), sentry.span("two")];
        assert_eq!(sentry.children_of(&root).len(), 2);
        assert_eq!(sentry.spans_with_op("step").len(), 2);
        assert_eq!((&one.trace_id, one.is_transaction), (&root.trace_id, false));
        assert_eq!(two.status.as_deref(), Some("cancelled"));
        assert_eq!(two.json("secret"), json!("hidden"));
        assert_eq!(two.get("none"), &Value::Null);
        assert!(root.duration() >= one.duration());
        assert!(sentry.leaked("hidden") && !sentry.leaked("absent"));
        sentry.clear();
        assert!(sentry.spans().is_empty());
    }
}

#[test]
fn a_task_that_is_not_bound_does_not_reach_the_tests_client() {
    let sentry = Sentry::new(ClientOptions::new());
    sentry.run(async {
        let task = async { sentry::capture_message("lost", sentry::Level::Info) };
        tokio::spawn(task).await.unwrap();
    });
    assert!(sentry.events().is_empty());
}
