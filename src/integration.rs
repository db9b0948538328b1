//! The integration: the switch that turns recording on, and carries what may be recorded.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use sentry_core::{ClientOptions, Hub, Integration};

use crate::delivery;
use crate::settings::{Overrides, Redact, Settings};
use crate::unrecorded::Unrecorded;

/// The default for each content attribute, in bytes.
const CONTENT_BYTES: usize = 20_000;

/// The same where spans travel by themselves ([`SpanStream`](crate::SpanStream)).
const STREAMED_CONTENT_BYTES: usize = 100_000;

/// Makes every model call a Sentry span; to be added at `sentry::init`.
///
/// Without it, or with tracing disabled, calls work just the same and nothing is recorded.
///
/// ```
/// let _guard = sentry::init(
///     sentry::ClientOptions::new()
///         .traces_sample_rate(1.0)
///         .add_integration(sentry_openai::OpenAiIntegration::new()),
/// );
/// ```
///
/// | option | default | what it does |
/// | --- | --- | --- |
/// | [`record`](Self::record) | `true` | makes spans |
/// | [`record_inputs`](Self::record_inputs) | the Sentry client's `send_default_pii` | records prompts, system instructions, tool definitions and embeddings input |
/// | [`record_outputs`](Self::record_outputs) | the Sentry client's `send_default_pii` | records answers, reasoning and tool calls |
/// | [`max_content_bytes`](Self::max_content_bytes) | 20,000 | bounds each attribute that holds content |
/// | [`redact`](Self::redact) | none | rewrites content before it is recorded |
/// | [`capture_errors`](Self::capture_errors) | `false` | captures a Sentry event for a failed call |
/// | [`http_spans`](Self::http_spans) | `true` | an `http.client` span for each HTTP attempt |
#[derive(Clone)]
#[must_use = "an integration does nothing until it is added to the client options"]
pub struct OpenAiIntegration {
    record: bool,
    record_inputs: Option<bool>,
    record_outputs: Option<bool>,
    /// `None` if it was not set.
    #[expect(
        clippy::option_option,
        reason = "no limit is not the same as none that was set"
    )]
    max_content_bytes: Option<Option<usize>>,
    redact: Option<Redact>,
    capture_errors: bool,
    http_spans: bool,
}

impl OpenAiIntegration {
    /// The integration with its defaults.
    pub fn new() -> Self {
        Self {
            record: true,
            record_inputs: None,
            record_outputs: None,
            max_content_bytes: None,
            redact: None,
            capture_errors: false,
            http_spans: true,
        }
    }

    /// Whether calls, agents and tools are recorded at all. Default: `true`. A client, a layer or a single request can say
    /// otherwise for its own.
    pub fn record(mut self, record: bool) -> Self {
        self.record = record;
        self
    }

    /// Whether requests' content is recorded: messages, system instructions, tool definitions, embeddings
    /// input. Default: `send_default_pii` of the Sentry client, read at each call.
    pub fn record_inputs(mut self, record: bool) -> Self {
        self.record_inputs = Some(record);
        self
    }

    /// Whether replies' content is recorded: text, refusals, reasoning, tool calls. Default:
    /// `send_default_pii` of the Sentry client, read at each call.
    pub fn record_outputs(mut self, record: bool) -> Self {
        self.record_outputs = Some(record);
        self
    }

    /// How many bytes each content attribute may hold; `None` for no limit. Default: 20,000; with a
    /// [`SpanStream`](crate::SpanStream), which bounds the content of a span to 900,000 bytes instead of that of a
    /// transaction, 100,000.
    ///
    /// What is longer is shortened: the newest messages stay. Whatever this says, the content of one transaction weighs
    /// 600,000 bytes at most, since Sentry refuses a larger one as a whole:
    /// [how it is shared](crate::recording#size).
    pub fn max_content_bytes(mut self, bytes: impl Into<Option<usize>>) -> Self {
        self.max_content_bytes = Some(bytes.into());
        self
    }

