//! Reasoning in its provider's own form (OpenRouter), put together from pieces.
//!
//! [OpenRouter takes it back only as it was before it was cut](https://openrouter.ai/docs/use-cases/reasoning-tokens#preserving-reasoning-blocks):
//! pieces of one type and index are one detail, whose text grows and whose signature comes last.

use serde_json::{Map, Value};

/// The fields that hold text, and so grow.
pub(super) const TEXTS: [&str; 2] = ["text", "summary"];

/// How many details may grow at the same time.
const OPEN: usize = 16;

/// The details that these pieces are of.
pub(super) fn whole(pieces: &[Value]) -> Vec<Value> {
    let mut details: Vec<Value> = Vec::new();
    for piece in pieces {
        push(&mut details, piece);
    }
    details
}

/// Adds a piece to its detail, or as a new one.
pub(super) fn push(details: &mut Vec<Value>, piece: &Value) {
    match place(details, piece).and_then(|at| details.get_mut(at)) {
        Some(detail) => extend(detail, piece),
        None => details.push(piece.clone()),
    }
}

/// Where the detail stands that a piece belongs to.
pub(super) fn place(details: &[Value], piece: &Value) -> Option<usize> {
    let Value::Object(piece) = piece else {
        return None;
    };
    let of = |detail: &Value| {
        detail
            .as_object()
            .is_some_and(|detail| is_one(detail, piece))
    };
    if given(piece, "index").is_none() {
        // Without an index, pieces of a text follow each other.
        let is_text = |object: &Map<String, Value>| text(object).is_some();
        let last = details.last()?;
        let follows = is_text(piece) && last.as_object().is_some_and(is_text) && of(last);
        return follows.then(|| details.len() - 1);
    }
    // Only the latest, so that the cost stays linear.
    let first = details.len().saturating_sub(OPEN);
    let latest = details.get(first..)?;
    latest.iter().rposition(of).map(|at| first + at)
}

/// Adds a piece to its detail.
fn extend(detail: &mut Value, piece: &Value) {
    if let (Value::Object(detail), Value::Object(piece)) = (detail, piece) {
        for (name, value) in piece {
            match (detail.get_mut(name), value) {
                (_, Value::Null) => {}
                (Some(Value::String(text)), Value::String(more)) if is_text(name) => {
                    text.push_str(more);
                }
                _ => {
                    detail.insert(name.clone(), value.clone());
                }
            }
        }
    }
}

/// The text of a piece, and its name.
pub(super) fn text(piece: &Map<String, Value>) -> Option<(&'static str, &str)> {
    let mut texts = TEXTS.into_iter();
    texts.find_map(|name| Some((name, piece.get(name)?.as_str()?)))
}

fn is_text(name: &str) -> bool {
    TEXTS.contains(&name)
}

/// Whether two pieces are of one detail: of one index and type, and neither contradicts the other.
fn is_one(detail: &Map<String, Value>, piece: &Map<String, Value>) -> bool {
    let agrees = |name: &str| match (given(detail, name), given(piece, name)) {
        (Some(known), Some(value)) => known == value,
        _ => true,
    };
    given(detail, "index") == given(piece, "index")
        && ["type", "id", "data", "signature"].into_iter().all(agrees)
}

fn given<'v>(piece: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    piece.get(name).filter(|value| !value.is_null())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pieces_of_one_type_and_index_are_one_detail() {
        let text = |index: Value, text: &str| json!({"type": "reasoning.text", "index": index, "text": text});
        let signed = json!({"type": "reasoning.text", "index": 0, "signature": "sig"});
        let whole_text =
            json!({"type": "reasoning.text", "index": 0, "text": "I think", "signature": "sig"});
        let sealed = |index: u8, data: &str| json!({"type": "reasoning.encrypted", "index": index, "data": data});
        let summary =
            |text: &str| json!({"type": "reasoning.summary", "index": 0, "summary": text});
        let rows = [
            (
                vec![
                    text(0.into(), "I "),
                    text(0.into(), "think"),
                    signed.clone(),
                ],
                vec![whole_text.clone()],
            ),
            // One without type is of the last one of its index.
            (
                vec![
                    text(0.into(), "I think"),
                    json!({"index": 0, "signature": "sig", "text": null}),
                ],
                vec![whole_text.clone()],
            ),
            // Indexes in turn.
            (
                vec![
                    text(0.into(), "a"),
                    text(1.into(), "x"),
                    text(0.into(), "b"),
                ],
                vec![text(0.into(), "ab"), text(1.into(), "x")],
            ),
            // Without index, as they follow each other.
            (
                vec![text(Value::Null, "a"), text(Value::Null, "b")],
                vec![text(Value::Null, "ab")],
            ),
            (
                vec![
                    summary("a"),
                    sealed(0, "AAAA"),
                    summary("b"),
                    sealed(1, "BBBB"),
                ],
                vec![summary("ab"), sealed(0, "AAAA"), sealed(1, "BBBB")],
            ),
            // Two that each are whole.
            (
                vec![sealed(0, "AAAA"), sealed(0, "BBBB")],
                vec![sealed(0, "AAAA"), sealed(0, "BBBB")],
            ),
            (
                vec![
                    whole_text.clone(),
                    json!({"type": "reasoning.text", "index": 0, "text": "b", "signature": "2"}),
                ],
                vec![
                    whole_text.clone(),
                    json!({"type": "reasoning.text", "index": 0, "text": "b", "signature": "2"}),
                ],
            ),
            (
                vec![json!("odd"), json!(1), json!("odd")],
                vec![json!("odd"), json!(1), json!("odd")],
            ),
        ];
        for (pieces, details) in rows {
            assert_eq!(whole(&pieces), details);
            assert_eq!(whole(&details), details);
        }
    }
}
