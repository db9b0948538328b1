//! Items: each kind is known, and goes back as it came.

use serde_json::{Value, json};

use super::same_after_reading;
use crate::types::responses::{Annotation, ComputerAction, Item, Message, Part};

fn known() -> Value {
    serde_json::from_str(
        r#"[
        {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "phase": "final_answer",
         "content": [
            {"type": "output_text", "text": "Hi", "logprobs": [
                {"token": "Hi", "logprob": -0.5, "bytes": [72, 105], "top_logprobs": [{"token": "Ho", "logprob": -1.5}]}],
             "annotations": [
                {"type": "url_citation", "url": "https://a.org", "title": "A", "start_index": 0, "end_index": 2},
                {"type": "file_citation", "file_id": "f", "filename": "a.txt", "index": 1},
                {"type": "container_file_citation", "container_id": "c", "file_id": "f", "filename": "a", "start_index": 0, "end_index": 1},
                {"type": "file_path", "file_id": "f", "index": 0}]},
            {"type": "refusal", "refusal": "No."}]},
        {"type": "message", "role": "user", "content": "plain"},
        {"type": "message", "role": "user", "content": [
            {"type": "input_text", "text": "a"},
            {"type": "input_image", "image_url": "data:image/png;base64,AAAA", "detail": "low"},
            {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,AAAA"},
            {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "mp3"}}]},
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "s"}],
         "content": [{"type": "reasoning_text", "text": "r"}], "encrypted_content": "gAAA", "status": "completed"},
        {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "f", "arguments": "{\"a\":1}", "status": "completed"},
        {"type": "function_call_output", "call_id": "c1", "output": "text"},
        {"type": "function_call_output", "call_id": "c1", "output": [{"type": "input_text", "text": "t"}]},
        {"type": "custom_tool_call", "id": "ctc_1", "call_id": "c2", "name": "sql", "input": "select 1"},
        {"type": "custom_tool_call_output", "call_id": "c2", "output": "1"},
        {"type": "file_search_call", "id": "fs_1", "status": "completed", "queries": ["q"], "results": [
            {"file_id": "f", "filename": "a", "text": "t", "score": 0.5, "attributes": {"k": "v"}}]},
        {"type": "web_search_call", "id": "ws_1", "status": "completed", "action":
            {"type": "search", "query": "q", "queries": ["q"], "sources": [{"type": "url", "url": "https://a.org"}]}},
        {"type": "web_search_call", "id": "ws_2", "status": "completed", "action": {"type": "open_page", "url": "u"}},
        {"type": "web_search_call", "id": "ws_3", "status": "failed", "action": {"type": "find_in_page", "url": "u", "pattern": "p"}},
        {"type": "computer_call", "id": "cu_1", "call_id": "c3", "status": "completed",
         "pending_safety_checks": [{"id": "sc", "code": "x", "message": "m"}],
         "action": {"type": "click", "button": "left", "x": 1, "y": 2}},
        {"type": "computer_call_output", "call_id": "c3", "output": {"type": "computer_screenshot", "image_url": "data:image/png;base64,AA"},
         "acknowledged_safety_checks": [{"id": "sc"}]},
        {"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": "AAAA", "revised_prompt": "a cat"},
        {"type": "image_generation_call", "id": "ig_2", "status": "failed", "result": null},
        {"type": "code_interpreter_call", "id": "ci_1", "status": "completed", "container_id": "cntr", "code": "print(1)",
         "outputs": [{"type": "logs", "logs": "1"}, {"type": "image", "url": "https://a.org/i.png"}]},
        {"type": "code_interpreter_call", "id": "ci_2", "status": "completed", "container_id": "cntr", "code": "1", "outputs": null},
        {"type": "local_shell_call", "id": "ls_1", "call_id": "c4", "status": "completed", "action":
            {"type": "exec", "command": ["ls"], "env": {}, "timeout_ms": 5}},
        {"type": "local_shell_call_output", "id": "c4", "output": "{}"},
        {"type": "shell_call", "id": "sh_1", "call_id": "c5", "status": "completed", "action":
            {"commands": ["ls"], "timeout_ms": 5, "max_output_length": 10}, "environment": {"type": "local"}},
        {"type": "shell_call_output", "call_id": "c5", "output": [
            {"stdout": "a", "stderr": "", "outcome": {"type": "exit", "exit_code": 0}}]},
        {"type": "apply_patch_call", "id": "ap_1", "call_id": "c6", "status": "completed", "operation":
            {"type": "update_file", "path": "a", "diff": "+x"}},
        {"type": "apply_patch_call_output", "call_id": "c6", "status": "failed", "output": "no such file"},
        {"type": "mcp_list_tools", "id": "ml_1", "server_label": "s", "tools": [
            {"name": "t", "description": "d", "input_schema": {"type": "object"}, "annotations": {"read_only": true}}]},
        {"type": "mcp_approval_request", "id": "ma_1", "server_label": "s", "name": "t", "arguments": "{}"},
        {"type": "mcp_approval_response", "approval_request_id": "ma_1", "approve": true},
        {"type": "mcp_call", "id": "mc_1", "server_label": "s", "name": "t", "arguments": "{}", "output": "o", "status": "completed"},
        {"type": "mcp_call", "id": "mc_2", "server_label": "s", "name": "t", "arguments": "{}",
         "error": {"type": "http_error", "code": 500, "message": "m"}},
        {"type": "tool_search_call", "id": "ts_1", "call_id": "c7", "execution": "client", "arguments": {"q": "x"}, "status": "completed"},
        {"type": "tool_search_output", "call_id": "c7", "tools": [{"type": "custom", "name": "x"}]},
        {"type": "additional_tools", "id": "at_1", "role": "developer", "tools": []},
        {"type": "program", "id": "p_1", "call_id": "c8", "code": "x", "fingerprint": "f"},
        {"type": "program_output", "id": "po_1", "call_id": "c8", "result": "y", "status": "completed"},
        {"type": "compaction", "id": "co_1", "encrypted_content": "gAAA"},
        {"type": "compaction_trigger"},
        {"type": "item_reference", "id": "msg_1"}
    ]"#,
    )
    .unwrap()
}

