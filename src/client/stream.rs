//! Streams of events: the adapter between a response's bytes and typed events.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::future::FusedFuture;
use futures_util::stream::{FusedStream, Stream, StreamExt};
use http::HeaderMap;
use tokio::time::{Sleep, sleep_until};

use super::transport::Answer;
use crate::call::StreamCall;
use crate::decode::{Head, StreamEvent};
use crate::error::{Error, Timeout, shown_request_id};
use crate::events::{Events, Next};
use crate::record::Fold;
use crate::types::{chat, responses};

/// The events of a reply, as they arrive.
///
/// It ends after the reply's last event, or after its first error. Nothing is read ahead of the consumer.
/// Dropping it closes the connection, and the call is recorded with what had arrived: as `cancelled`, unless
/// all of the reply had.
#[must_use = "a stream that is not read gives nothing, and its call is recorded as cancelled"]
pub struct EventStream<T> {
    head: Head,
    state: State<T>,
}

enum State<T> {
    Open(Source, Box<dyn Reading<T>>),
    /// The last event has come, but maybe not the end of the body.
    Ending(Source),
    /// Events that were given, by no server.
    Given(Box<dyn Iterator<Item = Result<T, Error>> + Send>),
    Over,
}

/// What [`EventStream::from_events`] takes: a [`chat::Chunk`], a [`responses::Event`], or a `Result` of an event.
pub trait IntoEvent {
    /// The event.
    type Event;

    /// The event, or the error in its place.
    fn into_event(self) -> Result<Self::Event, Error>;
}

impl<T> IntoEvent for Result<T, Error> {
    type Event = T;

    fn into_event(self) -> Self {
        self
    }
}

impl IntoEvent for chat::Chunk {
    type Event = Self;

    fn into_event(self) -> Result<Self, Error> {
        Ok(self)
    }
}

impl IntoEvent for responses::Event {
    type Event = Self;

    fn into_event(self) -> Result<Self, Error> {
        Ok(self)
    }
}

/// Events that are read and recorded. It keeps the recorder's types out of [`EventStream`]'s.
pub(super) trait Reading<T>: Send {
    fn feed(&mut self, bytes: Bytes);
    fn next(&mut self, head: &Head) -> Result<Next<T>, Error>;
    fn last(&mut self, head: &Head) -> Result<Next<T>, Error>;
    fn finish(self: Box<Self>);
    fn fail(self: Box<Self>, error: &Error);
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

    fn finish(mut self: Box<Self>) {
        self.call.finish();
    }

    fn fail(mut self: Box<Self>, error: &Error) {
        self.call.fail(error);
    }
}

/// The bytes of a body, and how long we wait for them.
pub(super) struct Source {
    body: Pin<Box<dyn Stream<Item = reqwest::Result<Bytes>> + Send>>,
    idle: Duration,
    deadline: Option<(Instant, Duration)>,
    /// Runs while we wait.
    timer: Option<Pin<Box<Sleep>>>,
    /// What has passed when the timer ends; `None` while we do not wait.
    waiting: Option<Timeout>,
    is_over: bool,
    /// Whether the connection has had its turn after the last event.
    has_yielded: bool,
}

impl<T> EventStream<T> {
    pub(super) fn new<F>(
        answer: Answer<reqwest::Response>,
        idle: Duration,
        max_event_bytes: usize,
        call: StreamCall<F>,
    ) -> Self
    where
        F: Fold<Event = T> + 'static,
        T: StreamEvent,
    {
        let events = Events::new(max_event_bytes);
        Self::read_by(answer, idle, Box::new(Recorded { events, call }))
    }

    /// The events that `reading` makes of a reply.
    pub(super) fn read_by(
        answer: Answer<reqwest::Response>,
        idle: Duration,
        reading: Box<dyn Reading<T>>,
    ) -> Self {
        let source = Source::new(answer.body, answer.deadline, idle);
        Self {
            head: answer.head.detached(),
            state: State::Open(source, reading),
        }
    }

