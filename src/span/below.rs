//! The place below a span, also once that has ended.

use std::sync::Arc;
use std::time::SystemTime;

use sentry_core::{Client, Hub, TransactionOrSpan};

use super::handle::Handle;
use super::streamed::Streamed;
use super::{Identity, Span};

/// Where a span will stand that starts below another one, now or later.
pub(crate) struct Below {
    hub: Arc<Hub>,
    client: Arc<Client>,
    anchor: Anchor,
}

enum Anchor {
    Sentry(TransactionOrSpan),
    /// The span itself, but for what it will hold.
    Streamed(Box<Streamed>),
}

impl Span {
    /// The place below this span.
    pub(crate) fn below(&self) -> Below {
        Below {
            hub: self.hub.clone(),
            client: self.client.clone(),
            anchor: match &self.handle {
                Handle::Root(transaction) => Anchor::Sentry(transaction.clone().into()),
                Handle::Child { span, .. } => Anchor::Sentry(span.clone().into()),
                Handle::Streamed(streamed) => Anchor::Streamed(Box::new(streamed.child())),
            },
        }
    }
}

impl Below {
    /// Starts a span here. One that is dropped unfinished leaves no trace.
    pub(crate) fn start(self, identity: Identity) -> Span {
        let (handle, start) = match self.anchor {
            Anchor::Sentry(parent) => Handle::child(parent, &identity),
            Anchor::Streamed(streamed) => (Handle::Streamed(streamed), SystemTime::now()),
        };
        Span::new(self.hub, self.client, handle, identity, start)
    }
}

impl Clone for Below {
    fn clone(&self) -> Self {
        Self {
            hub: self.hub.clone(),
            client: self.client.clone(),
            anchor: match &self.anchor {
                Anchor::Sentry(parent) => Anchor::Sentry(parent.clone()),
                Anchor::Streamed(streamed) => Anchor::Streamed(Box::new(streamed.sibling())),
            },
        }
    }
}
