//! JSON that a model wrote, read into the caller's types: also where the model put more around it than it was asked
//! for.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::{ParseError, ParseErrorKind};

/// The field that holds a value which is no object where the API takes nothing else: a name that no type of the
/// caller's is likely to have.
pub(super) const WRAPPER: &str = "wrapped_value";

/// A value in an object of its own.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wrapped<T> {
    wrapped_value: T,
}

/// Reads an answer's text: JSON, also in a Markdown code block.
pub(super) fn read_text<T: DeserializeOwned>(text: &str) -> Result<T, ParseError> {
    if text.trim().is_empty() {
        return Err(ParseError::new(ParseErrorKind::NoText));
    }
    let error = match read_json(text) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let in_block = code_block(text).map_or(Err(error), read_json);
    in_block.map_err(|error| ParseError::of_json(&error))
}

/// Reads arguments. Some models write nothing where a function takes nothing.
pub(super) fn read_arguments<T: DeserializeOwned>(arguments: &str) -> Result<T, ParseError> {
    let arguments = match arguments.trim() {
        "" => "{}",
        _ => arguments,
    };
    read_text(arguments).or_else(|error| match serde_json::from_str(arguments) {
        // A unit has no fields.
        Ok(Value::Object(object)) if object.is_empty() => {
            serde_json::from_str("null").map_err(|_| error)
        }
        _ => Err(error),
    })
}

fn read_json<T: DeserializeOwned>(json: &str) -> Result<T, serde_json::Error> {
    let error = match read_wrapped(json) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    if !error.is_data() {
        return Err(error);
    }
    // A strict schema requires also what the type may go without: the model writes null for that.
    let Ok(mut value) = serde_json::from_str(json) else {
        return Err(error);
    };
    if !leave_out_nulls(&mut value) {
        return Err(error);
    }
    read_wrapped(&value.to_string()).map_err(|_| error)
}

/// Reads a value, or the value that an object wraps.
fn read_wrapped<T: DeserializeOwned>(json: &str) -> Result<T, serde_json::Error> {
    let first = json.trim_start().strip_prefix('{').map(str::trim_start);
    let first = first.and_then(|key| key.strip_prefix('"')?.strip_prefix(WRAPPER));
    if first.is_some_and(|rest| rest.starts_with('"')) {
        let wrapped = serde_json::from_str(json);
        return wrapped.map(|Wrapped { wrapped_value }| wrapped_value);
    }
    serde_json::from_str(json)
}

/// Removes fields that are null, and says whether there were any. A wrapped null stays.
fn leave_out_nulls(json: &mut Value) -> bool {
    let mut is_changed = false;
    match json {
        Value::Array(list) => {
            for value in list {
                is_changed |= leave_out_nulls(value);
            }
        }
        Value::Object(object) => {
            let before = object.len();
            object.retain(|name, value| !value.is_null() || name == WRAPPER);
            is_changed = object.len() < before;
            for value in object.values_mut() {
                is_changed |= leave_out_nulls(value);
            }
        }
        _ => {}
    }
    is_changed
}

/// What stands in the first Markdown code block.
fn code_block(text: &str) -> Option<&str> {
    const FENCE: &str = "```";

    let (_, block) = text.split_once(FENCE)?;
    // Behind the fence stands the language, mostly `json`.
    let block = block.trim_start_matches(|c: char| c.is_ascii_alphanumeric());
    // A text within the JSON may hold a fence as well.
    Some(block.rsplit_once(FENCE).map_or(block, |(block, _)| block))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Place {
        name: String,
        #[serde(default)]
        tags: Vec<String>,
    }

    #[test]
    fn json_is_read_with_what_models_put_around_it() {
        let oslo = |tags: &[&str]| Place {
            name: "Oslo".to_owned(),
            tags: tags.iter().map(|&tag| tag.to_owned()).collect(),
        };
        for (text, tags) in [
            (r#"{"name": "Oslo"}"#, &[][..]),
            ("```json\n{\"name\": \"Oslo\"}\n```", &[]),
            ("```\n{\"name\": \"Oslo\"}\n```\n", &[]),
            ("```JSON{\"name\": \"Oslo\"}```", &[]),
            (
                "Here it is:\n\n```json\r\n{\"name\": \"Oslo\"}\r\n```\nAnything else?",
                &[],
            ),
            ("```json\n{\"name\": \"Oslo\"}", &[]),
            (
                "```json\n{\"name\": \"Oslo\", \"tags\": [\"```\"]}\n```",
                &["```"],
            ),
            (r#"{"name": "Oslo", "tags": ["```json"]}"#, &["```json"]),
            (r#"{"name": "Oslo", "tags": null}"#, &[]),
            (r#"{"wrapped_value": {"name": "Oslo"}}"#, &[]),
            (
                "```json\n{ \"wrapped_value\" : {\"name\": \"Oslo\", \"tags\": null}}\n```",
                &[],
            ),
        ] {
            assert_eq!(read_text::<Place>(text).unwrap(), oslo(tags), "{text}");
        }
        for text in [
            "no JSON",
            "```json\nno JSON\n```",
            "```",
            "",
            r#"{"name": null}"#,
            r#"{"wrapped_value": {"name": "Oslo"}, "more": 1}"#,
            r#"{"wrapped_value_too": {"name": "Oslo"}}"#,
        ] {
            read_text::<Place>(text).unwrap_err();
        }
    }

    #[test]
    fn what_is_wrapped_is_read_as_itself() {
        assert_eq!(
            read_text::<Vec<u8>>(r#"{"wrapped_value":[1,2]}"#).unwrap(),
            [1, 2]
        );
        assert_eq!(
            read_text::<Option<u8>>(r#"{"wrapped_value":null}"#).unwrap(),
            None
        );
        assert_eq!(read_text::<Option<u8>>("null").unwrap(), None);
        let json = r#"{"value":{"a":1}}"#;
        let map = read_text::<BTreeMap<String, BTreeMap<String, u8>>>(json).unwrap();
        assert_eq!(map["value"]["a"], 1);
    }

    #[test]
    fn a_unit_is_read_from_no_arguments() {
        for arguments in ["", "{}", " { } ", "null"] {
            read_arguments::<()>(arguments).unwrap();
        }
        read_arguments::<()>("[]").unwrap_err();
        read_arguments::<u8>("{}").unwrap_err();
    }
}
