//! A call's span stands below the span that was active when the call started.

use futures::StreamExt;
use futures::future::join_all;
use sentry::protocol::{User, Value};
use sentry::{Hub, SentryFutureExt};
use sentry_openai::{Client, conversations};
use serde_json::json;

use crate::model::*;
use crate::support::{Gate, Reply, Sentry, Server, bound};

type Runner = fn(&Sentry, Parent, Way);

/// The runtimes that a test can run on.
const RUNNERS: [(&str, Runner); 3] = [
    ("four threads", |sentry, parent, way| {
        sentry.run(one_call(parent, way));
    }),
    ("one thread", |sentry, parent, way| {
        sentry.run_on_one_thread(one_call(parent, way));
    }),
    ("a task", |sentry, parent, way| {
        sentry.run_spawned(one_call(parent, way));
    }),
];

async fn one_call(parent: Parent, way: Way) {
    let server = Server::start().await;
    server.reply_at(way.path(), way.reply());
    let mut parent = parent.begin();
    way.call(&client(&server)).await;
    parent.finish();
}

#[test]
fn every_call_is_a_child_of_the_active_span_or_a_transaction_of_its_own() {
    for (runner, run) in RUNNERS {
        for way in Way::ALL {
            for parent in [Parent::None, Parent::Transaction, Parent::Span] {
                let what = format!("{way:?} below {parent:?} on {runner}");
                let sentry = sentry();
                run(&sentry, parent, way);
                assert_eq!(sentry.transactions().len(), 1, "{what}");
                let call = sentry.span(way.span_name());
                assert_eq!(call.op, way.op(), "{what}");
                assert_eq!(call.status.as_deref(), Some("ok"), "{what}");
                assert_eq!(call.get("sentry.origin"), "auto.ai.openai", "{what}");
                assert_eq!(call.is_transaction, parent == Parent::None, "{what}");
                match parent {
                    Parent::None => {
                        assert_eq!(call.parent_span_id, None, "{what}");
                        let root = &sentry.transactions()[0];
                        let Some(sentry::protocol::Context::Trace(trace)) =
                            root.contexts.get("trace")
                        else {
                            panic!("{root:#?}");
                        };
                        assert_eq!(trace.origin.as_deref(), Some("auto.ai.openai"));
                    }
                    Parent::Transaction => {
                        let parent = sentry.span("parent");
                        assert_eq!(call.parent_span_id, Some(parent.span_id), "{what}");
                        assert_eq!(call.trace_id, parent.trace_id, "{what}");
                    }
                    _ => {
                        let parent = sentry.span("inner");
                        assert_eq!(call.parent_span_id, Some(parent.span_id), "{what}");
                        assert_eq!(call.trace_id, parent.trace_id, "{what}");
                    }
                }
                check_attempt(&sentry, &call);
            }
        }
    }
}

#[test]
fn the_parent_and_the_scope_are_left_as_they_were() {
    for way in Way::ALL {
        for parent in [Parent::Transaction, Parent::Span] {
            let sentry = sentry();
            sentry.run(async {
                let server = Server::start().await;
                server.reply_at(way.path(), way.reply());
                sentry::configure_scope(|scope| {
                    scope.set_tag("team", "red");
                    scope.set_user(Some(user("ada")));
                });
                let mut parent = parent.begin();
                let active = || sentry::configure_scope(|scope| scope.get_span());
                let before = active();
                way.call(&client(&server)).await;
                assert!(active() == before, "{way:?}");
                sentry::capture_message("after", sentry::Level::Info);
                parent.finish();
            });
            let event = &sentry.events()[0];
            assert_eq!(event.tags.get("team").map(String::as_str), Some("red"));
            assert_eq!(event.tags.len(), 1, "{:?}", event.tags);
            assert_eq!(event.user, Some(user("ada")));
            for name in ["parent", "outer", "inner"] {
                for span in sentry.spans_named(name) {
                    assert_eq!(span.status, None, "{way:?}: {name}");
                    let data = span.data;
                    assert!(data.is_empty(), "{way:?}: {name}: {data:?}");
                }
            }
        }
    }
}

#[test]
fn a_call_without_a_parent_leaves_no_active_span_behind() {
    let sentry = sentry();
    sentry.run(async {
        let server = Server::start().await;
        server.reply_always(whole_stream());
        let client = client(&server);
        let mut stream = open(&client).await;
        read_two(&mut stream).await;
        assert!(sentry::configure_scope(|scope| scope.get_span()).is_none());
        Way::ChatStream.call(&client).await;
        drop(stream);
        assert!(sentry::configure_scope(|scope| scope.get_span()).is_none());
    });
    let calls = sentry.spans_named(CHAT);
    assert_eq!(calls.len(), 2);
    assert!(calls.iter().all(|call| call.is_transaction));
    assert_ne!(calls[0].trace_id, "");
}

