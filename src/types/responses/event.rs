//! The events of a streamed response.

use super::{
    AnnotationEvent, ArgumentsDone, CodeDone, CommandDelta, CommandEvent, Delta, ErrorEvent,
    InputDone, ItemEvent, PartEvent, PartialImage, Progress, RefusalDone, Response, ResponseEvent,
    ShellOutputDelta, ShellOutputDone, SummaryDelta, SummaryDone, TextDone,
};
use crate::types::open::union;

union! {
    /// An event of a streamed response.
    pub enum Event by "type" {}
    shared {
        /// The response is created.
        Created(Box<ResponseEvent>) = "response.created",
        /// The response waits for its turn.
        Queued(Box<ResponseEvent>) = "response.queued",
        /// The response is being made.
        InProgress(Box<ResponseEvent>) = "response.in_progress",
        /// The response is all there; the last event.
        Completed(Box<ResponseEvent>) = "response.completed",
        /// The response failed; the last event.
        Failed(Box<ResponseEvent>) = "response.failed",
        /// The response broke off; the last event.
        Incomplete(Box<ResponseEvent>) = "response.incomplete",
        /// The response was cancelled; the last event.
        Cancelled(Box<ResponseEvent>) = "response.cancelled",
        /// The stream ends in an error.
        Error(Box<ErrorEvent>) = "error",
        /// An item begins.
        OutputItemAdded(Box<ItemEvent>) = "response.output_item.added",
        /// An item is done.
        OutputItemDone(Box<ItemEvent>) = "response.output_item.done",
        /// A part of an item begins.
        ContentPartAdded(Box<PartEvent>) = "response.content_part.added",
        /// A part of an item is done.
        ContentPartDone(Box<PartEvent>) = "response.content_part.done",
        /// A piece of the reply's text.
        OutputTextDelta(Delta) = "response.output_text.delta",
        /// A text of the reply is done.
        OutputTextDone(Box<TextDone>) = "response.output_text.done",
        /// A text of the reply refers to something.
        OutputTextAnnotationAdded(Box<AnnotationEvent>) = "response.output_text.annotation.added",
        /// A piece of a refusal.
        RefusalDelta(Delta) = "response.refusal.delta",
        /// A refusal is done.
        RefusalDone(Box<RefusalDone>) = "response.refusal.done",
        /// A piece of the reasoning.
        ReasoningTextDelta(Delta) = "response.reasoning_text.delta",
        /// A text of the reasoning is done.
        ReasoningTextDone(Box<TextDone>) = "response.reasoning_text.done",
        /// A part of the reasoning's summary begins.
        ReasoningSummaryPartAdded(Box<PartEvent>) = "response.reasoning_summary_part.added",
        /// A part of the reasoning's summary is done.
        ReasoningSummaryPartDone(Box<PartEvent>) = "response.reasoning_summary_part.done",
        /// A piece of the reasoning's summary.
        ReasoningSummaryTextDelta(SummaryDelta) = "response.reasoning_summary_text.delta",
        /// A text of the reasoning's summary is done.
        ReasoningSummaryTextDone(Box<SummaryDone>) = "response.reasoning_summary_text.done",
        /// A piece of a function call's arguments.
        FunctionCallArgumentsDelta(Delta) = "response.function_call_arguments.delta",
        /// The arguments of a function call are done.
        FunctionCallArgumentsDone(Box<ArgumentsDone>) = "response.function_call_arguments.done",
        /// A piece of the input of a custom tool's call.
        CustomToolCallInputDelta(Delta) = "response.custom_tool_call_input.delta",
        /// The input of a custom tool's call is done.
        CustomToolCallInputDone(Box<InputDone>) = "response.custom_tool_call_input.done",
        /// A search in files begins.
        FileSearchCallInProgress(Progress) = "response.file_search_call.in_progress",
        /// Files are searched.
        FileSearchCallSearching(Progress) = "response.file_search_call.searching",
        /// A search in files is done.
        FileSearchCallCompleted(Progress) = "response.file_search_call.completed",
        /// A search in the web begins.
        WebSearchCallInProgress(Progress) = "response.web_search_call.in_progress",
        /// The web is searched.
        WebSearchCallSearching(Progress) = "response.web_search_call.searching",
        /// A search in the web is done.
        WebSearchCallCompleted(Progress) = "response.web_search_call.completed",
        /// A run of code begins.
        CodeInterpreterCallInProgress(Progress) = "response.code_interpreter_call.in_progress",
        /// Code is running.
        CodeInterpreterCallInterpreting(Progress) = "response.code_interpreter_call.interpreting",
        /// A run of code is done.
        CodeInterpreterCallCompleted(Progress) = "response.code_interpreter_call.completed",
        /// A piece of the code to run.
        CodeInterpreterCallCodeDelta(Delta) = "response.code_interpreter_call_code.delta",
        /// The code to run is done.
        CodeInterpreterCallCodeDone(Box<CodeDone>) = "response.code_interpreter_call_code.done",
        /// An image begins.
        ImageGenerationCallInProgress(Progress) = "response.image_generation_call.in_progress",
        /// An image is being made.
        ImageGenerationCallGenerating(Progress) = "response.image_generation_call.generating",
        /// An image is done.
        ImageGenerationCallCompleted(Progress) = "response.image_generation_call.completed",
        /// An image that is not done yet.
        ImageGenerationCallPartialImage(Box<PartialImage>) = "response.image_generation_call.partial_image",
        /// A call of an MCP tool begins.
        McpCallInProgress(Progress) = "response.mcp_call.in_progress",
        /// A call of an MCP tool is done.
        McpCallCompleted(Progress) = "response.mcp_call.completed",
        /// A call of an MCP tool failed.
        McpCallFailed(Progress) = "response.mcp_call.failed",
        /// A piece of the arguments of an MCP tool's call.
        McpCallArgumentsDelta(Delta) = "response.mcp_call_arguments.delta",
        /// The arguments of an MCP tool's call are done.
        McpCallArgumentsDone(Box<ArgumentsDone>) = "response.mcp_call_arguments.done",
        /// The tools of an MCP server are being listed.
        McpListToolsInProgress(Progress) = "response.mcp_list_tools.in_progress",
        /// The tools of an MCP server are listed.
        McpListToolsCompleted(Progress) = "response.mcp_list_tools.completed",
        /// The tools of an MCP server could not be listed.
        McpListToolsFailed(Progress) = "response.mcp_list_tools.failed",
        /// A shell's command begins.
        ShellCallCommandAdded(Box<CommandEvent>) = "response.shell_call_command.added",
        /// A piece of a shell's command.
        ShellCallCommandDelta(CommandDelta) = "response.shell_call_command.delta",
        /// A shell's command is done.
        ShellCallCommandDone(Box<CommandEvent>) = "response.shell_call_command.done",
        /// A piece of what a command gave.
        ShellCallOutputContentDelta(Box<ShellOutputDelta>) = "response.shell_call_output_content.delta",
        /// What a command gave is done.
        ShellCallOutputContentDone(Box<ShellOutputDone>) = "response.shell_call_output_content.done",
        /// A piece of sound in base64.
        AudioDelta(Delta) = "response.audio.delta",
        /// The sound is done.
        AudioDone(Progress) = "response.audio.done",
        /// A piece of what the sound says.
        AudioTranscriptDelta(Delta) = "response.audio.transcript.delta",
        /// What the sound says is done.
        AudioTranscriptDone(Progress) = "response.audio.transcript.done",
    }
}

