//! The items, parts and tools of responses.

use serde_json::Value;

use crate::record::json::Json;
use crate::record::media::SUBSTITUTE;
use crate::record::messages::{Content, Definition, Message, Part, definition_of};
use crate::types::responses::{self, Item, ItemStatus, Role, Tool};

/// What is told to the model beside the conversation.
pub(super) fn is_system(item: &Item) -> bool {
    matches!(item, Item::Message(message) if matches!(message.role, Some(Role::System | Role::Developer)))
}

pub(super) fn is_user(item: &Item) -> bool {
    matches!(item, Item::Message(message) if matches!(message.role, Some(Role::User)))
}

/// What a message of instructions says.
pub(super) fn system(item: &Item) -> Vec<Part<'_>> {
    parts(item)
}

pub(super) fn message(item: &Item) -> Message<'_> {
    let role = match item {
        Item::Message(message) => message.role.as_ref().map_or("user", Role::as_str),
        Item::McpApprovalResponse(_) => "user",
        Item::AdditionalTools(_) => "tool",
        Item::Unknown(value) => value
            .get("role")
            .and_then(Value::as_str)
            .unwrap_or("assistant"),
        other => match other.tag() {
            Some(tag) if tag.ends_with("_output") => "tool",
            _ => "assistant",
        },
    };
    Message::new(role, parts(item))
}

/// What an item says, asks for or gives.
pub(super) fn parts(item: &Item) -> Vec<Part<'_>> {
    match item {
        Item::Message(message) => match &message.content {
            None => Vec::new(),
            Some(responses::Content::Text(text)) => Part::text(text).into_iter().collect(),
            Some(responses::Content::Parts(parts)) => parts
                .iter()
                .filter(|part| !is_empty(part))
                .filter_map(part)
                .collect(),
            Some(responses::Content::Unknown(value)) => Part::unknown(value).into_iter().collect(),
        },
        Item::Reasoning(item) => item
            .parts()
            .filter(|part| !is_empty(part))
            .filter_map(|text| match text.as_text() {
                Some(text) => Some(Part::Reasoning(text)),
                None => part(text),
            })
            .collect(),
        Item::FunctionCall(item) => {
            let id = id(&item.call_id, &item.id);
            vec![call(id, &item.name, Some(Content::Text(&item.arguments)))]
        }
        Item::CustomToolCall(item) => {
            let id = id(&item.call_id, &item.id);
            vec![call(id, &item.name, Some(Content::Text(&item.input)))]
        }
        Item::FunctionCallOutput(item) => {
            vec![response(
                id(&item.call_id, &item.id),
                item.output.as_ref().map(content),
            )]
        }
        Item::CustomToolCallOutput(item) => {
            vec![response(
                id(&item.call_id, &item.id),
                item.output.as_ref().map(content),
            )]
        }
        Item::McpListTools(_)
        | Item::McpApprovalRequest(_)
        | Item::McpApprovalResponse(_)
        | Item::Compaction(_)
        | Item::CompactionTrigger(_)
        | Item::ItemReference(_)
        | Item::Unknown(_) => vec![Part::Other(item)],
        Item::AdditionalTools(item) => vec![Part::Tools {
            kind: "additional_tools",
            tools: definitions(&item.tools),
        }],
        _ => built_in(item),
    }
}

/// The tools that a tool stands for: a namespace brings its own along.
pub(super) fn tool<'a>(tool: &'a Tool, to: &mut Vec<Definition<'a>>) {
    let plain = Definition {
        kind: tool.tag().unwrap_or("unknown"),
        name: None,
        description: None,
        parameters: None,
    };
    to.push(match tool {
        Tool::Function(tool) => Definition {
            name: Some(&tool.name),
            description: tool.description.as_deref(),
            parameters: tool.parameters.as_ref().map(|schema| schema as _),
            ..plain
        },
        Tool::Custom(tool) => Definition {
            name: Some(&tool.name),
            description: tool.description.as_deref(),
            ..plain
        },
        Tool::Namespace(tool) => Definition {
            name: Some(&tool.name),
            description: tool.description.as_deref(),
            ..plain
        },
        Tool::Mcp(tool) => Definition {
            name: Some(&tool.server_label),
            description: tool.server_description.as_deref(),
            ..plain
        },
        Tool::ToolSearch(tool) => Definition {
            description: tool.description.as_deref(),
            parameters: tool.parameters.as_ref().map(|schema| schema as _),
            ..plain
        },
        Tool::Unknown(value) => definition_of(value),
        _ => plain,
    });
    if let Tool::Namespace(namespace) = tool {
        for inner in &namespace.tools {
            self::tool(inner, to);
        }
    }
}

