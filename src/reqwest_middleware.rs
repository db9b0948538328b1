//! Recording the calls of clients that are made on [`reqwest-middleware`](::reqwest_middleware): hand-written ones and
//! frameworks alike. Feature `reqwest-middleware`; it fits versions 0.5 from 0.5.2.
//!
//! ```
//! use sentry_openai::reqwest_middleware::{AttemptMiddleware, OpenAiMiddleware};
//!
//! let client = reqwest_middleware::ClientBuilder::new(reqwest::Client::new())
//!     .with(OpenAiMiddleware::new())
//!     // what tries again, as `reqwest_retry::RetryTransientMiddleware`, stands here
//!     .with(AttemptMiddleware::new())
//!     .build();
//! ```
//!
//! A `POST` whose path ends as one of OpenAI's ([`Endpoint`]), and whose body is JSON that
//! names a model, is recorded as a call, on whichever host. [`host`](OpenAiMiddleware::host) names those that count
//! instead, and then the path is enough. All else passes as if the middleware were not there.
//!
//! The order matters where calls are tried again, since a middleware sees what those after it make:
//!
//! | place | what it records |
//! | --- | --- |
//! | `OpenAiMiddleware` before the retries | one span a logical call; so it should be |
//! | `OpenAiMiddleware` after them | one span a try |
//! | `AttemptMiddleware` after both | an `http.client` span for each try, below the call's |
//!
//! The integration is the switch here as well: without [`OpenAiIntegration`](crate::OpenAiIntegration) nothing is
//! recorded. Requests, replies and errors are what they are without the middleware, byte for byte, and nothing is
//! buffered; the span ends with the reply's last byte, or when the response is dropped.
//!
//! Where a framework begins a `gen_ai` span for a call and has it active meanwhile, the call becomes that span: see the
//! feature `tracing`.

use ::reqwest_middleware::{Error, Middleware, Next, Result};
use async_trait::async_trait;
use http::{Extensions, Method};
use reqwest::{Request, Response, Url};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::recording::{Attempts, Endpoint, Failure, Recorder, Recording};

/// Records each call to a model as one span, from its request to the end of its reply. To stand before what tries again.
///
/// ```
/// use sentry_openai::reqwest_middleware::OpenAiMiddleware;
///
/// let middleware = OpenAiMiddleware::new().host("gateway.example").provider("my_gateway");
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a middleware does nothing until it is part of a client"]
pub struct OpenAiMiddleware {
    recorder: Recorder,
    hosts: Vec<String>,
}

/// Records each attempt of a call as an `http.client` span. To stand after what tries again, and that after an
/// [`OpenAiMiddleware`]: without one it does nothing.
#[derive(Clone, Copy, Debug, Default)]
#[must_use = "a middleware does nothing until it is part of a client"]
pub struct AttemptMiddleware {
    _private: (),
}

impl OpenAiMiddleware {
    /// A middleware that records as the integration says.
    pub fn new() -> Self {
        Self::default()
    }

    /// Records calls to this host only, or to those that are given; by the name alone, without port. Then calls to
    /// other paths of it are recorded too, as `http.client` spans by an [`AttemptMiddleware`]. Default: any host.
    pub fn host(mut self, name: impl Into<String>) -> Self {
        self.hosts.push(name.into());
        self
    }

    /// Whether calls are recorded at all. Default: as the integration says.
    pub fn record(mut self, record: bool) -> Self {
        self.recorder = self.recorder.record(record);
        self
    }

    /// Whether requests' content is recorded. Default: as the integration says.
    pub fn record_inputs(mut self, record: bool) -> Self {
        self.recorder = self.recorder.record_inputs(record);
        self
    }

    /// Whether replies' content is recorded. Default: as the integration says.
    pub fn record_outputs(mut self, record: bool) -> Self {
        self.recorder = self.recorder.record_outputs(record);
        self
    }

    /// Who serves the models, for `gen_ai.provider.name`. Default: as the host tells, else `openai`.
    pub fn provider(mut self, name: impl Into<String>) -> Self {
        self.recorder = self.recorder.provider(name);
        self
    }

    /// The conversation that the calls belong to, if neither the request nor an agent around it names one.
    pub fn conversation_id(mut self, id: impl Into<String>) -> Self {
        self.recorder = self.recorder.conversation_id(id);
        self
    }

    /// Starts to record a request that is about to be sent, if it is one of those that are.
    fn start(&self, request: &Request) -> Option<Recording> {
        if !self.recorder.is_on() {
            return None;
        }
        let url = request.url();
        let body = request.body().and_then(reqwest::Body::as_bytes);
        let endpoint = Endpoint::of(url.path()).filter(|_| request.method() == Method::POST);
        let is_named = self.names(url);
        match endpoint {
            Some(endpoint) if is_named || self.hosts.is_empty() && is_prompt(url, body?) => {
                let body = body.unwrap_or_default();
                Some(self.recorder.start_at(endpoint, url.as_str(), body))
            }
            None if is_named || self.recorder.is_awaited(request.method(), url.as_str()) => {
                let recorder = &self.recorder;
                Some(recorder.start_request(request.method(), url.as_str(), &[]))
            }
            _ => None,
        }
    }

    fn names(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default();
        self.hosts
            .iter()
            .any(|name| name.eq_ignore_ascii_case(host))
    }
}

#[async_trait]
impl Middleware for OpenAiMiddleware {
    async fn handle(
        &self,
        request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response> {
        let Some(recording) = self.start(&request) else {
            return next.run(request, extensions).await;
        };
        match recording.run(next.run(request, extensions)).await {
            Ok(response) => Ok(recording.response(response)),
            Err(error) => {
                recording.fail(&failure(&error));
                Err(error)
            }
        }
    }
}

impl AttemptMiddleware {
    /// The middleware.
    pub fn new() -> Self {
        Self::default()
    }
}

#[async_trait]
impl Middleware for AttemptMiddleware {
    async fn handle(
        &self,
        request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response> {
        let Some(attempts) = Attempts::of_the_call_above() else {
            return next.run(request, extensions).await;
        };
        attempts.begin(request.method(), request.url());
        let result = attempts.run(next.run(request, extensions)).await;
        match &result {
            Ok(response) if response.status().is_success() => {}
            Ok(response) => attempts.end(response.status().as_u16()),
            Err(error) => attempts.fail(&failure(error)),
        }
        result
    }
}

/// Whether a request to a host that nobody named is one to a model: others have paths that end alike.
fn is_prompt(url: &Url, body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Shape {
        model: Option<IgnoredAny>,
        /// A stored prompt names its model.
        prompt: Option<IgnoredAny>,
    }

    // Azure's older interface has the model in the path.
    let is_deployment = url.path().contains("/deployments/");
    serde_json::from_slice::<Shape>(body)
        .is_ok_and(|shape| is_deployment || shape.model.is_some() || shape.prompt.is_some())
}

/// What an error means, also below the middlewares that have wrapped it.
fn failure(error: &Error) -> Failure {
    match error {
        Error::Reqwest(error) => Failure::of(error),
        Error::Middleware(error) => error
            .chain()
            .find_map(|cause| cause.downcast_ref::<Error>())
            .map_or_else(|| Failure::of(error.as_ref()), failure),
    }
}
