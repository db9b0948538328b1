
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod support;

#[path = "recording/exchange.rs"]
mod exchange;
#[path = "recording/goldens.rs"]
mod goldens;
