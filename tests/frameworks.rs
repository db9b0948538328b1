//! The `tracing` spans of frameworks that trace themselves, as the layer makes Sentry's of them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod support;

use sentry::integrations::tracing::SpanLayer as PlainLayer;
use sentry::{ClientOptions, Hub};
use sentry_openai::OpenAiIntegration;
use sentry_openai::recording::{Endpoint, Recorder};
use sentry_openai::tracing::SpanLayer;
use serde_json::{Value, json};
use support::{Sentry, SpanView};
use tracing::field::Empty;
use tracing::{Span, info_span, trace_span};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::prelude::*;

const SECRET: &str = "MKSECRET";

fn sentry(content: bool) -> Sentry {
    let integration = OpenAiIntegration::new()
        .record_inputs(content)
        .record_outputs(content);
    let options = ClientOptions::new().traces_sample_rate(1.0);
    Sentry::new(options.add_integration(integration))
}

fn under<S>(sentry: &Sentry, subscriber: S, test: impl FnOnce())
where
    S: tracing::Subscriber + Send + Sync + 'static,
{
    Hub::run(sentry.hub(), || {
        tracing::subscriber::with_default(subscriber, test);
    });
}

/// Runs a test with the layer as the documentation has it.
fn layered(sentry: &Sentry, test: impl FnOnce()) {
    let layer = SpanLayer::new().with_filter(LevelFilter::INFO);
    under(sentry, tracing_subscriber::registry().with(layer), test);
}

fn model_spans(sentry: &Sentry) -> Vec<SpanView> {
    sentry.spans_where(|span| span.op.starts_with("gen_ai."))
}

/// A span as genai 0.7 declares it.
fn genai() -> Span {
    info_span!(
        target: "genai::otel::span",
        "genai.chat",
        "otel.name" = "chat gpt-4o",
        "otel.kind" = "client",
        "otel.status_code" = Empty,
        "error.type" = Empty,
        "gen_ai.operation.name" = "chat",
        "gen_ai.provider.name" = "openai",
        "gen_ai.request.model" = "gpt-4o",
        "gen_ai.request.stream" = true,
        "gen_ai.request.seed" = Empty,
        "gen_ai.request.stop_sequences" = Empty,
        "gen_ai.output.type" = Empty,
        "gen_ai.response.finish_reasons" = Empty,
        "gen_ai.usage.input_tokens" = Empty,
        "gen_ai.usage.output_tokens" = Empty,
        "gen_ai.system_instructions" = Empty,
        "gen_ai.input.messages" = Empty,
        "gen_ai.output.messages" = Empty,
        "gen_ai.tool.definitions" = Empty,
    )
}

/// A span as rig-core 0.46 declares it.
fn rig() -> Span {
    info_span!(
        target: "rig::completions",
        "chat",
        gen_ai.operation.name = "chat",
        gen_ai.provider.name = "openai",
        gen_ai.request.model = "gpt-4o",
        gen_ai.system_instructions = Option::<&str>::None,
        gen_ai.request.stream = Empty,
        gen_ai.response.id = Empty,
        gen_ai.response.model = Empty,
        rig.provider_request_id = Empty,
        gen_ai.usage.input_tokens = Empty,
        gen_ai.usage.output_tokens = Empty,
        gen_ai.usage.cache_read.input_tokens = Empty,
        gen_ai.usage.tool_use_prompt_tokens = Empty,
        gen_ai.usage.reasoning_tokens = Empty,
        gen_ai.input.messages = Empty,
        gen_ai.output.messages = Empty,
    )
}

/// Records a field, and captures an event, which copies a root's data.
fn record<V: tracing::field::Value>(span: &Span, name: &'static str, value: V) {
    span.record(name, value);
    span.in_scope(|| sentry::capture_message(name, sentry::Level::Info));
}

