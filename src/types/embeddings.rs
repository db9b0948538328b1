//! Embeddings: texts as vectors.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_PAD_INDIFFERENT as BASE64;
use serde::de::{Deserializer, SeqAccess};
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use super::open::{self, Field, Open, deserialize_open, object, setters, strings};
pub use super::usage::{CompletionTokensDetails, PromptTokensDetails, Usage};

object! {
    /// Asks for the embeddings of texts.
    ///
    /// ```
    /// use sentry_openai::embeddings;
    ///
    /// let request = embeddings::Request::new("text-embedding-3-small", ["one text", "another"]);
    /// ```
    pub struct Request {
        /// The model.
        pub model: String,
        /// The texts.
        pub input: Input,
        /// How the vectors are sent. The client asks for base64 by default; they are read the same.
        pub encoding_format: Option<EncodingFormat>,
        /// How many numbers a vector has; as many as the model makes by default.
        pub dimensions: Option<u64>,
        /// A stable name of the user, by which abuse can be told apart.
        pub user: Option<String>,
    }
}

/// What is to be embedded.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Input {
    /// A text.
    Text(String),
    /// Several texts.
    Texts(Vec<String>),
    /// A text as the ids of its tokens.
    Tokens(Vec<u32>),
    /// Several texts as the ids of their tokens.
    TokenLists(Vec<Vec<u32>>),
    /// Anything else, as it came.
    Unknown(Value),
}

strings! {
    /// How vectors are sent.
    pub enum EncodingFormat {
        /// As lists of numbers.
        Float = "float",
        /// As base64, a quarter of the bytes.
        Base64 = "base64",
    }
}

object! {
    /// The reply: the embeddings of the texts.
    pub struct Embeddings {
        required {
            /// One for each text.
            pub data: Vec<Embedding>,
        }
        /// The kind of this object: `list`.
        pub object: Option<String>,
        /// The model that made them.
        pub model: Option<String>,
        /// The tokens used.
        pub usage: Option<Usage>,
    }
}

object! {
    /// The embedding of one text.
    pub struct Embedding {
        /// The text's place in the request.
        pub index: Option<u64>,
        /// The kind of this object: `embedding`.
        pub object: Option<String>,
        /// The vector.
        pub embedding: Vector,
    }
}

/// A vector. A list of numbers and base64 (of little-endian `f32`s) are read the same; it is written as a
/// list of numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Vector {
    /// Its numbers.
    Floats(Vec<f32>),
    /// What could not be read as a vector, as it came.
    Unknown(Value),
}

setters! {
    Request {
        value { dimensions: u64, }
        into {
            encoding_format: EncodingFormat,
            user: String,
        }
    }
}

impl Request {
    /// Asks this model for the embeddings of this text or these texts.
    pub fn new(model: impl Into<String>, input: impl Into<Input>) -> Self {
        Self {
            model: model.into(),
            input: input.into(),
            ..Self::default()
        }
    }

    /// Sets a field that this version of the crate does not name.
    #[must_use]
    pub fn extra(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.extra.insert(name.into(), value.into());
        self
    }
}

impl Embeddings {
    /// The first vector: the only one, if the request had one text.
    pub fn vector(&self) -> Option<&[f32]> {
        self.data.first().map(|first| first.embedding.as_slice())
    }
}

impl Vector {
    /// The numbers; none if it could not be read.
    pub fn as_slice(&self) -> &[f32] {
        match self {
            Self::Floats(floats) => floats,
            Self::Unknown(_) => &[],
        }
    }

    /// The numbers; none if it could not be read.
    pub fn into_vec(self) -> Vec<f32> {
        match self {
            Self::Floats(floats) => floats,
            Self::Unknown(_) => Vec::new(),
        }
    }
}

impl Default for Vector {
    fn default() -> Self {
        Self::Floats(Vec::new())
    }
}

impl Default for Input {
    fn default() -> Self {
        Self::Texts(Vec::new())
    }
}

