//! One observed call: start, reply, event, fail, finish. It closes itself when it is dropped.
//!
//! A call that is not recorded (no integration, no sampled trace) is an empty [`Call`] that does nothing.
//! Content is read at the start and set when the span ends, so that no error event can copy it from a root.

mod attempt;
mod capture;
mod failure;
mod pending;
mod stream;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use sentry_core::protocol::SpanStatus;

use crate::ambient;
use crate::attribute::OwnAttributes;
use crate::error::Error;
use crate::integration::settings;
use crate::record::attributes::{Attributes, bounded, names};
use crate::record::{Prompt, Reply, budget};
use crate::settings::{Overrides, Settings};
use crate::span::{self, Identity, Place, Span};

pub(crate) use self::attempt::Attempt;
use self::attempt::RunningAttempt;
pub(crate) use self::capture::{Report, Reported};
pub(crate) use self::failure::Failure;
use self::pending::{Key, Server};
pub(crate) use self::stream::StreamCall;

/// What a span says of who made it.
pub(crate) const ORIGIN: &str = "auto.ai.openai";

/// Whom a call goes to, and what the client or layer that makes it says of recording.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) provider: Arc<str>,
    /// Empty if it is not known.
    pub(crate) address: Arc<str>,
    pub(crate) port: Option<u16>,
    pub(crate) overrides: Overrides,
    /// What the caller wants on the span of this one request.
    pub(crate) attributes: OwnAttributes,
    /// The conversation that this one request belongs to.
    pub(crate) request_conversation_id: Option<Arc<str>>,
    /// The conversation of calls that nothing else tells one of.
    pub(crate) conversation_id: Option<Arc<str>>,
}

/// One observed call, from its first poll until its reply, error or drop.
pub(crate) struct Call {
    model: Option<Box<ModelCall>>,
    attempts: Attempts,
}

/// Where the spans of HTTP attempts go.
enum Attempts {
    Off,
    /// Below the model call.
    OfModelCall(Option<RunningAttempt>),
    /// Below the user's active span: a call to no model, as listing the models.
    OfParent(Option<RunningAttempt>),
}

struct ModelCall {
    span: Span,
    settings: Settings,
    facts: Attributes,
    content: Attributes,
    own: OwnAttributes,
    server: Server,
    /// The operation's name, if the request named no model to call the span by.
    unnamed: Option<&'static str>,
    failure: Option<Failure>,
    /// Whether there is an event of the failure.
    is_captured: bool,
    /// The response whose end this may be (see [`pending`]); a call's own is its end.
    ends: Option<Key>,
    /// The response that is still being made, by the last that is known of it.
    pending: Option<Key>,
    /// Whether a reply has come that is all there will be.
    is_over: bool,
}

impl Call {
    /// Starts a call to a model. To be called when the call is first polled: the active span is its parent.
    pub(crate) fn start(prompt: &impl Prompt, target: &Target, streaming: bool) -> Self {
        Self::start_read(target, || Some((prompt, streaming)))
    }

    /// Starts a call whose request is read only if it will be recorded. It says also whether the reply is a
    /// stream.
    pub(crate) fn start_read<P: Prompt>(
        target: &Target,
        prompt: impl FnOnce() -> Option<(P, bool)>,
    ) -> Self {
        match guarded(|| ModelCall::start(target, prompt)) {
            Some(model) => Self {
                attempts: if model.settings.http_spans {
                    Attempts::OfModelCall(None)
                } else {
                    Attempts::Off
                },
                model: Some(Box::new(model)),
            },
            None => Self::unrecorded(),
        }
    }

    /// Starts a call to no model: with an active span its attempts are recorded, without one nothing is.
    pub(crate) fn start_plain(overrides: Overrides) -> Self {
        let record = guarded(|| settings(&span::current_hub(), overrides))
            .is_some_and(|settings| settings.http_spans)
            && !ambient::current().recorded;
        Self {
            model: None,
            attempts: if record {
                Attempts::OfParent(None)
            } else {
                Attempts::Off
            },
        }
    }

