//! Settings that a request asks for and a reply repeats: reasoning, text format, stored prompts and the like.

use std::borrow::Cow;

use serde::Serialize;
use serde::de::MapAccess;
use serde_json::{Map, Value};

use crate::types::open::{Open, deserialize_open, object, setters, strings, union};

object! {
    /// How much a reasoning model thinks, and what it tells of it.
    pub struct Reasoning {
        /// How hard the model thinks.
        pub effort: Option<Effort>,
        /// How much of the thinking is summed up in the reply.
        pub summary: Option<Summary>,
        /// Which turns' reasoning the model sees: `auto`, `current_turn` or `all_turns`.
        pub context: Option<String>,
        /// `standard` or `pro`.
        pub mode: Option<String>,
        /// The former name of `summary`.
        pub generate_summary: Option<Summary>,
    }
}

setters! {
    Reasoning {
        value {}
        into { effort: Effort, summary: Summary, context: String, mode: String, }
    }
}

strings! {
    /// How hard a model thinks.
    pub enum Effort {
        /// Not at all.
        None = "none",
        /// As little as it can.
        Minimal = "minimal",
        /// A little.
        Low = "low",
        /// The default of most models.
        Medium = "medium",
        /// Much.
        High = "high",
        /// Very much.
        XHigh = "xhigh",
        /// As much as it can.
        Max = "max",
    }
}

strings! {
    /// How much of the reasoning is summed up.
    pub enum Summary {
        /// The most that the model offers.
        Auto = "auto",
        /// Short.
        Concise = "concise",
        /// Long.
        Detailed = "detailed",
    }
}

impl From<Effort> for Reasoning {
    fn from(effort: Effort) -> Self {
        Self::default().effort(effort)
    }
}

/// How hard the model thinks: `low`, `medium`, ...
impl From<&str> for Reasoning {
    fn from(effort: &str) -> Self {
        Self::default().effort(effort)
    }
}

object! {
    /// What the text of a reply looks like.
    pub struct TextOptions {
        /// Free text, JSON, or JSON by a schema.
        pub format: Option<TextFormat>,
        /// How wordy the model is.
        pub verbosity: Option<Verbosity>,
    }
}

setters! {
    TextOptions {
        value {}
        into { format: TextFormat, verbosity: Verbosity, }
    }
}

impl From<TextFormat> for TextOptions {
    fn from(format: TextFormat) -> Self {
        Self::default().format(format)
    }
}

strings! {
    /// How wordy a model is.
    pub enum Verbosity {
        /// Terse.
        Low = "low",
        /// The default.
        Medium = "medium",
        /// Wordy.
        High = "high",
    }
}

union! {
    /// The format of a reply's text.
    pub enum TextFormat by "type" {
        /// Free text, the default.
        Text(PlainFormat) = "text",
        /// JSON that follows a schema.
        JsonSchema(JsonSchema) = "json_schema",
        /// Any JSON object; the older way.
        JsonObject(JsonObjectFormat) = "json_object",
    }
}

impl TextFormat {
    /// JSON that follows `schema` in every detail. `name` is what the model sees.
    pub fn json_schema(name: impl Into<String>, schema: impl Into<Value>) -> Self {
        Self::JsonSchema(JsonSchema {
            name: name.into(),
            schema: Some(schema.into()),
            strict: Some(true),
            ..JsonSchema::default()
        })
    }
}

object! {
    /// The format of free text, which has no settings.
    pub struct PlainFormat {}
}

object! {
    /// The format of any JSON object, which has no settings.
    pub struct JsonObjectFormat {}
}

object! {
    /// The schema that a reply's JSON follows.
    pub struct JsonSchema {
        /// Its name, which the model sees.
        pub name: String,
        /// What it is for, which the model sees.
        pub description: Option<String>,
        /// The JSON schema.
        #[serde(serialize_with = "crate::types::schema::in_order")]
        pub schema: Option<Value>,
        /// Whether the reply follows it in every detail.
        pub strict: Option<bool>,
    }
}

object! {
    /// A prompt that the API has stored.
    pub struct Prompt {
        /// Its id.
        pub id: String,
        /// Its version; the newest by default.
        pub version: Option<String>,
        /// What stands for its variables: strings, or content parts as JSON.
        pub variables: Option<Map<String, Value>>,
    }
}

