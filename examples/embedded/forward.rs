//! The transport of the examples: Sentry's own, to the embedded receiver and to your Sentry if you have one.

use std::sync::Arc;
use std::time::Duration;

use sentry::transports::{DefaultTransportFactory, ReqwestHttpTransportOptions};
use sentry::types::Dsn;
use sentry::{ClientOptions, Envelope, Transport, TransportFactory, TransportOptions};

/// Makes transports that send each envelope to the receiver, and to the client's own DSN if that is another.
#[derive(Clone, Debug)]
pub(crate) struct Forward {
    receiver: Dsn,
    http: reqwest::Client,
}

impl Forward {
    /// To the receiver with this DSN, past any proxy that the machine has set.
    pub(crate) fn new(receiver: Dsn) -> reqwest::Result<Self> {
        let http = reqwest::Client::builder().no_proxy().build()?;
        Ok(Self { receiver, http })
    }
}

impl TransportFactory for Forward {
    fn create_transport_with_options(&self, options: TransportOptions) -> Arc<dyn Transport> {
        let receiver = ClientOptions::new().dsn(&self.receiver.to_string());
        let receiver = TransportOptions::try_from_client_options(&receiver).map(|options| {
            let options = ReqwestHttpTransportOptions::from(options);
            Arc::new(options.with_client(self.http.clone()).build()) as Arc<dyn Transport>
        });
        let elsewhere = (options.dsn != self.receiver)
            .then(|| DefaultTransportFactory.create_transport_with_options(options));
        Arc::new(All(receiver.into_iter().chain(elsewhere).collect()))
    }
}

/// Several transports as one.
struct All(Vec<Arc<dyn Transport>>);

impl Transport for All {
    fn send_envelope(&self, envelope: Envelope) {
        for transport in &self.0 {
            transport.send_envelope(envelope.clone());
        }
    }

    fn flush(&self, timeout: Duration) -> bool {
        let left = self.0.iter().filter(|transport| !transport.flush(timeout));
        left.count() == 0
    }

    fn shutdown(&self, timeout: Duration) -> bool {
        let left = self
            .0
            .iter()
            .filter(|transport| !transport.shutdown(timeout));
        left.count() == 0
    }
}
