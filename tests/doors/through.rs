//! One exchange through any of the doors.

use std::sync::Arc;

use async_openai::config::OpenAIConfig;
use bytes::Bytes;
use futures::StreamExt;
use sentry::{ClientOptions, Hub, SentryFutureExt, TransactionContext};
use sentry_openai::OpenAiIntegration;
use sentry_openai::async_openai::OpenAiLayer;
use sentry_openai::recording::{Failure, Recorder};
use sentry_openai::reqwest_middleware::{AttemptMiddleware, OpenAiMiddleware};
use serde_json::{Value, json};

use super::exchange::{Endpoint, Exchange, Form, Stage};
use super::support::{Reply, Sentry};

/// The name of the transaction that calls stand below.
pub(crate) const PARENT: &str = "parent";

/// A way to make a call that is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// This crate's client.
    Own,
    AsyncOpenAi,
    ReqwestMiddleware,
    /// `reqwest` as it is, and a recording by hand.
    Recording,
    /// As before, but only the reply's JSON is shown.
    Events,
}

impl Door {
    pub(crate) const OTHERS: [Self; 4] = [
        Self::AsyncOpenAi,
        Self::ReqwestMiddleware,
        Self::Recording,
        Self::Events,
    ];
}

/// A Sentry client with the integration.
pub(crate) fn sentry(integration: OpenAiIntegration) -> Sentry {
    let options = ClientOptions::new().traces_sample_rate(1.0);
    Sentry::new(options.add_integration(integration))
}

/// Leave to record all content.
pub(crate) fn open() -> OpenAiIntegration {
    OpenAiIntegration::new()
        .record_inputs(true)
        .record_outputs(true)
}

/// Awaits a future below a transaction that ends after it.
pub(crate) async fn below<F: Future>(future: F) -> F::Output {
    let parent = sentry::start_transaction(TransactionContext::new(PARENT, "test"));
    let hub = Arc::new(Hub::new_from_top(Hub::current()));
    hub.configure_scope(|scope| scope.set_span(Some(parent.clone().into())));
    let output = future.bind_hub(hub).await;
    parent.finish();
    output
}

/// What a caller sees: a reply, or the events of one, or an error as text.
pub(crate) type Seen = Result<Vec<Value>, String>;

