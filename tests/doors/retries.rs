//! Calls that are tried again: one span a logical call, and one below it for each attempt.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_openai::config::OpenAIConfig;
use async_openai::middleware::retry::{OpenAIRetryLayer, SimpleRetryPolicy};
use async_openai::middleware::{HttpRequestFactory, ReqwestService};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use reqwest_retry::RetryTransientMiddleware;
use reqwest_retry::policies::ExponentialBackoff;
use sentry::SentryFutureExt;
use sentry_openai::async_openai::{AttemptLayer, OpenAiLayer, instrument};
use sentry_openai::reqwest_middleware::{AttemptMiddleware, OpenAiMiddleware};
use serde_json::{Value, json};
use tower::{BoxError, ServiceBuilder, ServiceExt};

use super::support::{Reply, Sentry, Server, SpanView};
use super::through::{below, open, sentry};

fn request() -> Value {
    json!({"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello!"}]})
}

fn answer() -> Reply {
    Reply::json(
        200,
        &json!({
            "id": "chatcmpl-1", "model": "gpt-4o-2024", "object": "chat.completion",
            "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hi."}}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
        }),
    )
}

fn busy() -> Reply {
    let error =
        json!({"error": {"message": "m", "type": "requests", "code": "rate_limit_exceeded"}});
    Reply::json(429, &error).header("retry-after", 0)
}

fn client(server: &Server) -> async_openai::Client<OpenAIConfig> {
    let config = OpenAIConfig::new()
        .with_api_base(server.url())
        .with_api_key("sk-test");
    async_openai::Client::with_config(config)
}

async fn ask(client: &async_openai::Client<OpenAIConfig>) -> Result<Value, String> {
    let reply: Result<Value, _> = client.chat().create_byot(request()).await;
    reply.map_err(|error| error.to_string())
}

/// The statuses and resend counts of the attempts of a call, in their order.
fn attempts(sentry: &Sentry, call: &SpanView) -> Vec<(Value, Value, String)> {
    let mut attempts = sentry.spans_with_op("http.client");
    attempts.sort_by_key(|span| span.start);
    attempts
        .into_iter()
        .map(|span| {
            assert_eq!(span.parent_span_id.as_ref(), Some(&call.span_id));
            (
                span.get("http.response.status_code").clone(),
                span.get("http.request.resend_count").clone(),
                span.status.unwrap(),
            )
        })
        .collect()
}

fn two_attempts() -> Vec<(Value, Value, String)> {
    vec![
        (json!(429), Value::Null, "resource_exhausted".into()),
        (json!(200), json!(1), "ok".into()),
    ]
}

#[tokio::test]
async fn async_openais_retries_are_attempts_of_one_call() {
    let server = Server::start().await;
    server.reply(busy()).reply(answer());
    let sentry = sentry(open());
    let client = instrument(client(&server), reqwest::Client::new());
    let reply = below(ask(&client)).bind_hub(sentry.hub()).await;
    assert_eq!(reply.unwrap()["id"], "chatcmpl-1");
    let call = sentry.span("chat gpt-4o");
    assert_eq!(call.status.as_deref(), Some("ok"));
    assert_eq!(call.get("gen_ai.usage.total_tokens"), &json!(3));
    assert_eq!(attempts(&sentry, &call), two_attempts());
}

#[tokio::test]
async fn a_refusal_that_the_retries_have_read_is_the_calls_failure() {
    let server = Server::start().await;
    let quota = json!({"error": {"message": "SECRET", "type": "insufficient_quota", "code": "insufficient_quota"}});
    server.reply(Reply::json(429, &quota));
    let sentry = sentry(open());
    let client = instrument(client(&server), reqwest::Client::new());
    assert!(below(ask(&client)).bind_hub(sentry.hub()).await.is_err());
    let call = sentry.span("chat gpt-4o");
    assert_eq!(call.status.as_deref(), Some("internal_error"));
    assert_eq!(call.get("error.type"), "insufficient_quota");
    assert_eq!(attempts(&sentry, &call)[0].0, json!(429));
    assert!(!sentry.leaked("SECRET"));
}

