//! Tasks that are spawned within an agent or a tool belong to it.

use std::future::Future;

use sentry::SentryFutureExt;
use sentry_openai::agent;

use crate::calls::*;
use crate::inheriting::inherited;
use crate::support::bound;

/// How a task is spawned that is to belong to its agent.
#[derive(Clone, Copy, Debug)]
enum Spawned {
    InCurrent,
    BoundToTheHub,
}

impl Spawned {
    const ALL: [Self; 2] = [Self::InCurrent, Self::BoundToTheHub];

    fn spawn<T: Send + 'static>(
        self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> tokio::task::JoinHandle<T> {
        match self {
            Self::InCurrent => tokio::spawn(agent::in_current(future)),
            Self::BoundToTheHub => tokio::spawn(bound(future)),
        }
    }
}

#[test]
fn a_spawned_task_belongs_to_the_agent_and_the_tool_that_it_was_spawned_in() {
    for spawned in Spawned::ALL {
        let sentry = sentry();
        sentry.run(async move {
            let server = server().await;
            let client = Way::Chat.builder(&server).build().unwrap();
            let agent = agent::invoke_agent("planner")
                .pipeline("travel")
                .conversation_id("conv_1");
            let agent = agent.run(async move {
                let of_agent = client.clone();
                let of_agent = spawned.spawn(async move { ask(&of_agent).await.unwrap() });
                of_agent.await.unwrap();
                let tool = agent::execute_tool("weather").run(async move {
                    let inner = async move {
                        let inner = agent::execute_tool("inner").run(async { done(1) });
                        inner.await.unwrap();
                        ask(&client).await
                    };
                    spawned.spawn(inner).await.unwrap()
                });
                tool.await
            });
            agent.await.unwrap();
        });
        let agent = sentry.span("invoke_agent planner");
        let tool = sentry.span("execute_tool weather");
        let calls = sentry.spans_named(CHAT);
        let inner = sentry.span("execute_tool inner");
        for span in calls.iter().chain([&tool, &inner]) {
            assert_eq!(
                inherited(span),
                ["planner", "travel", "conv_1"],
                "{spawned:?}"
            );
        }
        let parents: Vec<_> = calls
            .iter()
            .map(|call| call.parent_span_id.clone())
            .collect();
        assert_eq!(
            parents,
            [Some(agent.span_id), Some(tool.span_id.clone())],
            "{spawned:?}"
        );
        assert_eq!(inner.parent_span_id, Some(tool.span_id));
    }
}

#[test]
fn a_task_that_outlives_its_agent_still_belongs_to_it() {
    for spawned in Spawned::ALL {
        let sentry = sentry();
        sentry.run(async move {
            let server = server().await;
            let client = Way::Chat.builder(&server).build().unwrap();
            let (end, ended) = tokio::sync::oneshot::channel::<()>();
            let agent = agent::invoke_agent("planner").run(async move {
                done(spawned.spawn(async move {
                    ended.await.unwrap();
                    ask(&client).await.unwrap();
                }))
            });
            let task = agent.await.unwrap();
            end.send(()).unwrap();
            task.await.unwrap();
        });
        let agent = sentry.span("invoke_agent planner");
        let call = sentry.span(CHAT);
        assert_eq!(inherited(&call), ["planner", "-", "-"], "{spawned:?}");
        assert_eq!(call.parent_span_id, Some(agent.span_id));
        assert_eq!(call.trace_id, agent.trace_id);
    }
}

#[test]
fn in_current_reaches_below_spans_of_ones_own_and_takes_the_hub_along() {
    let sentry = sentry();
    sentry.run(async {
        let server = server().await;
        let client = Way::Chat.builder(&server).build().unwrap();
        let agent = agent::invoke_agent("planner").run(async move {
            let parent = sentry::configure_scope(|scope| scope.get_span()).unwrap();
            let own = parent.start_child("task", "own");
            sentry::configure_scope(|scope| {
                scope.set_span(Some(own.clone().into()));
            });
            let task = tokio::spawn(agent::in_current(async move { ask(&client).await }));
            sentry::configure_scope(|scope| scope.set_span(Some(parent)));
            task.await.unwrap().unwrap();
            own.finish();
            done(())
        });
        agent.await.unwrap();
    });
    let call = sentry.span(CHAT);
    assert_eq!(inherited(&call), ["planner", "-", "-"]);
    assert_eq!(call.parent_span_id, Some(sentry.span("own").span_id));
}

#[test]
fn a_task_of_its_own_belongs_to_no_agent() {
    let sentry = sentry();
    sentry.run(async {
        let server = server().await;
        let client = Way::Chat.builder(&server).build().unwrap();
        let hub = sentry::Hub::current();
        let agent = agent::invoke_agent("planner").run(async move {
            let task = async move { ask(&client).await }.bind_hub(hub);
            tokio::spawn(task).await.unwrap()
        });
        agent.await.unwrap();
    });
    let call = sentry.span(CHAT);
    assert_eq!(
        (call.parent_span_id.as_ref(), inherited(&call)),
        (None, ["-"; 3])
    );
}
