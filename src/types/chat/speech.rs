//! Replies that are spoken: in which voice, in which encoding.

use std::borrow::Cow;

use serde::Serialize;
use serde::de::MapAccess;
use serde_json::Map;

use crate::types::open::{Open, deserialize_open, object, strings};

strings! {
    /// A kind of output.
    pub enum Modality {
        /// Text.
        Text = "text",
        /// Speech.
        Audio = "audio",
    }
}

object! {
    /// How the model speaks.
    pub struct AudioParams {
        /// Whose voice it has.
        pub voice: Option<Voice>,
        /// How the recording is encoded.
        pub format: Option<AudioFormat>,
    }
}

/// Whose voice the model speaks with.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Voice {
    /// One of OpenAI's, by its name.
    Name(String),
    /// One of the caller's own.
    Custom(CustomVoice),
}

object! {
    /// A voice of the caller's own.
    pub struct CustomVoice {
        /// Its id.
        pub id: String,
    }
}

strings! {
    /// The encoding of a spoken reply.
    pub enum AudioFormat {
        /// WAV.
        Wav = "wav",
        /// AAC.
        Aac = "aac",
        /// MP3.
        Mp3 = "mp3",
        /// FLAC.
        Flac = "flac",
        /// Opus.
        Opus = "opus",
        /// Bare samples of 16 bits.
        Pcm16 = "pcm16",
    }
}

impl AudioParams {
    /// A voice and an encoding.
    pub fn new(voice: impl Into<Voice>, format: impl Into<AudioFormat>) -> Self {
        Self {
            voice: Some(voice.into()),
            format: Some(format.into()),
            extra: Map::new(),
        }
    }
}

impl Voice {
    /// A voice of the caller's own, by its id.
    pub fn custom(id: impl Into<String>) -> Self {
        Self::Custom(CustomVoice {
            id: id.into(),
            extra: Map::new(),
        })
    }
}

impl From<&str> for Voice {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

impl From<String> for Voice {
    fn from(name: String) -> Self {
        Self::Name(name)
    }
}

impl Open for Voice {
    fn from_text(text: Cow<'_, str>) -> Option<Self> {
        Some(Self::Name(text.into_owned()))
    }

    fn from_object<'de, A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        Ok(CustomVoice::from_object(object)?.map(Self::Custom))
    }
}

deserialize_open!(Voice);
