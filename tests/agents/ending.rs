//! How agents and tools end: by an error, a drop or a panic; and where nothing of them is recorded.

use std::future::{Future, pending};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::{FutureExt, poll};
use sentry::{ClientOptions, SentryFutureExt};
use sentry_openai::{Error, OpenAiIntegration, agent};

use crate::calls::*;
use crate::support::{Reply, Sentry, Server};

/// An error whose text is nobody's business.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("SECRET {0}")]
struct OutOfReach(u8);

const BOTH: [&str; 2] = ["invoke_agent planner", "execute_tool weather"];

/// The future as the run of an agent and, within, of a tool.
async fn in_both<E: 'static>(future: impl Future<Output = Result<u8, E>>) -> Result<u8, E> {
    let tool = agent::execute_tool("weather").run(future);
    agent::invoke_agent("planner").run(tool).await
}

#[test]
fn an_error_passes_through_and_fails_the_span_without_its_text() {
    let sentry = sentry();
    sentry.run(async {
        let failed = in_both(async { Err(OutOfReach(7)) }).await;
        assert_eq!(failed, Err(OutOfReach(7)));
    });
    for name in BOTH {
        let span = sentry.span(name);
        assert_eq!(span.status.as_deref(), Some("internal_error"));
        assert_eq!(span.get("error.type"), "agents::ending::OutOfReach");
        assert_eq!(
            span.get("gen_ai.tool.call.result"),
            &serde_json::Value::Null
        );
    }
    assert!(!sentry.leaked("SECRET"));
    assert!(sentry.events().is_empty());
}

#[test]
fn an_error_is_called_by_the_full_path_of_its_type() {
    let sentry = sentry();
    sentry.run(async {
        let boxed: Box<dyn std::error::Error> = Box::new(OutOfReach(1));
        let errors = (
            in_both(async { Err(boxed) }).await.is_err(),
            in_both(async { Err("SECRET") }).await.is_err(),
            in_both(async { Err(String::from("SECRET")) })
                .await
                .is_err(),
            in_both(async { Err(Some(OutOfReach(1))) }).await.is_err(),
            in_both(async { Err(std::io::Error::other("SECRET")) })
                .await
                .is_err(),
        );
        assert_eq!(errors, (true, true, true, true, true));
    });
    let tools = sentry.spans_with_op("gen_ai.execute_tool");
    let types: Vec<_> = tools
        .iter()
        .map(|tool| tool.get("error.type").as_str())
        .collect();
    assert_eq!(
        types,
        [
            "alloc::boxed::Box<dyn core::error::Error>",
            "&str",
            "alloc::string::String",
            "core::option::Option<agents::ending::OutOfReach>",
            "std::io::error::Error",
        ]
        .map(Some)
    );
    assert!(!sentry.leaked("SECRET"));
}

#[test]
fn an_error_of_this_crate_is_called_by_its_code_or_kind_also_in_a_box() {
    type Boxed = Box<dyn std::error::Error + Send + Sync>;

    let sentry = sentry();
    sentry.run(async {
        let server = Server::start().await;
        let error = serde_json::json!({"error": {"code": "rate_limit_exceeded"}});
        for _ in 0..3 {
            server.reply(Reply::json(429, &error));
        }
        let client = client(&server);
        let as_it_is = agent::execute_tool("a").run(ask(&client));
        assert!(as_it_is.await.is_err());
        let boxed = agent::execute_tool("b").run(async { Ok::<_, Boxed>(ask(&client).await?) });
        assert!(boxed.await.is_err());
        let api = agent::execute_tool("c").run(async {
            match ask(&client).await {
                Err(Error::Api(error)) => Err(*error),
                _ => Ok(()),
            }
        });
        assert!(api.await.is_err());
        let config = agent::execute_tool("d")
            .run(async { Err::<(), _>(Error::Config("SECRET".to_owned())) });
        assert!(config.await.is_err());
    });
    for (tool, code) in [
        ("a", "rate_limit_exceeded"),
        ("b", "rate_limit_exceeded"),
        ("c", "rate_limit_exceeded"),
        ("d", "config"),
    ] {
        assert_eq!(
            sentry
                .span(&format!("execute_tool {tool}"))
                .get("error.type"),
            code,
            "{tool}"
        );
    }
}

#[test]
fn a_failed_call_fails_the_agent_that_hands_its_error_on_and_no_other() {
    for handles_it in [false, true] {
        let sentry = sentry();
        sentry.run(async {
            let server = Server::start().await;
            let error = serde_json::json!({"error": {"code": "bad", "message": "SECRET"}});
            server.reply(Reply::json(400, &error));
            let client = client(&server);
            let agent = agent::invoke_agent("planner").run(async {
                let answer = ask(&client).await;
                if handles_it { Ok(()) } else { answer }
            });
            assert_eq!(agent.await.is_ok(), handles_it);
        });
        let agent = sentry.span("invoke_agent planner");
        let expected = if handles_it { "ok" } else { "internal_error" };
        assert_eq!(agent.status.as_deref(), Some(expected));
        assert_eq!(sentry.span(CHAT).status.as_deref(), Some("internal_error"));
        assert!(!sentry.leaked("SECRET"));
    }
}

