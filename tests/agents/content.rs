//! What agents and tools are given and give back leaves only where it may, and as it should.

use std::future::Future;
use std::sync::{Arc, Mutex};

use sentry::ClientOptions;
use sentry_openai::{OpenAiIntegration, agent, chat, responses};
use serde::Serialize;
use serde_json::{Value, json};

use crate::calls::*;
use crate::support::Sentry;

const ARGUMENTS: &str = r#"{"city":"SECRETARGUMENTS"}"#;

/// An agent that runs a tool, with all that they can be told.
async fn told<T: Serialize + 'static>(result: T) -> T {
    let agent = agent::invoke_agent("planner")
        .input("SECRETINPUT")
        .run(async {
            agent::execute_tool("weather")
                .description("SECRETDESCRIPTION")
                .call_id("call_1")
                .arguments(ARGUMENTS)
                .run(async {
                    sentry::capture_message("in the tool", sentry::Level::Info);
                    done(result)
                })
                .await
        });
    agent.await.unwrap()
}

#[test]
fn content_is_recorded_only_where_inputs_or_outputs_are() {
    let integration = OpenAiIntegration::new;
    let base = || ClientOptions::new().traces_sample_rate(1.0);
    let table = [
        (base().add_integration(integration()), false, false),
        (
            base().send_default_pii(true).add_integration(integration()),
            true,
            true,
        ),
        (
            base().add_integration(integration().record_inputs(true)),
            true,
            false,
        ),
        (
            base().add_integration(integration().record_outputs(true)),
            false,
            true,
        ),
        (
            base()
                .send_default_pii(true)
                .add_integration(integration().record_inputs(false).record_outputs(false)),
            false,
            false,
        ),
        (
            base()
                .send_default_pii(true)
                .add_integration(integration().record_outputs(false)),
            true,
            false,
        ),
    ];
    for (options, inputs, outputs) in table {
        let sentry = Sentry::new(options);
        let result = sentry.run(told("SECRETRESULT"));
        assert_eq!(result, "SECRETRESULT");
        let what = format!("inputs {inputs}, outputs {outputs}");

        let agent = sentry.span("invoke_agent planner");
        let tool = sentry.span("execute_tool weather");
        assert_eq!(tool.get("gen_ai.tool.call.id"), "call_1", "{what}");
        let texts = [
            (
                &tool,
                "gen_ai.tool.description",
                inputs,
                "SECRETDESCRIPTION",
            ),
            (&tool, "gen_ai.tool.call.arguments", inputs, ARGUMENTS),
            (&tool, "gen_ai.tool.call.result", outputs, "SECRETRESULT"),
        ];
        for (span, name, recorded, text) in texts {
            let expected = if recorded { json!(text) } else { Value::Null };
            assert_eq!(span.get(name), &expected, "{what}");
        }
        if inputs {
            let expected =
                json!([{"role": "user", "parts": [{"type": "text", "content": "SECRETINPUT"}]}]);
            assert_eq!(agent.json("gen_ai.input.messages"), expected, "{what}");
        } else {
            assert_eq!(agent.get("gen_ai.input.messages"), &Value::Null, "{what}");
        }
        for text in ["SECRETINPUT", "SECRETDESCRIPTION", "SECRETARGUMENTS"] {
            assert_eq!(sentry.leaked(text), inputs, "{text} with {what}");
        }
        assert_eq!(sentry.leaked("SECRETRESULT"), outputs, "{what}");
    }
}

#[test]
fn neither_an_event_nor_a_sampler_sees_content() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sampler = {
        let seen = seen.clone();
        move |context: &sentry::TransactionContext| {
            seen.lock()
                .unwrap()
                .push((context.name().to_owned(), format!("{:?}", context.custom())));
            1.0
        }
    };
    let sentry = Sentry::new(options().traces_sampler(sampler));
    sentry.run(async {
        told("SECRETRESULT").await;
        let tool = agent::execute_tool("weather")
            .description("SECRETDESCRIPTION")
            .arguments(ARGUMENTS);
        tool.run(async { done(()) }).await.unwrap();
    });
    let events = serde_json::to_string(&sentry.events()).unwrap();
    assert!(
        events.contains("in the tool") && !events.contains("SECRET"),
        "{events}"
    );
    let seen = seen.lock().unwrap();
    let names: Vec<_> = seen.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["invoke_agent planner", "execute_tool weather"]);
    assert!(seen[0].1.contains("planner"));
    assert!(
        seen.iter().all(|(_, custom)| !custom.contains("SECRET")),
        "{seen:?}"
    );
    // The span has it all the same.
    assert!(sentry.leaked("SECRETINPUT") && sentry.leaked("SECRETRESULT"));
}

