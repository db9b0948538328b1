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

mod invoke;
mod observed;
mod tool;

pub use self::invoke::InvokeAgent;
pub use self::tool::ExecuteTool;

/// The run of an agent: a span `invoke_agent {name}`.
///
/// Calls to models, tools and agents inside are its children and carry its name, pipeline and conversation (an
/// agent within has a name of its own). That holds for what its future awaits itself, not for tasks that it
/// spawns: give those an agent of their own.
pub fn invoke_agent(name: impl Into<String>) -> InvokeAgent {
    InvokeAgent::new(name.into())
}

/// The run of a tool: a span `execute_tool {name}`.
pub fn execute_tool(name: impl Into<String>) -> ExecuteTool {
    ExecuteTool::new(name.into())
}
