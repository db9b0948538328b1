//! Text completions (`POST /completions`), the older interface, as they are recorded.

use super::attributes::{Attributes, names};
use super::chat::used;
use super::messages::{Message, Part};
use super::shorten::{record_input, record_output, record_stop};
use super::{Fold, Operation, Prompt, Reply, fold_limit, integer, name_of, record_finish_reasons};
use crate::settings::Settings;
use crate::types::completions::{self, Choice, Completion, Request};

impl Prompt for Request {
    fn operation(&self) -> Operation {
        Operation::TextCompletion
    }

    fn model(&self) -> Option<&str> {
        Some(self.model.as_str()).filter(|model| !model.is_empty())
    }

    fn parameters(&self, to: &mut Attributes) {
        to.push_some(names::REQUEST_TEMPERATURE, self.temperature);
        to.push_some(names::REQUEST_TOP_P, self.top_p);
        to.push_some(names::REQUEST_TOP_K, integer(self.extra.get("top_k")));
        to.push_some(names::REQUEST_FREQUENCY_PENALTY, self.frequency_penalty);
        to.push_some(names::REQUEST_PRESENCE_PENALTY, self.presence_penalty);
        to.push_some(names::REQUEST_MAX_TOKENS, self.max_tokens);
        to.push_some(names::REQUEST_SEED, self.seed.map(|seed| seed.to_string()));
    }

    fn content(&self, settings: &Settings, to: &mut Attributes) {
        use completions::Prompt::{Text, Texts};

        let texts = match &self.prompt {
            Text(text) => std::slice::from_ref(text),
            Texts(texts) => texts.as_slice(),
            _ => &[],
        };
        record_input(
            texts,
            |_| true,
            |text| user(Part::text(text)),
            false,
            settings,
            to,
        );
        if !matches!(&self.prompt, Text(_) | Texts(_)) {
            let tokens = std::slice::from_ref(&self.prompt);
            record_input(
                tokens,
                |_| true,
                |tokens| user(Some(Part::Other(tokens))),
                false,
                settings,
                to,
            );
        }
        record_stop(self.stop.as_ref(), settings, to);
    }
}

impl Reply for Completion {
    fn model(&self) -> Option<&str> {
        self.model.as_deref().filter(|model| !model.is_empty())
    }

    fn facts(&self, to: &mut Attributes) {
        to.push_text(names::RESPONSE_MODEL, self.model.as_deref());
        to.push_text(names::RESPONSE_ID, self.id.as_deref());
        record_finish_reasons(in_order(self).filter_map(reason), to);
        if let Some(usage) = &self.usage {
            used(usage).record(to);
        }
    }

    fn content(&self, settings: &Settings, to: &mut Attributes) {
        let messages: Vec<_> = in_order(self)
            .filter(|choice| !choice.text.is_empty())
            .map(|choice| Message {
                finish_reason: reason(choice),
                ..Message::new("assistant", vec![Part::Text(&choice.text)])
            })
            .collect();
        record_output(&messages, settings, to);
    }
}

impl Fold for completions::Fold {
    type Event = Completion;
    type Reply = Completion;

    fn new(settings: &Settings) -> Self {
        Self::with_limit(fold_limit(settings))
    }

    fn push(&mut self, event: &Completion) {
        self.push(event);
    }

    fn has_content(event: &Completion) -> bool {
        event.choices.iter().any(|choice| !choice.text.is_empty())
    }

    fn is_complete(&self) -> bool {
        self.is_complete()
    }

    fn finish(self) -> Completion {
        self.finish()
    }
}

/// The continuations by their index; one without is where it stands.
fn in_order(completion: &Completion) -> impl Iterator<Item = &Choice> {
    let mut choices: Vec<_> = completion.choices.iter().enumerate().collect();
    choices.sort_by_key(|(place, choice)| choice.index.unwrap_or(*place as u64));
    choices.into_iter().map(|(_, choice)| choice)
}

fn user(part: Option<Part<'_>>) -> Message<'_> {
    Message::new("user", part.into_iter().collect())
}

fn reason(choice: &Choice) -> Option<&str> {
    name_of(choice.finish_reason.as_ref()?.as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

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
            let recorded = prompt::<Request>(request, &open(Some(20_000)));
            assert_eq!(parsed(&recorded, names::INPUT_MESSAGES), expected);
        }
        assert_eq!(
            parameters::<Request>(
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
        let mut fold = <completions::Fold as Fold>::new(&open(Some(20_000)));
        for event in [
            json!({"id": "cmpl-1", "model": "m", "choices": [{"index": 1, "text": "mo", "finish_reason": null}]}),
            json!({"id": "cmpl-1", "choices": [{"index": 0, "text": "upon", "finish_reason": "stop"}]}),
            json!({"id": "cmpl-1", "choices": [{"index": 1, "text": "re", "finish_reason": "length"}]}),
            json!({"id": "cmpl-1", "choices": [], "usage": whole["usage"]}),
        ] {
            Fold::push(&mut fold, &serde_json::from_value(event).unwrap());
        }
        assert!(fold.is_complete());
        let streamed = fold.finish();
        let (mut to, mut content) = (Attributes::default(), Attributes::default());
        streamed.facts(&mut to);
        streamed.content(&open(None), &mut content);
        assert_eq!(
            crate::record::tests::object(to),
            facts::<Completion>(whole.clone())
        );
        assert_eq!(content, reply::<Completion>(whole, &open(None)));
        assert_eq!(
            parsed(&content, names::OUTPUT_MESSAGES)
                .as_array()
                .unwrap()
                .len(),
            2
        );
    }
}
