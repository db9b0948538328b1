//! What leaves for Sentry of model calls: the goldens of whole exchanges, and how large ones are cut.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod support;

#[path = "recording/binary.rs"]
mod binary;
#[path = "recording/exchange.rs"]
mod exchange;
#[path = "recording/goldens.rs"]
mod goldens;
#[path = "recording/panel.rs"]
mod panel;
#[path = "recording/planted.rs"]
mod planted;
#[path = "recording/size.rs"]
mod size;
