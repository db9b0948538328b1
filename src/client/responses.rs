//! Responses.

use bytes::Bytes;

use super::Client;
use super::ask::Question;
use super::body::encode;
use super::options::RequestOptions;
use super::stream::EventStream;
use crate::error::Error;
use crate::types::responses::{Event, Fold, Request, Response};

/// `/responses`: the model's answer, with tools that the API runs itself.
///
/// Every call is a span `chat {model}`.
/// [OpenAI's reference](https://platform.openai.com/docs/api-reference/responses)
#[derive(Clone, Copy, Debug)]
pub struct Responses<'a> {
    client: &'a Client,
}

impl<'a> Responses<'a> {
    pub(super) fn new(client: &'a Client) -> Self {
        Self { client }
    }
}

impl Responses<'_> {
    /// Asks for a response as a whole.
    ///
    /// A response can say of itself that it failed (`status`, `error`): it is returned like any other, and its
    /// span has the failure.
    pub async fn create(&self, request: &Request) -> Result<Response, Error> {
        self.create_with(request, RequestOptions::default()).await
    }

    /// Asks for a response as a whole, with settings for this request.
    pub async fn create_with(
        &self,
        request: &Request,
        options: RequestOptions,
    ) -> Result<Response, Error> {
        self.client
            .ask(question(request, options), encode_whole)
            .await
    }

    /// Asks for a response event by event.
    ///
    /// An `error` event ends the stream as an [`Error`]; `response.failed` is an event like any other, and the
    /// span has the failure.
    pub async fn create_stream(&self, request: &Request) -> Result<EventStream<Event>, Error> {
        self.create_stream_with(request, RequestOptions::default())
            .await
    }

    /// Asks for a response event by event, with settings for this request.
    pub async fn create_stream_with(
        &self,
        request: &Request,
        options: RequestOptions,
    ) -> Result<EventStream<Event>, Error> {
        self.client
            .ask_streamed::<_, Fold>(question(request, options), encode_streamed)
            .await
    }
}

fn question(request: &Request, options: RequestOptions) -> Question<'_, Request> {
    Question {
        prompt: request,
        path: &["responses"],
        options,
    }
}

/// The request, without its wish for a stream if it was made for one.
fn encode_whole(request: &Request) -> Result<Bytes, Error> {
    if request.stream != Some(true) && !request.extra.contains_key("stream") {
        return encode(request, &[]);
    }
    let mut request = request.clone();
    request.stream = None;
    request.stream_options = None;
    request.extra.remove("stream");
    encode(&request, &[])
}

fn encode_streamed(request: &Request) -> Result<Bytes, Error> {
    if request.stream.is_none() && !request.extra.contains_key("stream") {
        return encode(request, &[r#""stream":true"#]);
    }
    let mut request = request.clone();
    request.extra.remove("stream");
    request.stream = Some(true);
    encode(&request, &[])
}
