//! Text completions.

use bytes::Bytes;

use super::Client;
use super::ask::Question;
use super::body::encode;
use super::options::RequestOptions;
use super::stream::EventStream;
use crate::error::Error;
use crate::types::chat::StreamOptions;
use crate::types::completions::{Completion, Fold, Request};

/// `/completions`: the continuation of a text, by the older interface.
///
/// Every call is a span `text_completion {model}`.
/// [OpenAI's reference](https://platform.openai.com/docs/api-reference/completions)
#[derive(Clone, Copy, Debug)]
pub struct Completions<'a> {
    client: &'a Client,
}

impl<'a> Completions<'a> {
    pub(super) fn new(client: &'a Client) -> Self {
        Self { client }
    }
}

impl Completions<'_> {
    /// Asks for a continuation as a whole.
    ///
    /// ```no_run
    /// # async fn run(client: sentry_openai::Client) -> Result<(), sentry_openai::Error> {
    /// use sentry_openai::completions;
    ///
    /// let request = completions::Request::new("gpt-3.5-turbo-instruct", "Once upon a time");
    /// let completion = client.completions().create(&request).await?;
    /// println!("{}", completion.text().unwrap_or_default());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn create(&self, request: &Request) -> Result<Completion, Error> {
        self.client.ask(question(request), encode_whole).await
    }

    /// Asks for a continuation piece by piece, as the model writes it.
    ///
    /// The last piece has the usage, unless the request or the client says otherwise.
    pub async fn create_stream(&self, request: &Request) -> Result<EventStream<Completion>, Error> {
        let options = self.client.options(RequestOptions::default());
        let include_usage = options
            .include_usage
            .unwrap_or(self.client.transport.include_usage);
        self.client
            .ask_streamed::<_, Fold>(question(request), |request| {
                encode_streamed(request, include_usage)
            })
            .await
    }
}

fn question(request: &Request) -> Question<'_, Request> {
    Question {
        prompt: request,
        path: &["completions"],
        options: RequestOptions::default(),
    }
}

/// The request, without its wish for a stream if it was made for one.
fn encode_whole(request: &Request) -> Result<Bytes, Error> {
    let mut request = request.clone();
    request.stream = None;
    request.stream_options = None;
    request.extra.remove("stream");
    request.extra.remove("stream_options");
    encode(&request, &[])
}

/// The request with `stream`, and with its wish for usage unless it says itself what it wants.
fn encode_streamed(request: &Request, include_usage: bool) -> Result<Bytes, Error> {
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
