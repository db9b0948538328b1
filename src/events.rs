//! The typed events that the bytes of a reply hold, whoever reads them.

use bytes::Bytes;

use crate::decode::{self, ERROR_EVENT, Head, StreamEvent, decode_error, no_event_stream};
use crate::error::Error;
use crate::sse::{Decoder, Event, SseError};
use crate::tolerant;

/// How much of a body is kept until its first event, to tell what it is if there is none. In bytes.
const PREFIX: usize = 64 << 10;

/// A stream of events, fed with its bytes.
pub(crate) struct Events<T: StreamEvent> {
    decoder: Decoder,
    reader: T::Reader,
    /// What came before the first event of the reply; `None` once there was one.
    prefix: Option<Vec<u8>>,
    /// The reply's last event has come.
    has_last: bool,
    /// What can't be read is no error.
    skips_unreadable: bool,
}

/// What comes next in a stream.
pub(crate) enum Next<T> {
    Event(T),
    /// More bytes are needed.
    More,
    /// The stream has ended as it should.
    Done,
}

impl<T: StreamEvent> Events<T> {
    pub(crate) fn new(max_event_bytes: usize) -> Self {
        Self {
            decoder: Decoder::new(max_event_bytes),
            reader: T::Reader::default(),
            prefix: Some(Vec::new()),
            has_last: false,
            skips_unreadable: false,
        }
    }

    /// Events of which those that can't be read are passed over, for who only looks on.
    pub(crate) fn skipping_unreadable(mut self) -> Self {
        self.skips_unreadable = true;
        self
    }

    pub(crate) fn feed(&mut self, bytes: Bytes) {
        if let Some(prefix) = &mut self.prefix {
            let room = PREFIX.saturating_sub(prefix.len());
            prefix.extend_from_slice(bytes.get(..room).unwrap_or(&bytes));
        }
        self.decoder.feed(bytes);
    }

    pub(crate) fn next(&mut self, head: &Head) -> Result<Next<T>, Error> {
        while !self.has_last {
            let Some(event) = self.decoder.next().map_err(|error| refused(head, error))? else {
                return match self.stray_error(head) {
                    Some(error) => Err(error),
                    None => Ok(Next::More),
                };
            };
            let read = read(head, &mut self.reader, self.skips_unreadable, &event)?;
            if let Some(next) = read {
                self.note(&next);
                return Ok(next);
            }
        }
        Ok(Next::Done)
    }

    /// The event with this data, that has come without the bytes that frame it.
    pub(crate) fn unframed(&mut self, head: &Head, data: &str) -> Result<Next<T>, Error> {
        let event = Event { name: "", data };
        let next = read(head, &mut self.reader, self.skips_unreadable, &event)?;
        Ok(next.unwrap_or(Next::More))
    }

    /// What comes next once the body has ended; to be asked until it is [`Next::Done`].
    pub(crate) fn last(&mut self, head: &Head) -> Result<Next<T>, Error> {
        while !self.has_last {
            let Some(event) = self.decoder.end().map_err(|error| refused(head, error))? else {
                return self.end(head);
            };
            if is_empty(&event) {
                continue;
            }
            // What has no blank line behind it may be cut off: it counts if it is whole JSON.
            if !event.is_done() && tolerant::rewrite(event.data.as_bytes()).is_none() {
                let reason = "the stream ended in the middle of an event".to_owned();
                return Err(decode_error(head, reason, event.data.as_bytes()));
            }
            let read = read(head, &mut self.reader, self.skips_unreadable, &event)?;
            if let Some(next) = read {
                self.note(&next);
                return Ok(next);
            }
        }
        Ok(Next::Done)
    }

    /// What the end of the body means.
    fn end(&mut self, head: &Head) -> Result<Next<T>, Error> {
        if let Some(error) = self.stray_error(head) {
            return Err(error);
        }
        if let Some(prefix) = self.prefix.take() {
            return Err(no_event_stream(head, &prefix));
        }
        if T::HAS_LAST && !self.has_last {
            return Err(Error::Interrupted(None));
        }
        Ok(Next::Done)
    }

    fn note(&mut self, next: &Next<T>) {
        self.prefix = None;
        self.has_last = match next {
            Next::Event(event) => event.is_last(),
            Next::Done => true,
            Next::More => false,
        };
    }

    /// The error that stands between the events as mere JSON.
    fn stray_error(&mut self, head: &Head) -> Option<Error> {
        let json = decode::error_in(self.decoder.stray()?)?;
        Some(decode::api_error(head, &json))
    }
}

/// What an event is; `None` for one that is no part of the reply.
fn read<T: StreamEvent>(
    head: &Head,
    reader: &mut T::Reader,
    skips_unreadable: bool,
    event: &Event<'_>,
) -> Result<Option<Next<T>>, Error> {
    if is_empty(event) {
        return Ok(None);
    }
    if event.is_done() {
        return Ok(Some(Next::Done));
    }
    match decode::event(head, reader, event) {
        Err(Error::Decode(_)) if skips_unreadable => Ok(None),
        event => Ok(event?.map(Next::Event)),
    }
}

fn refused(head: &Head, error: SseError) -> Error {
    decode_error(head, error.to_string(), &[])
}

fn is_empty(event: &Event<'_>) -> bool {
    event.data.is_empty() && event.name != ERROR_EVENT
}
