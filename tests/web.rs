//! A model's answer behind a web server: axum, sentry-tower, tower-http's `TraceLayer` and `#[instrument]`.

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

use std::sync::{Arc, Mutex, Once, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use axum::routing::get;
use futures::StreamExt;
use futures::future::join_all;
use sentry::integrations::tower::{NewSentryLayer, SentryHttpLayer};
use sentry::integrations::tracing::SpanLayer;
use sentry::{Hub, SentryFutureExt, TransactionOrSpan};
use sentry_openai::{Client, Error, EventStream, chat};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tower_http::trace::TraceLayer;
use tracing::{Instrument, instrument};
use tracing_subscriber::layer::SubscriberExt;

use model::*;
use support::{Gate, Sentry, Server, SpanView, bound};

/// Where `TraceLayer` stands, seen from Sentry's layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trace {
    Absent,
    Outside,
    Inside,
}

impl Trace {
    const ALL: [Self; 3] = [Self::Absent, Self::Outside, Self::Inside];
}

/// Handlers that hand a model's stream on to the browser, each in its own way.
const HANDING_ON: [&str; 6] = [
    "/plain",
    "/instrumented",
    "/helper",
    "/reader",
    "/reader_in_span",
    "/reader_unbound",
];

/// What the handlers share.
#[derive(Clone)]
struct App {
    model: Client,
    /// The trace and span that were active when calls started.
    active: Arc<Mutex<Vec<(String, String)>>>,
}

impl App {
    fn new(model: Client) -> Self {
        Self {
            model,
            active: Arc::default(),
        }
    }

    /// Serves it behind what sentry-actix does, and gives the address: the request has a hub of its own and a
    /// transaction, which is finished only where the handler comes to its end.
    async fn serve_as_actix(&self) -> String {
        async fn middleware(request: Request, next: Next) -> Response {
            let hub = Arc::new(Hub::new_from_top(Hub::main()));
            let name = format!("GET {}", request.uri().path());
            let context = sentry::TransactionContext::new(&name, "http.server");
            let transaction = hub.start_transaction(context);
            hub.configure_scope(|scope| scope.set_span(Some(transaction.clone().into())));
            let response = next.run(request).bind_hub(hub).await;
            transaction.finish();
            response
        }
        let router = Self::routes().layer(axum::middleware::from_fn(middleware));
        Self::listen(router.with_state(self.clone())).await
    }

    /// Serves it, and gives the address.
    async fn serve(&self, trace: Trace) -> String {
        let traced = |router: Router<Self>, place| {
            if trace == place {
                router.layer(TraceLayer::new_for_http())
            } else {
                router
            }
        };
        let router = traced(Self::routes(), Trace::Inside)
            .layer(SentryHttpLayer::new().enable_transaction())
            .layer(NewSentryLayer::<Request>::new_from_top());
        Self::listen(traced(router, Trace::Outside).with_state(self.clone())).await
    }

    fn routes() -> Router<Self> {
        Router::new()
            .route("/plain", get(plain))
            .route("/instrumented", get(instrumented))
            .route("/helper", get(helper))
            .route("/reader", get(reader))
            .route("/reader_in_span", get(reader_in_span))
            .route("/reader_unbound", get(reader_unbound))
            .route("/whole", get(whole))
            .route("/whole_instrumented", get(whole_instrumented))
            .route("/whole/{n}", get(whole_of))
            .route("/stream/{n}", get(stream_of))
            .route("/awaited", get(awaited))
            .route("/awaited_instrumented", get(awaited_instrumented))
    }

