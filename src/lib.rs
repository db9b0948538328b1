//! OpenAI instrumentation for Sentry.

mod sse;
mod types;
