//! What may be recorded, and how much.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// A hook over every string of content before it is recorded.
pub(crate) type Redact = Arc<dyn for<'a> Fn(&'a str) -> Cow<'a, str> + Send + Sync>;

/// What one call may record: the integration's options under those of the request, client or layer.
#[derive(Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own"
)]
pub(crate) struct Settings {
    pub(crate) record_inputs: bool,
    pub(crate) record_outputs: bool,
    /// Bytes that one content attribute may hold; `None` is no limit.
    pub(crate) max_content_bytes: Option<usize>,
    pub(crate) redact: Option<Redact>,
    pub(crate) capture_errors: bool,
    pub(crate) http_spans: bool,
}

/// What a request, client or layer says of recording; where it says nothing, the integration decides.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Overrides {
    /// Whether there are spans at all.
    pub(crate) record: Option<bool>,
    pub(crate) record_inputs: Option<bool>,
    pub(crate) record_outputs: Option<bool>,
}

impl Overrides {
    /// What these say, else what `others` say.
    pub(crate) fn or(self, others: Self) -> Self {
        Self {
            record: self.record.or(others.record),
            record_inputs: self.record_inputs.or(others.record_inputs),
            record_outputs: self.record_outputs.or(others.record_outputs),
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("record_inputs", &self.record_inputs)
            .field("record_outputs", &self.record_outputs)
            .field("max_content_bytes", &self.max_content_bytes)
            .field("redact", &self.redact.is_some())
            .field("capture_errors", &self.capture_errors)
            .field("http_spans", &self.http_spans)
            .finish()
    }
}
