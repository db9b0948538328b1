//! Reasoning in its provider's own form (OpenRouter), put together from pieces.

use serde_json::{Value, json};

use crate::types::budget::Budget;

/// The fields that hold text, and so grow.
const TEXTS: [&str; 2] = ["text", "summary"];

/// Adds pieces of details. With a budget only their texts are kept.
pub(super) fn push(details: &mut Option<Vec<Value>>, pieces: &[Value], budget: &mut Budget) {
    for piece in pieces {
        if budget.is_spent() {
            return;
        }
        let text = TEXTS
            .into_iter()
            .find_map(|key| Some((key, piece.get(key)?.as_str()?)));
        match text {
            Some((key, text)) => {
                push_text(details.get_or_insert_default(), piece, (key, text), budget);
            }
            None if budget.is_limited() => {}
            None => details.get_or_insert_default().push(piece.clone()),
        }
    }
}

/// Pieces of the same detail follow each other; their texts are parts of one.
fn push_text(
    details: &mut Vec<Value>,
    piece: &Value,
    (key, text): (&str, &str),
    budget: &mut Budget,
) {
    let same = |whole: &&mut Value| {
        ["type", "index"]
            .iter()
            .all(|&name| whole[name] == piece[name])
            && whole[key].is_string()
    };
    let Some(whole) = details.last_mut().filter(same) else {
        if budget.is_limited() {
            let text = budget.text(text);
            details.push(json!({"type": piece["type"], "index": piece["index"], key: text}));
        } else {
            details.push(piece.clone());
        }
        return;
    };
    if let Some(Value::String(whole)) = whole.get_mut(key) {
        budget.extend(whole, text);
    }
    if budget.is_limited() {
        return;
    }
    if let (Value::Object(whole), Value::Object(piece)) = (whole, piece) {
        for (name, value) in piece {
            if name != key && !value.is_null() {
                whole.insert(name.clone(), value.clone());
            }
        }
    }
}
