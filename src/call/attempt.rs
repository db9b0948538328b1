//! The HTTP attempts of a call, each an `http.client` span.

use http::Method;
use sentry_core::protocol::SpanStatus;

use super::failure::{Failure, of_http_status};
use super::{Attempts, Call, guarded};
use crate::error::Error;
use crate::record::attributes::{bounded, names};
use crate::span::{self, Identity, Place, Span};

const OP: &str = "http.client";
const ORIGIN: &str = "auto.http.openai";

/// The span of an attempt that has not ended.
pub(super) struct RunningAttempt {
    pub(super) span: Span,
    /// The status of its reply, once the head has come.
    http_status: Option<u16>,
}

impl RunningAttempt {
    fn answered(&mut self, http_status: u16) {
        self.http_status = Some(http_status);
        self.span.set(names::HTTP_RESPONSE_STATUS_CODE, http_status);
    }
}

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

    /// The attempt has the head of its reply. It ends with the last byte of the body, or with the call.
    pub(crate) fn answer_attempt(&mut self, http_status: u16) {
        if let Some(attempt) = self.attempt_mut() {
            attempt.answered(http_status);
        }
    }

    /// The attempt has its whole reply.
    pub(crate) fn end_attempt(&mut self, http_status: u16) {
        self.answer_attempt(http_status);
        guarded(|| self.end_attempt_as(of_http_status(http_status)));
    }

    /// The attempt has failed, before its reply or in the middle of it.
    pub(crate) fn fail_attempt(&mut self, error: &Error) {
        if let Some(http_status) = error.status() {
            self.end_attempt(http_status);
            return;
        }
        self.fail_attempt_as(&Failure::from(error));
    }

    /// The attempt has failed in this way, before its reply or in the middle of it.
    pub(crate) fn fail_attempt_as(&mut self, failure: &Failure) {
        if let Some(attempt) = self.attempt_mut() {
            attempt
                .span
                .set(names::ERROR_TYPE, failure.error_type.as_ref());
        }
        guarded(|| self.end_attempt_as(failure.status));
    }

    /// Whether an attempt is recorded that has not ended.
    pub(crate) fn has_attempt(&mut self) -> bool {
        self.attempt_mut().is_some()
    }

    /// The call ends in this way, and with it the attempt, if that has not ended before. A reply whose head had come
    /// was a good one for it, unless it was dropped.
    pub(super) fn end_attempt_with_call(&mut self, status: SpanStatus) {
        let http_status = self.attempt_mut().and_then(|attempt| attempt.http_status);
        match http_status {
            Some(http_status) if status != SpanStatus::Cancelled => {
                self.end_attempt_as(of_http_status(http_status));
            }
            _ => self.end_attempt_as(status),
        }
    }

    fn end_attempt_as(&mut self, status: SpanStatus) {
        match &mut self.attempts {
            Attempts::Off => {}
            Attempts::OfModelCall(attempt) => {
                if let (Some(attempt), Some(model)) = (attempt.take(), &mut self.model) {
                    model.span.finish_child(attempt.span, status);
                }
            }
            Attempts::OfParent(attempt) => {
                if let Some(attempt) = attempt.take() {
                    attempt.span.finish(status);
                }
            }
        }
    }

    fn attempt_mut(&mut self) -> Option<&mut RunningAttempt> {
        match &mut self.attempts {
            Attempts::Off => None,
            Attempts::OfModelCall(attempt) | Attempts::OfParent(attempt) => attempt.as_mut(),
        }
    }
}

impl Attempt<'_> {
    fn start(&self, start: impl FnOnce(Identity) -> Option<Span>) -> Option<RunningAttempt> {
        let url = bounded(self.url);
        let mut span = start(Identity {
            op: OP,
            name: [self.method.as_str(), &*url].join(" "),
            origin: ORIGIN,
        })?;
        span.set(names::HTTP_REQUEST_METHOD, self.method.as_str());
        span.set(names::URL_FULL, &*url);
        span.set(names::SERVER_ADDRESS, self.host);
        if self.resends > 0 {
            span.set(names::HTTP_REQUEST_RESEND_COUNT, self.resends);
        }
        Some(RunningAttempt {
            span,
            http_status: None,
        })
    }
}
