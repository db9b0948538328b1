//! Messages and the content they share with tool outputs: a string or a list of parts.

use std::borrow::Cow;

use serde::Serialize;
use serde::de::{MapAccess, SeqAccess};
use serde_json::{Number, Value};

use super::{ItemStatus, Part};
use crate::types::open::{Open, deserialize_open, object, setters, strings};

object! {
    /// What somebody said: the user, the model, or who set it up.
    pub struct Message {
        /// Its id, if it came from the API.
        pub id: Option<String>,
        /// Who said it.
        pub role: Option<Role>,
        /// What was said.
        pub content: Option<Content>,
        /// How far it has got.
        pub status: Option<ItemStatus>,
        /// Whether the model's words are on the way to an answer or the answer.
        pub phase: Option<Phase>,
    }
}

setters! {
    Message {
        value {}
        into { id: String, status: ItemStatus, phase: Phase, }
    }
}

impl Message {
    /// A message by `role`.
    pub fn new(role: impl Into<Role>, content: impl Into<Content>) -> Self {
        Self {
            role: Some(role.into()),
            content: Some(content.into()),
            ..Self::default()
        }
    }
}

strings! {
    /// Who says a message.
    pub enum Role {
        /// The user.
        User = "user",
        /// The model.
        Assistant = "assistant",
        /// Who set it up; the older name.
        System = "system",
        /// Who set it up.
        Developer = "developer",
        /// A tool.
        Tool = "tool",
        /// A model that judges what another one says.
        Critic = "critic",
        /// A model that tells one kind of answer from another.
        Discriminator = "discriminator",
    }
}

strings! {
    /// Where the model's words stand.
    pub enum Phase {
        /// On the way to an answer.
        Commentary = "commentary",
        /// The answer.
        FinalAnswer = "final_answer",
    }
}

/// The content of a message or of a tool's output: a string or a list of parts.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Content {
    /// Text.
    Text(String),
    /// Parts.
    Parts(Vec<Part>),
    /// What this version of the crate does not know, as it came.
    Unknown(Value),
}

impl Content {
    /// The parts, if it is a list of them.
    pub fn parts(&self) -> &[Part] {
        match self {
            Self::Parts(parts) => parts,
            _ => &[],
        }
    }

    /// The text, if it is nothing else.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The texts in it.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        let parts = self.parts().iter().filter_map(Part::as_text);
        self.as_text().into_iter().chain(parts)
    }
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&String> for Content {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<Cow<'_, str>> for Content {
    fn from(text: Cow<'_, str>) -> Self {
        Self::Text(text.into_owned())
    }
}

impl From<Part> for Content {
    fn from(part: Part) -> Self {
        Self::Parts(vec![part])
    }
}

impl From<Vec<Part>> for Content {
    fn from(parts: Vec<Part>) -> Self {
        Self::Parts(parts)
    }
}

impl<const N: usize> From<[Part; N]> for Content {
    fn from(parts: [Part; N]) -> Self {
        Self::Parts(parts.into())
    }
}

impl Open for Content {
    fn from_bool(value: bool) -> Option<Self> {
        Some(Self::Unknown(value.into()))
    }

    fn from_number(number: Number) -> Option<Self> {
        Some(Self::Unknown(number.into()))
    }

    fn from_text(text: Cow<'_, str>) -> Option<Self> {
        Some(Self::Text(text.into_owned()))
    }

    fn from_list<'de, A: SeqAccess<'de>>(list: A) -> Result<Option<Self>, A::Error> {
        Ok(Open::from_list(list)?.map(Self::Parts))
    }

    fn from_object<'de, A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        Ok(Open::from_object(object)?.map(Self::Unknown))
    }
}

deserialize_open!(Content);
