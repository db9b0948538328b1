//! A model for the tests: what it is asked, what it answers, and where the span of the call should stand.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::future::BoxFuture;
use sentry::protocol::{SpanStatus, TraceContext};
use sentry::{ClientOptions, Hub, Scope, Transaction, TransactionContext, TransactionOrSpan};
use sentry_openai::{
    Client, ClientBuilder, Error, EventStream, OpenAiIntegration, chat, embeddings, responses,
};
use serde_json::{Value, json};

use crate::support::{Gate, Reply, Sentry, Server, SpanView};

pub const CHAT: &str = "chat gpt-4o";
pub const MODEL: &str = "gpt-4o-2024-08-06";

/// Options with which all is recorded.
pub fn options() -> ClientOptions {
    ClientOptions::new()
        .traces_sample_rate(1.0)
        .send_default_pii(true)
        .add_integration(OpenAiIntegration::new())
}

pub fn sentry() -> Sentry {
    Sentry::new(options())
}

pub fn builder(server: &Server) -> ClientBuilder {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    Client::builder()
        .base_url(server.url())
        .http_client(http)
        .max_retries(0)
}

pub fn client(server: &Server) -> Client {
    builder(server).build().unwrap()
}

pub fn question() -> chat::Request {
    chat::Request::new("gpt-4o", [chat::Message::user("Hello!")])
}

/// The whole answer `Hello there` under this id.
pub fn completion(id: &str) -> Reply {
    Reply::json(
        200,
        &json!({
            "id": id,
            "object": "chat.completion",
            "model": MODEL,
            "choices": [{
                "index": 0,
                "message": {"role": "assistant", "content": "Hello there"},
                "finish_reason": "stop",
            }],
            "usage": {"prompt_tokens": 2, "completion_tokens": 3, "total_tokens": 5},
        }),
    )
}

pub fn chunk(text: &str) -> Value {
    json!({
        "id": "chatcmpl-s",
        "object": "chat.completion.chunk",
        "model": MODEL,
        "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}],
    })
}

pub fn finish_reason() -> Value {
    json!({
        "id": "chatcmpl-s",
        "object": "chat.completion.chunk",
        "model": MODEL,
        "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}],
    })
}

/// The first two chunks of a stream, with nothing behind them yet.
pub fn two_chunks() -> Reply {
    Reply::sse([chunk("Hello"), chunk(" there")])
}

/// The whole stream.
pub fn whole_stream() -> Reply {
    two_chunks().data(finish_reason()).done()
}

/// The whole stream, held at a gate after its second chunk.
pub fn held_stream(gate: &Gate) -> Reply {
    two_chunks().pause(gate).data(finish_reason()).done()
}

/// Opens a stream. Boxed, as every call: without optimisation, futures in futures fill a test's stack.
pub fn open(client: &Client) -> BoxFuture<'_, EventStream<chat::Chunk>> {
    Box::pin(async {
        let request = question();
        let stream = client.chat().completions().create_stream(&request).await;
        stream.unwrap()
    })
}

/// Reads a stream to its end, and gives its text and the error it ended with.
pub async fn read(mut stream: EventStream<chat::Chunk>) -> (String, Option<Error>) {
    let mut text = String::new();
    while let Some(chunk) = stream.next().await {
        match chunk {
            Ok(chunk) => text.push_str(&text_of(&chunk)),
            Err(error) => return (text, Some(error)),
        }
    }
    (text, None)
}

pub async fn read_two(stream: &mut EventStream<chat::Chunk>) {
    for expected in ["Hello", " there"] {
        let chunk = stream.next().await.unwrap().unwrap();
        assert_eq!(text_of(&chunk), expected);
    }
}

pub fn text_of(chunk: &chat::Chunk) -> String {
    let chunk = serde_json::to_value(chunk).unwrap();
    let text = chunk["choices"][0]["delta"]["content"].as_str();
    text.unwrap_or_default().to_owned()
}

