//! What can go wrong with a call.

mod api;
mod parse;

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use http::HeaderMap;

pub use self::api::ApiError;
pub use self::parse::{ParseError, ParseErrorKind};

/// A failed call.
///
/// It answers questions ([`status`](Self::status), [`code`](Self::code), [`is_rate_limit`](Self::is_rate_limit),
/// ...), so most code need not match on it. `Display` and `Debug` never hold a key, a prompt or an answer: the
/// text that the API sent is to be had from [`message`](Self::message).
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting is missing or can't be used, as found by [`ClientBuilder::build`]; or, at a call, there is no
    /// Tokio runtime, or an id can't stand in an address. Nothing was sent. The text names the fix.
    ///
    /// [`ClientBuilder::build`]: crate::ClientBuilder::build
    #[error("{0}")]
    Config(String),

    /// What was given to [`ClientBuilder::api_key_provider`] gave no key, or one that no header can hold. Nothing
    /// was sent. See to what its own error says, the [`source`](StdError::source); it is not asked again, but may
    /// itself try more than once.
    ///
    /// [`ClientBuilder::api_key_provider`]: crate::ClientBuilder::api_key_provider
    #[error("there is no API key: its provider failed")]
    ApiKey(#[source] Box<dyn StdError + Send + Sync>),

    /// The request could not be written as JSON, as with a map whose keys are no strings. Nothing was sent. Give
    /// it values that JSON has.
    #[error("the request could not be written as JSON")]
    Encode(#[source] serde_json::Error),

    /// No connection to the server: a wrong address, no network, TLS refused. Retried before it is returned. Look
    /// at the base URL and the proxy, or ask again later; the [`source`](StdError::source) says more.
    #[error("could not connect to the server")]
    Connect(#[source] reqwest::Error),

    /// Something took too long: see [`Timeout`] for what, and which setting bounds it. Attempts that did are
    /// retried before this is returned. Raise the setting, ask for less, or read a stream.
    #[error("{0}")]
    Timeout(Timeout),

    /// The API answered with an error, by its status or within a reply. What may pass is retried before it is
    /// returned: [`is_retryable`](Error::is_retryable) says whether to ask again later, and
    /// [`retry_after`](Error::retry_after) when; of others, [`code`](Error::code) and
    /// [`message`](Error::message) say what to change.
    #[error(transparent)]
    Api(Box<ApiError>),

    /// The server answered, but not with what was asked for: another content type, or JSON of another shape. It
    /// is not retried. Often the base URL points to something that is no OpenAI-compatible API, or lacks `/v1`.
    #[error(transparent)]
    Decode(Box<DecodeError>),

    /// The reply came, but what the model wrote is not the value that was asked for: it declined, was cut off, or
    /// wrote something else. [`ParseError`] says which and has the reply. Ask again, or allow for more tokens.
    #[error(transparent)]
    Parse(Box<ParseError>),

    /// The connection broke before the reply was complete. Whole replies are retried before this is returned.
    /// What a stream had given until then stands; ask again for the rest. Without a source, the stream of a response
    /// was closed in good order, but too early.
    #[error("the connection broke before the reply was complete")]
    Interrupted(#[source] Option<reqwest::Error>),

    /// Anything else that the HTTP client reports, as too many redirects that a client of your own followed. It
    /// is not retried; the [`source`](StdError::source) says what it was.
    #[error("the request failed")]
    Http(#[source] reqwest::Error),
}

/// Which wait was too long, and for how long it was allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Timeout {
    /// Connecting to the server. See [`ClientBuilder::connect_timeout`].
    ///
    /// [`ClientBuilder::connect_timeout`]: crate::ClientBuilder::connect_timeout
    Connect,
    /// One HTTP attempt: up to the whole reply, or up to the head of a stream. See [`ClientBuilder::timeout`].
    ///
    /// [`ClientBuilder::timeout`]: crate::ClientBuilder::timeout
    Attempt(Duration),
    /// The next part of a stream. It is not retried. See [`ClientBuilder::stream_idle_timeout`].
    ///
    /// [`ClientBuilder::stream_idle_timeout`]: crate::ClientBuilder::stream_idle_timeout
    StreamIdle(Duration),
    /// The whole call with its retries. It is not retried. See [`ClientBuilder::deadline`].
    ///
    /// [`ClientBuilder::deadline`]: crate::ClientBuilder::deadline
    Deadline(Duration),
    /// A timeout of the HTTP client that was given to [`ClientBuilder::http_client`].
    ///
    /// [`ClientBuilder::http_client`]: crate::ClientBuilder::http_client
    HttpClient,
}

impl fmt::Display for Timeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect => f.write_str("connecting to the server took too long"),
            Self::Attempt(limit) => write!(f, "the server did not answer within {limit:?}"),
            Self::StreamIdle(limit) => write!(f, "the stream gave nothing for {limit:?}"),
            Self::Deadline(limit) => write!(f, "the call was not done within {limit:?}"),
            Self::HttpClient => f.write_str("the HTTP client's timeout has passed"),
        }
    }
}

