//! The client's settings, seen from the server, the caller and Sentry.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a panic fails the test, as it should"
)]

mod support;

use std::error::Error as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::header::AUTHORIZATION;
use http::{HeaderName, HeaderValue};
use sentry::ClientOptions;
use sentry_openai::{
    Client, ClientBuilder, Error, OpenAiIntegration, RequestOptions, WithResponse, chat,
    embeddings, responses,
};
use serde_json::{Value, json};

use support::{Gate, Reply, Sentry, Server};

fn sentry() -> Sentry {
    Sentry::new(options().traces_sample_rate(1.0))
}

fn options() -> ClientOptions {
    ClientOptions::new().add_integration(OpenAiIntegration::new())
}

fn builder(server: &Server) -> ClientBuilder {
    Client::builder()
        .api_key("sk-SECRET")
        .base_url(server.url())
}

fn request() -> chat::Request {
    chat::Request::new("gpt-4o", [chat::Message::user("Hello!")])
}

fn completion() -> Reply {
    Reply::json(200, &completion_json()).header("x-request-id", "req_1")
}

fn completion_json() -> Value {
    json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "gpt-4o",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi."}, "finish_reason": "stop"}],
    })
}

fn overloaded() -> Reply {
    Reply::json(503, &json!({"error": {"message": "busy"}})).header("retry-after-ms", 0)
}

/// What the client asked the server, by path and keys.
fn seen(server: &Server) -> Vec<[String; 3]> {
    let requests = server.requests();
    let header = |index: usize, name| {
        let request = server.request(index);
        request.header(name).unwrap_or_default().to_owned()
    };
    (0..requests.len())
        .map(|index| {
            [
                requests[index].path.clone(),
                header(index, "api-key"),
                header(index, "authorization"),
            ]
        })
        .collect()
}

#[test]
fn azure_is_asked_by_deployment_and_date_with_its_own_key_header() {
    let sentry = sentry();
    sentry.run(async {
        let server = Server::start().await;
        server
            .reply(completion())
            .reply(Reply::json(200, &json!({"data": []})))
            .reply(Reply::json(200, &json!({"output": []})))
            .reply(Reply::json(200, &json!({"data": []})))
            .reply(Reply::json(200, &json!({})));
        let client = Client::builder()
            .api_key("azure-SECRET")
            .azure(server.origin(), "my-gpt", "2024-10-21")
            .build()
            .unwrap();
        client
            .chat()
            .completions()
            .create(&request())
            .await
            .unwrap();
        let embedding = embeddings::Request::new("any", "text");
        client.embeddings().create(&embedding).await.unwrap();
        let response = responses::Request::new("gpt-4o", "Hi");
        client.responses().create(&response).await.unwrap();
        client.models().list().await.unwrap();
        let options = RequestOptions::new().query("a", "b");
        let _: Value = client
            .post_with("chat/completions", &json!({"model": "m"}), options)
            .await
            .unwrap();
        let deployed = "/openai/deployments/my-gpt";
        let paths = [
            format!("{deployed}/chat/completions?api-version=2024-10-21"),
            format!("{deployed}/embeddings?api-version=2024-10-21"),
            "/openai/responses?api-version=2024-10-21".to_owned(),
            "/openai/models?api-version=2024-10-21".to_owned(),
            format!("{deployed}/chat/completions?api-version=2024-10-21&a=b"),
        ];
        let expected = paths.map(|path| [path, "azure-SECRET".to_owned(), String::new()]);
        assert_eq!(seen(&server), expected);
    });
    let spans = sentry.spans_with_op("gen_ai.chat");
    assert_eq!(spans.len(), 3);
    for span in spans {
        assert_eq!(span.get("gen_ai.provider.name"), "azure.ai.openai");
    }
    assert!(!sentry.leaked("SECRET"));
}

