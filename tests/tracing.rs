//! Calls below the spans of `tracing`, as sentry-tracing's `SpanLayer` makes them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests"
)]

#[path = "spans/model.rs"]
#[allow(dead_code, unreachable_pub, reason = "each test uses a part of it")]
mod model;
mod support;

use std::future::Future;
use std::sync::Once;

use futures::StreamExt;
use sentry::integrations::tracing::SpanLayer;
use sentry_openai::{Client, EventStream, chat};
use tracing::{Instrument, info_span, instrument};
use tracing_subscriber::layer::SubscriberExt;

use model::*;
use support::{Gate, Sentry, Server, SpanView, bound};

type Chunks = EventStream<chat::Chunk>;

/// A Sentry client, and tracing's spans as its spans.
fn traced() -> Sentry {
    static SUBSCRIBE: Once = Once::new();

    SUBSCRIBE.call_once(|| {
        let subscriber = tracing_subscriber::registry().with(SpanLayer::new());
        tracing::subscriber::set_global_default(subscriber).unwrap();
    });
    sentry()
}

#[instrument(skip_all)]
async fn outer<F: Future>(inside: F) -> F::Output {
    inside.await
}

#[instrument(skip_all)]
async fn inner<F: Future>(inside: F) -> F::Output {
    inside.await
}

#[instrument(skip_all)]
async fn ask(client: &Client) -> Chunks {
    open(client).await
}

#[instrument(skip_all)]
async fn ask_and_read(client: &Client, way: Way) {
    way.call(client).await;
}

#[instrument(skip_all)]
async fn consume(ending: Ending, stream: Chunks) {
    drop(ending.read(stream).await);
}

/// The only call's span, which stands below the only span of this name, in its transaction.
fn call_below(sentry: &Sentry, parent: &str) -> SpanView {
    let call = sentry.span(CHAT);
    check_below(sentry, &call, parent);
    call
}

fn check_below(sentry: &Sentry, call: &SpanView, parent: &str) {
    let parent = sentry.span(parent);
    assert_eq!(call.parent_span_id.as_ref(), Some(&parent.span_id));
    assert_eq!(call.trace_id, parent.trace_id);
    assert_eq!(call.transaction, parent.transaction);
    assert!(!call.is_transaction);
    check_attempt(sentry, call);
}

#[test]
fn a_call_is_a_child_of_the_innermost_instrumented_span() {
    let runners: [fn(&Sentry, Way); 3] = [
        |sentry, way| sentry.run(nested(way)),
        |sentry, way| sentry.run_on_one_thread(nested(way)),
        |sentry, way| sentry.run_spawned(nested(way)),
    ];
    for run in runners {
        for way in Way::ALL {
            let sentry = traced();
            run(&sentry, way);
            assert_eq!(sentry.transactions().len(), 1, "{way:?}");
            let call = sentry.span(way.span_name());
            assert_eq!(call.status.as_deref(), Some("ok"), "{way:?}");
            check_below(&sentry, &call, "ask_and_read");
            for name in ["outer", "inner", "ask_and_read"] {
                assert_eq!(sentry.span(name).status, None, "{way:?}");
            }
        }
    }
}

async fn nested(way: Way) {
    let server = Server::start().await;
    server.reply(way.reply());
    let client = client(&server);
    outer(inner(ask_and_read(&client, way))).await;
}

#[test]
fn a_stream_opened_by_a_helper_stays_its_child_while_the_transaction_lives() {
    for ending in Ending::ALL {
        for read_in_another in [true, false] {
            let sentry = traced();
            sentry.run(async {
                let server = Server::start().await;
                server.reply(ending.reply());
                let client = ending.client(&server);
                outer(async {
                    let stream = inner(ask(&client)).await;
                    if read_in_another {
                        consume(ending, stream).await;
                    } else {
                        drop(ending.read(stream).await);
                    }
                })
                .await;
            });
            assert_eq!(sentry.transactions().len(), 1, "{ending:?}");
            ending.check(&call_below(&sentry, "ask"));
        }
    }
}

