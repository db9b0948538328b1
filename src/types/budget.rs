//! How much of what a model says is kept, where it is put together to be recorded.

use serde::Serialize;

use super::binary::{compacted, continuing};

/// The bytes of text that may be kept.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Limit {
    /// Of one text. It may end a character later.
    pub(crate) each: usize,
    /// Of all texts.
    pub(crate) all: usize,
    /// A text of which `all` leaves less than this is dropped: it could end in half a secret, that nothing knows for one.
    pub(crate) least: usize,
}

/// What may still be kept; everything by default.
#[derive(Clone, Debug, Default)]
pub(crate) struct Budget {
    left: Option<Limit>,
    cut: bool,
    /// A text may end in a marker for base64 that goes on in its next piece.
    has_markers: bool,
}

impl Budget {
    pub(crate) fn new(limit: Option<Limit>) -> Self {
        Self {
            left: limit,
            cut: false,
            has_markers: false,
        }
    }

    pub(crate) fn is_limited(&self) -> bool {
        self.left.is_some()
    }

    pub(crate) fn is_spent(&self) -> bool {
        self.left.is_some_and(|left| left.all == 0)
    }

    /// The bytes that are left for all texts; 0 of an unlimited budget.
    pub(crate) fn left(&self) -> usize {
        self.left.map_or(0, |left| left.all)
    }

    /// Whether something had to be cut since this was last asked.
    pub(crate) fn was_cut(&mut self) -> bool {
        std::mem::take(&mut self.cut)
    }

    pub(crate) fn give_back(&mut self, bytes: usize) {
        if let Some(left) = &mut self.left {
            left.all = left.all.saturating_add(bytes);
        }
    }

    /// Takes so many bytes, or what there is.
    pub(crate) fn take_bytes(&mut self, bytes: usize) -> usize {
        let taken = bytes.min(self.left());
        if let Some(left) = &mut self.left {
            left.all -= taken;
        }
        taken
    }

    /// Adds as much of a piece to a text as may be kept, and says how many bytes that is.
    ///
    /// A text that has grown past its limit stays as it is, but base64 in it gives way to a marker, and to what follows.
    /// After any other cut there is nothing left: so no text has a
    /// gap.
    #[inline]
    pub(crate) fn extend(&mut self, text: &mut String, piece: &str) -> usize {
        match self.left {
            Some(left) if text.len() >= left.each => 0,
            _ => self.extend_short(text, piece),
        }
    }

    fn extend_short(&mut self, text: &mut String, piece: &str) -> usize {
        let piece = if self.has_markers {
            continuing(text, piece)
        } else {
            piece
        };
        let kept = self.take(text.len(), piece);
        if !kept.is_empty() {
            text.push_str(kept);
        }
        if let Some(left) = self.left
            && text.len() >= left.each
            && let Some(without) = compacted(text)
        {
            // What it took of the limit of all is not given back: so of no reply more is read than without markers.
            self.has_markers = true;
            *text = without;
            // What has had no room before has some now.
            let rest = continuing(text, piece.get(kept.len()..).unwrap_or_default());
            return if rest.is_empty() || text.len() >= left.each {
                kept.len()
            } else {
                kept.len() + self.extend_short(text, rest)
            };
        }
        if kept.len() < piece.len() && self.is_too_short(text) {
            text.clear();
            return 0;
        }
        kept.len()
    }

    /// As much of a text as may be kept.
    pub(crate) fn text(&mut self, text: &str) -> String {
        let mut kept = String::new();
        self.extend(&mut kept, text);
        kept
    }

    /// Binary: of a limited copy only the beginning, which tells what it is.
    pub(crate) fn binary(&mut self, data: &str) -> String {
        const BEGINNING: usize = 64;
        if self.is_limited() {
            self.text(upto(data, BEGINNING))
        } else {
            data.to_owned()
        }
    }

    /// A value, whole or not at all.
    pub(crate) fn whole<T: Clone + Serialize>(&mut self, value: &T) -> Option<T> {
        if let Some(left) = &mut self.left {
            // Not counted by a writer of its own, for which each of our types would be compiled once more.
            let json = || serde_json::to_vec(value).ok();
            let json = (left.all > 0).then(json).flatten();
            let Some(rest) = json.and_then(|json| left.all.checked_sub(json.len())) else {
                self.cut = true;
                return None;
            };
            left.all = rest;
        }
        Some(value.clone())
    }

    /// Whether a text that was cut is to be dropped.
    fn is_too_short(&self, text: &str) -> bool {
        self.left
            .is_some_and(|left| left.all == 0 && text.len() < left.least)
    }

