//! Bytes become events by the HTML standard, wherever they are cut.

use futures::StreamExt;

use super::reading::{
    broken, builder, chat_outcome, check_chat, check_responses, chunk, chunks, client, interrupted,
    open_chat, unreadable, whole,
};
use crate::support::{Gate, Reply, Server};

/// A stream with everything that the standard knows.
fn colourful() -> String {
    format!(
        "\u{feff}: a comment\nid: 7\nretry: 10\ndata: {}\n\n\
         event: chunk\r\ndata:{}\r\n\r\n\
         data: {{\"choices\":\rdata: [{{\"delta\":{{\"content\":\rdata: \"\u{fc}\u{1f980}\"}}}}]}}\r\r\
         :\n\ndata: [DONE]\n\n",
        chunk("a\u{2028}b"),
        chunk("é"),
    )
}

const COLOURFUL: [&str; 3] = ["a\u{2028}b", "é", "\u{fc}\u{1f980}"];

#[tokio::test]
async fn a_stream_gives_the_same_items_wherever_it_is_cut() {
    let server = Server::start().await;
    let client = client(&server);
    let bytes = colourful().into_bytes();
    for cut in 0..bytes.len() {
        let (before, after) = bytes.split_at(cut);
        server.reply(Reply::sse_raw([before.to_vec(), after.to_vec()]));
        assert_eq!(
            chat_outcome(&client).await,
            whole(&COLOURFUL),
            "cut at {cut}"
        );
    }
    for size in [1, 2, 3, 7] {
        server.reply(Reply::sse_raw(bytes.chunks(size).map(<[u8]>::to_vec)));
        assert_eq!(
            chat_outcome(&client).await,
            whole(&COLOURFUL),
            "pieces of {size}"
        );
    }
}

#[tokio::test]
async fn lines_and_fields_are_read_by_the_standard() {
    let raw = |text: String| Reply::sse_raw([text]);
    let (a, b) = (&chunk("a"), &chunk("b"));
    check_chat([
        (
            "lines end with LF",
            raw(format!("data: {a}\n\ndata: {b}\n\n")),
            whole(&["a", "b"]),
        ),
        (
            "lines end with CR",
            raw(format!("data: {a}\r\rdata: {b}\r\r")),
            whole(&["a", "b"]),
        ),
        (
            "lines end with CRLF",
            raw(format!("data: {a}\r\n\r\ndata: {b}\r\n\r\n")),
            whole(&["a", "b"]),
        ),
        (
            "line ends may be mixed",
            raw(format!("data: {a}\r\n\ndata: {b}\r\r\n")),
            whole(&["a", "b"]),
        ),
        (
            "a byte order mark at the start is skipped",
            raw(format!("\u{feff}data: {a}\n\n")),
            whole(&["a"]),
        ),
        (
            "a byte order mark later is part of a field that nobody knows",
            raw(format!("data: {a}\n\n\u{feff}data: {b}\n\n")),
            whole(&["a"]),
        ),
        (
            "comments are skipped, also within events",
            raw(format!(
                ": hi\n\n:\n\ndata: {a}\n: OPENROUTER PROCESSING\n\n"
            )),
            whole(&["a"]),
        ),
        (
            "no space is needed after the colon",
            raw(format!("data:{a}\n\n")),
            whole(&["a"]),
        ),
        (
            "data may have several lines",
            raw(format!("data: {}\n\n", a.replace(':', ":\ndata:"))),
            whole(&["a"]),
        ),
        (
            "unknown fields are skipped",
            raw(format!("id: 1\nretry: 5\ndatax: y\nfoo\ndata: {a}\n\n")),
            whole(&["a"]),
        ),
        (
            "the name of an event does not matter to chunks",
            raw(format!("event: whatever\ndata: {a}\n\n")),
            whole(&["a"]),
        ),
        (
            "events without data, or with empty data, are skipped",
            raw(format!("event: ping\n\ndata\n\ndata:\n\ndata: {a}\n\n")),
            whole(&["a"]),
        ),
        (
            "several events in one read all come out",
            raw(format!("data: {a}\n\ndata: {b}\n\n").repeat(3)),
            whole(&["a", "b", "a", "b", "a", "b"]),
        ),
        (
            "U+2028 is no line end",
            raw(format!("data: {}\n\n", chunk("\u{2028}"))),
            whole(&["\u{2028}"]),
        ),
        (
            "bytes that are not UTF-8 are replaced",
            Reply::sse_raw([
                format!("data: {a}\n\n").into_bytes(),
                b"data: {\"choices\":[{\"delta\":{\"content\":\"b\xff\"}}]}\n\n".to_vec(),
            ]),
            whole(&["a", "b\u{fffd}"]),
        ),
    ])
    .await;
}

#[tokio::test]
async fn the_content_type_does_not_matter_where_there_are_events() {
    let stream = format!("data: {}\n\ndata: [DONE]\n\n", chunk("a"));
    let plain = |content_type| Reply::text(200, content_type, stream.clone());
    check_chat([
        (
            "missing",
            Reply::new(200).chunk(stream.clone()),
            whole(&["a"]),
        ),
        ("JSON", plain("application/json"), whole(&["a"])),
        ("HTML", plain("text/html"), whole(&["a"])),
        ("text", plain("text/plain; charset=utf-8"), whole(&["a"])),
        ("its own", plain("text/event-stream"), whole(&["a"])),
    ])
    .await;
}