#[test]
fn a_provider_is_asked_for_the_key_before_each_attempt() {
    let sentry = sentry();
    sentry.run(async {
        let server = Server::start().await;
        server
            .reply(overloaded())
            .reply(overloaded())
            .reply(completion())
            .reply(completion());
        let asked = Arc::new(AtomicUsize::new(0));
        let keys = asked.clone();
        let key = move || {
            let count = keys.fetch_add(1, Ordering::Relaxed);
            async move { Ok::<_, std::io::Error>(format!("sk-SECRET-{count}\n")) }
        };
        let client = builder(&server).api_key_provider(key).build().unwrap();
        client
            .chat()
            .completions()
            .create(&request())
            .await
            .unwrap();
        // A request that brings its own key needs none.
        let options =
            RequestOptions::new().header(AUTHORIZATION, HeaderValue::from_static("Bearer own"));
        let completions = client.chat();
        completions
            .completions()
            .create_with(&request(), options)
            .await
            .unwrap();
        let keys: Vec<_> = seen(&server).into_iter().map(|[_, _, key]| key).collect();
        let expected = [
            "Bearer sk-SECRET-0",
            "Bearer sk-SECRET-1",
            "Bearer sk-SECRET-2",
            "Bearer own",
        ];
        assert_eq!(keys, expected);
        assert_eq!(asked.load(Ordering::Relaxed), 3);
    });
    assert!(!sentry.leaked("SECRET"));
}

#[test]
fn a_provider_gives_azure_a_bearer_token() {
    async fn token() -> Result<String, std::io::Error> {
        Ok("entra".to_owned())
    }
    sentry().run(async {
        let server = Server::start().await;
        server.reply(completion());
        let client = Client::builder()
            .azure(server.origin(), "d", "v")
            .api_key_provider(token)
            .build()
            .unwrap();
        client
            .chat()
            .completions()
            .create(&request())
            .await
            .unwrap();
        assert_eq!(seen(&server)[0][1..], ["", "Bearer entra"]);
    });
}

#[test]
fn a_provider_that_gives_no_key_fails_the_call_and_its_span() {
    for answer in [Err("SECRET vault"), Ok("SECRET\nkey"), Ok(" ")] {
        let sentry = sentry();
        sentry.run(async {
            let server = Server::start().await;
            let key = move || async move { answer.map(str::to_owned) };
            let client = builder(&server).api_key_provider(key).build().unwrap();
            let error = client
                .chat()
                .completions()
                .create(&request())
                .await
                .unwrap_err();
            assert!(matches!(error, Error::ApiKey(_)), "{error:?}");
            assert!(!format!("{error} {error:?}").contains("SECRET"));
            assert!(!error.is_retryable());
            let source = error.source().unwrap().to_string();
            assert_eq!(source == "SECRET vault", answer.is_err(), "{source}");
            assert_eq!(server.connections(), 0);
        });
        assert_eq!(sentry.names(), ["chat gpt-4o"]);
        let span = sentry.span("chat gpt-4o");
        assert_eq!(span.status.as_deref(), Some("internal_error"));
        assert_eq!(span.get("error.type"), "api_key");
        assert!(!sentry.leaked("SECRET"));
    }
}

#[test]
fn a_provider_that_takes_too_long_is_an_attempt_that_does() {
    let sentry = sentry();
    sentry.run(async {
        let server = Server::start().await;
        let client = builder(&server)
            .api_key_provider(std::future::pending::<Result<String, Error>>)
            .timeout(Duration::from_millis(1))
            .max_retries(0)
            .build()
            .unwrap();
        let error = client
            .chat()
            .completions()
            .create(&request())
            .await
            .unwrap_err();
        assert!(error.is_timeout(), "{error:?}");
        assert_eq!(server.connections(), 0);
    });
    let span = sentry.span("chat gpt-4o");
    assert_eq!(span.status.as_deref(), Some("internal_error"));
    assert_eq!(span.get("error.type"), "timeout");
}

#[test]
fn keys_in_headers_are_shown_nowhere() {
    let value = || HeaderValue::from_static("SECRET");
    for name in [AUTHORIZATION, HeaderName::from_static("api-key")] {
        let options = RequestOptions::new().header(name.clone(), value());
        let builder = Client::builder().header(name, value());
        // A key in a header is a key.
        let client = builder.clone().build().unwrap();
        assert!(!format!("{options:?} {builder:?} {client:?}").contains("SECRET"));
    }
}

