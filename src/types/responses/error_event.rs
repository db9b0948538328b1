//! The error that ends a stream, in all the shapes that servers give it.

use std::borrow::Cow;

use serde::de::MapAccess;
use serde_json::{Map, Value};

use crate::types::open::{Open, deserialize_open, object};

object! {
    /// A stream ends in an error, whose details stand in the event itself or nested under `error`.
    pub struct ErrorEvent {
        /// The kind of error.
        pub code: Option<String>,
        /// What happened, in words.
        pub message: Option<String>,
        /// The parameter at fault.
        pub param: Option<String>,
        /// All of this once more, where a server nests it.
        pub error: Option<NestedError>,
        /// The event's number in the stream.
        pub sequence_number: Option<u64>,
    }
}

impl ErrorEvent {
    /// The kind of error, flat or nested.
    pub fn code(&self) -> Option<&str> {
        let nested = || self.nested()?.code.as_deref();
        self.code.as_deref().or_else(nested)
    }

    /// The class of error, which only a nested one has: the event's own `type` is `error`.
    pub fn kind(&self) -> Option<&str> {
        self.nested()?.r#type.as_deref()
    }

    /// What happened, in words, flat or nested.
    pub fn message(&self) -> Option<&str> {
        let nested = || match self.error.as_ref()? {
            NestedError::Text(text) => Some(text.as_str()),
            NestedError::Object(error) => error.message.as_deref(),
        };
        self.message.as_deref().or_else(nested)
    }

    /// The parameter at fault, flat or nested.
    pub fn param(&self) -> Option<&str> {
        let nested = || self.nested()?.param.as_deref();
        self.param.as_deref().or_else(nested)
    }

    fn nested(&self) -> Option<&ErrorObject> {
        match self.error.as_ref()? {
            NestedError::Object(error) => Some(error),
            NestedError::Text(_) => None,
        }
    }
}

/// The error of an event that nests it: an object, or its message alone.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum NestedError {
    /// The message alone.
    Text(String),
    /// The details.
    Object(Box<ErrorObject>),
}

impl Open for NestedError {
    fn from_text(text: Cow<'_, str>) -> Option<Self> {
        Some(Self::Text(text.into_owned()))
    }

    fn from_object<'de, A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        Ok(Open::from_object(object)?.map(Self::Object))
    }
}

deserialize_open!(NestedError);

object! {
    /// The details of an error.
    pub struct ErrorObject {
        /// The kind of error.
        pub code: Option<String>,
        /// The class of error.
        pub r#type: Option<String>,
        /// What happened, in words.
        pub message: Option<String>,
        /// The parameter at fault.
        pub param: Option<String>,
        /// What the provider adds.
        pub metadata: Option<Map<String, Value>>,
    }
}
