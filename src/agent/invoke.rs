//! The run of an agent.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use super::observed::{Observed, Word, inherited};
use crate::ambient::{self, Ambient};
use crate::attribute::AttributeValue;
use crate::record::attributes::{Attributes, names};
use crate::record::record_agent_input;
use crate::settings::Settings;

/// An agent that is about to run, made by [`invoke_agent`](super::invoke_agent).
#[derive(Clone)]
#[must_use = "an agent does nothing until it is `run`"]
pub struct InvokeAgent {
    name: String,
    model: Option<String>,
    pipeline: Option<String>,
    conversation_id: Option<String>,
    input: Option<String>,
    word: Word,
}

impl InvokeAgent {
    pub(super) fn new(name: String) -> Self {
        Self {
            name,
            model: None,
            pipeline: None,
            conversation_id: None,
            input: None,
            word: Word::default(),
        }
    }

    /// The model that the agent works with.
    pub fn model(mut self, model: impl Into<String>) -> Self {
        self.model = Some(model.into());
        self
    }

    /// The pipeline that the agent is part of. Default: that of an agent around it.
    pub fn pipeline(mut self, name: impl Into<String>) -> Self {
        self.pipeline = Some(name.into());
        self
    }

    /// The conversation that the run belongs to. Default: that of an agent around it.
    pub fn conversation_id(mut self, id: impl Into<String>) -> Self {
        self.conversation_id = Some(id.into());
        self
    }

    /// What the agent is asked; recorded where inputs are.
    pub fn input(mut self, input: impl Into<String>) -> Self {
        self.input = Some(input.into());
        self
    }

    /// Whether the run has a span. What happens inside is recorded as ever, and carries the agent's name. Default: as the
    /// integration says.
    pub fn record(mut self, record: bool) -> Self {
        self.word.overrides.record = Some(record);
        self
    }

    /// Whether what the agent is asked is recorded. Default: as the integration says.
    pub fn record_inputs(mut self, record: bool) -> Self {
        self.word.overrides.record_inputs = Some(record);
        self
    }

    /// Whether what the agent answers is recorded. Default: as the integration says.
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

    /// Runs the agent: awaits `future` and gives back what it gives.
    ///
    /// An error or a panic marks the span as failed; of it, only the name of its type is recorded. Dropped before its
    /// end, it is cancelled.
    pub fn run<T, E>(
        self,
        future: impl Future<Output = Result<T, E>>,
    ) -> impl Future<Output = Result<T, E>> {
        // Boxed before it is moved: agents within agents would else multiply their size.
        let future = Box::pin(future);
        async move {
            let around = ambient::current();
            let ambient = Ambient {
                agent: Some(Arc::from(self.name.as_str())),
                pipeline: self.pipeline.as_deref().map(Arc::from).or(around.pipeline),
                conversation_id: self
                    .conversation_id
                    .as_deref()
                    .map(Arc::from)
                    .or(around.conversation_id),
                recorded: around.recorded,
                attempts: around.attempts,
            };
            let begin = |settings: &Settings, facts: &mut Attributes, content: &mut Attributes| {
                inherited(&ambient, facts);
                facts.push_text(names::REQUEST_MODEL, self.model.as_deref());
                if let Some(input) = self.input.as_deref().filter(|_| settings.record_inputs) {
                    record_agent_input(input, settings, content);
                }
            };
            let op = ("gen_ai.invoke_agent", "invoke_agent");
            let observed = Observed::start(op, &self.name, &self.word, begin);
            observed.run(ambient.clone(), future, |_, _, _| ()).await
        }
    }
}

/// What the agent is asked is not shown.
impl fmt::Debug for InvokeAgent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InvokeAgent")
            .field("name", &self.name)
            .field("model", &self.model)
            .field("pipeline", &self.pipeline)
            .field("conversation_id", &self.conversation_id)
            .field("recording", &self.word.overrides)
            .field("attributes", &self.word.attributes.names())
            .finish_non_exhaustive()
    }
}
