//! How much of what a model says is kept.

use serde::Serialize;

/// The bytes that may still be kept; without end by default.
#[derive(Clone, Debug, Default)]
pub(super) struct Budget {
    left: Option<usize>,
}

impl Budget {
    pub(super) fn new(bytes: Option<usize>) -> Self {
        Self { left: bytes }
    }

    pub(super) fn is_bounded(&self) -> bool {
        self.left.is_some()
    }

    pub(super) fn is_spent(&self) -> bool {
        self.left == Some(0)
    }

    /// As much of a text as may be kept. After a cut there is nothing left, so that no text has a gap.
    pub(super) fn take<'t>(&mut self, text: &'t str) -> &'t str {
        let Some(left) = &mut self.left else {
            return text;
        };
        if let Some(rest) = left.checked_sub(text.len()) {
            *left = rest;
            return text;
        }
        let cut = std::mem::take(left);
        let kept = (0..=cut).rev().find_map(|end| text.get(..end));
        kept.unwrap_or_default()
    }

    /// Whether a value that can't be cut may be kept.
    pub(super) fn takes(&mut self, value: &impl Serialize) -> bool {
        let Some(left) = &mut self.left else {
            return true;
        };
        let size = serde_json::to_vec(value).map_or(usize::MAX, |json| json.len());
        let rest = left.checked_sub(size);
        *left = rest.unwrap_or(0);
        rest.is_some()
    }

    /// Adds to a text that stays `None` until there is something to keep.
    pub(super) fn append(&mut self, whole: &mut Option<String>, piece: Option<&str>) {
        let Some(piece) = piece else { return };
        let kept = self.take(piece);
        if !kept.is_empty() {
            whole.get_or_insert_default().push_str(kept);
        }
    }
}
