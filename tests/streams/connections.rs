//! What a stream does to its connection, and how it is held in hand.

use futures::StreamExt;
use futures::stream::FusedStream;

use super::reading::{chat_outcome, chunk, chunks, client, open_chat, open_response, whole};
use crate::support::{Gate, Meter, Reply, Server};

#[tokio::test]
async fn dropping_a_stream_closes_its_connection() {
    let rows = [
        ("before the first item", 0, chunks(&[]).stall()),
        ("between items", 1, chunks(&["a"]).stall()),
        (
            "with items left in what was read",
            1,
            chunks(&["a", "b"]).stall(),
        ),
        ("within an item", 1, chunks(&["a"]).chunk("data: {").stall()),
    ];
    for (rule, items, reply) in rows {
        let server = Server::start().await;
        server.reply(reply);
        let mut stream = open_chat(&client(&server)).await.unwrap();
        for _ in 0..items {
            stream.next().await.unwrap().unwrap();
        }
        assert_eq!(server.disconnects(), 0, "{rule}");
        drop(stream);
        server.wait_for_disconnect().await;
    }
}

#[tokio::test]
async fn dropping_a_call_before_the_head_closes_its_connection() {
    let server = Server::start().await;
    server.reply(Reply::new(200).stall_before_head());
    let client = client(&server);
    {
        let opening = open_chat(&client);
        futures::pin_mut!(opening);
        let came = server.wait_for_requests(1);
        futures::pin_mut!(came);
        futures::future::select(opening, came).await;
    }
    server.wait_for_disconnect().await;
}

#[tokio::test]
async fn a_whole_stream_leaves_its_connection_to_the_next_call() {
    let stream = format!("data: {}\n\n", chunk("a"));
    let rows = [
        ("after the mark", chunks(&["a"]).done()),
        ("after a clean end", chunks(&["a"])),
        (
            "after the mark, with a length",
            Reply::text(
                200,
                "text/event-stream",
                stream.clone() + "data: [DONE]\n\n",
            ),
        ),
        (
            "after a clean end, with a length",
            Reply::text(200, "text/event-stream", stream),
        ),
    ];
    for (rule, reply) in rows {
        let server = Server::start().await;
        server.reply_always(reply);
        let client = client(&server);
        for _ in 0..3 {
            assert_eq!(chat_outcome(&client).await, whole(&["a"]), "{rule}");
            let_the_connection_run().await;
        }
        assert_eq!(server.connections(), 1, "{rule}");
    }
}

#[tokio::test]
async fn the_call_right_after_a_stream_has_its_connection() {
    let server = Server::start().await;
    server.reply_always(chunks(&["a"; 100]).done());
    let client = client(&server);
    for count in 1..=3 {
        let mut stream = open_chat(&client).await.unwrap();
        server.wait_for_whole_replies(count).await;
        while let Some(chunk) = stream.next().await {
            chunk.unwrap();
        }
    }
    assert_eq!(server.connections(), 1);
}

/// A connection's own tasks have to run before it can be had again.
async fn let_the_connection_run() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn nothing_is_read_ahead_of_the_consumer() {
    const TOTAL: usize = 200 << 20;
    // What the system's and the client's buffers may hold together.
    const BUFFERS: usize = 48 << 20;

    let event = format!("data: {}\n\n", chunk(&"x".repeat(64 << 10)));
    let server = Server::start().await;
    let meter = Meter::new();
    let times = TOTAL / event.len();
    server.reply_at(
        "/v1/chat/completions",
        Reply::sse([] as [&str; 0]).repeat(event, times, &meter),
    );
    server.reply_always(Reply::json(200, &serde_json::json!({"data": []})));
    let client = client(&server);
    let mut stream = open_chat(&client).await.unwrap();
    for _ in 0..3 {
        stream.next().await.unwrap().unwrap();
        meter.stuck().await;
        // Time for whoever would read on: the server answers others meanwhile.
        for _ in 0..20 {
            client.models().list().await.unwrap();
        }
        assert!(meter.sent() < BUFFERS, "{} bytes were sent", meter.sent());
    }
    drop(stream);
    server.wait_for_disconnect().await;
}

#[tokio::test]
async fn a_stream_tells_its_head_and_shows_nothing_of_its_content() {
    let server = Server::start().await;
    let gate = Gate::new();
    server.reply(
        chunks(&["SECRET"])
            .header("x-request-id", "req_1")
            .header("x-more", "SECRET")
            .pause(&gate)
            .done(),
    );
    let mut stream = open_chat(&client(&server)).await.unwrap();
    assert_eq!(stream.status(), 200);
    assert_eq!(stream.request_id(), Some("req_1"));
    assert_eq!(stream.headers()["x-more"], "SECRET");
    assert!(!stream.is_terminated());
    stream.next().await.unwrap().unwrap();
    let debug = format!("{stream:?}");
    assert!(debug.contains("req_1"), "{debug}");
    assert!(!debug.contains("SECRET"), "{debug}");
    gate.open();
    assert!(stream.next().await.is_none());
    assert!(stream.is_terminated());
    assert_eq!(stream.request_id(), Some("req_1"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_can_move_to_another_task_and_outlive_its_client() {
    let server = Server::start().await;
    let gate = Gate::new();
    server.reply(chunks(&["a"]).pause(&gate).data(chunk("b")).done());
    let mut stream = open_chat(&client(&server)).await.unwrap();
    stream.next().await.unwrap().unwrap();
    let reading = tokio::spawn(async move { stream.count().await });
    gate.open();
    assert_eq!(reading.await.unwrap(), 1);
}

#[tokio::test]
async fn two_streams_of_one_client_do_not_wait_for_each_other() {
    let server = Server::start().await;
    let gate = Gate::new();
    server.reply(chunks(&["a"]).pause(&gate).done());
    server.reply(Reply::sse([
        r#"{"type":"response.completed","response":{}}"#,
    ]));
    let client = client(&server);
    let mut first = open_chat(&client).await.unwrap();
    first.next().await.unwrap().unwrap();
    let second = open_response(&client).await.unwrap();
    assert_eq!(second.count().await, 1);
    gate.open();
    assert!(first.next().await.is_none());
}

#[tokio::test]
async fn limits_that_no_clock_reaches_are_none() {
    let server = Server::start().await;
    let gate = Gate::new();
    server.reply(chunks(&["a"]).pause(&gate).data(chunk("b")).done());
    let longest = std::time::Duration::MAX;
    let client = sentry_openai::Client::builder()
        .base_url(server.url())
        .timeout(longest)
        .deadline(longest)
        .stream_idle_timeout(longest)
        .build()
        .unwrap();
    let mut stream = open_chat(&client).await.unwrap();
    stream.next().await.unwrap().unwrap();
    assert!(futures::poll!(stream.next()).is_pending());
    gate.open();
    assert_eq!(stream.next().await.unwrap().unwrap().text(), Some("b"));
    assert!(stream.next().await.is_none());
}
