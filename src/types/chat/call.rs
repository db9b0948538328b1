//! What the model asks to be called: functions and custom tools, whole or as the pieces of a stream.

use std::borrow::Cow;

use serde::de::{Deserializer, MapAccess, SeqAccess};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

use super::always;
use super::content::Content;
use super::message::Message;
use crate::types::open::{self, Open, object, union};

union! {
    /// A call of a tool. One that names no type is a function's.
    pub enum ToolCall by "type" else Function {
        /// A call of a function.
        Function(FunctionToolCall) = "function",
        /// A call of a custom tool.
        Custom(CustomToolCall) = "custom",
    }
}

object! {
    /// A call of a function.
    pub struct FunctionToolCall {
        /// Its id, for the message that answers it; empty if the server gave none.
        pub id: String,
        /// The function and its arguments.
        pub function: FunctionCall,
    }
}

object! {
    /// A call of a custom tool.
    pub struct CustomToolCall {
        /// Its id, for the message that answers it; empty if the server gave none.
        pub id: String,
        /// The tool and its input.
        pub custom: CustomCall,
    }
}

/// A function's name and the arguments for it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FunctionCall {
    /// The function's name.
    #[serde(default, deserialize_with = "open::field")]
    pub name: String,
    /// The arguments as the model wrote them: JSON, if the model did not err.
    #[serde(default, deserialize_with = "text")]
    pub arguments: String,
    /// Fields that this version of the crate does not name, as they are in the JSON.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A custom tool's name and the input for it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CustomCall {
    /// The tool's name.
    #[serde(default, deserialize_with = "open::field")]
    pub name: String,
    /// The input as the model wrote it.
    #[serde(default, deserialize_with = "text")]
    pub input: String,
    /// Fields that this version of the crate does not name, as they are in the JSON.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

object! {
    /// A piece of a tool call.
    pub struct ToolCallDelta {
        /// Which of the message's calls it belongs to; some servers leave it out.
        pub index: Option<u64>,
        /// The call's id, mostly only in its first piece.
        pub id: Option<String>,
        /// The call's type, mostly only in its first piece.
        pub r#type: Option<String>,
        /// A piece of a function's call.
        pub function: Option<FunctionDelta>,
        /// A piece of a custom tool's call.
        pub custom: Option<CustomDelta>,
    }
}

/// A piece of a function's call.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FunctionDelta {
    /// The function's name, mostly only in the first piece.
    #[serde(
        default,
        deserialize_with = "open::field",
        skip_serializing_if = "Option::is_none"
    )]
    pub name: Option<String>,
    /// The next piece of the arguments.
    #[serde(
        default,
        deserialize_with = "optional_text",
        skip_serializing_if = "Option::is_none"
    )]
    pub arguments: Option<String>,
    /// Fields that this version of the crate does not name, as they are in the JSON.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A piece of a custom tool's call.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CustomDelta {
    /// The tool's name, mostly only in the first piece.
    #[serde(
        default,
        deserialize_with = "open::field",
        skip_serializing_if = "Option::is_none"
    )]
    pub name: Option<String>,
    /// The next piece of the input.
    #[serde(
        default,
        deserialize_with = "optional_text",
        skip_serializing_if = "Option::is_none"
    )]
    pub input: Option<String>,
    /// Fields that this version of the crate does not name, as they are in the JSON.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

always!(FunctionCall, CustomCall);

impl ToolCall {
    /// A call of a function.
    pub fn function(
        id: impl Into<String>,
        name: impl Into<String>,
        arguments: impl Into<String>,
    ) -> Self {
        Self::Function(FunctionToolCall {
            id: id.into(),
            function: FunctionCall::new(name, arguments),
            ..FunctionToolCall::default()
        })
    }

