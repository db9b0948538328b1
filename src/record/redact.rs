//! What `redact` makes of texts. The strings of a text that is JSON pass it decoded, and what it returns is encoded
//! again; then the text passes it as a whole.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use memchr::memchr2;

use crate::settings::Redact;

/// Stands where `redact` panicked, and where a secret was.
pub(super) const REDACTED: &str = "[redacted]";

/// JSON within JSON within JSON: deeper strings pass as they are.
const DEEPEST: usize = 8;

pub(super) fn redacted<'t>(text: &'t str, redact: &Redact) -> Cow<'t, str> {
    redacted_within(text, redact, 0)
}

fn redacted_within<'t>(text: &'t str, redact: &Redact, depth: usize) -> Cow<'t, str> {
    match with_strings_redacted(text, redact, depth) {
        None => call(redact, text),
        Some(text) => Cow::Owned(call(redact, &text).into_owned()),
    }
}

fn call<'t>(redact: &Redact, text: &'t str) -> Cow<'t, str> {
    catch_unwind(AssertUnwindSafe(|| redact(text))).unwrap_or(Cow::Borrowed(REDACTED))
}

/// The text, if it is JSON and `redact` has changed one of its strings. All other bytes stay as they are.
fn with_strings_redacted(text: &str, redact: &Redact, depth: usize) -> Option<String> {
    if depth >= DEEPEST || !text.trim_start().starts_with(['{', '[', '"']) {
        return None;
    }
    let mut changed = String::new();
    let (mut from, mut at) = (0, 0);
    while let Some(start) = text.get(at..).and_then(|rest| rest.find('"')) {
        let start = at + start;
        let end = end_of_string(text, start);
        let token = text.get(start..end).unwrap_or_default();
        if let Some(string) = string_redacted(token, redact, depth) {
            changed.push_str(text.get(from..start).unwrap_or_default());
            changed.push_str(&string);
            from = end;
        }
        at = end;
    }
    if from == 0 {
        return None;
    }
    changed.push_str(text.get(from..).unwrap_or_default());
    Some(changed)
}

/// Where the string that begins with the quote at `start` ends; one that was cut off ends with the text.
fn end_of_string(text: &str, start: usize) -> usize {
    let mut at = start + 1;
    while let Some(rest) = text.as_bytes().get(at..) {
        match memchr2(b'"', b'\\', rest) {
            Some(found) if rest.get(found) == Some(&b'"') => return at + found + 1,
            Some(found) => at += found + 2,
            None => break,
        }
    }
    text.len()
}

/// The string, encoded again, if `redact` has changed it.
fn string_redacted(token: &str, redact: &Redact, depth: usize) -> Option<String> {
    let decoded: String = serde_json::from_str(token)
        .or_else(|_| serde_json::from_str(&completed(token)))
        .ok()?;
    let redacted = redacted_within(&decoded, redact, depth + 1);
    let is_changed = redacted != decoded;
    is_changed.then(|| serde_json::to_string(&redacted).unwrap_or_default())
}

/// A string that was cut off, up to its last escape, which may be half of one.
fn completed(token: &str) -> String {
    let whole = token.rfind('\\').and_then(|escape| token.get(..escape));
    let text = match whole {
        Some(whole) if token.len() - whole.len() < 6 => whole,
        _ => token,
    };
    text.to_owned() + "\""
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    fn hide(text: &str) -> String {
        let redact: Redact = Arc::new(|text| text.replace("MKSECRET", "*").into());
        redacted(text, &redact).into_owned()
    }

    #[test]
    fn strings_of_json_pass_decoded_and_are_encoded_again() {
        let table = [
            ("MKSECRET", "*"),
            (r#"{"a":"\u004dKSECRET"}"#, r#"{"a":"*"}"#),
            (
                r#" [1.50, "MK\u0053ECRET\n" ,"\u00fc"] "#,
                r#" [1.50, "*\n" ,"\u00fc"] "#,
            ),
            (
                r#"{"\u004dKSECRET":{"b":"MKSECRET"}}"#,
                r#"{"*":{"b":"*"}}"#,
            ),
            (r#""\u004dKSECRET""#, r#""*""#),
            (
                r#"{"a":"{\"b\":\"\\u004dKSECRET\"}"}"#,
                r#"{"a":"{\"b\":\"*\"}"}"#,
            ),
            (r#"{"a":"\u004dKSECRET and m"#, r#"{"a":"* and m""#),
            (r#"{"a":"\u004dKSECRET\u00"#, r#"{"a":"*""#),
            (
                r#"{"a":"\ud83d","b":"\u004dKSECRET"}"#,
                r#"{"a":"\ud83d","b":"*"}"#,
            ),
            (r#"said "\u004dKSECRET""#, r#"said "\u004dKSECRET""#),
        ];
        for (text, expected) in table {
            assert_eq!(hide(text), expected, "{text}");
        }
        let deep = "[".repeat(100_000) + r#""MKSECRET""#;
        assert!(!hide(&deep).contains("MKSECRET"));
    }

    #[test]
    fn a_text_that_is_json_also_passes_as_a_whole() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let redact: Redact = Arc::new({
            let seen = seen.clone();
            move |text| {
                seen.lock().unwrap().push(text.to_owned());
                text.into()
            }
        });
        let text = r#"{"x":"\u0041"}"#;
        assert_eq!(redacted(text, &redact), text);
        assert_eq!(*seen.lock().unwrap(), ["x", "A", text]);
    }

    #[test]
    fn a_panic_leaves_no_text() {
        let redact: Redact = Arc::new(|_| std::panic::resume_unwind(Box::new("no")));
        assert_eq!(redacted("text", &redact), REDACTED);
        assert_eq!(redacted(r#"{"a":"b"}"#, &redact), REDACTED);
    }
}
