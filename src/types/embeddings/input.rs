//! What is to be embedded: texts, or their tokens.

use serde::de::Deserializer;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::types::open::{self, Field};

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

impl From<&Vec<String>> for Input {
    fn from(texts: &Vec<String>) -> Self {
        Self::Texts(texts.clone())
    }
}

impl From<&Vec<&str>> for Input {
    fn from(texts: &Vec<&str>) -> Self {
        texts.as_slice().into()
    }
}

impl<const N: usize> From<&[&str; N]> for Input {
    fn from(texts: &[&str; N]) -> Self {
        texts.as_slice().into()
    }
}

impl<const N: usize> From<&[String; N]> for Input {
    fn from(texts: &[String; N]) -> Self {
        Self::Texts(texts.to_vec())
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn inputs_are_the_json_of_the_api() {
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
}
