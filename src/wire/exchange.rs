//! What is done with the bytes of one endpoint, from the request to the end of the reply.

use std::ops::ControlFlow;

use bytes::Bytes;
use http::HeaderMap;

use super::Types;
use crate::call::{Call, Failure, Reported, StreamCall, Target};
use crate::decode::{self, Head};
use crate::error::{ApiError, Error};
use crate::events::{Events, Next};
use crate::tolerant;

/// A larger whole reply is not read for the recording, in bytes.
const LARGEST_REPLY: usize = 64 << 20;

/// Of an error's body no more is kept for the recording, in bytes.
const LARGEST_ERROR: usize = 1 << 20;

/// A call as it passes, whatever its endpoint.
pub(super) trait Tap: Send {
    fn call(&mut self) -> Option<&mut Call>;
    fn is_listening(&self) -> bool;
    fn head(&mut self, head: Head);
    fn bytes(&mut self, bytes: Bytes);
    fn event(&mut self, data: &str);
    fn end(&mut self);
    fn fail(&mut self, failure: Failure, report: &dyn Reported);
}

/// A call and how far it has got.
pub(super) struct Exchange<T: Types> {
    phase: Phase<T>,
    /// Whether the request asks for a stream.
    streamed: bool,
}

enum Phase<T: Types> {
    Sent(Call),
    Whole(Whole),
    Stream(Box<Stream<T>>),
    Over,
}

/// A reply that comes as one body.
struct Whole {
    call: Call,
    head: Head,
    chunks: Vec<Bytes>,
    size: usize,
    /// Whether the body can be read for the recording.
    is_readable: bool,
}

/// A reply that comes as a stream of events.
struct Stream<T: Types> {
    call: StreamCall<T::Fold>,
    head: Head,
    events: Events<T::Event>,
    /// Whether its events come without the bytes that frame them.
    is_unframed: bool,
}

impl<T: Types> Exchange<T> {
    pub(super) fn start(body: &[u8], target: &Target) -> Self {
        let mut streamed = false;
        let call = Call::start_read(target, || {
            // What can't be read is left out: of the call as such there is still something to tell.
            let request = tolerant::read(body, |body| serde_json::from_str::<T::Request>(body))
                .ok()
                .or_else(|| serde_json::from_str("{}").ok())?;
            streamed = T::is_streamed(&request);
            Some((request, streamed))
        });
        Self {
            phase: Phase::Sent(call),
            streamed,
        }
    }

    pub(super) fn of(call: Call, streamed: bool) -> Self {
        Self {
            phase: Phase::Sent(call),
            streamed,
        }
    }

    fn take(&mut self) -> Phase<T> {
        std::mem::replace(&mut self.phase, Phase::Over)
    }

    fn is_stream(&self, head: &Head) -> bool {
        if !is_success(head) || decode::encoding(head).is_some() {
            return false;
        }
        match decode::content_type(head).as_deref() {
            Some("text/event-stream") => true,
            Some(other) => self.streamed && !other.contains("json"),
            None => self.streamed,
        }
    }
}

impl<T: Types> Tap for Exchange<T> {
    fn call(&mut self) -> Option<&mut Call> {
        match &mut self.phase {
            Phase::Sent(call) => Some(call),
            _ => None,
        }
    }

    fn is_listening(&self) -> bool {
        !matches!(self.phase, Phase::Over)
    }

    fn head(&mut self, head: Head) {
        let Phase::Sent(mut call) = self.take() else {
            return;
        };
        if !call.is_recorded() && !call.has_attempt() {
            call.finish();
            return;
        }
        call.answer_attempt(head.status);
        self.phase = if call.is_recorded() && self.is_stream(&head) {
            Phase::Stream(Box::new(Stream {
                call: StreamCall::new(call),
                head,
                events: Events::new(LARGEST_REPLY).skipping_unreadable(),
                is_unframed: false,
            }))
        } else {
            let is_readable = call.is_recorded() && decode::encoding(&head).is_none();
            Phase::Whole(Whole {
                call,
                head,
                chunks: Vec::new(),
                size: 0,
                is_readable,
            })
        };
    }

    fn bytes(&mut self, bytes: Bytes) {
        if matches!(self.phase, Phase::Sent(_)) {
            self.head(unsaid());
        }
        match &mut self.phase {
            Phase::Whole(whole) => whole.push(bytes),
            Phase::Stream(stream) => {
                stream.events.feed(bytes);
                if stream.drain(Events::next) {
                    self.phase = Phase::Over;
                }
            }
            Phase::Sent(_) | Phase::Over => {}
        }
    }

