//! Proofs of what is recorded of requests, replies and streams.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::record::tests::{facts, open, parameters, parsed, prompt, redacting, reply};

const PNG: &str = "data:image/png;base64,iVBORw0KGgo=";

/// Every kind of message, each beside the message that is recorded.
fn messages() -> Vec<(Value, Value)> {
    let call = json!({
        "type": "tool_call", "id": "call_1", "name": "weather", "arguments": "{\"city\":\"Graz\"}",
    });
    vec![
        (
            json!({"role": "user", "content": "Hello!"}),
            json!({"role": "user", "parts": [{"type": "text", "content": "Hello!"}]}),
        ),
        (
            json!({"role": "user", "name": "Eva", "content": [
                {"type": "text", "text": "What is this?"},
                {"type": "image_url", "image_url": {"url": PNG, "detail": "low"}},
                {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
                {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}},
                {"type": "file", "file": {"file_id": "file-1"}},
                {"type": "file", "file": {"filename": "a.pdf", "file_data": "JVBERi0="}},
                {"type": "hologram", "data": "QUJD".repeat(40), "size": 3},
                "And this?",
            ]}),
            json!([{"role": "user", "parts": [
                {"type": "object", "content": {"type": "hologram", "data": "[Blob substitute]", "size": 3}},
            ]}, {"role": "user", "parts": [
                {"type": "text", "content": "What is this?"},
                {"type": "blob", "modality": "image", "mime_type": "image/png", "content": "[Blob substitute]"},
                {"type": "uri", "modality": "image", "mime_type": "image/png", "uri": "https://example.com/a.png"},
                {"type": "blob", "modality": "audio", "mime_type": "audio/wav", "content": "[Blob substitute]"},
                {"type": "file", "modality": "document", "mime_type": "application/octet-stream", "file_id": "file-1"},
                {"type": "blob", "modality": "document", "mime_type": "application/pdf", "filename": "a.pdf", "content": "[Blob substitute]"},
                {"type": "text", "content": "And this?"},
            ]}]),
        ),
        (
            json!({"role": "assistant", "content": null, "reasoning_content": "Hm.", "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{\"city\":\"Graz\"}"}},
                {"id": "call_2", "type": "custom", "custom": {"name": "shell", "input": "ls"}},
            ]}),
            json!({"role": "assistant", "parts": [
                {"type": "reasoning", "content": "Hm."},
                call,
                {"type": "tool_call", "id": "call_2", "name": "shell", "arguments": "ls"},
            ]}),
        ),
        (
            json!({"role": "tool", "tool_call_id": "call_1", "content": "rain"}),
            json!({"role": "tool", "parts": [
                {"type": "tool_call_response", "id": "call_1", "result": "rain"},
            ]}),
        ),
        (
            json!({"role": "tool", "tool_call_id": "call_2", "content": [{"type": "text", "text": "a"}, "b"]}),
            json!({"role": "tool", "parts": [
                {"type": "tool_call_response", "id": "call_2", "result": "a\nb"},
            ]}),
        ),
        (
            json!({"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}],
                "function_call": {"name": "f", "arguments": "{}"}}),
            json!([
                {"role": "assistant", "parts": [{"type": "text", "content": "No."}]},
                {"role": "assistant", "parts": [{"type": "tool_call", "name": "f", "arguments": "{}"}]},
            ]),
        ),
        (json!({"role": "assistant", "content": ""}), json!([])),
        (
            json!({"role": "function", "name": "f", "content": "1"}),
            json!({"role": "tool", "parts": [{"type": "tool_call_response", "result": "1"}]}),
        ),
        (
            json!({"role": "critic", "content": "Bad."}),
            json!({"role": "critic", "parts": [{"type": "text", "content": "Bad."}]}),
        ),
    ]
}

#[test]
fn each_message_becomes_one_of_a_role_and_parts_that_are_shown_together() {
    let (sent, expected): (Vec<_>, Vec<_>) = messages().into_iter().unzip();
    let expected: Vec<_> = expected
        .into_iter()
        .flat_map(|messages| match messages {
            Value::Array(messages) => messages,
            message => vec![message],
        })
        .collect();
    let request = json!({"model": "gpt-4o", "messages": sent});
    let recorded = prompt::<Request>(request, &open(None));
    assert_eq!(
        parsed(&recorded, names::INPUT_MESSAGES),
        Value::Array(expected)
    );
    assert_eq!(recorded.iter().count(), 1);
}

