//! OpenAI instrumentation for Sentry.

mod types;

pub use types::{chat, conversations, embeddings, models};
