//! Responses that the server has kept, their items, and what can be asked about a context without an answer.

use serde_json::Value;

use super::{
    CacheOptions, CacheRetention, Conversation, Include, Input, Item, Reasoning, Request,
    ServiceTier, TextOptions, Tool, ToolChoice, Truncation, Usage,
};
use crate::types::open::{object, setters};
use crate::types::page::{ListQuery, Listed, Order, PageQuery, Pairs, Query};

/// Which items of a response or conversation are listed, and what of them.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ItemsQuery {
    /// What the items hold only when it is asked for.
    pub include: Vec<Include>,
    /// Where the list begins, how long its pages are, and its order.
    pub page: PageQuery,
}

impl ItemsQuery {
    /// All, from the beginning.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets [`include`](Self::include).
    #[must_use]
    pub fn include(mut self, include: impl IntoIterator<Item = Include>) -> Self {
        self.include = include.into_iter().collect();
        self
    }

    /// Begins after the item with this id.
    #[must_use]
    pub fn after(mut self, id: impl Into<String>) -> Self {
        self.page = self.page.after(id);
        self
    }

    /// How many items a page has at most, up to 100.
    #[must_use]
    pub fn limit(mut self, limit: u64) -> Self {
        self.page = self.page.limit(limit);
        self
    }

    /// The order; the newest first by default.
    #[must_use]
    pub fn order(mut self, order: impl Into<Order>) -> Self {
        self.page = self.page.order(order);
        self
    }
}

impl Query for ItemsQuery {
    fn pairs(&self) -> Pairs {
        let mut pairs = self.page.pairs();
        pairs.extend(self.include.as_slice().pairs());
        pairs
    }
}

impl Query for [Include] {
    fn pairs(&self) -> Pairs {
        let pairs = self.iter();
        pairs
            .map(|include| ("include[]".to_owned(), include.to_string()))
            .collect()
    }
}

impl ListQuery for ItemsQuery {
    fn page(&mut self) -> &mut PageQuery {
        &mut self.page
    }
}

/// From where a stored response is streamed, and what of it.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct StreamQuery {
    /// What the response holds only when it is asked for.
    pub include: Vec<Include>,
    /// Begins after the event with this `sequence_number`.
    pub starting_after: Option<u64>,
    /// Whether deltas carry filling that hides their length; true by default.
    pub include_obfuscation: Option<bool>,
}

impl StreamQuery {
    /// From the first event.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets [`include`](Self::include).
    #[must_use]
    pub fn include(mut self, include: impl IntoIterator<Item = Include>) -> Self {
        self.include = include.into_iter().collect();
        self
    }
}

setters! {
    StreamQuery {
        value { starting_after: u64, include_obfuscation: bool, }
        into {}
    }
}

impl Query for StreamQuery {
    fn pairs(&self) -> Pairs {
        let mut pairs = vec![("stream".to_owned(), "true".to_owned())];
        pairs.extend(self.include.as_slice().pairs());
        if let Some(number) = self.starting_after {
            pairs.push(("starting_after".to_owned(), number.to_string()));
        }
        if let Some(include) = self.include_obfuscation {
            pairs.push(("include_obfuscation".to_owned(), include.to_string()));
        }
        pairs
    }
}

object! {
    /// A response that is gone. Some servers say nothing of it: then all is `None`.
    pub struct Deleted {
        /// Its id.
        pub id: Option<String>,
        /// Whether it is.
        pub deleted: Option<bool>,
        /// The kind of this object: `response`.
        pub object: Option<String>,
    }
}

object! {
    /// Asks to shorten a long context.
    pub struct CompactRequest {
        /// The model that will go on with it.
        pub model: String,
        /// The context: its items so far.
        pub input: Option<Input>,
        /// What stands before the input, in the system's or developer's name.
        pub instructions: Option<Input>,
        /// The response that the input continues.
        pub previous_response_id: Option<String>,
        /// Requests with the same key share cached prompts.
        pub prompt_cache_key: Option<String>,
        /// How the prompt is cached.
        pub prompt_cache_options: Option<CacheOptions>,
        /// How long a cached prompt is kept.
        pub prompt_cache_retention: Option<CacheRetention>,
        /// How fast the request is served.
        pub service_tier: Option<ServiceTier>,
    }
}