    /// Makes a stream of events, for tests of code that reads one: its status is 200, it has no headers, and nothing is
    /// recorded.
    ///
    /// It needs no runtime. Like every stream it ends after the first error.
    ///
    /// ```
    /// # async fn run() -> Result<(), sentry_openai::Error> {
    /// use sentry_openai::{EventStream, chat};
    /// use serde_json::json;
    ///
    /// let chunks = ["Hello", "!"].map(|text| json!({"choices": [{"delta": {"content": text}}]}));
    /// let chunks = chunks.map(|chunk| serde_json::from_value::<chat::Chunk>(chunk).unwrap());
    /// let answer = EventStream::from_events(chunks).whole().await?;
    /// assert_eq!(answer.text(), Some("Hello!"));
    /// # Ok(())
    /// # }
    /// # futures::executor::block_on(run()).unwrap();
    /// ```
    pub fn from_events<I>(events: I) -> Self
    where
        I: IntoIterator,
        I::Item: IntoEvent<Event = T>,
        T: Send + 'static,
    {
        let events: Vec<_> = events.into_iter().map(IntoEvent::into_event).collect();
        Self {
            head: Head {
                status: 200,
                headers: HeaderMap::new(),
            },
            state: State::Given(Box::new(events.into_iter())),
        }
    }

    /// The next event; `None` after the last one.
    #[expect(clippy::should_implement_trait, reason = "the name that streams have")]
    pub fn next(&mut self) -> impl FusedFuture<Output = Option<Result<T, Error>>> + Unpin {
        StreamExt::next(self)
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

    fn end(&mut self, error: Option<&Error>) {
        let State::Open(source, events) = std::mem::replace(&mut self.state, State::Over) else {
            return;
        };
        if let Some(error) = error {
            events.fail(error);
        } else {
            events.finish();
            self.state = State::Ending(source);
        }
    }
}

impl<T> Stream for EventStream<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let stream = &mut *self;
        loop {
            let next = match &mut stream.state {
                State::Open(source, events) => match events.next(&stream.head) {
                    Ok(Next::More) => match ready!(source.poll_bytes(cx)) {
                        Some(Ok(bytes)) => {
                            events.feed(bytes);
                            continue;
                        }
                        Some(Err(error)) => Err(error),
                        None => events.last(&stream.head),
                    },
                    next => next,
                },
                State::Ending(source) => {
                    ready!(source.poll_end(cx));
                    stream.state = State::Over;
                    return Poll::Ready(None);
                }
                State::Given(events) => {
                    let next = events.next();
                    if !matches!(next, Some(Ok(_))) {
                        stream.state = State::Over;
                    }
                    return Poll::Ready(next);
                }
                State::Over => return Poll::Ready(None),
            };
            match next {
                Ok(Next::Event(event)) => return Poll::Ready(Some(Ok(event))),
                Ok(Next::Done | Next::More) => stream.end(None),
                Err(error) => {
                    stream.end(Some(&error));
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
    }
}

impl<T> FusedStream for EventStream<T> {
    fn is_terminated(&self) -> bool {
        matches!(self.state, State::Over)
    }
}

impl<T> fmt::Debug for EventStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream")
            .field("status", &self.head.status)
            .field("request_id", &shown_request_id(&self.head.headers))
            .field(
                "has_ended",
                &!matches!(self.state, State::Open(..) | State::Given(_)),
            )
            .finish_non_exhaustive()
    }
}

impl Source {
    pub(super) fn new(
        body: reqwest::Response,
        deadline: Option<(Instant, Duration)>,
        idle: Duration,
    ) -> Self {
        Self {
            body: Box::pin(body.bytes_stream()),
            idle,
            deadline,
            timer: None,
            waiting: None,
            is_over: false,
            has_yielded: false,
        }
    }

    /// Lets the connection serve again if nothing is left of the body.
    ///
    /// The body's end may be known to the connection's own task alone, which has its turn once before we give up.
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.poll_bytes(cx).is_pending() && !std::mem::replace(&mut self.has_yielded, true) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(())
    }

    pub(super) fn poll_bytes(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Error>>> {
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