/// Calls of the API's own tools and of the machines that they run on.
#[expect(clippy::too_many_lines, reason = "a table of items")]
fn built_in(item: &Item) -> Vec<Part<'_>> {
    match item {
        Item::FileSearchCall(item) => {
            let id = id(&item.id, &None);
            let found = item
                .results
                .as_ref()
                .filter(|results| !results.is_empty())
                .map(|results| response(id, Some(Content::Json(results))));
            with_result(
                call(id, "file_search", Some(Content::Json(&item.queries))),
                found,
            )
        }
        Item::WebSearchCall(item) => {
            vec![call(id(&item.id, &None), "web_search", json(&item.action))]
        }
        Item::ComputerCall(item) => {
            let action = known(&item.action).or_else(|| known(&item.actions));
            vec![call(id(&item.call_id, &item.id), "computer", action)]
        }
        Item::ComputerCallOutput(item) => {
            let screenshot = item
                .output
                .as_ref()
                .map(|output| Content::Parts(part(output).into_iter().collect()));
            vec![response(id(&item.call_id, &item.id), screenshot)]
        }
        Item::ImageGenerationCall(item) => {
            let id = id(&item.id, &None);
            let image = item.result.as_ref().filter(|image| !image.is_empty());
            let image = image.map(|_| response(id, Some(Content::Text(SUBSTITUTE))));
            let action = item.action.as_deref().map(Content::Text);
            with_result(call(id, "image_generation", action), image)
        }
        Item::CodeInterpreterCall(item) => {
            let id = id(&item.id, &None);
            let outputs = item.outputs.as_ref().filter(|outputs| !outputs.is_empty());
            let outputs = outputs.map(|outputs| response(id, Some(Content::Json(outputs))));
            let code = item.code.as_deref().map(Content::Code);
            with_result(call(id, "code_interpreter", code), outputs)
        }
        Item::LocalShellCall(item) => {
            vec![call(
                id(&item.call_id, &item.id),
                "local_shell",
                json(&item.action),
            )]
        }
        Item::LocalShellCallOutput(item) => {
            vec![response(
                id(&item.call_id, &item.id),
                Some(Content::Text(&item.output)),
            )]
        }
        Item::ShellCall(item) => {
            vec![call(
                id(&item.call_id, &item.id),
                "shell",
                json(&item.action),
            )]
        }
        Item::ShellCallOutput(item) => {
            vec![response(
                id(&item.call_id, &item.id),
                Some(Content::Json(&item.output)),
            )]
        }
        Item::ApplyPatchCall(item) => {
            vec![call(
                id(&item.call_id, &item.id),
                "apply_patch",
                json(&item.operation),
            )]
        }
        Item::ApplyPatchCallOutput(item) => {
            let status = item.status.as_ref().map(ItemStatus::as_str);
            let output = item.output.as_deref().filter(|output| !output.is_empty());
            vec![response(
                id(&item.call_id, &item.id),
                output.or(status).map(Content::Text),
            )]
        }
        Item::McpCall(item) => {
            let id = id(&item.id, &None);
            let result = item
                .output
                .as_deref()
                .map(Content::Text)
                .or_else(|| json(&item.error));
            let result = result.map(|result| response(id, Some(result)));
            with_result(
                call(id, &item.name, Some(Content::Text(&item.arguments))),
                result,
            )
        }
        Item::ToolSearchCall(item) => {
            vec![call(
                id(&item.call_id, &item.id),
                "tool_search",
                json(&item.arguments),
            )]
        }
        Item::ToolSearchOutput(item) => {
            let tools = Content::Tools(definitions(&item.tools));
            vec![response(id(&item.call_id, &item.id), Some(tools))]
        }
        Item::Program(item) => {
            vec![call(
                id(&item.call_id, &item.id),
                "program",
                Some(Content::Code(&item.code)),
            )]
        }
        Item::ProgramOutput(item) => {
            vec![response(
                id(&item.call_id, &item.id),
                Some(Content::Text(&item.result)),
            )]
        }
        other => vec![Part::Other(other)],
    }
}

