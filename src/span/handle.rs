//! What a span is for sentry-core, or for our own delivery.

use std::sync::Arc;
use std::time::SystemTime;

use sentry_core::protocol::{SpanId, TraceContext, TraceId, Value};
use sentry_core::{Hub, Transaction, TransactionContext, TransactionOrSpan};

use super::Identity;
use super::parent::Parent;
use super::streamed::Streamed;
use crate::unrecorded::Unrecorded;

pub(super) enum Handle {
    Root(Transaction),
    Child {
        span: sentry_core::Span,
        parent: Parent,
    },
    /// It travels by itself.
    Streamed(Box<Streamed>),
}

impl Handle {
    /// A child, and when it starts.
    pub(super) fn child(parent: TransactionOrSpan, identity: &Identity) -> (Self, SystemTime) {
        let (id, start) = (SpanId::default(), SystemTime::now());
        let span = parent.start_child_with_details(identity.op, &identity.name, id, start);
        let parent = Parent::new(parent);
        (Self::Child { span, parent }, start)
    }

    /// A span that runs already, under our name.
    pub(super) fn adopted(active: &TransactionOrSpan, identity: &Identity) -> Self {
        active.set_op(identity.op);
        active.set_name(&identity.name);
        match active {
            TransactionOrSpan::Transaction(transaction) => Self::Root(transaction.clone()),
            TransactionOrSpan::Span(span) => Self::Child {
                span: span.clone(),
                parent: Parent::new(active.clone()),
            },
        }
    }

    /// Its trace and its own id.
    pub(super) fn ids(&self) -> (TraceId, SpanId) {
        match self {
            Self::Root(transaction) => {
                let context = transaction.get_trace_context();
                (context.trace_id, context.span_id)
            }
            Self::Child { span, .. } => (span.get_trace_context().trace_id, span.get_span_id()),
            Self::Streamed(streamed) => streamed.ids(),
        }
    }

    /// The context of its transaction, if it stands in one.
    pub(super) fn root_context(&self) -> Option<TraceContext> {
        match self {
            Self::Root(transaction) => Some(transaction.get_trace_context()),
            Self::Child { span, .. } => Some(span.get_trace_context()),
            Self::Streamed(_) => None,
        }
    }

    pub(super) fn trace_headers(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Root(transaction) => transaction.iter_headers().collect(),
            Self::Child { span, .. } => span.iter_headers().collect(),
            Self::Streamed(streamed) => vec![streamed.trace_header()],
        }
    }

    pub(super) fn rename(&self, name: &str) {
        match self {
            Self::Root(transaction) => transaction.set_name(name),
            Self::Child { span, .. } => span.set_name(name),
            Self::Streamed(streamed) => streamed.rename(name),
        }
    }
}

/// Starts the transaction of a span without parent. `None` if it is not sampled.
pub(super) fn start_root<'a>(
    hub: &Arc<Hub>,
    identity: &Identity,
    custom: impl Iterator<Item = (&'static str, &'a Value)>,
) -> Option<Transaction> {
    let mut context = TransactionContext::new(&identity.name, identity.op);
    let custom: serde_json::Map<_, _> = custom
        .map(|(key, value)| (key.to_owned(), value.clone()))
        .collect();
    *context.custom_mut() = Some(custom);
    let transaction = hub.start_transaction(context);
    transaction.set_origin(identity.origin);
    if !is_sampled(&transaction.clone().into()) {
        if let Some(client) = hub.client() {
            Unrecorded::Unsampled.say(&client);
        }
        // Not sent, but counted among what the sample rate left out.
        transaction.finish();
        return None;
    }
    Some(transaction)
}

#[expect(
    deprecated,
    reason = "exact for a client that is enabled: true only if what is finished is sent"
)]
pub(super) fn is_sampled(span: &TransactionOrSpan) -> bool {
    span.is_sampled()
}
