//! Spans of your own around agents and tools.
//!
//! An agent is code that calls a model in turns, a tool what it runs in between. Spans for both make a trace
//! readable: whose calls these are, and what came of them.
//!
//! ```no_run
//! # use sentry_openai::{Client, Error, agent, chat};
//! # async fn weather(city: &str) -> Result<String, Error> { unimplemented!() }
//! # async fn run(client: Client) -> Result<(), Error> {
//! let answer = agent::invoke_agent("travel planner")
//!     .conversation_id("conv_1")
//!     .run(async {
//!         let request = chat::Request::new("gpt-4o", [chat::Message::user("Rain in Paris?")]);
//!         client.chat().completions().create(&request).await?;
//!         agent::execute_tool("weather")
//!             .arguments(r#"{"city":"Paris"}"#)
//!             .run(weather("Paris"))
//!             .await
//!     })
//!     .await?;
//! # Ok(())
//! # }
//! ```
//!
//! Both are spans below the active one, or a transaction where there is none. They need the
//! [`OpenAiIntegration`](crate::OpenAiIntegration), whose options they follow; without it the code just runs.

use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::Arc;

use futures_util::FutureExt;
use sentry_core::protocol::SpanStatus;
use sentry_core::{Hub, SentryFutureExt};
use serde::Serialize;

use crate::ambient::{self, Ambient};
use crate::call::{ORIGIN, guarded, record_content};
use crate::integration::settings;
use crate::record::attributes::{Attributes, bounded, names};
use crate::record::{error_type_text, record_agent_input, record_text, record_value};
use crate::settings::{Overrides, Settings};
use crate::span::{self, Identity, Place, Span};

/// The run of an agent: a span `invoke_agent {name}`.
///
/// Calls to models, tools and agents inside are its children and carry its name, pipeline and conversation (an
/// agent within has a name of its own). That holds for what its future awaits itself, not for tasks that it
/// spawns: give those an agent of their own.
pub fn invoke_agent(name: impl Into<String>) -> InvokeAgent {
    InvokeAgent {
        name: name.into(),
        model: None,
        pipeline: None,
        conversation_id: None,
        input: None,
    }
}

/// The run of a tool: a span `execute_tool {name}`.
pub fn execute_tool(name: impl Into<String>) -> ExecuteTool {
    ExecuteTool {
        name: name.into(),
        description: None,
        call_id: None,
        arguments: None,
    }
}

/// An agent that is about to run, made by [`invoke_agent`].
#[derive(Clone)]
#[must_use = "an agent does nothing until it is `run`"]
pub struct InvokeAgent {
    name: String,
    model: Option<String>,
    pipeline: Option<String>,
    conversation_id: Option<String>,
    input: Option<String>,
}

impl InvokeAgent {
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
            let observed = Observed::start(op, &self.name, begin);
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
            .finish_non_exhaustive()
    }
}

/// A tool that is about to run, made by [`execute_tool`].
#[derive(Clone)]
#[must_use = "a tool does nothing until it is `run`"]
pub struct ExecuteTool {
    name: String,
    description: Option<String>,
    call_id: Option<String>,
    arguments: Option<String>,
}

impl ExecuteTool {
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

    /// Runs the tool: awaits `future` and gives back what it gives. The result is recorded where outputs are: a
    /// text as it is, anything else as JSON.
    ///
    /// An error or a panic marks the span as failed; of it, only the name of its type is recorded. Dropped before
    /// its end, it is cancelled.
    pub fn run<T, E>(
        self,
        future: impl Future<Output = Result<T, E>>,
    ) -> impl Future<Output = Result<T, E>>
    where
        T: Serialize,
    {
        // Boxed before it is moved: tools within agents would else multiply their size.
        let future = Box::pin(future);
        async move {
            let ambient = ambient::current();
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
            let observed = Observed::start(op, &self.name, begin);
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
            .finish_non_exhaustive()
    }
}

fn inherited(ambient: &Ambient, facts: &mut Attributes) {
    facts.push_text(names::AGENT_NAME, ambient.agent.as_deref());
    facts.push_text(names::PIPELINE_NAME, ambient.pipeline.as_deref());
    facts.push_text(names::CONVERSATION_ID, ambient.conversation_id.as_deref());
}

/// A run and its span; nothing of it is recorded where nothing would be sent.
struct Observed(Option<Running>);

struct Running {
    span: Span,
    settings: Settings,
    facts: Attributes,
    content: Attributes,
}

impl Observed {
    fn start(
        (op, operation): (&'static str, &'static str),
        name: &str,
        begin: impl FnOnce(&Settings, &mut Attributes, &mut Attributes),
    ) -> Self {
        Self(guarded(|| Self::try_start(op, operation, name, begin)))
    }

    fn try_start(
        op: &'static str,
        operation: &'static str,
        name: &str,
        begin: impl FnOnce(&Settings, &mut Attributes, &mut Attributes),
    ) -> Option<Running> {
        let hub = span::current_hub();
        let settings = settings(&hub, Overrides::default())?;
        let place = Place::find(hub)?;
        let (mut facts, mut content) = (Attributes::default(), Attributes::default());
        facts.push(names::OPERATION_NAME, operation);
        begin(&settings, &mut facts, &mut content);
        let identity = Identity {
            op,
            name: [operation, &*bounded(name)].join(" "),
            origin: ORIGIN,
        };
        let span = place.start(identity, facts.iter())?;
        Some(Running {
            span,
            settings,
            facts,
            content,
        })
    }

    /// Awaits the future with the span active, on a hub that is its own.
    async fn run<T, E>(
        mut self,
        ambient: Ambient,
        future: impl Future<Output = Result<T, E>>,
        end: impl FnOnce(&T, &Settings, &mut Attributes),
    ) -> Result<T, E> {
        let future = ambient::within_future(ambient, future);
        let Some(running) = &mut self.0 else {
            return future.await;
        };
        let hub = Hub::new_from_top(running.span.hub());
        hub.configure_scope(|scope| scope.set_span(Some(running.span.as_active())));
        let result = AssertUnwindSafe(future.bind_hub(hub)).catch_unwind().await;
        span::mark_thread();
        match &result {
            Ok(Ok(value)) => {
                if let Some(running) = &mut self.0
                    && running.settings.record_outputs
                {
                    guarded(|| end(value, &running.settings, &mut running.content));
                }
                self.finish(SpanStatus::Ok);
            }
            Ok(Err(_)) => self.fail(type_name::<E>()),
            Err(_) => self.fail("panic"),
        }
        result.unwrap_or_else(|panic| resume_unwind(panic))
    }

    fn fail(&mut self, error_type: &'static str) {
        if let Some(running) = &mut self.0 {
            running.facts.push(names::ERROR_TYPE, error_type);
        }
        self.finish(SpanStatus::InternalError);
    }

    fn finish(&mut self, status: SpanStatus) {
        let Some(Running {
            mut span,
            facts,
            content,
            ..
        }) = self.0.take()
        else {
            return;
        };
        guarded(|| {
            span.record(facts);
            record_content(&mut span, content);
            span.finish(status);
        });
    }
}

impl Drop for Observed {
    fn drop(&mut self) {
        self.finish(SpanStatus::Cancelled);
    }
}

/// The last part of a type's name, if it is one that can be told.
fn type_name<E>() -> &'static str {
    let name = std::any::type_name::<E>();
    let last = name.rsplit("::").next().unwrap_or(name);
    error_type_text(last).unwrap_or("error")
}
