//! Proofs that a streamed response is recorded like the whole one.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::samples::items;
use super::*;
use crate::record::tests::{facts, open, parsed};

fn recorded(response: &Response, settings: &Settings) -> Attributes {
    let mut to = Attributes::default();
    response.facts(&mut to);
    response.content(settings, &mut to);
    to
}

fn folded(events: &[Value], settings: &Settings) -> Response {
    let mut fold = <responses::Fold as Fold>::new(settings);
    for event in events {
        Fold::push(&mut fold, &serde_json::from_value(event.clone()).unwrap());
    }
    Fold::finish(fold)
}

fn streamed() -> (Value, Vec<Value>) {
    let message = json!({"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [
        {"type": "output_text", "text": "One two three.", "annotations": []}]});
    let reasoning = json!({"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Hm."}]});
    let call = json!({"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": "{\"a\":1}",
        "status": "completed"});
    let whole = json!({
        "id": "resp_1", "object": "response", "model": "o3", "status": "completed",
        "output": [reasoning, message, call],
        "usage": {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3},
    });
    let begun = json!({"id": "resp_1", "object": "response", "model": "o3", "status": "in_progress", "output": []});
    let delta = |kind: &str, index: u64, delta: &str| json!({"type": kind, "output_index": index, "content_index": 0, "summary_index": 0, "delta": delta});
    let added = |index: u64, item: Value| json!({"type": "response.output_item.added", "output_index": index, "item": item});
    let part = json!({"type": "output_text", "text": "", "annotations": []});
    let events = vec![
        json!({"type": "response.created", "response": begun}),
        added(0, json!({"type": "reasoning", "id": "rs_1", "summary": []})),
        json!({"type": "response.reasoning_summary_part.added", "item_id": "rs_1", "output_index": 0, "summary_index": 0,
            "part": {"type": "summary_text", "text": ""}}),
        delta("response.reasoning_summary_text.delta", 0, "H"),
        delta("response.reasoning_summary_text.delta", 0, "m."),
        added(
            1,
            json!({"type": "message", "id": "msg_1", "role": "assistant", "content": []}),
        ),
        json!({"type": "response.content_part.added", "item_id": "msg_1", "output_index": 1, "content_index": 0, "part": part}),
        delta("response.output_text.delta", 1, "One "),
        delta("response.output_text.delta", 1, "two three."),
        added(
            2,
            json!({"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": ""}),
        ),
        delta("response.function_call_arguments.delta", 2, "{\"a\":"),
        delta("response.function_call_arguments.delta", 2, "1}"),
    ];
    (whole, events)
}

#[test]
fn a_stream_is_recorded_like_the_whole_reply() {
    let (whole, deltas) = streamed();
    let response: Response = serde_json::from_value(whole.clone()).unwrap();
    let mut bare = whole.clone();
    bare["output"] = json!([]);
    for limit in [None, Some(20_000), Some(300), Some(200), Some(120), Some(1)] {
        let settings = open(limit);
        let expected = recorded(&response, &settings);
        for last in [&whole, &bare] {
            let mut events = deltas.clone();
            events.push(json!({"type": "response.completed", "response": last}));
            assert_eq!(
                recorded(&folded(&events, &settings), &settings),
                expected,
                "{limit:?}"
            );
        }
    }
}

#[test]
fn every_item_of_a_stream_is_recorded_like_that_of_a_whole_reply() {
    for (item, _, _) in items() {
        let whole = json!({"status": "completed", "output": [item]});
        let response: Response = serde_json::from_value(whole.clone()).unwrap();
        for last in [&whole, &json!({"status": "completed", "output": []})] {
            let events = [
                json!({"type": "response.output_item.done", "output_index": 0, "item": item}),
                json!({"type": "response.completed", "response": last}),
            ];
            for settings in [open(None), open(Some(20_000))] {
                let streamed = recorded(&folded(&events, &settings), &settings);
                assert_eq!(streamed, recorded(&response, &settings));
            }
        }
    }
}

#[test]
fn a_failed_stream_keeps_what_had_arrived() {
    let (whole, mut events) = streamed();
    let failed = json!({"id": "resp_1", "model": "o3", "status": "failed", "output": [],
        "error": {"code": "server_error", "message": "marker"}});
    events.push(json!({"type": "response.failed", "response": failed}));
    let settings = open(Some(20_000));
    let response = folded(&events, &settings);
    assert_eq!(
        response.failure().unwrap().code.as_deref(),
        Some("server_error")
    );
    let whole: Response = serde_json::from_value(whole).unwrap();
    let mut expected = parsed(&recorded(&whole, &settings), names::OUTPUT_MESSAGES);
    expected[0]["finish_reason"] = json!("failed");
    let recorded = recorded(&response, &settings);
    assert_eq!(parsed(&recorded, names::OUTPUT_MESSAGES), expected);
    assert_eq!(
        recorded.get(names::RESPONSE_FINISH_REASONS),
        Some(&r#"["failed"]"#.into())
    );
    assert!(!format!("{recorded:?}").contains("marker"));
}

#[test]
fn a_long_stream_is_shortened_like_the_whole_reply() {
    let text = "a \"quoted\" wörd ".repeat(200);
    let item = |text: &str| {
        json!({"type": "message", "id": "m", "role": "assistant", "content": [
            {"type": "output_text", "text": text, "annotations": []}]})
    };
    let mut events =
        vec![json!({"type": "response.output_item.added", "output_index": 0, "item": item("")})];
    events.extend(text.split_inclusive(' ').map(|piece| {
        json!({"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": piece})
    }));
    let whole = json!({"status": "completed", "output": [item(&text)]});
    events.push(json!({"type": "response.completed", "response": whole}));
    let whole: Response = serde_json::from_value(whole).unwrap();
    for limit in 90..200 {
        let settings = open(Some(limit));
        assert_eq!(
            recorded(&folded(&events, &settings), &settings),
            recorded(&whole, &settings)
        );
    }
}

#[test]
fn a_stream_keeps_no_content_where_none_is_recorded() {
    let (whole, mut events) = streamed();
    events.push(json!({"type": "response.completed", "response": whole}));
    let settings = Settings {
        record_outputs: false,
        ..open(None)
    };
    let response = folded(&events, &settings);
    let kept = serde_json::to_string(&response).unwrap();
    for text in ["One", "Hm.", "{\"a"] {
        assert!(!kept.contains(text), "{kept}");
    }
    let mut to = Attributes::default();
    response.facts(&mut to);
    assert_eq!(crate::record::tests::object(to), facts::<Response>(whole));
}

proptest! {
    #[test]
    fn any_events_are_recorded_within_their_limit(
        events in proptest::collection::vec(super::super::tests::object_of(&[
            "type", "response", "output", "output_index", "content_index", "item", "part", "delta", "text", "content",
            "arguments", "status",
        ]), 0..6),
        kinds in proptest::collection::vec(0..6_usize, 6),
        limit in prop_oneof![Just(None), (0..400_usize).prop_map(Some)],
    ) {
        let names = [
            "response.output_item.added", "response.output_text.delta", "response.content_part.added",
            "response.function_call_arguments.delta", "response.completed", "error",
        ];
        let mut fold = <responses::Fold as Fold>::new(&open(limit));
        for (mut event, kind) in events.into_iter().zip(kinds) {
            super::super::tests::wrap(&mut event, "item");
            event["type"] = json!(names[kind]);
            if let Ok(event) = serde_json::from_value::<Event>(event) {
                Fold::push(&mut fold, &event);
            }
        }
        super::super::tests::holds_for_reply(&Fold::finish(fold), limit)?;
    }
}
