//! The parts that messages, reasoning and tool outputs are made of.

use serde_json::Value;

use crate::types::open::{object, setters, strings, union};

union! {
    /// A part of an item's content.
    pub enum Part by "type" {
        /// Text for the model.
        InputText(InputText) = "input_text",
        /// An image for the model.
        InputImage(InputImage) = "input_image",
        /// A file for the model.
        InputFile(InputFile) = "input_file",
        /// Sound for the model.
        InputAudio(InputAudio) = "input_audio",
        /// Text by the model.
        OutputText(OutputText) = "output_text",
        /// The model's words where it declines to answer.
        Refusal(Refusal) = "refusal",
        /// A screenshot.
        ComputerScreenshot(ComputerScreenshot) = "computer_screenshot",
    }
    shared {
        /// Text of a conversation's item, whoever it is by.
        Text(PlainText) = "text",
        /// The model's reasoning.
        ReasoningText(PlainText) = "reasoning_text",
        /// A summary of the model's reasoning.
        SummaryText(PlainText) = "summary_text",
    }
}

impl Part {
    /// Text for the model.
    pub fn text(text: impl Into<String>) -> Self {
        Self::InputText(InputText {
            text: text.into(),
            ..InputText::default()
        })
    }

    /// An image for the model by its address, which may be a `data:` URL.
    pub fn image_url(url: impl Into<String>) -> Self {
        Self::InputImage(InputImage::default().image_url(url))
    }

    /// A file for the model, by the id that it got when it was uploaded.
    pub fn file_id(id: impl Into<String>) -> Self {
        Self::InputFile(InputFile::default().file_id(id))
    }

    /// A file for the model, by its address.
    pub fn file_url(url: impl Into<String>) -> Self {
        Self::InputFile(InputFile::default().file_url(url))
    }

    /// A file for the model: its name, and a `data:` URL that holds it.
    pub fn file_data(name: impl Into<String>, data: impl Into<String>) -> Self {
        Self::InputFile(InputFile::default().filename(name).file_data(data))
    }

    /// Sound for the model: base64, and its format (`mp3` or `wav`).
    pub fn audio(data: impl Into<String>, format: impl Into<String>) -> Self {
        Self::InputAudio(InputAudio {
            input_audio: Some(AudioData {
                data: data.into(),
                format: Some(format.into()),
                ..AudioData::default()
            }),
            ..InputAudio::default()
        })
    }

    /// The text of the part, whichever kind of text it is.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::InputText(part) => Some(&part.text),
            Self::OutputText(part) => Some(&part.text),
            Self::Refusal(part) => Some(&part.refusal),
            Self::Text(part) | Self::ReasoningText(part) | Self::SummaryText(part) => {
                Some(&part.text)
            }
            _ => None,
        }
    }

    pub(super) fn output_text(text: String) -> Self {
        Self::OutputText(OutputText {
            text,
            ..OutputText::default()
        })
    }

    pub(super) fn declined(refusal: String) -> Self {
        Self::Refusal(Refusal {
            refusal,
            ..Refusal::default()
        })
    }

    pub(super) fn reasoning_text(text: String) -> Self {
        Self::ReasoningText(text.into())
    }

    pub(super) fn summary_text(text: String) -> Self {
        Self::SummaryText(text.into())
    }

    pub(super) fn text_mut(&mut self) -> Option<&mut String> {
        match self {
            Self::InputText(part) => Some(&mut part.text),
            Self::OutputText(part) => Some(&mut part.text),
            Self::Refusal(part) => Some(&mut part.refusal),
            Self::Text(part) | Self::ReasoningText(part) | Self::SummaryText(part) => {
                Some(&mut part.text)
            }
            _ => None,
        }
    }
}

object! {
    /// Text for the model.
    pub struct InputText {
        /// The text.
        pub text: String,
        /// Where a cached prompt may end.
        pub prompt_cache_breakpoint: Option<Value>,
    }
}

object! {
    /// An image for the model: by address or as an uploaded file.
    pub struct InputImage {
        /// Its address; may be a `data:` URL.
        pub image_url: Option<String>,
        /// The id of the uploaded file.
        pub file_id: Option<String>,
        /// How closely the model looks.
        pub detail: Option<Detail>,
        /// Where a cached prompt may end.
        pub prompt_cache_breakpoint: Option<Value>,
    }
}

setters! {
    InputImage {
        value {}
        into { image_url: String, file_id: String, detail: Detail, }
    }
}

