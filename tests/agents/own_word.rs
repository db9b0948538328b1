//! One call's own word: whether it is recorded, how much of it, and what else stands on its span.

use sentry::ClientOptions;
use sentry_openai::{OpenAiIntegration, RequestOptions, agent};
use serde_json::{Value, json};

use crate::calls::*;
use crate::support::Sentry;

#[test]
fn a_call_that_is_not_to_be_recorded_leaves_nothing() {
    for way in Way::ALL {
        let sentry = sentry();
        sentry.run(async {
            let server = server().await;
            let client = way.builder(&server).build().unwrap();
            let root = Root::start();
            let hub = root.hub.clone();
            let call = way.call(client, RequestOptions::new().record(false));
            sentry::SentryFutureExt::bind_hub(call, hub).await;
            root.transaction.finish();
        });
        assert_eq!(sentry.names(), ["root"], "{way:?}");
    }
}

#[test]
fn the_nearest_word_decides_whether_a_call_is_recorded() {
    let says = [None, Some(false), Some(true)];
    for integration in says {
        for of_client in says {
            for of_request in says {
                let mut recording = OpenAiIntegration::new();
                if let Some(record) = integration {
                    recording = recording.record(record);
                }
                let options = ClientOptions::new().traces_sample_rate(1.0);
                let sentry = Sentry::new(options.add_integration(recording));
                sentry.run_on_one_thread(async {
                    let server = server().await;
                    let mut client = Way::Chat.builder(&server);
                    if let Some(record) = of_client {
                        client = client.record(record);
                    }
                    let mut options = RequestOptions::new();
                    if let Some(record) = of_request {
                        options = options.record(record);
                    }
                    Way::Chat.call(client.build().unwrap(), options).await;
                });
                let expected = of_request.or(of_client).or(integration).unwrap_or(true);
                let said = (integration, of_client, of_request);
                assert_eq!(!sentry.names().is_empty(), expected, "{said:?}");
            }
        }
    }
}

#[test]
fn a_request_says_itself_how_much_of_it_is_recorded() {
    for way in [
        Way::Chat,
        Way::ChatStream,
        Way::Responses,
        Way::ResponsesStream,
        Way::Post,
    ] {
        for (inputs, outputs) in [(false, true), (true, false)] {
            let sentry = sentry();
            sentry.run(async {
                let server = server().await;
                let options = RequestOptions::new()
                    .record_inputs(inputs)
                    .record_outputs(outputs);
                way.call(way.builder(&server).build().unwrap(), options)
                    .await;
            });
            let call = sentry.span(CHAT);
            let has = |name: &str| call.get(name).is_string();
            assert_eq!(has("gen_ai.input.messages"), inputs, "{way:?}");
            assert_eq!(has("gen_ai.output.messages"), outputs, "{way:?}");
            assert_eq!(sentry.leaked("Hello!"), inputs, "{way:?}");
            assert_eq!(sentry.leaked("there"), outputs, "{way:?}");
        }
    }
}

#[test]
fn attributes_of_ones_own_stand_on_the_calls_span_and_never_over_ours() {
    for way in Way::ALL {
        let sentry = sentry();
        sentry.run(async {
            let server = server().await;
            let options = RequestOptions::new()
                .attribute("tenant", "acme")
                .attribute("arm", 2)
                .attribute("ratio", 0.5)
                .attribute("is_trial", true)
                .attribute("gen_ai.operation.name", "mine")
                .attribute("sentry.origin", "mine");
            let shown = format!("{options:?}");
            assert!(
                shown.contains("tenant") && !shown.contains("acme"),
                "{shown}"
            );
            way.call(way.builder(&server).build().unwrap(), options)
                .await;
        });
        let calls = sentry.spans_with_op(way.op());
        let call = &calls[0];
        for (name, value) in [
            ("tenant", json!("acme")),
            ("arm", json!(2)),
            ("ratio", json!(0.5)),
            ("is_trial", json!(true)),
            ("sentry.origin", json!("auto.ai.openai")),
        ] {
            assert_eq!(call.get(name), &value, "{way:?}");
        }
        assert_ne!(call.get("gen_ai.operation.name"), "mine", "{way:?}");
        assert_ne!(call.get("gen_ai.operation.name"), &Value::Null, "{way:?}");
    }
}

