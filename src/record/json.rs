//! JSON written within a limit: texts are redacted, binary is replaced, what has no room is cut or left out,
//! and what comes out always parses.
//!
//! Nothing is built before it is written: a value is read only as far as there is room for it.

use std::borrow::Cow;

use serde::Serialize;

use super::escape::{self, boundary};
use super::redact::redacted;
use crate::settings::{Redact, Settings};
use crate::types::binary::without_binary;

const ELLIPSIS: &str = "…";
/// Deeper values are left out.
const DEEPEST: usize = 128;

/// There is no room for a value; nothing of it was written.
#[derive(Debug)]
pub(crate) struct Full;

/// A value of any type that is written as JSON, for fields that hold one or another.
pub(crate) trait Json {
    fn write(&self, to: &mut Writer<'_>) -> Result<(), Full>;
}

impl<T: Serialize + ?Sized> Json for T {
    fn write(&self, to: &mut Writer<'_>) -> Result<(), Full> {
        self.serialize(to)
    }
}

/// JSON that grows up to a limit.
pub(crate) struct Writer<'s> {
    pub(super) text: String,
    limit: usize,
    pub(super) depth: usize,
    redact: Option<&'s Redact>,
    /// Whether something was cut or left out.
    pub(super) shortened: bool,
    /// Whether objects lose what authorizes.
    pub(super) hides_secrets: bool,
    /// The next string stands under a key that often holds binary content.
    pub(super) expects_binary: bool,
}

impl<'s> Writer<'s> {
    pub(crate) fn new(settings: &'s Settings) -> Self {
        Self {
            text: String::with_capacity(256),
            limit: settings.max_content_bytes.unwrap_or(usize::MAX),
            depth: 0,
            redact: settings.redact.as_ref(),
            shortened: false,
            hides_secrets: false,
            expects_binary: false,
        }
    }

    /// What was written, and whether it is less than it was.
    pub(crate) fn finish(self) -> (String, bool) {
        (self.text, self.shortened)
    }

    pub(crate) fn set_shortened(&mut self) {
        self.shortened = true;
    }

    pub(crate) fn len(&self) -> usize {
        self.text.len()
    }

    /// The bytes that are left.
    pub(crate) fn room(&self) -> usize {
        self.limit.saturating_sub(self.text.len())
    }

    /// Writes with no more than so many bytes.
    pub(crate) fn within<T>(&mut self, bytes: usize, write: impl FnOnce(&mut Self) -> T) -> T {
        let limit = self.limit;
        self.limit = limit.min(self.text.len().saturating_add(bytes));
        let written = write(self);
        self.limit = limit;
        written
    }

    /// Writes and leaves so many bytes for what follows.
    pub(crate) fn reserving<T>(&mut self, bytes: usize, write: impl FnOnce(&mut Self) -> T) -> T {
        let room = self.room().saturating_sub(bytes);
        self.within(room, write)
    }