    async fn listen(router: Router) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    }

    async fn open(&self) -> EventStream<chat::Chunk> {
        self.note_active();
        open(&self.model).await
    }

    fn note_active(&self) {
        let ids = match sentry::configure_scope(|scope| scope.get_span()).unwrap() {
            TransactionOrSpan::Transaction(transaction) => {
                let context = transaction.get_trace_context();
                (context.trace_id.to_string(), context.span_id.to_string())
            }
            TransactionOrSpan::Span(span) => (
                span.get_trace_context().trace_id.to_string(),
                span.get_span_id().to_string(),
            ),
        };
        self.active.lock().unwrap().push(ids);
    }

    /// Checks that the call's span stands below what was active when it started.
    fn check(&self, call: &SpanView) {
        let active = self.active.lock().unwrap();
        assert_eq!(active.len(), 1);
        assert_eq!(call.trace_id, active[0].0);
        assert_eq!(call.parent_span_id.as_ref(), Some(&active[0].1));
    }
}

async fn plain(State(app): State<App>) -> Body {
    body(app.open().await)
}

#[instrument(skip_all)]
async fn instrumented(State(app): State<App>) -> Body {
    body(app.open().await)
}

#[instrument(skip_all)]
async fn helper(State(app): State<App>) -> Body {
    #[instrument(skip_all)]
    async fn ask(app: &App) -> EventStream<chat::Chunk> {
        app.open().await
    }
    body(ask(&app).await)
}

async fn reader(State(app): State<App>) -> Body {
    let stream = app.open().await;
    through_channel(|sender| drop(tokio::spawn(bound(pass_on(stream, sender)))))
}

#[instrument(skip_all)]
async fn reader_in_span(State(app): State<App>) -> Body {
    let stream = app.open().await;
    through_channel(|sender| {
        drop(tokio::spawn(pass_on(stream, sender).in_current_span()));
    })
}

async fn reader_unbound(State(app): State<App>) -> Body {
    let stream = app.open().await;
    through_channel(|sender| drop(tokio::spawn(pass_on(stream, sender))))
}

async fn whole(State(app): State<App>) -> String {
    app.note_active();
    Way::Chat.call(&app.model).await;
    "whole".to_owned()
}

#[instrument(skip_all)]
async fn whole_instrumented(State(app): State<App>) -> String {
    let (text, _) = read(app.open().await).await;
    text
}

async fn awaited(State(app): State<App>) -> String {
    read(app.open().await).await.0
}

#[instrument(skip_all)]
async fn awaited_instrumented(State(app): State<App>) -> String {
    #[instrument(skip_all)]
    async fn ask(app: &App) -> String {
        read(app.open().await).await.0
    }
    ask(&app).await
}

/// Asks the model at a path of its own.
fn numbered(app: &App, n: &str) -> Client {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let origin = format!("{:?}", app.model);
    let origin = origin.split('"').nth(1).unwrap();
    Client::builder()
        .base_url(format!("{origin}/{n}"))
        .http_client(http)
        .max_retries(0)
        .build()
        .unwrap()
}

async fn whole_of(State(app): State<App>, Path(n): Path<String>) -> String {
    let model = numbered(&app, &n);
    let answer = model.chat().completions().create(&question()).await;
    serde_json::to_value(answer.unwrap()).unwrap()["id"].to_string()
}

#[instrument(skip_all)]
async fn stream_of(State(app): State<App>, Path(n): Path<String>) -> Body {
    body(open(&numbered(&app, &n)).await)
}

fn body(stream: EventStream<chat::Chunk>) -> Body {
    Body::from_stream(stream.map(|chunk| chunk.map(|chunk| Bytes::from(text_of(&chunk)))))
}

type Part = Result<Bytes, Error>;

fn through_channel(spawn: impl FnOnce(mpsc::Sender<Part>)) -> Body {
    let (sender, receiver) = mpsc::channel::<Part>(1);
    spawn(sender);
    Body::from_stream(futures::stream::unfold(receiver, |mut receiver| async {
        receiver.recv().await.map(|part| (part, receiver))
    }))
}

