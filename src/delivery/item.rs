//! One span as it goes over the wire: an item of version 2 in [Sentry's span protocol].
//!
//! [Sentry's span protocol]: https://develop.sentry.dev/sdk/telemetry/spans/span-protocol/

use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use sentry_core::protocol::{SpanStatus, User, Value};

use super::id::Hex;

/// A span that has ended. Its attributes are written by [`Writer`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Item<'a> {
    pub(crate) trace_id: Hex<32>,
    pub(crate) span_id: Hex<16>,
    pub(crate) parent_span_id: Option<Hex<16>>,
    pub(crate) segment_id: Hex<16>,
    pub(crate) segment_name: Option<&'a str>,
    pub(crate) name: &'a str,
    pub(crate) op: &'a str,
    pub(crate) origin: &'a str,
    pub(crate) status: SpanStatus,
    pub(crate) start: SystemTime,
    pub(crate) end: SystemTime,
    pub(crate) user: Option<&'a Person>,
}

/// What Sentry is told of the user of a scope.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Person {
    id: Option<String>,
    name: Option<String>,
    email: Option<String>,
}

/// Attributes that an item gives itself: nobody else may set them.
const OWN: [&str; 16] = [
    "sentry.op",
    "sentry.origin",
    "sentry.segment.id",
    "sentry.segment.name",
    "sentry.segment.name.source",
    "sentry.platform",
    "sentry.status.message",
    "sentry.trace_lifecycle",
    "sentry.sdk.name",
    "sentry.sdk.version",
    "sentry.release",
    "sentry.environment",
    "user.id",
    "user.name",
    "user.email",
    "sentry._internal.segment.contains_gen_ai_spans",
];

impl Item<'_> {
    /// Whether Sentry groups a trace by this span.
    pub(super) fn is_segment(&self) -> bool {
        self.segment_id == self.span_id
    }

    /// Writes the span; `common` are the attributes of all spans of its client, written already, and
    /// `attributes` writes its own.
    pub(super) fn write(
        &self,
        buffer: &mut Vec<u8>,
        common: &[u8],
        attributes: impl FnOnce(&mut Writer<'_>),
    ) {
        buffer.extend_from_slice(b"{\"trace_id\":\"");
        buffer.extend_from_slice(self.trace_id.as_bytes());
        buffer.extend_from_slice(b"\",\"span_id\":\"");
        buffer.extend_from_slice(self.span_id.as_bytes());
        if let Some(parent) = self.parent_span_id {
            buffer.extend_from_slice(b"\",\"parent_span_id\":\"");
            buffer.extend_from_slice(parent.as_bytes());
        }
        buffer.extend_from_slice(b"\",\"name\":");
        write_text(buffer, self.name);
        // A span that was cancelled has not failed.
        let is_ok = matches!(self.status, SpanStatus::Ok | SpanStatus::Cancelled);
        buffer.extend_from_slice(if is_ok {
            b",\"status\":\"ok\""
        } else {
            b",\"status\":\"error\""
        });
        buffer.extend_from_slice(if self.is_segment() {
            b",\"is_segment\":true"
        } else {
            b",\"is_segment\":false"
        });
        buffer.extend_from_slice(b",\"start_timestamp\":");
        write_time(buffer, self.start);
        buffer.extend_from_slice(b",\"end_timestamp\":");
        write_time(buffer, self.end);

        buffer.extend_from_slice(b",\"attributes\":{");
        let mut writer = Writer {
            buffer,
            is_first: true,
        };
        writer.text("sentry.op", self.op);
        writer.text("sentry.origin", self.origin);
        writer.text("sentry.segment.id", self.segment_id.as_str());
        if let Some(name) = self.segment_name {
            writer.text("sentry.segment.name", name);
        }
        if self.is_segment() {
            writer.text("sentry.segment.name.source", "custom");
            writer.text("sentry.platform", "native");
        }
        if self.status != SpanStatus::Ok {
            writer.text("sentry.status.message", status_text(self.status));
        }
        writer.written(common);
        if let Some(user) = self.user {
            for (name, value) in [
                ("user.id", &user.id),
                ("user.name", &user.name),
                ("user.email", &user.email),
            ] {
                if let Some(value) = value {
                    writer.text(name, value);
                }
            }
        }
        attributes(&mut writer);
        buffer.extend_from_slice(b"}}");
    }
}

