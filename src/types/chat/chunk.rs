//! The chunks of a streamed chat completion.

use std::sync::Arc;

use serde_json::Value;

use super::always;
use super::call::{FunctionDelta, ToolCallDelta};
use super::completion::{Annotation, Audio, FinishReason, Logprobs, Role, XGroq};
use super::content::Content;
use super::options::ServiceTier;
use crate::types::open::object;
use crate::types::usage::Usage;

object! {
    /// A piece of a reply. [`Fold`](super::Fold) makes a whole one of them.
    pub struct Chunk {
        /// Pieces of the answers; none in a chunk that tells the usage.
        pub choices: Vec<ChunkChoice>,
        /// The reply's id.
        pub id: Option<Arc<str>>,
        /// The kind of this object: `chat.completion.chunk`.
        pub object: Option<Arc<str>>,
        /// When the reply was begun, in seconds since the Unix epoch.
        pub created: Option<f64>,
        /// The model that answers.
        pub model: Option<Arc<str>>,
        /// How the request is served, if it asked for a tier.
        pub service_tier: Option<ServiceTier>,
        /// The configuration that the model runs with.
        pub system_fingerprint: Option<Arc<str>>,
        /// The tokens used, mostly in the last chunk: see [`usage()`](Self::usage()).
        pub usage: Option<Box<Usage>>,
        /// Random characters that hide the chunk's length.
        pub obfuscation: Option<String>,
        /// What the moderation that the request asked for found.
        pub moderation: Option<Value>,
        /// What Groq tells beside the reply.
        pub x_groq: Option<Box<XGroq>>,
        /// What went wrong; the stream is at its end.
        pub error: Option<Value>,
    }
}

object! {
    /// A piece of an answer.
    pub struct ChunkChoice {
        /// Which of the answers it belongs to.
        pub index: Option<u64>,
        /// The piece.
        pub delta: Delta,
        /// Why the model stopped, in the answer's last piece.
        pub finish_reason: Option<FinishReason>,
        /// How probable its tokens were, if the request asked for it.
        pub logprobs: Option<Box<Logprobs>>,
    }
}

object! {
    /// What the model says next.
    pub struct Delta {
        /// Who speaks, mostly only in the first piece.
        pub role: Option<Role>,
        /// The next piece of the answer.
        pub content: Option<Content>,
        /// The next piece of the refusal.
        pub refusal: Option<String>,
        /// The next pieces of the tool calls.
        pub tool_calls: Option<Vec<ToolCallDelta>>,
        /// The next piece of the function call. Deprecated by OpenAI for `tool_calls`.
        pub function_call: Option<Box<FunctionDelta>>,
        /// Where the answer comes from.
        pub annotations: Option<Vec<Annotation>>,
        /// The next piece of the spoken answer.
        pub audio: Option<Box<Audio>>,
        /// The next piece of the model's reasoning (DeepSeek, vLLM).
        pub reasoning_content: Option<String>,
        /// The next piece of the model's reasoning (OpenRouter, Groq, Ollama).
        pub reasoning: Option<String>,
        /// The next pieces of the model's reasoning in its provider's own form (OpenRouter).
        pub reasoning_details: Option<Vec<Value>>,
    }
}

always!(Delta);

impl Chunk {
    /// The next piece of the first answer's text.
    pub fn text(&self) -> Option<&str> {
        let first = |choice: &&ChunkChoice| choice.index.is_none_or(|index| index == 0);
        self.choices.iter().find(first)?.delta.text()
    }

    /// The tokens used, wherever the server tells them.
    pub fn usage(&self) -> Option<&Usage> {
        let told = |usage: &&Usage| !usage.is_empty();
        let groq = || self.x_groq.as_ref()?.usage.as_ref().filter(told);
        self.usage.as_deref().filter(told).or_else(groq)
    }

    /// Whether anything of it is a chunk's: other JSON, as a ping, has none of these fields.
    pub(crate) fn is_piece(&self) -> bool {
        let texts = [&self.id, &self.model, &self.system_fingerprint];
        let is_chunk = |object: &str| object.starts_with("chat.completion");
        !self.choices.is_empty()
            || texts.into_iter().any(Option::is_some)
            || self.object.as_deref().is_some_and(is_chunk)
            || self.usage.is_some()
            || self.x_groq.is_some()
            || self.moderation.is_some()
    }

    /// The next piece of the first answer's text, also where it comes in parts; empty if the chunk has none.
    pub fn text_delta(&self) -> String {
        let mut choices = self.choices.iter();
        let first = choices.find(|choice| choice.index.is_none_or(|index| index == 0));
        let content = first.and_then(|choice| choice.delta.content.as_ref());
        content.into_iter().flat_map(Content::texts).collect()
    }

    /// It carries text, a refusal, reasoning or a call: more than a role or a count.
    pub(crate) fn has_content(&self) -> bool {
        self.choices.iter().any(|choice| choice.delta.has_content())
    }
}

impl ChunkChoice {
    /// The text of a piece that has nothing else.
    #[inline]
    pub(super) fn text_alone(&self) -> Option<&str> {
        let delta = &self.delta;
        let is_alone = self.finish_reason.is_none()
            && self.logprobs.is_none()
            && self.extra.is_empty()
            && delta.role.is_none()
            && delta.refusal.is_none()
            && delta.tool_calls.is_none()
            && delta.function_call.is_none()
            && delta.annotations.is_none()
            && delta.audio.is_none()
            && delta.reasoning_content.is_none()
            && delta.reasoning.is_none()
            && delta.reasoning_details.is_none()
            && delta.extra.is_empty();
        delta.text().filter(|_| is_alone)
    }
}

impl Delta {
    /// The next piece of the answer's text.
    pub fn text(&self) -> Option<&str> {
        self.content.as_ref()?.as_text()
    }

    fn has_content(&self) -> bool {
        let texts = [&self.refusal, &self.reasoning_content, &self.reasoning];
        self.content
            .as_ref()
            .is_some_and(|content| !content.is_empty())
            || texts.into_iter().flatten().any(|text| !text.is_empty())
            || self
                .tool_calls
                .as_ref()
                .is_some_and(|calls| !calls.is_empty())
            || self.function_call.is_some()
            || self
                .reasoning_details
                .as_ref()
                .is_some_and(|details| !details.is_empty())
            || self
                .extra
                .get("images")
                .and_then(serde_json::Value::as_array)
                .is_some_and(|images| !images.is_empty())
            || self.audio.as_ref().is_some_and(|audio| {
                [&audio.data, &audio.transcript]
                    .into_iter()
                    .flatten()
                    .any(|text| !text.is_empty())
            })
    }
}
