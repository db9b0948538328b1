use std::cell::RefCell;

use proptest::prelude::*;
use serde_json::json;

use super::*;

const ROOT: [u8; 8] = [1; 8];

fn id(n: u64) -> [u8; 8] {
    (1_000 + n).to_be_bytes()
}

fn spend_in(ledger: &RefCell<Ledger>, own: [u8; 8], attributes: &mut Attributes) {
    spend_from(|| ledger.borrow_mut(), ROOT, own, attributes);
}

fn message(role: &str, text: &str) -> Value {
    json!({"role": role, "parts": [{"type": "text", "content": text}]})
}

fn attributes(list: &[(&'static str, &Value)]) -> Attributes {
    let mut attributes = Attributes::default();
    attributes.push(names::REQUEST_MODEL, "gpt");
    for (name, value) in list {
        attributes.push(name, value.to_string());
    }
    attributes
}

fn json_of(attributes: &Attributes, name: &str) -> Value {
    serde_json::from_str(attributes.get(name).unwrap().as_str().unwrap()).unwrap()
}

fn weight(attributes: &Attributes) -> usize {
    let texts = attributes.iter().filter_map(|(_, value)| value.as_str());
    texts.map(encoded_len).sum::<usize>() - encoded_len("gpt")
}

#[test]
fn content_weighs_what_it_weighs_in_the_envelope() {
    let text = "a\"\\\n\u{1}é";
    assert_eq!(
        encoded_len(text),
        serde_json::to_string(text).unwrap().len()
    );
}

#[test]
fn a_root_may_have_all_that_is_left() {
    let ledger = RefCell::default();
    let large = json!([message("user", &"x".repeat(590_000))]);
    let mut root = attributes(&[(names::INPUT_MESSAGES, &large)]);
    spend_in(&ledger, ROOT, &mut root);
    assert_eq!(json_of(&root, names::INPUT_MESSAGES), large);
}

#[test]
fn a_long_run_stays_within_its_room_and_each_span_shows_its_newest_messages() {
    let system = json!([{"type": "text", "content": "s".repeat(6_000)}]);
    let tools: Vec<_> = (0..15)
        .map(|n| json!({"type": "function", "name": format!("tool_{n}"), "description": "d".repeat(1_200)}))
        .collect();
    let tools = json!(tools);
    let ledger = RefCell::default();
    let mut spent = 0;
    for n in 0..200 {
        let history: Vec<_> = (0..6)
            .map(|back| message("tool", &format!("{}: {}", n - back, "\"row\" ".repeat(500))))
            .rev()
            .collect();
        let input = json!(history);
        let output = json!([message("assistant", &format!("answer {n}"))]);
        let mut span = attributes(&[
            (names::INPUT_MESSAGES, &input),
            (names::SYSTEM_INSTRUCTIONS, &system),
            (names::TOOL_DEFINITIONS, &tools),
            (names::OUTPUT_MESSAGES, &output),
        ]);
        spend_in(&ledger, id(u64::try_from(n).unwrap()), &mut span);
        spent += weight(&span);
        assert_eq!(span.get(names::REQUEST_MODEL), Some(&"gpt".into()));
        assert_eq!(json_of(&span, names::OUTPUT_MESSAGES), output);
        let input = json_of(&span, names::INPUT_MESSAGES);
        let last = input.as_array().unwrap().last().unwrap();
        let last = last["parts"][0]["content"].as_str().unwrap();
        assert!(last.starts_with(&format!("{n}: \"row\"")), "{last}");
        if n > 20 {
            let marker = "[as in span 00000000000003e8]";
            assert_eq!(
                json_of(&span, names::SYSTEM_INSTRUCTIONS),
                json!([{"type": "text", "content": marker}])
            );
            assert_eq!(
                json_of(&span, names::TOOL_DEFINITIONS),
                json!([{"type": "function", "name": marker}])
            );
        } else if n < 3 {
            assert_eq!(json_of(&span, names::SYSTEM_INSTRUCTIONS), system);
            assert_eq!(json_of(&span, names::TOOL_DEFINITIONS), tools);
        }
    }
    assert!((400_000..=PER_TRANSACTION).contains(&spent), "{spent}");
}

#[test]
fn what_is_not_the_same_is_not_named() {
    let ledger = RefCell::default();
    let filler = json!([message("user", &"x".repeat(400_000))]);
    let system = |n: u64| json!([{"type": "text", "content": format!("{n}{}", "s".repeat(100))}]);
    for n in 0..3 {
        let system = system(n);
        let mut list = vec![(names::SYSTEM_INSTRUCTIONS, &system)];
        if n == 0 {
            list.push((names::INPUT_MESSAGES, &filler));
        }
        let mut span = attributes(&list);
        spend_in(&ledger, id(n), &mut span);
        assert_eq!(json_of(&span, names::SYSTEM_INSTRUCTIONS), system);
    }
}

#[test]
fn of_messages_the_newest_and_the_users_last_stay() {
    let messages = json!([
        message("user", "an old question"),
        message("user", "What follows?"),
        message("assistant", &"a".repeat(500)),
        message("tool", &"\"t\"".repeat(500)),
        message("tool", "the newest"),
    ]);
    let cut = cut(&messages.to_string(), Form::Input, 600).unwrap();
    assert!(encoded_len(&cut) <= 600);
    let kept: Value = serde_json::from_str(&cut).unwrap();
    let kept = kept.as_array().unwrap();
    assert_eq!(kept.first(), Some(&messages[1]));
    assert_eq!(kept.last(), Some(&messages[4]));
    let between = kept[1]["parts"][0]["content"].as_str().unwrap();
    assert!(kept.len() == 3 && between.ends_with('…'), "{cut}");
}

#[test]
fn of_tools_the_names_stay() {
    let tools: Vec<_> = (0..20)
        .map(|n| {
            let parameters = json!({"type": "object", "properties": {"a": {"type": "string"}}});
            json!({"type": "function", "name": format!("tool_{n}"), "description": "d".repeat(100), "parameters": parameters})
        })
        .collect();
    let tools = json!(tools).to_string();
    for (room, described) in [(3_000, true), (1_200, false)] {
        let cut = cut(&tools, Form::Tools, room).unwrap();
        let kept: Value = serde_json::from_str(&cut).unwrap();
        let kept = kept.as_array().unwrap();
        assert_eq!(kept.len(), 20, "{room}");
        assert_eq!(kept[19]["name"], "tool_19");
        assert_eq!(kept[0].get("description").is_some(), described, "{room}");
    }
}

#[test]
fn a_text_keeps_its_beginning_and_json_stays_json() {
    assert_eq!(
        cut(&"ü".repeat(100), Form::Text, 25).unwrap(),
        "ü".repeat(10) + "…"
    );
    let numbers: Vec<_> = (0..1_000).collect();
    let cut_numbers = cut(&json!(numbers).to_string(), Form::Text, 50).unwrap();
    let kept: Vec<i32> = serde_json::from_str(&cut_numbers).unwrap();
    assert!(
        kept.len() > 10 && numbers.starts_with(&kept),
        "{cut_numbers}"
    );
    let object = json!({"city": "Paris", "text": "\n".repeat(1_000)});
    let kept = cut(&object.to_string(), Form::Text, 100).unwrap();
    let kept: Value = serde_json::from_str(&kept).unwrap();
    assert_eq!(kept["city"], "Paris");
    assert!(kept["text"].as_str().unwrap().len() > 10);
}

proptest! {
    #[test]
    fn whatever_is_cut_has_room_and_parses(
        texts in proptest::collection::vec(("[ -~]{0,200}|(\\\\|\"|\n|ü|\u{1}){0,300}", 0..4_usize), 0..8),
        room in 0..2_000_usize,
        form in prop_oneof![Just(Form::Input), Just(Form::Output), Just(Form::System), Just(Form::Tools), Just(Form::Text)],
    ) {
        let roles = ["user", "assistant", "tool", "other"];
        let values: Vec<_> = texts
            .iter()
            .map(|(text, role)| match form {
                Form::Input | Form::Output => message(roles[*role], text),
                _ => json!({"type": "text", "name": text, "content": text}),
            })
            .collect();
        let text = json!(values).to_string();
        if let Some(cut) = cut(&text, form, room) {
            prop_assert!(encoded_len(&cut) <= room);
            prop_assert!(serde_json::from_str::<Value>(&cut).is_ok());
        }
    }
}
