//! Reads embeddings, whose vectors make almost all of a response, without a general JSON parser for the vectors.

use super::vector::{Vector, decode};
use super::{Embedding, Embeddings};

/// The name in front of each vector.
const NAME: &str = "\"embedding\"";

/// Reads the embeddings in a response.
///
/// The vectors are taken out of the text and decoded by themselves: numbers by the standard library, base64 several
/// bytes at a time (bench "embeddings"). The rest, in which a number stands for each vector, is read as any JSON. What
/// is not as expected is read as a whole.
pub(crate) fn read(body: &str) -> serde_json::Result<Embeddings> {
    match read_apart(body) {
        Some(embeddings) => Ok(embeddings),
        None => serde_json::from_str(body),
    }
}

fn read_apart(body: &str) -> Option<Embeddings> {
    let mut vectors = Vec::new();
    let mut rest = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(found) = memchr::memmem::find(body.as_bytes().get(at..)?, NAME.as_bytes()) {
        let name = at + found;
        at = name + NAME.len();
        // Behind a backslash it is the end of a longer text.
        if body.get(..name)?.ends_with('\\') {
            return None;
        }
        let Some(value) = after_colon(body.get(at..)?) else {
            continue;
        };
        let start = body.len() - value.len();
        let (vector, length) = vector(value)?;
        rest.push_str(body.get(copied..start)?);
        rest.push_str(&vectors.len().to_string());
        vectors.push(vector);
        copied = start + length;
        at = copied;
    }
    rest.push_str(body.get(copied..)?);

    let mut embeddings: Embeddings = serde_json::from_str(&rest).ok()?;
    if embeddings.data.len() != vectors.len() {
        return None;
    }
    for (number, (embedding, vector)) in embeddings.data.iter_mut().zip(vectors).enumerate() {
        put(embedding, number, vector)?;
    }
    Some(embeddings)
}

/// Replaces the number that stands for the vector.
fn put(embedding: &mut Embedding, number: usize, vector: Vec<f32>) -> Option<()> {
    if embedding.embedding != Vector::Unknown(number.into()) {
        return None;
    }
    embedding.embedding = Vector::Floats(vector);
    Some(())
}

/// The text from the value on, if a colon stands before it.
fn after_colon(text: &str) -> Option<&str> {
    Some(text.trim_start().strip_prefix(':')?.trim_start())
}

/// The vector at the beginning of a text, and how many bytes it takes there.
fn vector(text: &str) -> Option<(Vec<f32>, usize)> {
    if let Some(base64) = text.strip_prefix('"') {
        let length = memchr::memchr(b'"', base64.as_bytes())?;
        return Some((decode(base64.get(..length)?)?, length + 2));
    }
    let length = memchr::memchr(b']', text.as_bytes())?;
    let list = text.get(..length)?.strip_prefix('[')?;
    Some((numbers(list)?, length + 1))
}

fn numbers(list: &str) -> Option<Vec<f32>> {
    if list.trim().is_empty() {
        return Some(Vec::new());
    }
    // A number takes about 20 bytes.
    let mut numbers = Vec::with_capacity(list.len() / 16);
    let mut rest = list.as_bytes();
    loop {
        let end = memchr::memchr(b',', rest);
        let (number, after) = rest.split_at_checked(end.unwrap_or(rest.len()))?;
        numbers.push(self::number(number.trim_ascii())?);
        match end {
            Some(_) => rest = after.get(1..)?,
            None => return Some(numbers),
        }
    }
}

fn number(text: &[u8]) -> Option<f32> {
    // Rust reads words and signs besides, which JSON does not have.
    if !matches!(text.first()?, b'-' | b'0'..=b'9') || text.get(1).is_some_and(u8::is_ascii_alphabetic)
    {
        return None;
    }
    let number: f32 = std::str::from_utf8(text).ok()?.parse().ok()?;
    number.is_finite().then_some(number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn agrees(body: &str) {
        let whole = serde_json::from_str::<Embeddings>(body);
        match (read(body), whole) {
            (Ok(read), Ok(whole)) => assert_eq!(read, whole, "{body}"),
            (Err(read), Err(whole)) => assert_eq!(read.to_string(), whole.to_string(), "{body}"),
            (read, whole) => panic!("{body}: {read:?}, {whole:?}"),
        }
    }

    #[test]
    fn responses_are_read_as_by_a_json_parser() {
        for body in [
            r#"{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5,-1,2e3]}],"model":"m","usage":{"prompt_tokens":1}}"#,
            r#"{ "data" : [ { "embedding" : [ 0.5 , -1.25 ] , "index" : 0 } , {"embedding":[]} ] }"#,
            r#"{"data":[{"embedding":"AACAPw=="},{"embedding":"AACAPw"},{"embedding":[1]}]}"#,
            // What is no vector, or stands where none is expected.
            r#"{"data":[{"embedding":null},{"embedding":[1]}]}"#,
            r#"{"data":[{"embedding":7},{"embedding":[1]}]}"#,
            r#"{"data":[{"embedding":0}]}"#,
            r#"{"data":[{"embedding":[1,null,"x"]}]}"#,
            r#"{"data":[{"embedding":[[1],[2]]}]}"#,
            r#"{"data":[{"embedding":"AACA!"}]}"#,
            r#"{"data":[{"embedding":"AAC\u0041Pw"}]}"#,
            r#"{"data":[{"x\"embedding":[1],"embedding":[2]}]}"#,
            r#"{"data":[{"x":{"embedding":[1]},"embedding":[2]}]}"#,
            r#"{"data":[{"x":"\"embedding\":[1]","embedding":[2]}]}"#,
            r#"{"data":[{"embedding":[1],"embedding":[2]}]}"#,
            r#"{"data":[{"embedding":[1]}],"embedding":[2]}"#,
            r#"{"embedding":[1],"data":[{}]}"#,
            // What is no JSON.
            r#"{"data":[{"embedding":[1,]}]}"#,
            r#"{"data":[{"embedding":[1 2]}]}"#,
            r#"{"data":[{"embedding":[+1]}]}"#,
            r#"{"data":[{"embedding":[-inf]}]}"#,
            r#"{"data":[{"embedding":[NaN]}]}"#,
            r#"{"data":[{"embedding":[1}"#,
            r#"{"data":[{"embedding":"#,
            r#"{"data":[{"embedding""#,
            "",
        ] {
            agrees(body);
        }
    }

    proptest! {
        #[test]
        fn numbers_are_those_that_were_written(numbers in proptest::collection::vec(any::<f32>().prop_filter("finite", |n| n.is_finite()), 0..40)) {
            let numbers64: Vec<f64> = numbers.iter().map(|number| f64::from(*number)).collect();
            let body = json!({ "data": [{ "embedding": numbers64 }] }).to_string();
            let embeddings = read(&body).unwrap();
            prop_assert_eq!(embeddings.data[0].embedding.as_slice(), numbers.as_slice());
        }
    }
}
