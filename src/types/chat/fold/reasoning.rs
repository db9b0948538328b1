//! Reasoning in its provider's own form (OpenRouter) within a budget.

use serde_json::{Value, json};

use crate::types::budget::Budget;
use crate::types::chat::reasoning;

/// Adds pieces of details. With a budget only their texts are kept.
pub(super) fn push(details: &mut Option<Vec<Value>>, pieces: &[Value], budget: &mut Budget) {
    for piece in pieces {
        if budget.is_spent() {
            return;
        }
        if !budget.is_limited() {
            reasoning::push(details.get_or_insert_default(), piece);
            continue;
        }
        let text = piece.as_object().and_then(reasoning::text);
        if let Some((name, text)) = text {
            push_text(details.get_or_insert_default(), piece, (name, text), budget);
        }
    }
}

/// Adds the text of a piece to its detail.
fn push_text(
    details: &mut Vec<Value>,
    piece: &Value,
    (name, text): (&str, &str),
    budget: &mut Budget,
) {
    let known = reasoning::place(details, piece).and_then(|at| details.get_mut(at));
    if let Some(Value::String(whole)) = known.and_then(|detail| detail.get_mut(name)) {
        budget.extend(whole, text);
    } else {
        let text = budget.text(text);
        details.push(json!({"type": piece["type"], "index": piece["index"], name: text}));
    }
}
