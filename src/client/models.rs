//! The models that there are.

use http::Method;

use super::Client;
use super::options::RequestOptions;
use crate::decode::ReplyBody;
use crate::error::Error;
use crate::types::models::{List, Model};

/// `/models`: what may be asked.
///
/// These are no model calls: with an active span they are `http.client` spans, without one nothing.
/// [OpenAI's reference](https://platform.openai.com/docs/api-reference/models)
#[derive(Clone, Copy, Debug)]
pub struct Models<'a> {
    client: &'a Client,
}

impl<'a> Models<'a> {
    pub(super) fn new(client: &'a Client) -> Self {
        Self { client }
    }
}

impl Models<'_> {
    /// Lists the models.
    pub async fn list(&self) -> Result<List, Error> {
        self.get(&["models"]).await
    }

    /// Gets a model.
    pub async fn retrieve(&self, id: &str) -> Result<Model, Error> {
        self.get(&["models", id]).await
    }

    async fn get<T: ReplyBody>(&self, path: &[&str]) -> Result<T, Error> {
        let options = RequestOptions::default();
        let transport = &self.client.transport;
        transport
            .exchange(Method::GET, path, &[], None, &options)
            .await
    }
}
