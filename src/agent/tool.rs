//! The run of a tool.

use std::fmt;
use std::future::Future;

use serde::Serialize;

use super::observed::{Observed, Word, around, inherited};
use crate::attribute::AttributeValue;
use crate::record::attributes::{Attributes, names};
use crate::record::{record_text, record_value};
use crate::settings::Settings;

/// A tool that is about to run, made by [`execute_tool`](super::execute_tool).
#[derive(Clone)]
#[must_use = "a tool does nothing until it is `run`"]
pub struct ExecuteTool {
    name: String,
    description: Option<String>,
    call_id: Option<String>,
    arguments: Option<String>,
    word: Word,
}

impl ExecuteTool {
    pub(super) fn new(name: String) -> Self {
        Self {
            name,
            description: None,
            call_id: None,
            arguments: None,
            word: Word::default(),
        }
    }

    /// What the tool does, as the model was told; recorded where inputs are.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// The id of the model's call that the tool answers.
    pub fn call_id(mut self, id: impl Into<String>) -> Self {
        self.call_id = Some(id.into());
        self
    }

    /// The arguments, as the model wrote them; recorded where inputs are.
    pub fn arguments(mut self, arguments: impl Into<String>) -> Self {
        self.arguments = Some(arguments.into());
        self
    }

    /// Whether the run has a span. What happens inside is recorded as ever. Default: as the
    /// integration says.
    pub fn record(mut self, record: bool) -> Self {
        self.word.overrides.record = Some(record);
        self
    }

    /// Whether description and arguments are recorded. Default: as the integration says.
    pub fn record_inputs(mut self, record: bool) -> Self {
        self.word.overrides.record_inputs = Some(record);
        self
    }

    /// Whether the result is recorded. Default: as the integration says.
    pub fn record_outputs(mut self, record: bool) -> Self {
        self.word.overrides.record_outputs = Some(record);
        self
    }

    /// Sets an attribute of your own on the run's span: a text (up to 1,024 bytes of it), a number or a boolean. Of a name
    /// that this crate records itself, its own value stands.
    ///
    /// It leaves with every recorded run, whether inputs and outputs are recorded or not.
    pub fn attribute(mut self, name: impl Into<String>, value: impl Into<AttributeValue>) -> Self {
        self.word.attributes.push(name, value);
        self
    }

    /// Runs the tool: awaits `future` and gives back what it gives. The result is recorded where outputs are: a
    /// text as it is, anything else as JSON.
    ///
    /// An error or a panic marks the span as failed. Of an error of this crate its code or kind is recorded, of any other
    /// only the path of its type. Dropped before its end, it is cancelled.
    pub fn run<T, E: 'static>(
        self,
        future: impl Future<Output = Result<T, E>>,
    ) -> impl Future<Output = Result<T, E>>
    where
        T: Serialize,
    {
        // Boxed before it is moved: tools within agents would else multiply their size.
        let future = Box::pin(future);
        async move {
            let ambient = around();
            let begin = |settings: &Settings, facts: &mut Attributes, content: &mut Attributes| {
                inherited(&ambient, facts);
                facts.push(names::TOOL_NAME, self.name.as_str());
                facts.push_text(names::TOOL_CALL_ID, self.call_id.as_deref());
                if settings.record_inputs {
                    for (name, text) in [
                        (names::TOOL_DESCRIPTION, &self.description),
                        (names::TOOL_CALL_ARGUMENTS, &self.arguments),
                    ] {
                        if let Some(text) = text {
                            record_text(name, text, settings, content);
                        }
                    }
                }
            };
            let op = ("gen_ai.execute_tool", "execute_tool");
            let observed = Observed::start(op, &self.name, &self.word, begin);
            let end = |result: &T, settings: &Settings, content: &mut Attributes| {
                record_value(names::TOOL_CALL_RESULT, result, settings, content);
            };
            observed.run(ambient.clone(), future, end).await
        }
    }
}

/// The arguments are not shown.
impl fmt::Debug for ExecuteTool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExecuteTool")
            .field("name", &self.name)
            .field("call_id", &self.call_id)
            .field("recording", &self.word.overrides)
            .field("attributes", &self.word.attributes.names())
            .finish_non_exhaustive()
    }
}
