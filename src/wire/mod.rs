//! Another client's bytes seen passing: its request's body, then its reply's bytes, into a call.
//!
//! Nothing is kept back or changed: a [`Wire`] only looks. Where the call is not recorded, it looks at nothing.

mod exchange;

use bytes::Bytes;
use http::{HeaderMap, Method};
use serde::de::DeserializeOwned;
use serde_json::Value;

use self::exchange::{Exchange, Tap};
use crate::call::{Attempt, Call, Failure, Reported, Target};
use crate::decode::{Head, ReplyBody, StreamEvent};
use crate::error::Error;
use crate::record::{Decision, DecisionRequest, Fold, Prompt, Reply};
use crate::span;
use crate::types::{chat, completions, embeddings, responses};

/// An endpoint at which a model is called: it says how requests and replies are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Endpoint {
    /// `POST /chat/completions`
    ChatCompletions,
    /// `POST /responses`
    Responses,
    /// `POST /embeddings`
    Embeddings,
    /// `POST /completions`, the older interface
    Completions,
    /// `POST /decisions`
    Decisions,
}

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose<'a> {
    /// A call to a model.
    Model(Endpoint),
    /// To get or cancel the response of this id.
    Fetch {
        id: &'a str,
        streaming: bool,
    },
    Other,
}

impl<'a> Purpose<'a> {
    /// What a request is for by its method and its URL or path.
    pub(crate) fn of(method: &Method, url: &'a str) -> Self {
        if method == Method::POST
            && let Some(endpoint) = Endpoint::of(url)
        {
            return Self::Model(endpoint);
        }
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let path = path.split('#').next().unwrap_or_default();
        let path = path.trim_end_matches('/');
        let path = match *method {
            Method::GET => Some(path),
            Method::POST => path.strip_suffix("/cancel"),
            _ => None,
        };
        let (before, id) = path
            .and_then(|path| path.rsplit_once('/'))
            .unwrap_or_default();
        if id.is_empty() || Endpoint::of(before) != Some(Endpoint::Responses) {
            return Self::Other;
        }
        let streaming = query.split(['&', '#']).any(|pair| pair == "stream=true");
        Self::Fetch { id, streaming }
    }
}

impl Endpoint {
    const ALL: [(&str, Self); 5] = [
        ("chat/completions", Self::ChatCompletions),
        ("responses", Self::Responses),
        ("embeddings", Self::Embeddings),
        ("completions", Self::Completions),
        ("decisions", Self::Decisions),
    ];

    /// The endpoint that a URL or path is for, by its end; `None` if no model is called there.
    ///
    /// ```
    /// use sentry_openai::recording::Endpoint;
    ///
    /// let url = "https://gateway.example/openai/v1/responses?version=2";
    /// assert_eq!(Endpoint::of(url), Some(Endpoint::Responses));
    /// assert_eq!(Endpoint::of("/v1/models"), None);
    /// ```
    pub fn of(url: &str) -> Option<Self> {
        let path = url.split(['?', '#']).next().unwrap_or_default();
        let path = path.trim_end_matches('/');
        Self::ALL
            .iter()
            .find(|(end, _)| {
                path.strip_suffix(end)
                    .is_some_and(|before| before.is_empty() || before.ends_with('/'))
            })
            .map(|(_, endpoint)| *endpoint)
    }
}

/// A call that another client makes, from its request to the last byte of its reply.
pub(crate) struct Wire {
    tap: Box<dyn Tap>,
    /// How many attempts have begun.
    attempts: u32,
    /// What the last attempt was answered with.
    last_status: Option<u16>,
    /// How the last attempt failed without an answer.
    last_failure: Option<Failure>,
}

