//! Responses that are still being made when the call that asked for them has ended.
//!
//! Such a call's span has neither an answer nor tokens. Whoever fetches the response once it is there records these, on one
//! span more: the first who does so, so that no token is counted twice.

use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use super::{ModelCall, ORIGIN, Target};
use crate::ambient;
use crate::attribute::OwnAttributes;
use crate::bounded::Bounded;
use crate::integration::settings;
use crate::record::attributes::{Attributes, LONGEST_FACT, names};
use crate::settings::Settings;
use crate::span::{self, Below, Identity};

static PENDING: LazyLock<Mutex<Bounded<Key, Pending>>> = LazyLock::new(Mutex::default);

/// Who has a response.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Server {
    address: Arc<str>,
    port: Option<u16>,
}

/// A response, by its server and its id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    server: Server,
    id: Box<str>,
}

/// What is known of the call that asked for a response.
#[derive(Clone)]
struct Pending {
    below: Below,
    op: &'static str,
    settings: Settings,
    facts: Attributes,
    own: OwnAttributes,
    unnamed: Option<&'static str>,
}

impl Server {
    pub(super) fn of(target: &Target) -> Self {
        Self {
            address: target.address.clone(),
            port: target.port,
        }
    }
}

impl Key {
    /// `None` for an id that no server gives.
    pub(super) fn new(id: &str, server: Server) -> Option<Self> {
        let id = (1..=LONGEST_FACT).contains(&id.len()).then(|| id.into())?;
        Some(Self { server, id })
    }

    /// Whether a call waits for this response's end.
    #[cfg(feature = "reqwest-middleware")]
    pub(super) fn is_pending(&self) -> bool {
        lock().get(self).is_some()
    }

    /// Keeps what is needed to record the end of the response that this call asked for.
    pub(super) fn hold(self, call: &ModelCall) {
        let pending = Pending {
            below: call.span.below(),
            op: call.span.op(),
            settings: call.settings.clone(),
            facts: call.facts.of_request(),
            own: call.own.clone(),
            unnamed: call.unnamed,
        };
        lock().insert(self, pending);
    }

    /// Takes the response's end, which is recorded once; whether it was still there.
    pub(super) fn take(&self) -> bool {
        lock().remove(self).is_some()
    }
}

impl ModelCall {
    /// Starts what may become the end of a call that asked for this response: only if it is over, and nobody else has
    /// recorded that, this is recorded. `None` if no call waits for it.
    pub(super) fn start_end_of(id: &str, target: &Target, streaming: bool) -> Option<Self> {
        if ambient::current().recorded {
            return None;
        }
        let now = settings(&span::current_hub(), target.overrides)?;
        let key = Key::new(id, Server::of(target))?;
        let pending = lock().get(&key).cloned()?;
        let mut settings = pending.settings;
        settings.record_outputs &= now.record_outputs;

        let mut facts = pending.facts;
        facts.push(names::RESPONSE_STREAMING, streaming);
        let text = |name| facts.iter().find(|(known, _)| *known == name);
        let text = |name| text(name).and_then(|(_, value)| value.as_str());
        let words = [names::OPERATION_NAME, names::REQUEST_MODEL].map(text);
        let words: Vec<_> = words.into_iter().flatten().collect();
        let identity = Identity {
            op: pending.op,
            name: words.join(" "),
            origin: ORIGIN,
        };
        Some(Self {
            span: pending.below.start(identity),
            settings,
            facts,
            content: Attributes::default(),
            own: pending.own,
            server: key.server.clone(),
            unnamed: pending.unnamed,
            failure: None,
            is_captured: false,
            ends: Some(key),
            pending: None,
            is_over: false,
        })
    }
}

fn lock() -> MutexGuard<'static, Bounded<Key, Pending>> {
    PENDING.lock().unwrap_or_else(PoisonError::into_inner)
}
