//! Copies of items and responses that hold only so much text.

use super::{
    ApplyPatchCall, ApplyPatchCallOutput, CodeImage, CodeInterpreterCall, CodeInterpreterOutput,
    CodeLogs, ComputerCall, ComputerCallOutput, Content, Conversation, CustomToolCall,
    CustomToolCallOutput, FileSearchCall, FunctionCall, FunctionCallOutput, ImageGenerationCall,
    Item, LocalShellCall, LocalShellCallOutput, McpApprovalRequest, McpCall, McpListTools, Message,
    Part, Program, ProgramOutput, ReasoningItem, Response, ResponseError, ShellCall,
    ShellCallOutput, ToolSearchCall, ToolSearchOutput, WebSearchCall,
};
use crate::types::budget::Budget;

/// What tells one response from others and how it ended, without any content.
pub(super) fn identity(response: &Response) -> Response {
    Response {
        id: response.id.clone(),
        object: response.object.clone(),
        status: response.status.clone(),
        error: response.error.as_ref().map(|error| ResponseError {
            code: error.code.clone(),
            r#type: error.r#type.clone(),
            ..ResponseError::default()
        }),
        incomplete_details: response.incomplete_details.clone(),
        model: response.model.clone(),
        usage: response.usage.clone(),
        created_at: response.created_at,
        completed_at: response.completed_at,
        conversation: response
            .conversation
            .as_ref()
            .map(|conversation| Conversation::Id(conversation.id().to_owned())),
        service_tier: response.service_tier.clone(),
        ..Response::default()
    }
}

/// A copy of an item. Of a limited copy, annotations, probabilities and encrypted reasoning are left out.
pub(super) fn item(item: &Item, budget: &mut Budget) -> Item {
    if !budget.is_limited() {
        return item.clone();
    }
    match item {
        Item::Message(item) => Message {
            id: item.id.clone(),
            role: item.role.clone(),
            content: item.content.as_ref().and_then(|it| content(it, budget)),
            status: item.status.clone(),
            phase: item.phase.clone(),
            ..Message::default()
        }
        .into(),
        Item::Reasoning(item) => ReasoningItem {
            id: item.id.clone(),
            summary: parts(&item.summary, budget),
            content: item.content.as_ref().map(|it| parts(it, budget)),
            status: item.status.clone(),
            ..ReasoningItem::default()
        }
        .into(),
        Item::FunctionCall(item) => FunctionCall {
            id: item.id.clone(),
            call_id: item.call_id.clone(),
            name: item.name.clone(),
            arguments: budget.text(&item.arguments),
            namespace: item.namespace.clone(),
            status: item.status.clone(),
            ..FunctionCall::default()
        }
        .into(),
        Item::CustomToolCall(item) => CustomToolCall {
            id: item.id.clone(),
            call_id: item.call_id.clone(),
            name: item.name.clone(),
            input: budget.text(&item.input),
            namespace: item.namespace.clone(),
            status: item.status.clone(),
            ..CustomToolCall::default()
        }
        .into(),
        Item::McpApprovalRequest(item) => McpApprovalRequest {
            id: item.id.clone(),
            server_label: item.server_label.clone(),
            name: item.name.clone(),
            arguments: budget.text(&item.arguments),
            ..McpApprovalRequest::default()
        }
        .into(),
        Item::McpCall(item) => McpCall {
            id: item.id.clone(),
            server_label: item.server_label.clone(),
            name: item.name.clone(),
            arguments: budget.text(&item.arguments),
            output: item.output.as_ref().map(|it| budget.text(it)),
            error: item.error.as_ref().and_then(|it| budget.whole(it)),
            status: item.status.clone(),
            approval_request_id: item.approval_request_id.clone(),
            ..McpCall::default()
        }
        .into(),
        Item::ImageGenerationCall(item) => ImageGenerationCall {
            id: item.id.clone(),
            status: item.status.clone(),
            action: item.action.clone(),
            output_format: item.output_format.clone(),
            revised_prompt: item.revised_prompt.as_ref().map(|it| budget.text(it)),
            result: item.result.as_ref().map(|it| budget.binary(it)),
            ..ImageGenerationCall::default()
        }
        .into(),
        Item::CodeInterpreterCall(item) => CodeInterpreterCall {
            id: item.id.clone(),
            status: item.status.clone(),
            container_id: item.container_id.clone(),
            code: item.code.as_ref().map(|it| budget.text(it)),
            outputs: item.outputs.as_ref().map(|it| outputs(it, budget)),
            ..CodeInterpreterCall::default()
        }
        .into(),
        Item::FileSearchCall(item) => FileSearchCall {
            id: item.id.clone(),
            status: item.status.clone(),
            queries: item.queries.iter().map(|it| budget.text(it)).collect(),
            results: item
                .results
                .as_ref()
                .map(|it| it.iter().map_while(|it| budget.whole(it)).collect()),
            ..FileSearchCall::default()
        }
        .into(),
        other => budget.whole(other).unwrap_or_else(|| bare(other)),
    }
}