/// The ways to call a model.
#[derive(Clone, Copy, Debug)]
pub enum Way {
    Chat,
    ChatStream,
    Responses,
    ResponsesStream,
    Embeddings,
}

impl Way {
    pub const ALL: [Self; 5] = [
        Self::Chat,
        Self::ChatStream,
        Self::Responses,
        Self::ResponsesStream,
        Self::Embeddings,
    ];

    pub fn span_name(self) -> &'static str {
        match self {
            Self::Embeddings => "embeddings text-embedding-3-small",
            _ => CHAT,
        }
    }

    pub fn op(self) -> &'static str {
        match self {
            Self::Embeddings => "gen_ai.embeddings",
            _ => "gen_ai.chat",
        }
    }

    pub fn path(self) -> &'static str {
        match self {
            Self::Chat | Self::ChatStream => "/v1/chat/completions",
            Self::Responses | Self::ResponsesStream => "/v1/responses",
            Self::Embeddings => "/v1/embeddings",
        }
    }

    pub fn reply(self) -> Reply {
        let response = json!({
            "id": "resp_1",
            "object": "response",
            "status": "completed",
            "model": MODEL,
            "output": [{
                "type": "message",
                "id": "msg_1",
                "role": "assistant",
                "status": "completed",
                "content": [{"type": "output_text", "text": "Hello there", "annotations": []}],
            }],
        });
        match self {
            Self::Chat => completion("chatcmpl-1"),
            Self::ChatStream => whole_stream(),
            Self::Responses => Reply::json(200, &response),
            Self::ResponsesStream => {
                let event = json!({"type": "response.completed", "response": response});
                Reply::sse([] as [Value; 0]).event("response.completed", event)
            }
            Self::Embeddings => Reply::json(
                200,
                &json!({
                    "object": "list",
                    "model": "text-embedding-3-small",
                    "data": [{"object": "embedding", "index": 0, "embedding": [0.5, 0.25]}],
                    "usage": {"prompt_tokens": 2, "total_tokens": 2},
                }),
            ),
        }
    }

    /// Asks, and reads the answer to its end.
    pub fn call(self, client: &Client) -> BoxFuture<'_, ()> {
        Box::pin(self.ask(client))
    }

    async fn ask(self, client: &Client) {
        match self {
            Self::Chat => {
                let answer = client.chat().completions().create(&question()).await;
                assert_eq!(answer.unwrap().text(), Some("Hello there"));
            }
            Self::ChatStream => {
                let (text, error) = read(open(client).await).await;
                assert_eq!((text.as_str(), error.is_none()), ("Hello there", true));
            }
            Self::Responses => {
                let request = responses::Request::new("gpt-4o", "Hello!");
                let answer = client.responses().create(&request).await.unwrap();
                assert_eq!(serde_json::to_value(answer).unwrap()["id"], "resp_1");
            }
            Self::ResponsesStream => {
                let request = responses::Request::new("gpt-4o", "Hello!");
                let stream = client.responses().create_stream(&request).await.unwrap();
                let events: Vec<_> = stream.collect().await;
                assert!(events.len() == 1 && events[0].is_ok(), "{events:?}");
            }
            Self::Embeddings => {
                let request = embeddings::Request::new("text-embedding-3-small", "Hello!");
                let answer = client.embeddings().create(&request).await.unwrap();
                let answer = serde_json::to_value(answer).unwrap();
                assert_eq!(answer["data"].as_array().unwrap().len(), 1);
            }
        }
    }
}

/// Starts a transaction and makes it the active span of the current hub.
pub fn begin(name: &str) -> Transaction {
    let transaction = sentry::start_transaction(TransactionContext::new(name, "test"));
    activate(Some(transaction.clone().into()));
    transaction
}

pub fn activate(span: Option<TransactionOrSpan>) {
    sentry::configure_scope(|scope: &mut Scope| scope.set_span(span));
}

