//! A Sentry client that keeps what it would have sent, for tests that read it.
//!
//! Every worker thread's own hub comes from the process's main hub, which has no client here: a task that
//! should see the test's hub must be [`bound`] to it.

use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use sentry::protocol::{Context, EnvelopeItem, Event, Span, Transaction, Value};
use sentry::{Client, ClientOptions, Envelope, Hub, SentryFuture, SentryFutureExt, Transport};
use tokio::runtime::Builder;

const PATIENCE: Duration = Duration::from_secs(60);

/// A Sentry client of the test's own.
pub struct Sentry {
    sent: Arc<Sent>,
    hub: Arc<Hub>,
}

/// Running a test.
impl Sentry {
    /// A client with these options, but a transport of its own (and a DSN, if there is none).
    pub fn new(options: ClientOptions) -> Self {
        let sent = Arc::new(Sent::default());
        let mut options = options.transport(sent.clone());
        if options.dsn.is_none() {
            options = options.dsn("https://public@sentry.invalid/1");
        }
        let client = Arc::new(Client::from(options));
        let hub = Arc::new(Hub::new(Some(client), Arc::default()));
        Self { sent, hub }
    }

    /// The hub that the test runs in.
    pub fn hub(&self) -> Arc<Hub> {
        self.hub.clone()
    }

    /// Runs a test on this thread, with four worker threads beside it for what it spawns.
    pub fn run<F: Future>(&self, test: F) -> F::Output {
        self.run_on(Builder::new_multi_thread().worker_threads(4), test)
    }

    /// Runs a test and all that it spawns on this thread.
    pub fn run_on_one_thread<F: Future>(&self, test: F) -> F::Output {
        self.run_on(&mut Builder::new_current_thread(), test)
    }

    /// Runs a test as a task that moves between four worker threads.
    pub fn run_spawned<F>(&self, test: F) -> F::Output
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let test = test.bind_hub(self.hub.clone());
        let joined = self.run(async { tokio::spawn(test).await });
        joined.unwrap_or_else(|error| resume_unwind(error.into_panic()))
    }

    fn run_on<F: Future>(&self, runtime: &mut Builder, test: F) -> F::Output {
        let runtime = runtime.enable_all().build().unwrap();
        Hub::run(self.hub.clone(), || {
            let test = async { tokio::time::timeout(PATIENCE, test).await };
            let ended = runtime.block_on(test.bind_hub(self.hub.clone()));
            runtime.shutdown_timeout(PATIENCE);
            ended.unwrap_or_else(|_| panic!("the test did not end within {PATIENCE:?}"))
        })
    }
}

/// Binds a future that is to be spawned to a hub made from the current one, as Sentry's documentation asks for.
pub fn bound<F: Future>(future: F) -> SentryFuture<F> {
    future.bind_hub(Hub::new_from_top(Hub::current()))
}

/// What left for Sentry, as it would be read there.
impl Sentry {
    pub fn envelopes(&self) -> Vec<Envelope> {
        let sent = self.sent.lock();
        let read = sent.iter().map(|bytes| Envelope::from_slice(bytes));
        read.map(|envelope| envelope.expect("what leaves for Sentry can be read"))
            .collect()
    }

