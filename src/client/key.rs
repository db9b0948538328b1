//! The key of the API: given once, or asked for before each attempt.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use http::header::{AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION};
use http::{HeaderName, HeaderValue};

use crate::error::Error;

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type Answer = Pin<Box<dyn Future<Output = Result<String, BoxError>> + Send>>;

/// Where Azure's dated API looks for its key.
const API_KEY: HeaderName = HeaderName::from_static("api-key");

/// Where a key comes from.
#[derive(Clone)]
pub(super) enum Key {
    Given(String),
    AskedFor(Provider),
}

/// Gives the key whenever it is asked.
#[derive(Clone)]
pub(super) struct Provider(Arc<dyn Fn() -> Answer + Send + Sync>);

/// How a given key is sent.
#[derive(Clone, Copy)]
pub(super) enum Scheme {
    /// As OpenAI does it.
    Bearer,
    /// As Azure's dated API does it.
    ApiKey,
}

impl Key {
    pub(super) fn asked_of<F, A, E>(provider: F) -> Self
    where
        F: Fn() -> A + Send + Sync + 'static,
        A: Future<Output = Result<String, E>> + Send + 'static,
        E: Into<BoxError>,
    {
        Self::AskedFor(Provider(Arc::new(move || {
            let answer = provider();
            Box::pin(async move { answer.await.map_err(Into::into) })
        })))
    }
}

impl Provider {
    /// The header with the key of the moment.
    pub(super) async fn header(&self) -> Result<(HeaderName, HeaderValue), Error> {
        let key = (self.0)().await.map_err(Error::ApiKey)?;
        Scheme::Bearer
            .header(&key)
            .map_err(|text| Error::ApiKey(text.into()))
    }
}

impl Scheme {
    /// The header that sends this key; otherwise what is wrong with the key.
    pub(super) fn header(self, key: &str) -> Result<(HeaderName, HeaderValue), &'static str> {
        let key = key.trim();
        if key.is_empty() {
            return Err("the API key is empty");
        }
        let (name, value) = match self {
            Self::Bearer => (AUTHORIZATION, format!("Bearer {key}")),
            Self::ApiKey => (API_KEY, key.to_owned()),
        };
        let mut value = HeaderValue::try_from(value).map_err(
            |_| "the API key can't be sent: it holds a line break or another control character",
        )?;
        value.set_sensitive(true);
        Ok((name, value))
    }
}

/// A header that a user gives, or why it can't be sent.
pub(super) fn header(
    name: impl TryInto<HeaderName>,
    value: impl TryInto<HeaderValue>,
) -> Result<(HeaderName, HeaderValue), String> {
    let Ok(name) = name.try_into() else {
        return Err(
            "a header can't be sent: its name is empty or holds something else than letters, digits and \
             `-_.!#$%&'*+^`|~`"
                .to_owned(),
        );
    };
    match value.try_into() {
        Ok(value) => Ok((name.clone(), guarded(&name, value))),
        Err(_) => Err(format!(
            "the value of the header {name} can't be sent: it holds a line break or another control character"
        )),
    }
}

/// The value of a header that a user gives, marked as sensitive if its name says that it holds a secret.
fn guarded(name: &HeaderName, mut value: HeaderValue) -> HeaderValue {
    if [&AUTHORIZATION, &PROXY_AUTHORIZATION, &COOKIE, &API_KEY].contains(&name)
        || name.as_str() == "x-api-key"
    {
        value.set_sensitive(true);
    }
    value
}

/// Whether a header of this name holds the key.
pub(super) fn is_key(name: &HeaderName) -> bool {
    [&AUTHORIZATION, &API_KEY].contains(&name)
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Provider")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_trimmed_and_sensitive_however_it_is_sent() {
        let table = [
            (Scheme::Bearer, "authorization", "Bearer sk-1"),
            (Scheme::ApiKey, "api-key", "sk-1"),
        ];
        for (scheme, expected_name, expected) in table {
            let (name, value) = scheme.header(" sk-1\n").unwrap();
            assert_eq!(
                (name.as_str(), value.to_str().unwrap()),
                (expected_name, expected)
            );
            assert_eq!(format!("{value:?}"), "Sensitive");
        }
    }

    #[test]
    fn headers_whose_names_tell_of_secrets_are_sensitive() {
        let table = [
            ("authorization", true),
            ("api-key", true),
            ("x-api-key", true),
            ("proxy-authorization", true),
            ("cookie", true),
            ("x-trace", false),
        ];
        for (name, expected) in table {
            let value = guarded(
                &HeaderName::from_static(name),
                HeaderValue::from_static("v"),
            );
            assert_eq!(value.is_sensitive(), expected, "{name}");
        }
    }
}
