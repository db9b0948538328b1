//! Streams: every event is known, and the fold gives what the plain call would have given.

use serde_json::{Value, json};

use super::same_after_reading;
use crate::types::responses::{Event, Fold, Item, Response, Status};

fn events(list: &Value) -> Vec<Event> {
    serde_json::from_value(list.clone()).unwrap()
}

fn fold(list: &Value) -> Response {
    events(list).iter().collect::<Fold>().finish()
}

/// A stream with every kind of item, and the response at its end.
pub(super) fn story() -> (Value, Value) {
    let mut list = vec![
        json!({"type": "response.created", "sequence_number": 0, "response": {"id": "resp_1", "object": "response", "status": "in_progress", "model": "m", "output": []}}),
        json!({"type": "response.in_progress", "sequence_number": 1, "response": {"id": "resp_1", "object": "response", "status": "in_progress", "model": "m", "output": []}}),
    ];
    let output = json!([
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "I think"}], "content": [{"type": "reasoning_text", "text": "so"}]},
        {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "cats"}},
        {"type": "mcp_call", "id": "mc_1", "server_label": "s", "name": "t", "arguments": "{\"a\":1}", "output": "o", "status": "completed"},
        {"type": "code_interpreter_call", "id": "ci_1", "status": "completed", "container_id": "c", "code": "print(1)", "outputs": null},
        {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "f", "arguments": "{\"x\":2}", "status": "completed"},
        {"type": "custom_tool_call", "id": "ctc_1", "call_id": "c2", "name": "sql", "input": "select 1", "status": "completed"},
        {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [
            {"type": "output_text", "text": "Grüße", "annotations": [{"type": "url_citation", "url": "u", "title": "t", "start_index": 0, "end_index": 1}]},
            {"type": "refusal", "refusal": "No more."}]},
    ]);
    list.extend(
        [
            json!({"type": "response.output_item.added", "output_index": 0, "item": {"type": "reasoning", "id": "rs_1", "summary": []}}),
            json!({"type": "response.reasoning_summary_part.added", "item_id": "rs_1", "output_index": 0, "summary_index": 0, "part": {"type": "summary_text", "text": ""}}),
            json!({"type": "response.reasoning_summary_text.delta", "item_id": "rs_1", "output_index": 0, "summary_index": 0, "delta": "I ", "obfuscation": "x"}),
            json!({"type": "response.reasoning_summary_text.delta", "item_id": "rs_1", "output_index": 0, "summary_index": 0, "delta": "thi"}),
            json!({"type": "response.reasoning_summary_text.done", "item_id": "rs_1", "output_index": 0, "summary_index": 0, "text": "I think"}),
            json!({"type": "response.reasoning_summary_part.done", "item_id": "rs_1", "output_index": 0, "summary_index": 0, "part": {"type": "summary_text", "text": "I think"}}),
            json!({"type": "response.reasoning_text.delta", "item_id": "rs_1", "output_index": 0, "content_index": 0, "delta": "s"}),
            json!({"type": "response.reasoning_text.done", "item_id": "rs_1", "output_index": 0, "content_index": 0, "text": "so"}),
            json!({"type": "response.output_item.added", "output_index": 1, "item": {"type": "web_search_call", "id": "ws_1", "status": "in_progress"}}),
            json!({"type": "response.web_search_call.in_progress", "output_index": 1, "item_id": "ws_1"}),
            json!({"type": "response.web_search_call.searching", "output_index": 1, "item_id": "ws_1"}),
            json!({"type": "response.web_search_call.completed", "output_index": 1, "item_id": "ws_1"}),
            json!({"type": "response.output_item.done", "output_index": 1, "item": output[1]}),
            json!({"type": "response.output_item.added", "output_index": 2, "item": {"type": "mcp_call", "id": "mc_1", "server_label": "s", "name": "t", "arguments": "", "output": "o"}}),
            json!({"type": "response.mcp_call.in_progress", "output_index": 2, "item_id": "mc_1"}),
            json!({"type": "response.mcp_call_arguments.delta", "output_index": 2, "item_id": "mc_1", "delta": "{\"a\""}),
            json!({"type": "response.mcp_call_arguments.done", "output_index": 2, "item_id": "mc_1", "arguments": "{\"a\":1}"}),
            json!({"type": "response.mcp_call.completed", "output_index": 2, "item_id": "mc_1"}),
            json!({"type": "response.output_item.added", "output_index": 3, "item": {"type": "code_interpreter_call", "id": "ci_1", "status": "in_progress", "container_id": "c", "code": "", "outputs": null}}),
            json!({"type": "response.code_interpreter_call_code.delta", "output_index": 3, "item_id": "ci_1", "delta": "print"}),
            json!({"type": "response.code_interpreter_call_code.done", "output_index": 3, "item_id": "ci_1", "code": "print(1)"}),
            json!({"type": "response.code_interpreter_call.interpreting", "output_index": 3, "item_id": "ci_1"}),
            json!({"type": "response.code_interpreter_call.completed", "output_index": 3, "item_id": "ci_1"}),
            json!({"type": "response.output_item.added", "output_index": 4, "item": {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "f", "arguments": "", "status": "in_progress"}}),
            json!({"type": "response.function_call_arguments.delta", "output_index": 4, "item_id": "fc_1", "delta": "{\"x\":"}),
            json!({"type": "response.function_call_arguments.delta", "output_index": 4, "item_id": "fc_1", "delta": "2}"}),
            json!({"type": "response.function_call_arguments.done", "output_index": 4, "item_id": "fc_1", "name": "f", "arguments": "{\"x\":2}"}),
            json!({"type": "response.output_item.done", "output_index": 4, "item": output[4]}),
            json!({"type": "response.output_item.added", "output_index": 5, "item": {"type": "custom_tool_call", "id": "ctc_1", "call_id": "c2", "name": "sql", "input": ""}}),
            json!({"type": "response.custom_tool_call_input.delta", "output_index": 5, "item_id": "ctc_1", "delta": "select"}),
            json!({"type": "response.custom_tool_call_input.done", "output_index": 5, "item_id": "ctc_1", "input": "select 1"}),
            json!({"type": "response.output_item.done", "output_index": 5, "item": output[5]}),
            json!({"type": "response.output_item.added", "output_index": 6, "item": {"type": "message", "id": "msg_1", "role": "assistant", "status": "in_progress", "content": []}}),
            json!({"type": "response.content_part.added", "item_id": "msg_1", "output_index": 6, "content_index": 0, "part": {"type": "output_text", "text": "", "annotations": []}}),
            json!({"type": "response.output_text.delta", "item_id": "msg_1", "output_index": 6, "content_index": 0, "delta": "Grü", "logprobs": []}),
            json!({"type": "response.output_text.delta", "item_id": "msg_1", "output_index": 6, "content_index": 0, "delta": "ße", "obfuscation": "abc"}),
            json!({"type": "response.output_text.annotation.added", "item_id": "msg_1", "output_index": 6, "content_index": 0, "annotation_index": 0, "annotation": {"type": "url_citation", "url": "u", "title": "t", "start_index": 0, "end_index": 1}}),
            json!({"type": "response.output_text.done", "item_id": "msg_1", "output_index": 6, "content_index": 0, "text": "Grüße"}),
            json!({"type": "response.refusal.delta", "item_id": "msg_1", "output_index": 6, "content_index": 1, "delta": "No "}),
            json!({"type": "response.refusal.done", "item_id": "msg_1", "output_index": 6, "content_index": 1, "refusal": "No more."}),
            json!({"type": "response.output_item.done", "output_index": 6, "item": output[6]}),
        ]
    );
    let response = json!({
        "id": "resp_1", "object": "response", "status": "completed", "model": "m", "output": output,
        "usage": {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3},
    });
    list.push(json!({"type": "response.completed", "sequence_number": 99, "response": response}));
    (Value::Array(list), response)
}

