//! Another client's bytes seen passing: its request's body, then its reply's bytes, into a call.
//!
//! Nothing is kept back or changed: a [`Wire`] only looks. Where the call is not recorded, it looks at nothing.

use bytes::Bytes;
use http::HeaderMap;
use serde::de::DeserializeOwned;

use crate::call::{Call, StreamCall, Target};
use crate::decode::{self, Head, ReplyBody, StreamEvent};
use crate::error::{ApiError, Error};
use crate::record::{Fold, Prompt, Reply};
use crate::sse::Decoder;
use crate::types::{chat, embeddings, responses};

/// A larger whole reply is not read for the recording, in bytes.
const LARGEST_REPLY: usize = 64 << 20;

/// A call that another client makes, from its request to the last byte of its reply.
pub(crate) struct Wire(Box<dyn Tap>);

/// What is done with the bytes of one endpoint.
trait Tap: Send {
    fn call(&mut self) -> Option<&mut Call>;
    fn head(&mut self, head: Head);
    fn bytes(&mut self, bytes: &Bytes);
    fn end(&mut self);
    fn fail(&mut self, error: &Error);
}

impl Wire {
    /// A request with this body is about to be sent to this path.
    pub(crate) fn start(path: &str, body: &[u8], target: &Target) -> Self {
        Self(if path.ends_with("/chat/completions") {
            Exchange::<Chat>::start(body, target)
        } else if path.ends_with("/responses") {
            Exchange::<Responses>::start(body, target)
        } else if path.ends_with("/embeddings") {
            Exchange::<Embeddings>::start(body, target)
        } else {
            Box::new(Exchange::<Chat>(Phase::Sent(Call::start_plain())))
        })
    }

    /// The call, as long as its head has not come: for its attempts.
    pub(crate) fn call(&mut self) -> Option<&mut Call> {
        self.0.call()
    }

    /// The head of the reply has come.
    pub(crate) fn head(&mut self, status: u16, headers: &HeaderMap) {
        self.0.head(Head {
            status,
            headers: headers.clone(),
        });
    }

    /// Bytes of the reply have come.
    pub(crate) fn bytes(&mut self, bytes: &Bytes) {
        self.0.bytes(bytes);
    }

    /// The reply has come to its end.
    pub(crate) fn end(mut self) {
        self.0.end();
    }

    /// The call has failed. Dropped without this or [`end`](Self::end), it was cancelled.
    pub(crate) fn fail(mut self, error: &Error) {
        self.0.fail(error);
    }
}

/// The types of an endpoint.
trait Endpoint: 'static {
    type Request: Prompt + DeserializeOwned;
    type Reply: Reply + ReplyBody;
    type Fold: Fold<Event = Self::Event>;
    type Event: StreamEvent;

    fn is_streamed(request: &Self::Request) -> bool;
}

struct Chat;

impl Endpoint for Chat {
    type Request = chat::Request;
    type Reply = chat::Completion;
    type Fold = chat::Fold;
    type Event = chat::Chunk;

    fn is_streamed(request: &chat::Request) -> bool {
        request.stream == Some(true)
    }
}

struct Responses;

impl Endpoint for Responses {
    type Request = responses::Request;
    type Reply = responses::Response;
    type Fold = responses::Fold;
    type Event = responses::Event;

    fn is_streamed(request: &responses::Request) -> bool {
        request.stream == Some(true)
    }
}

struct Embeddings;

impl Endpoint for Embeddings {
    type Request = embeddings::Request;
    type Reply = embeddings::Embeddings;
    /// There are no streams of embeddings; one that claims to be is read as nothing.
    type Fold = chat::Fold;
    type Event = chat::Chunk;

    fn is_streamed(_: &embeddings::Request) -> bool {
        false
    }
}

/// A call and how far it has got.
struct Exchange<E: Endpoint>(Phase<E>);