#[test]
fn a_transaction_has_the_user_and_tags_of_the_hub_that_its_call_started_in() {
    let sentry = sentry();
    sentry.run(async {
        let server = Server::start().await;
        server.reply(two_chunks().stall()).reply(whole_stream());
        let client = client(&server);
        let started_in = other_hub(&sentry);
        started_in.configure_scope(|scope| {
            scope.set_tag("team", "red");
            scope.set_user(Some(user("ada")));
        });
        for _ in 0..2 {
            let mut stream = open(&client).bind_hub(started_in.clone()).await;
            // Read and dropped elsewhere, where other things are set.
            sentry::configure_scope(|scope| {
                scope.set_tag("team", "blue");
                scope.set_user(Some(user("bob")));
            });
            read_two(&mut stream).await;
            if server.requests().len() == 2 {
                read(stream).await;
            }
        }
    });
    let transactions = sentry.transactions();
    assert_eq!(transactions.len(), 2);
    for transaction in transactions {
        assert_eq!(transaction.user, Some(user("ada")));
        assert_eq!(transaction.tags["team"], "red");
    }
}

#[test]
fn a_call_to_no_model_is_an_http_span_below_a_parent_and_nothing_without() {
    for parent in [Parent::None, Parent::Transaction, Parent::Span] {
        let sentry = sentry();
        sentry.run(async {
            let server = Server::start().await;
            server
                .reply_at("/v1/models", Reply::json(200, &json!({"data": []})))
                .reply_at("/v1/models/gpt", Reply::json(200, &json!({"id": "gpt"})))
                .reply_always(Reply::json(200, &json!({"id": "conv_1"})));
            let client = client(&server);
            let mut parent = parent.begin();
            client.models().list().await.unwrap();
            client.models().retrieve("gpt").await.unwrap();
            let conversations = client.conversations();
            let request = conversations::CreateRequest::default();
            conversations.create(&request).await.unwrap();
            conversations.retrieve("conv_1").await.unwrap();
            conversations.delete("conv_1").await.unwrap();
            parent.finish();
        });
        let http = sentry.spans_with_op("http.client");
        if parent == Parent::None {
            assert!(sentry.envelopes().is_empty());
            continue;
        }
        let methods: Vec<_> = http.iter().map(|span| first_word(&span.name)).collect();
        assert_eq!(methods, ["GET", "GET", "POST", "GET", "DELETE"]);
        let below = match parent {
            Parent::Span => sentry.span("inner"),
            _ => sentry.span("parent"),
        };
        for span in &http {
            assert_eq!(span.parent_span_id.as_ref(), Some(&below.span_id));
            assert_eq!(span.status.as_deref(), Some("ok"));
        }
        let root = sentry.span("parent");
        assert!(root.data.is_empty(), "{:?}", root.data);
        assert_eq!(sentry.transactions().len(), 1);
    }
}

#[test]
fn two_calls_in_one_join_are_siblings() {
    for parent in [Parent::None, Parent::Transaction, Parent::Span] {
        let sentry = sentry();
        sentry.run(async {
            let server = Server::start().await;
            let gate = Gate::new();
            server.reply_always(whole_stream().pause_before_head(&gate));
            let client = client(&server);
            let mut parent = parent.begin();
            tokio::join!(
                Way::ChatStream.call(&client),
                Way::ChatStream.call(&client),
                async {
                    server.wait_for_requests(2).await;
                    gate.open();
                },
            );
            parent.finish();
        });
        let calls = sentry.spans_named(CHAT);
        assert_eq!(calls.len(), 2);
        assert_eq!(calls[0].parent_span_id, calls[1].parent_span_id);
        assert_eq!(calls[0].is_transaction, parent == Parent::None);
        for call in &calls {
            check_attempt(&sentry, call);
        }
    }
}

#[test]
fn ten_spawned_calls_stand_each_below_its_own_parent_with_its_own_answer() {
    let sentry = sentry();
    sentry.run(async {
        let server = Server::start().await;
        let gate = Gate::new();
        let calls: Vec<_> = (0..10)
            .map(|n| {
                let reply = completion(&format!("chatcmpl-{n}")).pause_before_head(&gate);
                server.reply_at(&format!("/{n}/chat/completions"), reply);
                let client = builder(&server)
                    .base_url(format!("{}/{n}", server.origin()))
                    .build()
                    .unwrap();
                tokio::spawn(bound(async move {
                    let parent = begin(&format!("parent {n}"));
                    Way::Chat.call(&client).await;
                    parent.finish();
                }))
            })
            .collect();
        server.wait_for_requests(10).await;
        gate.open();
        for call in join_all(calls).await {
            call.unwrap();
        }
    });
    assert_eq!(sentry.transactions().len(), 10);
    for n in 0..10 {
        let parent = sentry.span(&format!("parent {n}"));
        let calls = sentry.children_of(&parent);
        assert_eq!(calls.len(), 1, "{calls:#?}");
        assert_eq!(calls[0].trace_id, parent.trace_id);
        assert_eq!(calls[0].transaction, parent.transaction);
        let id = format!("chatcmpl-{n}");
        assert_eq!(calls[0].get("gen_ai.response.id"), id.as_str());
        check_attempt(&sentry, &calls[0]);
    }
}

