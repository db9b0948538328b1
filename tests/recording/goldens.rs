//! Every fixture against its golden.
//!
//! A golden holds the name, op and status of the span, the `facts` that are always recorded, and the `content`
//! that is where it is allowed; JSON within texts is read. `UPDATE_GOLDEN=1` writes them anew, to be read
//! against the specification.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

use super::exchange::{Exchange, Form, Stage};
use super::support::SpanView;

const STREAMING: &str = "gen_ai.response.streaming";
const FIRST_CHUNK: &str = "gen_ai.response.time_to_first_chunk";
const OUTPUT: &str = "gen_ai.output.messages";
const PORT: &str = "server.port";

/// What may only stand on a span where content is recorded.
const CONTENT: [&str; 7] = [
    "gen_ai.embeddings.input",
    "gen_ai.input.messages",
    OUTPUT,
    "gen_ai.system_instructions",
    "gen_ai.tool.definitions",
    "gen_ai.request.messages.original_length",
    "gen_ai.request.stop_sequences",
];

/// The texts that are JSON. The input of embeddings may be, and stays as it is.
const JSON: [&str; 5] = [
    "gen_ai.input.messages",
    OUTPUT,
    "gen_ai.response.finish_reasons",
    "gen_ai.system_instructions",
    "gen_ai.tool.definitions",
];

#[tokio::test]
async fn every_exchange_is_recorded_as_its_golden_says() {
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let stage = Stage::new().await;
    let mut differences = Vec::new();
    for exchange in Exchange::all() {
        let first = exchange.forms()[0];
        let recorded = golden(&exchange.span(&stage, first, true).await);
        if update {
            fs::write(&exchange.golden, readable(&recorded, 0) + "\n").unwrap();
            continue;
        }
        let expected = fs::read_to_string(&exchange.golden).unwrap_or_default();
        let expected: Value = serde_json::from_str(&expected).unwrap_or_default();
        if recorded != expected {
            differences.push(format!(
                "{}: {}",
                exchange.name,
                beside(&recorded, &expected)
            ));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[tokio::test]
async fn without_leave_the_facts_of_an_exchange_are_recorded_and_none_of_its_content() {
    let stage = Stage::new().await;
    for exchange in Exchange::all() {
        for form in exchange.forms() {
            let open = golden(&exchange.span(&stage, form, true).await);
            let closed = golden(&exchange.span(&stage, form, false).await);
            assert_eq!(closed["content"], json!({}), "{}", exchange.name);
            assert_eq!(closed["facts"], open["facts"], "{}", exchange.name);
            assert_eq!(closed["name"], open["name"], "{}", exchange.name);
            assert_eq!(closed["status"], open["status"], "{}", exchange.name);
        }
    }
}

#[tokio::test]
async fn a_streamed_reply_is_recorded_as_the_same_reply_sent_whole() {
    let stage = Stage::new().await;
    let mut compared = 0;
    let mut differences = Vec::new();
    for exchange in Exchange::all() {
        if exchange.forms() == [Form::Whole, Form::Streamed] {
            let whole = exchange.span(&stage, Form::Whole, true).await;
            let streamed = exchange.span(&stage, Form::Streamed, true).await;
            let (whole, streamed) = (golden(&whole), golden(&streamed));
            if streamed != whole {
                differences.push(format!("{}: {}", exchange.name, beside(&streamed, &whole)));
            }
            compared += 1;
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(compared > 20, "only {compared} were compared");
}

#[tokio::test]
async fn only_streams_with_content_tell_when_it_began() {
    let stage = Stage::new().await;
    for exchange in Exchange::all() {
        for form in exchange.forms() {
            let span = exchange.span(&stage, form, true).await;
            let streamed = form == Form::Streamed;
            assert_eq!(span.get(STREAMING), &json!(streamed), "{}", exchange.name);
            let first = span.get(FIRST_CHUNK);
            let expected = streamed && span.data.contains_key(OUTPUT);
            assert_eq!(first.is_f64(), expected, "{}: {first}", exchange.name);
            assert!(expected || first.is_null(), "{}: {first}", exchange.name);
        }
    }
}

/// What a golden holds of a span: all but times, the port, and whether the reply was streamed.
fn golden(span: &SpanView) -> Value {
    assert!(span.get(PORT).is_u64());
    let mut facts = BTreeMap::new();
    let mut content = BTreeMap::new();
    for (name, value) in &span.data {
        if [PORT, STREAMING, FIRST_CHUNK].contains(&name.as_str()) {
            continue;
        }
        let value = if JSON.contains(&name.as_str()) {
            span.json(name)
        } else {
            value.clone()
        };
        if CONTENT.contains(&name.as_str()) {
            content.insert(name, value);
        } else {
            facts.insert(name, value);
        }
    }
    json!({
        "name": span.name,
        "op": span.op,
        "status": span.status,
        "facts": facts,
        "content": content,
    })
}

fn beside(recorded: &Value, expected: &Value) -> String {
    let (recorded, expected) = (readable(recorded, 0), readable(expected, 0));
    format!("is\n{recorded}\nshould be\n{expected}\n")
}

/// JSON with what is short on one line.
fn readable(value: &Value, depth: usize) -> String {
    const WIDTH: usize = 110;
    let short = value.to_string();
    if short.len() + 2 * depth <= WIDTH && depth > 0 {
        return short;
    }
    let indent = "  ".repeat(depth + 1);
    let lines: Vec<_> = match value {
        Value::Array(items) => items
            .iter()
            .map(|item| indent.clone() + &readable(item, depth + 1))
            .collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, field)| format!("{indent}{name:?}: {}", readable(field, depth + 1)))
            .collect(),
        _ => return short,
    };
    let (open, close) = if value.is_array() {
        ('[', ']')
    } else {
        ('{', '}')
    };
    let end = "  ".repeat(depth);
    format!("{open}\n{}\n{end}{close}", lines.join(",\n"))
}
