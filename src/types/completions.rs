//! Text completions: the older interface, which continues a text.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::budget::{Budget, Limit};
use super::chat::{FinishReason, Stop, StreamOptions};
pub use super::embeddings::Input as Prompt;
use super::open::{object, setters};
pub use super::usage::{CompletionTokensDetails, PromptTokensDetails, Usage};

object! {
    /// Asks for the continuation of a text.
    ///
    /// ```
    /// use sentry_openai::completions;
    ///
    /// let request = completions::Request::new("gpt-3.5-turbo-instruct", "Once upon a time").max_tokens(20);
    /// ```
    pub struct Request {
        /// The model.
        pub model: String,
        /// The text, or several; also as the ids of their tokens.
        pub prompt: Prompt,
        /// How many continuations are made, of which the best is given; 1 by default. Not streamed.
        pub best_of: Option<u64>,
        /// Whether the reply has the prompt before the continuation.
        pub echo: Option<bool>,
        /// How much tokens are avoided by how often they have come: -2 to 2.
        pub frequency_penalty: Option<f64>,
        /// How much tokens, by their ids, are preferred or avoided: -100 to 100.
        pub logit_bias: Option<Map<String, Value>>,
        /// How many of the likeliest tokens are told of each: up to 5.
        pub logprobs: Option<u64>,
        /// How many tokens are made at most; 16 by default.
        pub max_tokens: Option<u64>,
        /// How many continuations are given; 1 by default.
        pub n: Option<u64>,
        /// How much tokens are avoided that have come at all: -2 to 2.
        pub presence_penalty: Option<f64>,
        /// Equal requests with an equal seed have mostly equal replies.
        pub seed: Option<i64>,
        /// Where the model stops.
        pub stop: Option<Stop>,
        /// Whether the reply is streamed. The client sets it by the method that is called.
        pub stream: Option<bool>,
        /// What a streamed reply tells beside the reply.
        pub stream_options: Option<StreamOptions>,
        /// The text after the continuation.
        pub suffix: Option<String>,
        /// How much is left to chance: 0 to 2; 1 by default.
        pub temperature: Option<f64>,
        /// From which share of the likeliest tokens is chosen: 0 to 1; 1 by default.
        pub top_p: Option<f64>,
        /// A stable name of the user, by which abuse can be told apart.
        pub user: Option<String>,
    }
}

setters! {
    Request {
        value {
            best_of: u64,
            echo: bool,
            frequency_penalty: f64,
            logprobs: u64,
            max_tokens: u64,
            n: u64,
            presence_penalty: f64,
            seed: i64,
            stream_options: StreamOptions,
            temperature: f64,
            top_p: f64,
        }
        into { stop: Stop, suffix: String, user: String, }
    }
}

impl Request {
    /// Asks this model for the continuation of this text or these texts.
    pub fn new(model: impl Into<String>, prompt: impl Into<Prompt>) -> Self {
        Self {
            model: model.into(),
            prompt: prompt.into(),
            ..Self::default()
        }
    }

    /// Sets [`logit_bias`](Self::logit_bias).
    #[must_use]
    pub fn logit_bias<K: Into<String>>(
        mut self,
        biases: impl IntoIterator<Item = (K, i64)>,
    ) -> Self {
        let biases = biases.into_iter();
        self.logit_bias = Some(
            biases
                .map(|(token, bias)| (token.into(), bias.into()))
                .collect(),
        );
        self
    }

    /// Sets a field that this version of the crate does not name.
    #[must_use]
    pub fn extra(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.extra.insert(name.into(), value.into());
        self
    }
}

object! {
    /// The reply, or a piece of one that is streamed.
    pub struct Completion {
        required {
            /// The continuations: of a stream, pieces of them.
            pub choices: Vec<Choice>,
        }
        /// Its id.
        pub id: Option<String>,
        /// When it was made, in seconds since the Unix epoch.
        pub created: Option<f64>,
        /// The model that answered.
        pub model: Option<String>,
        /// The kind of this object: `text_completion`.
        pub object: Option<String>,
        /// The settings that the model runs with.
        pub system_fingerprint: Option<String>,
        /// The tokens used.
        pub usage: Option<Usage>,
    }
}

object! {
    /// A continuation, or a piece of one.
    pub struct Choice {
        /// Which one it is.
        pub index: Option<u64>,
        /// The text.
        pub text: String,
        /// Why the model stopped.
        pub finish_reason: Option<FinishReason>,
        /// How likely its tokens were: lists `tokens`, `token_logprobs`, `top_logprobs`, `text_offset`.
        pub logprobs: Option<Map<String, Value>>,
    }
}

