//! The attributes of a span, and every name that the crate gives one.

use std::borrow::Cow;

use serde_json::Value;

use crate::json::escape::boundary;

/// The bytes of a fact: Sentry refuses a transaction that a server or a caller makes too large with one.
pub(crate) const LONGEST_FACT: usize = 1_024;
/// The entries of a fact that is a list.
pub(crate) const MOST_ENTRIES: usize = 64;

/// The names, as [getsentry/sentry-conventions](https://github.com/getsentry/sentry-conventions) has them.
pub(crate) mod names {
    pub(crate) const AGENT_NAME: &str = "gen_ai.agent.name";
    pub(crate) const CONVERSATION_ID: &str = "gen_ai.conversation.id";
    pub(crate) const COST_TOTAL_TOKENS: &str = "gen_ai.cost.total_tokens";
    pub(crate) const EMBEDDINGS_INPUT: &str = "gen_ai.embeddings.input";
    pub(crate) const INPUT_MESSAGES: &str = "gen_ai.input.messages";
    /// No convention, but what Sentry's panel reads: it counts the messages that it shows.
    pub(crate) const INPUT_MESSAGES_ORIGINAL_LENGTH: &str =
        "gen_ai.request.messages.original_length";
    pub(crate) const OPERATION_NAME: &str = "gen_ai.operation.name";
    pub(crate) const OUTPUT_MESSAGES: &str = "gen_ai.output.messages";
    pub(crate) const PIPELINE_NAME: &str = "gen_ai.pipeline.name";
    pub(crate) const PROMPT_NAME: &str = "gen_ai.prompt.name";
    pub(crate) const PROVIDER_NAME: &str = "gen_ai.provider.name";
    pub(crate) const REQUEST_DIMENSIONS: &str = "gen_ai.request.dimensions";
    pub(crate) const REQUEST_ENCODING_FORMAT: &str = "gen_ai.request.encoding_format";
    pub(crate) const REQUEST_FREQUENCY_PENALTY: &str = "gen_ai.request.frequency_penalty";
    pub(crate) const REQUEST_MAX_TOKENS: &str = "gen_ai.request.max_tokens";
    pub(crate) const REQUEST_MODEL: &str = "gen_ai.request.model";
    pub(crate) const REQUEST_PRESENCE_PENALTY: &str = "gen_ai.request.presence_penalty";
    pub(crate) const REQUEST_REASONING_LEVEL: &str = "gen_ai.request.reasoning.level";
    pub(crate) const REQUEST_SEED: &str = "gen_ai.request.seed";
    pub(crate) const REQUEST_STOP_SEQUENCES: &str = "gen_ai.request.stop_sequences";
    pub(crate) const REQUEST_TEMPERATURE: &str = "gen_ai.request.temperature";
    pub(crate) const REQUEST_TOP_K: &str = "gen_ai.request.top_k";
    pub(crate) const REQUEST_TOP_P: &str = "gen_ai.request.top_p";
    pub(crate) const RESPONSE_FINISH_REASONS: &str = "gen_ai.response.finish_reasons";
    pub(crate) const RESPONSE_ID: &str = "gen_ai.response.id";
    pub(crate) const RESPONSE_MODEL: &str = "gen_ai.response.model";
    pub(crate) const RESPONSE_STREAMING: &str = "gen_ai.response.streaming";
    pub(crate) const RESPONSE_TIME_TO_FIRST_CHUNK: &str = "gen_ai.response.time_to_first_chunk";
    pub(crate) const SYSTEM_INSTRUCTIONS: &str = "gen_ai.system_instructions";
    pub(crate) const TOOL_CALL_ARGUMENTS: &str = "gen_ai.tool.call.arguments";
    pub(crate) const TOOL_CALL_ID: &str = "gen_ai.tool.call.id";
    pub(crate) const TOOL_CALL_RESULT: &str = "gen_ai.tool.call.result";
    pub(crate) const TOOL_DEFINITIONS: &str = "gen_ai.tool.definitions";
    pub(crate) const TOOL_DESCRIPTION: &str = "gen_ai.tool.description";
    pub(crate) const TOOL_NAME: &str = "gen_ai.tool.name";
    pub(crate) const USAGE_CACHE_CREATION_INPUT_TOKENS: &str =
        "gen_ai.usage.cache_creation.input_tokens";
    pub(crate) const USAGE_CACHE_READ_INPUT_TOKENS: &str = "gen_ai.usage.cache_read.input_tokens";
    pub(crate) const USAGE_INPUT_TOKENS: &str = "gen_ai.usage.input_tokens";
    pub(crate) const USAGE_OUTPUT_TOKENS: &str = "gen_ai.usage.output_tokens";
    pub(crate) const USAGE_REASONING_OUTPUT_TOKENS: &str = "gen_ai.usage.reasoning.output_tokens";
    pub(crate) const USAGE_TOTAL_TOKENS: &str = "gen_ai.usage.total_tokens";

    pub(crate) const ERROR_TYPE: &str = "error.type";
    pub(crate) const HTTP_REQUEST_METHOD: &str = "http.request.method";
    pub(crate) const HTTP_REQUEST_RESEND_COUNT: &str = "http.request.resend_count";
    pub(crate) const HTTP_RESPONSE_STATUS_CODE: &str = "http.response.status_code";
    pub(crate) const SERVER_ADDRESS: &str = "server.address";
    pub(crate) const SERVER_PORT: &str = "server.port";
    pub(crate) const URL_FULL: &str = "url.full";
}

