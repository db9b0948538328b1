//! Requests: what is sent, and reading what other clients send.

use serde_json::json;

use super::same_after_reading;
use crate::types::responses::{
    CacheOptions, ContextManagement, Effort, FunctionTool, Include, Input, Item, McpTool, Part,
    Prompt, Reasoning, Request, StreamOptions, TextFormat, TextOptions, Tool, ToolChoice, ToolMode,
    Verbosity,
};

#[test]
fn a_plain_request_holds_what_was_given_and_nothing_else() {
    let request = Request::new("gpt-4o", "Hello!");
    let json = json!({"model": "gpt-4o", "input": "Hello!"});
    assert_eq!(serde_json::to_value(&request).unwrap(), json);
}

#[test]
#[expect(clippy::too_many_lines, reason = "every setting once")]
fn every_setting_is_written_as_the_api_names_it() {
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}});
    let request = Request::new(
        "gpt-5",
        [Item::user("Hi"), Item::function_call_output("c1", "4")],
    )
    .background(true)
    .context_management([ContextManagement::compaction(1000)])
    .conversation("conv_1")
    .include([Include::EncryptedReasoning])
    .instructions("Be brief.")
    .max_output_tokens(64)
    .max_tool_calls(3)
    .note("run", "7")
    .moderation(json!({"model": "omni-moderation-latest"}))
    .parallel_tool_calls(false)
    .previous_response_id("resp_0")
    .prompt(Prompt::new("pmpt_1").version("2").variable("name", "Ann"))
    .prompt_cache_key("key")
    .prompt_cache_options(CacheOptions::default().mode("implicit"))
    .prompt_cache_retention("24h")
    .reasoning(Reasoning::default().effort(Effort::Low).summary("auto"))
    .safety_identifier("user-hash")
    .service_tier("flex")
    .store(false)
    .stream_options(StreamOptions::default().include_obfuscation(false))
    .temperature(0.5)
    .text(
        TextOptions::default()
            .format(TextFormat::json_schema("city", schema.clone()))
            .verbosity(Verbosity::Low),
    )
    .tool(FunctionTool::new("weather", schema.clone()).description("Tells the weather."))
    .tool(Tool::web_search())
    .tool(
        McpTool::new("docs", "https://example.com/mcp")
            .headers([("x-key", "secret")])
            .authorization("token")
            .allowed_tools(vec!["search"])
            .require_approval("never"),
    )
    .tool_choice(ToolChoice::allowed(
        ToolMode::Required,
        [json!({"type": "function", "name": "weather"})],
    ))
    .top_logprobs(2)
    .top_p(0.9)
    .truncation("auto")
    .user("ann")
    .extra("brand_new", 1);
    let json = json!({
        "model": "gpt-5",
        "input": [
            {"type": "message", "role": "user", "content": "Hi"},
            {"type": "function_call_output", "call_id": "c1", "output": "4"},
        ],
        "background": true,
        "context_management": [{"type": "compaction", "compact_threshold": 1000}],
        "conversation": "conv_1",
        "include": ["reasoning.encrypted_content"],
        "instructions": "Be brief.",
        "max_output_tokens": 64,
        "max_tool_calls": 3,
        "metadata": {"run": "7"},
        "moderation": {"model": "omni-moderation-latest"},
        "parallel_tool_calls": false,
        "previous_response_id": "resp_0",
        "prompt": {"id": "pmpt_1", "version": "2", "variables": {"name": "Ann"}},
        "prompt_cache_key": "key",
        "prompt_cache_options": {"mode": "implicit"},
        "prompt_cache_retention": "24h",
        "reasoning": {"effort": "low", "summary": "auto"},
        "safety_identifier": "user-hash",
        "service_tier": "flex",
        "store": false,
        "stream_options": {"include_obfuscation": false},
        "temperature": 0.5,
        "text": {
            "format": {"type": "json_schema", "name": "city", "schema": schema, "strict": true},
            "verbosity": "low",
        },
        "tools": [
            {
                "type": "function", "name": "weather", "description": "Tells the weather.",
                "parameters": schema, "strict": false,
            },
            {"type": "web_search"},
            {
                "type": "mcp", "server_label": "docs", "server_url": "https://example.com/mcp",
                "headers": {"x-key": "secret"}, "authorization": "token",
                "allowed_tools": ["search"], "require_approval": "never",
            },
        ],
        "tool_choice": {
            "type": "allowed_tools", "mode": "required",
            "tools": [{"type": "function", "name": "weather"}],
        },
        "top_logprobs": 2,
        "top_p": 0.9,
        "truncation": "auto",
        "user": "ann",
        "brand_new": 1,
    });
    assert_eq!(serde_json::to_value(&request).unwrap(), json);
    assert_eq!(same_after_reading::<Request>(&json), request);
}

#[test]
fn a_stored_prompt_needs_no_model() {
    let request = Request::from_prompt(Prompt::new("pmpt_1"));
    let json = json!({"prompt": {"id": "pmpt_1"}});
    assert_eq!(serde_json::to_value(&request).unwrap(), json);
}

