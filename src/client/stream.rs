//! Streams of events: the adapter between a response's bytes and typed events.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::stream::{FusedStream, Stream};
use http::HeaderMap;
use serde::de::IgnoredAny;
use tokio::time::{Sleep, sleep_until};

use super::transport::Opened;
use crate::call::StreamCall;
use crate::decode::{self, ERROR_EVENT, Head, StreamEvent, decode_error, no_event_stream};
use crate::error::{Error, Timeout, shown_request_id};
use crate::record::Fold;
use crate::sse::{Decoder, Event, SseError};

/// How much of a body is kept until its first event, to tell what it is if there is none. In bytes.
const PREFIX: usize = 64 << 10;

/// The events of a reply, as they arrive.
///
/// It ends after the reply's last event, or after its first error. Nothing is read ahead of the consumer.
/// Dropping it closes the connection, and the call is recorded with what had arrived: as `cancelled`, unless
/// all of the reply had.
#[must_use = "a stream that is not read gives nothing, and its call is recorded as cancelled"]
pub struct EventStream<T> {
    head: Head,
    /// Gone once the stream has ended.
    source: Option<Source>,
    decoder: Decoder,
    /// What came before the first event; `None` once there was one.
    prefix: Option<Vec<u8>>,
    call: Box<dyn Observer<T>>,
}

/// What reads and records the events of a stream. It keeps the recorder's types out of [`EventStream`]'s.
trait Observer<T>: Send {
    fn read(&self, head: &Head, event: &Event<'_>) -> Result<T, Error>;
    fn event(&mut self, event: &T);
    fn finish(&mut self);
    fn fail(&mut self, error: &Error);
}

impl<F> Observer<F::Event> for StreamCall<F>
where
    F: Fold,
    F::Event: StreamEvent,
{
    fn read(&self, head: &Head, event: &Event<'_>) -> Result<F::Event, Error> {
        decode::event(head, event)
    }

    fn event(&mut self, event: &F::Event) {
        StreamCall::event(self, event);
    }

    fn finish(&mut self) {
        StreamCall::finish(self);
    }

    fn fail(&mut self, error: &Error) {
        StreamCall::fail(self, error);
    }
}

/// The bytes of a body, and how long we wait for them.
struct Source {
    body: Pin<Box<dyn Stream<Item = reqwest::Result<Bytes>> + Send>>,
    idle: Duration,
    deadline: Option<(Instant, Duration)>,
    /// Runs while we wait.
    timer: Option<Pin<Box<Sleep>>>,
    is_waiting: bool,
    is_over: bool,
}

/// What an event is to the stream.
enum Step<T> {
    Item(T),
    Done,
    Failed(Error),
    More,
}

impl<T> EventStream<T> {
    pub(super) fn new<F>(
        opened: Opened,
        idle: Duration,
        max_event_bytes: usize,
        call: StreamCall<F>,
    ) -> Self
    where
        F: Fold<Event = T> + 'static,
        T: StreamEvent,
    {
        Self {
            head: opened.head,
            source: Some(Source {
                body: Box::pin(opened.response.bytes_stream()),
                idle,
                deadline: opened.deadline,
                timer: None,
                is_waiting: false,
                is_over: false,
            }),
            decoder: Decoder::new(max_event_bytes),
            prefix: Some(Vec::new()),
            call: Box::new(call),
        }
    }

    /// The HTTP status of the reply.
    pub fn status(&self) -> u16 {
        self.head.status
    }

    /// The headers of the reply.
    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// The server's id of the request (`x-request-id`), for its support.
    pub fn request_id(&self) -> Option<&str> {
        self.head.headers.get("x-request-id")?.to_str().ok()
    }

    /// The next event in what has been read; events without data tell nothing.
    fn step(&mut self) -> Step<T> {
        loop {
            match self.decoder.next() {
                Ok(None) => return Step::More,
                Ok(Some(event)) => {
                    self.prefix = None;
                    if !is_empty(&event) {
                        return interpret(&event, &*self.call, &self.head);
                    }
                }
                Err(error) => return Step::Failed(refused(&error, &self.head)),
            }
        }
    }