#[test]
fn system_and_developer_messages_are_instructions() {
    let request = json!({"model": "gpt-4o", "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi"},
        {"role": "developer", "content": [{"type": "text", "text": "Be kind."}, {"type": "text", "text": "Be."}]},
    ]});
    let recorded = prompt::<Request>(request, &open(Some(20_000)));
    assert_eq!(
        parsed(&recorded, names::SYSTEM_INSTRUCTIONS),
        json!([
            {"type": "text", "content": "Be brief."},
            {"type": "text", "content": "Be kind."},
            {"type": "text", "content": "Be."},
        ]),
    );
    assert_eq!(
        recorded.get(names::INPUT_MESSAGES),
        Some(&r#"[{"role":"user","parts":[{"type":"text","content":"Hi"}]}]"#.into()),
    );
}

#[test]
fn tools_are_told_flat() {
    let schema = json!({"type": "object", "properties": {"headers": {"type": "string"}}});
    let request = json!({
        "model": "gpt-4o", "messages": [],
        "tools": [
            {"type": "function", "function": {"name": "f", "description": "Does.", "parameters": schema, "strict": true}},
            {"type": "custom", "custom": {"name": "c", "description": "Also."}},
            {"type": "mcp", "server_label": "s", "authorization": "Bearer secret"},
        ],
        "functions": [{"name": "old"}],
        "web_search_options": {"search_context_size": "low"},
    });
    let recorded = prompt::<Request>(request, &open(Some(20_000)));
    assert_eq!(
        parsed(&recorded, names::TOOL_DEFINITIONS),
        json!([
            {"type": "function", "name": "f", "description": "Does.", "parameters": schema},
            {"type": "custom", "name": "c", "description": "Also."},
            {"type": "mcp"},
            {"type": "function", "name": "old"},
            {"type": "web_search_options", "parameters": {"search_context_size": "low"}},
        ]),
    );
    assert_eq!(recorded.get(names::INPUT_MESSAGES), None);
}

#[test]
fn stop_sequences_are_content() {
    let settings = redacting(|text| text.replace("ann@example.com", "[email]"));
    for (stop, expected) in [
        (json!("ann@example.com"), json!(["[email]"])),
        (
            json!(["a", "", "x".repeat(5_000)]),
            json!(["a", "x".repeat(1_021) + "…"]),
        ),
        (json!(vec!["a"; 500]), json!(vec!["a"; 64])),
        (json!([]), Value::Null),
        (json!(null), Value::Null),
    ] {
        let request = json!({"model": "m", "messages": [], "stop": stop});
        let recorded = prompt::<Request>(request.clone(), &settings);
        let stops = recorded.get(names::REQUEST_STOP_SEQUENCES);
        assert_eq!(stops.cloned().unwrap_or_default(), expected);
        assert_eq!(parameters::<Request>(request), json!({}));
    }
}

#[test]
fn parameters_are_told() {
    let request = json!({
        "model": "gpt-4o", "messages": [{"role": "user", "content": "marker"}],
        "temperature": 1, "top_p": 0.5, "frequency_penalty": -1.5, "presence_penalty": "high",
        "max_completion_tokens": 20, "max_tokens": 10, "seed": 7, "stop": ["a", "b"],
        "reasoning_effort": "low", "n": 2, "top_k": 40.0,
    });
    assert_eq!(
        parameters::<Request>(request),
        json!({
            "gen_ai.request.temperature": 1.0,
            "gen_ai.request.top_p": 0.5,
            "gen_ai.request.top_k": 40,
            "gen_ai.request.frequency_penalty": -1.5,
            "gen_ai.request.max_tokens": 20,
            "gen_ai.request.seed": "7",
            "gen_ai.request.reasoning.level": "low",
        }),
    );
    let request = json!({"model": "", "messages": [], "max_tokens": 10, "stop": "a", "reasoning": {"effort": "high"}});
    assert_eq!(
        parameters::<Request>(request),
        json!({
            "gen_ai.request.max_tokens": 10,
            "gen_ai.request.reasoning.level": "high",
        }),
    );
}

#[test]
fn identity_and_conversation_are_told() {
    let cases = [
        (
            json!({"model": "gpt-4o", "messages": []}),
            Some("gpt-4o"),
            None,
        ),
        (
            json!({"model": "", "messages": [], "conversation": "c"}),
            None,
            Some("c"),
        ),
        (
            json!({"messages": [], "conversation": {"id": "c"}}),
            None,
            Some("c"),
        ),
        (json!({"messages": [], "conversation": ""}), None, None),
    ];
    for (request, model, conversation) in cases {
        let request: Request = serde_json::from_value(request).unwrap();
        assert_eq!(request.model(), model);
        assert_eq!(request.conversation_id(), conversation);
        assert_eq!(request.operation().op(), "gen_ai.chat");
    }
}

