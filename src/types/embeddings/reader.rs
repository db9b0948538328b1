//! Reads embeddings, whose vectors make almost all of a response, without a general JSON parser for the vectors.

use super::vector::{Vector, decode};
use super::{Embedding, Embeddings};

/// The name in front of each vector.
const NAME: &str = "\"embedding\"";

/// Reads the embeddings in a response.
///
/// The vectors are taken out of the text and decoded by themselves (bench "embeddings"). The rest, in which a number stands
/// for each vector, is read as any JSON. What is not as expected is read as a whole.
pub(crate) fn read(body: &str) -> serde_json::Result<Embeddings> {
    match read_apart(body) {
        Some(embeddings) => Ok(embeddings),
        None => serde_json::from_str(body),
    }
}

fn read_apart(body: &str) -> Option<Embeddings> {
    let mut vectors = Vec::<Vec<f32>>::new();
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
        let expected = vectors.last().map_or(0, Vec::len);
        let (vector, length) = vector(value, expected)?;
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

/// The vector at the beginning of a text, and how many bytes it takes there. It has `expected` numbers, as a rule.
fn vector(text: &str, expected: usize) -> Option<(Vec<f32>, usize)> {
    if let Some(base64) = text.strip_prefix('"') {
        let length = memchr::memchr(b'"', base64.as_bytes())?;
        return Some((decode(base64.get(..length)?)?, length + 2));
    }
    let list = text.strip_prefix('[')?.as_bytes();
    let (numbers, rest) = numbers(list, expected)?;
    Some((numbers, text.len() - rest.len()))
}

/// The numbers of a list behind its opening bracket, and what stands behind its closing one.
fn numbers(list: &[u8], expected: usize) -> Option<(Vec<f32>, &[u8])> {
    let mut numbers = Vec::with_capacity(expected);
    let mut rest = list.trim_ascii_start();
    if let [b']', rest @ ..] = rest {
        return Some((numbers, rest));
    }
    loop {
        let (number, after) = plain_number(rest).or_else(|| any_number(rest))?;
        numbers.push(number);
        match after.trim_ascii_start() {
            [b',', after @ ..] => rest = after.trim_ascii_start(),
            [b']', after @ ..] => return Some((numbers, after)),
            _ => return None,
        }
    }
}

/// The number at the beginning of a text, and what stands behind it: one without an exponent, of at most 19 digits.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "the digits of an f32, or as many as serde_json reads into one"
)]
fn plain_number(text: &[u8]) -> Option<(f32, &[u8])> {
    let (is_negative, text) = match text {
        [b'-', text @ ..] => (true, text),
        text => (false, text),
    };
    let (whole, rest) = digits(text, 0);
    let whole_digits = text.len() - rest.len();
    let (significand, rest, decimals) = match rest {
        [b'.', text @ ..] => {
            let (significand, rest) = digits(text, whole);
            (significand, rest, text.len() - rest.len())
        }
        rest => (whole, rest, 0),
    };
    // A zero in front of the point is no digit of the significand.
    let digits = decimals + if whole == 0 { 0 } else { whole_digits };
    let is_plain = whole_digits > 0
        && digits <= 19
        && (decimals > 0 || rest.len() + whole_digits == text.len())
        && !matches!(rest, [b'e' | b'E', ..]);
    let number = (significand as f64 / POWERS_OF_TEN.get(decimals)?) as f32;
    is_plain.then_some((if is_negative { -number } else { number }, rest))
}

/// The number that the digits at the beginning of a text add to `before`, and what stands behind them.
fn digits(mut text: &[u8], before: u64) -> (u64, &[u8]) {
    let mut number = before;
    while let [byte @ b'0'..=b'9', rest @ ..] = text {
        number = number.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'));
        text = rest;
    }
    (number, text)
}

/// The powers of ten that an `f64` holds exactly.
const POWERS_OF_TEN: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// As [`plain_number`], for any number.
fn any_number(text: &[u8]) -> Option<(f32, &[u8])> {
    // Rust reads words and signs besides, which JSON does not have.
    if !matches!(text, [b'0'..=b'9', ..] | [b'-', b'0'..=b'9', ..]) {
        return None;
    }
    let is_inside = |byte: &u8| matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E');
    let length = text.iter().position(|byte| !is_inside(byte))?;
    let (number, rest) = text.split_at_checked(length)?;
    let number: f32 = std::str::from_utf8(number).ok()?.parse().ok()?;
    number.is_finite().then_some((number, rest))
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
