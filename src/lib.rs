//! OpenAI instrumentation for Sentry.

mod record;
mod settings;
mod types;
