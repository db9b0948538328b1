//! An OpenAI-compatible HTTP server on loopback: chat completions, responses, embeddings and models.
//!
//! It answers as OpenAI does, down to the shape of ids, usage and errors, and takes its time as a model does.
//! Two models exist to fail: [`BUSY`] is rate-limited once, and any model that it does not know is a 404.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::extract::{Path, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures::{Stream, StreamExt, stream};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::answers;

/// The model that answers its first request with 429 and all others as any model does.
pub(crate) const BUSY: &str = "gpt-4o-busy";

const MODELS: [&str; 5] = [
    "gpt-4o",
    "gpt-4o-mini",
    "gpt-5-mini",
    "text-embedding-3-small",
    BUSY,
];

/// What a model needs before its first token, and for each token.
const THINKING: Duration = Duration::from_millis(120);
const TOKEN: Duration = Duration::from_millis(15);

/// The running server; it stops when dropped.
#[derive(Debug)]
pub(crate) struct OpenAi {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl OpenAi {
    /// Starts the server on a free port.
    pub(crate) async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let app = Router::new()
            .route("/v1/chat/completions", post(chat))
            .route("/v1/responses", post(responses))
            .route("/v1/embeddings", post(embeddings))
            .route("/v1/models", get(models))
            .route("/v1/models/{model}", get(model))
            .fallback(unknown_path)
            .layer(middleware::from_fn(identified))
            .with_state(Arc::new(AtomicBool::new(true)));
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, app).await {
                eprintln!("the embedded OpenAI stopped: {error}");
            }
        });
        Ok(Self { address, task })
    }

    /// The base URL for a client.
    pub(crate) fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }
}

