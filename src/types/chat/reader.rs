//! The chunks of one stream, read one after the other.

use super::chunk::Chunk;
use super::content::Content;
use crate::types::pattern::{Reader, Value, Varies, Varying};

/// Reads chunks, of which only what changes is read.
pub(crate) type ChunkReader = Reader<Chunk>;

impl Varying for Chunk {
    const FIELDS: &'static [Varies] = &[
        Varies::Text("content"),
        Varies::Text("reasoning_content"),
        Varies::Text("reasoning"),
        Varies::Text("arguments"),
        Varies::Text("obfuscation"),
        Varies::Number("index"),
        Varies::Number("created"),
    ];

    #[expect(clippy::cast_precision_loss, reason = "it has at most 15 digits")]
    fn put(&mut self, name: &str, value: Value) -> Option<()> {
        let mut choice = self.choices.first_mut();
        match (name, value) {
            ("content", Value::Text(text)) => choice?.delta.content = Some(Content::Text(text)),
            ("reasoning_content", Value::Text(text)) => {
                choice?.delta.reasoning_content = Some(text);
            }
            ("reasoning", Value::Text(text)) => choice?.delta.reasoning = Some(text),
            ("arguments", Value::Text(text)) => {
                let call = choice?.delta.tool_calls.as_mut()?.first_mut()?;
                call.function.as_mut()?.arguments = Some(text);
            }
            ("obfuscation", Value::Text(text)) => self.obfuscation = Some(text),
            ("index", Value::Number(number)) => choice.as_mut()?.index = Some(number),
            ("created", Value::Number(number)) => self.created = Some(number as f64),
            _ => return None,
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each line follows the ones before it in its stream.
    const STREAMS: &[&[&str]] = &[
        &[
            r#"{"id":"a","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""}}],"usage":null,"obfuscation":"x"}"#,
            r#"{"id":"a","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":{"content":"Hi"}}],"usage":null,"obfuscation":"yz"}"#,
            r#"{"id":"a","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":{"content":" \"choices\":[]"}}]}"#,
            r#"{"id":"a","object":"chat.completion.chunk","model":"m","choices":[],"usage":{"prompt_tokens":1},"new":[1]}"#,
        ],
        // The beginning changes, and changes back.
        &[
            r#"{"id":"a","created":1,"choices":[]}"#,
            r#"{"id":"a","created":2,"choices":[]}"#,
            r#"{"id":"a","created":2,"choices":[{"index":1}]}"#,
            r#"{"id":"b","created":2,"choices":[{"index":1}]}"#,
            r#"{"id":"b","created":2,"choices":[{"index":1}]}"#,
            r#"{"id":"a","created":2,"choices":[{"index":1}]}"#,
        ],
        // Blanks, as of Python's `json.dumps`.
        &[
            r#"{"id": "a", "choices": [{"index": 0, "delta": {"content": "a"}}], "usage": null}"#,
            r#" {"id": "a", "choices": [{"index": 0}] , "usage": null } "#,
            r#"{"id": "a", "choices":  null , "usage": null }"#,
            r#"{"id": "a", "choices": [ ] } "#,
        ],
        // Choices that are not those of the chunk.
        &[
            r#"{"x":{"choices":[1]},"choices":[{"index":0}]}"#,
            r#"{"x":{"choices":[2]},"choices":[{"index":1}]}"#,
            r#"{"x":"\"choices\":","choices":[{"index":1}]}"#,
            r#"{"x":"\"choices\":","choices":[{"index":2}]}"#,
        ],
        // Choices first, or twice.
        &[
            r#"{"choices":[{"index":0}],"id":"a"}"#,
            r#"{"choices":[{"index":1}],"id":"b"}"#,
            r#"{"choices":[{"index":1}],"choices":[{"index":2}]}"#,
        ],
        &[
            r#"{"id":"a","choices":[{"index":1}],"choices":[]}"#,
            r#"{"id":"a","choices":[{"index":1}],"choices" : null}"#,
            r#"{"id":"a","choices":[{"index":1}],"\u0063hoices":[]}"#,
        ],
        // A name that only ends like it.
        &[
            r#"{"choices" :[{"index":5}],"x\"choices":[1]}"#,
            r#"{"choices" :[{"index":5}],"x\"choices":[1],"id":"a"}"#,
        ],
        // What is no chunk, between chunks.
        &[
            r#"{"id":"a","choices":[{"index":0}]}"#,
            r#"{"id":"a","choices":[{"index":1}]}"#,
            r#"{"id":"a","choices":7}"#,
            r#"{"id":"a","choices":[{"index":1}]"#,
            r#"{"id":"a","choices":[{"index":1}]}}"#,
            r#"{"id":"a","choices":[{"index":1}]]"#,
            r#"{"id":"a","choices":[{"index":1},]}"#,
            r#"{"id":"a","choices":"#,
            r#"{"id":"a","choices":[{"index":1}]}{"#,
            r#"{"id":"a","choices":[{"index":1}]x}"#,
            r#"{"id":"a"}"#,
            "[]",
            "",
            r#"{"id":"a","choices":[{"index":2}]}"#,
        ],
        // Errors.
        &[
            r#"{"error":{"message":"m"},"choices":[]}"#,
            r#"{"error":{"message":"m"},"choices":[]}"#,
            r#"{"error":{"message":"m"},"choices":[],"error":null}"#,
        ],
        &[
            r#"{"id":null,"system_fingerprint":"f","choices":[{"index":0}],"id":"late"}"#,
            r#"{"id":null,"system_fingerprint":"f","choices":[{"index":0}],"system_fingerprint":null}"#,
        ],
    ];

    /// Streams of chunks whose `{}` are these values, one after the other.
    const PATTERNS: &[(&str, &[&str])] = &[
        (
            r#"{"id":"a","created":1,"choices":[{"index":0,"delta":{"content":{}},"logprobs":null,"finish_reason":null}]}"#,
            TEXTS,
        ),
        (
            r#"{"id": "a", "choices": [{"index": 0, "delta": {"content": {}}}], "obfuscation": "x"}"#,
            TEXTS,
        ),
        (
            r#"{"choices":[{"index":0,"delta":{"content":null,"reasoning_content":{}}}]}"#,
            TEXTS,
        ),
        (
            r#"{"choices":[{"index":0,"delta":{"reasoning":{},"content":""}}]}"#,
            TEXTS,
        ),
        (
            r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"function":{"arguments":{}}}]}}]}"#,
            TEXTS,
        ),
        // The second of two names counts, and what only looks like the content.
        (
            r#"{"choices":[{"index":0,"delta":{"content":{},"content":"b"}}]}"#,
            TEXTS,
        ),
        (
            r#"{"x":{"content":{}},"choices":[{"index":0,"delta":{"content":"b"}}]}"#,
            TEXTS,
        ),
        (
            r#"{"x":"\"content\":{}","choices":[{"index":0,"delta":{"content":"b"}}]}"#,
            &["1", "2", "3"],
        ),
        (
            r#"{"choices":[{"index":{},"delta":{"content":"a"}}]}"#,
            NUMBERS,
        ),
        (
            r#"{"choices":[{"delta":{"tool_calls":[{"index":{},"function":{"arguments":"{"}}]}}]}"#,
            NUMBERS,
        ),
        (
            r#"{"created":{},"choices":[{"index":0,"delta":{"content":"a"}}]}"#,
            NUMBERS,
        ),
    ];

    const TEXTS: &[&str] = &[
        r#""a""#,
        r#""b""#,
        r#""""#,
        r#""ä😀""#,
        r#""\n""#,
        r#""a\"b\\""#,
        r#""\ud83d\ude00""#,
        r#""\ud83d""#,
        "\"a\u{1}\"",
        r#""a"#,
        "null",
        "7",
        r#""c""#,
        r#"[{"type":"text","text":"x"}]"#,
        r#""d","refusal":"e""#,
        r#""f""#,
    ];

    const NUMBERS: &[&str] = &[
        "0",
        "1",
        "2",
        "10",
        "123456789012345",
        "1234567890123456",
        "01",
        "-1",
        "1.5",
        "1e3",
        "null",
        r#""3""#,
        "4",
        "5",
        "",
    ];

    #[test]
    fn chunks_of_a_pattern_are_what_each_would_be_alone() {
        for (pattern, values) in PATTERNS {
            let mut reader = ChunkReader::default();
            // Twice, so that each value also follows the last one.
            for value in values.iter().chain(*values) {
                assert_alone(&mut reader, &pattern.replace("{}", value));
            }
        }
    }

    #[test]
    fn chunks_are_what_each_would_be_alone() {
        for stream in STREAMS.iter().copied() {
            let mut reader = ChunkReader::default();
            // Twice, so that each line also follows the last one.
            for data in stream.iter().chain(stream) {
                assert_alone(&mut reader, data);
            }
        }
    }

    #[test]
    fn chunks_may_be_as_deep_as_alone() {
        for depth in 120..130 {
            let (open, close) = ("[".repeat(depth), "]".repeat(depth));
            let mut reader = ChunkReader::default();
            for data in ["[]", "[]", &format!(r#"[{{"x":{open}{close}}}]"#)] {
                assert_alone(&mut reader, &format!(r#"{{"id":"a","choices":{data}}}"#));
            }
        }
    }

    fn assert_alone(reader: &mut ChunkReader, data: &str) {
        let alone = serde_json::from_str::<Chunk>(data);
        match (reader.read(data), alone) {
            (Ok(chunk), Ok(alone)) => assert_eq!(chunk, alone, "{data}"),
            (Err(error), Err(alone)) => {
                assert_eq!(error.to_string(), alone.to_string(), "{data}");
            }
            (read, alone) => panic!("{data}: {read:?}, alone {alone:?}"),
        }
    }

    #[test]
    fn what_does_not_change_is_shared() {
        let mut reader = ChunkReader::default();
        let mut read = |text: &str| {
            let data = format!(r#"{{"id":"a","choices":[{{"delta":{{"content":"{text}"}}}}]}}"#);
            reader.read(&data).unwrap().id.unwrap()
        };
        let [_, _, third, fourth] = ["1", "2", "3", "4"].map(&mut read);
        assert!(std::sync::Arc::ptr_eq(&third, &fourth));
    }
}
