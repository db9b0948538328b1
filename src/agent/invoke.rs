//! The run of an agent.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use serde::Serialize;

use super::observed::{Observed, Word, around, inherited};
use crate::ambient::Ambient;
use crate::attribute::AttributeValue;
use crate::record::attributes::{Attributes, bounded, names};
use crate::record::{record_agent_answer, record_agent_input, record_agent_output};
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

    /// Says what is recorded as the agent's answer, where outputs are: a text as it is, anything else as JSON. To be said
    /// last, for the value that the run gives.
    ///
    /// ```no_run
    /// # use sentry_openai::{Error, agent};
    /// struct Trip {
    ///     summary: String,
    /// }
    ///
    /// # async fn plan() -> Result<Trip, Error> { unimplemented!() }
    /// # async fn run() -> Result<(), Error> {
    /// let trip = agent::invoke_agent("planner")
    ///     .output(|trip: &Trip| trip.summary.clone())
    ///     .run(plan())
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn output<T, S: Serialize>(
        self,
        output: impl FnOnce(&T) -> S,
    ) -> InvokeAgentWithOutput<impl FnOnce(&T) -> S> {
        InvokeAgentWithOutput {
            agent: self,
            output,
        }
    }

    /// Runs the agent: awaits `future` and gives back what it gives.
    ///
    /// Where outputs are recorded, so is an answer that is a text, a JSON value, or a reply of this crate's client
    /// ([`chat::Completion`](crate::chat::Completion), [`responses::Response`](crate::responses::Response)). Of any other
    /// [`output`](Self::output) tells what to record.
    ///
    /// An error or a panic marks the span as failed. Of an error of this crate its code or kind is recorded, of any other
    /// only the path of its type. Dropped before its end, it is cancelled.
    pub fn run<T: 'static, E: 'static>(
        self,
        future: impl Future<Output = Result<T, E>>,
    ) -> impl Future<Output = Result<T, E>> {
        self.run_to(
            future,
            |answer: &T, settings: &Settings, content: &mut Attributes| {
                record_agent_answer(answer, settings, content);
            },
        )
    }

    fn run_to<T, E: 'static>(
        self,
        future: impl Future<Output = Result<T, E>>,
        end: impl FnOnce(&T, &Settings, &mut Attributes),
    ) -> impl Future<Output = Result<T, E>> {
        // Boxed before it is moved: agents within agents would else multiply their size.
        let future = Box::pin(future);
        async move {
            let around = around();
            let ambient = Ambient {
                agent: Some(bounded(&self.name).into()),
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
            observed.run(ambient.clone(), future, end).await
        }
    }
}

/// An agent that is about to run, and what is recorded as its answer, made by [`InvokeAgent::output`].
#[derive(Clone)]
#[must_use = "an agent does nothing until it is `run`"]
pub struct InvokeAgentWithOutput<F> {
    agent: InvokeAgent,
    output: F,
}

impl<F> InvokeAgentWithOutput<F> {
    /// Runs the agent, as [`InvokeAgent::run`] does.
    pub fn run<T, S, E>(
        self,
        future: impl Future<Output = Result<T, E>>,
    ) -> impl Future<Output = Result<T, E>>
    where
        F: FnOnce(&T) -> S,
        S: Serialize,
        E: 'static,
    {
        let output = self.output;
        self.agent.run_to(
            future,
            move |answer: &T, settings: &Settings, content: &mut Attributes| {
                record_agent_output(&output(answer), settings, content);
            },
        )
    }
}

impl<F> fmt::Debug for InvokeAgentWithOutput<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.agent.fmt(f)
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
