//! OpenAI instrumentation for Sentry.

mod record;
mod settings;
mod types;

pub use types::{chat, conversations, embeddings, models, responses};