/// What the span of a call should stand below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parent {
    None,
    Transaction,
    /// A span two levels below its transaction.
    Span,
    /// As `Transaction`, which is finished while the call is under way.
    FinishedTransaction,
    /// As `Span`, which is finished with its transaction while the call is under way.
    FinishedSpan,
}

impl Parent {
    pub const ALL: [Self; 5] = [
        Self::None,
        Self::Transaction,
        Self::Span,
        Self::FinishedTransaction,
        Self::FinishedSpan,
    ];

    /// Makes such a parent the active span.
    pub fn begin(self) -> Begun {
        let mut begun = Begun {
            parent: self,
            transaction: None,
            spans: Vec::new(),
        };
        if self == Self::None {
            activate(None);
            return begun;
        }
        let transaction = begin("parent");
        if matches!(self, Self::Span | Self::FinishedSpan) {
            let outer = transaction.start_child("test", "outer");
            let inner = outer.start_child("test", "inner");
            activate(Some(inner.clone().into()));
            begun.spans = vec![outer, inner];
        }
        begun.transaction = Some(transaction);
        begun
    }
}

/// A parent that has been made the active span.
pub struct Begun {
    parent: Parent,
    transaction: Option<Transaction>,
    spans: Vec<sentry::Span>,
}

impl Begun {
    /// The call is under way: parents that it outlives end here.
    pub fn call_is_under_way(&mut self) {
        if matches!(
            self.parent,
            Parent::FinishedTransaction | Parent::FinishedSpan
        ) {
            self.finish();
        }
    }

    /// Ends what has not ended yet, and checks that the call's span stands where it should.
    pub fn check(self, sentry: &Sentry, call: &SpanView) {
        let outlived = matches!(
            self.parent,
            Parent::FinishedTransaction | Parent::FinishedSpan
        );
        self.check_placed(sentry, call, outlived);
    }

    /// As [`check`](Self::check), for a call that was dropped where its transaction was not active: such a one is
    /// sent apart from it.
    pub fn check_dropped_elsewhere(self, sentry: &Sentry, call: &SpanView) {
        self.check_placed(sentry, call, true);
    }

    fn check_placed(mut self, sentry: &Sentry, call: &SpanView, is_apart: bool) {
        let what = format!("{:?}: {call:#?}", self.parent);
        let Some(root) = self.context() else {
            assert!(
                call.is_transaction && call.parent_span_id.is_none(),
                "{what}"
            );
            return;
        };
        let parent_id = match self.spans.last() {
            Some(span) => span.get_span_id(),
            None => root.span_id,
        };
        assert_eq!(call.is_transaction, is_apart, "{what}");
        assert_eq!(call.trace_id, root.trace_id.to_string(), "{what}");
        assert_eq!(call.parent_span_id, Some(parent_id.to_string()), "{what}");
        self.finish();
        let parent = sentry.span("parent");
        assert_eq!(parent.span_id, root.span_id.to_string());
        assert_eq!(parent.status, None, "{what}");
        assert_eq!(call.transaction == parent.transaction, !is_apart, "{what}");
    }

    pub fn finish(&mut self) {
        activate(None);
        for span in self.spans.iter().rev() {
            span.clone().finish();
        }
        if let Some(transaction) = self.transaction.as_ref() {
            transaction.clone().finish();
        }
    }

    fn context(&self) -> Option<TraceContext> {
        Some(self.transaction.as_ref()?.get_trace_context())
    }
}

/// How a stream may end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Read,
    DroppedAfterTwoChunks,
    NeverRead,
    DroppedAfterFinishReason,
    Cut,
    ErrorMidway,
    Idle,
}

impl Ending {
    pub const ALL: [Self; 7] = [
        Self::Read,
        Self::DroppedAfterTwoChunks,
        Self::NeverRead,
        Self::DroppedAfterFinishReason,
        Self::Cut,
        Self::ErrorMidway,
        Self::Idle,
    ];