#[tokio::test]
async fn a_refusal_that_the_retries_could_not_read_has_its_status() {
    let server = Server::start().await;
    server.reply(Reply::text(429, "text/html", "<html>SECRET</html>"));
    let sentry = sentry(open());
    let client = instrument(client(&server), reqwest::Client::new());
    assert!(below(ask(&client)).bind_hub(sentry.hub()).await.is_err());
    let call = sentry.span("chat gpt-4o");
    assert_eq!(call.status.as_deref(), Some("internal_error"));
    assert_eq!(call.get("error.type"), "429");
    assert!(!sentry.leaked("SECRET"));
}

#[tokio::test]
async fn a_stack_of_ones_own_may_have_other_layers_between() {
    let server = Server::start().await;
    server.reply(busy()).reply(answer());
    let sentry = sentry(open());
    below(async {
        let service = ServiceBuilder::new()
            .layer(OpenAiLayer::new())
            .layer(tower::buffer::BufferLayer::new(8))
            .concurrency_limit(1)
            .timeout(Duration::from_secs(60))
            .layer(OpenAIRetryLayer::new(1))
            .layer(AttemptLayer::new())
            .service(ReqwestService::new(reqwest::Client::new()));
        ask(&client(&server).with_http_service(service))
            .await
            .unwrap();
    })
    .bind_hub(sentry.hub())
    .await;
    let call = sentry.span("chat gpt-4o");
    assert_eq!(attempts(&sentry, &call), two_attempts());
}

#[tokio::test]
async fn the_policy_that_reads_no_refusals_works_as_well() {
    let server = Server::start().await;
    server.reply(busy()).reply(answer());
    let sentry = sentry(open());
    let service = ServiceBuilder::new()
        .layer(OpenAiLayer::new())
        .retry(SimpleRetryPolicy::default())
        .layer(AttemptLayer::new())
        .service(ReqwestService::new(reqwest::Client::new()));
    let client = client(&server).with_http_service(service);
    below(ask(&client)).bind_hub(sentry.hub()).await.unwrap();
    let call = sentry.span("chat gpt-4o");
    assert_eq!(attempts(&sentry, &call), two_attempts());
}