async fn pass_on(mut stream: EventStream<chat::Chunk>, sender: mpsc::Sender<Part>) {
    loop {
        let chunk = tokio::select! {
            chunk = stream.next() => chunk,
            () = sender.closed() => return,
        };
        let Some(chunk) = chunk else { return };
        let part = chunk.map(|chunk| Bytes::from(text_of(&chunk)));
        if sender.send(part).await.is_err() {
            return;
        }
    }
}

/// Runs a test in a process whose main hub has the client, as after `sentry::init`: one at a time.
fn run<F: Future>(test: impl FnOnce(Arc<Sentry>) -> F) -> (Arc<Sentry>, F::Output) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    static SUBSCRIBE: Once = Once::new();

    SUBSCRIBE.call_once(|| {
        let subscriber = tracing_subscriber::registry().with(SpanLayer::new());
        tracing::subscriber::set_global_default(subscriber).unwrap();
    });
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let sentry = Arc::new(sentry());
    Hub::main().bind_client(sentry.hub().client());
    let output = sentry.run(test(sentry.clone()));
    Hub::main().bind_client(None);
    (sentry, output)
}

async fn browse(address: &str, path: &str) -> reqwest::Response {
    let browser = reqwest::Client::builder().no_proxy().build().unwrap();
    let response = browser.get(format!("{address}{path}")).send().await;
    let response = response.unwrap();
    assert_eq!(response.status(), 200);
    response
}

/// Reads on until this text has come.
async fn read_until(response: &mut reqwest::Response, text: &str) {
    let mut read = Vec::new();
    while read != text.as_bytes() {
        read.extend(response.chunk().await.unwrap().unwrap());
    }
}

/// Checks that there is one model call, which came after its request's transaction.
fn the_call(sentry: &Sentry, path: &str, what: &str) -> SpanView {
    let request = sentry.span(&format!("GET {path}"));
    assert!(
        request.is_transaction && request.op == "http.server",
        "{what}"
    );
    assert_eq!(request.status.as_deref(), Some("ok"), "{what}");
    let call = sentry.span(CHAT);
    assert_eq!(call.trace_id, request.trace_id, "{what}");
    check_attempt(sentry, &call);
    call
}

#[test]
fn a_stream_that_is_handed_on_is_recorded_whole() {
    for trace in Trace::ALL {
        for path in HANDING_ON {
            let what = format!("{path}, {trace:?}");
            let (sentry, app) = run(async |sentry| {
                let server = Server::start().await;
                let gate = Gate::new();
                server.reply(held_stream(&gate));
                let app = App::new(client(&server));
                let address = app.serve(trace).await;
                let mut response = browse(&address, path).await;
                read_until(&mut response, "Hello there").await;
                assert_eq!(sentry.spans_with_op("http.server").len(), 1);
                assert!(sentry.spans_with_op("gen_ai.chat").is_empty());
                gate.open();
                assert!(response.bytes().await.unwrap().is_empty());
                app
            });
            let call = the_call(&sentry, path, &what);
            assert!(call.is_transaction, "{what}");
            Ending::Read.check(&call);
            app.check(&call);
        }
    }
}

#[test]
fn a_stream_whose_browser_goes_away_is_cancelled() {
    for trace in Trace::ALL {
        for path in HANDING_ON {
            let what = format!("{path}, {trace:?}");
            let (sentry, app) = run(async |_| {
                let server = Server::start().await;
                server.reply(two_chunks().stall());
                let app = App::new(client(&server));
                let address = app.serve(trace).await;
                let mut response = browse(&address, path).await;
                read_until(&mut response, "Hello there").await;
                drop(response);
                server.wait_for_disconnect().await;
                app
            });
            let call = the_call(&sentry, path, &what);
            assert!(call.is_transaction, "{what}");
            Ending::DroppedAfterTwoChunks.check(&call);
            app.check(&call);
        }
    }
}

