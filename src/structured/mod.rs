//! What the model wrote as JSON, read into the caller's types; and the schemas that make it write so.

#[cfg(feature = "schemars")]
mod alternatives;
#[cfg(feature = "schemars")]
mod order;
mod read;
#[cfg(feature = "schemars")]
mod schema;
#[cfg(feature = "schemars")]
mod strict;
#[cfg(feature = "schemars")]
mod typed;

use serde::de::DeserializeOwned;

use crate::error::{ParseError, ParseErrorKind};
use crate::types::chat::{self, FinishReason};
use crate::types::responses::{self, Item, Message, Part, Phase, Status};

use self::read::{read_arguments, read_text};
#[cfg(feature = "schemars")]
pub(crate) use self::typed::{with_format, with_response_format};

/// A reply, and the value that the model wrote into it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Parsed<T, R> {
    /// The value.
    pub value: T,
    /// The reply: a [`chat::Completion`] or a [`responses::Response`].
    pub reply: R,
}

impl<T: DeserializeOwned> Parsed<T, chat::Completion> {
    pub(crate) fn of_completion(reply: chat::Completion) -> Result<Self, ParseError> {
        match reply.parse() {
            Ok(value) => Ok(Self { value, reply }),
            Err(error) => Err(error.in_completion(reply)),
        }
    }
}

impl<T: DeserializeOwned> Parsed<T, responses::Response> {
    pub(crate) fn of_response(reply: responses::Response) -> Result<Self, ParseError> {
        match reply.parse() {
            Ok(value) => Ok(Self { value, reply }),
            Err(error) => Err(error.in_response(reply)),
        }
    }
}

impl chat::Completion {
    /// The first answer's text, which is JSON, as a value.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] whose kind says why there is no such value.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, ParseError> {
        let first = self.choices.first();
        first.map_or(
            Err(ParseError::new(ParseErrorKind::NoText)),
            chat::Choice::parse,
        )
    }
}

impl chat::Choice {
    /// The answer's text, which is JSON, as a value.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] whose kind says why there is no such value.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, ParseError> {
        if let Some(refusal) = self.message.refusal() {
            return Err(ParseError::refused(refusal));
        }
        match self.finish_reason {
            Some(FinishReason::Length) => return Err(ParseError::new(ParseErrorKind::Length)),
            Some(FinishReason::ContentFilter) => {
                return Err(ParseError::new(ParseErrorKind::ContentFilter));
            }
            _ => {}
        }
        let texts = self.message.content.iter().flat_map(chat::Content::texts);
        read_text(&texts.collect::<String>())
    }
}

impl responses::Response {
    /// The answer's text, which is JSON, as a value. It is the text of the last message that is no commentary.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] whose kind says why there is no such value.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, ParseError> {
        if let Some(refusal) = self.refusal() {
            return Err(ParseError::refused(refusal));
        }
        match &self.status {
            None | Some(Status::Completed | Status::Unknown(_)) => {}
            Some(Status::Incomplete) => return Err(ParseError::new(self.why_incomplete())),
            Some(Status::Failed | Status::InProgress | Status::Cancelled | Status::Queued) => {
                return Err(ParseError::new(ParseErrorKind::Unfinished));
            }
        }
        let messages = self.output.iter().rev().filter_map(|item| match item {
            Item::Message(message) if message.phase != Some(Phase::Commentary) => Some(message),
            _ => None,
        });
        let mut texts = messages.map(output_text);
        read_text(&texts.find(|text| !text.is_empty()).unwrap_or_default())
    }

    fn why_incomplete(&self) -> ParseErrorKind {
        let details = self.incomplete_details.as_ref();
        match details.and_then(|details| details.reason.as_deref()) {
            Some("max_output_tokens" | "max_tokens" | "length") => ParseErrorKind::Length,
            Some("content_filter") => ParseErrorKind::ContentFilter,
            _ => ParseErrorKind::Unfinished,
        }
    }
}

fn output_text(message: &Message) -> String {
    match &message.content {
        Some(responses::Content::Text(text)) => text.clone(),
        Some(responses::Content::Parts(parts)) => {
            let texts = parts.iter().filter_map(|part| match part {
                Part::OutputText(part) => Some(part.text.as_str()),
                _ => None,
            });
            texts.collect()
        }
        Some(responses::Content::Unknown(_)) | None => String::new(),
    }
}

impl chat::ToolCall {
    /// A function's arguments or a custom tool's input, which are JSON, as a value.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] that says where the JSON is wrong, without what stands there.
    pub fn parse_arguments<T: DeserializeOwned>(&self) -> Result<T, ParseError> {
        let arguments = self.arguments();
        arguments.map_or(Err(ParseError::new(ParseErrorKind::NoText)), read_arguments)
    }
}

impl chat::FunctionCall {
    /// The arguments as a value.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] that says where the JSON is wrong, without what stands there.
    pub fn parse_arguments<T: DeserializeOwned>(&self) -> Result<T, ParseError> {
        read_arguments(&self.arguments)
    }
}

impl responses::FunctionCall {
    /// The arguments as a value.
    ///
    /// # Errors
    ///
    /// A [`ParseError`] that says where the JSON is wrong, without what stands there.
    pub fn parse_arguments<T: DeserializeOwned>(&self) -> Result<T, ParseError> {
        read_arguments(&self.arguments)
    }
}
