//! Images and audio.

#![expect(clippy::large_futures, reason = "a test awaits them in place")]

use std::collections::BTreeSet;

use futures::TryStreamExt;
use sentry::ClientOptions;
use sentry_openai::{Client, Error, OpenAiIntegration, Upload, audio, images};
use serde::Serialize;
use serde_json::{Value, json};

use super::anything::parts;
use super::exchange::{client, failed};
use crate::support::{Reply, Sentry, Server};

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Ask {
    Generate,
    GenerateStream,
    EditReferences,
    EditUpload,
    EditUploads,
    EditStream,
    Transcribe,
    TranscribeText,
    TranscribeStream,
    Translate,
    TranslateText,
    Speech,
    SpeechStream,
}

use Ask::*;

const ALL: [Ask; 13] = [
    Generate,
    GenerateStream,
    EditReferences,
    EditUpload,
    EditUploads,
    EditStream,
    Transcribe,
    TranscribeText,
    TranscribeStream,
    Translate,
    TranslateText,
    Speech,
    SpeechStream,
];

fn png(name: &str) -> Upload {
    Upload::new(name, "SECRET")
}

impl Ask {
    async fn of(self, client: &Client) -> Value {
        let image = images::Request::new("m", "SECRET")
            .partial_images(1)
            .extra_stream();
        let edit = |sources: Vec<images::Source>| images::EditRequest::new("m", "SECRET", sources);
        let transcription = audio::TranscriptionRequest::new("m", Upload::new("a.mp3", "SECRET"))
            .include(vec!["logprobs".to_owned()])
            .chunking_strategy(audio::Vad::new());
        let translation = audio::TranslationRequest::new("m", Upload::new("a.mp3", "SECRET"));
        let speech = audio::SpeechRequest::new("m", "SECRET", "alloy");
        let (images, audio) = (client.images(), client.audio());
        match self {
            Generate => whole(images.generate(&image)).await,
            GenerateStream => streamed(images.generate_stream(&image).await).await,
            EditReferences => {
                let mask = images::Source::file_id("file-2");
                let sources = vec![images::Source::image_url("https://example.com/a.png")];
                whole(images.edit(&edit(sources).mask(mask))).await
            }
            EditUpload => {
                let request = edit(vec![png("a.png").into()]).mask(png("m.png"));
                whole(images.edit(&request.n(2))).await
            }
            EditUploads => {
                whole(images.edit(&edit(vec![png("a.png").into(), png("b.webp").into()]))).await
            }
            EditStream => {
                let request = edit(vec![png("a.png").into()]).partial_images(2);
                streamed(images.edit_stream(&request).await).await
            }
            Transcribe => whole(audio.transcriptions().create(&transcription)).await,
            TranscribeText => {
                let request = transcription.response_format("srt");
                whole(audio.transcriptions().create_text(&request)).await
            }
            TranscribeStream => {
                streamed(audio.transcriptions().create_stream(&transcription).await).await
            }
            Translate => whole(audio.translations().create(&translation)).await,
            TranslateText => {
                let request = translation.response_format("text");
                whole(audio.translations().create_text(&request)).await
            }
            Speech => {
                let bytes = async { audio.speech().create(&speech).await?.bytes().await };
                whole(async { Ok(String::from_utf8(bytes.await?.into()).unwrap()) }).await
            }
            SpeechStream => streamed(audio.speech().create_stream(&speech).await).await,
        }
    }

