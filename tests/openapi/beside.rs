//! Files, batches, images, audio, moderations and text completions.

use sentry_openai::{Page, Upload, audio, batches, completions, files, images, moderations};
use serde_json::Value;

use super::{Reader, json, reader};

#[expect(clippy::too_many_lines, reason = "it is one table")]
pub(super) fn types() -> Vec<(&'static str, &'static str, Reader)> {
    vec![
        ("GET /files", "reply", reader::<Page<files::File>>()),
        ("POST /files", "request", reader::<files::UploadRequest>()),
        ("POST /files", "reply", reader::<files::File>()),
        ("GET /files/{file_id}", "reply", reader::<files::File>()),
        (
            "DELETE /files/{file_id}",
            "reply",
            reader::<files::Deleted>(),
        ),
        (
            "POST /batches",
            "request",
            reader::<batches::CreateRequest>(),
        ),
        ("POST /batches", "reply", reader::<batches::Batch>()),
        ("GET /batches", "reply", reader::<Page<batches::Batch>>()),
        (
            "GET /batches/{batch_id}",
            "reply",
            reader::<batches::Batch>(),
        ),
        (
            "POST /batches/{batch_id}/cancel",
            "reply",
            reader::<batches::Batch>(),
        ),
        (
            "POST /images/generations",
            "request",
            reader::<images::Request>(),
        ),
        (
            "POST /images/generations",
            "reply",
            reader::<images::Images>(),
        ),
        (
            "POST /images/generations",
            "event",
            reader::<images::Event>(),
        ),
        (
            "POST /images/edits",
            "request",
            reader::<images::EditRequest>(),
        ),
        ("POST /images/edits", "reply", reader::<images::Images>()),
        ("POST /images/edits", "event", reader::<images::Event>()),
        (
            "POST /audio/speech",
            "request",
            reader::<audio::SpeechRequest>(),
        ),
        (
            "POST /audio/speech",
            "event",
            reader::<audio::SpeechEvent>(),
        ),
        (
            "POST /audio/transcriptions",
            "request",
            reader::<audio::TranscriptionRequest>(),
        ),
        (
            "POST /audio/transcriptions",
            "reply",
            reader::<audio::Transcription>(),
        ),
        (
            "POST /audio/transcriptions",
            "event",
            reader::<audio::TranscriptionEvent>(),
        ),
        (
            "POST /audio/translations",
            "request",
            reader::<audio::TranslationRequest>(),
        ),
        (
            "POST /audio/translations",
            "reply",
            reader::<audio::Transcription>(),
        ),
        (
            "POST /moderations",
            "request",
            reader::<moderations::Request>(),
        ),
        (
            "POST /moderations",
            "reply",
            reader::<moderations::Moderation>(),
        ),
        (
            "POST /completions",
            "request",
            reader::<completions::Request>(),
        ),
        (
            "POST /completions",
            "reply",
            reader::<completions::Completion>(),
        ),
    ]
}

/// Requests with nothing but what they need.
pub(super) fn least() -> Vec<(&'static str, Value)> {
    let file = || Upload::new("a.mp3", "");
    let image = images::Source::image_url("https://example.com/a.png");
    vec![
        (
            "POST /files",
            json(files::UploadRequest::new(file(), "batch")),
        ),
        (
            "POST /batches",
            json(batches::CreateRequest::new("file-1", "/v1/responses")),
        ),
        (
            "POST /images/generations",
            json(images::Request::new("gpt-image-1", "A cat")),
        ),
        (
            "POST /images/edits",
            json(images::EditRequest::new("gpt-image-1", "A hat", [image])),
        ),
        (
            "POST /audio/speech",
            json(audio::SpeechRequest::new("tts-1", "Hi", "alloy")),
        ),
        (
            "POST /audio/transcriptions",
            json(audio::TranscriptionRequest::new("whisper-1", file())),
        ),
        (
            "POST /audio/translations",
            json(audio::TranslationRequest::new("whisper-1", file())),
        ),
        ("POST /moderations", json(moderations::Request::new("Hi"))),
        (
            "POST /completions",
            json(completions::Request::new("davinci-002", "Once")),
        ),
    ]
}
