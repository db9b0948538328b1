//! Server-sent events: bytes in, events out, without I/O.
//!
//! [`Decoder`] follows the [HTML standard]. Beyond it, a line `error: {...}` is an event named `error`, and JSON between
//! the events, without any field's name, can be had from [`Decoder::stray`]: so some servers tell of an error.
//!
//! What to know before changing it:
//!
//! - **Every byte is looked at once**, however the input is cut and however long an event is. A line that
//!   lies whole in a frame is a slice of that frame: an event with one line of data costs no allocation. Only
//!   a line that is cut goes to `carry`, and what has come there is never scanned again: the search for the
//!   line's end goes on in the next frame. Several lines of data are copied into one growing buffer. So the
//!   whole cost is one search, at most two copies (amortized) and one UTF-8 check a byte. Only an event's first
//!   line is searched twice, where it is not the whole event ([`Decoder::one_line_event`]).
//! - **CR ends its line at once.** Whether it was half of a CRLF shows only with the next byte, which may be
//!   seconds away; `after_cr` then swallows the LF.
//! - **The byte order mark is taken off the first line when that is whole**, so it may be cut as well.
//! - **The limit counts what an event makes us hold**: its data and name so far, and the line being read.
//!   Lines that are ignored cost nothing once they are over; comments may go on for ever.
//!
//! [HTML standard]: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation

use std::mem;
use std::ops::Range;

use bytes::Bytes;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// How large a buffer may stay from one event to the next, in bytes.
const KEPT: usize = 64 << 10;

/// A frame of at most this size is searched byte by byte, in bytes.
const SMALL: usize = 16;

/// How much JSON without a field's name is kept, in bytes.
const STRAY: usize = 64 << 10;

/// How often such JSON is looked at as it grows.
const LOOKS: u8 = 16;

/// Turns the bytes of one event stream into its events.
///
/// Feed it each frame, and ask for the next event until there is none; after the last frame, ask for the
/// [`end`](Self::end).
pub(crate) struct Decoder {
    max_event_bytes: usize,
    frame: Bytes,
    /// How much of the frame has been read.
    at: usize,
    /// What has come of a line whose end is in a later frame.
    carry: Vec<u8>,
    after_cr: bool,
    begun: bool,
    fields: Fields,
    is_ready: bool,
    stray: Stray,
}

impl Decoder {
    /// A decoder that refuses events larger than this.
    pub(crate) fn new(max_event_bytes: usize) -> Self {
        Self {
            max_event_bytes,
            frame: Bytes::new(),
            at: 0,
            carry: Vec::new(),
            after_cr: false,
            begun: false,
            fields: Fields::default(),
            is_ready: false,
            stray: Stray::default(),
        }
    }

    /// Takes the next bytes of the stream; to be called when [`next`](Self::next) has asked for them.
    pub(crate) fn feed(&mut self, frame: Bytes) {
        if self.frame.is_empty() {
            if !self.carries_on(&frame) {
                self.frame = frame;
            }
            return;
        }
        // Too early, so the rest of the last frame must be kept: a copy each time.
        self.fields.leave(&self.frame);
        let rest = self.frame.get(self.at..).unwrap_or_default();
        self.frame = [rest, &frame].concat().into();
        self.at = 0;
    }

    /// Adds a few bytes in the middle of a line to what has come of it; `false` for all others.
    ///
    /// Some servers send a few bytes a frame (bench "decoder, in frames of 1 byte").
    fn carries_on(&mut self, frame: &[u8]) -> bool {
        let is_inside = !self.carry.is_empty()
            && frame.len() <= SMALL
            && frame.len() <= self.room()
            && !frame.iter().any(|byte| is_line_end(*byte));
        if is_inside {
            self.carry.extend_from_slice(frame);
        }
        is_inside
    }

