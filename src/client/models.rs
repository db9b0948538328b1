//! The models that there are.

use super::Client;
use crate::error::Error;
use crate::types::models::{Deleted, List, Model};

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
        self.client.get(&["models"], &()).await
    }

    /// Gets a model.
    pub async fn retrieve(&self, id: &str) -> Result<Model, Error> {
        self.client.get(&["models", id], &()).await
    }

    /// Deletes a fine-tuned model.
    pub async fn delete(&self, id: &str) -> Result<Deleted, Error> {
        self.client.delete(&["models", id]).await
    }
}