/// Names and values in the order in which they were recorded.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Attributes(Vec<(&'static str, Value)>);

impl Attributes {
    /// Without attributes, but with room for those of a call to a model.
    pub(crate) fn of_a_call() -> Self {
        const USUAL: usize = 16;

        Self(Vec::with_capacity(USUAL))
    }

    /// Pushes a value. One that is no content is bounded: to [`LONGEST_FACT`] bytes, a list to [`MOST_ENTRIES`].
    pub(crate) fn push(&mut self, name: &'static str, value: impl Into<Value>) {
        let mut value = value.into();
        match &mut value {
            Value::String(text) if text.len() > LONGEST_FACT && !is_content(name) => {
                *text = bounded(text).into_owned();
            }
            Value::Array(entries) => entries.truncate(MOST_ENTRIES),
            _ => {}
        }
        self.0.push((name, value));
    }

    /// Pushes the value, if there is one.
    pub(crate) fn push_some(&mut self, name: &'static str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.push(name, value);
        }
    }

    /// Pushes the text, if there is one and it is not empty.
    pub(crate) fn push_text(&mut self, name: &'static str, text: Option<&str>) {
        self.push_some(name, text.filter(|text| !text.is_empty()));
    }

    /// Those that a call has from its request.
    pub(crate) fn of_request(&self) -> Self {
        let is_of_reply = |name: &str| {
            ["gen_ai.response.", "gen_ai.usage.", "gen_ai.cost."]
                .iter()
                .any(|start| name.starts_with(start))
        };
        let of_request = self.0.iter().filter(|(name, _)| !is_of_reply(name));
        Self(of_request.cloned().collect())
    }

    #[cfg(test)]
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.iter()
            .find_map(|(known, value)| (known == name).then_some(value))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.0.iter().map(|(name, value)| (*name, value))
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (&'static str, &mut Value)> {
        self.0.iter_mut().map(|(name, value)| (*name, value))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The fact as it may be recorded: what is too long ends in an ellipsis.
pub(crate) fn bounded(fact: &str) -> Cow<'_, str> {
    const ELLIPSIS: &str = "…";

    if fact.len() <= LONGEST_FACT {
        return Cow::Borrowed(fact);
    }
    let end = boundary(fact, LONGEST_FACT - ELLIPSIS.len());
    Cow::Owned([fact.get(..end).unwrap_or_default(), ELLIPSIS].concat())
}

/// Whether an attribute holds content, which has a limit of its own.
fn is_content(name: &str) -> bool {
    matches!(
        name,
        names::EMBEDDINGS_INPUT
            | names::INPUT_MESSAGES
            | names::OUTPUT_MESSAGES
            | names::SYSTEM_INSTRUCTIONS
            | names::TOOL_CALL_ARGUMENTS
            | names::TOOL_CALL_RESULT
            | names::TOOL_DEFINITIONS
            | names::TOOL_DESCRIPTION
    )
}

impl IntoIterator for Attributes {
    type Item = (&'static str, Value);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn what_is_recorded_is_told_by_name() {
        let source = include_str!("attributes.rs");
        let (_, names) = source.split_once("mod names {").unwrap();
        let (names, _) = names.split_once("\n}").unwrap();
        let texts = names.split('"').skip(1).step_by(2);
        let known: BTreeSet<_> = texts.chain(["sentry.origin"]).collect();

        let page = include_str!("../recording.md");
        let (_, attributes) = page.split_once("# Attributes").unwrap();
        let rows = attributes.lines().filter_map(|line| {
            let (name, rest) = line.strip_prefix("| `")?.split_once('`')?;
            assert_eq!(rest.matches(" | ").count(), 3, "{line}");
            Some(name)
        });
        let rows: Vec<_> = rows.collect();
        let told: BTreeSet<_> = rows.iter().copied().collect();
        assert_eq!(rows.len(), told.len(), "a name is told twice");
        assert_eq!(told, known);
        assert!(known.contains(names::URL_FULL) && known.len() > 40);
    }

    #[test]
    fn a_fact_is_bounded_and_content_is_not() {
        let mut attributes = Attributes::default();
        let long = "ü".repeat(600_000);
        attributes.push(names::REQUEST_MODEL, long.as_str());
        attributes.push(names::CONVERSATION_ID, "x".repeat(LONGEST_FACT));
        attributes.push(names::INPUT_MESSAGES, long.as_str());
        attributes.push(names::REQUEST_STOP_SEQUENCES, vec!["a"; 1_000]);
        let text = |name| attributes.get(name).unwrap().as_str().unwrap();
        assert_eq!(text(names::REQUEST_MODEL), "ü".repeat(510) + "…");
        assert_eq!(text(names::CONVERSATION_ID).len(), LONGEST_FACT);
        assert_eq!(text(names::INPUT_MESSAGES).len(), long.len());
        let list = attributes.get(names::REQUEST_STOP_SEQUENCES).unwrap();
        assert_eq!(list.as_array().unwrap().len(), MOST_ENTRIES);
    }

    #[test]
    fn an_empty_text_is_no_attribute() {
        let mut attributes = Attributes::default();
        attributes.push_text(names::RESPONSE_ID, Some(""));
        attributes.push_text(names::RESPONSE_MODEL, None);
        attributes.push_text(names::REQUEST_MODEL, Some("a"));
        let all: Vec<_> = attributes.into_iter().collect();
        assert_eq!(all, [(names::REQUEST_MODEL, "a".into())]);
    }
}
