//! The reply to a request for a chat completion.

use serde_json::{Map, Value};

use super::always;
use super::call::{FunctionCall, ToolCall};
use super::content::{Content, Part};
use super::options::ServiceTier;
use crate::types::open::{object, strings, union};
use crate::types::usage::Usage;

object! {
    /// A whole reply.
    pub struct Completion {
        required {
            /// The answers: one, unless the request asked for more.
            pub choices: Vec<Choice>,
        }
        /// The reply's id.
        pub id: Option<String>,
        /// The kind of this object: `chat.completion`.
        pub object: Option<String>,
        /// When it was made, in seconds since the Unix epoch.
        pub created: Option<f64>,
        /// The model that answered.
        pub model: Option<String>,
        /// How it was served, if the request asked for a tier.
        pub service_tier: Option<ServiceTier>,
        /// The configuration that the model ran with.
        pub system_fingerprint: Option<String>,
        /// The tokens used.
        pub usage: Option<Usage>,
        /// The request's notes.
        pub metadata: Option<Map<String, Value>>,
        /// What the moderation that the request asked for found.
        pub moderation: Option<Value>,
        /// What Groq tells beside the reply.
        pub x_groq: Option<XGroq>,
    }
}

object! {
    /// One of the answers of a reply.
    pub struct Choice {
        /// Its place among the answers.
        pub index: Option<u64>,
        /// The answer.
        pub message: ReplyMessage,
        /// Why the model stopped.
        pub finish_reason: Option<FinishReason>,
        /// How probable each token was, if the request asked for it.
        pub logprobs: Option<Logprobs>,
    }
}

object! {
    /// What the model says. [`Message::from`](super::Message) makes it a message of the next request.
    pub struct ReplyMessage {
        /// Always [`Assistant`](Role::Assistant).
        pub role: Option<Role>,
        /// The answer; may be missing beside calls and refusals.
        pub content: Option<Content>,
        /// Why the model does not answer.
        pub refusal: Option<String>,
        /// The tools to be called.
        pub tool_calls: Option<Vec<ToolCall>>,
        /// The function to be called. Deprecated by OpenAI for `tool_calls`.
        pub function_call: Option<FunctionCall>,
        /// Where the answer comes from.
        pub annotations: Option<Vec<Annotation>>,
        /// The spoken answer.
        pub audio: Option<Audio>,
        /// The model's reasoning (DeepSeek, vLLM).
        pub reasoning_content: Option<String>,
        /// The model's reasoning (OpenRouter, Groq, Ollama).
        pub reasoning: Option<String>,
        /// The model's reasoning in its provider's own form (OpenRouter).
        pub reasoning_details: Option<Vec<Value>>,
    }
}

strings! {
    /// Who speaks.
    pub enum Role {
        /// The developer.
        Developer = "developer",
        /// The developer, to models before o1.
        System = "system",
        /// The user.
        User = "user",
        /// The model.
        Assistant = "assistant",
        /// A tool.
        Tool = "tool",
        /// A function.
        Function = "function",
    }
}

strings! {
    /// Why the model stopped.
    pub enum FinishReason {
        /// It was done, or came to a stop sequence.
        Stop = "stop",
        /// It came to the limit of tokens.
        Length = "length",
        /// It calls tools.
        ToolCalls = "tool_calls",
        /// A filter took content out.
        ContentFilter = "content_filter",
        /// It calls a function.
        FunctionCall = "function_call",
    }
}

union! {
    /// A note on the answer.
    pub enum Annotation by "type" {
        /// A page of the web that the answer cites.
        UrlCitation(UrlCitationAnnotation) = "url_citation",
    }
}

object! {
    /// A page of the web that the answer cites.
    pub struct UrlCitationAnnotation {
        /// The page.
        pub url_citation: Option<UrlCitation>,
    }
}

object! {
    /// A page, and where the answer cites it.
    pub struct UrlCitation {
        /// The first character of the citation.
        pub start_index: Option<u64>,
        /// The last character of the citation.
        pub end_index: Option<u64>,
        /// The page's address.
        pub url: Option<String>,
        /// The page's title.
        pub title: Option<String>,
    }
}

