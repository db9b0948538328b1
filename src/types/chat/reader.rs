//! The chunks of one stream, read one after the other.

use serde::{Deserialize, Deserializer};

use super::chunk::{Chunk, ChunkChoice};
use crate::types::open;

/// What the choices stand behind.
const CHOICES: &str = "\"choices\":";

/// A longer beginning is not worth keeping, in bytes.
const LONGEST: usize = 4096;

/// Reads chunks, and what all of them begin with only once.
///
/// A chunk tells the reply's id, model and more before its choices. As long as these bytes stay the same, so do the
/// fields in them, and only the choices and what follows them are read (bench "stream, 250-byte chunks").
#[derive(Debug, Default)]
pub(crate) struct ChunkReader {
    /// What the last chunk began with, up to the value of its choices.
    beginning: String,
    /// The fields in it, read when a second chunk begins with it.
    fields: Option<Chunk>,
    /// What comes behind the choices, as an object.
    rest: String,
}

impl ChunkReader {
    /// Reads a chunk, as `serde_json` does without us.
    pub(crate) fn read(&mut self, data: &str) -> serde_json::Result<Chunk> {
        if let Some(chunk) = self.read_onward(data) {
            return Ok(chunk);
        }
        let chunk = serde_json::from_str(data)?;
        self.fields = None;
        self.beginning.clear();
        self.beginning.push_str(beginning(data).unwrap_or_default());
        Ok(chunk)
    }

    /// Reads a chunk that begins like the one before it; `None` for others, and for what is no JSON.
    fn read_onward(&mut self, data: &str) -> Option<Chunk> {
        if self.beginning.is_empty() {
            return None;
        }
        let onward = data.strip_prefix(self.beginning.as_str())?;
        if self.fields.is_none() {
            // It is whole with two brackets only if these are the choices of the chunk itself.
            let whole = format!("{}[]}}", self.beginning);
            self.fields = Some(serde_json::from_str(&whole).ok()?);
        }
        let mut chunk = self.fields.clone()?;
        let mut values = serde_json::Deserializer::from_str(onward).into_iter::<Choices>();
        let Choices(choices) = values.next()?.ok()?;
        let rest = onward.get(values.byte_offset()..)?;
        if rest != "}" {
            self.rest.clear();
            self.rest.extend(["{", CHOICES, "null", rest]);
            open::fill(&mut chunk, &self.rest).ok()?;
        }
        if chunk.choices.is_empty() {
            chunk.choices = choices;
        }
        Some(chunk)
    }
}

/// What stands before the value of the choices.
fn beginning(data: &str) -> Option<&str> {
    let at = memchr::memmem::find(data.as_bytes(), CHOICES.as_bytes())?;
    let beginning = data.get(..at + CHOICES.len())?;
    (beginning.len() <= LONGEST).then_some(beginning)
}

struct Choices(Vec<ChunkChoice>);

impl<'de> Deserialize<'de> for Choices {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        open::required(from).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each line follows the ones before it in its stream.
    const STREAMS: [&[&str]; 8] = [
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

    #[test]
    fn chunks_are_what_each_would_be_alone() {
        for stream in STREAMS {
            let mut reader = ChunkReader::default();
            // Twice, so that each line also follows the last one.
            for data in stream.iter().chain(stream) {
                let alone = serde_json::from_str::<Chunk>(data);
                match (reader.read(data), alone) {
                    (Ok(chunk), Ok(alone)) => assert_eq!(chunk, alone, "{data}"),
                    (Err(error), Err(alone)) => {
                        assert_eq!(error.to_string(), alone.to_string(), "{data}");
                    }
                    (read, alone) => panic!("{data}: {read:?}, alone {alone:?}"),
                }
            }
        }
    }

    #[test]
    fn what_chunks_begin_with_is_shared() {
        let mut reader = ChunkReader::default();
        let [_, second, third] = [(); 3].map(|()| reader.read(r#"{"id":"a","choices":[]}"#));
        let [second, third] = [second, third].map(|chunk| chunk.unwrap().id.unwrap());
        assert!(std::sync::Arc::ptr_eq(&second, &third));
    }
}
