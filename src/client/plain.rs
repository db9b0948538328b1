//! Calls to no model: what is stored is read, changed and deleted. They are `http.client` spans at most.

use bytes::Bytes;
use http::Method;
use serde::Serialize;

use super::Client;
use super::body::{Body, encode};
use super::form::Form;
use super::options::RequestOptions;
use super::stream::EventStream;
use super::transport::Outgoing;
use crate::call::{Call, StreamCall, Target};
use crate::decode::{self, ReplyBody, StreamEvent};
use crate::error::Error;
use crate::record::{Fold, Reply};
use crate::types::page::{Pairs, Query};

impl Client {
    pub(super) async fn get<T: ReplyBody>(
        &self,
        path: &[&str],
        query: &(impl Query + ?Sized),
    ) -> Result<T, Error> {
        self.exchange(Method::GET, path, query.pairs(), None).await
    }

    pub(super) async fn delete<T: ReplyBody>(&self, path: &[&str]) -> Result<T, Error> {
        self.exchange(Method::DELETE, path, Pairs::new(), None)
            .await
    }

    pub(super) async fn send<T: ReplyBody>(
        &self,
        path: &[&str],
        query: &(impl Query + ?Sized),
        request: &impl Serialize,
    ) -> Result<T, Error> {
        let body = encode(request, &[])?;
        self.exchange(Method::POST, path, query.pairs(), Some(body.into()))
            .await
    }

    /// Posts a form.
    pub(super) async fn send_form<T: ReplyBody>(
        &self,
        path: &[&str],
        form: Form,
    ) -> Result<T, Error> {
        let body = Some(Body::form(form));
        self.exchange(Method::POST, path, Pairs::new(), body).await
    }

    /// A post that says all by its path.
    pub(super) async fn act<T: ReplyBody>(&self, path: &[&str]) -> Result<T, Error> {
        self.exchange(Method::POST, path, Pairs::new(), None).await
    }

    /// Gets a response, or acts on it by a post: the end of the call that asked for it, where one waits for that.
    pub(super) async fn fetch<T: ReplyBody + Reply>(
        &self,
        method: Method,
        path: &[&str],
        id: &str,
        query: &(impl Query + ?Sized),
    ) -> Result<T, Error> {
        let start = |target: &Target| Call::start_fetch(id, target, false);
        let (mut call, result) = self
            .start_exchange(start, method, path, query.pairs(), None)
            .await?;
        if let Ok(reply) = &result {
            call.reply(reply);
        }
        ended(call, result)
    }

    /// Gets the events of a response, as [`fetch`](Self::fetch) gets it whole.
    pub(super) async fn fetch_stream<F: Fold + 'static>(
        &self,
        path: &[&str],
        id: &str,
        query: &impl Query,
    ) -> Result<EventStream<F::Event>, Error>
    where
        F::Event: StreamEvent,
    {
        check(path)?;
        let transport = &self.transport;
        let query = query.pairs();
        let options = self.options(RequestOptions::default());
        let mut call = Call::start_fetch(id, &transport.target(&options), true);
        let out = Outgoing {
            method: Method::GET,
            path,
            query: &query,
            body: None,
            options: &options,
        };
        match transport.send(&mut call, &out).await {
            Ok(answer) => Ok(EventStream::new(
                answer,
                transport.stream_idle_timeout(&options),
                transport.max_event_bytes,
                StreamCall::<F>::new(call),
            )),
            Err(error) => {
                call.fail(&error);
                Err(error)
            }
        }
    }

    async fn exchange<T: ReplyBody>(
        &self,
        method: Method,
        path: &[&str],
        query: Pairs,
        body: Option<Body>,
    ) -> Result<T, Error> {
        let start = |target: &Target| Call::start_plain(target.overrides);
        let (call, result) = self
            .start_exchange(start, method, path, query, body)
            .await?;
        ended(call, result)
    }

    /// The call, which has not ended, and what came of it.
    async fn start_exchange<T: ReplyBody>(
        &self,
        start: impl FnOnce(&Target) -> Call,
        method: Method,
        path: &[&str],
        query: Pairs,
        body: Option<Body>,
    ) -> Result<(Call, Result<T, Error>), Error> {
        check(path)?;
        let options = self.options(RequestOptions::default());
        let mut call = start(&self.transport.target(&options));
        let out = Outgoing {
            method,
            path,
            query: &query,
            body,
            options: &options,
        };
        let answer = self.transport.send::<Bytes>(&mut call, &out).await;
        let result = answer.and_then(|answer| decode::body(&answer.head, &answer.body));
        Ok((call, result))
    }
}

fn ended<T>(call: Call, result: Result<T, Error>) -> Result<T, Error> {
    match &result {
        Ok(_) => call.finish(),
        Err(error) => call.fail(error),
    }
    result
}

/// An id that vanishes from the path would make the request one for all that there is.
fn check(path: &[&str]) -> Result<(), Error> {
    if path.iter().any(|id| matches!(*id, "" | "." | "..")) {
        return Err(Error::Config(
            "an id is empty, or dots alone: nothing can be asked for by it".to_owned(),
        ));
    }
    Ok(())
}
