//! Streams of events: the adapter between a response's bytes and typed events.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::stream::{FusedStream, Stream};
use http::HeaderMap;
use tokio::time::{Sleep, sleep_until};

use super::transport::Opened;
use crate::call::StreamCall;
use crate::decode::{Head, StreamEvent};
use crate::error::{Error, Timeout, shown_request_id};
use crate::events::{Events, Next};
use crate::record::Fold;

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
    events: Box<dyn Reading<T>>,
}

/// Events that are read and recorded. It keeps the recorder's types out of [`EventStream`]'s.
trait Reading<T>: Send {
    fn feed(&mut self, bytes: Bytes);
    fn next(&mut self, head: &Head) -> Result<Next<T>, Error>;
    fn last(&mut self, head: &Head) -> Result<Next<T>, Error>;
    fn finish(&mut self);
    fn fail(&mut self, error: &Error);
}

struct Recorded<F: Fold>
where
    F::Event: StreamEvent,
{
    events: Events<F::Event>,
    call: StreamCall<F>,
}

impl<F> Reading<F::Event> for Recorded<F>
where
    F: Fold,
    F::Event: StreamEvent,
{
    fn feed(&mut self, bytes: Bytes) {
        self.events.feed(bytes);
    }

    fn next(&mut self, head: &Head) -> Result<Next<F::Event>, Error> {
        let next = self.events.next(head);
        if let Ok(Next::Event(event)) = &next {
            self.call.event(event);
        }
        next
    }

    fn last(&mut self, head: &Head) -> Result<Next<F::Event>, Error> {
        let last = self.events.last(head);
        if let Ok(Next::Event(event)) = &last {
            self.call.event(event);
        }
        last
    }

    fn finish(&mut self) {
        self.call.finish();
    }

    fn fail(&mut self, error: &Error) {
        self.call.fail(error);
    }
}

/// The bytes of a body, and how long we wait for them.
struct Source {
    body: Pin<Box<dyn Stream<Item = reqwest::Result<Bytes>> + Send>>,
    idle: Duration,
    deadline: Option<(Instant, Duration)>,
    /// Runs while we wait.
    timer: Option<Pin<Box<Sleep>>>,
    /// What has passed when the timer ends; `None` while we do not wait.
    waiting: Option<Timeout>,
    is_over: bool,
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
                waiting: None,
                is_over: false,
            }),
            events: Box::new(Recorded {
                events: Events::new(max_event_bytes),
                call,
            }),
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

    fn poll_bytes(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        match &mut self.source {
            Some(source) => source.poll_bytes(cx),
            None => Poll::Ready(None),
        }
    }

    fn finish(&mut self, cx: &mut Context<'_>) {
        if let Some(mut source) = self.source.take() {
            // If nothing is left of the body, the connection can serve again; if not, it is closed.
            let _ = source.poll_bytes(cx);
        }
        self.events.finish();
    }

    fn fail(&mut self, error: &Error) {
        self.source = None;
        self.events.fail(error);
    }
}

impl<T> Stream for EventStream<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if self.is_terminated() {
                return Poll::Ready(None);
            }
            let stream = &mut *self;
            let next = match stream.events.next(&stream.head) {
                Ok(Next::More) => match ready!(stream.poll_bytes(cx)) {
                    Some(Ok(bytes)) => {
                        stream.events.feed(bytes);
                        continue;
                    }
                    Some(Err(error)) => Err(error),
                    None => stream.events.last(&stream.head),
                },
                next => next,
            };
            return Poll::Ready(match next {
                Ok(Next::Event(event)) => Some(Ok(event)),
                Ok(Next::Done | Next::More) => {
                    self.finish(cx);
                    None
                }
                Err(error) => {
                    self.fail(&error);
                    Some(Err(error))
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
            self.waiting = None;
            self.is_over = !matches!(bytes, Some(Ok(_)));
            return Poll::Ready(bytes.map(|bytes| bytes.map_err(Error::from)));
        }
        let timeout = *self.waiting.get_or_insert_with(|| {
            // A limit that no clock reaches is none.
            let idle = Instant::now().checked_add(self.idle);
            let (until, timeout) = match self.deadline {
                Some((deadline, limit)) if idle.is_none_or(|idle| deadline < idle) => {
                    (Some(deadline), Timeout::Deadline(limit))
                }
                _ => (idle, Timeout::StreamIdle(self.idle)),
            };
            match (&mut self.timer, until) {
                (Some(timer), Some(until)) => timer.as_mut().reset(until.into()),
                (timer, until) => *timer = until.map(|until| Box::pin(sleep_until(until.into()))),
            }
            timeout
        });
        let Some(timer) = &mut self.timer else {
            return Poll::Pending;
        };
        ready!(timer.as_mut().poll(cx));
        self.is_over = true;
        Poll::Ready(Some(Err(Error::Timeout(timeout))))
    }
}

const _: () = {
    const fn is_sent<T: Send + Unpin>() {}
    is_sent::<EventStream<()>>();
};
