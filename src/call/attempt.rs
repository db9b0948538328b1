//! The HTTP attempts of a call, each an `http.client` span.

use http::Method;
use sentry_core::protocol::SpanStatus;

use super::failure::{Failure, of_http_status};
use super::{Attempts, Call, guarded};
use crate::error::Error;
use crate::record::attributes::names;
use crate::span::{self, Identity, Place, Span};

const OP: &str = "http.client";
const ORIGIN: &str = "auto.http.openai";

/// One HTTP try of a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attempt<'a> {
    pub(crate) method: &'a Method,
    /// The address without query and credentials.
    pub(crate) url: &'a str,
    pub(crate) host: &'a str,
    /// How many attempts came before.
    pub(crate) resends: u32,
}

impl Call {
    /// An HTTP attempt begins.
    pub(crate) fn begin_attempt(&mut self, attempt: Attempt<'_>) {
        guarded(|| {
            self.end_attempt_as(SpanStatus::Cancelled);
            match (&mut self.attempts, &self.model) {
                (Attempts::OfModelCall(slot), Some(model)) => {
                    *slot = attempt.start(|identity| Some(model.span.child(identity)));
                }
                (Attempts::OfParent(slot), _) => {
                    *slot = attempt.start(|identity| {
                        let place = Place::find(span::current_hub()).filter(Place::has_parent)?;
                        place.start(identity, std::iter::empty())
                    });
                }
                _ => {}
            }
        });
    }

    /// The attempt has its reply: the whole of it, or the head of a stream.
    pub(crate) fn end_attempt(&mut self, http_status: u16) {
        if let Some(span) = self.attempt_mut() {
            span.set(names::HTTP_RESPONSE_STATUS_CODE, http_status);
        }
        guarded(|| self.end_attempt_as(of_http_status(http_status)));
    }

    /// The attempt has failed.
    pub(crate) fn fail_attempt(&mut self, error: &Error) {
        if let Some(http_status) = error.status() {
            self.end_attempt(http_status);
            return;
        }
        self.fail_attempt_as(&Failure::from(error));
    }

    /// The attempt has failed in this way, without a reply.
    pub(crate) fn fail_attempt_as(&mut self, failure: &Failure) {
        if let Some(span) = self.attempt_mut() {
            span.set(names::ERROR_TYPE, failure.error_type.as_ref());
        }
        guarded(|| self.end_attempt_as(failure.status));
    }

    pub(super) fn end_attempt_as(&mut self, status: SpanStatus) {
        match &mut self.attempts {
            Attempts::Off => {}
            Attempts::OfModelCall(attempt) => {
                if let (Some(attempt), Some(model)) = (attempt.take(), &mut self.model) {
                    model.span.finish_child(attempt, status);
                }
            }
            Attempts::OfParent(attempt) => {
                if let Some(attempt) = attempt.take() {
                    attempt.finish(status);
                }
            }
        }
    }

    fn attempt_mut(&mut self) -> Option<&mut Span> {
        match &mut self.attempts {
            Attempts::Off => None,
            Attempts::OfModelCall(attempt) | Attempts::OfParent(attempt) => attempt.as_mut(),
        }
    }
}

impl Attempt<'_> {
    fn start(&self, start: impl FnOnce(Identity) -> Option<Span>) -> Option<Span> {
        let mut span = start(Identity {
            op: OP,
            name: [self.method.as_str(), self.url].join(" "),
            origin: ORIGIN,
        })?;
        span.set(names::HTTP_REQUEST_METHOD, self.method.as_str());
        span.set(names::URL_FULL, self.url);
        span.set(names::SERVER_ADDRESS, self.host);
        if self.resends > 0 {
            span.set(names::HTTP_REQUEST_RESEND_COUNT, self.resends);
        }
        Some(span)
    }
}
