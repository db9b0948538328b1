//! Webhooks: events that OpenAI posts to a server of yours, checked and read.
//!
//! Each is signed by the [Standard Webhooks](https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md)
//! specification with the secret that OpenAI shows once when the webhook is made (`whsec_...`).
//!
//! ```
//! use http::HeaderMap;
//! use sentry_openai::webhooks::{self, EventType};
//!
//! /// The handler of the route: with the headers and the very bytes of the body, not JSON that was read and written again.
//! fn handle(secret: &str, headers: &HeaderMap, body: &[u8]) -> u16 {
//!     match webhooks::verify(secret, headers, body) {
//!         Ok(event) if event.r#type == Some(EventType::ResponseCompleted) => {
//!             // Get the response by `event.data`'s id, in a task of its own: the answer is expected within seconds.
//!             200
//!         }
//!         Ok(_) => 200,
//!         Err(error) => {
//!             eprintln!("{error}");
//!             400
//!         }
//!     }
//! }
//! ```
//!
//! An event can come more than once: it has the same [`id`](Event::id) each time.
//! [OpenAI's guide](https://platform.openai.com/docs/guides/webhooks)

#[cfg(test)]
mod tests;

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64_simd::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::HeaderMap;
use sha2::Sha256;

pub use crate::types::webhook::{Data, Event, EventType, SipHeader};

const ID: &str = "webhook-id";
const TIMESTAMP: &str = "webhook-timestamp";
const SIGNATURE: &str = "webhook-signature";

/// Checks a webhook's signature and time, and reads its event; with a tolerance of 5 minutes. For several secrets and
/// another tolerance there is [`Verifier`].
///
/// # Errors
///
/// Why the event is not to be trusted, or can't be read.
pub fn verify(secret: &str, headers: &HeaderMap, body: &[u8]) -> Result<Event, WebhookError> {
    Verifier::new([secret])?.verify(headers, body)
}

