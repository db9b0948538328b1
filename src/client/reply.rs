//! Bodies: requests to bytes, bytes to typed replies.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::transport::{Head, Reply};
use crate::error::{ApiError, DecodeError, Error, reason};

/// A type that a reply's body is read into.
pub(super) trait ReplyBody: DeserializeOwned {
    fn read(body: &[u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(body)
    }

    /// The error that stands in a reply whose status is a success; some servers send such.
    fn error(&self) -> Option<&Value>;
}

/// The request as JSON, with fields that it does not hold itself. They are `"name":json`, and must not be
/// among the request's own.
pub(super) fn encode(request: &impl Serialize, fields: &[&str]) -> Result<Bytes, Error> {
    let mut body = serde_json::to_vec(request).map_err(Error::Encode)?;
    if !fields.is_empty() && body.last() == Some(&b'}') {
        body.pop();
        for field in fields {
            if body.len() > 1 {
                body.push(b',');
            }
            body.extend_from_slice(field.as_bytes());
        }
        body.push(b'}');
    }
    Ok(body.into())
}

/// Reads a whole reply.
pub(super) fn decode<T: ReplyBody>(reply: Reply) -> Result<T, Error> {
    let Reply { head, body } = reply;
    match T::read(&body) {
        Ok(value) => match value.error().filter(|error| !error.is_null()) {
            Some(error) => {
                let error = serde_json::json!({ "error": error });
                Err(ApiError::from_json(head.status, head.headers, &error).into())
            }
            None => Ok(value),
        },
        Err(error) => Err(undecodable(head, &body, &error)),
    }
}

/// The error for a reply that is not what was asked for: what the API says in it, or that it can't be read.
pub(super) fn undecodable(head: Head, body: &[u8], error: &serde_json::Error) -> Error {
    if let Some(json) = error_in(body) {
        return ApiError::from_json(head.status, head.headers, &json).into();
    }
    let reason = match other_content_type(&head) {
        Some(content_type) => format!("the server sent {content_type}, not JSON"),
        None => reason(error),
    };
    decode_error(head, reason)
}

pub(super) fn decode_error(head: Head, reason: String) -> Error {
    Error::Decode(Box::new(DecodeError {
        reason,
        status: head.status,
        headers: head.headers,
    }))
}

/// The body as JSON, if it is an error object.
pub(super) fn error_in(body: &[u8]) -> Option<Value> {
    let json: Value = serde_json::from_slice(body).ok()?;
    is_error(&json).then_some(json)
}

/// Whether JSON that is no reply is an error: `{"error": ...}`, or a flat one.
pub(super) fn is_error(json: &Value) -> bool {
    let nested = json.get("error").is_some_and(|error| !error.is_null());
    let named = ["object", "type"]
        .iter()
        .any(|name| json.get(name).and_then(Value::as_str) == Some("error"));
    let flat = json.get("message").is_some_and(Value::is_string)
        && (json.get("code").is_some() || json.get("type").is_some());
    nested || named || flat
}

/// The content type, if it says that the body is no JSON.
fn other_content_type(head: &Head) -> Option<String> {
    let content_type = content_type(head)?;
    (!content_type.contains("json")).then_some(content_type)
}

/// The media type of a reply, without parameters.
pub(super) fn content_type(head: &Head) -> Option<String> {
    let value = head.headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let media_type = value.split(';').next()?.trim();
    let is_plain = media_type
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"/+-._".contains(&byte));
    (!media_type.is_empty() && media_type.len() <= 64 && is_plain).then(|| media_type.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_added_to_the_object_that_a_request_is() {
        let encoded = |json: Value, fields: &[&str]| encode(&json, fields).unwrap();
        assert_eq!(encoded(serde_json::json!({}), &[r#""a":1"#]), r#"{"a":1}"#);
        assert_eq!(
            encoded(serde_json::json!({"x": "}"}), &[r#""a":1"#, r#""b":2"#]),
            r#"{"x":"}","a":1,"b":2}"#
        );
        assert_eq!(encoded(serde_json::json!({"x": 1}), &[]), r#"{"x":1}"#);
    }
}