#[test]
fn the_fold_equals_the_response_at_the_end() {
    let (list, response) = story();
    same_after_reading::<Vec<Event>>(&list);
    let folded = fold(&list);
    assert_eq!(serde_json::to_value(folded).unwrap(), response);
}

#[test]
fn without_a_last_event_the_fold_holds_what_arrived() {
    let (list, response) = story();
    let list = list.as_array().unwrap();
    let fold: Fold = events(&list[..list.len() - 1].into()).into_iter().collect();
    assert!(!fold.is_complete());
    let folded = fold.finish();
    assert_eq!(folded.status, Some(Status::InProgress));
    assert_eq!(
        serde_json::to_value(folded.output).unwrap(),
        response["output"]
    );
}

#[test]
fn the_deltas_alone_give_the_same_texts() {
    let (list, _) = story();
    let deltas: Vec<Event> = events(&list)
        .into_iter()
        .filter(|event| event.tag().unwrap().rsplit('.').next() == Some("delta"))
        .collect();
    let folded = deltas.iter().collect::<Fold>().finish();
    assert_eq!(folded.output_text(), "Grüße");
    assert_eq!(folded.refusal(), Some("No "));
    assert_eq!(folded.output.len(), 6);
    let call = folded.function_calls().next().unwrap();
    assert_eq!(
        (call.id.as_deref(), &*call.arguments),
        (Some("fc_1"), "{\"x\":2}")
    );
}

