//! OpenAI instrumentation for Sentry.

mod ambient;
mod call;
mod client;
mod decode;
mod error;
mod integration;
mod record;
mod settings;
mod span;
mod sse;
mod types;
mod wire;

pub use client::{
    Chat, ChatCompletions, Client, ClientBuilder, Conversations, Embeddings, EventStream, Models,
    RequestOptions, Responses,
};
pub use error::{ApiError, DecodeError, Error, Timeout};
pub use integration::OpenAiIntegration;
pub use types::{chat, conversations, embeddings, models, responses};
