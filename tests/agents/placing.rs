//! Spans of agents and tools stand below the active span, and what they run stands below them.

use std::sync::Arc;

use futures::StreamExt;
use futures::future::{join_all, try_join3};
use sentry::integrations::tracing::SpanLayer;
use sentry::protocol::{Context, Value};
use sentry::{Hub, SentryFutureExt, TransactionContext};
use sentry_openai::{Error, RequestOptions, agent};
use tracing::Instrument;
use tracing_subscriber::layer::SubscriberExt;

use crate::calls::*;
use crate::support::{Gate, Reply, Sentry, Server, SpanView, bound};

/// What stands above an agent or a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Parent {
    None,
    Transaction,
    Span,
    Traced,
}

/// Runs an agent and a tool below the parent.
async fn both(parent: Parent) {
    let run = async {
        let agent = agent::invoke_agent("planner").run(async { done(1) });
        assert_eq!(agent.await, Ok(1));
        let tool = agent::execute_tool("weather").run(async { done(2) });
        assert_eq!(tool.await, Ok(2));
    };
    match parent {
        Parent::None => run.await,
        Parent::Traced => run.instrument(tracing::info_span!("parent")).await,
        Parent::Transaction | Parent::Span => {
            let name = if parent == Parent::Span {
                "root"
            } else {
                "parent"
            };
            let root = sentry::start_transaction(TransactionContext::new(name, "task"));
            let span = (parent == Parent::Span).then(|| root.start_child("step", "parent"));
            let hub = Arc::new(Hub::new_from_top(Hub::current()));
            hub.configure_scope(|scope| {
                scope.set_span(Some(match &span {
                    Some(span) => span.clone().into(),
                    None => root.clone().into(),
                }));
            });
            run.bind_hub(hub).await;
            if let Some(span) = span {
                span.finish();
            }
            root.finish();
        }
    }
}

#[test]
fn agents_and_tools_are_children_of_the_active_span_or_transactions_of_their_own() {
    let runners: [fn(&Sentry, Parent); 3] = [
        |sentry, parent| sentry.run(both(parent)),
        |sentry, parent| sentry.run_on_one_thread(both(parent)),
        |sentry, parent| sentry.run_spawned(both(parent)),
    ];
    for (runner, run) in runners.into_iter().enumerate() {
        for parent in [
            Parent::None,
            Parent::Transaction,
            Parent::Span,
            Parent::Traced,
        ] {
            // A subscriber is known to its own thread alone.
            if parent == Parent::Traced && runner == 2 {
                continue;
            }
            let sentry = sentry();
            let subscriber = tracing_subscriber::registry().with(SpanLayer::new());
            tracing::subscriber::with_default(subscriber, || run(&sentry, parent));

            let what = format!("{parent:?} on {runner}: {:?}", sentry.names());
            let agent = sentry.span("invoke_agent planner");
            let tool = sentry.span("execute_tool weather");
            assert_eq!(agent.op, "gen_ai.invoke_agent", "{what}");
            assert_eq!(agent.get("gen_ai.operation.name"), "invoke_agent");
            assert_eq!(agent.get("gen_ai.agent.name"), "planner");
            assert_eq!(tool.op, "gen_ai.execute_tool", "{what}");
            assert_eq!(tool.get("gen_ai.operation.name"), "execute_tool");
            assert_eq!(tool.get("gen_ai.tool.name"), "weather");
            for span in [&agent, &tool] {
                assert_eq!(span.status.as_deref(), Some("ok"), "{what}");
                assert_eq!(span.get("sentry.origin"), "auto.ai.openai", "{what}");
                assert_eq!(span.is_transaction, parent == Parent::None, "{what}");
                if parent == Parent::None {
                    assert_eq!(span.parent_span_id, None, "{what}");
                } else {
                    let parents = sentry.spans_where(|span| span.name.ends_with("parent"));
                    assert_eq!(parents.len(), 1, "{what}");
                    assert_eq!(span.parent_span_id.as_ref(), Some(&parents[0].span_id));
                    assert_eq!(span.trace_id, parents[0].trace_id, "{what}");
                }
            }
            for transaction in sentry.transactions() {
                let Some(Context::Trace(trace)) = transaction.contexts.get("trace") else {
                    panic!("{transaction:#?}");
                };
                if parent == Parent::None {
                    assert_eq!(trace.origin.as_deref(), Some("auto.ai.openai"));
                }
            }
        }
    }
}

