#![doc = include_str!("../recording.md")]
//!
//! # Recording other calls
//!
//! This module records calls that are made by other means than this crate's client: over `reqwest` as it is, a websocket, a
//! gateway's own protocol, or a test double.
//!
//! A [`Recorder`] says what is recorded. It starts a [`Recording`] of each call, which is shown what passes: the
//! request's bytes, then the reply's, in whichever pieces they come. It makes of them the span that this crate's own
//! client would have made. It never changes what it is shown, and where the call is not recorded it looks at nothing.
//!
//! With `reqwest`, this is all:
//!
//! ```
//! use sentry_openai::recording::{Failure, Recorder};
//!
//! async fn post(url: &str, body: Vec<u8>) -> Result<reqwest::Response, reqwest::Error> {
//!     let recording = Recorder::new().start(url, &body);
//!     let request = reqwest::Client::new().post(url).body(body);
//!     match recording.run(request.send()).await {
//!         Ok(response) => Ok(recording.response(response)),
//!         Err(error) => {
//!             recording.fail(&Failure::of(&error));
//!             Err(error)
//!         }
//!     }
//! }
//! ```
//!
//! Where there is no HTTP, a reply is its JSON, or the JSON of its events:
//!
//! ```
//! use sentry_openai::recording::{Endpoint, Recorder};
//!
//! let recorder = Recorder::new().provider("my_gateway");
//! let request = br#"{"model": "gpt-4o", "messages": [], "stream": true}"#;
//! let mut recording = recorder.start_at(Endpoint::ChatCompletions, "wss://gateway.example/ask", request);
//! recording.event(r#"{"choices": [{"index": 0, "delta": {"content": "Hello"}}]}"#);
//! recording.event(r#"{"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}"#);
//! recording.finish();
//! ```
//!
//! The span starts with the recording, in the hub and below the span that are current there, so start it where the call
//! is first polled. It ends with [`finish`](Recording::finish), [`fail`](Recording::fail) or the last byte; a recording
//! that is dropped before tells of a call that was cancelled, with what had arrived.
//!
//! A call that passes several doors is recorded once, by the first: [`Recording::run`] tells the others below.

mod attempts;
mod failure;
mod response;

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{HeaderMap, Method};
use reqwest::Url;

pub use self::attempts::Attempts;
pub use self::failure::Failure;
use crate::ambient::{self, Ambient};
use crate::attribute::OwnAttributes;
#[cfg(feature = "reqwest-middleware")]
use crate::call::Call;
use crate::call::{Target, guarded};
use crate::integration::settings;
use crate::record::provider;
use crate::settings::Overrides;
use crate::span;
pub use crate::wire::Endpoint;
use crate::wire::{Purpose, Wire};

/// What is recorded of the calls of a client that is not this crate's.
#[derive(Clone, Debug, Default)]
#[must_use = "a recorder does nothing until it starts a recording"]
pub struct Recorder {
    overrides: Overrides,
    provider: Option<Arc<str>>,
    conversation_id: Option<Arc<str>>,
}

/// A call as it is recorded. Dropped before its end, it tells of a call that was cancelled.
#[must_use = "a recording that is dropped tells of a cancelled call"]
pub struct Recording {
    /// `None` where nothing is recorded.
    wire: Option<SharedWire>,
}

type SharedWire = Arc<Mutex<Wire>>;

impl Recorder {
    /// A recorder that does as the integration says.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether calls are recorded at all. Default: as the integration says.
    pub fn record(mut self, record: bool) -> Self {
        self.overrides.record = Some(record);
        self
    }

    /// Whether requests' content is recorded. Default: as the integration says.
    pub fn record_inputs(mut self, record: bool) -> Self {
        self.overrides.record_inputs = Some(record);
        self
    }

    /// Whether replies' content is recorded. Default: as the integration says.
    pub fn record_outputs(mut self, record: bool) -> Self {
        self.overrides.record_outputs = Some(record);
        self
    }

    /// Who serves the models, for `gen_ai.provider.name`. Default: as the host tells, else `openai`.
    pub fn provider(mut self, name: impl Into<String>) -> Self {
        self.provider = Some(name.into().into());
        self
    }

    /// The conversation that the calls belong to, if neither the request nor an agent around it names one.
    pub fn conversation_id(mut self, id: impl Into<String>) -> Self {
        self.conversation_id = Some(id.into().into());
        self
    }

    /// Whether a call that starts now may be recorded: the integration is there, and no door above records it already.
    pub fn is_on(&self) -> bool {
        !ambient::current().recorded
            && guarded(|| settings(&span::current_hub(), self.overrides)).is_some()
    }

    /// Starts to record a call whose request is about to be posted to this URL.
    ///
    /// The URL's end says which [`Endpoint`] it is; a call to none is no model call, and only its [`Attempts`] are
    /// recorded. The URL's host is recorded, nothing else of it. `request` is the request's body.
    pub fn start(&self, url: &str, request: &[u8]) -> Recording {
        self.start_request(&Method::POST, url, request)
    }

