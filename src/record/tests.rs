//! What the tests of all sources share, and what holds for all of them.

use std::fmt::Write as _;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::attributes::{Attributes, names};
use super::*;

/// All may be recorded, up to this limit.
pub(super) fn open(max_content_bytes: Option<usize>) -> Settings {
    Settings {
        record_inputs: true,
        record_outputs: true,
        max_content_bytes,
        redact: None,
        capture_errors: false,
        http_spans: true,
    }
}

pub(super) fn redacting(redact: impl Fn(&str) -> String + Send + Sync + 'static) -> Settings {
    Settings {
        redact: Some(Arc::new(move |text| redact(text).into())),
        ..open(Some(20_000))
    }
}

pub(super) fn prompt<T: Prompt + DeserializeOwned>(json: Value, settings: &Settings) -> Attributes {
    let prompt: T = serde_json::from_value(json).unwrap();
    let mut to = Attributes::new();
    prompt.content(settings, &mut to);
    to
}

pub(super) fn parameters<T: Prompt + DeserializeOwned>(json: Value) -> Value {
    let prompt: T = serde_json::from_value(json).unwrap();
    let mut to = Attributes::new();
    prompt.parameters(&mut to);
    object(to)
}

pub(super) fn facts<T: Reply + DeserializeOwned>(json: Value) -> Value {
    let reply: T = serde_json::from_value(json).unwrap();
    let mut to = Attributes::new();
    reply.facts(&mut to);
    object(to)
}

pub(super) fn reply<T: Reply + DeserializeOwned>(json: Value, settings: &Settings) -> Attributes {
    let reply: T = serde_json::from_value(json).unwrap();
    let mut to = Attributes::new();
    reply.content(settings, &mut to);
    to
}

/// The attributes as an object; none stands there twice.
pub(super) fn object(attributes: Attributes) -> Value {
    let count = attributes.iter().count();
    let object: Map<_, _> = attributes
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    assert_eq!(object.len(), count);
    Value::Object(object)
}

/// A structured attribute, parsed.
pub(super) fn parsed(attributes: &Attributes, name: &str) -> Value {
    let Some(value) = attributes.get(name) else {
        return Value::Null;
    };
    serde_json::from_str(value.as_str().unwrap()).unwrap()
}

#[test]
fn an_error_type_is_a_short_identifier() {
    for code in ["rate_limit_exceeded", "a.b-c", "E404", "x"] {
        assert_eq!(error_type_text(code), Some(code));
    }
    let long = "x".repeat(65);
    for code in [
        "",
        "429",
        "4.5",
        "-1",
        "1e5",
        "the prompt",
        "a/b",
        "ü",
        "a\n",
        &long,
    ] {
        assert_eq!(error_type_text(code), None, "{code}");
    }
}
