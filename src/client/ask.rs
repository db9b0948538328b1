//! A call to a model, from its request to its typed reply or stream, recorded on the way.

use bytes::Bytes;
use http::Method;

use super::Client;
use super::options::RequestOptions;
use super::stream::EventStream;
use super::transport::Outgoing;
use crate::call::{Call, StreamCall};
use crate::decode::{self, ReplyBody, StreamEvent};
use crate::error::Error;
use crate::record::{Fold, Prompt, Reply};

/// What is asked, where and how.
pub(super) struct Question<'a, P> {
    pub(super) prompt: &'a P,
    pub(super) path: &'a [&'a str],
    pub(super) options: RequestOptions,
}

impl<P> Question<'_, P> {
    fn outgoing(&self, body: Bytes) -> Outgoing<'_> {
        Outgoing {
            method: Method::POST,
            path: self.path,
            query: &[],
            body: Some(body.into()),
            options: &self.options,
        }
    }
}

impl Client {
    /// Asks for a whole reply.
    pub(super) async fn ask<P: Prompt, T: ReplyBody + Reply>(
        &self,
        mut question: Question<'_, P>,
        body: impl FnOnce(&P) -> Result<Bytes, Error>,
    ) -> Result<T, Error> {
        question.options = self.options(question.options);
        let transport = &self.transport;
        let target = transport.target(&question.options);
        let mut call = Call::start(question.prompt, &target, false);
        let result = match body(question.prompt) {
            Ok(body) => {
                let answer = transport
                    .send::<Bytes>(&mut call, &question.outgoing(body))
                    .await;
                answer.and_then(|answer| decode::body::<T>(&answer.head, &answer.body))
            }
            Err(error) => Err(error),
        };
        match &result {
            Ok(reply) => {
                call.reply(reply);
                call.finish();
            }
            Err(error) => call.fail(error),
        }
        result
    }

    /// Asks for a reply as a stream of events, which the recorder folds as they pass.
    pub(super) async fn ask_streamed<P: Prompt, F: Fold + 'static>(
        &self,
        mut question: Question<'_, P>,
        body: impl FnOnce(&P) -> Result<Bytes, Error>,
    ) -> Result<EventStream<F::Event>, Error>
    where
        F::Event: StreamEvent,
    {
        question.options = self.options(question.options);
        let transport = &self.transport;
        let target = transport.target(&question.options);
        let mut call = Call::start(question.prompt, &target, true);
        let answer = match body(question.prompt) {
            Ok(body) => transport.send(&mut call, &question.outgoing(body)).await,
            Err(error) => Err(error),
        };
        match answer {
            Ok(answer) => Ok(EventStream::new(
                answer,
                transport.stream_idle_timeout(&question.options),
                transport.max_event_bytes,
                StreamCall::<F>::new(call),
            )),
            Err(error) => {
                call.fail(&error);
                Err(error)
            }
        }
    }
}
