//! A span that travels by itself, without a transaction that it stands in: see [`crate::delivery`].
//!
//! It is recorded by us alone. For sentry-core there is a span only where others need one: below an agent or a tool,
//! whose code finds it active. That one is never finished and leaves no trace, but for the transaction of an agent
//! without parent, which hands over what others started below it.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::SystemTime;

use sentry_core::protocol::{SpanId, SpanStatus, TraceId, Value};
use sentry_core::{Client, Hub, TracesSamplingStrategy, Transaction, TransactionOrSpan};

use super::thread;
use crate::delivery::{CARRIER, Hex, Item, Person, Stream, Writer};

/// What a streamed span has beside that of every span.
pub(super) struct Streamed {
    stream: Arc<Stream>,
    trace_id: Hex<32>,
    span_id: Hex<16>,
    parent_span_id: Option<Hex<16>>,
    segment_id: Hex<16>,
    sample_rate: Option<f32>,
    user: Option<Arc<Person>>,
    values: Vec<(Cow<'static, str>, Value)>,
    sentry: Sentry,
}

/// What sentry-core knows of a streamed span.
enum Sentry {
    /// A transaction of which the trace's sampling decision is taken.
    Root(Transaction),
    /// Nothing, but the span above.
    Below(TransactionOrSpan),
    /// A span that others find active.
    Active(sentry_core::Span),
}

impl Streamed {
    /// A span below `parent`.
    pub(super) fn below(
        stream: Arc<Stream>,
        parent: TransactionOrSpan,
        user: Option<Person>,
    ) -> Self {
        let root = parent.get_trace_context();
        let segment_id = Hex::of(root.span_id);
        let parent_span_id = match &parent {
            TransactionOrSpan::Transaction(_) => segment_id,
            TransactionOrSpan::Span(span) => Hex::of(span.get_span_id()),
        };
        Self {
            stream,
            trace_id: Hex::of(root.trace_id),
            span_id: Hex::random(),
            parent_span_id: Some(parent_span_id),
            segment_id,
            sample_rate: None,
            user: user.map(Arc::new),
            values: Vec::new(),
            sentry: Sentry::Below(parent),
        }
    }

    /// A span without parent: that of a transaction which was started for it, and is sampled.
    pub(super) fn root(
        stream: Arc<Stream>,
        client: &Client,
        transaction: Transaction,
        user: Option<Person>,
    ) -> Self {
        let context = transaction.get_trace_context();
        let span_id = Hex::of(context.span_id);
        let sample_rate = match client.options().traces_sampling_strategy {
            TracesSamplingStrategy::FixedRate(rate) => Some(rate),
            // A sampler's answer is not told.
            _ => None,
        };
        Self {
            stream,
            trace_id: Hex::of(context.trace_id),
            span_id,
            parent_span_id: context.parent_span_id.map(Hex::of),
            segment_id: span_id,
            sample_rate,
            user: user.map(Arc::new),
            values: Vec::new(),
            sentry: Sentry::Root(transaction),
        }
    }

    /// A child of this span that nobody else will see.
    pub(super) fn child(&self) -> Self {
        Self {
            stream: self.stream.clone(),
            trace_id: self.trace_id,
            span_id: Hex::random(),
            parent_span_id: Some(self.span_id),
            segment_id: self.segment_id,
            sample_rate: self.sample_rate,
            user: self.user.clone(),
            values: Vec::new(),
            sentry: Sentry::Below(self.as_parent()),
        }
    }

    /// Another span in the place of this one.
    pub(super) fn sibling(&self) -> Self {
        Self {
            stream: self.stream.clone(),
            span_id: Hex::random(),
            user: self.user.clone(),
            values: Vec::new(),
            sentry: Sentry::Below(self.as_parent()),
            ..*self
        }
    }

    pub(super) fn ids(&self) -> (TraceId, SpanId) {
        let trace_id = self.trace_id.as_str().parse().unwrap_or_default();
        (trace_id, span_id(self.span_id))
    }

