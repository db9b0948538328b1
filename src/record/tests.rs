//! What the tests of all sources share, and what holds for all of them.

use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::attributes::{Attributes, names};
use super::json::{Json, Writer};
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
    let mut to = Attributes::default();
    prompt.content(settings, &mut to);
    to
}

pub(super) fn parameters<T: Prompt + DeserializeOwned>(json: Value) -> Value {
    let prompt: T = serde_json::from_value(json).unwrap();
    let mut to = Attributes::default();
    prompt.parameters(&mut to);
    object(to)
}

pub(super) fn facts<T: Reply + DeserializeOwned>(json: Value) -> Value {
    let reply: T = serde_json::from_value(json).unwrap();
    let mut to = Attributes::default();
    reply.facts(&mut to);
    object(to)
}

pub(super) fn reply<T: Reply + DeserializeOwned>(json: Value, settings: &Settings) -> Attributes {
    let reply: T = serde_json::from_value(json).unwrap();
    let mut to = Attributes::default();
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

/// JSON made of these keys.
pub(super) fn object_of(keys: &'static [&'static str]) -> impl Strategy<Value = Value> {
    let texts = prop_oneof![
        proptest::sample::select(keys).prop_map(str::to_owned),
        proptest::sample::select(vec![
            "user",
            "system",
            "assistant",
            "tool",
            "function",
            "custom",
            "mcp",
            "message"
        ])
        .prop_map(str::to_owned),
        ".{0,40}",
        "[\"\\\\\u{0}-\u{1f}aä…]{0,80}",
        Just("data:image/png;base64,AAAA".to_owned()),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        texts.prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 48, 6, move |inner| {
        let keys = proptest::sample::select(keys).prop_map(str::to_owned);
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            proptest::collection::vec((keys, inner), 0..6)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// Makes an object of what is none, so that more than the first field is read.
pub(super) fn wrap(value: &mut Value, key: &str) {
    if !value.is_object() {
        *value = json!({ key: value.take() });
    }
}

/// Whatever it holds: no panic, all parses, nothing passes the limit.
pub(super) fn holds_for_prompt(prompt: &impl Prompt, limit: Option<usize>) -> TestCaseResult {
    let mut to = Attributes::default();
    prompt.parameters(&mut to);
    let (_, _) = (prompt.model(), prompt.conversation_id());
    prompt.content(&open(limit), &mut to);
    holds(&to, limit)
}

pub(super) fn holds_for_reply(reply: &impl Reply, limit: Option<usize>) -> TestCaseResult {
    let mut to = Attributes::default();
    reply.facts(&mut to);
    let (_, _) = (reply.model(), reply.failure());
    reply.content(&open(limit), &mut to);
    holds(&to, limit)
}

fn holds(attributes: &Attributes, limit: Option<usize>) -> TestCaseResult {
    for (name, value) in attributes.iter() {
        match name {
            names::INPUT_MESSAGES
            | names::OUTPUT_MESSAGES
            | names::SYSTEM_INSTRUCTIONS
            | names::TOOL_DEFINITIONS => {
                let text = value.as_str().unwrap_or_default();
                prop_assert!(
                    limit.is_none_or(|limit| text.len() <= limit),
                    "{} {}",
                    name,
                    text
                );
                let parsed = serde_json::from_str::<Vec<Value>>(text);
                prop_assert!(
                    parsed.is_ok_and(|list| !list.is_empty()),
                    "{} {}",
                    name,
                    text
                );
            }
            names::EMBEDDINGS_INPUT => {
                let text = value.as_str().unwrap_or_default();
                prop_assert!(
                    limit.is_none_or(|limit| text.len() <= limit),
                    "{} {}",
                    name,
                    text
                );
            }
            names::RESPONSE_FINISH_REASONS => {
                let text = value.as_str().unwrap_or_default();
                prop_assert!(serde_json::from_str::<Vec<String>>(text).is_ok());
            }
            _ => {}
        }
    }
    object(attributes.clone());
    Ok(())
}

fn written(value: &impl Json, limit: Option<usize>) -> Option<String> {
    let settings = open(limit);
    let mut writer = Writer::new(&settings);
    let written = value.write(&mut writer);
    let (text, _) = writer.finish();
    written.is_ok().then_some(text)
}

proptest! {
    #[test]
    fn without_limit_json_is_written_as_serde_json_writes_it(
        text in "[\"\\\\\u{0}-\u{1f}\u{7f}aä…😀]{0,80}",
        number in any::<f64>(),
        value in object_of(&["a", "b"]),
    ) {
        prop_assert_eq!(written(&text, None).unwrap(), serde_json::to_string(&text).unwrap());
        prop_assert_eq!(written(&number, None).unwrap(), serde_json::to_string(&number).unwrap());
        let expected = value.to_string().replace("data:image/png;base64,AAAA", media::SUBSTITUTE);
        prop_assert_eq!(written(&value, None).unwrap(), expected);
    }

    #[test]
    fn within_a_limit_texts_keep_their_beginning(
        text in "[\"\\\\\u{0}-\u{1f}\u{7f}aä…😀]{0,80}",
        limit in 0..200_usize,
    ) {
        if let Some(json) = written(&text, Some(limit)) {
            prop_assert!(json.len() <= limit);
            let kept: String = serde_json::from_str(&json).unwrap();
            let is_cut = kept.strip_suffix('…').is_some_and(|kept| text.starts_with(kept) && !kept.is_empty());
            prop_assert!(kept == text || is_cut, "{kept:?}");
            prop_assert_eq!(kept == text, escape::encoded_len(&text) <= limit);
        }
        let settings = open(Some(limit));
        let plain = content_text(&text, &settings, usize::MAX);
        prop_assert!(plain.len() <= limit);
        prop_assert!(plain == text || plain.is_empty() || plain.ends_with('…'));
    }

    #[test]
    fn within_a_limit_values_parse(value in object_of(&["a", "data", "headers"]), limit in 0..200_usize) {
        if let Some(json) = written(&value, Some(limit)) {
            prop_assert!(json.len() <= limit);
            prop_assert!(serde_json::from_str::<Value>(&json).is_ok(), "{json}");
        }
    }
}

#[test]
fn values_of_every_kind_can_be_written() {
    #[derive(serde::Serialize)]
    enum Kind {
        Unit,
        Newtype(u8),
        Tuple(u8, char),
        Struct { headers: i8 },
    }
    let kinds = [
        Kind::Unit,
        Kind::Newtype(1),
        Kind::Tuple(2, '"'),
        Kind::Struct { headers: -3 },
    ];
    assert_eq!(written(&kinds, None), serde_json::to_string(&kinds).ok());
    let map = std::collections::BTreeMap::from([((1_u8), Some(1.5)), (2, None)]);
    assert_eq!(written(&map, None), serde_json::to_string(&map).ok());
    for limit in 0..100 {
        if let Some(json) = written(&kinds, Some(limit)) {
            serde_json::from_str::<Value>(&json).unwrap();
        }
    }
}

#[test]
fn values_that_are_too_deep_are_left_out() {
    let mut value = json!("x");
    for _ in 0..1000 {
        value = json!([value]);
    }
    let json = written(&value, None).unwrap();
    assert_eq!(json.len(), 256);
}
