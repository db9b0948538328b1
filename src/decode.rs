//! Bodies and events to typed values, or to the errors that they hold.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Value, json};

use crate::error::{ApiError, DecodeError, Error, reason};
use crate::sse;
use crate::types::page::Page;
use crate::types::{chat, conversations, embeddings, models, responses};

/// The name of events that are errors, whatever their data.
pub(crate) const ERROR_EVENT: &str = "error";

/// The head of a reply.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
}

impl Head {
    /// The head with values of its own. Those of a reply are slices of the connection's buffer, which could not be used
    /// again as long as they live (bench "memory of a stream").
    pub(crate) fn detached(mut self) -> Self {
        let values: Vec<_> = self.headers.values().map(HeaderValue::as_bytes).collect();
        let mut values = Bytes::from(values.concat());
        for value in self.headers.values_mut() {
            let own = values.split_to(value.len());
            // Can't fail: these bytes are a value.
            if let Ok(mut own) = HeaderValue::from_maybe_shared(own) {
                own.set_sensitive(value.is_sensitive());
                *value = own;
            }
        }
        self
    }
}

/// A type that a reply's body is read into.
pub(crate) trait ReplyBody: DeserializeOwned {
    fn read(body: &str) -> serde_json::Result<Self> {
        serde_json::from_str(body)
    }

    /// The error that stands in a reply whose status is a success; some servers send such.
    fn error(&self) -> Option<&Value>;
}

/// A type that an event of a stream is read into.
pub(crate) trait StreamEvent: Sized {
    /// What reading an event keeps for the next one.
    type Reader: Default + Send;

    fn read(reader: &mut Self::Reader, data: &str) -> Result<Self, Unreadable>;
}

/// Data that is no event of a reply.
pub(crate) enum Unreadable {
    /// It is an error that the API sends.
    Error(Value),
    /// It can't be read.
    Json(serde_json::Error),
}

/// Reads a whole reply.
pub(crate) fn body<T: ReplyBody>(head: &Head, body: &[u8]) -> Result<T, Error> {
    match text(body).and_then(T::read) {
        Ok(value) => match value.error().filter(|error| !error.is_null()) {
            Some(error) => Err(api_error(head, &json!({ "error": error }))),
            None => Ok(value),
        },
        Err(error) => Err(undecodable(head, body, &error)),
    }
}

/// Reads a whole reply into a type that is not ours.
pub(crate) fn any<T: DeserializeOwned>(head: &Head, body: &[u8]) -> Result<T, Error> {
    #[derive(Deserialize)]
    struct MayBeError {
        error: Option<Value>,
        /// A response tells of its failure beside its output.
        output: Option<IgnoredAny>,
    }

    if let Ok(MayBeError {
        error: Some(error),
        output: None,
    }) = serde_json::from_slice(body)
    {
        return Err(api_error(head, &json!({ "error": error })));
    }
    serde_json::from_slice(body).map_err(|error| undecodable(head, body, &error))
}

/// A body as text: one check of the whole costs less than one of each string in it, and our types need be compiled
/// for reading from text alone.
fn text(body: &[u8]) -> serde_json::Result<&str> {
    simdutf8::basic::from_utf8(body).map_err(|_| match serde_json::from_slice::<Value>(body) {
        Err(error) => error,
        Ok(_) => serde::de::Error::custom("not UTF-8"),
    })
}

/// Reads an event of a stream, that is not its end mark.
pub(crate) fn event<T: StreamEvent>(
    head: &Head,
    reader: &mut T::Reader,
    event: &sse::Event<'_>,
) -> Result<T, Error> {
    if event.name == ERROR_EVENT {
        let json = serde_json::from_str(event.data).unwrap_or_else(|_| event.data.into());
        return Err(api_error(head, &json));
    }
    T::read(reader, event.data).map_err(|unreadable| match unreadable {
        Unreadable::Error(json) => api_error(head, &json),
        Unreadable::Json(error) => match serde_json::from_str(event.data) {
            Ok(json) if is_error(&json) => api_error(head, &json),
            _ => decode_error(head, format!("an event of the stream: {}", reason(&error))),
        },
    })
}

/// The error for a body that should have been an event stream and holds not one event: the error that it is,
/// or that it is something else.
pub(crate) fn no_event_stream(head: &Head, body: &[u8]) -> Error {
    if let Some(json) = error_in(body) {
        return api_error(head, &json);
    }
    let what = match content_type(head) {
        _ if body.is_empty() => "nothing".to_owned(),
        Some(content_type) if content_type.eq_ignore_ascii_case("text/event-stream") => {
            return decode_error(head, "the stream holds no event".to_owned());
        }
        Some(content_type) => content_type,
        None => "something else".to_owned(),
    };
    decode_error(head, format!("the server sent {what}, not an event stream"))
}

pub(crate) fn decode_error(head: &Head, reason: String) -> Error {
    Error::Decode(Box::new(DecodeError {
        reason,
        status: head.status,
        headers: head.headers.clone(),
    }))
}

fn api_error(head: &Head, json: &Value) -> Error {
    ApiError::from_json(head.status, head.headers.clone(), json).into()
}