impl From<&str> for Input {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Input {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&String> for Input {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<Vec<String>> for Input {
    fn from(texts: Vec<String>) -> Self {
        Self::Texts(texts)
    }
}

impl From<&[String]> for Input {
    fn from(texts: &[String]) -> Self {
        Self::Texts(texts.to_vec())
    }
}

impl From<&[&str]> for Input {
    fn from(texts: &[&str]) -> Self {
        Self::Texts(texts.iter().map(|&text| text.to_owned()).collect())
    }
}

impl From<Vec<&str>> for Input {
    fn from(texts: Vec<&str>) -> Self {
        texts.as_slice().into()
    }
}

impl<const N: usize> From<[&str; N]> for Input {
    fn from(texts: [&str; N]) -> Self {
        texts.as_slice().into()
    }
}

impl<const N: usize> From<[String; N]> for Input {
    fn from(texts: [String; N]) -> Self {
        Self::Texts(texts.into())
    }
}

impl From<Vec<u32>> for Input {
    fn from(tokens: Vec<u32>) -> Self {
        Self::Tokens(tokens)
    }
}

impl From<Vec<Vec<u32>>> for Input {
    fn from(lists: Vec<Vec<u32>>) -> Self {
        Self::TokenLists(lists)
    }
}

impl From<Value> for Input {
    fn from(value: Value) -> Self {
        let list = match value {
            Value::String(text) => return Self::Text(text),
            Value::Array(list) => list,
            other => return Self::Unknown(other),
        };
        if list.iter().all(Value::is_string) {
            return Self::Texts(list.into_iter().filter_map(into_text).collect());
        }
        if let Some(tokens) = tokens(&list) {
            return Self::Tokens(tokens);
        }
        let lists: Option<Vec<_>> = list.iter().map(|list| tokens(list.as_array()?)).collect();
        lists.map_or(Self::Unknown(Value::Array(list)), Self::TokenLists)
    }
}

fn into_text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

fn tokens(list: &[Value]) -> Option<Vec<u32>> {
    let token = |value: &Value| value.as_u64()?.try_into().ok();
    list.iter().map(token).collect()
}

impl Field for Input {
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(open::read::<Value, D>(from)?.map_or_else(Self::default, Self::from))
    }

    fn is_absent(&self) -> bool {
        false
    }
}

impl<'de> Deserialize<'de> for Input {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Field::read(from)
    }
}

impl Field for Vector {
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(open::read(from)?.unwrap_or_default())
    }

    fn is_absent(&self) -> bool {
        false
    }
}

impl Open for Vector {
    fn from_bool(value: bool) -> Option<Self> {
        Some(Self::Unknown(value.into()))
    }

    fn from_number(number: Number) -> Option<Self> {
        Some(Self::Unknown(number.into()))
    }

    fn from_text(text: Cow<'_, str>) -> Option<Self> {
        let floats = BASE64.decode(&*text).ok().and_then(|bytes| floats(&bytes));
        Some(floats.map_or_else(|| Self::Unknown(text.into()), Self::Floats))
    }

    fn from_list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        let mut floats = Vec::new();
        while let Some(element) = list.next_element()? {
            match element {
                Some(Element::Float(float)) => floats.push(float),
                other => return unknown(&floats, other, list).map(Some),
            }
        }
        Ok(Some(Self::Floats(floats)))
    }

    fn from_object<'de, A: serde::de::MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        Ok(Value::from_object(object)?.map(Self::Unknown))
    }
}

deserialize_open!(Vector);

fn floats(bytes: &[u8]) -> Option<Vec<f32>> {
    let (floats, rest) = bytes.as_chunks();
    rest.is_empty()
        .then(|| floats.iter().copied().map(f32::from_le_bytes).collect())
}