impl Prompt {
    /// The newest version of the stored prompt `id`.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            ..Self::default()
        }
    }

    /// Sets one variable.
    #[must_use]
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.variables
            .get_or_insert_default()
            .insert(name.into(), value.into());
        self
    }
}

setters! {
    Prompt {
        value { variables: Map<String, Value>, }
        into { version: String, }
    }
}

/// The conversation that a reply belongs to: an id, alone or in an object.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Conversation {
    /// The id alone.
    Id(String),
    /// The id in an object.
    Object(ConversationObject),
}

object! {
    /// A conversation as an object.
    pub struct ConversationObject {
        /// Its id.
        pub id: String,
    }
}

impl Conversation {
    /// The conversation's id.
    pub fn id(&self) -> &str {
        match self {
            Self::Id(id) => id,
            Self::Object(object) => &object.id,
        }
    }
}

impl From<&str> for Conversation {
    fn from(id: &str) -> Self {
        Self::Id(id.to_owned())
    }
}

impl From<String> for Conversation {
    fn from(id: String) -> Self {
        Self::Id(id)
    }
}

impl Open for Conversation {
    fn from_text(text: Cow<'_, str>) -> Option<Self> {
        Some(Self::Id(text.into_owned()))
    }

    fn from_object<'de, A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        Ok(Open::from_object(object)?.map(Self::Object))
    }
}

deserialize_open!(Conversation);

object! {
    /// When the API shortens a long context by itself.
    pub struct ContextManagement {
        /// What is done: `compaction`.
        pub r#type: Option<String>,
        /// From how many tokens on.
        pub compact_threshold: Option<u64>,
    }
}

impl ContextManagement {
    /// Compaction from so many tokens on.
    pub fn compaction(threshold: u64) -> Self {
        Self {
            r#type: Some("compaction".to_owned()),
            compact_threshold: Some(threshold),
            ..Self::default()
        }
    }
}

object! {
    /// How the prompt is cached.
    pub struct CacheOptions {
        /// How long the cache lives at least: `30m`.
        pub ttl: Option<String>,
        /// `implicit` (the API sets the breakpoints) or `explicit`.
        pub mode: Option<String>,
    }
}

setters! {
    CacheOptions {
        value {}
        into { ttl: String, mode: String, }
    }
}

object! {
    /// How a stream is sent.
    pub struct StreamOptions {
        /// Whether deltas carry filling that hides their length; true by default.
        pub include_obfuscation: Option<bool>,
    }
}

setters! {
    StreamOptions {
        value { include_obfuscation: bool, }
        into {}
    }
}

strings! {
    /// How fast, and at which price, a request is served.
    pub enum ServiceTier {
        /// As the project is set.
        Auto = "auto",
        /// The standard price.
        Default = "default",
        /// Slower and cheaper.
        Flex = "flex",
        /// Bought capacity.
        Scale = "scale",
        /// Faster and dearer.
        Priority = "priority",
        /// Fast.
        Fast = "fast",
        /// Faster still.
        Ultrafast = "ultrafast",
    }
}

strings! {
    /// What happens to a context that is too long.
    pub enum Truncation {
        /// Items in its middle are left out.
        Auto = "auto",
        /// The request fails, the default.
        Disabled = "disabled",
    }
}

strings! {
    /// How long a cached prompt is kept.
    pub enum CacheRetention {
        /// In memory, for some minutes.
        InMemory = "in_memory",
        /// A day.
        Day = "24h",
    }
}

strings! {
    /// What a reply holds only when it is asked for.
    pub enum Include {
        /// What a file search found.
        FileSearchResults = "file_search_call.results",
        /// What a web search found.
        WebSearchResults = "web_search_call.results",
        /// Which pages a web search used.
        WebSearchSources = "web_search_call.action.sources",
        /// The addresses of images in the input.
        InputImageUrls = "message.input_image.image_url",
        /// The addresses of screenshots.
        ScreenshotUrls = "computer_call_output.output.image_url",
        /// What the code interpreter put out.
        CodeInterpreterOutputs = "code_interpreter_call.outputs",
        /// The reasoning, encrypted, to be sent back where nothing is stored.
        EncryptedReasoning = "reasoning.encrypted_content",
        /// The log probabilities of the text's tokens.
        Logprobs = "message.output_text.logprobs",
    }
}