fn content(content: &Content, budget: &mut Budget) -> Option<Content> {
    match content {
        Content::Text(text) => Some(Content::Text(budget.text(text))),
        Content::Parts(list) => Some(Content::Parts(parts(list, budget))),
        Content::Unknown(value) => budget.whole(value).map(Content::Unknown),
    }
}

fn parts(parts: &[Part], budget: &mut Budget) -> Vec<Part> {
    parts.iter().filter_map(|it| part(it, budget)).collect()
}

/// A copy of a part; `None` if it is no text and too large.
pub(super) fn part(part: &Part, budget: &mut Budget) -> Option<Part> {
    if !budget.is_limited() {
        return Some(part.clone());
    }
    match part {
        Part::OutputText(part) => Some(Part::output_text(budget.text(&part.text))),
        Part::ReasoningText(part) => Some(Part::reasoning_text(budget.text(&part.text))),
        Part::SummaryText(part) => Some(Part::summary_text(budget.text(&part.text))),
        Part::Refusal(part) => Some(Part::declined(budget.text(&part.refusal))),
        other => budget.whole(other),
    }
}

fn outputs(outputs: &[CodeInterpreterOutput], budget: &mut Budget) -> Vec<CodeInterpreterOutput> {
    let kept = outputs.iter().filter_map(|whole| match whole {
        CodeInterpreterOutput::Logs(part) => Some(
            CodeLogs {
                logs: budget.text(&part.logs),
                ..CodeLogs::default()
            }
            .into(),
        ),
        CodeInterpreterOutput::Image(part) if part.url.starts_with("data:") => Some(
            CodeImage {
                url: budget.binary(&part.url),
                ..CodeImage::default()
            }
            .into(),
        ),
        other => budget.whole(other),
    });
    kept.collect()
}

/// An item's ids, names and status.
fn bare(item: &Item) -> Item {
    macro_rules! bare {
        ($($kind:ident { $($field:ident),* })*) => {
            match item {
                $(Item::$kind(item) => $kind {
                    $($field: item.$field.clone(),)*
                    ..$kind::default()
                }
                .into(),)*
                other => unknown(other),
            }
        };
    }
    bare! {
        FunctionCallOutput { id, call_id, name, namespace, status }
        CustomToolCallOutput { id, call_id, name, status }
        WebSearchCall { id, status }
        ComputerCall { id, call_id, status }
        ComputerCallOutput { id, call_id, status }
        LocalShellCall { id, call_id, status }
        LocalShellCallOutput { id, call_id, status }
        ShellCall { id, call_id, status }
        ShellCallOutput { id, call_id, status }
        ApplyPatchCall { id, call_id, status }
        ApplyPatchCallOutput { id, call_id, status }
        McpListTools { id, server_label }
        ToolSearchCall { id, call_id, execution, status }
        ToolSearchOutput { id, call_id, execution, status }
        Program { id, call_id }
        ProgramOutput { id, call_id, status }
    }
}

fn unknown(item: &Item) -> Item {
    let mut kept = serde_json::Map::new();
    let names = [("type", item.tag()), ("id", item.id())];
    for (name, value) in names {
        kept.extend(value.map(|value| (name.to_owned(), value.into())));
    }
    Item::Unknown(kept.into())
}
