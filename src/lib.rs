//! OpenAI instrumentation for Sentry.

mod types;
