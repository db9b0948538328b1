//! JSON that a strict parser refuses, rewritten as JSON that it reads.
//!
//! Servers send what their own language's writer gives, and other clients read it: half a surrogate pair, `NaN`,
//! bytes that are no UTF-8, a key twice, lists in lists without end. What is odd costs at most itself here.
//! This is the second, slower way of reading: it is taken only where the first has failed.

use std::borrow::Cow;

use serde_json::{Map, Number, Value};

/// How deep `serde_json` reads.
const DEPTH: usize = 127;

const BYTE_ORDER_MARK: char = '\u{FEFF}';

/// The same JSON as strict JSON; `None` if it is none even so.
///
/// A byte order mark is left away. Bytes that are no UTF-8 and lone surrogates become U+FFFD, `NaN`, infinities and
/// numbers beyond all range `null`, values nested too deep `null`. Of a key that comes twice the last value counts.
/// Control characters within texts, and backslashes that escape nothing, are taken as they are.
pub(crate) fn rewrite(json: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(json);
    let text = text.trim_start_matches(BYTE_ORDER_MARK);
    let mut parser = Parser { text, at: 0 };
    let value = parser.value(0)?;
    parser.blanks();
    (parser.at == text.len()).then(|| value.to_string())
}

/// Reads JSON as text first, and as [`rewrite`] has it where that fails; the error is the first one.
pub(crate) fn read<T>(
    json: &[u8],
    read: impl Fn(&str) -> serde_json::Result<T>,
) -> serde_json::Result<T> {
    let first = match simdutf8::basic::from_utf8(json) {
        Ok(text) => match read(text) {
            Ok(value) => return Ok(value),
            Err(error) => error,
        },
        Err(_) => serde::de::Error::custom("not UTF-8"),
    };
    match rewrite(json).map(|text| read(&text)) {
        Some(Ok(value)) => Ok(value),
        // Of JSON that only had to be mended, what is wrong with it then.
        Some(Err(error)) if first.is_syntax() => Err(error),
        _ => Err(first),
    }
}

