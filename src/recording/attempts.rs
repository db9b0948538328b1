//! The HTTP attempts of a call that another client makes and tries again.

use std::fmt;
use std::future::Future;
use std::sync::{Mutex, Weak};

use http::Method;
use reqwest::Url;

use super::{Failure, lock};
use crate::ambient::{self, Ambient};
use crate::call::guarded;
use crate::wire::Wire;

/// The HTTP attempts of a call, each to be recorded as an `http.client` span below it.
///
/// To be used where each attempt is seen, which is below what tries again.
#[derive(Clone)]
pub struct Attempts(Option<Weak<Mutex<Wire>>>);

impl Attempts {
    pub(super) fn of(wire: Option<Weak<Mutex<Wire>>>) -> Self {
        Self(wire)
    }

    /// The attempts of the call that is being polled, if a door above records it and leaves its attempts to others.
    pub fn of_the_call_above() -> Option<Self> {
        let above = ambient::current().attempts?;
        let wire = above.downcast_ref::<Weak<Mutex<Wire>>>()?;
        Some(Self(Some(wire.clone())))
    }

    /// Awaits what makes the attempt, so that another door below does not record it once more.
    pub async fn run<F: Future>(&self, future: F) -> F::Output {
        ambient::within_future(Ambient::below_a_call(), future).await
    }

    /// An attempt begins. Query and credentials of the URL are not recorded.
    pub fn begin(&self, method: &Method, url: &Url) {
        self.show(|wire| {
            let mut shown = url.clone();
            shown.set_query(None);
            shown.set_fragment(None);
            // These fail for a URL that can't have them, and so has none.
            let _ = shown.set_username("");
            let _ = shown.set_password(None);
            wire.begin_attempt(method, shown.as_str(), url.host_str().unwrap_or_default());
        });
    }

    /// The attempt was answered with this status, and nothing more of the answer will be read.
    ///
    /// The attempt that gives the call its reply needs no end: it ends with the last byte of the reply.
    pub fn end(&self, status: u16) {
        self.show(|wire| wire.end_attempt(status));
    }

    /// The attempt has failed without an answer.
    pub fn fail(&self, failure: &Failure) {
        self.show(|wire| wire.fail_attempt(&failure.recorded().0));
    }

    fn show(&self, what: impl FnOnce(&mut Wire)) {
        if let Some(wire) = self.0.as_ref().and_then(Weak::upgrade) {
            guarded(|| what(&mut lock(&wire)));
        }
    }
}

impl fmt::Debug for Attempts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempts").finish_non_exhaustive()
    }
}
