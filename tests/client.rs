//! The client on the wire: what it sends, and what a caller gets for whatever a server answers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a panic fails the test, as it should"
)]
#![allow(clippy::too_many_lines, reason = "tables")]

mod support;

mod client {
    mod anything;
    mod beside;
    mod connecting;
    mod endpoints;
    mod errors;
    pub(crate) mod exchange;
    mod media;
    mod recorded;
    mod redirects;
    mod replies;
    mod requests;
    mod retries;
    mod sending_back;
}
