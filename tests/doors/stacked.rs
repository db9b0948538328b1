//! A call that passes several doors is recorded once, by the first.

use async_openai::config::OpenAIConfig;
use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use async_openai::middleware::retry::OpenAIRetryLayer;
use sentry::SentryFutureExt;
use sentry_openai::async_openai::{AttemptLayer, OpenAiLayer};
use sentry_openai::recording::Recorder;
use sentry_openai::reqwest_middleware::{AttemptMiddleware, OpenAiMiddleware};
use serde_json::{Value, json};
use tower::ServiceBuilder;

use super::support::{Reply, Sentry, Server};
use super::through::{below, open, sentry};

fn middleware() -> reqwest_middleware::ClientWithMiddleware {
    reqwest_middleware::ClientBuilder::new(reqwest::Client::new())
        .with(OpenAiMiddleware::new())
        .with(OpenAiMiddleware::new())
        .with(AttemptMiddleware::new())
        .with(AttemptMiddleware::new())
        .build()
}

async fn server() -> Server {
    let server = Server::start().await;
    server.reply_always(Reply::json(
        200,
        &json!({"id": "chatcmpl-1", "model": "m", "choices": []}),
    ));
    server
}

fn request() -> Value {
    json!({"model": "gpt-4o", "messages": []})
}

fn assert_recorded_once(sentry: &Sentry) {
    let call = sentry.span("chat gpt-4o");
    assert_eq!(call.status.as_deref(), Some("ok"));
    assert_eq!(call.get("gen_ai.response.id"), "chatcmpl-1");
    let [attempt] = &sentry.spans_with_op("http.client")[..] else {
        panic!("not one attempt: {:?}", sentry.names());
    };
    assert_eq!(attempt.parent_span_id.as_ref(), Some(&call.span_id));
}

#[tokio::test]
async fn middlewares_that_are_there_twice_record_once() {
    let server = server().await;
    let sentry = sentry(open());
    below(async {
        let url = server.url() + "/chat/completions";
        let request = middleware().post(url).body(request().to_string());
        request.send().await.unwrap().bytes().await.unwrap();
    })
    .bind_hub(sentry.hub())
    .await;
    assert_recorded_once(&sentry);
}

#[tokio::test]
async fn layers_over_middlewares_record_once() {
    let server = server().await;
    let sentry = sentry(open());
    let http = tower::service_fn(|factory: HttpRequestFactory| async move {
        let request = factory.build().await?;
        let response = middleware().execute(request).await;
        response.map_err(|error| OpenAIError::Boxed(error.into()))
    });
    let config = OpenAIConfig::new().with_api_base(server.url());
    let client = async_openai::Client::with_config(config);
    let with_attempts = ServiceBuilder::new()
        .layer(OpenAiLayer::new())
        .layer(OpenAiLayer::new())
        .layer(OpenAIRetryLayer::default())
        .layer(AttemptLayer::new())
        .service(http);
    let without = ServiceBuilder::new()
        .layer(OpenAiLayer::new())
        .service(http);
    for client in [
        client.clone().with_http_service(with_attempts),
        client.with_http_service(without),
    ] {
        sentry.clear();
        below(async {
            let reply: Value = client.chat().create_byot(request()).await.unwrap();
            assert_eq!(reply["id"], "chatcmpl-1");
        })
        .bind_hub(sentry.hub())
        .await;
        assert_recorded_once(&sentry);
    }
}

#[tokio::test]
async fn a_recording_by_hand_over_a_middleware_records_once() {
    let server = server().await;
    let sentry = sentry(open());
    below(async {
        let url = server.url() + "/chat/completions";
        let body = request().to_string();
        let recording = Recorder::new().start(&url, body.as_bytes());
        let request = middleware().post(url).body(body);
        let response = recording.run(request.send()).await.unwrap();
        recording.response(response).bytes().await.unwrap();
    })
    .bind_hub(sentry.hub())
    .await;
    assert_recorded_once(&sentry);
}

/// The one above decides, also where it does not record: the one below does not roll the dice again.
#[tokio::test]
async fn what_the_first_door_does_not_sample_no_other_records() {
    let server = server().await;
    let asked = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = asked.clone();
    let options = sentry::ClientOptions::new()
        .traces_sampler(move |_: &sentry::TransactionContext| {
            let before = count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            if before == 0 { 0.0 } else { 1.0 }
        })
        .add_integration(open());
    let sentry = Sentry::new(options);
    async {
        let url = server.url() + "/chat/completions";
        let request = middleware().post(url).body(request().to_string());
        request.send().await.unwrap().bytes().await.unwrap();
    }
    .bind_hub(sentry.hub())
    .await;
    assert_eq!(asked.load(std::sync::atomic::Ordering::Relaxed), 1);
    assert!(sentry.spans().is_empty());
}
