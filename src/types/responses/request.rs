//! What is asked of the model.

use std::borrow::Cow;

use serde::Serialize;
use serde::de::SeqAccess;
use serde_json::{Map, Value};

use super::{
    CacheOptions, CacheRetention, ContextManagement, Conversation, Include, Item, Prompt,
    Reasoning, ServiceTier, StreamOptions, TextOptions, Tool, ToolChoice, Truncation, input_items,
};
use crate::types::open::{Open, deserialize_open, object, setters};

object! {
    /// A request for a response.
    ///
    /// `stream` is set by the client.
    pub struct Request {
        /// The model; a stored prompt may name it instead.
        pub model: Option<String>,
        /// What the model is given.
        pub input: Option<Input>,
        /// What stands before the input, in the system's or developer's name.
        pub instructions: Option<Input>,
        /// Whether the response is made in the background, to be fetched later.
        pub background: Option<bool>,
        /// When a long context is shortened.
        pub context_management: Option<Vec<ContextManagement>>,
        /// The conversation that the input continues.
        pub conversation: Option<Conversation>,
        /// What the reply holds only when it is asked for.
        pub include: Option<Vec<Include>>,
        /// How many tokens the reply may have at most, reasoning included.
        pub max_output_tokens: Option<u64>,
        /// How many calls of built-in tools are made at most.
        pub max_tool_calls: Option<u64>,
        /// The caller's own notes, up to 16.
        pub metadata: Option<Map<String, Value>>,
        /// How input and output are moderated: `{model, policy}`.
        pub moderation: Option<Value>,
        /// Whether tools may be called side by side; true by default.
        pub parallel_tool_calls: Option<bool>,
        /// The response that the input continues.
        pub previous_response_id: Option<String>,
        /// A stored prompt.
        pub prompt: Option<Prompt>,
        /// Requests with the same key share cached prompts.
        pub prompt_cache_key: Option<String>,
        /// How the prompt is cached.
        pub prompt_cache_options: Option<CacheOptions>,
        /// How long a cached prompt is kept.
        pub prompt_cache_retention: Option<CacheRetention>,
        /// How much the model thinks.
        pub reasoning: Option<Reasoning>,
        /// A stable id of the end user, hashed.
        pub safety_identifier: Option<String>,
        /// How fast the request is served.
        pub service_tier: Option<ServiceTier>,
        /// Whether the response can be fetched later; true by default.
        pub store: Option<bool>,
        /// Whether the reply is streamed. The client sets it.
        pub stream: Option<bool>,
        /// How a stream is sent.
        pub stream_options: Option<StreamOptions>,
        /// How random the reply is, from 0 to 2.
        pub temperature: Option<f64>,
        /// What the reply's text looks like.
        pub text: Option<TextOptions>,
        /// Which tools the model may or must use.
        pub tool_choice: Option<ToolChoice>,
        /// The tools.
        pub tools: Option<Vec<Tool>>,
        /// How many of the likeliest tokens are told, from 0 to 20.
        pub top_logprobs: Option<u64>,
        /// The share of likely tokens that the model chooses from, from 0 to 1.
        pub top_p: Option<f64>,
        /// What happens to a context that is too long.
        pub truncation: Option<Truncation>,
        /// The end user; the former name of `safety_identifier` and `prompt_cache_key`.
        pub user: Option<String>,
    }
}

impl Request {
    /// Asks `model` to respond to `input`.
    pub fn new(model: impl Into<String>, input: impl Into<Input>) -> Self {
        Self::default().model(model).input(input)
    }

    /// Asks what a stored prompt says, of the model that it names.
    pub fn from_prompt(prompt: Prompt) -> Self {
        Self::default().prompt(prompt)
    }

    /// Sets a field that this version of the crate does not name.
    #[must_use]
    pub fn extra(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.extra.insert(name.into(), value.into());
        self
    }

    /// Sets [`metadata`](Self::metadata).
    #[must_use]
    pub fn metadata<K: Into<String>, V: Into<Value>>(
        mut self,
        metadata: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let notes = metadata.into_iter();
        self.metadata = Some(
            notes
                .map(|(name, note)| (name.into(), note.into()))
                .collect(),
        );
        self
    }

    /// Sets one note of [`metadata`](Self::metadata).
    #[must_use]
    pub fn note(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.metadata
            .get_or_insert_default()
            .insert(name.into(), Value::String(value.into()));
        self
    }

    /// Adds an item at the end of [`input`](Self::input): also one of a response's output. A text becomes a message
    /// of the user.
    #[must_use]
    pub fn item(mut self, item: impl Into<Item>) -> Self {
        let mut items = match self.input.take() {
            None => Vec::new(),
            Some(Input::Text(text)) => vec![Item::user(text)],
            Some(Input::Items(items)) => items,
        };
        items.push(item.into().into_input());
        self.input = Some(Input::Items(items));
        self
    }

    /// Adds a tool to [`tools`](Self::tools).
    #[must_use]
    pub fn tool(mut self, tool: impl Into<Tool>) -> Self {
        self.tools.get_or_insert_default().push(tool.into());
        self
    }
}

setters! {
    Request {
        value {
            background: bool,
            max_output_tokens: u64,
            max_tool_calls: u64,
            parallel_tool_calls: bool,
            prompt: Prompt,
            prompt_cache_options: CacheOptions,
            store: bool,
            stream_options: StreamOptions,
            temperature: f64,
            top_logprobs: u64,
            top_p: f64,
        }
        into {
            model: String,
            input: Input,
            instructions: Input,
            context_management: Vec<ContextManagement>,
            conversation: Conversation,
            include: Vec<Include>,
            moderation: Value,
            previous_response_id: String,
            prompt_cache_key: String,
            prompt_cache_retention: CacheRetention,
            reasoning: Reasoning,
            safety_identifier: String,
            service_tier: ServiceTier,
            text: TextOptions,
            tool_choice: ToolChoice,
            tools: Vec<Tool>,
            truncation: Truncation,
            user: String,
        }
    }
}

/// What the model is given: a text, which is one message by the user, or a list of items.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Input {
    /// A text.
    Text(String),
    /// Items.
    Items(Vec<Item>),
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

impl From<Item> for Input {
    fn from(item: Item) -> Self {
        Self::Items(vec![item.into_input()])
    }
}

impl From<Vec<Item>> for Input {
    fn from(items: Vec<Item>) -> Self {
        Self::Items(input_items(items))
    }
}

impl From<&[Item]> for Input {
    fn from(items: &[Item]) -> Self {
        Self::Items(input_items(items.iter().cloned()))
    }
}

impl<const N: usize> From<[Item; N]> for Input {
    fn from(items: [Item; N]) -> Self {
        Self::Items(input_items(items))
    }
}

impl FromIterator<Item> for Input {
    fn from_iter<I: IntoIterator<Item = Item>>(items: I) -> Self {
        Self::Items(input_items(items))
    }
}

impl Open for Input {
    fn from_text(text: Cow<'_, str>) -> Option<Self> {
        Some(Self::Text(text.into_owned()))
    }

    fn from_list<'de, A: SeqAccess<'de>>(list: A) -> Result<Option<Self>, A::Error> {
        Ok(Open::from_list(list)?.map(Self::Items))
    }
}

deserialize_open!(Input);
