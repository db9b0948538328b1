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
