//! One Sentry span or transaction: its parent, hub, clock and end.
//!
//! A span is a child of the active span, or a transaction where there is none. What makes this more than a
//! call to sentry-core: a span may end after its transaction was sent, and sentry-core then drops it without
//! a word. So at its end each span looks whether its transaction has gone ([`parent`]) or has no room left
//! ([`room`]), and then sends itself as a transaction of its own ([`alone`]) with the same ids, in the same trace;
//! where many do so at once, together with others ([`outbox`]).
//!
//! Where the client streams its spans, none of this is needed: each span travels by itself ([`streamed`]).
//!
//! Nothing here changes the user's scope, and nothing is started for a trace that is not sampled.

mod adopted;
mod alone;
mod below;
mod data;
mod handle;
mod outbox;
mod parent;
mod room;
mod streamed;
mod thread;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use sentry_core::protocol::{SpanId, SpanStatus, TraceId, Value};
use sentry_core::{Client, Hub, TracesSamplingStrategy, TransactionOrSpan};

#[cfg(feature = "tracing")]
pub(crate) use self::adopted::is_adopted;
pub(crate) use self::below::Below;
use self::data::Data;
use self::handle::{Handle, is_sampled, start_root};
use self::parent::Parent;
use self::streamed::Streamed;
pub(crate) use self::thread::{hub as current_hub, mark as mark_thread};
use crate::delivery::{Person, Stream};
use crate::unrecorded::Unrecorded;

/// The data key for what made a span.
const ORIGIN: &str = "sentry.origin";

/// Sentry rounds timestamps to microseconds, and refuses a whole transaction if one of its spans ends before
/// it starts: nothing ends sooner than this after its start.
const SHORTEST: Duration = Duration::from_micros(2);

/// Where a span that starts now will stand; there is none where nothing would be sent.
pub(crate) struct Place {
    hub: Arc<Hub>,
    client: Arc<Client>,
    parent: Option<TransactionOrSpan>,
    /// Where the span goes if it travels by itself, and the user that it tells of then.
    stream: Option<(Arc<Stream>, Option<Person>)>,
}

/// What a span is from its start on.
pub(crate) struct Identity {
    pub(crate) op: &'static str,
    pub(crate) name: String,
    pub(crate) origin: &'static str,
}

/// A running span that is going to be sent.
pub(crate) struct Span {
    hub: Arc<Hub>,
    client: Arc<Client>,
    handle: Handle,
    op: &'static str,
    name: String,
    origin: &'static str,
    start: SystemTime,
    clock: Instant,
    data: Data,
    /// What its data weighs, once it has ended.
    bytes: usize,
    /// Whether the user can reach it, and read and set its data as well.
    is_shared: bool,
    /// Whether someone else began it, and will finish it.
    is_adopted: bool,
    /// Children that have ended: they go where this span goes.
    children: Vec<Ended>,
}

/// A span that has ended, but was not sent yet.
struct Ended {
    span: Span,
    end: SystemTime,
}

impl Place {
    /// The place below the active span of `hub`, or that of a transaction where there is none.
    ///
    /// `None` if no client is bound, it is disabled, or the active trace is not sampled.
    pub(crate) fn find(hub: Arc<Hub>) -> Option<Self> {
        let client = hub.client().filter(|client| client.is_enabled())?;
        let stream = Stream::of(&client);
        let (parent, user) = match &stream {
            Some(_) => parent::active_with_user(&hub),
            None => (parent::active(&hub), None),
        };
        let is_off = matches!(
            client.options().traces_sampling_strategy,
            TracesSamplingStrategy::Disabled
        );
        let reason = match &parent {
            Some(parent) if is_sampled(parent) => None,
            None if !is_off => None,
            _ if is_off => Some(Unrecorded::TracingOff),
            _ => Some(Unrecorded::Unsampled),
        };
        if let Some(reason) = reason {
            reason.say(&client);
            return None;
        }
        Some(Self {
            hub,
            client,
            parent,
            stream: stream.map(|stream| (stream, user)),
        })
    }

