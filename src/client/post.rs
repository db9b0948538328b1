//! The way to endpoints that this crate has no types for.

use bytes::Bytes;
use http::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Client;
use super::body::encode;
use super::options::RequestOptions;
use super::transport::Outgoing;
use crate::call::Call;
use crate::decode;
use crate::error::Error;
use crate::wire::{Endpoint, Wire};

impl Client {
    /// Posts any JSON to any path below the base URL and reads any type back: for what is newer than this crate.
    ///
    /// It is recorded by its path, like every call: `chat/completions`, `responses` and `embeddings` as calls to a
    /// model, any other as an `http.client` span below the active one.
    ///
    /// ```no_run
    /// # async fn run(client: sentry_openai::Client) -> Result<(), sentry_openai::Error> {
    /// let request = serde_json::json!({ "model": "omni-moderation-latest", "input": "Hello!" });
    /// let reply: serde_json::Value = client.post("moderations", &request).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        request: &impl Serialize,
    ) -> Result<T, Error> {
        self.post_with(path, request, RequestOptions::default())
            .await
    }

    /// Posts any JSON to any path, with settings for this request.
    pub async fn post_with<T: DeserializeOwned>(
        &self,
        path: &str,
        request: &impl Serialize,
        options: RequestOptions,
    ) -> Result<T, Error> {
        let body = encode(request, &[])?;
        let options = self.options(options);
        let path: Vec<_> = path.trim_matches('/').split('/').collect();
        let transport = &self.transport;
        let endpoint = Endpoint::of(&path.join("/"));
        let mut wire = Wire::start(endpoint, &body, &transport.target(&options));
        let out = Outgoing {
            method: Method::POST,
            path: &path,
            query: &[],
            body: Some(body),
            options: &options,
        };
        let mut unrecorded = Call::unrecorded();
        let call = wire.call().unwrap_or(&mut unrecorded);
        match transport.send::<Bytes>(call, &out).await {
            Ok(answer) => {
                wire.head(answer.head.status, &answer.head.headers);
                wire.bytes(answer.body.clone());
                wire.end();
                decode::any(&answer.head, &answer.body)
            }
            Err(error) => {
                wire.fail(&error);
                Err(error)
            }
        }
    }
}
