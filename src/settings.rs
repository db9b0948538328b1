//! What may be recorded, and how much.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// Rewrites a text before it is recorded.
pub(crate) type Redact = Arc<dyn for<'a> Fn(&'a str) -> Cow<'a, str> + Send + Sync>;

/// What one call may record.
#[derive(Clone)]
pub(crate) struct Settings {
    /// The content of requests.
    pub(crate) record_inputs: bool,
    /// The content of replies.
    pub(crate) record_outputs: bool,
    /// The bytes one content attribute may have; `None`: any number.
    pub(crate) max_content_bytes: Option<usize>,
    /// Runs over every text of content first.
    pub(crate) redact: Option<Redact>,
    /// One event for each failed call.
    pub(crate) capture_errors: bool,
    /// A child span for each HTTP attempt.
    pub(crate) http_spans: bool,
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
