//! The room that a transaction has for spans of ours.
//!
//! sentry-core keeps 1,000 spans of a transaction and drops the others, and Sentry refuses one of more than 1 MB as a
//! whole. How full a transaction is can't be asked. So ours take no more than their share of it, and what is beyond
//! travels in transactions of the same trace: half of the spans is left to the user.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{LazyLock, Mutex, PoisonError};

use sentry_core::protocol::{Map, SpanId, Value};

use super::Span;

/// The most spans of ours in one transaction.
pub(super) const MOST_SPANS: usize = 500;

/// What spans of ours may weigh together in one transaction, in bytes of its JSON.
pub(super) const MOST_BYTES: usize = 800_000;

/// The transactions that are counted.
const TRANSACTIONS: usize = 1_024;

/// What a span weighs beside its data: ids, times, op, status and the names of these.
const FRAME: usize = 320;

static LEDGER: LazyLock<Mutex<Ledger>> = LazyLock::new(Mutex::default);

/// Takes the room for a span and its children in the transaction with this span id; `false` if there is none.
pub(super) fn take(transaction: SpanId, span: &Span) -> bool {
    let room = Room::of(span);
    let mut ledger = LEDGER.lock().unwrap_or_else(PoisonError::into_inner);
    ledger.take(transaction, room)
}

/// Spans and what they weigh.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Room {
    pub(super) spans: usize,
    pub(super) bytes: usize,
}

impl Room {
    /// What a span takes with its children.
    pub(super) fn of(span: &Span) -> Self {
        let children = span.children.iter().map(|child| &child.span);
        children
            .chain([span])
            .fold(Self::default(), |room, span| Self {
                spans: room.spans + 1,
                bytes: room.bytes + FRAME + span.name.len() + span.bytes,
            })
    }

    /// Both together, if that is not too much for one transaction.
    pub(super) fn and(self, more: Self) -> Option<Self> {
        let all = Self {
            spans: self.spans + more.spans,
            bytes: self.bytes + more.bytes,
        };
        (all.spans <= MOST_SPANS && all.bytes <= MOST_BYTES).then_some(all)
    }
}

#[derive(Default)]
struct Ledger {
    taken: HashMap<SpanId, Room, BuildHasherDefault<IdHasher>>,
    /// Oldest first.
    order: VecDeque<SpanId>,
}

impl Ledger {
    fn take(&mut self, transaction: SpanId, room: Room) -> bool {
        if let Some(taken) = self.taken.get_mut(&transaction) {
            let all = taken.and(room);
            *taken = all.unwrap_or(*taken);
            return all.is_some();
        }
        if self.order.len() >= TRANSACTIONS
            && let Some(oldest) = self.order.pop_front()
        {
            self.taken.remove(&oldest);
        }
        self.order.push_back(transaction);
        self.taken.insert(transaction, room);
        true
    }
}

/// Span ids are random already.
#[derive(Default)]
struct IdHasher(u64);

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        for block in bytes.chunks(8) {
            let mut word = [0; 8];
            for (to, from) in word.iter_mut().zip(block) {
                *to = *from;
            }
            self.0 ^= u64::from_ne_bytes(word);
        }
    }

    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

/// The bytes of data as JSON, or a few more.
pub(super) fn weight(data: &Map<String, Value>) -> usize {
    data.iter()
        .map(|(name, value)| name.len() + 4 + value_weight(value))
        .sum()
}

fn value_weight(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 5,
        Value::Number(_) => 24,
        Value::String(text) => text_weight(text),
        Value::Array(values) => {
            values
                .iter()
                .map(|value| value_weight(value) + 1)
                .sum::<usize>()
                + 2
        }
        Value::Object(values) => {
            let fields = values.iter();
            fields
                .map(|(name, value)| text_weight(name) + 2 + value_weight(value))
                .sum::<usize>()
                + 2
        }
    }
}

fn text_weight(text: &str) -> usize {
    // Blocks of a fixed size, which compilers count in vectors; the last one is filled up with spaces.
    let (blocks, rest) = text.as_bytes().as_chunks::<16>();
    let mut last = [b' '; 16];
    for (to, from) in last.iter_mut().zip(rest) {
        *to = *from;
    }
    let escapes = blocks.iter().chain([&last]).map(|block| {
        let escapes = block.iter().map(|byte| match byte {
            b'"' | b'\\' => 1,
            0..0x20 => 5,
            _ => 0_u8,
        });
        usize::from(escapes.sum::<u8>())
    });
    text.len() + escapes.sum::<usize>() + 2
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn id(n: u64) -> SpanId {
        format!("{n:016x}").parse().unwrap()
    }

    #[test]
    fn a_transaction_has_room_for_so_many_spans_and_bytes() {
        let mut ledger = Ledger::default();
        let room = |spans, bytes| Room { spans, bytes };
        for _ in 0..MOST_SPANS / 2 {
            assert!(ledger.take(id(1), room(2, 1_000)));
        }
        assert!(!ledger.take(id(1), room(1, 1_000)));
        assert!(ledger.take(id(2), room(1, MOST_BYTES - 10)));
        assert!(!ledger.take(id(2), room(1, 11)));
        assert!(ledger.take(id(2), room(1, 10)));
        // One that is too large by itself can't be made smaller by sending it elsewhere.
        assert!(ledger.take(id(3), room(1, 2 * MOST_BYTES)));
    }

    #[test]
    fn the_oldest_transactions_are_forgotten() {
        let mut ledger = Ledger::default();
        let room = Room { spans: 1, bytes: 1 };
        for n in 0..2_000 {
            assert!(ledger.take(id(n), room));
        }
        assert_eq!(
            (ledger.taken.len(), ledger.order.len()),
            (TRANSACTIONS, TRANSACTIONS)
        );
        assert!(ledger.taken.contains_key(&id(1_999)));
    }

    #[test]
    fn data_weighs_no_less_than_its_json() {
        let texts = [
            "",
            "plain",
            "a\"\\\n\u{1}é",
            &"\"".repeat(300),
            &"\u{1}x".repeat(300),
        ];
        let mut data: Map<String, Value> = texts
            .iter()
            .map(|text| (format!("text {}", text.len()), json!(text)))
            .collect();
        data.insert(
            "list".into(),
            json!(["a\"b", 1, 0.123_456_789_012_345_6, [true, null]]),
        );
        data.insert(
            "object".into(),
            json!({"a\"b": -1.234_567_890_123_456e-300, "c": {}}),
        );
        let length = serde_json::to_string(&data).unwrap().len();
        let weight = weight(&data);
        assert!(
            (length..length + length / 4).contains(&weight),
            "{weight} for {length}"
        );
    }
}
