//! An error that the API answered with, in whichever form the server writes it.

use std::fmt;
use std::time::{Duration, SystemTime};

use http::HeaderMap;
use serde_json::Value;

use super::{is_plain, write_request_id};
use crate::tolerant;

/// How much of a body that is no JSON error is kept, in bytes.
const EXCERPT: usize = 2_048;

/// How large an error's JSON may be to be kept, in bytes.
const LARGEST_JSON: usize = 1 << 20;

/// An error that the API answered with: by its status, or as an error object in a reply or stream.
///
/// `Display` shows status, type, code and request id. What the server wrote is in [`message`](Self::message)
/// and [`body`](Self::body), which may repeat parts of the request.
#[derive(Clone)]
pub struct ApiError {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    message: Option<String>,
    kind: Option<String>,
    code: Option<String>,
    param: Option<String>,
    body: Option<String>,
    json: Option<Value>,
}

impl ApiError {
    /// The error that a reply with this status and JSON is, for tests of code that handles errors:
    /// `{"error": {"message": ..., "type": ..., "code": ...}}`, or any other form that servers write. It has no
    /// headers.
    ///
    /// ```
    /// use sentry_openai::{ApiError, Error};
    /// use serde_json::json;
    ///
    /// let busy = ApiError::new(429, json!({"error": {"code": "rate_limit_exceeded"}}));
    /// assert!(Error::from(busy).is_rate_limit());
    /// ```
    pub fn new(status: u16, json: impl Into<Value>) -> Self {
        Self::from_json(status, HeaderMap::new(), &json.into())
    }

    /// The same error in a reply with these headers, as `retry-after` or `x-request-id`.
    #[must_use]
    pub fn with_headers(mut self, headers: HeaderMap) -> Self {
        self.headers = headers;
        self
    }

    /// The HTTP status of the reply that held the error.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The headers of that reply.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The server's message; it may repeat parts of the request.
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// The `type`, as `invalid_request_error`.
    pub fn kind(&self) -> Option<&str> {
        self.kind.as_deref()
    }

    /// The `code`, as `model_not_found`; a number as its digits.
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// The parameter that the error is about.
    pub fn param(&self) -> Option<&str> {
        self.param.as_deref()
    }

    /// The whole of what the server said, as JSON: the error and what stands beside it, as `metadata`, `innererror`,
    /// `failed_generation` or `details`. It may repeat parts of the request. `None` if it is no JSON or larger than
    /// 1 MiB.
    ///
    /// ```
    /// # fn show(error: &sentry_openai::Error) -> Option<&str> {
    /// error.api()?.json()?["error"]["metadata"]["raw"].as_str()
    /// # }
    /// ```
    pub fn json(&self) -> Option<&Value> {
        self.json.as_ref()
    }

    /// The beginning of a body that was no JSON error, as a proxy's HTML page: up to 2,048 bytes.
    pub fn body(&self) -> Option<&str> {
        self.body.as_deref()
    }

    /// Reads the body of an error reply.
    pub(crate) fn from_body(status: u16, headers: HeaderMap, body: &[u8]) -> Self {
        match tolerant::value(body) {
            Some(json) => Self::from_json(status, headers, &json),
            None => Self {
                body: excerpt(body, EXCERPT),
                ..Self::empty(status, headers)
            },
        }
    }

    /// Reads an error out of JSON: `{"error": {...}}`, `{"error": "..."}`, a flat error, a list of them.
    pub(crate) fn from_json(status: u16, headers: HeaderMap, whole: &Value) -> Self {
        let json = match whole {
            Value::Array(list) => list.first().unwrap_or(whole),
            _ => whole,
        };
        let nested = json.get("error").filter(|error| !error.is_null());
        let error = nested.unwrap_or(json);
        let text = |name: &str| error.get(name).or_else(|| json.get(name)).and_then(as_text);
        let said = || {
            text("message")
                .or_else(|| text("detail"))
                .or_else(|| text("msg"))
        };
        let message = match error {
            // Some servers give it a title, and say beside it what is wrong.
            Value::String(title) => match said() {
                Some(said) if said != *title && !title.is_empty() => {
                    Some(format!("{title}: {said}"))
                }
                said => Some(said.unwrap_or_else(|| title.clone())),
            },
            _ => said(),
        };
        let written = whole.to_string();
        let body = message.is_none().then(|| json.to_string());
        Self {
            message,
            // A flat error calls itself one; that names nothing.
            kind: text("type").filter(|kind| kind != "error"),
            code: text("code"),
            param: text("param"),
            body: body.and_then(|body| excerpt(body.as_bytes(), EXCERPT)),
            json: (written.len() <= LARGEST_JSON).then(|| whole.clone()),
            ..Self::empty(status, headers)
        }
    }

