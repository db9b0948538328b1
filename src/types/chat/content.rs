//! What a message says: a text or a list of parts.

use std::borrow::Cow;

use serde::Serialize;
use serde::de::{MapAccess, SeqAccess};
use serde_json::{Number, Value};

use super::always;
use crate::types::open::{Open, deserialize_open, object, strings, union};

/// The content of a message.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Content {
    /// A text.
    Text(String),
    /// Texts, images, audio, files.
    Parts(Vec<Part>),
    /// What is neither a text nor a list, as it came.
    Unknown(Value),
}

union! {
    /// A part of a message.
    pub enum Part by "type" {
        /// Text.
        Text(TextPart) = "text",
        /// An image.
        ImageUrl(ImagePart) = "image_url",
        /// A recording for the model to hear.
        InputAudio(InputAudioPart) = "input_audio",
        /// A file.
        File(FilePart) = "file",
        /// The model's refusal.
        Refusal(RefusalPart) = "refusal",
        /// The model's reasoning (Mistral).
        Thinking(ThinkingPart) = "thinking",
    }
}

object! {
    /// A text in a list of parts.
    pub struct TextPart {
        /// The text.
        pub text: String,
        /// The prompt up to here is to be cached.
        pub prompt_cache_breakpoint: Option<PromptCacheBreakpoint>,
    }
}

object! {
    /// An image in a list of parts.
    pub struct ImagePart {
        /// Where it is.
        pub image_url: ImageUrl,
        /// The prompt up to here is to be cached.
        pub prompt_cache_breakpoint: Option<PromptCacheBreakpoint>,
    }
}

object! {
    /// An image.
    pub struct ImageUrl {
        /// Its address, or a `data:` URL that holds it.
        pub url: String,
        /// How closely the model looks at it; the server decides by default.
        pub detail: Option<Detail>,
    }
}

object! {
    /// A recording in a list of parts.
    pub struct InputAudioPart {
        /// The recording.
        pub input_audio: InputAudio,
        /// The prompt up to here is to be cached.
        pub prompt_cache_breakpoint: Option<PromptCacheBreakpoint>,
    }
}

object! {
    /// A recording.
    pub struct InputAudio {
        /// Its bytes in base64.
        pub data: String,
        /// How it is encoded.
        pub format: Option<InputAudioFormat>,
    }
}

object! {
    /// A file in a list of parts.
    pub struct FilePart {
        /// The file.
        pub file: File,
        /// The prompt up to here is to be cached.
        pub prompt_cache_breakpoint: Option<PromptCacheBreakpoint>,
    }
}

object! {
    /// A file: an uploaded one by its id, or a name with the data itself.
    pub struct File {
        /// The id of an uploaded file.
        pub file_id: Option<String>,
        /// Its name.
        pub filename: Option<String>,
        /// A `data:` URL that holds it.
        pub file_data: Option<String>,
    }
}

object! {
    /// A refusal in a list of parts.
    pub struct RefusalPart {
        /// Its text.
        pub refusal: String,
    }
}

object! {
    /// Reasoning in a list of parts.
    pub struct ThinkingPart {
        /// The reasoning.
        pub thinking: Option<Content>,
    }
}

object! {
    /// Marks the end of a part of the prompt that comes again and is to be cached.
    pub struct PromptCacheBreakpoint {
        /// Always `explicit`.
        pub mode: Option<String>,
    }
}

strings! {
    /// How closely a model looks at an image.
    pub enum Detail {
        /// The server decides.
        Auto = "auto",
        /// Few tokens.
        Low = "low",
        /// Many tokens.
        High = "high",
    }
}

strings! {
    /// The encoding of a recording.
    pub enum InputAudioFormat {
        /// WAV.
        Wav = "wav",
        /// MP3.
        Mp3 = "mp3",
    }
}

always!(ImageUrl, InputAudio, File);

impl Content {
    /// The text: the content itself, or that of its only text part. `None` if there is none, or more than
    /// one: see [`texts`](Self::texts).
    pub fn as_text(&self) -> Option<&str> {
        let mut texts = self.texts();
        let text = texts.next()?;
        texts.next().is_none().then_some(text)
    }

