//! Calls of every endpoint that say secrets, and end in every way.

use std::error::Error as _;
use std::fmt::{Debug, Write as _};
use std::sync::LazyLock;

use futures::{Stream, StreamExt};
use sentry::{ClientOptions, SentryFutureExt};
use sentry_openai::{ClientBuilder, Error, OpenAiIntegration, chat, embeddings, responses};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::says::{
    ANSWER, ERROR, KEY, api_error, chat_request, chunks, completion, embeddings_request,
    error_body, error_event, events, html_200, redirect, response, responses_request, vectors,
};
use super::support::{Reply, Sentry, Server};

/// A call that is made in full.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    endpoint: Endpoint,
    reply: Reply,
    /// The caller leaves after so many events, or before the reply.
    leaves_after: Option<usize>,
    /// Whether an answer arrives, or a part of one.
    pub(crate) answers: bool,
}

#[derive(Clone, Copy)]
enum Endpoint {
    Chat,
    ChatStream,
    Responses,
    ResponsesStream,
    Embeddings,
}

impl Case {
    /// A table of all.
    pub(crate) fn all() -> Vec<Self> {
        [Self::whole_replies(), Self::streams(), Self::left()].concat()
    }

    fn new(name: &'static str, endpoint: Endpoint, reply: Reply, answers: bool) -> Self {
        Self {
            name,
            endpoint,
            reply,
            leaves_after: None,
            answers,
        }
    }

    fn whole_replies() -> Vec<Self> {
        use Endpoint::{Chat, Embeddings, Responses};

        let ok = |json: &Value| Reply::json(200, json);
        let failed = response("failed");
        let garbage = Reply::text(200, "application/json", format!("{{{ANSWER}"));
        let shape = ok(&json!({"choices": ANSWER, "output": ANSWER, "data": ANSWER}));
        let page = Reply::text(502, "text/html", format!("<html>{ERROR} {KEY}</html>"));
        let closed = Reply::new(200).close_before_head();
        let body = completion().to_string();
        let length = body.len() + 9;
        let cut = Reply::text(200, "application/json", body).content_length(length);
        vec![
            Self::new("chat", Chat, ok(&completion()), true),
            Self::new("chat, an error", Chat, api_error(400), false),
            Self::new("chat, an error about the key", Chat, api_error(401), false),
            Self::new("chat, an error in a 200", Chat, api_error(200), false),
            Self::new("chat, no JSON", Chat, garbage.clone(), false),
            Self::new("chat, another shape", Chat, shape.clone(), false),
            Self::new("chat, a page", Chat, page, false),
            Self::new("chat, cut", Chat, cut, false),
            Self::new("chat, closed", Chat, closed, false),
            Self::new("chat, redirected", Chat, redirect(), false),
            Self::new("responses", Responses, ok(&response("completed")), true),
            Self::new("responses, failed", Responses, ok(&failed), true),
            Self::new("responses, an error", Responses, api_error(500), false),
            Self::new("responses, no JSON", Responses, garbage.clone(), false),
            Self::new("responses, another shape", Responses, shape, false),
            Self::new("embeddings", Embeddings, ok(&vectors()), false),
            Self::new("embeddings, an error", Embeddings, api_error(400), false),
            Self::new("embeddings, no JSON", Embeddings, garbage, false),
        ]
    }

    fn streams() -> Vec<Self> {
        use Endpoint::{ChatStream as Chat, ResponsesStream as Responses};

        let chat = |name, reply| Self::new(name, Chat, reply, true);
        let responses = |name, reply| Self::new(name, Responses, reply, true);
        let chunks = || Reply::sse(chunks());
        let events = || Reply::sse(events());
        let failed = || events().event("error", error_event());
        vec![
            chat("a chat stream", chunks().done()),
            chat("a chat stream, an error in it", chunks().data(error_body())),
            chat(
                "a chat stream, an error event",
                chunks().event("error", ERROR),
            ),
            chat(
                "a chat stream, no JSON",
                chunks().data(format!("{{{ANSWER}")),
            ),
            chat("a chat stream, cut", chunks().reset()),
            Self::new("a chat stream, an error", Chat, api_error(429), false),
            Self::new("a chat stream, no events", Chat, html_200(), false),
            responses("a stream of responses", events()),
            responses("a stream of responses, cut", events().reset()),
            responses("a stream of responses, an error in it", failed()),
            Self::new(
                "a stream of responses, an error",
                Responses,
                api_error(404),
                false,
            ),
        ]
    }

    /// The caller leaves before all has come.
    fn left() -> Vec<Self> {
        use Endpoint::{Chat, ChatStream, Embeddings, ResponsesStream};

        let stall = Reply::new(200).stall_before_head();
        let chunks = Reply::sse(chunks()).stall();
        let events = Reply::sse(events()).stall();
        let left = |name, endpoint, reply, after| Self {
            leaves_after: Some(after),
            ..Self::new(name, endpoint, reply, after > 0)
        };
        vec![
            left("chat, left", Chat, stall.clone(), 0),
            left("embeddings, left", Embeddings, stall, 0),
            left("a chat stream, never read", ChatStream, chunks.clone(), 0),
            left("a chat stream, left", ChatStream, chunks, 4),
            left("a stream of responses, left", ResponsesStream, events, 9),
        ]
    }

