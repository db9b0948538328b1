//! Which tools the model may or must use.

use std::borrow::Cow;

use serde::Serialize;
use serde::de::MapAccess;
use serde_json::Value;

use crate::types::open::{Open, deserialize_open, object, strings, union};

/// Which tools the model may or must use: a mode, or tools by name.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum ToolChoice {
    /// Any or none.
    Mode(ToolMode),
    /// These.
    Tools(ToolChoiceObject),
}

impl ToolChoice {
    /// The model must call this function.
    pub fn function(name: impl Into<String>) -> Self {
        Self::Tools(ToolChoiceObject::Function(NamedTool::new(name)))
    }

    /// The model must call this custom tool.
    pub fn custom(name: impl Into<String>) -> Self {
        Self::Tools(ToolChoiceObject::Custom(NamedTool::new(name)))
    }

    /// The model must call this MCP server.
    pub fn mcp(server_label: impl Into<String>) -> Self {
        Self::Tools(ToolChoiceObject::Mcp(McpChoice {
            server_label: server_label.into(),
            ..McpChoice::default()
        }))
    }

    /// The model may (`auto`) or must (`required`) call some of these tools: objects with the `type` and, for
    /// functions, the `name`.
    pub fn allowed(mode: ToolMode, tools: impl IntoIterator<Item = Value>) -> Self {
        Self::Tools(ToolChoiceObject::AllowedTools(AllowedTools {
            mode: Some(mode),
            tools: tools.into_iter().collect(),
            ..AllowedTools::default()
        }))
    }

    /// The model must use this built-in tool, named by its type: `web_search_preview`, `code_interpreter`...
    pub fn hosted(kind: &str) -> Self {
        let choice = serde_json::json!({ "type": kind });
        Self::Tools(serde_json::from_value(choice).unwrap_or_else(|_| Value::Null.into()))
    }
}

strings! {
    /// Whether the model calls tools.
    pub enum ToolMode {
        /// Never.
        None = "none",
        /// As it likes, the default.
        Auto = "auto",
        /// At least once.
        Required = "required",
    }
}

impl From<ToolMode> for ToolChoice {
    fn from(mode: ToolMode) -> Self {
        Self::Mode(mode)
    }
}

impl From<&str> for ToolChoice {
    fn from(mode: &str) -> Self {
        Self::Mode(mode.into())
    }
}

impl From<ToolChoiceObject> for ToolChoice {
    fn from(tools: ToolChoiceObject) -> Self {
        Self::Tools(tools)
    }
}

impl Open for ToolChoice {
    fn from_text(text: Cow<'_, str>) -> Option<Self> {
        Some(Self::Mode((&*text).into()))
    }

    fn from_object<'de, A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        Ok(Open::from_object(object)?.map(Self::Tools))
    }
}

deserialize_open!(ToolChoice);

union! {
    /// Tools that the model may or must use.
    pub enum ToolChoiceObject by "type" {
        /// Some of these.
        AllowedTools(AllowedTools) = "allowed_tools",
        /// A tool of an MCP server.
        Mcp(McpChoice) = "mcp",
    }
    shared {
        /// This function.
        Function(NamedTool) = "function",
        /// This custom tool.
        Custom(NamedTool) = "custom",
        /// The search in files.
        FileSearch(HostedChoice) = "file_search",
        /// The search in the web.
        WebSearch(HostedChoice) = "web_search",
        /// The search in the web, by its older interface.
        WebSearchPreview(HostedChoice) = "web_search_preview",
        /// The search in the web, by its older interface's dated name.
        WebSearchPreview20250311(HostedChoice) = "web_search_preview_2025_03_11",
        /// The computer.
        Computer(HostedChoice) = "computer",
        /// The computer, by another name.
        ComputerUse(HostedChoice) = "computer_use",
        /// The computer, by its older interface.
        ComputerUsePreview(HostedChoice) = "computer_use_preview",
        /// The making of images.
        ImageGeneration(HostedChoice) = "image_generation",
        /// Python in a container.
        CodeInterpreter(HostedChoice) = "code_interpreter",
        /// A shell.
        Shell(HostedChoice) = "shell",
        /// Changes of files.
        ApplyPatch(HostedChoice) = "apply_patch",
        /// Programs that call tools.
        ProgrammaticToolCalling(HostedChoice) = "programmatic_tool_calling",
    }
}

impl From<Value> for ToolChoiceObject {
    fn from(value: Value) -> Self {
        Self::Unknown(value)
    }
}

object! {
    /// Some of the tools.
    pub struct AllowedTools {
        /// Whether one of them must be called.
        pub mode: Option<ToolMode>,
        /// The tools: objects with their `type` and name.
        pub tools: Vec<Value>,
    }
}

object! {
    /// A tool of the caller.
    pub struct NamedTool {
        /// Its name.
        pub name: String,
    }
}

impl NamedTool {
    fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }
}

object! {
    /// A tool of an MCP server.
    pub struct McpChoice {
        /// The server.
        pub server_label: String,
        /// The tool; any if absent.
        pub name: Option<String>,
    }
}

object! {
    /// A tool that needs no name.
    pub struct HostedChoice {}
}
