//! Agents and tools, the calls inside them, and requests posted by hand: what the caller gets and Sentry sees.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    clippy::unnecessary_wraps,
    unreachable_pub,
    reason = "tests"
)]

#[path = "agents/calls.rs"]
mod calls;
#[path = "agents/content.rs"]
mod content;
#[path = "agents/ending.rs"]
mod ending;
#[path = "agents/inheriting.rs"]
mod inheriting;
#[path = "agents/own_word.rs"]
mod own_word;
#[path = "agents/placing.rs"]
mod placing;
#[path = "agents/posting.rs"]
mod posting;
#[path = "agents/spawning.rs"]
mod spawning;
mod support;
