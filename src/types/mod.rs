//! The API's vocabulary: requests, replies and stream events, open to values that are newer than the crate.

pub(crate) mod open;
pub mod responses;
