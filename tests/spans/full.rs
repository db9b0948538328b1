//! A transaction has room for some spans only; calls past that travel in others of the same trace.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use futures::StreamExt;
use sentry::{ClientOptions, Envelope};
use sentry_openai::{Client, Error, OpenAiIntegration, agent, chat};

use crate::model::*;
use crate::support::{Sentry, Server, bound};

/// What Sentry takes at most, in bytes.
const LARGEST: usize = 1_000_000;

/// Where many calls stand.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Below {
    Transaction,
    Span,
    Agent,
    /// An agent that is itself a transaction.
    RootAgent,
}

impl Below {
    const ALL: [Self; 4] = [Self::Transaction, Self::Span, Self::Agent, Self::RootAgent];

    /// Makes so many calls, some at a time, and as many spans of the user's own as given.
    async fn run(self, client: &Client, calls: usize, own: usize) {
        let make = async || {
            let request = chat::Request::new("gpt-4o", [chat::Message::user("x".repeat(2_000))]);
            let asked = futures::stream::iter(0..calls)
                .map(|_| Box::pin(async { client.chat().completions().create(&request).await }))
                .buffer_unordered(16);
            assert_eq!(
                asked
                    .filter(|answer| std::future::ready(answer.is_ok()))
                    .count()
                    .await,
                calls
            );
        };
        let agent = async || {
            let run = agent::invoke_agent("planner").run(async {
                make().await;
                Ok::<_, Error>(())
            });
            run.await.unwrap();
        };
        if self == Self::RootAgent {
            return agent().await;
        }
        let transaction = begin("parent");
        for n in 0..own {
            transaction
                .start_child("db", &format!("query {n}"))
                .finish();
        }
        let span = transaction.start_child("test", "inner");
        match self {
            Self::Transaction => make().await,
            Self::Span => {
                activate(Some(span.clone().into()));
                make().await;
            }
            Self::Agent | Self::RootAgent => agent().await,
        }
        activate(None);
        span.finish();
        transaction.finish();
    }

    fn parent(self) -> &'static str {
        match self {
            Self::Transaction => "parent",
            Self::Span => "inner",
            Self::Agent | Self::RootAgent => "invoke_agent planner",
        }
    }
}

fn sizes(sentry: &Sentry) -> Vec<usize> {
    let size = |envelope: Envelope| {
        let mut bytes = Vec::new();
        envelope.to_writer(&mut bytes).unwrap();
        bytes.len()
    };
    sentry.envelopes().into_iter().map(size).collect()
}

#[test]
fn twelve_hundred_calls_in_one_transaction_all_arrive_and_the_users_own_spans() {
    const CALLS: usize = 1_200;
    const OWN: usize = 400;
    for below in Below::ALL {
        for http_spans in [true, false] {
            let what = format!("{below:?}, http spans: {http_spans}");
            let sentry = Sentry::new(
                ClientOptions::new()
                    .traces_sample_rate(1.0)
                    .send_default_pii(true)
                    .add_integration(OpenAiIntegration::new().http_spans(http_spans)),
            );
            sentry.run(async {
                let server = Server::start().await;
                server.reply_always(completion("chatcmpl-1"));
                below.run(&client(&server), CALLS, OWN).await;
            });
            let parent = sentry.span(below.parent());
            let spans = sentry.spans();
            let calls: Vec<_> = spans
                .iter()
                .filter(|span| span.op == "gen_ai.chat")
                .collect();
            let ids: HashSet<_> = calls.iter().map(|call| &call.span_id).collect();
            assert_eq!((calls.len(), ids.len()), (CALLS, CALLS), "{what}");
            for call in calls {
                assert_eq!(
                    call.parent_span_id.as_ref(),
                    Some(&parent.span_id),
                    "{what}"
                );
                assert_eq!(call.trace_id, parent.trace_id, "{what}");
                assert_eq!(call.status.as_deref(), Some("ok"), "{what}");
            }
            let attempts = spans.iter().filter(|span| span.op == "http.client");
            let called = attempts
                .map(|attempt| attempt.parent_span_id.as_ref().unwrap())
                .collect::<HashSet<_>>();
            let expected = if http_spans { CALLS } else { 0 };
            assert_eq!(called.len(), expected, "{what}");
            assert!(called.is_subset(&ids), "{what}");
            if below != Below::RootAgent {
                assert_eq!(sentry.spans_with_op("db").len(), OWN, "{what}");
            }
            // Many in each, not one.
            assert!(
                sentry.transactions().len() < 100,
                "{what}: {}",
                sentry.transactions().len()
            );
            let largest = sizes(&sentry).into_iter().max().unwrap();
            assert!(largest < LARGEST, "{what}: {largest}");
        }
    }
}

#[test]
fn late_calls_of_one_trace_that_end_together_share_transactions() {
    const CALLS: usize = 40;
    let sentry = sentry();
    sentry.run(async {
        let server = Server::start().await;
        for _ in 0..CALLS {
            server.reply(whole_stream());
        }
        let client = client(&server);
        let mut begun = Parent::FinishedTransaction.begin();
        let streams = futures::future::join_all((0..CALLS).map(|_| open(&client))).await;
        begun.call_is_under_way();
        futures::future::join_all(streams.into_iter().map(read)).await;
    });
    let calls = sentry.spans_named(CHAT);
    assert_eq!(calls.len(), CALLS);
    for call in &calls {
        Ending::Read.check(call);
        check_attempt(&sentry, call);
    }
    assert!(sentry.transactions().len() < CALLS / 2);
}

#[test]
fn calls_that_share_a_transaction_have_the_same_user_and_tags() {
    let sentry = sentry();
    sentry.run(async {
        let server = Server::start().await;
        let client = client(&server);
        let mut begun = Parent::FinishedTransaction.begin();
        let mut streams = Vec::new();
        for n in 0..30 {
            server.reply(whole_stream());
            let client = client.clone();
            let open = async move {
                sentry::configure_scope(|scope| scope.set_tag("team", n % 3));
                open(&client).await
            };
            streams.push(bound(open).await);
        }
        begun.call_is_under_way();
        futures::future::join_all(streams.into_iter().map(read)).await;
    });
    let teams = |n: usize| {
        let transactions = sentry.transactions();
        let of_team = transactions
            .iter()
            .filter(|transaction| transaction.tags.get("team") == Some(&n.to_string()));
        of_team
            .map(|transaction| 1 + transaction.spans.len() / 2)
            .sum::<usize>()
    };
    assert_eq!([0, 1, 2].map(teams), [10, 10, 10]);
}

/// What waits goes out by itself as well, while the runtime goes on.
#[test]
fn what_waits_to_share_a_transaction_does_not_wait_long() {
    let sentry = sentry();
    let arrived = sentry.run(async {
        let server = Server::start().await;
        server.reply_always(whole_stream());
        let client = client(&server);
        let mut begun = Parent::FinishedTransaction.begin();
        let streams = futures::future::join_all((0..4).map(|_| open(&client))).await;
        begun.call_is_under_way();
        futures::future::join_all(streams.into_iter().map(read)).await;
        let begun = Instant::now();
        while sentry.spans_named(CHAT).len() < 4 && begun.elapsed() < Duration::from_secs(30) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        sentry.spans_named(CHAT).len()
    });
    assert_eq!(arrived, 4);
}