#[test]
fn a_stream_that_leaves_its_transaction_is_one_of_its_own() {
    /// Opens a stream in a transaction `outer`, which is over when this returns.
    async fn leave(client: &Client, nested: bool) -> Chunks {
        if nested {
            outer(inner(ask(client))).await
        } else {
            outer(open(client)).await
        }
    }
    for ending in Ending::ALL {
        for nested in [true, false] {
            for read_in_another in [true, false] {
                let what = format!("{ending:?}, nested: {nested}, another: {read_in_another}");
                let sentry = traced();
                sentry.run(async {
                    let server = Server::start().await;
                    server.reply(ending.reply());
                    sentry::configure_scope(|scope| scope.set_tag("team", "red"));
                    let stream = leave(&ending.client(&server), nested).await;
                    assert_eq!(sentry.spans_named("outer").len(), 1, "{what}");
                    if read_in_another {
                        consume(ending, stream).await;
                    } else {
                        drop(ending.read(stream).await);
                    }
                });
                let call = sentry.span(CHAT);
                ending.check(&call);
                assert!(call.is_transaction, "{what}");
                assert_eq!(call.tags["team"], "red", "{what}");
                let parent = sentry.span(if nested { "ask" } else { "outer" });
                assert_eq!(call.parent_span_id, Some(parent.span_id), "{what}");
                assert_eq!(call.trace_id, parent.trace_id, "{what}");
                check_attempt(&sentry, &call);
                let count = 2 + usize::from(read_in_another);
                assert_eq!(sentry.transactions().len(), count, "{what}");
            }
        }
    }
}

#[test]
fn a_call_without_a_span_is_a_transaction_and_leaves_none_behind() {
    let sentry = traced();
    sentry.run(async {
        let server = Server::start().await;
        server.reply_always(whole_stream());
        let client = client(&server);
        let mut stream = open(&client).await;
        read_two(&mut stream).await;
        outer(async {}).await;
        read(stream).await;
    });
    let call = sentry.span(CHAT);
    assert!(call.is_transaction);
    assert!(sentry.span("outer").is_transaction);
    assert_ne!(call.trace_id, sentry.span("outer").trace_id);
}

#[test]
fn spans_beside_and_after_a_call_have_the_parents_that_they_would_have_without() {
    let sentry = traced();
    sentry.run(async {
        let server = Server::start().await;
        server.reply_always(whole_stream());
        let client = client(&server);
        outer(async {
            let mut stream = open(&client).await;
            read_two(&mut stream).await;
            inner(async {}).await;
            read(stream).await;
            async {}.instrument(info_span!("after")).await;
        })
        .await;
    });
    let parent = sentry.span("outer").span_id;
    for name in ["inner", "after", CHAT] {
        assert_eq!(sentry.span(name).parent_span_id.as_ref(), Some(&parent));
    }
    assert_eq!(sentry.transactions().len(), 1);
}

#[test]
fn a_span_below_a_transaction_made_by_hand_is_a_parent() {
    for outlive in [true, false] {
        let sentry = traced();
        sentry.run(async {
            let server = Server::start().await;
            server.reply(whole_stream());
            let client = client(&server);
            let transaction = begin("by hand");
            let stream = outer(ask(&client)).await;
            if outlive {
                transaction.finish();
                read(stream).await;
            } else {
                read(stream).await;
                transaction.finish();
            }
        });
        let call = sentry.span(CHAT);
        let parent = sentry.span("ask");
        assert_eq!(call.parent_span_id, Some(parent.span_id));
        assert_eq!(call.trace_id, sentry.span("by hand").trace_id);
        assert_eq!(call.is_transaction, outlive);
        Ending::Read.check(&call);
    }
}

