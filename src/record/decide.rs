//! Decisions (`POST /decisions`), which are seen only in passing, as they are recorded: no content.

use serde::Deserialize;
use serde_json::Value;

use super::attributes::{Attributes, names};
use super::responses::used;
use super::{Operation, Prompt, Reply};
use crate::settings::Settings;
use crate::types::open;
use crate::types::responses::Usage;

/// What is to be decided.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct DecisionRequest {
    #[serde(deserialize_with = "open::field")]
    model: String,
}

/// What was decided.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Decision {
    #[serde(deserialize_with = "open::field")]
    id: Option<String>,
    #[serde(deserialize_with = "open::field")]
    model: Option<String>,
    #[serde(deserialize_with = "open::field")]
    usage: Option<Usage>,
    /// The error that some servers send in a reply whose status is a success.
    pub(crate) error: Option<Value>,
}

impl Prompt for DecisionRequest {
    fn operation(&self) -> Operation {
        Operation::Decide
    }

    fn model(&self) -> Option<&str> {
        Some(self.model.as_str()).filter(|model| !model.is_empty())
    }

    fn parameters(&self, _: &mut Attributes) {}

    fn content(&self, _: &Settings, _: &mut Attributes) {}
}

impl Reply for Decision {
    fn model(&self) -> Option<&str> {
        self.model.as_deref().filter(|model| !model.is_empty())
    }

    fn facts(&self, to: &mut Attributes) {
        to.push_text(names::RESPONSE_MODEL, self.model.as_deref());
        to.push_text(names::RESPONSE_ID, self.id.as_deref());
        if let Some(usage) = &self.usage {
            used(usage).record(to);
        }
    }

    fn content(&self, _: &Settings, _: &mut Attributes) {}
}
