//! What a value holds that its types have no name for, as its `Debug` tells.

use std::collections::BTreeSet;
use std::fmt::Debug;

use super::document::TEXT;

/// `Type.field` for each field that was put into an `extra`, and `field: value` for each unknown alternative.
pub(super) fn unnamed(value: &impl Debug) -> BTreeSet<String> {
    let text = format!("{value:?}");
    let mut found = BTreeSet::new();
    // The words before the brackets that are open, the last word and the last field.
    let mut open: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut field = String::new();
    let mut is_key = false;
    let mut rest = &text[..];
    while let Some(char) = rest.chars().next() {
        let length = match char {
            '"' => string(rest),
            _ => char.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        rest = after;
        match char {
            '{' | '(' | '[' => {
                // A field's value is known by the field where its type is not told.
                open.push(match &*word {
                    "" | "Some" => field.clone(),
                    _ => word.clone(),
                });
                word.clear();
                is_key = char == '{';
            }
            '}' | ')' | ']' => {
                open.pop();
                word.clear();
            }
            ',' => {
                word.clear();
                is_key = true;
            }
            ':' => {
                is_key = false;
                field = std::mem::take(&mut word);
            }
            ' ' => {}
            '"' => match &open[..] {
                [.., owner, extra] if extra == "extra" && is_key => {
                    found.insert(format!("{owner}.{}", token.trim_matches('"')));
                }
                [.., owner, unknown] if unknown == "Unknown" && token.trim_matches('"') != TEXT => {
                    found.insert(format!("{owner}: {}", token.trim_matches('"')));
                }
                // An object that is kept as it came: its tag, or its first field.
                [.., owner, unknown, object]
                    if unknown == "Unknown" && object == "Object" && is_key =>
                {
                    let tag = after
                        .strip_prefix(": String(")
                        .map(|tag| &tag[..string(tag)]);
                    let key = token.trim_matches('"');
                    if matches!(key, "type" | "role") {
                        let tag = tag.unwrap_or_default().trim_matches('"');
                        found.insert(format!("{owner}: {key} {tag}"));
                    }
                }
                _ => {}
            },
            _ => word.push(char),
        }
    }
    found
}

/// The length of the string literal that a text begins with.
fn string(text: &str) -> usize {
    let mut is_escaped = false;
    for (index, char) in text.char_indices().skip(1) {
        match char {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return index + 1,
            _ => {}
        }
    }
    text.len()
}

#[test]
fn what_has_no_name_is_found_wherever_it_is() {
    let json = serde_json::json!({
        "id": "extra: {\"no\": Unknown(\"no\")}", "new": {"a": 1}, "metadata": {"any": 1},
        "output": [
            {"type": "message", "role": "judge", "content": [{"type": "smell", "a": {"type": "x"}}], "mood": 1},
            {"type": "dance", "steps": 3},
        ],
    });
    let response: sentry_openai::responses::Response = serde_json::from_value(json).unwrap();
    let found: Vec<_> = unnamed(&response).into_iter().collect();
    let expected = [
        "Message.mood",
        "Response.new",
        "content: type smell",
        "output: type dance",
        "role: judge",
    ];
    assert_eq!(found, expected);
}
