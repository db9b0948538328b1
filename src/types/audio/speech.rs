//! Text to speech.

use super::{Usage, Voice};
use crate::types::open::{object, setters, strings, union};

object! {
    /// Asks for a text to be spoken.
    ///
    /// ```
    /// use sentry_openai::audio;
    ///
    /// let request = audio::SpeechRequest::new("gpt-4o-mini-tts", "Good morning!", "alloy").response_format("wav");
    /// ```
    pub struct SpeechRequest {
        /// The model.
        pub model: String,
        /// The text, up to 4,096 characters.
        pub input: String,
        /// Whose voice it is spoken with.
        pub voice: Option<Voice>,
        /// How it is spoken.
        pub instructions: Option<String>,
        /// How the recording is encoded; `mp3` by default.
        pub response_format: Option<SpeechFormat>,
        /// How fast it is spoken: 0.25 to 4; 1 by default.
        pub speed: Option<f64>,
        /// Whether bytes come or events. The client sets it by the method that is called.
        pub stream_format: Option<StreamFormat>,
    }
}

setters! {
    SpeechRequest {
        value { speed: f64, }
        into { instructions: String, response_format: SpeechFormat, }
    }
}

impl SpeechRequest {
    /// Asks this model to speak this text with this voice.
    pub fn new(
        model: impl Into<String>,
        input: impl Into<String>,
        voice: impl Into<Voice>,
    ) -> Self {
        Self {
            model: model.into(),
            input: input.into(),
            voice: Some(voice.into()),
            ..Self::default()
        }
    }
}

strings! {
    /// How speech is encoded.
    pub enum SpeechFormat {
        /// MP3.
        Mp3 = "mp3",
        /// Opus.
        Opus = "opus",
        /// AAC.
        Aac = "aac",
        /// FLAC.
        Flac = "flac",
        /// WAV.
        Wav = "wav",
        /// Bare samples: 24 kHz, 16 bits.
        Pcm = "pcm",
    }
}

strings! {
    /// How speech is sent.
    pub enum StreamFormat {
        /// As events.
        Sse = "sse",
        /// As bytes.
        Audio = "audio",
    }
}

union! {
    /// An event of speech.
    pub enum SpeechEvent by "type" {
        /// More of the recording.
        Delta(AudioDelta) = "speech.audio.delta",
        /// Its end.
        Done(AudioDone) = "speech.audio.done",
    }
}

object! {
    /// More of a recording.
    pub struct AudioDelta {
        /// It, as base64.
        pub audio: String,
    }
}

impl AudioDelta {
    /// The recording's next bytes; `None` if the base64 can't be read.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        base64_simd::STANDARD.decode_to_vec(&self.audio).ok()
    }
}

object! {
    /// The end of a recording.
    pub struct AudioDone {
        /// What it cost.
        pub usage: Option<Usage>,
    }
}
