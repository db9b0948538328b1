//! What a failure looks like on a span: its status and `error.type`, never the text of a message.
//!
//! A failed call's span always has the status [`FAILED`]; the statuses that tell failures apart are those of its
//! HTTP attempts.

use std::borrow::Cow;

use sentry_core::protocol::SpanStatus;

use crate::error::{ApiError, Error, Timeout};
use crate::record::{Failed, error_type_text};

/// The status of a call that failed, whatever the reason: Sentry's views of model calls count no other as an error.
pub(super) const FAILED: SpanStatus = SpanStatus::InternalError;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Failure {
    /// The status of the attempt that ends with it.
    pub(crate) status: SpanStatus,
    pub(crate) error_type: Cow<'static, str>,
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        let (status, error_type) = match error {
            Error::Api(error) => return Self::from(&**error),
            Error::Timeout(
                Timeout::Connect
                | Timeout::Attempt(_)
                | Timeout::StreamIdle(_)
                | Timeout::Deadline(_)
                | Timeout::HttpClient,
            ) => (SpanStatus::DeadlineExceeded, "timeout"),
            Error::Connect(_) => (SpanStatus::Unavailable, "connect"),
            Error::Interrupted(_) => (SpanStatus::Unavailable, "stream_interrupted"),
            Error::Decode(_) => (SpanStatus::InternalError, "decode"),
            Error::ApiKey(_) => (SpanStatus::Unauthenticated, "api_key"),
            Error::Parse(_) => (SpanStatus::InternalError, "parse"),
            Error::Encode(_) => (SpanStatus::InvalidArgument, "encode"),
            Error::Config(_) => (SpanStatus::InvalidArgument, "config"),
            Error::Http(_) => (SpanStatus::InternalError, "http"),
        };
        Self {
            status,
            error_type: Cow::Borrowed(error_type),
        }
    }
}

impl From<&ApiError> for Failure {
    fn from(error: &ApiError) -> Self {
        let code = error.code().and_then(error_type_text);
        let kind = error.kind().and_then(error_type_text);
        // A redirect that is not followed is an answer as well.
        if error.status() >= 300 {
            return Self {
                status: of_http_status(error.status()),
                error_type: match code.or(kind) {
                    Some(name) => name.to_owned().into(),
                    None => error.status().to_string().into(),
                },
            };
        }
        // An error inside a reply that began well: some servers give the HTTP status as its code.
        let http_status = error
            .code()
            .and_then(|code| code.parse::<u16>().ok())
            .filter(|status| (400..600).contains(status));
        let status = match (code.or(kind), http_status) {
            (_, Some(http_status)) => of_http_status(http_status),
            (Some(name), None) => of_name(name),
            (None, None) => SpanStatus::InternalError,
        };
        let error_type = match (code.or(kind), http_status) {
            (Some(name), _) => name.to_owned().into(),
            (None, Some(http_status)) => http_status.to_string().into(),
            (None, None) => "api_error".into(),
        };
        Self { status, error_type }
    }
}

/// A reply that says of itself that it failed.
impl From<Failed> for Failure {
    fn from(failed: Failed) -> Self {
        match failed.code {
            Some(code) => Self {
                status: of_name(&code),
                error_type: code.into(),
            },
            None => Self {
                status: SpanStatus::InternalError,
                error_type: "failed".into(),
            },
        }
    }
}

/// The status of a span whose call or attempt had this HTTP status.
pub(super) fn of_http_status(status: u16) -> SpanStatus {
    match status {
        401 => SpanStatus::Unauthenticated,
        403 => SpanStatus::PermissionDenied,
        404 => SpanStatus::NotFound,
        408 | 504 => SpanStatus::DeadlineExceeded,
        409 => SpanStatus::AlreadyExists,
        429 => SpanStatus::ResourceExhausted,
        400..500 => SpanStatus::InvalidArgument,
        501 => SpanStatus::Unimplemented,
        503 => SpanStatus::Unavailable,
        500.. => SpanStatus::InternalError,
        300..400 => SpanStatus::UnknownError,
        _ => SpanStatus::Ok,
    }
}

/// The status for an error that has a name but no HTTP status of its own.
fn of_name(name: &str) -> SpanStatus {
    match name {
        "rate_limit_exceeded"
        | "rate_limit_error"
        | "insufficient_quota"
        | "tokens"
        | "requests" => SpanStatus::ResourceExhausted,
        "invalid_api_key" | "authentication_error" => SpanStatus::Unauthenticated,
        "permission_error" | "permission_denied" => SpanStatus::PermissionDenied,
        "model_not_found" | "not_found" | "not_found_error" => SpanStatus::NotFound,
        "timeout" | "timeout_error" | "vector_store_timeout" => SpanStatus::DeadlineExceeded,
        "overloaded_error" | "service_unavailable" => SpanStatus::Unavailable,
        "context_length_exceeded"
        | "bad_request"
        | "content_filter"
        | "content_policy_violation" => SpanStatus::InvalidArgument,
        name if name.starts_with("invalid_") || name.starts_with("image_") => {
            SpanStatus::InvalidArgument
        }
        _ => SpanStatus::InternalError,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    fn failure(status: u16, body: &str) -> (SpanStatus, String) {
        let error = ApiError::from_body(status, HeaderMap::new(), body.as_bytes());
        let failure = Failure::from(&error);
        (failure.status, failure.error_type.into_owned())
    }

    #[test]
    fn an_api_error_is_named_by_code_then_type_then_status() {
        use SpanStatus::{InternalError, InvalidArgument, ResourceExhausted};
        let table = [
            (
                400,
                r#"{"error":{"code":"context_length_exceeded","type":"t"}}"#,
                InvalidArgument,
                "context_length_exceeded",
            ),
            (
                429,
                r#"{"error":{"code":null,"type":"tokens"}}"#,
                ResourceExhausted,
                "tokens",
            ),
            (
                429,
                r#"{"error":{"code":429,"type":"a prompt"}}"#,
                ResourceExhausted,
                "429",
            ),
            (500, "<html>", InternalError, "500"),
            (413, "", InvalidArgument, "413"),
            (
                200,
                r#"{"error":{"code":"rate_limit_exceeded"}}"#,
                ResourceExhausted,
                "rate_limit_exceeded",
            ),
            (
                200,
                r#"{"error":{"code":429,"message":"m"}}"#,
                ResourceExhausted,
                "429",
            ),
            (
                200,
                r#"{"error":{"code":502,"type":"upstream"}}"#,
                InternalError,
                "upstream",
            ),
            (
                200,
                r#"{"error":"SECRET prompt"}"#,
                InternalError,
                "api_error",
            ),
        ];
        for (status, body, expected, name) in table {
            assert_eq!(failure(status, body), (expected, name.to_owned()), "{body}");
        }
    }

    #[test]
    fn every_http_status_has_its_span_status() {
        use SpanStatus as S;
        let table = [
            (200, S::Ok),
            (204, S::Ok),
            (302, S::UnknownError),
            (400, S::InvalidArgument),
            (401, S::Unauthenticated),
            (403, S::PermissionDenied),
            (404, S::NotFound),
            (408, S::DeadlineExceeded),
            (409, S::AlreadyExists),
            (418, S::InvalidArgument),
            (422, S::InvalidArgument),
            (429, S::ResourceExhausted),
            (500, S::InternalError),
            (501, S::Unimplemented),
            (502, S::InternalError),
            (503, S::Unavailable),
            (504, S::DeadlineExceeded),
            (529, S::InternalError),
        ];
        for (http, status) in table {
            assert_eq!(of_http_status(http), status, "{http}");
        }
    }
}
