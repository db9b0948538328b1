//! The spans that Sentry received, put together as trees.

use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use sentry::protocol::{Context, Map, Span, SpanId, SpanStatus, TraceContext, Transaction, Value};

use super::sentry::Received;

/// A span or a transaction, and what lies below it.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// What kind of work it was.
    pub(crate) op: String,
    /// Which work it was.
    pub(crate) name: String,
    /// How it ended.
    pub(crate) status: Option<SpanStatus>,
    /// How long it took.
    pub(crate) duration: Duration,
    /// The attributes.
    pub(crate) data: Map<String, Value>,
    /// The spans below it, oldest first.
    pub(crate) children: Vec<Node>,
    id: SpanId,
    parent: Option<SpanId>,
    start: SystemTime,
}

impl Node {
    /// An attribute that is a text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.data.get(name)?.as_str()
    }

    /// An attribute that is a count.
    pub(crate) fn count(&self, name: &str) -> Option<u64> {
        self.data.get(name)?.as_u64()
    }

    /// An attribute that is a number.
    pub(crate) fn number(&self, name: &str) -> Option<f64> {
        self.data.get(name)?.as_f64()
    }

    /// An attribute that is JSON in a string.
    pub(crate) fn json(&self, name: &str) -> Option<Value> {
        serde_json::from_str(self.text(name)?).ok()
    }

    /// This node and all below it.
    pub(crate) fn all(&self) -> Vec<&Node> {
        let below = self.children.iter().flat_map(Node::all);
        std::iter::once(self).chain(below).collect()
    }

    fn of_span(span: Span) -> Self {
        Self {
            op: span.op.unwrap_or_default(),
            name: span.description.unwrap_or_default(),
            status: span.status,
            duration: between(span.start_timestamp, span.timestamp),
            data: span.data,
            children: Vec::new(),
            id: span.span_id,
            parent: span.parent_span_id,
            start: span.start_timestamp,
        }
    }

    fn of_transaction(mut transaction: Transaction<'static>) -> Self {
        let trace = match transaction.contexts.remove("trace") {
            Some(Context::Trace(trace)) => *trace,
            _ => TraceContext::default(),
        };
        Self {
            op: trace.op.unwrap_or_default(),
            name: transaction.name.unwrap_or_default(),
            status: trace.status,
            duration: between(transaction.start_timestamp, transaction.timestamp),
            data: trace.data,
            children: Vec::new(),
            id: trace.span_id,
            parent: trace.parent_span_id,
            start: transaction.start_timestamp,
        }
    }
}

/// The trees, oldest first. A transaction whose parent arrived as well stands below it, as in Sentry.
pub(crate) fn trees(received: &Received) -> Vec<Node> {
    let mut nodes = Vec::new();
    for transaction in &received.transactions {
        let mut transaction = transaction.clone();
        nodes.extend(transaction.spans.drain(..).map(Node::of_span));
        nodes.push(Node::of_transaction(transaction));
    }
    nodes.sort_by_key(|node| node.start);
    let known: HashSet<SpanId> = nodes.iter().map(|node| node.id).collect();
    let (mut below, roots): (Vec<_>, Vec<_>) = nodes
        .into_iter()
        .partition(|node| node.parent.is_some_and(|parent| known.contains(&parent)));
    roots
        .into_iter()
        .map(|root| grown(root, &mut below))
        .collect()
}

fn grown(mut node: Node, below: &mut Vec<Node>) -> Node {
    let children: Vec<Node> = below
        .extract_if(.., |child| child.parent == Some(node.id))
        .collect();
    node.children = children
        .into_iter()
        .map(|child| grown(child, below))
        .collect();
    node
}

fn between(start: SystemTime, end: Option<SystemTime>) -> Duration {
    end.and_then(|end| end.duration_since(start).ok())
        .unwrap_or_default()
}