impl Wire {
    /// A request with this body is about to be sent.
    pub(crate) fn start(purpose: Purpose<'_>, body: &[u8], target: &Target) -> Self {
        let tap: Box<dyn Tap> = match purpose {
            Purpose::Model(endpoint) => match endpoint {
                Endpoint::ChatCompletions => Box::new(Exchange::<Chat>::start(body, target)),
                Endpoint::Responses => Box::new(Exchange::<Responses>::start(body, target)),
                Endpoint::Embeddings => Box::new(Exchange::<Embeddings>::start(body, target)),
                Endpoint::Completions => Box::new(Exchange::<TextCompletions>::start(body, target)),
                Endpoint::Decisions => Box::new(Exchange::<Decisions>::start(body, target)),
            },
            Purpose::Fetch { id, streaming } => {
                let call = Call::start_fetch(id, target, streaming);
                Box::new(Exchange::<Responses>::of(call, streaming))
            }
            Purpose::Other => {
                let call = Call::start_plain(target.overrides);
                Box::new(Exchange::<Responses>::of(call, false))
            }
        };
        Self {
            tap,
            attempts: 0,
            last_status: None,
            last_failure: None,
        }
    }

    /// The call, as long as its head has not come: for its attempts.
    pub(crate) fn call(&mut self) -> Option<&mut Call> {
        self.tap.call()
    }

    /// An attempt begins at this address, which has neither query nor credentials.
    pub(crate) fn begin_attempt(&mut self, method: &Method, url: &str, host: &str) {
        let resends = self.attempts;
        if let Some(call) = self.call() {
            call.begin_attempt(Attempt {
                method,
                url,
                host,
                resends,
            });
            self.attempts += 1;
            self.last_status = None;
            self.last_failure = None;
        }
    }

    /// The attempt was answered with this status, and that is all of it.
    pub(crate) fn end_attempt(&mut self, status: u16) {
        self.last_status = Some(status);
        if let Some(call) = self.call() {
            call.end_attempt(status);
        }
    }

    /// The attempt has failed without an answer.
    pub(crate) fn fail_attempt(&mut self, failure: &Failure) {
        self.last_failure = Some(failure.clone());
        if let Some(call) = self.call() {
            call.fail_attempt_as(failure);
        }
    }

    /// The status of the last attempt that has ended.
    pub(crate) fn last_status(&self) -> Option<u16> {
        self.last_status
    }

    /// How the last attempt failed, if it had no answer.
    pub(crate) fn last_failure(&self) -> Option<&Failure> {
        self.last_failure.as_ref()
    }

    /// Whether more of the reply would be recorded.
    pub(crate) fn is_listening(&self) -> bool {
        self.tap.is_listening()
    }

    /// The head of the reply has come.
    pub(crate) fn head(&mut self, status: u16, headers: &HeaderMap) {
        self.tap.head(Head {
            status,
            headers: headers.clone(),
        });
    }

    /// Bytes of the reply have come.
    pub(crate) fn bytes(&mut self, bytes: Bytes) {
        self.tap.bytes(bytes);
    }

    /// An event of the reply has come, without what frames it in a stream of bytes.
    pub(crate) fn event(&mut self, data: &str) {
        self.tap.event(data);
    }

    /// The reply has come to its end.
    pub(crate) fn end(&mut self) {
        span::mark_thread();
        self.tap.end();
    }

    /// The call has failed. Dropped without this or [`end`](Self::end), it was cancelled.
    pub(crate) fn fail(&mut self, error: &Error) {
        self.fail_as(Failure::from(error), error);
    }

    /// The call has failed in this way, of which an event would have this `report`.
    pub(crate) fn fail_as(&mut self, failure: Failure, report: &dyn Reported) {
        span::mark_thread();
        self.tap.fail(failure, report);
    }
}

/// The types of an endpoint. One without streams names any events: they are never read.
trait Types: 'static {
    type Request: Prompt + DeserializeOwned;
    type Reply: Reply + ReplyBody;
    type Fold: Fold<Event = Self::Event>;
    type Event: StreamEvent;

    fn is_streamed(request: &Self::Request) -> bool;
}

