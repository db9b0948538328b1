//! Text completions (`POST /completions`), the older interface that is seen only in passing, as they are recorded.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::attributes::{Attributes, names};
use super::chat::used;
use super::messages::{Message, Part};
use super::shorten::{record_input, record_output, record_stop};
use super::{Fold, Operation, Prompt, Reply, fold_limit, integer, name_of, record_finish_reasons};
use crate::settings::Settings;
use crate::types::budget::Budget;
use crate::types::chat::{Stop, Usage};
use crate::types::open::{self, Open};

/// What is asked of the model.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct TextRequest {
    #[serde(deserialize_with = "open::field")]
    model: String,
    /// A text, several, or their tokens.
    prompt: Value,
    #[serde(deserialize_with = "open::field")]
    temperature: Option<f64>,
    #[serde(deserialize_with = "open::field")]
    top_p: Option<f64>,
    top_k: Value,
    #[serde(deserialize_with = "open::field")]
    frequency_penalty: Option<f64>,
    #[serde(deserialize_with = "open::field")]
    presence_penalty: Option<f64>,
    #[serde(deserialize_with = "open::field")]
    max_tokens: Option<u64>,
    #[serde(deserialize_with = "open::field")]
    seed: Option<i64>,
    #[serde(deserialize_with = "open::field")]
    stop: Option<Stop>,
    #[serde(deserialize_with = "open::field")]
    stream: Option<bool>,
}

impl TextRequest {
    pub(crate) fn is_streamed(&self) -> bool {
        self.stream == Some(true)
    }
}

/// What the model replied, or a piece of it.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct TextCompletion {
    #[serde(default, deserialize_with = "open::field")]
    id: Option<String>,
    #[serde(default, deserialize_with = "open::field")]
    model: Option<String>,
    #[serde(deserialize_with = "open::required")]
    choices: Vec<TextChoice>,
    #[serde(default, deserialize_with = "open::field")]
    usage: Option<Usage>,
    /// The error that some servers send in a reply whose status is a success.
    #[serde(default)]
    pub(crate) error: Option<Value>,
}

/// One of the texts.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct TextChoice {
    #[serde(deserialize_with = "open::field")]
    index: Option<u64>,
    #[serde(deserialize_with = "open::field")]
    text: String,
    #[serde(deserialize_with = "open::field")]
    finish_reason: Option<String>,
}

/// A streamed text completion, put together.
#[derive(Debug)]
pub(crate) struct TextFold {
    id: Option<String>,
    model: Option<String>,
    choices: BTreeMap<u64, TextChoice>,
    usage: Option<Usage>,
    budget: Budget,
}

impl Prompt for TextRequest {
    fn operation(&self) -> Operation {
        Operation::TextCompletion
    }

    fn model(&self) -> Option<&str> {
        Some(self.model.as_str()).filter(|model| !model.is_empty())
    }

    fn parameters(&self, to: &mut Attributes) {
        to.push_some(names::REQUEST_TEMPERATURE, self.temperature);
        to.push_some(names::REQUEST_TOP_P, self.top_p);
        to.push_some(names::REQUEST_TOP_K, integer(Some(&self.top_k)));
        to.push_some(names::REQUEST_FREQUENCY_PENALTY, self.frequency_penalty);
        to.push_some(names::REQUEST_PRESENCE_PENALTY, self.presence_penalty);
        to.push_some(names::REQUEST_MAX_TOKENS, self.max_tokens);
        to.push_some(names::REQUEST_SEED, self.seed.map(|seed| seed.to_string()));
    }

    fn content(&self, settings: &Settings, to: &mut Attributes) {
        let prompts = match &self.prompt {
            Value::Array(prompts) if prompts.iter().all(Value::is_string) => prompts.as_slice(),
            Value::Null => &[],
            prompt => std::slice::from_ref(prompt),
        };
        record_input(prompts, |_| true, message, false, settings, to);
        record_stop(self.stop.as_ref(), settings, to);
    }
}

impl Reply for TextCompletion {
    fn model(&self) -> Option<&str> {
        self.model.as_deref().filter(|model| !model.is_empty())
    }

    fn facts(&self, to: &mut Attributes) {
        to.push_text(names::RESPONSE_MODEL, self.model.as_deref());
        to.push_text(names::RESPONSE_ID, self.id.as_deref());
        record_finish_reasons(self.in_order().filter_map(TextChoice::reason), to);
        if let Some(usage) = &self.usage {
            used(usage).record(to);
        }
    }

    fn content(&self, settings: &Settings, to: &mut Attributes) {
        let messages: Vec<_> = self
            .in_order()
            .filter(|choice| !choice.text.is_empty())
            .map(|choice| Message {
                finish_reason: choice.reason(),
                ..Message::new("assistant", vec![Part::Text(&choice.text)])
            })
            .collect();
        record_output(&messages, settings, to);
    }
}

impl Fold for TextFold {
    type Event = TextCompletion;
    type Reply = TextCompletion;

