//! Texts that every event of a stream repeats: the reply's id, its model, its configuration.
//!
//! The last few that a thread has read are kept, so that a chunk shares them with the one before it and does
//! not allocate them again (bench "stream, 250-byte chunks").

use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::Arc;

use serde_json::Number;

use super::Open;

/// What is longer is no id or name.
const LONGEST: usize = 128;
/// The fields of one chunk that are shared.
const KEPT: usize = 4;

struct Recent {
    texts: [Option<Arc<str>>; KEPT],
    /// The place of the next one.
    next: usize,
}

thread_local! {
    static RECENT: RefCell<Recent> = const {
        RefCell::new(Recent { texts: [const { None }; KEPT], next: 0 })
    };
}

impl Open for Arc<str> {
    fn from_number(number: Number) -> Option<Self> {
        Some(number.to_string().into())
    }

    fn from_text(text: Cow<'_, str>) -> Option<Self> {
        if text.len() > LONGEST {
            return Some(text.into());
        }
        let shared = RECENT.try_with(|recent| recent.borrow_mut().shared(&text));
        Some(shared.unwrap_or_else(|_| text.into()))
    }
}

impl Recent {
    fn shared(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.texts.iter().flatten().find(|known| ***known == *text) {
            return known.clone();
        }
        let new: Arc<str> = text.into();
        if let Some(place) = self.texts.get_mut(self.next) {
            *place = Some(new.clone());
        }
        self.next = (self.next + 1) % KEPT;
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Arc<str> {
        <Arc<str>>::from_text(text.into()).unwrap()
    }

    #[test]
    fn a_text_that_comes_again_is_shared() {
        for round in ["id, model, fingerprint", "x, y, z"] {
            let first: Vec<_> = round.split(", ").map(read).collect();
            let again: Vec<_> = round.split(", ").map(read).collect();
            for (first, again) in first.iter().zip(&again) {
                assert_eq!(first, again);
                assert!(Arc::ptr_eq(first, again));
            }
        }
        let long = "x".repeat(LONGEST + 1);
        assert!(!Arc::ptr_eq(&read(&long), &read(&long)));
    }
}
