//! Another client's bytes seen passing: its request's body, then its reply's bytes, into a call.
//!
//! Nothing is kept back or changed: a [`Wire`] only looks. Where the call is not recorded, it looks at nothing.

mod exchange;

use bytes::Bytes;
use http::HeaderMap;
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
    /// A request with this body is about to be sent to this endpoint. Without one, it is a call to no model.
    pub(crate) fn start(endpoint: Option<Endpoint>, body: &[u8], target: &Target) -> Self {
        let tap: Box<dyn Tap> = match endpoint {
            Some(Endpoint::ChatCompletions) => Box::new(Exchange::<Chat>::start(body, target)),
            Some(Endpoint::Responses) => Box::new(Exchange::<Responses>::start(body, target)),
            Some(Endpoint::Embeddings) => Box::new(Exchange::<Embeddings>::start(body, target)),
            Some(Endpoint::Completions) => {
                Box::new(Exchange::<TextCompletions>::start(body, target))
            }
            Some(Endpoint::Decisions) => Box::new(Exchange::<Decisions>::start(body, target)),
            None => Box::new(Exchange::<Chat>::of(Call::start_plain(target.overrides))),
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
    pub(crate) fn begin_attempt(&mut self, method: &http::Method, url: &str, host: &str) {
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
