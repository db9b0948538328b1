//! What goes on with MCP servers: their tools, calls of them, and the approval of calls.

use serde_json::Value;

use super::ItemStatus;
use crate::types::open::{object, setters};

object! {
    /// The tools of an MCP server.
    pub struct McpListTools {
        /// The item's id.
        pub id: Option<String>,
        /// The server.
        pub server_label: Option<String>,
        /// Its tools.
        pub tools: Vec<McpListedTool>,
        /// Why they could not be listed: text or an object.
        pub error: Option<Value>,
    }
}

object! {
    /// A tool of an MCP server.
    pub struct McpListedTool {
        /// Its name.
        pub name: String,
        /// What it is for.
        pub description: Option<String>,
        /// The JSON schema of its input.
        pub input_schema: Option<Value>,
        /// What else the server says about it.
        pub annotations: Option<Value>,
    }
}

object! {
    /// A tool of an MCP server is called.
    pub struct McpCall {
        /// The item's id.
        pub id: Option<String>,
        /// The server.
        pub server_label: Option<String>,
        /// The tool's name.
        pub name: String,
        /// The arguments: JSON as the model wrote it.
        pub arguments: String,
        /// What the tool gave.
        pub output: Option<String>,
        /// Why it failed: text or an object.
        pub error: Option<Value>,
        /// How far it has got.
        pub status: Option<ItemStatus>,
        /// The id of the request that this call was approved by.
        pub approval_request_id: Option<String>,
    }
}

object! {
    /// The model asks whether it may call a tool of an MCP server.
    pub struct McpApprovalRequest {
        /// The item's id, which the answer names.
        pub id: Option<String>,
        /// The server.
        pub server_label: Option<String>,
        /// The tool's name.
        pub name: String,
        /// The arguments: JSON as the model wrote it.
        pub arguments: String,
    }
}

object! {
    /// The answer to such a request.
    pub struct McpApprovalResponse {
        /// The item's id.
        pub id: Option<String>,
        /// The id of the request.
        pub approval_request_id: String,
        /// Whether the call may be made.
        pub approve: Option<bool>,
        /// Why.
        pub reason: Option<String>,
    }
}

impl McpApprovalResponse {
    /// The answer to the request with this id.
    pub fn new(approval_request_id: impl Into<String>, approve: bool) -> Self {
        Self {
            approval_request_id: approval_request_id.into(),
            approve: Some(approve),
            ..Self::default()
        }
    }
}

setters! {
    McpApprovalResponse {
        value {}
        into { id: String, reason: String, }
    }
}
