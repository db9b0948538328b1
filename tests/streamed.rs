//! Streamed delivery: spans that travel by themselves, as they leave for Sentry.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a panic fails the test, as it should"
)]

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use sentry::{
    Client, ClientOptions, Envelope, Hub, SentryFutureExt, TransactionContext, Transport,
};
use sentry_openai::{OpenAiIntegration, SpanStream, agent, chat, responses};
use serde_json::{Value, json};
use support::{Reply, Server};

const MODEL: &str = "gpt-4o";

/// Keeps the bytes of what it is given.
#[derive(Default)]
struct Kept(Mutex<Vec<Vec<u8>>>);

impl Transport for Kept {
    fn send_envelope(&self, envelope: Envelope) {
        let mut bytes = Vec::new();
        envelope.to_writer(&mut bytes).unwrap();
        self.0.lock().unwrap().push(bytes);
    }
}

/// A client whose spans are streamed, and what it sends: by the user's transport and by that of the spans.
struct Streaming {
    hub: Arc<Hub>,
    kept: Arc<Mutex<Vec<Arc<Kept>>>>,
}

impl Streaming {
    fn new() -> Self {
        Self::with(|options| options)
    }

    fn with(change: impl FnOnce(ClientOptions) -> ClientOptions) -> Self {
        let kept = Arc::new(Mutex::new(Vec::<Arc<Kept>>::new()));
        let made = kept.clone();
        let factory = move |_: &ClientOptions| {
            let transport = Arc::new(Kept::default());
            made.lock().unwrap().push(transport.clone());
            transport as Arc<dyn Transport>
        };
        let integration = OpenAiIntegration::new()
            .record_inputs(true)
            .record_outputs(true);
        let options = ClientOptions::new()
            .dsn("https://public@sentry.invalid/1")
            .traces_sample_rate(1.0)
            .release("shop@1.2.3")
            .environment("test")
            .transport(SpanStream::over(factory))
            .add_integration(integration);
        let client = Arc::new(Client::from(change(options)));
        Self {
            hub: Arc::new(Hub::new(Some(client), Arc::default())),
            kept,
        }
    }

    fn run<F: Future>(&self, test: F) -> F::Output {
        let runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = { runtime }.enable_all().build().unwrap();
        Hub::run(self.hub.clone(), || {
            runtime.block_on(test.bind_hub(self.hub.clone()))
        })
    }

    /// The bytes of all envelopes, once everything has been sent.
    fn envelopes(&self) -> Vec<String> {
        let client = self.hub.client().unwrap();
        assert!(client.flush(Some(Duration::from_secs(10))));
        let kept = self.kept.lock().unwrap();
        let bytes = kept.iter().flat_map(|kept| kept.0.lock().unwrap().clone());
        bytes
            .map(|bytes| String::from_utf8(bytes).unwrap())
            .collect()
    }

