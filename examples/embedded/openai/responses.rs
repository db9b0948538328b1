//! Responses: a call of the first function that it is given, then an answer with what the function gave.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::usage::Usage;
use super::{Busy, admit, dated, failure, id, missing, now, question, thinking};
use crate::embedded::answers;

pub(super) async fn responses(busy: Busy, Json(request): Json<Value>) -> Response {
    if let Err(response) = admit(&busy, &request) {
        return response;
    }
    if request["stream"] == true {
        return failure(
            StatusCode::BAD_REQUEST,
            "This server streams chat completions only.",
            "invalid_request_error",
            Some("unsupported_value"),
        );
    }
    let input = match &request["input"] {
        Value::String(text) => vec![json!({"role": "user", "content": text})],
        Value::Array(items) => items.clone(),
        _ => return missing("input"),
    };
    let question = question(&input);
    let output = input
        .iter()
        .rev()
        .find(|item| item["type"] == "function_call_output");
    let tool = request["tools"].as_array();
    let tool = tool.and_then(|tools| tools.iter().find(|tool| tool["type"] == "function"));
    let (item, said) = match (tool, output) {
        (Some(tool), None) => {
            let arguments = answers::tool_arguments(&tool["parameters"], city(&question));
            let call = json!({
                "type": "function_call",
                "id": id("fc_"),
                "call_id": id("call_"),
                "name": tool["name"],
                "arguments": arguments,
                "status": "completed",
            });
            (call, arguments)
        }
        (_, output) => {
            let text = match output {
                Some(output) => answers::to_tool_output(
                    city(&question),
                    output["output"].as_str().unwrap_or(""),
                ),
                None => answers::to_question(&question),
            };
            let message = json!({
                "type": "message",
                "id": id("msg_"),
                "role": "assistant",
                "status": "completed",
                "content": [
                    {"type": "output_text", "text": text, "annotations": [], "logprobs": []},
                ],
            });
            (message, text)
        }
    };
    let tokens = answers::tokens(&said).len();
    let usage = Usage::of(&request, &input, tokens);
    thinking(tokens).await;

    let mut items = Vec::new();
    if usage.reasoning > 0 {
        items.push(json!({"type": "reasoning", "id": id("rs_"), "summary": []}));
    }
    items.push(item);
    Json(json!({
        "id": id("resp_"),
        "object": "response",
        "created_at": now(),
        "status": "completed",
        "error": null,
        "incomplete_details": null,
        "instructions": request["instructions"],
        "max_output_tokens": request["max_output_tokens"],
        "model": dated(&request),
        "output": items,
        "parallel_tool_calls": true,
        "previous_response_id": null,
        "store": request["store"].as_bool().unwrap_or(true),
        "tool_choice": request.get("tool_choice").unwrap_or(&json!("auto")),
        "tools": request.get("tools").unwrap_or(&json!([])),
        "truncation": "disabled",
        "usage": {
            "input_tokens": usage.input,
            "input_tokens_details": {"cached_tokens": usage.cached},
            "output_tokens": usage.output,
            "output_tokens_details": {"reasoning_tokens": usage.reasoning},
            "total_tokens": usage.input + usage.output,
        },
        "metadata": {},
    }))
    .into_response()
}

/// The one that is asked about: this server calls one function at a time here.
fn city(question: &str) -> &'static str {
    answers::cities(question)
        .first()
        .copied()
        .unwrap_or_default()
}
