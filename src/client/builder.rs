//! Building a client: every setting is checked here, so that no call can fail for one.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::header::{AUTHORIZATION, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};
use reqwest::Url;

use super::Client;
use super::transport::{Transport, redirects};
use crate::call::Target;
use crate::error::Error;
use crate::record::provider;
use crate::settings::Overrides;

const DEFAULT_BASE_URL: &str = "https://api.openai.com/v1";

/// The settings of a [`Client`], each with a default that suits.
///
/// | setting | default |
/// | --- | --- |
/// | [`base_url`](Self::base_url) | `https://api.openai.com/v1` |
/// | [`api_key`](Self::api_key) | none; needed for the default base URL only |
/// | [`timeout`](Self::timeout) | 600 s for each attempt |
/// | [`connect_timeout`](Self::connect_timeout) | 5 s |
/// | [`stream_idle_timeout`](Self::stream_idle_timeout) | 300 s |
/// | [`deadline`](Self::deadline) | none |
/// | [`max_retries`](Self::max_retries) | 2 |
/// | [`max_event_bytes`](Self::max_event_bytes) | 64 MiB |
/// | [`include_usage`](Self::include_usage) | `true` |
/// | [`propagate_trace`](Self::propagate_trace) | `false` |
/// | [`record_inputs`](Self::record_inputs), [`record_outputs`](Self::record_outputs) | as the integration says |
#[derive(Clone, Default)]
#[must_use]
pub struct ClientBuilder {
    base_url: Option<String>,
    api_key: Option<String>,
    organization: Option<String>,
    project: Option<String>,
    headers: HeaderMap,
    http_client: Option<reqwest::Client>,
    connect_timeout: Option<Duration>,
    timeout: Option<Duration>,
    stream_idle_timeout: Option<Duration>,
    deadline: Option<Duration>,
    max_retries: Option<u32>,
    max_event_bytes: Option<usize>,
    include_usage: Option<bool>,
    propagate_trace: bool,
    provider: Option<String>,
    conversation_id: Option<String>,
    overrides: Overrides,
}

impl ClientBuilder {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Takes what is not set yet from `OPENAI_API_KEY`, `OPENAI_BASE_URL`, `OPENAI_ORG_ID` and
    /// `OPENAI_PROJECT_ID`. Values are trimmed; blank ones count as unset.
    pub fn from_env(mut self) -> Self {
        let get = |name| {
            let value = std::env::var(name).ok()?;
            let value = value.trim();
            (!value.is_empty()).then(|| value.to_owned())
        };
        self.api_key = self.api_key.or_else(|| get("OPENAI_API_KEY"));
        self.base_url = self.base_url.or_else(|| get("OPENAI_BASE_URL"));
        self.organization = self.organization.or_else(|| get("OPENAI_ORG_ID"));
        self.project = self.project.or_else(|| get("OPENAI_PROJECT_ID"));
        self
    }

