//! Tools and formats of replies that are made from Rust types.

use schemars::JsonSchema;

use super::schema::Schema;
use crate::types::{chat, responses};

impl chat::Tool {
    /// A function whose arguments are a type: its schema and documentation are what the model sees.
    ///
    /// The function is [`strict`](Self::strict) if the type allows it: maps, tuples and values of any kind do not.
    /// [`ToolCall::parse_arguments`](chat::ToolCall::parse_arguments) reads the arguments.
    pub fn function_of<T: JsonSchema>(name: impl Into<String>) -> Self {
        let schema = Schema::of::<T>();
        let tool = Self::function(name, schema.json).strict(schema.is_strict);
        match schema.description {
            Some(description) => tool.description(description),
            None => tool,
        }
    }
}

impl chat::ResponseFormat {
    /// JSON that is a value of this type.
    ///
    /// The format is [`strict`](Self::strict) if the type allows it: maps, tuples and values of any kind do not.
    pub fn json_schema_of<T: JsonSchema>() -> Self {
        let schema = Schema::of::<T>();
        let format = Self::json_schema(schema.name, schema.json).strict(schema.is_strict);
        match schema.description {
            Some(description) => format.description(description),
            None => format,
        }
    }
}

impl responses::Tool {
    /// A function whose arguments are a type: its schema and documentation are what the model sees.
    ///
    /// The function is strict if the type allows it: maps, tuples and values of any kind do not.
    /// [`FunctionCall::parse_arguments`](responses::FunctionCall::parse_arguments) reads the arguments.
    pub fn function_of<T: JsonSchema>(name: impl Into<String>) -> Self {
        Self::Function(responses::FunctionTool::of::<T>(name))
    }
}

impl responses::FunctionTool {
    /// A function whose arguments are a type, as [`Tool::function_of`](responses::Tool::function_of) makes it.
    pub fn of<T: JsonSchema>(name: impl Into<String>) -> Self {
        let schema = Schema::of::<T>();
        let mut tool = Self::new(name, schema.json).strict(schema.is_strict);
        tool.description = schema.description;
        tool
    }
}

impl responses::TextFormat {
    /// JSON that is a value of this type.
    ///
    /// The format is strict if the type allows it: maps, tuples and values of any kind do not.
    pub fn json_schema_of<T: JsonSchema>() -> Self {
        let schema = Schema::of::<T>();
        Self::JsonSchema(responses::JsonSchema {
            name: schema.name,
            description: schema.description,
            schema: Some(schema.json),
            strict: Some(schema.is_strict),
            ..responses::JsonSchema::default()
        })
    }
}

/// The request, with the type as its format unless it has one of its own.
pub(crate) fn with_response_format<T: JsonSchema>(request: &chat::Request) -> chat::Request {
    let mut request = request.clone();
    request
        .response_format
        .get_or_insert_with(chat::ResponseFormat::json_schema_of::<T>);
    request
}

/// The request, with the type as its format unless it has one of its own.
pub(crate) fn with_format<T: JsonSchema>(request: &responses::Request) -> responses::Request {
    let mut request = request.clone();
    let text = request.text.get_or_insert_default();
    text.format
        .get_or_insert_with(responses::TextFormat::json_schema_of::<T>);
    request
}
