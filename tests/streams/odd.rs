//! What is odd in a stream costs at most itself, never an answer that was paid for.

use serde_json::json;

use super::reading::{
    broken, check_chat, check_responses, chunk, chunks, interrupted, unreadable, whole,
};
use crate::support::Reply;

#[tokio::test]
async fn what_is_odd_in_a_chat_stream_costs_itself() {
    let (a, b) = (&chunk("a"), &chunk("b"));
    let raw = |text: String| Reply::sse_raw([text]);
    let between = |odd: &str| raw(format!("data: {a}\n\n{odd}data: {b}\n\ndata: [DONE]\n\n"));
    let data = |data: &str| Reply::sse([data]).done();
    let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
    check_chat([
        (
            "usage comes without choices",
            chunks(&["a"]).data(r#"{"id":"c","usage":{"prompt_tokens":3}}"#).done(),
            json!({"items": ["a", null]}),
        ),
        ("a ping", between("event: ping\ndata: {\"type\":\"ping\"}\n\n"), whole(&["a", "b"])),
        ("an unnamed ping", between("data: {\"type\":\"ping\"}\n\n"), whole(&["a", "b"])),
        ("an empty object", between("data: {}\n\n"), whole(&["a", "b"])),
        ("what is no object", between("data: null\n\ndata: 7\n\ndata: []\n\n"), whole(&["a", "b"])),
        ("the mark with a blank", raw(format!("data: {a}\n\ndata: [DONE] \n\ndata: x\n\n")), whole(&["a"])),
        ("the mark with a tab", raw(format!("data: {a}\n\ndata:\t[DONE]\t\n\n")), whole(&["a"])),
        (
            "half a surrogate pair",
            data(r#"{"choices":[{"delta":{"content":"Hi \ud83d"}}]}"#),
            whole(&["Hi \u{fffd}"]),
        ),
        (
            "numbers that are none",
            data(
                r#"{"choices":[{"delta":{"content":"a"},"logprobs":{"content":[{"token":"a","logprob":NaN},{"token":"b","logprob":-Infinity}]}}]}"#,
            ),
            whole(&["a"]),
        ),
        (
            "a key twice",
            data(r#"{"choices":[{"delta":{"content":"x","content":"a","tool_calls":[{"function":{"name":"f","name":"f"}}]}}]}"#),
            whole(&["a"]),
        ),
        (
            "nesting that is too deep",
            data(&format!(r#"{{"deep":{deep},"choices":[{{"delta":{{"content":"a"}}}}]}}"#)),
            whole(&["a"]),
        ),
        ("a line end after the colon", raw(format!("data:\n {a}\n\n")), broken(&[], unreadable("the stream holds no event"))),
        (
            "an error that is empty",
            data(r#"{"choices":[{"delta":{"content":"a"}}],"error":{}}"#),
            whole(&["a"]),
        ),
        (
            "an error without a field",
            raw(format!("data: {a}\n\n{{\"error\":{{\"message\":\"SECRET\"}}}}\n")),
            broken(&["a"], json!({"error": "api", "status": 200, "message": "SECRET"})),
        ),
        (
            "an error without a field, in many lines and without an end",
            raw(format!("data: {a}\n\n{{\n  \"error\": \"SECRET\"\n}}")),
            broken(&["a"], json!({"error": "api", "status": 200, "message": "SECRET"})),
        ),
        (
            "an error in a field of its own",
            raw(format!("data: {a}\n\nerror: {{\"message\":\"SECRET\"}}\n\n")),
            broken(&["a"], json!({"error": "api", "status": 200, "message": "SECRET"})),
        ),
        (
            "an encoded stream",
            Reply::sse_raw([b"\x1f\x8b\x08SECRET".to_vec()]).header("content-encoding", "gzip"),
            broken(&[], unreadable(
                "the body is encoded with gzip, though no encoding was asked for: the server has to leave it away",
            )),
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_stream_of_a_response_ends_with_its_last_event_and_not_before() {
    let delta = r#"{"type":"response.output_text.delta","delta":"a"}"#;
    let text = "response.output_text.delta";
    for last in ["completed", "failed", "incomplete", "cancelled"] {
        let name = format!("response.{last}");
        let end = json!({"type": name, "response": {"status": last}});
        check_responses([
            (
                "silent",
                Reply::sse([delta]).data(&end).stall(),
                whole(&[text, &name]),
            ),
            (
                "cut",
                Reply::sse([delta]).data(&end).cut(),
                whole(&[text, &name]),
            ),
            (
                "more data",
                Reply::sse([delta]).data(&end).data("{"),
                whole(&[text, &name]),
            ),
        ])
        .await;
    }
    let ping = r#"{"type":"keepalive","sequence_number":1}"#;
    check_responses([
        (
            "too early",
            Reply::sse([delta]),
            broken(&[text], interrupted()),
        ),
        (
            "pings",
            Reply::sse([ping, delta, "{}"]).done(),
            whole(&[text]),
        ),
        (
            "a type that only the event's name says",
            Reply::sse([delta]).event("response.completed", r#"{"response":{}}"#),
            whole(&[text, "response.completed"]),
        ),
    ])
    .await;
}