/// A list that holds more than numbers.
fn unknown<'de, A: SeqAccess<'de>>(
    before: &[f32],
    element: Option<Element>,
    mut after: A,
) -> Result<Vector, A::Error> {
    let mut list: Vec<Value> = before.iter().copied().map(Value::from).collect();
    let mut element = Some(element);
    while let Some(value) = element {
        list.push(match value {
            Some(Element::Float(float)) => float.into(),
            Some(Element::Other(value)) => value,
            None => Value::Null,
        });
        element = after.next_element()?;
    }
    Ok(Vector::Unknown(list.into()))
}

enum Element {
    Float(f32),
    Other(Value),
}

impl Open for Element {
    fn from_bool(value: bool) -> Option<Self> {
        Some(Self::Other(value.into()))
    }

    #[expect(clippy::cast_possible_truncation, reason = "vectors are made of f32")]
    fn from_number(number: Number) -> Option<Self> {
        number.as_f64().map(|float| Self::Float(float as f32))
    }

    fn from_text(text: Cow<'_, str>) -> Option<Self> {
        Some(Self::Other(text.into()))
    }

    fn from_list<'de, A: SeqAccess<'de>>(list: A) -> Result<Option<Self>, A::Error> {
        Ok(Value::from_list(list)?.map(Self::Other))
    }

    fn from_object<'de, A: serde::de::MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        Ok(Value::from_object(object)?.map(Self::Other))
    }
}

deserialize_open!(Element);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn vector(embedding: Value) -> Vector {
        let json = json!({"data": [{"index": 0, "embedding": embedding}]});
        let mut reply: Embeddings = serde_json::from_value(json).unwrap();
        reply.data.remove(0).embedding
    }

    #[test]
    fn lists_and_base64_are_read_the_same() {
        assert_eq!(vector(json!([1, -0.5, 2.0])).as_slice(), [1.0, -0.5, 2.0]);
        assert_eq!(
            vector(json!("AACAPwAAAL8AAABA")),
            vector(json!([1, -0.5, 2]))
        );
        for base64 in ["AACAPw==", "AACAPw"] {
            assert_eq!(vector(json!(base64)), Vector::Floats(vec![1.0]));
        }
        let json = serde_json::to_value(vector(json!("AACAPw=="))).unwrap();
        assert_eq!(json, json!([1.0]));
    }

    #[test]
    fn a_vector_that_can_not_be_read_is_kept() {
        for json in [
            json!("AACAP!"),
            json!("AACA"),
            json!([1.0, "x", null, 2.0]),
            json!([[1.0], [2.0]]),
            json!({"values": [1.0]}),
        ] {
            let vector = vector(json.clone());
            assert!(vector.as_slice().is_empty());
            assert_eq!(vector, Vector::Unknown(json));
        }
        assert_eq!(vector(json!(null)), Vector::default());
    }

    #[test]
    fn requests_are_the_json_of_the_api() {
        let request = Request::new("m", "a text")
            .dimensions(256)
            .encoding_format("float");
        let json = json!({
            "model": "m", "input": "a text", "encoding_format": "float", "dimensions": 256,
        });
        assert_eq!(serde_json::to_value(request).unwrap(), json);
        for (input, json) in [
            (Input::from(["a", "b"]), json!(["a", "b"])),
            (vec!["a".to_owned()].into(), json!(["a"])),
            (vec![1, 2].into(), json!([1, 2])),
            (vec![vec![1], vec![2, 3]].into(), json!([[1], [2, 3]])),
        ] {
            assert_eq!(serde_json::to_value(&input).unwrap(), json);
            assert_eq!(serde_json::from_value::<Input>(json).unwrap(), input);
        }
        let mixed = json!([{"text": "a"}, 1]);
        let input: Input = serde_json::from_value(mixed.clone()).unwrap();
        assert_eq!(input, Input::Unknown(mixed));
    }

    #[test]
    fn a_reply_needs_its_data() {
        serde_json::from_value::<Embeddings>(json!({"model": "m"})).unwrap_err();
        let json = json!({"data": null, "usage": {}});
        let reply: Embeddings = serde_json::from_value(json).unwrap();
        assert_eq!(reply.usage, Some(Usage::default()));
    }
}