impl Exchange {
    /// The path below the base URL.
    pub(crate) fn path(&self) -> &'static str {
        match self.endpoint {
            Endpoint::Chat => "/chat/completions",
            Endpoint::Responses => "/responses",
            Endpoint::Embeddings => "/embeddings",
        }
    }

    /// The request as it is sent.
    pub(crate) fn sent(&self, form: Form) -> Value {
        let mut request = self.fixture["request"].clone();
        if form == Form::Streamed {
            request["stream"] = json!(true);
        }
        request
    }

    /// The reply as the server sends it, cut into pieces where it is streamed.
    pub(crate) fn cut(&self, form: Form) -> Reply {
        const PIECE: usize = 23;
        match form {
            Form::Whole => self.reply(form),
            Form::Streamed => {
                let events = Bytes::from(self.events.clone().unwrap());
                let pieces = (0..events.len()).step_by(PIECE);
                Reply::sse_raw(pieces.map(|from| {
                    let to = events.len().min(from + PIECE);
                    events.slice(from..to)
                }))
            }
        }
    }

    /// Makes the call through a door.
    pub(crate) async fn through(&self, door: Door, stage: &Stage, form: Form) -> Option<Seen> {
        stage.server.reply(self.cut(form));
        match door {
            Door::Own => {
                self.call(self.client(stage), form).await;
                None
            }
            Door::AsyncOpenAi => {
                let mut layer = OpenAiLayer::new();
                if let Some(id) = self.special("conversation_id") {
                    layer = layer.conversation_id(id);
                }
                if let Some(name) = self.special("provider") {
                    layer = layer.provider(name);
                }
                let client = layer.instrument(self.async_openai(stage), stage.http.clone());
                Some(self.ask(client, form).await)
            }
            Door::ReqwestMiddleware => {
                let mut middleware = OpenAiMiddleware::new();
                if let Some(id) = self.special("conversation_id") {
                    middleware = middleware.conversation_id(id);
                }
                if let Some(name) = self.special("provider") {
                    middleware = middleware.provider(name);
                }
                let client = reqwest_middleware::ClientBuilder::new(stage.http.clone())
                    .with(middleware)
                    .with(AttemptMiddleware::new())
                    .build();
                let request = client.post(self.url(stage) + self.path());
                let request = request.body(self.sent(form).to_string());
                Some(read(request.send().await.unwrap()).await)
            }
            Door::Recording | Door::Events => Some(self.by_hand(door, stage, form).await),
        }
    }

    /// A client of async-openai as its users make it.
    pub(crate) fn async_openai(&self, stage: &Stage) -> async_openai::Client<OpenAIConfig> {
        let config = OpenAIConfig::new()
            .with_api_base(self.url(stage))
            .with_api_key("sk-test");
        async_openai::Client::with_config(config).with_http_client(stage.http.clone())
    }

    /// Makes the call with a client of async-openai.
    pub(crate) async fn ask(&self, client: async_openai::Client<OpenAIConfig>, form: Form) -> Seen {
        let request = self.sent(form);
        let whole: Result<Value, _> = match (self.endpoint, form) {
            (Endpoint::Chat, Form::Whole) => client.chat().create_byot(&request).await,
            (Endpoint::Responses, Form::Whole) => client.responses().create_byot(&request).await,
            (Endpoint::Embeddings, _) => client.embeddings().create_byot(&request).await,
            (Endpoint::Chat, Form::Streamed) => {
                let events = client.chat().create_stream_byot(&request).await;
                return collect(events.unwrap()).await;
            }
            (Endpoint::Responses, Form::Streamed) => {
                let events = client.responses().create_stream_byot(&request).await;
                return collect(events.unwrap()).await;
            }
        };
        whole
            .map(|reply| vec![reply])
            .map_err(|error| format!("{error} {error:?}"))
    }

    async fn by_hand(&self, door: Door, stage: &Stage, form: Form) -> Seen {
        let mut recorder = Recorder::new();
        if let Some(id) = self.special("conversation_id") {
            recorder = recorder.conversation_id(id);
        }
        if let Some(name) = self.special("provider") {
            recorder = recorder.provider(name);
        }
        let url = self.url(stage) + self.path();
        let body = self.sent(form).to_string();
        let mut recording = recorder.start(&url, body.as_bytes());
        let request = stage.http.post(url).body(body);
        let mut response = match recording.run(request.send()).await {
            Ok(response) => response,
            Err(error) => {
                recording.fail(&Failure::of(&error));
                return Err(error.to_string());
            }
        };
        if door == Door::Recording {
            return read(recording.response(response)).await;
        }
        if form == Form::Whole {
            recording.head(response.status().as_u16(), response.headers());
        }
        let mut whole = Vec::new();
        while let Some(bytes) = response.chunk().await.unwrap() {
            whole.extend_from_slice(&bytes);
        }
        match form {
            Form::Whole => recording.bytes(whole),
            Form::Streamed => {
                let text = String::from_utf8(whole).unwrap();
                let data = text.lines().filter_map(|line| line.strip_prefix("data:"));
                for data in data {
                    recording.event(data.trim());
                }
            }
        }
        recording.finish();
        Ok(Vec::new())
    }
}

async fn collect(
    mut events: impl futures::Stream<Item = Result<Value, async_openai::error::OpenAIError>> + Unpin,
) -> Seen {
    let mut all = Vec::new();
    while let Some(event) = events.next().await {
        match event {
            Ok(event) => all.push(event),
            Err(error) => all.push(json!({ "failed": error.to_string() })),
        }
    }
    Ok(all)
}

/// All that a response gives to who reads it, piece by piece.
pub(crate) async fn read(mut response: reqwest::Response) -> Seen {
    let mut seen = vec![json!([
        response.status().as_u16(),
        response.url().as_str(),
        format!("{:?} {:?}", response.version(), response.headers()),
        response.content_length(),
        response.remote_addr().is_some(),
    ])];
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(bytes)) => body.extend_from_slice(&bytes),
            Ok(None) => break,
            Err(error) => {
                seen.push(json!([
                    error.to_string(),
                    error.is_decode(),
                    error.is_timeout(),
                    error.is_body(),
                ]));
                break;
            }
        }
    }
    seen.push(String::from_utf8(body).unwrap().into());
    Ok(seen)
}