    /// Writes and drops what authorizes from the objects on the way.
    pub(crate) fn hiding_secrets<T>(&mut self, write: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.hides_secrets, true);
        let written = write(self);
        self.hides_secrets = before;
        written
    }

    /// A list; without room for the whole, as many elements as `fill` can write.
    pub(crate) fn list(
        &mut self,
        fill: impl FnOnce(&mut Self) -> Result<(), Full>,
    ) -> Result<(), Full> {
        self.enclosed('[', ']', fill)
    }

    /// An object: all that `fill` writes, or nothing.
    pub(crate) fn object(
        &mut self,
        fill: impl FnOnce(&mut Self) -> Result<(), Full>,
    ) -> Result<(), Full> {
        self.enclosed('{', '}', fill)
    }

    /// An element of a list: all that `write` writes, or nothing.
    pub(crate) fn element(
        &mut self,
        write: impl FnOnce(&mut Self) -> Result<(), Full>,
    ) -> Result<(), Full> {
        let (start, limit, depth) = (self.text.len(), self.limit, self.depth);
        let written = self.comma().and_then(|()| write(self));
        if written.is_err() {
            self.undo(start);
            (self.limit, self.depth) = (limit, depth);
        }
        written
    }

    /// A field of an object: its name, which is ours, and its value.
    pub(crate) fn field(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut Self) -> Result<(), Full>,
    ) -> Result<(), Full> {
        self.element(|writer| {
            writer.whole(name)?;
            writer.push(":")?;
            write(writer)
        })
    }

    /// A text of content: redacted, and cut if need be.
    pub(crate) fn content(&mut self, text: &str) -> Result<(), Full> {
        let text = self.cleaned(text);
        self.reserve(text.len());
        self.string(&text, true)
    }

    /// A text of content that makes no sense when it is cut: redacted, and in whole.
    pub(crate) fn name(&mut self, text: &str) -> Result<(), Full> {
        let text = self.cleaned(text);
        self.string(&text, false)
    }

    /// A text that is no content, in whole.
    pub(crate) fn whole(&mut self, text: &str) -> Result<(), Full> {
        self.string(text, false)
    }

    /// A text of content, not as JSON but as it is.
    pub(crate) fn plain(&mut self, text: &str) {
        let text = self.cleaned(text);
        let room = self.room();
        if text.len() <= room {
            self.text.push_str(&text);
            return;
        }
        self.shortened = true;
        let end = boundary(&text, room.saturating_sub(ELLIPSIS.len()));
        if end > 0 {
            self.text.push_str(text.get(..end).unwrap_or_default());
            self.text.push_str(ELLIPSIS);
        }
    }

    /// A writer for a text that will be written by this one.
    pub(crate) fn beside(&self) -> Self {
        Self {
            text: String::with_capacity(64),
            limit: self.room(),
            depth: 0,
            redact: self.redact,
            shortened: false,
            hides_secrets: self.hides_secrets,
            expects_binary: false,
        }
    }

    /// A value as a text that is JSON: in whole, or as much of it as its own lists and texts can be shortened to.
    pub(crate) fn encoded(
        &mut self,
        write: impl Fn(&mut Self) -> Result<(), Full>,
    ) -> Result<(), Full> {
        const TRIES: usize = 4;

        let room = self.room();
        let mut limit = room.saturating_sub(2);
        for _ in 0..TRIES {
            let mut inner = Self {
                limit,
                ..self.beside()
            };
            if write(&mut inner).is_err() {
                break;
            }
            let (text, shortened) = inner.finish();
            let needed = escape::encoded_len(&text);
            if needed <= room {
                self.shortened |= shortened;
                return self.string(&text, false);
            }
            // Escapes make it longer than it was: the next try has so much less room.
            limit = text.len().saturating_mul(room) / needed;
            limit = limit.saturating_sub(limit / 16 + 2);
        }
        self.shortened = true;
        Err(Full)
    }

    /// The text as it may be recorded: without binary, and redacted. What there is no room for may be left out.
    fn cleaned<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.cleaned_up_to(text, self.room())
    }

    pub(super) fn cleaned_up_to<'t>(&self, text: &'t str, room: usize) -> Cow<'t, str> {
        let Some(redact) = self.redact else {
            return without_binary(text, room);
        };
        // What `redact` sees is whole, so that no secret straddles a cut.
        match without_binary(text, usize::MAX) {
            Cow::Borrowed(text) => redacted(text, redact),
            Cow::Owned(text) => Cow::Owned(redacted(&text, redact).into_owned()),
        }
    }

    /// Writes what belongs to the text from `start` on, or undoes all of that; `true` if nothing can follow.
    pub(super) fn or_nothing(
        &mut self,
        start: usize,
        write: impl FnOnce(&mut Self) -> Result<(), Full>,
    ) -> bool {
        let (limit, depth) = (self.limit, self.depth);
        let shortened = std::mem::replace(&mut self.shortened, false);
        let written = write(self);
        (self.limit, self.depth) = (limit, depth);
        if written.is_err() {
            self.undo(start);
        }
        let full = self.shortened;
        self.shortened |= shortened;
        full
    }

    /// Writes JSON as it is.
    pub(super) fn push(&mut self, json: &str) -> Result<(), Full> {
        if json.len() > self.room() {
            self.shortened = true;
            return Err(Full);
        }
        self.text.push_str(json);
        Ok(())
    }

    pub(super) fn comma(&mut self) -> Result<(), Full> {
        match self.text.as_bytes().last() {
            None | Some(b'[' | b'{') => Ok(()),
            Some(_) => self.push(","),
        }
    }

    pub(super) fn open(&mut self, opener: &str) -> Result<(), Full> {
        if self.room() < 2 || self.depth >= DEEPEST {
            self.shortened = true;
            return Err(Full);
        }
        self.text.push_str(opener);
        self.limit -= 1;
        self.depth += 1;
        self.expects_binary = false;
        Ok(())
    }

    pub(super) fn close(&mut self, closer: &str) {
        self.limit = self.limit.saturating_add(1);
        self.depth = self.depth.saturating_sub(1);
        self.text.push_str(closer);
    }

    pub(super) fn undo(&mut self, start: usize) {
        self.text.truncate(start);
        self.shortened = true;
    }

    /// A string; without room for the whole, its beginning, if it may be cut.
    pub(super) fn string(&mut self, text: &str, may_be_cut: bool) -> Result<(), Full> {
        let start = self.text.len();
        if self.room() < 2 {
            self.shortened = true;
            return Err(Full);
        }
        let end = self.limit - 1;
        self.text.push('"');
        // As much as leaves room for an ellipsis, and what follows if it fits without one.
        let rest = escape::push(text, end.saturating_sub(ELLIPSIS.len()), &mut self.text);
        let last = self.text.len();
        if escape::push(rest, end, &mut self.text).is_empty() {
            self.text.push('"');
            return Ok(());
        }
        if !may_be_cut || last <= start + 1 {
            self.undo(start);
            return Err(Full);
        }
        self.undo(last);
        self.text.push_str(ELLIPSIS);
        self.text.push('"');
        Ok(())
    }

    /// Makes room for a text at once: for some escapes too, for what closes around it, and for all that may
    /// follow if that is no longer much.
    fn reserve(&mut self, text: usize) {
        let (room, most) = (self.room(), text + text / 8);
        let bytes = if most > room / 2 { room } else { most };
        self.text.reserve(bytes + 64);
    }

    fn enclosed(
        &mut self,
        opener: char,
        closer: char,
        fill: impl FnOnce(&mut Self) -> Result<(), Full>,
    ) -> Result<(), Full> {
        let start = self.text.len();
        self.open(opener.encode_utf8(&mut [0; 4]))?;
        let filled = fill(self);
        self.close(closer.encode_utf8(&mut [0; 4]));
        if filled.is_err() {
            self.undo(start);
        }
        filled
    }
}

impl std::fmt::Debug for Writer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer")
            .field("len", &self.text.len())
            .finish_non_exhaustive()
    }
}
