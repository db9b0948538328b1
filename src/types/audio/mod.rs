//! Speech to text, and text to speech.

mod speech;

use serde::Serialize;
use serde_json::Value;

pub use self::speech::{
    AudioDelta, AudioDone, SpeechEvent, SpeechFormat, SpeechRequest, StreamFormat,
};
pub use super::chat::{CustomVoice, Voice};
use super::open::{Open, deserialize_open, object, setters, strings, union};
use super::upload::Upload;

object! {
    /// Asks for what is said in a recording.
    ///
    /// ```
    /// use sentry_openai::{Upload, audio};
    ///
    /// let file = Upload::path("monday.mp3");
    /// let request = audio::TranscriptionRequest::new("gpt-4o-transcribe", file).language("en");
    /// ```
    pub struct TranscriptionRequest {
        /// The recording.
        #[serde(skip_serializing)]
        pub file: Option<Upload>,
        /// The model.
        pub model: String,
        /// The language that is spoken, as `en`.
        pub language: Option<String>,
        /// The languages that may be spoken.
        pub languages: Option<Vec<String>>,
        /// Words that may be said.
        pub keywords: Option<Vec<String>>,
        /// A text that the recording goes on from, or that shows the style.
        pub prompt: Option<String>,
        /// What the reply is.
        pub response_format: Option<TextFormat>,
        /// How much is left to chance: 0 to 1.
        pub temperature: Option<f64>,
        /// What is told beside the usual: `logprobs`.
        pub include: Option<Vec<String>>,
        /// Of what the times are told: `word`, `segment`. With the format `verbose_json`.
        pub timestamp_granularities: Option<Vec<Granularity>>,
        /// Whether the reply is streamed. The client sets it by the method that is called.
        pub stream: Option<bool>,
        /// How the recording is cut.
        pub chunking_strategy: Option<Chunking>,
        /// Names of those who speak, up to four.
        pub known_speaker_names: Option<Vec<String>>,
        /// Samples of their voices, as `data:` URLs.
        pub known_speaker_references: Option<Vec<String>>,
    }
}

setters! {
    TranscriptionRequest {
        value {
            languages: Vec<String>,
            keywords: Vec<String>,
            temperature: f64,
            include: Vec<String>,
            timestamp_granularities: Vec<Granularity>,
            known_speaker_names: Vec<String>,
            known_speaker_references: Vec<String>,
        }
        into {
            language: String,
            prompt: String,
            response_format: TextFormat,
            chunking_strategy: Chunking,
        }
    }
}

impl TranscriptionRequest {
    /// Asks this model for what is said in this recording.
    pub fn new(model: impl Into<String>, file: Upload) -> Self {
        Self {
            file: Some(file),
            model: model.into(),
            ..Self::default()
        }
    }
}

object! {
    /// Asks for what is said in a recording, in English.
    pub struct TranslationRequest {
        /// The recording.
        #[serde(skip_serializing)]
        pub file: Option<Upload>,
        /// The model.
        pub model: String,
        /// An English text that the recording goes on from, or that shows the style.
        pub prompt: Option<String>,
        /// What the reply is.
        pub response_format: Option<TextFormat>,
        /// How much is left to chance: 0 to 1.
        pub temperature: Option<f64>,
    }
}

setters! {
    TranslationRequest {
        value { temperature: f64, }
        into { prompt: String, response_format: TextFormat, }
    }
}

impl TranslationRequest {
    /// Asks this model for what is said in this recording.
    pub fn new(model: impl Into<String>, file: Upload) -> Self {
        Self {
            file: Some(file),
            model: model.into(),
            ..Self::default()
        }
    }
}

strings! {
    /// What the reply is.
    pub enum TextFormat {
        /// The text, in JSON.
        Json = "json",
        /// The text alone.
        Text = "text",
        /// Subtitles of the format SRT.
        Srt = "srt",
        /// The text with times, in JSON.
        VerboseJson = "verbose_json",
        /// Subtitles of the format `WebVTT`.
        Vtt = "vtt",
        /// The text by who speaks, in JSON.
        DiarizedJson = "diarized_json",
    }
}

strings! {
    /// Of what times are told.
    pub enum Granularity {
        /// Each word.
        Word = "word",
        /// Each segment.
        Segment = "segment",
    }
}

/// How a recording is cut.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Chunking {
    /// By a name: `auto`.
    Name(String),
    /// Where nobody speaks.
    Vad(Vad),
}

impl From<&str> for Chunking {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}

impl From<Vad> for Chunking {
    fn from(vad: Vad) -> Self {
        Self::Vad(vad)
    }
}

impl Open for Chunking {
    fn from_text(text: std::borrow::Cow<'_, str>) -> Option<Self> {
        Some(Self::Name(text.into_owned()))
    }

    fn from_object<'de, A: serde::de::MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        Ok(Vad::from_object(object)?.map(Self::Vad))
    }
}

