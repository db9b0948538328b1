//! What a response cost: tokens, and money where the provider tells.

use crate::types::open::object;

object! {
    /// What a response cost.
    pub struct Usage {
        /// Tokens that the model was given, cached ones included.
        pub input_tokens: Option<u64>,
        /// Which of them were cached.
        pub input_tokens_details: Option<InputTokensDetails>,
        /// Tokens that the model made, reasoning included.
        pub output_tokens: Option<u64>,
        /// Which of them were reasoning.
        pub output_tokens_details: Option<OutputTokensDetails>,
        /// All of them.
        pub total_tokens: Option<u64>,
        /// What it cost, in the provider's credits (of `OpenRouter`: US dollars).
        pub cost: Option<f64>,
    }
}

object! {
    /// Which input tokens were cached.
    pub struct InputTokensDetails {
        /// Tokens that were read from the cache.
        pub cached_tokens: Option<u64>,
        /// Tokens that were written to the cache.
        pub cache_write_tokens: Option<u64>,
        /// Tokens that were written to the cache, by another name.
        pub cache_creation_tokens: Option<u64>,
    }
}

object! {
    /// Which output tokens were no answer.
    pub struct OutputTokensDetails {
        /// Tokens of the reasoning.
        pub reasoning_tokens: Option<u64>,
    }
}

impl Usage {
    /// Tokens that the model was given; 0 if not reported.
    pub fn input_tokens(&self) -> u64 {
        self.input_tokens.unwrap_or_default()
    }

    /// Tokens that the model made, reasoning included; 0 if not reported.
    pub fn output_tokens(&self) -> u64 {
        self.output_tokens.unwrap_or_default()
    }

    /// All tokens: as reported, else those of input and output together.
    pub fn total_tokens(&self) -> u64 {
        let sum = || self.input_tokens().saturating_add(self.output_tokens());
        self.total_tokens.unwrap_or_else(sum)
    }

    /// Tokens that were read from the cache.
    pub fn cached_tokens(&self) -> Option<u64> {
        self.input_tokens_details.as_ref()?.cached_tokens
    }

    /// Tokens of the reasoning.
    pub fn reasoning_tokens(&self) -> Option<u64> {
        self.output_tokens_details.as_ref()?.reasoning_tokens
    }
}
