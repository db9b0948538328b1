//! Proofs of what a fold with a limit keeps.

use serde_json::json;

use super::tests::{call, chunks};
use super::*;

#[test]
fn no_more_text_is_kept_than_the_limit_says() {
    let stream = chunks(json!([
        {"id": "1", "choices": [{"delta": {"content": "aä"}, "logprobs": {"content": []}}]},
        {"choices": [{"delta": {"content": "öb", "images": ["x"], "audio": {"id": "r", "data": "AAAA"}}}]},
        {"choices": [{"delta": {"reasoning": "r", "refusal": "n"}}]},
        {"choices": [{"delta": {"tool_calls": [
            {"index": 0, "id": "i", "function": {"name": "f", "arguments": "{}"}},
            {"index": 0, "function": {"name": "g", "arguments": "{}"}},
        ]}, "finish_reason": "tool_calls"}], "usage": {"total_tokens": 3}},
    ]));
    for (limit, text) in [
        (0, ""),
        (1, "a"),
        (2, "a"),
        (3, "aä"),
        (4, "aä"),
        (5, "aäö"),
    ] {
        let mut fold = Fold::with_limit(Some(Limit {
            each: 100,
            all: limit,
            least: 0,
        }));
        for chunk in &stream {
            fold.push(chunk);
        }
        assert!(fold.is_complete());
        let completion = fold.finish();
        assert_eq!(completion.text(), Some(text));
        assert_eq!(completion.usage.as_ref().unwrap().total_tokens, Some(3));
        let message = completion.message().unwrap();
        assert_eq!((&message.reasoning, &message.refusal), (&None, &None));
        assert_eq!(message.audio.as_ref().unwrap().data.as_deref(), Some(""));
        assert!(message.extra.is_empty());
        let called = json!([call("i", "f", ""), call("", "g", "")]);
        assert_eq!(serde_json::to_value(message.tool_calls()).unwrap(), called);
    }
    let mut unlimited = Fold::with_limit(None);
    let mut fold = Fold::new();
    for chunk in &stream {
        unlimited.push(chunk);
        fold.push(chunk);
    }
    assert_eq!(unlimited.finish(), fold.finish());
}

#[test]
fn with_a_limit_reasoning_is_kept_once_and_recordings_only_begin() {
    let detail =
        |text: &str| json!([{"type": "reasoning.text", "text": text, "format": "f", "index": 0}]);
    let fold_of = |deltas: [Value; 2]| {
        let mut fold = Fold::with_limit(Some(Limit {
            each: 100,
            all: 100,
            least: 0,
        }));
        for delta in deltas {
            for chunk in chunks(json!([{"choices": [{"delta": delta}]}])) {
                fold.push(&chunk);
            }
        }
        fold.finish().choices.remove(0).message
    };
    let twice = fold_of([
        json!({"reasoning": "a", "reasoning_details": detail("a")}),
        json!({"reasoning": "b", "reasoning_details": detail("b")}),
    ]);
    assert_eq!(twice.reasoning(), Some("ab"));
    assert_eq!(twice.reasoning_details, None);
    let once = fold_of([
        json!({"reasoning_details": detail("a")}),
        json!({"reasoning_details": detail("b"), "audio": {"data": "AAAABBBB"}}),
    ]);
    let details = once.reasoning_details.unwrap();
    assert_eq!(
        details,
        [json!({"type": "reasoning.text", "text": "ab", "index": 0})]
    );
    assert_eq!(once.audio.unwrap().data.as_deref(), Some("AAAA"));
}

#[test]
fn a_hundred_thousand_tool_calls_of_new_indexes_and_ids_are_put_together_in_linear_time() {
    let calls: Vec<_> = (0..100_000)
        .rev()
        .map(|n| json!({"index": n, "id": format!("call_{n}"), "function": {"name": "f"}}))
        .collect();
    let stream = chunks(json!([
        {"choices": [{"delta": {"tool_calls": &calls}}]},
        {"choices": [{"delta": {"tool_calls": calls}}]},
    ]));
    let mut fold = Fold::new();
    for chunk in &stream {
        fold.push(chunk);
    }
    let completion = fold.finish();
    let calls = completion.message().unwrap().tool_calls();
    assert_eq!(calls.len(), 100_000);
    let called = json!([call("call_0", "f", ""), call("call_1", "f", "")]);
    assert_eq!(serde_json::to_value(&calls[..2]).unwrap(), called);
}
