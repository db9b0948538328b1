//! The spans that have ended and have not been given to the lane yet, by trace.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use super::id::Hex;
use super::item::{Item, Writer};

/// How long a span waits for others of its trace.
pub(super) const WAIT: Duration = Duration::from_secs(5);
/// The spans that an envelope may hold; Sentry refuses one with more.
const MOST_SPANS: usize = 1_000;
/// The bytes of spans in one envelope, unless one span is larger: with its headers it is below 1 MB.
const MOST_BYTES: usize = 990_000;
/// The bytes of all spans that are held.
const MOST_HELD: usize = 10_000_000;
/// What the spans of one trace are first given room for.
const ROOM: usize = 8 * 1_024;
/// The buffers that are kept for other traces, and how large one may be.
const SPARES: usize = 4;
const LARGEST_SPARE: usize = 64 * 1_024;

/// What an envelope says of the trace that its spans belong to, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Trace {
    pub(super) sample_rate: Option<f32>,
    /// The name of the segment.
    pub(super) transaction: Option<String>,
}

/// Spans of one trace that are due.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) trace_id: Hex<32>,
    pub(super) trace: Trace,
    /// The spans, with commas in between.
    pub(super) spans: Vec<u8>,
    pub(super) count: usize,
    since: Instant,
}

#[derive(Debug, Default)]
pub(super) struct Buffer {
    traces: HashMap<Hex<32>, Batch>,
    /// The traces in the order in which they began to wait. One that has gone meanwhile is passed over.
    order: VecDeque<(Instant, Hex<32>)>,
    due: VecDeque<Batch>,
    bytes: usize,
    spares: Vec<Vec<u8>>,
}

impl Buffer {
    /// Adds a span, and returns how many were dropped to make room for it.
    pub(super) fn add(
        &mut self,
        item: &Item<'_>,
        sample_rate: Option<f32>,
        common: &[u8],
        attributes: impl FnOnce(&mut Writer<'_>),
        now: Instant,
    ) -> usize {
        let trace_id = item.trace_id;
        if !self.traces.contains_key(&trace_id) {
            let spans = self.spares.pop();
            let spans = spans.unwrap_or_else(|| Vec::with_capacity(ROOM));
            self.begin(trace_id, Trace::default(), spans, 0, now);
        }
        let Some(batch) = self.traces.get_mut(&trace_id) else {
            return 0;
        };
        let before = batch.spans.len();
        if batch.count > 0 {
            batch.spans.push(b',');
        }
        let start = batch.spans.len();
        item.write(&mut batch.spans, common, attributes);
        batch.count += 1;
        if sample_rate.is_some() {
            batch.trace.sample_rate = sample_rate;
        }
        if batch.trace.transaction.is_none()
            && let Some(name) = item.segment_name
        {
            batch.trace.transaction = Some(name.to_owned());
        }
        self.bytes += batch.spans.len() - before;

        if batch.spans.len() > MOST_BYTES && batch.count > 1 {
            // The others go, and this one begins the next batch.
            let last = batch.spans.split_off(start);
            batch.spans.truncate(before);
            batch.count -= 1;
            self.bytes -= start - before;
            let trace = batch.trace.clone();
            self.take_out(trace_id);
            self.begin(trace_id, trace, last, 1, now);
        }
        if let Some(batch) = self.traces.get(&trace_id)
            && (batch.count >= MOST_SPANS || batch.spans.len() > MOST_BYTES)
        {
            self.take_out(trace_id);
        }
        self.drop_oldest()
    }

    fn begin(
        &mut self,
        trace_id: Hex<32>,
        trace: Trace,
        spans: Vec<u8>,
        count: usize,
        since: Instant,
    ) {
        self.order.push_back((since, trace_id));
        self.traces.insert(
            trace_id,
            Batch {
                trace_id,
                trace,
                spans,
                count,
                since,
            },
        );
    }

    fn take_out(&mut self, trace_id: Hex<32>) {
        self.due.extend(self.traces.remove(&trace_id));
    }

    /// Drops what is oldest until the rest is within bounds; returns how many spans that were.
    fn drop_oldest(&mut self) -> usize {
        let mut dropped = 0;
        while self.bytes > MOST_HELD {
            if self.due.is_empty() {
                self.take_out_oldest();
            }
            let Some(batch) = self.next() else { break };
            dropped += batch.count;
            self.keep(batch.spans);
        }
        dropped
    }

    fn take_out_oldest(&mut self) {
        if let Some((since, trace_id)) = self.order.pop_front()
            && self.is_waiting_since(trace_id, since)
        {
            self.take_out(trace_id);
        }
    }

    fn is_waiting_since(&self, trace_id: Hex<32>, since: Instant) -> bool {
        let batch = self.traces.get(&trace_id);
        batch.is_some_and(|batch| batch.since == since)
    }

    /// Takes out all that has waited long enough.
    pub(super) fn take_out_due(&mut self, now: Instant) {
        while let Some((since, _)) = self.order.front()
            && now.saturating_duration_since(*since) >= WAIT
        {
            self.take_out_oldest();
        }
    }

    /// Takes out everything.
    pub(super) fn take_out_all(&mut self) {
        while !self.order.is_empty() {
            self.take_out_oldest();
        }
    }

    /// When the next trace will have waited long enough.
    pub(super) fn next_due(&mut self) -> Option<Instant> {
        while let Some(&(since, trace_id)) = self.order.front() {
            if self.is_waiting_since(trace_id, since) {
                return Some(since + WAIT);
            }
            self.order.pop_front();
        }
        None
    }

    /// The next batch that is to be sent.
    pub(super) fn next(&mut self) -> Option<Batch> {
        let batch = self.due.pop_front()?;
        self.bytes -= batch.spans.len();
        Some(batch)
    }

    pub(super) fn has_due(&self) -> bool {
        !self.due.is_empty()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.traces.is_empty() && self.due.is_empty()
    }

    /// Keeps the room of a batch that was sent for another trace.
    pub(super) fn keep(&mut self, mut spans: Vec<u8>) {
        if self.spares.len() < SPARES && spans.capacity() <= LARGEST_SPARE {
            spans.clear();
            self.spares.push(spans);
        }
    }
}
