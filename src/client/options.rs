//! What one request may have of its own.

use std::fmt;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};

use super::key::header;
use crate::attribute::{AttributeValue, OwnAttributes};
use crate::settings::Overrides;

/// Settings of one request, above those of its client.
///
/// [`Client::with_options`](super::Client::with_options) gives a client whose every call has them.
///
/// ```
/// use std::time::Duration;
/// use sentry_openai::RequestOptions;
///
/// let options = RequestOptions::new().timeout(Duration::from_secs(20)).max_retries(0);
/// ```
#[derive(Clone, Default)]
#[must_use]
pub struct RequestOptions {
    pub(super) timeout: Option<Duration>,
    pub(super) max_retries: Option<u32>,
    pub(super) deadline: Option<Duration>,
    pub(super) stream_idle_timeout: Option<Duration>,
    pub(super) headers: HeaderMap,
    /// Why a header can't be sent.
    pub(super) invalid: Option<String>,
    pub(super) query: Vec<(String, String)>,
    pub(super) provider: Option<String>,
    pub(super) conversation_id: Option<String>,
    pub(super) include_usage: Option<bool>,
    pub(super) overrides: Overrides,
    pub(super) attributes: OwnAttributes,
}

impl RequestOptions {
    /// The settings of the client.
    pub fn new() -> Self {
        Self::default()
    }

    /// How long an HTTP attempt may take: to the whole reply, or to the head of a stream.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// How often the request is sent again when it fails in a way that may pass.
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.max_retries = Some(retries);
        self
    }

    /// How long the whole call may take: all attempts, the waits between them, and the stream.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// How long a stream may be silent.
    pub fn stream_idle_timeout(mut self, timeout: Duration) -> Self {
        self.stream_idle_timeout = Some(timeout);
        self
    }

    /// A header in addition to the client's; one of the same name is replaced.
    ///
    /// Name and value are texts, or what `http` makes of them. What can be no header is an [`Error::Config`] of the call.
    ///
    /// [`Error::Config`]: crate::Error::Config
    pub fn header(
        mut self,
        name: impl TryInto<HeaderName>,
        value: impl TryInto<HeaderValue>,
    ) -> Self {
        match header(name, value) {
            Ok((name, value)) => {
                self.headers.insert(name, value);
            }
            Err(error) => self.invalid = self.invalid.or(Some(error)),
        }
        self
    }

    /// A pair for the query of the address. Given several times, a name has several values; pairs of the same name in
    /// the client's base URL are replaced.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a text or a number, as a caller has it"
    )]
    pub fn query(mut self, name: impl Into<String>, value: impl ToString) -> Self {
        self.query.push((name.into(), value.to_string()));
        self
    }

    /// Who serves the model, as recorded (`gen_ai.provider.name`).
    pub fn provider(mut self, name: impl Into<String>) -> Self {
        self.provider = Some(name.into());
        self
    }

    /// The conversation that this call belongs to, for the recording (`gen_ai.conversation.id`). It goes before that
    /// of an agent and that of the client; one that the request itself names goes before it.
    pub fn conversation_id(mut self, id: impl Into<String>) -> Self {
        self.conversation_id = Some(id.into());
        self
    }

    /// Whether this call is recorded: without, it has no span, neither of its own nor of its HTTP attempts. Default: as the
    /// client says, else the integration.
    pub fn record(mut self, record: bool) -> Self {
        self.overrides.record = Some(record);
        self
    }

    /// Whether this request's content is recorded. Default: as the client says, else the integration.
    pub fn record_inputs(mut self, record: bool) -> Self {
        self.overrides.record_inputs = Some(record);
        self
    }

    /// Whether the content of this request's reply is recorded. Default: as the client says, else the integration.
    pub fn record_outputs(mut self, record: bool) -> Self {
        self.overrides.record_outputs = Some(record);
        self
    }

    /// Sets an attribute of your own on the call's span: a text (up to 1,024 bytes of it), a number or a boolean. Of a name
    /// that this crate records itself, its own value stands.
    ///
    /// It leaves with every recorded call, whether inputs and outputs are recorded or not.
    pub fn attribute(mut self, name: impl Into<String>, value: impl Into<AttributeValue>) -> Self {
        self.attributes.push(name, value);
        self
    }

    /// Whether a chat stream asks for its usage, without which no tokens are known. Default: `true`.
    pub fn include_usage(mut self, include: bool) -> Self {
        self.include_usage = Some(include);
        self
    }

    /// These settings, and where they say nothing those of `base`. A header or query pair replaces those of its name.
    pub(super) fn over(mut self, base: &Self) -> Self {
        // Written out, so that a new setting can't be forgotten.
        let Self {
            timeout,
            max_retries,
            deadline,
            stream_idle_timeout,
            headers,
            invalid,
            query,
            provider,
            conversation_id,
            include_usage,
            overrides,
            attributes,
        } = base;
        self.timeout = self.timeout.or(*timeout);
        self.max_retries = self.max_retries.or(*max_retries);
        self.deadline = self.deadline.or(*deadline);
        self.stream_idle_timeout = self.stream_idle_timeout.or(*stream_idle_timeout);
        self.invalid = self.invalid.or_else(|| invalid.clone());
        self.provider = self.provider.or_else(|| provider.clone());
        self.conversation_id = self.conversation_id.or_else(|| conversation_id.clone());
        self.include_usage = self.include_usage.or(*include_usage);
        self.overrides = self.overrides.or(*overrides);
        self.attributes = self.attributes.over(attributes);
        for (name, value) in headers {
            self.headers.entry(name).or_insert_with(|| value.clone());
        }
        let kept = query
            .iter()
            .filter(|(name, _)| self.query.iter().all(|(own, _)| own != name));
        self.query = kept.chain(&self.query).cloned().collect();
        self
    }
}

/// Header values, query and attributes may hold secrets, so only names are shown.
impl fmt::Debug for RequestOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let query: Vec<_> = self.query.iter().map(|(name, _)| name).collect();
        f.debug_struct("RequestOptions")
            .field("timeout", &self.timeout)
            .field("max_retries", &self.max_retries)
            .field("deadline", &self.deadline)
            .field("stream_idle_timeout", &self.stream_idle_timeout)
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("invalid", &self.invalid)
            .field("query", &query)
            .field("provider", &self.provider)
            .field("conversation_id", &self.conversation_id)
            .field("include_usage", &self.include_usage)
            .field("recording", &self.overrides)
            .field("attributes", &self.attributes.names())
            .finish()
    }
}
