//! What the model replied.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, IntoDeserializer, MapAccess, Visitor};
use serde_json::{Map, Value};

use super::{
    CacheOptions, CacheRetention, Content, Conversation, CustomToolCall, FunctionCall, Input, Item,
    McpApprovalRequest, Part, Phase, Prompt, Reasoning, ServiceTier, TextOptions, Tool, ToolChoice,
    Truncation, Usage,
};
use crate::types::open::{self, Field, object, strings};

object! {
    /// A response by the model.
    ///
    /// It reads from any object, for the responses inside events may lack anything; what the client gets as a
    /// reply must at least look like a response.
    pub struct Response {
        /// Its id.
        pub id: Option<String>,
        /// `response`.
        pub object: Option<String>,
        /// How far it has got.
        pub status: Option<Status>,
        /// What the model said and did.
        pub output: Vec<Item>,
        /// Why it failed.
        pub error: Option<ResponseError>,
        /// Why it broke off.
        pub incomplete_details: Option<IncompleteDetails>,
        /// The model that replied.
        pub model: Option<String>,
        /// What it cost.
        pub usage: Option<Usage>,
        /// When it was begun, in seconds since 1970.
        pub created_at: Option<f64>,
        /// When it was done, in seconds since 1970.
        pub completed_at: Option<f64>,
        /// The conversation that it belongs to.
        pub conversation: Option<Conversation>,
        /// The response that it continues.
        pub previous_response_id: Option<String>,
        /// Whether it is made in the background.
        pub background: Option<bool>,
        /// The request's instructions.
        pub instructions: Option<Input>,
        /// How many tokens it may have at most.
        pub max_output_tokens: Option<u64>,
        /// How many calls of built-in tools are made at most.
        pub max_tool_calls: Option<u64>,
        /// The caller's own notes.
        pub metadata: Option<Map<String, Value>>,
        /// How input and output were judged.
        pub moderation: Option<Value>,
        /// Whether tools may be called side by side.
        pub parallel_tool_calls: Option<bool>,
        /// The stored prompt.
        pub prompt: Option<Prompt>,
        /// Requests with the same key share cached prompts.
        pub prompt_cache_key: Option<String>,
        /// How the prompt was cached.
        pub prompt_cache_options: Option<CacheOptions>,
        /// How long a cached prompt is kept.
        pub prompt_cache_retention: Option<CacheRetention>,
        /// How much the model was to think.
        pub reasoning: Option<Reasoning>,
        /// The end user.
        pub safety_identifier: Option<String>,
        /// How fast the request was served.
        pub service_tier: Option<ServiceTier>,
        /// Whether it can be fetched later.
        pub store: Option<bool>,
        /// How random it was to be.
        pub temperature: Option<f64>,
        /// What its text was to look like.
        pub text: Option<TextOptions>,
        /// Which tools the model could or had to use.
        pub tool_choice: Option<ToolChoice>,
        /// The tools.
        pub tools: Option<Vec<Tool>>,
        /// How many of the likeliest tokens are told.
        pub top_logprobs: Option<u64>,
        /// The share of likely tokens that the model chose from.
        pub top_p: Option<f64>,
        /// What would have happened to a context that is too long.
        pub truncation: Option<Truncation>,
        /// The end user, by the former name.
        pub user: Option<String>,
    }
}

impl Response {
    /// The text of the answer, if it is in one piece: that of the last message that is no commentary. A text in several
    /// parts is to be had from [`output_text`](Self::output_text).
    pub fn text(&self) -> Option<&str> {
        let mut messages = self.output.iter().rev().filter_map(|item| match item {
            Item::Message(message) if message.phase != Some(Phase::Commentary) => Some(message),
            _ => None,
        });
        let content = messages.next()?.content.as_ref()?;
        if let Content::Text(text) = content {
            return Some(text);
        }
        let mut texts = content.parts().iter().filter_map(|part| match part {
            Part::OutputText(part) => Some(part.text.as_str()),
            _ => None,
        });
        let text = texts.next()?;
        texts.next().is_none().then_some(text)
    }

    /// The text of the reply: all parts of `output_text` in order, without anything between them.
    pub fn output_text(&self) -> String {
        let texts = self.parts().filter_map(|part| match part {
            Part::OutputText(part) => Some(part.text.as_str()),
            _ => None,
        });
        texts.collect()
    }

    /// Tokens that the model was given; 0 if none were reported.
    pub fn input_tokens(&self) -> u64 {
        self.usage.as_ref().map_or(0, Usage::input_tokens)
    }

