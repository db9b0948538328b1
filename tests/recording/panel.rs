//! What left for Sentry, read by the rules of Sentry's panel for model calls: nothing may be sent that it drops.
//!
//! The rules are those of `aiMessageNormalizer.ts` and `aiInput.tsx` in getsentry/sentry (`static/app/views`):
//!
//! - Input: a message needs parts, and of its parts it shows the first of these that there are: texts with `blob`, `uri` and
//!   `file` (which it shows by their `mime_type`, or as "unknown"); else `object` parts as they are; else `tool_call` parts as
//!   they are; else the `result` of `tool_call_response` parts, joined as texts (what is no text shows as `[object Object]`).
//!   A message that shows nothing is left out. Roles other than `system`, `user`, `assistant` and `tool` are reported.
//! - Output: of the messages of the role `assistant` it shows texts, `blob`, `uri`, `file`, `tool_call` and `object` parts.
//! - `reasoning` is shown in conversations only; no other part of it stands in its way.
//! - System instructions: the `content` of each part, if it is a text.

use sentry::ClientOptions;
use sentry_openai::{OpenAiIntegration, agent};
use serde_json::{Value, json};

use super::exchange::{Exchange, Stage};
use super::support::{Sentry, SpanView};

const MEDIA: [&str; 3] = ["blob", "uri", "file"];

/// What the panel would drop of a span, each with the reason.
pub(crate) fn dropped(span: &SpanView) -> Vec<String> {
    let list = |name: &str| match span.get(name) {
        Value::Null => Vec::new(),
        _ => span.json(name).as_array().unwrap().clone(),
    };
    let input = list("gen_ai.input.messages");
    let output = list("gen_ai.output.messages");
    let system = list("gen_ai.system_instructions");
    let input = input.iter().flat_map(of_input);
    let output = output.iter().flat_map(of_output);
    let system = system.iter().filter(|part| !is_text(&part["content"]));
    let system = system.map(|part| format!("an instruction that is no text: {part}"));
    input.chain(output).chain(system).collect()
}

fn of_input(message: &Value) -> Vec<String> {
    let mut dropped = Vec::new();
    let parts = message["parts"].as_array().cloned().unwrap_or_default();
    let kinds: Vec<_> = parts.iter().filter_map(kind).collect();
    if parts.is_empty() {
        dropped.push(format!("a message without parts: {message}"));
    }
    if kinds.iter().any(|kind| *kind != kinds[0]) {
        dropped.push(format!(
            "parts that are not shown beside the others: {message}"
        ));
    }
    if message["role"].as_str().is_none_or(str::is_empty) {
        dropped.push(format!("no role: {message}"));
    }
    let is_result = |part: &Value| part["type"] == "tool_call_response";
    if parts.iter().any(is_result) != (message["role"] == "tool" && kinds[0] == "result") {
        dropped.push(format!("a result of another role: {message}"));
    }
    dropped.extend(parts.iter().filter_map(of_part));
    dropped
}

fn of_output(message: &Value) -> Vec<String> {
    let mut dropped = Vec::new();
    let parts = message["parts"].as_array().cloned().unwrap_or_default();
    if message["role"] != "assistant" || parts.is_empty() {
        dropped.push(format!("no message of the assistant: {message}"));
    }
    let is_result = |part: &&Value| kind(part) == Some("result");
    let results = parts.iter().filter(is_result);
    dropped.extend(results.map(|part| format!("a result in an answer: {part}")));
    dropped.extend(parts.iter().filter_map(of_part));
    dropped
}

/// With what a part is shown.
fn kind(part: &Value) -> Option<&'static str> {
    match part["type"].as_str() {
        Some("reasoning") => None,
        Some("text" | "blob" | "uri" | "file") => Some("text"),
        Some("tool_call") => Some("call"),
        Some("tool_call_response") => Some("result"),
        _ => Some("object"),
    }
}