    pub fn reply(self) -> Reply {
        let error = json!({"error": {"message": "slow down", "code": "rate_limit_exceeded"}});
        match self {
            Self::Read => whole_stream(),
            Self::DroppedAfterTwoChunks | Self::NeverRead | Self::Idle => two_chunks().stall(),
            Self::DroppedAfterFinishReason => two_chunks().data(finish_reason()).stall(),
            Self::Cut => two_chunks().cut(),
            Self::ErrorMidway => two_chunks().data(error),
        }
    }

    /// A client with which the stream ends so.
    pub fn client(self, server: &Server) -> Client {
        let builder = builder(server);
        match self {
            Self::Idle => builder.stream_idle_timeout(Duration::from_millis(30)),
            _ => builder,
        }
        .build()
        .unwrap()
    }

    /// Reads as far as the stream is read, and gives what is left of it to be dropped.
    pub async fn read(
        self,
        mut stream: EventStream<chat::Chunk>,
    ) -> Option<EventStream<chat::Chunk>> {
        match self {
            Self::NeverRead => {}
            Self::DroppedAfterTwoChunks => read_two(&mut stream).await,
            Self::DroppedAfterFinishReason => {
                read_two(&mut stream).await;
                stream.next().await.unwrap().unwrap();
            }
            _ => {
                let (text, error) = read(stream).await;
                assert_eq!(text, "Hello there");
                assert_eq!(error.is_none(), self == Self::Read, "{error:?}");
                return None;
            }
        }
        Some(stream)
    }

    /// Checks what the call's span says of its end.
    pub fn check(self, span: &SpanView) {
        let (status, error_type) = match self {
            Self::Read | Self::DroppedAfterFinishReason => (SpanStatus::Ok, None),
            Self::DroppedAfterTwoChunks | Self::NeverRead => (SpanStatus::Cancelled, None),
            Self::Cut => (SpanStatus::InternalError, Some("stream_interrupted")),
            Self::ErrorMidway => (SpanStatus::InternalError, Some("rate_limit_exceeded")),
            Self::Idle => (SpanStatus::InternalError, Some("timeout")),
        };
        let what = format!("{self:?}: {span:#?}");
        assert_eq!(span.status, Some(status.to_string()), "{what}");
        assert_eq!(span.get("error.type").as_str(), error_type, "{what}");
        if self == Self::NeverRead {
            assert!(span.get("gen_ai.output.messages").is_null(), "{what}");
            return;
        }
        let output = span.json("gen_ai.output.messages");
        assert_eq!(output[0]["parts"][0]["content"], "Hello there", "{what}");
        assert_eq!(span.get("gen_ai.response.id"), "chatcmpl-s", "{what}");
        let has_reason = matches!(self, Self::Read | Self::DroppedAfterFinishReason);
        let reasons = span.get("gen_ai.response.finish_reasons");
        assert_eq!(!reasons.is_null(), has_reason, "{what}");
    }
}

/// Checks that the call has one HTTP attempt below it.
pub fn check_attempt(sentry: &Sentry, call: &SpanView) {
    let attempts = sentry.spans_where(|span| {
        span.op == "http.client" && span.parent_span_id.as_ref() == Some(&call.span_id)
    });
    assert_eq!(attempts.len(), 1, "{attempts:#?}");
    assert_eq!(attempts[0].trace_id, call.trace_id);
    assert_eq!(attempts[0].transaction, call.transaction);
    assert_eq!(attempts[0].get("sentry.origin"), "auto.http.openai");
    assert!(!attempts[0].is_transaction);
}

/// A new hub with the test's client, for what should see nothing of the test's own scope.
pub fn other_hub(sentry: &Sentry) -> Arc<Hub> {
    Arc::new(Hub::new(sentry.hub().client(), Arc::default()))
}
