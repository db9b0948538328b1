//! The way to all endpoints, also those that this crate has no types for.

use std::fmt;

use bytes::Bytes;
use http::header::ACCEPT;
use http::{HeaderName, HeaderValue, Method};
use reqwest::Url;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::Client;
use super::body::{Body, encode};
use super::bytes::ByteStream;
use super::form::Form;
use super::options::RequestOptions;
use super::stream::{EventStream, Reading};
use super::transport::{Answer, Awaited, Outgoing};
use crate::call::Call;
use crate::decode::{self, Head, StreamEvent, Unreadable};
use crate::error::Error;
use crate::events::{Events, Next};
use crate::wire::{Purpose, Wire};

/// A request to any endpoint: see [`Client::request`].
///
/// It takes a query, headers and one body, and is sent by the method that says what the reply is read as.
#[must_use = "a request does nothing until it is sent"]
pub struct RequestBuilder {
    client: Client,
    method: Method,
    path: Vec<String>,
    query: Vec<(String, String)>,
    body: Option<Body>,
    options: RequestOptions,
    /// What is wrong with it, to be told when it is sent.
    error: Option<Error>,
}

impl Client {
    /// A request to any path below the base URL: for what this crate has no types for.
    ///
    /// It has the client's key, headers, retries, timeouts and errors, and is recorded by its path, as every call:
    /// a `POST` to `chat/completions`, `responses`, `embeddings` or `completions` as a call to a model, any other as an
    /// `http.client` span below the active one.
    ///
    /// ```no_run
    /// # async fn run(client: sentry_openai::Client) -> Result<(), sentry_openai::Error> {
    /// use http::Method;
    /// use serde_json::{Value, json};
    ///
    /// let jobs: Value = client
    ///     .request(Method::GET, "fine_tuning/jobs")
    ///     .query("limit", "5")
    ///     .send()
    ///     .await?;
    /// let store = client
    ///     .request(Method::POST, "vector_stores")
    ///     .json(&json!({ "name": "manuals" }))
    ///     .send::<Value>()
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// The path's segments are escaped as they are sent; a query may stand behind a `?`. A path with an empty segment,
    /// as one with an id that is missing, is an [`Error::Config`] of the call.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let query = Url::parse(&format!("http://localhost/?{query}"));
        let path: Vec<_> = path.trim_start_matches('/').split('/').collect();
        let mut request = self.request_at(method, &path);
        request.query = query.map_or_else(
            |_| Vec::new(),
            |url| url.query_pairs().into_owned().collect(),
        );
        request
    }

    /// A request to the path of these segments.
    pub(super) fn request_at(&self, method: Method, path: &[&str]) -> RequestBuilder {
        RequestBuilder {
            client: self.clone(),
            method,
            path: path.iter().map(ToString::to_string).collect(),
            query: Vec::new(),
            body: None,
            options: RequestOptions::default(),
            error: None,
        }
    }

    /// Posts any JSON to any path below the base URL and reads any type back: short for
    /// [`request(POST, path)`](Self::request)`.json(request).send()`.
    ///
    /// ```no_run
    /// # async fn run(client: sentry_openai::Client) -> Result<(), sentry_openai::Error> {
    /// let request = serde_json::json!({ "name": "manuals" });
    /// let reply: serde_json::Value = client.post("vector_stores", &request).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        request: &impl Serialize,
    ) -> Result<T, Error> {
        let request = self
            .request(Method::POST, path.trim_matches('/'))
            .json(request);
        request.send().await
    }

    /// Posts any JSON to any path, with settings for this request.
    pub async fn post_with<T: DeserializeOwned>(
        &self,
        path: &str,
        request: &impl Serialize,
        options: RequestOptions,
    ) -> Result<T, Error> {
        let request = self
            .request(Method::POST, path.trim_matches('/'))
            .json(request);
        request.with(options).send().await
    }
}

