//! OpenAI instrumentation for Sentry.

mod ambient;
mod call;
mod error;
mod integration;
mod record;
mod settings;
mod span;
mod sse;
mod types;

pub use error::{ApiError, DecodeError, Error, Timeout};
pub use integration::OpenAiIntegration;