    fn event(&mut self, data: &str) {
        if matches!(self.phase, Phase::Sent(_)) {
            self.streamed = true;
            self.head(unsaid());
        }
        if let Phase::Stream(stream) = &mut self.phase {
            stream.is_unframed = true;
            let next = stream.events.unframed(&stream.head, data);
            if stream.pass(next) == ControlFlow::Break(true) {
                self.phase = Phase::Over;
            }
        }
    }

    fn end(&mut self) {
        match self.take() {
            Phase::Sent(call) => call.finish(),
            Phase::Whole(whole) => whole.end::<T>(),
            Phase::Stream(mut stream) => {
                if stream.is_unframed || !stream.drain(Events::last) {
                    stream.call.finish();
                }
            }
            Phase::Over => {}
        }
    }

    fn fail(&mut self, failure: Failure, report: &dyn Reported) {
        match self.take() {
            Phase::Sent(mut call) => {
                call.fail_attempt_as(&failure);
                call.fail_as(failure, report);
            }
            // That an error's body broke off matters less than the error.
            Phase::Whole(whole) if !is_success(&whole.head) => whole.refused(),
            Phase::Whole(whole) => {
                let mut call = whole.call;
                call.fail_attempt_as(&failure);
                call.fail_as(failure, report);
            }
            Phase::Stream(mut stream) => stream.call.fail_as(failure, report),
            Phase::Over => {}
        }
    }
}

impl<T: Types> Drop for Exchange<T> {
    /// An error's body need not be read to know that the call has failed.
    fn drop(&mut self) {
        if let Phase::Whole(whole) = self.take()
            && !is_success(&whole.head)
        {
            whole.refused();
        }
    }
}

impl Whole {
    fn push(&mut self, bytes: Bytes) {
        if !is_success(&self.head) && self.size >= LARGEST_ERROR {
            return;
        }
        self.size += bytes.len();
        if self.size > LARGEST_REPLY {
            self.is_readable = false;
        }
        if self.is_readable {
            self.chunks.push(bytes);
        } else {
            self.chunks.clear();
        }
    }

    fn end<T: Types>(mut self) {
        if !is_success(&self.head) {
            self.refused();
            return;
        }
        self.call.end_attempt(self.head.status);
        if !self.is_readable {
            self.call.finish();
            return;
        }
        match decode::body::<T::Reply>(&self.head, &joined(self.chunks)) {
            Ok(reply) => {
                self.call.reply(&reply);
                self.call.finish();
            }
            Err(error) => self.call.fail(&error),
        }
    }

    /// The server has answered with an error.
    fn refused(mut self) {
        self.call.end_attempt(self.head.status);
        let body = joined(self.chunks);
        let error: Error = ApiError::from_body(self.head.status, self.head.headers, &body).into();
        self.call.fail_as(Failure::from(&error), &error);
    }
}

impl<T: Types> Stream<T> {
    /// Records what there is; whether the stream has come to its end.
    fn drain(
        &mut self,
        next: impl Fn(&mut Events<T::Event>, &Head) -> Result<Next<T::Event>, Error>,
    ) -> bool {
        loop {
            let next = next(&mut self.events, &self.head);
            if let ControlFlow::Break(is_over) = self.pass(next) {
                return is_over;
            }
        }
    }

    /// Records what comes next. It breaks off where there is no event, with whether the stream has come to its end.
    fn pass(&mut self, next: Result<Next<T::Event>, Error>) -> ControlFlow<bool> {
        match next {
            Ok(Next::Event(event)) => {
                self.call.event(&event);
                return ControlFlow::Continue(());
            }
            Ok(Next::More) => return ControlFlow::Break(false),
            Ok(Next::Done) => self.call.finish(),
            Err(error) => self.call.fail(&error),
        }
        ControlFlow::Break(true)
    }
}

/// The head of a reply that has come without one.
fn unsaid() -> Head {
    Head {
        status: 200,
        headers: HeaderMap::new(),
    }
}

fn is_success(head: &Head) -> bool {
    (200..300).contains(&head.status)
}

/// The chunks as one; no copy of a single one.
fn joined(chunks: Vec<Bytes>) -> Bytes {
    match <[Bytes; 1]>::try_from(chunks) {
        Ok([whole]) => whole,
        Err(chunks) => chunks.concat().into(),
    }
}
