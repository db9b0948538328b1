//! Every kind of item, for the tests.

use serde_json::{Value, json};

/// Every kind of item, with the role and the parts that are recorded.
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
                {"type": "uri", "modality": "image", "mime_type": "image/png", "uri": "https://example.com/a.png"},
                {"type": "file", "modality": "image", "mime_type": "image/*", "file_id": "file-1"},
                {"type": "blob", "modality": "document", "mime_type": "application/pdf", "filename": "a.pdf", "content": "[Blob substitute]"},
                {"type": "uri", "modality": "document", "mime_type": "application/pdf", "uri": "https://example.com/a.pdf"},
                {"type": "blob", "modality": "audio", "mime_type": "audio/mpeg", "content": "[Blob substitute]"},
                {"type": "object", "content": {"type": "input_hologram", "data": "[Blob substitute]", "size": 3}},
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
            json!([response("c", "rain")]),
        ),
        (
            json!({"type": "function_call_output", "call_id": "c", "output": [{"type": "input_image", "image_url": png}]}),
            "tool",
            json!([response("c", "[Blob substitute]")]),
        ),
        (
            json!({"type": "function_call_output", "call_id": "c", "output": png}),
            "tool",
            json!([response("c", "[Blob substitute]")]),
        ),
        (
            json!({"type": "custom_tool_call", "id": "x", "call_id": "c", "name": "sql", "input": "select"}),
            "assistant",
            json!([call("c", "sql", json!("select"))]),
        ),
        (
            json!({"type": "custom_tool_call_output", "call_id": "c", "output": "1"}),
            "tool",
            json!([response("c", "1")]),
        ),
        (
            json!({"type": "file_search_call", "id": "fs", "queries": ["a"], "results": [{"file_id": "f", "text": "t"}]}),
            "assistant",
            json!([
                call("fs", "file_search", json!(["a"])),
                response("fs", r#"[{"file_id":"f","text":"t"}]"#),
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
            json!([response("c", "[Blob substitute]")]),
        ),
        (
            json!({"type": "image_generation_call", "id": "ig", "result": "iVBORw0KGgo=", "output_format": "png", "action": "edit"}),
            "assistant",
            json!([
                call("ig", "image_generation", json!("edit")),
                response("ig", "[Blob substitute]")
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
                    r#"[{"type":"logs","logs":"2"},{"type":"image","url":"[Blob substitute]"}]"#
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
            json!([response("c", "a")]),
        ),
        (
            json!({"type": "shell_call", "id": "s", "call_id": "c", "action": {"commands": ["ls"]}}),
            "assistant",
            json!([call("c", "shell", json!({"commands": ["ls"]}))]),
        ),
        (
            json!({"type": "shell_call_output", "call_id": "c", "output": [{"stdout": "a", "stderr": ""}]}),
            "tool",
            json!([response("c", r#"[{"stdout":"a","stderr":""}]"#)]),
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
            json!([response("c", "completed")]),
        ),
        (
            json!({"type": "mcp_call", "id": "mcp", "server_label": "s", "name": "roll", "arguments": "{}", "output": "4"}),
            "assistant",
            json!([call("mcp", "roll", json!("{}")), response("mcp", "4")]),
        ),
        (
            json!({"type": "mcp_call", "id": "mcp", "name": "roll", "arguments": "{}", "error": {"code": 1}}),
            "assistant",
            json!([
                call("mcp", "roll", json!("{}")),
                response("mcp", r#"{"code":1}"#)
            ]),
        ),
        (
            json!({"type": "mcp_approval_request", "id": "a", "server_label": "s", "name": "roll", "arguments": "{}"}),
            "assistant",
            json!([object(json!({
                "type": "mcp_approval_request", "id": "a", "server_label": "s", "name": "roll", "arguments": "{}",
            }))]),
        ),
        (
            json!({"type": "tool_search_output", "call_id": "c", "tools": [
                {"type": "mcp", "server_label": "s", "server_url": "https://k@example.com", "authorization": "secret",
                    "headers": {"x": "secret"}}]}),
            "tool",
            json!([response("c", r#"[{"type":"mcp","name":"s"}]"#)]),
        ),
        (
            json!({"type": "additional_tools", "role": "developer", "tools": [{"type": "function", "name": "f"}]}),
            "tool",
            json!([object(
                json!({"type": "additional_tools", "tools": [{"type": "function", "name": "f"}]})
            )]),
        ),
        (
            json!({"type": "program", "call_id": "c", "code": "f()"}),
            "assistant",
            json!([call("c", "program", json!({"code": "f()"}))]),
        ),
        (
            json!({"type": "item_reference", "id": "i"}),
            "assistant",
            json!([object(json!({"type": "item_reference", "id": "i"}))]),
        ),
        (
            json!({"type": "dream", "id": "d", "image": "QUJD".repeat(40), "headers": {"x": "secret"}, "mood": [1, null]}),
            "assistant",
            json!([object(json!({
                "type": "dream", "id": "d", "image": "[Blob substitute]", "headers": "[redacted]", "mood": [1, null],
            }))]),
        ),
    ]
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in a table")]
fn call(id: &str, name: &str, arguments: Value) -> Value {
    json!({"type": "tool_call", "id": id, "name": name, "arguments": arguments})
}

fn response(id: &str, result: &str) -> Value {
    json!({"type": "tool_call_response", "id": id, "result": result})
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in a table")]
fn object(content: Value) -> Value {
    json!({"type": "object", "content": content})
}
