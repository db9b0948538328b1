//! The parent of a span, and whether its transaction has gone by the time that the span ends.
//!
//! sentry-tower ends a request's transaction when the response head is ready, so a model stream that is
//! passed on to a browser always ends after it. Comparing the active span with the parent does not tell:
//! `tracing`'s `Instrumented` and tower-http's `TraceLayer` re-enter their span whenever a body is polled or
//! dropped, and then it is active though its transaction has been sent.
//!
//! Everything here only reads: nothing is left on the user's transaction.

use std::fmt::{self, Write};
use std::sync::Arc;

use sentry_core::protocol::SpanId;
use sentry_core::{Hub, TransactionOrSpan};

use crate::delivery::Person;

/// How often the root's state is asked for while another thread holds its lock.
const TRIES: usize = 64;

/// The origins of transactions that finish when they are dropped: those of `tracing` spans, of sentry-tower's
/// requests, and our own.
const FINISHED_WHEN_DROPPED: [&str; 6] = [
    "auto.tracing",
    "auto.http.tower",
    "auto.ai.openai",
    "auto.ai.rig",
    "auto.ai.genai",
    "auto.ai.tracing",
];

/// The active span of a hub; the hub and its scope stay as they are.
pub(super) fn active(hub: &Arc<Hub>) -> Option<TransactionOrSpan> {
    // A hub gives its scope only to change it: this one is ours.
    Hub::new_from_top(hub).configure_scope(|scope| scope.get_span())
}

/// The active span of a hub, and the user of its scope.
pub(super) fn active_with_user(hub: &Arc<Hub>) -> (Option<TransactionOrSpan>, Option<Person>) {
    Hub::new_from_top(hub)
        .configure_scope(|scope| (scope.get_span(), scope.user().and_then(Person::of)))
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
    pub(super) fn has_gone(&self, child: &sentry_core::Span) -> bool {
        has_finished(child).unwrap_or_else(|| self.seems_gone(child))
    }

    /// Whether the transaction of `child` may be dropped unfinished, now that `child` is dropped: a transaction that
    /// is not active where it was when `child` started is likely on its way out as well.
    pub(super) fn may_stay_unfinished(child: &sentry_core::Span, started_in: &Arc<Hub>) -> bool {
        let root = child.get_trace_context();
        if let Some(origin) = &root.origin
            && FINISHED_WHEN_DROPPED.contains(&origin.as_str())
        {
            return false;
        }
        // Another hub than at the start says nothing: `tracing` spans make it afresh whenever they are entered, also
        // to drop what is in them.
        !super::thread::certain_hub().is_some_and(|hub| {
            Arc::ptr_eq(&hub, started_in) && active_root(&hub) == Some(root.span_id)
        })
    }

    /// A guess, for a sentry-core whose `Debug` reads differently from the one this was written for.
    fn seems_gone(&self, child: &sentry_core::Span) -> bool {
        if let TransactionOrSpan::Transaction(transaction) = &self.span
            && transaction.data().iter().next().is_some()
        {
            return false;
        }
        let root = child.get_trace_context();
        root.status.is_some()
            || self.task != tokio::task::try_id()
            || super::thread::certain_hub()
                .is_none_or(|hub| active_root(&hub) != Some(root.span_id))
    }
}

/// The id of the transaction that the active span of a hub belongs to.
fn active_root(hub: &Arc<Hub>) -> Option<SpanId> {
    let root = match active(hub)? {
        TransactionOrSpan::Transaction(transaction) => transaction.get_trace_context(),
        TransactionOrSpan::Span(span) => span.get_trace_context(),
    };
    Some(root.span_id)
}

