//! An error that the API answered with, in whichever form the server writes it.

use std::fmt;
use std::time::{Duration, SystemTime};

use http::HeaderMap;
use serde_json::Value;

use super::{is_plain, write_request_id};

/// How much of a body that is no JSON error is kept, in bytes.
const EXCERPT: usize = 2_048;

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
}

impl ApiError {
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

    /// The beginning of a body that was no JSON error, as a proxy's HTML page: up to 2,048 bytes.
    pub fn body(&self) -> Option<&str> {
        self.body.as_deref()
    }

    /// Reads the body of an error reply.
    pub(crate) fn from_body(status: u16, headers: HeaderMap, body: &[u8]) -> Self {
        match serde_json::from_slice::<Value>(body) {
            Ok(json) => Self::from_json(status, headers, &json),
            Err(_) => Self {
                body: excerpt(body),
                ..Self::empty(status, headers)
            },
        }
    }

    /// Reads an error out of JSON: `{"error": {...}}`, `{"error": "..."}`, a flat error, a list of them.
    pub(crate) fn from_json(status: u16, headers: HeaderMap, json: &Value) -> Self {
        let json = match json {
            Value::Array(list) => list.first().unwrap_or(json),
            _ => json,
        };
        let nested = json.get("error").filter(|error| !error.is_null());
        let error = nested.unwrap_or(json);
        let text = |name: &str| error.get(name).or_else(|| json.get(name)).and_then(as_text);
        let message = match error {
            Value::String(message) => Some(message.clone()),
            _ => text("message")
                .or_else(|| text("detail"))
                .or_else(|| text("msg")),
        };
        let body = message.is_none().then(|| json.to_string());
        Self {
            message,
            // A flat error calls itself one; that names nothing.
            kind: text("type").filter(|kind| kind != "error"),
            code: text("code"),
            param: text("param"),
            body: body.and_then(|body| excerpt(body.as_bytes())),
            ..Self::empty(status, headers)
        }
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

fn excerpt(body: &[u8]) -> Option<String> {
    let body = body.get(..EXCERPT).unwrap_or(body);
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
