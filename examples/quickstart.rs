//! What Sentry shows of a program that uses OpenAI: run it by `cargo run --example quickstart`.
//!
//! Nothing has to be set up: without `OPENAI_API_KEY` it asks a small server of its own, and what it sends to
//! Sentry goes over HTTP to a receiver of its own, which prints it as trees.
//!
//! | variable | what it changes |
//! | --- | --- |
//! | `OPENAI_API_KEY`, `OPENAI_BASE_URL` | one of them set: the calls go to OpenAI, or to that server |
//! | `OPENAI_MODEL`, `OPENAI_EMBEDDING_MODEL` | the models to ask there |
//! | `SENTRY_DSN` | the spans go to that Sentry as well |
//! | `COLUMNS` | how wide the trees are; 80 columns without it |
//! | `NO_COLOR` | no colours |
//!
//! It ends with 0 only if every span arrived that should have.

mod embedded;

use std::convert::Infallible;
use std::env;
use std::error::Error;
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use sentry::protocol::SpanStatus;
use sentry::{ClientOptions, Hub, SentryFutureExt, TransactionContext};
use sentry_openai::{Client, OpenAiIntegration, agent, chat, embeddings, responses};
use serde_json::{Value, json};

use embedded::check::{Expected, problems};
use embedded::forward::Forward;
use embedded::openai::{BUSY, OpenAi};
use embedded::report::{Style, report};
use embedded::sentry::Receiver;
use embedded::tree::trees;

/// The name of the transaction that the calls of one task stand below.
const TASK: &str = "what to wear";

/// The agent in it, and its span.
const AGENT: &str = "stylist";
const AGENT_SPAN: &str = "invoke_agent stylist";

/// A model that nobody has.
const MISSING: &str = "gpt-4o-missing";

