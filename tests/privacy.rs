//! Content leaves for Sentry only where it is allowed; keys, and what the API says of errors, never do.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod support;

#[path = "privacy/calls.rs"]
mod calls;
#[path = "privacy/closed.rs"]
mod closed;
#[path = "privacy/leave.rs"]
mod leave;
#[path = "privacy/redact.rs"]
mod redact;
#[path = "privacy/says.rs"]
mod says;
