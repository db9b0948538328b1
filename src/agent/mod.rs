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
//! Both are spans below the active one, or a transaction where there is none, as is a [`handoff`] from one agent to
//! another. They need the
//! [`OpenAiIntegration`](crate::OpenAiIntegration), whose options they follow; without it the code just runs.

use std::future::Future;
use std::sync::Arc;

use sentry_core::protocol::SpanStatus;
use sentry_core::{Hub, SentryFutureExt};

mod invoke;
mod observed;
mod tool;

pub use self::invoke::{InvokeAgent, InvokeAgentWithOutput};
use self::observed::{Observed, Word, around, inherited};
pub use self::tool::ExecuteTool;
use crate::ambient::{self, Ambient};
use crate::record::attributes::bounded;
use crate::span;

/// The run of an agent: a span `invoke_agent {name}`.
///
/// Calls to models, tools and agents inside are its children and carry its name, pipeline and conversation (an
/// agent within has a name of its own). That holds for what its future awaits itself; for tasks that it spawns, see
/// [`in_current`].
pub fn invoke_agent(name: impl Into<String>) -> InvokeAgent {
    InvokeAgent::new(name.into())
}

/// The run of a tool: a span `execute_tool {name}`.
pub fn execute_tool(name: impl Into<String>) -> ExecuteTool {
    ExecuteTool::new(name.into())
}

/// The future for a task of its own that belongs to the agent, tool and span that are current here.
///
/// A task that is spawned knows nothing of the one that spawns it. This future takes along what is there when it is
/// made: the hub with its active span, and the agent's name, pipeline and conversation.
///
/// ```no_run
/// # use sentry_openai::{Client, Error, agent, chat};
/// # async fn run(client: Client, request: chat::Request) -> Result<(), Box<dyn std::error::Error>> {
/// let run = agent::invoke_agent("travel planner").run(async {
///     let completions = async move { client.chat().completions().create(&request).await };
///     let task = tokio::spawn(agent::in_current(completions));
///     task.await?.map_err(Box::<dyn std::error::Error>::from)
/// });
/// # run.await?;
/// # Ok(())
/// # }
/// ```
///
/// A task whose future is bound to the hub (`bind_hub`) belongs to the agent as well, as long as the span of the agent, or
/// of a tool that it runs, is the active one of that hub; below a span of your own only this function helps.
pub fn in_current<F: Future>(future: F) -> impl Future<Output = F::Output> {
    let hub = Arc::new(Hub::new_from_top(span::current_hub()));
    ambient::within_future(around().of_agent(), future).bind_hub(hub)
}

/// Records that one agent hands over to another: a span `handoff from {from} to {to}`, without a length of its own.
///
/// It stands where an agent would that starts now, and tells of the first agent's name as `gen_ai.agent.name`.
///
/// ```
/// # use sentry_openai::agent;
/// agent::handoff("triage", "billing");
/// ```
pub fn handoff(from: impl AsRef<str>, to: impl AsRef<str>) {
    let (from, to) = (bounded(from.as_ref()), bounded(to.as_ref()));
    let ambient = Ambient {
        agent: Some((*from).into()),
        ..around()
    };
    let op = ("gen_ai.handoff", "handoff");
    let name = format!("from {from} to {to}");
    let begin = |_: &_, facts: &mut _, _: &mut _| inherited(&ambient, facts);
    Observed::start(op, &name, &Word::default(), begin).finish(SpanStatus::Ok);
}
