//! Folds that keep only so much.

use serde_json::{Value, json};

use super::streams::story;
use crate::types::budget::Limit;
use crate::types::responses::{Event, Fold, Item, Response, Status};

fn fold(all: usize, list: &Value) -> Response {
    let events: Vec<Event> = serde_json::from_value(list.clone()).unwrap();
    let each = 200_000;
    let mut fold = Fold::with_limit(Some(Limit {
        each,
        all,
        least: 0,
    }));
    for event in &events {
        fold.push(event);
    }
    fold.finish()
}

/// The story, with and without its last event.
fn stories() -> [Value; 2] {
    let (list, _) = story();
    let whole = list.as_array().unwrap().clone();
    let cut = whole[..whole.len() - 1].to_vec();
    [whole.into(), cut.into()]
}

#[test]
fn a_fold_without_room_keeps_ids_names_and_statuses_but_no_content() {
    for list in stories() {
        let folded = fold(0, &list);
        assert_eq!(folded.id.as_deref(), Some("resp_1"));
        assert_eq!(folded.output.len(), 7);
        let call = folded.function_calls().next().unwrap();
        assert_eq!((&*call.name, call.call_id.as_deref()), ("f", Some("c1")));
        let text = serde_json::to_string(&folded).unwrap();
        for secret in [
            "think", "so\"", "cats", "print", "select", "Gr", "No", "{\\\"x",
        ] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
    let folded = fold(0, &stories()[0]);
    assert_eq!(folded.status, Some(Status::Completed));
    assert_eq!(folded.usage.unwrap().total_tokens, Some(3));
}

#[test]
fn an_ample_limit_keeps_all_texts() {
    for list in stories() {
        let folded = fold(10_000, &list);
        assert_eq!(folded.output_text(), "Grüße");
        assert_eq!(folded.refusal(), Some("No more."));
        assert_eq!(
            folded.function_calls().next().unwrap().arguments,
            "{\"x\":2}"
        );
        assert!(matches!(&folded.output[1], Item::WebSearchCall(call) if call.action.is_some()));
    }
}

#[test]
fn a_text_is_cut_at_a_character_and_what_follows_is_left_out() {
    let deltas = |texts: &[&str]| -> Value {
        let events = texts.iter().map(|text| {
            json!({"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "item_id": "m", "delta": text})
        });
        events.collect()
    };
    assert_eq!(fold(3, &deltas(&["Gr", "üß", "e"])).output_text(), "Gr");
    assert_eq!(fold(4, &deltas(&["Gr", "üß", "e"])).output_text(), "Grü");
    assert_eq!(fold(6, &deltas(&["Gr", "üß", "e"])).output_text(), "Grüß");
}

#[test]
fn what_is_replaced_gives_its_room_back() {
    let message = |text: &str| json!({"type": "message", "id": "m", "role": "assistant", "content": [{"type": "output_text", "text": text, "annotations": []}]});
    let list = json!([
        {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "item_id": "m", "delta": "12345"},
        {"type": "response.output_text.done", "output_index": 0, "content_index": 0, "item_id": "m", "text": "abcde"},
        {"type": "response.content_part.done", "output_index": 0, "content_index": 0, "item_id": "m", "part": {"type": "output_text", "text": "vwxyz"}},
        {"type": "response.output_item.done", "output_index": 0, "item": message("ABCDE")},
        {"type": "response.output_text.delta", "output_index": 1, "content_index": 0, "item_id": "n", "delta": "more"},
    ]);
    assert_eq!(fold(5, &list).output_text(), "ABCDE");
    assert_eq!(fold(7, &list).output_text(), "ABCDEmo");
}

#[test]
fn a_limited_fold_keeps_no_error_message_and_nothing_of_the_request() {
    let folded = fold(
        10_000,
        &json!([
            {"type": "response.failed", "response": {
                "id": "resp_1", "status": "failed", "output": [], "instructions": "Be secret.", "metadata": {"a": "b"},
                "conversation": {"id": "conv_1"}, "error": {"code": "server_error", "message": "secret"}}},
        ]),
    );
    assert_eq!(folded.conversation.as_ref().unwrap().id(), "conv_1");
    assert_eq!(
        folded.error.as_ref().unwrap().code.as_deref(),
        Some("server_error")
    );
    assert!(!serde_json::to_string(&folded).unwrap().contains("ecret"));
}

#[test]
fn an_image_keeps_its_beginning_only() {
    let image = json!({"type": "image_generation_call", "id": "ig", "status": "completed", "result": "A".repeat(100_000)});
    let folded = fold(
        1000,
        &json!([
            {"type": "response.output_item.done", "output_index": 0, "item": image},
            {"type": "response.output_text.delta", "output_index": 1, "content_index": 0, "item_id": "n", "delta": "A cat."},
        ]),
    );
    let Item::ImageGenerationCall(call) = &folded.output[0] else {
        panic!("no image");
    };
    assert_eq!(call.result.as_ref().unwrap().len(), 64);
    assert_eq!(folded.output_text(), "A cat.");
}
