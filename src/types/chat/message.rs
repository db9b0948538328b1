//! The messages of a request.

use serde_json::Value;

use super::call::{FunctionCall, ToolCall};
use super::completion::ReplyMessage;
use super::content::Content;
use super::reasoning;
use crate::types::open::{object, union};

union! {
    /// A message of a conversation.
    #[expect(clippy::large_enum_variant, reason = "a box would stand in the way of those who match")]
    pub enum Message by "role" {
        /// The developer's instructions.
        Developer(DeveloperMessage) = "developer",
        /// The developer's instructions, for models before o1.
        System(SystemMessage) = "system",
        /// What the user says.
        User(UserMessage) = "user",
        /// What the model said.
        Assistant(AssistantMessage) = "assistant",
        /// What a tool answers.
        Tool(ToolMessage) = "tool",
        /// What a function answers. Deprecated by OpenAI for [`Tool`](Self::Tool).
        Function(FunctionMessage) = "function",
    }
}

object! {
    /// The developer's instructions.
    pub struct DeveloperMessage {
        /// The instructions.
        pub content: Option<Content>,
        /// Who says it, where several share a role.
        pub name: Option<String>,
    }
}

object! {
    /// The developer's instructions, for models before o1.
    pub struct SystemMessage {
        /// The instructions.
        pub content: Option<Content>,
        /// Who says it, where several share a role.
        pub name: Option<String>,
    }
}

object! {
    /// What the user says.
    pub struct UserMessage {
        /// What is said.
        pub content: Option<Content>,
        /// Who says it, where several share a role.
        pub name: Option<String>,
    }
}

object! {
    /// What the model said.
    pub struct AssistantMessage {
        /// What was said; may be missing beside calls.
        pub content: Option<Content>,
        /// Why the model did not answer.
        pub refusal: Option<String>,
        /// Who says it, where several share a role.
        pub name: Option<String>,
        /// A spoken reply.
        pub audio: Option<AudioId>,
        /// The tools that the model called; a [`ToolMessage`] for each must follow.
        pub tool_calls: Option<Vec<ToolCall>>,
        /// The function that the model called. Deprecated by OpenAI for `tool_calls`.
        pub function_call: Option<FunctionCall>,
        /// The model's reasoning (DeepSeek, vLLM).
        pub reasoning_content: Option<String>,
        /// The model's reasoning (OpenRouter, Groq, Ollama).
        pub reasoning: Option<String>,
        /// The model's reasoning in its provider's own form (OpenRouter).
        pub reasoning_details: Option<Vec<Value>>,
    }
}

object! {
    /// A spoken reply of the model, by its id.
    pub struct AudioId {
        /// The id that the reply gave it.
        pub id: String,
    }
}

object! {
    /// What a tool answers.
    pub struct ToolMessage {
        /// The answer.
        pub content: Option<Content>,
        /// The call that it answers.
        pub tool_call_id: String,
    }
}

object! {
    /// What a function answers. Deprecated by OpenAI for [`ToolMessage`].
    pub struct FunctionMessage {
        /// The answer.
        pub content: Option<Content>,
        /// The function's name.
        pub name: String,
    }
}

impl Message {
    /// The developer's instructions.
    pub fn developer(content: impl Into<Content>) -> Self {
        Self::Developer(DeveloperMessage {
            content: Some(content.into()),
            ..DeveloperMessage::default()
        })
    }

    /// The developer's instructions, for models before o1 and for other servers.
    pub fn system(content: impl Into<Content>) -> Self {
        Self::System(SystemMessage {
            content: Some(content.into()),
            ..SystemMessage::default()
        })
    }

    /// What the user says.
    pub fn user(content: impl Into<Content>) -> Self {
        Self::User(UserMessage {
            content: Some(content.into()),
            ..UserMessage::default()
        })
    }

    /// What the model said. A [`ReplyMessage`] becomes such a message by [`From`].
    pub fn assistant(content: impl Into<Content>) -> Self {
        Self::Assistant(AssistantMessage {
            content: Some(content.into()),
            ..AssistantMessage::default()
        })
    }

    /// What a tool answers to the call of this id.
    pub fn tool(call_id: impl Into<String>, content: impl Into<Content>) -> Self {
        Self::Tool(ToolMessage {
            content: Some(content.into()),
            tool_call_id: call_id.into(),
            ..ToolMessage::default()
        })
    }

    /// Who speaks, as it stands in the JSON.
    pub fn role(&self) -> Option<&str> {
        self.tag()
    }

    /// What is said; `None` also for an unknown message.
    pub fn content(&self) -> Option<&Content> {
        match self {
            Self::Developer(message) => message.content.as_ref(),
            Self::System(message) => message.content.as_ref(),
            Self::User(message) => message.content.as_ref(),
            Self::Assistant(message) => message.content.as_ref(),
            Self::Tool(message) => message.content.as_ref(),
            Self::Function(message) => message.content.as_ref(),
            Self::Unknown(_) => None,
        }
    }

    /// Says who speaks, where several share a role. Does nothing to the messages of tools and to unknown ones.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        match &mut self {
            Self::Developer(message) => message.name = Some(name.into()),
            Self::System(message) => message.name = Some(name.into()),
            Self::User(message) => message.name = Some(name.into()),
            Self::Assistant(message) => message.name = Some(name.into()),
            Self::Function(message) => message.name = name.into(),
            Self::Tool(_) | Self::Unknown(_) => {}
        }
        self
    }
}

impl From<ReplyMessage> for Message {
    fn from(reply: ReplyMessage) -> Self {
        Self::Assistant(reply.into())
    }
}

impl From<&ReplyMessage> for Message {
    fn from(reply: &ReplyMessage) -> Self {
        reply.clone().into()
    }
}

/// What a later request may say of a reply: all but its annotations, and of its audio only the id. Arguments that the
/// model left empty are `{}`, and pieces of one detail of its reasoning are that detail.
impl From<ReplyMessage> for AssistantMessage {
    fn from(reply: ReplyMessage) -> Self {
        let audio = reply.audio.and_then(|audio| audio.id);
        let mut tool_calls = reply.tool_calls;
        let mut function_call = reply.function_call;
        for call in tool_calls.iter_mut().flatten() {
            if let ToolCall::Function(call) = call {
                fill_arguments(&mut call.function);
            }
        }
        if let Some(call) = &mut function_call {
            fill_arguments(call);
        }
        Self {
            content: reply.content,
            refusal: reply.refusal,
            name: None,
            audio: audio.map(|id| AudioId {
                id,
                ..AudioId::default()
            }),
            // OpenAI refuses an empty list.
            tool_calls: tool_calls.filter(|calls| !calls.is_empty()),
            function_call,
            reasoning_content: reply.reasoning_content,
            reasoning: reply.reasoning,
            reasoning_details: reply
                .reasoning_details
                .map(|pieces| reasoning::whole(&pieces)),
            extra: reply.extra,
        }
    }
}

/// Servers refuse arguments that are no JSON.
fn fill_arguments(call: &mut FunctionCall) {
    if call.arguments.trim().is_empty() {
        "{}".clone_into(&mut call.arguments);
    }
}