#[test]
fn what_an_agent_runs_stands_below_it_and_what_a_tool_runs_below_the_tool() {
    let sentry = sentry();
    sentry.run(async {
        let server = server().await;
        let run = |way: Way| way.call(way.builder(&server).build().unwrap(), RequestOptions::new());
        let agent = agent::invoke_agent("planner").run(async {
            run(Way::Chat).await;
            let tool = agent::execute_tool("search").run(async {
                run(Way::Embeddings).await;
                let inner = agent::invoke_agent("reader").run(async {
                    run(Way::Responses).await;
                    done(())
                });
                inner.await
            });
            tool.await
        });
        agent.await.unwrap();
    });
    assert_eq!(sentry.transactions().len(), 1);
    let agent = sentry.span("invoke_agent planner");
    assert!(agent.is_transaction);
    let below = |parent: &SpanView| -> Vec<String> {
        let children = sentry.children_of(parent);
        children.into_iter().map(|span| span.op).collect()
    };
    assert_eq!(below(&agent), ["gen_ai.chat", "gen_ai.execute_tool"]);
    let tool = sentry.span("execute_tool search");
    assert_eq!(below(&tool), ["gen_ai.embeddings", "gen_ai.invoke_agent"]);
    let inner = sentry.span("invoke_agent reader");
    assert_eq!(below(&inner), ["gen_ai.chat"]);
    for call in sentry.spans_with_op("gen_ai.chat") {
        assert_eq!(below(&call), ["http.client"]);
    }
}

#[test]
fn a_model_call_is_never_the_parent_of_a_tool_or_an_agent() {
    let sentry = sentry();
    sentry.run(async {
        let server = Server::start().await;
        let gate = Gate::new();
        server.reply(
            Reply::sse([chunk("a", Value::Null)])
                .pause(&gate)
                .data(chunk("b", "stop".into()))
                .done(),
        );
        let client = client(&server);
        let root = Root::start();
        let run = async {
            let request = question();
            let stream = client.chat().completions().create_stream(&request).await;
            let mut stream = stream.unwrap();
            stream.next().await.unwrap().unwrap();
            // Tools run while the model still writes.
            let tool = agent::execute_tool("weather").run(async { done(()) });
            tool.await.unwrap();
            // And as a part of reading its answer.
            let read = stream.by_ref().then(|chunk| async move {
                let agent = agent::invoke_agent("reader").run(async { done(()) });
                agent.await.unwrap();
                chunk
            });
            gate.open();
            assert_eq!(read.count().await, 1);
        };
        run.bind_hub(root.hub).await;
        root.transaction.finish();
    });
    let root = sentry.span("root");
    for name in [CHAT, "execute_tool weather", "invoke_agent reader"] {
        assert_eq!(
            sentry.span(name).parent_span_id.as_ref(),
            Some(&root.span_id)
        );
    }
}

#[test]
fn traced_functions_in_an_agent_stand_between_it_and_their_calls() {
    let sentry = sentry();
    let subscriber = tracing_subscriber::registry().with(SpanLayer::new());
    tracing::subscriber::with_default(subscriber, || {
        sentry.run_on_one_thread(async {
            let server = server().await;
            let client = Way::Chat.builder(&server).build().unwrap();
            let work = async {
                let agent = agent::invoke_agent("planner").run(async {
                    let step = tracing::info_span!("step");
                    ask(&client).instrument(step).await
                });
                agent.await
            };
            let work = work.instrument(tracing::info_span!("handler"));
            work.await.unwrap();
        });
    });
    assert_eq!(sentry.transactions().len(), 1);
    let mut parent: Option<SpanView> = None;
    for name in ["handler", "invoke_agent planner", "step", CHAT] {
        let spans = sentry.spans_where(|span| span.name.ends_with(name));
        assert_eq!(spans.len(), 1, "{:?}", sentry.names());
        assert_eq!(spans[0].parent_span_id, parent.map(|span| span.span_id));
        parent = spans.into_iter().next();
    }
    assert_eq!(parent.unwrap().get("gen_ai.agent.name"), "planner");
}

#[test]
fn the_users_scope_is_as_before_and_what_was_set_there_is_on_the_span() {
    let sentry = sentry();
    sentry.run(async {
        sentry::configure_scope(|scope| {
            scope.set_tag("colour", "red");
            scope.set_user(Some(sentry::User {
                id: Some("7".to_owned()),
                ..Default::default()
            }));
        });
        let agent = agent::invoke_agent("planner").run(async {
            sentry::configure_scope(|scope| scope.set_tag("inside", "yes"));
            tokio::task::yield_now().await;
            assert!(active().is_some());
            done(())
        });
        agent.await.unwrap();
        assert_eq!(active(), None);

        let root = Root::start();
        let run = async {
            let before = active();
            let tool = agent::execute_tool("weather").run(async {
                tokio::task::yield_now().await;
                assert_ne!(active(), before);
                done(())
            });
            tool.await.unwrap();
            assert_eq!(active(), before);
        };
        run.bind_hub(root.hub).await;
        root.transaction.finish();
        sentry::capture_message("after", sentry::Level::Info);
    });
    let transactions = sentry.transactions();
    let users = transactions.iter().map(|sent| sent.user.as_ref());
    let users: Vec<_> = users
        .map(|user| user.and_then(|user| user.id.clone()))
        .collect();
    assert_eq!(users, [Some("7".to_owned()), Some("7".to_owned())]);
    assert_eq!(sentry.span("invoke_agent planner").tags["colour"], "red");
    let event = &sentry.events()[0];
    assert!(event.tags.contains_key("colour") && !event.tags.contains_key("inside"));
}