fn part(part: &responses::Part) -> Option<Part<'_>> {
    use responses::Part as Their;

    Some(match part {
        Their::ReasoningText(part) | Their::SummaryText(part) => Part::Reasoning(&part.text),
        Their::InputImage(image) => image_or_file(part, &image.image_url, &image.file_id),
        Their::ComputerScreenshot(image) => image_or_file(part, &image.image_url, &image.file_id),
        Their::InputFile(file) => match (&file.file_id, &file.file_data, &file.file_url) {
            (Some(file_id), _, _) => Part::file("document", file_id, file.filename.as_deref()),
            (None, Some(data), _) => Part::file_data(data, file.filename.as_deref()),
            (None, None, Some(url)) => Part::media("document", url).named(file.filename.as_deref()),
            (None, None, None) => Part::Other(part),
        },
        Their::InputAudio(audio) => {
            let audio = audio.input_audio.as_ref();
            Part::audio(audio.and_then(|audio| audio.format.as_deref()))
        }
        Their::Unknown(value) => return Part::unknown(value),
        other => match other.as_text() {
            Some(text) => return Part::text(text),
            None => Part::Other(other),
        },
    })
}

#[expect(clippy::ref_option, reason = "the fields of items as they are")]
fn image_or_file<'a>(
    part: &'a responses::Part,
    url: &'a Option<String>,
    file_id: &'a Option<String>,
) -> Part<'a> {
    match (url, file_id) {
        (Some(url), _) => Part::media("image", url),
        (None, Some(file_id)) => Part::file("image", file_id, None),
        (None, None) => Part::Other(part),
    }
}

fn is_empty(part: &responses::Part) -> bool {
    part.as_text().is_some_and(str::is_empty)
}

fn content(content: &responses::Content) -> Content<'_> {
    match content {
        responses::Content::Text(text) => Content::Text(text),
        responses::Content::Parts(parts) => Content::Parts(parts.iter().filter_map(part).collect()),
        responses::Content::Unknown(value) => Content::Json(value),
    }
}

fn definitions(tools: &[Tool]) -> Vec<Definition<'_>> {
    let mut definitions = Vec::new();
    for tool in tools {
        self::tool(tool, &mut definitions);
    }
    definitions
}

fn call<'a>(id: Option<&'a str>, name: &'a str, arguments: Option<Content<'a>>) -> Part<'a> {
    Part::ToolCall {
        id,
        name,
        arguments,
    }
}

fn response<'a>(id: Option<&'a str>, result: Option<Content<'a>>) -> Part<'a> {
    Part::ToolCallResponse { id, result }
}

fn with_result<'a>(call: Part<'a>, result: Option<Part<'a>>) -> Vec<Part<'a>> {
    std::iter::once(call).chain(result).collect()
}

/// What the machine of a call is to do: its type is known, and the keys that are pressed are no secrets.
#[expect(clippy::ref_option, reason = "the fields of items as they are")]
fn known<T: Json>(value: &Option<T>) -> Option<Content<'_>> {
    value.as_ref().map(|value| Content::Known(value))
}

#[expect(clippy::ref_option, reason = "the fields of items as they are")]
fn json<T: Json>(value: &Option<T>) -> Option<Content<'_>> {
    value.as_ref().map(|value| Content::Json(value))
}

#[expect(clippy::ref_option, reason = "the fields of items as they are")]
fn id<'a>(first: &'a Option<String>, second: &'a Option<String>) -> Option<&'a str> {
    let mut ids = [first, second].into_iter().flatten();
    ids.find(|id| !id.is_empty()).map(String::as_str)
}
