//! The request for a chat completion.

use serde_json::{Map, Value};

use super::message::Message;
use super::options::{
    AudioParams, Modality, Moderation, Prediction, PromptCacheOptions, PromptCacheRetention,
    ReasoningEffort, ResponseFormat, ServiceTier, Stop, StreamOptions, Verbosity, WebSearchOptions,
};
use super::tool::{Function, FunctionCallChoice, Tool, ToolChoice};
use crate::types::open::{object, setters};

object! {
    /// Asks a model to go on with a conversation.
    ///
    /// ```ignore
    /// use sentry_openai::chat;
    ///
    /// let request = chat::Request::new("gpt-4o", [chat::Message::user("Hello!")]).temperature(0.2);
    /// ```
    pub struct Request {
        /// The model.
        pub model: String,
        /// The conversation so far.
        pub messages: Vec<Message>,
        /// The tools that the model may call.
        pub tools: Option<Vec<Tool>>,
        /// Whether it shall call tools, and which. By default it decides.
        pub tool_choice: Option<ToolChoice>,
        /// Whether it may call several tools at once; `true` by default.
        pub parallel_tool_calls: Option<bool>,
        /// The form of the reply; text by default.
        pub response_format: Option<ResponseFormat>,
        /// How freely tokens are drawn, 0 to 2; 1 by default.
        pub temperature: Option<f64>,
        /// Draws only from the likeliest tokens that together have this probability; 1 by default.
        pub top_p: Option<f64>,
        /// How many tokens may be generated at most, reasoning included.
        pub max_completion_tokens: Option<u64>,
        /// How many tokens may be generated at most. Deprecated by OpenAI for `max_completion_tokens`, but
        /// what many other servers read.
        pub max_tokens: Option<u64>,
        /// How much the model thinks before it answers.
        pub reasoning_effort: Option<ReasoningEffort>,
        /// How many words it makes; `medium` by default.
        pub verbosity: Option<Verbosity>,
        /// Where the model stops.
        pub stop: Option<Stop>,
        /// How many answers are generated; 1 by default.
        pub n: Option<u64>,
        /// Draws tokens the same way each time, as far as the server can. Deprecated by OpenAI.
        pub seed: Option<i64>,
        /// Makes tokens less likely the more often they occurred, -2 to 2; 0 by default.
        pub frequency_penalty: Option<f64>,
        /// Makes tokens less likely that occurred, -2 to 2; 0 by default.
        pub presence_penalty: Option<f64>,
        /// Makes tokens (by their id) more or less likely, -100 to 100.
        pub logit_bias: Option<Map<String, Value>>,
        /// Whether the reply tells how probable each token was; `false` by default.
        pub logprobs: Option<bool>,
        /// How many likely tokens it tells in each place, 0 to 20; needs `logprobs`.
        pub top_logprobs: Option<u64>,
        /// The kinds of output; text alone by default.
        pub modalities: Option<Vec<Modality>>,
        /// How the model speaks; needed if it shall.
        pub audio: Option<AudioParams>,
        /// What the reply will mostly be, so that it comes faster.
        pub prediction: Option<Prediction>,
        /// How the model searches the web.
        pub web_search_options: Option<WebSearchOptions>,
        /// How urgently the request is served; `auto` by default.
        pub service_tier: Option<ServiceTier>,
        /// Whether the server keeps the reply; `false` by default.
        pub store: Option<bool>,
        /// The caller's notes, up to 16.
        pub metadata: Option<Map<String, Value>>,
        /// How prompt and reply are moderated.
        pub moderation: Option<Moderation>,
        /// Requests with the same key share a cache the more likely.
        pub prompt_cache_key: Option<String>,
        /// How the prompt is cached.
        pub prompt_cache_options: Option<PromptCacheOptions>,
        /// How long the cached prompt is kept.
        pub prompt_cache_retention: Option<PromptCacheRetention>,
        /// A stable, hashed name of the user, by which abuse can be told apart.
        pub safety_identifier: Option<String>,
        /// A stable name of the user. Deprecated by OpenAI for `safety_identifier` and `prompt_cache_key`.
        pub user: Option<String>,
        /// The functions that the model may call. Deprecated by OpenAI for `tools`.
        pub functions: Option<Vec<Function>>,
        /// Which function it shall call. Deprecated by OpenAI for `tool_choice`.
        pub function_call: Option<FunctionCallChoice>,
        /// Whether the reply is streamed. The client sets it.
        pub stream: Option<bool>,
        /// What a streamed reply tells beside the reply.
        pub stream_options: Option<StreamOptions>,
    }
}

impl Request {
    /// Asks this model to go on with this conversation.
    pub fn new(model: impl Into<String>, messages: impl IntoIterator<Item = Message>) -> Self {
        Self {
            model: model.into(),
            messages: messages.into_iter().collect(),
            ..Self::default()
        }
    }

    /// Adds a message at the end: also a reply, before its tools' answers.
    #[must_use]
    pub fn message(mut self, message: impl Into<Message>) -> Self {
        self.messages.push(message.into());
        self
    }

    /// Sets [`tools`](Self::tools).
    #[must_use]
    pub fn tools(mut self, tools: impl IntoIterator<Item = Tool>) -> Self {
        self.tools = Some(tools.into_iter().collect());
        self
    }

    /// Sets [`modalities`](Self::modalities).
    #[must_use]
    pub fn modalities(mut self, modalities: impl IntoIterator<Item = Modality>) -> Self {
        self.modalities = Some(modalities.into_iter().collect());
        self
    }

    /// Sets [`functions`](Self::functions).
    #[must_use]
    pub fn functions(mut self, functions: impl IntoIterator<Item = Function>) -> Self {
        self.functions = Some(functions.into_iter().collect());
        self
    }

    /// Sets [`logit_bias`](Self::logit_bias).
    #[must_use]
    pub fn logit_bias<K: Into<String>, V: Into<Value>>(
        mut self,
        bias: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        self.logit_bias = Some(map(bias));
        self
    }

    /// Sets [`metadata`](Self::metadata).
    #[must_use]
    pub fn metadata<K: Into<String>, V: Into<Value>>(
        mut self,
        metadata: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        self.metadata = Some(map(metadata));
        self
    }

    /// Sets a field that this version of the crate does not name.
    #[must_use]
    pub fn extra(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.extra.insert(name.into(), value.into());
        self
    }
}

setters! {
    Request {
        value {
            parallel_tool_calls: bool,
            temperature: f64,
            top_p: f64,
            max_completion_tokens: u64,
            max_tokens: u64,
            n: u64,
            seed: i64,
            frequency_penalty: f64,
            presence_penalty: f64,
            logprobs: bool,
            top_logprobs: u64,
            audio: AudioParams,
            web_search_options: WebSearchOptions,
            store: bool,
            moderation: Moderation,
            prompt_cache_options: PromptCacheOptions,
            stream_options: StreamOptions,
        }
        into {
            tool_choice: ToolChoice,
            response_format: ResponseFormat,
            reasoning_effort: ReasoningEffort,
            verbosity: Verbosity,
            stop: Stop,
            prediction: Prediction,
            service_tier: ServiceTier,
            prompt_cache_key: String,
            prompt_cache_retention: PromptCacheRetention,
            safety_identifier: String,
            user: String,
            function_call: FunctionCallChoice,
        }
    }
}

fn map<K: Into<String>, V: Into<Value>>(
    pairs: impl IntoIterator<Item = (K, V)>,
) -> Map<String, Value> {
    let pairs = pairs.into_iter();
    pairs
        .map(|(key, value)| (key.into(), value.into()))
        .collect()
}