#[test]
fn concurrent_calls_stand_each_below_its_own_span() {
    let sentry = traced();
    sentry.run(async {
        let server = Server::start().await;
        let gate = Gate::new();
        server.reply_always(whole_stream().pause_before_head(&gate));
        let client = client(&server);
        outer(async {
            let calls = ["a", "b", "c"].map(|name| {
                Way::ChatStream
                    .call(&client)
                    .instrument(info_span!("step", sentry.name = name))
            });
            let mut calls = futures::stream::iter(calls).buffer_unordered(3);
            tokio::join!(
                async { while calls.next().await.is_some() {} },
                Way::ChatStream.call(&client),
                Way::ChatStream.call(&client),
                async {
                    server.wait_for_requests(5).await;
                    gate.open();
                },
            );
        })
        .await;
    });
    assert_eq!(sentry.transactions().len(), 1);
    assert_eq!(sentry.spans_named(CHAT).len(), 5);
    let model_calls = |parent: &str| {
        let children = sentry.children_of(&sentry.span(parent));
        children.iter().filter(|span| span.name == CHAT).count()
    };
    for (parent, count) in [("a", 1), ("b", 1), ("c", 1), ("outer", 2)] {
        assert_eq!(model_calls(parent), count, "{parent}");
    }
}

/// How a call is spawned.
#[derive(Clone, Copy, Debug)]
enum Spawned {
    InCurrentSpan,
    Bound,
}

impl Spawned {
    fn spawn(self, call: impl Future<Output = ()> + Send + 'static) -> tokio::task::JoinHandle<()> {
        match self {
            Self::InCurrentSpan => tokio::spawn(call.in_current_span()),
            Self::Bound => tokio::spawn(bound(call)),
        }
    }
}

#[test]
fn a_spawned_call_that_is_awaited_stays_a_child() {
    for spawned in [Spawned::InCurrentSpan, Spawned::Bound] {
        for way in Way::ALL {
            let sentry = traced();
            sentry.run(async {
                let server = Server::start().await;
                server.reply(way.reply());
                let client = client(&server);
                let call = async move { way.call(&client).await };
                outer(inner(async { spawned.spawn(call).await.unwrap() })).await;
            });
            assert_eq!(sentry.transactions().len(), 1, "{spawned:?}, {way:?}");
            check_below(&sentry, &sentry.span(way.span_name()), "inner");
        }
    }
}

#[test]
fn a_spawned_call_that_is_not_awaited_is_not_lost() {
    for spawned in [Spawned::InCurrentSpan, Spawned::Bound] {
        for way in Way::ALL {
            let what = format!("{spawned:?}, {way:?}");
            let sentry = traced();
            sentry.run(async {
                let server = Server::start().await;
                let gate = Gate::new();
                server.reply(way.reply().pause_before_head(&gate));
                let client = client(&server);
                let call = async move { way.call(&client).await };
                let call = outer(inner(async { Some(spawned.spawn(call)) })).await;
                gate.reached().await;
                gate.open();
                call.unwrap().await.unwrap();
            });
            let call = sentry.span(way.span_name());
            let parent = sentry.span("inner");
            assert_eq!(call.status.as_deref(), Some("ok"), "{what}");
            assert_eq!(call.parent_span_id, Some(parent.span_id), "{what}");
            assert_eq!(call.trace_id, parent.trace_id, "{what}");
            // A task in the span keeps the span, and with it the transaction, open.
            let outlived = matches!(spawned, Spawned::Bound);
            assert_eq!(call.is_transaction, outlived, "{what}");
            check_attempt(&sentry, &call);
        }
    }
}

#[test]
fn a_call_in_an_entered_span_is_its_child() {
    let sentry = traced();
    let server = futures::executor::block_on(Server::start());
    server.reply(whole_stream());
    let client = client(&server);
    sentry::Hub::run(sentry.hub(), || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let _outer = info_span!("outer").entered();
        info_span!("inner").in_scope(|| runtime.block_on(Way::ChatStream.call(&client)));
    });
    assert_eq!(sentry.transactions().len(), 1);
    call_below(&sentry, "inner");
}

#[test]
fn a_call_dropped_while_it_waits_is_cancelled_below_its_span() {
    let sentry = traced();
    sentry.run(async {
        let server = Server::start().await;
        let gate = Gate::new();
        server.reply(whole_stream().pause_before_head(&gate));
        let client = client(&server);
        tokio::select! {
            biased;
            _ = outer(inner(ask(&client))) => unreachable!("the head is held back"),
            () = gate.reached() => {}
        }
    });
    let call = sentry.span(CHAT);
    assert_eq!(call.status.as_deref(), Some("cancelled"));
    assert_eq!(sentry.transactions().len(), 1);
    check_below(&sentry, &call, "ask");
}
