//! Streams and the replies that the same requests get whole.

use serde_json::json;

use super::*;

pub(super) fn chunks(list: Value) -> Vec<Chunk> {
    serde_json::from_value(list).unwrap()
}

fn fold(list: Value) -> Completion {
    let mut fold = Fold::new();
    for chunk in chunks(list) {
        fold.push(&chunk);
    }
    fold.finish()
}

fn whole(json: Value) -> Completion {
    serde_json::from_value(json).unwrap()
}

/// The only answer of a stream of these deltas.
fn message(deltas: Vec<Value>) -> Value {
    let pieces = deltas
        .into_iter()
        .map(|delta| json!({"choices": [{"delta": delta}]}));
    let mut completion = fold(pieces.collect());
    assert_eq!(completion.choices.len(), 1);
    let mut message = serde_json::to_value(completion.choices.remove(0).message).unwrap();
    assert_eq!(message["role"], "assistant");
    message.as_object_mut().unwrap().remove("role");
    message
}

fn calls(deltas: Vec<Value>) -> Value {
    let deltas = deltas.into_iter().map(|call| json!({"tool_calls": [call]}));
    message(deltas.collect())["tool_calls"].take()
}

pub(super) fn call(id: &str, name: &str, arguments: &str) -> Value {
    json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}})
}

#[test]
fn an_openai_stream_is_the_whole_reply() {
    let head = |choices: Value, usage: Value| {
        json!({
            "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_741_569_952,
            "model": "gpt-4o-2024-08-06", "service_tier": "default", "system_fingerprint": "fp_1",
            "choices": choices, "usage": usage, "obfuscation": "x7",
        })
    };
    let piece = |index: u64, text: &str, bytes: Value| {
        let logprob = json!({"token": text, "logprob": -0.5, "bytes": bytes, "top_logprobs": []});
        json!([{
            "index": index, "delta": {"content": text}, "finish_reason": null,
            "logprobs": {"content": [logprob], "refusal": null},
        }])
    };
    let end = |index: u64, reason: &str| json!([{"index": index, "delta": {}, "logprobs": null, "finish_reason": reason}]);
    let begin = |index: u64| {
        json!([{
            "index": index, "delta": {"role": "assistant", "content": "", "refusal": null},
            "logprobs": null, "finish_reason": null,
        }])
    };
    let stream = json!([
        head(begin(0), json!(null)),
        head(begin(1), json!(null)),
        head(piece(1, "Good", json!([71])), json!(null)),
        head(piece(0, "Hel", json!([72])), json!(null)),
        head(piece(1, " day", json!([32])), json!(null)),
        head(piece(0, "lo!", json!(null)), json!(null)),
        head(end(1, "length"), json!(null)),
        head(end(0, "stop"), json!(null)),
        head(
            json!([]),
            json!({
                "prompt_tokens": 19, "completion_tokens": 10, "total_tokens": 29,
                "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
                "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0,
                    "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0},
            })
        ),
    ]);
    let token = |text: &str, bytes: Value| json!({"token": text, "logprob": -0.5, "bytes": bytes, "top_logprobs": []});
    let plain = json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1_741_569_952,
        "model": "gpt-4o-2024-08-06", "service_tier": "default", "system_fingerprint": "fp_1",
        "choices": [
            {
                "index": 0, "finish_reason": "stop",
                "message": {"role": "assistant", "content": "Hello!", "refusal": null},
                "logprobs": {"content": [token("Hel", json!([72])), token("lo!", json!(null))]},
            },
            {
                "index": 1, "finish_reason": "length",
                "message": {"role": "assistant", "content": "Good day", "refusal": null},
                "logprobs": {"content": [token("Good", json!([71])), token(" day", json!([32]))]},
            },
        ],
        "usage": {
            "prompt_tokens": 19, "completion_tokens": 10, "total_tokens": 29,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0,
                "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0},
        },
    });
    assert_eq!(fold(stream), whole(plain));
}

