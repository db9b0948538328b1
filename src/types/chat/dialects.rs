//! Requests and replies as many servers and their clients write them.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::*;

/// Reads the JSON and writes the same again; `1` is `1.0`.
fn same<T: DeserializeOwned + Serialize>(json: &Value) -> T {
    let from_text: T = serde_json::from_str(&json.to_string()).unwrap();
    let from_value: T = serde_json::from_value(json.clone()).unwrap();
    for read in [&from_text, &from_value] {
        let written = serde_json::to_value(read).unwrap();
        assert_eq!(floats(written), floats(json.clone()));
    }
    from_text
}

fn floats(json: Value) -> Value {
    match json {
        Value::Number(number) => number.as_f64().into(),
        Value::Array(list) => list.into_iter().map(floats).collect(),
        Value::Object(object) => object.into_iter().map(|(k, v)| (k, floats(v))).collect(),
        other => other,
    }
}

fn read(json: Value) -> Completion {
    serde_json::from_value(json).unwrap()
}

#[test]
fn openai_replies_are_read_and_written_again() {
    let completion: Completion = same(&json!({
        "id": "chatcmpl-B9MBs", "object": "chat.completion", "created": 1_741_569_952,
        "model": "gpt-4.1-2025-04-14", "service_tier": "default", "system_fingerprint": "fp_1",
        "metadata": {"topic": "demo"},
        "choices": [{
            "index": 0, "finish_reason": "stop",
            "message": {
                "role": "assistant", "content": "Hello!",
                "annotations": [{"type": "url_citation", "url_citation": {
                    "start_index": 0, "end_index": 5, "url": "https://a.example", "title": "A"}}],
                "audio": {"id": "audio_1", "expires_at": 1_741_570_000, "data": "AAAA", "transcript": "Hello!"},
            },
            "logprobs": {"content": [{"token": "Hello!", "logprob": -0.3, "bytes": [72, 101],
                "top_logprobs": [{"token": "Hello!", "logprob": -0.3, "bytes": [72, 101]}]}]},
        }],
        "usage": {
            "prompt_tokens": 19, "completion_tokens": 10, "total_tokens": 29,
            "prompt_tokens_details": {"cached_tokens": 4, "audio_tokens": 0, "cache_write_tokens": 2},
            "completion_tokens_details": {"reasoning_tokens": 3, "audio_tokens": 0,
                "accepted_prediction_tokens": 1, "rejected_prediction_tokens": 2},
        },
    }));
    assert_eq!(completion.text(), Some("Hello!"));
    let usage = completion.usage.unwrap();
    assert_eq!(usage.cached_tokens(), Some(4));
    assert_eq!(usage.reasoning_tokens(), Some(3));
}

#[test]
fn a_reply_can_be_sent_back_with_the_answers_of_its_tools() {
    let completion: Completion = same(&json!({
        "choices": [{"index": 0, "finish_reason": "tool_calls", "message": {
            "role": "assistant",
            "audio": {"id": "audio_1", "expires_at": 1, "data": "AAAA", "transcript": "Hm"},
            "annotations": [],
            "reasoning_content": "I need the weather.",
            "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{\"city\":\"Wien\"}"},
                    "extra_content": {"google": {"thought_signature": "s"}}},
                {"id": "call_2", "type": "custom", "custom": {"name": "sql", "input": "SELECT 1"}},
            ],
        }}],
    }));
    let message = completion.message().unwrap();
    let [weather, sql] = completion.tool_calls() else {
        panic!("two calls");
    };
    assert_eq!(weather.name(), Some("weather"));
    assert_eq!(sql.arguments(), Some("SELECT 1"));
    let request = Request::new("m", [Message::user("How is it?")])
        .message(message)
        .message(Message::tool(weather.id().unwrap(), "sunny"))
        .message(Message::tool("call_2", [Part::text("1")]));
    let json = json!([
        {"role": "user", "content": "How is it?"},
        {
            "role": "assistant", "audio": {"id": "audio_1"},
            "reasoning_content": "I need the weather.",
            "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{\"city\":\"Wien\"}"},
                    "extra_content": {"google": {"thought_signature": "s"}}},
                {"id": "call_2", "type": "custom", "custom": {"name": "sql", "input": "SELECT 1"}},
            ],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": "sunny"},
        {"role": "tool", "tool_call_id": "call_2", "content": [{"type": "text", "text": "1"}]},
    ]);
    assert_eq!(serde_json::to_value(request.messages).unwrap(), json);
}

