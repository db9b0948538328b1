//! Chat completions.

use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::Client;
use super::ask::Question;
use super::body::{encode, encode_with_texts};
use super::list::ListStream;
use super::options::RequestOptions;
use super::stream::EventStream;
use crate::error::Error;
use crate::structured::Parsed;
use crate::types::chat::{
    Chunk, Completion, Content, Deleted, Fold, ListQuery, Message, Request, StoredMessage,
    StreamOptions, UpdateRequest,
};
use crate::types::page::{Page, PageQuery};

/// The endpoints under `/chat`.
#[derive(Clone, Copy, Debug)]
pub struct Chat<'a> {
    client: &'a Client,
}

impl<'a> Chat<'a> {
    pub(super) fn new(client: &'a Client) -> Self {
        Self { client }
    }

    /// Chat completions.
    pub fn completions(&self) -> ChatCompletions<'a> {
        ChatCompletions {
            client: self.client,
        }
    }

    /// Asks for an answer as a whole: the same as [`ChatCompletions::create`].
    pub async fn create(&self, request: &Request) -> Result<Completion, Error> {
        self.completions().create(request).await
    }

    /// Asks for an answer chunk by chunk: the same as [`ChatCompletions::create_stream`].
    pub async fn create_stream(&self, request: &Request) -> Result<EventStream<Chunk>, Error> {
        self.completions().create_stream(request).await
    }

    /// Asks for an answer that is a value of this type: the same as [`ChatCompletions::parse`].
    #[cfg(feature = "schemars")]
    pub async fn parse<T: DeserializeOwned + schemars::JsonSchema>(
        &self,
        request: &Request,
    ) -> Result<Parsed<T, Completion>, Error> {
        self.completions().parse(request).await
    }
}

/// `/chat/completions`: the model's answer to a list of messages.
///
/// Every question to the model is a span `chat {model}`.
/// [OpenAI's reference](https://platform.openai.com/docs/api-reference/chat)
#[derive(Clone, Copy, Debug)]
pub struct ChatCompletions<'a> {
    client: &'a Client,
}

impl ChatCompletions<'_> {
    /// Asks for an answer as a whole.
    pub async fn create(&self, request: &Request) -> Result<Completion, Error> {
        self.create_with(request, RequestOptions::default()).await
    }

    /// Asks for an answer as a whole, with settings for this request.
    pub async fn create_with(
        &self,
        request: &Request,
        options: RequestOptions,
    ) -> Result<Completion, Error> {
        self.client
            .ask(question(request, options), encode_whole)
            .await
    }

    /// Asks for an answer that is JSON, and reads it into a type.
    ///
    /// The request says which JSON, by its [`response_format`](Request::response_format); with the feature
    /// `schemars`, `parse` says it by the type.
    ///
    /// # Errors
    ///
    /// [`Error::Parse`] if the model declines, is cut off or writes something else: it has the reply.
    pub async fn create_parsed<T: DeserializeOwned>(
        &self,
        request: &Request,
    ) -> Result<Parsed<T, Completion>, Error> {
        self.create_parsed_with(request, RequestOptions::default())
            .await
    }

    /// Asks for an answer that is JSON, and reads it into a type, with settings for this request.
    pub async fn create_parsed_with<T: DeserializeOwned>(
        &self,
        request: &Request,
        options: RequestOptions,
    ) -> Result<Parsed<T, Completion>, Error> {
        let completion = self.create_with(request, options).await?;
        Ok(Parsed::of_completion(completion)?)
    }

    /// Asks for an answer that is a value of this type: its schema is the reply's format, unless the request has a
    /// format of its own.
    ///
    /// ```no_run
    /// # async fn run(client: sentry_openai::Client) -> Result<(), sentry_openai::Error> {
    /// use schemars::JsonSchema;
    /// use sentry_openai::chat;
    /// use serde::Deserialize;
    ///
    /// #[derive(Deserialize, JsonSchema)]
    /// struct City {
    ///     name: String,
    ///     /// How many live there.
    ///     population: u64,
    /// }
    ///
    /// let request = chat::Request::new("gpt-4o", [chat::Message::user("The capital of Norway?")]);
    /// let city: City = client.chat().completions().parse(&request).await?.value;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Parse`] if the model declines, is cut off or writes something else: it has the reply.
    #[cfg(feature = "schemars")]
    pub async fn parse<T: DeserializeOwned + schemars::JsonSchema>(
        &self,
        request: &Request,
    ) -> Result<Parsed<T, Completion>, Error> {
        self.parse_with(request, RequestOptions::default()).await
    }

    /// Asks for an answer that is a value of this type, with settings for this request.
    #[cfg(feature = "schemars")]
    pub async fn parse_with<T: DeserializeOwned + schemars::JsonSchema>(
        &self,
        request: &Request,
        options: RequestOptions,
    ) -> Result<Parsed<T, Completion>, Error> {
        let request = crate::structured::with_response_format::<T>(request)?;
        self.create_parsed_with(&request, options).await
    }

    /// Asks for an answer chunk by chunk, as the model writes it.
    ///
    /// The last chunk has the usage, unless the request or the client says otherwise.
    pub async fn create_stream(&self, request: &Request) -> Result<EventStream<Chunk>, Error> {
        self.create_stream_with(request, RequestOptions::default())
            .await
    }

    /// Asks for an answer chunk by chunk, with settings for this request.
    pub async fn create_stream_with(
        &self,
        request: &Request,
        options: RequestOptions,
    ) -> Result<EventStream<Chunk>, Error> {
        let options = self.client.options(options);
        let include_usage = options
            .include_usage
            .unwrap_or(self.client.transport.include_usage);
        self.client
            .ask_streamed::<_, Fold>(question(request, options), |request| {
                encode_streamed(request, include_usage)
            })
            .await
    }
}

