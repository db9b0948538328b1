//! A failure is told the same through every door, also where what tries again lies between; and its event.

use std::time::Duration;

use async_openai::config::OpenAIConfig;
use reqwest::dns::{Name, Resolve, Resolving};
use reqwest_middleware::ClientBuilder;
use reqwest_retry::RetryTransientMiddleware;
use reqwest_retry::policies::ExponentialBackoff;
use sentry::SentryFutureExt;
use sentry_openai::async_openai::instrument;
use sentry_openai::reqwest_middleware::{AttemptMiddleware, OpenAiMiddleware};
use sentry_openai::{Client, OpenAiIntegration, chat, responses};
use serde_json::{Value, json};

use super::support::{Reply, Sentry, Server};
use super::through::{below, open, sentry};

const CALL: &str = "chat gpt-4o";

fn request() -> Value {
    json!({"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello!"}]})
}

/// A resolver that knows no name.
struct NoNames;

impl Resolve for NoNames {
    fn resolve(&self, _: Name) -> Resolving {
        Box::pin(async { Err("no such name".into()) })
    }
}

fn http() -> reqwest::Client {
    let http = reqwest::Client::builder().no_proxy();
    let http = http.dns_resolver(NoNames);
    http.timeout(Duration::from_millis(300))
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

fn own(url: &str) -> Client {
    let client = Client::builder().base_url(url).http_client(http());
    client.max_retries(0).build().unwrap()
}

async fn ask_own(url: &str) {
    let request: chat::Request = serde_json::from_value(request()).unwrap();
    let call = own(url);
    let call = call.chat();
    let call = call.completions();
    call.create(&request).await.unwrap_err();
}

async fn ask_async_openai(url: &str) {
    let config = OpenAIConfig::new().with_api_base(url).with_api_key("k");
    let client = async_openai::Client::with_config(config);
    let client = instrument(client, http());
    let reply: Result<Value, _> = client.chat().create_byot(request()).await;
    reply.unwrap_err();
}

/// `reqwest-retry` without a retry to make: its error then is transparent.
async fn ask_middleware(url: &str, is_attempt_seen: bool) {
    let policy = ExponentialBackoff::builder().build_with_max_retries(0);
    let client = ClientBuilder::new(http())
        .with(OpenAiMiddleware::new())
        .with(RetryTransientMiddleware::new_with_policy(policy));
    let client = if is_attempt_seen {
        client.with(AttemptMiddleware::new())
    } else {
        client
    };
    let url = format!("{url}/chat/completions");
    let reply = client.build().post(url).body(request().to_string()).send();
    if let Ok(reply) = reply.await {
        let _ = reply.bytes().await;
    }
}

/// What is told of the call through each door.
async fn told(sentry: &Sentry, url: &str) -> Vec<Value> {
    let calls = async {
        ask_own(url).await;
        ask_async_openai(url).await;
        ask_middleware(url, true).await;
        ask_middleware(url, false).await;
    };
    below(calls).bind_hub(sentry.hub()).await;
    let calls = sentry.spans_named(CALL);
    assert_eq!(calls.len(), 4);
    let types = calls.iter().map(|call| call.get("error.type").clone());
    types.collect()
}

#[tokio::test]
async fn a_failure_has_the_same_type_through_every_door_and_behind_retries() {
    let refusal = json!({"error": {"message": "m", "code": null}}).to_string();
    let table = [
        ("timeout", Reply::new(200).stall_before_head()),
        ("stream_interrupted", Reply::new(200).close_before_head()),
        (
            "400",
            Reply::new(400)
                .header("content-type", "application/json")
                .content_length(500)
                .chunk(refusal)
                .cut(),
        ),
        (
            "307",
            Reply::new(307).header("location", "http://127.0.0.1:9/elsewhere"),
        ),
    ];
    for (expected, reply) in table {
        let server = Server::start().await;
        server.reply_always(reply);
        let sentry = sentry(open());
        let types = told(&sentry, &server.url()).await;
        assert_eq!(types, vec![json!(expected); 4], "{expected}");
    }
}

#[tokio::test]
async fn a_refused_connection_or_name_is_no_connection_through_every_door_and_behind_retries() {
    let server = Server::start().await;
    let url = server.url();
    drop(server);
    for url in [url.as_str(), "http://no-such-host.example/v1"] {
        let sentry = sentry(open());
        assert_eq!(told(&sentry, url).await, vec![json!("connect"); 4], "{url}");
    }
}

#[tokio::test]
async fn a_rate_limit_whose_body_breaks_off_is_the_rate_limit_through_every_door() {
    let server = Server::start().await;
    server.reply_always(
        Reply::new(429)
            .header("x-should-retry", "false")
            .header("retry-after", 0)
            .content_length(500)
            .chunk("{")
            .cut(),
    );
    let sentry = sentry(open());
    let types = told(&sentry, &server.url()).await;
    assert_eq!(types, vec![json!("429"); 4]);
}

#[tokio::test]
async fn equal_failures_give_equal_events_with_the_id_of_the_request_apart() {
    let server = Server::start().await;
    let refusal = json!({"error": {"message": "SECRET", "code": "model_not_found"}});
    for id in ["req_1", "req_2"] {
        server.reply(Reply::json(404, &refusal).header("x-request-id", id));
    }
    let sentry = sentry(OpenAiIntegration::new().capture_errors(true));
    let calls = async {
        ask_own(&server.url()).await;
        ask_async_openai(&server.url()).await;
    };
    calls.bind_hub(sentry.hub()).await;
    let events = sentry.events();
    assert_eq!(events.len(), 2);
    let told = |index: usize| {
        let event = &events[index];
        let exception = &event.exception[0];
        (
            exception.ty.clone(),
            exception.value.clone(),
            event.tags.clone(),
        )
    };
    assert_eq!(told(0), told(1));
    let (kind, text, tags) = told(0);
    assert_eq!(kind, "ApiError");
    assert_eq!(
        text.unwrap(),
        "the API answered with an error: status 404, code model_not_found"
    );
    let expected = [
        ("error.type", "model_not_found"),
        ("gen_ai.operation.name", "chat"),
        ("gen_ai.provider.name", "openai"),
        ("gen_ai.request.model", "gpt-4o"),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(tags.into_iter().collect::<Vec<_>>(), expected);
    let first = serde_json::to_value(&events[0].contexts["openai"]).unwrap();
    assert_eq!(first["request_id"], "req_1");
    assert!(!sentry.leaked("SECRET"));
}

#[tokio::test]
async fn a_response_that_failed_is_an_event_whether_it_came_whole_or_streamed() {
    use futures::StreamExt;

    let failed = json!({
        "id": "resp_1", "object": "response", "model": "gpt-4o", "status": "failed", "output": [],
        "error": {"code": "server_error", "message": "SECRET"},
    });
    let server = Server::start().await;
    let event = json!({"type": "response.failed", "response": failed});
    server
        .reply(Reply::json(200, &failed))
        .reply(Reply::sse([] as [Value; 0]).event("response.failed", event));
    let sentry = sentry(OpenAiIntegration::new().capture_errors(true));
    let request = responses::Request::new("gpt-4o", "Hello!");
    let calls = async {
        let client = own(&server.url());
        let responses = client.responses();
        let reply = responses.create(&request).await.unwrap();
        assert_eq!(reply.id.as_deref(), Some("resp_1"));
        let stream = responses.create_stream(&request).await.unwrap();
        assert_eq!(stream.count().await, 1);
    };
    calls.bind_hub(sentry.hub()).await;
    let events = sentry.events();
    assert_eq!(events.len(), 2);
    for event in &events {
        assert_eq!(event.exception[0].ty, "ApiError");
        assert_eq!(event.tags["error.type"], "server_error");
    }
    assert_eq!(events[0].exception[0].value, events[1].exception[0].value);
    assert!(!sentry.leaked("SECRET"));
}