#[test]
fn a_stream_that_fails_while_it_is_handed_on_is_recorded_as_failed() {
    for ending in [Ending::Cut, Ending::ErrorMidway, Ending::Idle] {
        for path in HANDING_ON {
            let what = format!("{path}, {ending:?}");
            let (sentry, app) = run(async |_| {
                let server = Server::start().await;
                server.reply(ending.reply());
                let app = App::new(ending.client(&server));
                let address = app.serve(Trace::Inside).await;
                let mut response = browse(&address, path).await;
                while let Ok(Some(_)) = response.chunk().await {}
                app
            });
            let call = the_call(&sentry, path, &what);
            ending.check(&call);
            app.check(&call);
        }
    }
}

#[test]
fn a_call_that_its_handler_awaits_stays_within_the_requests_transaction() {
    for trace in Trace::ALL {
        for (path, way) in [
            ("/whole", Way::Chat),
            ("/whole_instrumented", Way::ChatStream),
        ] {
            let what = format!("{path}, {trace:?}");
            let (sentry, app) = run(async |_| {
                let server = Server::start().await;
                server.reply(way.reply());
                let app = App::new(client(&server));
                let address = app.serve(trace).await;
                browse(&address, path).await.bytes().await.unwrap();
                app
            });
            let call = the_call(&sentry, path, &what);
            assert!(!call.is_transaction, "{what}");
            assert_eq!(call.status.as_deref(), Some("ok"), "{what}");
            let request = sentry.span(&format!("GET {path}"));
            assert_eq!(call.transaction, request.transaction, "{what}");
            app.check(&call);
        }
    }
}

#[test]
fn a_request_that_is_given_up_cancels_its_call() {
    for path in ["/whole", "/whole_instrumented", "/helper"] {
        let (sentry, app) = run(async |_| {
            let server = Server::start().await;
            let gate = Gate::new();
            server.reply(whole_stream().pause_before_head(&gate));
            let app = App::new(client(&server));
            let address = app.serve(Trace::Absent).await;
            tokio::select! {
                biased;
                _ = browse(&address, path) => unreachable!("the head is held back"),
                () = gate.reached() => {}
            }
            server.wait_for_disconnect().await;
            app
        });
        let call = sentry.span(CHAT);
        assert_eq!(call.status.as_deref(), Some("cancelled"), "{path}");
        app.check(&call);
        check_attempt(&sentry, &call);
        let request = sentry.span(&format!("GET {path}"));
        assert_eq!(request.status.as_deref(), Some("aborted"), "{path}");
        assert_eq!(call.trace_id, request.trace_id, "{path}");
    }
}

#[test]
fn a_request_whose_transaction_is_given_up_with_it_loses_no_call() {
    for path in ["/whole", "/awaited", "/awaited_instrumented"] {
        for in_the_stream in [false, true] {
            if in_the_stream && path == "/whole" {
                continue;
            }
            let what = format!("{path}, in the stream: {in_the_stream}");
            let (sentry, app) = run(async |_| {
                let server = Server::start().await;
                let gate = Gate::new();
                server.reply(if in_the_stream {
                    held_stream(&gate)
                } else {
                    whole_stream().pause_before_head(&gate)
                });
                let app = App::new(client(&server));
                let address = app.serve_as_actix().await;
                tokio::select! {
                    biased;
                    _ = browse(&address, path) => unreachable!("the reply is held back"),
                    () = gate.reached() => {}
                }
                server.wait_for_disconnect().await;
                app
            });
            assert!(sentry.spans_with_op("http.server").is_empty(), "{what}");
            let call = sentry.span(CHAT);
            assert_eq!(call.status.as_deref(), Some("cancelled"), "{what}");
            app.check(&call);
            check_attempt(&sentry, &call);
        }
    }
}