    /// The content itself, or all of its text parts.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let (text, parts) = match self {
            Self::Text(text) => (Some(text.as_str()), None),
            Self::Parts(parts) => (None, Some(parts)),
            Self::Unknown(_) => (None, None),
        };
        text.into_iter()
            .chain(parts.into_iter().flatten().filter_map(Part::as_text))
    }

    /// It says nothing.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) => text.is_empty(),
            Self::Parts(parts) => parts.iter().all(Part::is_empty),
            Self::Unknown(_) => false,
        }
    }
}

impl Part {
    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(TextPart {
            text: text.into(),
            ..TextPart::default()
        })
    }

    /// An image, by its address or as a `data:` URL.
    pub fn image_url(image: impl Into<ImageUrl>) -> Self {
        Self::ImageUrl(ImagePart {
            image_url: image.into(),
            ..ImagePart::default()
        })
    }

    /// A recording: its bytes in base64 and their encoding.
    pub fn input_audio(data: impl Into<String>, format: impl Into<InputAudioFormat>) -> Self {
        Self::InputAudio(InputAudioPart {
            input_audio: InputAudio {
                data: data.into(),
                format: Some(format.into()),
                ..InputAudio::default()
            },
            ..InputAudioPart::default()
        })
    }

    /// A file.
    pub fn file(file: File) -> Self {
        Self::File(FilePart {
            file,
            ..FilePart::default()
        })
    }

    /// A refusal, as the model gave it before.
    pub fn refusal(refusal: impl Into<String>) -> Self {
        Self::Refusal(RefusalPart {
            refusal: refusal.into(),
            ..RefusalPart::default()
        })
    }

    /// The text of a text part.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(part) => Some(&part.text),
            _ => None,
        }
    }

    /// Marks the prompt up to this part, the part included, as one to be cached. Does nothing to parts that
    /// can't be marked: refusals, reasoning and unknown ones.
    #[must_use]
    pub fn prompt_cache_breakpoint(mut self) -> Self {
        let mark = match &mut self {
            Self::Text(part) => &mut part.prompt_cache_breakpoint,
            Self::ImageUrl(part) => &mut part.prompt_cache_breakpoint,
            Self::InputAudio(part) => &mut part.prompt_cache_breakpoint,
            Self::File(part) => &mut part.prompt_cache_breakpoint,
            Self::Refusal(_) | Self::Thinking(_) | Self::Unknown(_) => return self,
        };
        *mark = Some(PromptCacheBreakpoint {
            mode: Some("explicit".to_owned()),
            ..PromptCacheBreakpoint::default()
        });
        self
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Text(part) => part.text.is_empty(),
            Self::Refusal(part) => part.refusal.is_empty(),
            Self::Thinking(part) => part.thinking.as_ref().is_none_or(Content::is_empty),
            _ => false,
        }
    }
}

impl ImageUrl {
    /// An image, by its address or as a `data:` URL.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            ..Self::default()
        }
    }

    /// Sets [`detail`](Self::detail).
    #[must_use]
    pub fn detail(mut self, detail: impl Into<Detail>) -> Self {
        self.detail = Some(detail.into());
        self
    }
}

impl From<&str> for ImageUrl {
    fn from(url: &str) -> Self {
        Self::new(url)
    }
}

impl From<String> for ImageUrl {
    fn from(url: String) -> Self {
        Self::new(url)
    }
}

impl File {
    /// An uploaded file.
    pub fn id(id: impl Into<String>) -> Self {
        Self {
            file_id: Some(id.into()),
            ..Self::default()
        }
    }

    /// A file by its name and a `data:` URL that holds it.
    pub fn data(name: impl Into<String>, data: impl Into<String>) -> Self {
        Self {
            filename: Some(name.into()),
            file_data: Some(data.into()),
            ..Self::default()
        }
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
        Ok(Vec::from_list(list)?.map(Self::Parts))
    }

    fn from_object<'de, A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        Ok(Value::from_object(object)?.map(Self::Unknown))
    }
}

deserialize_open!(Content);
