//! The floor and this crate: `reqwest` alone, the client without Sentry, and with it in each of its states.

use std::sync::Arc;
use std::time::Duration;

use cost::{Counting, Task, prompt};
use futures_util::StreamExt;
use sentry_core::{Client, ClientOptions, Envelope, Hub, TransactionContext, Transport};
use sentry_openai::{OpenAiIntegration, chat, responses};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Sends nothing. Sentry's own transport writes what it is given on a thread of its own; here it is written
/// where the task says `written`.
struct Nowhere {
    written: bool,
}

impl Transport for Nowhere {
    fn send_envelope(&self, envelope: Envelope) {
        if self.written {
            envelope
                .to_writer(std::io::sink())
                .expect("it can be written");
        }
    }
}

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

/// `tx`: all but the integration. `off`: tracing is. `unsampled`, `sampled`: what becomes of the transaction.
/// `content`: is recorded.
fn init_sentry(task: &Task) {
    let written = task.has("written");
    let options = ClientOptions::new()
        .dsn("https://public@example.com/1")
        .transport(move |_: &_| Arc::new(Nowhere { written }) as Arc<dyn Transport>);
    let options = match (task.has("off"), task.has("unsampled")) {
        (true, _) => options,
        (_, true) => options.traces_sample_rate(f32::MIN_POSITIVE),
        _ => options.traces_sample_rate(1.0),
    };
    let options = if task.has("tx") {
        options
    } else {
        let content = task.has("content");
        let integration = OpenAiIntegration::new().http_spans(!task.has("one-span"));
        options.add_integration(integration.record_inputs(content).record_outputs(content))
    };
    let client = Client::with_options(options);
    Hub::current().bind_client(Some(Arc::new(client)));
}

/// Runs `call` inside a transaction of its own, where there is Sentry.
async fn in_transaction(task: &Task, call: impl Future<Output = ()>) {
    if task.has("absent") {
        return call.await;
    }
    let transaction = sentry_core::start_transaction(TransactionContext::new("task", "task"));
    sentry_core::configure_scope(|scope| scope.set_span(Some(transaction.clone().into())));
    call.await;
    transaction.finish();
    sentry_core::configure_scope(|scope| scope.set_span(None));
}

fn floor(task: &Task) {
    let client = reqwest::Client::new();
    let body = bytes::Bytes::from(if task.has("events") {
        serde_json::to_vec(&responses_request()).expect("JSON")
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
            } else {
                let answer = client.chat().completions().create(request).await;
                std::hint::black_box(answer.expect("an answer"));
            }
        })
    });
}

fn chat_request(task: &Task) -> chat::Request {
    let bytes = if task.has("prompt") { 200_000 } else { 6 };
    let messages = prompt(bytes).into_iter().map(chat::Message::user);
    chat::Request::new("gpt-4o", messages)
}

fn responses_request() -> responses::Request {
    responses::Request::new("gpt-4o", "Hello!")
}
