//! An OpenAI-compatible HTTP server on loopback: chat completions, responses, embeddings and models.
//!
//! It answers as OpenAI does, down to the shape of ids, usage and errors, and takes its time as a model does.
//! Two models exist to fail: [`BUSY`] is rate-limited once, and any model that it does not know is a 404.

#![expect(
    clippy::indexing_slicing,
    reason = "a `Value` that lacks the field gives null"
)]

mod chat;
mod embeddings;
mod responses;
mod usage;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::extract::{Path, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

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
            .route("/v1/chat/completions", post(chat::chat))
            .route("/v1/responses", post(responses::responses))
            .route("/v1/embeddings", post(embeddings::embeddings))
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
