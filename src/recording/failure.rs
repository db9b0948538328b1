//! How a call failed, in the words of any client.

use std::error::Error as StdError;
use std::io;

use http::HeaderMap;
use sentry_core::protocol::SpanStatus;
use serde_json::json;

use crate::call::{Failure as Recorded, Report, Reported};
use crate::error::{ApiError, Error, HttpFailure};
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
        let mut below = Self::Other;
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
            match Self::of_a_source(error) {
                Self::Other => {}
                Self::Timeout => return Self::Timeout,
                known => below = known,
            }
            next = error.source();
        }
        below
    }

    /// What `reqwest`'s own errors are caused by. Who wraps one transparently, as `reqwest-retry` does, leaves its sources
    /// alone; their types are private, or those of other crates' versions, so they are known by what they say.
    fn of_a_source(error: &(dyn StdError + 'static)) -> Self {
        match error.to_string().as_str() {
            "operation timed out" => Self::Timeout,
            "client error (Connect)" => Self::Connect,
            "client error (SendRequest)" | "error reading a body from connection" => {
                Self::Interrupted
            }
            _ => Self::Other,
        }
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
        let refused = wire.last_status().filter(|status| *status >= 300);
        if let (Self::Undecodable | Self::Interrupted, Some(status)) = (self, refused) {
            let failure = Self::Api {
                status,
                code: None,
                kind: None,
            };
            return failure.end(wire);
        }
        // What lies between may have hidden how the attempt failed.
        let of_attempt = wire.last_failure().map(|failure| &*failure.error_type);
        let told = match (self, of_attempt) {
            (Self::Other, Some("connect")) => &Self::Connect,
            (Self::Other, Some("timeout")) => &Self::Timeout,
            (Self::Other, Some("stream_interrupted")) => &Self::Interrupted,
            _ => self,
        };
        let (failure, report) = told.recorded();
        wire.fail_as(failure, &report);
    }

    /// What is recorded of it, and what an event says: the same as of the own client's error.
    pub(super) fn recorded(&self) -> (Recorded, impl Reported + use<>) {
        let (status, error_type, kind, text) = match self {
            Self::Connect => (
                SpanStatus::Unavailable,
                "connect",
                "ConnectError",
                "could not connect to the server",
            ),
            Self::Timeout => (
                SpanStatus::DeadlineExceeded,
                "timeout",
                "TimeoutError",
                "the HTTP client's timeout has passed",
            ),
            Self::Interrupted => (
                SpanStatus::Unavailable,
                "stream_interrupted",
                "InterruptedError",
                "the connection broke before the reply was complete",
            ),
            Self::Undecodable => (
                SpanStatus::InternalError,
                "decode",
                "DecodeError",
                "the reply could not be read",
            ),
            Self::Other => (
                SpanStatus::InternalError,
                "http",
                "HttpError",
                "the request failed",
            ),
            Self::Api { status, code, kind } => {
                let json = json!({ "error": { "code": code, "type": kind } });
                let error = ApiError::from_json(*status, HeaderMap::new(), &json);
                let failure = Recorded::from(&error);
                return (failure, Told::Api(error.into()));
            }
        };
        let failure = Recorded {
            status,
            error_type: error_type.into(),
        };
        (failure, Told::Otherwise { kind, text })
    }
}

enum Told {
    Api(Error),
    Otherwise {
        kind: &'static str,
        text: &'static str,
    },
}

impl Reported for Told {
    fn report(&self) -> Report {
        match self {
            Self::Api(error) => error.report(),
            Self::Otherwise { kind, text } => Report {
                kind: (*kind).into(),
                text: (*text).into(),
                request_id: None,
            },
        }
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
