//! The chunks of one stream, read one after the other.

use super::chunk::Chunk;
use crate::types::open;

/// What the choices stand behind.
const CHOICES: &str = "\"choices\":";

/// A longer beginning is not worth keeping, in bytes.
const LONGEST: usize = 4096;

/// How large a buffer may stay from one chunk to the next, in bytes.
const KEPT: usize = 64 << 10;

/// Reads chunks, and what all of them begin with only once.
///
/// A chunk tells the reply's id, model and more before its choices. As long as these bytes stay the same, so do the
/// fields in them, and only the choices and what follows them are read (bench "stream, 250-byte chunks").
#[derive(Default)]
pub(crate) struct ChunkReader {
    /// What the last chunk began with, up to the value of its choices.
    beginning: String,
    /// The fields in it, read when a second chunk begins with it.
    fields: Option<Chunk>,
    /// The chunk without its beginning, as an object.
    onward: String,
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
        self.onward.clear();
        self.onward.shrink_to(KEPT);
        self.onward.extend(["{", CHOICES, onward]);
        open::fill(&mut chunk, &self.onward).ok()?;
        Some(chunk)
    }
}

/// What stands before the value of the choices.
fn beginning(data: &str) -> Option<&str> {
    let at = memchr::memmem::find(data.as_bytes(), CHOICES.as_bytes())?;
    let beginning = data.get(..at + CHOICES.len())?;
    // Behind a backslash it would be the end of a longer name.
    let is_name = !data.get(..at)?.ends_with('\\');
    (is_name && beginning.len() <= LONGEST).then_some(beginning)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each line follows the ones before it in its stream.
    const STREAMS: [&[&str]; 10] = [
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

    #[test]
    fn chunks_are_what_each_would_be_alone() {
        for stream in STREAMS {
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
    fn what_chunks_begin_with_is_shared() {
        let mut reader = ChunkReader::default();
        let [_, second, third] = [(); 3].map(|()| reader.read(r#"{"id":"a","choices":[]}"#));
        let [second, third] = [second, third].map(|chunk| chunk.unwrap().id.unwrap());
        assert!(std::sync::Arc::ptr_eq(&second, &third));
    }
}
