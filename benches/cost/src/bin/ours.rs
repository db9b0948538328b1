//! The floor and this crate: `reqwest` alone, the client without Sentry, and with it in each of its states.

use std::time::Duration;

use cost::sentry::{in_transaction, init_sentry};
use cost::{Counting, Task, prompt};
use futures_util::StreamExt;
use sentry_openai::{chat, embeddings, responses};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() {
    let task = Task::from_args();
    if !task.has("absent") {
        init_sentry(&task);
    }
    if task.has("floor") {
        floor(&task);
    } else {
        ours(&task);
    }
}

fn floor(task: &Task) {
    let client = reqwest::Client::new();
    let body = bytes::Bytes::from(if task.has("events") || task.has("response") {
        serde_json::to_vec(&responses_request()).expect("JSON")
    } else if task.has("embeddings") {
        serde_json::to_vec(&embeddings_request()).expect("JSON")
    } else {
        serde_json::to_vec(&chat_request(task)).expect("JSON")
    });
    let url = format!("{}/chat/completions", task.url);
    task.run(|| {
        in_transaction(task, async {
            let response = client
                .post(&url)
                .header("authorization", "Bearer sk-0123456789abcdef")
                .header("content-type", "application/json")
                .body(body.clone())
                .send()
                .await
                .expect("a reply");
            if task.has("stream") {
                let mut body = response.bytes_stream();
                while let Some(bytes) = body.next().await {
                    std::hint::black_box(bytes.expect("bytes"));
                }
            } else {
                std::hint::black_box(response.bytes().await.expect("a body"));
            }
        })
    });
}

fn ours(task: &Task) {
    let client = sentry_openai::Client::builder()
        .base_url(&task.url)
        .api_key("sk-0123456789abcdef")
        .build()
        .expect("a client");
    let (request, responses_request) = (chat_request(task), responses_request());
    let (client, request, responses_request) = (&client, &request, &responses_request);
    let embeddings_request = &embeddings_request();
    task.run(|| {
        in_transaction(task, async move {
            if task.has("events") {
                let stream = client.responses().create_stream(responses_request).await;
                let mut stream = stream.expect("a stream");
                while let Some(event) = stream.next().await {
                    std::hint::black_box(event.expect("an event"));
                }
            } else if task.has("stream") {
                let stream = client.chat().completions().create_stream(request).await;
                let mut stream = stream.expect("a stream");
                if task.has("asleep") {
                    tokio::time::sleep(Duration::from_millis(300)).await;
                }
                while let Some(chunk) = stream.next().await {
                    std::hint::black_box(chunk.expect("a chunk"));
                }
            } else if task.has("response") {
                let answer = client.responses().create(responses_request).await;
                std::hint::black_box(answer.expect("an answer"));
            } else if task.has("embeddings") {
                let answer = client.embeddings().create(embeddings_request).await;
                std::hint::black_box(answer.expect("an answer"));
            } else {
                let answer = client.chat().completions().create(request).await;
                std::hint::black_box(answer.expect("an answer"));
            }
        })
    });
}

fn chat_request(task: &Task) -> chat::Request {
    let messages = prompt(task).into_iter().map(chat::Message::user);
    let request = chat::Request::new("gpt-4o", messages);
    if task.has("tools") {
        return request.tools(cost::tools().map(|(name, description, parameters)| {
            chat::Tool::function(name, parameters).description(description)
        }));
    }
    request
}

fn responses_request() -> responses::Request {
    responses::Request::new("gpt-4o", "Hello!")
}

fn embeddings_request() -> embeddings::Request {
    embeddings::Request::new("text-embedding-3-small", ["Hello!"])
}
