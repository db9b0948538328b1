//! Every exchange through every door: equal spans, and nothing that the caller sees is changed.

use std::time::UNIX_EPOCH;

use async_openai::config::OpenAIConfig;
use futures::StreamExt;
use sentry::SentryFutureExt;
use sentry_openai::async_openai::instrument;
use sentry_openai::{Client, OpenAiIntegration};
use serde_json::{Value, json};

use super::exchange::{Exchange, Form, Stage};
use super::panel::dropped;
use super::support::{Reply, Sentry, SpanView};
use super::through::{Door, PARENT, below, open, read, sentry};

#[tokio::test]
async fn the_same_exchange_gives_equal_spans_through_every_door() {
    every_door_agrees(open()).await;
}

#[tokio::test]
async fn without_leave_spans_are_equal_too_and_hold_no_content() {
    every_door_agrees(OpenAiIntegration::new()).await;
}

async fn every_door_agrees(integration: OpenAiIntegration) {
    let stage = Stage::new().await;
    let mut differences = Vec::new();
    let mut compared = 0;
    for exchange in Exchange::all() {
        for form in exchange.forms() {
            let own = recorded(&exchange, Door::Own, &stage, form, &integration).await;
            for door in Door::OTHERS {
                let other = recorded(&exchange, door, &stage, form, &integration).await;
                assert_eq!(dropped(&other), [""; 0], "{} {door:?}", exchange.name);
                if other != own {
                    differences.push(format!(
                        "{} {form:?} {door:?} is\n{other:#?}\nshould be\n{own:#?}\n",
                        exchange.name
                    ));
                }
                compared += 1;
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(compared > 300, "only {compared} were compared");
}

/// What is recorded of a call, but for times and ids.
async fn recorded(
    exchange: &Exchange,
    door: Door,
    stage: &Stage,
    form: Form,
    integration: &OpenAiIntegration,
) -> SpanView {
    let sentry = sentry(integration.clone());
    let call = below(exchange.through(door, stage, form));
    call.bind_hub(sentry.hub()).await;
    let mut span = only_model_call(&sentry, &exchange.name);
    let parent = sentry.span(PARENT);
    assert_eq!(span.parent_span_id.as_ref(), Some(&parent.span_id));
    assert_eq!(span.trace_id, parent.trace_id);
    let attempts = sentry.spans_with_op("http.client");
    let expected = usize::from(!matches!(door, Door::Recording | Door::Events));
    assert_eq!(attempts.len(), expected, "{} {door:?}", exchange.name);
    for attempt in attempts {
        assert_eq!(attempt.parent_span_id.as_ref(), Some(&span.span_id));
        assert!(attempt.get("http.response.status_code").is_u64());
    }
    let first = span.data.remove("gen_ai.response.time_to_first_chunk");
    span.data.insert("first".into(), json!(first.is_some()));
    SpanView {
        span_id: String::new(),
        parent_span_id: None,
        trace_id: String::new(),
        start: UNIX_EPOCH,
        end: UNIX_EPOCH,
        ..span
    }
}

fn only_model_call(sentry: &Sentry, name: &str) -> SpanView {
    let mut spans = sentry.spans_where(|span| span.op.starts_with("gen_ai."));
    assert_eq!(spans.len(), 1, "{name}: {:?}", sentry.names());
    spans.remove(0)
}

#[tokio::test]
async fn users_of_async_openai_see_what_they_see_without_the_layer() {
    let stage = Stage::new().await;
    for exchange in Exchange::all() {
        for form in exchange.forms() {
            stage.server.reply(exchange.cut(form));
            let without = exchange.ask(exchange.async_openai(&stage), form).await;
            let sentry = sentry(open());
            let with = exchange.through(Door::AsyncOpenAi, &stage, form);
            let with = with.bind_hub(sentry.hub()).await;
            assert_eq!(with.unwrap(), without, "{} {form:?}", exchange.name);
        }
    }
}

#[tokio::test]
async fn users_of_reqwest_see_what_they_see_without_the_middleware() {
    let stage = Stage::new().await;
    for exchange in Exchange::all() {
        for form in exchange.forms() {
            stage.server.reply(exchange.cut(form));
            let request = stage.http.post(exchange.url(&stage) + exchange.path());
            let request = request.body(exchange.sent(form).to_string());
            let without = read(request.send().await.unwrap()).await;
            for door in [Door::ReqwestMiddleware, Door::Recording] {
                let sentry = sentry(open());
                let with = exchange.through(door, &stage, form);
                let with = with.bind_hub(sentry.hub()).await;
                assert_eq!(with.unwrap(), without, "{} {form:?}", exchange.name);
            }
        }
    }
}

#[tokio::test]
async fn the_requests_that_the_server_gets_are_the_same_ones() {
    let stage = Stage::new().await;
    let mut from = 0;
    for exchange in Exchange::all() {
        let form = exchange.forms()[0];
        let sentry = sentry(open());
        stage.server.reply(exchange.cut(form));
        drop(exchange.ask(exchange.async_openai(&stage), form).await);
        let with = exchange.through(Door::AsyncOpenAi, &stage, form);
        with.bind_hub(sentry.hub()).await;
        let [without, with] = &stage.server.requests()[from..] else {
            panic!("not two requests");
        };
        assert_eq!(with.body, without.body);
        assert_eq!(with.headers, without.headers);
        assert_eq!(with.path, without.path);
        from += 2;
    }
}

#[tokio::test]
async fn text_completions_are_recorded_alike_through_every_door() {
    let stage = Stage::new().await;
    let request = json!({"model": "davinci", "prompt": "Once", "max_tokens": 5, "stop": "."});
    let piece = |text: &str, end: Option<&str>| {
        json!({
            "id": "cmpl-1", "object": "text_completion", "model": "davinci-002",
            "choices": [{"index": 0, "text": text, "finish_reason": end}],
        })
    };
    let whole = || Reply::json(200, &piece(" upon a time", Some("stop")));
    let events = [piece(" upon", None), piece(" a time", Some("stop"))];
    let url = stage.server.url();
    let sentry = sentry(open());
    below(async {
        let own = Client::builder()
            .base_url(&url)
            .http_client(stage.http.clone());
        stage.server.reply(whole());
        let own = own.build().unwrap();
        own.post::<Value>("completions", &request).await.unwrap();

        let config = OpenAIConfig::new().with_api_base(&url);
        let other = async_openai::Client::with_config(config);
        let other = instrument(other, stage.http.clone());
        stage.server.reply(whole());
        let reply = other.completions().create_byot::<_, Value>(&request).await;
        reply.unwrap();

        let mut streamed = request.clone();
        streamed["stream"] = json!(true);
        stage.server.reply(Reply::sse(&events).done());
        let completions = other.completions();
        let stream = completions.create_stream_byot::<_, Value>(&streamed).await;
        assert_eq!(stream.unwrap().count().await, 2);
    })
    .bind_hub(sentry.hub())
    .await;
    let mut calls = sentry.spans_with_op("gen_ai.text_completion");
    calls.sort_by_key(|call| call.start);
    for call in &mut calls {
        call.data.remove("gen_ai.response.streaming");
        call.data.remove("gen_ai.response.time_to_first_chunk");
    }
    let [own, whole, streamed] = &calls[..] else {
        panic!("{:?}", sentry.names());
    };
    assert_eq!(own.name, "text_completion davinci");
    assert_eq!(own.data, whole.data);
    assert_eq!(own.data, streamed.data);
}