    /// A call of a custom tool.
    pub fn custom(
        id: impl Into<String>,
        name: impl Into<String>,
        input: impl Into<String>,
    ) -> Self {
        Self::Custom(CustomToolCall {
            id: id.into(),
            custom: CustomCall {
                name: name.into(),
                input: input.into(),
                ..CustomCall::default()
            },
            ..CustomToolCall::default()
        })
    }

    /// The message that answers the call.
    pub fn answer(&self, content: impl Into<Content>) -> Message {
        Message::tool(self.id().unwrap_or_default(), content)
    }

    /// The call's id, for the message that answers it.
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Function(call) => Some(&call.id),
            Self::Custom(call) => Some(&call.id),
            Self::Unknown(value) => value.get("id")?.as_str(),
        }
    }

    /// The name of the function or custom tool.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Function(call) => Some(&call.function.name),
            Self::Custom(call) => Some(&call.custom.name),
            Self::Unknown(_) => None,
        }
    }

    /// The function's arguments or the custom tool's input, as the model wrote them.
    pub fn arguments(&self) -> Option<&str> {
        match self {
            Self::Function(call) => Some(&call.function.arguments),
            Self::Custom(call) => Some(&call.custom.input),
            Self::Unknown(_) => None,
        }
    }
}

impl FunctionCall {
    /// A call of the function `name` with the JSON `arguments`.
    pub fn new(name: impl Into<String>, arguments: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            arguments: arguments.into(),
            extra: Map::new(),
        }
    }
}

macro_rules! objects {
    ($($name:ident),*) => {
        $(impl Open for $name {
            fn from_object<'de, A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
                let object = serde::de::value::MapAccessDeserializer::new(object);
                Self::deserialize(object).map(Some)
            }
        })*
    };
}

objects!(FunctionCall, CustomCall, FunctionDelta, CustomDelta);

/// A text that some servers send as the JSON it should hold: it becomes that JSON's text.
struct Written(String);

impl Open for Written {
    fn from_bool(value: bool) -> Option<Self> {
        Some(Self(value.to_string()))
    }

    fn from_number(number: Number) -> Option<Self> {
        Some(Self(number.to_string()))
    }

    fn from_text(text: Cow<'_, str>) -> Option<Self> {
        Some(Self(text.into_owned()))
    }

    fn from_list<'de, A: SeqAccess<'de>>(list: A) -> Result<Option<Self>, A::Error> {
        Ok(Value::from_list(list)?.map(|value| Self(value.to_string())))
    }

    fn from_object<'de, A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        Ok(Value::from_object(object)?.map(|value| Self(value.to_string())))
    }
}

fn optional_text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(open::read(from)?.map(|Written(text)| text))
}

fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(optional_text(from)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_call_without_type_is_a_functions() {
        for json in [
            json!({"id": "c1", "function": {"name": "f", "arguments": "{}"}}),
            json!({"id": "c1", "function": {"name": "f", "arguments": "{}"}, "type": null}),
        ] {
            let call: ToolCall = serde_json::from_value(json).unwrap();
            assert_eq!(call, ToolCall::function("c1", "f", "{}"));
        }
    }

    #[test]
    fn arguments_stay_as_written_and_an_object_becomes_its_text() {
        let json = json!({"type": "function", "function": {"name": "f", "arguments": "{ \"a\":1"}});
        let call: ToolCall = serde_json::from_value(json).unwrap();
        assert_eq!(call.arguments(), Some("{ \"a\":1"));
        let json = json!({"type": "function", "function": {"name": "f", "arguments": {"a": 1}}});
        let call: ToolCall = serde_json::from_value(json).unwrap();
        assert_eq!(call.arguments(), Some(r#"{"a":1}"#));
    }

    #[test]
    fn calls_of_unknown_types_are_kept() {
        let json = json!({"id": "c1", "type": "web_search", "web_search": {"query": "q"}});
        let call: ToolCall = serde_json::from_value(json.clone()).unwrap();
        assert_eq!((call.id(), call.name()), (Some("c1"), None));
        assert_eq!(serde_json::to_value(call).unwrap(), json);
    }
}
