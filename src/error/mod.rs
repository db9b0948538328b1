//! What can go wrong with a call.

mod api;

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use http::HeaderMap;

pub use self::api::ApiError;

/// A failed call.
///
/// It answers questions ([`status`](Self::status), [`code`](Self::code), [`is_rate_limit`](Self::is_rate_limit),
/// ...), so most code need not match on it. `Display` and `Debug` never hold a key, a prompt or an answer: the
/// text that the API sent is to be had from [`message`](Self::message).
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting is missing or can't be used, as found by [`ClientBuilder::build`]; the text names the fix.
    ///
    /// [`ClientBuilder::build`]: crate::ClientBuilder::build
    #[error("{0}")]
    Config(String),

    /// The request could not be written as JSON, as with a map whose keys are no strings. Nothing was sent.
    #[error("the request could not be written as JSON")]
    Encode(#[source] serde_json::Error),

    /// No connection to the server: a wrong address, no network, TLS refused. Retried before it is returned.
    #[error("could not connect to the server")]
    Connect(#[source] reqwest::Error),

    /// The server took too long: to connect, to answer, or between two parts of a stream. All but the last
    /// are retried before this is returned. Raise the timeout, or ask for less.
    #[error("{0}")]
    Timeout(Timeout),

    /// The API answered with an error, by its status or within a reply. See [`ApiError`].
    #[error(transparent)]
    Api(Box<ApiError>),

    /// The server answered, but not with what was asked for: another content type, or JSON of another shape.
    /// Often the base URL points to something that is no OpenAI-compatible API.
    #[error(transparent)]
    Decode(Box<DecodeError>),

    /// The connection broke before the reply was complete. What a stream had given until then stands.
    #[error("the connection broke before the reply was complete")]
    Interrupted(#[source] reqwest::Error),

    /// Anything else that the HTTP client reports, as a redirect that was not followed.
    #[error("the request failed")]
    Http(#[source] reqwest::Error),
}

/// Which wait was too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Timeout {
    /// Connecting to the server.
    Connect,
    /// One HTTP attempt: up to the whole reply, or up to the head of a stream.
    Attempt(Duration),
    /// The next part of a stream.
    StreamIdle(Duration),
    /// The whole call, as set by [`ClientBuilder::deadline`](crate::ClientBuilder::deadline).
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

/// A reply that could not be read. It shows where, never what.
#[derive(Clone, thiserror::Error)]
pub struct DecodeError {
    pub(crate) reason: String,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
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

    /// Whether something took too long.
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Timeout(_)) || self.status() == Some(408)
    }

    /// Whether the server could not be reached.
    pub fn is_connect(&self) -> bool {
        matches!(self, Self::Connect(_) | Self::Timeout(Timeout::Connect))
    }

    /// Whether there were too many requests or tokens in a time; an exhausted quota is none.
    pub fn is_rate_limit(&self) -> bool {
        self.status() == Some(429) && !self.is_quota()
    }

    /// Whether the same request may succeed later: the client has retried such an error until its retries
    /// were used up, so wait before you ask again. `x-should-retry` of the server decides where it is given.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Connect(_) | Self::Interrupted(_) => true,
            Self::Timeout(timeout) => !matches!(timeout, Timeout::Deadline(_)),
            // Waiting does not fill an account.
            Self::Api(_) if self.is_quota() => false,
            Self::Api(error) => match error.header("x-should-retry") {
                Some("true") => true,
                Some("false") => false,
                _ => matches!(error.status, 408 | 409 | 429) || error.status >= 500,
            },
            _ => false,
        }
    }

    /// How long the server asks to wait before the next try (`retry-after-ms`, `retry-after`). Dates in the
    /// past, negative numbers and what can't be read count as absent.
    pub fn retry_after(&self) -> Option<Duration> {
        api::retry_after(self.headers()?)
    }

    fn is_quota(&self) -> bool {
        self.api()
            .is_some_and(|error| [error.code(), error.kind()].contains(&Some("insufficient_quota")))
    }
}

/// Begins with a telling word, since Sentry takes the first word of an error's `Debug` as its type.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(text) => f.debug_tuple("ConfigError").field(text).finish(),
            Self::Encode(_) => f.write_str("EncodeError"),
            Self::Connect(source) => f.debug_tuple("ConnectError").field(source).finish(),
            Self::Timeout(timeout) => f.debug_tuple("TimeoutError").field(timeout).finish(),
            Self::Api(error) => fmt::Debug::fmt(error, f),
            Self::Decode(error) => f
                .debug_tuple("DecodeError")
                .field(&format_args!("{}", error.reason))
                .finish(),
            Self::Interrupted(source) => f.debug_tuple("InterruptedError").field(source).finish(),
            Self::Http(source) => f.debug_tuple("HttpError").field(source).finish(),
        }
    }
}

impl From<reqwest::Error> for Error {
    /// The error without its URL, whose query may hold a key.
    fn from(error: reqwest::Error) -> Self {
        let error = error.without_url();
        if error.is_timeout() {
            let timeout = if error.is_connect() {
                Timeout::Connect
            } else {
                Timeout::HttpClient
            };
            Self::Timeout(timeout)
        } else if error.is_connect() {
            Self::Connect(error)
        } else if error.is_body() || error.is_decode() || is_cut(&error) {
            Self::Interrupted(error)
        } else {
            Self::Http(error)
        }
    }
}

impl From<ApiError> for Error {
    fn from(error: ApiError) -> Self {
        Self::Api(Box::new(error))
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

fn request_id(headers: &HeaderMap) -> Option<&str> {
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
