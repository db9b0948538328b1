//! What a chat completion or an embedding used up.

use super::open::object;

object! {
    /// Counts of tokens, and the price where the provider names one. What was not reported is `None`.
    pub struct Usage {
        /// Tokens of the prompt, cached ones included.
        pub prompt_tokens: Option<u64>,
        /// Tokens that the model generated, reasoning included.
        pub completion_tokens: Option<u64>,
        /// Both together, as reported.
        pub total_tokens: Option<u64>,
        /// Of which kinds the prompt's tokens are.
        pub prompt_tokens_details: Option<PromptTokensDetails>,
        /// Of which kinds the generated tokens are.
        pub completion_tokens_details: Option<CompletionTokensDetails>,
        /// What the call cost, in the provider's credits (OpenRouter: US dollars).
        pub cost: Option<f64>,
        /// Tokens of the prompt that came from the cache (DeepSeek).
        pub prompt_cache_hit_tokens: Option<u64>,
        /// Tokens of the prompt that did not come from the cache (DeepSeek).
        pub prompt_cache_miss_tokens: Option<u64>,
        /// Tokens of the prompt that came from the cache (Anthropic's models behind a gateway).
        pub cache_read_input_tokens: Option<u64>,
        /// Tokens of the prompt that were written to the cache (Anthropic's models behind a gateway).
        pub cache_creation_input_tokens: Option<u64>,
    }
}

object! {
    /// Parts of [`Usage::prompt_tokens`].
    pub struct PromptTokensDetails {
        /// Audio.
        pub audio_tokens: Option<u64>,
        /// Read from the cache.
        pub cached_tokens: Option<u64>,
        /// Written to the cache.
        pub cache_write_tokens: Option<u64>,
        /// Written to the cache, as some gateways name it.
        pub cache_creation_tokens: Option<u64>,
        /// Text.
        pub text_tokens: Option<u64>,
        /// Images.
        pub image_tokens: Option<u64>,
    }
}

object! {
    /// Parts of [`Usage::completion_tokens`].
    pub struct CompletionTokensDetails {
        /// Of the given prediction, those that the reply took over.
        pub accepted_prediction_tokens: Option<u64>,
        /// Audio.
        pub audio_tokens: Option<u64>,
        /// Reasoning, shown or not.
        pub reasoning_tokens: Option<u64>,
        /// Of the given prediction, those that the reply did not take over; they are paid for, too.
        pub rejected_prediction_tokens: Option<u64>,
        /// Text.
        pub text_tokens: Option<u64>,
    }
}

impl Usage {
    /// Tokens of the prompt; 0 if not reported.
    pub fn input_tokens(&self) -> u64 {
        self.prompt_tokens.unwrap_or_default()
    }

    /// Tokens that the model generated, reasoning included; 0 if not reported.
    pub fn output_tokens(&self) -> u64 {
        self.completion_tokens.unwrap_or_default()
    }

    /// All tokens: as reported, else those of prompt and answer together.
    pub fn total_tokens(&self) -> u64 {
        let sum = || self.input_tokens().saturating_add(self.output_tokens());
        self.total_tokens.unwrap_or_else(sum)
    }

    /// Tokens of the prompt that came from the cache, whatever the provider calls them.
    pub fn cached_tokens(&self) -> Option<u64> {
        let details = self.prompt_tokens_details.as_ref();
        details
            .and_then(|details| details.cached_tokens)
            .or(self.prompt_cache_hit_tokens)
            .or(self.cache_read_input_tokens)
    }

    /// Tokens of the prompt that were written to the cache, whatever the provider calls them.
    pub fn cache_write_tokens(&self) -> Option<u64> {
        let details = self.prompt_tokens_details.as_ref();
        details
            .and_then(|details| details.cache_write_tokens.or(details.cache_creation_tokens))
            .or(self.cache_creation_input_tokens)
    }

    /// Generated tokens that were reasoning.
    pub fn reasoning_tokens(&self) -> Option<u64> {
        self.completion_tokens_details.as_ref()?.reasoning_tokens
    }

    /// Nothing was reported: `{}`, or only nulls.
    pub(crate) fn is_empty(&self) -> bool {
        // Written out, so that a new field can't be forgotten.
        let Self {
            prompt_tokens,
            completion_tokens,
            total_tokens,
            prompt_tokens_details,
            completion_tokens_details,
            cost,
            prompt_cache_hit_tokens,
            prompt_cache_miss_tokens,
            cache_read_input_tokens,
            cache_creation_input_tokens,
            extra,
        } = self;
        let counts = [
            prompt_tokens,
            completion_tokens,
            total_tokens,
            prompt_cache_hit_tokens,
            prompt_cache_miss_tokens,
            cache_read_input_tokens,
            cache_creation_input_tokens,
        ];
        counts.iter().all(|count| count.is_none())
            && prompt_tokens_details.is_none()
            && completion_tokens_details.is_none()
            && cost.is_none()
            && extra.values().all(serde_json::Value::is_null)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn cached_tokens_are_found_under_each_name() {
        for json in [
            json!({"prompt_tokens_details": {"cached_tokens": 5, "cache_write_tokens": 7}}),
            json!({"prompt_cache_hit_tokens": 5, "cache_creation_input_tokens": 7}),
            json!({"cache_read_input_tokens": 5.0, "prompt_tokens_details": {"cache_creation_tokens": 7}}),
        ] {
            let usage: Usage = serde_json::from_value(json).unwrap();
            assert_eq!(usage.cached_tokens(), Some(5));
            assert_eq!(usage.cache_write_tokens(), Some(7));
        }
    }

    #[test]
    fn usage_without_a_value_is_empty() {
        for json in [
            json!({}),
            json!({"prompt_tokens": null, "queue_time": null}),
        ] {
            assert!(serde_json::from_value::<Usage>(json).unwrap().is_empty());
        }
        for json in [json!({"total_tokens": 0}), json!({"queue_time": 0.1})] {
            assert!(!serde_json::from_value::<Usage>(json).unwrap().is_empty());
        }
    }
}
