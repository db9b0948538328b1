//! A model that answers, the ways to call it, and the parents that a call can have.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;

use futures::StreamExt;
use sentry::{ClientOptions, Hub, TransactionContext, TransactionOrSpan};
use sentry_openai::{
    Client, ClientBuilder, Error, OpenAiIntegration, RequestOptions, chat, embeddings, responses,
};
use serde_json::{Value, json};

use crate::support::{Reply, Sentry, Server};

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

/// A server that answers every kind of call, again and again.
pub async fn server() -> Server {
    let server = Server::start().await;
    for way in Way::ALL {
        for _ in 0..30 {
            server.reply_at(&way.path(), way.reply());
        }
    }
    server
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

/// A result that is never an error.
pub fn done<T>(value: T) -> Result<T, Infallible> {
    Ok(value)
}

/// A future, boxed: without optimisation, futures in futures fill a test's stack.
pub type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Asks the model once.
pub fn ask(client: &Client) -> Boxed<'_, Result<(), Error>> {
    Box::pin(async {
        client.chat().completions().create(&question()).await?;
        Ok(())
    })
}

pub fn completion() -> Value {
    json!({
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": MODEL,
        "choices": [{
            "index": 0,
            "message": {"role": "assistant", "content": "Hello there"},
            "finish_reason": "stop",
        }],
        "usage": {"prompt_tokens": 2, "completion_tokens": 3, "total_tokens": 5},
    })
}

pub fn chunk(text: &str, finish_reason: Value) -> Value {
    json!({
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "model": MODEL,
        "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish_reason}],
    })
}

pub fn response() -> Value {
    json!({
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
        "usage": {"input_tokens": 2, "output_tokens": 3, "total_tokens": 5},
    })
}

pub fn embedding() -> Value {
    json!({
        "object": "list",
        "model": "text-embedding-3-small",
        "data": [{"object": "embedding", "index": 0, "embedding": [0.5]}],
        "usage": {"prompt_tokens": 2, "total_tokens": 2},
    })
}

/// The ways to call a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Chat,
    ChatStream,
    Responses,
    ResponsesStream,
    Embeddings,
    Post,
}

impl Way {
    pub const ALL: [Self; 6] = [
        Self::Chat,
        Self::ChatStream,
        Self::Responses,
        Self::ResponsesStream,
        Self::Embeddings,
        Self::Post,
    ];

    pub fn op(self) -> &'static str {
        match self {
            Self::Embeddings => "gen_ai.embeddings",
            _ => "gen_ai.chat",
        }
    }

    /// A path of its own for each.
    fn prefix(self) -> &'static str {
        match self {
            Self::Chat => "a",
            Self::ChatStream => "b",
            Self::Responses => "c",
            Self::ResponsesStream => "d",
            Self::Embeddings => "e",
            Self::Post => "f",
        }
    }

    fn endpoint(self) -> &'static str {
        match self {
            Self::Chat | Self::ChatStream | Self::Post => "chat/completions",
            Self::Responses | Self::ResponsesStream => "responses",
            Self::Embeddings => "embeddings",
        }
    }

    fn path(self) -> String {
        format!("/v1/{}/{}", self.prefix(), self.endpoint())
    }

    fn reply(self) -> Reply {
        match self {
            Self::Chat | Self::Post => Reply::json(200, &completion()),
            Self::ChatStream => {
                Reply::sse([chunk("Hello", json!(null)), chunk(" there", json!("stop"))]).done()
            }
            Self::Responses => Reply::json(200, &response()),
            Self::ResponsesStream => {
                let event = json!({"type": "response.completed", "response": response()});
                Reply::sse([] as [Value; 0]).event("response.completed", event)
            }
            Self::Embeddings => Reply::json(200, &embedding()),
        }
    }

    /// A client whose calls reach this way's replies.
    pub fn builder(self, server: &Server) -> ClientBuilder {
        builder(server).base_url(format!("{}/{}", server.url(), self.prefix()))
    }

    /// Makes the call, to the end of its reply.
    pub fn call(self, client: Client, options: RequestOptions) -> Boxed<'static, ()> {
        Box::pin(async move {
            let chat = question();
            let response = responses::Request::new("gpt-4o", "Hello!");
            match self {
                Self::Chat => {
                    let completions = client.chat().completions();
                    completions.create_with(&chat, options).await.unwrap();
                }
                Self::ChatStream => {
                    let completions = client.chat().completions();
                    let stream = completions.create_stream_with(&chat, options).await;
                    assert_eq!(stream.unwrap().count().await, 2);
                }
                Self::Responses => {
                    let responses = client.responses();
                    responses.create_with(&response, options).await.unwrap();
                }
                Self::ResponsesStream => {
                    let responses = client.responses();
                    let stream = responses.create_stream_with(&response, options).await;
                    assert_eq!(stream.unwrap().count().await, 1);
                }
                Self::Embeddings => {
                    let request = embeddings::Request::new("text-embedding-3-small", "Hello!");
                    let embeddings = client.embeddings();
                    embeddings.create_with(&request, options).await.unwrap();
                }
                Self::Post => {
                    let posted = client.post_with::<Value>("chat/completions", &chat, options);
                    assert_eq!(posted.await.unwrap()["id"], "chatcmpl-1");
                }
            }
        })
    }
}

/// A transaction `root`, active in a hub of its own.
pub struct Root {
    pub transaction: sentry::Transaction,
    pub hub: std::sync::Arc<Hub>,
}

impl Root {
    pub fn start() -> Self {
        let transaction = sentry::start_transaction(TransactionContext::new("root", "task"));
        let hub = std::sync::Arc::new(Hub::new_from_top(Hub::current()));
        hub.configure_scope(|scope| scope.set_span(Some(transaction.clone().into())));
        Self { transaction, hub }
    }
}

/// The id of the active span.
pub fn active() -> Option<String> {
    let span = sentry::configure_scope(|scope| scope.get_span())?;
    Some(match span {
        TransactionOrSpan::Transaction(transaction) => {
            transaction.get_trace_context().span_id.to_string()
        }
        TransactionOrSpan::Span(span) => span.get_span_id().to_string(),
    })
}