    fn path(self) -> &'static str {
        match self {
            Generate | GenerateStream => "/v1/images/generations",
            EditReferences | EditUpload | EditUploads | EditStream => "/v1/images/edits",
            Transcribe | TranscribeText | TranscribeStream => "/v1/audio/transcriptions",
            Translate | TranslateText => "/v1/audio/translations",
            Speech | SpeechStream => "/v1/audio/speech",
        }
    }

    /// The body as JSON; the fields of a form.
    fn sent(self) -> Result<Value, &'static [[&'static str; 4]]> {
        const MODEL: [&str; 4] = ["model", "", "", "m"];
        const PROMPT: [&str; 4] = ["prompt", "", "", "SECRET"];
        const RECORDING: [&str; 4] = ["file", "a.mp3", "audio/mpeg", "SECRET"];
        const VAD: [&str; 4] = ["chunking_strategy[type]", "", "", "server_vad"];
        const INCLUDE: [&str; 4] = ["include[]", "", "", "logprobs"];
        match self {
            Generate => Ok(json!({"prompt": "SECRET", "model": "m"})),
            GenerateStream => {
                Ok(json!({"prompt": "SECRET", "model": "m", "stream": true, "partial_images": 1}))
            }
            EditReferences => Ok(json!({"prompt": "SECRET", "model": "m",
                "images": [{"image_url": "https://example.com/a.png"}], "mask": {"file_id": "file-2"}})),
            EditUpload => Err(const {
                &[
                    ["image", "a.png", "image/png", "SECRET"],
                    ["mask", "m.png", "image/png", "SECRET"],
                    MODEL,
                    ["n", "", "", "2"],
                    PROMPT,
                ]
            }),
            EditUploads => Err(const {
                &[
                    ["image[]", "a.png", "image/png", "SECRET"],
                    ["image[]", "b.webp", "image/webp", "SECRET"],
                    MODEL,
                    PROMPT,
                ]
            }),
            EditStream => Err(const {
                &[
                    ["image", "a.png", "image/png", "SECRET"],
                    MODEL,
                    ["partial_images", "", "", "2"],
                    PROMPT,
                    ["stream", "", "", "true"],
                ]
            }),
            Transcribe => Err(const { &[VAD, RECORDING, INCLUDE, MODEL] }),
            TranscribeText => Err(const {
                &[
                    VAD,
                    RECORDING,
                    INCLUDE,
                    MODEL,
                    ["response_format", "", "", "srt"],
                ]
            }),
            TranscribeStream => {
                Err(const { &[VAD, RECORDING, INCLUDE, MODEL, ["stream", "", "", "true"]] })
            }
            Translate => Err(const { &[RECORDING, MODEL] }),
            TranslateText => {
                Err(const { &[RECORDING, MODEL, ["response_format", "", "", "text"]] })
            }
            Speech => Ok(json!({"model": "m", "input": "SECRET", "voice": "alloy"})),
            SpeechStream => Ok(
                json!({"model": "m", "input": "SECRET", "voice": "alloy", "stream_format": "sse"}),
            ),
        }
    }

    /// A good reply, as the caller gets it again.
    fn reply(self) -> Value {
        let usage = json!({"input_tokens": 1, "output_tokens": 2, "total_tokens": 3});
        let image = json!({"created": 1.0, "data": [{"b64_json": "U0VDUkVU"}], "size": "1024x1024",
            "usage": usage, "new": 1});
        let event =
            |kind: &str| json!({"type": kind, "b64_json": "U0VDUkVU", "partial_image_index": 0});
        match self {
            Generate | EditReferences | EditUpload | EditUploads => image,
            GenerateStream => json!({"items": [event("image_generation.partial_image"),
                event("image_generation.completed")]}),
            EditStream => json!({"items": [event("image_edit.partial_image"),
                event("image_edit.completed")]}),
            Transcribe => json!({"text": "SECRET", "usage": {"type": "tokens", "input_tokens": 1},
                "logprobs": [{"token": "a", "logprob": -0.5}]}),
            Translate => json!({"text": "SECRET", "language": "en", "duration": 1.5,
                "segments": [{"id": 0, "start": 0.0, "end": 1.5, "text": "SECRET"}]}),
            TranscribeText | TranslateText | Speech => json!("SECRET"),
            TranscribeStream => json!({"items": [
                {"type": "transcript.text.delta", "delta": "SE"},
                {"type": "transcript.text.new"},
                {"type": "transcript.text.done", "text": "SECRET", "usage": {"type": "tokens", "total_tokens": 3}},
            ]}),
            SpeechStream => json!({"items": [
                {"type": "speech.audio.delta", "audio": "U0VDUkVU"},
                {"type": "speech.audio.done", "usage": usage},
            ]}),
        }
    }

    fn replied(self) -> Reply {
        match self.reply() {
            Value::String(text) => Reply::text(200, "text/plain", text),
            json if json["items"].is_array() => Reply::sse(json["items"].as_array().unwrap()),
            json => Reply::json(200, &json),
        }
    }
}

/// The request, made for a stream: the method decides.
trait ExtraStream {
    fn extra_stream(self) -> Self;
}

impl ExtraStream for images::Request {
    fn extra_stream(mut self) -> Self {
        self.stream = Some(true);
        self
    }
}

async fn whole<T: Serialize>(call: impl Future<Output = Result<T, Error>>) -> Value {
    match call.await {
        Ok(reply) => serde_json::to_value(reply).unwrap(),
        Err(error) => failed(&error),
    }
}

