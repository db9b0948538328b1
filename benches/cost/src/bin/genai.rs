//! genai, doing what `ours` does without Sentry.

use cost::{Counting, Task, prompt};
use futures_util::StreamExt;
use genai::adapter::AdapterKind;
use genai::chat::{ChatMessage, ChatRequest};
use genai::resolver::{AuthData, Endpoint, ServiceTargetResolver};
use genai::{Client, ModelIden, ServiceTarget};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() {
    let task = &Task::from_args();
    let url = format!("{}/", task.url);
    let resolver = ServiceTargetResolver::from_resolver_fn(
        move |target: ServiceTarget| -> Result<ServiceTarget, genai::resolver::Error> {
            Ok(ServiceTarget {
                endpoint: Endpoint::from_owned(url.clone()),
                auth: AuthData::from_single("sk-0123456789abcdef"),
                model: ModelIden::new(AdapterKind::OpenAI, target.model.model_name),
            })
        },
    );
    let client = &Client::builder()
        .with_service_target_resolver(resolver)
        .build()
        .expect("a client");
    let messages = prompt(task).into_iter().map(ChatMessage::user);
    let request = &ChatRequest::new(messages.collect());
    task.run(|| async move {
        if task.has("stream") {
            let reply = client
                .exec_chat_stream("gpt-4o", request.clone(), None)
                .await;
            let mut stream = reply.expect("a stream").stream;
            while let Some(event) = stream.next().await {
                std::hint::black_box(event.expect("an event"));
            }
        } else {
            let answer = client.exec_chat("gpt-4o", request.clone(), None).await;
            std::hint::black_box(answer.expect("an answer"));
        }
    });
}