/// Stored completions: those whose request said `store`. These are no model calls: with an active span they are
/// `http.client` spans, without one nothing.
impl<'a> ChatCompletions<'a> {
    /// Gets a stored completion.
    pub async fn retrieve(&self, id: &str) -> Result<Completion, Error> {
        self.client.get(&["chat", "completions", id], &()).await
    }

    /// Lists a page of the stored completions.
    pub async fn list(&self, query: &ListQuery) -> Result<Page<Completion>, Error> {
        self.client.get(&["chat", "completions"], query).await
    }

    /// Lists all stored completions, page after page.
    ///
    /// ```no_run
    /// # async fn run(client: sentry_openai::Client) -> Result<(), sentry_openai::Error> {
    /// use futures::TryStreamExt;
    /// use sentry_openai::{Order, chat};
    ///
    /// let query = chat::ListQuery::new().order(Order::Descending);
    /// let mut stored = client.chat().completions().list_all(&query);
    /// while let Some(completion) = stored.try_next().await? {
    ///     println!("{:?}", completion.id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn list_all(&self, query: &ListQuery) -> ListStream<Completion> {
        self.client.list_all(&["chat", "completions"], query)
    }

    /// Changes a stored completion's metadata.
    pub async fn update(&self, id: &str, request: &UpdateRequest) -> Result<Completion, Error> {
        let path = ["chat", "completions", id];
        self.client.send(&path, &(), request).await
    }

    /// Deletes a stored completion.
    pub async fn delete(&self, id: &str) -> Result<Deleted, Error> {
        self.client.delete(&["chat", "completions", id]).await
    }

    /// The messages that stored completions answer.
    pub fn messages(&self) -> ChatMessages<'a> {
        ChatMessages {
            client: self.client,
        }
    }
}

/// `/chat/completions/{id}/messages`: the messages that a stored completion answers.
///
/// These are no model calls: with an active span they are `http.client` spans, without one nothing.
/// [OpenAI's reference](https://platform.openai.com/docs/api-reference/chat/getMessages)
#[derive(Clone, Copy, Debug)]
pub struct ChatMessages<'a> {
    client: &'a Client,
}

impl ChatMessages<'_> {
    /// Lists a page of the messages.
    pub async fn list(
        &self,
        completion_id: &str,
        query: &PageQuery,
    ) -> Result<Page<StoredMessage>, Error> {
        self.client.get(&messages(completion_id), query).await
    }

    /// Lists all messages, page after page.
    pub fn list_all(&self, completion_id: &str, query: &PageQuery) -> ListStream<StoredMessage> {
        self.client.list_all(&messages(completion_id), query)
    }
}

fn messages(completion_id: &str) -> [&str; 4] {
    ["chat", "completions", completion_id, "messages"]
}

fn question(request: &Request, options: RequestOptions) -> Question<'_, Request> {
    Question {
        prompt: request,
        path: &["chat", "completions"],
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
    request.extra.remove("stream_options");
    encode(&request, &[])
}

/// What makes most of a large request.
fn texts(request: &Request) -> impl Iterator<Item = &str> {
    let contents = request.messages.iter().filter_map(Message::content);
    contents.flat_map(Content::texts)
}

/// The request with `stream`, and with its wish for usage unless it says itself what it wants.
fn encode_streamed(request: &Request, include_usage: bool) -> Result<Bytes, Error> {
    const USAGE: &str = r#""stream_options":{"include_usage":true}"#;
    const STREAM: &str = r#""stream":true"#;

    let says_how = request.stream.is_some()
        || request.stream_options.is_some()
        || ["stream", "stream_options"]
            .iter()
            .any(|name| request.extra.contains_key(*name));
    if !says_how {
        let fields: &[&str] = if include_usage {
            &[STREAM, USAGE]
        } else {
            &[STREAM]
        };
        return encode_with_texts(texts(request), request, fields);
    }
    // Read again, a field that was given as an extra one is where it belongs.
    let mut request: Request = serde_json::to_value(request)
        .and_then(serde_json::from_value)
        .map_err(Error::Encode)?;
    request.stream = Some(true);
    if include_usage {
        let options = request
            .stream_options
            .get_or_insert_with(StreamOptions::default);
        options.include_usage.get_or_insert(true);
    }
    encode(&request, &[])
}
