//! Tools that a model may use.

use serde_json::Value;

use super::Secret;
use crate::types::open::{deserialize_open, object, setters, union};

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
        Self::CodeInterpreter(CodeInterpreterTool::default())
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

object! {
    /// A search in files.
    pub struct FileSearchTool {
        /// Where to search.
        pub vector_store_ids: Vec<String>,
        /// How many results at most, from 1 to 50.
        pub max_num_results: Option<u64>,
        /// How results are ranked: `{ranker, score_threshold, hybrid_search}`.
        pub ranking_options: Option<Value>,
        /// Which files are searched: a comparison, or comparisons joined by `and` or `or`.
        pub filters: Option<Value>,
    }
}

impl FileSearchTool {
    /// A search in the files of these vector stores.
    pub fn new<S: Into<String>>(vector_store_ids: impl IntoIterator<Item = S>) -> Self {
        Self {
            vector_store_ids: vector_store_ids.into_iter().map(Into::into).collect(),
            ..Self::default()
        }
    }
}

setters! {
    FileSearchTool {
        value { max_num_results: u64, }
        into { ranking_options: Value, filters: Value, }
    }
}

object! {
    /// A search in the web.
    pub struct WebSearchTool {
        /// Which pages: `{"allowed_domains": [...]}`.
        pub filters: Option<Value>,
        /// Where the user is, roughly: `{"type": "approximate", city, country, region, timezone}`.
        pub user_location: Option<Value>,
        /// How much of what was found the model sees: `low`, `medium` or `high`.
        pub search_context_size: Option<String>,
        /// What is looked for: `text`, `image`.
        pub search_content_types: Option<Vec<String>>,
        /// Whether pages are fetched anew.
        pub external_web_access: Option<bool>,
    }
}

setters! {
    WebSearchTool {
        value { search_content_types: Vec<String>, external_web_access: bool, }
        into { filters: Value, user_location: Value, search_context_size: String, }
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

object! {
    /// A tool without settings.
    pub struct PlainTool {}
}

object! {
    /// An MCP server.
    pub struct McpTool {
        /// What the server is called in calls.
        pub server_label: String,
        /// Where it is.
        pub server_url: Option<String>,
        /// A server of OpenAI's own, instead of an address.
        pub connector_id: Option<String>,
        /// A tunnel to the server, instead of an address.
        pub tunnel_id: Option<String>,
        /// What it is for, which the model sees.
        pub server_description: Option<String>,
        /// The access token for it.
        pub authorization: Option<Secret>,
        /// Headers for it.
        pub headers: Option<Secret>,
        /// Which of its tools the model may call: names, or `{tool_names, read_only}`.
        pub allowed_tools: Option<Value>,
        /// Which calls must be approved: `always`, `never`, or `{always, never}`.
        pub require_approval: Option<Value>,
        /// Whether its tools are loaded only when a tool search finds them.
        pub defer_loading: Option<bool>,
        /// Who may call its tools: `direct` (the model), `programmatic` (its programs).
        pub allowed_callers: Option<Vec<String>>,
    }
}

impl McpTool {
    /// The MCP server at `server_url`, called `server_label` in calls.
    pub fn new(server_label: impl Into<String>, server_url: impl Into<String>) -> Self {
        Self {
            server_label: server_label.into(),
            server_url: Some(server_url.into()),
            ..Self::default()
        }
    }

    /// The server of OpenAI's own with this id, called `server_label` in calls.
    pub fn connector(server_label: impl Into<String>, connector_id: impl Into<String>) -> Self {
        Self {
            server_label: server_label.into(),
            connector_id: Some(connector_id.into()),
            ..Self::default()
        }
    }
}

setters! {
    McpTool {
        value { defer_loading: bool, allowed_callers: Vec<String>, }
        into {
            tunnel_id: String,
            server_description: String,
            authorization: Secret,
            headers: Secret,
            allowed_tools: Value,
            require_approval: Value,
        }
    }
}

object! {
    /// Python in a container.
    pub struct CodeInterpreterTool {
        /// A container's id, or `{"type": "auto", file_ids, memory_limit}`.
        pub container: Option<Value>,
        /// Who may call it: `direct` (the model), `programmatic` (its programs).
        pub allowed_callers: Option<Vec<String>>,
    }
}

setters! {
    CodeInterpreterTool {
        value { allowed_callers: Vec<String>, }
        into { container: Value, }
    }
}

object! {
    /// The making of images.
    pub struct ImageGenerationTool {
        /// The model that makes them.
        pub model: Option<String>,
        /// `low`, `medium`, `high` or `auto`.
        pub quality: Option<String>,
        /// Width and height in pixels as `1024x1024`, or `auto`.
        pub size: Option<String>,
        /// `png`, `webp` or `jpeg`.
        pub output_format: Option<String>,
        /// How much the file is compressed, from 0 to 100.
        pub output_compression: Option<u64>,
        /// How strictly images are judged: `auto` or `low`.
        pub moderation: Option<String>,
        /// `transparent`, `opaque` or `auto`.
        pub background: Option<String>,
        /// How near an edited image stays to the given one: `high` or `low`.
        pub input_fidelity: Option<String>,
        /// Where an image is edited: `{image_url, file_id}`.
        pub input_image_mask: Option<Value>,
        /// How many unfinished images are sent on the way, from 0 to 3.
        pub partial_images: Option<u64>,
        /// `generate`, `edit` or `auto`.
        pub action: Option<String>,
    }
}

setters! {
    ImageGenerationTool {
        value { output_compression: u64, partial_images: u64, }
        into {
            model: String,
            quality: String,
            size: String,
            output_format: String,
            moderation: String,
            background: String,
            input_fidelity: String,
            input_image_mask: Value,
            action: String,
        }
    }
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
