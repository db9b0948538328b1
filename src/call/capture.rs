//! A Sentry event for a failed call, if the integration asks for it.

use std::borrow::Cow;

use sentry_core::protocol::{
    Context, Event, Exception, Level, Map, Mechanism, TraceContext, Value,
};

use super::ORIGIN;
use super::failure::Failure;
use crate::error::{Error, shown_request_id};
use crate::record::attributes::{Attributes, names};
use crate::span::Span;

/// What an event says of a failure.
pub(crate) struct Report {
    /// The exception's type: the one that `sentry::capture_error` gives the own client's error.
    pub(crate) kind: Cow<'static, str>,
    /// The same for all failures of one kind: Sentry groups by it.
    pub(crate) text: Cow<'static, str>,
    /// The server's id of the request, if it is a mere name.
    pub(crate) request_id: Option<String>,
}

/// A failure that an event can be made of.
pub(crate) trait Reported {
    fn report(&self) -> Report;
}

impl Reported for Error {
    fn report(&self) -> Report {
        // As sentry-core does it.
        let debug = format!("{self:?}");
        let kind = debug.split([' ', '(', '{', '\r', '\n']).next();
        let text = self.to_string();
        let request_id = self.headers().and_then(shown_request_id);
        let id = request_id.map(|id| format!(" (request {id})"));
        let text = match id.and_then(|id| text.strip_suffix(&id).map(str::to_owned)) {
            Some(text) => text,
            None => text,
        };
        Report {
            kind: kind.unwrap_or_default().to_owned().into(),
            text: text.into(),
            request_id: request_id.map(str::to_owned),
        }
    }
}

/// The failure of a reply that says of itself that it failed.
impl Reported for Failure {
    fn report(&self) -> Report {
        Report {
            kind: "ApiError".into(),
            text: format!("the API gave a response that failed: {}", self.error_type).into(),
            request_id: None,
        }
    }
}

/// Captures the failure in the hub of its call, linked to its span. The trace context is made here and holds ids
/// alone: left to sentry-core, it would be a copy of the whole root, data included.
pub(super) fn capture(span: &Span, facts: &Attributes, failure: &Failure, report: &Report) {
    /// What the event is tagged with, by the names that the span has for it.
    const TAGS: [&str; 4] = [
        names::REQUEST_MODEL,
        names::PROVIDER_NAME,
        names::AGENT_NAME,
        names::OPERATION_NAME,
    ];

    let (trace_id, span_id) = span.ids();
    let exception = Exception {
        ty: report.kind.to_string(),
        value: Some(report.text.to_string()),
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
    let tags = facts.iter().filter(|(name, _)| TAGS.contains(name));
    let tags = tags.filter_map(|(name, value)| Some((name, value.as_str()?)));
    let error_type = (names::ERROR_TYPE, failure.error_type.as_ref());
    for (name, value) in tags.chain([error_type]) {
        event.tags.insert(name.to_owned(), value.to_owned());
    }
    if let Some(id) = &report.request_id {
        let context = Map::from_iter([("request_id".to_owned(), Value::from(id.as_str()))]);
        let context = Context::Other(context);
        event.contexts.insert("openai".to_owned(), context);
    }
    let trace = TraceContext {
        trace_id,
        span_id,
        ..Default::default()
    };
    event.contexts.insert("trace".to_owned(), trace.into());
    span.hub().capture_event(event);
}