/// Why a webhook is refused. Nothing of its content is shown.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookError {
    /// There is no secret, or one that can't be read.
    #[error("the webhook's secret {0}")]
    Secret(&'static str),
    /// A header is missing, or can't be read.
    #[error("the webhook's header `{0}` is missing or can't be read")]
    Header(&'static str),
    /// It was sent longer ago than is tolerated: late, or by somebody who has seen it pass.
    #[error("the webhook was sent {} s ago, which is too long", .0.as_secs())]
    TooOld(Duration),
    /// It was sent in the future, by more than is tolerated: a clock is wrong.
    #[error("the webhook was sent {} s in the future: is the clock right?", .0.as_secs())]
    TooNew(Duration),
    /// No signature is that of the body by any of the secrets: it was not sent by OpenAI, was changed on its way, or
    /// the secret is another webhook's.
    #[error("no signature of the webhook fits: are the secret and the body the very ones?")]
    Signature,
    /// It is signed, but no event.
    #[error("the webhook holds no event")]
    Event(#[source] serde_json::Error),
}

/// Checks webhooks by one or several secrets.
///
/// ```
/// use std::time::Duration;
/// use sentry_openai::webhooks::Verifier;
///
/// // While a secret is being replaced, both are good.
/// let secrets = ["whsec_bmV3IHNlY3JldA==", "whsec_b2xkIHNlY3JldA=="];
/// let verifier = Verifier::new(secrets)?.tolerance(Duration::from_secs(60));
/// # Ok::<_, sentry_openai::webhooks::WebhookError>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct Verifier {
    keys: Vec<Hmac<Sha256>>,
    tolerance: Duration,
}

impl Verifier {
    /// Takes the secrets, each as OpenAI shows it (`whsec_` and base64). Without `whsec_`, the text itself is the key.
    ///
    /// # Errors
    ///
    /// [`WebhookError::Secret`] if there is none, or one is empty or not what its `whsec_` says.
    pub fn new<S: AsRef<str>>(secrets: impl IntoIterator<Item = S>) -> Result<Self, WebhookError> {
        let keys = secrets
            .into_iter()
            .map(|secret| key(secret.as_ref().trim()));
        let keys = keys.collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() {
            return Err(WebhookError::Secret("is missing: give at least one"));
        }
        Ok(Self {
            keys,
            tolerance: Duration::from_secs(300),
        })
    }

    /// Sets how far the time of a webhook may be from now, in both directions. Default: 5 minutes.
    pub fn tolerance(mut self, tolerance: Duration) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Checks a webhook's signature and time, and reads its event.
    ///
    /// # Errors
    ///
    /// Why the event is not to be trusted, or can't be read.
    pub fn verify(&self, headers: &HeaderMap, body: &[u8]) -> Result<Event, WebhookError> {
        self.verify_at(SystemTime::now(), headers, body)
    }

    /// Checks a webhook as at another time than now: for tests with webhooks that were recorded.
    ///
    /// # Errors
    ///
    /// Why the event is not to be trusted, or can't be read.
    pub fn verify_at(
        &self,
        now: SystemTime,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Event, WebhookError> {
        let id = header(headers, ID)?;
        let timestamp = header(headers, TIMESTAMP)?;
        self.check_time(now, timestamp)?;
        let mut signatures = Vec::new();
        for value in headers.get_all(SIGNATURE) {
            let value = value
                .to_str()
                .map_err(|_| WebhookError::Header(SIGNATURE))?;
            // Each is a version and a signature; other versions may stand beside ours.
            let ours = value
                .split_ascii_whitespace()
                .filter_map(|it| it.strip_prefix("v1,"));
            signatures.extend(ours.filter_map(|it| STANDARD.decode_to_vec(it).ok()));
        }
        if !headers.contains_key(SIGNATURE) {
            return Err(WebhookError::Header(SIGNATURE));
        }
        let fits = self.keys.iter().any(|key| {
            let mut signed = key.clone();
            for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
                signed.update(part);
            }
            // In constant time.
            let fits = |signature: &Vec<u8>| signed.clone().verify_slice(signature).is_ok();
            signatures.iter().any(fits)
        });
        if !fits {
            return Err(WebhookError::Signature);
        }
        serde_json::from_slice(body).map_err(WebhookError::Event)
    }

    fn check_time(&self, now: SystemTime, timestamp: &str) -> Result<(), WebhookError> {
        let seconds: u64 = timestamp
            .parse()
            .map_err(|_| WebhookError::Header(TIMESTAMP))?;
        let sent = UNIX_EPOCH
            .checked_add(Duration::from_secs(seconds))
            .ok_or(WebhookError::Header(TIMESTAMP))?;
        match now.duration_since(sent) {
            Ok(age) if age > self.tolerance => Err(WebhookError::TooOld(age)),
            Err(ahead) if ahead.duration() > self.tolerance => {
                Err(WebhookError::TooNew(ahead.duration()))
            }
            _ => Ok(()),
        }
    }
}

/// Secrets are not shown.
impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("secrets", &self.keys.len())
            .field("tolerance", &self.tolerance)
            .finish()
    }
}

fn key(secret: &str) -> Result<Hmac<Sha256>, WebhookError> {
    let key = match secret.strip_prefix("whsec_") {
        Some(base64) => STANDARD.decode_to_vec(base64).map_err(|_| {
            WebhookError::Secret("is cut off or changed: after `whsec_` comes base64")
        })?,
        None => secret.as_bytes().to_vec(),
    };
    if key.is_empty() {
        return Err(WebhookError::Secret("is empty"));
    }
    // Can't fail: a key of any length will do.
    Hmac::new_from_slice(&key).map_err(|_| WebhookError::Secret("can't be used"))
}

fn header<'h>(headers: &'h HeaderMap, name: &'static str) -> Result<&'h str, WebhookError> {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value
        .filter(|value| !value.is_empty())
        .ok_or(WebhookError::Header(name))
}