impl Event {
    /// The piece of the reply's text that the event carries.
    pub fn text_delta(&self) -> Option<&str> {
        match self {
            Self::OutputTextDelta(event) => Some(&event.delta),
            _ => None,
        }
    }

    /// The response inside the event, which the first and the last events have.
    pub fn response(&self) -> Option<&Response> {
        match self {
            Self::Created(event)
            | Self::Queued(event)
            | Self::InProgress(event)
            | Self::Completed(event)
            | Self::Failed(event)
            | Self::Incomplete(event)
            | Self::Cancelled(event) => Some(&event.response),
            _ => None,
        }
    }

    /// Whether the response ends with this event.
    pub fn is_terminal(&self) -> bool {
        matches!(
            self,
            Self::Completed(_) | Self::Failed(_) | Self::Incomplete(_) | Self::Cancelled(_)
        )
    }

    /// The response that the stream ends with, if this is its last event.
    pub fn terminal_response(&self) -> Option<&Response> {
        self.response().filter(|_| self.is_terminal())
    }

    /// The error that the stream ends in, if this is one.
    pub fn error(&self) -> Option<&ErrorEvent> {
        match self {
            Self::Error(event) => Some(event),
            _ => None,
        }
    }

    /// Whether the event carries something of the reply: text, a refusal, reasoning or a tool call.
    pub(crate) fn has_content(&self) -> bool {
        match self {
            Self::OutputTextDelta(event)
            | Self::RefusalDelta(event)
            | Self::ReasoningTextDelta(event)
            | Self::FunctionCallArgumentsDelta(event)
            | Self::CustomToolCallInputDelta(event)
            | Self::McpCallArgumentsDelta(event)
            | Self::CodeInterpreterCallCodeDelta(event)
            | Self::AudioDelta(event)
            | Self::AudioTranscriptDelta(event) => !event.delta.is_empty(),
            Self::ReasoningSummaryTextDelta(event) => !event.delta.is_empty(),
            Self::ShellCallCommandDelta(event) => !event.delta.is_empty(),
            Self::OutputTextDone(event) | Self::ReasoningTextDone(event) => !event.text.is_empty(),
            Self::ReasoningSummaryTextDone(event) => !event.text.is_empty(),
            Self::RefusalDone(event) => !event.refusal.is_empty(),
            Self::FunctionCallArgumentsDone(_)
            | Self::CustomToolCallInputDone(_)
            | Self::McpCallArgumentsDone(_)
            | Self::CodeInterpreterCallCodeDone(_)
            | Self::ImageGenerationCallPartialImage(_)
            | Self::ShellCallCommandAdded(_)
            | Self::ShellCallCommandDone(_) => true,
            Self::ContentPartAdded(event)
            | Self::ContentPartDone(event)
            | Self::ReasoningSummaryPartAdded(event)
            | Self::ReasoningSummaryPartDone(event) => event.part.has_content(),
            Self::OutputItemAdded(event) | Self::OutputItemDone(event) => event.item.has_content(),
            _ => self
                .terminal_response()
                .is_some_and(|response| response.output.iter().any(super::Item::has_content)),
        }
    }
}