#[tokio::test]
async fn errors_of_other_types_keep_theirs_and_are_understood() {
    let slow = Reply::new(200).stall_before_head();
    let server = Server::start().await;
    server.reply(slow);
    let sentry = sentry(open());
    let service = ServiceBuilder::new()
        .layer(OpenAiLayer::new())
        .timeout(Duration::from_millis(50))
        .service(ReqwestService::new(reqwest::Client::new()));
    let client = client(&server).with_http_service(service);
    let error = below(client.chat().create_byot::<_, Value>(request()))
        .bind_hub(sentry.hub())
        .await
        .unwrap_err();
    let async_openai::error::OpenAIError::Boxed(error) = error else {
        panic!("the error is of another type: {error:?}");
    };
    assert!(error.is::<tower::timeout::error::Elapsed>());
    let call = sentry.span("chat gpt-4o");
    assert_eq!(call.status.as_deref(), Some("internal_error"));
    assert_eq!(call.get("error.type"), "timeout");

    let nobody = tower::service_fn(|_: HttpRequestFactory| async {
        Err::<reqwest::Response, BoxError>("SECRET".into())
    });
    sentry.clear();
    let service = ServiceBuilder::new()
        .layer(OpenAiLayer::new())
        .service(nobody);
    let client = self::client(&server).with_http_service(service);
    let error = ask(&client).bind_hub(sentry.hub()).await.unwrap_err();
    assert_eq!(error, "SECRET");
    assert_eq!(sentry.span("chat gpt-4o").get("error.type"), "http");
    assert!(!sentry.leaked("SECRET"));
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_is_told_so_through_every_door() {
    let server = Server::start().await;
    let url = server.url();
    drop(server);
    let sentry = sentry(open());
    let config = OpenAIConfig::new().with_api_base(&url);
    let service = ServiceBuilder::new()
        .layer(OpenAiLayer::new())
        .layer(AttemptLayer::new())
        .service(ReqwestService::new(reqwest::Client::new()));
    let openai = async_openai::Client::with_config(config).with_http_service(service);
    let middleware = middlewares(|client| {
        client
            .with(OpenAiMiddleware::new())
            .with(AttemptMiddleware::new())
    });
    below(async {
        ask(&openai).await.unwrap_err();
        post(&middleware, &(url + "/chat/completions"))
            .await
            .unwrap_err();
    })
    .bind_hub(sentry.hub())
    .await;
    let calls = sentry.spans_named("chat gpt-4o");
    assert_eq!(calls.len(), 2);
    let attempts = sentry.spans_with_op("http.client");
    for (spans, status) in [(calls, "internal_error"), (attempts, "unavailable")] {
        for span in spans {
            assert_eq!(span.status.as_deref(), Some(status), "{}", span.name);
            assert_eq!(span.get("error.type"), "connect");
        }
    }
}

fn middlewares(with: impl FnOnce(ClientBuilder) -> ClientBuilder) -> ClientWithMiddleware {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    with(ClientBuilder::new(http)).build()
}

fn again() -> RetryTransientMiddleware<ExponentialBackoff> {
    let policy = ExponentialBackoff::builder()
        .retry_bounds(Duration::from_millis(1), Duration::from_millis(2))
        .build_with_max_retries(2);
    RetryTransientMiddleware::new_with_policy(policy)
}

async fn post(
    client: &ClientWithMiddleware,
    url: &str,
) -> reqwest_middleware::Result<reqwest::Response> {
    client.post(url).body(request().to_string()).send().await
}

#[tokio::test]
async fn before_the_retries_a_middleware_records_one_call() {
    let server = Server::start().await;
    server.reply(busy()).reply(answer());
    let sentry = sentry(open());
    let client = middlewares(|client| {
        client
            .with(OpenAiMiddleware::new())
            .with(again())
            .with(AttemptMiddleware::new())
    });
    let url = server.url() + "/chat/completions?key=SECRET";
    below(async {
        let response = post(&client, &url).await.unwrap();
        assert_eq!(response.url().as_str(), url);
        response.bytes().await.unwrap();
    })
    .bind_hub(sentry.hub())
    .await;
    let call = sentry.span("chat gpt-4o");
    assert_eq!(call.status.as_deref(), Some("ok"));
    assert_eq!(attempts(&sentry, &call), two_attempts());
    assert!(!sentry.leaked("SECRET"));
}

#[tokio::test]
async fn after_the_retries_a_middleware_records_each_try() {
    let server = Server::start().await;
    server.reply(busy()).reply(answer());
    let sentry = sentry(open());
    let client = middlewares(|client| client.with(again()).with(OpenAiMiddleware::new()));
    below(async {
        let url = server.url() + "/chat/completions";
        let response = post(&client, &url).await.unwrap();
        response.bytes().await.unwrap();
    })
    .bind_hub(sentry.hub())
    .await;
    let mut calls = sentry.spans_named("chat gpt-4o");
    calls.sort_by_key(|span| span.start);
    let statuses: Vec<_> = calls.iter().map(|span| span.status.as_deref()).collect();
    assert_eq!(statuses, [Some("internal_error"), Some("ok")]);
    // Nobody has read the refusal's body.
    assert_eq!(calls[0].get("error.type"), "429");
}

#[tokio::test]
async fn an_error_that_the_retries_have_wrapped_is_understood() {
    let server = Server::start().await;
    let url = server.url() + "/chat/completions";
    drop(server);
    let sentry = sentry(open());
    let client = middlewares(|client| client.with(OpenAiMiddleware::new()).with(again()));
    let error = post(&client, &url)
        .bind_hub(sentry.hub())
        .await
        .unwrap_err();
    assert!(error.is_middleware());
    let call = sentry.span("chat gpt-4o");
    assert_eq!(call.get("error.type"), "connect");
    assert_eq!(call.status.as_deref(), Some("internal_error"));
}

#[tokio::test]
async fn a_request_is_built_once_for_each_attempt() {
    let server = Server::start().await;
    server.reply(busy()).reply(answer());
    let sentry = sentry(open());
    let built = Arc::new(AtomicUsize::new(0));
    let (count, url) = (built.clone(), server.url() + "/audio/transcriptions");
    let factory = HttpRequestFactory::new(move || {
        count.fetch_add(1, Ordering::Relaxed);
        let request = reqwest::Client::new().post(&url).body("a form").build();
        async { Ok(request?) }
    });
    let service = ServiceBuilder::new()
        .layer(OpenAiLayer::new())
        .layer(OpenAIRetryLayer::default())
        .layer(AttemptLayer::new())
        .service(ReqwestService::new(reqwest::Client::new()));
    below(async {
        service.oneshot(factory).await.unwrap();
    })
    .bind_hub(sentry.hub())
    .await;
    assert_eq!(built.load(Ordering::Relaxed), 2);
    let statuses = sentry.spans_with_op("http.client");
    assert_eq!(statuses.len(), 2);
}
