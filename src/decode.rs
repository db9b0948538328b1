//! Bodies and events to typed values, or to the errors that they hold.

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Value, json};

use crate::error::{ApiError, DecodeError, Error, is_plain, reason};
use crate::sse;
use crate::tolerant;
use crate::types::page::Page;
use crate::types::{
    batches, chat, completions, conversations, embeddings, files, models, moderations, responses,
};

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

    /// Whether a reply has an event that ends it, without which it is cut off.
    const HAS_LAST: bool = false;

    /// Reads the data of an event that may have a name; `None` if it is no part of the reply.
    fn read(reader: &mut Self::Reader, name: &str, data: &str) -> Result<Option<Self>, Unreadable>;

    /// Whether the reply ends with this event.
    fn is_last(&self) -> bool {
        false
    }
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
    match tolerant::read(body, T::read) {
        Ok(value) => match value.error().filter(|error| says_something(error)) {
            Some(error) => {
                let whole = tolerant::value(body).unwrap_or_else(|| json!({ "error": error }));
                Err(api_error(head, &whole))
            }
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
    }) = tolerant::read(body, |body| serde_json::from_str(body))
        && says_something(&error)
    {
        let whole = tolerant::value(body).unwrap_or_else(|| json!({ "error": error }));
        return Err(api_error(head, &whole));
    }
    tolerant::read(body, |body| serde_json::from_str(body))
        .map_err(|error| undecodable(head, body, &error))
}

/// Reads an event of a stream, that is not its end mark; `None` if it is no part of the reply, as a ping.
pub(crate) fn event<T: StreamEvent>(
    head: &Head,
    reader: &mut T::Reader,
    event: &sse::Event<'_>,
) -> Result<Option<T>, Error> {
    if event.name == ERROR_EVENT {
        let json = tolerant::value(event.data.as_bytes()).unwrap_or_else(|| event.data.into());
        return Err(api_error(head, &json));
    }
    match T::read(reader, event.name, event.data) {
        Ok(event) => Ok(event),
        Err(Unreadable::Error(json)) => Err(api_error(head, &json)),
        Err(Unreadable::Json(error)) => mended(head, reader, event, &error),
    }
}

/// Reads an event that could not be read as it is.
fn mended<T: StreamEvent>(
    head: &Head,
    reader: &mut T::Reader,
    event: &sse::Event<'_>,
    error: &serde_json::Error,
) -> Result<Option<T>, Error> {
    let unreadable = |error| {
        let reason = format!("an event of the stream: {}", reason(error));
        Err(decode_error(head, reason, event.data.as_bytes()))
    };
    let Some(mended) = tolerant::rewrite(event.data.as_bytes()) else {
        return unreadable(error);
    };
    match T::read(reader, event.name, &mended) {
        Ok(event) => Ok(event),
        Err(Unreadable::Error(json)) => Err(api_error(head, &json)),
        Err(Unreadable::Json(error)) => match serde_json::from_str::<Value>(&mended) {
            Ok(json) if is_error(&json) => Err(api_error(head, &json)),
            Ok(json) if !json.is_object() => Ok(None),
            _ => unreadable(&error),
        },
    }
}

/// The error for a body that should have been an event stream and holds not one event: the error that it is,
/// or that it is something else.
pub(crate) fn no_event_stream(head: &Head, body: &[u8]) -> Error {
    if let Some(json) = error_in(body) {
        return api_error(head, &json);
    }
    let what = match content_type(head) {
        _ if body.is_empty() => "nothing".to_owned(),
        _ if encoding(head).is_some() => {
            return decode_error(head, encoded(head).unwrap_or_default(), body);
        }
        Some(content_type) if content_type.eq_ignore_ascii_case("text/event-stream") => {
            return decode_error(head, "the stream holds no event".to_owned(), body);
        }
        Some(content_type) => content_type,
        None => "something else".to_owned(),
    };
    let reason = format!("the server sent {what}, not an event stream");
    decode_error(head, reason, body)
}

/// The error for what can't be read: why, and what it is.
pub(crate) fn decode_error(head: &Head, reason: String, body: &[u8]) -> Error {
    Error::Decode(Box::new(DecodeError::new(
        reason,
        head.status,
        head.headers.clone(),
        body,
    )))
}

pub(crate) fn api_error(head: &Head, json: &Value) -> Error {
    ApiError::from_json(head.status, head.headers.clone(), json).into()
}

/// The error for a reply that is not what was asked for: what the API says in it, or that it can't be read.
fn undecodable(head: &Head, body: &[u8], error: &serde_json::Error) -> Error {
    if let Some(json) = error_in(body) {
        return api_error(head, &json);
    }
    let reason = match content_type(head) {
        _ if encoding(head).is_some() => encoded(head).unwrap_or_default(),
        Some(content_type) if !content_type.contains("json") => {
            format!("the server sent {content_type}, not JSON")
        }
        _ => reason(error),
    };
    decode_error(head, reason, body)
}

/// The body as JSON, if it is an error object.
pub(crate) fn error_in(body: &[u8]) -> Option<Value> {
    let json = tolerant::value(body)?;
    is_error(&json).then_some(json)
}

