//! A call that is dropped together with its transaction: nobody will finish that one.

use std::sync::Arc;

use sentry::{Hub, SentryFutureExt};

use crate::model::*;
use crate::support::{Gate, Reply, Sentry, Server, bound};

/// How far the call has got when it is dropped.
#[derive(Clone, Copy, Debug)]
enum At {
    BeforeTheHead,
    InTheStream,
}

impl At {
    const ALL: [Self; 2] = [Self::BeforeTheHead, Self::InTheStream];

    fn reply(self, gate: &Gate) -> Reply {
        match self {
            Self::BeforeTheHead => whole_stream().pause_before_head(gate),
            Self::InTheStream => held_stream(gate),
        }
    }
}

fn check(sentry: &Sentry, what: &str) {
    assert!(sentry.spans_named("parent").is_empty(), "{what}");
    let call = sentry.span(CHAT);
    assert_eq!(call.status.as_deref(), Some("cancelled"), "{what}");
    assert!(
        call.is_transaction && call.parent_span_id.is_some(),
        "{what}"
    );
    check_attempt(sentry, &call);
}

/// What owns a transaction, and makes a call in it.
async fn owner(client: sentry_openai::Client, in_a_span: bool) {
    let transaction = begin("parent");
    let span = transaction.start_child("test", "inner");
    if in_a_span {
        activate(Some(span.clone().into()));
    }
    read(open(&client).await).await;
    span.finish();
    transaction.finish();
}

#[test]
fn a_timeout_around_the_future_that_owns_the_transaction_loses_no_call() {
    for at in At::ALL {
        for in_a_span in [false, true] {
            let sentry = sentry();
            sentry.run(async {
                let server = Server::start().await;
                let gate = Gate::new();
                server.reply(at.reply(&gate));
                let owner = bound(owner(client(&server), in_a_span));
                // As `tokio::time::timeout` does: what owns the transaction is dropped where it is awaited.
                tokio::select! {
                    () = owner => unreachable!("the reply is held back"),
                    () = gate.reached() => {}
                }
                server.wait_for_disconnect().await;
            });
            check(&sentry, &format!("{at:?}, in a span: {in_a_span}"));
        }
    }
}

#[test]
fn an_abort_or_a_shutdown_of_the_task_that_owns_the_transaction_loses_no_call() {
    for at in At::ALL {
        for in_a_span in [false, true] {
            for aborts in [false, true] {
                let sentry = sentry();
                let server = futures::executor::block_on(Server::start());
                let gate = Gate::new();
                server.reply(at.reply(&gate));
                let client = client(&server);
                sentry.run(async {
                    let task = tokio::spawn(bound(owner(client, in_a_span)));
                    gate.reached().await;
                    if aborts {
                        task.abort();
                        assert!(task.await.unwrap_err().is_cancelled());
                    }
                });
                let call = sentry.span(CHAT);
                let status = call.status.as_deref();
                // At a shutdown its connection may end before it is dropped.
                assert!(
                    matches!(status, Some("cancelled" | "internal_error")),
                    "{call:#?}"
                );
                assert!(call.parent_span_id.is_some());
                if status == Some("cancelled") {
                    check(
                        &sentry,
                        &format!("{at:?}, in a span: {in_a_span}, aborts: {aborts}"),
                    );
                }
            }
        }
    }
}

/// A limit on the call alone, whose transaction goes on.
#[test]
fn a_call_that_is_dropped_within_its_active_transaction_stays_there() {
    for parent in [Parent::Transaction, Parent::Span] {
        for at in At::ALL {
            let sentry = sentry();
            let begun = sentry.run(async {
                let server = Server::start().await;
                let gate = Gate::new();
                server.reply(at.reply(&gate));
                let client = client(&server);
                let work = async {
                    let mut begun = parent.begin();
                    tokio::select! {
                        biased;
                        () = async { drop(read(open(&client).await).await) } => unreachable!(),
                        () = gate.reached() => {}
                    }
                    server.wait_for_disconnect().await;
                    begun.finish();
                    begun
                };
                work.bind_hub(Arc::new(Hub::new_from_top(Hub::current())))
                    .await
            });
            begun.check(&sentry, &sentry.span(CHAT));
        }
    }
}
