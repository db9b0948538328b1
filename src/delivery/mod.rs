//! Streamed delivery: spans that travel by themselves, without a transaction that they stand in.
//!
//! A span is written as JSON into a buffer of its trace when it ends ([`item`], [`buffer`]). Each buffer becomes an
//! [`envelope`] 5 seconds after its first span, or earlier when it is full, and goes out by a [`lane`] of its own.
//! [`stream`] holds all of that for one client; [`transport`] is what the client sends with: the user's transport,
//! with ours emptied whenever it is.

mod buffer;
mod carrier;
mod envelope;
mod id;
mod item;
mod lane;
mod stream;
mod transport;

use std::any::Any;
use std::cell::Cell;
use std::fmt;
use std::sync::{Arc, Weak};

use sentry_core::types::Dsn;
use sentry_core::{
    Client, ClientOptions, Integration, Transport, TransportFactory, TransportOptions,
};

pub(crate) use self::carrier::CARRIER;
pub(crate) use self::id::Hex;
pub(crate) use self::item::{Item, Person, Writer};
pub(crate) use self::stream::Stream;
use self::transport::Both;

/// Sends the spans of this crate by themselves, as Sentry's JavaScript and Python SDKs do, instead of within the
/// transaction that they stand in.
///
/// It is a transport around the one that you use, in the client options beside the
/// [`OpenAiIntegration`](crate::OpenAiIntegration):
///
/// ```
/// use sentry::transports::DefaultTransportFactory;
/// use sentry_openai::{OpenAiIntegration, SpanStream};
///
/// let _guard = sentry::init(
///     sentry::ClientOptions::new()
///         .traces_sample_rate(1.0)
///         .transport(SpanStream::over(DefaultTransportFactory))
///         .add_integration(OpenAiIntegration::new()),
/// );
/// ```
///
/// A span then leaves within 5 seconds after its end, whatever becomes of its transaction: it may be dropped
/// unfinished, be over before the model's stream is, or hold more than the 1,000 spans or the 1 MB that Sentry takes of
/// one. Content is bounded by span instead of by transaction: 100,000 bytes for each attribute by default, 900,000 for
/// each span.
///
/// The spans use a second transport of the same kind, so that they do not take room in the queue of the first. `flush`,
/// `close` and the guard that `sentry::init` returns empty both, within the one timeout. At most 10 MB of spans are
/// held: beyond that the oldest are dropped, and counted in a [client report].
///
/// Sentry stores spans that are sent this way, and so does self-hosted Sentry from 26.4.2 on. What changes besides:
/// README, "Long traces and streamed spans".
///
/// [client report]: https://develop.sentry.dev/sdk/telemetry/client-reports/
#[derive(Clone)]
pub struct SpanStream {
    factory: Arc<dyn TransportFactory>,
}

impl SpanStream {
    /// Creates the transport around that of `factory`, which makes both.
    pub fn over(factory: impl TransportFactory + 'static) -> Self {
        Self {
            factory: Arc::new(factory),
        }
    }
}

impl TransportFactory for SpanStream {
    fn create_transport_with_options(&self, options: TransportOptions) -> Arc<dyn Transport> {
        let stream = Arc::new(Stream::new(self.factory.clone(), &options));
        let dsn = options.dsn.clone();
        let user = self.factory.create_transport_with_options(options);
        // Last, so that a factory within a factory does not take its place.
        MADE.set(Some((dsn, Arc::downgrade(&stream))));
        Arc::new(Both::new(user, stream))
    }
}

impl fmt::Debug for SpanStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpanStream").finish_non_exhaustive()
    }
}

thread_local! {
    /// The stream of the client that is being made on this thread: it makes its transport before it sets up its
    /// integrations.
    static MADE: Cell<Option<(Dsn, Weak<Stream>)>> = const { Cell::new(None) };
}

/// Where a client finds its stream: among the integrations that its options list.
struct Link(Weak<Stream>);

impl Link {
    fn of(integration: &dyn Integration) -> Option<&Self> {
        let integration: &dyn Any = integration;
        integration.downcast_ref()
    }
}

impl Integration for Link {
    fn name(&self) -> &'static str {
        "openai-spans"
    }
}

/// Gives a client that is being made the stream of its transport, if it is one of ours.
pub(crate) fn link(options: &mut ClientOptions) {
    // Options that another client was made of.
    options
        .integrations
        .retain(|integration| Link::of(integration.as_ref()).is_none());
    if let Some((dsn, stream)) = MADE.take()
        && options.dsn.as_ref() == Some(&dsn)
    {
        options.integrations.push(Arc::new(Link(stream)));
    }
}

/// Whether spans are streamed by a client with these options.
pub(crate) fn is_linked(options: &ClientOptions) -> bool {
    let mut integrations = options.integrations.iter();
    integrations.any(|integration| Link::of(integration.as_ref()).is_some())
}

impl Stream {
    /// The stream of a client, if its spans are streamed.
    pub(crate) fn of(client: &Client) -> Option<Arc<Self>> {
        let options = client.options();
        let stream = options
            .integrations
            .iter()
            .rev()
            .find_map(|integration| Link::of(integration.as_ref()))?;
        let stream = stream.0.upgrade()?;
        stream.complete(options);
        Some(stream)
    }
}
