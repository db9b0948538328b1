//! Streams, as a caller reads them: whatever a server sends, over real sockets.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a panic fails the test, as it should"
)]

mod support;

mod streams {
    mod connections;
    mod decoding;
    mod endings;
    mod errors;
    mod folding;
    mod odd;
    pub(crate) mod reading;
}
