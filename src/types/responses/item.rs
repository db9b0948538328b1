//! Items: what the input and the output of the model consist of.

use super::{
    AdditionalTools, ApplyPatchCall, ApplyPatchCallOutput, CodeInterpreterCall, ComputerCall,
    ComputerCallOutput, Content, CustomToolCall, CustomToolCallOutput, FileSearchCall,
    FunctionCall, FunctionCallOutput, ImageGenerationCall, LocalShellCall, LocalShellCallOutput,
    McpApprovalRequest, McpApprovalResponse, McpCall, McpListTools, Message, Part, Program,
    ProgramOutput, Role, ShellCall, ShellCallOutput, ToolSearchCall, ToolSearchOutput,
    WebSearchCall,
};
use crate::types::open::{object, strings, union};

union! {
    /// An item of the input or of the output; an output item goes into the next request.
    ///
    /// An object without `type` is read as a message.
    pub enum Item by "type" else Message {
        /// What somebody said.
        Message(Message) = "message",
        /// What the model thought.
        Reasoning(ReasoningItem) = "reasoning",
        /// The model calls a function.
        FunctionCall(FunctionCall) = "function_call",
        /// What a function gave.
        FunctionCallOutput(FunctionCallOutput) = "function_call_output",
        /// The model calls a custom tool.
        CustomToolCall(CustomToolCall) = "custom_tool_call",
        /// What a custom tool gave.
        CustomToolCallOutput(CustomToolCallOutput) = "custom_tool_call_output",
        /// A search in files.
        FileSearchCall(FileSearchCall) = "file_search_call",
        /// A search in the web.
        WebSearchCall(WebSearchCall) = "web_search_call",
        /// The model uses a computer.
        ComputerCall(ComputerCall) = "computer_call",
        /// What the screen shows afterwards.
        ComputerCallOutput(ComputerCallOutput) = "computer_call_output",
        /// An image is made.
        ImageGenerationCall(ImageGenerationCall) = "image_generation_call",
        /// Code is run.
        CodeInterpreterCall(CodeInterpreterCall) = "code_interpreter_call",
        /// A command for the caller's own shell.
        LocalShellCall(LocalShellCall) = "local_shell_call",
        /// What the caller's own shell gave.
        LocalShellCallOutput(LocalShellCallOutput) = "local_shell_call_output",
        /// Commands for a shell.
        ShellCall(ShellCall) = "shell_call",
        /// What the commands gave.
        ShellCallOutput(ShellCallOutput) = "shell_call_output",
        /// A file is to be changed.
        ApplyPatchCall(ApplyPatchCall) = "apply_patch_call",
        /// Whether the file could be changed.
        ApplyPatchCallOutput(ApplyPatchCallOutput) = "apply_patch_call_output",
        /// The tools of an MCP server.
        McpListTools(McpListTools) = "mcp_list_tools",
        /// The model asks whether it may call a tool of an MCP server.
        McpApprovalRequest(McpApprovalRequest) = "mcp_approval_request",
        /// The answer to that.
        McpApprovalResponse(McpApprovalResponse) = "mcp_approval_response",
        /// A tool of an MCP server is called.
        McpCall(McpCall) = "mcp_call",
        /// The model looks for tools.
        ToolSearchCall(ToolSearchCall) = "tool_search_call",
        /// The tools that were found.
        ToolSearchOutput(ToolSearchOutput) = "tool_search_output",
        /// Tools that are there from this point on.
        AdditionalTools(AdditionalTools) = "additional_tools",
        /// A program that calls tools.
        Program(Program) = "program",
        /// What the program gave.
        ProgramOutput(ProgramOutput) = "program_output",
        /// What the API made of a context that grew too long.
        Compaction(Compaction) = "compaction",
        /// The context is to be compacted here.
        CompactionTrigger(CompactionTrigger) = "compaction_trigger",
        /// An item that the API knows, by its id.
        ItemReference(ItemReference) = "item_reference",
    }
}

impl Item {
    /// A message by the user.
    pub fn user(content: impl Into<Content>) -> Self {
        Self::Message(Message::new(Role::User, content))
    }

    /// Instructions, by their older name.
    pub fn system(content: impl Into<Content>) -> Self {
        Self::Message(Message::new(Role::System, content))
    }

    /// Instructions.
    pub fn developer(content: impl Into<Content>) -> Self {
        Self::Message(Message::new(Role::Developer, content))
    }

    /// A message by the model.
    pub fn assistant(content: impl Into<Content>) -> Self {
        Self::Message(Message::new(Role::Assistant, content))
    }

    /// What the function call with this `call_id` gave.
    pub fn function_call_output(call_id: impl Into<String>, output: impl Into<Content>) -> Self {
        Self::FunctionCallOutput(FunctionCallOutput {
            call_id: Some(call_id.into()),
            output: Some(output.into()),
            ..FunctionCallOutput::default()
        })
    }

    /// What the call of a custom tool with this `call_id` gave.
    pub fn custom_tool_call_output(call_id: impl Into<String>, output: impl Into<Content>) -> Self {
        Self::CustomToolCallOutput(CustomToolCallOutput {
            call_id: Some(call_id.into()),
            output: Some(output.into()),
            ..CustomToolCallOutput::default()
        })
    }

