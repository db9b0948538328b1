//! Proofs of what is recorded of requests and whole replies.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::samples::items;
use super::*;
use crate::record::tests::{facts, open, parameters, parsed, prompt, reply};

#[test]
fn each_item_becomes_messages_of_a_role_and_parts_that_are_shown_together() {
    for (item, role, parts) in items() {
        let request = json!({"model": "gpt-4o", "input": [item]});
        let recorded = prompt::<Request>(request, &open(Some(20_000)));
        assert_eq!(
            parsed(&recorded, names::INPUT_MESSAGES),
            messages(role, &parts)
        );
        assert_eq!(recorded.iter().count(), 1);
    }
    let all: Vec<_> = items().into_iter().map(|(item, _, _)| item).collect();
    let expected: Vec<_> = items()
        .into_iter()
        .flat_map(|(_, role, parts)| messages(role, &parts).as_array().unwrap().clone())
        .collect();
    for settings in [open(None), open(Some(200_000))] {
        let recorded = prompt::<Request>(json!({"input": all}), &settings);
        assert_eq!(parsed(&recorded, names::INPUT_MESSAGES), json!(expected));
    }
    let recorded = prompt::<Request>(json!({"input": all}), &open(None));
    assert!(
        !recorded
            .get(names::INPUT_MESSAGES)
            .unwrap()
            .to_string()
            .contains("secret")
    );
}

/// Objects, texts and media, calls and results each in a message of its own; results in one of the tool.
fn messages(role: &str, parts: &Value) -> Value {
    let kinds = [
        (role, &["object"][..]),
        (role, &["text", "reasoning", "blob", "uri", "file"]),
        (role, &["tool_call"]),
        ("tool", &["tool_call_response"]),
    ];
    let parts = parts.as_array().unwrap();
    let messages = kinds.into_iter().filter_map(|(role, kinds)| {
        let of_kind = |part: &&Value| kinds.contains(&part["type"].as_str().unwrap());
        let parts: Vec<_> = parts.iter().filter(of_kind).collect();
        (!parts.is_empty()).then(|| json!({"role": role, "parts": parts}))
    });
    messages.collect()
}

/// A result is shown there only as an object.
fn in_answer(part: &Value) -> Value {
    if part["type"] == "tool_call_response" {
        json!({"type": "object", "content": part})
    } else {
        part.clone()
    }
}

#[test]
fn all_items_of_a_reply_are_one_message() {
    for (item, _, parts) in items() {
        let whole = json!({"status": "completed", "output": [item]});
        let recorded = reply::<Response>(whole, &open(Some(20_000)));
        let parts: Vec<_> = parts.as_array().unwrap().iter().map(in_answer).collect();
        let expected = json!([{"role": "assistant", "parts": parts, "finish_reason": "completed"}]);
        assert_eq!(parsed(&recorded, names::OUTPUT_MESSAGES), expected);
    }
    assert!(reply::<Response>(json!({"status": "failed", "output": []}), &open(None)).is_empty());
}