#[test]
fn every_method_gives_its_reply_beside_the_value() {
    sentry().run(async {
        let server = Server::start().await;
        let client = builder(&server).build().unwrap();

        server
            .reply(overloaded())
            .reply(overloaded())
            .reply(completion());
        let answer = client
            .chat()
            .completions()
            .create(&request())
            .with_response()
            .await
            .unwrap();
        assert_eq!(answer.value.text(), Some("Hi."));
        assert_eq!((answer.status(), answer.retries()), (200, 2));
        assert_eq!(answer.request_id(), Some("req_1"));
        assert_eq!(answer.headers()["content-type"], "application/json");

        server.reply(Reply::json(201, &json!({"id": "conv_1"})).header("x-request-id", "req_2"));
        let conversation = client
            .conversations()
            .retrieve("conv_1")
            .with_response()
            .await
            .unwrap();
        assert_eq!(conversation.value.id, "conv_1");
        assert_eq!((conversation.status(), conversation.retries()), (201, 0));
        assert_eq!(conversation.request_id(), Some("req_2"));

        server.reply(Reply::json(200, &json!({"a": 1})));
        let posted = client
            .post::<Value>("any", &json!({}))
            .with_response()
            .await
            .unwrap();
        assert_eq!(posted.request_id(), None);
        assert_eq!(posted.value, json!({"a": 1}));
    });
}

#[test]
fn a_stream_gives_the_head_of_its_reply_before_it_is_read() {
    sentry().run(async {
        let server = Server::start().await;
        let gate = Gate::new();
        let chunk = json!({"choices": [{"index": 0, "delta": {"content": "Hi."}}]});
        let stream = Reply::sse::<Value>([])
            .header("x-request-id", "req_3")
            .pause(&gate);
        server.reply(overloaded()).reply(stream.data(&chunk).done());
        let client = builder(&server).build().unwrap();
        let asked = tokio::spawn(async move {
            let request = request();
            let completions = client.chat().completions();
            completions.create_stream(&request).with_response().await
        });
        let mut stream = asked.await.unwrap().unwrap();
        assert_eq!((stream.status(), stream.retries()), (200, 1));
        assert_eq!(stream.request_id(), Some("req_3"));
        gate.open();
        let text = stream.value.next().await.unwrap().unwrap();
        assert_eq!(text.text(), Some("Hi."));
        assert!(stream.value.next().await.is_none());
    });
}

#[test]
fn replies_of_calls_side_by_side_are_told_apart() {
    sentry().run(async {
        let server = Server::start().await;
        let gate = Gate::new();
        let model = |id| Reply::json(200, &json!({ "id": id })).header("x-request-id", id);
        server.reply_at("/v1/models/a", model("a").pause_before_head(&gate));
        server.reply_at("/v1/models/b", model("b"));
        server.reply_at("/v1/models/c", model("c"));
        let client = builder(&server).build().unwrap();
        let models = client.models();
        let first = models.retrieve("a").with_response();
        let second = async {
            let second = models.retrieve("b").with_response().await;
            models.retrieve("c").await.unwrap();
            gate.open();
            second
        };
        let (first, second) = futures::join!(first, second);
        for (reply, id) in [(first.unwrap(), "a"), (second.unwrap(), "b")] {
            assert_eq!((&*reply.value.id, reply.request_id()), (id, Some(id)));
        }

        // A future of several calls: the last one's reply, also if a function below has asked for its own.
        server
            .reply_at("/v1/models/a", model("a"))
            .reply_at("/v1/models/b", model("b"));
        let several = async {
            models.retrieve("a").await?;
            models.retrieve("b").with_response().await
        };
        let reply = several.with_response().await.unwrap();
        assert_eq!(reply.request_id(), Some("b"));
        let none = async { Ok::<_, Error>(()) };
        assert!(matches!(none.with_response().await, Err(Error::Config(_))));
    });
}

#[test]
fn an_error_passes_with_response_as_it_is() {
    sentry().run(async {
        let server = Server::start().await;
        let error = Reply::json(404, &json!({"error": {"code": "model_not_found"}}));
        server.reply(error.header("x-request-id", "req_4"));
        let client = builder(&server).build().unwrap();
        let error = client
            .models()
            .retrieve("x")
            .with_response()
            .await
            .unwrap_err();
        assert_eq!(error.code(), Some("model_not_found"));
        assert_eq!(error.request_id(), Some("req_4"));
    });
}

