//! Responses that are made in the background: their end is recorded, once, when somebody fetches it.

use std::sync::Arc;

use futures::StreamExt;
use sentry::{ClientOptions, Hub, SentryFutureExt};
use sentry_openai::{OpenAiIntegration, RequestOptions, agent, responses};
use serde_json::{Value, json};

use crate::model::*;
use crate::support::{Reply, Sentry, Server, SpanView};

fn request() -> responses::Request {
    responses::Request::new("gpt-4o", "SECRETASKED").background(true)
}

/// A response of this status; one that is over has an answer and usage.
fn response(status: &str) -> Value {
    let mut response = json!({"id": "resp_1", "object": "response", "background": true, "model": MODEL, "status": status});
    if !["queued", "in_progress"].contains(&status) {
        let text = json!({"type": "output_text", "text": "SECRETANSWER", "annotations": []});
        response["output"] = json!([{"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [text]}]);
        response["usage"] = json!({"input_tokens": 2, "output_tokens": 3, "total_tokens": 5});
    }
    response
}

fn whole(status: &str) -> Reply {
    Reply::json(200, &response(status))
}

fn event(status: &str) -> Value {
    let kind = match status {
        "queued" => "response.created",
        other => &format!("response.{other}"),
    };
    json!({"type": kind, "response": response(status)})
}

/// The call that asked, and its end.
fn both(sentry: &Sentry) -> [SpanView; 2] {
    let mut calls = sentry.spans_named(CHAT);
    calls.sort_by_key(|call| call.start);
    <[SpanView; 2]>::try_from(calls).unwrap()
}

fn assert_is_end_of(end: &SpanView, call: &SpanView) {
    assert_eq!(end.trace_id, call.trace_id);
    assert_eq!(end.parent_span_id.as_ref(), Some(&call.span_id));
    assert_eq!(end.op, "gen_ai.chat");
    for name in [
        "gen_ai.operation.name",
        "gen_ai.request.model",
        "gen_ai.provider.name",
        "gen_ai.response.id",
        "server.address",
        "server.port",
        "sentry.origin",
    ] {
        assert_eq!(end.get(name), call.get(name), "{name}");
        assert!(!end.get(name).is_null(), "{name}");
    }
}

#[test]
fn the_first_to_fetch_a_response_that_is_over_records_its_answer_and_tokens() {
    for below_a_transaction in [false, true] {
        let sentry = sentry();
        sentry.run(async {
            let server = Server::start().await;
            for status in ["queued", "queued", "in_progress", "completed", "completed"] {
                server.reply(whole(status));
            }
            let client = client(&server);
            let run = async {
                let responses = client.responses();
                responses.create(&request()).await.unwrap();
                for _ in 0..4 {
                    responses.retrieve("resp_1").await.unwrap();
                }
            };
            if below_a_transaction {
                let root = begin("root");
                let hub = Arc::new(Hub::new_from_top(Hub::current()));
                hub.configure_scope(|scope| scope.set_span(Some(root.clone().into())));
                run.bind_hub(hub).await;
                root.finish();
            } else {
                run.await;
            }
        });
        let [call, end] = both(&sentry);
        assert_is_end_of(&end, &call);
        assert_eq!(end.is_transaction, !below_a_transaction);
        for (span, reasons, tokens) in [
            (&call, Value::Null, Value::Null),
            (&end, json!("[\"completed\"]"), json!(5)),
        ] {
            assert_eq!(span.status.as_deref(), Some("ok"));
            assert_eq!(span.get("gen_ai.response.finish_reasons"), &reasons);
            assert_eq!(span.get("gen_ai.usage.total_tokens"), &tokens);
        }
        assert!(call.get("gen_ai.input.messages").is_string());
        assert!(end.get("gen_ai.input.messages").is_null());
        assert_eq!(
            end.json("gen_ai.output.messages")[0]["parts"][0]["content"],
            "SECRETANSWER"
        );
        // The requests themselves are seen below what is active, as ever.
        let polls = sentry.spans_where(|span| span.name.starts_with("GET "));
        assert_eq!(polls.len(), if below_a_transaction { 4 } else { 0 });
    }
}

#[test]
fn of_many_who_fetch_it_at_once_one_records_it() {
    let sentry = sentry();
    sentry.run(async {
        let server = Server::start().await;
        server
            .reply(whole("queued"))
            .reply_always(whole("completed"));
        let client = client(&server);
        client.responses().create(&request()).await.unwrap();
        let all = (0..20).map(|_| {
            let client = client.clone();
            crate::support::bound(
                async move { client.responses().retrieve("resp_1").await.unwrap() },
            )
        });
        for task in all.map(tokio::spawn).collect::<Vec<_>>() {
            task.await.unwrap();
        }
    });
    let [call, end] = both(&sentry);
    assert_is_end_of(&end, &call);
}

#[test]
fn a_stream_that_is_read_to_its_end_records_it_and_one_that_is_not_does_not() {
    let sentry = sentry();
    sentry.run(async {
        let server = Server::start().await;
        // The one that asks is cut off, so is the first that fetches.
        server.reply(Reply::sse([event("queued")]).cut());
        server.reply(Reply::sse([event("in_progress")]).cut());
        server.reply(Reply::sse([event("in_progress")]).stall());
        let delta = json!({"type": "response.output_text.delta", "item_id": "msg_1", "output_index": 0, "content_index": 0, "delta": "SECRET"});
        server.reply(Reply::sse([delta, event("completed")]));
        let client = client(&server);
        let responses = client.responses();
        let asked = responses.create_stream(&request()).await.unwrap();
        assert_eq!(asked.filter(|event| std::future::ready(event.is_err())).count().await, 1);
        let query = responses::StreamQuery::new();
        let fetched = responses.retrieve_stream("resp_1", &query).await.unwrap();
        assert_eq!(fetched.filter(|event| std::future::ready(event.is_err())).count().await, 1);
        let mut dropped = responses.retrieve_stream("resp_1", &query).await.unwrap();
        dropped.next().await.unwrap().unwrap();
        drop(dropped);
        let fetched = responses.retrieve_stream("resp_1", &query).await.unwrap();
        assert_eq!(fetched.count().await, 2);
    });
    let [call, end] = both(&sentry);
    assert_is_end_of(&end, &call);
    assert_eq!(call.get("error.type"), "stream_interrupted");
    assert_eq!(end.status.as_deref(), Some("ok"));
    assert_eq!(end.get("gen_ai.response.streaming"), true);
    assert!(end.get("gen_ai.response.time_to_first_chunk").is_f64());
    assert_eq!(end.get("gen_ai.usage.total_tokens"), 5);
    assert!(end.get("error.type").is_null());
}

#[test]
fn one_that_is_cancelled_or_fails_ends_so() {
    for (status, reason, ends_as) in [
        ("cancelled", "cancelled", "ok"),
        ("failed", "failed", "internal_error"),
    ] {
        let integration = OpenAiIntegration::new().capture_errors(true);
        let options = ClientOptions::new()
            .traces_sample_rate(1.0)
            .add_integration(integration);
        let sentry = Sentry::new(options);
        sentry.run(async {
            let server = Server::start().await;
            let mut last = response(status);
            last["error"] = json!({"code": "server_error", "message": "SECRET"});
            // Whoever can't fetch it has no failed call.
            server
                .reply(whole("queued"))
                .reply(Reply::json(500, &json!({})))
                .reply(Reply::json(200, &last));
            let client = client(&server);
            let responses = client.responses();
            responses.create(&request()).await.unwrap();
            responses.cancel("resp_1").await.unwrap_err();
            responses.cancel("resp_1").await.unwrap();
        });
        let [call, end] = both(&sentry);
        assert_is_end_of(&end, &call);
        assert_eq!(
            end.get("gen_ai.response.finish_reasons"),
            &json!(format!("[\"{reason}\"]"))
        );
        assert_eq!(end.status.as_deref(), Some(ends_as));
        assert_eq!(
            end.get("error.type").as_str(),
            (status == "failed").then_some("server_error")
        );
        assert_eq!(sentry.events().len(), usize::from(status == "failed"));
        assert!(!sentry.leaked("SECRET"));
    }
}

#[test]
fn what_no_call_waits_for_is_no_call_to_a_model() {
    let sentry = sentry();
    sentry.run(async {
        let server = Server::start().await;
        server.reply_always(whole("completed"));
        let client = client(&server);
        let responses = client.responses();
        // Neither of another process, nor one that had its end already.
        responses.retrieve("resp_1").await.unwrap();
        responses.create(&request()).await.unwrap();
        responses.retrieve("resp_1").await.unwrap();
        // Nor the same id of another server.
        let other = Server::start().await;
        other.reply(whole("queued"));
        crate::model::client(&other)
            .responses()
            .create(&request())
            .await
            .unwrap();
        responses.retrieve("resp_1").await.unwrap();
    });
    let calls = sentry.spans_named(CHAT);
    let tokens: Vec<_> = calls
        .iter()
        .map(|call| call.get("gen_ai.usage.total_tokens"))
        .collect();
    assert_eq!(tokens, [&json!(5), &Value::Null]);
}

#[test]
fn the_end_belongs_to_the_agent_and_has_the_attributes_and_the_privacy_of_the_call() {
    for outputs_of_the_call in [true, false] {
        let sentry = sentry();
        sentry.run(async {
            let server = Server::start().await;
            server.reply(whole("queued")).reply(whole("completed"));
            let client = client(&server);
            let options = RequestOptions::new()
                .attribute("tenant", "acme")
                .record_outputs(outputs_of_the_call);
            let request = request();
            let create = client.responses();
            let agent = agent::invoke_agent("planner").conversation_id("conv_1");
            agent
                .run(create.create_with(&request, options))
                .await
                .unwrap();
            let view =
                client.with_options(RequestOptions::new().record_outputs(!outputs_of_the_call));
            view.responses().retrieve("resp_1").await.unwrap();
        });
        let [call, end] = both(&sentry);
        assert_is_end_of(&end, &call);
        assert_eq!(end.get("tenant"), "acme");
        assert_eq!(end.get("gen_ai.agent.name"), "planner");
        assert_eq!(end.get("gen_ai.conversation.id"), "conv_1");
        assert!(!sentry.leaked("SECRETANSWER"));
    }
}

#[test]
fn one_that_is_not_to_be_recorded_is_left_to_the_next() {
    let sentry = sentry();
    sentry.run(async {
        let server = Server::start().await;
        server
            .reply(whole("queued"))
            .reply_always(whole("completed"));
        let client = client(&server);
        client.responses().create(&request()).await.unwrap();
        let silent = client.with_options(RequestOptions::new().record(false));
        silent.responses().retrieve("resp_1").await.unwrap();
        assert_eq!(sentry.spans_named(CHAT).len(), 1);
        client.responses().retrieve("resp_1").await.unwrap();
    });
    let [call, end] = both(&sentry);
    assert_is_end_of(&end, &call);
}
