//! Another client's bytes seen passing: its request's body, then its reply's bytes, into a call.
//!
//! Nothing is kept back or changed: a [`Wire`] only looks. Where the call is not recorded, it looks at nothing.

use bytes::Bytes;
use http::HeaderMap;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::call::{Call, StreamCall, Target};
use crate::decode::{self, ERROR_EVENT, Head, ReplyBody, StreamEvent, Unreadable};
use crate::error::{ApiError, Error};
use crate::record::{
    Decision, DecisionRequest, Fold, Prompt, Reply, TextCompletion, TextFold, TextRequest,
};
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
        } else if path.ends_with("/completions") {
            Exchange::<TextCompletions>::start(body, target)
        } else if path.ends_with("/decisions") {
            Exchange::<Decisions>::start(body, target)
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

/// The types of an endpoint. One without streams names any events: they are never read.
trait Endpoint: 'static {
    type Request: Prompt + DeserializeOwned;
    type Reply: Reply + ReplyBody;
    type Fold: Fold<Event = Self::Event>;
    type Event: StreamEvent;

    fn is_streamed(request: &Self::Request) -> bool;
}

/// An endpoint's name, request, reply, fold, event, and whether a request asks for a stream.
macro_rules! endpoints {
    ($($name:ident: $request:ty, $reply:ty, $fold:ty, $event:ty, $is_streamed:expr;)*) => {
        $(
            struct $name;

            impl Endpoint for $name {
                type Request = $request;
                type Reply = $reply;
                type Fold = $fold;
                type Event = $event;

                fn is_streamed(request: &$request) -> bool {
                    let is_streamed: fn(&$request) -> bool = $is_streamed;
                    is_streamed(request)
                }
            }
        )*
    };
}

endpoints! {
    Chat: chat::Request, chat::Completion, chat::Fold, chat::Chunk,
        |request| request.stream == Some(true);
    Responses: responses::Request, responses::Response, responses::Fold, responses::Event,
        |request| request.stream == Some(true);
    TextCompletions: TextRequest, TextCompletion, TextFold, TextCompletion,
        TextRequest::is_streamed;
    Embeddings: embeddings::Request, embeddings::Embeddings, chat::Fold, chat::Chunk, |_| false;
    Decisions: DecisionRequest, Decision, chat::Fold, chat::Chunk, |_| false;
}

impl ReplyBody for TextCompletion {
    /// None: it is known by its choices.
    fn error(&self) -> Option<&Value> {
        None
    }
}

impl StreamEvent for TextCompletion {
    fn read(data: &str) -> Result<Self, Unreadable> {
        serde_json::from_str(data).map_err(Unreadable::Json)
    }
}

impl ReplyBody for Decision {
    fn error(&self) -> Option<&Value> {
        self.error.as_ref()
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
    Stream(Box<Tapped<E::Fold>>),
    Over,
}

/// A stream as it passes.
struct Tapped<F: Fold> {
    call: StreamCall<F>,
    head: Head,
    decoder: Decoder,
}

impl<F> Tapped<F>
where
    F: Fold,
    F::Event: StreamEvent,
{
    /// Records what the decoder has; whether the stream has come to its end.
    fn drain(&mut self, is_last: bool) -> bool {
        loop {
            let event = if is_last {
                self.decoder.end()
            } else {
                self.decoder.next()
            };
            let event = match event {
                Ok(Some(event)) if event.is_done() => {
                    self.call.finish();
                    return true;
                }
                Ok(Some(event)) if event.data.is_empty() && event.name != ERROR_EVENT => continue,
                Ok(Some(event)) => decode::event(&self.head, &event),
                Ok(None) => return false,
                Err(error) => Err(decode::decode_error(&self.head, error.to_string())),
            };
            match event {
                Ok(event) => self.call.event(&event),
                Err(error) => {
                    self.call.fail(&error);
                    return true;
                }
            }
        }
    }
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
            Phase::Stream(Box::new(Tapped {
                call: StreamCall::new(call),
                head,
                decoder: Decoder::new(LARGEST_REPLY),
            }))
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
            Phase::Stream(stream) => {
                stream.decoder.feed(bytes.clone());
                if stream.drain(false) {
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
            Phase::Stream(mut stream) => {
                if !stream.drain(true) {
                    stream.call.finish();
                }
            }
            Phase::Sent(call) => call.finish(),
            Phase::Over => {}
        }
    }

    fn fail(&mut self, error: &Error) {
        match self.take() {
            Phase::Sent(call) | Phase::Whole { call, .. } => call.fail(error),
            Phase::Stream(mut stream) => stream.call.fail(error),
            Phase::Over => {}
        }
    }
}
