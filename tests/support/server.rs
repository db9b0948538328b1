//! A server on a loopback port that answers from a script and remembers what it was asked.
//!
//! It lives on a thread and runtime of its own, so that it is no part of what a test measures: neither its
//! runtime nor its Sentry hubs.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::{Notify, oneshot};

use super::connection::{Request, serve};
use super::reply::Reply;

const PATIENCE: Duration = Duration::from_secs(10);

/// The server. When it is dropped, all its connections are closed, and a request that the script has no reply
/// for fails the test.
pub struct Server {
    port: u16,
    state: Arc<State>,
    runtime: Handle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    #[expect(
        clippy::unused_async,
        reason = "so that a test need not care where it runs"
    )]
    pub async fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let handle = runtime.handle().clone();
        let state = Arc::new(State::default());
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn({
            let state = state.clone();
            move || {
                runtime.block_on(async {
                    tokio::select! {
                        _ = stopped => {}
                        () = accept(listener, state) => {}
                    }
                });
            }
        });
        Self {
            port,
            state,
            runtime: handle,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// `http://127.0.0.1:{port}`
    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// `http://127.0.0.1:{port}/v1`
    pub fn url(&self) -> String {
        self.origin() + "/v1"
    }

    /// Adds a reply to the queue for all paths.
    pub fn reply(&self, reply: Reply) -> &Self {
        self.state.lock().replies.push_back(reply);
        self
    }

    /// Adds a reply to the queue for one path (`/v1/models`, without query), which goes before that for all.
    pub fn reply_at(&self, path: &str, reply: Reply) -> &Self {
        let mut inner = self.state.lock();
        let replies = inner.replies_at.entry(path.to_owned()).or_default();
        replies.push_back(reply);
        drop(inner);
        self
    }

    /// The reply to every request that no queue has one for.
    pub fn reply_always(&self, reply: Reply) -> &Self {
        self.state.lock().reply_always = Some(reply);
        self
    }

    /// All requests so far, in the order in which they had come whole.
    pub fn requests(&self) -> Vec<Request> {
        self.state.lock().requests.clone()
    }

    pub fn request(&self, index: usize) -> Request {
        let requests = self.requests();
        let count = requests.len();
        let request = requests.into_iter().nth(index);
        request.unwrap_or_else(|| panic!("request {index} was asked for, but only {count} came"))
    }

    /// How many connections were accepted.
    pub fn connections(&self) -> usize {
        self.state.lock().connections
    }

    /// How often the client closed a connection while a reply was on its way.
    pub fn disconnects(&self) -> usize {
        self.state.lock().disconnects
    }

    pub async fn wait_for_requests(&self, count: usize) {
        self.wait(count, "requests", |inner| inner.requests.len())
            .await;
    }

    /// Waits until the client has closed a connection while a reply was on its way (paused or stalled, say).
    pub async fn wait_for_disconnect(&self) {
        self.wait_for_disconnects(1).await;
    }

    pub async fn wait_for_disconnects(&self, count: usize) {
        self.wait(count, "disconnects", |inner| inner.disconnects)
            .await;
    }

    /// Waits until so many replies have been written to their end.
    pub async fn wait_for_whole_replies(&self, count: usize) {
        self.wait(count, "whole replies", |inner| inner.whole_replies)
            .await;
    }

    /// Waits by the server's clock, whatever the test does with its own.
    async fn wait(&self, count: usize, what: &str, counted: fn(&Inner) -> usize) {
        let state = self.state.clone();
        let waiting = self.runtime.spawn(async move {
            let waiting = async {
                loop {
                    let changed = state.changed.notified();
                    if counted(&state.lock()) >= count {
                        return;
                    }
                    changed.await;
                }
            };
            tokio::time::timeout(PATIENCE, waiting).await.is_ok()
        });
        assert!(
            waiting.await.unwrap(),
            "waited {PATIENCE:?} for {count} {what}, but {} requests and {} disconnects came",
            self.requests().len(),
            self.disconnects(),
        );
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        let complaints = std::mem::take(&mut self.state.lock().complaints);
        if !std::thread::panicking() {
            assert!(complaints.is_empty(), "the test server: {complaints:#?}");
        }
    }
}

/// Fails the test if what it waits for does not come.
pub(super) async fn bounded<T>(what: &str, waiting: impl Future<Output = T>) -> T {
    let waited = tokio::time::timeout(PATIENCE, waiting).await;
    waited.unwrap_or_else(|_| panic!("waited {PATIENCE:?} for {what}"))
}

async fn accept(listener: std::net::TcpListener, state: Arc<State>) {
    let listener = TcpListener::from_std(listener).unwrap();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        if let Some(connection) = state.accepted() {
            let state = state.clone();
            tokio::spawn(async move { serve(stream, connection, &state).await });
        }
    }
}

/// What the server's connections share with the test.
#[derive(Default)]
pub(super) struct State {
    inner: Mutex<Inner>,
    changed: Notify,
}

#[derive(Default)]
struct Inner {
    replies: VecDeque<Reply>,
    replies_at: HashMap<String, VecDeque<Reply>>,
    reply_always: Option<Reply>,
    requests: Vec<Request>,
    connections: usize,
    disconnects: usize,
    whole_replies: usize,
    complaints: Vec<String>,
}

impl State {
    /// The number of a new connection; `None` if it is to be closed at once.
    fn accepted(&self) -> Option<usize> {
        let mut inner = self.lock();
        inner.connections += 1;
        if inner.replies.front().is_some_and(Reply::is_at_accept) {
            inner.replies.pop_front();
            return None;
        }
        Some(inner.connections - 1)
    }

    /// Notes the request and finds the reply to it.
    pub(super) fn reply_to(&self, request: Request) -> Reply {
        let mut inner = self.lock();
        let at_path = inner.replies_at.get_mut(request.path_without_query());
        let reply = at_path
            .and_then(VecDeque::pop_front)
            .or_else(|| inner.replies.pop_front())
            .or_else(|| inner.reply_always.clone());
        let reply = reply.unwrap_or_else(|| {
            let what = format!("no reply to {} {}", request.method, request.path);
            inner.complaints.push(what.clone());
            Reply::text(418, "text/plain", what)
        });
        inner.requests.push(request);
        drop(inner);
        self.changed.notify_waiters();
        reply
    }

    pub(super) fn disconnected(&self) {
        self.lock().disconnects += 1;
        self.changed.notify_waiters();
    }

    pub(super) fn replied(&self) {
        self.lock().whole_replies += 1;
        self.changed.notify_waiters();
    }

    pub(super) fn complain(&self, what: String) {
        self.lock().complaints.push(what);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
