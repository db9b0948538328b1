//! Frameworks that trace themselves: their `tracing` spans as Sentry's AI spans.
//!
//! Frameworks as [rig](https://docs.rs/rig-core) and [genai](https://docs.rs/genai) emit `tracing` spans whose fields
//! are named by OpenTelemetry's conventions for generative AI. [`SpanLayer`] makes them the spans that Sentry's views
//! of models, agents and tools read, under the privacy that [`OpenAiIntegration`](crate::OpenAiIntegration) says.
//! It stands in place of sentry-tracing's `SpanLayer`, and does what that does for every other span:
//!
//! ```
//! use tracing_subscriber::filter::LevelFilter;
//! use tracing_subscriber::prelude::*;
//!
//! let subscriber = tracing_subscriber::registry()
//!     .with(sentry_openai::tracing::SpanLayer::new().with_filter(LevelFilter::INFO));
//! # drop(subscriber);
//! ```
//!
//! # Which spans
//!
//! A span that declares the field `gen_ai.operation.name`, or `gen_ai.request.model` together with `gen_ai.system` or
//! `gen_ai.provider.name`. Its op is `gen_ai.{operation}`, its name the operation and the model, agent or tool, and
//! its `sentry.origin` `auto.ai.rig`, `auto.ai.genai` or `auto.ai.tracing`.
//!
//! # What is recorded
//!
//! The fields become the attributes of the page [`recording`](crate::recording), whatever their older or own names. None
//! is passed on as it came. Prompts and answers are recorded only where the integration says so (without the
//! integration: where `send_default_pii` is set), redacted, shortened, and set when the span ends, so that no error event
//! copies them. Texts of fields that are not known count as content of both sides. The tokens of an agent's span are
//! left out: the calls below tell them. A span tells of a failure only if the framework does (`otel.status_code`,
//! `error.type`, `error`).
//!
//! A call of this crate's client, or of another with one of its doors, below such a span becomes that span.
//!
//! # What it can't do
//!
//! - It must be the only layer that makes Sentry spans. Beside sentry-tracing's own `SpanLayer` it does nothing at all, and
//!   that one sends all fields as they are. sentry-tracing's older `layer()`, put behind this one, panics as it does behind
//!   its own `SpanLayer`; put before this one it sends all fields as they are.
//! - A framework that does not enter its span (genai) has none active: a call that is recorded below it has a span of its own.
//! - `tracing` *events* go past it: a framework that logs prompts does so to every layer for logs and breadcrumbs.
//! - Without a filter it wants spans of all levels, as sentry-tracing's does. A filter of its own would hide spans from
//!   other layers: put `with_filter` around it.

mod table;
mod taken;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sentry_core::{Hub, TransactionOrSpan};
use tracing_core::field::Value;
use tracing_core::{Dispatch, Field, Metadata, Subscriber, span};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use self::taken::Taken;
use crate::call::guarded;

/// Makes Sentry spans of `tracing` spans, as sentry-tracing's layer of this name does, and AI spans of those of
/// frameworks that trace themselves. See the [module](self).
#[derive(Default)]
#[must_use = "a layer does nothing until it is added to a subscriber"]
pub struct SpanLayer {
    inner: sentry_tracing::SpanLayer,
    /// Another layer makes the spans: this one leaves them to it.
    is_idle: AtomicBool,
}

impl SpanLayer {
    /// A layer that takes its settings from the integration of the client at hand.
    pub fn new() -> Self {
        Self::default()
    }

    fn is_idle(&self) -> bool {
        self.is_idle.load(Ordering::Relaxed)
    }

    /// The Sentry span of this span, if there is one: sentry-tracing shows it only as the active one.
    fn sentry_span<S>(&self, id: &span::Id, ctx: &Context<'_, S>) -> Option<TransactionOrSpan>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let before = Hub::current();
        self.inner.on_enter(id, ctx.clone());
        let entered = Hub::current();
        if Arc::ptr_eq(&before, &entered) {
            return None;
        }
        // The hub is one of its own, made to enter the span.
        let span = entered.configure_scope(|scope| scope.get_span());
        self.inner.on_exit(id, ctx.clone());
        span
    }
}

