//! A scripted exchange: what is asked, what the server answers, what the caller gets.

use futures::StreamExt;
use sentry_openai::{
    Client, ClientBuilder, Error, RequestOptions, chat, completions, conversations, embeddings,
    responses,
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::support::{Reply, Request, Server, answers, bound, shown};

/// Everything that the client can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    Chat,
    ChatStream,
    Response,
    ResponseStream,
    Embeddings,
    Completion,
    CompletionStream,
    CreateConversation,
    RetrieveConversation,
    UpdateConversation,
    DeleteConversation,
    ListModels,
    RetrieveModel,
}

impl Ask {
    pub(crate) const ALL: [Self; 13] = [
        Self::Chat,
        Self::ChatStream,
        Self::Response,
        Self::ResponseStream,
        Self::Embeddings,
        Self::Completion,
        Self::CompletionStream,
        Self::CreateConversation,
        Self::RetrieveConversation,
        Self::UpdateConversation,
        Self::DeleteConversation,
        Self::ListModels,
        Self::RetrieveModel,
    ];

    /// What the caller gets: the reply as JSON, `{"items": [...]}` of a stream, and what an error answers.
    pub(crate) async fn of(self, client: &Client) -> Value {
        self.with(client, RequestOptions::new()).await
    }

    /// The same with options.
    pub(crate) async fn with(self, client: &Client, options: RequestOptions) -> Value {
        let chat = chat::Request::new("m", [chat::Message::user("SECRET prompt")]);
        let response = responses::Request::new("m", "SECRET prompt");
        let view = client.with_options(options.clone());
        let conversations = view.conversations();
        match self {
            Self::Chat => whole(client.chat().completions().create_with(&chat, options)).await,
            Self::ChatStream => {
                let completions = client.chat().completions();
                streamed(completions.create_stream_with(&chat, options).await).await
            }
            Self::Response => whole(client.responses().create_with(&response, options)).await,
            Self::ResponseStream => {
                let responses = client.responses();
                streamed(responses.create_stream_with(&response, options).await).await
            }
            Self::Embeddings => {
                let request = embeddings::Request::new("m", "SECRET prompt");
                whole(client.embeddings().create_with(&request, options)).await
            }
            Self::Completion => {
                let request = completions::Request::new("m", "SECRET prompt");
                whole(view.completions().create(&request)).await
            }
            Self::CompletionStream => {
                let request = completions::Request::new("m", "SECRET prompt");
                streamed(view.completions().create_stream(&request).await).await
            }
            Self::CreateConversation => {
                let item = responses::Item::user("SECRET prompt");
                let request = conversations::CreateRequest::new().items([item]);
                whole(conversations.create(&request)).await
            }
            Self::RetrieveConversation => whole(conversations.retrieve("conv_1")).await,
            Self::UpdateConversation => {
                let request = conversations::UpdateRequest::new([("topic", "SECRET")]);
                whole(conversations.update("conv_1", &request)).await
            }
            Self::DeleteConversation => whole(conversations.delete("conv_1")).await,
            Self::ListModels => whole(view.models().list()).await,
            Self::RetrieveModel => whole(view.models().retrieve("m")).await,
        }
    }

    pub(crate) fn is_stream(self) -> bool {
        matches!(
            self,
            Self::ChatStream | Self::ResponseStream | Self::CompletionStream
        )
    }

    pub(crate) fn is_model_call(self) -> bool {
        self.is_stream()
            || matches!(
                self,
                Self::Chat | Self::Response | Self::Embeddings | Self::Completion
            )
    }

