//! Requests over HTTP: address, key, attempts and retries.

use std::future::Future;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT, CONTENT_TYPE, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use memchr::memchr2;
use reqwest::Url;
use reqwest::redirect::Policy;

use super::address::Address;
use super::body::Body;
use super::key::{Provider, is_key};
use super::options::RequestOptions;
use super::{received, retry};
use crate::ambient::{self, Ambient};
use crate::call::{Attempt, Call, Target};
use crate::decode::Head;
use crate::error::{ApiError, Error, Timeout};

/// OpenAI counts retries by it.
const RETRY_COUNT: HeaderName = HeaderName::from_static("x-stainless-retry-count");

/// How much of an error's body is read, in bytes.
const ERROR_BODY: usize = 1 << 20;

/// Everything a request needs beside itself.
pub(super) struct Transport {
    pub(super) http: reqwest::Client,
    pub(super) address: Address,
    /// What is asked for the key before each attempt.
    pub(super) key: Option<Provider>,
    pub(super) headers: HeaderMap,
    pub(super) target: Target,
    pub(super) timeout: Duration,
    pub(super) stream_idle_timeout: Duration,
    pub(super) deadline: Option<Duration>,
    pub(super) max_retries: u32,
    pub(super) max_event_bytes: usize,
    pub(super) include_usage: bool,
    pub(super) propagate_trace: bool,
}

/// One request: the same bytes are sent on every attempt.
pub(super) struct Outgoing<'a> {
    pub(super) method: Method,
    /// The path's segments below the base URL.
    pub(super) path: &'a [&'a str],
    pub(super) query: &'a [(String, String)],
    pub(super) body: Option<Body>,
    pub(super) options: &'a RequestOptions,
}

/// A reply that has been accepted.
pub(super) struct Answer<B> {
    pub(super) head: Head,
    pub(super) body: B,
    /// When the call's time is over.
    pub(super) deadline: Option<(Instant, Duration)>,
}

/// What an attempt waits for: a whole body, or a head alone, whose body is still to come.
pub(super) trait Awaited: Sized {
    const ACCEPT: &'static str;
    /// Whether nothing of the reply is left to be read.
    const IS_WHOLE: bool;

    fn of(response: reqwest::Response) -> impl Future<Output = reqwest::Result<Self>> + Send;
}

impl Awaited for Bytes {
    const ACCEPT: &'static str = "application/json";
    const IS_WHOLE: bool = true;

    fn of(response: reqwest::Response) -> impl Future<Output = reqwest::Result<Self>> + Send {
        response.bytes()
    }
}

impl Awaited for reqwest::Response {
    const ACCEPT: &'static str = "text/event-stream";
    const IS_WHOLE: bool = false;

    fn of(response: reqwest::Response) -> impl Future<Output = reqwest::Result<Self>> + Send {
        std::future::ready(Ok(response))
    }
}

impl Transport {
    /// The scheme, host and port that requests go to.
    pub(super) fn origin(&self) -> String {
        self.address.base().origin().ascii_serialization()
    }

    /// Whom a call goes to.
    pub(super) fn target(&self, options: &RequestOptions) -> Target {
        let mut target = self.target.clone();
        if let Some(id) = &options.conversation_id {
            target.request_conversation_id = Some(id.as_str().into());
        }
        if let Some(provider) = &options.provider {
            target.provider = provider.as_str().into();
        }
        target.overrides = options.overrides.or(target.overrides);
        target.attributes = options.attributes.clone();
        target
    }

    /// How long a stream may be silent.
    pub(super) fn stream_idle_timeout(&self, options: &RequestOptions) -> Duration {
        options
            .stream_idle_timeout
            .unwrap_or(self.stream_idle_timeout)
    }