object! {
    /// A spoken answer.
    pub struct Audio {
        /// Its id, for later requests.
        pub id: Option<String>,
        /// Until when the id is good, in seconds since the Unix epoch.
        pub expires_at: Option<f64>,
        /// The recording in base64, encoded as the request asked.
        pub data: Option<String>,
        /// What is said.
        pub transcript: Option<String>,
    }
}

object! {
    /// How probable the tokens were.
    pub struct Logprobs {
        /// Those of the answer.
        pub content: Option<Vec<TokenLogprob>>,
        /// Those of the refusal.
        pub refusal: Option<Vec<TokenLogprob>>,
    }
}

object! {
    /// How probable a token was.
    pub struct TokenLogprob {
        /// The token.
        pub token: String,
        /// The logarithm of its probability; -9999 if it was none of the likely ones.
        pub logprob: Option<f64>,
        /// Its bytes in UTF-8: a character may be spread over tokens.
        pub bytes: Option<Vec<u64>>,
        /// The likeliest tokens in its place.
        pub top_logprobs: Option<Vec<TokenLogprob>>,
    }
}

object! {
    /// What Groq tells beside a reply.
    pub struct XGroq {
        /// The request's id.
        pub id: Option<String>,
        /// The usage, in the last chunk of a stream.
        pub usage: Option<Usage>,
    }
}

always!(ReplyMessage);

impl Completion {
    /// The text of the first answer: see [`Content::as_text`].
    pub fn text(&self) -> Option<&str> {
        self.message()?.text()
    }

    /// The text of the first answer: all of its parts in order, without anything between them.
    pub fn output_text(&self) -> String {
        let content = self.message().and_then(|message| message.content.as_ref());
        content.into_iter().flat_map(Content::texts).collect()
    }

    /// Tokens of the prompt; 0 if none were reported.
    pub fn input_tokens(&self) -> u64 {
        self.usage.as_ref().map_or(0, Usage::input_tokens)
    }

    /// Tokens that the model generated, reasoning included; 0 if none were reported.
    pub fn output_tokens(&self) -> u64 {
        self.usage.as_ref().map_or(0, Usage::output_tokens)
    }

    /// All tokens; 0 if none were reported.
    pub fn total_tokens(&self) -> u64 {
        self.usage.as_ref().map_or(0, Usage::total_tokens)
    }

    /// The first answer.
    pub fn message(&self) -> Option<&ReplyMessage> {
        self.choices.first().map(|choice| &choice.message)
    }

    /// The words where the first answer declines, if it does.
    pub fn refusal(&self) -> Option<&str> {
        self.message()?.refusal()
    }

    /// The tools that the first answer calls.
    pub fn tool_calls(&self) -> &[ToolCall] {
        self.message().map_or(&[], ReplyMessage::tool_calls)
    }

    /// Why the first answer ended.
    pub fn finish_reason(&self) -> Option<&FinishReason> {
        self.choices.first()?.finish_reason.as_ref()
    }
}

impl ReplyMessage {
    /// The answer's text: see [`Content::as_text`].
    pub fn text(&self) -> Option<&str> {
        self.content.as_ref()?.as_text()
    }

    /// The words where the model declines to answer, if it does.
    pub fn refusal(&self) -> Option<&str> {
        let parts = match &self.content {
            Some(Content::Parts(parts)) => parts.as_slice(),
            _ => &[],
        };
        let in_parts = parts.iter().find_map(|part| match part {
            Part::Refusal(part) => Some(part.refusal.as_str()),
            _ => None,
        });
        let refusal = self.refusal.as_deref().filter(|text| !text.is_empty());
        refusal.or(in_parts)
    }

    /// The tools to be called.
    pub fn tool_calls(&self) -> &[ToolCall] {
        self.tool_calls.as_deref().unwrap_or_default()
    }

    /// The model's reasoning as text, under whichever name the server sends it.
    pub fn reasoning(&self) -> Option<&str> {
        let texts = [self.reasoning_content.as_deref(), self.reasoning.as_deref()];
        texts.into_iter().flatten().find(|text| !text.is_empty())
    }
}
