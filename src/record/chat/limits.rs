//! Proofs of what is kept of long requests and replies, and of what `redact` sees.

use serde_json::json;

use super::*;
use crate::record::tests::{open, parsed, prompt, redacting, reply};

#[test]
fn the_newest_messages_stay_and_the_last_of_the_user_keeps_a_share() {
    let text = |length: usize| "x".repeat(length);
    let request = json!({"model": "m", "messages": [
        {"role": "system", "content": "s"},
        {"role": "user", "content": text(100)},
        {"role": "assistant", "content": text(100)},
        {"role": "user", "content": text(5000)},
        {"role": "assistant", "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "c", "content": text(5000)},
    ]});
    let recorded = prompt::<Request>(request.clone(), &open(Some(2000)));
    let json = recorded
        .get(names::INPUT_MESSAGES)
        .unwrap()
        .as_str()
        .unwrap();
    assert!((1990..=2000).contains(&json.len()), "{}", json.len());
    let messages = parsed(&recorded, names::INPUT_MESSAGES);
    let roles: Vec<_> = messages
        .as_array()
        .unwrap()
        .iter()
        .map(|message| &message["role"])
        .collect();
    assert_eq!(roles, ["user", "tool"]);
    assert!(
        messages[0]["parts"][0]["content"]
            .as_str()
            .unwrap()
            .ends_with("x…")
    );
    assert!(messages[0]["parts"][0]["content"].as_str().unwrap().len() > 400);
    assert_eq!(
        recorded.get(names::INPUT_MESSAGES_ORIGINAL_LENGTH),
        // With the instructions.
        Some(&6.into())
    );

    let recorded = prompt::<Request>(request, &open(Some(20_000)));
    assert_eq!(
        parsed(&recorded, names::INPUT_MESSAGES)
            .as_array()
            .unwrap()
            .len(),
        5
    );
    assert_eq!(recorded.get(names::INPUT_MESSAGES_ORIGINAL_LENGTH), None);
}

#[test]
fn old_messages_are_left_out_whole_or_cut() {
    let messages: Vec<_> = (0..100)
        .map(|number| json!({"role": "user", "content": format!("message {number}")}))
        .collect();
    let recorded = prompt::<Request>(
        json!({"model": "m", "messages": messages}),
        &open(Some(500)),
    );
    let messages = parsed(&recorded, names::INPUT_MESSAGES);
    let messages = messages.as_array().unwrap();
    assert!((6..9).contains(&messages.len()));
    assert_eq!(
        messages.last().unwrap()["parts"][0]["content"],
        "message 99"
    );
    assert_eq!(
        recorded.get(names::INPUT_MESSAGES_ORIGINAL_LENGTH),
        Some(&100.into())
    );
}

#[test]
fn each_part_of_a_reply_keeps_a_share() {
    let whole = json!({"choices": [{"finish_reason": "stop", "message": {
        "reasoning_content": "r".repeat(5000), "content": "The answer.",
        "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "x".repeat(5000)}}],
    }}]});
    let recorded = reply::<Completion>(whole, &open(Some(1000)));
    let messages = parsed(&recorded, names::OUTPUT_MESSAGES);
    let parts = messages[0]["parts"].as_array().unwrap();
    assert_eq!(parts.len(), 3);
    assert_eq!(parts[1]["content"], "The answer.");
    assert!(parts[0]["content"].as_str().unwrap().len() > 300);
    assert!(parts[2]["arguments"].as_str().unwrap().len() > 250);
    assert_eq!(messages[0]["finish_reason"], "stop");
}

#[test]
fn a_long_reply_is_recorded_alike_whole_and_streamed() {
    let [reasoning, text, refusal, arguments] =
        ["re\"a ", "tëxt ", "no\n", "{\"a\":1} "].map(|text| text.repeat(1000));
    let message = json!({
        "role": "assistant", "reasoning_content": reasoning, "content": text, "refusal": refusal,
        "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": arguments}}],
    });
    let whole = json!({"choices": [
        {"index": 0, "finish_reason": "stop", "message": message},
        {"index": 1, "finish_reason": "stop", "message": {"role": "assistant", "content": "short"}},
    ]});
    let delta = |index: usize, delta: serde_json::Value| {
        serde_json::from_value::<Chunk>(json!({"choices": [{"index": index, "delta": delta}]}))
            .unwrap()
    };
    let pieces = |text: &str, of: fn(&str) -> serde_json::Value| -> Vec<Chunk> {
        let pieces: Vec<char> = text.chars().collect();
        let pieces = pieces
            .chunks(7)
            .map(|piece| piece.iter().collect::<String>());
        pieces.map(|piece| delta(0, of(&piece))).collect()
    };
    let mut chunks = pieces(&reasoning, |piece| json!({"reasoning_content": piece}));
    chunks.extend(pieces(&text, |piece| json!({"content": piece})));
    chunks.extend(pieces(&refusal, |piece| json!({"refusal": piece})));
    chunks.push(delta(
        0,
        json!({"tool_calls": [{"index": 0, "id": "c", "function": {"name": "f"}}]}),
    ));
    chunks.extend(pieces(
        &arguments,
        |piece| json!({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}),
    ));
    chunks.push(delta(1, json!({"content": "short"})));
    let end = json!([{"index": 0, "finish_reason": "stop"}, {"index": 1, "finish_reason": "stop"}]);
    chunks.push(serde_json::from_value(json!({"choices": end})).unwrap());

    for limit in [2, 50, 100, 300, 1000, 5000, 6000, 20_000, 30_000] {
        let settings = open(Some(limit));
        let mut fold = <chat::Fold as Fold>::new(&settings);
        for chunk in &chunks {
            Fold::push(&mut fold, chunk);
        }
        let mut streamed = Attributes::default();
        Fold::finish(fold).content(&settings, &mut streamed);
        let whole = reply::<Completion>(whole.clone(), &settings);
        assert_eq!(
            streamed.get(names::OUTPUT_MESSAGES),
            whole.get(names::OUTPUT_MESSAGES),
            "{limit}"
        );
    }
}