#[test]
fn a_result_is_recorded_as_text_or_as_json() {
    #[derive(Clone, Serialize)]
    struct Weather {
        sky: &'static str,
        celsius: f64,
        wind: Option<u8>,
    }

    fn recorded(result: impl Serialize + 'static) -> Value {
        let sentry = sentry();
        sentry.run_on_one_thread(told(result));
        sentry
            .span("execute_tool weather")
            .get("gen_ai.tool.call.result")
            .clone()
    }

    let weather = Weather {
        sky: "snow",
        celsius: -3.5,
        wind: None,
    };
    let one = r#"{"sky":"snow","celsius":-3.5,"wind":null}"#;
    assert_eq!(recorded(weather.clone()), one);
    assert_eq!(recorded(vec![weather; 2]), format!("[{one},{one}]"));
    assert_eq!(recorded("light \"snow\""), "light \"snow\"");
    assert_eq!(recorded(json!({"b": 1, "a": [2]})), r#"{"a":[2],"b":1}"#);
    assert_eq!(recorded(7), "7");
    assert_eq!(recorded(()), Value::Null);
    assert_eq!(recorded(None::<u8>), Value::Null);
    assert_eq!(recorded(String::new()), Value::Null);
    assert_eq!(recorded("data:image/png;base64,AAAA"), "[Blob substitute]");
}

#[test]
fn an_answer_is_recorded_as_the_assistants_message() {
    #[derive(Clone, Serialize)]
    struct Trip {
        to: &'static str,
        days: u8,
    }

    /// The one part of the recorded answer; null where there is none.
    fn part(run: impl Future<Output = ()> + Send) -> Value {
        let sentry = sentry();
        sentry.run_on_one_thread(run);
        let agent = sentry.span("invoke_agent planner");
        if agent.get("gen_ai.output.messages").is_null() {
            return Value::Null;
        }
        let messages = agent.json("gen_ai.output.messages");
        assert_eq!(messages.as_array().unwrap().len(), 1);
        assert_eq!(messages[0]["role"], "assistant");
        assert_eq!(messages[0]["parts"].as_array().unwrap().len(), 1);
        messages[0]["parts"][0].clone()
    }

    async fn run<T: 'static>(answer: T) {
        let agent = agent::invoke_agent("planner");
        agent.run(async { done(answer) }).await.unwrap();
    }

    async fn run_output<T, S: Serialize>(answer: T, output: impl FnOnce(&T) -> S) {
        let agent = agent::invoke_agent("planner").output(output);
        agent.run(async { done(answer) }).await.unwrap();
    }

    let text = json!({"type": "text", "content": "To Graz."});
    let trip = Trip {
        to: "Graz",
        days: 2,
    };
    let object = json!({"type": "object", "content": {"to": "Graz", "days": 2}});
    assert_eq!(part(run("To Graz.")), text);
    assert_eq!(part(run("To Graz.".to_owned())), text);
    assert_eq!(part(run(Some("To Graz.".to_owned()))), text);
    assert_eq!(part(run(std::borrow::Cow::Borrowed("To Graz."))), text);
    assert_eq!(part(run(json!("To Graz."))), text);
    assert_eq!(part(run(json!({"to": "Graz", "days": 2}))), object);
    assert_eq!(part(run_output(trip.clone(), Trip::clone)), object);
    assert_eq!(part(run_output(trip.clone(), |_| "To Graz.")), text);
    // A value that lives no longer than its run.
    assert_eq!(
        part(async { run_output(&trip.to.to_owned(), |_| "To Graz.").await }),
        text
    );
    for nothing in [
        part(run(trip)),
        part(run(())),
        part(run(String::new())),
        part(run(json!(null))),
    ] {
        assert_eq!(nothing, Value::Null);
    }
    let completion: chat::Completion = serde_json::from_value(completion()).unwrap();
    let response: responses::Response = serde_json::from_value(response()).unwrap();
    let hello = json!({"type": "text", "content": "Hello there"});
    assert_eq!(part(run(completion)), hello);
    assert_eq!(part(run(response)), hello);
}

