//! What the content of one transaction may weigh: Sentry refuses one that is larger than 1 MB as a whole.

use std::collections::{HashMap, VecDeque};
use std::sync::{LazyLock, Mutex, PoisonError};

use serde_json::Value;

use super::attributes::{Attributes, names};
use super::escape::encoded_len;

/// The bytes of content in one transaction, as they stand in its envelope.
const PER_TRANSACTION: usize = 600_000;
/// The transactions that are counted.
const TRANSACTIONS: usize = 1_024;

static LEDGER: LazyLock<Mutex<Ledger>> = LazyLock::new(Mutex::default);

/// Takes what the content among the attributes weighs from what its transaction may hold. What no longer fits is
/// replaced by a marker.
///
/// The transaction is known by the span id of its root.
pub(crate) fn spend(root: [u8; 8], attributes: &mut Attributes) {
    if !attributes.iter().any(|(name, _)| marker(name).is_some()) {
        return;
    }
    let mut ledger = LEDGER.lock().unwrap_or_else(PoisonError::into_inner);
    ledger.spend(root, attributes);
}

#[derive(Default)]
struct Ledger {
    left: HashMap<[u8; 8], usize>,
    /// Oldest first.
    roots: VecDeque<[u8; 8]>,
}

impl Ledger {
    fn spend(&mut self, root: [u8; 8], attributes: &mut Attributes) {
        let left = self.left_of(root);
        for (name, value) in attributes.iter_mut() {
            let Some(marker) = marker(name) else { continue };
            let weight = weight(value);
            if weight <= *left {
                *left -= weight;
            } else {
                *value = Value::from(marker);
                *left = left.saturating_sub(encoded_len(marker));
            }
        }
    }

    fn left_of(&mut self, root: [u8; 8]) -> &mut usize {
        if !self.left.contains_key(&root) {
            if self.roots.len() >= TRANSACTIONS
                && let Some(oldest) = self.roots.pop_front()
            {
                self.left.remove(&oldest);
            }
            self.roots.push_back(root);
        }
        self.left.entry(root).or_insert(PER_TRANSACTION)
    }
}

/// What stands for content without room; `None` if the attribute is no content.
fn marker(name: &str) -> Option<&'static str> {
    match name {
        names::INPUT_MESSAGES => {
            Some(r#"[{"role":"user","parts":[{"type":"text","content":"[over budget]"}]}]"#)
        }
        names::OUTPUT_MESSAGES => {
            Some(r#"[{"role":"assistant","parts":[{"type":"text","content":"[over budget]"}]}]"#)
        }
        names::SYSTEM_INSTRUCTIONS => Some(r#"[{"type":"text","content":"[over budget]"}]"#),
        names::TOOL_DEFINITIONS => Some(r#"[{"type":"[over budget]"}]"#),
        names::EMBEDDINGS_INPUT
        | names::TOOL_CALL_ARGUMENTS
        | names::TOOL_CALL_RESULT
        | names::TOOL_DESCRIPTION => Some(r#""[over budget]""#),
        _ => None,
    }
}

fn weight(value: &Value) -> usize {
    match value {
        Value::String(text) => encoded_len(text),
        other => other.to_string().len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(bytes: usize) -> Attributes {
        let mut attributes = Attributes::default();
        attributes.push(names::REQUEST_MODEL, "gpt");
        attributes.push(names::INPUT_MESSAGES, "x".repeat(bytes));
        attributes
    }

    fn is_kept(attributes: &Attributes) -> bool {
        let text = attributes.get(names::INPUT_MESSAGES).unwrap();
        let text = text.as_str().unwrap();
        if !text.starts_with('x') {
            serde_json::from_str::<Value>(text).unwrap();
        }
        text.starts_with('x')
    }

    #[test]
    fn content_past_the_budget_of_its_transaction_is_a_marker() {
        let mut ledger = Ledger::default();
        for (bytes, expected) in [(400_000, true), (300_000, false), (150_000, true)] {
            let mut attributes = content(bytes);
            ledger.spend([1; 8], &mut attributes);
            assert_eq!(is_kept(&attributes), expected, "{bytes}");
            assert_eq!(attributes.get(names::REQUEST_MODEL), Some(&"gpt".into()));
        }
        let mut other = content(500_000);
        ledger.spend([2; 8], &mut other);
        assert!(is_kept(&other));
    }

    #[test]
    fn content_weighs_what_it_weighs_in_the_envelope() {
        let text = "a\"\\\n\u{1}é";
        assert_eq!(
            encoded_len(text),
            serde_json::to_string(text).unwrap().len()
        );
        let mut ledger = Ledger::default();
        let mut attributes = Attributes::default();
        attributes.push(names::EMBEDDINGS_INPUT, "\u{1}".repeat(150_000));
        ledger.spend([1; 8], &mut attributes);
        assert_eq!(
            attributes.get(names::EMBEDDINGS_INPUT),
            Some(&r#""[over budget]""#.into())
        );
    }

    #[test]
    fn the_oldest_transactions_are_forgotten() {
        let mut ledger = Ledger::default();
        for id in 0..2_000_u64 {
            ledger.spend(id.to_be_bytes(), &mut content(10));
        }
        assert_eq!(
            (ledger.left.len(), ledger.roots.len()),
            (TRANSACTIONS, TRANSACTIONS)
        );
        assert!(!ledger.left.contains_key(&0_u64.to_be_bytes()));
        assert!(ledger.left.contains_key(&1_999_u64.to_be_bytes()));
    }
}
