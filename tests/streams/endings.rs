//! How a stream ends: by its mark, with its body, or not at all.

use std::time::Duration;

use serde_json::json;

use super::reading::{
    broken, builder, chat_outcome, check_chat, chunk, chunks, interrupted, unreadable, whole,
};
use crate::support::{Gate, Meter, Reply, Server};

#[tokio::test]
async fn a_stream_ends_by_its_mark_or_with_its_body() {
    let a = &chunk("a");
    let raw = |text: String| Reply::sse_raw([text]);
    let cut = "the stream ended in the middle of an event";
    check_chat([
        ("the mark ends it", chunks(&["a"]).done(), whole(&["a"])),
        ("its body's end ends it", chunks(&["a"]), whole(&["a"])),
        (
            "the mark alone is an empty stream",
            Reply::sse([] as [&str; 0]).done(),
            whole(&[]),
        ),
        (
            "what follows the mark in the same read is ignored",
            raw(format!(
                "data: {a}\n\ndata: [DONE]\n\ndata: {a}\n\ndata: {{\n\n"
            )),
            whole(&["a"]),
        ),
        (
            "what follows the mark in later reads is ignored",
            chunks(&["a"]).done().data(a).chunk("garbage\n\n"),
            whole(&["a"]),
        ),
        (
            "what breaks after the mark is ignored",
            chunks(&["a"]).done().cut(),
            whole(&["a"]),
        ),
        (
            "what stalls after the mark is not waited for",
            chunks(&["a"]).done().stall(),
            whole(&["a"]),
        ),
        (
            "the mark may have a name",
            chunks(&["a"]).event("done", "[DONE]").data(a),
            whole(&["a"]),
        ),
        (
            "the mark needs no blank line at the body's end",
            raw(format!("data: {a}\n\ndata: [DONE]")),
            whole(&["a"]),
        ),
        (
            "what only begins like the mark is no mark",
            chunks(&["a"]).data("[DONE]x").data(a),
            broken(
                &["a"],
                unreadable("an event of the stream: the JSON has another shape (line 1, column 0)"),
            ),
        ),
        (
            "the mark within a text is no mark",
            chunks(&["[DONE]", "a"]).done(),
            whole(&["[DONE]", "a"]),
        ),
        (
            "whole JSON without its blank line is delivered",
            raw(format!("data: {a}\n\ndata: {}", chunk("b"))),
            whole(&["a", "b"]),
        ),
        (
            "whole JSON with one line end is delivered",
            raw(format!("data: {a}\n")),
            whole(&["a"]),
        ),
        (
            "an error without its blank line is delivered",
            raw(format!("data: {a}\n\ndata: {{\"error\":\"SECRET\"}}")),
            broken(
                &["a"],
                json!({"error": "api", "status": 200, "message": "SECRET"}),
            ),
        ),
        (
            "cut JSON is an error",
            raw(format!("data: {a}\n\ndata: {{\"choices\":[")),
            broken(&["a"], unreadable(cut)),
        ),
        (
            "a cut name of a field is nothing",
            raw(format!("data: {a}\n\ndat")),
            whole(&["a"]),
        ),
        (
            "a body without length ends with its connection",
            chunks(&["a"]).until_close(),
            whole(&["a"]),
        ),
        (
            "a body without length may be cut within an event",
            chunks(&["a"]).until_close().chunk("data: {\"cho"),
            broken(&["a"], unreadable(cut)),
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_broken_connection_is_an_error_after_the_items_before_it() {
    let a = format!("data: {}\n\n", chunk("a"));
    check_chat([
        (
            "closed",
            chunks(&["a"]).cut(),
            broken(&["a"], interrupted()),
        ),
        (
            "closed before the first byte",
            chunks(&[]).cut(),
            broken(&[], interrupted()),
        ),
        (
            "shorter than announced",
            Reply::text(200, "text/event-stream", a.clone()).content_length(5_000),
            broken(&["a"], interrupted()),
        ),
        (
            "longer than announced: what is too much is no part of it",
            Reply::text(200, "text/event-stream", a.repeat(2)).content_length(a.len()),
            whole(&["a"]),
        ),
        (
            "no chunked encoding, though announced",
            Reply::garbage(
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nSECRET no size\r\n",
            ),
            broken(&[], interrupted()),
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_reset_connection_is_an_error() {
    let server = Server::start().await;
    let gate = Gate::new();
    server.reply(chunks(&["a"]).pause(&gate).reset());
    let mut stream = super::reading::open_chat(&super::reading::client(&server))
        .await
        .unwrap();
    let mut outcomes = Vec::new();
    while let Some(next) = futures::StreamExt::next(&mut stream).await {
        // Bytes that the client has read are safe from the reset.
        gate.open();
        outcomes.push(next.map(|chunk| chunk.text().map(str::to_owned)));
    }
    let [Ok(text), Err(error)] = &outcomes[..] else {
        panic!("{outcomes:?}");
    };
    assert_eq!(text.as_deref(), Some("a"));
    assert_eq!(crate::support::answers(error), interrupted());
}

#[tokio::test]
async fn a_reply_that_is_no_stream_is_an_error_that_says_so() {
    let page = "<html><body>SECRET: wrong door</body></html>";
    check_chat([
        (
            "HTML",
            Reply::text(200, "text/html; charset=utf-8", page),
            broken(&[], unreadable("the server sent text/html, not an event stream")),
        ),
        (
            "HTML longer than what is kept of it",
            Reply::text(200, "text/html", page.repeat(5_000)),
            broken(&[], unreadable("the server sent text/html, not an event stream")),
        ),
        (
            "HTML that calls itself a stream",
            Reply::sse_raw([page]),
            broken(&[], unreadable("the stream holds no event")),
        ),
        (
            "a whole reply",
            Reply::json(
                200,
                &json!({"choices": [{"message": {"content": "SECRET"}}]}),
            ),
            broken(
                &[],
                unreadable("the server sent application/json, not an event stream"),
            ),
        ),
        (
            "nothing",
            Reply::new(200),
            broken(&[], unreadable("the server sent nothing, not an event stream")),
        ),
        (
            "nothing but the head of a stream",
            Reply::sse([] as [&str; 0]),
            broken(&[], unreadable("the server sent nothing, not an event stream")),
        ),
        (
            "nothing but comments",
            Reply::sse_raw([": ping\n\n", ": ping\n\n"]),
            broken(&[], unreadable("the stream holds no event")),
        ),
        (
            "bytes without content type",
            Reply::new(200).chunk("SECRET"),
            broken(
                &[],
                unreadable("the server sent something else, not an event stream"),
            ),
        ),
        (
            "no content",
            Reply::new(204),
            broken(
                &[],
                json!({
                    "error": "decode",
                    "status": 204,
                    "says": "the reply could not be read: the server sent nothing, not an event stream",
                }),
            ),
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_silent_stream_times_out_after_the_items_before_it() {
    let server = Server::start().await;
    server.reply(chunks(&["a"]).stall());
    let idle = Duration::from_millis(200);
    let client = builder(&server).stream_idle_timeout(idle).build().unwrap();
    let expected = json!({
        "error": "timeout",
        "says": "the stream gave nothing for 200ms",
        "is": ["timeout", "retryable"],
    });
    assert_eq!(chat_outcome(&client).await, broken(&["a"], expected));
    server.wait_for_disconnect().await;
    assert_eq!(
        server.requests().len(),
        1,
        "nothing is retried after the head"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadline_holds_for_a_stream_whether_it_is_silent_or_not() {
    let expected = json!({
        "error": "timeout",
        "says": "the call was not done within 500ms",
        "is": ["timeout"],
    });
    let comments = ": ping\n".repeat(1_000);
    let rows = [
        ("silent", chunks(&["a"]).stall()),
        (
            "full of comments",
            chunks(&["a"]).repeat(comments, usize::MAX, &Meter::new()),
        ),
    ];
    for (rule, reply) in rows {
        let server = Server::start().await;
        server.reply(reply);
        let client = builder(&server)
            .deadline(Duration::from_millis(500))
            .build()
            .unwrap();
        let outcome = chat_outcome(&client);
        let got = tokio::time::timeout(Duration::from_secs(20), outcome).await;
        let got = got.unwrap_or_else(|_| panic!("{rule}: the deadline did not end it"));
        assert_eq!(got, broken(&["a"], expected.clone()), "{rule}");
        server.wait_for_disconnect().await;
    }
}

#[tokio::test]
async fn a_timeout_of_an_attempt_ends_with_the_head_of_a_stream() {
    let server = Server::start().await;
    let gate = Gate::new();
    server.reply(chunks(&["a"]).pause(&gate).data(chunk("b")).done());
    let limit = Duration::from_secs(1);
    let client = builder(&server).timeout(limit).build().unwrap();
    let opened = super::reading::open_chat(&client).await.unwrap();
    tokio::time::sleep(limit + Duration::from_millis(100)).await;
    gate.open();
    let items: Vec<_> = futures::StreamExt::collect(opened).await;
    let texts: Vec<_> = items
        .iter()
        .map(|item| item.as_ref().unwrap().text())
        .collect();
    assert_eq!(texts, [Some("a"), Some("b")]);
}
