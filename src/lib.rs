//! OpenAI instrumentation for Sentry.

mod types;
pub use types::responses;
