//! Proofs of what is recorded of requests and whole replies.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::record::tests::{facts, open, parameters, parsed, prompt, reply};

#[expect(clippy::needless_pass_by_value, reason = "it stands in a table")]
fn call(id: &str, name: &str, arguments: Value) -> Value {
    json!({"type": "tool_call", "id": id, "name": name, "arguments": arguments})
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in a table")]
fn response(id: &str, content: Value) -> Value {
    json!({"type": "tool_call_response", "id": id, "content": content})
}

/// Every kind of item, with the role and the parts that are recorded.
#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn items() -> Vec<(Value, &'static str, Value)> {
    let blob = json!({
        "type": "blob", "modality": "image", "mime_type": "image/png", "content": "[Blob substitute]",
    });
    let png = "data:image/png;base64,iVBORw0KGgo=";
    let action = json!({"type": "search", "query": "rain"});
    vec![
        (
            json!({"role": "user", "content": "Hi"}),
            "user",
            json!([{"type": "text", "content": "Hi"}]),
        ),
        (
            json!({"type": "message", "role": "user", "content": [
                {"type": "input_text", "text": "What?"},
                {"type": "input_image", "image_url": png, "detail": "low"},
                {"type": "input_image", "image_url": "https://example.com/a.png"},
                {"type": "input_image", "file_id": "file-1"},
                {"type": "input_file", "filename": "a.pdf", "file_data": "JVBERi0="},
                {"type": "input_file", "file_url": "https://example.com/a.pdf"},
                {"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "mp3"}},
                {"type": "input_hologram", "data": "QUJD".repeat(40), "size": 3},
            ]}),
            "user",
            json!([
                {"type": "text", "content": "What?"},
                blob,
                {"type": "uri", "modality": "image", "uri": "https://example.com/a.png"},
                {"type": "file", "file_id": "file-1"},
                {"type": "blob", "modality": "document", "mime_type": "application/pdf", "content": "[Blob substitute]"},
                {"type": "uri", "modality": "document", "uri": "https://example.com/a.pdf"},
                {"type": "blob", "modality": "audio", "mime_type": "audio/mpeg", "content": "[Blob substitute]"},
                {"type": "input_hologram", "data": "[Blob substitute]", "size": 3},
            ]),
        ),
        (
            json!({"type": "message", "id": "m", "role": "assistant", "content": [
                {"type": "output_text", "text": "Yes", "annotations": []}, {"type": "refusal", "refusal": "No"},
            ]}),
            "assistant",
            json!([{"type": "text", "content": "Yes"}, {"type": "text", "content": "No"}]),
        ),
        (
            json!({"type": "reasoning", "id": "r", "encrypted_content": "secret", "summary": [
                {"type": "summary_text", "text": "Hm."}], "content": [{"type": "reasoning_text", "text": "So."}]}),
            "assistant",
            json!([{"type": "reasoning", "content": "Hm."}, {"type": "reasoning", "content": "So."}]),
        ),
        (
            json!({"type": "function_call", "id": "fc", "call_id": "c", "name": "f", "arguments": "{\"a\": 1}"}),
            "assistant",
            json!([call("c", "f", json!("{\"a\": 1}"))]),
        ),
        (
            json!({"type": "function_call_output", "call_id": "c", "output": "rain"}),
            "tool",
            json!([response("c", json!("rain"))]),
        ),
        (
            json!({"type": "function_call_output", "call_id": "c", "output": [{"type": "input_image", "image_url": png}]}),
            "tool",
            json!([response("c", json!([blob]))]),
        ),
        (
            json!({"type": "function_call_output", "call_id": "c", "output": png}),
            "tool",
            json!([response("c", json!("[Blob substitute]"))]),
        ),
        (
            json!({"type": "custom_tool_call", "id": "x", "call_id": "c", "name": "sql", "input": "select"}),
            "assistant",
            json!([call("c", "sql", json!("select"))]),
        ),
        (
            json!({"type": "custom_tool_call_output", "call_id": "c", "output": "1"}),
            "tool",
            json!([response("c", json!("1"))]),
        ),
        (
            json!({"type": "file_search_call", "id": "fs", "queries": ["a"], "results": [{"file_id": "f", "text": "t"}]}),
            "assistant",
            json!([
                call("fs", "file_search", json!(["a"])),
                response("fs", json!([{"file_id": "f", "text": "t"}])),
            ]),
        ),
        (
            json!({"type": "web_search_call", "id": "ws", "status": "completed", "action": action}),
            "assistant",
            json!([call("ws", "web_search", action)]),
        ),
        (
            json!({"type": "computer_call", "id": "cu", "call_id": "c", "action": {"type": "click", "x": 1, "y": 2}}),
            "assistant",
            json!([call(
                "c",
                "computer",
                json!({"type": "click", "x": 1, "y": 2})
            )]),
        ),
        (
            json!({"type": "computer_call_output", "call_id": "c", "output": {"type": "computer_screenshot", "image_url": png}}),
            "tool",
            json!([response("c", json!([blob]))]),
        ),
        (
            json!({"type": "image_generation_call", "id": "ig", "result": "iVBORw0KGgo=", "output_format": "png", "action": "edit"}),
            "assistant",
            json!([
                call("ig", "image_generation", json!("edit")),
                response("ig", json!([blob]))
            ]),
        ),
        (
            json!({"type": "code_interpreter_call", "id": "ci", "code": "1+1", "outputs": [
                {"type": "logs", "logs": "2"}, {"type": "image", "url": png}]}),
            "assistant",
            json!([
                call("ci", "code_interpreter", json!({"code": "1+1"})),
                response(
                    "ci",
                    json!([{"type": "logs", "logs": "2"}, {"type": "image", "url": "[Blob substitute]"}])
                ),
            ]),
        ),
        (
            json!({"type": "local_shell_call", "id": "ls", "call_id": "c", "action": {"type": "exec", "command": ["ls"]}}),
            "assistant",
            json!([call(
                "c",
                "local_shell",
                json!({"type": "exec", "command": ["ls"]})
            )]),
        ),
        (
            json!({"type": "local_shell_call_output", "id": "c", "output": "a"}),
            "tool",
            json!([response("c", json!("a"))]),
        ),
        (
            json!({"type": "shell_call", "id": "s", "call_id": "c", "action": {"commands": ["ls"]}}),
            "assistant",
            json!([call("c", "shell", json!({"commands": ["ls"]}))]),
        ),
        (
            json!({"type": "shell_call_output", "call_id": "c", "output": [{"stdout": "a", "stderr": ""}]}),
            "tool",
            json!([response("c", json!([{"stdout": "a", "stderr": ""}]))]),
        ),
        (
            json!({"type": "apply_patch_call", "call_id": "c", "operation": {"type": "create_file", "path": "a", "diff": "+"}}),
            "assistant",
            json!([call(
                "c",
                "apply_patch",
                json!({"type": "create_file", "path": "a", "diff": "+"})
            )]),
        ),
        (
            json!({"type": "apply_patch_call_output", "call_id": "c", "status": "completed"}),
            "tool",
            json!([{"type": "tool_call_response", "id": "c"}]),
        ),
        (
            json!({"type": "mcp_call", "id": "mcp", "server_label": "s", "name": "roll", "arguments": "{}", "output": "4"}),
            "assistant",
            json!([
                call("mcp", "roll", json!("{}")),
                response("mcp", json!("4"))
            ]),
        ),
        (
            json!({"type": "mcp_call", "id": "mcp", "name": "roll", "arguments": "{}", "error": {"code": 1}}),
            "assistant",
            json!([
                call("mcp", "roll", json!("{}")),
                response("mcp", json!({"code": 1}))
            ]),
        ),
        (
            json!({"type": "mcp_approval_request", "id": "a", "server_label": "s", "name": "roll", "arguments": "{}"}),
            "assistant",
            json!([{"type": "mcp_approval_request", "id": "a", "server_label": "s", "name": "roll", "arguments": "{}"}]),
        ),
        (
            json!({"type": "tool_search_output", "call_id": "c", "tools": [
                {"type": "mcp", "server_label": "s", "server_url": "https://k@example.com", "authorization": "secret",
                    "headers": {"x": "secret"}}]}),
            "tool",
            json!([response("c", json!([{"type": "mcp", "name": "s"}]))]),
        ),
        (
            json!({"type": "additional_tools", "role": "developer", "tools": [{"type": "function", "name": "f"}]}),
            "tool",
            json!([{"type": "additional_tools", "tools": [{"type": "function", "name": "f"}]}]),
        ),
        (
            json!({"type": "program", "call_id": "c", "code": "f()"}),
            "assistant",
            json!([call("c", "program", json!({"code": "f()"}))]),
        ),
        (
            json!({"type": "item_reference", "id": "i"}),
            "assistant",
            json!([{"type": "item_reference", "id": "i"}]),
        ),
        (
            json!({"type": "dream", "id": "d", "image": "QUJD".repeat(40), "headers": {"x": "secret"}, "mood": [1, null]}),
            "assistant",
            json!([{"type": "dream", "id": "d", "image": "[Blob substitute]", "mood": [1, null]}]),
        ),
    ]
}

#[test]
fn each_item_becomes_one_message_of_a_role_and_parts() {
    for (item, role, parts) in items() {
        let request = json!({"model": "gpt-4o", "input": [item]});
        let recorded = prompt::<Request>(request, &open(Some(20_000)));
        let expected = json!([{"role": role, "parts": parts}]);
        assert_eq!(parsed(&recorded, names::INPUT_MESSAGES), expected);
        assert_eq!(recorded.iter().count(), 1);
    }
    let all: Vec<_> = items().into_iter().map(|(item, _, _)| item).collect();
    let count = all.len();
    let recorded = prompt::<Request>(json!({"input": all}), &open(None));
    let messages = parsed(&recorded, names::INPUT_MESSAGES);
    assert_eq!(messages.as_array().unwrap().len(), count);
    assert!(
        !recorded
            .get(names::INPUT_MESSAGES)
            .unwrap()
            .to_string()
            .contains("secret")
    );
}

#[test]
fn all_items_of_a_reply_are_one_message() {
    for (item, _, parts) in items() {
        let whole = json!({"status": "completed", "output": [item]});
        let recorded = reply::<Response>(whole, &open(Some(20_000)));
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
    });
    assert_eq!(
        parameters::<Request>(request),
        json!({
            "gen_ai.request.temperature": 0.5,
            "gen_ai.request.top_p": 1.0,
            "gen_ai.request.max_tokens": 20,
            "gen_ai.request.reasoning.level": "high",
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