/// What is wrong with a part, if anything is.
fn of_part(part: &Value) -> Option<String> {
    let shows = match part["type"].as_str() {
        Some("text" | "reasoning") => is_text(&part["content"]),
        Some(media) if MEDIA.contains(&media) => is_text(&part["mime_type"]),
        Some("tool_call") => is_text(&part["name"]),
        Some("tool_call_response") => is_text(&part["result"]),
        Some("object") => !part["content"].is_null(),
        _ => false,
    };
    (!shows).then(|| format!("a part that shows nothing: {part}"))
}

fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.is_empty())
}

#[test]
fn the_panels_rules_find_what_it_drops() {
    let text = json!({"type": "text", "content": "a"});
    let call = json!({"type": "tool_call", "name": "f"});
    let result = json!({"type": "tool_call_response", "result": "1"});
    let said = |role: &str, parts: &[&Value]| json!({"role": role, "parts": parts});
    let shown = [
        said("user", &[&text, &text]),
        said("assistant", &[&call]),
        said("tool", &[&result]),
    ];
    for message in &shown {
        assert_eq!(of_input(message), [""; 0]);
    }
    let hidden = [
        said("user", &[]),
        said("", &[&text]),
        said("assistant", &[&text, &call]),
        said("assistant", &[&call, &result]),
        said("assistant", &[&result]),
        said(
            "tool",
            &[&json!({"type": "tool_call_response", "content": "1"})],
        ),
        said(
            "tool",
            &[&json!({"type": "tool_call_response", "result": [1]})],
        ),
        said("user", &[&json!({"type": "hologram", "data": "x"})]),
        said("user", &[&json!({"type": "blob", "modality": "image"})]),
        said("user", &[&json!([1, 2])]),
        json!({"role": "user", "content": "a"}),
    ];
    for message in &hidden {
        assert!(!of_input(message).is_empty(), "{message}");
    }
    assert_eq!(of_output(&said("assistant", &[&text, &call])), [""; 0]);
    for message in [said("user", &[&text]), said("assistant", &[&call, &result])] {
        assert!(!of_output(&message).is_empty(), "{message}");
    }
}

#[tokio::test]
async fn nothing_of_an_exchange_is_recorded_that_sentrys_panel_drops() {
    let stage = Stage::new().await;
    for exchange in Exchange::all() {
        for form in exchange.forms() {
            let span = exchange.span(&stage, form, true).await;
            assert_eq!(dropped(&span), [""; 0], "{} {form:?}", exchange.name);
        }
    }
}

#[test]
fn nothing_of_agents_and_tools_is_recorded_that_sentrys_panel_drops() {
    let integration = OpenAiIntegration::new()
        .record_inputs(true)
        .record_outputs(true);
    let options = ClientOptions::new().traces_sample_rate(1.0);
    let sentry = Sentry::new(options.add_integration(integration));
    sentry.run(async {
        let agent = agent::invoke_agent("planner").input("Rain in Graz?");
        let run = agent.run(async {
            let tool = agent::execute_tool("weather").arguments(r#"{"city":"Graz"}"#);
            tool.run(async { Ok::<_, sentry_openai::Error>(json!({"rain": true})) })
                .await?;
            agent::handoff("planner", "packer");
            Ok::<_, sentry_openai::Error>("Take an umbrella.")
        });
        run.await.unwrap();
        let packer = agent::invoke_agent("packer").output(|pieces: &u8| json!({"pieces": pieces}));
        let run = packer.run(async { Ok::<_, sentry_openai::Error>(1) });
        run.await.unwrap();
    });
    for name in ["planner", "packer"] {
        let agent = sentry.span(&format!("invoke_agent {name}"));
        assert_eq!(
            agent.get("gen_ai.input.messages").is_string(),
            name == "planner"
        );
        assert!(agent.get("gen_ai.output.messages").is_string());
        assert_eq!(dropped(&agent), [""; 0]);
    }
    let handoff = sentry.span("handoff from planner to packer");
    assert_eq!(handoff.op, "gen_ai.handoff");
    // The panel shows these as JSON, or as they are.
    let tool = sentry.span("execute_tool weather");
    assert_eq!(tool.json("gen_ai.tool.call.arguments")["city"], "Graz");
    assert_eq!(tool.json("gen_ai.tool.call.result")["rain"], true);
}