#[test]
fn a_groq_stream_is_the_whole_reply() {
    let stream = json!([
        {
            "id": "chatcmpl-2", "object": "chat.completion.chunk", "created": 1, "model": "llama",
            "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""},
                "logprobs": null, "finish_reason": null}],
            "x_groq": {"id": "req_1"},
        },
        {"id": "chatcmpl-2", "created": 1, "model": "llama",
            "choices": [{"index": 0, "delta": {"reasoning": "Hm"}, "finish_reason": null}]},
        {"id": "chatcmpl-2", "created": 1, "model": "llama",
            "choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": null}]},
        {"id": "chatcmpl-2", "created": 1, "model": "llama",
            "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}],
            "x_groq": {"id": "req_1", "usage": {"prompt_tokens": 3, "completion_tokens": 2,
                "total_tokens": 5, "queue_time": 0.01}}},
    ]);
    let plain = json!({
        "id": "chatcmpl-2", "object": "chat.completion", "created": 1, "model": "llama",
        "choices": [{"index": 0, "finish_reason": "stop",
            "message": {"role": "assistant", "content": "Hi", "reasoning": "Hm"}}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5, "queue_time": 0.01},
        "x_groq": {"id": "req_1"},
    });
    assert_eq!(fold(stream), whole(plain));
}