    /// What the end of the body means.
    fn last_step(&mut self) -> Step<T> {
        let head = &self.head;
        match self.decoder.end() {
            Ok(Some(event)) if is_empty(&event) => Step::Done,
            // What has no blank line behind it may be cut off: it counts if it is whole JSON.
            Ok(Some(event)) if event.is_done() || is_json(event.data) => {
                self.prefix = None;
                interpret(&event, &*self.call, head)
            }
            Ok(Some(_)) => Step::Failed(decode_error(
                head,
                "the stream ended in the middle of an event".to_owned(),
            )),
            Ok(None) => match self.prefix.take() {
                Some(prefix) => Step::Failed(no_event_stream(head, &prefix)),
                None => Step::Done,
            },
            Err(error) => Step::Failed(refused(&error, head)),
        }
    }

    fn poll_bytes(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        match &mut self.source {
            Some(source) => source.poll_bytes(cx),
            None => Poll::Ready(None),
        }
    }

    /// Takes bytes, and remembers the first of them while they are no events.
    fn feed(&mut self, bytes: Bytes) {
        if let Some(prefix) = &mut self.prefix {
            let room = PREFIX.saturating_sub(prefix.len());
            prefix.extend_from_slice(bytes.get(..room).unwrap_or(&bytes));
        }
        self.decoder.feed(bytes);
    }

    fn finish(&mut self, cx: &mut Context<'_>) {
        if let Some(mut source) = self.source.take() {
            // If nothing is left of the body, the connection can serve again; if not, it is closed.
            let _ = source.poll_bytes(cx);
        }
        self.call.finish();
    }

    fn fail(&mut self, error: &Error) {
        self.source = None;
        self.call.fail(error);
    }
}

impl<T> Stream for EventStream<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if self.is_terminated() {
                return Poll::Ready(None);
            }
            let step = match self.step() {
                Step::More => match ready!(self.poll_bytes(cx)) {
                    Some(Ok(bytes)) => {
                        self.feed(bytes);
                        continue;
                    }
                    Some(Err(error)) => Step::Failed(error),
                    None => self.last_step(),
                },
                step => step,
            };
            return Poll::Ready(match step {
                Step::Item(item) => {
                    self.call.event(&item);
                    Some(Ok(item))
                }
                Step::Failed(error) => {
                    self.fail(&error);
                    Some(Err(error))
                }
                Step::Done | Step::More => {
                    self.finish(cx);
                    None
                }
            });
        }
    }
}

impl<T> FusedStream for EventStream<T> {
    fn is_terminated(&self) -> bool {
        self.source.is_none()
    }
}

impl<T> fmt::Debug for EventStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream")
            .field("status", &self.head.status)
            .field("request_id", &shown_request_id(&self.head.headers))
            .field("has_ended", &self.is_terminated())
            .finish_non_exhaustive()
    }
}

impl Source {
    fn poll_bytes(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        if let Poll::Ready(bytes) = self.body.as_mut().poll_next(cx) {
            self.is_waiting = false;
            self.is_over = !matches!(bytes, Some(Ok(_)));
            return Poll::Ready(bytes.map(|bytes| bytes.map_err(Error::from)));
        }
        let now = Instant::now();
        let idle = now + self.idle;
        let (until, timeout) = match self.deadline {
            Some((deadline, limit)) if deadline < idle => (deadline, Timeout::Deadline(limit)),
            _ => (idle, Timeout::StreamIdle(self.idle)),
        };
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(sleep_until(until.into())));
        if !self.is_waiting {
            self.is_waiting = true;
            timer.as_mut().reset(until.into());
        }
        ready!(timer.as_mut().poll(cx));
        self.is_over = true;
        Poll::Ready(Some(Err(Error::Timeout(timeout))))
    }
}

/// What an event means to the stream.
fn interpret<T>(event: &Event<'_>, call: &dyn Observer<T>, head: &Head) -> Step<T> {
    if event.is_done() {
        return Step::Done;
    }
    match call.read(head, event) {
        Ok(item) => Step::Item(item),
        Err(error) => Step::Failed(error),
    }
}

fn refused(error: &SseError, head: &Head) -> Error {
    decode_error(head, error.to_string())
}

fn is_empty(event: &Event<'_>) -> bool {
    event.data.is_empty() && event.name != ERROR_EVENT
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

const _: () = {
    const fn is_sent<T: Send + Unpin>() {}
    is_sent::<EventStream<()>>();
};