    fn new(settings: &Settings) -> Self {
        Self {
            id: None,
            model: None,
            choices: BTreeMap::new(),
            usage: None,
            budget: Budget::new(fold_limit(settings)),
        }
    }

    fn push(&mut self, event: &TextCompletion) {
        let filled = |text: &&String| !text.is_empty();
        if let Some(id) = event.id.as_ref().filter(filled) {
            self.id = Some(id.clone());
        }
        if let Some(model) = event.model.as_ref().filter(filled) {
            self.model = Some(model.clone());
        }
        if let Some(usage) = event.usage.as_ref().filter(|usage| !usage.is_empty()) {
            self.usage = Some(usage.clone());
        }
        for piece in &event.choices {
            let index = piece.index.unwrap_or_default();
            let choice = self.choices.entry(index).or_default();
            choice.index = Some(index);
            self.budget.extend(&mut choice.text, &piece.text);
            if let Some(reason) = piece.reason() {
                choice.finish_reason = Some(reason.to_owned());
            }
        }
    }

    fn has_content(event: &TextCompletion) -> bool {
        event.choices.iter().any(|choice| !choice.text.is_empty())
    }

    fn is_complete(&self) -> bool {
        !self.choices.is_empty()
            && self
                .choices
                .values()
                .all(|choice| choice.reason().is_some())
    }

    fn finish(self) -> TextCompletion {
        TextCompletion {
            id: self.id,
            model: self.model,
            choices: self.choices.into_values().collect(),
            usage: self.usage,
            error: None,
        }
    }
}

impl TextCompletion {
    fn in_order(&self) -> impl Iterator<Item = &TextChoice> {
        let mut choices: Vec<_> = self.choices.iter().enumerate().collect();
        choices.sort_by_key(|(place, choice)| choice.index.unwrap_or(*place as u64));
        choices.into_iter().map(|(_, choice)| choice)
    }
}

impl TextChoice {
    fn reason(&self) -> Option<&str> {
        self.finish_reason.as_deref().and_then(name_of)
    }
}

impl Open for TextChoice {
    fn from_object<'de, A: serde::de::MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        Self::deserialize(serde::de::value::MapAccessDeserializer::new(object)).map(Some)
    }
}

fn message(prompt: &Value) -> Message<'_> {
    Message::new("user", Part::unknown(prompt).into_iter().collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::record::tests::{facts, open, parameters, parsed, prompt, reply};

    #[test]
    fn a_prompt_is_one_message_for_each_text() {
        let one = json!({"role": "user", "parts": [{"type": "text", "content": "Once"}]});
        let cases = [
            (json!("Once"), json!([one])),
            (json!(["Once", "Once"]), json!([one, one])),
            (
                json!([1, 2]),
                json!([{"role": "user", "parts": [{"type": "object", "content": [1, 2]}]}]),
            ),
            (json!(null), Value::Null),
        ];
        for (text, expected) in cases {
            let request = json!({"model": "m", "prompt": text});
            let recorded = prompt::<TextRequest>(request, &open(Some(20_000)));
            assert_eq!(parsed(&recorded, names::INPUT_MESSAGES), expected);
        }
        assert_eq!(
            parameters::<TextRequest>(
                json!({"model": "m", "prompt": "p", "max_tokens": 5, "stop": "a", "seed": 1})
            ),
            json!({
                "gen_ai.request.max_tokens": 5,
                "gen_ai.request.seed": "1",
            }),
        );
    }

    #[test]
    fn a_stream_is_recorded_like_the_whole_reply() {
        let whole = json!({
            "id": "cmpl-1", "model": "m", "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
            "choices": [
                {"index": 0, "text": "upon", "finish_reason": "stop"},
                {"index": 1, "text": "more", "finish_reason": "length"},
            ],
        });
        let mut fold = TextFold::new(&open(Some(20_000)));
        for event in [
            json!({"id": "cmpl-1", "model": "m", "choices": [{"index": 1, "text": "mo", "finish_reason": null}]}),
            json!({"id": "cmpl-1", "choices": [{"index": 0, "text": "upon", "finish_reason": "stop"}]}),
            json!({"id": "cmpl-1", "choices": [{"index": 1, "text": "re", "finish_reason": "length"}]}),
            json!({"id": "cmpl-1", "choices": [], "usage": whole["usage"]}),
        ] {
            fold.push(&serde_json::from_value(event).unwrap());
        }
        assert!(fold.is_complete());
        let streamed = fold.finish();
        let (mut to, mut content) = (Attributes::default(), Attributes::default());
        streamed.facts(&mut to);
        streamed.content(&open(None), &mut content);
        assert_eq!(
            crate::record::tests::object(to),
            facts::<TextCompletion>(whole.clone())
        );
        assert_eq!(content, reply::<TextCompletion>(whole, &open(None)));
        assert_eq!(
            parsed(&content, names::OUTPUT_MESSAGES)
                .as_array()
                .unwrap()
                .len(),
            2
        );
    }
}
