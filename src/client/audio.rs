//! Speech to text, and text to speech.

use bytes::Bytes;
use http::Method;

use super::Client;
use super::bytes::ByteStream;
use super::form::Form;
use super::request::RequestBuilder;
use super::stream::EventStream;
use crate::error::Error;
use crate::types::audio::{
    SpeechEvent, SpeechRequest, StreamFormat, Transcription, TranscriptionEvent,
    TranscriptionRequest, TranslationRequest,
};

/// The endpoints under `/audio`.
///
/// Sentry's conventions name no operation for audio: with an active span these calls are `http.client` spans, without one
/// nothing.
/// [OpenAI's reference](https://platform.openai.com/docs/api-reference/audio)
#[derive(Clone, Copy, Debug)]
pub struct Audio<'a> {
    client: &'a Client,
}

impl<'a> Audio<'a> {
    pub(super) fn new(client: &'a Client) -> Self {
        Self { client }
    }

    /// What is said in recordings.
    pub fn transcriptions(&self) -> Transcriptions<'a> {
        Transcriptions {
            client: self.client,
        }
    }

    /// What is said in recordings, in English.
    pub fn translations(&self) -> Translations<'a> {
        Translations {
            client: self.client,
        }
    }

    /// Texts that are spoken.
    pub fn speech(&self) -> Speech<'a> {
        Speech {
            client: self.client,
        }
    }
}

/// `/audio/transcriptions`: what is said in recordings. Recorded as [`Audio`] says.
#[derive(Clone, Copy, Debug)]
pub struct Transcriptions<'a> {
    client: &'a Client,
}

impl Transcriptions<'_> {
    /// Asks for what is said, as JSON.
    ///
    /// ```no_run
    /// # async fn run(client: sentry_openai::Client) -> Result<(), sentry_openai::Error> {
    /// use sentry_openai::{Upload, audio};
    ///
    /// let file = Upload::path("monday.mp3");
    /// let request = audio::TranscriptionRequest::new("gpt-4o-transcribe", file);
    /// println!("{}", client.audio().transcriptions().create(&request).await?.text);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As of all calls; [`Error::Config`] if the file can't be read. For the formats `text`, `srt` and `vtt`, which are
    /// no JSON, there is [`create_text`](Self::create_text).
    pub async fn create(&self, request: &TranscriptionRequest) -> Result<Transcription, Error> {
        self.post(request, None)?.send().await
    }

    /// Asks for what is said, as the text that the request's format is: `text`, `srt`, `vtt`.
    pub async fn create_text(&self, request: &TranscriptionRequest) -> Result<String, Error> {
        Ok(text(&self.post(request, None)?.bytes().await?))
    }

    /// Asks for what is said, piece by piece.
    pub async fn create_stream(
        &self,
        request: &TranscriptionRequest,
    ) -> Result<EventStream<TranscriptionEvent>, Error> {
        self.post(request, Some(true))?.events().await
    }

    fn post(
        self,
        request: &TranscriptionRequest,
        stream: Option<bool>,
    ) -> Result<RequestBuilder, Error> {
        let mut request = request.clone();
        request.stream = stream;
        let form = Form::of(&request)?.files("file", &request.file);
        let path = ["audio", "transcriptions"];
        Ok(self.client.request_at(Method::POST, &path).multipart(form))
    }
}

/// `/audio/translations`: what is said in recordings, in English. Recorded as [`Audio`] says.
#[derive(Clone, Copy, Debug)]
pub struct Translations<'a> {
    client: &'a Client,
}

impl Translations<'_> {
    /// Asks for what is said, as JSON.
    ///
    /// # Errors
    ///
    /// As of all calls; [`Error::Config`] if the file can't be read. For the formats `text`, `srt` and `vtt`, which are
    /// no JSON, there is [`create_text`](Self::create_text).
    pub async fn create(&self, request: &TranslationRequest) -> Result<Transcription, Error> {
        self.post(request)?.send().await
    }

    /// Asks for what is said, as the text that the request's format is: `text`, `srt`, `vtt`.
    pub async fn create_text(&self, request: &TranslationRequest) -> Result<String, Error> {
        Ok(text(&self.post(request)?.bytes().await?))
    }

    fn post(self, request: &TranslationRequest) -> Result<RequestBuilder, Error> {
        let form = Form::of(request)?.files("file", &request.file);
        let path = ["audio", "translations"];
        Ok(self.client.request_at(Method::POST, &path).multipart(form))
    }
}

/// `/audio/speech`: texts that are spoken. Recorded as [`Audio`] says.
#[derive(Clone, Copy, Debug)]
pub struct Speech<'a> {
    client: &'a Client,
}

impl Speech<'_> {
    /// Asks for a text to be spoken: the bytes of the recording, as they arrive.
    ///
    /// ```no_run
    /// # async fn run(client: sentry_openai::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// use sentry_openai::audio;
    ///
    /// let request = audio::SpeechRequest::new("gpt-4o-mini-tts", "Good morning!", "alloy");
    /// let speech = client.audio().speech().create(&request).await?;
    /// std::fs::write("morning.mp3", speech.bytes().await?)?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn create(&self, request: &SpeechRequest) -> Result<ByteStream, Error> {
        self.post(request, None).byte_stream().await
    }

    /// Asks for a text to be spoken: the recording piece by piece, and what it cost. Not by `tts-1` and `tts-1-hd`.
    pub async fn create_stream(
        &self,
        request: &SpeechRequest,
    ) -> Result<EventStream<SpeechEvent>, Error> {
        self.post(request, Some(StreamFormat::Sse)).events().await
    }

    fn post(self, request: &SpeechRequest, format: Option<StreamFormat>) -> RequestBuilder {
        let mut request = request.clone();
        request.stream_format = format;
        let path = ["audio", "speech"];
        self.client.request_at(Method::POST, &path).json(&request)
    }
}

/// The text; what is no UTF-8 in it is U+FFFD.
fn text(bytes: &Bytes) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