#[test]
fn buffered_calls_are_children_of_the_active_span() {
    for parent in [Parent::Transaction, Parent::Span] {
        let sentry = sentry();
        sentry.run(async {
            let server = Server::start().await;
            server.reply_always(whole_stream());
            let client = client(&server);
            let mut parent = parent.begin();
            let calls = (0..6).map(|_| Way::ChatStream.call(&client));
            let mut calls = futures::stream::iter(calls).buffer_unordered(3);
            while calls.next().await.is_some() {}
            parent.finish();
        });
        let below = match parent {
            Parent::Span => sentry.span("inner"),
            _ => sentry.span("parent"),
        };
        assert_eq!(sentry.children_of(&below).len(), 6);
        assert_eq!(sentry.transactions().len(), 1);
    }
}

#[test]
fn an_awaited_spawn_with_a_bound_hub_stays_a_child() {
    for parent in [Parent::Transaction, Parent::Span] {
        let sentry = sentry();
        sentry.run(async {
            let server = Server::start().await;
            server.reply_always(whole_stream());
            let client = client(&server);
            let mut parent = parent.begin();
            let call = async move { Way::ChatStream.call(&client).await };
            tokio::spawn(bound(call)).await.unwrap();
            parent.finish();
        });
        assert_eq!(sentry.transactions().len(), 1);
        let below = match parent {
            Parent::Span => sentry.span("inner"),
            _ => sentry.span("parent"),
        };
        assert_eq!(sentry.children_of(&below).len(), 1);
    }
}

#[test]
fn an_awaited_spawn_without_a_bound_hub_is_a_transaction_of_its_own() {
    let sentry = sentry();
    // Hubs of worker threads are made from the process's.
    Hub::main().bind_client(sentry.hub().client());
    sentry.run(async {
        let server = Server::start().await;
        server.reply_always(whole_stream());
        let client = client(&server);
        let parent = begin("parent");
        let call = async move { Way::ChatStream.call(&client).await };
        tokio::spawn(call).await.unwrap();
        parent.finish();
    });
    Hub::main().bind_client(None);
    let call = sentry.span(CHAT);
    assert!(call.is_transaction);
    assert_ne!(call.trace_id, sentry.span("parent").trace_id);
}

#[test]
fn a_call_keeps_its_place_when_it_moves_to_another_task_with_another_active_span() {
    let sentry = sentry();
    sentry.run(async {
        let server = Server::start().await;
        let (head, body) = (Gate::new(), Gate::new());
        server.reply_always(held_stream(&body).pause_before_head(&head));
        let client = client(&server);
        let first = begin("first");
        let mut call = Box::pin(async move { open(&client).await });
        assert!(futures::poll!(&mut call).is_pending());
        tokio::select! {
            biased;
            _ = &mut call => unreachable!("the head is held back"),
            () = head.reached() => {}
        }
        head.open();

        let elsewhere = async move {
            let second = begin("second");
            let mut stream = call.await;
            read_two(&mut stream).await;
            second.finish();
            stream
        };
        let stream = tokio::spawn(bound(elsewhere)).await.unwrap();
        body.open();
        let third = async move {
            let third = begin("third");
            read(stream).await;
            third.finish();
        };
        tokio::spawn(bound(third)).await.unwrap();
        first.finish();
    });
    let first = sentry.span("first");
    let calls = sentry.children_of(&first);
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].transaction, first.transaction);
    assert_eq!(calls[0].status.as_deref(), Some("ok"));
    assert_eq!(sentry.spans_named(CHAT).len(), 1);
    check_attempt(&sentry, &calls[0]);
}

#[test]
fn the_place_is_that_of_the_first_poll() {
    let sentry = sentry();
    sentry.run(async {
        let server = Server::start().await;
        server.reply_always(whole_stream());
        let client = client(&server);
        let before = begin("before");
        let call = Way::ChatStream.call(&client);
        before.finish();
        let parent = begin("parent");
        call.await;
        parent.finish();
    });
    let parent = sentry.span("parent");
    assert_eq!(sentry.children_of(&parent).len(), 1);
}

#[test]
fn retries_are_attempts_of_one_call() {
    let sentry = sentry();
    sentry.run(async {
        let server = Server::start().await;
        server
            .reply(Reply::json(503, &json!({})).header("retry-after", 0))
            .reply(whole_stream());
        let client: Client = builder(&server).max_retries(1).build().unwrap();
        let parent = begin("parent");
        Way::ChatStream.call(&client).await;
        parent.finish();
    });
    let call = sentry.span(CHAT);
    let attempts = sentry.children_of(&call);
    let codes: Vec<&Value> = attempts
        .iter()
        .map(|span| span.get("http.response.status_code"))
        .collect();
    assert_eq!(codes, [503, 200]);
}

fn user(name: &str) -> User {
    User {
        username: Some(name.to_owned()),
        ..Default::default()
    }
}

fn first_word(text: &str) -> &str {
    text.split(' ').next().unwrap_or_default()
}
