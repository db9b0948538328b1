//! The layer that records calls.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use ::async_openai::error::OpenAIError;
use ::async_openai::middleware::HttpRequestFactory;
use reqwest::{Request, Response};
use tower::{Layer, Service};

use super::failure::failure;
use crate::recording::{Recorder, Recording};

/// Records each call as one span, from its request to the end of its reply. To stand above what tries again.
///
/// ```
/// use sentry_openai::async_openai::OpenAiLayer;
///
/// let layer = OpenAiLayer::new().record_inputs(true).provider("my_gateway");
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a layer does nothing until it is part of a service"]
pub struct OpenAiLayer {
    recorder: Recorder,
}

/// The service that [`OpenAiLayer`] makes of another.
#[derive(Clone, Debug)]
pub struct OpenAiService<S> {
    inner: S,
    recorder: Recorder,
}

/// The response to come. Dropped before, its call is recorded as cancelled.
#[must_use = "futures do nothing unless they are polled"]
pub struct ResponseFuture<E>(Pin<Box<dyn Future<Output = Result<Response, E>> + Send>>);

impl OpenAiLayer {
    /// A layer that records as the integration says.
    pub fn new() -> Self {
        Self::default()
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
}

impl<S> Layer<S> for OpenAiLayer {
    type Service = OpenAiService<S>;

    fn layer(&self, inner: S) -> OpenAiService<S> {
        OpenAiService {
            inner,
            recorder: self.recorder.clone(),
        }
    }
}

impl<S> Service<HttpRequestFactory> for OpenAiService<S>
where
    S: Service<HttpRequestFactory, Response = Response> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Any + Send,
{
    type Response = Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, factory: HttpRequestFactory) -> ResponseFuture<S::Error> {
        let another = self.inner.clone();
        // The one that is ready.
        let inner = std::mem::replace(&mut self.inner, another);
        let recorder = self.recorder.clone();
        ResponseFuture::new(recorded(inner, recorder, factory))
    }
}

/// All happens once the future is polled: the span that is active then is the parent.
async fn recorded<S>(
    mut inner: S,
    recorder: Recorder,
    factory: HttpRequestFactory,
) -> Result<Response, S::Error>
where
    S: Service<HttpRequestFactory, Response = Response>,
    S::Error: Any,
{
    if !recorder.is_on() {
        return inner.call(factory).await;
    }
    // The first attempt gets this one, so that a form's files are not read twice.
    let built = factory.build().await;
    let recording = start(&recorder, &built);
    let first = Mutex::new(Some(built));
    let factory = HttpRequestFactory::new(move || {
        let first = first.lock().unwrap_or_else(PoisonError::into_inner).take();
        let factory = factory.clone();
        async move {
            match first {
                Some(built) => built,
                None => factory.build().await,
            }
        }
    });
    match recording.run(async { inner.call(factory).await }).await {
        Ok(response) => Ok(recording.response(response)),
        Err(error) => {
            recording.fail(&failure(&error));
            Err(error)
        }
    }
}

fn start(recorder: &Recorder, built: &Result<Request, OpenAIError>) -> Recording {
    match built {
        Ok(request) => {
            let body = request.body().and_then(reqwest::Body::as_bytes);
            let url = request.url().as_str();
            recorder.start_request(request.method(), url, body.unwrap_or_default())
        }
        Err(_) => recorder.start_other(),
    }
}

impl<E> ResponseFuture<E> {
    pub(super) fn new(
        response: impl Future<Output = Result<Response, E>> + Send + 'static,
    ) -> Self {
        Self(Box::pin(response))
    }
}

impl<E> Future for ResponseFuture<E> {
    type Output = Result<Response, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

impl<E> fmt::Debug for ResponseFuture<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