#[test]
fn a_conversation_has_an_id_as_text_and_as_object() {
    for conversation in [json!("conv_1"), json!({"id": "conv_1"})] {
        let request = same_after_reading::<Request>(&json!({"conversation": conversation}));
        assert_eq!(request.conversation.unwrap().id(), "conv_1");
    }
}

#[test]
fn a_request_by_any_client_is_read() {
    let request: Request = serde_json::from_value(json!({
        "model": "m",
        "input": [
            {"role": "user", "content": [{"type": "input_text", "text": "Hi"}, {"type": "input_hologram"}]},
            {"type": "from_tomorrow", "a": [1]},
            "stray",
        ],
        "temperature": "warm",
        "max_output_tokens": 5.0,
        "stream": true,
        "tool_choice": "sometimes",
        "tools": [{"type": "telescope", "range": 7}],
        "metadata": null,
        "seed": 3,
    }))
    .unwrap();
    let Some(Input::Items(items)) = &request.input else {
        panic!("no items");
    };
    let Item::Message(message) = &items[0] else {
        panic!("no message");
    };
    let parts = message.content.as_ref().unwrap().parts();
    assert_eq!(parts[0], Part::text("Hi"));
    assert!(matches!(parts[1], Part::Unknown(_)));
    assert!(matches!(items[1], Item::Unknown(_)));
    assert_eq!(request.temperature, None);
    assert_eq!(request.max_output_tokens, Some(5));
    assert_eq!(request.extra["seed"], 3);
    let written = serde_json::to_value(&request).unwrap();
    assert_eq!(
        written["input"][1],
        json!({"type": "from_tomorrow", "a": [1]})
    );
    assert_eq!(
        written["tools"][0],
        json!({"type": "telescope", "range": 7})
    );
    assert_eq!(written["tool_choice"], "sometimes");
}

#[test]
fn every_tool_is_read_and_written_again() {
    let tools = json!([
        {"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": true},
        {"type": "custom", "name": "sql", "format": {"type": "grammar", "syntax": "lark", "definition": "x"}},
        {"type": "namespace", "name": "n", "description": "d", "tools": [{"type": "custom", "name": "c"}]},
        {"type": "file_search", "vector_store_ids": ["vs_1"], "max_num_results": 3},
        {"type": "web_search", "user_location": {"type": "approximate", "city": "Rome"}},
        {"type": "web_search_2025_08_26", "filters": {"allowed_domains": ["a.org"]}},
        {"type": "web_search_preview", "search_context_size": "low"},
        {"type": "web_search_preview_2025_03_11"},
        {"type": "computer"},
        {"type": "computer_use"},
        {"type": "computer_use_preview", "environment": "browser", "display_width": 10, "display_height": 5},
        {"type": "mcp", "server_label": "s", "connector_id": "connector_gmail", "headers": {"a": "b"}},
        {"type": "code_interpreter", "container": {"type": "auto"}},
        {"type": "code_interpreter", "container": "cntr_1"},
        {"type": "image_generation", "size": "auto", "partial_images": 2},
        {"type": "local_shell"},
        {"type": "shell", "environment": {"type": "local"}},
        {"type": "apply_patch"},
        {"type": "tool_search", "execution": "client"},
        {"type": "programmatic_tool_calling"},
    ]);
    for tool in same_after_reading::<Vec<Tool>>(&tools) {
        assert!(!matches!(tool, Tool::Unknown(_)), "{tool:?}");
    }
}

#[test]
fn every_tool_choice_is_read_and_written_again() {
    for choice in ["none", "auto", "required", "someday"] {
        same_after_reading::<ToolChoice>(&json!(choice));
    }
    same_after_reading::<ToolChoice>(&json!({"type": "unheard_of", "a": 1}));
    let hosted = ToolChoice::hosted("web_search_preview");
    let json = json!({"type": "web_search_preview"});
    assert_eq!(serde_json::to_value(&hosted).unwrap(), json);
    assert_eq!(same_after_reading::<ToolChoice>(&json), hosted);
    let json = json!({"type": "function", "name": "f"});
    assert_eq!(
        same_after_reading::<ToolChoice>(&json),
        ToolChoice::function("f")
    );
    let json = json!({"type": "custom", "name": "f"});
    assert_eq!(
        same_after_reading::<ToolChoice>(&json),
        ToolChoice::custom("f")
    );
    let json = json!({"type": "mcp", "server_label": "s"});
    assert_eq!(
        same_after_reading::<ToolChoice>(&json),
        ToolChoice::mcp("s")
    );
}

#[test]
fn debug_shows_no_token_and_no_header_of_an_mcp_server() {
    let tool = McpTool::new("s", "https://example.com")
        .authorization("tok-123")
        .headers([("x-key", "key-456")]);
    let shown = format!("{tool:?}");
    assert!(
        !shown.contains("tok-123") && !shown.contains("key-456"),
        "{shown}"
    );
}