#[test]
fn a_run_that_is_dropped_is_cancelled_and_so_is_the_call_inside() {
    for below_a_transaction in [false, true] {
        let sentry = sentry();
        sentry.run(async {
            let server = Server::start().await;
            server.reply(Reply::new(200).stall_before_head());
            let client = client(&server);
            let root = Root::start();
            let run = in_both(async {
                ask(&client).await?;
                Ok::<_, Error>(1)
            });
            let hub = if below_a_transaction {
                root.hub
            } else {
                sentry.hub()
            };
            let mut run = Box::pin(run.bind_hub(hub));
            tokio::select! {
                _ = &mut run => panic!("it stalls"),
                () = server.wait_for_requests(1) => {}
            }
            drop(run);
            root.transaction.finish();
            server.wait_for_disconnect().await;
        });
        let mut parent = None;
        for name in BOTH.into_iter().chain([CHAT]) {
            let span = sentry.span(name);
            assert_eq!(span.status.as_deref(), Some("cancelled"), "{name}");
            assert!(!span.data.contains_key("error.type"));
            if let Some(parent) = parent {
                assert_eq!(span.parent_span_id, Some(parent));
            }
            parent = Some(span.span_id);
        }
        // Dropped where its transaction is not active, it does not hang on that one's end.
        assert!(sentry.transactions().len() > 1);
        assert_eq!(
            sentry.children_of(&sentry.span("root")).len(),
            usize::from(below_a_transaction)
        );
    }
}

#[test]
fn a_run_that_was_never_polled_leaves_nothing() {
    let sentry = sentry();
    sentry.run(async {
        drop(in_both(async { done(1) }));
    });
    assert!(sentry.envelopes().is_empty());
}

#[test]
fn a_panic_passes_on_and_fails_the_span() {
    let sentry = sentry();
    sentry.run(async {
        let root = Root::start();
        let run = in_both(async {
            tokio::task::yield_now().await;
            if active().is_some() {
                std::panic::panic_any(OutOfReach(9));
            }
            done(1)
        });
        let run = AssertUnwindSafe(run.bind_hub(root.hub.clone())).catch_unwind();
        let panic = run.await.unwrap_err();
        assert_eq!(panic.downcast_ref(), Some(&OutOfReach(9)));
        // Nothing of the agent stays behind on this thread.
        in_both(async { done(1) }).bind_hub(root.hub).await.unwrap();
        root.transaction.finish();
    });
    for name in BOTH {
        let spans = sentry.spans_named(name);
        let ends: Vec<_> = spans.iter().map(|span| span.status.as_deref()).collect();
        assert_eq!(ends, [Some("internal_error"), Some("ok")], "{name}");
        assert_eq!(spans[0].get("error.type"), "panic");
    }
    assert!(!sentry.leaked("SECRET"));
}

/// A transport's or a sampler's trouble is not the agent's.
#[test]
fn what_panics_in_the_recording_does_not_reach_the_run() {
    struct Unwilling;

    impl serde::Serialize for Unwilling {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            panic!("unwilling")
        }
    }

    let sentry = sentry();
    sentry.run(async {
        let tool = agent::execute_tool("weather").run(async { done(Unwilling) });
        tool.await.unwrap();
    });
    let tool = sentry.span("execute_tool weather");
    assert_eq!(tool.status.as_deref(), Some("ok"));
    assert!(!tool.data.contains_key("gen_ai.tool.call.result"));

    let sentry = Sentry::new(options().traces_sampler(|_| panic!("unwilling")));
    sentry.run(async {
        assert_eq!(in_both(async { done(1) }).await, Ok(1));
    });
}

#[test]
fn where_nothing_is_recorded_the_code_just_runs() {
    let integration = || OpenAiIntegration::new();
    let table: [(&str, ClientOptions); 4] = [
        (
            "no integration",
            ClientOptions::new().traces_sample_rate(1.0),
        ),
        (
            "no tracing",
            ClientOptions::new().add_integration(integration()),
        ),
        (
            "not sampled",
            ClientOptions::new()
                .traces_sample_rate(0.0)
                .add_integration(integration()),
        ),
        (
            "sampled away",
            ClientOptions::new()
                .traces_sampler(|_| 0.0)
                .add_integration(integration()),
        ),
    ];
    for (what, options) in table {
        let sentry = Sentry::new(options);
        sentry.run(async {
            let server = server().await;
            let client = Way::Chat.builder(&server).build().unwrap();
            let ran = Arc::new(AtomicBool::new(false));
            let run = in_both(async {
                let before = active();
                tokio::task::yield_now().await;
                assert_eq!((before, active()), (None, None), "{what}");
                ask(&client).await?;
                ran.store(true, Ordering::Relaxed);
                Ok::<_, Error>(7)
            });
            assert_eq!(run.await.unwrap(), 7, "{what}");
            assert!(ran.load(Ordering::Relaxed), "{what}");
            let failed = in_both(async { Err(OutOfReach(3)) }).await;
            assert_eq!(failed, Err(OutOfReach(3)), "{what}");

            let mut dropped = Box::pin(in_both(async {
                pending::<()>().await;
                done(1)
            }));
            assert!(poll!(&mut dropped).is_pending());
        });
        assert!(
            sentry.envelopes().is_empty(),
            "{what}: {:?}",
            sentry.names()
        );
    }
    // And where there is no Sentry at all.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    assert_eq!(runtime.block_on(in_both(async { done(1) })), Ok(1));
}
