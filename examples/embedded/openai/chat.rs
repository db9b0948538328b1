//! Chat completions, whole and streamed.

use std::convert::Infallible;

use axum::Json;
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures::{Stream, StreamExt, stream};
use serde_json::{Value, json};

use super::usage::Usage;
use super::{Busy, THINKING, TOKEN, admit, dated, id, missing, now, question, thinking};
use crate::embedded::answers;

pub(super) async fn chat(busy: Busy, Json(request): Json<Value>) -> Response {
    if let Err(response) = admit(&busy, &request) {
        return response;
    }
    let Some(messages) = request["messages"].as_array() else {
        return missing("messages");
    };
    let mut answer = answers::tokens(&answers::to_question(&question(messages)));
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
    let usage = Usage::of(&request, messages, answer.len());
    let usage = json!({
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
    });
    let head = json!({
        "id": id("chatcmpl-"),
        "created": now(),
        "model": dated(&request),
        "service_tier": "default",
        "system_fingerprint": "fp_50906f2aac",
    });

    if request["stream"] == true {
        let with_usage = request["stream_options"]["include_usage"] == true;
        let usage = with_usage.then_some(usage);
        return Sse::new(chunks(&head, answer, finish_reason, usage.as_ref())).into_response();
    }
    thinking(answer.len()).await;
    let mut completion = head;
    completion["object"] = json!("chat.completion");
    completion["choices"] = json!([{
        "index": 0,
        "message": {
            "role": "assistant",
            "content": answer.concat(),
            "refusal": null,
            "annotations": [],
        },
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