    /// Whether the span will be the child of another.
    pub(crate) fn has_parent(&self) -> bool {
        self.parent.is_some()
    }

    /// The bytes of the parent's id, as [`Span::id`] has them. Slow for a transaction: copies its context.
    pub(crate) fn parent_id(&self) -> Option<[u8; 8]> {
        self.parent.as_ref().map(id_of)
    }

    /// Starts the span; `custom` is what a traces sampler may see if it is a transaction. `None` if that is
    /// not sampled.
    pub(crate) fn start<'a>(
        self,
        identity: Identity,
        custom: impl Iterator<Item = (&'static str, &'a Value)>,
    ) -> Option<Span> {
        let (handle, start) = match (self.parent, self.stream) {
            (Some(parent), None) => Handle::child(parent, &identity),
            (Some(parent), Some((stream, user))) => {
                let streamed = Streamed::below(stream, parent, user);
                (Handle::Streamed(Box::new(streamed)), SystemTime::now())
            }
            (None, stream) => {
                let root = start_root(&self.hub, &identity, custom)?;
                let root = match stream {
                    None => Handle::Root(root),
                    Some((stream, user)) => {
                        let streamed = Streamed::root(stream, &self.client, root, user);
                        Handle::Streamed(Box::new(streamed))
                    }
                };
                // Not before the start that the transaction gave itself: its end is reckoned from here.
                (root, SystemTime::now())
            }
        };
        Some(Span::new(self.hub, self.client, handle, identity, start))
    }

    /// Adopts the active span if it is for one of these operations (see [`adopted`]), else starts one as
    /// [`start`](Self::start) does.
    pub(crate) fn adopt_or_start<'a>(
        self,
        operations: &[&str],
        identity: Identity,
        custom: impl Iterator<Item = (&'static str, &'a Value)>,
    ) -> Option<Span> {
        match &self.parent {
            Some(active) if adopted::adopt(active, operations) => {
                let handle = Handle::adopted(active, &identity);
                let start = SystemTime::now();
                let mut span = Span::new(self.hub, self.client, handle, identity, start);
                (span.is_adopted, span.is_shared) = (true, true);
                Some(span)
            }
            _ => self.start(identity, custom),
        }
    }
}

/// The headers that continue the active trace: that of the active span, sampled or not, or of the scope where
/// there is none. Without a client that is enabled there is nothing to continue.
pub(crate) fn active_trace_headers() -> Vec<(&'static str, String)> {
    let hub = current_hub();
    if hub.client().is_none_or(|client| !client.is_enabled()) {
        return Vec::new();
    }
    // A hub gives its scope only to change it: this one is ours.
    Hub::new_from_top(hub).configure_scope(|scope| scope.iter_trace_propagation_headers().collect())
}

impl Span {
    fn new(
        hub: Arc<Hub>,
        client: Arc<Client>,
        handle: Handle,
        identity: Identity,
        start: SystemTime,
    ) -> Self {
        Self {
            hub,
            client,
            handle,
            op: identity.op,
            name: identity.name,
            origin: identity.origin,
            start,
            clock: Instant::now(),
            data: Data::of(identity.op),
            bytes: 0,
            is_shared: false,
            is_adopted: false,
            children: Vec::new(),
        }
    }

