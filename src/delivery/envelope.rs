//! The envelope of one batch: the spans of one trace in one container.
//!
//! It is raw, because sentry's own has no such item, and drops its headers on the way out. Relay refuses an
//! envelope of spans whose header has no trace id and public key.

use std::io::Write;
use std::time::SystemTime;

use sentry_core::protocol::{
    ClientSdkInfo, DynamicSamplingContext, Envelope, EnvelopeHeaders, TraceId,
};

use super::buffer::Batch;

/// What all envelopes of one client say.
#[derive(Clone, Debug)]
pub(super) struct Head {
    pub(super) public_key: String,
    pub(super) sdk: (String, String),
    pub(super) release: Option<String>,
    pub(super) environment: Option<String>,
}

impl Head {
    pub(super) fn envelope(&self, batch: &Batch, sent_at: SystemTime) -> Option<Envelope> {
        Envelope::from_bytes_raw(self.write(batch, sent_at)).ok()
    }

    fn write(&self, batch: &Batch, sent_at: SystemTime) -> Vec<u8> {
        const OPEN: &[u8] = b"{\"version\":2,\"items\":[";
        const CLOSE: &[u8] = b"]}";

        let mut bytes = Vec::with_capacity(batch.spans.len() + 1_024);
        let headers = EnvelopeHeaders::new()
            .with_sent_at(sent_at)
            .with_trace(self.trace(batch))
            .with_sdk(ClientSdkInfo {
                name: self.sdk.0.clone(),
                version: self.sdk.1.clone(),
                integrations: Vec::new(),
                packages: Vec::new(),
            });
        // Writing to memory does not fail.
        let _ = serde_json::to_writer(&mut bytes, &headers);
        let _ = write!(
            bytes,
            "\n{{\"type\":\"span\",\"item_count\":{},\
             \"content_type\":\"application/vnd.sentry.items.span.v2+json\",\"length\":{}}}\n",
            batch.count,
            OPEN.len() + batch.spans.len() + CLOSE.len(),
        );
        bytes.extend_from_slice(OPEN);
        bytes.extend_from_slice(&batch.spans);
        bytes.extend_from_slice(CLOSE);
        bytes.push(b'\n');
        bytes
    }

    fn trace(&self, batch: &Batch) -> DynamicSamplingContext {
        let mut trace = DynamicSamplingContext::new()
            .with_public_key(self.public_key.clone())
            .with_sampled(true);
        if let Ok(id) = batch.trace_id.as_str().parse::<TraceId>() {
            trace = trace.with_trace_id(id);
        }
        if let Some(rate) = batch.trace.sample_rate {
            trace = trace.with_sample_rate(rate);
        }
        if let Some(release) = &self.release {
            trace = trace.with_release(release.clone());
        }
        if let Some(environment) = &self.environment {
            trace = trace.with_environment(environment.clone());
        }
        if let Some(name) = &batch.trace.transaction {
            trace = trace.with_transaction(name.clone());
        }
        trace
    }
}
