//! OpenAI instrumentation for Sentry.

mod ambient;
mod error;
mod integration;
mod settings;
mod span;
mod types;

pub use error::{ApiError, DecodeError, Error, Timeout};
pub use integration::OpenAiIntegration;
