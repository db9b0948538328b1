//! Replies of other servers, and replies that are newer than the crate.

use serde_json::{Value, json};

use super::exchange::{Ask, Exchange, check};
use crate::support::Reply;

/// Replies to a chat, as they are sent, and what the caller gets if it is not the same.
pub(crate) fn chats() -> Vec<(&'static str, Value, Option<Value>)> {
    let message = |message: Value| json!({"choices": [{"message": message}]});
    vec![
        (
            "OpenRouter: reasoning with details, a provider, a cost",
            json!({
                "id": "gen-1", "provider": "DeepInfra", "model": "z/m", "object": "chat.completion", "created": 1.0,
                "choices": [{"index": 0, "finish_reason": "stop", "native_finish_reason": "end_turn",
                    "message": {"role": "assistant", "content": "Hi", "reasoning": "Hm",
                        "reasoning_details": [{"type": "reasoning.text", "text": "Hm", "signature": null}]}}],
                "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3, "cost": 0.000_15,
                    "is_byok": false},
            }),
            None,
        ),
        (
            "DeepSeek: reasoning and its own finish reason",
            json!({
                "choices": [{"index": 0, "finish_reason": "insufficient_system_resource",
                    "message": {"role": "assistant", "content": "Hi", "reasoning_content": "Hm"}}],
                "usage": {"prompt_tokens": 10, "prompt_cache_hit_tokens": 8, "prompt_cache_miss_tokens": 2},
            }),
            None,
        ),
        (
            "Azure: filter results",
            json!({
                "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": {"hate": {"filtered": false}}}],
                "choices": [{"index": 0, "finish_reason": "content_filter",
                    "content_filter_results": {"hate": {"filtered": true}}, "message": {"role": "assistant"}}],
            }),
            None,
        ),
        (
            "Groq: times and its own object",
            json!({
                "choices": [{"message": {"role": "assistant", "content": "Hi", "executed_tools": []}}],
                "usage": {"prompt_tokens": 1, "queue_time": 0.05}, "x_groq": {"id": "req_1"},
            }),
            None,
        ),
        (
            "Ollama: nulls, no id, an empty finish reason",
            json!({"id": null, "object": null, "created": null, "model": "llama3",
                "choices": [{"index": null, "finish_reason": "", "logprobs": null,
                    "message": {"role": null, "content": "Hi", "tool_calls": null}}],
                "usage": null}),
            Some(json!({"model": "llama3",
                "choices": [{"finish_reason": "", "message": {"content": "Hi"}}]})),
        ),
        (
            "LM Studio: empty usage and statistics",
            json!({"choices": [{"message": {"content": "Hi", "tool_calls": []}}], "usage": {}, "stats": {}}),
            None,
        ),
        (
            "vLLM: nulls where others have nothing",
            json!({"choices": [{"index": 0, "stop_reason": null, "message": {"content": "Hi", "refusal": null}}],
                "prompt_logprobs": null, "kv_transfer_params": null}),
            Some(
                json!({"choices": [{"index": 0, "stop_reason": null, "message": {"content": "Hi"}}],
                "prompt_logprobs": null, "kv_transfer_params": null}),
            ),
        ),
        (
            "llama.cpp: timings",
            json!({"choices": [{"message": {"content": "Hi"}}], "timings": {"prompt_ms": 1.25}}),
            None,
        ),
        (
            "SGLang: a matched stop and metadata",
            json!({"choices": [{"matched_stop": 151_645, "message": {"content": "Hi"}}], "metadata": {"weight_version": "d"}}),
            None,
        ),
        (
            "Mistral: content in parts, also such as nobody knows",
            message(json!({"role": "assistant", "content": [
                {"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]},
                {"type": "text", "text": "Hi"}, {"type": "reference", "reference_ids": [1]}]})),
            None,
        ),
        (
            "tool calls without index, type or id, and of an unknown type",
            message(json!({"tool_calls": [
                {"function": {"name": "f", "arguments": "{}"}},
                {"id": "c", "type": "telepathy", "telepathy": {"thought": [1, null]}}]})),
            Some(message(json!({"tool_calls": [
                {"id": "", "type": "function", "function": {"name": "f", "arguments": "{}"}},
                {"id": "c", "type": "telepathy", "telepathy": {"thought": [1, null]}}]}))),
        ),
        (
            "counts with a fraction",
            json!({"choices": [], "usage": {"prompt_tokens": 5.0, "completion_tokens": null}}),
            Some(json!({"choices": [], "usage": {"prompt_tokens": 5}})),
        ),
        (
            "numbers are read as texts, and values of another kind are absent",
            json!({"id": 7, "created": "now", "choices": [{"message": {"content": "Hi", "refusal": [1]}}]}),
            Some(json!({"id": "7", "choices": [{"message": {"content": "Hi"}}]})),
        ),
        (
            "a role, a finish reason and fields that are newer than the crate",
            json!({"choices": [{"finish_reason": "tired", "mood": {"x": [1]},
                "message": {"role": "oracle", "content": "Hi", "aura": "blue"}}], "era": 9}),
            None,
        ),
        (
            "choices of null are none",
            json!({"choices": null}),
            Some(json!({"choices": []})),
        ),
    ]
}