    /// The cases that end in an error.
    pub(crate) fn failures() -> Vec<Self> {
        let fails = |case: &Self| {
            let name = case.name;
            name.contains(", ")
                && !name.contains("left")
                && !name.contains("failed")
                && !name.contains("never")
        };
        Self::all().into_iter().filter(fails).collect()
    }

    /// Makes the call: what left for Sentry, and all that the caller can print without asking for content.
    pub(crate) async fn run(
        &self,
        options: ClientOptions,
        client: ClientBuilder,
    ) -> (Sentry, String) {
        let sentry = Sentry::new(options);
        let shown = self.run_here(client).bind_hub(sentry.hub()).await;
        (sentry, shown)
    }

    /// Makes the call in the current hub.
    pub(crate) async fn run_here(&self, builder: ClientBuilder) -> String {
        let server = Server::start().await;
        server.reply(self.reply.clone());
        let builder = builder
            .api_key(KEY)
            .base_url(format!("{}?key={KEY}", server.url()))
            .header("x-gateway-key", KEY)
            .max_retries(0);
        let mut shown = format!("{builder:?} {builder:#?}");
        let client = builder.http_client(http()).build().unwrap();
        write!(shown, "{client:?} {client:#?}").unwrap();
        match self.endpoint {
            Endpoint::Chat => {
                let request: chat::Request = read(chat_request());
                let completions = client.chat().completions();
                self.whole(&server, completions.create(&request), &mut shown)
                    .await;
            }
            Endpoint::ChatStream => {
                let request: chat::Request = read(chat_request());
                let stream = client.chat().completions().create_stream(&request).await;
                self.streamed(stream, &mut shown).await;
            }
            Endpoint::Responses => {
                let request: responses::Request = read(responses_request());
                let responses = client.responses();
                self.whole(&server, responses.create(&request), &mut shown)
                    .await;
            }
            Endpoint::ResponsesStream => {
                let request: responses::Request = read(responses_request());
                let stream = client.responses().create_stream(&request).await;
                self.streamed(stream, &mut shown).await;
            }
            Endpoint::Embeddings => {
                let request: embeddings::Request = read(embeddings_request());
                let embeddings = client.embeddings();
                self.whole(&server, embeddings.create(&request), &mut shown)
                    .await;
            }
        }
        shown
    }

    async fn whole<T>(
        &self,
        server: &Server,
        call: impl Future<Output = Result<T, Error>>,
        shown: &mut String,
    ) {
        if self.leaves_after.is_some() {
            tokio::select! {
                _ = call => panic!("{} got a reply", self.name),
                () = server.wait_for_requests(1) => {}
            }
        } else if let Err(error) = call.await {
            show(&error, shown);
        }
    }

    async fn streamed<S, T>(&self, stream: Result<S, Error>, shown: &mut String)
    where
        S: Stream<Item = Result<T, Error>> + Unpin + Debug,
    {
        match stream {
            Ok(mut stream) => {
                write!(shown, "{stream:?} {stream:#?}").unwrap();
                let most = self.leaves_after.unwrap_or(usize::MAX);
                for _ in 0..most {
                    match stream.next().await {
                        Some(Ok(_)) => {}
                        Some(Err(error)) => show(&error, shown),
                        None => break,
                    }
                }
                write!(shown, "{stream:?}").unwrap();
            }
            Err(error) => show(&error, shown),
        }
    }
}

/// The options for the Sentry client with this integration.
pub(crate) fn options(integration: OpenAiIntegration) -> ClientOptions {
    let options = ClientOptions::new().traces_sample_rate(1.0);
    options.add_integration(integration)
}

/// One for all, since it takes long to make, and with a connection for each request, since each test has a
/// runtime of its own.
pub(crate) fn http() -> reqwest::Client {
    static HTTP: LazyLock<reqwest::Client> = LazyLock::new(|| {
        let http = reqwest::Client::builder().no_proxy();
        let http = http.redirect(reqwest::redirect::Policy::none());
        http.pool_max_idle_per_host(0).build().unwrap()
    });
    HTTP.clone()
}

/// An error in every way it can be printed, as an error reporter would.
pub(crate) fn show(error: &Error, to: &mut String) {
    write!(to, "{error} {error:?} {error:#?}").unwrap();
    let mut source = error.source();
    while let Some(error) = source {
        write!(to, "{error} {error:?} {error:#?}").unwrap();
        source = error.source();
    }
    sentry::capture_error(error);
}

fn read<T: DeserializeOwned>(json: Value) -> T {
    serde_json::from_value(json).unwrap()
}
