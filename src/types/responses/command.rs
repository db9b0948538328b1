//! Calls of shells and patches, which the caller or a container carries out.

use serde_json::Value;

use super::ItemStatus;
use crate::types::open::{object, setters};

object! {
    /// A command for the caller's own shell.
    pub struct LocalShellCall {
        /// The item's id.
        pub id: Option<String>,
        /// The call's id.
        pub call_id: Option<String>,
        /// The command: `{type, command, env, timeout_ms, user, working_directory}`.
        pub action: Option<LocalShellAction>,
        /// How far it has got.
        pub status: Option<ItemStatus>,
    }
}

object! {
    /// A command for the caller's own shell.
    pub struct LocalShellAction {
        /// `exec`.
        pub r#type: Option<String>,
        /// The program and its arguments.
        pub command: Vec<String>,
        /// The environment.
        pub env: Option<Value>,
        /// How long it may take, in milliseconds.
        pub timeout_ms: Option<u64>,
        /// Who runs it.
        pub user: Option<String>,
        /// Where it runs.
        pub working_directory: Option<String>,
    }
}

object! {
    /// What the caller's own shell gave.
    pub struct LocalShellCallOutput {
        /// The id of the call.
        pub id: Option<String>,
        /// The id of the call, as newer servers name it.
        pub call_id: Option<String>,
        /// What it gave, as JSON.
        pub output: String,
        /// How far it has got.
        pub status: Option<ItemStatus>,
    }
}

impl LocalShellCallOutput {
    /// What the call with this id gave.
    pub fn new(id: impl Into<String>, output: impl Into<String>) -> Self {
        Self {
            id: Some(id.into()),
            output: output.into(),
            ..Self::default()
        }
    }
}

setters! {
    LocalShellCallOutput {
        value {}
        into { call_id: String, status: ItemStatus, }
    }
}

object! {
    /// Commands for a shell.
    pub struct ShellCall {
        /// The item's id.
        pub id: Option<String>,
        /// The call's id, which its output names.
        pub call_id: Option<String>,
        /// The commands.
        pub action: Option<ShellAction>,
        /// Where they run.
        pub environment: Option<Value>,
        /// Who calls: the model (`direct`) or a program of its own.
        pub caller: Option<Value>,
        /// How far it has got.
        pub status: Option<ItemStatus>,
        /// Who made the item.
        pub created_by: Option<String>,
    }
}

object! {
    /// Commands for a shell.
    pub struct ShellAction {
        /// The commands, which may run side by side.
        pub commands: Vec<String>,
        /// How long they may take, in milliseconds.
        pub timeout_ms: Option<u64>,
        /// How many characters of output are wanted.
        pub max_output_length: Option<u64>,
    }
}

object! {
    /// What the commands gave.
    pub struct ShellCallOutput {
        /// The item's id.
        pub id: Option<String>,
        /// The id of the call.
        pub call_id: Option<String>,
        /// What each command gave.
        pub output: Vec<ShellOutput>,
        /// How many characters of output were wanted.
        pub max_output_length: Option<u64>,
        /// Who called: the model (`direct`) or a program of its own.
        pub caller: Option<Value>,
        /// How far it has got.
        pub status: Option<ItemStatus>,
        /// Who made the item.
        pub created_by: Option<String>,
    }
}

impl ShellCallOutput {
    /// What the commands of the call with this id gave.
    pub fn new(call_id: impl Into<String>, output: Vec<ShellOutput>) -> Self {
        Self {
            call_id: Some(call_id.into()),
            output,
            ..Self::default()
        }
    }
}

setters! {
    ShellCallOutput {
        value { max_output_length: u64, }
        into { id: String, caller: Value, status: ItemStatus, }
    }
}

object! {
    /// What one command gave.
    pub struct ShellOutput {
        /// What it wrote to the standard output.
        pub stdout: String,
        /// What it wrote to the standard error.
        pub stderr: String,
        /// How it ended: `{"type": "exit", "exit_code": 0}` or `{"type": "timeout"}`.
        pub outcome: Option<Value>,
        /// Who made it.
        pub created_by: Option<String>,
    }
}

object! {
    /// A file is to be changed.
    pub struct ApplyPatchCall {
        /// The item's id.
        pub id: Option<String>,
        /// The call's id, which its output names.
        pub call_id: Option<String>,
        /// The change.
        pub operation: Option<PatchOperation>,
        /// Who calls: the model (`direct`) or a program of its own.
        pub caller: Option<Value>,
        /// How far it has got.
        pub status: Option<ItemStatus>,
        /// Who made the item.
        pub created_by: Option<String>,
    }
}

object! {
    /// The change of a file.
    pub struct PatchOperation {
        /// `create_file`, `update_file` or `delete_file`.
        pub r#type: Option<String>,
        /// The file.
        pub path: Option<String>,
        /// What changes in it.
        pub diff: Option<String>,
    }
}

object! {
    /// Whether the file could be changed.
    pub struct ApplyPatchCallOutput {
        /// The item's id.
        pub id: Option<String>,
        /// The id of the call.
        pub call_id: Option<String>,
        /// `completed` or `failed`.
        pub status: Option<ItemStatus>,
        /// What there is to say about it.
        pub output: Option<String>,
        /// Who called: the model (`direct`) or a program of its own.
        pub caller: Option<Value>,
        /// Who made the item.
        pub created_by: Option<String>,
    }
}

impl ApplyPatchCallOutput {
    /// What came of the call with this id.
    pub fn new(call_id: impl Into<String>, status: ItemStatus) -> Self {
        Self {
            call_id: Some(call_id.into()),
            status: Some(status),
            ..Self::default()
        }
    }
}

setters! {
    ApplyPatchCallOutput {
        value {}
        into { id: String, output: String, caller: Value, }
    }
}
