//! A call that outlives its transaction is sent as a transaction of its own, in the same trace.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sentry::protocol::{Context, User};
use sentry::{Envelope, SentryFutureExt, TransactionContext};
use serde_json::{Value, json};

use crate::model::*;
use crate::support::{Gate, Reply, Sentry, Server, bound};

const OUTLIVED: [Parent; 2] = [Parent::FinishedTransaction, Parent::FinishedSpan];

#[test]
fn a_call_that_outlives_its_transaction_loses_nothing() {
    for parent in OUTLIVED {
        let sentry = Sentry::new(
            options()
                .release("shop@1.2.3")
                .environment("staging")
                .server_name("web-1"),
        );
        let begun = sentry.run(async {
            let server = Server::start().await;
            let gate = Gate::new();
            server.reply(held_stream(&gate));
            sentry::configure_scope(|scope| {
                scope.set_tag("team", "red");
                scope.set_user(Some(user("ada")));
            });
            let mut begun = parent.begin();
            let mut stream = open(&client(&server)).await;
            read_two(&mut stream).await;
            begun.call_is_under_way();
            gate.open();
            let elsewhere = other_hub(&sentry);
            elsewhere.configure_scope(|scope| {
                scope.set_tag("team", "blue");
                scope.set_user(Some(user("bob")));
            });
            let (text, error) = read(stream).bind_hub(elsewhere).await;
            assert!(text.is_empty() && error.is_none());
            begun
        });
        assert_eq!(sentry.transactions().len(), 2);
        let [old, own] = &sentry.transactions()[..] else {
            unreachable!()
        };
        assert_eq!(own.user, Some(user("ada")));
        assert_eq!(own.tags["team"], "red");
        assert_eq!(own.release.as_deref(), Some("shop@1.2.3"));
        assert_eq!(own.environment.as_deref(), Some("staging"));
        assert_eq!(own.server_name.as_deref(), Some("web-1"));
        let (sdk, old_sdk) = (own.sdk.as_ref().unwrap(), old.sdk.as_ref().unwrap());
        assert_eq!(sdk.name, old_sdk.name);
        assert_eq!(sdk.version, old_sdk.version);
        assert!(sdk.integrations.iter().any(|name| name == "openai"));
        let Some(Context::Trace(trace)) = own.contexts.get("trace") else {
            panic!("{own:#?}");
        };
        assert_eq!(trace.origin.as_deref(), Some("auto.ai.openai"));

        let call = sentry.span(CHAT);
        assert_eq!(call.op, "gen_ai.chat");
        assert_eq!(call.get("sentry.origin"), "auto.ai.openai");
        assert!(call.get("gen_ai.response.time_to_first_chunk").is_f64());
        let prompt = call.json("gen_ai.input.messages");
        assert_eq!(prompt[0]["parts"][0]["content"], "Hello!");
        Ending::Read.check(&call);
        // It started within its parent, and the attempt within it.
        let parent = sentry.span("parent");
        assert!(parent.start <= call.start && call.start <= parent.end);
        assert!(parent.end <= call.end);
        check_attempt(&sentry, &call);
        // With the last byte: after its parent's end, which came while the stream was held.
        let attempt = &sentry.spans_with_op("http.client")[0];
        assert!(call.start <= attempt.start && parent.end <= attempt.end);
        assert_eq!(attempt.status.as_deref(), Some("ok"));
        begun.check(&sentry, &call);
    }
}

#[test]
fn its_envelope_tells_how_the_trace_was_sampled() {
    for parent in OUTLIVED {
        let sentry = sentry();
        sentry.run(one_outliving(parent));
        let traces: Vec<Value> = sentry
            .envelopes()
            .iter()
            .map(|envelope: &Envelope| {
                let mut bytes = Vec::new();
                envelope.clone().to_writer(&mut bytes).unwrap();
                let header = bytes.split(|byte| *byte == b'\n').next().unwrap();
                serde_json::from_slice::<Value>(header).unwrap()["trace"].clone()
            })
            .collect();
        assert_eq!(traces.len(), 2);
        assert!(traces[0].is_object());
        assert_eq!(traces[0]["sampled"], traces[1]["sampled"]);
        assert_eq!(traces[0]["trace_id"], traces[1]["trace_id"]);
        assert_eq!(traces[0]["public_key"], traces[1]["public_key"]);
        assert_eq!(traces[0]["sample_rate"], traces[1]["sample_rate"]);
    }
}

#[test]
fn the_sampler_is_not_asked_again() {
    for parent in OUTLIVED {
        let asked = Arc::new(AtomicUsize::new(0));
        let counting = asked.clone();
        let sentry = Sentry::new(options().traces_sampler(move |_: &TransactionContext| {
            match counting.fetch_add(1, Ordering::SeqCst) {
                0 => 1.0,
                _ => 0.0,
            }
        }));
        sentry.run(one_outliving(parent));
        assert_eq!(asked.load(Ordering::SeqCst), 1, "{parent:?}");
        Ending::Read.check(&sentry.span(CHAT));
    }
}

async fn one_outliving(parent: Parent) {
    let server = Server::start().await;
    server.reply(whole_stream());
    let mut begun = parent.begin();
    let stream = open(&client(&server)).await;
    begun.call_is_under_way();
    read(stream).await;
}