    /// Sends the request until it is answered, or no more attempts are left.
    pub(super) async fn send<B: Awaited>(
        &self,
        call: &mut Call,
        out: &Outgoing<'_>,
    ) -> Result<Answer<B>, Error> {
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(Error::Config(
                "there is no Tokio runtime: call the client from within one".to_owned(),
            ));
        }
        if let Some(invalid) = &out.options.invalid {
            return Err(Error::Config(invalid.clone()));
        }
        // On the heap: it is large, and a caller's own future would be as large as all the calls in it.
        let send = Box::pin(self.attempts(call, out));
        let send = ambient::within_future(Ambient::below_a_call(), send);
        let Some(limit) = out.options.deadline.or(self.deadline) else {
            return send.await;
        };
        // A limit that no clock reaches is none.
        let deadline = Instant::now().checked_add(limit);
        match tokio::time::timeout(limit, send).await {
            Ok(answer) => Ok(Answer {
                deadline: deadline.map(|deadline| (deadline, limit)),
                ..answer?
            }),
            Err(_) => Err(Error::Timeout(Timeout::Deadline(limit))),
        }
    }

    async fn attempts<B: Awaited>(
        &self,
        call: &mut Call,
        out: &Outgoing<'_>,
    ) -> Result<Answer<B>, Error> {
        let url = self.url(out);
        let shown = without_query(&url);
        let limit = out.options.timeout.unwrap_or(self.timeout);
        let max_retries = out.options.max_retries.unwrap_or(self.max_retries);
        let mut resends = 0;
        loop {
            let attempt = async {
                let key = self.key(out.options).await?;
                let body = match &out.body {
                    Some(body) => Some(body.open().await?),
                    None => None,
                };
                call.begin_attempt(Attempt {
                    method: &out.method,
                    url: shown,
                    host: &self.target.address,
                    resends,
                });
                let mut request = self.request::<B>(call, out, url.clone(), key, resends);
                *request.body_mut() = body;
                self.attempt(request).await
            };
            let result = match tokio::time::timeout(limit, attempt).await {
                Ok(result) => result,
                Err(_) => Err(Error::Timeout(Timeout::Attempt(limit))),
            };
            match result {
                Ok(answer) => {
                    if B::IS_WHOLE {
                        call.end_attempt(answer.head.status);
                    } else {
                        call.answer_attempt(answer.head.status);
                    }
                    received::note(&answer.head, resends);
                    return Ok(answer);
                }
                Err(error) => {
                    call.fail_attempt(&error);
                    let Some(wait) = retry::wait(&error, resends, max_retries) else {
                        return Err(error);
                    };
                    tokio::time::sleep(wait).await;
                    resends += 1;
                }
            }
        }
    }

    /// The header with the key of the moment, if there is one to ask for and the request does not bring its own.
    async fn key(
        &self,
        options: &RequestOptions,
    ) -> Result<Option<(HeaderName, HeaderValue)>, Error> {
        match &self.key {
            Some(provider) if !options.headers.keys().any(is_key) => {
                provider.header().await.map(Some)
            }
            _ => Ok(None),
        }
    }

    async fn attempt<B: Awaited>(&self, request: reqwest::Request) -> Result<Answer<B>, Error> {
        let mut response = self.http.execute(request).await?;
        let head = Head {
            status: response.status().as_u16(),
            headers: std::mem::take(response.headers_mut()),
        };
        if response.status().is_success() {
            return Ok(Answer {
                head,
                body: B::of(response).await?,
                deadline: None,
            });
        }
        if response.status().is_redirection() {
            return Err(refused_redirect(head, response.url()).into());
        }
        let body = error_body(response).await;
        Err(ApiError::from_body(head.status, head.headers, &body).into())
    }

    fn request<B: Awaited>(
        &self,
        call: &Call,
        out: &Outgoing<'_>,
        url: Url,
        key: Option<(HeaderName, HeaderValue)>,
        resends: u32,
    ) -> reqwest::Request {
        let mut request = reqwest::Request::new(out.method.clone(), url);
        let headers = request.headers_mut();
        headers.clone_from(&self.headers);
        headers.insert(ACCEPT, HeaderValue::from_static(B::ACCEPT));
        headers.insert(RETRY_COUNT, resends.into());
        headers.extend(key);
        if self.propagate_trace {
            for (name, value) in call.trace_headers() {
                if let Ok(value) = value.parse() {
                    headers.insert(name, value);
                }
            }
        }
        for (name, value) in &out.options.headers {
            headers.insert(name, value.clone());
        }
        let content_type = out.body.as_ref().map(|body| &body.content_type);
        if let Some(Some(content_type)) = content_type {
            headers.insert(CONTENT_TYPE, content_type.clone());
        }
        request
    }

    fn url(&self, out: &Outgoing<'_>) -> Url {
        let mut url = self.address.url(&out.method, out.path);
        // What the call itself asks for goes before its options, and those before what all requests have.
        let names =
            |pairs: &[(String, String)], name: &str| pairs.iter().any(|(own, _)| own == name);
        let options = out.options.query.iter();
        let options = options.filter(|(name, _)| !names(out.query, name));
        let own: Vec<_> = options.chain(out.query).collect();
        if own.is_empty() {
            return url;
        }
        let common: Vec<_> = url.query_pairs().into_owned().collect();
        let replaced = |name: &str| own.iter().any(|(own, _)| own == name);
        if common.iter().any(|(name, _)| replaced(name)) {
            let common = common.iter().filter(|(name, _)| !replaced(name));
            url.query_pairs_mut().clear().extend_pairs(common);
        }
        url.query_pairs_mut().extend_pairs(own);
        url
    }
}

/// Redirects that keep method and body, and the key to the server it is for.
pub(super) fn redirects() -> Policy {
    const MOST: usize = 10;

    Policy::custom(|attempt| {
        let keeps_method = matches!(
            attempt.status(),
            StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT
        );
        let previous = attempt.previous();
        let same_origin = previous
            .last()
            .is_some_and(|from| from.origin() == attempt.url().origin());
        if keeps_method && same_origin && previous.len() <= MOST {
            attempt.follow()
        } else {
            attempt.stop()
        }
    })
}

fn refused_redirect(head: Head, from: &Url) -> ApiError {
    let location = head.headers.get(LOCATION);
    let target = location
        .and_then(|location| from.join(location.to_str().ok()?).ok())
        .map_or_else(
            || "another place".to_owned(),
            |url| url.origin().ascii_serialization(),
        );
    let text = format!(
        "the server redirects to {target}, which is not followed: if that is the API, make it the base URL"
    );
    ApiError::from_json(head.status, head.headers, &text.into())
}

/// An error's body, as far as it can be had: that it broke off matters less than the error.
async fn error_body(mut response: reqwest::Response) -> Bytes {
    let mut body = BytesMut::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        let room = ERROR_BODY.saturating_sub(body.len());
        body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
        if room <= chunk.len() {
            break;
        }
    }
    body.freeze()
}

fn without_query(url: &Url) -> &str {
    let text = url.as_str();
    let query = memchr2(b'?', b'#', text.as_bytes());
    query.and_then(|at| text.get(..at)).unwrap_or(text)
}
