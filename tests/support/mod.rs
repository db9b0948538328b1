//! What the integration tests share: a server that misbehaves as told ([`Server`], [`Reply`]), and a Sentry
//! client that keeps what it would have sent ([`Sentry`]).

#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    reason = "each test uses a part of it, and a panic fails the test, as it should"
)]

mod answers;
mod capture;
mod connection;
mod reply;
mod server;

pub use answers::{answers, shown};
pub use capture::{Sentry, SpanView, bound};
pub use connection::Request;
pub use reply::{Gate, Meter, Reply};
pub use server::Server;
