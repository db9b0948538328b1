//! However a call ends, its span is sent once, with what had arrived, and in its place.

use std::cell::RefCell;
use std::thread;

use futures::poll;
use sentry::{ClientOptions, Hub, SentryFutureExt, TransactionContext};
use sentry_openai::{Client, EventStream, OpenAiIntegration, chat};

use crate::model::*;
use crate::support::{Gate, Sentry, Server, bound};

#[test]
fn a_stream_is_recorded_as_it_ended_wherever_its_parent_is_by_then() {
    for parent in Parent::ALL {
        for ending in Ending::ALL {
            let sentry = sentry();
            let mut begun = sentry.run(async {
                let server = Server::start().await;
                server.reply(ending.reply());
                let client = ending.client(&server);
                let mut begun = parent.begin();
                let stream = open(&client).await;
                begun.call_is_under_way();
                drop(ending.read(stream).await);
                begun.finish();
                begun
            });
            begun.finish();
            let call = sentry.span(CHAT);
            ending.check(&call);
            check_attempt(&sentry, &call);
            begun.check(&sentry, &call);
        }
    }
}

/// Where the last of a call may be dropped.
#[derive(Clone, Copy, Debug)]
enum Place {
    Task,
    BlockingThread,
    PlainThread,
    /// In a thread-local's destructor, on a thread that used Sentry before that thread-local, after it, both, or
    /// not at all.
    ThreadLocal(Use),
}

#[derive(Clone, Copy, Debug)]
enum Use {
    Before,
    After,
    CallBeforeAndIdAfter,
    Never,
}

impl Place {
    const ALL: [Self; 7] = [
        Self::Task,
        Self::BlockingThread,
        Self::PlainThread,
        Self::ThreadLocal(Use::Before),
        Self::ThreadLocal(Use::After),
        Self::ThreadLocal(Use::CallBeforeAndIdAfter),
        Self::ThreadLocal(Use::Never),
    ];

    async fn drop(self, value: impl Send + 'static) {
        match self {
            Self::Task => tokio::spawn(async move { drop(value) }).await.unwrap(),
            Self::BlockingThread => tokio::task::spawn_blocking(move || drop(value))
                .await
                .unwrap(),
            Self::PlainThread => thread::spawn(move || drop(value)).join().unwrap(),
            Self::ThreadLocal(used) => thread::spawn(move || {
                match used {
                    Use::Before => drop(Hub::current()),
                    Use::CallBeforeAndIdAfter => {
                        let client = nowhere();
                        let failed = futures::executor::block_on(client.models().list());
                        assert!(failed.is_err());
                    }
                    Use::After | Use::Never => {}
                }
                keep(value);
                match used {
                    Use::After => drop(Hub::current()),
                    Use::CallBeforeAndIdAfter => drop(TransactionContext::new("later", "test")),
                    Use::Before | Use::Never => {}
                }
            })
            .join()
            .unwrap(),
        }
    }
}

thread_local! {
    static KEPT: RefCell<Vec<Box<dyn Send>>> = const { RefCell::new(Vec::new()) };
}

/// Keeps a value until the thread ends.
fn keep(value: impl Send + 'static) {
    KEPT.with_borrow_mut(|kept| kept.push(Box::new(value)));
}

#[test]
fn a_stream_may_be_dropped_anywhere() {
    for place in Place::ALL {
        for parent in Parent::ALL {
            for ending in [Ending::DroppedAfterTwoChunks, Ending::NeverRead] {
                let what = format!("{place:?}, {parent:?}, {ending:?}");
                let sentry = sentry();
                let begun = sentry.run(async {
                    let server = Server::start().await;
                    server.reply(ending.reply());
                    let client = client(&server);
                    let mut begun = parent.begin();
                    let stream = open(&client).await;
                    begun.call_is_under_way();
                    place.drop(ending.read(stream).await.unwrap()).await;
                    server.wait_for_disconnect().await;
                    begun.finish();
                    begun
                });
                assert_eq!(sentry.spans_named(CHAT).len(), 1, "{what}");
                let call = sentry.span(CHAT);
                ending.check(&call);
                check_attempt(&sentry, &call);
                begun.check_dropped_elsewhere(&sentry, &call);
            }
        }
    }
}

