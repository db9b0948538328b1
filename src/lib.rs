#![doc = include_str!("../README.md")]

pub mod agent;
mod ambient;
#[cfg(feature = "async-openai")]
pub mod async_openai;
mod attribute;
mod bounded;
mod call;
mod client;
mod decode;
mod delivery;
#[doc = include_str!("endings.md")]
pub mod endings {}
mod error;
mod events;
mod integration;
mod json;
mod record;
pub mod recording;
#[cfg(feature = "reqwest-middleware")]
pub mod reqwest_middleware;
mod settings;
mod span;
mod sse;
#[doc = include_str!("testing.md")]
pub mod testing {}
mod structured;
mod tolerant;
#[cfg(feature = "tracing")]
pub mod tracing;
mod types;
mod unrecorded;
pub mod webhooks;
mod wire;

#[cfg(feature = "schemars")]
pub use client::ParsedStream;
pub use client::{
    Audio, Batches, ByteStream, Chat, ChatCompletions, ChatMessages, Client, ClientBuilder,
    Completions, ConversationItems, Conversations, Embeddings, EventStream, Files, Folded, Form,
    Images, InputItems, InputTokens, IntoEvent, ListStream, Models, Moderations, Received,
    RequestBuilder, RequestOptions, Responses, Speech, TextDeltas, Transcriptions, Translations,
    WithResponse,
};
/// The HTTP client that this one is made with: its types are part of this crate's own interface.
pub use reqwest;
/// What makes JSON schemas of Rust types: its trait is part of this crate's own interface.
#[cfg(feature = "schemars")]
pub use schemars;
/// The core of Sentry's SDK that this crate records with: it must be the one that `sentry` uses.
pub use sentry_core;

pub use attribute::AttributeValue;
pub use delivery::SpanStream;
pub use error::{ApiError, DecodeError, Error, ParseError, ParseErrorKind, Timeout};
pub use integration::OpenAiIntegration;
pub use structured::Parsed;
pub use types::page::{Order, Page, PageQuery};
pub use types::upload::Upload;
pub use types::{
    audio, batches, chat, completions, conversations, embeddings, files, images, models,
    moderations, responses,
};
