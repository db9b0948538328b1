//! The events of a reply's bytes, with the same eyes as a stream of our own client.

use bytes::Bytes;
use serde::de::IgnoredAny;

use crate::decode::{self, ERROR_EVENT, Head, StreamEvent, decode_error, no_event_stream};
use crate::error::Error;
use crate::sse::{Decoder, Event, SseError};

/// How much of a body is kept until its first event, to tell what it is if there is none. In bytes.
const PREFIX: usize = 64 << 10;

/// A stream that another client reads.
pub(super) struct Events {
    decoder: Decoder,
    /// What came before the first event; `None` once there was one.
    prefix: Option<Vec<u8>>,
}

/// What comes next in a stream.
pub(super) enum Next<T> {
    Event(T),
    /// More bytes are needed.
    More,
    /// The stream has ended as it should.
    Done,
}

impl Events {
    pub(super) fn new(max_event_bytes: usize) -> Self {
        Self {
            decoder: Decoder::new(max_event_bytes),
            prefix: Some(Vec::new()),
        }
    }

    pub(super) fn feed(&mut self, bytes: Bytes) {
        if let Some(prefix) = &mut self.prefix {
            let room = PREFIX.saturating_sub(prefix.len());
            prefix.extend_from_slice(bytes.get(..room).unwrap_or(&bytes));
        }
        self.decoder.feed(bytes);
    }

    pub(super) fn next<T: StreamEvent>(&mut self, head: &Head) -> Result<Next<T>, Error> {
        loop {
            match self.decoder.next() {
                Ok(None) => return Ok(Next::More),
                Ok(Some(event)) => {
                    self.prefix = None;
                    if !is_empty(&event) {
                        return read(head, &event);
                    }
                }
                Err(error) => return Err(refused(head, &error)),
            }
        }
    }

    /// What comes next once the body has ended; to be asked until it is [`Next::Done`].
    pub(super) fn last<T: StreamEvent>(&mut self, head: &Head) -> Result<Next<T>, Error> {
        match self.decoder.end() {
            Ok(Some(event)) if is_empty(&event) => Ok(Next::Done),
            // What has no blank line behind it may be cut off: it counts if it is whole JSON.
            Ok(Some(event)) if event.is_done() || is_json(event.data) => {
                self.prefix = None;
                read(head, &event)
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

fn read<T: StreamEvent>(head: &Head, event: &Event<'_>) -> Result<Next<T>, Error> {
    if event.is_done() {
        return Ok(Next::Done);
    }
    decode::event(head, event).map(Next::Event)
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