#[test]
fn a_call_may_be_dropped_anywhere_while_it_waits_for_the_head() {
    for place in Place::ALL {
        for parent in Parent::ALL {
            for way in Way::ALL {
                let what = format!("{place:?}, {parent:?}, {way:?}");
                let sentry = sentry();
                let begun = sentry.run(async {
                    let server = Server::start().await;
                    let gate = Gate::new();
                    server.reply(way.reply().pause_before_head(&gate));
                    let client = client(&server);
                    let mut begun = parent.begin();
                    let mut call = Box::pin(async move { way.call(&client).await });
                    tokio::select! {
                        biased;
                        () = &mut call => unreachable!("the head is held back"),
                        () = gate.reached() => {}
                    }
                    begun.call_is_under_way();
                    place.drop(call).await;
                    server.wait_for_disconnect().await;
                    begun.finish();
                    begun
                });
                let call = sentry.span(way.span_name());
                assert_eq!(call.status.as_deref(), Some("cancelled"), "{what}");
                assert!(call.get("error.type").is_null(), "{what}");
                assert!(
                    !call.get("gen_ai.input.messages").is_null() || matches!(way, Way::Embeddings)
                );
                check_attempt(&sentry, &call);
                let attempt = &sentry.spans_with_op("http.client")[0];
                assert_eq!(attempt.status.as_deref(), Some("cancelled"), "{what}");
                begun.check_dropped_elsewhere(&sentry, &call);
            }
        }
    }
}

#[test]
fn a_call_may_be_kept_until_the_thread_that_polled_it_ends() {
    for parent in Parent::ALL {
        for keep_first in [true, false] {
            let sentry = sentry();
            let server = futures::executor::block_on(Server::start());
            server.reply(two_chunks().stall());
            let client = client(&server);
            let hub = sentry.hub();
            let mut begun = thread::spawn(move || {
                if keep_first {
                    keep(());
                }
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap();
                let call = async {
                    let mut begun = parent.begin();
                    let mut stream = open(&client).await;
                    begun.call_is_under_way();
                    read_two(&mut stream).await;
                    (begun, stream)
                };
                let (begun, stream) = runtime.block_on(call.bind_hub(hub));
                keep(stream);
                begun
            })
            .join()
            .unwrap();
            sentry.run(async { begun.finish() });
            let call = sentry.span(CHAT);
            Ending::DroppedAfterTwoChunks.check(&call);
            check_attempt(&sentry, &call);
            begun.check_dropped_elsewhere(&sentry, &call);
        }
    }
}

#[test]
fn a_call_that_is_never_polled_sends_nothing() {
    for parent in [Parent::None, Parent::Transaction] {
        let sentry = sentry();
        sentry.run(async {
            let server = Server::start().await;
            let client = client(&server);
            let mut begun = parent.begin();
            for way in Way::ALL {
                drop(way.call(&client));
            }
            drop(client.models().list());
            begun.finish();
            assert_eq!(server.connections(), 0);
        });
        let spans = sentry.spans();
        assert!(spans.iter().all(|span| span.name == "parent"), "{spans:?}");
        assert!(spans.iter().all(|span| span.data.is_empty()), "{spans:?}");
    }
}

#[test]
fn a_call_dropped_after_its_first_poll_is_cancelled() {
    for parent in Parent::ALL {
        let sentry = sentry();
        let begun = sentry.run(async {
            let server = Server::start().await;
            server.reply_always(Way::Chat.reply().stall_before_head());
            let client = client(&server);
            let mut begun = parent.begin();
            let mut call = Box::pin(Way::Chat.call(&client));
            assert!(poll!(&mut call).is_pending());
            begun.call_is_under_way();
            drop(call);
            begun.finish();
            begun
        });
        let call = sentry.span(CHAT);
        assert_eq!(call.status.as_deref(), Some("cancelled"));
        begun.check(&sentry, &call);
    }
}

