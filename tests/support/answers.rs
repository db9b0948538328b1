//! What a caller learns of an error, in a form that the rows of a table can state.

use std::error::Error as _;

use sentry_openai::Error;
use serde_json::{Map, Value, json};

/// What an error answers to every question. A question without an answer is left out, and under `is` stand those
/// that are answered with yes.
pub fn answers(error: &Error) -> Value {
    let api = error.api();
    let all = json!({
        "error": kind(error),
        "status": error.status(),
        "code": error.code(),
        "message": error.message(),
        "type": api.and_then(|api| api.kind()),
        "param": api.and_then(|api| api.param()),
        "body": api.and_then(|api| api.body()),
        "request_id": error.request_id(),
        "retry_after": error.retry_after().map(|wait| wait.as_secs_f64()),
        "says": match error {
            Error::Decode(_) | Error::Timeout(_) | Error::Config(_) => Some(error.to_string()),
            _ => None,
        },
    });
    let Value::Object(all) = all else {
        unreachable!("an object was made above");
    };
    let mut answers: Map<_, _> = all.into_iter().filter(|(_, it)| !it.is_null()).collect();
    let flags = [
        ("connect", error.is_connect()),
        ("timeout", error.is_timeout()),
        ("rate_limit", error.is_rate_limit()),
        ("retryable", error.is_retryable()),
    ];
    let yes: Vec<_> = flags.into_iter().filter(|flag| flag.1).collect();
    if !yes.is_empty() {
        answers.insert("is".into(), yes.iter().map(|flag| flag.0).collect());
    }
    answers.into()
}

/// All that logs and error reports show of an error: it and its sources, in every way of printing.
pub fn shown(error: &Error) -> String {
    let mut shown = vec![format!("{error}\n{error:?}\n{error:#?}")];
    match error {
        Error::Api(inner) => shown.push(format!("{inner}\n{inner:?}")),
        Error::Decode(inner) => shown.push(format!("{inner}\n{inner:?}")),
        _ => {}
    }
    let mut source = error.source();
    while let Some(inner) = source {
        shown.push(format!("{inner}\n{inner:?}"));
        source = inner.source();
    }
    shown.join("\n")
}

fn kind(error: &Error) -> &'static str {
    match error {
        Error::Config(_) => "config",
        Error::Encode(_) => "encode",
        Error::Connect(_) => "connect",
        Error::Timeout(_) => "timeout",
        Error::Api(_) => "api",
        Error::Decode(_) => "decode",
        Error::Interrupted(_) => "interrupted",
        Error::Http(_) => "http",
        _ => "another",
    }
}