impl Drop for OpenAi {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// True until the busy model has turned one request away.
type Busy = State<Arc<AtomicBool>>;

/// Asks for a key and gives every reply a request id.
async fn identified(request: Request, next: Next) -> Response {
    let key = request.headers().get("authorization");
    let has_key = key.is_some_and(|value| value.as_bytes().starts_with(b"Bearer "));
    let mut response = if has_key {
        next.run(request).await
    } else {
        failure(
            StatusCode::UNAUTHORIZED,
            "You didn't provide an API key.",
            "invalid_request_error",
            None,
        )
    };
    if let Ok(id) = HeaderValue::from_str(&id("req_")) {
        let name = HeaderName::from_static("x-request-id");
        response.headers_mut().insert(name, id);
    }
    response
}

async fn chat(busy: Busy, Json(request): Json<Value>) -> Response {
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
        return Sse::new(chunks(&head, answer, finish_reason, usage)).into_response();
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
    usage: Option<Value>,
) -> impl Stream<Item = Result<Event, Infallible>> + use<> {
    let chunk = |choices: Value, usage: &Option<Value>| {
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
        chunk(json!([choice]), &usage.is_some().then_some(Value::Null))
    };

    let role = json!({"role": "assistant", "content": "", "refusal": null});
    let mut events = vec![delta(role, Value::Null)];
    let tokens = answer.into_iter();
    events.extend(tokens.map(|token| delta(json!({"content": token}), Value::Null)));
    events.push(delta(json!({}), json!(finish_reason)));
    if usage.is_some() {
        events.push(chunk(json!([]), &usage));
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

async fn responses(busy: Busy, Json(request): Json<Value>) -> Response {
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
            let arguments = answers::tool_arguments(tool, &question);
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
                Some(output) => {
                    answers::to_tool_output(&question, output["output"].as_str().unwrap_or(""))
                }
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

async fn embeddings(busy: Busy, Json(request): Json<Value>) -> Response {
    if let Err(response) = admit(&busy, &request) {
        return response;
    }
    let texts: Vec<&str> = match &request["input"] {
        Value::String(text) => vec![text],
        Value::Array(texts) => texts.iter().filter_map(Value::as_str).collect(),
        _ => return missing("input"),
    };
    let dimensions = request["dimensions"].as_u64();
    let dimensions = dimensions.and_then(|dimensions| usize::try_from(dimensions).ok());
    let dimensions = dimensions.unwrap_or(1_536).clamp(1, 1_536);
    let as_base64 = request["encoding_format"] == "base64";
    let data = texts.iter().enumerate().map(|(index, text)| {
        let vector = answers::vector(text, dimensions);
        let embedding = if as_base64 {
            let bytes: Vec<u8> = vector.into_iter().flat_map(f32::to_le_bytes).collect();
            json!(STANDARD.encode(bytes))
        } else {
            json!(vector)
        };
        json!({"object": "embedding", "index": index, "embedding": embedding})
    });
    let data: Vec<Value> = data.collect();
    let tokens: usize = texts.iter().map(|text| answers::tokens(text).len()).sum();
    thinking(0).await;
    Json(json!({
        "object": "list",
        "data": data,
        "model": request["model"],
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }))
    .into_response()
}

async fn models() -> Response {
    let data: Vec<Value> = MODELS.into_iter().map(described).collect();
    Json(json!({"object": "list", "data": data})).into_response()
}

async fn model(Path(name): Path<String>) -> Response {
    match known(&name) {
        Ok(model) => Json(described(model)).into_response(),
        Err(response) => response,
    }
}

fn described(model: &str) -> Value {
    json!({"id": model, "object": "model", "created": 1_715_367_049, "owned_by": "system"})
}

async fn unknown_path(request: Request) -> Response {
    let message = format!(
        "Invalid URL ({} {})",
        request.method(),
        request.uri().path()
    );
    failure(
        StatusCode::NOT_FOUND,
        &message,
        "invalid_request_error",
        None,
    )
}

/// Turns a request away whose model is unknown, or busy this once.
#[expect(clippy::result_large_err, reason = "it is the reply")]
fn admit(busy: &AtomicBool, request: &Value) -> Result<(), Response> {
    let Some(name) = request["model"].as_str() else {
        return Err(missing("model"));
    };
    if known(name)? == BUSY && busy.swap(false, Ordering::Relaxed) {
        let mut response = failure(
            StatusCode::TOO_MANY_REQUESTS,
            &format!("Rate limit reached for {BUSY} on requests per min. Try again in 100ms."),
            "requests",
            Some("rate_limit_exceeded"),
        );
        for (name, value) in [
            ("retry-after-ms", "100"),
            ("retry-after", "1"),
            ("x-ratelimit-limit-requests", "500"),
            ("x-ratelimit-remaining-requests", "0"),
            ("x-ratelimit-reset-requests", "100ms"),
        ] {
            let name = HeaderName::from_static(name);
            let value = HeaderValue::from_static(value);
            response.headers_mut().insert(name, value);
        }
        return Err(response);
    }
    Ok(())
}

#[expect(clippy::result_large_err, reason = "it is the reply")]
fn known(name: &str) -> Result<&'static str, Response> {
    MODELS
        .into_iter()
        .find(|model| *model == name)
        .ok_or_else(|| {
            failure(
                StatusCode::NOT_FOUND,
                &format!("The model `{name}` does not exist or you do not have access to it."),
                "invalid_request_error",
                Some("model_not_found"),
            )
        })
}

fn missing(parameter: &str) -> Response {
    failure(
        StatusCode::BAD_REQUEST,
        &format!("Missing required parameter: '{parameter}'."),
        "invalid_request_error",
        Some("missing_required_parameter"),
    )
}

/// OpenAI's error reply.
fn failure(status: StatusCode, message: &str, kind: &str, code: Option<&str>) -> Response {
    let error = json!({"message": message, "type": kind, "param": null, "code": code});
    (status, Json(json!({"error": error}))).into_response()
}

/// The tokens of one call.
struct Usage {
    input: usize,
    /// Of the input: all that stands before the last message has been read before.
    cached: usize,
    output: usize,
    /// Of the output.
    reasoning: usize,
}

impl Usage {
    fn of(request: &Value, messages: &[Value], answer: usize) -> Self {
        let cost = |value: &Value| match value {
            Value::Null => 0,
            value => answers::tokens(&value.to_string()).len(),
        };
        let setup = cost(&request["instructions"]) + cost(&request["tools"]);
        let (newest, before) = match messages.split_last() {
            Some((newest, before)) => (cost(newest), before.iter().map(cost).sum()),
            None => (0, 0),
        };
        let cached = if before > 0 { setup + before } else { 0 };
        let model = request["model"].as_str().unwrap_or("");
        let reasoning = if model.starts_with("gpt-5") { 64 } else { 0 };
        Self {
            input: setup + before + newest,
            cached,
            output: answer + reasoning,
            reasoning,
        }
    }
}

/// The text of the newest user message.
fn question(messages: &[Value]) -> String {
    let newest = messages
        .iter()
        .rev()
        .find(|message| message["role"] == "user");
    match newest.map(|message| &message["content"]) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => {
            let texts = parts.iter().filter_map(|part| part["text"].as_str());
            texts.collect::<Vec<_>>().join(" ")
        }
        _ => String::new(),
    }
}

/// Waits as long as a model needs for so many tokens in one piece.
async fn thinking(tokens: usize) {
    let tokens = u32::try_from(tokens).unwrap_or(100).min(100);
    tokio::time::sleep(THINKING / 2 + TOKEN / 3 * tokens).await;
}

/// The name that a reply gives for the model that was asked for.
fn dated(request: &Value) -> String {
    let model = request["model"].as_str().unwrap_or("");
    let date = if model.starts_with("gpt-5") {
        "2025-08-07"
    } else {
        "2024-08-06"
    };
    format!("{model}-{date}")
}

fn id(prefix: &str) -> String {
    let letters = std::iter::repeat_with(fastrand::alphanumeric).take(24);
    letters.fold(prefix.to_owned(), |mut id, letter| {
        id.push(letter);
        id
    })
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}
