//! What the client offers around its model calls: stored replies, lists, whole streams, structured output.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod ergonomics;
mod lists;
mod parsed;
#[cfg(feature = "schemars")]
mod schemas;
mod stored;
mod streams;
#[path = "../support/mod.rs"]
mod support;
#[cfg(feature = "schemars")]
mod types;

use sentry::ClientOptions;
use sentry_openai::{Client, OpenAiIntegration, chat};
use serde_json::{Value, json};

use support::{Sentry, Server};

fn client(server: &Server) -> Client {
    let builder = Client::builder().api_key("sk-test").base_url(server.url());
    builder.max_retries(0).build().unwrap()
}

fn sentry() -> Sentry {
    let integration = OpenAiIntegration::new()
        .record_inputs(true)
        .record_outputs(true);
    Sentry::new(
        ClientOptions::new()
            .traces_sample_rate(1.0)
            .add_integration(integration),
    )
}

/// Runs a call below a transaction of the user's.
async fn below_a_parent<T>(call: impl Future<Output = T>) -> T {
    let transaction = sentry::start_transaction(sentry::TransactionContext::new("parent", "task"));
    sentry::configure_scope(|scope| scope.set_span(Some(transaction.clone().into())));
    let result = call.await;
    sentry::configure_scope(|scope| scope.set_span(None));
    transaction.finish();
    result
}

fn completion(id: &str) -> Value {
    json!({
        "id": id, "object": "chat.completion", "model": "gpt-4o", "created": 1_741_900_000.0,
        "choices": [{"index": 0, "finish_reason": "stop",
            "message": {"role": "assistant", "content": "Hi!", "refusal": null}}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
        "metadata": {"topic": "demo"},
    })
}

fn response(id: &str, status: &str) -> Value {
    json!({
        "id": id, "object": "response", "status": status, "model": "gpt-4o",
        "output": [message("msg_1", "assistant", "Hi!")],
    })
}

fn message(id: &str, role: &str, text: &str) -> Value {
    let part = match role {
        "user" => json!({"type": "input_text", "text": text}),
        _ => json!({"type": "output_text", "text": text, "annotations": []}),
    };
    json!({"type": "message", "id": id, "role": role, "content": [part]})
}

fn page(data: &[Value], has_more: bool) -> Value {
    let id = |item: Option<&Value>| item.map(|item| item["id"].clone());
    json!({"object": "list", "data": data, "has_more": has_more,
        "first_id": id(data.first()), "last_id": id(data.last())})
}

fn request() -> chat::Request {
    chat::Request::new("gpt-4o", [chat::Message::user("Hello!")])
}