/// `sentry-trace` of each request so far: trace, span and whether it is sampled.
fn traces(server: &Server) -> Vec<Option<Vec<String>>> {
    let requests = server.requests();
    let header = requests
        .iter()
        .map(|request| request.header("sentry-trace"));
    header
        .map(|header| Some(header?.split('-').map(str::to_owned).collect()))
        .collect()
}

#[test]
fn the_trace_goes_on_at_the_server_below_each_attempt_only_if_it_shall() {
    let sentry = sentry();
    let sent = sentry.run(async {
        let server = Server::start().await;
        server
            .reply(completion())
            .reply(overloaded())
            .reply(completion());
        let plain = builder(&server).build().unwrap();
        plain.chat().completions().create(&request()).await.unwrap();
        let client = builder(&server).propagate_trace(true).build().unwrap();
        client
            .chat()
            .completions()
            .create(&request())
            .await
            .unwrap();
        let requests = server.requests();
        assert!(
            requests
                .iter()
                .all(|request| request.header("baggage").is_none())
        );
        traces(&server)
    });
    assert_eq!(sent[0], None);
    let spans = sentry.spans_where(|span| span.op == "http.client" && span.transaction == 1);
    let expected: Vec<_> = spans
        .into_iter()
        .map(|span| Some(vec![span.trace_id, span.span_id, "1".to_owned()]))
        .collect();
    assert_eq!(sent[1..], expected);
}

#[test]
fn without_attempt_spans_the_trace_goes_on_below_the_call() {
    let integration = OpenAiIntegration::new().http_spans(false);
    let options = ClientOptions::new().add_integration(integration);
    let sentry = Sentry::new(options.traces_sample_rate(1.0));
    let sent = sentry.run(async {
        let server = Server::start().await;
        server.reply(completion());
        let client = builder(&server).propagate_trace(true).build().unwrap();
        client
            .chat()
            .completions()
            .create(&request())
            .await
            .unwrap();
        traces(&server)
    });
    let span = sentry.span("chat gpt-4o");
    assert_eq!(
        sent,
        [Some(vec![span.trace_id, span.span_id, "1".to_owned()])]
    );
}

#[test]
fn what_is_not_recorded_goes_on_with_the_active_trace() {
    // With the integration but not sampled, and sampled but without the integration.
    let unsampled = options().traces_sample_rate(0.0);
    let without = ClientOptions::new().traces_sample_rate(1.0);
    for (options, sampled) in [(unsampled, "0"), (without, "1")] {
        let sentry = Sentry::new(options);
        sentry.run(async {
            let server = Server::start().await;
            server.reply_always(completion());
            let client = builder(&server).propagate_trace(true).build().unwrap();
            let create = || async {
                client
                    .chat()
                    .completions()
                    .create(&request())
                    .await
                    .unwrap()
            };

            let transaction =
                sentry::start_transaction(sentry::TransactionContext::new("task", "task"));
            sentry::configure_scope(|scope| scope.set_span(Some(transaction.clone().into())));
            create().await;
            sentry::configure_scope(|scope| scope.set_span(None));
            create().await;

            let context = transaction.get_trace_context();
            let active = [context.trace_id.to_string(), context.span_id.to_string()];
            let [first, second] = &traces(&server)[..] else {
                panic!("two requests");
            };
            let [trace_id, span_id] = active;
            assert_eq!(
                first.as_deref(),
                Some(&[trace_id, span_id, sampled.to_owned()][..])
            );
            // Without an active span: the scope's own trace, whose sampling is left to the server.
            assert_eq!(second.as_ref().map(Vec::len), Some(2));
        });
        let calls = sentry.spans_where(|span| span.op != "task");
        assert_eq!(calls, []);
    }
}

#[test]
fn without_sentry_there_is_no_trace() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(async {
        let server = Server::start().await;
        server.reply(completion());
        let client = builder(&server).propagate_trace(true).build().unwrap();
        client
            .chat()
            .completions()
            .create(&request())
            .await
            .unwrap();
        assert_eq!(traces(&server), [None]);
    });
}
