//! The doors for other clients: `middleware` is reqwest-middleware, `layer` async-openai; `bare` without ours.

use async_openai::config::OpenAIConfig;
use async_openai::types::chat::{
    ChatCompletionRequestMessage, ChatCompletionRequestUserMessage, CreateChatCompletionRequest,
};
use cost::sentry::{in_transaction, init_sentry};
use cost::{Counting, Task, prompt};
use futures_util::StreamExt;
use sentry_openai::reqwest_middleware::{AttemptMiddleware, OpenAiMiddleware};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() {
    let task = Task::from_args();
    init_sentry(&task);
    if task.has("middleware") {
        middleware(&task);
    } else {
        layer(&task);
    }
}

fn middleware(task: &Task) {
    let client = reqwest_middleware::ClientBuilder::new(reqwest::Client::new());
    let client = if task.has("bare") {
        client.build()
    } else {
        client
            .with(OpenAiMiddleware::new())
            .with(AttemptMiddleware::new())
            .build()
    };
    let messages = prompt(task)
        .into_iter()
        .map(sentry_openai::chat::Message::user);
    let mut request = sentry_openai::chat::Request::new("gpt-4o", messages);
    request.stream = task.has("stream").then_some(true);
    let body = bytes::Bytes::from(serde_json::to_vec(&request).expect("JSON"));
    let (client, body, url) = (&client, &body, &format!("{}/chat/completions", task.url));
    task.run(|| {
        in_transaction(task, async move {
            let request = client.post(url).body(body.clone());
            let request = request.header("content-type", "application/json");
            let response = request.send().await.expect("a reply");
            let mut body = response.bytes_stream();
            while let Some(bytes) = body.next().await {
                std::hint::black_box(bytes.expect("bytes"));
            }
        })
    });
}

fn layer(task: &Task) {
    let config = OpenAIConfig::new()
        .with_api_base(&task.url)
        .with_api_key("sk-0123456789abcdef");
    let client = async_openai::Client::with_config(config);
    let client = if task.has("bare") {
        client
    } else {
        sentry_openai::async_openai::instrument(client, reqwest::Client::new())
    };
    let messages = prompt(task).into_iter().map(|text| {
        ChatCompletionRequestMessage::from(ChatCompletionRequestUserMessage::from(text))
    });
    let request = &CreateChatCompletionRequest {
        model: "gpt-4o".to_owned(),
        messages: messages.collect(),
        ..Default::default()
    };
    let client = &client;
    task.run(|| {
        in_transaction(task, async move {
            let answer = client.chat().create(request.clone()).await;
            std::hint::black_box(answer.expect("an answer"));
        })
    });
}