enum Phase<E: Endpoint> {
    Sent(Call),
    Whole {
        call: Call,
        head: Head,
        body: Vec<u8>,
    },
    Stream {
        call: StreamCall<E::Fold>,
        head: Head,
        decoder: Decoder,
    },
    Over,
}

impl<E: Endpoint> Exchange<E> {
    fn start(body: &[u8], target: &Target) -> Box<dyn Tap> {
        let call = Call::start_read(target, || {
            let request = serde_json::from_slice::<E::Request>(body).ok()?;
            let is_streamed = E::is_streamed(&request);
            Some((request, is_streamed))
        });
        Box::new(Self(Phase::Sent(call)))
    }

    fn take(&mut self) -> Phase<E> {
        std::mem::replace(&mut self.0, Phase::Over)
    }

    /// Records what the decoder has; whether the stream has come to its end.
    fn drain(
        call: &mut StreamCall<E::Fold>,
        head: &Head,
        decoder: &mut Decoder,
        last: bool,
    ) -> bool {
        loop {
            let event = if last { decoder.end() } else { decoder.next() };
            let event = match event {
                Ok(Some(event)) if event.is_done() => {
                    call.finish();
                    return true;
                }
                Ok(Some(event)) if event.data.is_empty() && event.name != decode::ERROR_EVENT => {
                    continue;
                }
                Ok(Some(event)) => decode::event::<E::Event>(head, &event),
                Ok(None) => return false,
                Err(error) => Err(decode::decode_error(head, error.to_string())),
            };
            match event {
                Ok(event) => call.event(&event),
                Err(error) => {
                    call.fail(&error);
                    return true;
                }
            }
        }
    }
}

impl<E: Endpoint> Tap for Exchange<E> {
    fn call(&mut self) -> Option<&mut Call> {
        match &mut self.0 {
            Phase::Sent(call) => Some(call),
            _ => None,
        }
    }

    fn head(&mut self, head: Head) {
        let Phase::Sent(mut call) = self.take() else {
            return;
        };
        call.end_attempt(head.status);
        if !call.is_recorded() {
            call.finish();
            return;
        }
        let is_stream = (200..300).contains(&head.status)
            && decode::content_type(&head).as_deref() == Some("text/event-stream");
        self.0 = if is_stream {
            Phase::Stream {
                call: StreamCall::new(call),
                head,
                decoder: Decoder::new(LARGEST_REPLY),
            }
        } else {
            Phase::Whole {
                call,
                head,
                body: Vec::new(),
            }
        };
    }

    fn bytes(&mut self, bytes: &Bytes) {
        match &mut self.0 {
            Phase::Whole { body, .. } if body.len() + bytes.len() <= LARGEST_REPLY => {
                body.extend_from_slice(bytes);
            }
            Phase::Stream {
                call,
                head,
                decoder,
            } => {
                decoder.feed(bytes.clone());
                if Self::drain(call, head, decoder, false) {
                    self.0 = Phase::Over;
                }
            }
            _ => {}
        }
    }

    fn end(&mut self) {
        match self.take() {
            Phase::Whole {
                mut call,
                head,
                body,
            } => {
                if !(200..300).contains(&head.status) {
                    call.fail(&ApiError::from_body(head.status, head.headers, &body).into());
                    return;
                }
                match decode::body::<E::Reply>(&head, &body) {
                    Ok(reply) => {
                        call.reply(&reply);
                        call.finish();
                    }
                    Err(error) => call.fail(&error),
                }
            }
            Phase::Stream {
                mut call,
                head,
                mut decoder,
            } => {
                if !Self::drain(&mut call, &head, &mut decoder, true) {
                    call.finish();
                }
            }
            Phase::Sent(call) => call.finish(),
            Phase::Over => {}
        }
    }

    fn fail(&mut self, error: &Error) {
        match self.take() {
            Phase::Sent(call) | Phase::Whole { call, .. } => call.fail(error),
            Phase::Stream { mut call, .. } => call.fail(error),
            Phase::Over => {}
        }
    }
}