#[test]
fn a_call_of_genai_is_an_ai_span_though_it_is_never_entered() {
    for content in [false, true] {
        let sentry = sentry(content);
        layered(&sentry, || {
            let span = genai();
            span.record("gen_ai.request.seed", 7_i64);
            span.record("gen_ai.output.type", "json");
            span.record("gen_ai.request.stop_sequences", r#"["MKSECRET stop"]"#);
            span.record(
                "gen_ai.system_instructions",
                r#"[{"type":"text","content":"MKSECRET system"}]"#,
            );
            span.record(
                "gen_ai.input.messages",
                r#"[{"role":"user","parts":[{"type":"text","content":"MKSECRET in"}]}]"#,
            );
            span.record(
                "gen_ai.tool.definitions",
                r#"[{"type":"function","name":"f","description":"MKSECRET tool","parameters":{}}]"#,
            );
            span.record("gen_ai.response.finish_reasons", r#"["stop"]"#);
            span.record("gen_ai.usage.input_tokens", 5_i64);
            span.record("gen_ai.usage.output_tokens", "3");
            span.record(
                "gen_ai.output.messages",
                r#"[{"role":"assistant","parts":[{"type":"text","content":"MKSECRET out"}],"finish_reason":"stop"}]"#,
            );
        });
        let span = sentry.span("chat gpt-4o");
        assert_eq!(span.op, "gen_ai.chat");
        assert_eq!(span.status, None, "none is invented");
        assert!(span.is_transaction);
        let mut expected = json!({
            "sentry.origin": "auto.ai.genai",
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.response.streaming": true,
            "gen_ai.request.seed": "7",
            "gen_ai.response.finish_reasons": "[\"stop\"]",
            "gen_ai.usage.input_tokens": 5,
            "gen_ai.usage.output_tokens": 3,
        });
        if content {
            let inputs = json!({
                "gen_ai.request.stop_sequences": ["MKSECRET stop"],
                "gen_ai.system_instructions": r#"[{"type":"text","content":"MKSECRET system"}]"#,
                "gen_ai.input.messages":
                    r#"[{"role":"user","parts":[{"type":"text","content":"MKSECRET in"}]}]"#,
                "gen_ai.tool.definitions":
                    r#"[{"type":"function","name":"f","description":"MKSECRET tool","parameters":{}}]"#,
                "gen_ai.output.messages":
                    r#"[{"role":"assistant","parts":[{"type":"text","content":"MKSECRET out"}],"finish_reason":"stop"}]"#,
            });
            let inputs = inputs.as_object().unwrap().clone();
            expected.as_object_mut().unwrap().extend(inputs);
        }
        assert_eq!(json!(told(&span)), expected);
        assert_eq!(sentry.leaked(SECRET), content);
    }
}

/// The data of a span, but for where in the code it was made.
fn told(span: &SpanView) -> std::collections::BTreeMap<String, Value> {
    let mut data = span.data.clone();
    data.retain(|name, _| !name.starts_with("code.") && name != "sentry.tracing.target");
    data
}

#[test]
fn no_event_in_between_and_no_item_holds_content_that_is_off() {
    for content in [false, true] {
        let sentry = sentry(content);
        layered(&sentry, || {
            let span = rig();
            record(&span, "gen_ai.request.stream", false);
            record(
                &span,
                "gen_ai.input.messages",
                r#"[{"role":"system","parts":[{"type":"text","content":"MKSECRET sys"}]},
                    {"role":"user","parts":[{"type":"tool_call_response","id":"1","response":"MKSECRET"}]}]"#,
            );
            record(&span, "gen_ai.usage.reasoning_tokens", 2_u64);
            record(&span, "gen_ai.usage.tool_use_prompt_tokens", 9_u64);
            record(&span, "rig.provider_request_id", "MKSECRET");
            record(&span, "gen_ai.output.messages", "MKSECRET, a mere text");
        });
        let events = sentry.events();
        assert_eq!(events.len(), 6);
        for event in events {
            let event = serde_json::to_string(&event).unwrap();
            assert!(!event.contains(SECRET), "{event}");
        }
        let span = sentry.span("chat gpt-4o");
        assert_eq!(span.get("sentry.origin"), "auto.ai.rig");
        assert_eq!(span.get("gen_ai.usage.reasoning.output_tokens"), &json!(2));
        assert_eq!(span.get("gen_ai.response.streaming"), &json!(false));
        for name in ["gen_ai.request.stream", "gen_ai.usage.reasoning_tokens"] {
            assert!(!span.data.contains_key(name), "{name}");
        }
        assert!(span.data.values().all(|value| !value.is_null()));
        assert_eq!(sentry.leaked(SECRET), content);
        if content {
            let input = span.json("gen_ai.input.messages");
            assert_eq!(input[0]["role"], "tool");
            assert_eq!(input[0]["parts"][0]["type"], "tool_call_response");
            assert!(span.data.contains_key("gen_ai.system_instructions"));
            let output = span.json("gen_ai.output.messages");
            assert_eq!(output[0]["role"], "assistant");
        }
    }
}

#[test]
fn content_is_redacted_and_bounded_as_the_integration_says() {
    let integration = OpenAiIntegration::new()
        .record_inputs(true)
        .max_content_bytes(300)
        .redact(|text| text.replace(SECRET, "*").into());
    let options = ClientOptions::new().traces_sample_rate(1.0);
    let sentry = Sentry::new(options.add_integration(integration));
    layered(&sentry, || {
        let long = format!("{SECRET} {}", "x".repeat(10_000));
        rig().record("gen_ai.input.messages", long);
    });
    let span = sentry.span("chat gpt-4o");
    assert!(span.get("gen_ai.input.messages").as_str().unwrap().len() <= 300);
    assert!(span.json("gen_ai.input.messages")[0]["parts"][0]["content"].is_string());
    assert!(!sentry.leaked(SECRET));
}

#[test]
fn the_status_is_what_the_framework_tells() {
    let table: [(&[(&str, &str)], _, _); 5] = [
        (&[], None, Value::Null),
        (&[("otel.status_code", "OK")], Some("ok"), Value::Null),
        (
            &[("otel.status_code", "error"), ("error.type", "429")],
            Some("internal_error"),
            json!("429"),
        ),
        (
            &[("error.type", "MKSECRET is no name")],
            Some("internal_error"),
            Value::Null,
        ),
        (
            &[("error.type", "timeout"), ("otel.status_code", "OK")],
            Some("internal_error"),
            json!("timeout"),
        ),
    ];
    for (fields, status, error_type) in table {
        let sentry = sentry(false);
        layered(&sentry, || {
            let span = genai();
            for (name, value) in fields {
                span.record(*name, *value);
            }
        });
        let span = sentry.span("chat gpt-4o");
        assert_eq!(span.status.as_deref(), status, "{fields:?}");
        assert_eq!(span.get("error.type"), &error_type, "{fields:?}");
        assert!(!sentry.leaked(SECRET));
    }
}

#[test]
fn a_call_below_becomes_the_framework_s_span_and_has_the_last_word() {
    let sentry = sentry(true);
    layered(&sentry, || {
        let root = info_span!("web request").entered();
        let span = rig();
        span.in_scope(|| {
            let request =
                json!({"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]});
            let mut recording = Recorder::new().start_at(
                Endpoint::ChatCompletions,
                "",
                request.to_string().as_bytes(),
            );
            let reply = json!({
                "id": "c", "model": "gpt-4o-1", "choices": [{"message": {"content": "Hey"}}],
                "usage": {"prompt_tokens": 5, "completion_tokens": 1},
            });
            recording.bytes(reply.to_string());
            recording.finish();
        });
        span.record("gen_ai.response.model", "the framework's");
        span.record("gen_ai.usage.input_tokens", 6_u64);
        span.record("gen_ai.output.messages", "the framework's");
        drop(span);
        drop(root);
    });
    let spans = model_spans(&sentry);
    assert_eq!(spans.len(), 1);
    let span = &spans[0];
    assert_eq!(span.name, "chat gpt-4o");
    assert_eq!(span.status.as_deref(), Some("ok"));
    assert_eq!(span.get("sentry.origin"), "auto.ai.rig");
    assert_eq!(span.get("gen_ai.response.model"), "gpt-4o-1");
    assert_eq!(span.get("gen_ai.usage.input_tokens"), &json!(5));
    let output = span.json("gen_ai.output.messages");
    assert_eq!(output[0]["parts"][0]["content"], "Hey");
    assert_eq!(
        span.parent_span_id.as_ref(),
        Some(&sentry.span("web request").span_id)
    );
}

#[test]
fn agents_and_tools_are_named_and_count_no_tokens() {
    let sentry = sentry(true);
    layered(&sentry, || {
        let agent = info_span!(
            "invoke_agent",
            gen_ai.operation.name = "invoke_agent",
            gen_ai.agent.name = Empty,
            gen_ai.request.model = "gpt-4o",
            gen_ai.prompt = "What is it?",
            gen_ai.usage.input_tokens = 5_u64,
        );
        agent.record("gen_ai.agent.name", "scout");
        agent.in_scope(|| {
            drop(info_span!(
                "execute_tool",
                gen_ai.operation.name = "execute_tool",
                gen_ai.tool.name = "look",
                gen_ai.tool.call.arguments = r#"{"at": 1}"#,
                gen_ai.tool.call.result = "blue",
                own.text = "free text",
                own.number = 3,
            ));
        });
    });
    let agent = sentry.span("invoke_agent scout");
    assert_eq!(agent.op, "gen_ai.invoke_agent");
    assert!(!agent.data.contains_key("gen_ai.usage.input_tokens"));
    let input = agent.json("gen_ai.input.messages");
    assert_eq!(input[0]["parts"][0]["content"], "What is it?");
    let tool = sentry.span("execute_tool look");
    assert_eq!(tool.op, "gen_ai.execute_tool");
    assert_eq!(tool.get("gen_ai.tool.call.result"), "blue");
    assert_eq!(tool.get("own.text"), "free text");
    assert_eq!(tool.get("own.number"), &json!(3));
    assert_eq!(tool.parent_span_id.as_ref(), Some(&agent.span_id));
}

#[test]
fn other_spans_are_as_sentry_tracing_makes_them() {
    let make = || {
        let span = info_span!("gateway", gen_ai.request.model = "gpt-4o", user = "ann").entered();
        span.record("user", "bob");
        drop(info_span!("inner", tags.a = "b", n = 1));
    };
    let (ours, plain) = (sentry(false), sentry(false));
    layered(&ours, make);
    let layer = PlainLayer::new().with_filter(LevelFilter::INFO);
    under(&plain, tracing_subscriber::registry().with(layer), make);
    for name in ["gateway", "inner"] {
        let (ours, plain) = (ours.span(name), plain.span(name));
        assert_eq!((&ours.op, &ours.data), (&plain.op, &plain.data), "{name}");
        assert_eq!(ours.tags, plain.tags, "{name}");
    }
}

#[test]
fn beside_other_layers_that_make_spans_there_is_one_span_and_no_panic() {
    let make = || {
        let span = rig();
        span.record("gen_ai.input.messages", "text");
        span.in_scope(|| drop(info_span!("inner")));
    };
    let all: [&dyn Fn(&Sentry); 5] = [
        &|sentry| {
            let registry = tracing_subscriber::registry();
            let layers = registry.with(SpanLayer::new()).with(SpanLayer::new());
            under(sentry, layers, make);
        },
        &|sentry| {
            let layer = SpanLayer::new().with_filter(LevelFilter::INFO);
            let layers = tracing_subscriber::registry().with(layer);
            let layer = SpanLayer::new().with_filter(LevelFilter::INFO);
            under(sentry, layers.with(layer), make);
        },
        &|sentry| {
            let registry = tracing_subscriber::registry();
            let layers = registry.with(PlainLayer::new()).with(SpanLayer::new());
            under(sentry, layers, make);
        },
        &|sentry| {
            let plain = PlainLayer::new().with_filter(LevelFilter::INFO);
            let layers = tracing_subscriber::registry().with(SpanLayer::new());
            under(sentry, layers.with(plain), make);
        },
        &|sentry| {
            #[expect(deprecated, reason = "it may still be there")]
            let legacy = sentry::integrations::tracing::layer();
            let layers = tracing_subscriber::registry().with(legacy);
            under(sentry, layers.with(SpanLayer::new()), make);
        },
    ];
    for (index, run) in all.into_iter().enumerate() {
        let sentry = sentry(false);
        run(&sentry);
        assert_eq!(sentry.transactions().len(), 1, "{index}");
        assert_eq!(sentry.spans().len(), 2, "{index}: {:?}", sentry.names());
    }
}

#[test]
fn what_is_disabled_or_not_sampled_is_nothing() {
    let unsampled = Sentry::new(ClientOptions::new().traces_sample_rate(0.0));
    layered(&unsampled, || {
        rig().record("gen_ai.input.messages", SECRET);
    });
    assert!(unsampled.spans().is_empty());

    let sentry = sentry(true);
    layered(&sentry, || {
        let span = trace_span!("chat", gen_ai.operation.name = "chat");
        span.record("gen_ai.operation.name", "chat");
    });
    assert!(sentry.spans().is_empty());

    let layer = tracing_subscriber::registry().with(SpanLayer::new());
    tracing::subscriber::with_default(layer, || {
        rig().in_scope(|| {});
    });
}

#[test]
fn without_the_integration_content_goes_by_send_default_pii() {
    for content in [false, true] {
        let options = ClientOptions::new().traces_sample_rate(1.0);
        let sentry = Sentry::new(options.send_default_pii(content));
        layered(&sentry, || {
            rig().record("gen_ai.input.messages", SECRET);
        });
        assert_eq!(sentry.leaked(SECRET), content);
        assert_eq!(sentry.span("chat gpt-4o").op, "gen_ai.chat");
    }
}

#[test]
fn of_a_frameworks_span_nothing_is_recorded_where_the_integration_records_nothing() {
    let options = ClientOptions::new().traces_sample_rate(1.0);
    let options = options.send_default_pii(true);
    let sentry = Sentry::new(options.add_integration(OpenAiIntegration::new().record(false)));
    layered(&sentry, || {
        rig().record("gen_ai.input.messages", SECRET);
    });
    assert!(!sentry.leaked(SECRET));
    assert!(model_spans(&sentry).is_empty());
    assert!(!sentry.leaked("gpt-4o"));
}
