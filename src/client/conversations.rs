//! Conversations: what several responses share.

use super::Client;
use super::list::ListStream;
use crate::error::Error;
use crate::types::conversations::{
    Conversation, CreateRequest, Deleted, ItemsRequest, UpdateRequest,
};
use crate::types::page::Page;
use crate::types::responses::{Include, Item, ItemsQuery};

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

    /// What stands in them.
    pub fn items(&self) -> ConversationItems<'a> {
        ConversationItems {
            client: self.client,
        }
    }
}

impl Conversations<'_> {
    /// Begins a conversation.
    pub async fn create(&self, request: &CreateRequest) -> Result<Conversation, Error> {
        self.client.send(&["conversations"], &(), request).await
    }

    /// Gets a conversation.
    pub async fn retrieve(&self, id: &str) -> Result<Conversation, Error> {
        self.client.get(&["conversations", id], &()).await
    }

    /// Changes a conversation's metadata.
    pub async fn update(&self, id: &str, request: &UpdateRequest) -> Result<Conversation, Error> {
        self.client.send(&["conversations", id], &(), request).await
    }

    /// Deletes a conversation; its items stay.
    pub async fn delete(&self, id: &str) -> Result<Deleted, Error> {
        self.client.delete(&["conversations", id]).await
    }
}

/// `/conversations/{id}/items`: what stands in a conversation.
///
/// These are no model calls: with an active span they are `http.client` spans, without one nothing.
/// [OpenAI's reference](https://platform.openai.com/docs/api-reference/conversations)
#[derive(Clone, Copy, Debug)]
pub struct ConversationItems<'a> {
    client: &'a Client,
}

impl ConversationItems<'_> {
    /// Adds items to a conversation; they come back with their ids.
    pub async fn create(
        &self,
        conversation_id: &str,
        request: &ItemsRequest,
    ) -> Result<Page<Item>, Error> {
        self.create_including(conversation_id, request, &[]).await
    }

    /// Adds items to a conversation; they come back with what is asked for beside their usual fields.
    pub async fn create_including(
        &self,
        conversation_id: &str,
        request: &ItemsRequest,
        include: &[Include],
    ) -> Result<Page<Item>, Error> {
        self.client
            .send(&items(conversation_id), include, request)
            .await
    }

    /// Lists a page of a conversation's items.
    pub async fn list(
        &self,
        conversation_id: &str,
        query: &ItemsQuery,
    ) -> Result<Page<Item>, Error> {
        self.client.get(&items(conversation_id), query).await
    }

    /// Lists all items of a conversation, page after page.
    pub fn list_all(&self, conversation_id: &str, query: &ItemsQuery) -> ListStream<Item> {
        self.client.list_all(&items(conversation_id), query)
    }

    /// Gets an item of a conversation.
    pub async fn retrieve(&self, conversation_id: &str, id: &str) -> Result<Item, Error> {
        self.retrieve_including(conversation_id, id, &[]).await
    }

    /// Gets an item of a conversation, with what is asked for beside its usual fields.
    pub async fn retrieve_including(
        &self,
        conversation_id: &str,
        id: &str,
        include: &[Include],
    ) -> Result<Item, Error> {
        let path = ["conversations", conversation_id, "items", id];
        self.client.get(&path, include).await
    }

    /// Takes an item out of a conversation.
    pub async fn delete(&self, conversation_id: &str, id: &str) -> Result<Conversation, Error> {
        let path = ["conversations", conversation_id, "items", id];
        self.client.delete(&path).await
    }
}

fn items(conversation_id: &str) -> [&str; 3] {
    ["conversations", conversation_id, "items"]
}