/// An endpoint's name, request, reply, fold, event, and whether a request asks for a stream.
macro_rules! endpoints {
    ($($name:ident: $request:ty, $reply:ty, $fold:ty, $event:ty, $is_streamed:expr;)*) => {
        $(
            struct $name;

            impl Types for $name {
                type Request = $request;
                type Reply = $reply;
                type Fold = $fold;
                type Event = $event;

                fn is_streamed(request: &$request) -> bool {
                    let is_streamed: fn(&$request) -> bool = $is_streamed;
                    is_streamed(request)
                }
            }
        )*
    };
}

endpoints! {
    Chat: chat::Request, chat::Completion, chat::Fold, chat::Chunk,
        |request| request.stream == Some(true);
    Responses: responses::Request, responses::Response, responses::Fold, responses::Event,
        |request| request.stream == Some(true);
    TextCompletions: completions::Request, completions::Completion, completions::Fold,
        completions::Completion, |request| request.stream == Some(true);
    Embeddings: embeddings::Request, embeddings::Embeddings, chat::Fold, chat::Chunk, |_| false;
    Decisions: DecisionRequest, Decision, chat::Fold, chat::Chunk, |_| false;
}

impl ReplyBody for Decision {
    fn error(&self) -> Option<&Value> {
        self.error.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_ends_with_its_endpoint() {
        let table = [
            (
                "https://api.openai.com/v1/chat/completions",
                Some(Endpoint::ChatCompletions),
            ),
            (
                "/openai/deployments/my/chat/completions?api-version=1",
                Some(Endpoint::ChatCompletions),
            ),
            ("/v1/completions/", Some(Endpoint::Completions)),
            (
                "wss://api.openai.com/v1/responses#1",
                Some(Endpoint::Responses),
            ),
            ("embeddings", Some(Endpoint::Embeddings)),
            ("/v1/decisions", Some(Endpoint::Decisions)),
            ("/v1/responses/resp_1/cancel", None),
            ("/v1/survey_responses", None),
            ("https://example.com?path=/responses", None),
            ("", None),
        ];
        for (url, expected) in table {
            assert_eq!(Endpoint::of(url), expected, "{url}");
        }
    }

    #[test]
    fn a_response_is_fetched_by_its_path() {
        let fetch = |id, streaming| Purpose::Fetch { id, streaming };
        let table = [
            (
                Method::GET,
                "https://api.openai.com/v1/responses/resp_1",
                fetch("resp_1", false),
            ),
            (
                Method::GET,
                "responses/resp_1/?include=a&stream=true#b",
                fetch("resp_1", true),
            ),
            (
                Method::POST,
                "/v1/responses/resp_1/cancel",
                fetch("resp_1", false),
            ),
            (
                Method::POST,
                "/v1/responses",
                Purpose::Model(Endpoint::Responses),
            ),
            (Method::GET, "/v1/responses", Purpose::Other),
            (
                Method::GET,
                "/v1/responses/resp_1/input_items",
                Purpose::Other,
            ),
            (Method::GET, "/v1/responses/", Purpose::Other),
            (Method::POST, "/v1/responses/resp_1", Purpose::Other),
            (Method::DELETE, "/v1/responses/resp_1", Purpose::Other),
            (
                Method::GET,
                "/v1/chat/completions/chatcmpl-1",
                Purpose::Other,
            ),
            (Method::GET, "", Purpose::Other),
        ];
        for (method, url, expected) in table {
            assert_eq!(Purpose::of(&method, url), expected, "{method} {url}");
        }
    }

    #[test]
    fn every_request_can_be_read_from_an_empty_object() {
        fn read<T: Types>() {
            assert!(serde_json::from_str::<T::Request>("{}").is_ok());
        }
        read::<Chat>();
        read::<Responses>();
        read::<TextCompletions>();
        read::<Embeddings>();
        read::<Decisions>();
    }
}