    fn take<'t>(&mut self, so_far: usize, piece: &'t str) -> &'t str {
        let Some(left) = &mut self.left else {
            return piece;
        };
        let piece = beyond(piece, left.each.saturating_sub(so_far));
        if piece.len() <= left.all {
            left.all -= piece.len();
            return piece;
        }
        self.cut = true;
        upto(piece, std::mem::take(&mut left.all))
    }
}

/// The text up to the last character that ends within so many bytes.
fn upto(text: &str, bytes: usize) -> &str {
    let ends = (0..=bytes.min(text.len())).rev();
    ends.take(4).find_map(|end| text.get(..end)).unwrap_or(text)
}

/// The text up to the first character that ends with so many bytes or later.
fn beyond(text: &str, bytes: usize) -> &str {
    if text.len() <= bytes {
        return text;
    }
    let ends = bytes..text.len();
    ends.take(4).find_map(|end| text.get(..end)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grown(limit: Limit, pieces: &[&str]) -> (String, bool) {
        let mut budget = Budget::new(Some(limit));
        let mut text = String::new();
        for piece in pieces {
            budget.extend(&mut text, piece);
        }
        (text, budget.was_cut())
    }

    #[test]
    fn a_text_grows_to_its_limit_or_to_the_end_of_the_character_there() {
        let limit = |each| Limit {
            each,
            all: 100,
            least: 0,
        };
        let table = [
            (0, ""),
            (1, "G"),
            (2, "Gr"),
            (3, "Grü"),
            (4, "Grü"),
            (5, "Grüß"),
            (6, "Grüß"),
            (7, "Grüße"),
            (8, "Grüße"),
        ];
        for (each, expected) in table {
            for pieces in [
                &["Grüße"][..],
                &["Gr", "üß", "e"],
                &["G", "r", "ü", "ß", "e"],
            ] {
                assert_eq!(grown(limit(each), pieces), (expected.to_owned(), false));
            }
        }
    }

    #[test]
    fn all_texts_end_within_the_limit_of_all_and_nothing_follows() {
        let limit = |all| Limit {
            each: 100,
            all,
            least: 0,
        };
        for (all, expected) in [(0, ""), (2, "Gr"), (3, "Gr"), (4, "Grü"), (6, "Grüß")] {
            let (text, cut) = grown(limit(all), &["Gr", "üß", "e"]);
            assert_eq!((&*text, cut), (expected, true));
        }
        assert_eq!(
            grown(limit(7), &["Gr", "üß", "e"]),
            ("Grüße".to_owned(), false)
        );
    }

    #[test]
    fn base64_gives_way_to_what_follows_it() {
        use super::super::binary::SUBSTITUTE;

        let image = "iVBORw0KGgo5".repeat(500);
        let text =
            format!("Here: (data:image/png;base64,{image}) Do you like it? ({image}) Or that?");
        let expected = format!("Here: ({SUBSTITUTE}) Do you like it? ({SUBSTITUTE}) Or that?");
        let limit = Limit {
            each: 1_000,
            all: 16_000,
            least: 0,
        };
        for size in [1, 3, 7, 100, 999, 1_001, 5_000, text.len()] {
            let pieces: Vec<_> = text.as_bytes().chunks(size).collect();
            let pieces: Vec<_> = pieces
                .into_iter()
                .map(|piece| std::str::from_utf8(piece).unwrap())
                .collect();
            assert_eq!(grown(limit, &pieces), (expected.clone(), false), "{size}");
        }
    }

    #[test]
    fn a_value_is_kept_whole_or_not_at_all() {
        let mut budget = Budget::new(Some(Limit {
            all: 7,
            ..Limit::default()
        }));
        assert_eq!(budget.whole(&[1, 2, 3, 4]), None);
        assert!(budget.was_cut());
        assert_eq!(budget.whole(&[1, 2, 3]), Some([1, 2, 3]));
        assert!(!budget.was_cut() && budget.is_spent());
    }

    #[test]
    fn a_text_that_is_cut_too_short_is_dropped() {
        let limit = |all| Limit {
            each: 100,
            all,
            least: 5,
        };
        for pieces in [&["1234567"][..], &["12", "34567"]] {
            assert_eq!(grown(limit(4), pieces), (String::new(), true));
            assert_eq!(grown(limit(5), pieces), ("12345".to_owned(), true));
            assert_eq!(grown(limit(7), pieces), ("1234567".to_owned(), false));
        }
        assert_eq!(grown(limit(3), &["12"]), ("12".to_owned(), false));
    }
}
