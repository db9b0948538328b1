//! Conversations that the API keeps.

use serde_json::{Map, Value};

use super::open::object;
use super::responses::{Item, input_items};

object! {
    /// A conversation.
    pub struct Conversation {
        /// Its id, for `responses::Request::conversation`.
        pub id: String,
        /// When it began, in seconds since the Unix epoch.
        pub created_at: Option<f64>,
        /// The caller's notes on it.
        pub metadata: Option<Map<String, Value>>,
        /// The kind of this object: `conversation`.
        pub object: Option<String>,
    }
}

object! {
    /// Begins a conversation.
    pub struct CreateRequest {
        /// What stands in it at the beginning (up to 20 items); by default nothing.
        pub items: Option<Vec<Item>>,
        /// Up to 16 notes on it.
        pub metadata: Option<Map<String, Value>>,
    }
}

impl CreateRequest {
    /// An empty conversation.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets [`items`](Self::items).
    #[must_use]
    pub fn items(mut self, items: impl IntoIterator<Item = Item>) -> Self {
        self.items = Some(input_items(items));
        self
    }

    /// Sets [`metadata`](Self::metadata).
    #[must_use]
    pub fn metadata<K: Into<String>, V: Into<Value>>(
        mut self,
        metadata: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        self.metadata = Some(notes(metadata));
        self
    }
}

object! {
    /// Adds items to a conversation.
    pub struct ItemsRequest {
        /// The items, up to 20.
        pub items: Vec<Item>,
    }
}

impl ItemsRequest {
    /// Adds these items.
    pub fn new(items: impl IntoIterator<Item = Item>) -> Self {
        Self {
            items: input_items(items),
            ..Self::default()
        }
    }
}

object! {
    /// Replaces the notes on a conversation.
    pub struct UpdateRequest {
        /// Up to 16 notes on it.
        pub metadata: Option<Map<String, Value>>,
    }
}

impl UpdateRequest {
    /// These notes in place of all others.
    pub fn new<K: Into<String>, V: Into<Value>>(
        metadata: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        Self {
            metadata: Some(notes(metadata)),
            ..Self::default()
        }
    }
}

object! {
    /// A conversation that is gone.
    pub struct Deleted {
        /// Its id.
        pub id: String,
        /// Whether it is.
        pub deleted: Option<bool>,
        /// The kind of this object: `conversation.deleted`.
        pub object: Option<String>,
    }
}

fn notes<K: Into<String>, V: Into<Value>>(
    pairs: impl IntoIterator<Item = (K, V)>,
) -> Map<String, Value> {
    let pairs = pairs.into_iter();
    pairs
        .map(|(key, value)| (key.into(), value.into()))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn requests_are_the_json_of_the_api() {
        let item = json!({"type": "message", "role": "user", "content": "Hello!"});
        let request = CreateRequest::new()
            .items([Item::user("Hello!")])
            .metadata([("topic", "demo")]);
        let json = json!({"items": [item], "metadata": {"topic": "demo"}});
        assert_eq!(serde_json::to_value(request).unwrap(), json);
        assert_eq!(
            serde_json::to_value(CreateRequest::new()).unwrap(),
            json!({})
        );
        let request = UpdateRequest::new([("topic", "other")]);
        let json = json!({"metadata": {"topic": "other"}});
        assert_eq!(serde_json::to_value(request).unwrap(), json);
    }

    #[test]
    fn replies_are_read_and_written_again() {
        let json = json!({
            "id": "conv_123", "object": "conversation", "created_at": 1_741_900_000.0,
            "metadata": {"topic": "demo"},
        });
        let conversation: Conversation = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(serde_json::to_value(conversation).unwrap(), json);
        let json = json!({"id": "conv_123", "object": "conversation.deleted", "deleted": true});
        let deleted: Deleted = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(deleted.deleted, Some(true));
        assert_eq!(serde_json::to_value(deleted).unwrap(), json);
    }
}
