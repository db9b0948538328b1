//! One call's own word: whether it is recorded, how much of it, and what else stands on its span.

use sentry::ClientOptions;
use sentry_openai::{OpenAiIntegration, RequestOptions};
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
