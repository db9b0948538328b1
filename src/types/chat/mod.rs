//! Chat completions: the request, the reply, and the chunks of a streamed reply.

mod call;
mod chunk;
mod completion;
mod content;
#[cfg(test)]
mod dialects;
mod fold;
mod format;
mod message;
mod options;
mod reader;
mod reasoning;
mod request;
mod speech;
mod stored;
mod tool;

pub use super::usage::{CompletionTokensDetails, PromptTokensDetails, Usage};
pub use call::{
    CustomCall, CustomDelta, CustomToolCall, FunctionCall, FunctionDelta, FunctionToolCall,
    ToolCall, ToolCallDelta,
};
pub use chunk::{Chunk, ChunkChoice, Delta};
pub use completion::{
    Annotation, Audio, Choice, Completion, FinishReason, Logprobs, ReplyMessage, Role,
    TokenLogprob, UrlCitation, UrlCitationAnnotation, XGroq,
};
pub use content::{
    Content, Detail, File, FilePart, ImagePart, ImageUrl, InputAudio, InputAudioFormat,
    InputAudioPart, Part, PromptCacheBreakpoint, RefusalPart, TextPart, ThinkingPart,
};
pub use fold::Fold;
pub use format::{JsonObjectFormat, JsonSchema, JsonSchemaFormat, ResponseFormat, TextFormat};
pub use message::{
    AssistantMessage, AudioId, DeveloperMessage, FunctionMessage, Message, SystemMessage,
    ToolMessage, UserMessage,
};
pub use options::{
    ApproximateLocation, Moderation, ModerationConfig, ModerationMode, ModerationPolicy,
    Prediction, PredictionContent, PromptCacheMode, PromptCacheOptions, PromptCacheRetention,
    ReasoningEffort, SearchContextSize, ServiceTier, Stop, StreamOptions, UserLocation, Verbosity,
    WebSearchOptions,
};
pub(crate) use reader::ChunkReader;
pub use request::Request;
pub use speech::{AudioFormat, AudioParams, CustomVoice, Modality, Voice};
pub use stored::{Deleted, ListQuery, StoredMessage, UpdateRequest};
pub use tool::{
    AllowedTools, AllowedToolsChoice, Custom, CustomChoice, CustomFormat, CustomTool, Function,
    FunctionCallChoice, FunctionChoice, FunctionTool, Grammar, GrammarFormat, GrammarSyntax,
    NamedTool, PlainFormat, Tool, ToolChoice, ToolMode, ToolName,
};

/// Objects that are there even if the JSON lacks them: empty then, and left out when written.
macro_rules! always {
    ($($name:ident),*) => {
        $(impl crate::types::open::Field for $name {
            fn read<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                Ok(crate::types::open::read(from)?.unwrap_or_default())
            }

            fn is_absent(&self) -> bool {
                *self == Self::default()
            }
        })*
    };
}

use always;