    /// The item that the API knows by this id.
    pub fn reference(id: impl Into<String>) -> Self {
        Self::ItemReference(ItemReference {
            id: id.into(),
            ..ItemReference::default()
        })
    }

    /// The item's own id.
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Message(item) => item.id.as_deref(),
            Self::Reasoning(item) => item.id.as_deref(),
            Self::FunctionCall(item) => item.id.as_deref(),
            Self::FunctionCallOutput(item) => item.id.as_deref(),
            Self::CustomToolCall(item) => item.id.as_deref(),
            Self::CustomToolCallOutput(item) => item.id.as_deref(),
            Self::FileSearchCall(item) => item.id.as_deref(),
            Self::WebSearchCall(item) => item.id.as_deref(),
            Self::ComputerCall(item) => item.id.as_deref(),
            Self::ComputerCallOutput(item) => item.id.as_deref(),
            Self::ImageGenerationCall(item) => item.id.as_deref(),
            Self::CodeInterpreterCall(item) => item.id.as_deref(),
            Self::LocalShellCall(item) => item.id.as_deref(),
            Self::LocalShellCallOutput(item) => item.id.as_deref(),
            Self::ShellCall(item) => item.id.as_deref(),
            Self::ShellCallOutput(item) => item.id.as_deref(),
            Self::ApplyPatchCall(item) => item.id.as_deref(),
            Self::ApplyPatchCallOutput(item) => item.id.as_deref(),
            Self::McpListTools(item) => item.id.as_deref(),
            Self::McpApprovalRequest(item) => item.id.as_deref(),
            Self::McpApprovalResponse(item) => item.id.as_deref(),
            Self::McpCall(item) => item.id.as_deref(),
            Self::ToolSearchCall(item) => item.id.as_deref(),
            Self::ToolSearchOutput(item) => item.id.as_deref(),
            Self::AdditionalTools(item) => item.id.as_deref(),
            Self::Program(item) => item.id.as_deref(),
            Self::ProgramOutput(item) => item.id.as_deref(),
            Self::Compaction(item) => item.id.as_deref(),
            Self::CompactionTrigger(_) => None,
            Self::ItemReference(item) => Some(&item.id),
            Self::Unknown(value) => value.get("id")?.as_str(),
        }
    }

    /// Whether the item says something (text, refusal, reasoning) or calls a tool.
    pub(crate) fn has_content(&self) -> bool {
        match self {
            Self::Message(message) => match &message.content {
                None => false,
                Some(Content::Text(text)) => !text.is_empty(),
                Some(Content::Parts(parts)) => parts.iter().any(Part::has_content),
                Some(Content::Unknown(_)) => true,
            },
            Self::Reasoning(reasoning) => reasoning.parts().any(Part::has_content),
            Self::McpApprovalRequest(_) | Self::Program(_) => true,
            _ => self.tag().is_some_and(|tag| tag.ends_with("_call")),
        }
    }

    /// The item's status, if items of its kind have one.
    pub(super) fn status_mut(&mut self) -> Option<&mut Option<ItemStatus>> {
        match self {
            Self::FileSearchCall(item) => Some(&mut item.status),
            Self::WebSearchCall(item) => Some(&mut item.status),
            Self::ImageGenerationCall(item) => Some(&mut item.status),
            Self::CodeInterpreterCall(item) => Some(&mut item.status),
            Self::McpCall(item) => Some(&mut item.status),
            _ => None,
        }
    }
}

impl Part {
    /// Whether the part is more than an empty text.
    pub(crate) fn has_content(&self) -> bool {
        match self.as_text() {
            Some(text) => !text.is_empty(),
            None => *self != Self::default(),
        }
    }
}

strings! {
    /// How far an item has got.
    pub enum ItemStatus {
        /// It is being made.
        InProgress = "in_progress",
        /// It is all there.
        Completed = "completed",
        /// It broke off.
        Incomplete = "incomplete",
        /// A search is under way.
        Searching = "searching",
        /// An image is being made.
        Generating = "generating",
        /// Code is running.
        Interpreting = "interpreting",
        /// A tool of an MCP server is being called.
        Calling = "calling",
        /// It failed.
        Failed = "failed",
    }
}

object! {
    /// What the model thought.
    pub struct ReasoningItem {
        /// The item's id.
        pub id: Option<String>,
        /// Its summary, in parts.
        pub summary: Vec<Part>,
        /// The reasoning itself, where a model shows it.
        pub content: Option<Vec<Part>>,
        /// The reasoning, encrypted, to be sent back where nothing is stored.
        pub encrypted_content: Option<String>,
        /// How far it has got.
        pub status: Option<ItemStatus>,
    }
}

impl ReasoningItem {
    /// The parts of the summary, then those of the reasoning itself.
    pub fn parts(&self) -> impl Iterator<Item = &Part> {
        self.summary.iter().chain(self.content.iter().flatten())
    }
}

object! {
    /// What the API made of a context that grew too long.
    pub struct Compaction {
        /// The item's id.
        pub id: Option<String>,
        /// The context, encrypted.
        pub encrypted_content: String,
        /// Who made the item.
        pub created_by: Option<String>,
    }
}

object! {
    /// The context is to be compacted here.
    pub struct CompactionTrigger {}
}

object! {
    /// An item that the API knows, by its id.
    pub struct ItemReference {
        /// The id.
        pub id: String,
    }
}
