//! The typed events that the bytes of a reply hold, whoever reads them.

use bytes::Bytes;
use serde::de::IgnoredAny;

use crate::decode::{self, ERROR_EVENT, Head, StreamEvent, decode_error, no_event_stream};
use crate::error::Error;
use crate::sse::{Decoder, Event, SseError};

/// How much of a body is kept until its first event, to tell what it is if there is none. In bytes.
const PREFIX: usize = 64 << 10;

/// A stream of events, fed with its bytes.
pub(crate) struct Events<T: StreamEvent> {
    decoder: Decoder,
    reader: T::Reader,
    /// What came before the first event; `None` once there was one.
    prefix: Option<Vec<u8>>,
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
        }
    }

    pub(crate) fn feed(&mut self, bytes: Bytes) {
        if let Some(prefix) = &mut self.prefix {
            let room = PREFIX.saturating_sub(prefix.len());
            prefix.extend_from_slice(bytes.get(..room).unwrap_or(&bytes));
        }
        self.decoder.feed(bytes);
    }

    pub(crate) fn next(&mut self, head: &Head) -> Result<Next<T>, Error> {
        loop {
            match self.decoder.next() {
                Ok(None) => return Ok(Next::More),
                Ok(Some(event)) => {
                    self.prefix = None;
                    if !is_empty(&event) {
                        return read(head, &mut self.reader, &event);
                    }
                }
                Err(error) => return Err(refused(head, &error)),
            }
        }
    }

    /// The event with this data, that has come without the bytes that frame it.
    pub(crate) fn unframed(&mut self, head: &Head, data: &str) -> Result<Next<T>, Error> {
        read(head, &mut self.reader, &Event { name: "", data })
    }

    /// What comes next once the body has ended; to be asked until it is [`Next::Done`].
    pub(crate) fn last(&mut self, head: &Head) -> Result<Next<T>, Error> {
        match self.decoder.end() {
            Ok(Some(event)) if is_empty(&event) => Ok(Next::Done),
            // What has no blank line behind it may be cut off: it counts if it is whole JSON.
            Ok(Some(event)) if event.is_done() || is_json(event.data) => {
                self.prefix = None;
                read(head, &mut self.reader, &event)
            }
            Ok(Some(_)) => Err(decode_error(
                head,
                "the stream ended in the middle of an event".to_owned(),
            )),
            Ok(None) => match self.prefix.take() {
                Some(prefix) => Err(no_event_stream(head, &prefix)),
                None => Ok(Next::Done),
            },
            Err(error) => Err(refused(head, &error)),
        }
    }
}

fn read<T: StreamEvent>(
    head: &Head,
    reader: &mut T::Reader,
    event: &Event<'_>,
) -> Result<Next<T>, Error> {
    if event.is_done() {
        return Ok(Next::Done);
    }
    decode::event(head, reader, event).map(Next::Event)
}

fn refused(head: &Head, error: &SseError) -> Error {
    decode_error(head, error.to_string())
}

fn is_empty(event: &Event<'_>) -> bool {
    event.data.is_empty() && event.name != ERROR_EVENT
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}
