//! Calls below a span that a framework began for them: the call becomes that span.

use std::sync::Arc;

use reqwest::header::HeaderMap;
use sentry::{Hub, SentryFutureExt, TransactionContext, TransactionOrSpan};
use sentry_openai::OpenAiIntegration;
use sentry_openai::recording::{Endpoint, Recorder};
use serde_json::json;

use super::exchange::{Exchange, Form, Stage};
use super::support::{Sentry, SpanView};
use super::through::{Door, open, sentry};

const TOKENS: &str = "gen_ai.usage.input_tokens";

/// Starts a span as a framework does, for this operation.
fn framework(parent: Option<&TransactionOrSpan>, operation: &str) -> TransactionOrSpan {
    let span: TransactionOrSpan = if let Some(parent) = parent {
        parent
            .start_child("framework::chat", "framework call")
            .into()
    } else {
        let context = TransactionContext::new("framework call", "framework::chat");
        let root = sentry::start_transaction(context);
        root.set_origin("auto.ai.framework");
        root.into()
    };
    span.set_data("gen_ai.operation.name", operation.into());
    span.set_data("gen_ai.request.model", "model of the framework".into());
    span.set_data("framework.fact", "kept".into());
    span.set_data("sentry.origin", "auto.ai.framework".into());
    span
}

fn active(span: &TransactionOrSpan) -> Arc<Hub> {
    let hub = Arc::new(Hub::new_from_top(Hub::current()));
    hub.configure_scope(|scope| scope.set_span(Some(span.clone())));
    hub
}

fn model_spans(sentry: &Sentry) -> Vec<SpanView> {
    sentry.spans_where(|span| span.data.contains_key("gen_ai.operation.name"))
}

