//! Chat completions.

use bytes::Bytes;

use super::Client;
use super::ask::Question;
use super::body::encode;
use super::options::RequestOptions;
use super::stream::EventStream;
use crate::error::Error;
use crate::types::chat::{Chunk, Completion, Fold, Request, StreamOptions};

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
}

/// `/chat/completions`: the model's answer to a list of messages.
///
/// Every call is a span `chat {model}`.
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
        return encode(request, &[]);
    }
    let mut request = request.clone();
    request.stream = None;
    request.stream_options = None;
    request.extra.remove("stream");
    request.extra.remove("stream_options");
    encode(&request, &[])
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
        return encode(request, fields);
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
