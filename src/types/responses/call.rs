//! Calls of the caller's own tools and what they gave: functions, custom tools, searches for tools, programs.

use serde_json::Value;

use super::{Content, Item, ItemStatus, Tool};
use crate::types::open::{object, setters};

object! {
    /// The model calls a function.
    pub struct FunctionCall {
        /// The item's id.
        pub id: Option<String>,
        /// The call's id, which its output names.
        pub call_id: Option<String>,
        /// The function's name.
        pub name: String,
        /// The arguments: JSON as the model wrote it.
        pub arguments: String,
        /// The namespace of the function.
        pub namespace: Option<String>,
        /// Who calls: the model (`direct`) or a program of its own.
        pub caller: Option<Value>,
        /// How far it has got.
        pub status: Option<ItemStatus>,
        /// Who made the item.
        pub created_by: Option<String>,
    }
}

impl FunctionCall {
    /// The item that answers the call: what the function gave.
    pub fn answer(&self, output: impl Into<Content>) -> Item {
        Item::function_call_output(self.call_id.clone().unwrap_or_default(), output)
    }
}

object! {
    /// What a function gave.
    pub struct FunctionCallOutput {
        /// The item's id.
        pub id: Option<String>,
        /// The id of the call.
        pub call_id: Option<String>,
        /// What it gave: text, often JSON, or parts.
        pub output: Option<Content>,
        /// The function's name.
        pub name: Option<String>,
        /// The namespace of the function.
        pub namespace: Option<String>,
        /// Who called: the model (`direct`) or a program of its own.
        pub caller: Option<Value>,
        /// How far it has got.
        pub status: Option<ItemStatus>,
        /// Who made the item.
        pub created_by: Option<String>,
    }
}

object! {
    /// The model calls a custom tool, whose input is free text.
    pub struct CustomToolCall {
        /// The item's id.
        pub id: Option<String>,
        /// The call's id, which its output names.
        pub call_id: Option<String>,
        /// The tool's name.
        pub name: String,
        /// The input as the model wrote it.
        pub input: String,
        /// The namespace of the tool.
        pub namespace: Option<String>,
        /// Who calls: the model (`direct`) or a program of its own.
        pub caller: Option<Value>,
        /// How far it has got.
        pub status: Option<ItemStatus>,
        /// Who made the item.
        pub created_by: Option<String>,
    }
}

impl CustomToolCall {
    /// The item that answers the call: what the tool gave.
    pub fn answer(&self, output: impl Into<Content>) -> Item {
        Item::custom_tool_call_output(self.call_id.clone().unwrap_or_default(), output)
    }
}

object! {
    /// What a custom tool gave.
    pub struct CustomToolCallOutput {
        /// The item's id.
        pub id: Option<String>,
        /// The id of the call.
        pub call_id: Option<String>,
        /// What it gave: text or parts.
        pub output: Option<Content>,
        /// The tool's name.
        pub name: Option<String>,
        /// Who called: the model (`direct`) or a program of its own.
        pub caller: Option<Value>,
        /// How far it has got.
        pub status: Option<ItemStatus>,
        /// Who made the item.
        pub created_by: Option<String>,
    }
}

setters! {
    FunctionCallOutput {
        value {}
        into { id: String, name: String, namespace: String, caller: Value, status: ItemStatus, }
    }
}

setters! {
    CustomToolCallOutput {
        value {}
        into { id: String, name: String, caller: Value, status: ItemStatus, }
    }
}

object! {
    /// The model looks for tools.
    pub struct ToolSearchCall {
        /// The item's id.
        pub id: Option<String>,
        /// The call's id, which its output names.
        pub call_id: Option<String>,
        /// Who searches: `server` or `client`.
        pub execution: Option<String>,
        /// What it looks for.
        pub arguments: Option<Value>,
        /// How far it has got.
        pub status: Option<ItemStatus>,
        /// Who made the item.
        pub created_by: Option<String>,
    }
}

object! {
    /// The tools that were found.
    pub struct ToolSearchOutput {
        /// The item's id.
        pub id: Option<String>,
        /// The id of the call.
        pub call_id: Option<String>,
        /// Who searched: `server` or `client`.
        pub execution: Option<String>,
        /// What was found.
        pub tools: Vec<Tool>,
        /// How far it has got.
        pub status: Option<ItemStatus>,
        /// Who made the item.
        pub created_by: Option<String>,
    }
}

object! {
    /// Tools that are there from this point on.
    pub struct AdditionalTools {
        /// The item's id.
        pub id: Option<String>,
        /// Who adds them: `developer`.
        pub role: Option<super::Role>,
        /// The tools.
        pub tools: Vec<Tool>,
    }
}

object! {
    /// A program that the model wrote to call tools.
    pub struct Program {
        /// The item's id.
        pub id: Option<String>,
        /// The call's id, which its output names.
        pub call_id: Option<String>,
        /// The program.
        pub code: String,
        /// What tells the program from others when it is sent back.
        pub fingerprint: Option<String>,
    }
}

object! {
    /// What a program gave.
    pub struct ProgramOutput {
        /// The item's id.
        pub id: Option<String>,
        /// The id of the call.
        pub call_id: Option<String>,
        /// What it gave.
        pub result: String,
        /// How far it has got.
        pub status: Option<ItemStatus>,
    }
}
