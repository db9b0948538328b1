//! What a call costs.

use serde_json::Value;

use crate::embedded::answers;

/// The tokens of one call.
pub(super) struct Usage {
    pub(super) input: usize,
    /// Of the input: all that stands before the last message has been read before.
    pub(super) cached: usize,
    pub(super) output: usize,
    /// Of the output.
    pub(super) reasoning: usize,
}

impl Usage {
    pub(super) fn of(request: &Value, messages: &[Value], answer: usize) -> Self {
        let cost = |value: &Value| match value {
            Value::Null => 0,
            value => answers::tokens(&value.to_string()).len(),
        };
        let setup = cost(&request["instructions"]) + cost(&request["tools"]);
        let (newest, before) = match messages.split_last() {
            Some((newest, before)) => (cost(newest), before.iter().map(cost).sum()),
            None => (0, 0),
        };
        let cached = if before > 0 { setup + before } else { 0 };
        let model = request["model"].as_str().unwrap_or("");
        let reasoning = if model.starts_with("gpt-5") { 64 } else { 0 };
        Self {
            input: setup + before + newest,
            cached,
            output: answer + reasoning,
            reasoning,
        }
    }
}
