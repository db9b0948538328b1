//! Server-sent events: bytes in, events out, without I/O.
//!
//! [`Decoder`] follows the [HTML standard], but refuses data that is not UTF-8 instead of replacing it.
//!
//! What to know before changing it:
//!
//! - **Every byte is looked at once**, however the input is cut and however long an event is. A line that
//!   lies whole in a frame is a slice of that frame: an event with one line of data costs no allocation. Only
//!   a line that is cut goes to `carry`, and what has come there is never scanned again: the search for the
//!   line's end goes on in the next frame. Several lines of data are copied into one growing buffer. So the
//!   whole cost is one search, at most two copies (amortized) and one UTF-8 check a byte.
//! - **CR ends its line at once.** Whether it was half of a CRLF shows only with the next byte, which may be
//!   seconds away; `after_cr` then swallows the LF.
//! - **The byte order mark is taken off the first line when that is whole**, so it may be cut as well.
//! - **The limit counts what an event makes us hold**: its data and name so far, and the line being read.
//!   Lines that are ignored cost nothing once they are over; comments may go on for ever.
//!
//! [HTML standard]: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation

use std::collections::VecDeque;
use std::mem;

use bytes::{Buf, Bytes};

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Turns the bytes of one event stream into its events.
///
/// Feed it each frame, and ask for the next event until there is none; after the last frame, ask for the
/// [`end`](Self::end).
pub(crate) struct Decoder {
    max_event_bytes: usize,
    frame: Bytes,
    later: VecDeque<Bytes>,
    carry: Vec<u8>,
    after_cr: bool,
    begun: bool,
    pending: Fields,
    ready: Fields,
}

impl Decoder {
    /// A decoder that refuses events larger than this.
    pub(crate) fn new(max_event_bytes: usize) -> Self {
        Self {
            max_event_bytes,
            frame: Bytes::new(),
            later: VecDeque::new(),
            carry: Vec::new(),
            after_cr: false,
            begun: false,
            pending: Fields::default(),
            ready: Fields::default(),
        }
    }

    /// Takes the next bytes of the stream. It keeps them as they are; [`next`](Self::next) does the work.
    pub(crate) fn feed(&mut self, frame: Bytes) {
        if self.frame.is_empty() && self.later.is_empty() {
            self.frame = frame;
        } else {
            self.later.push_back(frame);
        }
    }

    /// The next whole event of what was fed; `None` if more bytes are needed.
    ///
    /// After [`SseError::NotUtf8`] reading can go on behind the event, [`SseError::TooLarge`] stays.
    pub(crate) fn next(&mut self) -> Result<Option<Event<'_>>, SseError> {
        self.advance()?;
        self.ready.event()
    }

    /// After the last frame: what is left of the events, then the one that stands there without its blank
    /// line, then `None`.
    ///
    /// That one may be cut off anywhere: the caller must check that its data is whole.
    pub(crate) fn end(&mut self) -> Result<Option<Event<'_>>, SseError> {
        if !self.advance()? {
            if !self.carry.is_empty() {
                let line = mem::take(&mut self.carry).into();
                self.interpret(line);
            }
            self.ready = mem::take(&mut self.pending);
        }
        self.ready.event()
    }

    /// Reads up to the end of the next event, which is then ready; false if there is none.
    fn advance(&mut self) -> Result<bool, SseError> {
        self.ready = Fields::default();
        while let Some(line) = self.line()? {
            if self.interpret(line) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The next whole line, without its end.
    fn line(&mut self) -> Result<Option<Bytes>, SseError> {
        loop {
            if self.after_cr && !self.frame.is_empty() {
                self.after_cr = false;
                if self.frame.first() == Some(&b'\n') {
                    self.frame.advance(1);
                }
            }
            let end = memchr::memchr2(b'\n', b'\r', &self.frame);
            let length = end.unwrap_or(self.frame.len());
            if length > self.room() {
                return Err(SseError::TooLarge {
                    limit: self.max_event_bytes,
                });
            }
            let mut line = self.frame.split_to(length);
            if end.is_some() {
                self.after_cr = self.frame.first() == Some(&b'\r');
                self.frame.advance(1);
                if !self.carry.is_empty() {
                    self.carry.extend_from_slice(&line);
                    line = mem::take(&mut self.carry).into();
                }
                return Ok(Some(line));
            }
            self.carry.extend_from_slice(&line);
            let Some(frame) = self.later.pop_front() else {
                self.frame = Bytes::new();
                return Ok(None);
            };
            self.frame = frame;
        }
    }

    /// How many bytes the current line may still grow by.
    fn room(&self) -> usize {
        self.max_event_bytes
            .saturating_sub(self.pending.len())
            .saturating_sub(self.carry.len())
    }

    /// Notes what a line says; true if it ended an event, which is then ready.
    fn interpret(&mut self, mut line: Bytes) -> bool {
        if !mem::replace(&mut self.begun, true) && line.starts_with(BYTE_ORDER_MARK) {
            line.advance(BYTE_ORDER_MARK.len());
        }
        if line.is_empty() {
            self.ready = mem::take(&mut self.pending);
            return self.ready.data.is_some();
        }
        if let Some(start) = value_of(b"data", &line) {
            line.advance(start);
            self.pending.push_data(line);
        } else if let Some(start) = value_of(b"event", &line) {
            line.advance(start);
            self.pending.name = line;
        }
        false
    }
}

/// One event of a stream.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Event<'a> {
    /// What the field `event` says; empty without one.
    pub(crate) name: &'a str,
    /// The lines of data, joined by LF. It may be empty, where the stream has an empty `data` field.
    pub(crate) data: &'a str,
}