impl<S> Layer<S> for SpanLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_register_dispatch(&self, subscriber: &Dispatch) {
        let is_other = subscriber
            .downcast_ref::<Self>()
            .is_some_and(|first| !std::ptr::eq(first, self));
        let is_plain_there = subscriber
            .downcast_ref::<sentry_tracing::SpanLayer>()
            .is_some();
        if is_other || is_plain_there {
            self.is_idle.store(true, Ordering::Relaxed);
        }
    }

    fn on_new_span(&self, attributes: &span::Attributes<'_>, id: &span::Id, ctx: Context<'_, S>) {
        // Two layers that both make the Sentry span of a span panic.
        if self.is_idle() || self.sentry_span(id, &ctx).is_some() {
            return;
        }
        let metadata = attributes.metadata();
        if !is_taken(metadata) {
            self.inner.on_new_span(attributes, id, ctx);
            return;
        }
        let none: [(&Field, Option<&dyn Value>); 0] = [];
        let values = metadata.fields().value_set(&none);
        let without_values = if let Some(parent) = attributes.parent() {
            span::Attributes::child_of(parent.clone(), metadata, &values)
        } else if attributes.is_root() {
            span::Attributes::new_root(metadata, &values)
        } else {
            span::Attributes::new(metadata, &values)
        };
        self.inner.on_new_span(&without_values, id, ctx.clone());
        guarded(|| {
            let sentry_span = self.sentry_span(id, &ctx)?;
            let mut taken = Taken::new(&Hub::current(), sentry_span, metadata)?;
            taken.record(|visitor| attributes.record(visitor));
            let taken: Shared = Arc::new(Mutex::new(taken));
            ctx.span(id)?.extensions_mut().replace(taken);
            Some(())
        });
    }

    fn on_record(&self, id: &span::Id, values: &span::Record<'_>, ctx: Context<'_, S>) {
        if self.is_idle() {
            return;
        }
        let is_taken = ctx.metadata(id).is_some_and(is_taken);
        if !is_taken {
            self.inner.on_record(id, values, ctx);
            return;
        }
        guarded(|| {
            let taken = ctx.span(id)?.extensions().get::<Shared>().cloned()?;
            lock(&taken).record(|visitor| values.record(visitor));
            Some(())
        });
    }

    fn on_enter(&self, id: &span::Id, ctx: Context<'_, S>) {
        if !self.is_idle() {
            self.inner.on_enter(id, ctx);
        }
    }

    fn on_exit(&self, id: &span::Id, ctx: Context<'_, S>) {
        if !self.is_idle() {
            self.inner.on_exit(id, ctx);
        }
    }

    fn on_close(&self, id: span::Id, ctx: Context<'_, S>) {
        if self.is_idle() {
            return;
        }
        guarded(|| {
            let span = ctx.span(&id)?;
            let taken = is_taken(span.metadata())
                .then(|| span.extensions_mut().remove::<Shared>())
                .flatten()?;
            lock(&taken).finish();
            Some(())
        });
        self.inner.on_close(id, ctx);
    }
}

/// The state in a span's extensions. These are not locked while a user's `redact` runs, which may emit events that make
/// other layers read them.
type Shared = Arc<Mutex<Taken>>;

fn lock(taken: &Mutex<Taken>) -> MutexGuard<'_, Taken> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether a framework's call, agent or tool is what this span declares to be.
fn is_taken(metadata: &Metadata<'_>) -> bool {
    let (mut has_model, mut has_provider) = (false, false);
    for field in metadata.fields() {
        match field.name() {
            "gen_ai.operation.name" => return true,
            "gen_ai.request.model" => has_model = true,
            "gen_ai.system" | "gen_ai.provider.name" => has_provider = true,
            _ => {}
        }
    }
    has_model && has_provider
}

impl std::fmt::Debug for SpanLayer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SpanLayer")
            .field("is_idle", &self.is_idle())
            .finish_non_exhaustive()
    }
}