async fn streamed<T: Serialize>(opened: Result<sentry_openai::EventStream<T>, Error>) -> Value {
    let items = match opened {
        Ok(stream) => stream.try_collect::<Vec<_>>().await,
        Err(error) => Err(error),
    };
    match items {
        Ok(items) => json!({ "items": items }),
        Err(error) => failed(&error),
    }
}

#[tokio::test]
async fn every_endpoint_is_asked_by_its_path_and_body_and_gives_its_reply() {
    let server = Server::start().await;
    let client = client(&server);
    for (index, ask) in ALL.into_iter().enumerate() {
        server.reply(ask.replied());
        assert_eq!(ask.of(&client).await, ask.reply(), "{ask:?}");
        let request = server.request(index);
        assert_eq!(
            (&*request.method, &*request.path),
            ("POST", ask.path()),
            "{ask:?}"
        );
        match ask.sent() {
            Ok(json) => assert_eq!(request.json(), json, "{ask:?}"),
            Err(fields) => {
                let sent: BTreeSet<_> = parts(&request).into_iter().collect();
                let fields = fields.iter().map(|field| field.map(str::to_owned));
                assert_eq!(sent, fields.collect(), "{ask:?}");
            }
        }
        let is_stream = ask.reply()["items"].is_array();
        let accepts_events = request.header("accept") == Some("text/event-stream");
        assert_eq!(accepts_events, is_stream, "{ask:?}");
    }
}

#[tokio::test]
async fn every_endpoint_returns_errors_and_is_tried_again() {
    for ask in ALL {
        let server = Server::start().await;
        let client = client(&server);
        server.reply(Reply::json(
            400,
            &json!({"error": {"message": "SECRET", "code": "bad"}}),
        ));
        let got = ask.of(&client).await;
        assert_eq!(
            (&got["error"], &got["code"]),
            (&json!("api"), &json!("bad")),
            "{ask:?}"
        );
        server.reply(Reply::json(503, &json!({})).header("retry-after", 0));
        server.reply(ask.replied());
        assert_eq!(ask.of(&client).await, ask.reply(), "{ask:?}");
    }
}

#[tokio::test]
async fn an_error_inside_a_stream_of_images_is_an_error() {
    let server = Server::start().await;
    server.reply(Reply::sse([
        json!({"type": "image_generation.partial_image", "b64_json": "U0VDUkVU"}),
        json!({"type": "error", "error": {"code": "moderation_blocked", "message": "SECRET"}}),
    ]));
    let request = images::Request::new("m", "SECRET");
    let mut events = client(&server)
        .images()
        .generate_stream(&request)
        .await
        .unwrap();
    let Some(Ok(images::Event::PartialImage(image))) = events.next().await else {
        panic!("no image");
    };
    assert_eq!(image.bytes().unwrap(), b"SECRET");
    let error = events.next().await.unwrap().unwrap_err();
    assert_eq!(failed(&error)["code"], "moderation_blocked");
}

#[tokio::test]
async fn uploads_and_references_are_not_mixed() {
    let server = Server::start().await;
    let sources = [
        images::Source::from(png("a.png")),
        images::Source::file_id("file-1"),
    ];
    let request = images::EditRequest::new("m", "SECRET", sources);
    let error = client(&server).images().edit(&request).await.unwrap_err();
    assert_eq!(failed(&error)["error"], "config");
    assert!(server.requests().is_empty());
}

#[test]
fn the_calls_are_http_spans_below_the_active_one() {
    let sentry = Sentry::new(
        ClientOptions::new()
            .traces_sample_rate(1.0)
            .send_default_pii(true)
            .add_integration(OpenAiIntegration::new()),
    );
    sentry.run(async {
        let server = Server::start().await;
        let client = client(&server);
        let transaction =
            sentry::start_transaction(sentry::TransactionContext::new("parent", "task"));
        sentry::configure_scope(|scope| scope.set_span(Some(transaction.clone().into())));
        for ask in ALL {
            server.reply(ask.replied());
            ask.of(&client).await;
        }
        sentry::configure_scope(|scope| scope.set_span(None));
        transaction.finish();
    });
    assert_eq!(sentry.spans_with_op("http.client").len(), ALL.len());
    assert_eq!(sentry.spans().len(), ALL.len() + 1);
    assert!(!sentry.leaked("SECRET"));
}