/// Whether the transaction at the root of a span has finished. `None` if that can't be told.
///
/// `Debug` begins with the root, and there is no other way to it: finishing takes the client out of the root.
pub(super) fn has_finished(span: &sentry_core::Span) -> Option<bool> {
    for _ in 0..TRIES {
        let mut reader = RootReader::default();
        // An error only says that enough was read.
        let _ = write!(reader, "{span:?}");
        if reader.has_finished.is_some() || !reader.is_locked {
            return reader.has_finished;
        }
        // Another thread has it: this waits until it is free.
        let _ = span.get_trace_context();
    }
    None
}

/// Reads a span's `Debug` as far as the root's client, so that nothing more of it is made.
#[derive(Default)]
struct RootReader {
    /// How many bytes of [`Self::BEFORE`] have come.
    seen: usize,
    is_locked: bool,
    has_finished: Option<bool>,
}

impl RootReader {
    /// What comes before the client.
    const BEFORE: &str = "Span { transaction: Mutex { data: TransactionInner { client: ";
    /// What comes in place of a root that another thread has locked.
    const LOCKED: &str = "<locked>";
}

impl Write for RootReader {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let expected = Self::BEFORE.get(self.seen..).unwrap_or_default();
        let Some(client) = text.strip_prefix(expected) else {
            if expected.starts_with(text) {
                self.seen += text.len();
                return Ok(());
            }
            // Some versions of Rust's standard library put what is locked into quotes.
            self.is_locked = text.trim_start_matches('"').starts_with(Self::LOCKED);
            return if text == "\"" {
                Ok(())
            } else {
                Err(fmt::Error)
            };
        };
        self.seen = Self::BEFORE.len();
        if client.is_empty() {
            return Ok(());
        }
        self.has_finished = match client {
            client if client.starts_with("Some") => Some(false),
            client if client.starts_with("None") => Some(true),
            _ => None,
        };
        Err(fmt::Error)
    }
}

/// The rate at which the trace of a span was sampled, if its transaction has finished: it stands behind the client.
pub(super) fn sample_rate(span: &sentry_core::Span) -> Option<f32> {
    let mut head = Head::new();
    // An error only says that the head is full.
    let _ = write!(head, "{span:?}");
    let (_, rate) = head
        .text
        .split_once("client: None")?
        .1
        .split_once("sample_rate: ")?;
    rate.split([' ', ',', '}']).next()?.parse().ok()
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

    /// Pins the text that [`RootReader`] and [`sample_rate`] hang on to the sentry-core in use.
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
                let mut see = |span| seen.push((has_finished(span), sample_rate(span)));
                see(&span);
                let lock = transaction.data();
                let other = span.clone();
                let reader = std::thread::spawn(move || has_finished(&other));
                // Long enough for the reader to find it locked.
                std::thread::sleep(Duration::from_millis(50));
                drop(lock);
                assert_eq!(reader.join().unwrap(), Some(false));
                transaction.finish();
                see(&span);
            },
            sentry::ClientOptions::new().traces_sample_rate(1.0),
        );
        assert_eq!(seen, [(Some(false), None), (Some(true), Some(1.0))]);
    }

    #[test]
    fn an_unexpected_text_says_nothing() {
        let before = RootReader::BEFORE;
        let table = [
            (vec!["Span { root: Weak, .. }"], None, false),
            (vec![""], None, false),
            (vec![before, "So"], None, false),
            (
                vec!["Span", " { transaction: Mutex { data: ", "<locked>"],
                None,
                true,
            ),
            (
                vec!["Span { transaction: Mutex { data: ", "\"", "<locked>"],
                None,
                true,
            ),
            (
                vec!["Span { transaction: Mutex { data: ", "\"<locked>\""],
                None,
                true,
            ),
            (vec![before, "", "Some", "("], Some(false), false),
            (vec!["Span { ", &before[7..], "None"], Some(true), false),
        ];
        for (texts, expected, is_locked) in table {
            let mut reader = RootReader::default();
            let _ = texts.iter().try_for_each(|text| reader.write_str(text));
            assert_eq!(reader.has_finished, expected, "{texts:?}");
            assert_eq!(reader.is_locked, is_locked, "{texts:?}");
        }
    }
}
