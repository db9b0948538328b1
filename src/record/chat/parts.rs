//! The messages, parts and tools of chat completions.

use serde_json::Value;

use crate::record::messages::{Content, Definition, Message, Part, definition_of};
use crate::types::chat;

/// What is told to the model beside the conversation.
pub(super) fn is_system(message: &chat::Message) -> bool {
    matches!(
        message,
        chat::Message::System(_) | chat::Message::Developer(_)
    )
}

pub(super) fn system(message: &chat::Message) -> Vec<Part<'_>> {
    content(message.content())
}

pub(super) fn message(message: &chat::Message) -> Message<'_> {
    let role = message.role().unwrap_or("unknown");
    let parts = match message {
        chat::Message::Assistant(message) => assistant(message),
        chat::Message::Tool(message) => vec![Part::ToolCallResponse {
            id: Some(message.tool_call_id.as_str()).filter(|id| !id.is_empty()),
            result: message.content.as_ref().map(answer),
        }],
        chat::Message::Function(message) => vec![Part::ToolCallResponse {
            id: None,
            result: message.content.as_ref().map(answer),
        }],
        chat::Message::Unknown(value) => match value.get("content") {
            Some(Value::String(text)) => Part::text(text).into_iter().collect(),
            Some(Value::Array(parts)) => parts.iter().filter_map(Part::unknown).collect(),
            _ => vec![Part::Other(value)],
        },
        other => content(other.content()),
    };
    Message::new(role, parts)
}

/// What the model says: its reasoning, its words, its calls.
pub(super) fn reply(message: &chat::ReplyMessage) -> Vec<Part<'_>> {
    let mut parts = said(
        message.reasoning(),
        message.reasoning_details.as_deref(),
        message.content.as_ref(),
        message.refusal.as_deref(),
    );
    if let Some(audio) = &message.audio {
        match audio.transcript.as_deref() {
            Some(transcript) if !transcript.is_empty() => parts.push(Part::Text(transcript)),
            _ if audio.data.as_ref().is_some_and(|data| !data.is_empty()) => {
                parts.push(Part::audio(None));
            }
            _ => {}
        }
    }
    // OpenRouter's answers of models that paint.
    let images = message.extra.get("images").and_then(Value::as_array);
    parts.extend(images.into_iter().flatten().filter_map(image));
    parts.extend(message.tool_calls().iter().map(tool_call));
    parts.extend(message.function_call.as_ref().map(function_call));
    parts
}

pub(super) fn tool(tool: &chat::Tool) -> Definition<'_> {
    match tool {
        chat::Tool::Function(tool) => function(&tool.function),
        chat::Tool::Custom(tool) => Definition {
            kind: "custom",
            name: Some(&tool.custom.name),
            description: tool.custom.description.as_deref(),
            parameters: None,
        },
        chat::Tool::Unknown(value) => definition_of(value),
    }
}

/// How the model searches the web, which is a tool of its own.
pub(super) fn web_search(options: &chat::WebSearchOptions) -> Definition<'_> {
    Definition {
        kind: "web_search_options",
        name: None,
        description: None,
        parameters: Some(options),
    }
}

pub(super) fn function(function: &chat::Function) -> Definition<'_> {
    Definition {
        kind: "function",
        name: Some(&function.name),
        description: function.description.as_deref(),
        parameters: function.parameters.as_ref().map(|schema| schema as _),
    }
}

fn assistant(message: &chat::AssistantMessage) -> Vec<Part<'_>> {
    let reasoning = [&message.reasoning_content, &message.reasoning];
    let mut reasoning = reasoning.into_iter().flatten();
    let mut parts = said(
        reasoning.find(|text| !text.is_empty()).map(String::as_str),
        message.reasoning_details.as_deref(),
        message.content.as_ref(),
        message.refusal.as_deref(),
    );
    if let Some(audio) = &message.audio {
        parts.push(Part::file("audio", &audio.id, None));
    }
    parts.extend(message.tool_calls.iter().flatten().map(tool_call));
    parts.extend(message.function_call.as_ref().map(function_call));
    parts
}

fn said<'a>(
    reasoning: Option<&'a str>,
    details: Option<&'a [Value]>,
    says: Option<&'a chat::Content>,
    refusal: Option<&'a str>,
) -> Vec<Part<'a>> {
    let mut parts = Vec::new();
    match reasoning {
        Some(text) => parts.push(Part::Reasoning(text)),
        // `reasoning.text` and `reasoning.summary` are text, the encrypted ones are not.
        None => parts.extend(details.into_iter().flatten().filter_map(|detail| {
            let text = detail
                .get("text")
                .or_else(|| detail.get("summary"))?
                .as_str()?;
            (!text.is_empty()).then_some(Part::Reasoning(text))
        })),
    }
    parts.extend(content(says));
    parts.extend(refusal.and_then(Part::text));
    parts
}

/// A painted image, if it is one.
fn image(image: &Value) -> Option<Part<'_>> {
    match image.pointer("/image_url/url").or(image.get("url")) {
        Some(Value::String(url)) => Some(Part::media("image", url)),
        _ => Part::unknown(image),
    }
}

fn content(content: Option<&chat::Content>) -> Vec<Part<'_>> {
    match content {
        None => Vec::new(),
        Some(chat::Content::Text(text)) => Part::text(text).into_iter().collect(),
        Some(chat::Content::Parts(parts)) => parts.iter().flat_map(part).collect(),
        Some(chat::Content::Unknown(value)) => Part::unknown(value).into_iter().collect(),
    }
}

fn part(part: &chat::Part) -> Vec<Part<'_>> {
    let part = match part {
        chat::Part::Text(part) => return Part::text(&part.text).into_iter().collect(),
        chat::Part::Refusal(part) => return Part::text(&part.refusal).into_iter().collect(),
        chat::Part::Thinking(thinking) => {
            let texts = thinking.thinking.iter().flat_map(chat::Content::texts);
            let texts = texts.filter(|text| !text.is_empty());
            return texts.map(Part::Reasoning).collect();
        }
        chat::Part::ImageUrl(part) => Part::media("image", &part.image_url.url),
        chat::Part::InputAudio(part) => {
            let format = part.input_audio.format.as_ref();
            Part::audio(format.map(chat::InputAudioFormat::as_str))
        }
        chat::Part::File(file) => match &file.file {
            chat::File {
                file_id: Some(file_id),
                filename,
                ..
            } => Part::file("document", file_id, filename.as_deref()),
            chat::File {
                file_data: Some(data),
                filename,
                ..
            } => Part::file_data(data, filename.as_deref()),
            _ => Part::Other(part),
        },
        chat::Part::Unknown(value) => return Part::unknown(value).into_iter().collect(),
    };
    vec![part]
}

/// What a tool gave.
fn answer(content: &chat::Content) -> Content<'_> {
    match content {
        chat::Content::Text(text) => Content::Text(text),
        chat::Content::Parts(parts) => Content::Parts(parts.iter().flat_map(part).collect()),
        chat::Content::Unknown(value) => Content::Json(value),
    }
}

fn tool_call(call: &chat::ToolCall) -> Part<'_> {
    if let chat::ToolCall::Unknown(value) = call {
        return Part::Other(value);
    }
    Part::ToolCall {
        id: call.id().filter(|id| !id.is_empty()),
        name: call.name().unwrap_or_default(),
        arguments: call.arguments().map(Content::Text),
    }
}

fn function_call(call: &chat::FunctionCall) -> Part<'_> {
    Part::ToolCall {
        id: None,
        name: &call.name,
        arguments: Some(Content::Text(&call.arguments)),
    }
}