impl Completion {
    /// The text of the first continuation.
    pub fn text(&self) -> Option<&str> {
        self.choices.first().map(|choice| choice.text.as_str())
    }
}

/// Makes a whole reply of the pieces of a stream.
#[derive(Clone, Debug, Default)]
pub struct Fold {
    whole: Completion,
    choices: BTreeMap<u64, Choice>,
    budget: Budget,
}

impl Fold {
    /// Keeps all that comes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps no more than the limit of the texts, and beside them ids, names, usage and finish reasons.
    pub(crate) fn with_limit(limit: Option<Limit>) -> Self {
        Self {
            budget: Budget::new(limit),
            ..Self::default()
        }
    }

    /// Adds the next piece.
    pub fn push(&mut self, piece: &Completion) {
        let whole = &mut self.whole;
        last(&mut whole.id, piece.id.as_ref());
        last(&mut whole.model, piece.model.as_ref());
        if let Some(usage) = piece.usage.as_ref().filter(|usage| !usage.is_empty()) {
            whole.usage = Some(usage.clone());
        }
        let is_limited = self.budget.is_limited();
        if !is_limited {
            last(&mut whole.object, piece.object.as_ref());
            last(
                &mut whole.system_fingerprint,
                piece.system_fingerprint.as_ref(),
            );
            whole.created = piece.created.or(whole.created);
            let extra = piece.extra.iter();
            whole
                .extra
                .extend(extra.map(|(name, value)| (name.clone(), value.clone())));
        }
        for (place, piece) in (0..).zip(&piece.choices) {
            let index = piece.index.unwrap_or(place);
            let choice = self.choices.entry(index).or_default();
            choice.index = Some(index);
            self.budget.extend(&mut choice.text, &piece.text);
            if let Some(reason) = &piece.finish_reason
                && !reason.as_str().is_empty()
            {
                choice.finish_reason = Some(reason.clone());
            }
            if is_limited {
                continue;
            }
            for (name, value) in piece.logprobs.iter().flatten() {
                append(choice.logprobs.get_or_insert_default(), name, value);
            }
            let extra = piece.extra.iter();
            choice
                .extra
                .extend(extra.map(|(name, value)| (name.clone(), value.clone())));
        }
    }

    /// Whether every continuation has its finish reason.
    pub(crate) fn is_complete(&self) -> bool {
        !self.choices.is_empty()
            && self
                .choices
                .values()
                .all(|choice| choice.finish_reason.is_some())
    }

    /// The reply as far as it has come.
    pub fn finish(self) -> Completion {
        Completion {
            choices: self.choices.into_values().collect(),
            ..self.whole
        }
    }
}

fn last(whole: &mut Option<String>, piece: Option<&String>) {
    if let Some(text) = piece.filter(|text| !text.is_empty()) {
        whole.get_or_insert_default().clone_from(text);
    }
}

/// Adds a list to that of its name.
fn append(to: &mut Map<String, Value>, name: &str, value: &Value) {
    match (to.get_mut(name), value) {
        (Some(Value::Array(list)), Value::Array(more)) => list.extend(more.iter().cloned()),
        _ => _ = to.insert(name.to_owned(), value.clone()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_stream_becomes_what_the_plain_call_gives() {
        let whole = json!({
            "id": "cmpl-1", "object": "text_completion", "created": 1.0, "model": "m", "new": true,
            "choices": [
                {"index": 0, "text": "upon", "finish_reason": "stop",
                    "logprobs": {"tokens": ["up", "on"], "token_logprobs": [null, -0.5]}},
                {"index": 1, "text": "more", "finish_reason": "length", "other": 1},
            ],
            "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
        });
        let mut fold = Fold::new();
        for piece in [
            json!({"id": "cmpl-1", "object": "text_completion", "created": 1, "model": "m", "new": true,
                "choices": [{"index": 1, "text": "mo", "finish_reason": null}]}),
            json!({"id": "cmpl-1", "choices": [{"text": "up",
                "logprobs": {"tokens": ["up"], "token_logprobs": [null]}}]}),
            json!({"id": "", "choices": [{"index": 0, "text": "on", "finish_reason": "stop",
                "logprobs": {"tokens": ["on"], "token_logprobs": [-0.5]}}]}),
            json!({"choices": [{"index": 1, "text": "re", "finish_reason": "length", "other": 1}]}),
            json!({"choices": [], "usage": whole["usage"]}),
            json!({"choices": [], "usage": {}}),
        ] {
            assert!(!fold.is_complete() || piece["choices"] == json!([]));
            fold.push(&serde_json::from_value(piece).unwrap());
        }
        assert!(fold.is_complete());
        assert_eq!(serde_json::to_value(fold.finish()).unwrap(), whole);
    }
}