#[tokio::main]
async fn main() -> ExitCode {
    match quickstart().await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("quickstart: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs all calls, prints what arrived, and tells whether that was all.
async fn quickstart() -> Result<bool, Box<dyn Error>> {
    let style = Style::of_stdout();
    let receiver = Receiver::start().await?;
    let dsn = match set("SENTRY_DSN") {
        Some(dsn) => dsn.parse().map_err(|_| "SENTRY_DSN is no DSN")?,
        None => receiver.dsn()?,
    };

    // The setup. A program of your own has it at the start of `main`, before the runtime starts.
    let guard = sentry::init(
        ClientOptions::new()
            .dsn(&dsn.to_string())
            .traces_sample_rate(1.0)
            // So that prompts and answers are recorded. The default is false: then they stay with you.
            .send_default_pii(true)
            .transport(Forward::new(receiver.dsn()?)?)
            .add_integration(OpenAiIntegration::new()),
    );
    let models = Models::from_env();
    let server = if models.embedded {
        Some(OpenAi::start().await?)
    } else {
        None
    };
    let client = match &server {
        Some(server) => Client::builder()
            .api_key("sk-quickstart")
            .base_url(server.base_url())
            .http_client(reqwest::Client::builder().no_proxy().build()?)
            .build()?,
        None => Client::from_env()?,
    };
    let with = match &server {
        Some(server) => format!(
            "Asking a small server of this program, {}.",
            server.base_url()
        ),
        None => "Asking the server that your environment names.".to_owned(),
    };
    println!("{}", style.faint(&with));
    println!(
        "{}\n",
        style.faint("Sentry gets prompts and answers here because of `send_default_pii(true)`.")
    );

    // A call that should work and does not is told, and missed below.
    let told = |what: &str, done: Result<(), Box<dyn Error>>| {
        if let Err(error) = done {
            println!("{what:<10}failed: {error}");
        }
    };
    told("chat", chat(&client, &models).await);
    told("streamed", streamed_chat(&client, &models).await);
    told("task", task(&client, &models).await);
    if models.embedded {
        told("busy", rate_limited(&client).await);
    } else {
        println!("busy      left out: only the embedded server is busy on demand");
    }
    failing(&client).await;

    let expected = expected(&models);
    if !guard.flush(Some(Duration::from_secs(10))) {
        println!("\nSentry did not take everything within 10 seconds.");
    }
    let transactions = expected.iter().filter(|span| span.below.is_none()).count();
    let arrived = receiver
        .received(transactions, Duration::from_secs(5))
        .await;
    print!("\n{}", report(&arrived, style));

    let problems = problems(&trees(&arrived), &expected);
    println!();
    if problems.is_empty() {
        println!("{}", style.bold("All expected spans arrived."));
        if dsn != receiver.dsn()? {
            println!("The transport for {} had them as well.", dsn.host());
        }
    }
    for problem in &problems {
        println!("{} {problem}", style.paint("31", "problem:"));
    }
    Ok(problems.is_empty())
}

/// A plain call. Outside of any transaction it becomes one of its own.
async fn chat(client: &Client, models: &Models) -> Result<(), Box<dyn Error>> {
    let request = chat::Request::new(
        &models.chat,
        [
            chat::Message::system("You are a teacher of few words."),
            chat::Message::user("What is the capital of France?"),
        ],
    );
    let answer = client.chat().completions().create(&request).await?;
    println!("chat      {}", answer.text().unwrap_or("(no text)"));
    Ok(())
}

/// A call whose answer is printed as it arrives. Its span ends with the stream.
async fn streamed_chat(client: &Client, models: &Models) -> Result<(), Box<dyn Error>> {
    let question = "Write a haiku about a trace that is complete.";
    let request = chat::Request::new(&models.chat, [chat::Message::user(question)]);
    let mut stream = client.chat().completions().create_stream(&request).await?;
    print!("streamed  ");
    while let Some(chunk) = stream.next().await {
        print!(
            "{}",
            chunk?.text().unwrap_or("").replace('\n', "\n          ")
        );
        std::io::stdout().flush()?;
    }
    println!();
    Ok(())
}

/// Several calls that belong together: below one transaction, beside spans of the program's own.
async fn task(client: &Client, models: &Models) -> Result<(), Box<dyn Error>> {
    let transaction = sentry::start_transaction(TransactionContext::new(TASK, "task"));
    let hub = Arc::new(Hub::new_from_top(Hub::current()));
    hub.configure_scope(|scope| scope.set_span(Some(transaction.clone().into())));
    let done = async {
        let question = "What should I wear in Oslo today? One sentence.";
        let advice = agent::invoke_agent(AGENT)
            .input(question)
            .run(advise(client, models, question))
            .await?;
        println!("tool      {advice}");
        let best = closest(client, models, &advice).await?;
        println!("embedding closest to that: {best}");
        Ok(())
    };
    let done = done.bind_hub(hub).await;
    transaction.set_status(match &done {
        Ok(()) => SpanStatus::Ok,
        Err(_) => SpanStatus::InternalError,
    });
    transaction.finish();
    done
}

/// An agent of two turns: the model calls a tool, and then answers with what the tool gave.
async fn advise(
    client: &Client,
    models: &Models,
    question: &str,
) -> Result<String, Box<dyn Error>> {
    let tool = responses::FunctionTool::new(
        "get_weather",
        json!({
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
            "additionalProperties": false,
        }),
    )
    .description("The weather in a city right now.");
    let mut items = vec![responses::Item::user(question)];
    let request = responses::Request::new(&models.responses, items.clone())
        .instructions("You advise on clothes, by the weather.")
        .tool(tool);

    let first = request.clone().tool_choice("required");
    let response = client.responses().create(&first).await?;
    let mut outputs = Vec::new();
    for call in response.function_calls() {
        outputs.push(run_tool(call).await?);
    }
    items.extend(response.output);
    items.extend(outputs);

    let second = request.input(items).tool_choice("none");
    Ok(client.responses().create(&second).await?.output_text())
}

/// Runs the tool that the model calls, with a span around it.
async fn run_tool(call: &responses::FunctionCall) -> Result<responses::Item, Infallible> {
    let id = call.call_id.as_deref().unwrap_or_default();
    let weather = agent::execute_tool("get_weather")
        .call_id(id)
        .arguments(&call.arguments)
        .run(get_weather())
        .await?;
    let output = weather.to_string();
    Ok(responses::Item::function_call_output(id, output))
}

/// The program's own tool. The weather is always the same, wherever the city in the arguments lies.
async fn get_weather() -> Result<Value, Infallible> {
    tokio::time::sleep(Duration::from_millis(20)).await;
    Ok(json!({"sky": "light snow", "celsius": -3}))
}

/// What comes closest to a text, by embeddings.
async fn closest(
    client: &Client,
    models: &Models,
    text: &str,
) -> Result<&'static str, Box<dyn Error>> {
    const SHELVES: [&str; 3] = [
        "swimwear and sandals",
        "warm coats and boots",
        "summer hats",
    ];
    let texts = [text].into_iter().chain(SHELVES);
    let request = embeddings::Request::new(&models.embeddings, texts.collect::<Vec<_>>());
    let reply = client.embeddings().create(&request).await?;
    let [text, shelves @ ..] = reply.data.as_slice() else {
        return Err("no embeddings in the reply".into());
    };
    let similarity = |shelf: &embeddings::Embedding| -> f32 {
        let pairs = text
            .embedding
            .as_slice()
            .iter()
            .zip(shelf.embedding.as_slice());
        pairs.map(|(a, b)| a * b).sum()
    };
    let shelves = shelves.iter().map(similarity).zip(SHELVES);
    let best = shelves.max_by(|(a, _), (b, _)| a.total_cmp(b));
    Ok(best.map_or("nothing", |(_, shelf)| shelf))
}

/// A call that the server turns away once: the client tries again, and the span shows both attempts.
async fn rate_limited(client: &Client) -> Result<(), Box<dyn Error>> {
    let question = "Why should I trace model calls?";
    let request = chat::Request::new(BUSY, [chat::Message::user(question)]);
    let answer = client.chat().completions().create(&request).await?;
    println!("busy      {}", answer.text().unwrap_or("(no text)"));
    Ok(())
}

/// A call that fails.
async fn failing(client: &Client) {
    let request = chat::Request::new(MISSING, [chat::Message::user("Are you there?")]);
    match client.chat().completions().create(&request).await {
        Ok(_) => println!("failing   it did not fail"),
        Err(error) => println!(
            "failing   as it should: status {}, code {}",
            error
                .status()
                .map_or("none".to_owned(), |status| status.to_string()),
            error.code().unwrap_or("none"),
        ),
    }
}

/// Who is asked.
struct Models {
    chat: String,
    responses: String,
    embeddings: String,
    /// By the server of this program.
    embedded: bool,
}

impl Models {
    fn from_env() -> Self {
        let embedded = set("OPENAI_API_KEY")
            .or_else(|| set("OPENAI_BASE_URL"))
            .is_none();
        let model = |name: &str, default: &str| {
            let other = if embedded { None } else { set(name) };
            other.unwrap_or_else(|| default.to_owned())
        };
        Self {
            chat: model("OPENAI_MODEL", "gpt-4o-mini"),
            responses: model("OPENAI_MODEL", "gpt-5-mini"),
            embeddings: model("OPENAI_EMBEDDING_MODEL", "text-embedding-3-small"),
            embedded,
        }
    }
}

/// The spans that the calls should leave.
fn expected(models: &Models) -> Vec<Expected> {
    let call = |operation: &str, model: &str| Expected {
        op: if operation == "chat" {
            "gen_ai.chat"
        } else {
            "gen_ai.embeddings"
        },
        name: format!("{operation} {model}"),
        status: SpanStatus::Ok,
        below: None,
        attempts: &[200],
    };
    let own = |op, name: &str, below| Expected {
        op,
        name: name.to_owned(),
        status: SpanStatus::Ok,
        below,
        attempts: &[],
    };
    let below = |parent, expected| Expected {
        below: Some(parent),
        ..expected
    };
    let mut spans = vec![
        call("chat", &models.chat),
        call("chat", &models.chat),
        own("task", TASK, None),
        own("gen_ai.invoke_agent", AGENT_SPAN, Some(TASK)),
        below(AGENT_SPAN, call("chat", &models.responses)),
        own(
            "gen_ai.execute_tool",
            "execute_tool get_weather",
            Some(AGENT_SPAN),
        ),
        below(AGENT_SPAN, call("chat", &models.responses)),
        below(TASK, call("embeddings", &models.embeddings)),
        Expected {
            status: SpanStatus::InternalError,
            attempts: &[404],
            ..call("chat", MISSING)
        },
    ];
    if models.embedded {
        spans.push(Expected {
            attempts: &[429, 200],
            ..call("chat", BUSY)
        });
    }
    spans
}

/// A variable of the environment, if it holds something.
fn set(name: &str) -> Option<String> {
    let value = env::var(name).ok()?;
    let value = value.trim();
    (!value.is_empty()).then(|| value.to_owned())
}
