//! async-openai, doing what `ours` does without Sentry.

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::types::chat::{
    ChatCompletionRequestMessage, ChatCompletionRequestUserMessage, CreateChatCompletionRequest,
};
use async_openai::types::embeddings::{CreateEmbeddingRequestArgs, EncodingFormat};
use async_openai::types::responses::CreateResponseArgs;
use cost::{Counting, Task, prompt};
use futures_util::StreamExt;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() {
    let task = Task::from_args();
    let config = OpenAIConfig::new()
        .with_api_base(&task.url)
        .with_api_key("sk-0123456789abcdef");
    let client = &Client::with_config(config);
    let messages = prompt(&task).into_iter().map(|text| {
        ChatCompletionRequestMessage::from(ChatCompletionRequestUserMessage::from(text))
    });
    let request = &CreateChatCompletionRequest {
        model: "gpt-4o".to_owned(),
        messages: messages.collect(),
        ..Default::default()
    };
    let embeddings_request = &CreateEmbeddingRequestArgs::default()
        .model("text-embedding-3-small")
        .input(["Hello!"])
        .build()
        .expect("a request");
    let task = &task;
    task.run(|| async move {
        if task.has("events") {
            let request = CreateResponseArgs::default()
                .model("gpt-4o")
                .input("Hello!")
                .build()
                .expect("a request");
            let stream = client.responses().create_stream(request).await;
            let mut stream = stream.expect("a stream");
            while let Some(event) = stream.next().await {
                std::hint::black_box(event.expect("an event"));
            }
        } else if task.has("response") {
            let request = CreateResponseArgs::default()
                .model("gpt-4o")
                .input("Hello!")
                .build()
                .expect("a request");
            let answer = client.responses().create(request).await;
            std::hint::black_box(answer.expect("an answer"));
        } else if task.has("embeddings") && task.has("base64") {
            let mut request = embeddings_request.clone();
            request.encoding_format = Some(EncodingFormat::Base64);
            let answer = client.embeddings().create_base64(request).await;
            std::hint::black_box(answer.expect("an answer"));
        } else if task.has("embeddings") {
            let request = embeddings_request.clone();
            let answer = client.embeddings().create(request).await;
            std::hint::black_box(answer.expect("an answer"));
        } else if task.has("stream") {
            let stream = client.chat().create_stream(request.clone()).await;
            let mut stream = stream.expect("a stream");
            if task.has("asleep") {
                tokio::time::sleep(std::time::Duration::from_millis(300)).await;
            }
            while let Some(chunk) = stream.next().await {
                std::hint::black_box(chunk.expect("a chunk"));
            }
        } else {
            let answer = client.chat().create(request.clone()).await;
            std::hint::black_box(answer.expect("an answer"));
        }
    });
}