/// Any JSON that [`read`] reads.
pub(crate) fn value(json: &[u8]) -> Option<Value> {
    read(json, |text| serde_json::from_str(text)).ok()
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Parser<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// Steps over this byte, if it comes next.
    fn step(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        self.blanks();
        match self.peek()? {
            b'{' | b'[' if depth >= DEPTH => self.skip(),
            b'{' => self.object(depth + 1),
            b'[' => self.list(depth + 1),
            b'"' => self.string().map(|text| Value::String(text.into_owned())),
            _ => self.word(),
        }
    }

    fn object(&mut self, depth: usize) -> Option<Value> {
        self.at += 1;
        let mut object = Map::new();
        self.blanks();
        if self.step(b'}') {
            return Some(object.into());
        }
        loop {
            self.blanks();
            if self.peek()? != b'"' {
                return None;
            }
            let key = self.string()?.into_owned();
            self.blanks();
            if !self.step(b':') {
                return None;
            }
            let value = self.value(depth)?;
            object.insert(key, value);
            self.blanks();
            if self.step(b'}') {
                return Some(object.into());
            }
            if !self.step(b',') {
                return None;
            }
        }
    }

    fn list(&mut self, depth: usize) -> Option<Value> {
        self.at += 1;
        let mut list = Vec::new();
        self.blanks();
        if self.step(b']') {
            return Some(list.into());
        }
        loop {
            list.push(self.value(depth)?);
            self.blanks();
            if self.step(b']') {
                return Some(list.into());
            }
            if !self.step(b',') {
                return None;
            }
        }
    }

    /// Passes over a list or an object, without going down into it.
    fn skip(&mut self) -> Option<Value> {
        let mut open = 0_usize;
        loop {
            match self.peek()? {
                b'"' => {
                    self.string()?;
                    continue;
                }
                b'{' | b'[' => open += 1,
                b'}' | b']' => open -= 1,
                _ => {}
            }
            self.at += 1;
            if open == 0 {
                return Some(Value::Null);
            }
        }
    }

    fn string(&mut self) -> Option<Cow<'t, str>> {
        self.at += 1;
        let mut text = Cow::Borrowed("");
        loop {
            let rest = self.rest();
            let length = memchr::memchr2(b'"', b'\\', rest.as_bytes())?;
            let piece = rest.get(..length)?;
            if text.is_empty() {
                text = Cow::Borrowed(piece);
            } else {
                text.to_mut().push_str(piece);
            }
            self.at += length;
            if self.step(b'"') {
                return Some(text);
            }
            self.at += 1;
            let character = self.escaped()?;
            text.to_mut().push(character);
        }
    }

    /// What stands behind a backslash.
    fn escaped(&mut self) -> Option<char> {
        let escape = self.peek()?;
        let character = match escape {
            b'b' => '\u{8}',
            b'f' => '\u{C}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'"' | b'\\' | b'/' => char::from(escape),
            b'u' => return Some(self.unicode()),
            // It escapes nothing.
            _ => return Some('\\'),
        };
        self.at += 1;
        Some(character)
    }

    fn unicode(&mut self) -> char {
        let Some(first) = self.unit(self.at) else {
            return '\\';
        };
        self.at += 5;
        if (0xD800..0xDC00).contains(&first)
            && self.peek() == Some(b'\\')
            && let Some(second) = self.unit(self.at + 1)
            && (0xDC00..0xE000).contains(&second)
        {
            self.at += 6;
            let scalar = 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00);
            return char::from_u32(scalar).unwrap_or(char::REPLACEMENT_CHARACTER);
        }
        char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER)
    }

    /// The number in `uXXXX`.
    fn unit(&self, at: usize) -> Option<u32> {
        let digits = self.text.get(at..at + 5)?.strip_prefix('u')?;
        let are_digits = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        are_digits.then(|| u32::from_str_radix(digits, 16).ok())?
    }

    /// A number, or a name as `true` or `NaN`.
    fn word(&mut self) -> Option<Value> {
        let rest = self.rest();
        let is_end = |byte: u8| matches!(byte, b',' | b']' | b'}' | b' ' | b'\t' | b'\n' | b'\r');
        let length = rest.bytes().position(is_end).unwrap_or(rest.len());
        let word = rest.get(..length)?;
        self.at += length;
        match word {
            "null" => return Some(Value::Null),
            "true" => return Some(Value::Bool(true)),
            "false" => return Some(Value::Bool(false)),
            _ => {}
        }
        if let Ok(number) = serde_json::from_str::<Number>(word) {
            return Some(Value::Number(number));
        }
        let name = word.strip_prefix(['-', '+']).unwrap_or(word);
        let is_no_number = ["nan", "inf", "infinity"]
            .iter()
            .any(|no_number| name.eq_ignore_ascii_case(no_number));
        // As 1e999.
        let is_too_large = name.starts_with(|first: char| first.is_ascii_digit())
            && word.parse::<f64>().is_ok_and(f64::is_infinite);
        (is_no_number || is_too_large).then_some(Value::Null)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rewritten(json: &[u8]) -> Option<Value> {
        rewrite(json).map(|text| serde_json::from_str(&text).unwrap())
    }

    #[test]
    fn what_is_odd_costs_itself() {
        let table: [(&[u8], Value); 16] = [
            (
                br#"{"a":"Hi \ud83d","b":1}"#,
                json!({"a": "Hi \u{FFFD}", "b": 1}),
            ),
            (br#""\ude00""#, json!("\u{FFFD}")),
            (br#""\ud83dx\ude00""#, json!("\u{FFFD}x\u{FFFD}")),
            (br#""\ud83d\ud83d\ude00""#, json!("\u{FFFD}\u{1F600}")),
            (
                br#""\ud83d\n\u0041\"\\\/\b\f\r\t""#,
                json!("\u{FFFD}\nA\"\\/\u{8}\u{C}\r\t"),
            ),
            (
                br"[NaN, Infinity, -Infinity, nan, -inf, 1e999, -1e999]",
                json!([null, null, null, null, null, null, null]),
            ),
            (br#"{"a":1,"b":NaN,"a":2}"#, json!({"a": 2, "b": null})),
            (b"\xEF\xBB\xBF {\"a\":1}\r\n", json!({"a": 1})),
            (
                b"{\"a\":\"\xFFx\xE2\x82\"}",
                json!({"a": "\u{FFFD}x\u{FFFD}"}),
            ),
            (b"\"a\nb\tc\x01\"", json!("a\nb\tc\u{1}")),
            (br#""\x\u12G4""#, json!("\\x\\u12G4")),
            (br"[]", json!([])),
            (br"{ }", json!({})),
            (
                br"[ -0.5e3 , true,false,null ]",
                json!([-500.0, true, false, null]),
            ),
            (b"18446744073709551615", json!(u64::MAX)),
            (br#"{"a":{"b":["c",{}]}}"#, json!({"a": {"b": ["c", {}]}})),
        ];
        for (json, expected) in table {
            let shown = String::from_utf8_lossy(json);
            assert_eq!(rewritten(json), Some(expected), "{shown}");
        }
    }

    #[test]
    fn what_is_no_json_stays_none() {
        for json in [
            "",
            " ",
            "{",
            "[",
            "[1",
            "[1,",
            "[1,]",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{a:1}",
            "'a'",
            "\"a",
            "\"\\",
            "\"\\u12",
            "01",
            "+1",
            ".5",
            "1.",
            "--1",
            "nul",
            "[DONE]",
            "{} {}",
            "[1 2]",
            "<p>",
        ] {
            assert_eq!(rewrite(json.as_bytes()), None, "{json}");
        }
    }

    #[test]
    fn what_is_nested_too_deep_costs_that_value() {
        for depth in [126, 127, 128, 100_000] {
            let (open, close) = ("[".repeat(depth), "]".repeat(depth));
            let json = format!("{{\"deep\":{open}\"]\"{close},\"a\":1}}");
            let value = rewritten(json.as_bytes()).unwrap();
            assert_eq!(value["a"], 1);
            let is_whole = serde_json::from_str::<Value>(&json).is_ok();
            assert_eq!(value.to_string().contains("\"]\""), is_whole, "{depth}");
        }
        assert_eq!(rewrite("[".repeat(100_000).as_bytes()), None);
    }

    #[test]
    fn the_first_error_stands_unless_mending_has_helped() {
        let read = |json: &str| {
            read(json.as_bytes(), |text| {
                serde_json::from_str::<Vec<u8>>(text)
            })
        };
        assert_eq!(read("[1]").unwrap(), [1]);
        assert!(read("{").unwrap_err().is_data());
        assert!(read("[NaN]").unwrap_err().is_data());
        assert!(read("[x]").unwrap_err().is_syntax());
    }
}
