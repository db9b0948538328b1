//! Chat completions, whole and streamed; given a function, a call of it for each city that is asked about, and then
//! an answer with what the function gave.

use std::convert::Infallible;

use axum::Json;
use axum::http::StatusCode;
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures::{Stream, StreamExt, stream};
use serde_json::{Value, json};

use super::usage::Usage;
use super::{Busy, THINKING, TOKEN, admit, dated, failure, id, missing, now, question, thinking};
use crate::embedded::answers;

pub(super) async fn chat(busy: Busy, Json(request): Json<Value>) -> Response {
    if let Err(response) = admit(&busy, &request) {
        return response;
    }
    let Some(messages) = request["messages"].as_array() else {
        return missing("messages");
    };
    let question = question(messages);
    let results = tool_results(messages);
    if let (Some(tool), true) = (function(&request), results.is_empty()) {
        return tool_calls(&request, messages, &tool, &question).await;
    }
    let answer = if results.is_empty() {
        answers::to_question(&question)
    } else {
        let results = results.iter();
        let results = results.map(|(city, output)| answers::to_tool_output(city, output));
        results.collect::<Vec<_>>().join(" ")
    };
    let mut answer = answers::tokens(&answer);
    let limit = request["max_completion_tokens"].as_u64();
    let limit = limit.or(request["max_tokens"].as_u64());
    let limit = limit.and_then(|limit| usize::try_from(limit).ok());
    let finish_reason = match limit {
        Some(limit) if limit < answer.len() => {
            answer.truncate(limit);
            "length"
        }
        _ => "stop",
    };
    let usage = usage(&request, messages, answer.len());
    let head = head(&request);

    if request["stream"] == true {
        let with_usage = request["stream_options"]["include_usage"] == true;
        let usage = with_usage.then_some(usage);
        return Sse::new(chunks(&head, answer, finish_reason, usage.as_ref())).into_response();
    }
    thinking(answer.len()).await;
    let message = json!({
        "role": "assistant",
        "content": answer.concat(),
        "refusal": null,
        "annotations": [],
    });
    completion(head, &message, finish_reason, usage)
}

/// The first function that the model may call.
fn function(request: &Value) -> Option<Value> {
    let tools = request["tools"].as_array()?;
    let tool = tools.iter().find(|tool| tool["type"] == "function")?;
    (request["tool_choice"] != "none").then(|| tool["function"].clone())
}

/// What the called functions gave, each with the city that it was called for.
fn tool_results(messages: &[Value]) -> Vec<(String, &str)> {
    let calls: Vec<&Value> = messages
        .iter()
        .filter_map(|message| message["tool_calls"].as_array())
        .flatten()
        .collect();
    let outputs = messages.iter().filter(|message| message["role"] == "tool");
    let results = outputs.filter_map(|output| {
        let call = calls
            .iter()
            .find(|call| call["id"] == output["tool_call_id"])?;
        let arguments = call["function"]["arguments"].as_str()?;
        let city = answers::cities(arguments).first()?.to_string();
        Some((city, output["content"].as_str()?))
    });
    results.collect()
}

/// A reply that calls the function once for each city.
async fn tool_calls(
    request: &Value,
    messages: &[Value],
    function: &Value,
    question: &str,
) -> Response {
    if request["stream"] == true {
        return failure(
            StatusCode::BAD_REQUEST,
            "This server streams answers without tool calls only.",
            "invalid_request_error",
            Some("unsupported_value"),
        );
    }
    let calls = answers::cities(question).into_iter().map(|city| {
        let arguments = answers::tool_arguments(&function["parameters"], city);
        let call = json!({"name": function["name"], "arguments": arguments});
        json!({"id": id("call_"), "type": "function", "function": call})
    });
    let calls: Vec<Value> = calls.collect();
    let tokens = answers::tokens(&json!(calls).to_string()).len();
    thinking(tokens).await;
    let usage = usage(request, messages, tokens);
    let message = json!({
        "role": "assistant",
        "content": null,
        "tool_calls": calls,
        "refusal": null,
        "annotations": [],
    });
    completion(head(request), &message, "tool_calls", usage)
}

fn head(request: &Value) -> Value {
    json!({
        "id": id("chatcmpl-"),
        "created": now(),
        "model": dated(request),
        "service_tier": "default",
        "system_fingerprint": "fp_50906f2aac",
    })
}

fn usage(request: &Value, messages: &[Value], tokens: usize) -> Value {
    let usage = Usage::of(request, messages, tokens);
    json!({
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
        "prompt_tokens_details": {"cached_tokens": usage.cached, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    })
}

fn completion(head: Value, message: &Value, finish_reason: &str, usage: Value) -> Response {
    let mut completion = head;
    completion["object"] = json!("chat.completion");
    completion["choices"] = json!([{
        "index": 0,
        "message": message,
        "logprobs": null,
        "finish_reason": finish_reason,
    }]);
    completion["usage"] = usage;
    Json(completion).into_response()
}

/// The answer as a stream: the role, one chunk a token, the finish reason, and the usage if it was asked for.
fn chunks(
    head: &Value,
    answer: Vec<String>,
    finish_reason: &str,
    usage: Option<&Value>,
) -> impl Stream<Item = Result<Event, Infallible>> + use<> {
    let chunk = |choices: Value, usage: Option<&Value>| {
        let mut chunk = head.clone();
        chunk["object"] = json!("chat.completion.chunk");
        chunk["choices"] = choices;
        if let Some(usage) = usage {
            chunk["usage"] = usage.clone();
        }
        chunk
    };
    let delta = |delta: Value, finish_reason: Value| {
        let choice = json!({
            "index": 0,
            "delta": delta,
            "logprobs": null,
            "finish_reason": finish_reason,
        });
        // With usage asked for, it is null in all chunks but the last.
        chunk(json!([choice]), usage.map(|_| &Value::Null))
    };

    let role = json!({"role": "assistant", "content": "", "refusal": null});
    let mut events = vec![delta(role, Value::Null)];
    let tokens = answer.into_iter();
    events.extend(tokens.map(|token| delta(json!({"content": token}), Value::Null)));
    events.push(delta(json!({}), json!(finish_reason)));
    if usage.is_some() {
        events.push(chunk(json!([]), usage));
    }

    let events = events.into_iter().map(|event| event.to_string());
    let events = events.chain(["[DONE]".to_owned()]);
    stream::iter(events.enumerate()).then(|(index, data)| async move {
        match index {
            0 => {}
            1 => tokio::time::sleep(THINKING).await,
            _ => tokio::time::sleep(TOKEN).await,
        }
        Ok(Event::default().data(data))
    })
}