    /// A good reply.
    pub(crate) fn reply(self) -> Reply {
        let json = match self {
            Self::ChatStream => {
                return Reply::sse([
                    json!({"choices": [{"index": 0, "delta": {"content": "SECRET answer"}}]}),
                    json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}),
                ])
                .done();
            }
            Self::ResponseStream => {
                return Reply::sse([
                    json!({"type": "response.created", "response": {"id": "resp_1", "output": []}}),
                    json!({"type": "response.output_text.delta", "delta": "SECRET answer",
                        "output_index": 0, "content_index": 0}),
                    json!({"type": "response.completed", "response": {"id": "resp_1", "output": []}}),
                ]);
            }
            Self::CompletionStream => {
                return Reply::sse([
                    json!({"choices": [{"index": 0, "text": "SECRET answer"}]}),
                    json!({"choices": [{"index": 0, "text": "", "finish_reason": "stop"}]}),
                ])
                .done();
            }
            Self::Completion => json!({
                "id": "cmpl-1", "object": "text_completion", "created": 1.0, "model": "m-1",
                "choices": [{"index": 0, "text": "SECRET answer", "finish_reason": "stop"}],
            }),
            Self::Chat => json!({
                "id": "c1", "object": "chat.completion", "created": 1.0, "model": "m-1",
                "choices": [{"index": 0, "finish_reason": "stop",
                    "message": {"role": "assistant", "content": "SECRET answer"}}],
                "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
            }),
            Self::Response => json!({
                "id": "resp_1", "object": "response", "status": "completed", "model": "m-1",
                "output": [{"type": "message", "id": "msg_1", "role": "assistant",
                    "content": [{"type": "output_text", "text": "SECRET answer", "annotations": []}]}],
            }),
            Self::Embeddings => json!({
                "object": "list", "model": "m-1",
                "data": [{"index": 0, "object": "embedding", "embedding": [0.5, -1.0]}],
            }),
            Self::CreateConversation | Self::RetrieveConversation | Self::UpdateConversation => {
                json!({"id": "conv_1", "object": "conversation", "created_at": 1.0,
                    "metadata": {"topic": "SECRET"}})
            }
            Self::DeleteConversation => {
                json!({"id": "conv_1", "object": "conversation.deleted", "deleted": true})
            }
            Self::ListModels => json!({"object": "list", "data": [
                {"id": "m", "object": "model", "created": 1.0, "owned_by": "o"}]}),
            Self::RetrieveModel => json!({"id": "m", "object": "model", "owned_by": "o"}),
        };
        Reply::json(200, &json)
    }
}

async fn whole<T: Serialize>(call: impl Future<Output = Result<T, Error>>) -> Value {
    match call.await {
        Ok(reply) => serde_json::to_value(reply).unwrap(),
        Err(error) => failed(&error),
    }
}

async fn streamed<T: Serialize>(opened: Result<sentry_openai::EventStream<T>, Error>) -> Value {
    let mut stream = match opened {
        Ok(stream) => stream,
        Err(error) => return failed(&error),
    };
    let mut outcome = json!({});
    let mut items = Vec::new();
    while let Some(next) = stream.next().await {
        match next {
            Ok(item) => items.push(serde_json::to_value(item).unwrap()),
            Err(error) => outcome = failed(&error),
        }
    }
    outcome["items"] = items.into();
    outcome
}

/// What an error answers. Every error of every test is looked at for content, too.
pub(crate) fn failed(error: &Error) -> Value {
    let shown = shown(error);
    assert!(!shown.contains("SECRET"), "{shown}");
    answers(error)
}

/// Settings of the client.
pub(crate) type Build = fn(ClientBuilder) -> ClientBuilder;

/// A row of a table.
#[derive(Clone)]
pub(crate) struct Exchange {
    /// What it shows.
    pub(crate) rule: String,
    pub(crate) ask: Ask,
    /// The replies in their order; no more and no fewer must be asked for.
    pub(crate) replies: Vec<Reply>,
    /// What the caller gets.
    pub(crate) gives: Value,
    pub(crate) build: Build,
}

impl Exchange {
    /// One attempt.
    pub(crate) fn once(rule: &str, ask: Ask, reply: Reply, gives: Value) -> Self {
        Self {
            rule: rule.to_owned(),
            ask,
            replies: vec![reply],
            gives,
            build: |builder| builder.max_retries(0),
        }
    }

    /// Runs it: what the caller got, and what the server was sent.
    pub(crate) async fn run(&self) -> (Value, Vec<Request>) {
        let server = Server::start().await;
        for reply in &self.replies {
            server.reply(reply.clone());
        }
        let client = client_with(&server, self.build);
        let got = self.ask.of(&client).await;
        (got, server.requests())
    }
}

/// Runs a table, and shows all rows that fail.
pub(crate) async fn check(table: &[Exchange]) {
    let failures = futures::stream::iter(table)
        .map(|row| {
            bound(async move {
                let (got, requests) = row.run().await;
                let (attempts, expected) = (requests.len(), row.replies.len());
                let fails = got != row.gives || attempts != expected;
                fails.then(|| {
                    format!(
                        "{} ({:?}):\n  expected {} after {expected} attempts\n  got      {got} after {attempts}",
                        row.rule, row.ask, row.gives,
                    )
                })
            })
        })
        .buffered(8);
    let failures: Vec<_> = failures.filter_map(std::future::ready).collect().await;
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

pub(crate) fn builder(server: &Server) -> ClientBuilder {
    Client::builder()
        .base_url(server.url())
        .api_key("sk-SECRET")
}

pub(crate) fn client(server: &Server) -> Client {
    builder(server).build().unwrap()
}

pub(crate) fn client_with(server: &Server, build: Build) -> Client {
    build(builder(server)).build().unwrap()
}