#[test]
fn instructions_and_system_messages_stand_apart() {
    let request = json!({"model": "m", "instructions": "Be brief.", "input": [
        {"role": "developer", "content": "Be kind."},
        {"role": "user", "content": "Hi"},
        {"role": "system", "content": [{"type": "input_text", "text": "Be."}]},
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
        parsed(&recorded, names::INPUT_MESSAGES),
        json!([{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}]),
    );
}

#[test]
fn a_text_is_one_message_of_the_user() {
    let recorded = prompt::<Request>(json!({"model": "m", "input": "Hi"}), &open(None));
    assert_eq!(
        recorded.get(names::INPUT_MESSAGES),
        Some(&r#"[{"role":"user","parts":[{"type":"text","content":"Hi"}]}]"#.into()),
    );
    assert!(prompt::<Request>(json!({"prompt": {"id": "p"}}), &open(None)).is_empty());
    let stored = json!({"prompt": {"id": "p", "variables": {"city": "Graz"}}, "input": "Hi"});
    assert_eq!(
        parsed(
            &prompt::<Request>(stored, &open(Some(20_000))),
            names::INPUT_MESSAGES
        ),
        json!([
            {"role": "user", "parts": [{"type": "object", "content": {"city": "Graz"}}]},
            {"role": "user", "parts": [{"type": "text", "content": "Hi"}]},
        ]),
    );
}

#[test]
fn tools_are_told_flat_and_never_with_what_authorizes() {
    let schema = json!({"type": "object"});
    let request = json!({"model": "m", "input": "x", "tools": [
        {"type": "function", "name": "f", "description": "Does.", "parameters": schema, "strict": true},
        {"type": "custom", "name": "c", "format": {"type": "text"}},
        {"type": "web_search", "search_context_size": "low"},
        {"type": "mcp", "server_label": "s", "server_description": "Dice.", "server_url": "https://key@example.com",
            "authorization": "key", "headers": {"Authorization": "key"}},
        {"type": "namespace", "name": "crm", "description": "CRM.", "tools": [{"type": "function", "name": "g"}]},
        {"type": "teleport", "name": "t", "headers": {"Authorization": "key"}},
    ]});
    for settings in [open(None), open(Some(20_000))] {
        let recorded = prompt::<Request>(request.clone(), &settings);
        assert_eq!(
            parsed(&recorded, names::TOOL_DEFINITIONS),
            json!([
                {"type": "function", "name": "f", "description": "Does.", "parameters": schema},
                {"type": "custom", "name": "c"},
                {"type": "web_search"},
                {"type": "mcp", "name": "s", "description": "Dice."},
                {"type": "namespace", "name": "crm", "description": "CRM."},
                {"type": "function", "name": "g"},
                {"type": "teleport", "name": "t"},
            ]),
        );
        assert!(!format!("{recorded:?}").contains("key"));
    }
}

#[test]
fn parameters_are_told() {
    let request = json!({
        "model": "o3", "input": "marker", "temperature": 0.5, "top_p": 1, "max_output_tokens": 20,
        "reasoning": {"effort": "high"}, "previous_response_id": "resp_0", "metadata": {"a": "marker"},
        "top_k": 5, "prompt": {"id": "pmpt_1", "variables": {"a": "marker"}},
    });
    assert_eq!(
        parameters::<Request>(request),
        json!({
            "gen_ai.request.temperature": 0.5,
            "gen_ai.request.top_p": 1.0,
            "gen_ai.request.top_k": 5,
            "gen_ai.request.max_tokens": 20,
            "gen_ai.request.reasoning.level": "high",
            "gen_ai.prompt.name": "pmpt_1",
        }),
    );
    for (conversation, expected) in [
        (json!("conv_1"), Some("conv_1")),
        (json!({"id": "conv_1"}), Some("conv_1")),
        (json!(""), None),
        (json!(null), None),
    ] {
        let request =
            json!({"input": "x", "conversation": conversation, "previous_response_id": "r"});
        let request: Request = serde_json::from_value(request).unwrap();
        assert_eq!(request.conversation_id(), expected);
        assert_eq!(Prompt::model(&request), None);
    }
}

#[test]
fn a_reply_tells_its_facts() {
    let whole = json!({
        "id": "resp_1", "object": "response", "model": "o3-2025-04-16", "status": "completed",
        "output": [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "marker"}]}],
        "instructions": "marker", "metadata": {"a": "marker"}, "temperature": 1,
        "usage": {
            "input_tokens": 10, "output_tokens": 5, "total_tokens": 15,
            "input_tokens_details": {"cached_tokens": 4}, "output_tokens_details": {"reasoning_tokens": 9},
        },
    });
    assert_eq!(
        facts::<Response>(whole),
        json!({
            "gen_ai.response.id": "resp_1",
            "gen_ai.response.model": "o3-2025-04-16",
            "gen_ai.response.finish_reasons": r#"["completed"]"#,
            "gen_ai.usage.input_tokens": 10,
            "gen_ai.usage.output_tokens": 5,
            "gen_ai.usage.total_tokens": 15,
            "gen_ai.usage.cache_read.input_tokens": 4,
        }),
    );
}

