//! The doors for other clients: each records what our own client records, and changes nothing that its caller sees.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::large_futures,
    reason = "tests"
)]

#[path = "../support/mod.rs"]
mod support;

#[path = "../recording/exchange.rs"]
#[allow(dead_code, reason = "the recording tests use the rest")]
mod exchange;

mod adopting;
mod background;
#[path = "../recording/panel.rs"]
mod panel;

mod by_hand;
mod ends;
mod equal;
mod passing;
mod retries;
mod same_failure;
mod stacked;
mod through;