    /// Runs over every string of content before it is recorded, tool arguments included; what it returns is
    /// recorded instead. If it panics, `[redacted]` is.
    ///
    /// ```
    /// # use sentry_openai::OpenAiIntegration;
    /// let integration = OpenAiIntegration::new()
    ///     .record_inputs(true)
    ///     .redact(|text| text.replace("hunter2", "[password]").into());
    /// ```
    pub fn redact<F>(mut self, redact: F) -> Self
    where
        F: for<'a> Fn(&'a str) -> Cow<'a, str> + Send + Sync + 'static,
    {
        self.redact = Some(Arc::new(redact));
        self
    }

    /// Whether a failed call is also captured as a Sentry event, one a call however often it was tried.
    /// Default: `false`, the caller has the error.
    pub fn capture_errors(mut self, capture: bool) -> Self {
        self.capture_errors = capture;
        self
    }

    /// Whether each HTTP attempt is an `http.client` span below the call. Default: `true`.
    pub fn http_spans(mut self, record: bool) -> Self {
        self.http_spans = record;
        self
    }

    /// What a call may record: the request's, client's or layer's word first, then ours, then Sentry's. `None` if there is to
    /// be no span.
    fn settings(&self, overrides: Overrides, sentry: &ClientOptions) -> Option<Settings> {
        if !overrides.record.unwrap_or(self.record) {
            return None;
        }
        let resolve = |first: Option<bool>, second: Option<bool>| {
            first.or(second).unwrap_or(sentry.send_default_pii)
        };
        Some(Settings {
            record_inputs: resolve(overrides.record_inputs, self.record_inputs),
            record_outputs: resolve(overrides.record_outputs, self.record_outputs),
            max_content_bytes: self.max_content_bytes.unwrap_or_else(|| {
                Some(if delivery::is_linked(sentry) {
                    STREAMED_CONTENT_BYTES
                } else {
                    CONTENT_BYTES
                })
            }),
            redact: self.redact.clone(),
            capture_errors: self.capture_errors,
            http_spans: self.http_spans,
        })
    }
}

/// What a call that starts in `hub` may record; `None` without the integration, or where it is to have no span.
pub(crate) fn settings(hub: &Hub, overrides: Overrides) -> Option<Settings> {
    let client = hub.client()?;
    let of =
        |integration: &OpenAiIntegration| Some(integration.settings(overrides, client.options()));
    hub.with_integration(of).unwrap_or_else(|| {
        Unrecorded::NoIntegration.say(&client);
        None
    })
}

/// As [`settings`]; without the integration, as one with its defaults says. `None` without a client that is enabled.
#[cfg(feature = "tracing")]
pub(crate) fn settings_or_default(hub: &Hub) -> Option<Settings> {
    let client = hub.client().filter(|client| client.is_enabled())?;
    let of = |integration: &OpenAiIntegration| {
        integration.settings(Overrides::default(), client.options())
    };
    // One that is there and says no is not the same as none.
    hub.with_integration(|integration| Some(of(integration)))
        .unwrap_or_else(|| of(&OpenAiIntegration::new()))
}

impl Default for OpenAiIntegration {
    fn default() -> Self {
        Self::new()
    }
}

impl Integration for OpenAiIntegration {
    fn name(&self) -> &'static str {
        "openai"
    }

    fn setup(&self, options: &mut ClientOptions) {
        delivery::link(options);
    }
}

impl fmt::Debug for OpenAiIntegration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenAiIntegration")
            .field("record", &self.record)
            .field("record_inputs", &self.record_inputs)
            .field("record_outputs", &self.record_outputs)
            .field("max_content_bytes", &self.max_content_bytes)
            .field("redact", &self.redact.is_some())
            .field("capture_errors", &self.capture_errors)
            .field("http_spans", &self.http_spans)
            .finish()
    }
}