#[test]
fn concurrent_requests_do_not_mix() {
    const EACH: usize = 6;
    let (sentry, ()) = run(async |_| {
        let server = Server::start().await;
        let (head, body) = (Gate::new(), Gate::new());
        for n in 0..EACH {
            server
                .reply_at(
                    &format!("/whole{n}/chat/completions"),
                    completion(&format!("chatcmpl-{n}")).pause_before_head(&head),
                )
                .reply_at(
                    &format!("/stream{n}/chat/completions"),
                    held_stream(&body).pause_before_head(&head),
                );
        }
        let address = App::new(client(&server)).serve(Trace::Inside).await;
        let requests = (0..EACH).flat_map(|n| [format!("whole{n}"), format!("stream{n}")]);
        let requests: Vec<_> = requests
            .map(|n| {
                let path = format!("/{}/{n}", n.trim_end_matches(char::is_numeric));
                let address = address.clone();
                tokio::spawn(async move { browse(&address, &path).await })
            })
            .collect();
        server.wait_for_requests(2 * EACH).await;
        head.open();
        let responses = join_all(requests).await;
        body.open();
        for response in responses {
            response.unwrap().bytes().await.unwrap();
        }
    });
    let of = |path: &str| {
        let mut calls = Vec::new();
        for request in sentry.spans_named(&format!("GET {path}")) {
            let call = sentry
                .spans_where(|span| span.op == "gen_ai.chat" && span.trace_id == request.trace_id);
            assert_eq!(call.len(), 1, "{call:#?}");
            check_attempt(&sentry, &call[0]);
            assert_eq!(call[0].status.as_deref(), Some("ok"));
            calls.push((request, call[0].clone()));
        }
        assert_eq!(calls.len(), EACH);
        calls
    };
    let mut ids = Vec::new();
    for (request, call) in of("/whole/{n}") {
        assert_eq!(call.transaction, request.transaction);
        // Its attempt went to the place that the request named.
        let id = call.get("gen_ai.response.id").as_str().unwrap().to_owned();
        let attempt = &sentry.children_of(&call)[0];
        let n = id.trim_start_matches("chatcmpl-");
        assert!(attempt.name.contains(&format!("/whole{n}/")), "{attempt:?}");
        ids.push(id);
    }
    ids.sort();
    assert_eq!(
        ids,
        (0..EACH)
            .map(|n| format!("chatcmpl-{n}"))
            .collect::<Vec<_>>()
    );
    for (_, call) in of("/stream/{n}") {
        assert!(call.is_transaction);
    }
}

#[test]
fn of_five_calls_with_five_ends_none_is_lost() {
    const IN_A_TRANSACTION: [Ending; 4] = [
        Ending::DroppedAfterTwoChunks,
        Ending::NeverRead,
        Ending::Cut,
        Ending::ErrorMidway,
    ];
    let (sentry, app) = run(async |_| {
        for ending in IN_A_TRANSACTION {
            let server = Server::start().await;
            server.reply(ending.reply());
            let parent = begin(&format!("{ending:?}"));
            let stream = open(&client(&server)).await;
            drop(ending.read(stream).await);
            activate(None);
            parent.finish();
        }
        let server = Server::start().await;
        let gate = Gate::new();
        server.reply(held_stream(&gate));
        let app = App::new(client(&server));
        let address = app.serve(Trace::Absent).await;
        let response = browse(&address, "/plain").await;
        gate.open();
        assert_eq!(response.text().await.unwrap(), "Hello there");
        app
    });
    assert_eq!(sentry.spans_with_op("gen_ai.chat").len(), 5);
    for ending in IN_A_TRANSACTION {
        let parent = sentry.span(&format!("{ending:?}"));
        let calls = sentry.children_of(&parent);
        assert_eq!(calls.len(), 1, "{ending:?}");
        assert_eq!(calls[0].trace_id, parent.trace_id, "{ending:?}");
        ending.check(&calls[0]);
    }
    let request = sentry.span("GET /plain");
    let calls = sentry.children_of(&request);
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].trace_id, request.trace_id);
    Ending::Read.check(&calls[0]);
    app.check(&calls[0]);
}
