//! The request for a chat completion.

use serde_json::{Map, Value};

use super::format::ResponseFormat;
use super::message::Message;
use super::options::{
    Moderation, Prediction, PromptCacheOptions, PromptCacheRetention, ReasoningEffort, ServiceTier,
    Stop, StreamOptions, Verbosity, WebSearchOptions,
};
use super::speech::{AudioParams, Modality};
use super::tool::{Function, FunctionCallChoice, Tool, ToolChoice};
use crate::types::open::{object, setters};

object! {
    /// Asks a model to go on with a conversation.
    ///
    /// ```
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

    /// Adds a tool to [`tools`](Self::tools).
    #[must_use]
    pub fn tool(mut self, tool: impl Into<Tool>) -> Self {
        self.tools.get_or_insert_default().push(tool.into());
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

    /// Sets one note of [`metadata`](Self::metadata).
    #[must_use]
    pub fn note(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let notes = self.metadata.get_or_insert_default();
        notes.insert(name.into(), Value::String(value.into()));
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

pub(super) fn map<K: Into<String>, V: Into<Value>>(
    pairs: impl IntoIterator<Item = (K, V)>,
) -> Map<String, Value> {
    let pairs = pairs.into_iter();
    pairs
        .map(|(key, value)| (key.into(), value.into()))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::types::chat::{
        ApproximateLocation, CustomFormat, Detail, File, ImageUrl, Part, ToolMode, Voice,
    };

    fn json_of(request: &Request) -> Value {
        let json = serde_json::to_value(request).unwrap();
        assert_eq!(
            &serde_json::from_value::<Request>(json.clone()).unwrap(),
            request
        );
        json
    }

    #[test]
    fn a_bare_request_says_nothing_but_model_and_messages() {
        let request = Request::new("gpt-4o", [Message::user("Hello!")]);
        let json = json!({"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello!"}]});
        assert_eq!(json_of(&request), json);
    }

    #[test]
    fn messages_are_the_json_of_the_api() {
        let image = ImageUrl::new("https://a.example/a.png").detail(Detail::High);
        let request = Request::new(
            "gpt-4o",
            [
                Message::developer("Be brief."),
                Message::system([Part::text("Be kind.").prompt_cache_breakpoint()]).name("boss"),
                Message::user(vec![
                    Part::image_url(image),
                    Part::image_url("data:image/png;base64,AAAA"),
                    Part::input_audio("AAAA", "wav"),
                    Part::file(File::id("file-1")),
                    Part::file(File::data("a.pdf", "data:application/pdf;base64,AAAA")),
                ]),
                Message::assistant(Part::refusal("No.")),
                Message::tool("call_1", "sunny"),
            ],
        );
        let cached = json!({"mode": "explicit"});
        let json = json!([
            {"role": "developer", "content": "Be brief."},
            {"role": "system", "name": "boss", "content": [
                {"type": "text", "text": "Be kind.", "prompt_cache_breakpoint": cached}]},
            {"role": "user", "content": [
                {"type": "image_url", "image_url": {"url": "https://a.example/a.png", "detail": "high"}},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
                {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
                {"type": "file", "file": {"file_id": "file-1"}},
                {"type": "file", "file": {
                    "filename": "a.pdf", "file_data": "data:application/pdf;base64,AAAA"}},
            ]},
            {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]},
            {"role": "tool", "tool_call_id": "call_1", "content": "sunny"},
        ]);
        assert_eq!(json_of(&request)["messages"], json);
    }

    #[test]
    fn tools_are_the_json_of_the_api() {
        let schema = json!({"type": "object", "properties": {}});
        let request = Request::new("m", [])
            .tools([
                Tool::function("f", schema.clone())
                    .description("does f")
                    .strict(true),
                Tool::custom("c").format(CustomFormat::grammar("a+", "regex")),
                Tool::Unknown(json!({"type": "web_search"})),
            ])
            .tool_choice(ToolChoice::allowed(
                ToolMode::Required,
                [json!({"type": "function", "function": {"name": "f"}})],
            ));
        let json = json!({
            "model": "m", "messages": [],
            "tools": [
                {"type": "function", "function": {
                    "name": "f", "description": "does f", "parameters": schema, "strict": true}},
                {"type": "custom", "custom": {"name": "c", "format": {
                    "type": "grammar", "grammar": {"definition": "a+", "syntax": "regex"}}}},
                {"type": "web_search"},
            ],
            "tool_choice": {"type": "allowed_tools", "allowed_tools": {
                "mode": "required", "tools": [{"type": "function", "function": {"name": "f"}}]}},
        });
        assert_eq!(json_of(&request), json);
        for (choice, json) in [
            (ToolChoice::none(), json!("none")),
            (ToolChoice::auto(), json!("auto")),
            (ToolChoice::required(), json!("required")),
            (ToolMode::from("any").into(), json!("any")),
            (
                ToolChoice::function("f"),
                json!({"type": "function", "function": {"name": "f"}}),
            ),
            (
                ToolChoice::custom("c"),
                json!({"type": "custom", "custom": {"name": "c"}}),
            ),
        ] {
            assert_eq!(serde_json::to_value(&choice).unwrap(), json);
            assert_eq!(serde_json::from_value::<ToolChoice>(json).unwrap(), choice);
        }
    }

    #[test]
    fn every_field_is_the_json_of_the_api() {
        let place = ApproximateLocation::default().country("AT").city("Wien");
        let search = WebSearchOptions::default()
            .user_location(place)
            .search_context_size("low");
        let cache = PromptCacheOptions::default().ttl("30m").mode("explicit");
        let schema = json!({"type": "object"});
        let request = Request::new("m", [])
            .parallel_tool_calls(false)
            .response_format(ResponseFormat::json_schema("s", schema.clone()).strict(true))
            .temperature(0.2)
            .top_p(0.9)
            .max_completion_tokens(100)
            .max_tokens(100)
            .reasoning_effort(ReasoningEffort::Low)
            .verbosity("high")
            .stop(["\n", "END"])
            .n(2)
            .seed(-7)
            .frequency_penalty(0.5)
            .presence_penalty(-0.5)
            .logit_bias([("50256", -100)])
            .logprobs(true)
            .top_logprobs(3)
            .modalities([Modality::Text, Modality::Audio])
            .audio(AudioParams::new(Voice::custom("voice_1"), "mp3"))
            .prediction(Prediction::content("Hello!"))
            .web_search_options(search)
            .service_tier("flex")
            .store(true)
            .metadata([("topic", "demo")])
            .moderation(Moderation::new("omni").input("block"))
            .prompt_cache_key("k")
            .prompt_cache_options(cache)
            .prompt_cache_retention("24h")
            .safety_identifier("u1")
            .user("u2")
            .functions([Function::new("f", schema.clone()).description("does f")])
            .function_call(ToolMode::Auto)
            .stream_options(StreamOptions::default().include_usage(true))
            .extra("think", false);
        let json = json!({
            "model": "m", "messages": [], "parallel_tool_calls": false,
            "response_format": {"type": "json_schema", "json_schema": {
                "name": "s", "schema": schema, "strict": true}},
            "temperature": 0.2, "top_p": 0.9, "max_completion_tokens": 100, "max_tokens": 100,
            "reasoning_effort": "low", "verbosity": "high", "stop": ["\n", "END"], "n": 2, "seed": -7,
            "frequency_penalty": 0.5, "presence_penalty": -0.5, "logit_bias": {"50256": -100},
            "logprobs": true, "top_logprobs": 3, "modalities": ["text", "audio"],
            "audio": {"voice": {"id": "voice_1"}, "format": "mp3"},
            "prediction": {"type": "content", "content": "Hello!"},
            "web_search_options": {"search_context_size": "low", "user_location": {
                "type": "approximate", "approximate": {"country": "AT", "city": "Wien"}}},
            "service_tier": "flex", "store": true, "metadata": {"topic": "demo"},
            "moderation": {"model": "omni", "policy": {"input": {"mode": "block"}}},
            "prompt_cache_key": "k", "prompt_cache_options": {"ttl": "30m", "mode": "explicit"},
            "prompt_cache_retention": "24h", "safety_identifier": "u1", "user": "u2",
            "functions": [{"name": "f", "description": "does f", "parameters": schema}],
            "function_call": "auto", "stream_options": {"include_usage": true}, "think": false,
        });
        assert_eq!(json_of(&request), json);
    }

    #[test]
    fn any_clients_request_can_be_read() {
        let json = json!({
            "model": "m", "stream": true, "temperature": null, "stop": "END", "tools": "all",
            "messages": [{"role": "critic", "content": "x"}, {"content": "no role"}, 7,
                {"role": "user", "content": 7}, {"role": "function", "name": "f", "content": null}],
            "function_call": {"name": "f"}, "tool_choice": {"type": "mcp"},
            "data_sources": [{"type": "azure_search"}],
        });
        let request: Request = serde_json::from_value(json).unwrap();
        assert_eq!(request.stream, Some(true));
        assert_eq!(request.stop.as_ref().unwrap().as_slice(), ["END"]);
        let roles: Vec<_> = request.messages.iter().map(Message::role).collect();
        assert_eq!(
            roles,
            [Some("critic"), None, None, Some("user"), Some("function")]
        );
        assert!(request.extra.contains_key("data_sources"));
        assert_eq!(
            serde_json::from_value::<Request>(json!({})).unwrap(),
            Request::default()
        );
    }
}