/// Replies to other requests.
fn others() -> Vec<(&'static str, Ask, Value, Option<Value>)> {
    vec![
        (
            "a response with items, parts and fields that are newer than the crate",
            Ask::Response,
            json!({"object": "response", "era": 9, "status": "dreaming", "output": [
                {"type": "telepathy_call", "id": "t", "thought": {"x": [1, null]}},
                {"type": "message", "role": "assistant", "mood": 1, "content": [
                    {"type": "output_smell", "smell": "rose"}, {"type": "output_text", "text": "Hi", "annotations": [], "font": "x"}]},
                {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "AAAA", "depth": 3},
            ]}),
            None,
        ),
        (
            "a response without anything but output",
            Ask::Response,
            json!({"output": null, "usage": null, "error": null, "id": null}),
            Some(json!({"output": []})),
        ),
        (
            "vectors without index or object, usage empty",
            Ask::Embeddings,
            json!({"data": [{"embedding": [1.0]}], "usage": {}}),
            None,
        ),
        (
            "vectors of null are none",
            Ask::Embeddings,
            json!({"data": null}),
            Some(json!({"data": []})),
        ),
        (
            "models with prices",
            Ask::ListModels,
            json!({"data": [{"id": "m", "pricing": {"prompt": "0"}, "created": null}]}),
            Some(json!({"data": [{"id": "m", "pricing": {"prompt": "0"}}]})),
        ),
        (
            "a conversation without notes",
            Ask::RetrieveConversation,
            json!({"id": "conv_1", "metadata": null, "more": 1}),
            Some(json!({"id": "conv_1", "more": 1})),
        ),
    ]
}

pub(crate) fn table() -> Vec<Exchange> {
    let chats = chats()
        .into_iter()
        .map(|(rule, sent, got)| (rule, Ask::Chat, sent, got));
    let mut table: Vec<_> = chats
        .chain(others())
        .map(|(rule, ask, sent, got)| {
            let got = got.unwrap_or_else(|| sent.clone());
            Exchange::once(rule, ask, Reply::json(200, &sent), got)
        })
        .collect();
    table.push(Exchange::once(
        "blank lines before the JSON (DeepSeek, OpenRouter)",
        Ask::Chat,
        Reply::text(200, "application/json", "\n\n\r\n   \n{\"choices\":[]}\n"),
        json!({"choices": []}),
    ));
    let whole_stream = |chunks: Vec<Value>| (Reply::sse(&chunks).done(), json!({"items": chunks}));
    let streams = [
        (
            "chunks with usage in each (llama.cpp, xAI), and unknown fields",
            Ask::ChatStream,
            vec![
                json!({"choices": [{"index": 0, "delta": {"content": "H", "aura": 1}, "mood": 2}],
                    "usage": {"prompt_tokens": 1}, "era": 9}),
                json!({"choices": [], "usage": {"prompt_tokens": 1}, "x_groq": {"id": "r"}}),
            ],
        ),
        (
            "chunks whose tool calls have no index, or an unknown type",
            Ask::ChatStream,
            vec![json!({"choices": [{"delta": {"tool_calls": [
                {"id": "c", "function": {"name": "f", "arguments": ""}}]}, "finish_reason": "tired"}]})],
        ),
        (
            "events, items and parts that are newer than the crate",
            Ask::ResponseStream,
            vec![
                json!({"type": "response.telepathy.delta", "delta": {"x": [1, null]}}),
                json!({"type": "response.output_item.added", "output_index": 0,
                    "item": {"type": "telepathy_call", "thought": 1.5}}),
                json!({"type": "response.content_part.added", "item_id": "i", "output_index": 0, "content_index": 0,
                    "part": {"type": "output_smell", "smell": "rose"}}),
                json!({"no_type": "at all"}),
                json!({"type": "response.completed", "response": {"output": []}}),
            ],
        ),
    ];
    table.extend(streams.map(|(rule, ask, chunks)| {
        let (reply, gives) = whole_stream(chunks);
        Exchange::once(rule, ask, reply, gives)
    }));
    table
}

#[tokio::test]
async fn what_servers_reply_is_read_and_kept() {
    check(&table()).await;
}
