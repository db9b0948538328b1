//! A Sentry receiver on loopback: takes what the real transport sends and keeps its transactions and events.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use sentry::protocol::{EnvelopeItem, Event, Transaction};
use sentry::{Envelope, types::Dsn};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What has arrived so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Received {
    /// The transactions, in the order in which they arrived.
    pub(crate) transactions: Vec<Transaction<'static>>,
    /// The error events.
    pub(crate) events: Vec<Event<'static>>,
    /// How many envelopes there were.
    pub(crate) envelopes: usize,
    /// How long they were together.
    pub(crate) bytes: usize,
}

/// The running receiver; it stops when dropped.
#[derive(Debug)]
pub(crate) struct Receiver {
    address: SocketAddr,
    received: watch::Receiver<Received>,
    task: JoinHandle<()>,
}

impl Receiver {
    /// Starts the receiver on a free port.
    pub(crate) async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (store, received) = watch::channel(Received::default());
        let app = Router::new()
            .route("/api/{project}/envelope/", post(envelope))
            .layer(DefaultBodyLimit::disable())
            .with_state(Arc::new(store));
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, app).await {
                eprintln!("the embedded Sentry stopped: {error}");
            }
        });
        Ok(Self {
            address,
            received,
            task,
        })
    }

    /// The DSN for `sentry::init`.
    pub(crate) fn dsn(&self) -> Result<Dsn, sentry::types::ParseDsnError> {
        format!("http://public@{}/1", self.address).parse()
    }

    /// What has arrived once there are so many transactions, or when the time is over.
    pub(crate) async fn received(&self, transactions: usize, within: Duration) -> Received {
        let mut received = self.received.clone();
        let enough = received.wait_for(|received| received.transactions.len() >= transactions);
        // The receiver's end is seen by the caller as well as its delay: too little has arrived.
        drop(tokio::time::timeout(within, enough).await);
        self.received.borrow().clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Takes an envelope as the SDK's transport sends it, which is uncompressed.
async fn envelope(store: State<Arc<watch::Sender<Received>>>, body: Bytes) -> Response {
    let envelope = match Envelope::from_slice(&body) {
        Ok(envelope) => envelope,
        Err(error) => {
            let detail = format!("no envelope: {error}");
            return (StatusCode::BAD_REQUEST, Json(json!({"detail": detail}))).into_response();
        }
    };
    let id = envelope.uuid().map(|id| id.simple().to_string());
    store.send_modify(|received| {
        received.envelopes += 1;
        received.bytes += body.len();
        for item in envelope.into_items() {
            match item {
                EnvelopeItem::Transaction(transaction) => received.transactions.push(*transaction),
                EnvelopeItem::Event(event) => received.events.push(*event),
                _ => {}
            }
        }
    });
    Json(json!({"id": id})).into_response()
}