/// The error for a reply that is not what was asked for: what the API says in it, or that it can't be read.
fn undecodable(head: &Head, body: &[u8], error: &serde_json::Error) -> Error {
    if let Some(json) = error_in(body) {
        return api_error(head, &json);
    }
    let reason = match content_type(head) {
        Some(content_type) if !content_type.contains("json") => {
            format!("the server sent {content_type}, not JSON")
        }
        _ => reason(error),
    };
    decode_error(head, reason)
}

/// The body as JSON, if it is an error object.
fn error_in(body: &[u8]) -> Option<Value> {
    let json: Value = serde_json::from_slice(body).ok()?;
    is_error(&json).then_some(json)
}

/// Whether JSON that is no reply is an error: `{"error": ...}`, or a flat one.
fn is_error(json: &Value) -> bool {
    let nested = json.get("error").is_some_and(|error| !error.is_null());
    let named = ["object", "type"]
        .iter()
        .any(|name| json.get(name).and_then(Value::as_str) == Some("error"));
    let flat = json.get("message").is_some_and(Value::is_string)
        && (json.get("code").is_some() || json.get("type").is_some());
    nested || named || flat
}

/// The media type of a reply, without parameters.
pub(crate) fn content_type(head: &Head) -> Option<String> {
    let value = head.headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let media_type = value.split(';').next()?.trim();
    let is_plain = media_type
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"/+-._".contains(&byte));
    (!media_type.is_empty() && media_type.len() <= 64 && is_plain).then(|| media_type.to_owned())
}

impl StreamEvent for chat::Chunk {
    type Reader = chat::ChunkReader;

    fn read(reader: &mut Self::Reader, data: &str) -> Result<Self, Unreadable> {
        let chunk = reader.read(data).map_err(Unreadable::Json)?;
        match &chunk.error {
            Some(error) if !error.is_null() => Err(Unreadable::Error(json!({ "error": error }))),
            _ => Ok(chunk),
        }
    }
}

impl StreamEvent for responses::Event {
    type Reader = responses::EventReader;

    fn read(reader: &mut Self::Reader, data: &str) -> Result<Self, Unreadable> {
        match reader.read(data).map_err(Unreadable::Json)? {
            Self::Error(error) => {
                let json = serde_json::to_value(error).map_err(Unreadable::Json)?;
                Err(Unreadable::Error(json))
            }
            Self::Unknown(json) if json.get("error").is_some_and(|error| !error.is_null()) => {
                Err(Unreadable::Error(json))
            }
            event => Ok(event),
        }
    }
}

impl ReplyBody for responses::Response {
    fn read(body: &str) -> serde_json::Result<Self> {
        serde_json::from_str::<responses::Reply>(body).map(|body| body.0)
    }

    /// None: a body with `output` is a response, whatever its `error`.
    fn error(&self) -> Option<&Value> {
        None
    }
}

/// Replies whose fields do not include `error`, so that it is among the unknown ones.
macro_rules! reply_bodies {
    ($($type:ty,)*) => {
        $(
            impl ReplyBody for $type {
                fn error(&self) -> Option<&Value> {
                    self.extra.get("error")
                }
            }
        )*
    };
}

reply_bodies! {
    chat::Completion,
    chat::Deleted,
    responses::Compacted,
    responses::InputTokens,
    conversations::Conversation,
    conversations::Deleted,
    models::List,
    models::Model,
    models::Deleted,
}

impl<T: DeserializeOwned> ReplyBody for Page<T> {
    fn error(&self) -> Option<&Value> {
        self.extra.get("error")
    }
}

impl ReplyBody for embeddings::Embeddings {
    fn read(body: &str) -> serde_json::Result<Self> {
        embeddings::read(body)
    }

    fn error(&self) -> Option<&Value> {
        self.extra.get("error")
    }
}

impl ReplyBody for responses::Deleted {
    /// Nothing need be said of what is gone.
    fn read(body: &str) -> serde_json::Result<Self> {
        if body.trim_ascii().is_empty() {
            return Ok(Self::default());
        }
        serde_json::from_str(body)
    }

    fn error(&self) -> Option<&Value> {
        self.extra.get("error")
    }
}

impl ReplyBody for responses::Item {
    /// An object without type is read as a message.
    fn error(&self) -> Option<&Value> {
        match self {
            Self::Message(message) => message.extra.get("error"),
            Self::Unknown(value) if self.tag() == Some(ERROR_EVENT) => Some(value),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_detached_head_is_the_same_head() {
        let mut headers = HeaderMap::new();
        let mut secret = HeaderValue::from_static("s");
        secret.set_sensitive(true);
        headers.insert("x-request-id", HeaderValue::from_static("req_1"));
        headers.append("set-cookie", HeaderValue::from_bytes(b"a=\xFF").unwrap());
        headers.append("set-cookie", HeaderValue::from_static(""));
        headers.append("set-cookie", secret);
        let head = Head {
            status: 200,
            headers,
        };
        let detached = head.clone().detached();
        assert_eq!(detached.headers, head.headers);
        let sensitive = |head: &Head| -> Vec<bool> {
            let values = head.headers.values();
            values.map(HeaderValue::is_sensitive).collect()
        };
        assert_eq!(sensitive(&detached), sensitive(&head));
    }
}
