//! The layer that records attempts.

use std::any::Any;
use std::task::{Context, Poll};

use ::async_openai::middleware::HttpRequestFactory;
use reqwest::Response;
use tower::{Layer, Service};

use super::call::ResponseFuture;
use super::failure::failure;
use crate::recording::Attempts;

/// Records each attempt of a call as an `http.client` span. To stand below what tries again, and that below an
/// [`OpenAiLayer`](super::OpenAiLayer): without one it does nothing.
#[derive(Clone, Copy, Debug, Default)]
#[must_use = "a layer does nothing until it is part of a service"]
pub struct AttemptLayer {
    _private: (),
}

/// The service that [`AttemptLayer`] makes of another.
#[derive(Clone, Debug)]
pub struct AttemptService<S> {
    inner: S,
}

impl AttemptLayer {
    /// The layer.
    pub fn new() -> Self {
        Self::default()
    }
}

impl<S> Layer<S> for AttemptLayer {
    type Service = AttemptService<S>;

    fn layer(&self, inner: S) -> AttemptService<S> {
        AttemptService { inner }
    }
}

impl<S> Service<HttpRequestFactory> for AttemptService<S>
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
        ResponseFuture::new(attempted(inner, factory))
    }
}

/// The call above is looked for once the future is polled: what lies between may have made the future elsewhere.
async fn attempted<S>(mut inner: S, factory: HttpRequestFactory) -> Result<Response, S::Error>
where
    S: Service<HttpRequestFactory, Response = Response>,
    S::Error: Any,
{
    let Some(attempts) = Attempts::of_the_call_above() else {
        return inner.call(factory).await;
    };
    let result = {
        let attempts = attempts.clone();
        // The attempt begins with its request, whose address only now is known.
        let told = attempts.clone();
        let factory = HttpRequestFactory::new(move || {
            let (factory, told) = (factory.clone(), told.clone());
            async move {
                let request = factory.build().await?;
                told.begin(request.method(), request.url());
                Ok(request)
            }
        });
        attempts.run(async { inner.call(factory).await }).await
    };
    match &result {
        Ok(response) if response.status().is_success() => {}
        Ok(response) => attempts.end(response.status().as_u16()),
        Err(error) => attempts.fail(&failure(error)),
    }
    result
}
