//! Content that other libraries have written as texts: JSON of several shapes, or none at all.

use serde_json::Value;

use super::attributes::Attributes;
use super::messages::{Content, Definition, Message, Part, Source, definition_of};
use super::name_of;
use super::shorten::{record_input, record_output, record_stops, record_system, record_tools};
use crate::settings::Settings;

/// Who says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Input,
    Output,
}

/// Records messages: a JSON array of `{role, parts}` or `{role, content}`, one of these, or a mere text.
pub(crate) fn record_messages(text: &str, side: Side, settings: &Settings, to: &mut Attributes) {
    let messages = match serde_json::from_str(text) {
        Ok(Value::Array(messages)) => messages,
        Ok(message @ Value::Object(_)) => vec![message],
        _ => vec![Value::from(text)],
    };
    if side == Side::Output {
        let is_call = |message: &Value| {
            message.get("role").is_none()
                && (message.get("function").is_some() || message.get("arguments").is_some())
        };
        let messages: Vec<_> = if messages.iter().all(is_call) {
            vec![Message::new(
                "assistant",
                messages.iter().map(call).collect(),
            )]
        } else {
            let replies = messages.iter().map(|message| Message {
                finish_reason: message
                    .get("finish_reason")
                    .and_then(Value::as_str)
                    .and_then(name_of),
                ..Message::new(
                    "assistant",
                    parts_of(message).into_iter().map(Part::in_answer).collect(),
                )
            });
            replies.collect()
        };
        let messages: Vec<_> = messages
            .into_iter()
            .filter(|message| !message.parts.is_empty())
            .collect();
        if !messages.is_empty() {
            record_output(&messages, settings, to);
        }
        return;
    }
    let (system, messages): (Vec<_>, Vec<_>) = messages
        .iter()
        .filter(|message| !parts_of(message).is_empty())
        .partition(|message| matches!(role(message), "system" | "developer"));
    let system: Vec<_> = system.into_iter().flat_map(parts_of).collect();
    record_input(
        &messages,
        |message| input_role(message) == "user",
        |message| Message::new(input_role(message), parts_of(message)),
        !system.is_empty(),
        settings,
        to,
    );
    record_system(&system, settings, to);
}

/// Records system instructions: a JSON array of parts or texts, or a mere text.
pub(crate) fn record_instructions(text: &str, settings: &Settings, to: &mut Attributes) {
    let parts = match serde_json::from_str(text) {
        Ok(Value::Array(parts)) => parts,
        Ok(part @ (Value::Object(_) | Value::String(_))) => vec![part],
        _ => vec![Value::from(text)],
    };
    let parts: Vec<_> = parts
        .iter()
        .flat_map(|part| match part.get("role") {
            Some(_) => parts_of(part),
            None => part_of(part).into_iter().collect(),
        })
        .collect();
    record_system(&parts, settings, to);
}

/// Records what the model may call; what is no JSON array of objects is left out.
pub(crate) fn record_definitions(text: &str, settings: &Settings, to: &mut Attributes) {
    let Ok(Value::Array(tools)) = serde_json::from_str(text) else {
        return;
    };
    let tools: Vec<Definition<'_>> = tools
        .iter()
        .filter(|tool| tool.is_object())
        .map(|tool| match tool.get("function") {
            Some(function) if function.is_object() => Definition {
                kind: "function",
                ..definition_of(function)
            },
            _ => Definition {
                kind: tool
                    .get("type")
                    .and_then(Value::as_str)
                    .unwrap_or("function"),
                ..definition_of(tool)
            },
        })
        .collect();
    record_tools(&tools, settings, to);
}

/// Records where the model stops: a JSON array of texts, or one text.
pub(crate) fn record_stop(text: &str, settings: &Settings, to: &mut Attributes) {
    let stops = match serde_json::from_str(text) {
        Ok(Value::Array(stops)) => stops,
        _ => vec![Value::from(text)],
    };
    record_stops(stops.iter().filter_map(Value::as_str), settings, to);
}

fn role(message: &Value) -> &str {
    let role = message.get("role").and_then(Value::as_str);
    role.unwrap_or("user")
}

/// The role, where results of tools are the tool's, whoever is said to have given them.
fn input_role(message: &Value) -> &str {
    let parts = parts_of(message);
    let is_result = |part: &Part<'_>| matches!(part, Part::ToolCallResponse { .. });
    match role(message) {
        "user" if !parts.is_empty() && parts.iter().all(is_result) => "tool",
        "model" | "ai" => "assistant",
        role => role,
    }
}

fn parts_of(message: &Value) -> Vec<Part<'_>> {
    let content = message.get("parts").or_else(|| message.get("content"));
    let content = match (content, message) {
        (None, Value::String(_)) => Some(message),
        (content, _) => content,
    };
    let mut parts: Vec<_> = match content {
        Some(Value::Array(parts)) => parts.iter().filter_map(part_of).collect(),
        Some(part) => part_of(part).into_iter().collect(),
        None => Vec::new(),
    };
    if let Some(Value::Array(calls)) = message.get("tool_calls") {
        parts.extend(calls.iter().map(call));
    }
    // A message of a tool in the form of chat completions.
    if role(message) == "tool"
        && let Some(id) = message.get("tool_call_id").and_then(Value::as_str)
    {
        return vec![Part::ToolCallResponse {
            id: Some(id),
            result: content.map(content_of),
        }];
    }
    parts
}

fn part_of(part: &Value) -> Option<Part<'_>> {
    if let Value::String(text) = part {
        return (!text.is_empty()).then_some(Part::Text(text));
    }
    if !part.is_object() {
        return None;
    }
    let text = |names: &[&str]| {
        let mut found = names.iter().filter_map(|name| part.get(name)?.as_str());
        found.next()
    };
    let modality = text(&["modality"]).unwrap_or("file");
    let known = match text(&["type"]) {
        Some("text" | "input_text" | "output_text") | None => {
            text(&["content", "text"]).map(Part::Text)
        }
        Some("reasoning" | "thinking") => {
            text(&["content", "text", "thinking"]).map(Part::Reasoning)
        }
        Some("tool_call" | "tool_use" | "function_call") => Some(call(part)),
        Some("tool_call_response" | "tool_result" | "tool_response") => {
            let names = ["result", "response", "content", "output"];
            let content = names.iter().find_map(|name| part.get(name));
            Some(Part::ToolCallResponse {
                id: text(&["id", "call_id", "tool_use_id", "tool_call_id"]),
                result: content.map(content_of),
            })
        }
        Some("uri") => text(&["uri", "url"]).map(|uri| Part::media(modality, uri)),
        Some("blob") => Some(Part::Media {
            modality,
            mime_type: text(&["mime_type"]),
            filename: None,
            source: Source::Inline,
        }),
        _ => None,
    };
    known.or(Some(Part::Other(part)))
}

fn call(call: &Value) -> Part<'_> {
    let function = call.get("function").unwrap_or(call);
    let text = |of: &'static str, from: &'_ Value| from.get(of).is_some_and(Value::is_string);
    let id = if text("call_id", call) {
        "call_id"
    } else {
        "id"
    };
    let arguments = function
        .get("arguments")
        .or_else(|| function.get("input"))
        .or_else(|| function.get("args"));
    Part::ToolCall {
        id: call.get(id).and_then(Value::as_str),
        name: function
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or_default(),
        arguments: arguments.map(content_of),
    }
}

fn content_of(value: &Value) -> Content<'_> {
    match value {
        Value::String(text) => Content::Text(text),
        value => Content::Json(value),
    }
}