#[tokio::test]
async fn chunks_are_read_whatever_they_lack_or_have() {
    let data = |data: &str| Reply::sse([data]).done();
    check_chat([
        (
            "the usage comes in a chunk without choices",
            chunks(&["a"]).data(r#"{"choices":[],"usage":{"prompt_tokens":1}}"#),
            serde_json::json!({"items": ["a", null]}),
        ),
        (
            "choices may be null",
            data(r#"{"choices":null}"#),
            serde_json::json!({"items": [null]}),
        ),
        (
            "fields may be null",
            data(
                r#"{"id":null,"object":null,"created":null,"model":null,"usage":null,"error":null,
                   "choices":[{"index":null,"delta":{"role":null,"content":"a","tool_calls":null},
                   "finish_reason":null,"logprobs":null}]}"#
                    .replace('\n', "")
                    .as_str(),
            ),
            whole(&["a"]),
        ),
        (
            "an empty finish reason and usage are no failure",
            data(r#"{"choices":[{"delta":{"content":"a"},"finish_reason":""}],"usage":{}}"#),
            whole(&["a"]),
        ),
        (
            "tool calls may lack their index",
            data(r#"{"choices":[{"delta":{"content":"a","tool_calls":[{"function":{}}]}}]}"#),
            whole(&["a"]),
        ),
        (
            "content may be a list of parts",
            data(r#"{"choices":[{"delta":{"content":[{"type":"text","text":"a"}]}}]}"#),
            whole(&["a"]),
        ),
        (
            "unknown fields and values are no failure",
            data(
                r#"{"choices":[{"delta":{"content":"a","role":"oracle","mood":1},
                   "finish_reason":"tired"}],"object":7,"created":"now"}"#
                    .replace('\n', "")
                    .as_str(),
            ),
            whole(&["a"]),
        ),
        (
            "bad JSON is refused, after the items before it",
            chunks(&["a"]).data("{\"SECRET\""),
            broken(
                &["a"],
                unreadable("an event of the stream: the JSON ends too early (line 1, column 9)"),
            ),
        ),
    ])
    .await;
}

#[tokio::test]
async fn events_of_responses_are_read_whatever_they_are() {
    let all = [
        "response.created",
        "response.brand_new",
        "response.completed",
    ];
    let created = r#"{"type":"response.created","response":{"id":"r"}}"#;
    let unknown = r#"{"type":"response.brand_new","x":[1,{"y":null}]}"#;
    let completed = r#"{"type":"response.completed","response":{"output":[]}}"#;
    check_responses([
        (
            "with the names of events",
            Reply::sse_raw([] as [&str; 0])
                .event("response.created", created)
                .event("response.brand_new", unknown)
                .event("response.completed", completed),
            whole(&all),
        ),
        (
            "without the names of events",
            Reply::sse([created, unknown, completed]),
            whole(&all),
        ),
        (
            "with an end mark, as other servers send it",
            Reply::sse([created, unknown, completed]).done(),
            whole(&all),
        ),
        (
            "a failed response is an event like others",
            Reply::sse([
                r#"{"type":"response.failed","response":{"error":{"code":"server_error"}}}"#,
            ]),
            whole(&["response.failed"]),
        ),
    ])
    .await;
}

#[tokio::test]
async fn an_event_comes_out_as_soon_as_its_last_byte_is_there() {
    let data = format!("data: {}", chunk("a"));
    for (end, rest) in [
        ("\n\n", ""),
        ("\r\r", ""),
        ("\r\n\r", "\n"),
        ("\r\n\r\n", ""),
    ] {
        let server = Server::start().await;
        let gate = Gate::new();
        server.reply(
            Reply::sse_raw([data.clone() + end])
                .pause(&gate)
                .chunk(rest.to_owned() + &data + "\r\r")
                .done(),
        );
        let mut stream = open_chat(&client(&server)).await.unwrap();
        let first = stream.next().await.unwrap().unwrap();
        assert_eq!(first.text(), Some("a"), "{end:?}");
        gate.open();
        let rest: Vec<_> = stream.map(Result::unwrap).collect().await;
        assert_eq!(rest.len(), 1, "{end:?}");
    }
}

#[tokio::test]
async fn an_event_larger_than_the_limit_is_an_error_before_it_is_there() {
    let large = "x".repeat(1_000);
    let rows = [
        ("in one line", format!("data: {large}")),
        ("in many lines", "data: 0123456789\n".repeat(100)),
    ];
    for (rule, piece) in rows {
        let server = Server::start().await;
        server.reply(chunks(&["a"]).chunk(piece).stall());
        let client = builder(&server).max_event_bytes(999).build().unwrap();
        let reason = "an event of the stream is larger than 999 bytes";
        let expected = broken(&["a"], unreadable(reason));
        assert_eq!(chat_outcome(&client).await, expected, "{rule}");
        server.wait_for_disconnect().await;
    }
}

#[tokio::test]
async fn many_events_may_be_larger_than_the_limit_together() {
    let server = Server::start().await;
    server.reply(chunks(&["a"; 100]).chunk(format!(":{}\n", "x".repeat(900))));
    let client = builder(&server).max_event_bytes(999).build().unwrap();
    assert_eq!(chat_outcome(&client).await, whole(&["a"; 100]));
}

#[tokio::test]
async fn a_connection_cut_within_an_event_delivers_nothing_of_it() {
    let a = chunk("a");
    check_chat([
        (
            "whole JSON without its blank line",
            Reply::sse_raw([format!("data: {a}\n\ndata: {a}\n")]).cut(),
            broken(&["a"], interrupted()),
        ),
        (
            "half an event",
            Reply::sse_raw([format!("data: {a}\n\ndata: {{\"cho")]).cut(),
            broken(&["a"], interrupted()),
        ),
    ])
    .await;
}
