//! Values that no `Debug` shows.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;
use serde::de::{MapAccess, SeqAccess};
use serde_json::{Map, Value};

use crate::types::open::{Open, deserialize_open};

/// A token or headers for an MCP server. It is sent as it is, but `Debug` does not show it.
#[derive(Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Secret(Value);

impl Secret {
    /// The value itself.
    pub fn reveal(&self) -> &Value {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<Value> for Secret {
    fn from(value: Value) -> Self {
        Self(value)
    }
}

impl<K: Into<String>, V: Into<String>, const N: usize> From<[(K, V); N]> for Secret {
    fn from(headers: [(K, V); N]) -> Self {
        let headers = headers.map(|(name, value)| (name.into(), Value::String(value.into())));
        Self(Value::Object(Map::from_iter(headers)))
    }
}

impl Open for Secret {
    fn from_text(text: Cow<'_, str>) -> Option<Self> {
        Open::from_text(text).map(Self)
    }

    fn from_list<'de, A: SeqAccess<'de>>(list: A) -> Result<Option<Self>, A::Error> {
        Ok(Open::from_list(list)?.map(Self))
    }

    fn from_object<'de, A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        Ok(Open::from_object(object)?.map(Self))
    }
}

deserialize_open!(Secret);
