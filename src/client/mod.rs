//! The client: a thin, typed way to OpenAI's API over HTTP, whose model calls are recorded.

mod address;
mod ask;
mod audio;
mod batches;
mod body;
mod builder;
mod bytes;
mod chat;
mod completions;
mod conversations;
mod embeddings;
mod files;
mod folded;
mod form;
mod images;
mod key;
mod list;
mod models;
mod moderations;
mod options;
mod parsed;
#[cfg(feature = "schemars")]
mod parsed_stream;
mod plain;
mod received;
mod request;
mod responses;
mod retry;
mod stream;
mod transport;

use std::fmt;
use std::sync::Arc;

use self::transport::Transport;
use crate::error::Error;

pub use self::audio::{Audio, Speech, Transcriptions, Translations};
pub use self::batches::Batches;
pub use self::builder::ClientBuilder;
pub use self::bytes::ByteStream;
pub use self::chat::{Chat, ChatCompletions, ChatMessages};
pub use self::completions::Completions;
pub use self::conversations::{ConversationItems, Conversations};
pub use self::embeddings::Embeddings;
pub use self::files::Files;
pub use self::folded::{Folded, TextDeltas};
pub use self::form::Form;
pub use self::images::Images;
pub use self::list::ListStream;
pub use self::models::Models;
pub use self::moderations::Moderations;
pub use self::options::RequestOptions;
#[cfg(feature = "schemars")]
pub use self::parsed_stream::ParsedStream;
pub use self::received::{Received, WithResponse};
pub use self::request::RequestBuilder;
pub use self::responses::{InputItems, InputTokens, Responses};
pub use self::stream::{EventStream, IntoEvent};

/// A client of OpenAI's API, or of any server that speaks it.
///
/// It is cheap to clone and to be shared: all clones use one pool of connections. It needs a Tokio runtime
/// with I/O and time enabled.
///
/// ```no_run
/// # async fn run() -> Result<(), sentry_openai::Error> {
/// use sentry_openai::{Client, chat};
///
/// let client = Client::from_env()?;
/// let request = chat::Request::new("gpt-4o", [chat::Message::user("Hello!")]);
/// let answer = client.chat().completions().create(&request).await?;
/// println!("{}", answer.text().unwrap_or_default());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    transport: Arc<Transport>,
    /// Those of every request.
    options: Option<Arc<RequestOptions>>,
}

impl Client {
    /// A client with this key for `https://api.openai.com/v1`.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] if the key can't be a header's value.
    pub fn new(api_key: impl Into<String>) -> Result<Self, Error> {
        Self::builder().api_key(api_key).build()
    }

    /// A client as the environment has it: `OPENAI_API_KEY`, `OPENAI_BASE_URL`, `OPENAI_ORG_ID`,
    /// `OPENAI_PROJECT_ID`. Blank values count as unset.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] if there is no key for OpenAI's own API, or a value can't be used.
    pub fn from_env() -> Result<Self, Error> {
        Self::builder().from_env().build()
    }

    /// A client with settings of its own.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::new()
    }

    /// The same client, whose every call has these settings: of any method of any resource.
    ///
    /// It shares the pool of connections, so it may be made for a single call as well as kept. Settings that this client
    /// has by an earlier `with_options` stay where `options` says nothing; those that a method is given itself
    /// (`create_with`) go before both.
    ///
    /// ```no_run
    /// # async fn run(client: sentry_openai::Client) -> Result<(), sentry_openai::Error> {
    /// use std::time::Duration;
    /// use sentry_openai::RequestOptions;
    ///
    /// let patient = RequestOptions::new().timeout(Duration::from_secs(5)).max_retries(5);
    /// let models = client.with_options(patient).models().list().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_options(&self, options: RequestOptions) -> Self {
        Self {
            transport: self.transport.clone(),
            options: Some(Arc::new(self.options(options))),
        }
    }

    /// The settings of a request that has these itself.
    fn options(&self, own: RequestOptions) -> RequestOptions {
        match &self.options {
            Some(options) => own.over(options),
            None => own,
        }
    }

    /// Chat completions.
    pub fn chat(&self) -> Chat<'_> {
        Chat::new(self)
    }

    /// Text completions, the older interface.
    pub fn completions(&self) -> Completions<'_> {
        Completions::new(self)
    }

    /// Responses.
    pub fn responses(&self) -> Responses<'_> {
        Responses::new(self)
    }

    /// Embeddings.
    pub fn embeddings(&self) -> Embeddings<'_> {
        Embeddings::new(self)
    }

    /// Conversations, which hold the items of several responses.
    pub fn conversations(&self) -> Conversations<'_> {
        Conversations::new(self)
    }

    /// Files that the API keeps.
    pub fn files(&self) -> Files<'_> {
        Files::new(self)
    }

    /// Batches of requests.
    pub fn batches(&self) -> Batches<'_> {
        Batches::new(self)
    }

    /// Images that a model makes or changes.
    pub fn images(&self) -> Images<'_> {
        Images::new(self)
    }

    /// Speech to text, and text to speech.
    pub fn audio(&self) -> Audio<'_> {
        Audio::new(self)
    }

    /// Whether texts and images are harmful.
    pub fn moderations(&self) -> Moderations<'_> {
        Moderations::new(self)
    }

    /// The models that there are.
    pub fn models(&self) -> Models<'_> {
        Models::new(self)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("origin", &self.transport.origin())
            .finish_non_exhaustive()
    }
}

const _: () = {
    const fn is_shared<T: Clone + Send + Sync + 'static>() {}
    is_shared::<Client>();
};