#[test]
fn items_that_the_last_event_lacks_stand() {
    for output in [json!([]), Value::Null] {
        let folded = fold(&json!([
            {"type": "response.output_item.added", "output_index": 0, "item": {"type": "message", "id": "msg_1", "role": "assistant", "content": []}},
            {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "item_id": "msg_1", "delta": "Half"},
            {"type": "response.failed", "response": {"id": "resp_1", "status": "failed", "output": output, "error": {"code": "server_error", "message": "m"}}},
        ]));
        assert_eq!(folded.output_text(), "Half");
        assert_eq!(folded.status, Some(Status::Failed));
        assert_eq!(folded.error.unwrap().code.as_deref(), Some("server_error"));
    }
}

#[test]
fn a_last_event_corrects_the_items_that_it_has() {
    let folded = fold(&json!([
        {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "item_id": "a", "delta": "On"},
        {"type": "response.output_text.delta", "output_index": 1, "content_index": 0, "item_id": "b", "delta": "Two"},
        {"type": "response.incomplete", "response": {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}, "output": [
            {"type": "message", "id": "a", "role": "assistant", "content": [{"type": "output_text", "text": "One", "annotations": []}]}]}},
    ]));
    assert_eq!(folded.output_text(), "OneTwo");
    assert_eq!(
        folded.incomplete_details.unwrap().reason.as_deref(),
        Some("max_output_tokens")
    );
}

#[test]
fn a_last_event_without_a_response_ends_the_stream_all_the_same() {
    let fold: Fold = events(&json!([
        {"type": "response.created", "response": {"id": "resp_1", "model": "m", "status": "in_progress"}},
        {"type": "response.output_text.delta", "delta": "Hi"},
        {"type": "response.output_text.delta", "delta": "!"},
        {"type": "response.completed"},
    ]))
    .into_iter()
    .collect();
    assert!(fold.is_complete());
    let folded = fold.finish();
    assert_eq!(folded.id.as_deref(), Some("resp_1"));
    assert_eq!(folded.status, Some(Status::Completed));
    assert_eq!(folded.output_text(), "Hi!");
}

#[test]
fn items_come_in_the_order_of_the_output_however_they_arrive() {
    let folded = fold(&json!([
        {"type": "response.output_text.delta", "output_index": 3, "content_index": 0, "item_id": "b", "delta": "d"},
        {"type": "response.output_text.delta", "output_index": 1, "content_index": 0, "item_id": "a", "delta": "b"},
        {"type": "response.output_text.delta", "output_index": 3, "content_index": 1, "item_id": "b", "delta": "e"},
        {"type": "response.output_text.delta", "output_index": 1, "content_index": 0, "item_id": "a", "delta": "c"},
        {"type": "response.output_text.delta", "output_index": u64::MAX, "content_index": u64::MAX, "item_id": "z", "delta": "f"},
        {"type": "response.output_text.delta", "output_index": u64::MAX, "content_index": u64::MAX, "item_id": "z", "delta": "g"},
    ]));
    assert_eq!(folded.output_text(), "bcdefg");
    assert_eq!(folded.output.len(), 3);
}

#[test]
fn another_id_in_every_event_is_the_same_item_by_its_index() {
    let folded = fold(&json!([
        {"type": "response.output_item.added", "output_index": 0, "item": {"type": "function_call", "id": "a", "call_id": "c", "name": "f", "arguments": ""}},
        {"type": "response.function_call_arguments.delta", "output_index": 0, "item_id": "b", "delta": "{}"},
        {"type": "response.output_item.done", "output_index": 0, "item": {"type": "function_call", "id": "d", "call_id": "c", "name": "f", "arguments": ""}},
    ]));
    assert_eq!(folded.output.len(), 1);
    assert_eq!(folded.function_calls().next().unwrap().arguments, "{}");
}

#[test]
fn two_items_of_one_index_but_other_kinds_are_two_items() {
    let folded = fold(&json!([
        {"type": "response.output_item.added", "output_index": 0, "item": {"type": "reasoning", "id": "rs", "summary": []}},
        {"type": "response.reasoning_text.delta", "output_index": 0, "content_index": 0, "item_id": "rs", "delta": "hm"},
        {"type": "response.output_item.added", "output_index": 0, "item": {"type": "message", "id": "msg", "role": "assistant", "content": []}},
        {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "item_id": "msg", "delta": "Hi"},
    ]));
    assert_eq!(folded.output_text(), "Hi");
    assert_eq!(folded.output.len(), 2);
}

#[test]
fn unknown_events_and_items_are_kept() {
    let list = json!([
        {"type": "response.telepathy.delta", "thought": "x"},
        {"type": "response.output_item.done", "output_index": 0, "item": {"type": "time_travel_call", "id": "tt", "year": 1066}},
    ]);
    assert!(matches!(
        same_after_reading::<Vec<Event>>(&list)[0],
        Event::Unknown(_)
    ));
    let item = fold(&list).output.remove(0);
    assert_eq!(serde_json::to_value(&item).unwrap(), list[1]["item"]);
    assert!(item.has_content());
}

