//! Chat completions that the server has kept.

use serde_json::{Map, Value};

use super::call::{FunctionCall, ToolCall};
use super::completion::{Annotation, Audio, Completion, Role};
use super::content::{Content, Part};
use super::request::map;
use crate::types::open::{object, setters};
use crate::types::page::{ListQuery as Paged, Listed, Order, PageQuery, Pairs, Query};

/// Which of the stored completions are listed.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct ListQuery {
    /// Only those of this model.
    pub model: Option<String>,
    /// Only those with these notes.
    pub metadata: Option<Map<String, Value>>,
    /// Where the list begins, how long its pages are, and its order.
    pub page: PageQuery,
}

impl ListQuery {
    /// All, from the beginning.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets [`metadata`](Self::metadata).
    #[must_use]
    pub fn metadata<K: Into<String>, V: Into<Value>>(
        mut self,
        metadata: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        self.metadata = Some(map(metadata));
        self
    }

    /// Begins after the completion with this id.
    #[must_use]
    pub fn after(mut self, id: impl Into<String>) -> Self {
        self.page = self.page.after(id);
        self
    }

    /// How many completions a page has at most.
    #[must_use]
    pub fn limit(mut self, limit: u64) -> Self {
        self.page = self.page.limit(limit);
        self
    }

    /// The order, by the time when they were made.
    #[must_use]
    pub fn order(mut self, order: impl Into<Order>) -> Self {
        self.page = self.page.order(order);
        self
    }
}

setters! {
    ListQuery {
        value {}
        into { model: String, }
    }
}

impl Query for ListQuery {
    fn pairs(&self) -> Pairs {
        let mut pairs = self.page.pairs();
        if let Some(model) = &self.model {
            pairs.push(("model".to_owned(), model.clone()));
        }
        for (key, value) in self.metadata.iter().flatten() {
            let value = match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            pairs.push((format!("metadata[{key}]"), value));
        }
        pairs
    }
}

impl Paged for ListQuery {
    fn page(&mut self) -> &mut PageQuery {
        &mut self.page
    }
}

object! {
    /// Replaces the notes on a stored completion.
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
            metadata: Some(map(metadata)),
            ..Self::default()
        }
    }
}

object! {
    /// A stored completion that is gone.
    pub struct Deleted {
        /// Its id.
        pub id: String,
        /// Whether it is.
        pub deleted: Option<bool>,
        /// The kind of this object: `chat.completion.deleted`.
        pub object: Option<String>,
    }
}

object! {
    /// A message of the request that a stored completion answers.
    pub struct StoredMessage {
        /// Its id.
        pub id: Option<String>,
        /// Who speaks.
        pub role: Option<Role>,
        /// What is said, as text.
        pub content: Option<Content>,
        /// What is said, where it was a list of parts.
        pub content_parts: Option<Vec<Part>>,
        /// Who says it, where several share a role.
        pub name: Option<String>,
        /// Why the model did not answer.
        pub refusal: Option<String>,
        /// The tools that the model called.
        pub tool_calls: Option<Vec<ToolCall>>,
        /// The call that a tool answers.
        pub tool_call_id: Option<String>,
        /// The function that the model called. Deprecated by OpenAI for `tool_calls`.
        pub function_call: Option<FunctionCall>,
        /// Where the answer comes from.
        pub annotations: Option<Vec<Annotation>>,
        /// The spoken answer.
        pub audio: Option<Audio>,
    }
}

impl Listed for Completion {
    fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }
}

impl Listed for StoredMessage {
    fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }
}
