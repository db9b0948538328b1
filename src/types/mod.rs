//! The API's vocabulary: requests, replies and stream events, open to values that are newer than the crate.

pub mod audio;
pub mod batches;
pub(crate) mod binary;
pub(crate) mod budget;
pub mod chat;
pub mod completions;
pub mod conversations;
pub mod embeddings;
pub mod files;
pub mod images;
pub mod models;
pub mod moderations;
pub(crate) mod open;
pub(crate) mod page;
pub(crate) mod pattern;
pub mod responses;
pub(crate) mod schema;
pub(crate) mod upload;
mod usage;
pub(crate) mod webhook;
