//! Tools that a model may use.

use serde_json::{Value, json};

use super::{CodeInterpreterTool, FileSearchTool, ImageGenerationTool, McpTool, WebSearchTool};
use crate::types::open::{object, setters, union};

union! {
    /// A tool that the model may use.
    pub enum Tool by "type" {
        /// A function of the caller.
        Function(FunctionTool) = "function",
        /// A tool of the caller whose input is free text.
        Custom(CustomTool) = "custom",
        /// Functions and custom tools under one name.
        Namespace(NamespaceTool) = "namespace",
        /// A search in files.
        FileSearch(FileSearchTool) = "file_search",
        /// A computer, by its older interface.
        ComputerUsePreview(ComputerUsePreviewTool) = "computer_use_preview",
        /// An MCP server.
        Mcp(McpTool) = "mcp",
        /// Python in a container.
        CodeInterpreter(CodeInterpreterTool) = "code_interpreter",
        /// The making of images.
        ImageGeneration(ImageGenerationTool) = "image_generation",
        /// A shell.
        Shell(ShellTool) = "shell",
        /// Changes of files.
        ApplyPatch(ApplyPatchTool) = "apply_patch",
        /// The search for tools that are not loaded yet.
        ToolSearch(ToolSearchTool) = "tool_search",
    }
    shared {
        /// A search in the web.
        WebSearch(WebSearchTool) = "web_search",
        /// A search in the web, by its dated name.
        WebSearch20250826(WebSearchTool) = "web_search_2025_08_26",
        /// A search in the web, by its older interface.
        WebSearchPreview(WebSearchTool) = "web_search_preview",
        /// A search in the web, by its older interface's dated name.
        WebSearchPreview20250311(WebSearchTool) = "web_search_preview_2025_03_11",
        /// A computer.
        Computer(PlainTool) = "computer",
        /// A computer, by another name.
        ComputerUse(PlainTool) = "computer_use",
        /// The caller's own shell.
        LocalShell(PlainTool) = "local_shell",
        /// Programs by the model that call tools.
        ProgrammaticToolCalling(PlainTool) = "programmatic_tool_calling",
    }
}

impl Tool {
    /// A function of the caller; `parameters` is the JSON schema of its arguments.
    ///
    /// It is not `strict`; see [`FunctionTool`] for all settings.
    pub fn function(name: impl Into<String>, parameters: impl Into<Value>) -> Self {
        Self::Function(FunctionTool::new(name, parameters))
    }

    /// A tool of the caller whose input is free text.
    pub fn custom(name: impl Into<String>) -> Self {
        Self::Custom(CustomTool::new(name))
    }

    /// A search in the web.
    pub fn web_search() -> Self {
        Self::WebSearch(WebSearchTool::default())
    }

    /// A search in the files of these vector stores.
    pub fn file_search<S: Into<String>>(vector_store_ids: impl IntoIterator<Item = S>) -> Self {
        Self::FileSearch(FileSearchTool::new(vector_store_ids))
    }

    /// Python in a new container.
    pub fn code_interpreter() -> Self {
        Self::CodeInterpreter(CodeInterpreterTool::default().container(json!({ "type": "auto" })))
    }

    /// The making of images.
    pub fn image_generation() -> Self {
        Self::ImageGeneration(ImageGenerationTool::default())
    }
}

object! {
    /// A function of the caller.
    pub struct FunctionTool {
        /// Its name.
        pub name: String,
        /// What it is for, which the model sees.
        pub description: Option<String>,
        /// The JSON schema of its arguments.
        #[serde(serialize_with = "crate::types::schema::in_order")]
        pub parameters: Option<Value>,
        /// Whether the arguments follow the schema in every detail; the API's default is true.
        pub strict: Option<bool>,
        /// The JSON schema of what it gives.
        pub output_schema: Option<Value>,
        /// Whether it is loaded only when a tool search finds it.
        pub defer_loading: Option<bool>,
        /// Who may call it: `direct` (the model), `programmatic` (its programs).
        pub allowed_callers: Option<Vec<String>>,
    }
}