fn completion() -> Value {
    json!({
        "id": "chatcmpl-1", "object": "chat.completion", "model": "gpt-4o-2024-08-06",
        "choices": [
            {"index": 1, "finish_reason": "length", "message": {"role": "assistant", "content": "Two", "refusal": "No."}},
            {"index": 0, "finish_reason": "tool_calls", "message": {
                "role": "assistant", "content": "One", "reasoning_content": "Hm.",
                "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{\"a\":1}"}}],
            }},
        ],
        "usage": {
            "prompt_tokens": 10.0, "completion_tokens": 5, "total_tokens": 15, "cost": 0.25,
            "prompt_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 2},
            "completion_tokens_details": {"reasoning_tokens": 3},
        },
    })
}

/// The same reply as a stream.
fn chunks() -> Vec<Value> {
    let choice = |index, delta: Value, reason: Value| {
        json!({
            "id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "gpt-4o-2024-08-06",
            "choices": [{"index": index, "delta": delta, "finish_reason": reason}],
        })
    };
    vec![
        choice(0, json!({"role": "assistant", "content": ""}), Value::Null),
        choice(1, json!({"role": "assistant", "content": "T"}), Value::Null),
        choice(0, json!({"reasoning_content": "H"}), Value::Null),
        choice(0, json!({"reasoning_content": "m."}), Value::Null),
        choice(0, json!({"content": "On"}), Value::Null),
        choice(1, json!({"content": "wo"}), Value::Null),
        choice(1, json!({"refusal": "No."}), Value::Null),
        choice(0, json!({"content": "e"}), Value::Null),
        choice(
            0,
            json!({"tool_calls": [
                {"index": 0, "id": "call_1", "type": "function", "function": {"name": "f", "arguments": ""}},
            ]}),
            Value::Null,
        ),
        choice(
            0,
            json!({"tool_calls": [{"index": 0, "function": {"arguments": "{\"a\":"}}]}),
            Value::Null,
        ),
        choice(
            0,
            json!({"tool_calls": [{"index": 0, "function": {"arguments": "1}"}}]}),
            Value::Null,
        ),
        choice(1, json!({}), json!("length")),
        choice(0, json!({}), json!("tool_calls")),
        json!({"id": "chatcmpl-1", "model": "gpt-4o-2024-08-06", "choices": [], "usage": completion()["usage"]}),
    ]
}

fn folded(chunks: &[Value], settings: &Settings) -> Completion {
    let mut fold = <chat::Fold as Fold>::new(settings);
    for chunk in chunks {
        Fold::push(&mut fold, &serde_json::from_value(chunk.clone()).unwrap());
    }
    Fold::finish(fold)
}

fn recorded(completion: &Completion, settings: &Settings) -> Attributes {
    let mut to = Attributes::default();
    completion.facts(&mut to);
    completion.content(settings, &mut to);
    to
}

#[test]
fn a_reply_tells_its_facts() {
    assert_eq!(
        facts::<Completion>(completion()),
        json!({
            "gen_ai.response.id": "chatcmpl-1",
            "gen_ai.response.model": "gpt-4o-2024-08-06",
            "gen_ai.response.finish_reasons": r#"["tool_calls","length"]"#,
            "gen_ai.usage.input_tokens": 10,
            "gen_ai.usage.output_tokens": 5,
            "gen_ai.usage.total_tokens": 15,
            "gen_ai.usage.cache_read.input_tokens": 4,
            "gen_ai.usage.cache_creation.input_tokens": 2,
            "gen_ai.usage.reasoning.output_tokens": 3,
            "gen_ai.cost.total_tokens": 0.25,
        }),
    );
    let empty =
        json!({"id": "", "choices": [{"finish_reason": null}, {"finish_reason": ""}], "usage": {}});
    assert_eq!(facts::<Completion>(empty), json!({}));
}

