//! Recording the calls of [`async-openai`](::async_openai), through its `middleware` seam. Feature `async-openai`; it fits
//! versions 0.43.
//!
//! ```no_run
//! let client = async_openai::Client::new();
//! let client = sentry_openai::async_openai::instrument(client, reqwest::Client::new());
//! ```
//!
//! Every call made with that client is recorded, plain, streamed and `_byot`: chat completions, responses, embeddings,
//! text completions and decisions each as one span, however often the call is tried, with an `http.client` span below it
//! for each attempt. A call to anything else (files, models, ...) is an `http.client` span below the active one, and
//! nothing without one.
//!
//! The integration is the switch here as well: without [`OpenAiIntegration`](crate::OpenAiIntegration) nothing is
//! recorded. Requests, replies and errors are what they are without the layer, byte for byte, and nothing is buffered.
//!
//! # A stack of one's own
//!
//! [`instrument`] replaces the client's HTTP service by one with `async-openai`'s own retries. Where you have other
//! layers, add [`OpenAiLayer`] above what tries again, and [`AttemptLayer`] below it:
//!
//! ```no_run
//! use async_openai::middleware::{ReqwestService, retry::OpenAIRetryLayer};
//! use sentry_openai::async_openai::{AttemptLayer, OpenAiLayer};
//!
//! let service = tower::ServiceBuilder::new()
//!     .layer(OpenAiLayer::new().record_inputs(false))
//!     .layer(OpenAIRetryLayer::default())
//!     .layer(AttemptLayer::new())
//!     .service(ReqwestService::new(reqwest::Client::new()));
//! let client = async_openai::Client::new().with_http_service(service);
//! ```
//!
//! Below what tries again, `OpenAiLayer` records each try as a call.
//!
//! # Good to know
//!
//! - `async-openai` asks for the usage of a chat stream only if the request says so: set
//!   `stream_options.include_usage`, or the span has no tokens.
//! - It reads a stream ahead of its consumer, in a task of its own. What is recorded is what was read: a stream that is
//!   dropped early may have more on its span than the consumer took, and is `ok` if all of it had come.
//! - Its own `tracing` spans are other spans than these. Where a framework on top begins a `gen_ai` span for a call and has it
//!   active meanwhile, the call becomes that span: see the feature `tracing`.

mod attempt;
mod call;
mod failure;

use ::async_openai::Client;
use ::async_openai::config::Config;
use ::async_openai::middleware::ReqwestService;
use ::async_openai::middleware::retry::OpenAIRetryLayer;
use tower::Layer;

pub use self::attempt::{AttemptLayer, AttemptService};
pub use self::call::{OpenAiLayer, OpenAiService, ResponseFuture};

/// The same client, with its calls recorded as the integration says. Its requests go out through `http`, with
/// `async-openai`'s own retries.
///
/// [`OpenAiLayer::instrument`] does the same with options.
///
/// ```no_run
/// let client = async_openai::Client::new();
/// let client = sentry_openai::async_openai::instrument(client, reqwest::Client::new());
/// ```
pub fn instrument<C: Config>(client: Client<C>, http: reqwest::Client) -> Client<C> {
    OpenAiLayer::new().instrument(client, http)
}

impl OpenAiLayer {
    /// The same client, with its calls recorded as this layer says. Its requests go out through `http`, with
    /// `async-openai`'s own retries.
    ///
    /// ```no_run
    /// use sentry_openai::async_openai::OpenAiLayer;
    ///
    /// let client = OpenAiLayer::new()
    ///     .provider("my_gateway")
    ///     .instrument(async_openai::Client::new(), reqwest::Client::new());
    /// ```
    pub fn instrument<C: Config>(&self, client: Client<C>, http: reqwest::Client) -> Client<C> {
        let attempts = AttemptLayer::new().layer(ReqwestService::new(http.clone()));
        let service = self.layer(OpenAIRetryLayer::default().layer(attempts));
        client.with_http_client(http).with_http_service(service)
    }
}
