//! What a span tells, in words: model, tokens, how it ended, and the messages if they were recorded.

use std::time::Duration;

use sentry::protocol::Value;

use super::report::shown;
use super::tree::Node;

/// How many of a call's messages are shown, the newest.
const MESSAGES: usize = 6;

/// One thing that a span tells.
pub(crate) struct Detail {
    pub(crate) label: &'static str,
    pub(crate) text: String,
}

impl Detail {
    fn new(label: &'static str, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { label, text }
    }
}

/// All that a model call, an agent or a tool tells; nothing for other spans, whose line says it.
pub(crate) fn details(node: &Node) -> Vec<Detail> {
    let mut details = Vec::new();
    details.extend(part_of(node));
    details.extend(model(node));
    details.extend(stream(node));
    details.extend(tokens(node));
    if let Some(kind) = node.text("error.type") {
        details.push(Detail::new("error", kind));
    }
    for (label, name) in [
        ("does", "gen_ai.tool.description"),
        ("arguments", "gen_ai.tool.call.arguments"),
        ("result", "gen_ai.tool.call.result"),
    ] {
        details.extend(node.text(name).map(|text| Detail::new(label, text)));
    }
    for part in list(node, "gen_ai.system_instructions") {
        details.push(Detail::new("system", text(&part)));
    }
    if let Some(tools) = tools(node) {
        details.push(Detail::new("tools", tools));
    }
    if let Some(input) = node.text("gen_ai.embeddings.input") {
        details.push(Detail::new("input", input));
    }
    let input = list(node, "gen_ai.input.messages");
    let earlier = input.len().saturating_sub(MESSAGES);
    if earlier > 0 {
        details.push(Detail::new("", format!("({earlier} earlier messages)")));
    }
    for message in input.iter().skip(earlier) {
        details.extend(said(message, false));
    }
    for message in list(node, "gen_ai.output.messages") {
        details.extend(said(&message, true));
    }
    details
}

/// What an agent runs for; its calls and tools say the same.
fn part_of(node: &Node) -> Option<Detail> {
    let whole = [
        ("pipeline", node.text("gen_ai.pipeline.name")),
        ("conversation", node.text("gen_ai.conversation.id")),
    ];
    let whole = whole.map(|(what, name)| name.map(|name| format!("{what} {name}")));
    let whole: Vec<String> = whole.into_iter().flatten().collect();
    let is_told = node.op == "gen_ai.invoke_agent" && !whole.is_empty();
    is_told.then(|| Detail::new("part of", whole.join(", ")))
}

fn model(node: &Node) -> Option<Detail> {
    let asked = node.text("gen_ai.request.model");
    let mut parts = vec![node.text("gen_ai.response.model").or(asked)?.to_owned()];
    if let Some(temperature) = node.number("gen_ai.request.temperature") {
        parts.push(format!("temperature {temperature}"));
    }
    let reasons = list(node, "gen_ai.response.finish_reasons");
    let reasons: Vec<&str> = reasons.iter().filter_map(Value::as_str).collect();
    if !reasons.is_empty() {
        parts.push(format!("finish reason {}", reasons.join(" and ")));
    }
    Some(Detail::new("model", parts.join(", ")))
}

fn stream(node: &Node) -> Option<Detail> {
    let streamed = node.data.get("gen_ai.response.streaming")?.as_bool()?;
    let first = node.number("gen_ai.response.time_to_first_chunk");
    let text = match first.and_then(|first| Duration::try_from_secs_f64(first).ok()) {
        Some(first) => format!("first chunk after {}", shown(first)),
        None => "no chunk".to_owned(),
    };
    streamed.then(|| Detail::new("stream", text))
}

fn tokens(node: &Node) -> Option<Detail> {
    let usage = |name: &str| node.count(&format!("gen_ai.usage.{name}"));
    let part = |count: Option<u64>, what: &str| match count {
        Some(count) if count > 0 => format!(" ({count} {what})"),
        _ => String::new(),
    };
    let mut parts = Vec::new();
    if let Some(input) = usage("input_tokens") {
        let cached = part(usage("cache_read.input_tokens"), "cached");
        parts.push(format!("{input} in{cached}"));
    }
    if let Some(output) = usage("output_tokens") {
        let reasoning = part(usage("reasoning.output_tokens"), "reasoning");
        parts.push(format!("{output} out{reasoning}"));
    }
    if let Some(total) = usage("total_tokens") {
        parts.push(format!("{total} in all"));
    }
    (!parts.is_empty()).then(|| Detail::new("tokens", parts.join(", ")))
}

fn tools(node: &Node) -> Option<String> {
    let tools = list(node, "gen_ai.tool.definitions");
    let name = |tool: &Value| {
        tool["name"]
            .as_str()
            .or(tool["type"].as_str())
            .map(str::to_owned)
    };
    let names: Vec<String> = tools.iter().filter_map(name).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// What a message says, part by part.
fn said(message: &Value, by_the_reply: bool) -> Vec<Detail> {
    let speaker = match message["role"].as_str() {
        _ if by_the_reply => "answer",
        Some("user") => "user",
        Some("assistant") => "assistant",
        Some("tool") => "tool",
        _ => "other",
    };
    let parts = message["parts"].as_array();
    let parts = parts
        .into_iter()
        .flatten()
        .map(|part| match part["type"].as_str() {
            Some("tool_call") => {
                let name = part["name"].as_str().unwrap_or("a tool");
                Detail::new("calls", format!("{name}({})", plain(&part["arguments"])))
            }
            Some("tool_call_response") => Detail::new("tool", plain(&part["result"])),
            Some("reasoning") => Detail::new("reasoning", text(part)),
            _ => Detail::new(speaker, text(part)),
        });
    parts.collect()
}

/// The text of a part; what is none is shown as it is.
fn text(part: &Value) -> String {
    match (part["type"].as_str(), &part["content"]) {
        (Some("text" | "reasoning"), content) => plain(content),
        _ => part.to_string(),
    }
}

fn plain(value: &Value) -> String {
    match value.as_str() {
        Some(text) => text.to_owned(),
        None => value.to_string(),
    }
}

fn list(node: &Node, name: &str) -> Vec<Value> {
    match node.json(name) {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    }
}
