//! Recording the calls of a client of one's own, made on reqwest-middleware: run it by
//! `cargo run --example reqwest_middleware --features reqwest-middleware`.
//!
//! It asks a small server of its own, and prints what Sentry received. It ends with 0 only if that is every span that
//! should have arrived.

mod embedded;
#[path = "embedded/stage.rs"]
mod stage;

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use reqwest_retry::RetryTransientMiddleware;
use reqwest_retry::policies::ExponentialBackoff;
use sentry::protocol::SpanStatus;
use sentry_openai::reqwest_middleware::{AttemptMiddleware, OpenAiMiddleware};
use serde_json::{Value, json};

use embedded::check::Expected;
use embedded::openai::BUSY;

#[tokio::main]
async fn main() -> ExitCode {
    let expected = [
        expected("chat gpt-4o-mini", SpanStatus::Ok, &[200]),
        expected(&format!("chat {BUSY}"), SpanStatus::Ok, &[429, 200]),
        expected("chat gpt-4o-missing", SpanStatus::InternalError, &[404]),
    ];
    stage::play(calls, &expected).await
}

async fn calls(base_url: String) -> Result<(), Box<dyn Error>> {
    let again = ExponentialBackoff::builder()
        .retry_bounds(Duration::from_millis(50), Duration::from_millis(100))
        .build_with_max_retries(2);

    // Before the retries: one span a call. After them: an attempt for each try.
    let client = ClientBuilder::new(reqwest::Client::builder().no_proxy().build()?)
        .with(OpenAiMiddleware::new())
        .with(RetryTransientMiddleware::new_with_policy(again))
        .with(AttemptMiddleware::new())
        .build();

    for (model, question) in [
        ("gpt-4o-mini", "What is the capital of France?"),
        (BUSY, "Why should I trace model calls?"),
        ("gpt-4o-missing", "Are you there?"),
    ] {
        let url = format!("{base_url}/responses");
        println!("{model:<15} {}", ask(&client, &url, model, question).await?);
    }
    Ok(())
}

/// A client as one writes it in an afternoon.
async fn ask(
    client: &ClientWithMiddleware,
    url: &str,
    model: &str,
    question: &str,
) -> Result<String, Box<dyn Error>> {
    let request = json!({"model": model, "input": question});
    let response = client
        .post(url)
        .bearer_auth("sk-example")
        .header("content-type", "application/json")
        .body(request.to_string())
        .send()
        .await?;
    if !response.status().is_success() {
        let status = response.status();
        // The error's code is in the body: read, it is on the span.
        response.bytes().await?;
        return Ok(format!("failed as it should: {status}"));
    }
    let reply: Value = serde_json::from_slice(&response.bytes().await?)?;
    let text = reply
        .pointer("/output")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .find_map(|item| item.pointer("/content/0/text"));
    Ok(text
        .and_then(Value::as_str)
        .unwrap_or("(no text)")
        .to_owned())
}

fn expected(name: &str, status: SpanStatus, attempts: &'static [u64]) -> Expected {
    Expected {
        op: "gen_ai.chat",
        name: name.to_owned(),
        status,
        below: None,
        attempts,
    }
}