    pub fn events(&self) -> Vec<Event<'static>> {
        let items = self.envelopes().into_iter().flat_map(Envelope::into_items);
        items
            .filter_map(|item| match item {
                EnvelopeItem::Event(event) => Some(*event),
                _ => None,
            })
            .collect()
    }

    pub fn transactions(&self) -> Vec<Transaction<'static>> {
        let items = self.envelopes().into_iter().flat_map(Envelope::into_items);
        items
            .filter_map(|item| match item {
                EnvelopeItem::Transaction(transaction) => Some(*transaction),
                _ => None,
            })
            .collect()
    }

    /// The spans of all transactions: each transaction's root, then its children in the order in which they
    /// finished.
    pub fn spans(&self) -> Vec<SpanView> {
        let transactions = self.transactions();
        transactions
            .into_iter()
            .enumerate()
            .flat_map(|(index, mut transaction)| {
                let children = std::mem::take(&mut transaction.spans);
                let root = SpanView::of_root(index, transaction);
                let children = children
                    .into_iter()
                    .map(move |span| SpanView::of_child(index, span));
                std::iter::once(root).chain(children)
            })
            .collect()
    }

    /// The only span with this name.
    pub fn span(&self, name: &str) -> SpanView {
        let mut spans = self.spans_named(name);
        assert_eq!(
            spans.len(),
            1,
            "spans named {name:?} among {:?}",
            self.names()
        );
        spans.remove(0)
    }

    pub fn spans_named(&self, name: &str) -> Vec<SpanView> {
        self.spans_where(|span| span.name == name)
    }

    pub fn spans_with_op(&self, op: &str) -> Vec<SpanView> {
        self.spans_where(|span| span.op == op)
    }

    pub fn children_of(&self, parent: &SpanView) -> Vec<SpanView> {
        self.spans_where(|span| span.parent_span_id.as_ref() == Some(&parent.span_id))
    }

    pub fn spans_where(&self, wanted: impl Fn(&SpanView) -> bool) -> Vec<SpanView> {
        self.spans().into_iter().filter(wanted).collect()
    }

    /// The names of all spans.
    pub fn names(&self) -> Vec<String> {
        self.spans().into_iter().map(|span| span.name).collect()
    }

    /// All envelopes as they would be sent.
    pub fn bytes(&self) -> Vec<u8> {
        self.sent.lock().concat()
    }

    /// Whether a text stands anywhere in what left, also where JSON is written within JSON (so it should hold
    /// neither quotes nor backslashes nor line ends).
    pub fn leaked(&self, text: &str) -> bool {
        memchr::memmem::find(&self.bytes(), text.as_bytes()).is_some()
    }

    /// Forgets what left so far.
    pub fn clear(&self) {
        self.sent.lock().clear();
    }
}

/// A span, whether it was sent as a transaction or in one.
#[derive(Clone, Debug, PartialEq)]
pub struct SpanView {
    /// The transaction's name, or the span's description.
    pub name: String,
    pub op: String,
    pub status: Option<String>,
    /// Of a transaction: the data of its trace context.
    pub data: BTreeMap<String, Value>,
    pub tags: BTreeMap<String, String>,
    pub span_id: String,
    pub parent_span_id: Option<String>,
    pub trace_id: String,
    pub is_transaction: bool,
    /// In which transaction it came: 0 for the first that was sent.
    pub transaction: usize,
    pub start: SystemTime,
    pub end: SystemTime,
}

impl SpanView {
    /// Its data under this key; null if there is none.
    pub fn get(&self, key: &str) -> &Value {
        self.data.get(key).unwrap_or(&Value::Null)
    }

    /// Its data under this key, which holds JSON as text, read.
    pub fn json(&self, key: &str) -> Value {
        let text = self.get(key).as_str();
        let text = text.unwrap_or_else(|| panic!("{key} is no text: {:#?}", self.data));
        serde_json::from_str(text).unwrap()
    }

    pub fn duration(&self) -> Duration {
        let duration = self.end.duration_since(self.start);
        duration.expect("a span ends after its start")
    }

    fn of_root(transaction: usize, root: Transaction<'static>) -> Self {
        let Some(Context::Trace(trace)) = root.contexts.get("trace").cloned() else {
            panic!("a transaction without trace context: {root:#?}");
        };
        Self {
            name: root.name.unwrap_or_default(),
            op: trace.op.unwrap_or_default(),
            status: trace.status.map(|status| status.to_string()),
            data: trace.data.into_iter().collect(),
            tags: root.tags.into_iter().collect(),
            span_id: trace.span_id.to_string(),
            parent_span_id: trace.parent_span_id.map(|id| id.to_string()),
            trace_id: trace.trace_id.to_string(),
            is_transaction: true,
            transaction,
            start: root.start_timestamp,
            end: root.timestamp.expect("a transaction has an end"),
        }
    }

    fn of_child(transaction: usize, span: Span) -> Self {
        Self {
            name: span.description.unwrap_or_default(),
            op: span.op.unwrap_or_default(),
            status: span.status.map(|status| status.to_string()),
            data: span.data.into_iter().collect(),
            tags: span.tags.into_iter().collect(),
            span_id: span.span_id.to_string(),
            parent_span_id: span.parent_span_id.map(|id| id.to_string()),
            trace_id: span.trace_id.to_string(),
            is_transaction: false,
            transaction,
            start: span.start_timestamp,
            end: span.timestamp.expect("a finished span has an end"),
        }
    }
}

/// Keeps envelopes in the form in which they would be sent.
#[derive(Default)]
struct Sent(Mutex<Vec<Vec<u8>>>);

impl Sent {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transport for Sent {
    fn send_envelope(&self, envelope: Envelope) {
        let mut bytes = Vec::new();
        envelope.to_writer(&mut bytes).unwrap();
        self.lock().push(bytes);
    }
}
