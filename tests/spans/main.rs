//! Where the span of a call stands, how it ends, and that none is lost.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests"
)]

#[allow(dead_code, unreachable_pub, reason = "each test uses a part of it")]
mod model;
#[path = "../support/mod.rs"]
mod support;

mod background;
mod dropped;
mod ending;
mod full;
mod outliving;
mod placing;
mod unrecorded;