    /// The HTTP status that the error stands for. One inside a reply that began well, as in a stream, says it by
    /// its code: as a number, or by a well-known name.
    pub(super) fn meant_status(&self) -> u16 {
        if self.status >= 400 {
            return self.status;
        }
        let meant = [self.code(), self.kind()]
            .into_iter()
            .flatten()
            .find_map(|name| match name {
                "rate_limit_exceeded" | "rate_limit_error" => Some(429),
                "server_error" | "internal_error" | "internal_server_error" => Some(500),
                "overloaded_error" | "service_unavailable" => Some(503),
                _ => name
                    .parse()
                    .ok()
                    .filter(|status| (400..600).contains(status)),
            });
        meant.unwrap_or(self.status)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    fn empty(status: u16, headers: HeaderMap) -> Self {
        Self {
            status,
            headers,
            message: None,
            kind: None,
            code: None,
            param: None,
            body: None,
            json: None,
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the API answered with an error: status {}", self.status)?;
        for (name, value) in [("type", &self.kind), ("code", &self.code)] {
            if let Some(value) = value.as_deref().filter(|value| is_plain(value)) {
                write!(f, ", {name} {value}")?;
            }
        }
        write_request_id(f, &self.headers)
    }
}

impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = |text: &Option<String>| text.clone().filter(|text| is_plain(text));
        f.debug_struct("ApiError")
            .field("status", &self.status)
            .field("type", &plain(&self.kind))
            .field("code", &plain(&self.code))
            .field("request_id", &super::shown_request_id(&self.headers))
            .finish_non_exhaustive()
    }
}

impl std::error::Error for ApiError {}

/// `retry-after-ms`, else `retry-after` as seconds or a date.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let header = |name| headers.get(name)?.to_str().ok().map(str::trim);
    let number = |text: &str| text.parse::<f64>().ok();
    let after_ms = header("retry-after-ms")
        .and_then(number)
        .and_then(|ms| Duration::try_from_secs_f64(ms / 1_000.0).ok());
    let after = || {
        let text = header("retry-after")?;
        if let Some(seconds) = number(text) {
            return Duration::try_from_secs_f64(seconds).ok();
        }
        let date = httpdate::parse_http_date(text).ok()?;
        date.duration_since(SystemTime::now()).ok()
    };
    after_ms.or_else(after)
}

fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The beginning of a body, up to so many bytes.
pub(super) fn excerpt(body: &[u8], length: usize) -> Option<String> {
    let body = body.get(..length).unwrap_or(body);
    (!body.is_empty()).then(|| String::from_utf8_lossy(body).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    type Given<'a> = &'a [(&'static str, &'a str)];

    fn read(body: &str) -> ApiError {
        ApiError::from_body(400, HeaderMap::new(), body.as_bytes())
    }

    #[test]
    fn every_form_of_an_error_is_read() {
        let table = [
            (
                r#"{"error":{"message":"m","type":"t","code":"c","param":"p"}}"#,
                ["m", "t", "c", "p"],
            ),
            (
                r#"{"error":{"message":"m","code":429}}"#,
                ["m", "", "429", ""],
            ),
            (r#"{"error":"m"}"#, ["m", "", "", ""]),
            (r#"{"error":"m","type":"t"}"#, ["m", "t", "", ""]),
            (
                r#"{"message":"m","type":"t","code":"c","param":null}"#,
                ["m", "t", "c", ""],
            ),
            (r#"{"error":"a","message":"m"}"#, ["a: m", "", "", ""]),
            (r#"{"error":"m","message":"m"}"#, ["m", "", "", ""]),
            (r#"{"error":"a","detail":"m"}"#, ["a: m", "", "", ""]),
            (r#"{"error":null,"message":"m"}"#, ["m", "", "", ""]),
            (
                r#"{"object":"error","message":"m","type":"t","code":404}"#,
                ["m", "t", "404", ""],
            ),
            (r#"{"detail":"m"}"#, ["m", "", "", ""]),
            (
                r#"[{"error":{"message":"m","status":"X","code":400}}]"#,
                ["m", "", "400", ""],
            ),
        ];
        for (body, expected) in table {
            let error = read(body);
            let got = [error.message(), error.kind(), error.code(), error.param()];
            assert_eq!(got.map(Option::unwrap_or_default), expected, "{body}");
            assert_eq!(error.body(), None, "{body}");
        }
    }

    #[test]
    fn the_whole_json_of_an_error_is_kept_if_it_is_not_too_large() {
        for body in [
            r#"{"error":{"code":400,"message":"m","metadata":{"raw":"no tools"}},"user_id":"u"}"#,
            r#"{"error":{"failed_generation":"<tool>","message":"m"}}"#,
            r#"[{"error":{"code":400}}]"#,
            r#"{"detail":[{"loc":1}]}"#,
            r#""m""#,
        ] {
            let expected: Value = serde_json::from_str(body).unwrap();
            assert_eq!(read(body).json(), Some(&expected));
        }
        let nan = read(r#"{"error":{"message":"\ud83d","n_ctx":NaN}}"#);
        assert_eq!(nan.json().unwrap()["error"]["n_ctx"], Value::Null);
        assert_eq!(nan.message(), Some("\u{FFFD}"));
        for body in ["<html>", ""] {
            assert_eq!(read(body).json(), None);
        }
        let large = serde_json::json!({"error": "m".repeat(LARGEST_JSON)});
        assert_eq!(read(&large.to_string()).json(), None);
    }

    #[test]
    fn other_bodies_are_kept_as_a_bounded_excerpt() {
        assert_eq!(read("<html>").body(), Some("<html>"));
        assert_eq!(read(&"é".repeat(5_000)).body().map(str::len), Some(EXCERPT));
        assert_eq!(read("").body(), None);
        assert_eq!(
            read(r#"{"detail":[{"loc":1}]}"#).body(),
            Some(r#"{"detail":[{"loc":1}]}"#)
        );
    }

    #[test]
    fn what_the_server_wrote_is_not_shown() {
        let error = read(r#"{"error":{"message":"SECRET","type":"SEC RET","code":"SEC\nRET"}}"#);
        assert_eq!(
            error.to_string(),
            "the API answered with an error: status 400"
        );
        assert!(!format!("{error:?}").contains("RET"));
    }

    #[test]
    fn an_error_inside_a_reply_stands_for_a_status() {
        let table = [
            (r#"{"error":{"code":429}}"#, 429),
            (r#"{"error":{"code":"rate_limit_exceeded"}}"#, 429),
            (r#"{"error":{"code":null,"type":"server_error"}}"#, 500),
            (r#"{"error":{"code":"502"}}"#, 502),
            (r#"{"error":{"code":"invalid_prompt"}}"#, 200),
            (r#"{"error":{"code":42}}"#, 200),
        ];
        for (body, expected) in table {
            let error = ApiError::from_body(200, HeaderMap::new(), body.as_bytes());
            assert_eq!(error.meant_status(), expected, "{body}");
        }
        assert_eq!(read(r#"{"error":{"code":429}}"#).meant_status(), 400);
    }

    #[test]
    fn a_time_to_wait_is_read_from_whatever_is_valid() {
        let past = "Sun, 06 Nov 1994 08:49:37 GMT";
        let ms = Duration::from_millis;
        let table: [(Given<'_>, Option<Duration>); 9] = [
            (
                &[("retry-after-ms", "1500"), ("retry-after", "9")],
                Some(ms(1_500)),
            ),
            (
                &[("retry-after-ms", "soon"), ("retry-after", "9")],
                Some(ms(9_000)),
            ),
            (
                &[("retry-after-ms", "-1"), ("retry-after", "0.5")],
                Some(ms(500)),
            ),
            (&[("retry-after", "0")], Some(ms(0))),
            (&[("retry-after", "-3")], None),
            (&[("retry-after", "NaN")], None),
            (&[("retry-after", past)], None),
            (&[("retry-after", "tomorrow")], None),
            (&[], None),
        ];
        for (given, expected) in table {
            let mut headers = HeaderMap::new();
            for (name, value) in given {
                headers.insert(*name, value.parse().unwrap());
            }
            assert_eq!(retry_after(&headers), expected, "{given:?}");
        }
        let mut headers = HeaderMap::new();
        let soon = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(30));
        headers.insert("retry-after", soon.parse().unwrap());
        let wait = retry_after(&headers).unwrap();
        assert!((ms(25_000)..=ms(30_000)).contains(&wait), "{wait:?}");
    }
}
