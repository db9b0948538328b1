//! The content of an answer, put together from pieces that are texts or lists of parts.

use super::budget::Budget;
use super::last_fields;
use crate::types::chat::content::{Content, Part, RefusalPart, TextPart, ThinkingPart};

pub(super) fn push(whole: &mut Option<Content>, piece: &Content, budget: &mut Budget) {
    match (&mut *whole, piece) {
        (Some(Content::Text(whole)), Content::Text(text)) => whole.push_str(budget.take(text)),
        (Some(Content::Parts(parts)), Content::Text(text)) => push_text(parts, text, budget),
        (_, Content::Text(text)) => *whole = Some(Content::Text(budget.take(text).to_owned())),
        (Some(Content::Parts(parts)), Content::Parts(pieces)) => push_parts(parts, pieces, budget),
        (_, Content::Parts(pieces)) => {
            let mut parts = match whole.take() {
                Some(Content::Text(text)) if !text.is_empty() => vec![Part::text(text)],
                _ => Vec::new(),
            };
            push_parts(&mut parts, pieces, budget);
            *whole = Some(Content::Parts(parts));
        }
        (None, Content::Unknown(value)) if budget.takes(value) => *whole = Some(piece.clone()),
        (_, Content::Unknown(_)) => {}
    }
}

fn push_text(parts: &mut Vec<Part>, text: &str, budget: &mut Budget) {
    let kept = budget.take(text);
    match parts.last_mut() {
        _ if kept.is_empty() => {}
        Some(Part::Text(whole)) => whole.text.push_str(kept),
        _ => parts.push(Part::text(kept)),
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
                whole.text.push_str(budget.take(&piece.text));
                last_fields(&mut whole.extra, &piece.extra, budget);
            }
            (_, Part::Text(piece)) => {
                let mut whole = TextPart {
                    text: budget.take(&piece.text).to_owned(),
                    ..TextPart::default()
                };
                last_fields(&mut whole.extra, &piece.extra, budget);
                parts.push(Part::Text(whole));
            }
            (Some(Part::Refusal(whole)), Part::Refusal(piece)) => {
                whole.refusal.push_str(budget.take(&piece.refusal));
            }
            (_, Part::Refusal(piece)) => parts.push(Part::Refusal(RefusalPart {
                refusal: budget.take(&piece.refusal).to_owned(),
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
            (_, piece) if budget.takes(piece) => parts.push(piece.clone()),
            _ => {}
        }
    }
}

fn push_thinking(whole: &mut ThinkingPart, piece: &ThinkingPart, budget: &mut Budget) {
    if let Some(thinking) = &piece.thinking {
        push(&mut whole.thinking, thinking, budget);
    }
    last_fields(&mut whole.extra, &piece.extra, budget);
}
