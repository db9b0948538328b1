//! An observed call whose reply comes as a stream of events.

use super::{Call, Failure, Reported};
use crate::error::Error;
use crate::record::Fold;
use crate::record::attributes::names;
use crate::span;

/// A call and what its stream has given so far. Dropped before its end, it records that much.
pub(crate) struct StreamCall<F: Fold> {
    /// Taken when the call ends.
    call: Option<Call>,
    /// `None` if nothing is recorded.
    fold: Option<F>,
    has_content: bool,
}

impl<F: Fold> StreamCall<F> {
    pub(crate) fn new(call: Call) -> Self {
        let fold = call.model.as_ref().map(|model| F::new(&model.settings));
        Self {
            call: Some(call),
            fold,
            has_content: false,
        }
    }

    /// Records an event as it passes.
    pub(crate) fn event(&mut self, event: &F::Event) {
        let Some(fold) = &mut self.fold else { return };
        // It may well be dropped on the thread that has read it last.
        span::mark_thread();
        if !self.has_content && F::has_content(event) {
            self.has_content = true;
            if let Some(model) = self.call.as_mut().and_then(|call| call.model.as_mut()) {
                let seconds = model.span.elapsed().as_secs_f64();
                model
                    .facts
                    .push(names::RESPONSE_TIME_TO_FIRST_CHUNK, seconds);
            }
        }
        fold.push(event);
    }

    /// The stream has ended as it should.
    pub(crate) fn finish(&mut self) {
        if let Some(call) = self.take() {
            call.finish();
        }
    }

    /// The stream has failed.
    pub(crate) fn fail(&mut self, error: &Error) {
        if let Some(mut call) = self.take() {
            if matches!(
                error,
                Error::Timeout(_) | Error::Connect(_) | Error::Interrupted(_) | Error::Http(_)
            ) {
                call.fail_attempt(error);
            }
            call.fail(error);
        }
    }

    /// The stream's bytes have failed in this way; see [`Call::fail_as`].
    pub(crate) fn fail_as(&mut self, failure: Failure, report: &dyn Reported) {
        if let Some(mut call) = self.take() {
            call.fail_attempt_as(&failure);
            call.fail_as(failure, report);
        }
    }

    /// The call, with all that came recorded.
    fn take(&mut self) -> Option<Call> {
        let mut call = self.call.take()?;
        if let Some(fold) = self.fold.take() {
            call.reply(&fold.finish());
        }
        Some(call)
    }
}

impl<F: Fold> Drop for StreamCall<F> {
    fn drop(&mut self) {
        let is_complete = self.fold.as_ref().is_some_and(F::is_complete);
        if let Some(mut call) = self.take() {
            call.end_dropped(is_complete);
        }
    }
}
