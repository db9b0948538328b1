//! A run and its span, from its first poll until its end or drop.

use std::any::{Any, type_name};
use std::borrow::Cow;
use std::error::Error as StdError;
use std::future::Future;
use std::panic::{AssertUnwindSafe, resume_unwind};

use futures_util::FutureExt;
use sentry_core::protocol::SpanStatus;
use sentry_core::{Hub, SentryFutureExt};

use crate::ambient::{self, Ambient};
use crate::attribute::OwnAttributes;
use crate::call::{Failure, ORIGIN, guarded, record_content};
use crate::error::{ApiError, Error};
use crate::integration::settings;
use crate::record::attributes::{Attributes, bounded, names};
use crate::settings::{Overrides, Settings};
use crate::span::{self, Identity, Place, Span};

/// What is said of one run: whether and how much of it is recorded, and what else stands on its span.
#[derive(Clone, Default)]
pub(super) struct Word {
    pub(super) overrides: Overrides,
    pub(super) attributes: OwnAttributes,
}

/// A run and its span; nothing of it is recorded where nothing would be sent.
pub(super) struct Observed(Option<Running>);

struct Running {
    span: Span,
    settings: Settings,
    facts: Attributes,
    content: Attributes,
    own: OwnAttributes,
}

impl Observed {
    pub(super) fn start(
        (op, operation): (&'static str, &'static str),
        name: &str,
        word: &Word,
        begin: impl FnOnce(&Settings, &mut Attributes, &mut Attributes),
    ) -> Self {
        Self(guarded(|| {
            Self::try_start(op, operation, name, word, begin)
        }))
    }

    fn try_start(
        op: &'static str,
        operation: &'static str,
        name: &str,
        word: &Word,
        begin: impl FnOnce(&Settings, &mut Attributes, &mut Attributes),
    ) -> Option<Running> {
        let hub = span::current_hub();
        let settings = settings(&hub, word.overrides)?;
        let place = Place::find(hub)?;
        let (mut facts, mut content) = (Attributes::default(), Attributes::default());
        facts.push(names::OPERATION_NAME, operation);
        begin(&settings, &mut facts, &mut content);
        let identity = Identity {
            op,
            name: [operation, &*bounded(name)].join(" "),
            origin: ORIGIN,
        };
        let span = place.start(identity, facts.iter())?;
        Some(Running {
            span,
            settings,
            facts,
            content,
            own: word.attributes.clone(),
        })
    }

    /// Awaits the future with the span active, on a hub that is its own.
    pub(super) async fn run<T, E: 'static>(
        mut self,
        ambient: Ambient,
        future: impl Future<Output = Result<T, E>>,
        end: impl FnOnce(&T, &Settings, &mut Attributes),
    ) -> Result<T, E> {
        let below = ambient.clone();
        let future = ambient::within_future(ambient, future);
        let Some(running) = &mut self.0 else {
            return future.await;
        };
        let hub = Hub::new_from_top(running.span.hub());
        hub.configure_scope(|scope| scope.set_span(Some(running.span.as_active())));
        below.hold_below(running.span.id());
        let result = AssertUnwindSafe(future.bind_hub(hub)).catch_unwind().await;
        span::mark_thread();
        match &result {
            Ok(Ok(value)) => {
                if let Some(running) = &mut self.0
                    && running.settings.record_outputs
                {
                    guarded(|| end(value, &running.settings, &mut running.content));
                }
                self.finish(SpanStatus::Ok);
            }
            Ok(Err(error)) => self.fail(&error_type(error)),
            Err(_) => self.fail("panic"),
        }
        result.unwrap_or_else(|panic| resume_unwind(panic))
    }

    fn fail(&mut self, error_type: &str) {
        if let Some(running) = &mut self.0 {
            running.facts.push(names::ERROR_TYPE, error_type);
        }
        self.finish(SpanStatus::InternalError);
    }

    pub(super) fn finish(&mut self, status: SpanStatus) {
        let Some(Running {
            mut span,
            facts,
            content,
            own,
            ..
        }) = self.0.take()
        else {
            return;
        };
        guarded(|| {
            for (name, value) in own {
                span.set(&name, value);
            }
            span.record(facts);
            record_content(&mut span, content);
            span.finish(status);
        });
    }
}

impl Drop for Observed {
    fn drop(&mut self) {
        self.finish(SpanStatus::Cancelled);
    }
}

pub(super) fn inherited(ambient: &Ambient, facts: &mut Attributes) {
    facts.push_text(names::AGENT_NAME, ambient.agent.as_deref());
    facts.push_text(names::PIPELINE_NAME, ambient.pipeline.as_deref());
    facts.push_text(names::CONVERSATION_ID, ambient.conversation_id.as_deref());
}

/// What a run that starts now inherits.
pub(super) fn around() -> Ambient {
    let ambient = ambient::current();
    let active = || Place::find(span::current_hub())?.parent_id();
    guarded(|| Some(ambient.clone().or_below(active))).unwrap_or(ambient)
}

/// What a failure is called: an error of this crate by its code or kind, any other by the full path of its type.
fn error_type<E: 'static>(error: &E) -> Cow<'static, str> {
    match of_our_own(error) {
        Some(failure) => failure.error_type,
        None => type_name::<E>().into(),
    }
}

/// The failure that an error of this crate tells of, also in a box.
fn of_our_own(error: &dyn Any) -> Option<Failure> {
    let of_error = |error: &Error| Failure::from(error);
    error
        .downcast_ref()
        .or_else(|| {
            error
                .downcast_ref::<Box<dyn StdError + Send + Sync>>()?
                .downcast_ref()
        })
        .or_else(|| {
            error
                .downcast_ref::<Box<dyn StdError + Send>>()?
                .downcast_ref()
        })
        .or_else(|| error.downcast_ref::<Box<dyn StdError>>()?.downcast_ref())
        .or_else(|| error.downcast_ref::<Box<Error>>().map(Box::as_ref))
        .map(of_error)
        .or_else(|| error.downcast_ref::<ApiError>().map(Failure::from))
}