/// A reply that could not be read. `Display` and `Debug` show where, never what: that is in [`body`](Self::body).
#[derive(Clone, thiserror::Error)]
pub struct DecodeError {
    pub(crate) reason: String,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    body: Option<String>,
}

impl DecodeError {
    pub(crate) fn new(reason: String, status: u16, headers: HeaderMap, body: &[u8]) -> Self {
        const KEPT: usize = 64 << 10;

        Self {
            reason,
            status,
            headers,
            body: api::excerpt(body, KEPT),
        }
    }

    /// The HTTP status of the reply.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The headers of the reply.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The beginning of what could not be read, up to 64 KiB: of the body, or of one event of a stream. `None` if
    /// nothing came, or if it was not kept, as an event that is too large.
    pub fn body(&self) -> Option<&str> {
        self.body.as_deref()
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the reply could not be read: {}", self.reason)?;
        write_request_id(f, &self.headers)
    }
}

impl fmt::Debug for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecodeError")
            .field("reason", &self.reason)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl Error {
    /// The HTTP status, if the server answered. An error within a reply or stream has that reply's, mostly 200.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Api(error) => Some(error.status),
            Self::Decode(error) => Some(error.status),
            _ => None,
        }
    }

    /// The API's error code, as `context_length_exceeded`.
    pub fn code(&self) -> Option<&str> {
        self.api()?.code()
    }

    /// The API's message. It may repeat parts of the request.
    pub fn message(&self) -> Option<&str> {
        self.api()?.message()
    }

    /// The server's id of the request (`x-request-id`), for its support.
    pub fn request_id(&self) -> Option<&str> {
        request_id(self.headers()?)
    }

    /// The headers of the reply, if the server answered.
    pub fn headers(&self) -> Option<&HeaderMap> {
        match self {
            Self::Api(error) => Some(&error.headers),
            Self::Decode(error) => Some(&error.headers),
            _ => None,
        }
    }

    /// What the API said, if it was the API that failed the call.
    pub fn api(&self) -> Option<&ApiError> {
        match self {
            Self::Api(error) => Some(error),
            _ => None,
        }
    }

    /// What could not be read, if the server answered with something else than was asked for.
    pub fn decode(&self) -> Option<&DecodeError> {
        match self {
            Self::Decode(error) => Some(error),
            _ => None,
        }
    }

    /// Whether something took too long.
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Timeout(_)) || self.meant_status() == Some(408)
    }

    /// Whether the server could not be reached.
    pub fn is_connect(&self) -> bool {
        matches!(self, Self::Connect(_) | Self::Timeout(Timeout::Connect))
    }

    /// Whether there were too many requests or tokens in a time; an exhausted quota is none.
    pub fn is_rate_limit(&self) -> bool {
        self.meant_status() == Some(429) && !self.is_quota()
    }

    /// Whether the same request may succeed later: the client has retried such an error until its retries
    /// were used up (unless it stood within a reply or stream), so wait before you ask again. `x-should-retry` of the server decides where it is given.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Connect(_) | Self::Interrupted(_) => true,
            Self::Timeout(timeout) => !matches!(timeout, Timeout::Deadline(_)),
            // Waiting does not fill an account.
            Self::Api(_) if self.is_quota() => false,
            Self::Api(error) => match error.header("x-should-retry") {
                Some("true") => true,
                Some("false") => false,
                _ => matches!(error.meant_status(), 408 | 409 | 429 | 500..),
            },
            _ => false,
        }
    }

    /// How long the server asks to wait before the next try (`retry-after-ms`, `retry-after`). Dates in the
    /// past, negative numbers and what can't be read count as absent.
    pub fn retry_after(&self) -> Option<Duration> {
        api::retry_after(self.headers()?)
    }

    /// The status, also of an error within a reply whose own status is a success.
    fn meant_status(&self) -> Option<u16> {
        self.api().map(ApiError::meant_status)
    }

    fn is_quota(&self) -> bool {
        const NAMES: [&str; 2] = ["insufficient_quota", "billing_not_active"];

        self.api().is_some_and(|error| {
            let names = [error.code(), error.kind()].into_iter().flatten();
            names.into_iter().any(|name| NAMES.contains(&name))
        })
    }
}

