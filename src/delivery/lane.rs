//! The way of our envelopes: a transport of their own.
//!
//! Sentry's transports send one envelope after the other and drop what does not fit into their queue of 30. On the
//! user's own transport our envelopes would cost the user's; here they wait for each other.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use sentry_core::{Transport, TransportFactory, TransportOptions};

/// A transport that is made when it is first used: most programs that end at once never need it.
pub(super) struct Lane {
    factory: Arc<dyn TransportFactory>,
    state: Mutex<State>,
}

enum State {
    Unused(Option<Box<TransportOptions>>),
    Used(Arc<dyn Transport>),
}

impl Lane {
    pub(super) fn new(
        factory: Arc<dyn TransportFactory>,
        options: Option<TransportOptions>,
    ) -> Self {
        Self {
            factory,
            state: Mutex::new(State::Unused(options.map(Box::new))),
        }
    }

    /// The transport, which is made now if it was not used before. `None` after [`close`](Self::close).
    pub(super) fn transport(&self) -> Option<Arc<dyn Transport>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *state {
            State::Used(transport) => Some(transport.clone()),
            State::Unused(options) => {
                let transport = self.factory.create_transport_with_options(*options.take()?);
                *state = State::Used(transport.clone());
                Some(transport)
            }
        }
    }

    /// Lets the transport go.
    pub(super) fn close(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let State::Used(transport) = std::mem::replace(&mut *state, State::Unused(None)) {
            drop_elsewhere(transport);
        }
    }
}

impl fmt::Debug for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lane").finish_non_exhaustive()
    }
}

/// Drops a transport on a thread of its own: sentry's wait for the request that is under way, and a server that
/// hangs does not answer it.
pub(super) fn drop_elsewhere(transport: Arc<dyn Transport>) {
    // Without a thread it is dropped here.
    let _ = thread::Builder::new()
        .name("sentry-openai-drop".to_owned())
        .spawn(move || drop(transport));
}

/// The options of a second transport: those of the first, with its client's reports, but always with a queue that
/// has room for what is sent before a pause.
pub(super) fn copy(options: &TransportOptions) -> Option<TransportOptions> {
    let mut client = sentry_core::ClientOptions::new()
        .user_agent(options.user_agent.clone())
        .accept_invalid_certs(options.accept_invalid_certs);
    client.dsn = Some(options.dsn.clone());
    client.http_proxy.clone_from(&options.http_proxy);
    client.https_proxy.clone_from(&options.https_proxy);
    let mut copy = TransportOptions::try_from_client_options(&client)?;
    copy.client_report_recorder = options.client_report_recorder.clone();
    Some(copy)
}

/// The longest that a flush is waited for at once by a thread that has nothing else to do.
pub(super) const LONG: Duration = Duration::from_secs(60 * 60);