    /// The key, sent as a bearer token. Servers of your own may need none.
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.api_key = Some(key.into());
        self
    }

    /// Where the API is, up to and including its version: `http://localhost:11434/v1`. A query is sent with
    /// every request.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// The organization that calls count for (`OpenAI-Organization`).
    pub fn organization(mut self, id: impl Into<String>) -> Self {
        self.organization = Some(id.into());
        self
    }

    /// The project that calls count for (`OpenAI-Project`).
    pub fn project(mut self, id: impl Into<String>) -> Self {
        self.project = Some(id.into());
        self
    }

    /// A header that is sent with every request.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// An HTTP client of your own, which keeps its TLS, proxies, redirects, pool and timeouts.
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.http_client = Some(client);
        self
    }

    /// How long connecting may take. Default: 5 s. Not together with [`http_client`](Self::http_client), which
    /// has its own.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = Some(timeout);
        self
    }

    /// How long one HTTP attempt may take: to the whole reply, or to the head of a stream. Default: 600 s.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// How long a stream may be silent. Default: 300 s.
    pub fn stream_idle_timeout(mut self, timeout: Duration) -> Self {
        self.stream_idle_timeout = Some(timeout);
        self
    }

    /// How long a whole call may take: all attempts, the waits between them, and the stream. Default: no limit.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// How often a request is sent again when it fails in a way that may pass: 408, 409, 429, 5xx, no
    /// connection, a timeout. Default: 2.
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.max_retries = Some(retries);
        self
    }

    /// The largest event that a stream may hold. Default: 64 MiB.
    pub fn max_event_bytes(mut self, bytes: usize) -> Self {
        self.max_event_bytes = Some(bytes);
        self
    }

    /// Whether chat streams ask for their usage, without which no tokens are known. Default: `true`.
    pub fn include_usage(mut self, include: bool) -> Self {
        self.include_usage = Some(include);
        self
    }

    /// Whether the trace's header (`sentry-trace`) is sent to the server. Default: `false`; of use only for a
    /// gateway of your own that reports to Sentry as well.
    pub fn propagate_trace(mut self, propagate: bool) -> Self {
        self.propagate_trace = propagate;
        self
    }

    /// Who serves the models, as recorded (`gen_ai.provider.name`). Default: inferred from the host.
    pub fn provider(mut self, name: impl Into<String>) -> Self {
        self.provider = Some(name.into());
        self
    }

    /// The conversation that calls belong to where neither they nor an agent around them name one, as recorded
    /// (`gen_ai.conversation.id`).
    pub fn conversation_id(mut self, id: impl Into<String>) -> Self {
        self.conversation_id = Some(id.into());
        self
    }

    /// Whether this client's prompts are recorded, whatever the integration says.
    pub fn record_inputs(mut self, record: bool) -> Self {
        self.overrides.record_inputs = Some(record);
        self
    }

    /// Whether this client's answers are recorded, whatever the integration says.
    pub fn record_outputs(mut self, record: bool) -> Self {
        self.overrides.record_outputs = Some(record);
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] if a setting can't be used: its text says which and what to do.
    pub fn build(self) -> Result<Client, Error> {
        let base = self.base()?;
        let headers = self.all_headers()?;
        let host = base.host_str().unwrap_or_default();
        let target = Target {
            provider: match &self.provider {
                Some(name) => name.as_str().into(),
                None => provider(host).into(),
            },
            address: host.into(),
            port: base.port_or_known_default(),
            overrides: self.overrides,
            request_conversation_id: None,
            conversation_id: self.conversation_id.as_deref().map(Into::into),
        };
        let transport = Transport {
            http: self.http()?,
            base,
            headers,
            target,
            timeout: self.timeout.unwrap_or(Duration::from_secs(600)),
            stream_idle_timeout: self.stream_idle_timeout.unwrap_or(Duration::from_secs(300)),
            deadline: self.deadline,
            max_retries: self.max_retries.unwrap_or(2),
            max_event_bytes: self.max_event_bytes.unwrap_or(64 << 20),
            include_usage: self.include_usage.unwrap_or(true),
            propagate_trace: self.propagate_trace,
        };
        Ok(Client {
            transport: Arc::new(transport),
        })
    }

    fn base(&self) -> Result<Url, Error> {
        let base = self.base_url.as_deref().unwrap_or(DEFAULT_BASE_URL).trim();
        let base = Url::parse(base)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            .ok_or_else(|| {
                config("the base URL is no http(s) URL: give one like https://api.openai.com/v1")
            })?;
        if !base.username().is_empty() || base.password().is_some() {
            return Err(config(
                "the base URL holds a user or password: give them by `header` or `api_key`",
            ));
        }
        if self.api_key.is_none() && base.host_str() == Some("api.openai.com") {
            return Err(config(
                "OpenAI's API needs a key: set OPENAI_API_KEY and use `from_env`, or give it to `api_key`",
            ));
        }
        Ok(base)
    }

    fn all_headers(&self) -> Result<HeaderMap, Error> {
        let mut headers = HeaderMap::new();
        let user_agent = concat!("sentry-openai/", env!("CARGO_PKG_VERSION"));
        headers.insert(USER_AGENT, HeaderValue::from_static(user_agent));
        if let Some(key) = &self.api_key {
            let mut value = HeaderValue::try_from(format!("Bearer {}", key.trim())).map_err(|_| {
                config("the API key can't be sent: it holds a line break or another control character")
            })?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        for (name, value) in [
            ("openai-organization", &self.organization),
            ("openai-project", &self.project),
        ] {
            if let Some(value) = value {
                let value = HeaderValue::try_from(value.trim()).map_err(|_| {
                    config(&format!(
                        "the value for {name} can't be sent: it holds a control character"
                    ))
                })?;
                headers.insert(name, value);
            }
        }
        headers.extend(self.headers.clone());
        Ok(headers)
    }

    fn http(&self) -> Result<reqwest::Client, Error> {
        match (&self.http_client, self.connect_timeout) {
            (Some(_), Some(_)) => Err(config(
                "`connect_timeout` does nothing to the client given to `http_client`: set it there",
            )),
            (Some(client), None) => Ok(client.clone()),
            (None, timeout) => reqwest::Client::builder()
                .connect_timeout(timeout.unwrap_or(Duration::from_secs(5)))
                .redirect(redirects())
                .build()
                .map_err(|error| config(&format!("the HTTP client could not be made: {error}"))),
        }
    }
}

/// Neither key nor headers are shown, and no address, whose query may hold a key.
impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("timeout", &self.timeout)
            .field("max_retries", &self.max_retries)
            .field("recording", &self.overrides)
            .finish_non_exhaustive()
    }
}

fn config(text: &str) -> Error {
    Error::Config(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(builder: ClientBuilder) -> String {
        match builder.build().unwrap_err() {
            Error::Config(text) => text,
            error => panic!("{error:?}"),
        }
    }

    #[test]
    fn wrong_settings_are_refused_when_building() {
        let builder = || Client::builder().api_key("sk-SECRET");
        let table = [
            (Client::builder(), "OPENAI_API_KEY"),
            (Client::builder().api_key("sk-SECRET\nx"), "line break"),
            (builder().base_url("SECRET"), "base URL"),
            (builder().base_url("ftp://SECRET"), "base URL"),
            (
                builder().base_url("http://SECRET:SECRET@host/v1"),
                "password",
            ),
            (builder().organization("SECRET\n"), ""),
            (builder().project("a\u{7f}SECRET"), "openai-project"),
            (
                builder()
                    .http_client(reqwest::Client::new())
                    .connect_timeout(Duration::from_secs(1)),
                "connect_timeout",
            ),
        ];
        for (builder, expected) in table {
            if expected.is_empty() {
                builder.build().unwrap();
                continue;
            }
            let text = refused(builder);
            assert!(text.contains(expected), "{text}");
            assert!(!text.contains("SECRET"), "{text}");
        }
    }

    #[test]
    fn a_server_of_ones_own_needs_no_key() {
        Client::builder()
            .base_url("http://localhost:11434/v1")
            .build()
            .unwrap();
    }

    #[test]
    fn the_key_is_shown_nowhere() {
        let builder = Client::builder()
            .api_key("sk-SECRET")
            .base_url("https://h/v1?key=SECRET");
        assert!(!format!("{builder:?}").contains("SECRET"));
        assert!(!format!("{:#?}", builder.build().unwrap()).contains("SECRET"));
    }
}