    /// The hub that the span started in.
    pub(crate) fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    /// Its operation.
    pub(crate) fn op(&self) -> &'static str {
        self.op
    }

    /// The time since its start.
    pub(crate) fn elapsed(&self) -> Duration {
        self.clock.elapsed()
    }

    /// Its trace and its own id. Slow: copies the transaction's context.
    pub(crate) fn ids(&self) -> (TraceId, SpanId) {
        self.handle.ids()
    }

    /// The bytes of its transaction's span id, which tell one transaction from another; `None` if it travels by
    /// itself. Slow, as [`ids`](Self::ids).
    pub(crate) fn root(&self) -> Option<[u8; 8]> {
        Some(id_bytes(self.handle.root_context()?.span_id))
    }

    /// The bytes of its own span id; those of [`root`](Self::root), if it is its transaction's root.
    pub(crate) fn id(&self) -> [u8; 8] {
        match &self.handle {
            Handle::Root(transaction) => id_bytes(transaction.get_trace_context().span_id),
            Handle::Child { span, .. } => id_bytes(span.get_span_id()),
            Handle::Streamed(streamed) => id_bytes(streamed.ids().1),
        }
    }

    /// The headers that continue the trace at another service.
    pub(crate) fn trace_headers(&self) -> Vec<(&'static str, String)> {
        self.handle.trace_headers()
    }

    /// What Sentry knows it as, to be set on a scope.
    pub(crate) fn as_active(&mut self) -> TransactionOrSpan {
        self.is_shared = true;
        match &mut self.handle {
            Handle::Root(transaction) => transaction.clone().into(),
            Handle::Child { span, .. } => span.clone().into(),
            Handle::Streamed(streamed) => streamed.as_active(self.op, &self.name, self.start),
        }
    }

    pub(crate) fn rename(&mut self, name: String) {
        self.handle.rename(&name);
        self.name = name;
    }

    /// Keeps data to be set when the span ends: until then no error event can copy it.
    pub(crate) fn record(&mut self, data: impl IntoIterator<Item = (&'static str, Value)>) {
        if let Handle::Streamed(streamed) = &mut self.handle {
            streamed.record(data);
            return;
        }
        for (name, value) in data {
            self.data.set(name, value);
        }
    }

    /// Keeps one value, as [`record`](Self::record) does.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<Value>) {
        match &mut self.handle {
            Handle::Streamed(streamed) => streamed.set(name, value.into()),
            _ => self.data.set(name, value.into()),
        }
    }

    /// Starts a child of this span.
    pub(crate) fn child(&self, identity: Identity) -> Span {
        self.below().start(identity)
    }

    /// Ends a child of this span. It is sent with it.
    pub(crate) fn finish_child(&mut self, child: Span, status: SpanStatus) {
        let end = child.end();
        let Some(mut child) = child.stream(status, end) else {
            return;
        };
        child.close(status);
        self.children.push(Ended { span: child, end });
    }

    /// Ends the span now and sends it: with its transaction, or alone if that has gone or has no room. One that is
    /// cancelled was dropped, and maybe its transaction with it.
    pub(crate) fn finish(self, status: SpanStatus) {
        if status == SpanStatus::Cancelled {
            self.finish_dropped(status);
        } else {
            self.end_as(status, false);
        }
    }

    /// Ends a span that was dropped: its transaction may be dropped as well, and then it is sent alone.
    pub(crate) fn finish_dropped(self, status: SpanStatus) {
        self.end_as(status, true);
    }

    fn end_as(mut self, status: SpanStatus, is_dropped: bool) {
        if self.is_adopted && !self.has_lost_its_transaction() {
            self.leave(status);
            return;
        }
        let end = self.end();
        let Some(mut span) = self.stream(status, end) else {
            return;
        };
        span.close(status);
        let is_alone = match &span.handle {
            Handle::Root(_) | Handle::Streamed(_) => false,
            Handle::Child { span: child, .. } => {
                (is_dropped && Parent::may_stay_unfinished(child, &span.hub))
                    || !room::take(child.get_trace_context().span_id, &span)
            }
        };
        let mut ended = Ended { span, end };
        if is_alone || ended.has_outlived_its_transaction() {
            alone::send(ended);
            return;
        }
        for child in std::mem::take(&mut ended.span.children) {
            child.join_transaction();
        }
        ended.join_transaction();
    }

    /// Writes to an adopted span what it is to hold, and leaves its end to whoever began it.
    fn leave(mut self, status: SpanStatus) {
        self.close(status);
        // It takes its room in the transaction, whether there is any or not.
        if let Some(root) = self.handle.root_context() {
            room::take(root.span_id, &self);
        }
        for child in std::mem::take(&mut self.children) {
            child.join_transaction();
        }
    }

    /// Whether an adopted span can't be finished any more by whoever began it: its transaction has been sent. An
    /// adopted transaction that was sent is left alone then, and this becomes a child of it.
    fn has_lost_its_transaction(&mut self) -> bool {
        match &self.handle {
            Handle::Child { span, parent } => parent.has_gone(span),
            Handle::Root(transaction) => {
                // One that was adopted holds its operation until it is sent.
                if transaction.data().iter().next().is_some() {
                    return false;
                }
                let (id, parent) = (
                    SpanId::default(),
                    TransactionOrSpan::from(transaction.clone()),
                );
                let span = parent.start_child_with_details(self.op, &self.name, id, self.start);
                let parent = Parent::new(parent);
                self.handle = Handle::Child { span, parent };
                self.is_adopted = false;
                true
            }
            Handle::Streamed(_) => false,
        }
    }

    /// Sends the span if it travels by itself, or else gives it back.
    fn stream(self, status: SpanStatus, end: SystemTime) -> Option<Self> {
        let Handle::Streamed(streamed) = self.handle else {
            return Some(self);
        };
        streamed.send(&streamed::Ended {
            hub: &self.hub,
            name: &self.name,
            op: self.op,
            origin: self.origin,
            status,
            start: self.start,
            end,
            is_shared: self.is_shared,
        });
        None
    }

    /// Gives Sentry's span all that it will hold: only its end is missing then.
    fn close(&mut self, status: SpanStatus) {
        if !self.is_adopted {
            self.set(ORIGIN, self.origin);
        }
        let values = self.data.take();
        self.bytes = room::weight(&values);
        match &self.handle {
            Handle::Root(transaction) => {
                transaction.set_status(status);
                let mut data = transaction.data();
                for (name, value) in values {
                    data.set_data(name.into(), value);
                }
            }
            Handle::Child { span, .. } => {
                span.set_status(status);
                let mut data = span.data();
                if data.is_empty() {
                    *data = values;
                } else {
                    data.extend(values);
                }
            }
            Handle::Streamed(_) => {}
        }
    }

    fn end(&self) -> SystemTime {
        self.start + self.elapsed().max(SHORTEST)
    }
}