/// Whether JSON that is no reply is an error: `{"error": ...}`, or a flat one.
fn is_error(json: &Value) -> bool {
    let nested = json.get("error").is_some_and(says_something);
    let named = ["object", "type"]
        .iter()
        .any(|name| json.get(name).and_then(Value::as_str) == Some("error"));
    let flat = json.get("message").is_some_and(Value::is_string)
        && (json.get("code").is_some() || json.get("type").is_some());
    nested || named || flat
}

/// Whether the value of a field `error` is one: some servers send an empty one beside every good reply.
pub(crate) fn says_something(error: &Value) -> bool {
    match error {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        Value::Array(errors) => !errors.is_empty(),
        _ => true,
    }
}

/// How a reply's body is encoded, if it still is.
pub(crate) fn encoding(head: &Head) -> Option<&str> {
    let encoding = head.headers.get(CONTENT_ENCODING)?.to_str().ok()?.trim();
    let is_none = encoding.is_empty() || encoding.eq_ignore_ascii_case("identity");
    (!is_none).then_some(encoding)
}

/// That a body is encoded, and how.
fn encoded(head: &Head) -> Option<String> {
    let encoding = encoding(head)?;
    let name = if is_plain(encoding) {
        encoding
    } else {
        "something unknown"
    };
    Some(format!(
        "the body is encoded with {name}, though no encoding was asked for: the server has to leave it away"
    ))
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

    fn read(reader: &mut Self::Reader, _: &str, data: &str) -> Result<Option<Self>, Unreadable> {
        let chunk = reader.read(data).map_err(Unreadable::Json)?;
        if chunk.error.as_ref().is_some_and(says_something) {
            return Err(Unreadable::Error(whole(data)?));
        }
        if !chunk.choices.is_empty() {
            return Ok(Some(chunk));
        }
        let json = whole(data)?;
        if json.get("choices").is_some() {
            return Ok(Some(chunk));
        }
        if is_error(&json) {
            return Err(Unreadable::Error(json));
        }
        Ok(chunk.is_piece().then_some(chunk))
    }
}

impl StreamEvent for completions::Completion {
    type Reader = ();

    fn read((): &mut (), _: &str, data: &str) -> Result<Option<Self>, Unreadable> {
        if let Ok(piece) = serde_json::from_str::<Self>(data) {
            return match piece.error().filter(|error| says_something(error)) {
                Some(_) => Err(Unreadable::Error(whole(data)?)),
                None => Ok(Some(piece)),
            };
        }
        without_choices(whole(data)?)
    }
}

impl StreamEvent for responses::Event {
    type Reader = responses::EventReader;

    const HAS_LAST: bool = true;

    fn read(reader: &mut Self::Reader, name: &str, data: &str) -> Result<Option<Self>, Unreadable> {
        let event = reader.read(data).map_err(Unreadable::Json)?;
        match event {
            Self::Error(_) => Err(Unreadable::Error(whole(data)?)),
            Self::Unknown(json) => unknown(name, json),
            event => Ok(Some(event)),
        }
    }

    fn is_last(&self) -> bool {
        self.is_terminal()
    }
}

/// An event of a type that is not known, or of none.
fn unknown(name: &str, mut json: Value) -> Result<Option<responses::Event>, Unreadable> {
    if json.get("error").is_some_and(says_something) {
        return Err(Unreadable::Error(json));
    }
    match json.get("type").and_then(Value::as_str) {
        Some("ping" | "keepalive" | "heartbeat") => Ok(None),
        Some(_) => Ok(Some(responses::Event::Unknown(json))),
        None if is_error(&json) => Err(Unreadable::Error(json)),
        // Some servers say the type by the name of the event alone.
        None if name.starts_with("response.") && json.is_object() => {
            if let Some(object) = json.as_object_mut() {
                object.insert("type".to_owned(), name.into());
            }
            let typed = serde_json::from_str(&json.to_string());
            typed.map(Some).map_err(Unreadable::Json)
        }
        None if json.as_object().is_some_and(|object| !object.is_empty()) => {
            Ok(Some(responses::Event::Unknown(json)))
        }
        None => Ok(None),
    }
}

/// An event without choices of a type that should have some: an error, usage, or no part of the reply.
pub(crate) fn without_choices<T: DeserializeOwned>(
    mut json: Value,
) -> Result<Option<T>, Unreadable> {
    if is_error(&json) {
        return Err(Unreadable::Error(json));
    }
    match json.as_object_mut() {
        Some(object) if object.get("usage").is_some_and(Value::is_object) => {
            object.insert("choices".to_owned(), json!([]));
        }
        _ => return Ok(None),
    }
    let read = serde_json::from_str(&json.to_string());
    read.map(Some).map_err(Unreadable::Json)
}

/// The data of an event that was read, with all its fields.
fn whole(data: &str) -> Result<Value, Unreadable> {
    serde_json::from_str(data).map_err(Unreadable::Json)
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
    batches::Batch,
    files::Deleted,
    files::File,
    moderations::Moderation,
    chat::Completion,
    completions::Completion,
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