impl Event<'_> {
    /// Whether this is the end mark `[DONE]`.
    pub(crate) fn is_done(&self) -> bool {
        self.data == "[DONE]"
    }
}

/// Why a stream can't be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SseError {
    /// An event is larger than allowed.
    #[error("an event of the stream is larger than {limit} bytes")]
    TooLarge {
        /// The largest size allowed, in bytes.
        limit: usize,
    },
    /// The data of an event is not UTF-8.
    #[error("an event of the stream is not UTF-8")]
    NotUtf8,
}

/// What the lines of an event have said so far.
#[derive(Default)]
struct Fields {
    name: Bytes,
    data: Option<Data>,
}

impl Fields {
    fn push_data(&mut self, line: Bytes) {
        self.data = Some(match self.data.take() {
            None => Data::Line(line),
            Some(before) => {
                let mut lines = before.into_lines();
                lines.push(b'\n');
                lines.extend_from_slice(&line);
                Data::Lines(lines)
            }
        });
    }

    fn len(&self) -> usize {
        self.name.len() + self.data.as_ref().map_or(0, |data| data.as_slice().len())
    }

    /// Without data there is no event. A name that can't be read is one that nobody knows: the data counts.
    fn event(&self) -> Result<Option<Event<'_>>, SseError> {
        let Some(data) = &self.data else {
            return Ok(None);
        };
        let data = std::str::from_utf8(data.as_slice()).map_err(|_| SseError::NotUtf8)?;
        let name = std::str::from_utf8(&self.name).unwrap_or("\u{FFFD}");
        Ok(Some(Event { name, data }))
    }
}

enum Data {
    Line(Bytes),
    Lines(Vec<u8>),
}

impl Data {
    fn as_slice(&self) -> &[u8] {
        match self {
            Self::Line(line) => line,
            Self::Lines(lines) => lines,
        }
    }

    fn into_lines(self) -> Vec<u8> {
        match self {
            Self::Line(line) => line.into(),
            Self::Lines(lines) => lines,
        }
    }
}

/// Where the value of the field begins, if the line is that field: after the colon and one space, at the
/// line's end without a colon.
fn value_of(field: &[u8], line: &[u8]) -> Option<usize> {
    match line.strip_prefix(field)? {
        [] => Some(field.len()),
        [b':', b' ', ..] => Some(field.len() + 2),
        [b':', ..] => Some(field.len() + 1),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