    fn transactions(&self) -> usize {
        let envelopes = self.envelopes();
        let is_one = |text: &&String| text.contains(r#""type":"transaction""#);
        envelopes.iter().filter(is_one).count()
    }

    /// The streamed spans, each of an envelope that holds to the rules of the format.
    fn spans(&self) -> Vec<Value> {
        let envelopes = self.envelopes();
        let mut spans = Vec::new();
        for envelope in envelopes
            .iter()
            .filter(|text| text.contains("span.v2+json"))
        {
            spans.extend(checked(envelope));
        }
        spans
    }

    fn span(&self, name: &str) -> Value {
        let mut found = self.spans().into_iter().filter(|span| span["name"] == name);
        let span = found.next().unwrap_or_else(|| panic!("no span {name}"));
        assert!(found.next().is_none(), "{name} twice");
        span
    }
}

/// The spans of an envelope. The rules: [Span Protocol](https://develop.sentry.dev/sdk/telemetry/spans/span-protocol/).
fn checked(envelope: &str) -> Vec<Value> {
    let lines: Vec<&str> = envelope.trim_end().split('\n').collect();
    let [head, item, payload] = lines[..] else {
        panic!("not one item: {envelope}");
    };
    let [head, item, container]: [Value; 3] =
        [head, item, payload].map(|line| serde_json::from_str(line).unwrap());
    assert_eq!(head["trace"]["public_key"], "public");
    assert!(head["sent_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(head["sdk"]["name"], "sentry.rust");
    assert_eq!(item["type"], "span");
    assert_eq!(
        item["content_type"],
        "application/vnd.sentry.items.span.v2+json"
    );
    assert_eq!(item["length"], payload.len());
    assert_eq!(container["version"], 2);
    let spans = container["items"].as_array().unwrap().clone();
    assert_eq!(item["item_count"], spans.len());
    assert!((1..=1_000).contains(&spans.len()));
    for span in &spans {
        check_span(span, &head["trace"]["trace_id"]);
    }
    spans
}

fn check_span(span: &Value, trace_id: &Value) {
    let is_hex = |value: &Value, length: usize| {
        let text = value.as_str().unwrap();
        assert_eq!(text.len(), length, "{span}");
        assert!(
            text.bytes()
                .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
        );
    };
    assert_eq!(&span["trace_id"], trace_id);
    is_hex(&span["trace_id"], 32);
    is_hex(&span["span_id"], 16);
    if let Some(parent) = span.get("parent_span_id") {
        is_hex(parent, 16);
    }
    assert!(["ok", "error"].contains(&span["status"].as_str().unwrap()));
    assert!(span["end_timestamp"].as_f64() > span["start_timestamp"].as_f64());
    let attributes = span["attributes"].as_object().unwrap();
    for (name, attribute) in attributes {
        let value = &attribute["value"];
        let fits = match attribute["type"].as_str().unwrap() {
            "string" => value.is_string(),
            "boolean" => value.is_boolean(),
            "integer" => value.is_i64() || value.is_u64(),
            "double" => value.is_number(),
            "array" => value.is_array(),
            _ => false,
        };
        assert!(fits, "{name}: {attribute}");
    }
    for (name, value) in [
        ("sentry.trace_lifecycle", "stream"),
        ("sentry.sdk.name", "sentry.rust"),
        ("sentry.release", "shop@1.2.3"),
        ("sentry.environment", "test"),
    ] {
        assert_eq!(attributes[name]["value"], value, "{span}");
    }
    let is_segment = span["is_segment"] == true;
    let is_own = attributes["sentry.segment.id"]["value"] == span["span_id"];
    assert_eq!(is_segment, is_own, "{span}");
}

fn attribute<'s>(span: &'s Value, name: &str) -> &'s Value {
    &span["attributes"][name]["value"]
}

fn client(server: &Server) -> sentry_openai::Client {
    let builder = sentry_openai::Client::builder()
        .base_url(server.url())
        .max_retries(0);
    builder.build().unwrap()
}

fn request() -> chat::Request {
    chat::Request::new(MODEL, [chat::Message::user("Grüße!")])
}

const COMPLETION: &str = r#"{"id":"c","model":"gpt-4o-1","choices":[{"index":0,"message":{"role":"assistant","content":"Hallo …"},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":2,"total_tokens":7}}"#;

async fn call(server: &Server) {
    server.reply(Reply::text(200, "application/json", COMPLETION));
    client(server)
        .chat()
        .completions()
        .create(&request())
        .await
        .unwrap();
}

#[test]
fn a_call_without_a_parent_is_a_segment_with_its_attempt_below_it() {
    let sentry = Streaming::new();
    sentry.run(async { call(&Server::start().await).await });
    assert_eq!(sentry.transactions(), 0);
    let span = sentry.span("chat gpt-4o");
    assert_eq!(span["status"], "ok");
    assert_eq!(span["is_segment"], true);
    assert!(span.get("parent_span_id").is_none());
    for (name, value) in [
        ("sentry.op", Value::from("gen_ai.chat")),
        ("sentry.origin", "auto.ai.openai".into()),
        ("sentry.segment.name", "chat gpt-4o".into()),
        ("gen_ai.usage.input_tokens", 5.into()),
        ("gen_ai.response.streaming", false.into()),
    ] {
        assert_eq!(attribute(&span, name), &value, "{name}");
    }
    let messages = attribute(&span, "gen_ai.output.messages");
    assert!(messages.as_str().unwrap().contains("Hallo …"));
    let spans = sentry.spans();
    let attempt = spans
        .iter()
        .find(|span| attribute(span, "sentry.op") == "http.client");
    assert_eq!(attempt.unwrap()["parent_span_id"], span["span_id"]);
    assert_eq!(spans.len(), 2);
}

#[test]
fn a_call_below_a_transaction_arrives_whatever_becomes_of_it() {
    for finishes in [true, false] {
        let sentry = Streaming::new();
        let (trace_id, parent_id) = sentry.run(async {
            let server = Server::start().await;
            let transaction = sentry::start_transaction(TransactionContext::new("task", "test"));
            let span = transaction.start_child("test", "part");
            sentry::configure_scope(|scope| scope.set_span(Some(span.clone().into())));
            call(&server).await;
            let ids = (span.get_trace_context().trace_id, span.get_span_id());
            if finishes {
                span.finish();
                transaction.finish();
            }
            sentry::configure_scope(|scope| scope.set_span(None));
            ids
        });
        assert_eq!(sentry.transactions(), usize::from(finishes));
        let span = sentry.span("chat gpt-4o");
        assert_eq!(span["trace_id"], trace_id.to_string());
        assert_eq!(span["parent_span_id"], parent_id.to_string());
        assert_eq!(span["is_segment"], false);
        // The user's own spans stay in their transaction, and ours are not in it.
        let envelopes = sentry.envelopes();
        let transaction = envelopes
            .iter()
            .find(|text| text.contains(r#""type":"transaction""#));
        assert!(transaction.is_none_or(|text| text.contains("part") && !text.contains("gen_ai")));
    }
}

#[test]
fn a_failed_call_is_an_error_and_a_dropped_one_is_not() {
    let sentry = Streaming::new();
    sentry.run(async {
        let server = Server::start().await;
        server.reply(Reply::text(
            429,
            "application/json",
            r#"{"error":{"code":"rate_limit_exceeded"}}"#,
        ));
        let client = client(&server);
        client
            .chat()
            .completions()
            .create(&request())
            .await
            .unwrap_err();
    });
    let span = sentry.span("chat gpt-4o");
    assert_eq!(span["status"], "error");
    assert_eq!(attribute(&span, "error.type"), "rate_limit_exceeded");

    let sentry = Streaming::new();
    sentry.run(async {
        let server = Server::start().await;
        server.reply(Reply::sse([
            r#"{"choices":[{"index":0,"delta":{"content":"a"}}]}"#,
        ]));
        let stream = client(&server)
            .chat()
            .completions()
            .create_stream(&request())
            .await;
        drop(stream.unwrap());
    });
    let span = sentry.span("chat gpt-4o");
    assert_eq!(span["status"], "ok");
    assert_eq!(attribute(&span, "sentry.status.message"), "cancelled");
}

#[test]
fn an_agent_is_the_parent_of_calls_and_of_the_users_own_spans() {
    for in_transaction in [false, true] {
        let sentry = Streaming::new();
        sentry.run(async {
            let server = Server::start().await;
            let transaction = in_transaction
                .then(|| sentry::start_transaction(TransactionContext::new("task", "test")));
            let span = transaction.clone().map(Into::into);
            sentry::configure_scope(|scope| scope.set_span(span));
            let run = agent::invoke_agent("planner").run(async {
                let active = sentry::configure_scope(|scope| scope.get_span()).unwrap();
                let own = active.start_child("test", "own");
                call(&server).await;
                own.finish();
                Ok::<_, std::fmt::Error>(())
            });
            run.await.unwrap();
            if let Some(transaction) = transaction {
                transaction.finish();
            }
            sentry::configure_scope(|scope| scope.set_span(None));
        });
        let agent = sentry.span("invoke_agent planner");
        let call = sentry.span("chat gpt-4o");
        assert_eq!(agent["is_segment"], !in_transaction);
        assert_eq!(call["parent_span_id"], agent["span_id"]);
        assert_eq!(attribute(&call, "gen_ai.agent.name"), "planner");
        let envelopes = sentry.envelopes();
        let own = envelopes.iter().find(|text| text.contains(r#""own""#));
        let own = own.unwrap_or_else(|| panic!("the user's span is lost: {envelopes:#?}"));
        assert!(own.contains(agent["span_id"].as_str().unwrap()));
    }
}

#[test]
fn a_long_run_loses_nothing_and_shares_envelopes() {
    const CALLS: usize = 1_200;
    let sentry = Streaming::new();
    sentry.run(async {
        let server = Server::start().await;
        let client = client(&server);
        let transaction = sentry::start_transaction(TransactionContext::new("task", "test"));
        sentry::configure_scope(|scope| scope.set_span(Some(transaction.clone().into())));
        for _ in 0..CALLS {
            server.reply(Reply::text(200, "application/json", COMPLETION));
            client
                .chat()
                .completions()
                .create(&request())
                .await
                .unwrap();
        }
        transaction.finish();
        sentry::configure_scope(|scope| scope.set_span(None));
    });
    assert_eq!(sentry.spans().len(), 2 * CALLS);
    let envelopes = sentry.envelopes();
    assert!(envelopes.len() < 20, "{} envelopes", envelopes.len());
    assert!(envelopes.iter().all(|envelope| envelope.len() <= 1_000_000));
}

#[test]
fn content_is_bounded_by_span() {
    let sentry = Streaming::new();
    let text = "word ".repeat(100_000);
    sentry.run(async {
        let server = Server::start().await;
        for _ in 0..12 {
            server.reply(Reply::text(200, "application/json", COMPLETION));
            let request = chat::Request::new(MODEL, [chat::Message::user(text.as_str())]);
            let client = client(&server);
            client.chat().completions().create(&request).await.unwrap();
        }
    });
    let spans = sentry.spans();
    let input = |span: &Value| {
        attribute(span, "gen_ai.input.messages")
            .as_str()
            .map(str::len)
    };
    let inputs: Vec<usize> = spans.iter().filter_map(input).collect();
    assert_eq!(inputs.len(), 12);
    assert!(
        inputs
            .iter()
            .all(|length| (90_000..=100_000).contains(length)),
        "{inputs:?}"
    );
}

#[test]
fn without_the_line_everything_goes_as_before() {
    let sentry = Streaming::with(|options| {
        options.transport(|_: &ClientOptions| Arc::new(Kept::default()) as Arc<dyn Transport>)
    });
    sentry.run(async { call(&Server::start().await).await });
    assert!(sentry.spans().is_empty());
}

#[test]
fn an_unsampled_call_is_not_sent() {
    let sentry = Streaming::with(|options| options.traces_sample_rate(0.0));
    sentry.run(async { call(&Server::start().await).await });
    assert!(sentry.spans().is_empty());
}

#[test]
fn the_end_of_a_response_in_the_background_and_a_spawned_call_stand_below_what_they_belong_to() {
    let sentry = Streaming::new();
    sentry.run(async {
        let server = Server::start().await;
        let response = |status: &str| {
            let usage = (status == "completed").then(|| json!({"total_tokens": 5}));
            Reply::json(200, &json!({"id": "resp_1", "model": MODEL, "status": status, "output": [], "usage": usage}))
        };
        server.reply(response("queued")).reply(response("completed"));
        server.reply(Reply::json(200, &json!({"id": "c", "choices": []})));
        let client = client(&server);
        let agent = agent::invoke_agent("planner").run(async move {
            let asked = responses::Request::new("o3", "Hi").background(true);
            client.responses().create(&asked).await?;
            client.responses().retrieve("resp_1").await?;
            let call = async move { client.chat().completions().create(&request()).await };
            let hub = Hub::new_from_top(Hub::current());
            tokio::spawn(call.bind_hub(hub)).await.unwrap()
        });
        agent.await.unwrap();
    });
    let agent = sentry.span("invoke_agent planner");
    let spans = sentry.spans();
    let calls: Vec<_> = spans
        .iter()
        .filter(|span| span["name"] == "chat o3")
        .collect();
    let [call, end] = calls[..] else {
        panic!("{calls:?}");
    };
    assert_eq!(call["parent_span_id"], agent["span_id"]);
    assert_eq!(end["parent_span_id"], call["span_id"]);
    assert_eq!(attribute(call, "gen_ai.usage.total_tokens"), &Value::Null);
    assert_eq!(attribute(end, "gen_ai.usage.total_tokens"), 5);
    let spawned = sentry.span(&format!("chat {MODEL}"));
    assert_eq!(spawned["parent_span_id"], agent["span_id"]);
    for span in [call, end, &spawned] {
        assert_eq!(attribute(span, "gen_ai.agent.name"), "planner");
        assert_eq!(span["trace_id"], agent["trace_id"]);
    }
}