    /// Starts to record a call to this endpoint, whatever its URL looks like; that may be empty.
    pub fn start_at(&self, endpoint: Endpoint, url: &str, request: &[u8]) -> Recording {
        self.start_call(Purpose::Model(endpoint), url, request)
    }

    /// Starts to record a request of any method to this URL: a `POST` to an endpoint as [`start`](Self::start) does, any
    /// other as a call to no model. One that gets or cancels a response (`responses/{id}`) may be the
    /// [end of a call](crate::recording#responses-in-the-background).
    pub fn start_request(&self, method: &Method, url: &str, request: &[u8]) -> Recording {
        self.start_call(Purpose::of(method, url), url, request)
    }

    /// Starts to record a call to no model: only its [`Attempts`] are recorded, below the active span.
    pub fn start_other(&self) -> Recording {
        self.start_call(Purpose::Other, "", &[])
    }

    fn start_call(&self, purpose: Purpose<'_>, url: &str, request: &[u8]) -> Recording {
        if !self.is_on() {
            return Recording { wire: None };
        }
        let wire = Wire::start(purpose, request, &self.target(url));
        Recording {
            wire: Some(Arc::new(Mutex::new(wire))),
        }
    }

    /// Whether a call waits for the end of the response that this request gets.
    #[cfg(feature = "reqwest-middleware")]
    pub(crate) fn is_awaited(&self, method: &Method, url: &str) -> bool {
        match Purpose::of(method, url) {
            Purpose::Fetch { id, .. } => Call::is_awaited(id, &self.target(url)),
            _ => false,
        }
    }

    fn target(&self, url: &str) -> Target {
        let url = Url::parse(url).ok();
        let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
        Target {
            provider: match &self.provider {
                Some(name) => name.clone(),
                None => provider(host).into(),
            },
            address: host.into(),
            port: url.as_ref().and_then(Url::port_or_known_default),
            overrides: self.overrides,
            attributes: OwnAttributes::default(),
            request_conversation_id: None,
            conversation_id: self.conversation_id.clone(),
        }
    }
}

impl Recording {
    /// Awaits what makes the call, so that another door below does not record it once more.
    pub async fn run<F: Future>(&self, future: F) -> F::Output {
        let Some(wire) = &self.wire else {
            return future.await;
        };
        let ambient = Ambient {
            attempts: Some(Arc::new(Arc::downgrade(wire))),
            ..Ambient::below_a_call()
        };
        ambient::within_future(ambient, future).await
    }

    /// The HTTP attempts of the call, to be recorded each as an `http.client` span.
    pub fn attempts(&self) -> Attempts {
        Attempts::of(self.wire.as_ref().map(Arc::downgrade))
    }

    /// The head of the reply has come. Without it, the reply counts as a success.
    pub fn head(&mut self, status: u16, headers: &HeaderMap) {
        self.show(|wire| wire.head(status, headers));
    }

    /// Bytes of the reply have come: of its one body, or of its stream of events, cut anywhere.
    pub fn bytes(&mut self, bytes: impl Into<Bytes>) {
        self.show(|wire| wire.bytes(bytes.into()));
    }

    /// An event of a streamed reply has come, without the frame of an event stream: its JSON alone.
    pub fn event(&mut self, data: &str) {
        self.show(|wire| wire.event(data));
    }

    /// The reply is there to its end.
    pub fn finish(mut self) {
        self.show(Wire::end);
    }

    /// The call has failed. A reply that is an error is not told so: it is seen by its head and bytes.
    pub fn fail(mut self, failure: &Failure) {
        self.show(|wire| failure.end(wire));
    }

    /// Records a response as it is read, to its end; what is read is what would have been read without.
    ///
    /// Nothing is buffered or delayed. A response that is dropped unread is recorded as cancelled, or as the error that
    /// its status is. The one trace that this leaves: the error of a body that breaks off has a longer chain of sources.
    #[must_use = "what is not read is not recorded"]
    pub fn response(self, response: reqwest::Response) -> reqwest::Response {
        response::tap(self, response)
    }

    fn is_listening(&self) -> bool {
        let wire = self.wire.as_ref();
        wire.is_some_and(|wire| lock(wire).is_listening())
    }

    fn show(&mut self, what: impl FnOnce(&mut Wire)) {
        if let Some(wire) = &self.wire {
            guarded(|| what(&mut lock(wire)));
        }
    }
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recording")
            .field("is_listening", &self.is_listening())
            .finish_non_exhaustive()
    }
}

fn lock(wire: &Mutex<Wire>) -> MutexGuard<'_, Wire> {
    wire.lock().unwrap_or_else(PoisonError::into_inner)
}

const _: () = {
    const fn is_shared<T: Send + Sync + Unpin>() {}
    is_shared::<Recorder>();
    is_shared::<Recording>();
    is_shared::<Attempts>();
};