#[test]
fn the_finish_reason_is_the_status_or_why_it_is_incomplete() {
    let cases = [
        (json!({"status": "completed"}), Some(r#"["completed"]"#)),
        (json!({"status": "failed"}), Some(r#"["failed"]"#)),
        (json!({"status": "cancelled"}), Some(r#"["cancelled"]"#)),
        (json!({"status": "incomplete"}), Some(r#"["incomplete"]"#)),
        (
            json!({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}),
            Some(r#"["max_output_tokens"]"#),
        ),
        (json!({"status": "in_progress"}), None),
        (json!({"status": "queued"}), None),
        (json!({}), None),
    ];
    for (whole, expected) in cases {
        let facts = facts::<Response>(whole);
        assert_eq!(
            facts
                .get(names::RESPONSE_FINISH_REASONS)
                .and_then(Value::as_str),
            expected
        );
    }
}

#[test]
fn a_failed_response_tells_its_code() {
    let cases = [
        (json!({"status": "completed", "error": null}), None),
        (json!({"status": "incomplete"}), None),
        (
            json!({"status": "failed", "error": {"code": "server_error", "message": "marker"}}),
            Some(Some("server_error")),
        ),
        (
            json!({"status": "failed", "error": {"code": 500, "type": "overloaded"}}),
            Some(Some("overloaded")),
        ),
        (
            json!({"status": "failed", "error": {"code": "the prompt was"}}),
            Some(None),
        ),
        (json!({"status": "failed"}), Some(None)),
    ];
    for (whole, expected) in cases {
        let whole: Response = serde_json::from_value(whole).unwrap();
        let failed = whole.failure();
        assert_eq!(
            failed.as_ref().map(|failed| failed.code.as_deref()),
            expected
        );
    }
}

proptest! {
    #[test]
    fn any_request_is_recorded_within_its_limit(
        mut request in super::super::tests::object_of(&[
            "input", "instructions", "role", "content", "type", "text", "image_url", "tools", "name", "arguments",
            "parameters", "output", "action", "queries", "code", "summary", "call_id", "file_data", "headers",
        ]),
        limit in prop_oneof![Just(None), (0..400_usize).prop_map(Some)],
    ) {
        super::super::tests::wrap(&mut request, "input");
        if let Ok(request) = serde_json::from_value::<Request>(request) {
            super::super::tests::holds_for_prompt(&request, limit)?;
        }
    }

    #[test]
    fn any_reply_is_recorded_within_its_limit(
        mut reply in super::super::tests::object_of(&[
            "output", "status", "error", "code", "content", "type", "text", "arguments", "result", "summary", "usage",
            "input_tokens", "name", "action", "results", "outputs",
        ]),
        limit in prop_oneof![Just(None), (0..400_usize).prop_map(Some)],
    ) {
        super::super::tests::wrap(&mut reply, "output");
        if let Ok(reply) = serde_json::from_value::<Response>(reply) {
            super::super::tests::holds_for_reply(&reply, limit)?;
        }
    }

    #[test]
    fn any_items_are_recorded_within_their_limit(
        picked in proptest::collection::vec(0..30_usize, 0..8),
        limit in prop_oneof![Just(None), (0..900_usize).prop_map(Some)],
    ) {
        let items = items();
        let picked: Vec<_> = picked
            .iter()
            .filter_map(|index| items.get(*index))
            .map(|(item, _, _)| item.clone())
            .collect();
        let request: Request = serde_json::from_value(json!({"input": picked})).unwrap();
        super::super::tests::holds_for_prompt(&request, limit)?;
        let whole: Response = serde_json::from_value(json!({"status": "completed", "output": picked})).unwrap();
        super::super::tests::holds_for_reply(&whole, limit)?;
    }
}