#[test]
fn a_reply_is_one_message_for_each_choice() {
    let recorded = reply::<Completion>(completion(), &open(Some(20_000)));
    assert_eq!(
        parsed(&recorded, names::OUTPUT_MESSAGES),
        json!([
            {"role": "assistant", "finish_reason": "tool_calls", "parts": [
                {"type": "reasoning", "content": "Hm."},
                {"type": "text", "content": "One"},
                {"type": "tool_call", "id": "call_1", "name": "f", "arguments": "{\"a\":1}"},
            ]},
            {"role": "assistant", "finish_reason": "length", "parts": [
                {"type": "text", "content": "Two"},
                {"type": "text", "content": "No."},
            ]},
        ]),
    );
    let spoken =
        json!({"choices": [{"message": {"audio": {"data": "UklGRg==", "transcript": "Hi"}}}]});
    assert_eq!(
        parsed(
            &reply::<Completion>(spoken, &open(None)),
            names::OUTPUT_MESSAGES
        ),
        json!([{"role": "assistant", "parts": [{"type": "text", "content": "Hi"}]}]),
    );
    let painted = json!({"choices": [{"message": {"content": "", "images": [
        {"type": "image_url", "image_url": {"url": PNG}},
        {"type": "image_url", "image_url": {"url": "https://u:p@example.com/a.webp?sig=1"}},
    ]}}]});
    assert_eq!(
        parsed(
            &reply::<Completion>(painted, &open(None)),
            names::OUTPUT_MESSAGES
        ),
        json!([{"role": "assistant", "parts": [
            {"type": "blob", "modality": "image", "mime_type": "image/png", "content": "[Blob substitute]"},
            {"type": "uri", "modality": "image", "mime_type": "image/webp", "uri": "https://example.com/a.webp"},
        ]}]),
    );
    assert!(reply::<Completion>(json!({"choices": [{}]}), &open(None)).is_empty());
}

#[test]
fn a_stream_is_recorded_like_the_whole_reply() {
    let whole: Completion = serde_json::from_value(completion()).unwrap();
    for limit in [None, Some(20_000), Some(300), Some(150), Some(60), Some(1)] {
        let settings = open(limit);
        let streamed = folded(&chunks(), &settings);
        assert_eq!(
            recorded(&streamed, &settings),
            recorded(&whole, &settings),
            "{limit:?}"
        );
    }
}

#[test]
fn a_long_stream_is_shortened_like_the_whole_reply() {
    let text = "a \"quoted\" wörd ".repeat(200);
    let pieces: Vec<Value> = text
        .split_inclusive(' ')
        .map(|piece| json!({"choices": [{"index": 0, "delta": {"content": piece}}]}))
        .collect();
    let whole = json!({"choices": [{"index": 0, "message": {"content": text}}]});
    let whole: Completion = serde_json::from_value(whole).unwrap();
    for limit in 60..400 {
        let settings = open(Some(limit));
        let streamed = recorded(&folded(&pieces, &settings), &settings);
        assert_eq!(streamed, recorded(&whole, &settings));
        let json = streamed
            .get(names::OUTPUT_MESSAGES)
            .map(|json| json.as_str().unwrap());
        assert!(json.is_none_or(|json| json.len() <= limit && json.contains('…')));
        parsed(&streamed, names::OUTPUT_MESSAGES);
    }
}

#[test]
fn a_stream_keeps_no_content_where_none_is_recorded() {
    let settings = Settings {
        record_outputs: false,
        ..open(None)
    };
    let kept = serde_json::to_string(&folded(&chunks(), &settings)).unwrap();
    for text in ["One", "Two", "No.", "Hm."] {
        assert!(!kept.contains(text), "{kept}");
    }
    assert_eq!(
        crate::record::tests::object({
            let mut to = Attributes::default();
            folded(&chunks(), &settings).facts(&mut to);
            to
        }),
        facts::<Completion>(completion()),
    );
}

proptest! {
    #[test]
    fn any_request_is_recorded_within_its_limit(
        mut request in super::super::tests::object_of(&[
            "messages", "role", "content", "type", "text", "image_url", "url", "tool_calls", "function", "name",
            "arguments", "tools", "parameters", "stop", "reasoning_content", "file", "file_data",
        ]),
        limit in prop_oneof![Just(None), (0..400_usize).prop_map(Some)],
    ) {
        super::super::tests::wrap(&mut request, "messages");
        if let Ok(request) = serde_json::from_value::<Request>(request) {
            super::super::tests::holds_for_prompt(&request, limit)?;
        }
    }

    #[test]
    fn any_reply_is_recorded_within_its_limit(
        mut reply in super::super::tests::object_of(&[
            "choices", "message", "content", "type", "text", "tool_calls", "function", "name", "arguments", "index",
            "finish_reason", "delta", "usage", "prompt_tokens", "reasoning_details", "audio", "transcript",
        ]),
        limit in prop_oneof![Just(None), (0..400_usize).prop_map(Some)],
    ) {
        super::super::tests::wrap(&mut reply, "choices");
        if let Ok(chunk) = serde_json::from_value::<Chunk>(reply.clone()) {
            let mut fold = <chat::Fold as Fold>::new(&open(limit));
            Fold::push(&mut fold, &chunk);
            Fold::push(&mut fold, &chunk);
            super::super::tests::holds_for_reply(&Fold::finish(fold), limit)?;
        }
        if let Ok(reply) = serde_json::from_value::<Completion>(reply) {
            super::super::tests::holds_for_reply(&reply, limit)?;
        }
    }
}
