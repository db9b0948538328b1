//! A request and its reply from `tests/fixtures`, and the call that they make.
//!
//! `{api}/{name}.json` holds the `request`, the whole `reply` if there is one, and what is special about the
//! `client`; `{api}/{name}.sse` is the same reply as it is streamed; `{api}/{name}.golden.json` is what is
//! recorded of either.

use std::fs;
use std::path::{Path, PathBuf};

use futures::{Stream, StreamExt};
use sentry::{ClientOptions, SentryFutureExt};
use sentry_openai::{Client, OpenAiIntegration, chat, embeddings, responses};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::support::{Reply, Sentry, Server, SpanView};

/// A fixture.
pub(crate) struct Exchange {
    pub(crate) name: String,
    pub(crate) golden: PathBuf,
    pub(crate) endpoint: Endpoint,
    pub(crate) fixture: Value,
    pub(crate) events: Option<String>,
}

/// Where exchanges are made: a server that goes by the names of all fixtures' hosts.
pub(crate) struct Stage {
    pub(crate) server: Server,
    pub(crate) http: reqwest::Client,
}

/// How the reply comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Whole,
    Streamed,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Endpoint {
    Chat,
    Responses,
    Embeddings,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        let server = Server::start().await;
        let address = server.origin().replace("http://", "").parse().unwrap();
        let mut http = reqwest::Client::builder().no_proxy();
        for exchange in Exchange::all() {
            if let Some(host) = exchange.fixture["client"]["host"].as_str() {
                http = http.resolve(host, address);
            }
        }
        let http = http.build().unwrap();
        Self { server, http }
    }
}

impl Exchange {
    /// All fixtures, by name.
    pub(crate) fn all() -> Vec<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
        let endpoints = [
            ("chat", Endpoint::Chat),
            ("responses", Endpoint::Responses),
            ("embeddings", Endpoint::Embeddings),
        ];
        let mut all: Vec<_> = endpoints
            .into_iter()
            .flat_map(|(api, endpoint)| {
                let files = fs::read_dir(root.join(api)).unwrap();
                files
                    .map(|file| file.unwrap().path())
                    .filter(|path| {
                        path.extension()
                            .is_some_and(|extension| extension == "json")
                    })
                    .filter(|path| !path.to_string_lossy().ends_with(".golden.json"))
                    .map(move |path| Self::read(&path, api, endpoint))
            })
            .collect();
        all.sort_by(|one, other| one.name.cmp(&other.name));
        all
    }

    /// The forms in which the fixture has a reply.
    pub(crate) fn forms(&self) -> Vec<Form> {
        let whole = self.fixture.get("reply").map(|_| Form::Whole);
        let streamed = self.events.as_ref().map(|_| Form::Streamed);
        whole.into_iter().chain(streamed).collect()
    }

    /// Makes the call and gives its span.
    pub(crate) async fn span(&self, stage: &Stage, form: Form, content: bool) -> SpanView {
        let sentry = self.left_for_sentry(stage, form, content).await;
        let mut spans = sentry.spans_where(|span| span.op.starts_with("gen_ai."));
        assert_eq!(spans.len(), 1, "{}: {:?}", self.name, sentry.names());
        spans.remove(0)
    }

    /// Makes the call and gives what left for Sentry.
    pub(crate) async fn left_for_sentry(&self, stage: &Stage, form: Form, content: bool) -> Sentry {
        let integration = OpenAiIntegration::new()
            .record_inputs(content)
            .record_outputs(content);
        let options = ClientOptions::new()
            .traces_sample_rate(1.0)
            .add_integration(integration);
        let sentry = Sentry::new(options);
        stage.server.reply(self.reply(form));
        let call = self.call(self.client(stage), form);
        call.bind_hub(sentry.hub()).await;
        sentry
    }

    fn read(path: &Path, api: &str, endpoint: Endpoint) -> Self {
        let fixture = fs::read_to_string(path).unwrap();
        let stem = path.file_stem().unwrap().to_str().unwrap();
        Self {
            name: format!("{api}/{stem}"),
            golden: path.with_extension("golden.json"),
            endpoint,
            fixture: serde_json::from_str(&fixture)
                .unwrap_or_else(|error| panic!("{stem}: {error}")),
            events: fs::read_to_string(path.with_extension("sse")).ok(),
        }
    }

    pub(crate) fn reply(&self, form: Form) -> Reply {
        match form {
            Form::Whole => {
                let status = self.fixture.get("status").and_then(Value::as_u64);
                let status = status.map_or(200, |status| status.try_into().unwrap());
                Reply::json(status, &self.fixture["reply"])
            }
            Form::Streamed => Reply::sse_raw([self.events.clone().unwrap()]),
        }
    }

    /// A client of the server, under the name of the fixture's host.
    pub(crate) fn client(&self, stage: &Stage) -> Client {
        let special = |name: &str| self.special(name);
        let url = self.url(stage);
        let mut client = Client::builder()
            .base_url(url)
            .api_key("sk-test")
            .max_retries(0)
            .http_client(stage.http.clone());
        if let Some(id) = special("conversation_id") {
            client = client.conversation_id(id);
        }
        if let Some(name) = special("provider") {
            client = client.provider(name);
        }
        client.build().unwrap()
    }

    /// What is special about the client.
    pub(crate) fn special(&self, name: &str) -> Option<&str> {
        self.fixture["client"][name].as_str()
    }

    /// The base URL of the server, under the name of the fixture's host.
    pub(crate) fn url(&self, stage: &Stage) -> String {
        match self.special("host") {
            Some(host) => stage.server.url().replace("127.0.0.1", host),
            None => stage.server.url(),
        }
    }

    /// What the caller gets is not of interest here.
    pub(crate) async fn call(&self, client: Client, form: Form) {
        match (self.endpoint, form) {
            (Endpoint::Chat, Form::Whole) => {
                let request: chat::Request = self.request();
                drop(client.chat().completions().create(&request).await);
            }
            (Endpoint::Chat, Form::Streamed) => {
                let request: chat::Request = self.request();
                let stream = client.chat().completions().create_stream(&request).await;
                drain(stream.unwrap()).await;
            }
            (Endpoint::Responses, Form::Whole) => {
                let request: responses::Request = self.request();
                drop(client.responses().create(&request).await);
            }
            (Endpoint::Responses, Form::Streamed) => {
                let request: responses::Request = self.request();
                let stream = client.responses().create_stream(&request).await;
                drain(stream.unwrap()).await;
            }
            (Endpoint::Embeddings, _) => {
                let request: embeddings::Request = self.request();
                drop(client.embeddings().create(&request).await);
            }
        }
    }

    fn request<T: DeserializeOwned>(&self) -> T {
        let request = self.fixture["request"].clone();
        serde_json::from_value(request).unwrap()
    }
}

async fn drain(mut stream: impl Stream + Unpin) {
    while stream.next().await.is_some() {}
}