#[test]
fn agents_in_one_join_are_siblings_each_with_its_own_calls() {
    let sentry = sentry();
    sentry.run(async {
        let server = server().await;
        let root = Root::start();
        let run = async {
            let agent = |name: &'static str| {
                let client = Way::Chat.builder(&server).build().unwrap();
                agent::invoke_agent(name).run(async move {
                    ask(&client).await?;
                    tokio::task::yield_now().await;
                    ask(&client).await
                })
            };
            let all = try_join3(agent("one"), agent("two"), agent("three")).await;
            all.unwrap();
        };
        run.bind_hub(root.hub).await;
        root.transaction.finish();
    });
    let root = sentry.span("root");
    for name in ["one", "two", "three"] {
        let agent = sentry.span(&format!("invoke_agent {name}"));
        assert_eq!(agent.parent_span_id.as_ref(), Some(&root.span_id));
        let calls = sentry.children_of(&agent);
        assert_eq!(calls.len(), 2);
        for call in calls {
            assert_eq!(
                (call.name.as_str(), call.get("gen_ai.agent.name")),
                (CHAT, &name.into())
            );
        }
    }
}

async fn spawned() {
    let server = server().await;
    let root = Root::start();
    let run = async {
        let agents = (0..10).map(|number| {
            let client = Way::Chat.builder(&server).build().unwrap();
            tokio::spawn(bound(async move {
                let agent = agent::invoke_agent(format!("agent {number}"));
                let answered: Result<(), Error> =
                    agent.run(async move { ask(&client).await }).await;
                answered.unwrap();
            }))
        });
        for ended in join_all(agents).await {
            ended.unwrap();
        }
    };
    run.bind_hub(root.hub).await;
    root.transaction.finish();
}

#[test]
fn spawned_agents_stand_below_the_span_of_the_hub_that_they_are_bound_to() {
    let sentry = sentry();
    sentry.run_spawned(spawned());
    let root = sentry.span("root");
    assert_eq!(sentry.children_of(&root).len(), 10);
    for number in 0..10 {
        let agent = sentry.span(&format!("invoke_agent agent {number}"));
        assert_eq!(agent.parent_span_id.as_ref(), Some(&root.span_id));
        let calls = sentry.children_of(&agent);
        assert_eq!(calls.len(), 1);
        assert_eq!(
            calls[0].get("gen_ai.agent.name"),
            &format!("agent {number}")
        );
    }
}

#[test]
fn an_agent_and_a_tool_that_outlive_their_transaction_are_sent_in_its_trace() {
    let sentry = sentry();
    sentry.run(async {
        let root = Root::start();
        let transaction = root.transaction.clone();
        let run = agent::invoke_agent("planner").run(async {
            let tool = agent::execute_tool("weather").run(async move {
                transaction.finish();
                done(())
            });
            tool.await
        });
        run.bind_hub(root.hub).await.unwrap();
    });
    let root = sentry.span("root");
    let agent = sentry.span("invoke_agent planner");
    let tool = sentry.span("execute_tool weather");
    assert_eq!(sentry.transactions().len(), 3);
    assert_eq!(agent.parent_span_id, Some(root.span_id));
    assert_eq!(tool.parent_span_id, Some(agent.span_id));
    assert_eq!(
        (&agent.trace_id, &tool.trace_id),
        (&root.trace_id, &root.trace_id)
    );
}

#[test]
fn agents_within_agents_do_not_multiply_their_size_and_can_be_sent() {
    fn sent<F: Future + Send>(future: F) -> F {
        future
    }

    let large = [0_u8; 4_096];
    let innermost = async move {
        tokio::task::yield_now().await;
        done(large.len())
    };
    let tool = agent::execute_tool("tool").run(innermost);
    let inner = agent::invoke_agent("inner").run(tool);
    let outer = sent(agent::invoke_agent("outer").run(inner));
    assert!(size_of_val(&outer) < 4_096, "{}", size_of_val(&outer));
    assert_eq!(sentry().run(outer), Ok(4_096));
}
