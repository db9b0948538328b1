//! What agents and tools are given and give back, as it is recorded.

use std::any::Any;
use std::borrow::Cow;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::Reply;
use super::attributes::Attributes;
use super::content_text;
use super::json::{Json, Writer};
use super::media;
use super::messages::{Message, Part};
use super::shorten::{record_input, record_output};
use crate::settings::Settings;
use crate::types::{chat, responses};

/// Records what an agent is asked, as one message of the user.
pub(crate) fn record_agent_input(input: &str, settings: &Settings, to: &mut Attributes) {
    record_input(
        &[input],
        |_| true,
        |input| Message::new("user", Part::text(input).into_iter().collect()),
        false,
        settings,
        to,
    );
}

/// Records what an agent answers, if it is of a type that tells it: a text, JSON, or a reply.
pub(crate) fn record_agent_answer(answer: &dyn Any, settings: &Settings, to: &mut Attributes) {
    fn text(answer: &dyn Any) -> Option<&str> {
        answer
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| answer.downcast_ref::<Option<String>>()?.as_deref())
            .or_else(|| answer.downcast_ref::<&'static str>().copied())
            .or_else(|| {
                answer
                    .downcast_ref::<Cow<'static, str>>()
                    .map(|text| &**text)
            })
            .or_else(|| answer.downcast_ref::<Box<str>>().map(|text| &**text))
            .or_else(|| answer.downcast_ref::<Arc<str>>().map(|text| &**text))
    }

    if let Some(text) = text(answer) {
        record_said(Part::text(text), settings, to);
    } else if let Some(value) = answer.downcast_ref::<Value>() {
        record_agent_output(value, settings, to);
    } else if let Some(reply) = answer.downcast_ref::<chat::Completion>() {
        reply.content(settings, to);
    } else if let Some(reply) = answer.downcast_ref::<responses::Response>() {
        reply.content(settings, to);
    }
}

/// Records what an agent answers, as one message: a text as it is, anything else as an object.
pub(crate) fn record_agent_output(
    output: &impl Serialize,
    settings: &Settings,
    to: &mut Attributes,
) {
    match serde_json::to_value(output) {
        Ok(Value::String(text)) => record_said(Part::text(&text), settings, to),
        Ok(Value::Null) | Err(_) => {}
        Ok(value) => record_said(Some(Part::Other(&value)), settings, to),
    }
}

fn record_said(part: Option<Part<'_>>, settings: &Settings, to: &mut Attributes) {
    if let Some(part) = part {
        record_output(&[Message::new("assistant", vec![part])], settings, to);
    }
}

/// Records what a tool gives: a text as it is, anything else as JSON.
pub(crate) fn record_value(
    name: &'static str,
    value: &impl Serialize,
    settings: &Settings,
    to: &mut Attributes,
) {
    let mut writer = Writer::new(settings);
    if value.write(&mut writer).is_err() {
        return;
    }
    let (json, shortened) = writer.finish();
    if json == "null" {
        return;
    }
    if !json.starts_with('"') {
        to.push(name, json);
    } else if shortened {
        // It may be JSON itself, which is shortened in its own way.
        if let Ok(Value::String(text)) = serde_json::to_value(value) {
            record_text(name, &text, settings, to);
        }
    } else if let Ok(text) = serde_json::from_str::<String>(&json) {
        to.push_text(name, Some(&text));
    }
}

/// Records a text as it is. Without room for the whole, JSON stays JSON.
pub(crate) fn record_text(
    name: &'static str,
    text: &str,
    settings: &Settings,
    to: &mut Attributes,
) {
    let text = if media::is_binary(false, text) {
        Cow::Borrowed(media::SUBSTITUTE)
    } else {
        Writer::new(settings).cleaned_up_to(text, usize::MAX)
    };
    let settings = Settings {
        redact: None,
        ..settings.clone()
    };
    let fits = settings
        .max_content_bytes
        .is_none_or(|limit| text.len() <= limit);
    let json = serde_json::from_str::<Value>(if fits { "" } else { &text });
    let text = match json {
        Ok(json @ (Value::Object(_) | Value::Array(_))) => {
            let mut writer = Writer::new(&settings);
            // Without room for anything, nothing is written.
            let _ = json.write(&mut writer);
            writer.finish().0
        }
        _ => content_text(&text, &settings, usize::MAX),
    };
    to.push_text(name, Some(&text));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::attributes::names;
    use super::super::tests::{open, redacting};
    use super::*;

    const NAME: &str = names::TOOL_CALL_RESULT;

    fn recorded(value: &impl Serialize, settings: &Settings) -> Value {
        let mut to = Attributes::default();
        record_value(NAME, value, settings, &mut to);
        to.get(NAME).cloned().unwrap_or_default()
    }

    #[test]
    fn a_result_is_a_text_as_it_is_or_json() {
        let open = open(Some(2_000));
        let table = [
            (json!("say \"hi\"\n"), json!("say \"hi\"\n")),
            (json!({"b": [1, 2.5, null]}), json!(r#"{"b":[1,2.5,null]}"#)),
            (json!([]), json!("[]")),
            (json!(0), json!("0")),
            (json!(false), json!("false")),
            (json!(null), Value::Null),
            (json!(""), Value::Null),
            (
                json!("data:image/png;base64,AAAA"),
                json!(media::SUBSTITUTE),
            ),
        ];
        for (value, expected) in table {
            assert_eq!(recorded(&value, &open), expected, "{value}");
        }
        assert_eq!(recorded(&(), &open), Value::Null);
        assert_eq!(recorded(&Some("some"), &open), "some");
        assert_eq!(recorded(&("a", 1), &open), r#"["a",1]"#);
    }

    #[test]
    fn what_is_too_long_is_cut_and_json_stays_json() {
        let open = open(Some(50));
        let list: Vec<u32> = (0..100).collect();
        let json_text = json!({"list": list}).to_string();
        for value in [json!(list), json!(json_text)] {
            let recorded = recorded(&value, &open);
            let text = recorded.as_str().unwrap();
            assert!((20..=50).contains(&text.len()), "{text}");
            serde_json::from_str::<Value>(text).unwrap();
        }
        let cut = recorded(&"ü".repeat(100), &open);
        assert_eq!(cut, "ü".repeat(23) + "…");
        assert_eq!(
            recorded(&"[not json".repeat(100), &open)
                .as_str()
                .unwrap()
                .len(),
            50
        );
    }

    #[test]
    fn a_text_is_redacted_in_whole_before_it_is_cut() {
        let redacting = Settings {
            max_content_bytes: Some(20),
            ..redacting(|text| text.replace("SECRET", "*"))
        };
        let text = format!("{}SECRET{}", "x".repeat(14), "y".repeat(100));
        assert_eq!(
            recorded(&text, &redacting),
            format!("{}*yy…", "x".repeat(14))
        );
        let mut to = Attributes::default();
        record_text(NAME, r#"{"key":"SECRET"}"#, &redacting, &mut to);
        assert_eq!(to.get(NAME), Some(&json!(r#"{"key":"*"}"#)));
    }
}