#[test]
fn an_answer_is_recorded_only_where_outputs_are_and_is_redacted() {
    let integration = OpenAiIntegration::new().redact(|text| text.replace("hunter2", "*").into());
    let options = ClientOptions::new()
        .traces_sample_rate(1.0)
        .send_default_pii(true);
    let sentry = Sentry::new(options.add_integration(integration));
    sentry.run(async {
        let hidden = agent::invoke_agent("hidden").record_outputs(false);
        hidden.run(async { done("SECRET") }).await.unwrap();
        let hidden = agent::invoke_agent("hidden")
            .record_outputs(false)
            .output(|(): &()| "SECRET");
        hidden.run(async { done(()) }).await.unwrap();
        let shown = agent::invoke_agent("shown")
            .output(|(): &()| json!({"password": "SECRET", "said": "hunter2"}));
        shown.run(async { done(()) }).await.unwrap();
        // What panics in it does not reach the run.
        let panics = agent::invoke_agent("panics").output(|_: &u8| -> u8 { panic!("unwilling") });
        assert_eq!(panics.run(async { done(7) }).await, Ok(7));
    });
    assert!(!sentry.leaked("SECRET") && !sentry.leaked("hunter2"));
    let shown = sentry
        .span("invoke_agent shown")
        .json("gen_ai.output.messages");
    let said = json!({"password": "[redacted]", "said": "*"});
    assert_eq!(shown[0]["parts"][0]["content"], said);
    assert_eq!(
        sentry.span("invoke_agent panics").status.as_deref(),
        Some("ok")
    );
}

#[test]
fn content_is_redacted_and_bounded() {
    let integration = OpenAiIntegration::new()
        .max_content_bytes(200)
        .redact(|text| text.replace("SECRET", "*").into());
    let sentry = Sentry::new(
        ClientOptions::new()
            .traces_sample_rate(1.0)
            .send_default_pii(true)
            .add_integration(integration),
    );
    let long = json!({"list": (0..1_000).collect::<Vec<u32>>(), "key": "SECRET"});
    sentry.run(async {
        told("SECRETRESULT").await;
        let agent = agent::invoke_agent("long").input("SECRET ".repeat(1_000));
        let run = agent.run(async {
            agent::execute_tool("long")
                .description("SECRET ".repeat(1_000))
                .arguments(long.to_string())
                .run(async { done(long.clone()) })
                .await
        });
        run.await.unwrap();
    });
    assert!(!sentry.leaked("SECRET"));
    let tool = sentry.span("execute_tool weather");
    assert_eq!(tool.get("gen_ai.tool.call.result"), "*RESULT");
    assert_eq!(
        tool.get("gen_ai.tool.call.arguments"),
        r#"{"city":"*ARGUMENTS"}"#
    );
    assert_eq!(tool.get("gen_ai.tool.description"), "*DESCRIPTION");

    let agent = sentry.span("invoke_agent long");
    let original = "gen_ai.request.messages.original_length";
    assert_eq!(agent.get(original), 1);
    assert!(agent.json("gen_ai.input.messages")[0]["parts"][0]["content"].is_string());
    let tool = sentry.span("execute_tool long");
    for (span, name, is_json) in [
        (&agent, "gen_ai.input.messages", true),
        (&tool, "gen_ai.tool.call.arguments", true),
        (&tool, "gen_ai.tool.call.result", true),
        (&tool, "gen_ai.tool.description", false),
    ] {
        let text = span.get(name).as_str().unwrap();
        assert!((100..=200).contains(&text.len()), "{name}: {text}");
        assert_eq!(
            serde_json::from_str::<Value>(text).is_ok(),
            is_json,
            "{name}: {text}"
        );
    }
}

#[test]
fn a_long_run_of_agents_and_tools_stays_deliverable() {
    let sentry = sentry();
    sentry.run(async {
        let agent = agent::invoke_agent("planner").run(async {
            for _ in 0..40 {
                let tool = agent::execute_tool("read")
                    .description("d".repeat(100_000))
                    .arguments("a".repeat(100_000))
                    .run(async { done("\n".repeat(100_000)) });
                tool.await?;
            }
            done(())
        });
        agent.await.unwrap();
    });
    assert!(sentry.bytes().len() < 1_000_000, "{}", sentry.bytes().len());
    assert_eq!(sentry.spans_named("execute_tool read").len(), 40);
}

#[test]
fn what_they_are_given_is_not_in_debug() {
    let agent = agent::invoke_agent("planner")
        .input("SECRET")
        .model("gpt-4o");
    let tool = agent::execute_tool("weather")
        .arguments("SECRET")
        .call_id("call_1");
    for (text, shown) in [
        (format!("{agent:?}"), ["planner", "gpt-4o"]),
        (format!("{tool:?}"), ["weather", "call_1"]),
    ] {
        assert!(!text.contains("SECRET"), "{text}");
        assert!(shown.iter().all(|shown| text.contains(shown)), "{text}");
    }
}