#[test]
fn replies_of_other_servers_are_read_and_written_again() {
    for json in [
        // OpenRouter
        json!({
            "id": "gen-1", "provider": "DeepInfra", "model": "z/m", "object": "chat.completion", "created": 1,
            "choices": [{"index": 0, "finish_reason": "stop", "native_finish_reason": "end_turn", "message": {
                "role": "assistant", "content": "Hi", "reasoning": "Hm",
                "reasoning_details": [{"type": "reasoning.text", "text": "Hm", "index": 0}],
                "images": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}],
            }}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3, "cost": 0.00015,
                "is_byok": false, "cost_details": {"upstream_inference_cost": 0.1}},
        }),
        // DeepSeek
        json!({
            "id": "1", "object": "chat.completion", "created": 1, "model": "deepseek-reasoner",
            "choices": [{"index": 0, "finish_reason": "insufficient_system_resource",
                "message": {"role": "assistant", "content": "Hi", "reasoning_content": "Hm"}}],
            "usage": {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12,
                "prompt_cache_hit_tokens": 8, "prompt_cache_miss_tokens": 2},
        }),
        // Groq
        json!({
            "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "llama-3.3",
            "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hi",
                "reasoning": "Hm", "executed_tools": [{"type": "search", "index": 0}]}}],
            "usage": {"queue_time": 0.05, "prompt_tokens": 1, "prompt_time": 0.01, "completion_tokens": 2,
                "completion_time": 0.46, "total_tokens": 3, "total_time": 0.47},
            "service_tier": "on_demand", "x_groq": {"id": "req_1"}, "usage_breakdown": {"models": []},
        }),
        // vLLM
        json!({
            "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "qwen",
            "choices": [{"index": 0, "finish_reason": "stop", "stop_reason": 151_645, "token_ids": null,
                "message": {"role": "assistant", "content": "Hi", "reasoning_content": "Hm", "tool_calls": []}}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
            "prompt_logprobs": null, "kv_transfer_params": null,
        }),
        // Mistral
        json!({
            "id": "1", "object": "chat.completion", "created": 1, "model": "magistral",
            "choices": [{"index": 0, "finish_reason": "model_length", "message": {"role": "assistant", "content": [
                {"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]},
                {"type": "text", "text": "Hi"},
                {"type": "reference", "reference_ids": [1]},
            ], "prefix": false}}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3, "prompt_audio_seconds": 4},
        }),
        // Azure
        json!({
            "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "gpt-4o",
            "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": {
                "hate": {"filtered": false, "severity": "safe"}}}],
            "choices": [{"index": 0, "finish_reason": "content_filter",
                "content_filter_results": {"hate": {"filtered": true, "severity": "high"}},
                "message": {"role": "assistant", "content": "Hi", "context": {"citations": []}}}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
        }),
    ] {
        assert_eq!(same::<Completion>(&json).text(), Some("Hi"));
    }
}

#[test]
fn what_a_server_leaves_out_or_gets_wrong_fails_no_reply() {
    let ollama = read(json!({
        "id": 877, "created": "now", "model": null, "usage": {"prompt_tokens": 26.0, "total_tokens": -1},
        "choices": [{"finish_reason": "", "message": {"content": "", "tool_calls": [
            {"function": {"name": "weather", "arguments": {"city": "Wien"}}},
        ]}}],
    }));
    assert_eq!(ollama.id.as_deref(), Some("877"));
    assert_eq!(ollama.created, None);
    assert_eq!(ollama.usage.unwrap().prompt_tokens, Some(26));
    let message = &ollama.choices[0].message;
    assert_eq!(
        message.tool_calls(),
        [ToolCall::function("", "weather", r#"{"city":"Wien"}"#)]
    );
    assert_eq!(read(json!({"choices": null})), Completion::default());
    assert_eq!(read(json!({"choices": [{"message": null}]})).text(), None);
    let odd = read(json!({"choices": [{"message": {"content": {"a": 1}, "role": 7}}], "usage": 3}));
    assert_eq!(
        odd.message().unwrap().content,
        Some(Content::Unknown(json!({"a": 1})))
    );
    serde_json::from_value::<Completion>(json!({"error": {"message": "m"}})).unwrap_err();
    let chunk = serde_json::from_value::<Chunk>(json!({"usage": {}})).unwrap();
    assert_eq!(chunk.choices, []);
}

#[test]
fn a_chunk_tells_its_text_usage_and_error() {
    let chunk: Chunk = same(&json!({
        "id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m",
        "choices": [
            {"index": 1, "delta": {"content": "b"}},
            {"index": 0, "delta": {"role": "assistant", "content": "a", "tool_calls": [
                {"index": 0, "id": "i", "type": "function", "function": {"name": "f", "arguments": ""}}]}},
        ],
        "x_groq": {"id": "req_1", "usage": {"total_tokens": 3}},
        "error": {"code": 502, "message": "m"},
    }));
    assert_eq!(chunk.text(), Some("a"));
    assert_eq!(chunk.usage().unwrap().total_tokens, Some(3));
    assert_eq!(chunk.error.as_ref().unwrap()["code"], 502);
}

#[test]
fn only_what_the_model_says_is_content() {
    let has_content = |delta: Value| {
        let json = json!({"choices": [{"delta": delta}]});
        serde_json::from_value::<Chunk>(json).unwrap().has_content()
    };
    for delta in [
        json!({}),
        json!(null),
        json!({"role": "assistant", "content": "", "refusal": null, "tool_calls": []}),
        json!({"content": [], "reasoning": "", "audio": {"id": "audio_1"}}),
        json!({"content": [{"type": "text", "text": ""}], "mood": 1}),
    ] {
        assert!(!has_content(delta));
    }
    for delta in [
        json!({"content": "a"}),
        json!({"content": [{"type": "thinking", "thinking": "a"}]}),
        json!({"refusal": "a"}),
        json!({"reasoning": "a"}),
        json!({"reasoning_content": "a"}),
        json!({"reasoning_details": [{"type": "reasoning.encrypted"}]}),
        json!({"tool_calls": [{"index": 0}]}),
        json!({"function_call": {"name": "f"}}),
        json!({"audio": {"transcript": "a"}}),
    ] {
        assert!(has_content(delta));
    }
}
