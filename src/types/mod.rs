//! The API's vocabulary: requests, replies and stream events, open to values that are newer than the crate.

pub(crate) mod budget;
pub mod chat;
pub mod conversations;
pub mod embeddings;
pub mod models;
pub(crate) mod open;
pub(crate) mod page;
pub(crate) mod pattern;
pub mod responses;
pub(crate) mod schema;
mod usage;
