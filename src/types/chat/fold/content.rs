//! The content of an answer, put together from pieces that are texts or lists of parts.

use super::last_fields;
use crate::types::budget::Budget;
use crate::types::chat::content::{Content, Part, RefusalPart, TextPart, ThinkingPart};

pub(super) fn push(whole: &mut Option<Content>, piece: &Content, budget: &mut Budget) {
    match (&mut *whole, piece) {
        (Some(Content::Text(whole)), Content::Text(text)) => {
            budget.extend(whole, text);
        }
        (Some(Content::Parts(parts)), Content::Text(text)) => push_text(parts, text, budget),
        (_, Content::Text(text)) => *whole = Some(Content::Text(budget.text(text))),
        (Some(Content::Parts(parts)), Content::Parts(pieces)) => push_parts(parts, pieces, budget),
        (_, Content::Parts(pieces)) => {
            let mut parts = match whole.take() {
                Some(Content::Text(text)) if !text.is_empty() => vec![Part::text(text)],
                _ => Vec::new(),
            };
            push_parts(&mut parts, pieces, budget);
            *whole = Some(Content::Parts(parts));
        }
        (None, Content::Unknown(value)) => *whole = budget.whole(value).map(Content::Unknown),
        (_, Content::Unknown(_)) => {}
    }
}

fn push_text(parts: &mut Vec<Part>, text: &str, budget: &mut Budget) {
    if let Some(Part::Text(whole)) = parts.last_mut() {
        budget.extend(&mut whole.text, text);
        return;
    }
    let text = budget.text(text);
    if !text.is_empty() {
        parts.push(Part::text(text));
    }
}

/// Adds parts; one that goes on where the last one ended becomes one with it.
fn push_parts(parts: &mut Vec<Part>, pieces: &[Part], budget: &mut Budget) {
    for piece in pieces {
        if budget.is_spent() {
            return;
        }
        match (parts.last_mut(), piece) {
            (Some(Part::Text(whole)), Part::Text(piece)) => {
                budget.extend(&mut whole.text, &piece.text);
                last_fields(&mut whole.extra, &piece.extra, budget);
            }
            (_, Part::Text(piece)) => {
                let mut whole = TextPart {
                    text: budget.text(&piece.text),
                    ..TextPart::default()
                };
                last_fields(&mut whole.extra, &piece.extra, budget);
                parts.push(Part::Text(whole));
            }
            (Some(Part::Refusal(whole)), Part::Refusal(piece)) => {
                budget.extend(&mut whole.refusal, &piece.refusal);
            }
            (_, Part::Refusal(piece)) => parts.push(Part::Refusal(RefusalPart {
                refusal: budget.text(&piece.refusal),
                ..RefusalPart::default()
            })),
            (Some(Part::Thinking(whole)), Part::Thinking(piece)) => {
                push_thinking(whole, piece, budget);
            }
            (_, Part::Thinking(piece)) => {
                let mut whole = ThinkingPart::default();
                push_thinking(&mut whole, piece, budget);
                parts.push(Part::Thinking(whole));
            }
            (_, piece) => parts.extend(budget.whole(piece)),
        }
    }
}

fn push_thinking(whole: &mut ThinkingPart, piece: &ThinkingPart, budget: &mut Budget) {
    if let Some(thinking) = &piece.thinking {
        push(&mut whole.thinking, thinking, budget);
    }
    last_fields(&mut whole.extra, &piece.extra, budget);
}