fn record(model: &str) {
    let request = json!({ "model": model, "messages": [] }).to_string();
    let mut recording = Recorder::new().start_at(Endpoint::ChatCompletions, "", request.as_bytes());
    recording.bytes(
        json!({"id": "c", "choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 1}})
            .to_string(),
    );
    recording.finish();
}

#[tokio::test]
async fn a_call_becomes_the_span_that_a_framework_began_for_it_through_every_door() {
    let stage = Stage::new().await;
    let mut compared = 0;
    for exchange in Exchange::all() {
        let named = ["text", "list", "error_reply"];
        if !named.iter().any(|name| exchange.name.ends_with(name)) {
            continue;
        }
        for form in exchange.forms() {
            for door in [Door::Own].into_iter().chain(Door::OTHERS) {
                for is_root in [false, true] {
                    let case = format!("{} {form:?} {door:?} root {is_root}", exchange.name);
                    adopts(&exchange, &stage, form, door, is_root, &case).await;
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 40, "only {compared}");
}

async fn adopts(
    exchange: &Exchange,
    stage: &Stage,
    form: Form,
    door: Door,
    is_root: bool,
    case: &str,
) {
    let sentry = sentry(open());
    let (alone, adopted) = {
        let own = super::through::sentry(open());
        let call = super::through::below(exchange.through(door, stage, form));
        call.bind_hub(own.hub()).await;
        let alone = model_spans(&own).pop().unwrap();
        async {
            let operation = alone.get("gen_ai.operation.name").as_str().unwrap();
            let root: TransactionOrSpan =
                sentry::start_transaction(TransactionContext::new("parent", "test")).into();
            let span = framework((!is_root).then_some(&root), operation);
            exchange
                .through(door, stage, form)
                .bind_hub(active(&span))
                .await;
            assert!(sentry.spans().is_empty(), "{case}: finished too early");
            span.finish();
            root.finish();
        }
        .bind_hub(sentry.hub())
        .await;
        let mut spans = model_spans(&sentry);
        assert_eq!(spans.len(), 1, "{case}");
        (alone, spans.remove(0))
    };
    assert_eq!(adopted.name, alone.name, "{case}");
    assert_eq!(adopted.op, alone.op, "{case}");
    assert_eq!(adopted.status, alone.status, "{case}");
    assert_eq!(adopted.get("sentry.origin"), "auto.ai.framework", "{case}");
    assert_eq!(adopted.get("framework.fact"), "kept", "{case}");
    for (name, value) in &alone.data {
        if name != "sentry.origin" && name != "gen_ai.response.time_to_first_chunk" {
            assert_eq!(adopted.data.get(name), Some(value), "{case} {name}");
        }
    }
    let attempts = sentry.spans_with_op("http.client");
    for attempt in &attempts {
        assert_eq!(
            attempt.parent_span_id.as_ref(),
            Some(&adopted.span_id),
            "{case}"
        );
    }
    let by_hand = matches!(door, Door::Recording | Door::Events);
    assert_eq!(attempts.len(), usize::from(!by_hand), "{case}");
}

#[test]
fn spans_of_another_class_are_parents_and_no_call_becomes_them() {
    let table = [
        ("chat", true),
        ("generate_content", true),
        ("text_completion", true),
        ("embeddings", false),
        ("execute_tool", false),
        ("invoke_agent", false),
        ("", false),
    ];
    for (operation, is_adopted) in table {
        let sentry = sentry(OpenAiIntegration::new());
        Hub::run(sentry.hub(), || {
            let span = framework(None, operation);
            Hub::run(active(&span), || record("gpt-4o"));
            span.finish();
        });
        let calls = sentry.spans_named("chat gpt-4o");
        assert_eq!(calls.len(), 1, "{operation}");
        assert_eq!(calls[0].is_transaction, is_adopted, "{operation}");
        assert_eq!(
            model_spans(&sentry).len(),
            1 + usize::from(!is_adopted),
            "{operation}"
        );
    }
}

#[test]
fn a_second_call_below_an_adopted_span_is_its_child() {
    let sentry = sentry(OpenAiIntegration::new());
    Hub::run(sentry.hub(), || {
        let span = framework(None, "chat");
        Hub::run(active(&span), || {
            let request = br#"{"model": "first", "messages": []}"#;
            let mut recording = Recorder::new().start_at(Endpoint::ChatCompletions, "", request);
            recording.head(503, &HeaderMap::new());
            recording.finish();
            record("second");
        });
        span.finish();
    });
    let first = sentry.span("chat first");
    let second = sentry.span("chat second");
    assert!(first.is_transaction);
    assert_eq!(first.status.as_deref(), Some("internal_error"));
    assert_eq!(first.get("error.type"), "503");
    assert_eq!(second.parent_span_id.as_ref(), Some(&first.span_id));
    assert_eq!(second.status.as_deref(), Some("ok"));
    let tokens = model_spans(&sentry);
    let tokens = tokens
        .iter()
        .filter(|span| span.data.contains_key(TOKENS))
        .count();
    assert_eq!(tokens, 1);
}

#[test]
fn a_call_that_outlives_the_span_it_became_is_not_lost() {
    for is_root in [false, true] {
        let sentry = sentry(OpenAiIntegration::new());
        let mut ids = Vec::new();
        Hub::run(sentry.hub(), || {
            let root: TransactionOrSpan =
                sentry::start_transaction(TransactionContext::new("parent", "test")).into();
            let span = framework((!is_root).then_some(&root), "chat");
            let request = br#"{"model": "gpt-4o", "messages": []}"#;
            let recording = Hub::run(active(&span), || {
                Recorder::new().start_at(Endpoint::ChatCompletions, "", request)
            });
            // For a span, its transaction's.
            ids.push(span.get_trace_context().span_id);
            root.finish();
            if is_root {
                span.clone().finish();
            }
            recording.finish();
            if !is_root {
                span.finish();
            }
        });
        let calls: Vec<_> = sentry
            .spans_named("chat gpt-4o")
            .into_iter()
            .filter(|span| span.data.contains_key("gen_ai.response.streaming"))
            .collect();
        assert_eq!(calls.len(), 1, "{is_root}");
        assert!(calls[0].is_transaction);
        assert_eq!(calls[0].status.as_deref(), Some("ok"));
        let above = ids[0].to_string();
        assert_eq!(calls[0].parent_span_id.as_ref(), Some(&above), "{is_root}");
    }
}

#[test]
fn a_dropped_call_leaves_what_it_has_in_the_span_it_became() {
    let sentry = sentry(OpenAiIntegration::new());
    Hub::run(sentry.hub(), || {
        let span = framework(None, "chat");
        Hub::run(active(&span), || {
            let request = br#"{"model": "gpt-4o", "messages": []}"#;
            drop(Recorder::new().start_at(Endpoint::ChatCompletions, "", request));
        });
        span.finish();
    });
    let call = sentry.span("chat gpt-4o");
    assert_eq!(call.status.as_deref(), Some("cancelled"));
    assert_eq!(call.get("gen_ai.request.model"), "gpt-4o");
}