#[test]
fn an_openrouter_stream_is_the_whole_reply() {
    let piece = |delta: Value, reason: Value| {
        json!({
            "id": "gen-1", "provider": "Z", "model": "z/m", "object": "chat.completion.chunk", "created": 1,
            "choices": [{"index": 0, "delta": delta, "finish_reason": reason,
                "native_finish_reason": reason, "logprobs": null}],
        })
    };
    let detail =
        |text: &str| json!({"type": "reasoning.text", "text": text, "format": "f", "index": 0});
    let mut signed = detail("");
    signed["signature"] = json!("s");
    let mut last = piece(json!({"role": "assistant", "content": ""}), json!("stop"));
    last["usage"] =
        json!({"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3, "cost": 0.5});
    let stream = json!([
        piece(
            json!({"role": "assistant", "content": "", "reasoning": "I ", "reasoning_details": [detail("I ")]}),
            json!(null)
        ),
        piece(
            json!({"role": "assistant", "content": "", "reasoning": "see", "reasoning_details": [detail("see")]}),
            json!(null)
        ),
        piece(
            json!({"role": "assistant", "content": "", "reasoning_details": [signed]}),
            json!(null)
        ),
        piece(
            json!({"role": "assistant", "content": "Yes", "annotations": [
            {"type": "url_citation", "url_citation": {"url": "https://a.example", "title": "A"}}]}),
            json!(null)
        ),
        last,
    ]);
    let mut whole_detail = detail("I see");
    whole_detail["signature"] = json!("s");
    let plain = json!({
        "id": "gen-1", "provider": "Z", "model": "z/m", "object": "chat.completion", "created": 1,
        "choices": [{"index": 0, "finish_reason": "stop", "native_finish_reason": "stop",
            "message": {"role": "assistant", "content": "Yes", "reasoning": "I see",
                "reasoning_details": [whole_detail], "annotations": [
                    {"type": "url_citation", "url_citation": {"url": "https://a.example", "title": "A"}}]}}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3, "cost": 0.5},
    });
    assert_eq!(fold(stream), whole(plain));
}

#[test]
fn lists_of_parts_grow_together() {
    let thinking = |text: &str| json!({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": text}]}]});
    let deltas = vec![
        json!({"content": ""}),
        thinking("Let me"),
        thinking(" see"),
        json!({"content": "It"}),
        json!({"content": [{"type": "text", "text": " is"}]}),
        json!({"content": [{"type": "reference", "ids": [1]}, {"type": "text", "text": "so"}]}),
    ];
    let content = json!([
        {"type": "thinking", "thinking": [{"type": "text", "text": "Let me see"}]},
        {"type": "text", "text": "It is"},
        {"type": "reference", "ids": [1]},
        {"type": "text", "text": "so"},
    ]);
    assert_eq!(message(deltas), json!({"content": content}));
}

#[test]
fn refusals_audio_and_function_calls_grow() {
    let refusal = vec![
        json!({"refusal": ""}),
        json!({"refusal": "I "}),
        json!({"refusal": "won't"}),
    ];
    assert_eq!(message(refusal), json!({"refusal": "I won't"}));
    let audio = vec![
        json!({"audio": {"id": "audio_1", "transcript": "Hel"}}),
        json!({"audio": {"data": "AAAA", "transcript": "lo"}}),
        json!({"audio": {"data": "BBBB", "expires_at": 1.5}}),
    ];
    let spoken =
        json!({"id": "audio_1", "transcript": "Hello", "data": "AAAABBBB", "expires_at": 1.5});
    assert_eq!(message(audio), json!({"audio": spoken}));
    let function = vec![
        json!({"content": null, "function_call": {"name": "f", "arguments": ""}}),
        json!({"function_call": {"arguments": "{\"a\""}}),
        json!({"function_call": {"arguments": ":1}"}}),
    ];
    let called = json!({"name": "f", "arguments": "{\"a\":1}"});
    assert_eq!(message(function), json!({"function_call": called}));
}

#[test]
fn fields_that_are_not_known_stay_as_they_came_last() {
    let deltas = vec![
        json!({"mood": 1, "images": ["a"]}),
        json!({"mood": 2, "images": null}),
    ];
    assert_eq!(message(deltas), json!({"mood": 2, "images": ["a"]}));
}

#[test]
fn tool_calls_are_put_together_by_their_index() {
    let deltas = vec![
        json!({"index": 1, "id": "b", "type": "function", "function": {"name": "g", "arguments": ""}}),
        json!({"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": ""}}),
        json!({"index": 1, "function": {"arguments": "{\"y\""}}),
        json!({"index": 0, "id": "", "function": {"name": "", "arguments": "{}"}}),
        json!({"index": 1, "id": null, "function": {"name": null, "arguments": ":2}"}}),
    ];
    assert_eq!(
        calls(deltas),
        json!([call("a", "f", "{}"), call("b", "g", "{\"y\":2}")])
    );
}

#[test]
fn tool_calls_without_index_are_told_apart() {
    let by_id = vec![
        json!({"id": "a", "function": {"name": "f", "arguments": "{"}}),
        json!({"id": "b", "function": {"name": "f", "arguments": "["}}),
        json!({"id": "a", "function": {"arguments": "}"}}),
        json!({"id": "b", "function": {"arguments": "]"}}),
    ];
    assert_eq!(
        calls(by_id),
        json!([call("a", "f", "{}"), call("b", "f", "[]")])
    );
    let by_name = vec![
        json!({"id": "a"}),
        json!({"function": {"name": "f"}}),
        json!({"function": {"arguments": "{}"}}),
        json!({"function": {"name": "g", "arguments": "{"}}),
        json!({"function": {"arguments": "}"}}),
    ];
    assert_eq!(
        calls(by_name),
        json!([call("a", "f", "{}"), call("", "g", "{}")])
    );
    assert_eq!(
        calls(vec![json!({"function": {"arguments": "{}"}})]),
        json!([call("", "", "{}")])
    );
}

#[test]
fn calls_that_share_an_index_are_told_apart() {
    let ids = vec![
        json!({"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}}),
        json!({"index": 0, "id": "b", "function": {"name": "f", "arguments": "{\"x\":1}"}}),
    ];
    assert_eq!(
        calls(ids),
        json!([call("a", "f", "{}"), call("b", "f", "{\"x\":1}")])
    );
    let no_ids = vec![
        json!({"index": 0, "id": "", "function": {"name": "f", "arguments": "{}"}}),
        json!({"index": 0, "id": "", "function": {"name": "g", "arguments": "{}"}}),
    ];
    assert_eq!(
        calls(no_ids),
        json!([call("", "f", "{}"), call("", "g", "{}")])
    );
    let new_id_each_time = vec![
        json!({"index": 0, "id": "a", "function": {"name": "f"}}),
        json!({"index": 0, "id": "b", "function": {"arguments": "{"}}),
        json!({"index": 0, "id": "c", "function": {"arguments": "}"}}),
    ];
    assert_eq!(calls(new_id_each_time), json!([call("a", "f", "{}")]));
    let repeated_name = vec![
        json!({"index": 0, "id": "a", "function": {"name": "f", "arguments": "{"}}),
        json!({"index": 0, "id": "a", "function": {"name": "f", "arguments": "}"}}),
    ];
    assert_eq!(calls(repeated_name), json!([call("a", "f", "{}")]));
}

#[test]
fn calls_of_custom_and_unknown_tools_grow() {
    let custom = vec![
        json!({"index": 0, "id": "a", "type": "custom", "custom": {"name": "c", "input": ""}}),
        json!({"index": 0, "custom": {"input": "SELECT"}}),
        json!({"index": 0, "custom": {"input": " 1"}}),
    ];
    let called = json!({"id": "a", "type": "custom", "custom": {"name": "c", "input": "SELECT 1"}});
    assert_eq!(calls(custom), json!([called]));
    let unknown = json!({"index": 0, "id": "a", "type": "search", "search": {"query": "q"}});
    let called = json!({"id": "a", "type": "search", "search": {"query": "q"}});
    assert_eq!(calls(vec![unknown]), json!([called]));
}

#[test]
fn what_is_empty_erases_nothing() {
    let stream = json!([
        {"id": "1", "model": "m", "system_fingerprint": "fp",
            "choices": [{"delta": {"content": "a"}, "finish_reason": "stop"}], "usage": {"total_tokens": 3}},
        {"id": "", "model": null, "system_fingerprint": "",
            "choices": [{"delta": {"role": ""}, "finish_reason": ""}], "usage": {}},
        {"choices": [], "usage": null},
    ]);
    let completion = fold(stream);
    assert_eq!(completion.id.as_deref(), Some("1"));
    assert_eq!(completion.model.as_deref(), Some("m"));
    assert_eq!(completion.system_fingerprint.as_deref(), Some("fp"));
    assert_eq!(completion.usage.as_ref().unwrap().total_tokens, Some(3));
    assert_eq!(completion.finish_reason(), Some(&FinishReason::Stop));
    assert_eq!(completion.message().unwrap().role, Some(Role::Assistant));
}

#[test]
fn a_stream_is_complete_when_every_answer_has_its_finish_reason() {
    let mut fold = Fold::new();
    assert!(!fold.is_complete());
    for (chunk, complete) in chunks(json!([
        {"choices": [{"index": 0, "delta": {}}, {"index": 1, "delta": {}}]},
        {"choices": [{"index": 1, "delta": {}, "finish_reason": "stop"}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": ""}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "length"}]},
        {"choices": []},
    ]))
    .iter()
    .zip([false, false, false, true, true])
    {
        fold.push(chunk);
        assert_eq!(fold.is_complete(), complete);
    }
}

#[test]
fn an_index_that_comes_late_is_kept() {
    let mut fold = Fold::new();
    for chunk in chunks(json!([
        {"choices": [{"delta": {"content": "a"}}]},
        {"choices": [{"index": 0, "delta": {"content": "b"}}]},
    ])) {
        fold.push(&chunk);
    }
    let whole = fold.finish();
    assert_eq!(
        (whole.choices[0].index, whole.text()),
        (Some(0), Some("ab"))
    );
}