impl Person {
    /// What is told of `user`, if anything is.
    pub(crate) fn of(user: &User) -> Option<Self> {
        let person = Self {
            id: user.id.clone(),
            name: user.username.clone(),
            email: user.email.clone(),
        };
        (person != Self::default()).then_some(person)
    }
}

/// Writes attributes. The caller sees to it that no name comes twice.
#[derive(Debug)]
pub(crate) struct Writer<'a> {
    buffer: &'a mut Vec<u8>,
    is_first: bool,
}

impl Writer<'_> {
    /// Whether others than the item itself may set an attribute of this name.
    pub(crate) fn takes(name: &str) -> bool {
        !OWN.contains(&name)
    }

    /// Writes one attribute. A null is none; an object, for which the format has no type, is written as the text
    /// of its JSON.
    pub(crate) fn value(&mut self, name: &str, value: &Value) {
        let ty = match value {
            Value::Null => return,
            Value::String(text) => return self.text(name, text),
            Value::Bool(_) => "boolean",
            Value::Number(number) if number.is_i64() => "integer",
            Value::Number(_) => "double",
            Value::Array(items) if items.iter().all(is_scalar) => "array",
            Value::Array(_) | Value::Object(_) => return self.text(name, &value.to_string()),
        };
        self.open(name, ty);
        write_json(self.buffer, value);
        self.buffer.push(b'}');
    }

    fn text(&mut self, name: &str, text: &str) {
        self.open(name, "string");
        write_text(self.buffer, text);
        self.buffer.push(b'}');
    }

    /// Appends attributes that are written already.
    fn written(&mut self, attributes: &[u8]) {
        if !attributes.is_empty() {
            self.separate();
            self.buffer.extend_from_slice(attributes);
        }
    }

    fn open(&mut self, name: &str, ty: &str) {
        self.separate();
        write_text(self.buffer, name);
        self.buffer.extend_from_slice(b":{\"type\":\"");
        self.buffer.extend_from_slice(ty.as_bytes());
        self.buffer.extend_from_slice(b"\",\"value\":");
    }

    fn separate(&mut self) {
        if !std::mem::take(&mut self.is_first) {
            self.buffer.push(b',');
        }
    }
}

/// Writes the attributes that all spans of one client have.
pub(super) fn common(
    sdk: (&str, &str),
    release: Option<&str>,
    environment: Option<&str>,
) -> Vec<u8> {
    let mut buffer = Vec::new();
    let mut writer = Writer {
        buffer: &mut buffer,
        is_first: true,
    };
    writer.text("sentry.trace_lifecycle", "stream");
    writer.text("sentry.sdk.name", sdk.0);
    writer.text("sentry.sdk.version", sdk.1);
    if let Some(release) = release {
        writer.text("sentry.release", release);
    }
    if let Some(environment) = environment {
        writer.text("sentry.environment", environment);
    }
    buffer
}

/// A status as Sentry names it.
fn status_text(status: SpanStatus) -> &'static str {
    match status {
        SpanStatus::Ok => "ok",
        SpanStatus::DeadlineExceeded => "deadline_exceeded",
        SpanStatus::Unauthenticated => "unauthenticated",
        SpanStatus::PermissionDenied => "permission_denied",
        SpanStatus::NotFound => "not_found",
        SpanStatus::ResourceExhausted => "resource_exhausted",
        SpanStatus::InvalidArgument => "invalid_argument",
        SpanStatus::Unimplemented => "unimplemented",
        SpanStatus::Unavailable => "unavailable",
        SpanStatus::InternalError => "internal_error",
        SpanStatus::Cancelled => "cancelled",
        SpanStatus::AlreadyExists => "already_exists",
        SpanStatus::FailedPrecondition => "failed_precondition",
        SpanStatus::Aborted => "aborted",
        SpanStatus::OutOfRange => "out_of_range",
        SpanStatus::DataLoss => "data_loss",
        _ => "unknown_error",
    }
}

fn is_scalar(value: &Value) -> bool {
    matches!(value, Value::String(_) | Value::Bool(_) | Value::Number(_))
}

fn write_text(buffer: &mut Vec<u8>, text: &str) {
    // Writing to memory does not fail.
    let _ = serde_json::to_writer(buffer, text);
}

fn write_json(buffer: &mut Vec<u8>, value: &Value) {
    let _ = serde_json::to_writer(buffer, value);
}

/// Writes seconds since 1970, to the microsecond.
fn write_time(buffer: &mut Vec<u8>, time: SystemTime) {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let _ = write!(buffer, "{}.{:06}", since.as_secs(), since.subsec_micros());
}
