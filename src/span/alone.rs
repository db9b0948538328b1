//! A span that outlived its transaction, sent as a transaction of its own.
//!
//! It keeps its ids, trace, parent and times. The envelope is made by hand: starting a transaction would ask
//! the traces sampler once more, and it might say no to a trace that is being kept.

use std::time::SystemTime;

use sentry_core::protocol::{
    self, ClientSdkInfo, ClientSdkPackage, DynamicSamplingContext, Envelope, EnvelopeHeaders,
    SpanStatus, TraceContext,
};
use sentry_core::{Client, Hub};

use super::parent::Root;
use super::{Handle, ORIGIN, Span};

/// Sends the span, ended at `end`, wherever we are: making ids takes a thread-local, as hubs do.
pub(super) fn send(span: Span, status: SpanStatus, end: SystemTime) {
    super::thread::run_in(span.hub.clone(), move || send_from_here(span, status, end));
}

fn send_from_here(span: Span, status: SpanStatus, end: SystemTime) {
    let client = span.client.clone();
    let hub = span.hub.clone();
    let origin = span.origin;
    let sample_rate = match &span.handle {
        Handle::Root(_) => None,
        Handle::Child { span, .. } => Root::of(span).and_then(|root| root.sample_rate),
    };
    let mut span = span;
    let late = std::mem::take(&mut span.late);
    let span = span.into_protocol(status, end);

    let options = client.options();
    let mut transaction = protocol::Transaction {
        name: span.description,
        release: options.release.clone(),
        environment: options.environment.clone(),
        server_name: options.server_name.clone(),
        sdk: Some(std::borrow::Cow::Owned(sdk(&client))),
        start_timestamp: span.start_timestamp,
        timestamp: span.timestamp,
        spans: late
            .into_iter()
            .map(|late| late.span.into_protocol(late.status, late.end))
            .collect(),
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
    transaction.contexts.insert("trace".into(), context.into());
    // A hub gives its scope only to change it: this one is ours.
    Hub::new_from_top(hub).configure_scope(|scope| scope.apply_to_transaction(&mut transaction));

    let mut sampling = DynamicSamplingContext::new()
        .with_trace_id(span.trace_id)
        .with_sampled(true);
    if let Some(rate) = sample_rate {
        sampling = sampling.with_sample_rate(rate);
    }
    if let Some(dsn) = client.dsn() {
        sampling = sampling.with_public_key(dsn.public_key().to_owned());
    }
    let headers = EnvelopeHeaders::new().with_trace(sampling);
    let mut envelope = Envelope::new().with_headers(headers);
    envelope.add_item(transaction);
    client.send_envelope(envelope);
}

impl Span {
    /// The span as it goes over the wire.
    fn into_protocol(mut self, status: SpanStatus, end: SystemTime) -> protocol::Span {
        self.set(ORIGIN, self.origin);
        let (trace_id, span_id) = self.ids();
        let parent_span_id = match &self.handle {
            Handle::Root(_) => None,
            Handle::Child { parent, .. } => Some(parent.id()),
        };
        protocol::Span {
            span_id,
            trace_id,
            parent_span_id,
            op: Some(self.op.to_owned()),
            description: Some(self.name),
            start_timestamp: self.start,
            timestamp: Some(end),
            status: Some(status),
            data: self.data.into_values(),
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
