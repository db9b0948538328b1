//! Items of a reply as the API takes them in the next request.

use super::Item;

impl Item {
    /// The item without what the API says of it but does not take: `created_by`, the status of reasoning and of a
    /// custom tool's output; and with `{}` for arguments that the model left empty.
    ///
    /// [`Request::new`](super::Request::new), [`Request::item`](super::Request::item) and every other way that makes
    /// an [`Input`](super::Input) of items do this already, as do the requests of conversations.
    #[must_use]
    pub fn into_input(mut self) -> Self {
        let (mut created_by, mut status, mut arguments) = (None, None, None);
        match &mut self {
            Self::Reasoning(item) => status = Some(&mut item.status),
            Self::FunctionCall(item) => {
                created_by = Some(&mut item.created_by);
                arguments = Some(&mut item.arguments);
            }
            Self::McpCall(item) => arguments = Some(&mut item.arguments),
            Self::McpApprovalRequest(item) => arguments = Some(&mut item.arguments),
            Self::FunctionCallOutput(item) => created_by = Some(&mut item.created_by),
            Self::CustomToolCall(item) => created_by = Some(&mut item.created_by),
            Self::CustomToolCallOutput(item) => {
                created_by = Some(&mut item.created_by);
                status = Some(&mut item.status);
            }
            Self::ComputerCallOutput(item) => created_by = Some(&mut item.created_by),
            Self::ShellCall(item) => created_by = Some(&mut item.created_by),
            Self::ShellCallOutput(item) => {
                for output in &mut item.output {
                    output.created_by = None;
                }
                created_by = Some(&mut item.created_by);
            }
            Self::ApplyPatchCall(item) => created_by = Some(&mut item.created_by),
            Self::ApplyPatchCallOutput(item) => created_by = Some(&mut item.created_by),
            Self::ToolSearchCall(item) => created_by = Some(&mut item.created_by),
            Self::ToolSearchOutput(item) => created_by = Some(&mut item.created_by),
            Self::Compaction(item) => created_by = Some(&mut item.created_by),
            // The document's input and output schemas of all others are the same.
            _ => {}
        }
        if let Some(created_by) = created_by {
            *created_by = None;
        }
        if let Some(status) = status {
            *status = None;
        }
        if let Some(arguments) = arguments.filter(|arguments| arguments.trim().is_empty()) {
            "{}".clone_into(arguments);
        }
        self
    }
}

/// Items of a reply, or of the caller's own, as input.
pub(in crate::types) fn input_items(items: impl IntoIterator<Item = Item>) -> Vec<Item> {
    items.into_iter().map(Item::into_input).collect()
}
