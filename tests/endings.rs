//! How a program ends decides what still reaches Sentry: real processes, which send to a Sentry on loopback.

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

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use sentry::protocol::EnvelopeItem;
use sentry::transports::DefaultTransportFactory;
use sentry::{ClientInitGuard, ClientOptions, Envelope, Hub};
use sentry_openai::{Client, OpenAiIntegration};
use tokio::runtime::Runtime;

use model::*;
use support::{Reply, Server, bound};

const PATIENCE: Duration = Duration::from_secs(60);

/// How a program ends whose task is reading a stream.
#[derive(Clone, Copy, Debug)]
enum Ending {
    /// The runtime is dropped, and then Sentry's guard: as in the README.
    RuntimeThenGuard,
    GuardThenRuntime,
    /// The guard is within `#[tokio::main]`.
    GuardWithinMain,
    Panic,
    Exit,
    Abort,
}

impl Ending {
    const ALL: [Self; 6] = [
        Self::RuntimeThenGuard,
        Self::GuardThenRuntime,
        Self::GuardWithinMain,
        Self::Panic,
        Self::Exit,
        Self::Abort,
    ];

    fn keeps_open_streams(self) -> bool {
        matches!(self, Self::RuntimeThenGuard | Self::Panic)
    }

    /// The program.
    fn run(self, dsn: &str, model: &str, calls: usize) {
        let init = || sentry::init(options().dsn(dsn));
        match self {
            Self::RuntimeThenGuard => {
                let guard = init();
                let runtime = Runtime::new().unwrap();
                runtime.block_on(open_streams(model, calls));
                drop(runtime);
                drop(guard);
            }
            Self::GuardThenRuntime => {
                let guard = init();
                let runtime = Runtime::new().unwrap();
                runtime.block_on(open_streams(model, calls));
                drop(guard);
                drop(runtime);
            }
            Self::GuardWithinMain => {
                let main = async {
                    let _guard: ClientInitGuard = init();
                    open_streams(model, calls).await;
                };
                Runtime::new().unwrap().block_on(main);
            }
            Self::Panic => {
                let _guard = init();
                let runtime = Runtime::new().unwrap();
                runtime.block_on(open_streams(model, calls));
                panic!("as the test wants it");
            }
            Self::Exit | Self::Abort => {
                let _guard = init();
                let runtime = Runtime::new().unwrap();
                runtime.block_on(open_streams(model, calls));
                if matches!(self, Self::Exit) {
                    std::process::exit(0);
                }
                std::process::abort();
            }
        }
    }
}

/// Opens streams below transactions that finish, each in a task that reads on.
async fn open_streams(model: &str, calls: usize) {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let client = Client::builder().base_url(model).http_client(http);
    let client = client.build().unwrap();
    for _ in 0..calls {
        let client = client.clone();
        let (read, has_read) = tokio::sync::oneshot::channel();
        tokio::spawn(bound(async move {
            let transaction = begin("parent");
            let mut stream = open(&client).await;
            transaction.finish();
            read_two(&mut stream).await;
            read.send(()).unwrap();
            std::future::pending::<()>().await;
        }));
        has_read.await.unwrap();
        // The transactions are not what this is about.
        Hub::current().client().unwrap().flush(Some(PATIENCE));
    }
}

/// The names of all spans that have come to the server in place of Sentry.
fn arrived(sentry: &Server) -> Vec<String> {
    let envelopes = sentry.requests().into_iter();
    let items =
        envelopes.flat_map(|request| Envelope::from_slice(&request.body).unwrap().into_items());
    let mut names = Vec::new();
    for item in items {
        if let EnvelopeItem::Transaction(transaction) = item {
            names.extend(transaction.name);
            names.extend(
                transaction
                    .spans
                    .into_iter()
                    .filter_map(|span| span.description),
            );
        }
    }
    names
}