    /// Starts a call that fetches a response. Where a call waits for the end of it, and this gives it, it is recorded; beside
    /// that it is a call to no model.
    pub(crate) fn start_fetch(id: &str, target: &Target, streaming: bool) -> Self {
        let mut call = Self::start_plain(target.overrides);
        call.model = guarded(|| ModelCall::start_end_of(id, target, streaming)).map(Box::new);
        call
    }

    /// Whether a call waits for the end of this response.
    #[cfg(feature = "reqwest-middleware")]
    pub(crate) fn is_awaited(id: &str, target: &Target) -> bool {
        Key::new(id, Server::of(target)).is_some_and(|key| key.is_pending())
    }

    /// A call that nothing is recorded of.
    pub(crate) fn unrecorded() -> Self {
        Self {
            model: None,
            attempts: Attempts::Off,
        }
    }

    /// Whether the call to a model is recorded.
    pub(crate) fn is_recorded(&self) -> bool {
        self.model.is_some()
    }

    /// The headers that continue the trace at the server: at the attempt's span, or else at the call's; where
    /// nothing is recorded, at what is active.
    pub(crate) fn trace_headers(&self) -> Vec<(&'static str, String)> {
        let span = match &self.attempts {
            Attempts::OfModelCall(Some(attempt)) | Attempts::OfParent(Some(attempt)) => {
                Some(&attempt.span)
            }
            _ => {
                let model = self.model.as_ref();
                model
                    .filter(|model| model.ends.is_none())
                    .map(|model| &model.span)
            }
        };
        match span {
            Some(span) => span.trace_headers(),
            None => span::active_trace_headers(),
        }
    }

    /// Records the reply.
    pub(crate) fn reply(&mut self, reply: &impl Reply) {
        if let Some(model) = &mut self.model {
            model.reply(reply);
        }
    }

    /// The call is done.
    pub(crate) fn finish(mut self) {
        span::mark_thread();
        self.end(SpanStatus::Ok);
    }

    /// The call has failed.
    pub(crate) fn fail(self, error: &Error) {
        span::mark_thread();
        self.fail_as(Failure::from(error), error);
    }

    /// The call has failed in this way, of which an event would have this `report`. Also for code that a thread-local's
    /// destructor may run.
    pub(crate) fn fail_as(mut self, failure: Failure, report: &dyn Reported) {
        let status = failure.status;
        // That a response can't be fetched is no failure of the call that asked for it.
        if let Some(model) = self.model.as_mut().filter(|model| model.ends.is_none()) {
            model.capture(&failure, report);
            model.failure = Some(failure);
        }
        self.end(status);
    }

    fn end(&mut self, status: SpanStatus) {
        guarded(|| {
            self.end_attempt_with_call(status);
            if let Some(model) = self.model.take() {
                model.finish(status, Span::finish);
            }
        });
    }

    /// The call was dropped. If its whole reply had come, it went well.
    fn end_dropped(&mut self, is_complete: bool) {
        let status = if is_complete {
            SpanStatus::Ok
        } else {
            SpanStatus::Cancelled
        };
        guarded(|| {
            self.end_attempt_with_call(status);
            if let Some(model) = self.model.take() {
                model.finish(status, Span::finish_dropped);
            }
        });
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.end_dropped(false);
    }
}

