//! The vector of a text, sent as numbers or as base64.

use std::borrow::Cow;

use base64_simd::STANDARD_NO_PAD;
use serde::Serialize;
use serde::de::{Deserializer, MapAccess, SeqAccess};
use serde_json::{Number, Value};

use crate::types::open::{self, Field, Open, deserialize_open};

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
        Some(decode(&text).map_or_else(|| Self::Unknown(text.into()), Self::Floats))
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

    fn from_object<'de, A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        Ok(Value::from_object(object)?.map(Self::Unknown))
    }
}

deserialize_open!(Vector);

/// The numbers in base64, with its padding or without.
pub(super) fn decode(base64: &str) -> Option<Vec<f32>> {
    let text = base64.strip_suffix("==").or(base64.strip_suffix('='));
    let bytes = STANDARD_NO_PAD.decode_to_vec(text.unwrap_or(base64)).ok()?;
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

    fn from_object<'de, A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        Ok(Value::from_object(object)?.map(Self::Other))
    }
}

deserialize_open!(Element);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::types::embeddings::Embedding;

    fn vector(json: &Value) -> Vector {
        serde_json::from_str(&json.to_string()).unwrap()
    }

    #[test]
    fn lists_and_base64_are_read_the_same() {
        assert_eq!(vector(&json!([1, -0.5, 2.0])).as_slice(), [1.0, -0.5, 2.0]);
        assert_eq!(
            vector(&json!("AACAPwAAAL8AAABA")),
            vector(&json!([1, -0.5, 2]))
        );
        for base64 in ["AACAPw==", "AACAPw"] {
            assert_eq!(vector(&json!(base64)), Vector::Floats(vec![1.0]));
        }
        let json = serde_json::to_value(vector(&json!("AACAPw=="))).unwrap();
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
            let vector = vector(&json);
            assert!(vector.as_slice().is_empty());
            assert_eq!(vector, Vector::Unknown(json));
        }
        let json = json!({"embedding": null});
        let embedding: Embedding = serde_json::from_value(json).unwrap();
        assert_eq!(embedding.embedding, Vector::default());
    }
}
