//! The check: whether all spans arrived that the calls should have left, and no others.

use sentry::protocol::SpanStatus;

use super::tree::Node;

/// A span that should have arrived.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    pub(crate) op: &'static str,
    pub(crate) name: String,
    pub(crate) status: SpanStatus,
    /// The name of the span it stands below; `None` if it stands alone.
    pub(crate) below: Option<&'static str>,
    /// The HTTP status of each attempt; real servers may have turned some away before.
    pub(crate) attempts: &'static [u64],
}

/// What is wrong with the trees, in words; nothing if they are as expected.
pub(crate) fn problems(trees: &[Node], expected: &[Expected]) -> Vec<String> {
    let mut arrived = Vec::new();
    for tree in trees {
        arrived.push((None, tree));
        for node in tree.all() {
            arrived.extend(
                node.children
                    .iter()
                    .map(|child| (Some(node.name.as_str()), child)),
            );
        }
    }
    // Attempts are checked with the call that they belong to.
    arrived.retain(|(_, node)| node.op != "http.client");

    let mut problems = Vec::new();
    for expected in expected {
        let found = arrived
            .iter()
            .position(|(below, node)| expected.is(*below, node));
        match found.map(|index| arrived.swap_remove(index)) {
            Some((_, node)) => problems.extend(expected.lacks(node)),
            None => problems.push(format!(
                "{} {} ({}) did not arrive",
                expected.op, expected.name, expected.status
            )),
        }
    }
    for (_, node) in arrived {
        problems.push(format!("{} {} was not expected there", node.op, node.name));
    }
    problems
}

impl Expected {
    fn is(&self, below: Option<&str>, node: &Node) -> bool {
        self.below == below
            && self.op == node.op
            && self.name == node.name
            && node.status == Some(self.status)
    }

    /// What a model call, an agent or a tool should tell and does not.
    fn lacks(&self, node: &Node) -> Vec<String> {
        let mut lacks = Vec::new();
        let attempts = node
            .children
            .iter()
            .filter(|child| child.op == "http.client");
        let attempts: Vec<u64> = attempts
            .filter_map(|attempt| attempt.count("http.response.status_code"))
            .collect();
        if !attempts.ends_with(self.attempts) {
            lacks.push(format!(
                "{} was tried with {attempts:?}, expected {:?}",
                self.name, self.attempts
            ));
        }
        let attributes: &[&str] = match (self.op, self.status) {
            ("gen_ai.chat", SpanStatus::Ok) => &[
                "gen_ai.response.model",
                "gen_ai.usage.input_tokens",
                "gen_ai.usage.output_tokens",
                "gen_ai.response.finish_reasons",
                "gen_ai.input.messages",
                "gen_ai.output.messages",
            ],
            ("gen_ai.embeddings", SpanStatus::Ok) => {
                &["gen_ai.usage.input_tokens", "gen_ai.embeddings.input"]
            }
            ("gen_ai.invoke_agent", _) => &["gen_ai.agent.name", "gen_ai.input.messages"],
            ("gen_ai.execute_tool", SpanStatus::Ok) => &[
                "gen_ai.agent.name",
                "gen_ai.tool.call.id",
                "gen_ai.tool.call.arguments",
                "gen_ai.tool.call.result",
            ],
            ("gen_ai.execute_tool", _) => &["error.type", "gen_ai.tool.call.arguments"],
            ("gen_ai.chat", _) => &["error.type", "gen_ai.input.messages"],
            _ => &[],
        };
        for attribute in attributes {
            if !node.data.contains_key(*attribute) {
                lacks.push(format!("{} has no {attribute}", self.name));
            }
        }
        lacks
    }
}
