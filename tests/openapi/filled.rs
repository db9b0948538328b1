//! Requests with everything set that can be.

use sentry_openai::{chat, conversations, embeddings, responses};
use serde_json::json;

pub(super) fn chat() -> chat::Request {
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}});
    let image = chat::Part::image_url("https://example.com/a.png");
    let messages = [
        chat::Message::developer("Be short."),
        chat::Message::system("Be kind."),
        chat::Message::user([chat::Part::text("What is this?"), image]),
        chat::Message::assistant("A cat."),
        chat::Message::tool("call_1", "42"),
    ];
    let tools = [
        chat::Tool::function("weather", schema.clone())
            .description("The weather")
            .strict(true),
        chat::Tool::custom("python").format(chat::CustomFormat::grammar(
            "start: WORD",
            chat::GrammarSyntax::Lark,
        )),
    ];
    chat::Request::new("gpt-4o", messages)
        .tools(tools)
        .tool_choice(chat::ToolChoice::function("weather"))
        .parallel_tool_calls(false)
        .response_format(chat::ResponseFormat::json_schema("answer", schema.clone()))
        .temperature(0.5)
        .top_p(0.9)
        .max_completion_tokens(100)
        .max_tokens(100)
        .reasoning_effort(chat::ReasoningEffort::Low)
        .verbosity(chat::Verbosity::High)
        .stop(["END", "STOP"])
        .n(2)
        .seed(7)
        .frequency_penalty(-0.5)
        .presence_penalty(0.5)
        .logit_bias([("50256", -100)])
        .logprobs(true)
        .top_logprobs(3)
        .modalities([chat::Modality::Text, chat::Modality::Audio])
        .audio(chat::AudioParams::new("alloy", chat::AudioFormat::Mp3))
        .prediction(chat::Prediction::content("A cat."))
        .web_search_options(chat::WebSearchOptions::default().search_context_size("low"))
        .service_tier(chat::ServiceTier::Flex)
        .store(true)
        .metadata([("key", "value")])
        .moderation(chat::Moderation::new("omni-moderation-latest"))
        .prompt_cache_key("key")
        .prompt_cache_options(chat::PromptCacheOptions::default().mode("explicit"))
        .prompt_cache_retention("24h")
        .safety_identifier("hash")
        .user("user")
        .functions([chat::Function::new("weather", schema)])
        .function_call(chat::ToolMode::Auto)
        .stream_options(
            chat::StreamOptions::default()
                .include_usage(true)
                .include_obfuscation(false),
        )
}

pub(super) fn response() -> responses::Request {
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}});
    let items = [
        responses::Item::system("Be kind."),
        responses::Item::developer("Be short."),
        responses::Item::user("What is this?"),
        responses::Item::assistant("A cat."),
    ];
    let tools = [
        responses::Tool::function("weather", schema.clone()),
        responses::Tool::custom("python"),
        responses::Tool::web_search(),
        responses::Tool::file_search(["vs_1"]),
        responses::Tool::code_interpreter(),
        responses::Tool::image_generation(),
    ];
    let format = responses::TextFormat::json_schema("answer", schema);
    responses::Request::new("gpt-5", items)
        .include(["reasoning.encrypted_content".into()])
        .moderation(json!({"model": "omni-moderation-latest"}))
        .prompt_cache_options(responses::CacheOptions::default().mode("explicit"))
        .reasoning(
            responses::Reasoning::default()
                .effort("low")
                .summary("auto"),
        )
        .stream_options(responses::StreamOptions::default().include_obfuscation(false))
        .tool_choice("auto")
        .instructions("Be helpful.")
        .background(true)
        .context_management([responses::ContextManagement::compaction(100_000)])
        .conversation("conv_1")
        .max_output_tokens(100)
        .max_tool_calls(3)
        .note("key", "value")
        .parallel_tool_calls(false)
        .previous_response_id("resp_1")
        .prompt(responses::Prompt::new("pmpt_1").variable("name", "value"))
        .prompt_cache_key("key")
        .prompt_cache_retention("24h")
        .safety_identifier("hash")
        .service_tier("flex")
        .store(true)
        .temperature(0.5)
        .text(
            responses::TextOptions::default()
                .format(format)
                .verbosity("low"),
        )
        .tools(tools)
        .top_logprobs(3)
        .top_p(0.9)
        .truncation("auto")
        .user("user")
}

pub(super) fn compact() -> responses::CompactRequest {
    responses::CompactRequest::new("gpt-5", "Hi")
        .instructions("Be short.")
        .previous_response_id("resp_1")
        .prompt_cache_key("key")
        .prompt_cache_options(responses::CacheOptions::default().mode("explicit"))
        .prompt_cache_retention("24h")
        .service_tier("flex")
}

pub(super) fn count() -> responses::CountRequest {
    responses::CountRequest::from(&response()).personality("friendly")
}

pub(super) fn embedding() -> embeddings::Request {
    embeddings::Request::new("text-embedding-3-small", ["one", "two"])
        .encoding_format(embeddings::EncodingFormat::Float)
        .dimensions(3)
        .user("user")
}

pub(super) fn conversation() -> conversations::CreateRequest {
    conversations::CreateRequest::new()
        .items([responses::Item::user("Hi")])
        .metadata([("key", "value")])
}