#[test]
fn an_error_event_answers_alike_flat_and_nested() {
    let flat = json!({"type": "error", "code": "rate_limit_exceeded", "message": "m", "param": "p", "sequence_number": 1});
    let nested = json!({"type": "error", "error": {"type": "tokens", "code": "rate_limit_exceeded", "message": "m", "param": "p"}});
    for json in [flat, nested] {
        let event: Event = same_after_reading(&json);
        let error = event.error().unwrap();
        assert_eq!(error.code(), Some("rate_limit_exceeded"));
        assert_eq!((error.message(), error.param()), (Some("m"), Some("p")));
        assert!(!event.is_terminal());
        let folded = Fold::from_iter([&event]).finish();
        assert_eq!(
            folded.error.unwrap().code.as_deref(),
            Some("rate_limit_exceeded")
        );
    }
    let text: Event = same_after_reading(&json!({"type": "error", "error": "boom"}));
    assert_eq!(text.error().unwrap().message(), Some("boom"));
}

#[test]
fn the_first_content_is_text_reasoning_or_a_call_but_no_empty_beginning() {
    let (list, _) = story();
    let events = events(&list);
    let first = events.iter().find(|event| event.has_content()).unwrap();
    assert_eq!(first.tag(), Some("response.reasoning_summary_text.delta"));
    let has = |json: Value| serde_json::from_value::<Event>(json).unwrap().has_content();
    assert!(!has(
        json!({"type": "response.created", "response": {"output": []}})
    ));
    assert!(!has(
        json!({"type": "response.output_text.delta", "delta": ""})
    ));
    assert!(!has(json!({"type": "response.content_part.added"})));
    assert!(has(
        json!({"type": "response.output_item.added", "item": {"type": "function_call", "name": "f"}})
    ));
    assert!(has(
        json!({"type": "response.completed", "response": {"output": [
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "a"}]}]}})
    ));
}

#[test]
fn an_event_is_small() {
    assert!(size_of::<Event>() <= 208, "{}", size_of::<Event>());
}

#[test]
fn audio_images_and_shells_have_their_events() {
    let list = json!([
        {"type": "response.queued", "response": {"output": []}},
        {"type": "response.cancelled", "response": {"output": []}},
        {"type": "response.audio.delta", "delta": "AAAA", "sequence_number": 1},
        {"type": "response.audio.done", "sequence_number": 1},
        {"type": "response.audio.transcript.delta", "delta": "a"},
        {"type": "response.audio.transcript.done"},
        {"type": "response.file_search_call.in_progress", "item_id": "a", "output_index": 0},
        {"type": "response.file_search_call.searching", "item_id": "a", "output_index": 0},
        {"type": "response.file_search_call.completed", "item_id": "a", "output_index": 0},
        {"type": "response.code_interpreter_call.in_progress", "item_id": "a", "output_index": 0},
        {"type": "response.image_generation_call.in_progress", "item_id": "a", "output_index": 0},
        {"type": "response.image_generation_call.generating", "item_id": "a", "output_index": 0},
        {"type": "response.image_generation_call.completed", "item_id": "a", "output_index": 0},
        {"type": "response.image_generation_call.partial_image", "partial_image_b64": "AA", "partial_image_index": 0, "item_id": "a"},
        {"type": "response.mcp_call.failed", "item_id": "a", "output_index": 0},
        {"type": "response.mcp_list_tools.in_progress", "item_id": "a", "output_index": 0},
        {"type": "response.mcp_list_tools.completed", "item_id": "a", "output_index": 0},
        {"type": "response.mcp_list_tools.failed", "item_id": "a", "output_index": 0},
        {"type": "response.shell_call_command.added", "output_index": 1, "command_index": 0, "command": ""},
        {"type": "response.shell_call_command.delta", "output_index": 1, "command_index": 0, "delta": "ls"},
        {"type": "response.shell_call_command.done", "output_index": 1, "command_index": 0, "command": "ls -l"},
        {"type": "response.shell_call_output_content.delta", "output_index": 2, "command_index": 0, "delta": {"stdout": "a"}},
        {"type": "response.shell_call_output_content.done", "output_index": 2, "command_index": 0, "output": []},
    ]);
    for event in same_after_reading::<Vec<Event>>(&list) {
        assert!(!matches!(event, Event::Unknown(_)), "{event:?}");
    }
    let Item::ShellCall(call) = fold(&list).output.remove(0) else {
        panic!("no shell call");
    };
    assert_eq!(call.action.unwrap().commands, ["ls -l"]);
}