impl ModelCall {
    fn start<P: Prompt>(
        target: &Target,
        prompt: impl FnOnce() -> Option<(P, bool)>,
    ) -> Option<Self> {
        let hub = span::current_hub();
        let settings = settings(&hub, target.overrides)?;
        let ambient = ambient::current();
        if ambient.recorded {
            return None;
        }
        let place = Place::find(hub)?;
        let ambient = ambient.or_below(|| place.parent_id());
        let (prompt, streaming) = prompt()?;

        let operation = prompt.operation();
        let mut facts = Attributes::of_a_call();
        facts.push(names::OPERATION_NAME, operation.name());
        facts.push(names::PROVIDER_NAME, &*target.provider);
        if let Some(model) = prompt.model() {
            facts.push(names::REQUEST_MODEL, model);
        }
        prompt.parameters(&mut facts);
        facts.push(names::RESPONSE_STREAMING, streaming);
        let conversation_id = prompt
            .conversation_id()
            .or(target.request_conversation_id.as_deref())
            .or(ambient.conversation_id.as_deref())
            .or(target.conversation_id.as_deref());
        for (name, value) in [
            (names::CONVERSATION_ID, conversation_id),
            (names::AGENT_NAME, ambient.agent.as_deref()),
            (names::PIPELINE_NAME, ambient.pipeline.as_deref()),
        ] {
            if let Some(value) = value {
                facts.push(name, value);
            }
        }
        if !target.address.is_empty() {
            facts.push(names::SERVER_ADDRESS, &*target.address);
        }
        if let Some(port) = target.port {
            facts.push(names::SERVER_PORT, port);
        }

        let identity = Identity {
            op: operation.op(),
            name: match prompt.model() {
                Some(model) => [operation.name(), &*bounded(model)].join(" "),
                None => operation.name().to_owned(),
            },
            origin: ORIGIN,
        };
        let span = place.adopt_or_start(operation.alike(), identity, facts.iter())?;

        let mut content = Attributes::default();
        if settings.record_inputs {
            prompt.content(&settings, &mut content);
        }
        Some(Self {
            span,
            settings,
            facts,
            content,
            own: target.attributes.clone(),
            server: Server::of(target),
            unnamed: prompt.model().is_none().then(|| operation.name()),
            failure: None,
            is_captured: false,
            ends: None,
            pending: None,
            is_over: false,
        })
    }

    fn reply(&mut self, reply: &impl Reply) {
        reply.facts(&mut self.facts);
        if self.settings.record_outputs {
            reply.content(&self.settings, &mut self.content);
        }
        self.is_over = reply.is_over();
        let pending = reply.pending();
        self.pending = pending.and_then(|id| Key::new(id, self.server.clone()));
        if let Some(failed) = reply.failure() {
            self.failure = Some(Failure::from(failed));
        }
        if let (Some(operation), Some(model)) = (self.unnamed, reply.model()) {
            self.unnamed = None;
            self.facts.push(names::REQUEST_MODEL, model);
            self.span.rename([operation, &*bounded(model)].join(" "));
        }
    }

    /// Captures an event of the failure, if the integration asks for it.
    fn capture(&mut self, failure: &Failure, report: &dyn Reported) {
        if self.settings.capture_errors && !std::mem::replace(&mut self.is_captured, true) {
            guarded(|| capture::capture(&self.span, &self.facts, failure, &report.report()));
        }
    }

    fn finish(mut self, otherwise: SpanStatus, finish: fn(Span, SpanStatus)) {
        match (&self.ends, self.pending.take()) {
            (Some(ends), _) if !self.is_over || !ends.take() => return,
            (None, Some(pending)) => pending.hold(&self),
            _ => {}
        }
        let mut status = otherwise;
        if let Some(failure) = self.failure.take() {
            // The caller has no error of a reply that says itself that it failed.
            self.capture(&failure, &failure);
            status = failure::FAILED;
            self.facts
                .push(names::ERROR_TYPE, failure.error_type.as_ref());
        }
        for (name, value) in self.own {
            self.span.set(&name, value);
        }
        self.span.record(self.facts);
        record_content(&mut self.span, self.content);
        finish(self.span, status);
    }
}

/// Records content that the budget of its transaction has room for; of the rest, that there was some.
pub(crate) fn record_content(span: &mut Span, mut content: Attributes) {
    if content.is_empty() {
        return;
    }
    match span.root() {
        Some(root) => budget::spend(root, span.id(), &mut content),
        None => budget::bound(&mut content),
    }
    span.record(content);
}

/// Runs what records a call. What panics in it (a traces sampler, a transport, a lock that a panic has poisoned)
/// must not reach the call.
pub(crate) fn guarded<R: Default>(record: impl FnOnce() -> R) -> R {
    catch_unwind(AssertUnwindSafe(record)).unwrap_or_default()
}
