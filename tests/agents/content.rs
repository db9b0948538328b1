//! What agents and tools are given and give back leaves only where it may, and as it should.

use std::sync::{Arc, Mutex};

use sentry::ClientOptions;
use sentry_openai::{OpenAiIntegration, agent};
use serde::Serialize;
use serde_json::{Value, json};

use crate::calls::*;
use crate::support::Sentry;

const ARGUMENTS: &str = r#"{"city":"SECRETARGUMENTS"}"#;

/// An agent that runs a tool, with all that they can be told.
async fn told<T: Serialize>(result: T) -> T {
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

    fn recorded(result: impl Serialize) -> Value {
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