impl CompactRequest {
    /// Shortens `input` for `model`.
    pub fn new(model: impl Into<String>, input: impl Into<Input>) -> Self {
        Self {
            model: model.into(),
            ..Self::default()
        }
        .input(input)
    }

    /// Shortens what led to a stored response, for `model`.
    pub fn of_response(model: impl Into<String>, response_id: impl Into<String>) -> Self {
        Self {
            model: model.into(),
            ..Self::default()
        }
        .previous_response_id(response_id)
    }

    /// Sets a field that this version of the crate does not name.
    #[must_use]
    pub fn extra(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.extra.insert(name.into(), value.into());
        self
    }
}

setters! {
    CompactRequest {
        value { prompt_cache_options: CacheOptions, }
        into {
            input: Input,
            instructions: Input,
            previous_response_id: String,
            prompt_cache_key: String,
            prompt_cache_retention: CacheRetention,
            service_tier: ServiceTier,
        }
    }
}

object! {
    /// A context that was shortened: its items are the input of the next request.
    pub struct Compacted {
        required {
            /// What is left: messages, and a compaction item for the rest.
            pub output: Vec<Item>,
        }
        /// Its id.
        pub id: Option<String>,
        /// The kind of this object: `response.compaction`.
        pub object: Option<String>,
        /// When it was made, in seconds since 1970.
        pub created_at: Option<f64>,
        /// What it cost.
        pub usage: Option<Usage>,
    }
}

object! {
    /// Asks how many tokens a request would give the model. [`From`] makes one of a [`Request`].
    pub struct CountRequest {
        /// The model.
        pub model: Option<String>,
        /// What the model is given.
        pub input: Option<Input>,
        /// What stands before the input, in the system's or developer's name.
        pub instructions: Option<Input>,
        /// The conversation that the input continues.
        pub conversation: Option<Conversation>,
        /// The response that the input continues.
        pub previous_response_id: Option<String>,
        /// The tools.
        pub tools: Option<Vec<Tool>>,
        /// Which tools the model may or must use.
        pub tool_choice: Option<ToolChoice>,
        /// Whether tools may be called side by side.
        pub parallel_tool_calls: Option<bool>,
        /// What the reply's text looks like.
        pub text: Option<TextOptions>,
        /// How much the model thinks.
        pub reasoning: Option<Reasoning>,
        /// How the model speaks: `friendly`, `pragmatic`.
        pub personality: Option<String>,
        /// What happens to a context that is too long.
        pub truncation: Option<Truncation>,
    }
}

impl CountRequest {
    /// Asks how many tokens `input` is to `model`.
    pub fn new(model: impl Into<String>, input: impl Into<Input>) -> Self {
        Self::default().model(model).input(input)
    }
}

setters! {
    CountRequest {
        value { parallel_tool_calls: bool, text: TextOptions, reasoning: Reasoning, }
        into {
            model: String,
            input: Input,
            instructions: Input,
            conversation: Conversation,
            previous_response_id: String,
            tools: Vec<Tool>,
            tool_choice: ToolChoice,
            personality: String,
            truncation: Truncation,
        }
    }
}

/// What of the request counts.
impl From<&Request> for CountRequest {
    fn from(request: &Request) -> Self {
        Self {
            model: request.model.clone(),
            input: request.input.clone(),
            instructions: request.instructions.clone(),
            conversation: request.conversation.clone(),
            previous_response_id: request.previous_response_id.clone(),
            tools: request.tools.clone(),
            tool_choice: request.tool_choice.clone(),
            parallel_tool_calls: request.parallel_tool_calls,
            text: request.text.clone(),
            reasoning: request.reasoning.clone(),
            personality: None,
            truncation: request.truncation.clone(),
            extra: serde_json::Map::new(),
        }
    }
}

object! {
    /// How many tokens a request would give the model.
    pub struct InputTokens {
        /// So many.
        pub input_tokens: Option<u64>,
        /// The kind of this object: `response.input_tokens`.
        pub object: Option<String>,
    }
}

impl Listed for Item {
    fn id(&self) -> Option<&str> {
        Item::id(self)
    }
}
