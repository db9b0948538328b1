//! What the model wrote is not the value that was asked for.

use std::fmt;

use super::reason;
use crate::types::{chat, responses};

/// The model's words could not be read into a type: as a whole answer, or as the arguments of a call.
///
/// Neither `Display` nor `Debug` holds what the model wrote. [`kind`](Self::kind) says why;
/// [`completion`](Self::completion) and [`response`](Self::response) have the reply.
#[derive(Clone)]
pub struct ParseError {
    kind: ParseErrorKind,
    /// Where the JSON is wrong, without its values.
    reason: Option<String>,
    refusal: Option<String>,
    reply: Option<Reply>,
}

/// Why there is no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseErrorKind {
    /// The model declines to answer: see [`ParseError::refusal`].
    Refusal,
    /// The answer was cut off at the limit of tokens. Raise the limit, or ask for less.
    Length,
    /// The answer was cut off, or left out, by a content filter.
    ContentFilter,
    /// The response is not there yet, has failed, or was cancelled.
    Unfinished,
    /// The reply holds no text: often the model calls a tool first.
    NoText,
    /// It is no JSON, or JSON of another shape. With a strict schema this should not happen; not every server
    /// keeps to one.
    Json,
}

#[derive(Clone)]
enum Reply {
    Completion(Box<chat::Completion>),
    Response(Box<responses::Response>),
}

impl ParseError {
    pub(crate) fn new(kind: ParseErrorKind) -> Self {
        Self {
            kind,
            reason: None,
            refusal: None,
            reply: None,
        }
    }

    pub(crate) fn refused(refusal: &str) -> Self {
        Self {
            refusal: Some(refusal.to_owned()),
            ..Self::new(ParseErrorKind::Refusal)
        }
    }

    pub(crate) fn of_json(error: &serde_json::Error) -> Self {
        Self {
            reason: Some(reason(error)),
            ..Self::new(ParseErrorKind::Json)
        }
    }

    pub(crate) fn in_completion(mut self, completion: chat::Completion) -> Self {
        self.reply = Some(Reply::Completion(Box::new(completion)));
        self
    }

    pub(crate) fn in_response(mut self, response: responses::Response) -> Self {
        self.reply = Some(Reply::Response(Box::new(response)));
        self
    }

    /// Why there is no value.
    pub fn kind(&self) -> ParseErrorKind {
        self.kind
    }

    /// The model's words where it declines to answer.
    pub fn refusal(&self) -> Option<&str> {
        self.refusal.as_deref()
    }

    /// The reply that holds no such value, if a chat completion was asked for it.
    pub fn completion(&self) -> Option<&chat::Completion> {
        match &self.reply {
            Some(Reply::Completion(completion)) => Some(completion),
            _ => None,
        }
    }

    /// The reply that holds no such value, if a response was asked for it.
    pub fn response(&self) -> Option<&responses::Response> {
        match &self.reply {
            Some(Reply::Response(response)) => Some(response),
            _ => None,
        }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            ParseErrorKind::Refusal => "the model declines to answer",
            ParseErrorKind::Length => "the answer was cut off at the limit of tokens",
            ParseErrorKind::ContentFilter => "the answer was cut off by a content filter",
            ParseErrorKind::Unfinished => "the response was not completed",
            ParseErrorKind::NoText => "the reply holds no text to read",
            ParseErrorKind::Json => "what the model wrote could not be read",
        })?;
        match &self.reason {
            Some(reason) => write!(f, ": {reason}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParseError")
            .field("kind", &self.kind)
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

impl std::error::Error for ParseError {}
