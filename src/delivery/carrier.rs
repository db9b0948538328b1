//! An agent without parent is a transaction to the code inside of it: what others start there are its children, and
//! only a finished transaction hands them over. So it is finished, marked as a carrier, and taken apart here: the
//! children travel as streamed spans, as the agent itself does.

use std::sync::Arc;

use sentry_core::Envelope;
use sentry_core::protocol::{Context, EnvelopeItem, SpanStatus, TraceContext, Transaction, Value};

use super::id::Hex;
use super::item::{Item, Person, Writer};
use super::stream::Stream;

/// The name of the data that marks a transaction as a carrier.
pub(crate) const CARRIER: &str = "sentry._internal.openai.carrier";

/// Takes the carrier out of an envelope. `None` if nothing else is in it.
pub(super) fn take_apart(envelope: Envelope, stream: &Arc<Stream>) -> Option<Envelope> {
    let is_carrier = |item: &EnvelopeItem| match item {
        EnvelopeItem::Transaction(transaction) => trace_of_carrier(transaction).is_some(),
        _ => false,
    };
    if !envelope.items().any(is_carrier) {
        return Some(envelope);
    }
    let mut rest = None;
    for item in envelope.into_items() {
        match item {
            EnvelopeItem::Transaction(carrier) if trace_of_carrier(&carrier).is_some() => {
                send_children(&carrier, stream);
            }
            other => rest.get_or_insert_with(Envelope::new).add_item(other),
        }
    }
    rest
}

fn trace_of_carrier<'a>(transaction: &'a Transaction<'_>) -> Option<&'a TraceContext> {
    match transaction.contexts.get("trace") {
        Some(Context::Trace(trace)) if trace.data.contains_key(CARRIER) => Some(trace),
        _ => None,
    }
}

fn send_children(carrier: &Transaction<'_>, stream: &Arc<Stream>) {
    let Some(trace) = trace_of_carrier(carrier) else {
        return;
    };
    let segment_id = Hex::of(trace.span_id);
    let user = carrier.user.as_ref().and_then(Person::of);
    for span in &carrier.spans {
        let op = span.op.as_deref().unwrap_or("default");
        let origin = span.data.get("sentry.origin").and_then(Value::as_str);
        let item = Item {
            trace_id: Hex::of(span.trace_id),
            span_id: Hex::of(span.span_id),
            parent_span_id: span.parent_span_id.map(Hex::of),
            segment_id,
            segment_name: carrier.name.as_deref(),
            name: span.description.as_deref().unwrap_or(op),
            op,
            origin: origin.unwrap_or("manual"),
            status: span.status.unwrap_or(SpanStatus::Ok),
            start: span.start_timestamp,
            end: span.timestamp.unwrap_or(span.start_timestamp),
            user: user.as_ref(),
        };
        stream.add(&item, None, |writer| {
            for (name, value) in &span.data {
                if Writer::takes(name) {
                    writer.value(name, value);
                }
            }
            for (name, tag) in &span.tags {
                if Writer::takes(name) && !span.data.contains_key(name) {
                    writer.value(name, &Value::from(tag.as_str()));
                }
            }
        });
    }
}