strings! {
    /// How closely the model looks at an image or a file.
    pub enum Detail {
        /// The model decides.
        Auto = "auto",
        /// Coarsely.
        Low = "low",
        /// Closely.
        High = "high",
        /// As it is.
        Original = "original",
    }
}

object! {
    /// A file for the model: uploaded, by address or as it is.
    pub struct InputFile {
        /// The id of the uploaded file.
        pub file_id: Option<String>,
        /// The file's name.
        pub filename: Option<String>,
        /// The file itself: base64 or a `data:` URL.
        pub file_data: Option<String>,
        /// The file's address.
        pub file_url: Option<String>,
        /// How closely the model looks.
        pub detail: Option<Detail>,
        /// Where a cached prompt may end.
        pub prompt_cache_breakpoint: Option<Value>,
    }
}

setters! {
    InputFile {
        value {}
        into {
            file_id: String,
            filename: String,
            file_data: String,
            file_url: String,
            detail: Detail,
        }
    }
}

object! {
    /// Sound for the model.
    pub struct InputAudio {
        /// The sound.
        pub input_audio: Option<AudioData>,
    }
}

object! {
    /// Sound in base64.
    pub struct AudioData {
        /// Base64.
        pub data: String,
        /// `mp3` or `wav`.
        pub format: Option<String>,
    }
}

object! {
    /// Text by the model.
    pub struct OutputText {
        /// The text.
        pub text: String,
        /// What the text refers to.
        pub annotations: Vec<Annotation>,
        /// The probabilities of its tokens, if asked for.
        pub logprobs: Option<Vec<Logprob>>,
    }
}

object! {
    /// The model's words where it declines to answer.
    pub struct Refusal {
        /// The words.
        pub refusal: String,
    }
}

object! {
    /// Text and nothing else.
    pub struct PlainText {
        /// The text.
        pub text: String,
    }
}

impl From<&str> for PlainText {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<String> for PlainText {
    fn from(text: String) -> Self {
        Self {
            text,
            ..Self::default()
        }
    }
}

object! {
    /// A screenshot.
    pub struct ComputerScreenshot {
        /// Its address; may be a `data:` URL.
        pub image_url: Option<String>,
        /// The id of the uploaded file.
        pub file_id: Option<String>,
        /// How closely the model looks.
        pub detail: Option<Detail>,
        /// Where a cached prompt may end.
        pub prompt_cache_breakpoint: Option<Value>,
    }
}

setters! {
    ComputerScreenshot {
        value {}
        into { image_url: String, file_id: String, detail: Detail, }
    }
}

union! {
    /// What a text refers to.
    pub enum Annotation by "type" {
        /// A file.
        FileCitation(FileCitation) = "file_citation",
        /// A web page.
        UrlCitation(UrlCitation) = "url_citation",
        /// A file in a container.
        ContainerFileCitation(ContainerFileCitation) = "container_file_citation",
        /// A file made by a tool.
        FilePath(FilePath) = "file_path",
    }
}

object! {
    /// A file that a text refers to.
    pub struct FileCitation {
        /// The file's id.
        pub file_id: Option<String>,
        /// The file's name.
        pub filename: Option<String>,
        /// Where it stands in the list of files.
        pub index: Option<u64>,
    }
}

object! {
    /// A web page that a text refers to.
    pub struct UrlCitation {
        /// Its address.
        pub url: Option<String>,
        /// Its title.
        pub title: Option<String>,
        /// The first character of the text that it stands for.
        pub start_index: Option<u64>,
        /// The character after the last one.
        pub end_index: Option<u64>,
    }
}

object! {
    /// A file in a container that a text refers to.
    pub struct ContainerFileCitation {
        /// The container's id.
        pub container_id: Option<String>,
        /// The file's id.
        pub file_id: Option<String>,
        /// The file's name.
        pub filename: Option<String>,
        /// The first character of the text that it stands for.
        pub start_index: Option<u64>,
        /// The character after the last one.
        pub end_index: Option<u64>,
    }
}

object! {
    /// A file made by a tool.
    pub struct FilePath {
        /// The file's id.
        pub file_id: Option<String>,
        /// Where it stands in the list of files.
        pub index: Option<u64>,
    }
}

object! {
    /// How probable a token was.
    pub struct Logprob {
        /// The token.
        pub token: String,
        /// The natural logarithm of its probability.
        pub logprob: Option<f64>,
        /// Its bytes in UTF-8.
        pub bytes: Option<Vec<u64>>,
        /// The most probable tokens in its place.
        pub top_logprobs: Option<Vec<Logprob>>,
    }
}
