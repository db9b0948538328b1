//! A folded stream is the reply that the plain call would have given.

use futures::TryStreamExt;
use sentry_openai::{chat, responses};
use serde_json::json;

use super::reading::{chat_request, client, open_chat, open_response};
use crate::support::{Reply, Server};

#[tokio::test]
async fn a_folded_chat_stream_is_the_completion() {
    let server = Server::start().await;
    let head = |mut rest: serde_json::Value| {
        rest["id"] = json!("c1");
        rest["model"] = json!("m-1");
        rest["created"] = json!(7.0);
        rest["object"] = json!("chat.completion.chunk");
        rest
    };
    let delta = |index: u64, delta: serde_json::Value| {
        head(json!({"choices": [{"index": index, "delta": delta}]}))
    };
    let end = |index: u64, reason: &str| {
        head(json!({"choices": [{"index": index, "delta": {}, "finish_reason": reason}]}))
    };
    server.reply(
        Reply::sse([
            delta(0, json!({"role": "assistant", "content": ""})),
            delta(1, json!({"role": "assistant", "tool_calls": [
                {"index": 0, "id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{\"a\""}}]})),
            delta(0, json!({"content": "Hel"})),
            delta(1, json!({"tool_calls": [{"index": 0, "function": {"arguments": ":1}"}}]})),
            delta(0, json!({"content": "lo"})),
            end(1, "tool_calls"),
            end(0, "stop"),
            head(json!({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}})),
        ])
        .done(),
    );
    server.reply(Reply::json(200, &json!({
        "id": "c1", "model": "m-1", "created": 7.0, "object": "chat.completion",
        "choices": [
            {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello"}},
            {"index": 1, "finish_reason": "tool_calls", "message": {"role": "assistant", "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{\"a\":1}"}}]}},
        ],
        "usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7},
    })));
    let client = client(&server);
    let chunks: Vec<_> = open_chat(&client)
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap();
    let mut fold = chat::Fold::new();
    for chunk in &chunks {
        fold.push(chunk);
    }
    let plain = client.chat().completions().create(&chat_request()).await;
    assert_eq!(fold.finish(), plain.unwrap());
}

#[tokio::test]
async fn a_folded_stream_of_a_response_is_the_response() {
    let server = Server::start().await;
    let message = json!({
        "type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
        "content": [{"type": "output_text", "text": "Hello", "annotations": []}],
    });
    let response = json!({
        "id": "r1", "object": "response", "status": "completed", "model": "m-1", "output": [message],
        "usage": {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7},
    });
    server.reply(Reply::sse([
        json!({"type": "response.created", "sequence_number": 0,
            "response": {"id": "r1", "object": "response", "status": "in_progress", "output": []}}),
        json!({"type": "response.output_item.added", "output_index": 0,
            "item": {"type": "message", "id": "msg_1", "role": "assistant", "status": "in_progress", "content": []}}),
        json!({"type": "response.content_part.added", "output_index": 0, "content_index": 0,
            "part": {"type": "output_text", "text": "", "annotations": []}}),
        json!({"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "Hello"}),
        json!({"type": "response.output_item.done", "output_index": 0, "item": message}),
        json!({"type": "response.completed", "response": response}),
    ]));
    server.reply(Reply::json(200, &response));
    let client = client(&server);
    let events: Vec<_> = open_response(&client)
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap();
    let mut fold = responses::Fold::new();
    for event in &events {
        fold.push(event);
    }
    let request = responses::Request::new("m", "SECRET prompt");
    let plain = client.responses().create(&request).await;
    assert_eq!(fold.finish(), plain.unwrap());
}
