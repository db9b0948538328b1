//! Tools that run on the API's side: searches, MCP servers, code, images.

use serde_json::Value;

use super::{Secret, Tool};
use crate::types::open::{object, setters};

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

impl From<WebSearchTool> for Tool {
    fn from(tool: WebSearchTool) -> Self {
        Self::WebSearch(tool)
    }
}

object! {
    /// An MCP server.
    pub struct McpTool {
        /// What the server is called in calls.
        pub server_label: String,
        /// Where it is.
        pub server_url: Option<String>,
        /// A server that the API knows, instead of an address.
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

    /// The server that the API knows by this id, called `server_label` in calls.
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