/// Begins with a telling word, since Sentry takes the first word of an error's `Debug` as its type.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(text) => f.debug_tuple("ConfigError").field(text).finish(),
            Self::ApiKey(_) => f.write_str("ApiKeyError"),
            Self::Encode(_) => f.write_str("EncodeError"),
            Self::Connect(source) => f.debug_tuple("ConnectError").field(source).finish(),
            Self::Timeout(timeout) => f.debug_tuple("TimeoutError").field(timeout).finish(),
            Self::Api(error) => fmt::Debug::fmt(error, f),
            Self::Decode(error) => f
                .debug_tuple("DecodeError")
                .field(&format_args!("{}", error.reason))
                .finish(),
            Self::Parse(error) => fmt::Debug::fmt(error, f),
            Self::Interrupted(source) => f.debug_tuple("InterruptedError").field(source).finish(),
            Self::Http(source) => f.debug_tuple("HttpError").field(source).finish(),
        }
    }
}

impl From<reqwest::Error> for Error {
    /// The error without its URL, whose query may hold a key.
    fn from(error: reqwest::Error) -> Self {
        let error = error.without_url();
        match HttpFailure::of(&error) {
            HttpFailure::ConnectTimeout => Self::Timeout(Timeout::Connect),
            HttpFailure::Timeout => Self::Timeout(Timeout::HttpClient),
            HttpFailure::Connect => Self::Connect(error),
            HttpFailure::Interrupted => Self::Interrupted(Some(error)),
            HttpFailure::Other => Self::Http(error),
        }
    }
}

/// What went wrong with an HTTP client, as far as calls tell it apart.
#[derive(Clone, Copy, Debug)]
pub(crate) enum HttpFailure {
    ConnectTimeout,
    Timeout,
    Connect,
    Interrupted,
    Other,
}

impl HttpFailure {
    pub(crate) fn of(error: &reqwest::Error) -> Self {
        match (error.is_timeout(), error.is_connect()) {
            (true, true) => Self::ConnectTimeout,
            (true, false) => Self::Timeout,
            (false, true) => Self::Connect,
            _ if error.is_body() || error.is_decode() || is_cut(error) => Self::Interrupted,
            _ => Self::Other,
        }
    }
}

impl From<ApiError> for Error {
    fn from(error: ApiError) -> Self {
        Self::Api(Box::new(error))
    }
}

impl From<ParseError> for Error {
    fn from(error: ParseError) -> Self {
        Self::Parse(Box::new(error))
    }
}

/// Whether the connection ended while the server was expected to answer: reqwest calls that a request error.
fn is_cut(error: &reqwest::Error) -> bool {
    error.is_request() && !error.is_redirect() && !error.is_builder() && error.source().is_some()
}

/// Why JSON could not be read: serde's own text shows values, this does not.
pub(crate) fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let what = match error.classify() {
        _ if text.starts_with("missing field") => text.split(" at line").next().unwrap_or_default(),
        serde_json::error::Category::Eof => "the JSON ends too early",
        serde_json::error::Category::Syntax => "this is no JSON",
        serde_json::error::Category::Data | serde_json::error::Category::Io => {
            "the JSON has another shape"
        }
    };
    format!("{what} (line {}, column {})", error.line(), error.column())
}

pub(crate) fn request_id(headers: &HeaderMap) -> Option<&str> {
    headers.get("x-request-id")?.to_str().ok()
}

fn write_request_id(f: &mut fmt::Formatter<'_>, headers: &HeaderMap) -> fmt::Result {
    match shown_request_id(headers) {
        Some(id) => write!(f, " (request {id})"),
        None => Ok(()),
    }
}

/// The request's id, if it is a mere name.
pub(crate) fn shown_request_id(headers: &HeaderMap) -> Option<&str> {
    request_id(headers).filter(|id| is_plain(id))
}

/// Whether a server's text is a mere name, that can hold nothing of a request: only such are shown.
pub(crate) fn is_plain(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
}

const _: () = {
    const fn is_error<T: StdError + Send + Sync + 'static>() {}
    is_error::<Error>();
};
