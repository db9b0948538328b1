//! A span that its transaction can't take, sent as a transaction of its own.
//!
//! It keeps its ids, trace, parent and times. The envelope is made by hand: starting a transaction would ask
//! the traces sampler once more, and it might say no to a trace that is being kept.

use std::sync::Arc;

use sentry_core::protocol::{
    self, ClientSdkInfo, ClientSdkPackage, DynamicSamplingContext, Envelope, EnvelopeHeaders,
    TraceContext, TraceId,
};
use sentry_core::{Client, Hub};

use super::room::Room;
use super::{Ended, Handle, outbox, parent};

/// Sends the span with its children, wherever we are: making ids takes a thread-local, as hubs do.
pub(super) fn send(ended: Ended) {
    super::thread::run_in(ended.span.hub.clone(), move || {
        outbox::send(Alone::new(ended));
    });
}

/// A transaction of its own, before it is put into an envelope: other spans of its trace may join it.
pub(super) struct Alone {
    pub(super) client: Arc<Client>,
    pub(super) trace_id: TraceId,
    pub(super) room: Room,
    sample_rate: Option<f32>,
    context: TraceContext,
    transaction: protocol::Transaction<'static>,
}

impl Alone {
    fn new(mut ended: Ended) -> Box<Self> {
        let client = ended.span.client.clone();
        let hub = ended.span.hub.clone();
        let origin = ended.span.origin;
        let room = Room::of(&ended.span);
        let sample_rate = match &ended.span.handle {
            Handle::Root(_) | Handle::Streamed(_) => None,
            Handle::Child { span, .. } => parent::sample_rate(span),
        };
        let children = std::mem::take(&mut ended.span.children);
        let span = ended.into_protocol();

        let options = client.options();
        let mut transaction = protocol::Transaction {
            name: span.description,
            release: options.release.clone(),
            environment: options.environment.clone(),
            server_name: options.server_name.clone(),
            sdk: Some(std::borrow::Cow::Owned(sdk(&client))),
            start_timestamp: span.start_timestamp,
            timestamp: span.timestamp,
            spans: children.into_iter().map(Ended::into_protocol).collect(),
            ..Default::default()
        };
        let context = TraceContext {
            span_id: span.span_id,
            trace_id: span.trace_id,
            parent_span_id: span.parent_span_id,
            op: span.op,
            status: span.status,
            origin: Some(origin.to_owned()),
            data: span.data,
            ..Default::default()
        };
        // A hub gives its scope only to change it: this one is ours.
        Hub::new_from_top(hub)
            .configure_scope(|scope| scope.apply_to_transaction(&mut transaction));
        Box::new(Self {
            client,
            trace_id: span.trace_id,
            room,
            sample_rate,
            context,
            transaction,
        })
    }

    /// Takes another one up as spans beside its own, or gives it back: it must be of the same trace, with the same
    /// scope, and there must be room for it.
    pub(super) fn join(&mut self, other: Box<Self>) -> Result<(), Box<Self>> {
        let (ours, theirs) = (&self.transaction, &other.transaction);
        let is_alike = Arc::ptr_eq(&self.client, &other.client)
            && self.trace_id == other.trace_id
            && ours.user == theirs.user
            && ours.tags == theirs.tags
            && ours.extra == theirs.extra
            && ours.contexts == theirs.contexts;
        let Some(room) = self.room.and(other.room).filter(|_| is_alike) else {
            return Err(other);
        };
        self.room = room;
        self.sample_rate = self.sample_rate.or(other.sample_rate);
        let context = other.context;
        self.transaction.spans.push(protocol::Span {
            span_id: context.span_id,
            trace_id: context.trace_id,
            parent_span_id: context.parent_span_id,
            op: context.op,
            description: other.transaction.name,
            start_timestamp: other.transaction.start_timestamp,
            timestamp: other.transaction.timestamp,
            status: context.status,
            data: context.data,
            ..Default::default()
        });
        self.transaction.spans.extend(other.transaction.spans);
        Ok(())
    }

    /// Sends it.
    ///
    /// The sampling context in the envelope's header reaches Sentry only through transports that leave headers alone:
    /// the HTTP transports of `sentry` 0.49 run `Envelope::filter`, which keeps none but the event id, here as for every
    /// transaction (see `docs/upstream/envelope-filter.md`).
    pub(super) fn send(mut self) {
        let contexts = &mut self.transaction.contexts;
        contexts.insert("trace".into(), self.context.into());
        let mut sampling = DynamicSamplingContext::new()
            .with_trace_id(self.trace_id)
            .with_sampled(true);
        if let Some(rate) = self.sample_rate {
            sampling = sampling.with_sample_rate(rate);
        }
        if let Some(dsn) = self.client.dsn() {
            sampling = sampling.with_public_key(dsn.public_key().to_owned());
        }
        let headers = EnvelopeHeaders::new().with_trace(sampling);
        let mut envelope = Envelope::new().with_headers(headers);
        envelope.add_item(self.transaction);
        self.client.send_envelope(envelope);
    }
}

impl Ended {
    /// The span as it goes over the wire.
    fn into_protocol(self) -> protocol::Span {
        let (end, span) = (self.end, self.span);
        let (trace_id, span_id) = span.ids();
        let is_adopted = span.is_adopted;
        let (parent_span_id, status, data) = match span.handle {
            Handle::Root(_) | Handle::Streamed(_) => (None, None, protocol::Map::new()),
            Handle::Child { span, parent } => {
                let data = std::mem::take(&mut *span.data());
                let parent = if is_adopted {
                    // Its own parent is not known: the transaction is above it in any case.
                    span.get_trace_context().span_id
                } else {
                    parent.id()
                };
                (Some(parent), span.get_status(), data)
            }
        };
        protocol::Span {
            span_id,
            trace_id,
            parent_span_id,
            op: Some(span.op.to_owned()),
            description: Some(span.name),
            start_timestamp: span.start,
            timestamp: Some(end),
            status,
            data,
            ..Default::default()
        }
    }
}

/// What the client calls itself; its own word is out of reach, but its user agent says the same.
fn sdk(client: &Client) -> ClientSdkInfo {
    const NAME: &str = "sentry.rust";

    let options = client.options();
    let version = options
        .user_agent
        .strip_prefix(NAME)
        .and_then(|rest| rest.strip_prefix('/'))
        .unwrap_or("unknown")
        .to_owned();
    ClientSdkInfo {
        name: NAME.to_owned(),
        packages: vec![ClientSdkPackage {
            name: "cargo:sentry".to_owned(),
            version: version.clone(),
        }],
        version,
        integrations: options
            .integrations
            .iter()
            .map(|integration| integration.name().to_owned())
            .collect(),
    }
}