deserialize_open!(Chunking);

object! {
    /// Finds out where nobody speaks.
    pub struct Vad {
        /// The kind of this object: `server_vad`.
        pub r#type: Option<String>,
        /// How much is kept before speech, in milliseconds.
        pub prefix_padding_ms: Option<u64>,
        /// How long a silence must be, in milliseconds.
        pub silence_duration_ms: Option<u64>,
        /// How loud speech must be: 0 to 1.
        pub threshold: Option<f64>,
    }
}

impl Vad {
    /// With the server's settings.
    pub fn new() -> Self {
        Self {
            r#type: Some("server_vad".to_owned()),
            ..Self::default()
        }
    }
}

object! {
    /// The reply: what is said.
    pub struct Transcription {
        /// It.
        pub text: String,
        /// What was done: `transcribe`, `translate`.
        pub task: Option<String>,
        /// The language that is spoken.
        pub language: Option<String>,
        /// The languages that are spoken.
        pub languages: Option<Vec<Language>>,
        /// How long the recording is, in seconds.
        pub duration: Option<f64>,
        /// The words with their times.
        pub words: Option<Vec<Word>>,
        /// The segments with their times.
        pub segments: Option<Vec<Segment>>,
        /// How likely the tokens were.
        pub logprobs: Option<Vec<Logprob>>,
        /// What it cost.
        pub usage: Option<Usage>,
    }
}

object! {
    /// A language.
    pub struct Language {
        /// As `en`.
        pub code: String,
    }
}

object! {
    /// A word and when it is said.
    pub struct Word {
        /// It.
        pub word: String,
        /// When it begins, in seconds.
        pub start: Option<f64>,
        /// When it ends, in seconds.
        pub end: Option<f64>,
    }
}

object! {
    /// A part of what is said.
    pub struct Segment {
        /// Its id: a number, or a text where speakers are told apart.
        pub id: Option<Value>,
        /// When it begins, in seconds.
        pub start: Option<f64>,
        /// When it ends, in seconds.
        pub end: Option<f64>,
        /// The text.
        pub text: String,
        /// Who speaks.
        pub speaker: Option<String>,
        /// The kind of this object: `transcript.text.segment`.
        pub r#type: Option<String>,
        /// From where it was looked for.
        pub seek: Option<u64>,
        /// The ids of its tokens.
        pub tokens: Option<Vec<u64>>,
        /// How much was left to chance.
        pub temperature: Option<f64>,
        /// How likely its tokens were. Below -1 it is rather none.
        pub avg_logprob: Option<f64>,
        /// How much it could be compressed. Above 2.4 it is rather none.
        pub compression_ratio: Option<f64>,
        /// How likely it is that nobody speaks.
        pub no_speech_prob: Option<f64>,
    }
}

object! {
    /// How likely a token was.
    pub struct Logprob {
        /// The token.
        pub token: Option<String>,
        /// The logarithm of its probability.
        pub logprob: Option<f64>,
        /// Its bytes.
        pub bytes: Option<Vec<f64>>,
    }
}

object! {
    /// What a transcription cost: tokens, or seconds.
    pub struct Usage {
        /// Which of them: `tokens`, `duration`.
        pub r#type: Option<String>,
        /// Tokens of the recording and the prompt.
        pub input_tokens: Option<u64>,
        /// Of which kinds they are.
        pub input_token_details: Option<InputTokenDetails>,
        /// Tokens of the text.
        pub output_tokens: Option<u64>,
        /// Both together.
        pub total_tokens: Option<u64>,
        /// Seconds of the recording.
        pub seconds: Option<f64>,
    }
}

object! {
    /// Of which kinds tokens are.
    pub struct InputTokenDetails {
        /// Text.
        pub text_tokens: Option<u64>,
        /// Audio.
        pub audio_tokens: Option<u64>,
    }
}

union! {
    /// An event of a transcription.
    pub enum TranscriptionEvent by "type" {
        /// More of the text.
        Delta(TextDelta) = "transcript.text.delta",
        /// A part of the text, by who speaks.
        Segment(Segment) = "transcript.text.segment",
        /// The whole text.
        Done(TextDone) = "transcript.text.done",
    }
}

object! {
    /// More of the text.
    pub struct TextDelta {
        /// It.
        pub delta: String,
        /// How likely its tokens were.
        pub logprobs: Option<Vec<Logprob>>,
        /// The segment that it is of.
        pub segment_id: Option<String>,
    }
}

object! {
    /// The whole text.
    pub struct TextDone {
        /// It.
        pub text: String,
        /// The languages that are spoken.
        pub languages: Option<Vec<Language>>,
        /// How likely its tokens were.
        pub logprobs: Option<Vec<Logprob>>,
        /// What it cost.
        pub usage: Option<Usage>,
    }
}
