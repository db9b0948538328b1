//! The parent of a span, and whether its transaction has gone by the time that the span ends.
//!
//! sentry-tower ends a request's transaction when the response head is ready, so a model stream that is
//! passed on to a browser always ends after it. Comparing the active span with the parent does not tell:
//! `tracing`'s `Instrumented` and tower-http's `TraceLayer` re-enter their span whenever a body is polled or
//! dropped, and then it is active though its transaction has been sent.

use std::fmt::{self, Write};
use std::sync::Arc;

use sentry_core::protocol::SpanId;
use sentry_core::{Hub, TransactionOrSpan};

/// Set on a finished transaction's data it is not kept, so it shows whether there still is one. Sentry's own
/// name for "this transaction holds model calls", which is true of it.
const HOLDS_MODEL_CALLS: &str = "sentry._internal.segment.contains_gen_ai_spans";

/// What stands in a text for what another thread has locked.
const LOCKED: &str = "<locked>";

/// How often the root's state is asked for while another thread holds its lock.
const TRIES: usize = 64;

/// The active span of a hub; the hub and its scope stay as they are.
pub(super) fn active(hub: &Arc<Hub>) -> Option<TransactionOrSpan> {
    // A hub gives its scope only to change it: this one is ours.
    Hub::new_from_top(hub).configure_scope(|scope| scope.get_span())
}

pub(super) struct Parent {
    span: TransactionOrSpan,
    task: Option<tokio::task::Id>,
}

impl Parent {
    pub(super) fn new(span: TransactionOrSpan) -> Self {
        Self {
            span,
            task: tokio::task::try_id(),
        }
    }

    /// The id of the parent itself.
    pub(super) fn id(&self) -> SpanId {
        match &self.span {
            TransactionOrSpan::Transaction(transaction) => transaction.get_trace_context().span_id,
            TransactionOrSpan::Span(span) => span.get_span_id(),
        }
    }

    /// Whether the transaction that `child` belongs to has been sent already.
    pub(super) fn has_gone(&self, child: &sentry_core::Span, is_model_call: bool) -> bool {
        match &self.span {
            TransactionOrSpan::Transaction(transaction) if is_model_call => {
                let mut data = transaction.data();
                if data.iter().next().is_some() {
                    return false;
                }
                data.set_data(HOLDS_MODEL_CALLS.into(), true.into());
                data.iter().next().is_none()
            }
            _ => Root::of(child).map_or_else(|| self.seems_gone(child), |root| root.has_finished),
        }
    }

    /// A guess, for a sentry-core whose `Debug` reads differently from the one this was written for.
    fn seems_gone(&self, child: &sentry_core::Span) -> bool {
        let root = child.get_trace_context();
        let other_root = || {
            super::thread::certain_hub()
                .and_then(|hub| active(&hub))
                .is_none_or(|active| match active {
                    TransactionOrSpan::Transaction(transaction) => {
                        transaction.get_trace_context().span_id != root.span_id
                    }
                    TransactionOrSpan::Span(span) => {
                        span.get_trace_context().span_id != root.span_id
                    }
                })
        };
        root.status.is_some() || self.task != tokio::task::try_id() || other_root()
    }
}

/// What is known of the transaction at the root of a span.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Root {
    has_finished: bool,
    /// The rate at which the trace was sampled, if it has finished and that could be read.
    pub(super) sample_rate: Option<f32>,
}

impl Root {
    /// Reads the state of the root from `Debug`, which begins with it: there is no other way to it. Finishing
    /// takes the client out of the root. `None` if the text is not the expected one.
    pub(super) fn of(span: &sentry_core::Span) -> Option<Self> {
        for _ in 0..TRIES {
            let mut head = Head::new();
            // An error only says that the head is full.
            let _ = write!(head, "{span:?}");
            let root = Self::read(&head.text);
            if root.is_some() || !head.text.contains(LOCKED) {
                return root;
            }
            // Another thread has it: this waits until it is free.
            let _ = span.get_trace_context();
        }
        None
    }

    fn read(text: &str) -> Option<Self> {
        const BEFORE: &str = "Span { transaction: Mutex { data: TransactionInner { client: ";

        let client = text.strip_prefix(BEFORE)?;
        if client.starts_with("Some") {
            return Some(Self::default());
        }
        let rest = client.strip_prefix("None")?;
        let sample_rate = rest
            .split_once("sample_rate: ")
            .and_then(|(_, rate)| rate.split([' ', ',', '}']).next())
            .and_then(|rate| rate.parse().ok());
        Some(Self {
            has_finished: true,
            sample_rate,
        })
    }
}

/// The first bytes of a text: what is longer is refused, so that nothing more of it is made.
struct Head {
    text: String,
}

impl Head {
    const LIMIT: usize = 200;

    fn new() -> Self {
        Self {
            text: String::with_capacity(Self::LIMIT),
        }
    }
}

impl Write for Head {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.text.len() + text.len() > Self::LIMIT || self.text.ends_with("client: Some") {
            return Err(fmt::Error);
        }
        self.text.push_str(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sentry::test::with_captured_envelopes_options;

    use super::*;

    /// Pins the text that [`Root::read`] hangs on to the sentry-core in use.
    #[test]
    fn the_root_of_a_span_tells_whether_it_has_finished() {
        let mut seen = Vec::new();
        with_captured_envelopes_options(
            || {
                let context = sentry::TransactionContext::new("root", "test");
                let transaction = sentry::start_transaction(context);
                let span = transaction
                    .start_child("test", "child")
                    .start_child("test", "grandchild");
                seen.push(Root::of(&span));
                let lock = transaction.data();
                let other = span.clone();
                let reader = std::thread::spawn(move || Root::of(&other));
                // Long enough for the reader to find it locked.
                std::thread::sleep(Duration::from_millis(50));
                drop(lock);
                seen.push(reader.join().unwrap());
                transaction.finish();
                seen.push(Root::of(&span));
            },
            sentry::ClientOptions::new().traces_sample_rate(1.0),
        );
        assert_eq!(seen[0].map(|root| root.has_finished), Some(false));
        assert_eq!(seen[1].map(|root| root.has_finished), Some(false));
        let finished = Root {
            has_finished: true,
            sample_rate: Some(1.0),
        };
        assert_eq!(seen[2], Some(finished));
    }

    #[test]
    fn an_unexpected_text_says_nothing() {
        assert_eq!(Root::read("Span { root: Weak, .. }"), None);
        assert_eq!(Root::read(""), None);
    }
}