impl FunctionTool {
    /// A function with this name and JSON schema.
    pub fn new(name: impl Into<String>, parameters: impl Into<Value>) -> Self {
        Self {
            name: name.into(),
            parameters: Some(parameters.into()),
            strict: Some(false),
            ..Self::default()
        }
    }
}

setters! {
    FunctionTool {
        value { strict: bool, defer_loading: bool, allowed_callers: Vec<String>, }
        into { description: String, output_schema: Value, }
    }
}

object! {
    /// A tool of the caller whose input is free text.
    pub struct CustomTool {
        /// Its name.
        pub name: String,
        /// What it is for, which the model sees.
        pub description: Option<String>,
        /// What its input looks like: `{"type": "text"}`, or a grammar with `syntax` and `definition`.
        pub format: Option<Value>,
        /// Whether it is loaded only when a tool search finds it.
        pub defer_loading: Option<bool>,
        /// Who may call it: `direct` (the model), `programmatic` (its programs).
        pub allowed_callers: Option<Vec<String>>,
    }
}

impl CustomTool {
    /// A custom tool with this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }
}

setters! {
    CustomTool {
        value { defer_loading: bool, allowed_callers: Vec<String>, }
        into { description: String, format: Value, }
    }
}

object! {
    /// Functions and custom tools under one name.
    pub struct NamespaceTool {
        /// Its name.
        pub name: String,
        /// What it is for, which the model sees.
        pub description: Option<String>,
        /// The tools.
        pub tools: Vec<Tool>,
    }
}

impl NamespaceTool {
    /// These tools under this name.
    pub fn new(name: impl Into<String>, tools: impl Into<Vec<Tool>>) -> Self {
        Self {
            name: name.into(),
            tools: tools.into(),
            ..Self::default()
        }
    }
}

setters! {
    NamespaceTool {
        value {}
        into { description: String, }
    }
}

object! {
    /// A computer, by its older interface.
    pub struct ComputerUsePreviewTool {
        /// `browser`, `mac`, `windows`, `linux` or `ubuntu`.
        pub environment: Option<String>,
        /// The screen's width in pixels.
        pub display_width: Option<u64>,
        /// The screen's height in pixels.
        pub display_height: Option<u64>,
    }
}

setters! {
    ComputerUsePreviewTool {
        value { display_width: u64, display_height: u64, }
        into { environment: String, }
    }
}

object! {
    /// A tool without settings.
    pub struct PlainTool {}
}

object! {
    /// A shell, in a container or the caller's own.
    pub struct ShellTool {
        /// Where it runs: an object whose `type` is `container_auto`, `local` or `container_reference`.
        pub environment: Option<Value>,
        /// Who may call it: `direct` (the model), `programmatic` (its programs).
        pub allowed_callers: Option<Vec<String>>,
    }
}

setters! {
    ShellTool {
        value { allowed_callers: Vec<String>, }
        into { environment: Value, }
    }
}

object! {
    /// Changes of files.
    pub struct ApplyPatchTool {
        /// Who may call it: `direct` (the model), `programmatic` (its programs).
        pub allowed_callers: Option<Vec<String>>,
    }
}

setters! {
    ApplyPatchTool {
        value { allowed_callers: Vec<String>, }
        into {}
    }
}

object! {
    /// The search for tools that are not loaded yet.
    pub struct ToolSearchTool {
        /// Who searches: `server` or `client`.
        pub execution: Option<String>,
        /// What it is for, which the model sees.
        pub description: Option<String>,
        /// The JSON schema of its arguments.
        pub parameters: Option<Value>,
    }
}

setters! {
    ToolSearchTool {
        value {}
        into { execution: String, description: String, parameters: Value, }
    }
}