fn count(names: &[String], name: &str) -> usize {
    names.iter().filter(|other| *other == name).count()
}

fn dsn(server: &Server) -> String {
    server.origin().replace("http://", "http://public@") + "/1"
}

/// Runs the program in a process of its own: this test again, told so by its environment.
async fn program(ending: Ending, calls: usize) -> Vec<String> {
    let (model, sentry) = (Server::start().await, Server::start().await);
    model.reply_always(two_chunks().stall());
    sentry.reply_always(Reply::json(200, &serde_json::json!({})));
    let mut program = Command::new(std::env::current_exe().unwrap());
    program
        .args(["--exact", "the_program", "--include-ignored"])
        .env("ENDING", format!("{ending:?}"))
        .env("DSN", dsn(&sentry))
        .env("MODEL", model.url())
        .env("CALLS", calls.to_string());
    program.output().unwrap();
    arrived(&sentry)
}

#[test]
#[ignore = "it is the program that the other tests run"]
fn the_program() {
    let var = |name| std::env::var(name).unwrap();
    let Ok(wanted) = std::env::var("ENDING") else {
        return;
    };
    let ending = Ending::ALL
        .into_iter()
        .find(|ending| format!("{ending:?}") == wanted);
    ending
        .unwrap()
        .run(&var("DSN"), &var("MODEL"), var("CALLS").parse().unwrap());
}

#[tokio::test]
async fn open_streams_arrive_where_sentrys_guard_outlives_the_runtime() {
    for ending in Ending::ALL {
        let names = program(ending, 1).await;
        assert_eq!(count(&names, "parent"), 1, "{ending:?}: {names:?}");
        let expected = usize::from(ending.keeps_open_streams());
        assert_eq!(count(&names, CHAT), expected, "{ending:?}: {names:?}");
    }
}

#[tokio::test]
async fn many_open_streams_arrive_when_the_runtime_shuts_down() {
    let names = program(Ending::RuntimeThenGuard, 100).await;
    assert_eq!((count(&names, "parent"), count(&names, CHAT)), (100, 100));
}

/// Sentry's queue holds 30 envelopes, and what does not fit is lost.
#[test]
fn five_hundred_late_calls_of_as_many_traces_end_at_once_and_none_is_lost_nor_anything_of_the_users()
 {
    const CALLS: usize = 500;
    let runtime = Runtime::new().unwrap();
    let (model, sentry) =
        runtime.block_on(async { (Server::start().await, Server::start().await) });
    model.reply_always(whole_stream());
    sentry.reply_always(Reply::json(200, &serde_json::json!({})));
    let options = ClientOptions::new()
        .dsn(&dsn(&sentry))
        .traces_sample_rate(1.0)
        .transport(DefaultTransportFactory)
        .add_integration(OpenAiIntegration::new());
    let client = Arc::new(sentry::Client::from(options));
    let hub = Arc::new(Hub::new(Some(client.clone()), Arc::default()));
    let test = async {
        let openai = crate::model::client(&model);
        let mut streams = Vec::new();
        for n in 0..CALLS {
            let transaction = begin("parent");
            streams.push(open(&openai).await);
            activate(None);
            transaction.finish();
            if n % 8 == 0 {
                client.flush(Some(PATIENCE));
            }
        }
        client.flush(Some(PATIENCE));
        futures::future::join_all(streams.into_iter().map(read)).await;
        for _ in 0..10 {
            begin("the user's").finish();
        }
        let all = async {
            while count(&arrived(&sentry), CHAT) < CALLS {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let _ = tokio::time::timeout(PATIENCE, all).await;
    };
    runtime.block_on(sentry::SentryFutureExt::bind_hub(test, hub));
    client.flush(Some(PATIENCE));
    let names = arrived(&sentry);
    let counts = ["parent", CHAT, "the user's"].map(|name| count(&names, name));
    assert_eq!(counts, [CALLS, CALLS, 10]);
}