impl Ended {
    fn has_outlived_its_transaction(&self) -> bool {
        match &self.span.handle {
            Handle::Root(_) | Handle::Streamed(_) => false,
            Handle::Child { span, parent, .. } => parent.has_gone(span),
        }
    }

    /// Becomes part of its transaction, or sends it if it is one.
    ///
    /// A transaction that another thread finishes between the look at it and this takes no span any more, and the
    /// span is lost: no call of sentry-core does both. So nothing else is done in between.
    fn join_transaction(self) {
        let (end, span) = (self.end, self.span);
        match span.handle {
            Handle::Root(transaction) => {
                thread::run_in(span.hub, move || transaction.finish_with_timestamp(end));
            }
            Handle::Child { span: finished, .. } => {
                finished.clone().finish_with_timestamp(end);
                if !span.is_shared {
                    Data::keep(span.op, std::mem::take(&mut *finished.data()));
                }
            }
            Handle::Streamed(_) => {}
        }
    }
}

/// What [`Span::root`] is for the transaction of a span that is not ours.
pub(crate) fn root_of(span: &TransactionOrSpan) -> [u8; 8] {
    id_bytes(span.get_trace_context().span_id)
}

/// What [`Span::id`] is for a span that is not ours.
pub(crate) fn id_of(span: &TransactionOrSpan) -> [u8; 8] {
    match span {
        TransactionOrSpan::Transaction(_) => root_of(span),
        TransactionOrSpan::Span(span) => id_bytes(span.get_span_id()),
    }
}

fn id_bytes(id: SpanId) -> [u8; 8] {
    u64::from_str_radix(&id.to_string(), 16)
        .unwrap_or_default()
        .to_be_bytes()
}
