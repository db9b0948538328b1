//! Base64 of an image, wherever in a request, a reply or an event it stands: it never leaves, and the text around it does.

use std::fmt::Write as _;

use sentry::{ClientOptions, SentryFutureExt};
use sentry_openai::{OpenAiIntegration, chat};
use serde_json::{Value, json};

use super::exchange::{Exchange, Form, Stage};
use super::support::{Reply, Sentry, SpanView};

const SUBSTITUTE: &str = "[Blob substitute]";
/// How often each exchange is made, each time with images at other places.
const ROUNDS: u64 = 4;

/// Chance that repeats itself from run to run.
struct Chance(u64);

impl Chance {
    fn next(&mut self, below: u64) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % below).unwrap()
    }

    /// Base64 as of an image: its header, and then anything.
    fn image(&mut self, characters: usize) -> String {
        const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let rest = (0..characters).map(|_| char::from(ALPHABET[self.next(64)]));
        "iVBORw0KGgo".chars().chain(rest).collect()
    }

    /// A text with an image in it, in one of the ways in which one stands there.
    fn planted(&mut self, text: &str, image: &str) -> String {
        let wrapped = || {
            let characters: Vec<char> = image.chars().collect();
            let lines = characters.chunks(76).map(|line| line.iter().collect());
            lines.collect::<Vec<String>>().join("\n")
        };
        match self.next(8) {
            0 => image.to_owned(),
            1 => format!("data:image/png;base64,{image}"),
            2 => format!("{text} ![image](data:image/png;base64,{image}) {text}"),
            3 => format!("{text} {image} {text}"),
            4 => format!("{text}\n{}\n\n{text}", wrapped()),
            5 => json!({"data": image, "note": text}).to_string(),
            6 => json!({"inner": json!({"data": wrapped()}).to_string()}).to_string(),
            _ => json!({"data": format!("data:image/png;base64,{image}")})
                .to_string()
                .replace('/', "\\/"),
        }
    }

    /// Puts images into some of the texts; how many.
    fn plant(&mut self, json: &mut Value, image: &str) -> usize {
        /// Texts that say how the rest is read, and identity.
        const KEPT: [&str; 11] = [
            "type",
            "role",
            "object",
            "model",
            "id",
            "conversation",
            "effort",
            "reasoning_effort",
            "encoding_format",
            "host",
            "finish_reason",
        ];
        match json {
            Value::String(text) if self.next(3) == 0 => {
                *text = self.planted(text, image);
                1
            }
            Value::Array(list) => list.iter_mut().map(|json| self.plant(json, image)).sum(),
            Value::Object(fields) => fields
                .iter_mut()
                .filter(|(name, _)| !KEPT.contains(&name.as_str()))
                .map(|(_, json)| self.plant(json, image))
                .sum(),
            _ => 0,
        }
    }

    fn plant_events(&mut self, events: &str, image: &str) -> String {
        let mut planted = String::new();
        for line in events.lines() {
            let data = line.strip_prefix("data: ");
            match data.and_then(|data| serde_json::from_str::<Value>(data).ok()) {
                Some(mut json) => {
                    self.plant(&mut json, image);
                    writeln!(planted, "data: {json}").unwrap();
                }
                None => writeln!(planted, "{line}").unwrap(),
            }
        }
        planted
    }
}

/// Pieces of the image that no chance brings forth.
fn pieces(image: &str) -> impl Iterator<Item = &str> {
    const LENGTH: usize = 28;
    (0..image.len() - LENGTH)
        .step_by(LENGTH / 2)
        .map(|at| &image[at..at + LENGTH])
}

#[tokio::test]
async fn base64_planted_at_random_places_never_leaves() {
    let stage = Stage::new().await;
    let mut chance = Chance(5);
    let (mut planted, mut replaced) = (0, 0);
    for _ in 0..ROUNDS {
        for mut exchange in Exchange::all() {
            let length = 260 + chance.next(3_000);
            let image = chance.image(length);
            planted += chance.plant(&mut exchange.fixture["request"], &image);
            if let Some(reply) = exchange.fixture.get_mut("reply") {
                planted += chance.plant(reply, &image);
            }
            if let Some(events) = &mut exchange.events {
                *events = chance.plant_events(events, &image);
            }
            for form in exchange.forms() {
                for content in [true, false] {
                    let sentry = exchange.left_for_sentry(&stage, form, content).await;
                    for piece in pieces(&image) {
                        assert!(
                            !sentry.leaked(piece),
                            "{} {form:?} {content}: {piece}",
                            exchange.name
                        );
                    }
                    assert!(content || !sentry.leaked(SUBSTITUTE), "{}", exchange.name);
                    replaced += usize::from(sentry.leaked(SUBSTITUTE));
                }
            }
        }
    }
    assert!(planted > 500 && replaced > 200, "{planted}, {replaced}");
}

