//! Decisions (`POST /decisions`), which are seen only in passing, as they are recorded.
//!
//! What is asked (a state, questions, criteria) and what was chosen (a choice, how sure it is, how probable the others
//! were) is one object each, which Sentry shows as it is: whatever fields it has.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::attributes::{Attributes, names};
use super::messages::{Message, Part};
use super::responses::used;
use super::shorten::{record_input, record_output};
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
    #[serde(flatten)]
    asked: Map<String, Value>,
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
    #[serde(flatten)]
    chosen: Map<String, Value>,
}

impl Prompt for DecisionRequest {
    fn operation(&self) -> Operation {
        Operation::Decide
    }

    fn model(&self) -> Option<&str> {
        Some(self.model.as_str()).filter(|model| !model.is_empty())
    }

    fn parameters(&self, _: &mut Attributes) {}

    fn content(&self, settings: &Settings, to: &mut Attributes) {
        let asked = said(&self.asked);
        if !asked.is_empty() {
            let message = |asked| Message::new("user", vec![Part::Other(asked)]);
            record_input(
                &[asked],
                |_| true,
                |asked| message(asked),
                false,
                settings,
                to,
            );
        }
    }
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

    fn content(&self, settings: &Settings, to: &mut Attributes) {
        let chosen = said(&self.chosen);
        if !chosen.is_empty() {
            let message = Message::new("assistant", vec![Part::Other(&chosen)]);
            record_output(&[message], settings, to);
        }
    }
}

/// The fields that say something of what is decided.
fn said(fields: &Map<String, Value>) -> Map<String, Value> {
    const OF_THE_CALL: [&str; 13] = [
        "completed_at",
        "created",
        "created_at",
        "metadata",
        "object",
        "prompt_cache_key",
        "safety_identifier",
        "service_tier",
        "status",
        "store",
        "stream",
        "system_fingerprint",
        "user",
    ];
    let said = |name: &str, value: &Value| !OF_THE_CALL.contains(&name) && !value.is_null();
    let fields = fields.iter().filter(|(name, value)| said(name, value));
    fields
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::record::tests::{facts, open, parameters, parsed, prompt, reply};

    #[test]
    fn what_is_asked_and_what_was_chosen_are_an_object_each() {
        let asked = json!({
            "state": "The cart is empty.", "question": "Refund?", "criteria": ["fair"],
            "input": [{"role": "user", "content": [{"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo="}]}],
        });
        let mut request = asked.clone();
        request["model"] = json!("m");
        request["metadata"] = json!({"a": "b"});
        let recorded = prompt::<DecisionRequest>(request.clone(), &open(Some(20_000)));
        let mut expected = asked;
        expected["input"][0]["content"][0]["image_url"] = json!("[Blob substitute]");
        assert_eq!(
            parsed(&recorded, names::INPUT_MESSAGES),
            json!([{"role": "user", "parts": [{"type": "object", "content": expected}]}]),
        );
        assert_eq!(parameters::<DecisionRequest>(request), json!({}));

        let chosen =
            json!({"choice": "yes", "confidence": 0.9, "probabilities": {"yes": 0.9, "no": 0.1}});
        let mut whole = chosen.clone();
        whole["id"] = json!("dec_1");
        whole["object"] = json!("decision");
        whole["error"] = Value::Null;
        whole["usage"] = json!({"input_tokens": 1});
        assert_eq!(
            parsed(
                &reply::<Decision>(whole.clone(), &open(None)),
                names::OUTPUT_MESSAGES
            ),
            json!([{"role": "assistant", "parts": [{"type": "object", "content": chosen}]}]),
        );
        assert_eq!(
            facts::<Decision>(whole),
            json!({"gen_ai.response.id": "dec_1", "gen_ai.usage.input_tokens": 1}),
        );
        assert!(reply::<Decision>(json!({"id": "dec_1"}), &open(None)).is_empty());
    }
}
