//! A call that is not recorded works all the same.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sentry::{
    Client, ClientOptions, Envelope, Hub, SentryFutureExt, TransactionContext, Transport,
};
use sentry_openai::OpenAiIntegration;
use serde_json::Value;

use crate::model::*;
use crate::support::{Gate, Sentry, Server};

async fn every_call() {
    let server = Server::start().await;
    let client = client(&server);
    for way in Way::ALL {
        server.reply_at(way.path(), way.reply());
        way.call(&client).await;
        let gate = Gate::new();
        server.reply_at(way.path(), way.reply().pause_before_head(&gate));
        let call = tokio::spawn({
            let client = client.clone();
            async move { way.call(&client).await }.bind_hub(Hub::current())
        });
        gate.reached().await;
        call.abort();
        assert!(call.await.unwrap_err().is_cancelled());
    }
    server.reply(two_chunks().stall());
    let mut stream = open(&client).await;
    read_two(&mut stream).await;
}

#[test]
fn calls_work_where_nothing_is_to_be_recorded() {
    let integration = OpenAiIntegration::new;
    let table = [
        (
            "no integration",
            ClientOptions::new().traces_sample_rate(1.0),
        ),
        (
            "tracing off",
            ClientOptions::new().add_integration(integration()),
        ),
        (
            "a sample rate of 0",
            ClientOptions::new()
                .traces_sample_rate(0.0)
                .add_integration(integration()),
        ),
        (
            "a sampler that says no",
            ClientOptions::new()
                .traces_sampler(|_: &TransactionContext| 0.0)
                .add_integration(integration()),
        ),
    ];
    for (what, options) in table {
        let sentry = Sentry::new(options);
        sentry.run(every_call());
        assert!(sentry.envelopes().is_empty(), "{what}");
        sentry.run(async {
            let parent = begin("parent");
            every_call().await;
            parent.finish();
        });
        let spans = sentry.spans();
        assert!(
            spans.iter().all(|span| span.name == "parent"),
            "{what}: {spans:#?}"
        );
        assert_eq!(spans.len(), usize::from(what == "no integration"), "{what}");
    }
}

#[test]
fn calls_work_without_a_client() {
    let sentry = sentry();
    sentry.run(every_call().bind_hub(Arc::new(Hub::new(None, Arc::default()))));
    assert!(sentry.envelopes().is_empty());
}

#[test]
fn calls_work_without_a_dsn() {
    #[derive(Default)]
    struct Counting(AtomicUsize);

    impl Transport for Counting {
        fn send_envelope(&self, _: Envelope) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    let counting = Arc::new(Counting::default());
    let client = Client::from(options().transport(counting.clone()));
    let hub = Arc::new(Hub::new(Some(Arc::new(client)), Arc::default()));
    sentry().run(
        async {
            every_call().await;
            let parent = begin("parent");
            every_call().await;
            parent.finish();
        }
        .bind_hub(hub),
    );
    assert_eq!(counting.0.load(Ordering::SeqCst), 0);
}

#[test]
fn calls_below_an_unsampled_parent_work() {
    for nested in [false, true] {
        let sentry = sentry();
        sentry.run(async {
            let mut context = TransactionContext::new("parent", "test");
            context.set_sampled(false);
            let parent = sentry::start_transaction(context);
            let child = parent.start_child("test", "child");
            activate(Some(if nested {
                child.clone().into()
            } else {
                parent.clone().into()
            }));
            every_call().await;
            child.finish();
            parent.finish();
        });
        assert!(sentry.transactions().is_empty());
    }
}

#[test]
fn an_unsampled_call_is_counted_as_sentry_counts_its_own_transactions() {
    fn reported(sentry: &Sentry) -> Vec<Value> {
        // The next envelope carries the report.
        sentry.hub().capture_message("next", sentry::Level::Info);
        let text = String::from_utf8(sentry.bytes()).unwrap();
        let lines = text
            .lines()
            .filter(|line| line.contains("discarded_events"));
        lines
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .map(|report| report["discarded_events"].clone())
            .collect()
    }

    let unsampled = || options().traces_sample_rate(0.0);
    let theirs = Sentry::new(unsampled());
    theirs.run(async { begin("parent").finish() });
    let ours = Sentry::new(unsampled());
    ours.run(async {
        let server = Server::start().await;
        server.reply(completion("chatcmpl-1"));
        Way::Chat.call(&client(&server)).await;
    });
    let reported_of_theirs = reported(&theirs);
    assert!(!reported_of_theirs.is_empty());
    assert_eq!(reported(&ours), reported_of_theirs);
}
