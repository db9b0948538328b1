//! Tools and formats of replies that are made from Rust types.

use schemars::JsonSchema;

use super::schema::Schema;
use crate::error::Error;
use crate::types::{chat, responses};

impl chat::Tool {
    /// A strict function whose arguments are a type: its schema and documentation are what the model sees.
    ///
    /// The model writes the fields in the order of their declaration. [`ToolCall::parse_arguments`] reads them.
    ///
    /// Strict schemas know no maps, no tuples of different types and no values of any kind: OpenAI's API refuses such a
    /// type, and its error names the field. [`try_function_of`](Self::try_function_of) says so before anything is
    /// sent; [`strict(false)`](Self::strict) lets the API take it, without promising that the model keeps to it.
    ///
    /// [`ToolCall::parse_arguments`]: chat::ToolCall::parse_arguments
    pub fn function_of<T: JsonSchema>(name: impl Into<String>) -> Self {
        Self::of_schema(name.into(), Schema::of_arguments::<T>())
    }

    /// A strict function, as [`function_of`](Self::function_of) makes it.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] if strict schemas have no words for the type: its text names the field.
    pub fn try_function_of<T: JsonSchema>(name: impl Into<String>) -> Result<Self, Error> {
        let schema = Schema::of_arguments::<T>().strict(FUNCTION_FIX)?;
        Ok(Self::of_schema(name.into(), schema))
    }

    fn of_schema(name: String, schema: Schema) -> Self {
        let tool = Self::function(name, schema.json).strict(true);
        match schema.description {
            Some(description) => tool.description(description),
            None => tool,
        }
    }
}

impl chat::ResponseFormat {
    /// JSON that is a value of this type, strictly.
    ///
    /// The model writes the fields in the order of their declaration. A type that is no object, as a list or an enum,
    /// is wrapped in one, since the API takes nothing else: [`Completion::parse`](chat::Completion::parse) reads it
    /// again.
    ///
    /// Strict schemas know no maps, no tuples of different types and no values of any kind: OpenAI's API refuses such a
    /// type, and its error names the field. [`try_json_schema_of`](Self::try_json_schema_of) says so before anything
    /// is sent; [`strict(false)`](Self::strict) lets the API take it, without promising that the model keeps to it.
    pub fn json_schema_of<T: JsonSchema>() -> Self {
        Self::of_schema(Schema::of::<T>())
    }

    /// JSON that is a value of this type, as [`json_schema_of`](Self::json_schema_of) asks for it.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] if strict schemas have no words for the type: its text names the field.
    pub fn try_json_schema_of<T: JsonSchema>() -> Result<Self, Error> {
        Schema::of::<T>().strict(CHAT_FIX).map(Self::of_schema)
    }

    fn of_schema(schema: Schema) -> Self {
        let format = Self::json_schema(schema.name, schema.json).strict(true);
        match schema.description {
            Some(description) => format.description(description),
            None => format,
        }
    }
}

impl responses::Tool {
    /// A strict function whose arguments are a type, as [`FunctionTool::of`](responses::FunctionTool::of) makes it.
    pub fn function_of<T: JsonSchema>(name: impl Into<String>) -> Self {
        Self::Function(responses::FunctionTool::of::<T>(name))
    }
}

impl responses::FunctionTool {
    /// A strict function whose arguments are a type: its schema and documentation are what the model sees.
    ///
    /// The model writes the fields in the order of their declaration.
    /// [`FunctionCall::parse_arguments`](responses::FunctionCall::parse_arguments) reads them.
    ///
    /// Strict schemas know no maps, no tuples of different types and no values of any kind: OpenAI's API refuses such a
    /// type, and its error names the field. [`try_of`](Self::try_of) says so before anything is sent;
    /// [`strict(false)`](Self::strict) lets the API take it, without promising that the model keeps to it.
    pub fn of<T: JsonSchema>(name: impl Into<String>) -> Self {
        Self::of_schema(name.into(), Schema::of_arguments::<T>())
    }

    /// A strict function, as [`of`](Self::of) makes it.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] if strict schemas have no words for the type: its text names the field.
    pub fn try_of<T: JsonSchema>(name: impl Into<String>) -> Result<Self, Error> {
        let schema = Schema::of_arguments::<T>().strict(FUNCTION_FIX)?;
        Ok(Self::of_schema(name.into(), schema))
    }

    fn of_schema(name: String, schema: Schema) -> Self {
        let mut tool = Self::new(name, schema.json).strict(true);
        tool.description = schema.description;
        tool
    }
}

impl responses::TextFormat {
    /// JSON that is a value of this type, strictly.
    ///
    /// The model writes the fields in the order of their declaration. A type that is no object, as a list or an enum,
    /// is wrapped in one, since the API takes nothing else: [`Response::parse`](responses::Response::parse) reads it
    /// again.
    ///
    /// Strict schemas know no maps, no tuples of different types and no values of any kind: OpenAI's API refuses such a
    /// type, and its error names the field. [`try_json_schema_of`](Self::try_json_schema_of) says so before anything
    /// is sent; [`strict(false)`](Self::strict) lets the API take it, without promising that the model keeps to it.
    pub fn json_schema_of<T: JsonSchema>() -> Self {
        Self::of_schema(Schema::of::<T>())
    }

    /// JSON that is a value of this type, as [`json_schema_of`](Self::json_schema_of) asks for it.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] if strict schemas have no words for the type: its text names the field.
    pub fn try_json_schema_of<T: JsonSchema>() -> Result<Self, Error> {
        let schema = Schema::of::<T>().strict(RESPONSES_FIX)?;
        Ok(Self::of_schema(schema))
    }

    /// Whether the reply must follow the schema in every detail. Does nothing to a format without schema.
    #[must_use]
    pub fn strict(mut self, strict: bool) -> Self {
        if let Self::JsonSchema(format) = &mut self {
            format.strict = Some(strict);
        }
        self
    }

    fn of_schema(schema: Schema) -> Self {
        Self::JsonSchema(responses::JsonSchema {
            name: schema.name,
            description: schema.description,
            schema: Some(schema.json),
            strict: Some(true),
            ..responses::JsonSchema::default()
        })
    }
}

const FUNCTION_FIX: &str = "`.strict(false)` on what `function_of` and `of` give";
const CHAT_FIX: &str =
    "`.response_format(chat::ResponseFormat::json_schema_of::<T>().strict(false))`";
const RESPONSES_FIX: &str = "`.text(responses::TextFormat::json_schema_of::<T>().strict(false))`";

impl Schema {
    /// The schema, if it is strict.
    fn strict(self, loose: &str) -> Result<Self, Error> {
        match &self.problem {
            None => Ok(self),
            Some(problem) => Err(Error::Config(format!(
                "{problem}, which strict schemas have no words for: give it another type, or let the model be less \
                 bound with {loose}"
            ))),
        }
    }
}

/// The request, with the type as its format unless it has one of its own.
pub(crate) fn with_response_format<T: JsonSchema>(
    request: &chat::Request,
) -> Result<chat::Request, Error> {
    let mut request = request.clone();
    if request.response_format.is_none() {
        request.response_format = Some(chat::ResponseFormat::try_json_schema_of::<T>()?);
    }
    Ok(request)
}

/// The request, with the type as its format unless it has one of its own.
pub(crate) fn with_format<T: JsonSchema>(
    request: &responses::Request,
) -> Result<responses::Request, Error> {
    let mut request = request.clone();
    let text = request.text.get_or_insert_default();
    if text.format.is_none() {
        text.format = Some(responses::TextFormat::try_json_schema_of::<T>()?);
    }
    Ok(request)
}
