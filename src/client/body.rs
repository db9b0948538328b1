//! Requests as bytes.

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderValue;
use serde::Serialize;

use super::form::{Form, Piece, joined, open};
use crate::error::Error;
use crate::json;

/// What is sent on every attempt anew.
#[derive(Clone)]
pub(super) struct Body {
    /// What it says of itself; `None` leaves that to the headers.
    pub(super) content_type: Option<HeaderValue>,
    content: Content,
}

#[derive(Clone)]
enum Content {
    Bytes(Bytes),
    /// Some of it is in files.
    Pieces(Arc<[Piece]>),
}

impl Body {
    pub(super) fn json(bytes: Bytes) -> Self {
        Self {
            content_type: Some(HeaderValue::from_static("application/json")),
            content: Content::Bytes(bytes),
        }
    }

    pub(super) fn bytes(bytes: Bytes) -> Self {
        Self {
            content_type: None,
            content: Content::Bytes(bytes),
        }
    }

    pub(super) fn form(form: Form) -> Self {
        let (content_type, pieces) = form.encode();
        Self {
            // Can't fail: all of it is letters and digits.
            content_type: HeaderValue::try_from(content_type).ok(),
            content: match joined(&pieces) {
                Some(bytes) => Content::Bytes(bytes),
                None => Content::Pieces(pieces.into()),
            },
        }
    }

    /// The JSON that it is.
    pub(super) fn as_json(&self) -> &[u8] {
        match (&self.content, &self.content_type) {
            (Content::Bytes(bytes), Some(content_type)) if content_type == "application/json" => {
                bytes
            }
            _ => &[],
        }
    }

    /// The body of an attempt.
    pub(super) async fn open(&self) -> Result<reqwest::Body, Error> {
        match &self.content {
            Content::Bytes(bytes) => Ok(bytes.clone().into()),
            Content::Pieces(pieces) => open(pieces).await,
        }
    }
}

impl From<Bytes> for Body {
    fn from(json: Bytes) -> Self {
        Self::json(json)
    }
}

/// The request as JSON, with fields that it does not hold itself. They are `"name":json`, and must not be
/// among the request's own.
pub(super) fn encode(request: &impl Serialize, fields: &[&str]) -> Result<Bytes, Error> {
    encode_with_texts(std::iter::empty(), request, fields)
}

/// As [`encode`], for a request that holds these texts: a large body is not copied over and over as it grows
/// (bench "200 kB prompt").
pub(super) fn encode_with_texts<'t>(
    texts: impl Iterator<Item = &'t str>,
    request: &impl Serialize,
    fields: &[&str],
) -> Result<Bytes, Error> {
    let texts = texts.map(str::len).sum::<usize>();
    // Escapes take some more.
    let mut body = String::with_capacity(texts + texts / 8 + 256);
    json::write(request, &mut body).map_err(Error::Encode)?;
    if !fields.is_empty() && body.ends_with('}') {
        body.pop();
        for field in fields {
            if body.len() > 1 {
                body.push(',');
            }
            body.push_str(field);
        }
        body.push('}');
    }
    Ok(body.into())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

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
