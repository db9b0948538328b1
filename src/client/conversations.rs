//! Conversations: what several responses share.

use http::Method;
use serde::Serialize;

use super::Client;
use super::body::encode;
use super::options::RequestOptions;
use crate::decode::ReplyBody;
use crate::error::Error;
use crate::types::conversations::{Conversation, CreateRequest, Deleted, UpdateRequest};

/// `/conversations`: they hold the items of several responses.
///
/// These are no model calls: with an active span they are `http.client` spans, without one nothing.
/// [OpenAI's reference](https://platform.openai.com/docs/api-reference/conversations)
#[derive(Clone, Copy, Debug)]
pub struct Conversations<'a> {
    client: &'a Client,
}

impl<'a> Conversations<'a> {
    pub(super) fn new(client: &'a Client) -> Self {
        Self { client }
    }
}

impl Conversations<'_> {
    /// Begins a conversation.
    pub async fn create(&self, request: &CreateRequest) -> Result<Conversation, Error> {
        self.send(Method::POST, &["conversations"], Some(request))
            .await
    }

    /// Gets a conversation.
    pub async fn retrieve(&self, id: &str) -> Result<Conversation, Error> {
        self.send(Method::GET, &["conversations", id], NOTHING)
            .await
    }

    /// Changes a conversation's metadata.
    pub async fn update(&self, id: &str, request: &UpdateRequest) -> Result<Conversation, Error> {
        self.send(Method::POST, &["conversations", id], Some(request))
            .await
    }

    /// Deletes a conversation; its items stay.
    pub async fn delete(&self, id: &str) -> Result<Deleted, Error> {
        self.send(Method::DELETE, &["conversations", id], NOTHING)
            .await
    }

    async fn send<T: ReplyBody>(
        &self,
        method: Method,
        path: &[&str],
        request: Option<&impl Serialize>,
    ) -> Result<T, Error> {
        let body = request.map(|request| encode(request, &[])).transpose()?;
        let options = RequestOptions::default();
        let transport = &self.client.transport;
        transport.exchange(method, path, &[], body, &options).await
    }
}

const NOTHING: Option<&()> = None;
