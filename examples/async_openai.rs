//! Recording the calls of async-openai: run it by `cargo run --example async_openai --features async-openai`.
//!
//! It asks a small server of its own, and prints what Sentry received. It ends with 0 only if that is every span that
//! should have arrived.

mod embedded;
#[path = "embedded/stage.rs"]
mod stage;

use std::error::Error;
use std::process::ExitCode;

use async_openai::config::OpenAIConfig;
use async_openai::types::chat::{
    ChatCompletionRequestUserMessage, ChatCompletionStreamOptions, CreateChatCompletionRequest,
};
use async_openai::types::embeddings::CreateEmbeddingRequest;
use futures::StreamExt;
use sentry::protocol::SpanStatus;

use embedded::check::Expected;
use embedded::openai::BUSY;

#[tokio::main]
async fn main() -> ExitCode {
    let expected = [
        expected("gen_ai.chat", "chat gpt-4o-mini", &[200]),
        expected("gen_ai.chat", &format!("chat {BUSY}"), &[429, 200]),
        expected(
            "gen_ai.embeddings",
            "embeddings text-embedding-3-small",
            &[200],
        ),
    ];
    stage::play(calls, &expected).await
}

async fn calls(base_url: String) -> Result<(), Box<dyn Error>> {
    let config = OpenAIConfig::new()
        .with_api_base(base_url)
        .with_api_key("sk-example");
    let http = reqwest::Client::builder().no_proxy().build()?;

    // The client that you have, and the line that records its calls.
    let client = async_openai::Client::with_config(config);
    let client = sentry_openai::async_openai::instrument(client, http);

    // A stream. It is async-openai's caller who asks for the usage, and with its feature `byot` also for the stream.
    let mut request = ask(
        "gpt-4o-mini",
        "Write a haiku about a trace that is complete.",
    );
    request.stream = Some(true);
    request.stream_options = Some(ChatCompletionStreamOptions {
        include_usage: Some(true),
        include_obfuscation: None,
    });
    let mut stream = client.chat().create_stream(request).await?;
    let mut text = String::new();
    while let Some(chunk) = stream.next().await {
        let pieces = chunk?.choices.into_iter().filter_map(|c| c.delta.content);
        text.extend(pieces);
    }
    println!("streamed  {}", text.replace('\n', "\n          "));

    // A call that the server turns away once: one span, with two attempts below it.
    let reply = client
        .chat()
        .create(ask(BUSY, "Why should I trace model calls?"))
        .await?;
    let answer = reply.choices.into_iter().find_map(|c| c.message.content);
    println!("busy      {}", answer.unwrap_or_default());

    let request = CreateEmbeddingRequest {
        model: "text-embedding-3-small".to_owned(),
        input: "warm coats and boots".into(),
        ..Default::default()
    };
    let reply = client.embeddings().create(request).await?;
    println!("embedding {} of them", reply.data.len());
    Ok(())
}

fn ask(model: &str, question: &str) -> CreateChatCompletionRequest {
    CreateChatCompletionRequest {
        model: model.to_owned(),
        messages: vec![ChatCompletionRequestUserMessage::from(question).into()],
        ..Default::default()
    }
}

fn expected(op: &'static str, name: &str, attempts: &'static [u64]) -> Expected {
    Expected {
        op,
        name: name.to_owned(),
        status: SpanStatus::Ok,
        below: None,
        attempts,
    }
}