    /// The next whole event of what was fed; `None` if more bytes are needed.
    ///
    /// An error stays.
    pub(crate) fn next(&mut self) -> Result<Option<Event<'_>>, SseError> {
        if !self.advance()? {
            return Ok(None);
        }
        Ok(self.fields.event(&self.frame))
    }

    /// After the last frame: what is left of the events, then the one that stands there without its blank
    /// line, then `None`.
    ///
    /// That one may be cut off anywhere: the caller must check that its data is whole.
    pub(crate) fn end(&mut self) -> Result<Option<Event<'_>>, SseError> {
        if !self.advance()? {
            if !self.carry.is_empty() {
                self.interpret(&Line::Carried);
            }
            self.is_ready = true;
        }
        Ok(self.fields.event(&self.frame))
    }

    /// JSON that stands between the events without a field's name, if it may be whole and was not looked at so far.
    pub(crate) fn stray(&mut self) -> Option<&[u8]> {
        self.stray.look()
    }

    /// Reads up to the end of the next event, which is then ready; false if there is none.
    fn advance(&mut self) -> Result<bool, SseError> {
        if mem::take(&mut self.is_ready) {
            self.fields.clear();
        }
        if self.at == self.frame.len() {
            self.release_frame();
            return Ok(false);
        }
        if let Some((data, end)) = self.one_line_event() {
            self.fields.data = Some(Data::InFrame(data));
            self.at = end;
            self.is_ready = true;
            return Ok(true);
        }
        while let Some(line) = self.line()? {
            if self.interpret(&line) {
                self.is_ready = true;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The data of an event that is one line in the frame, and where the event ends there. All others, and what this
    /// is not sure of, are read line by line.
    ///
    /// Almost all events are such (bench "decoder").
    fn one_line_event(&self) -> Option<(Range<usize>, usize)> {
        let is_between_events = self.fields.is_empty() && self.carry.is_empty();
        if !is_between_events || self.after_cr || !self.begun {
            return None;
        }
        let line = self.frame.get(self.at..)?.strip_prefix(b"data: ")?;
        let length = memchr::memchr2(b'\n', b'\r', line)?;
        let is_whole = line.get(length..length + 2)? == b"\n\n";
        let start = self.at + b"data: ".len();
        let end = start + length;
        let fits = end - self.at <= self.max_event_bytes;
        (is_whole && fits).then_some((start..end, end + 2))
    }

    /// The next whole line, without its end.
    fn line(&mut self) -> Result<Option<Line>, SseError> {
        if self.after_cr && self.at < self.frame.len() {
            self.after_cr = false;
            self.at += usize::from(self.frame.get(self.at) == Some(&b'\n'));
        }
        let rest = self.frame.get(self.at..).unwrap_or_default();
        // Every event ends with a blank line: it is found without a search (bench "decoder").
        let end = match rest.first() {
            Some(byte) if is_line_end(*byte) => Some(0),
            _ => memchr::memchr2(b'\n', b'\r', rest),
        };
        let length = end.unwrap_or(rest.len());
        if length > self.room() {
            return Err(SseError::TooLarge {
                limit: self.max_event_bytes,
            });
        }
        if end.is_none() {
            self.carry.extend_from_slice(rest);
            self.release_frame();
            return Ok(None);
        }
        let start = self.at;
        self.after_cr = rest.get(length) == Some(&b'\r');
        self.at += length + 1;
        if self.carry.is_empty() {
            return Ok(Some(Line::InFrame(start..start + length)));
        }
        let rest = self.frame.get(start..start + length);
        self.carry.extend_from_slice(rest.unwrap_or_default());
        Ok(Some(Line::Carried))
    }

    /// Drops the frame, which has been read: its memory is free while the next one is awaited.
    fn release_frame(&mut self) {
        self.fields.leave(&self.frame);
        self.frame = Bytes::new();
        self.at = 0;
    }

    /// How many bytes the current line may still grow by.
    fn room(&self) -> usize {
        self.max_event_bytes
            .saturating_sub(self.fields.len())
            .saturating_sub(self.carry.len())
    }

    /// Notes what a line says; true if it ended an event.
    fn interpret(&mut self, line: &Line) -> bool {
        let (mut text, mut start) = match line {
            Line::InFrame(range) => (
                self.frame.get(range.clone()).unwrap_or_default(),
                Some(range.start),
            ),
            Line::Carried => (self.carry.as_slice(), None),
        };
        if !mem::replace(&mut self.begun, true)
            && let Some(rest) = text.strip_prefix(BYTE_ORDER_MARK)
        {
            text = rest;
            start = start.map(|start| start + BYTE_ORDER_MARK.len());
        }
        let mut has_ended = false;
        if text.is_empty() {
            has_ended = self.fields.data.is_some();
            if !has_ended {
                self.fields.clear();
            }
            self.stray.is_open = false;
        } else if let Some(at) = value_of(b"data", text) {
            let value = text.get(at..).unwrap_or_default();
            let in_frame = start.map(|start| start + at..start + text.len());
            self.fields.push_data(value, in_frame, &self.frame);
        } else if let Some(at) = value_of(b"event", text) {
            self.fields.name.clear();
            let value = text.get(at..).unwrap_or_default();
            self.fields.name.extend_from_slice(value);
        } else if let Some(at) = value_of(b"error", text)
            && let Some(value) = text.get(at..)
            && value.starts_with(b"{")
        {
            let in_frame = start.map(|start| start + at..start + text.len());
            self.fields.push_data(value, in_frame, &self.frame);
            self.fields.name.clear();
            self.fields.name.extend_from_slice(b"error");
        } else {
            self.stray.push(text);
        }
        if matches!(line, Line::Carried) {
            self.carry.clear();
            self.carry.shrink_to(KEPT);
        }
        has_ended
    }
}

/// Where a line stands.
enum Line {
    InFrame(Range<usize>),
    Carried,
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
        self.data.trim_ascii() == "[DONE]"
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
}

/// Lines of JSON that have no field's name.
#[derive(Default)]
struct Stray {
    json: Vec<u8>,
    /// Whether the next line may belong to it.
    is_open: bool,
    /// Whether it has grown since it was looked at.
    is_new: bool,
    looks: u8,
}

impl Stray {
    fn push(&mut self, line: &[u8]) {
        if !self.is_open && line.trim_ascii_start().starts_with(b"{") {
            self.is_open = true;
            self.json.clear();
        }
        if !self.is_open {
            return;
        }
        if self.json.len() + line.len() > STRAY {
            *self = Self {
                looks: self.looks,
                ..Self::default()
            };
            return;
        }
        self.json.extend_from_slice(line);
        self.json.push(b'\n');
        self.is_new = line.trim_ascii_end().ends_with(b"}");
    }

    fn look(&mut self) -> Option<&[u8]> {
        if !mem::take(&mut self.is_new) || self.looks >= LOOKS {
            return None;
        }
        self.looks += 1;
        Some(&self.json)
    }
}

/// What the lines of an event have said so far.
#[derive(Default)]
struct Fields {
    name: Vec<u8>,
    data: Option<Data>,
    /// The data, where it is not one line in one frame.
    buffer: Vec<u8>,
    /// The data, where bytes of it that are no UTF-8 had to be replaced.
    replaced: String,
}

enum Data {
    InFrame(Range<usize>),
    InBuffer,
}

impl Fields {
    fn push_data(&mut self, line: &[u8], in_frame: Option<Range<usize>>, frame: &[u8]) {
        if let (None, Some(range)) = (&self.data, in_frame) {
            self.data = Some(Data::InFrame(range));
            return;
        }
        self.leave(frame);
        if self.data.is_some() {
            self.buffer.push(b'\n');
        }
        self.buffer.extend_from_slice(line);
        self.data = Some(Data::InBuffer);
    }

    /// Copies what stands in the frame, which goes.
    fn leave(&mut self, frame: &[u8]) {
        if let Some(Data::InFrame(range)) = &self.data {
            let data = frame.get(range.clone()).unwrap_or_default();
            self.buffer.extend_from_slice(data);
            self.data = Some(Data::InBuffer);
        }
    }

    fn clear(&mut self) {
        self.name.clear();
        self.data = None;
        if !self.buffer.is_empty() {
            self.buffer.clear();
            self.buffer.shrink_to(KEPT);
        }
        if !self.replaced.is_empty() {
            self.replaced = String::new();
        }
    }

    fn is_empty(&self) -> bool {
        self.data.is_none() && self.name.is_empty()
    }

    fn len(&self) -> usize {
        let data = match &self.data {
            Some(Data::InFrame(range)) => range.len(),
            _ => self.buffer.len(),
        };
        self.name.len() + data
    }

    /// Without data there is no event. A name that can't be read is one that nobody knows: the data counts.
    fn event<'a>(&'a mut self, frame: &'a [u8]) -> Option<Event<'a>> {
        let data = match &self.data {
            Some(Data::InFrame(range)) => frame.get(range.clone()).unwrap_or_default(),
            Some(Data::InBuffer) => &self.buffer,
            None => return None,
        };
        let data = if let Ok(data) = simdutf8::basic::from_utf8(data) {
            data
        } else {
            self.replaced = String::from_utf8_lossy(data).into_owned();
            &self.replaced
        };
        let name = match self.name.as_slice() {
            [] => "",
            name => std::str::from_utf8(name).unwrap_or("\u{FFFD}"),
        };
        Some(Event { name, data })
    }
}

fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
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
