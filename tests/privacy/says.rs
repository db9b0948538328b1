//! Requests and replies that hold secrets wherever a text may stand.

use serde_json::{Value, json};

use super::support::Reply;

/// Stands in every text of a request.
pub(crate) const PROMPT: &str = "prompt-secret";
/// Stands in every text of a reply.
pub(crate) const ANSWER: &str = "answer-secret";
/// Stands in what the API says of an error.
pub(crate) const ERROR: &str = "error-secret";
/// Stands in headers, in the query, and in what authorizes at MCP servers.
pub(crate) const KEY: &str = "sk-key-secret";

pub(crate) const ALL: [&str; 4] = [PROMPT, ANSWER, ERROR, KEY];

fn text(of: &str) -> String {
    format!("It is {of}.")
}

fn schema() -> Value {
    json!({"type": "object", "properties": {PROMPT: {"type": "string", "description": text(PROMPT)}}})
}

pub(crate) fn chat_request() -> Value {
    let url = format!("https://example.com/{PROMPT}.png");
    let call = json!({
        "id": "call_1", "type": "function", "function": {"name": "f", "arguments": json!({"x": PROMPT}).to_string()},
    });
    json!({
        "model": "gpt-4o",
        "messages": [
            {"role": "system", "content": text(PROMPT)},
            {"role": "developer", "content": [{"type": "text", "text": text(PROMPT)}]},
            {"role": "user", "name": PROMPT, "content": [
                {"type": "text", "text": text(PROMPT)},
                {"type": "image_url", "image_url": {"url": url}},
                {"type": "file", "file": {"filename": format!("{PROMPT}.pdf"), "file_data": "JVBERi0xLjQK"}},
                {"type": "poem", "lines": [text(PROMPT)], "headers": {"X-Key": KEY}},
            ]},
            {"role": "assistant", "reasoning_content": text(PROMPT), "refusal": text(PROMPT), "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "call_1", "content": text(PROMPT)},
            {"role": PROMPT, "content": text(PROMPT)},
            {"role": "user", "content": text(PROMPT)},
        ],
        "tools": [
            {"type": "function", "function": {
                "name": PROMPT, "description": text(PROMPT), "parameters": schema(),
            }},
            {"type": "mcp", "name": "m", "headers": {"X-Key": KEY}, "authorization": KEY},
        ],
        "response_format": {"type": "json_schema", "json_schema": {"name": PROMPT, "schema": schema()}},
        "prediction": {"type": "content", "content": text(PROMPT)},
        "metadata": {"note": text(PROMPT)},
        "user": PROMPT,
        "guided_regex": text(PROMPT),
    })
}

pub(crate) fn responses_request() -> Value {
    json!({
        "model": "gpt-4o",
        "instructions": text(PROMPT),
        "input": [
            {"role": "developer", "content": text(PROMPT)},
            {"role": "user", "content": [
                {"type": "input_text", "text": text(PROMPT)},
                {"type": "input_file", "filename": format!("{PROMPT}.pdf"), "file_data": "JVBERi0xLjQK"},
            ]},
            {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": text(PROMPT)}]},
            {"type": "function_call", "call_id": "call_1", "name": PROMPT, "arguments": text(PROMPT)},
            {"type": "function_call_output", "call_id": "call_1", "output": text(PROMPT)},
            {"type": "additional_tools", "role": "developer", "tools": [mcp_tool()]},
            {"type": "novelty", "note": text(PROMPT), "headers": {"X-Key": KEY}, "authorization": KEY},
        ],
        "prompt": {"id": "pmpt_1", "variables": {"name": text(PROMPT)}},
        "tools": [
            {"type": "function", "name": PROMPT, "description": text(PROMPT), "parameters": schema()},
            mcp_tool(),
            {"type": "novel_mcp", "server": {"headers": {"X-Key": KEY}}, "api_key": KEY},
        ],
        "metadata": {"note": text(PROMPT)},
    })
}

fn mcp_tool() -> Value {
    json!({
        "type": "mcp", "server_label": "shop", "server_description": text(PROMPT),
        "server_url": format!("https://mcp.example.com/{KEY}"),
        "headers": {"X-Shop-Key": KEY}, "authorization": KEY,
    })
}

pub(crate) fn embeddings_request() -> Value {
    json!({"model": "text-embedding-3-small", "input": [text(PROMPT), PROMPT]})
}

pub(crate) fn completion() -> Value {
    let call = json!({
        "id": "call_2", "type": "function", "function": {"name": ANSWER, "arguments": json!({"x": ANSWER}).to_string()},
    });
    json!({
        "id": "chatcmpl-1", "model": "gpt-4o-2024-08-06",
        "choices": [{
            "index": 0, "finish_reason": "tool_calls",
            "message": {
                "role": "assistant", "content": text(ANSWER), "reasoning_content": text(ANSWER),
                "refusal": text(ANSWER), "audio": {"id": "a", "data": "QUJD", "transcript": text(ANSWER)},
                "annotations": [{"type": "url_citation", "url_citation": {"url": ANSWER, "title": ANSWER}}],
                "tool_calls": [call],
            },
            "logprobs": {"content": [{"token": ANSWER, "logprob": -0.1}]},
        }],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
    })
}

/// The secrets come in two pieces each.
pub(crate) fn chunks() -> Vec<Value> {
    let (one, other) = ANSWER.split_at(5);
    let call = |name: &str, arguments: String| json!({"tool_calls": [{"index": 0, "id": "call_2", "type": "function", "function": {"name": name, "arguments": arguments}}]});
    let deltas = [
        json!({"role": "assistant", "content": ""}),
        json!({"reasoning_content": one}),
        json!({"reasoning_content": other}),
        json!({"content": one}),
        json!({"content": other}),
        json!({"refusal": one}),
        json!({"refusal": other}),
        call(ANSWER, format!("{{\"x\":\"{one}")),
        json!({"tool_calls": [{"index": 0, "function": {"arguments": format!("{other}\"}}")}}]}),
    ];
    let chunk = |delta: Value, reason: Value| {
        json!({
            "id": "chatcmpl-1", "model": "gpt-4o-2024-08-06",
            "choices": [{"index": 0, "delta": delta, "finish_reason": reason}],
        })
    };
    let mut chunks: Vec<_> = deltas
        .into_iter()
        .map(|delta| chunk(delta, json!(null)))
        .collect();
    chunks.push(chunk(json!({}), json!("tool_calls")));
    chunks
}

/// A response repeats parts of its request.
pub(crate) fn response(status: &str) -> Value {
    let request = responses_request();
    let error =
        (status == "failed").then(|| json!({"code": "server_error", "message": text(ERROR)}));
    json!({
        "object": "response", "id": "resp_1", "model": "gpt-4o-2024-08-06", "status": status, "error": error,
        "instructions": request["instructions"], "tools": request["tools"], "prompt": request["prompt"],
        "metadata": request["metadata"],
        "output": [
            {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": text(ANSWER)}]},
            {"type": "function_call", "call_id": "call_1", "name": ANSWER, "arguments": text(ANSWER)},
            {"type": "mcp_call", "id": "mcp_1", "name": "find", "server_label": "shop", "arguments": text(ANSWER), "output": text(ANSWER)},
            {"type": "file_search_call", "id": "fs_1", "queries": [ANSWER], "results": [
                {"file_id": "file-1", "filename": ANSWER, "text": text(ANSWER), "attributes": {"authorization": KEY}},
            ]},
            {"type": "novelty", "note": text(ANSWER), "headers": {"X-Key": KEY}},
            {"type": "message", "id": "msg_1", "role": "assistant", "content": [
                {"type": "output_text", "text": text(ANSWER), "annotations": []},
                {"type": "refusal", "refusal": text(ANSWER)},
            ]},
        ],
        "usage": {"input_tokens": 7, "output_tokens": 3, "total_tokens": 10},
    })
}

pub(crate) fn events() -> Vec<Value> {
    let (one, other) = ANSWER.split_at(5);
    let mut start = response("in_progress");
    start["output"] = json!([]);
    let message = json!({"type": "message", "id": "msg_1", "role": "assistant", "content": []});
    let call = json!({"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": ""});
    let text = |delta: &str| json!({"type": "response.output_text.delta", "item_id": "msg_1", "output_index": 0, "content_index": 0, "delta": delta});
    let arguments = |delta: &str| json!({"type": "response.function_call_arguments.delta", "item_id": "fc_1", "output_index": 1, "delta": delta});
    vec![
        json!({"type": "response.created", "response": start}),
        json!({"type": "response.output_item.added", "output_index": 0, "item": message}),
        text(one),
        text(other),
        json!({"type": "response.output_item.added", "output_index": 1, "item": call}),
        arguments(one),
        arguments(other),
        json!({"type": "response.novelty", "note": ANSWER}),
        json!({"type": "response.output_item.done", "output_index": 2, "item": response("x")["output"][2]}),
    ]
}

pub(crate) fn vectors() -> Value {
    json!({
        "object": "list", "model": "text-embedding-3-small",
        "data": [{"index": 0, "embedding": [0.5]}, {"index": 1, "embedding": [0.25]}],
        "usage": {"prompt_tokens": 8, "total_tokens": 8},
    })
}

/// An error that repeats the prompt and the key, in every field.
pub(crate) fn error_body() -> Value {
    let said = format!("{ERROR}: {PROMPT} with {KEY}");
    json!({"error": {"message": said, "type": said, "code": said, "param": said, "inner": {"text": said}}})
}

pub(crate) fn error_event() -> Value {
    let said = format!("{ERROR}: {PROMPT}");
    json!({"type": "error", "code": "server_error", "message": said, "param": said})
}

pub(crate) fn api_error(status: u16) -> Reply {
    Reply::json(status, &error_body())
}

pub(crate) fn html_200() -> Reply {
    Reply::text(200, "text/html", format!("<html>{ERROR} {PROMPT}</html>"))
}

pub(crate) fn redirect() -> Reply {
    let target = format!("https://elsewhere.invalid/v1/{PROMPT}?key={KEY}");
    Reply::text(302, "text/html", ERROR).header("location", target)
}