#[test]
fn a_spawned_call_whose_runtime_shuts_down_is_not_lost() {
    for parent in [
        Parent::None,
        Parent::FinishedTransaction,
        Parent::FinishedSpan,
    ] {
        let sentry = sentry();
        let server = futures::executor::block_on(Server::start());
        server.reply(two_chunks().stall());
        let client = client(&server);
        let begun = sentry.run(async {
            let mut begun = parent.begin();
            let (sender, receiver) = tokio::sync::oneshot::channel();
            tokio::spawn(bound(async move {
                let mut stream = open(&client).await;
                read_two(&mut stream).await;
                sender.send(()).unwrap();
                read(stream).await;
            }));
            receiver.await.unwrap();
            begun.call_is_under_way();
            begun
        });
        let call = sentry.span(CHAT);
        // Its connection is shut down as well, and it may see that before it is dropped.
        let status = call.status.as_deref();
        assert!(
            matches!(status, Some("cancelled" | "internal_error")),
            "{call:#?}"
        );
        assert_eq!(call.get("gen_ai.response.id"), "chatcmpl-s");
        sentry.run(async { begun.check(&sentry, &call) });
    }
}

#[test]
fn a_stream_that_is_polled_on_after_its_end_or_dropped_then_is_recorded_once() {
    for ending in [Ending::Read, Ending::Cut, Ending::ErrorMidway] {
        let sentry = sentry();
        sentry.run(async {
            let server = Server::start().await;
            server.reply(ending.reply());
            let mut stream: EventStream<chat::Chunk> = open(&client(&server)).await;
            while let Some(Ok(_)) = stream.next().await {}
            assert!(stream.next().await.is_none());
            assert!(stream.next().await.is_none());
            assert_eq!(sentry.transactions().len(), 1);
        });
        ending.check(&sentry.span(CHAT));
    }
}

#[test]
fn early_errors_end_after_their_start() {
    for parent in [Parent::None, Parent::Transaction, Parent::Span] {
        for http_spans in [true, false] {
            let sentry = Sentry::new(
                ClientOptions::new()
                    .traces_sample_rate(1.0)
                    .add_integration(OpenAiIntegration::new().http_spans(http_spans)),
            );
            let server = futures::executor::block_on(Server::start());
            let refused = nowhere();
            let client = client(&server);
            sentry.run(async {
                let mut begun = parent.begin();
                let result = refused.chat().completions().create(&question()).await;
                assert!(result.unwrap_err().is_connect());
                begun.finish();
            });
            Hub::run(sentry.hub(), || {
                let mut begun = parent.begin();
                // Without a runtime nothing is even tried.
                let request = question();
                let call = async { client.chat().completions().create(&request).await };
                let result = futures::executor::block_on(call);
                assert!(matches!(result, Err(sentry_openai::Error::Config(_))));
                begun.finish();
            });
            let calls = sentry.spans_named(CHAT);
            assert_eq!(calls.len(), 2);
            assert_eq!(calls[0].status.as_deref(), Some("internal_error"));
            assert_eq!(calls[0].get("error.type"), "connect");
            assert_ne!(calls[1].status.as_deref(), Some("ok"));
            assert!(!calls[1].get("error.type").is_null());
            assert_eq!(
                sentry.spans_with_op("http.client").len(),
                usize::from(http_spans)
            );
            for span in sentry.spans() {
                assert!(span.end > span.start, "{span:#?}");
            }
        }
    }
}

#[test]
fn a_span_holds_nothing_of_the_span_before_it() {
    let sentry = sentry();
    sentry.run(async {
        let server = Server::start().await;
        server.reply(completion("chatcmpl-1"));
        let transaction = begin("parent");
        let create = async |client: Client, request| {
            let answer = client.chat().completions().create(&request).await;
            answer.is_ok()
        };
        assert!(!create(nowhere(), question().temperature(0.5)).await);
        assert!(create(client(&server), question()).await);
        transaction.finish();
    });
    for (op, gone, new) in [
        (
            "gen_ai.chat",
            ["error.type", "gen_ai.request.temperature"].as_slice(),
            "gen_ai.response.id",
        ),
        ("http.client", &["error.type"], "http.response.status_code"),
    ] {
        let [before, after] = sentry.spans_with_op(op).try_into().unwrap();
        assert!(gone.iter().all(|name| before.data.contains_key(*name)));
        assert!(gone.iter().all(|name| !after.data.contains_key(*name)));
        assert!(!before.data.contains_key(new) && after.data.contains_key(new));
        assert!(after.data.values().all(|value| !value.is_null()));
    }
}

/// A client of a server that is not there.
fn nowhere() -> Client {
    Client::builder()
        .base_url("http://127.0.0.1:1/v1")
        .http_client(reqwest::Client::builder().no_proxy().build().unwrap())
        .max_retries(0)
        .build()
        .unwrap()
}