    /// Tokens that the model made, reasoning included; 0 if none were reported.
    pub fn output_tokens(&self) -> u64 {
        self.usage.as_ref().map_or(0, Usage::output_tokens)
    }

    /// All tokens; 0 if none were reported.
    pub fn total_tokens(&self) -> u64 {
        self.usage.as_ref().map_or(0, Usage::total_tokens)
    }

    /// The words where the model declines to answer, if it does.
    pub fn refusal(&self) -> Option<&str> {
        self.parts().find_map(|part| match part {
            Part::Refusal(part) => Some(part.refusal.as_str()),
            _ => None,
        })
    }

    /// The functions that the model calls.
    pub fn function_calls(&self) -> impl Iterator<Item = &FunctionCall> {
        self.output.iter().filter_map(|item| match item {
            Item::FunctionCall(call) => Some(call),
            _ => None,
        })
    }

    /// The custom tools that the model calls.
    pub fn custom_tool_calls(&self) -> impl Iterator<Item = &CustomToolCall> {
        self.output.iter().filter_map(|item| match item {
            Item::CustomToolCall(call) => Some(call),
            _ => None,
        })
    }

    /// The calls of MCP tools that wait for an approval.
    pub fn approval_requests(&self) -> impl Iterator<Item = &McpApprovalRequest> {
        self.output.iter().filter_map(|item| match item {
            Item::McpApprovalRequest(request) => Some(request),
            _ => None,
        })
    }

    /// The parts of all messages.
    fn parts(&self) -> impl Iterator<Item = &Part> {
        self.output.iter().flat_map(|item| match item {
            Item::Message(message) => message.content.as_ref().map_or(&[][..], Content::parts),
            _ => &[],
        })
    }
}

/// A response inside an event: an empty one if there is none.
impl Field for Response {
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(open::read(from)?.unwrap_or_default())
    }

    fn is_absent(&self) -> bool {
        false
    }
}

strings! {
    /// How far a response has got.
    pub enum Status {
        /// It is all there.
        Completed = "completed",
        /// It failed.
        Failed = "failed",
        /// It is being made.
        InProgress = "in_progress",
        /// It was cancelled.
        Cancelled = "cancelled",
        /// It waits for its turn.
        Queued = "queued",
        /// It broke off.
        Incomplete = "incomplete",
    }
}

object! {
    /// Why a response failed.
    pub struct ResponseError {
        /// The kind of failure.
        pub code: Option<String>,
        /// The kind of failure, where a server names it otherwise.
        pub r#type: Option<String>,
        /// What happened, in words.
        pub message: Option<String>,
        /// The parameter at fault.
        pub param: Option<String>,
    }
}

object! {
    /// Why a response broke off.
    pub struct IncompleteDetails {
        /// `max_output_tokens` or `content_filter`.
        pub reason: Option<String>,
    }
}

/// A response as the body of a reply: one with `object: "response"` or `output` (a list, or `null` for none).
/// Other JSON is an error, so that an API's error or a proxy's page is not taken for an empty response.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reply(pub(crate) Response);

impl<'de> Deserialize<'de> for Reply {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct ReplyVisitor;

        impl<'de> Visitor<'de> for ReplyVisitor {
            type Value = Reply;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a response")
            }

            fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Reply, A::Error> {
                let mut output = None;
                let watched = WithoutOutput {
                    object,
                    output: &mut output,
                };
                let mut response = Response::deserialize(MapAccessDeserializer::new(watched))?;
                match output {
                    Some(output) => response.output = output,
                    None if response.object.as_deref() == Some("response") => {}
                    None => return Err(A::Error::missing_field("output")),
                }
                Ok(Reply(response))
            }
        }

        from.deserialize_map(ReplyVisitor)
    }
}

/// The fields of an object but `output`, which is put aside.
struct WithoutOutput<'o, A> {
    object: A,
    output: &'o mut Option<Vec<Item>>,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for WithoutOutput<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: serde::de::DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        #[derive(Deserialize)]
        struct Output(#[serde(deserialize_with = "open::required")] Vec<Item>);

        while let Some(key) = self.object.next_key::<Cow<'de, str>>()? {
            if key != "output" {
                return seed.deserialize(key.into_deserializer()).map(Some);
            }
            let Output(output) = self.object.next_value()?;
            *self.output = Some(output);
        }
        Ok(None)
    }

    fn next_value_seed<V: serde::de::DeserializeSeed<'de>>(
        &mut self,
        seed: V,
    ) -> Result<V::Value, A::Error> {
        self.object.next_value_seed(seed)
    }
}
