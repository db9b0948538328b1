//! Building a client: every setting is checked here, so that no call can fail for one.

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::header::{ACCEPT_ENCODING, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::Client;
use super::address::{Address, Azure, Given};
use super::key::{Key, Provider, Scheme, header, is_key};
use super::transport::{Transport, redirects};
use crate::attribute::OwnAttributes;
use crate::call::Target;
use crate::error::Error;
use crate::record::{AZURE, provider};
use crate::settings::Overrides;

/// The settings of a [`Client`], each with a default that suits.
///
/// | setting | default |
/// | --- | --- |
/// | [`base_url`](Self::base_url) | `https://api.openai.com/v1` |
/// | [`azure`](Self::azure) | none; in place of a base URL |
/// | [`api_key`](Self::api_key) | none; needed for OpenAI's own API only |
/// | [`api_key_provider`](Self::api_key_provider) | none; in place of a key |
/// | [`organization`](Self::organization), [`project`](Self::project) | the key's own |
/// | [`header`](Self::header) | none |
/// | [`http_client`](Self::http_client) | one of its own |
/// | [`timeout`](Self::timeout) | 600 s for each attempt |
/// | [`connect_timeout`](Self::connect_timeout) | 5 s |
/// | [`stream_idle_timeout`](Self::stream_idle_timeout) | 300 s |
/// | [`deadline`](Self::deadline) | none |
/// | [`max_retries`](Self::max_retries) | 2 |
/// | [`max_event_bytes`](Self::max_event_bytes) | 64 MiB |
/// | [`include_usage`](Self::include_usage) | `true` |
/// | [`propagate_trace`](Self::propagate_trace) | `false` |
/// | [`provider`](Self::provider) | from the host |
/// | [`conversation_id`](Self::conversation_id) | none |
/// | [`record`](Self::record), [`record_inputs`](Self::record_inputs), [`record_outputs`](Self::record_outputs) | as the integration says |
#[derive(Clone, Default)]
#[must_use]
pub struct ClientBuilder {
    address: Option<Given>,
    key: Option<Key>,
    organization: Option<String>,
    project: Option<String>,
    headers: HeaderMap,
    /// Why a header can't be sent.
    invalid: Option<String>,
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
        self.key = self.key.or_else(|| get("OPENAI_API_KEY").map(Key::Given));
        self.address = self
            .address
            .or_else(|| get("OPENAI_BASE_URL").map(Given::Base));
        self.organization = self.organization.or_else(|| get("OPENAI_ORG_ID"));
        self.project = self.project.or_else(|| get("OPENAI_PROJECT_ID"));
        self
    }

    /// The key, sent as a bearer token (to Azure's dated API as `api-key`). Servers of your own may need none.
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(Key::Given(key.into()));
        self
    }

    /// What gives the key, in place of [`api_key`](Self::api_key): for keys that change, and for tokens as those
    /// of Microsoft Entra. It is asked before each attempt, so it should keep what is still valid; the time it
    /// takes counts for the attempt. The key is sent as a bearer token, to Azure's dated API as well, which
    /// takes Entra's tokens so. If it fails, so does the call, with [`Error::ApiKey`].
    ///
    /// ```
    /// use sentry_openai::Client;
    ///
    /// async fn token() -> Result<String, std::io::Error> {
    ///     std::fs::read_to_string("/run/secrets/openai")
    /// }
    ///
    /// let client = Client::builder().api_key_provider(token).build()?;
    /// # Ok::<_, sentry_openai::Error>(())
    /// ```
    pub fn api_key_provider<F, A, E>(mut self, provider: F) -> Self
    where
        F: Fn() -> A + Send + Sync + 'static,
        A: Future<Output = Result<String, E>> + Send + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        self.key = Some(Key::asked_of(provider));
        self
    }

    /// Where the API is, up to and including its version: `http://localhost:11434/v1`. A query is sent with
    /// every request.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.address = Some(Given::Base(url.into()));
        self
    }

    /// Azure's API with a date for its version, in place of a base URL: the resource's endpoint
    /// (`https://my-resource.openai.azure.com`), the deployment that serves the model, and the version
    /// (`2024-10-21`). Calls go to that deployment, whatever model they name.
    ///
    /// Azure's v1 API needs none of this: it is
    /// [`base_url`](Self::base_url)`("https://my-resource.openai.azure.com/openai/v1")`.
    pub fn azure(
        mut self,
        endpoint: impl Into<String>,
        deployment: impl Into<String>,
        api_version: impl Into<String>,
    ) -> Self {
        self.address = Some(Given::Azure(Azure {
            endpoint: endpoint.into(),
            deployment: deployment.into(),
            api_version: api_version.into(),
        }));
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

    /// A header that is sent with every request; it goes before what the client itself would send.
    ///
    /// Name and value are texts, or what `http` makes of them. What can be no header is an error of
    /// [`build`](Self::build).
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

    /// An HTTP client of your own, which keeps its TLS, proxies, redirects, pool and timeouts.
    ///
    /// If it follows redirects to another origin, keys in headers go along: `reqwest` leaves away `authorization`
    /// there, but not `api-key` or a header of your own. Let such a client follow none.
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

    /// Whether the trace's header (`sentry-trace`) is sent to the server, so that its spans stand below the
    /// attempt's. What is not recorded or not sampled goes on with the active trace, as it is. Default: `false`;
    /// of use only for a gateway of your own that reports to Sentry as well.
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

    /// Whether this client's calls are recorded at all, whatever the integration says.
    pub fn record(mut self, record: bool) -> Self {
        self.overrides.record = Some(record);
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
        if let Some(invalid) = &self.invalid {
            return Err(config(invalid));
        }
        let address = Address::new(self.address.as_ref())?;
        let headers = self.all_headers(&address)?;
        let host = address.base().host_str().unwrap_or_default();
        let target = Target {
            provider: match &self.provider {
                Some(name) => name.as_str().into(),
                None if address.is_azure() => AZURE.into(),
                None => provider(host).into(),
            },
            address: host.into(),
            port: address.base().port_or_known_default(),
            overrides: self.overrides,
            attributes: OwnAttributes::default(),
            request_conversation_id: None,
            conversation_id: self.conversation_id.as_deref().map(Into::into),
        };
        let transport = Transport {
            http: self.http()?,
            key: self.key_provider(),
            address,
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
            options: None,
        })
    }

    fn all_headers(&self, address: &Address) -> Result<HeaderMap, Error> {
        let mut headers = HeaderMap::new();
        let user_agent = concat!("sentry-openai/", env!("CARGO_PKG_VERSION"));
        headers.insert(USER_AGENT, HeaderValue::from_static(user_agent));
        // Some servers encode what nobody asked them to.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        match &self.key {
            Some(Key::Given(key)) if !key.trim().is_empty() => {
                let scheme = if address.is_azure() {
                    Scheme::ApiKey
                } else {
                    Scheme::Bearer
                };
                let (name, value) = scheme.header(key).map_err(config)?;
                headers.insert(name, value);
            }
            Some(Key::AskedFor(_)) => {}
            _ if self.headers.keys().any(is_key) => {}
            _ if address.base().host_str() == Some("api.openai.com") => {
                return Err(config(
                    "OpenAI's API needs a key: set OPENAI_API_KEY and use `from_env`, or give it to `api_key`",
                ));
            }
            _ => {}
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

    /// What is asked for the key, if no header holds one.
    fn key_provider(&self) -> Option<Provider> {
        match &self.key {
            Some(Key::AskedFor(provider)) if !self.headers.keys().any(is_key) => {
                Some(provider.clone())
            }
            _ => None,
        }
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
