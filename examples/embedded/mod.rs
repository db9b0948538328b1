//! What the examples need to run on their own: a small OpenAI, a small Sentry, and a report of what arrived.

mod answers;
pub(crate) mod check;
mod details;
pub(crate) mod forward;
pub(crate) mod openai;
pub(crate) mod report;
pub(crate) mod sentry;
pub(crate) mod tree;
