//! The form that a request asks its reply to have.

use serde_json::{Map, Value};

use super::always;
use crate::types::open::{object, union};

union! {
    /// The form of the reply.
    pub enum ResponseFormat by "type" {
        /// Text.
        Text(TextFormat) = "text",
        /// Some JSON object; the messages must ask for JSON, too.
        JsonObject(JsonObjectFormat) = "json_object",
        /// JSON that follows a schema.
        JsonSchema(JsonSchemaFormat) = "json_schema",
    }
}

object! {
    /// Text.
    pub struct TextFormat {}
}

object! {
    /// Some JSON object.
    pub struct JsonObjectFormat {}
}

object! {
    /// JSON that follows a schema.
    pub struct JsonSchemaFormat {
        /// The schema, with a name.
        pub json_schema: JsonSchema,
    }
}

object! {
    /// A schema with a name.
    pub struct JsonSchema {
        /// Its name: letters, digits, `_` and `-`.
        pub name: String,
        /// What it is for, for the model.
        pub description: Option<String>,
        /// The JSON schema.
        #[serde(serialize_with = "crate::types::schema::in_order")]
        pub schema: Option<Value>,
        /// Whether the reply must follow the schema exactly; `false` by default.
        pub strict: Option<bool>,
    }
}

always!(JsonSchema);

impl ResponseFormat {
    /// Text.
    pub fn text() -> Self {
        Self::Text(TextFormat::default())
    }

    /// Some JSON object; the messages must ask for JSON, too.
    pub fn json_object() -> Self {
        Self::JsonObject(JsonObjectFormat::default())
    }

    /// JSON that follows the schema.
    pub fn json_schema(name: impl Into<String>, schema: impl Into<Value>) -> Self {
        Self::JsonSchema(JsonSchemaFormat {
            json_schema: JsonSchema {
                name: name.into(),
                schema: Some(schema.into()),
                ..JsonSchema::default()
            },
            extra: Map::new(),
        })
    }

    /// Whether the reply must follow the schema exactly. Does nothing to a format without schema.
    #[must_use]
    pub fn strict(mut self, strict: bool) -> Self {
        if let Self::JsonSchema(format) = &mut self {
            format.json_schema.strict = Some(strict);
        }
        self
    }

    /// Says what the schema is for. Does nothing to a format without schema.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        if let Self::JsonSchema(format) = &mut self {
            format.json_schema.description = Some(description.into());
        }
        self
    }
}
