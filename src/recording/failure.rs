//! How a call failed, in the words of any client.

use std::error::Error as StdError;
use std::io;

use http::HeaderMap;
use sentry_core::protocol::SpanStatus;
use serde_json::json;

use crate::call::Failure as Recorded;
use crate::error::{ApiError, HttpFailure};
use crate::wire::Wire;

/// How a call failed, for its span's status and `error.type`. It holds no text of an error: that may repeat a prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// The server could not be reached.
    Connect,
    /// Something took too long.
    Timeout,
    /// The connection broke before the reply was complete.
    Interrupted,
    /// The reply could not be read.
    Undecodable,
    /// The API answered with an error that someone else has read already.
    Api {
        /// The HTTP status.
        status: u16,
        /// The error's `code`.
        code: Option<String>,
        /// The error's `type`.
        kind: Option<String>,
    },
    /// Something else.
    Other,
}

impl Failure {
    /// What an error means, by itself or by what caused it: the errors of `reqwest`, I/O and Tokio's timeouts are known,
    /// all else is [`Other`](Self::Other).
    pub fn of(error: &(dyn StdError + 'static)) -> Self {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(error) = error.downcast_ref::<reqwest::Error>() {
                return Self::of_http(error);
            }
            if error.is::<tokio::time::error::Elapsed>() {
                return Self::Timeout;
            }
            if let Some(error) = error.downcast_ref::<io::Error>() {
                match error.kind() {
                    io::ErrorKind::TimedOut => return Self::Timeout,
                    io::ErrorKind::ConnectionRefused => return Self::Connect,
                    io::ErrorKind::ConnectionReset
                    | io::ErrorKind::ConnectionAborted
                    | io::ErrorKind::BrokenPipe
                    | io::ErrorKind::UnexpectedEof => return Self::Interrupted,
                    // Its source is the cause's source, not the cause.
                    _ => {
                        next = error
                            .get_ref()
                            .map(|cause| -> &(dyn StdError + 'static) { cause });
                        continue;
                    }
                }
            }
            next = error.source();
        }
        Self::Other
    }

    fn of_http(error: &reqwest::Error) -> Self {
        if let Some(status) = error.status().filter(|_| error.is_status()) {
            return Self::Api {
                status: status.as_u16(),
                code: None,
                kind: None,
            };
        }
        match HttpFailure::of(error) {
            HttpFailure::ConnectTimeout | HttpFailure::Timeout => Self::Timeout,
            HttpFailure::Connect => Self::Connect,
            HttpFailure::Interrupted => Self::Interrupted,
            HttpFailure::Other => Self::Other,
        }
    }

    /// Ends a call with this.
    pub(super) fn end(&self, wire: &mut Wire) {
        // An error's body that could not be read matters less than the status that came with it.
        let refused = wire.last_status().filter(|status| *status >= 400);
        if let (Self::Undecodable, Some(status)) = (self, refused) {
            let failure = Self::Api {
                status,
                code: None,
                kind: None,
            };
            return failure.end(wire);
        }
        let (failure, text) = self.recorded();
        wire.fail_as(failure, &text);
    }

    /// What is recorded of it, and a text for an event: the one that the own client's error has.
    pub(super) fn recorded(&self) -> (Recorded, String) {
        let (status, error_type, text) = match self {
            Self::Connect => (
                SpanStatus::Unavailable,
                "connect",
                "could not connect to the server",
            ),
            Self::Timeout => (
                SpanStatus::DeadlineExceeded,
                "timeout",
                "the HTTP client's timeout has passed",
            ),
            Self::Interrupted => (
                SpanStatus::Unavailable,
                "stream_interrupted",
                "the connection broke before the reply was complete",
            ),
            Self::Undecodable => (
                SpanStatus::InternalError,
                "decode",
                "the reply could not be read",
            ),
            Self::Other => (SpanStatus::InternalError, "http", "the request failed"),
            Self::Api { status, code, kind } => {
                let json = json!({ "error": { "code": code, "type": kind } });
                let error = ApiError::from_json(*status, HeaderMap::new(), &json);
                return (Recorded::from(&error), error.to_string());
            }
        };
        let failure = Recorded {
            status,
            error_type: error_type.into(),
        };
        (failure, text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_known_by_what_caused_it() {
        let of = |kind| Failure::of(&io::Error::other(io::Error::from(kind)));
        assert_eq!(of(io::ErrorKind::TimedOut), Failure::Timeout);
        assert_eq!(of(io::ErrorKind::ConnectionReset), Failure::Interrupted);
        assert_eq!(of(io::ErrorKind::NotFound), Failure::Other);
        assert_eq!(Failure::of(&std::fmt::Error), Failure::Other);
    }
}
