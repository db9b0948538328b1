//! A Sentry event for a failed call, if the integration asks for it.

use std::fmt::Display;

use sentry_core::protocol::{Event, Exception, Level, Mechanism, TraceContext};

use super::ORIGIN;
use super::failure::Failure;
use crate::span::Span;

/// Captures `error` in the hub of its call, linked to its span. The trace context is made here and holds ids
/// alone: left to sentry-core, it would be a copy of the whole root, data included.
pub(super) fn capture(span: &Span, error: &dyn Display, failure: &Failure) {
    let (trace_id, span_id) = span.ids();
    let exception = Exception {
        ty: "OpenAiError".to_owned(),
        value: Some(error.to_string()),
        mechanism: Some(Mechanism {
            ty: ORIGIN.to_owned(),
            handled: Some(true),
            ..Default::default()
        }),
        ..Default::default()
    };
    let mut event = Event {
        level: Level::Error,
        exception: vec![exception].into(),
        ..Default::default()
    };
    event
        .tags
        .insert("error.type".to_owned(), failure.error_type.to_string());
    let trace = TraceContext {
        trace_id,
        span_id,
        ..Default::default()
    };
    event.contexts.insert("trace".to_owned(), trace.into());
    span.hub().capture_event(event);
}
