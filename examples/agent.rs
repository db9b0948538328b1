//! An agent with a tool, as Sentry shows it: run it by `cargo run --example agent`.
//!
//! A model is asked, calls a tool for each city, gets what the tool gave, and answers. One of the cities is beyond
//! the tool: the model is told so, and the trace shows it. Nothing has to be set up: a small server of its own plays
//! OpenAI, and what goes to Sentry goes over HTTP to a receiver of its own, and to `SENTRY_DSN` if that is set.
//!
//! It ends with 0 only if every span arrived that should have.

mod embedded;

use std::env;
use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use futures::future::join_all;
use sentry::ClientOptions;
use sentry::protocol::SpanStatus;
use sentry_openai::{Client, OpenAiIntegration, agent, chat};
use serde::Deserialize;
use serde_json::{Value, json};

use embedded::check::{Expected, problems};
use embedded::forward::Forward;
use embedded::openai::OpenAi;
use embedded::report::{Style, report};
use embedded::sentry::Receiver;
use embedded::tree::trees;

const MODEL: &str = "gpt-4o-mini";
const AGENT: &str = "travel planner";
const TOOL: &str = "get_weather";

/// A conversation ends here, whatever the model still wants.
const MOST_TURNS: usize = 5;

#[tokio::main]
async fn main() -> ExitCode {
    match example().await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("agent: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the agent, prints what arrived, and tells whether that was all.
async fn example() -> Result<bool, Box<dyn Error>> {
    let style = Style::of_stdout();
    let receiver = Receiver::start().await?;
    let dsn = match env::var("SENTRY_DSN") {
        Ok(dsn) if !dsn.trim().is_empty() => {
            dsn.trim().parse().map_err(|_| "SENTRY_DSN is no DSN")?
        }
        _ => receiver.dsn()?,
    };
    let guard = sentry::init(
        ClientOptions::new()
            .dsn(&dsn.to_string())
            .traces_sample_rate(1.0)
            // So that questions, answers, arguments and results are recorded. The default is false.
            .send_default_pii(true)
            .transport(Forward::new(receiver.dsn()?)?)
            .add_integration(OpenAiIntegration::new()),
    );
    let server = OpenAi::start().await?;
    let client = Client::builder()
        .api_key("sk-agent")
        .base_url(server.base_url())
        .http_client(reqwest::Client::builder().no_proxy().build()?)
        .build()?;

    let question = "Oslo, Lisbon or Tokyo: what do I wear where?";
    println!("question  {question}");
    let answer = agent::invoke_agent(AGENT)
        .model(MODEL)
        .pipeline("trips")
        .conversation_id("trip-7")
        .input(question)
        .run(plan(&client, question))
        .await?;
    println!("answer    {answer}");

    if !guard.flush(Some(Duration::from_secs(10))) {
        println!("\nSentry did not take everything within 10 seconds.");
    }
    let arrived = receiver.received(1, Duration::from_secs(5)).await;
    print!("\n{}", report(&arrived, style));

    let problems = problems(&trees(&arrived), &expected());
    println!();
    if problems.is_empty() {
        println!("{}", style.bold("All expected spans arrived."));
    }
    for problem in &problems {
        println!("{} {problem}", style.paint("31", "problem:"));
    }
    Ok(problems.is_empty())
}

/// The agent: asks the model, runs the tools that it calls, and asks again, until it answers.
async fn plan(client: &Client, question: &str) -> Result<String, Box<dyn Error>> {
    let tool = chat::Tool::function(
        TOOL,
        json!({
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        }),
    )
    .description("The weather in a city right now.");
    let mut messages = vec![
        chat::Message::system("You advise on clothes, by the weather."),
        chat::Message::user(question),
    ];
    for _ in 0..MOST_TURNS {
        let request = chat::Request::new(MODEL, messages.clone()).tools([tool.clone()]);
        let reply = client.chat().completions().create(&request).await?;
        let message = reply.message().ok_or("a reply without a message")?;
        if message.tool_calls().is_empty() {
            return Ok(message.text().unwrap_or_default().to_owned());
        }
        let results = join_all(message.tool_calls().iter().map(run_tool)).await;
        messages.push(message.clone().into());
        messages.extend(results);
    }
    Err("the model never came to an answer".into())
}

/// Runs the tool that the model calls; what fails is told to the model.
async fn run_tool(call: &chat::ToolCall) -> chat::Message {
    let id = call.id().unwrap_or_default();
    let arguments = call.arguments().unwrap_or_default();
    let result = agent::execute_tool(call.name().unwrap_or_default())
        .description("The weather in a city right now.")
        .call_id(id)
        .arguments(arguments)
        .run(get_weather(arguments))
        .await;
    let output = match result {
        Ok(weather) => weather.to_string(),
        Err(NoWeather) => "no weather station there".to_owned(),
    };
    chat::Message::tool(id, output)
}

/// Why there is no weather.
#[derive(Debug)]
struct NoWeather;

/// The tool.
async fn get_weather(arguments: &str) -> Result<Value, NoWeather> {
    #[derive(Deserialize)]
    struct Arguments {
        city: String,
    }

    let Arguments { city } = serde_json::from_str(arguments).map_err(|_| NoWeather)?;
    tokio::time::sleep(Duration::from_millis(20)).await;
    match city.as_str() {
        "Oslo" => Ok(json!({"sky": "light snow", "celsius": -3})),
        "Lisbon" => Ok(json!({"sky": "sunshine", "celsius": 19})),
        _ => Err(NoWeather),
    }
}

/// The spans that the run should leave.
fn expected() -> Vec<Expected> {
    let agent = "invoke_agent travel planner";
    let span = |op, name: &str| Expected {
        op,
        name: name.to_owned(),
        status: SpanStatus::Ok,
        below: Some(agent),
        attempts: &[],
    };
    let chat = || Expected {
        attempts: &[200],
        ..span("gen_ai.chat", "chat gpt-4o-mini")
    };
    let tool = || span("gen_ai.execute_tool", "execute_tool get_weather");
    vec![
        Expected {
            below: None,
            ..span("gen_ai.invoke_agent", agent)
        },
        chat(),
        tool(),
        tool(),
        Expected {
            status: SpanStatus::InternalError,
            ..tool()
        },
        chat(),
    ]
}