#[test]
fn of_many_tools_all_keep_their_names() {
    let tools: Vec<_> = (0..20)
        .map(|number| {
            json!({"type": "function", "function": {
                "name": format!("tool_{number}"), "description": "d".repeat(500), "parameters": {"type": "object"},
            }})
        })
        .collect();
    let request = json!({"model": "m", "messages": [], "tools": tools});
    let recorded = prompt::<Request>(request, &open(Some(2000)));
    assert!(
        recorded
            .get(names::TOOL_DEFINITIONS)
            .unwrap()
            .as_str()
            .unwrap()
            .len()
            <= 2000
    );
    let tools = parsed(&recorded, names::TOOL_DEFINITIONS);
    let tools = tools.as_array().unwrap();
    assert_eq!(tools.len(), 20);
    assert_eq!(tools[0]["parameters"], json!({"type": "object"}));
    assert_eq!(tools[19], json!({"type": "function", "name": "tool_19"}));
}

#[test]
fn redact_sees_each_text_whole_and_before_it_is_cut() {
    let settings = redacting(|text| text.replace("hunter2", "[secret]"));
    let request = json!({
        "model": "m",
        "messages": [
            {"role": "system", "content": "hunter2"},
            {"role": "user", "content": format!("{}hunter2{}", "x".repeat(90), "y".repeat(30_000))},
            {"role": "assistant", "tool_calls": [
                {"id": "hunter2", "type": "function", "function": {"name": "hunter2", "arguments": "{\"p\":\"hunter2\"}"}},
            ]},
            {"role": "tool", "tool_call_id": "c", "content": [{"type": "new", "hunter2": ["hunter2"]}]},
        ],
        "tools": [{"type": "function", "function": {"name": "f", "description": "hunter2", "parameters": {"hunter2": "hunter2"}}}],
    });
    let recorded = prompt::<Request>(request.clone(), &settings);
    let all = format!("{recorded:?}");
    assert!(!all.contains("hunter2"), "{all}");
    assert_eq!(all.matches("[secret]").count(), 10);
    for limit in 150..320 {
        let settings = Settings {
            max_content_bytes: Some(limit),
            ..settings.clone()
        };
        let all = format!("{:?}", prompt::<Request>(request.clone(), &settings));
        assert!(!all.contains("hunt"), "{all}");
    }
}

#[test]
fn a_panic_in_redact_leaves_no_text() {
    let settings = redacting(|text| {
        assert!(!text.contains("secret"), "no");
        text.to_owned()
    });
    let request = json!({"model": "m", "messages": [{"role": "user", "content": "a secret"}]});
    let recorded = prompt::<Request>(request, &settings);
    assert_eq!(
        parsed(&recorded, names::INPUT_MESSAGES)[0]["parts"][0]["content"],
        "[redacted]"
    );
}

#[test]
fn redact_reads_no_message_that_is_dropped() {
    let settings = Settings {
        max_content_bytes: Some(300),
        ..redacting(|text| {
            assert!(!text.contains("old"), "read");
            text.to_owned()
        })
    };
    let request = json!({"model": "m", "messages": [
        {"role": "user", "content": "old"},
        {"role": "user", "content": "new ".repeat(1000)},
    ]});
    let recorded = prompt::<Request>(request, &settings);
    let messages = parsed(&recorded, names::INPUT_MESSAGES);
    assert_eq!(messages.as_array().unwrap().len(), 1);
    assert!(!messages.to_string().contains("[redacted]"));
}

#[test]
fn of_a_stream_too_long_to_keep_no_secret_is_cut_in_two() {
    let settings = redacting(|text| text.replace("hunter2", "[secret]"));
    let deltas = [
        json!({"reasoning_content": "r".repeat((1 << 20) - 5)}),
        json!({"content": "hunter2"}),
    ];
    let mut fold = <chat::Fold as Fold>::new(&settings);
    for delta in deltas {
        let chunk = json!({"choices": [{"index": 0, "delta": delta}]});
        Fold::push(&mut fold, &serde_json::from_value(chunk).unwrap());
    }
    let mut recorded = Attributes::default();
    Fold::finish(fold).content(&settings, &mut recorded);
    let recorded = recorded
        .get(names::OUTPUT_MESSAGES)
        .unwrap()
        .as_str()
        .unwrap();
    assert!(recorded.contains("rrr…"));
    assert!(
        !recorded.contains("hunt"),
        "{}",
        &recorded[recorded.len() - 100..]
    );
}
