//! Whole replies.

use serde_json::json;

use super::same_after_reading;
use crate::types::responses::response::Reply;
use crate::types::responses::{Request, Response, Status};

#[test]
fn a_whole_reply_is_read_and_written_again() {
    let json = json!({
        "id": "resp_1", "object": "response", "created_at": 1_741_476_542.0, "completed_at": 1_741_476_543.5,
        "status": "completed", "background": false, "model": "gpt-4o-2024-08-06",
        "instructions": "Be brief.", "max_output_tokens": 100, "metadata": {"a": "b"},
        "conversation": {"id": "conv_1"}, "parallel_tool_calls": true, "service_tier": "default",
        "output": [
            {"type": "reasoning", "id": "rs_1", "summary": []},
            {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [
                {"type": "output_text", "text": "Once ", "annotations": []},
                {"type": "output_text", "text": "upon", "annotations": []}]},
            {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "f", "arguments": "{}"},
            {"type": "message", "id": "msg_2", "role": "assistant", "content": [
                {"type": "output_text", "text": " a time", "annotations": []}]},
        ],
        "reasoning": {"effort": "high"}, "store": true, "temperature": 1.0, "top_p": 1.0, "top_logprobs": 0,
        "text": {"format": {"type": "text"}, "verbosity": "medium"}, "tool_choice": "auto",
        "tools": [{"type": "function", "name": "f", "parameters": {}, "strict": true}], "truncation": "disabled",
        "usage": {
            "input_tokens": 36, "input_tokens_details": {"cached_tokens": 3, "cache_write_tokens": 1},
            "output_tokens": 87, "output_tokens_details": {"reasoning_tokens": 12}, "total_tokens": 123, "cost": 0.25,
        },
        "billing": {"payer": "developer"},
    });
    let response: Response = same_after_reading(&json);
    assert_eq!(response.output_text(), "Once upon a time");
    assert_eq!(response.status, Some(Status::Completed));
    assert_eq!(response.function_calls().next().unwrap().name, "f");
    assert_eq!(response.conversation.as_ref().unwrap().id(), "conv_1");
    let usage = response.usage.as_ref().unwrap();
    assert_eq!(usage.cost, Some(0.25));
    assert_eq!(
        usage.input_tokens_details.as_ref().unwrap().cached_tokens,
        Some(3)
    );
    assert_eq!(
        serde_json::from_value::<Reply>(json.clone()).unwrap().0,
        response
    );
    let next = Request::new("gpt-4o", response.output);
    assert_eq!(serde_json::to_value(next).unwrap()["input"], json["output"]);
}

#[test]
fn a_failed_response_is_a_response() {
    let response: Response = serde_json::from_value(json!({
        "object": "response", "status": "failed", "output": [],
        "error": {"code": "server_error", "message": "m"},
    }))
    .unwrap();
    assert_eq!(
        response.error.unwrap().code.as_deref(),
        Some("server_error")
    );
}

#[test]
fn a_reply_must_look_like_a_response() {
    let reads = |json| serde_json::from_value::<Reply>(json).is_ok();
    assert!(reads(json!({"output": []})));
    assert!(reads(json!({"output": null})));
    assert!(reads(json!({"object": "response"})));
    assert!(reads(json!({"output": [], "error": {"message": "m"}})));
    assert!(!reads(json!({})));
    assert!(!reads(json!({"error": {"message": "m"}})));
    assert!(!reads(json!({"output": "text"})));
    assert!(!reads(json!({"object": "list", "data": []})));
    assert!(!reads(json!([])));
}

#[test]
fn instructions_of_a_reply_may_be_items() {
    same_after_reading::<Response>(&json!({
        "output": [],
        "instructions": [{"type": "message", "role": "developer", "content": "a"}],
    }));
}