    /// The header that continues the trace. Only what is sampled is streamed.
    pub(super) fn trace_header(&self) -> (&'static str, String) {
        let ids = [self.trace_id.as_str(), self.span_id.as_str(), "1"];
        ("sentry-trace", ids.join("-"))
    }

    /// What others find active.
    pub(super) fn as_active(
        &mut self,
        op: &'static str,
        name: &str,
        start: SystemTime,
    ) -> TransactionOrSpan {
        if let Sentry::Below(parent) = &self.sentry {
            let id = span_id(self.span_id);
            self.sentry = Sentry::Active(parent.start_child_with_details(op, name, id, start));
        }
        self.as_parent()
    }

    fn as_parent(&self) -> TransactionOrSpan {
        match &self.sentry {
            Sentry::Root(transaction) => transaction.clone().into(),
            Sentry::Below(parent) => parent.clone(),
            Sentry::Active(span) => span.clone().into(),
        }
    }

    pub(super) fn rename(&self, name: &str) {
        match &self.sentry {
            Sentry::Root(transaction) => transaction.set_name(name),
            Sentry::Below(_) => {}
            Sentry::Active(span) => span.set_name(name),
        }
    }

    pub(super) fn record(&mut self, data: impl IntoIterator<Item = (&'static str, Value)>) {
        let data = data.into_iter();
        self.values
            .extend(data.map(|(name, value)| (Cow::Borrowed(name), value)));
    }

    pub(super) fn set(&mut self, name: &str, value: Value) {
        self.values.push((name.to_owned().into(), value));
    }

    /// Sends the span, which has ended.
    pub(super) fn send(self, span: &Ended<'_>) {
        let others = if span.is_shared {
            self.data_of_others()
        } else {
            Vec::new()
        };
        let is_segment = self.segment_id == self.span_id;
        let item = Item {
            trace_id: self.trace_id,
            span_id: self.span_id,
            parent_span_id: self.parent_span_id,
            segment_id: self.segment_id,
            segment_name: is_segment.then_some(span.name),
            name: span.name,
            op: span.op,
            origin: span.origin,
            status: span.status,
            start: span.start,
            end: span.end,
            user: self.user.as_deref(),
        };
        self.stream.add(&item, self.sample_rate, |writer| {
            let mut values = self.values.iter();
            while let Some((name, value)) = values.next() {
                // The last value of a name holds.
                if !values.as_slice().iter().any(|(later, _)| later == name) {
                    writer.value(name, value);
                }
            }
            for (name, value) in &others {
                let is_ours = self.values.iter().any(|(ours, _)| ours == name);
                if !is_ours && Writer::takes(name) {
                    writer.value(name, value);
                }
            }
        });
        if span.is_shared
            && let Sentry::Root(transaction) = self.sentry
        {
            let end = span.end;
            thread::run_in(span.hub.clone(), move || {
                transaction.set_data(CARRIER, true.into());
                transaction.finish_with_timestamp(end);
            });
        }
    }

    /// What others have set on the span that they found active.
    fn data_of_others(&self) -> Vec<(String, Value)> {
        let copy = |(name, value): (&String, &Value)| (name.clone(), value.clone());
        match &self.sentry {
            Sentry::Root(transaction) => transaction.data().iter().map(copy).collect(),
            Sentry::Below(_) => Vec::new(),
            Sentry::Active(span) => span.data().iter().map(copy).collect(),
        }
    }
}

/// What ends with a streamed span.
pub(super) struct Ended<'a> {
    pub(super) hub: &'a Arc<Hub>,
    pub(super) name: &'a str,
    pub(super) op: &'static str,
    pub(super) origin: &'static str,
    pub(super) status: SpanStatus,
    pub(super) start: SystemTime,
    pub(super) end: SystemTime,
    pub(super) is_shared: bool,
}

fn span_id(id: Hex<16>) -> SpanId {
    id.as_str().parse().unwrap_or_default()
}