async fn answered(
    stage: &Stage,
    request: &chat::Request,
    reply: Reply,
    form: Form,
    integration: OpenAiIntegration,
) -> SpanView {
    let integration = integration.record_inputs(true).record_outputs(true);
    let options = ClientOptions::new().traces_sample_rate(1.0);
    let sentry = Sentry::new(options.add_integration(integration));
    stage.server.reply(reply);
    let client = Exchange::all()[0].client(stage);
    let call = async {
        let completions = client.chat().completions();
        match form {
            Form::Whole => drop(completions.create(request).await.unwrap()),
            Form::Streamed => {
                let mut stream = completions.create_stream(request).await.unwrap();
                while let Some(chunk) = stream.next().await {
                    chunk.unwrap();
                }
            }
        }
    };
    call.bind_hub(sentry.hub()).await;
    let mut spans = sentry.spans_with_op("gen_ai.chat");
    assert_eq!(spans.len(), 1);
    spans.remove(0)
}

#[tokio::test]
async fn the_text_around_an_image_stays_whole_and_streamed_and_redacted() {
    let stage = Stage::new().await;
    let image = Chance(1).image(60_000);
    let answer = format!("Here: ![image](data:image/png;base64,{image}) Do you like it?");
    let url = format!("data:image/png;base64,{image}");
    let result = json!({"data": url, "note": "taken at noon"}).to_string();
    let arguments = json!({"picture": image}).to_string();
    let messages = json!([
        {"role": "user", "content": url},
        {"role": "assistant", "tool_calls": [
            {"id": "c", "type": "function", "function": {"name": "f", "arguments": arguments}},
        ]},
        {"role": "tool", "tool_call_id": "c", "content": result},
    ]);
    let request = json!({"model": "gpt-4o", "messages": messages});
    let request: chat::Request = serde_json::from_value(request).unwrap();
    let whole = json!({"model": "gpt-4o", "choices": [
        {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": answer}},
    ]});
    let characters: Vec<char> = answer.chars().collect();
    let chunks = characters.chunks(7).map(|piece| {
        let piece: String = piece.iter().collect();
        json!({"model": "gpt-4o", "choices": [{"index": 0, "delta": {"content": piece}}]})
    });
    let last =
        json!({"model": "gpt-4o", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]});
    let chunks: Vec<_> = chunks.chain([last]).collect();
    for redacts in [false, true] {
        for (form, reply) in [
            (Form::Whole, Reply::json(200, &whole)),
            (Form::Streamed, Reply::sse(chunks.clone()).done()),
        ] {
            let mut integration = OpenAiIntegration::new();
            if redacts {
                integration = integration.redact(|text| text.replace("noon", "12:00").into());
            }
            let span = answered(&stage, &request, reply, form, integration).await;
            let noon = if redacts { "12:00" } else { "noon" };
            let text = |text: &str| json!({"type": "text", "content": text});
            assert_eq!(
                span.json("gen_ai.output.messages")[0]["parts"],
                json!([text(&format!(
                    "Here: ![image]({SUBSTITUTE}) Do you like it?"
                ))]),
                "{form:?}"
            );
            let input = span.json("gen_ai.input.messages");
            assert_eq!(input[0]["parts"], json!([text(SUBSTITUTE)]));
            assert_eq!(
                input[1]["parts"][0]["arguments"],
                format!("{{\"picture\":\"{SUBSTITUTE}\"}}")
            );
            assert_eq!(
                input[2]["parts"][0]["result"],
                format!("{{\"data\":\"{SUBSTITUTE}\",\"note\":\"taken at {noon}\"}}")
            );
        }
    }
}

#[tokio::test]
async fn an_answer_that_is_only_an_image_is_recorded_alike_whole_and_streamed() {
    let stage = Stage::new().await;
    let image = Chance(2).image(40_000);
    let images = json!([
        {"type": "image_url", "image_url": {"url": format!("data:image/png;base64,{image}")}},
        {"type": "image_url", "image_url": {"url": "https://example.com/b.webp?sig=SECRET"}},
    ]);
    let choice = |name: &str| {
        let said = json!({"role": "assistant", "content": "", "images": images});
        json!({"model": "m", "choices": [{"index": 0, name: said, "finish_reason": "stop"}]})
    };
    let request = chat::Request::new("m", [chat::Message::user("Paint.")]);
    for (form, reply) in [
        (Form::Whole, Reply::json(200, &choice("message"))),
        (Form::Streamed, Reply::sse([choice("delta")]).done()),
    ] {
        let span = answered(&stage, &request, reply, form, OpenAiIntegration::new()).await;
        assert_eq!(
            span.json("gen_ai.output.messages"),
            json!([{"role": "assistant", "finish_reason": "stop", "parts": [
                {"type": "blob", "modality": "image", "mime_type": "image/png", "content": SUBSTITUTE},
                {"type": "uri", "modality": "image", "mime_type": "image/webp", "uri": "https://example.com/b.webp"},
            ]}]),
            "{form:?}"
        );
        let first = span.get("gen_ai.response.time_to_first_chunk");
        assert_eq!(first.is_f64(), form == Form::Streamed);
    }
}
