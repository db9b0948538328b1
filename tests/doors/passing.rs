//! What is no call to a model, or not to be recorded, and so passes as if no door were there.

use futures::StreamExt;
use sentry::{ClientOptions, SentryFutureExt};
use sentry_openai::OpenAiIntegration;
use sentry_openai::reqwest_middleware::{AttemptMiddleware, OpenAiMiddleware};
use serde_json::{Value, json};

use super::ends::{CHAT, client, end, http, middleware, piece, post, streamed};
use super::support::{Reply, Sentry, Server};
use super::through::{PARENT, below, open, sentry};

#[tokio::test]
async fn what_is_no_model_call_is_an_attempt_below_the_active_span() {
    let server = Server::start().await;
    server.reply_always(Reply::json(200, &json!({"object": "list", "data": []})));
    let sentry = sentry(open());
    let models = async {
        let models: Value = client(&server).models().list_byot().await.unwrap();
        assert_eq!(models["object"], "list");
    };
    below(models).bind_hub(sentry.hub()).await;
    let parent = sentry.span(PARENT);
    let [attempt] = &sentry.children_of(&parent)[..] else {
        panic!("{:?}", sentry.names());
    };
    assert_eq!(attempt.op, "http.client");
    assert_eq!(attempt.name, format!("GET {}/models", server.url()));
    assert_eq!(attempt.get("http.response.status_code"), &json!(200));

    sentry.clear();
    let models = async {
        client(&server).models().list_byot::<Value>().await.unwrap();
    };
    models.bind_hub(sentry.hub()).await;
    assert!(sentry.spans().is_empty());
}

#[tokio::test]
async fn a_middleware_leaves_alone_what_only_looks_alike() {
    let server = Server::start().await;
    server.reply_always(Reply::json(200, &json!({})));
    let sentry = sentry(open());
    let url = server.url();
    let survey = json!({"answers": [1, 2]});
    below(async {
        let client = middleware();
        for (path, body) in [
            ("/responses", survey.to_string()),
            ("/completions", "no JSON".to_owned()),
            ("/models", streamed().to_string()),
        ] {
            let response = client.post(url.clone() + path).body(body).send().await;
            response.unwrap().bytes().await.unwrap();
        }
        let stored = client.get(url.clone() + CHAT).send().await.unwrap();
        stored.bytes().await.unwrap();
        let stream = futures::stream::iter([Ok::<_, std::io::Error>("{\"model\":\"m\"}")]);
        let body = reqwest::Body::wrap_stream(stream);
        let response = client.post(url.clone() + CHAT).body(body).send().await;
        response.unwrap().bytes().await.unwrap();
    })
    .bind_hub(sentry.hub())
    .await;
    assert_eq!(sentry.names(), [PARENT]);
}

#[tokio::test]
async fn a_host_that_is_named_is_recorded_by_path_and_no_other_host_is() {
    let server = Server::start().await;
    server.reply_always(Reply::json(200, &json!({})));
    let sentry = sentry(open());
    below(async {
        for host in ["127.0.0.1", "gateway.example"] {
            let client = reqwest_middleware::ClientBuilder::new(http())
                .with(OpenAiMiddleware::new().host(host).provider("my_gateway"))
                .with(AttemptMiddleware::new())
                .build();
            for path in ["/responses", "/models"] {
                let response = client.post(server.url() + path).body("{}").send().await;
                response.unwrap().bytes().await.unwrap();
            }
        }
    })
    .bind_hub(sentry.hub())
    .await;
    let call = sentry.span("chat");
    assert_eq!(call.get("gen_ai.provider.name"), "my_gateway");
    assert_eq!(sentry.spans_with_op("http.client").len(), 2);
}

#[tokio::test]
async fn without_the_integration_or_sampling_nothing_is_recorded() {
    let plain = ClientOptions::new().traces_sample_rate(1.0);
    let unsampled = ClientOptions::new()
        .traces_sample_rate(0.0)
        .add_integration(OpenAiIntegration::new());
    for options in [plain, unsampled] {
        let server = Server::start().await;
        server.reply_always(Reply::sse([piece("Hello"), end()]).done());
        let sentry = Sentry::new(options);
        async {
            let response = post(&server, CHAT, &streamed()).send().await.unwrap();
            assert!(response.text().await.unwrap().ends_with("[DONE]\n\n"));
            let client = client(&server);
            let stream = client
                .chat()
                .create_stream_byot::<_, Value>(streamed())
                .await;
            assert_eq!(stream.unwrap().count().await, 2);
        }
        .bind_hub(sentry.hub())
        .await;
        assert!(sentry.spans().is_empty());
    }
}
