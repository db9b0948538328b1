//! The stage for an example: it calls a small OpenAI, and prints what a small Sentry received.

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use sentry::ClientOptions;
use sentry_openai::OpenAiIntegration;

use crate::embedded::check::{Expected, problems};
use crate::embedded::forward::Forward;
use crate::embedded::openai::OpenAi;
use crate::embedded::report::{Style, report};
use crate::embedded::sentry::Receiver;
use crate::embedded::tree::trees;

/// Makes the calls to a server at the base URL that they are given, and prints what arrived; a success if that is what
/// was expected.
pub(crate) async fn play(
    calls: impl AsyncFnOnce(String) -> Result<(), Box<dyn Error>>,
    expected: &[Expected],
) -> ExitCode {
    match played(calls, expected).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("the example failed: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn played(
    calls: impl AsyncFnOnce(String) -> Result<(), Box<dyn Error>>,
    expected: &[Expected],
) -> Result<bool, Box<dyn Error>> {
    let receiver = Receiver::start().await?;
    let dsn = receiver.dsn()?;
    let guard = sentry::init(
        ClientOptions::new()
            .dsn(&dsn.to_string())
            .traces_sample_rate(1.0)
            // So that prompts and answers are recorded. The default is false: then they stay with you.
            .send_default_pii(true)
            .transport(Forward::new(dsn)?)
            .add_integration(OpenAiIntegration::new()),
    );
    let server = OpenAi::start().await?;
    calls(server.base_url()).await?;

    guard.flush(Some(Duration::from_secs(10)));
    let transactions = expected.iter().filter(|span| span.below.is_none()).count();
    let arrived = receiver
        .received(transactions, Duration::from_secs(5))
        .await;
    let style = Style::of_stdout();
    println!("\n{}", report(&arrived, style));
    let problems = problems(&trees(&arrived), expected);
    for problem in &problems {
        println!("{} {problem}", style.paint("31", "problem:"));
    }
    if problems.is_empty() {
        println!("{}", style.bold("All expected spans arrived."));
    }
    Ok(problems.is_empty())
}