impl RequestBuilder {
    /// Adds a pair to the query of the address. A name that is given several times has several values.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a text or a number, as a caller has it"
    )]
    pub fn query(mut self, name: impl Into<String>, value: impl ToString) -> Self {
        self.query.push((name.into(), value.to_string()));
        self
    }

    /// Sets a header, in place of the client's of that name. Name and value are texts, or what `http` makes of them.
    /// What can be no header is an [`Error::Config`] when it is sent.
    pub fn header(
        mut self,
        name: impl TryInto<HeaderName>,
        value: impl TryInto<HeaderValue>,
    ) -> Self {
        self.options = self.options.header(name, value);
        self
    }

    /// Sets a JSON body.
    pub fn json(mut self, request: &(impl Serialize + ?Sized)) -> Self {
        match encode(&request, &[]) {
            Ok(json) => self.body = Some(Body::json(json)),
            Err(error) => self.error = Some(error),
        }
        self
    }

    /// Sets a form with fields and files as the body (`multipart/form-data`).
    pub fn multipart(mut self, form: Form) -> Self {
        self.body = Some(Body::form(form));
        self
    }

    /// Sets any bytes as the body. What they are is to be said by a [`header`](Self::header) `content-type`.
    pub fn body(mut self, bytes: impl Into<Bytes>) -> Self {
        self.body = Some(Body::bytes(bytes.into()));
        self
    }

    /// Sets settings of this request: they go before those that it has so far and those of the client.
    pub fn with(mut self, options: RequestOptions) -> Self {
        self.options = options.over(&self.options);
        self
    }

    /// Sends it, and reads the JSON of the reply into any type.
    ///
    /// # Errors
    ///
    /// As for all calls; a reply that is an error in spite of its status is an [`Error::Api`] too.
    pub async fn send<T: DeserializeOwned>(self) -> Result<T, Error> {
        let (mut wire, answer) = self.start::<Bytes>().await?;
        wire.bytes(answer.body.clone());
        wire.end();
        decode::any(&answer.head, &answer.body)
    }

    /// Sends it, and gives the reply's body as it is.
    pub async fn bytes(self) -> Result<Bytes, Error> {
        let (mut wire, answer) = self.accepting_anything().start::<Bytes>().await?;
        wire.bytes(answer.body.clone());
        wire.end();
        Ok(answer.body)
    }

    /// Sends it, and gives the reply's body as it arrives.
    pub async fn byte_stream(self) -> Result<ByteStream, Error> {
        let transport = self.client.transport.clone();
        let request = self.accepting_anything();
        let options = request.client.options(request.options.clone());
        let idle = transport.stream_idle_timeout(&options);
        let (wire, answer) = request.start::<reqwest::Response>().await?;
        Ok(ByteStream::new(answer, idle, wire))
    }

    /// Sends it, and reads the events of the reply (`text/event-stream`), each into any type, up to the end or
    /// `[DONE]`. That a stream is wanted is for the request to say (`"stream": true` for most endpoints).
    ///
    /// An event that is an error (`event: error`, or JSON with an `error`) ends the stream as an [`Error::Api`].
    pub async fn events<E: DeserializeOwned + Send + 'static>(
        self,
    ) -> Result<EventStream<E>, Error> {
        let transport = self.client.transport.clone();
        let options = self.client.options(self.options.clone());
        let idle = transport.stream_idle_timeout(&options);
        let (wire, answer) = self.start::<reqwest::Response>().await?;
        let events = Events::new(transport.max_event_bytes);
        let reading = Passing::<E> { events, wire };
        Ok(EventStream::read_by(answer, idle, Box::new(reading)))
    }

    fn accepting_anything(mut self) -> Self {
        let accept = self.options.headers.entry(ACCEPT);
        accept.or_insert(HeaderValue::from_static("*/*"));
        self
    }

    /// Sends it; an answer has its head recorded.
    async fn start<B: Awaited>(self) -> Result<(Wire, Answer<B>), Error> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let path: Vec<_> = self.path.iter().map(String::as_str).collect();
        if path
            .iter()
            .any(|segment| matches!(*segment, "" | "." | ".."))
        {
            return Err(Error::Config(
                "the path has a segment that is empty or dots alone: give one like files/file-123, \
                 below the base URL"
                    .to_owned(),
            ));
        }
        let transport = &self.client.transport;
        let options = self.client.options(self.options);
        let is_streamed = |(name, value): &(String, String)| name == "stream" && value == "true";
        let query = if self.query.iter().any(is_streamed) {
            "?stream=true"
        } else {
            ""
        };
        let url = [&path.join("/"), query].concat();
        let purpose = Purpose::of(&self.method, &url);
        let json = self.body.as_ref().map_or(&[][..], Body::as_json);
        let mut wire = Wire::start(purpose, json, &transport.target(&options));
        let out = Outgoing {
            method: self.method,
            path: &path,
            query: &self.query,
            body: self.body.clone(),
            options: &options,
        };
        let mut unrecorded = Call::unrecorded();
        let call = wire.call().unwrap_or(&mut unrecorded);
        match transport.send::<B>(call, &out).await {
            Ok(answer) => {
                wire.head(answer.head.status, &answer.head.headers);
                Ok((wire, answer))
            }
            Err(error) => {
                wire.fail(&error);
                Err(error)
            }
        }
    }
}

/// Query, headers and body may be private.
impl fmt::Debug for RequestBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestBuilder")
            .field("method", &self.method)
            .field("path", &self.path.join("/"))
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// Events that pass into types that are not ours, and are recorded from their bytes.
struct Passing<E: DeserializeOwned> {
    events: Events<Foreign<E>>,
    wire: Wire,
}

impl<E: DeserializeOwned + Send> Reading<E> for Passing<E> {
    fn feed(&mut self, bytes: Bytes) {
        self.wire.bytes(bytes.clone());
        self.events.feed(bytes);
    }

    fn next(&mut self, head: &Head) -> Result<Next<E>, Error> {
        self.events.next(head).map(Foreign::unwrapped)
    }

    fn last(&mut self, head: &Head) -> Result<Next<E>, Error> {
        self.events.last(head).map(Foreign::unwrapped)
    }

    fn finish(mut self: Box<Self>) {
        self.wire.end();
    }

    fn fail(mut self: Box<Self>, error: &Error) {
        self.wire.fail(error);
    }
}

/// An event in a type that is not ours.
struct Foreign<E>(E);

impl<E> Foreign<E> {
    fn unwrapped(next: Next<Self>) -> Next<E> {
        match next {
            Next::Event(event) => Next::Event(event.0),
            Next::More => Next::More,
            Next::Done => Next::Done,
        }
    }
}

impl<E: DeserializeOwned> StreamEvent for Foreign<E> {
    type Reader = ();

    fn read((): &mut (), _: &str, data: &str) -> Result<Option<Self>, Unreadable> {
        #[derive(serde::Deserialize)]
        struct MayBeError {
            error: Option<Value>,
        }

        if let Ok(MayBeError { error: Some(error) }) = serde_json::from_str(data)
            && decode::says_something(&error)
        {
            return Err(Unreadable::Error(json!({ "error": error })));
        }
        serde_json::from_str(data)
            .map(|event| Some(Self(event)))
            .map_err(Unreadable::Json)
    }
}