#[test]
fn a_spawned_call_that_outlives_its_transaction_brings_its_attempt_along() {
    for parent in OUTLIVED {
        for way in Way::ALL {
            let sentry = sentry();
            let begun = sentry.run(async {
                let server = Server::start().await;
                let gate = Gate::new();
                server.reply(way.reply().pause_before_head(&gate));
                let client = client(&server);
                let mut begun = parent.begin();
                let call = tokio::spawn(bound(async move { way.call(&client).await }));
                gate.reached().await;
                begun.call_is_under_way();
                gate.open();
                call.await.unwrap();
                begun
            });
            let call = sentry.span(way.span_name());
            assert_eq!(call.status.as_deref(), Some("ok"), "{way:?}");
            check_attempt(&sentry, &call);
            let attempt = &sentry.spans_with_op("http.client")[0];
            assert_eq!(attempt.transaction, call.transaction, "{way:?}");
            begun.check(&sentry, &call);
        }
    }
}

#[test]
fn attempts_before_and_after_the_end_of_the_transaction_are_all_there() {
    for parent in OUTLIVED {
        let sentry = sentry();
        let begun = sentry.run(async {
            let server = Server::start().await;
            let gate = Gate::new();
            server
                .reply(Reply::json(503, &json!({})).header("retry-after", 0))
                .reply(whole_stream().pause_before_head(&gate));
            let client = builder(&server).max_retries(1).build().unwrap();
            let mut begun = parent.begin();
            let call = tokio::spawn(bound(async move { Way::ChatStream.call(&client).await }));
            gate.reached().await;
            begun.call_is_under_way();
            gate.open();
            call.await.unwrap();
            begun
        });
        let call = sentry.span(CHAT);
        let mut codes: Vec<_> = sentry
            .children_of(&call)
            .iter()
            .map(|span| {
                (
                    span.get("http.response.status_code").as_u64(),
                    span.transaction,
                )
            })
            .collect();
        codes.sort_unstable();
        let own = call.transaction;
        assert_eq!(codes, [(Some(200), own), (Some(503), own)]);
        begun.check(&sentry, &call);
    }
}

#[test]
fn a_call_to_no_model_that_outlives_its_transaction_is_not_lost() {
    for parent in OUTLIVED {
        let sentry = sentry();
        let begun = sentry.run(async {
            let server = Server::start().await;
            let gate = Gate::new();
            server.reply(Reply::json(200, &json!({"data": []})).pause_before_head(&gate));
            let client = client(&server);
            let mut begun = parent.begin();
            let call = tokio::spawn(bound(async move { client.models().list().await.unwrap() }));
            gate.reached().await;
            begun.call_is_under_way();
            gate.open();
            call.await.unwrap();
            begun
        });
        let spans = sentry.spans_with_op("http.client");
        assert_eq!(spans.len(), 1);
        assert_eq!(spans[0].status.as_deref(), Some("ok"));
        begun.check(&sentry, &spans[0]);
    }
}

#[test]
fn a_call_that_starts_below_a_finished_transaction_is_not_lost() {
    for parent in OUTLIVED {
        for way in Way::ALL {
            let sentry = sentry();
            let begun = sentry.run(async {
                let server = Server::start().await;
                server.reply(way.reply());
                let client = client(&server);
                let mut begun = parent.begin();
                let (ended, has_ended) = tokio::sync::oneshot::channel();
                let call = tokio::spawn(bound(async move {
                    has_ended.await.unwrap();
                    way.call(&client).await;
                }));
                begun.call_is_under_way();
                ended.send(()).unwrap();
                call.await.unwrap();
                begun
            });
            let call = sentry.span(way.span_name());
            check_attempt(&sentry, &call);
            begun.check(&sentry, &call);
        }
    }
}

#[test]
fn another_active_transaction_does_not_take_the_call_over() {
    for parent in Parent::ALL {
        let sentry = sentry();
        let begun = sentry.run(async {
            let server = Server::start().await;
            server.reply(whole_stream());
            let mut begun = parent.begin();
            let stream = open(&client(&server)).await;
            begun.call_is_under_way();
            let other = begin("other");
            read(stream).await;
            other.finish();
            begun.finish();
            begun
        });
        let call = sentry.span(CHAT);
        let other = sentry.span("other");
        assert_ne!(call.transaction, other.transaction, "{parent:?}");
        assert_ne!(call.trace_id, other.trace_id, "{parent:?}");
        begun.check(&sentry, &call);
    }
}

#[test]
fn a_transaction_whose_status_is_set_early_keeps_its_calls() {
    for nested in [false, true] {
        let sentry = sentry();
        sentry.run(async {
            let server = Server::start().await;
            server.reply(whole_stream());
            let transaction = begin("parent");
            let span = transaction.start_child("test", "inner");
            if nested {
                activate(Some(span.clone().into()));
            }
            transaction.set_status(sentry::protocol::SpanStatus::Ok);
            let stream = open(&client(&server)).await;
            let read = tokio::spawn(bound(async move {
                activate(None);
                read(stream).await;
            }));
            read.await.unwrap();
            span.finish();
            transaction.finish();
        });
        assert_eq!(sentry.transactions().len(), 1, "nested: {nested}");
        assert_eq!(sentry.spans_named(CHAT).len(), 1);
    }
}

#[test]
fn content_on_its_own_transaction_does_not_reach_later_events() {
    let sentry = sentry();
    sentry.run(async {
        let server = Server::start().await;
        server.reply(whole_stream());
        let mut begun = Parent::FinishedTransaction.begin();
        let stream = open(&client(&server)).await;
        sentry::capture_message("during", sentry::Level::Info);
        begun.call_is_under_way();
        read(stream).await;
        sentry::capture_message("after", sentry::Level::Info);
    });
    assert_eq!(sentry.events().len(), 2);
    for event in sentry.events() {
        let text = serde_json::to_string(&event).unwrap();
        assert!(!text.contains("Hello"), "{text}");
    }
}

fn user(name: &str) -> User {
    User {
        username: Some(name.to_owned()),
        ..Default::default()
    }
}
