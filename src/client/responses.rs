//! Responses.

use bytes::Bytes;
use http::Method;
use serde::de::DeserializeOwned;

use super::Client;
use super::ask::Question;
use super::body::{encode, encode_with_texts};
use super::list::ListStream;
use super::options::RequestOptions;
use super::stream::EventStream;
use crate::error::Error;
use crate::structured::Parsed;
use crate::types::page::Page;
use crate::types::responses::{
    CompactRequest, Compacted, Content, CountRequest, Deleted, Event, Fold, Include, Input,
    InputTokens as Tokens, Item, ItemsQuery, Request, Response, StreamQuery,
};

/// `/responses`: the model's answer, with tools that the API runs itself.
///
/// Every question to the model is a span `chat {model}`.
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

    /// Asks for a response that is JSON, and reads it into a type.
    ///
    /// The request says which JSON, by the format in its [`text`](Request::text); with the feature `schemars`,
    /// `parse` says it by the type.
    ///
    /// # Errors
    ///
    /// [`Error::Parse`] if the model declines, is cut off or writes something else: it has the reply.
    pub async fn create_parsed<T: DeserializeOwned>(
        &self,
        request: &Request,
    ) -> Result<Parsed<T, Response>, Error> {
        self.create_parsed_with(request, RequestOptions::default())
            .await
    }

    /// Asks for a response that is JSON, and reads it into a type, with settings for this request.
    pub async fn create_parsed_with<T: DeserializeOwned>(
        &self,
        request: &Request,
        options: RequestOptions,
    ) -> Result<Parsed<T, Response>, Error> {
        let response = self.create_with(request, options).await?;
        Ok(Parsed::of_response(response)?)
    }

    /// Asks for a response that is a value of this type: its schema is the format of the text, unless the request
    /// has a format of its own.
    ///
    /// # Errors
    ///
    /// [`Error::Parse`] if the model declines, is cut off or writes something else: it has the reply.
    #[cfg(feature = "schemars")]
    pub async fn parse<T: DeserializeOwned + schemars::JsonSchema>(
        &self,
        request: &Request,
    ) -> Result<Parsed<T, Response>, Error> {
        self.parse_with(request, RequestOptions::default()).await
    }

    /// Asks for a response that is a value of this type, with settings for this request.
    #[cfg(feature = "schemars")]
    pub async fn parse_with<T: DeserializeOwned + schemars::JsonSchema>(
        &self,
        request: &Request,
        options: RequestOptions,
    ) -> Result<Parsed<T, Response>, Error> {
        let request = crate::structured::with_format::<T>(request)?;
        self.create_parsed_with(&request, options).await
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

/// Stored responses, and contexts. These are no model calls: with an active span they are `http.client` spans,
/// without one nothing.
///
/// The one exception is the end of a response that was not finished when the call that asked for it ended, such as one made
/// in the background: see [the recording](crate::recording#responses-in-the-background).
impl<'a> Responses<'a> {
    /// Gets a stored response: also one that is made in the background, as far as it has come.
    ///
    /// The first call that gets such a response when it is over, of this client or another in the process, has a span
    /// `chat {model}` in the trace of the call that asked for it, with its answer and its tokens.
    pub async fn retrieve(&self, id: &str) -> Result<Response, Error> {
        self.retrieve_including(id, &[]).await
    }

    /// Gets a stored response, with what is asked for beside its usual fields.
    pub async fn retrieve_including(
        &self,
        id: &str,
        include: &[Include],
    ) -> Result<Response, Error> {
        let path = ["responses", id];
        self.client.fetch(Method::GET, &path, id, include).await
    }

    /// Gets the events of a response that was made in the background and as a stream: from the first one, or
    /// after the one that a broken stream has come to.
    ///
    /// Read to its last event, it is recorded as [`retrieve`](Self::retrieve) is.
    pub async fn retrieve_stream(
        &self,
        id: &str,
        query: &StreamQuery,
    ) -> Result<EventStream<Event>, Error> {
        self.client
            .fetch_stream::<Fold>(&["responses", id], id, query)
            .await
    }

    /// Deletes a stored response.
    pub async fn delete(&self, id: &str) -> Result<Deleted, Error> {
        self.client.delete(&["responses", id]).await
    }

    /// Stops a response that is made in the background. It is recorded as [`retrieve`](Self::retrieve) is.
    pub async fn cancel(&self, id: &str) -> Result<Response, Error> {
        let path = ["responses", id, "cancel"];
        self.client.fetch(Method::POST, &path, id, &()).await
    }

    /// Shortens a long context: its output is the input of the next request.
    pub async fn compact(&self, request: &CompactRequest) -> Result<Compacted, Error> {
        let path = ["responses", "compact"];
        self.client.send(&path, &(), request).await
    }

    /// What stored responses were given.
    pub fn input_items(&self) -> InputItems<'a> {
        InputItems {
            client: self.client,
        }
    }

    /// How many tokens a request would give the model.
    pub fn input_tokens(&self) -> InputTokens<'a> {
        InputTokens {
            client: self.client,
        }
    }
}

/// `/responses/{id}/input_items`: what a stored response was given.
///
/// These are no model calls: with an active span they are `http.client` spans, without one nothing.
/// [OpenAI's reference](https://platform.openai.com/docs/api-reference/responses/input-items)
#[derive(Clone, Copy, Debug)]
pub struct InputItems<'a> {
    client: &'a Client,
}

impl InputItems<'_> {
    /// Lists a page of the items.
    pub async fn list(&self, response_id: &str, query: &ItemsQuery) -> Result<Page<Item>, Error> {
        let path = ["responses", response_id, "input_items"];
        self.client.get(&path, query).await
    }

    /// Lists all items, page after page.
    pub fn list_all(&self, response_id: &str, query: &ItemsQuery) -> ListStream<Item> {
        let path = ["responses", response_id, "input_items"];
        self.client.list_all(&path, query)
    }
}

/// `/responses/input_tokens`: how many tokens a request would give the model.
///
/// These are no model calls: with an active span they are `http.client` spans, without one nothing.
/// [OpenAI's reference](https://platform.openai.com/docs/api-reference/responses/input-tokens)
#[derive(Clone, Copy, Debug)]
pub struct InputTokens<'a> {
    client: &'a Client,
}

impl InputTokens<'_> {
    /// Counts them.
    pub async fn count(&self, request: &CountRequest) -> Result<Tokens, Error> {
        let path = ["responses", "input_tokens"];
        self.client.send(&path, &(), request).await
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
        return encode_with_texts(texts(request), request, &[]);
    }
    let mut request = request.clone();
    request.stream = None;
    request.stream_options = None;
    request.extra.remove("stream");
    encode(&request, &[])
}

fn encode_streamed(request: &Request) -> Result<Bytes, Error> {
    if request.stream.is_none() && !request.extra.contains_key("stream") {
        return encode_with_texts(texts(request), request, &[r#""stream":true"#]);
    }
    let mut request = request.clone();
    request.extra.remove("stream");
    request.stream = Some(true);
    encode(&request, &[])
}

/// What makes most of a large request.
fn texts(request: &Request) -> impl Iterator<Item = &str> {
    let (text, items) = match &request.input {
        Some(Input::Text(text)) => (Some(text.as_str()), &[][..]),
        Some(Input::Items(items)) => (None, items.as_slice()),
        None => (None, &[][..]),
    };
    let contents = items.iter().filter_map(|item| match item {
        Item::Message(message) => message.content.as_ref(),
        Item::FunctionCallOutput(output) => output.output.as_ref(),
        _ => None,
    });
    text.into_iter().chain(contents.flat_map(Content::texts))
}
