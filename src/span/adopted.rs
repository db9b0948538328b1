//! Spans that someone else began for the very call that we observe: a framework that traces itself begins one and
//! then calls a client that is recorded. Two spans of one call would count its tokens twice, so the call becomes that
//! span: it writes to it, and leaves its end to whoever began it.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use sentry_core::TransactionOrSpan;
use sentry_core::protocol::{SpanId, Value};

/// The key of what a span is for.
const OPERATION: &str = "gen_ai.operation.name";

/// How many adopted spans are known; the oldest are forgotten.
const MOST: usize = 1_024;

/// The spans that a call has become, oldest first.
static ADOPTED: Mutex<VecDeque<SpanId>> = Mutex::new(VecDeque::new());

/// Adopts a span that runs and is for one of these operations; `false` if it is not, or if a call has adopted it
/// before.
pub(super) fn adopt(span: &TransactionOrSpan, operations: &[&str]) -> bool {
    if !is_for(span, operations) {
        return false;
    }
    let id = match span {
        TransactionOrSpan::Transaction(transaction) => transaction.get_trace_context().span_id,
        TransactionOrSpan::Span(span) => {
            if super::parent::has_finished(span) == Some(true) {
                return false;
            }
            span.get_span_id()
        }
    };
    let mut adopted = ADOPTED.lock().unwrap_or_else(PoisonError::into_inner);
    if adopted.contains(&id) {
        return false;
    }
    if adopted.len() >= MOST {
        adopted.pop_front();
    }
    adopted.push_back(id);
    true
}

/// Whether a call has become this span.
#[cfg(feature = "tracing")]
pub(crate) fn is_adopted(span: SpanId) -> bool {
    let adopted = ADOPTED.lock().unwrap_or_else(PoisonError::into_inner);
    adopted.contains(&span)
}

fn is_for(span: &TransactionOrSpan, operations: &[&str]) -> bool {
    let is_one = |operation: &Value| {
        let operation = operation.as_str();
        operation.is_some_and(|operation| operations.contains(&operation))
    };
    match span {
        TransactionOrSpan::Span(span) => span.data().get(OPERATION).is_some_and(is_one),
        TransactionOrSpan::Transaction(transaction) => {
            let data = transaction.data();
            let mut values = data.iter();
            values.any(|(name, value)| name == OPERATION && is_one(value))
        }
    }
}