#[test]
fn every_item_is_known_and_goes_back_as_it_came() {
    let items = same_after_reading::<Vec<Item>>(&known());
    for (item, json) in items.iter().zip(known().as_array().unwrap()) {
        assert!(!matches!(item, Item::Unknown(_)), "{item:?}");
        assert_eq!(item.tag(), json["type"].as_str());
        assert_eq!(item.id(), json.get("id").and_then(Value::as_str));
    }
}

#[test]
fn unknown_items_parts_actions_and_annotations_go_back_as_they_came() {
    same_after_reading::<Vec<Item>>(&json!([
        {"type": "time_travel_call", "id": "tt_1", "year": 1066},
        {"type": "message", "role": "narrator", "status": "paused", "mood": "grim", "content": [
            {"type": "hologram", "data": [1]},
            {"type": "output_text", "text": "a", "voice": "x", "annotations": [{"type": "footnote", "n": 1}]}]},
        {"type": "message", "role": "user", "content": {"odd": true}},
        {"type": "computer_call", "pending_safety_checks": [], "action": {"type": "shout", "text": "a"}},
        {"type": "web_search_call", "id": "w", "action": {"type": "ask", "of": "u"}},
        {"type": "code_interpreter_call", "code": "1", "outputs": [{"type": "sound"}]},
    ]));
}

#[test]
fn every_action_at_a_computer_is_known() {
    let actions = same_after_reading::<Vec<ComputerAction>>(&json!([
        {"type": "click", "button": "left", "x": 1, "y": 2, "keys": ["ctrl"]},
        {"type": "double_click", "x": 1, "y": 2, "keys": null},
        {"type": "drag", "path": [{"x": 1, "y": 2}]},
        {"type": "keypress", "keys": ["a"]},
        {"type": "move", "x": 1, "y": 2},
        {"type": "screenshot"},
        {"type": "scroll", "x": 1, "y": 2, "scroll_x": 0, "scroll_y": -5},
        {"type": "type", "text": "a"},
        {"type": "wait"},
    ]));
    for action in actions {
        assert!(!matches!(action, ComputerAction::Unknown(_)), "{action:?}");
    }
}

#[test]
fn an_object_without_type_is_a_message() {
    let item: Item = serde_json::from_value(json!({"role": "user", "content": "Hi"})).unwrap();
    assert_eq!(item, Item::user("Hi"));
    assert_eq!(
        Item::assistant("a"),
        Item::Message(Message::new("assistant", "a"))
    );
}

#[test]
fn annotations_are_typed() {
    let items = serde_json::from_value::<Vec<Item>>(known()).unwrap();
    let Item::Message(message) = &items[0] else {
        panic!("no message");
    };
    let Part::OutputText(text) = &message.content.as_ref().unwrap().parts()[0] else {
        panic!("no text");
    };
    assert!(matches!(&text.annotations[0], Annotation::UrlCitation(it) if it.end_index == Some(2)));
    assert!(
        !text
            .annotations
            .iter()
            .any(|it| matches!(it, Annotation::Unknown(_)))
    );
}