#[test]
fn an_agent_or_a_tool_that_is_not_to_be_recorded_has_no_span_and_its_calls_have() {
    for (agent_is_recorded, tool_is_recorded) in [(false, true), (true, false), (false, false)] {
        let sentry = sentry();
        sentry.run(async {
            let server = server().await;
            let client = Way::Chat.builder(&server).build().unwrap();
            let root = Root::start();
            let tool = agent::execute_tool("weather").record(tool_is_recorded);
            let run = agent::invoke_agent("planner")
                .record(agent_is_recorded)
                .run(tool.run(ask(&client)));
            sentry::SentryFutureExt::bind_hub(run, root.hub)
                .await
                .unwrap();
            root.transaction.finish();
        });
        let names = sentry.names();
        let has = |name: &str| names.iter().any(|known| known == name);
        assert_eq!(has("invoke_agent planner"), agent_is_recorded);
        assert_eq!(has("execute_tool weather"), tool_is_recorded);
        let parent = match (agent_is_recorded, tool_is_recorded) {
            (_, true) => "execute_tool weather",
            (true, false) => "invoke_agent planner",
            (false, false) => "root",
        };
        let call = sentry.span(CHAT);
        assert_eq!(call.parent_span_id, Some(sentry.span(parent).span_id));
        assert_eq!(call.get("gen_ai.agent.name"), "planner");
    }
    // And one says so where the integration says otherwise.
    let integration = OpenAiIntegration::new().record(false);
    let options = ClientOptions::new().traces_sample_rate(1.0);
    let sentry = Sentry::new(options.add_integration(integration));
    sentry.run(async {
        let tool = agent::execute_tool("weather").record(true);
        agent::invoke_agent("planner")
            .run(tool.run(async { done(1) }))
            .await
            .unwrap();
    });
    assert_eq!(sentry.names(), ["execute_tool weather"]);
}

#[test]
fn an_agent_and_a_tool_say_themselves_how_much_of_them_is_recorded() {
    for (inputs, outputs) in [(false, true), (true, false)] {
        let sentry = sentry();
        sentry.run(async {
            let tool = agent::execute_tool("weather")
                .description("SECRETTOLD")
                .arguments("SECRETGIVEN")
                .record_inputs(inputs)
                .record_outputs(outputs);
            let agent = agent::invoke_agent("planner")
                .input("SECRETASKED")
                .record_inputs(inputs)
                .record_outputs(outputs);
            let run = agent.run(tool.run(async { done("SECRETRESULT".to_owned()) }));
            run.await.unwrap();
        });
        for text in ["SECRETTOLD", "SECRETGIVEN", "SECRETASKED"] {
            assert_eq!(sentry.leaked(text), inputs, "{text}");
        }
        assert_eq!(sentry.leaked("SECRETRESULT"), outputs);
    }
}

#[test]
fn attributes_of_ones_own_stand_on_agents_and_tools_and_never_over_ours() {
    let sentry = sentry();
    sentry.run(async {
        let agent = agent::invoke_agent("planner")
            .attribute("tenant", "acme")
            .attribute("gen_ai.agent.name", "mine")
            .attribute("sentry.origin", "mine");
        let tool = agent::execute_tool("weather")
            .attribute("arm", 2)
            .attribute("gen_ai.tool.name", "mine")
            .attribute("error.type", "mine");
        let shown = format!("{agent:?} {tool:?}");
        assert!(
            shown.contains("tenant") && !shown.contains("acme"),
            "{shown}"
        );
        let run = agent.run(tool.run(async { Err::<(), _>(std::fmt::Error) }));
        assert!(run.await.is_err());
    });
    let agent = sentry.span("invoke_agent planner");
    assert_eq!(agent.get("tenant"), "acme");
    assert_eq!(agent.get("gen_ai.agent.name"), "planner");
    assert_eq!(agent.get("sentry.origin"), "auto.ai.openai");
    let tool = sentry.span("execute_tool weather");
    assert_eq!(tool.get("arm"), 2);
    assert_eq!(tool.get("gen_ai.tool.name"), "weather");
    assert_ne!(tool.get("error.type"), "mine");
}
