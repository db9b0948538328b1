//! Recordings by hand, where there is no HTTP at all.

use sentry::{Hub, SentryFutureExt};
use sentry_openai::recording::{Endpoint, Failure, Recorder};
use serde_json::json;

use super::support::{Sentry, SpanView};
use super::through::{below, open, sentry};

const REQUEST: &[u8] = br#"{"model": "gpt-4o", "input": "Hello!", "stream": true}"#;

fn recorded(record: impl FnOnce()) -> (Sentry, SpanView) {
    let sentry = sentry(open());
    Hub::run(sentry.hub(), record);
    let span = sentry.span("chat gpt-4o");
    (sentry, span)
}

#[test]
fn a_websocket_is_recorded_by_its_events() {
    let (_, span) = recorded(|| {
        let mut recording = Recorder::new().provider("my_gateway").start_at(
            Endpoint::Responses,
            "wss://gateway.example/socket",
            REQUEST,
        );
        recording.event(r#"{"type": "response.output_text.delta", "item_id": "msg_1", "output_index": 0, "content_index": 0, "delta": "Hi."}"#);
        recording.event(
            r#"{"type": "response.completed", "response": {"id": "resp_1", "object": "response", "status": "completed", "output": []}}"#,
        );
        recording.finish();
    });
    assert_eq!(span.status.as_deref(), Some("ok"));
    assert_eq!(span.get("server.address"), "gateway.example");
    assert_eq!(span.get("server.port"), &json!(443));
    assert_eq!(span.get("gen_ai.provider.name"), "my_gateway");
    assert_eq!(span.get("gen_ai.response.id"), "resp_1");
    assert_eq!(span.get("gen_ai.response.streaming"), &json!(true));
    let output = span.json("gen_ai.output.messages");
    assert_eq!(output[0]["parts"][0]["content"], "Hi.");
}

#[test]
fn bytes_without_a_head_are_read_as_the_request_says() {
    let (_, span) = recorded(|| {
        let mut recording = Recorder::new().start("responses", REQUEST);
        let events =
            "data: {\"type\": \"response.completed\", \"response\": {\"id\": \"resp_1\"}}\n\n";
        for byte in events.bytes() {
            recording.bytes(vec![byte]);
        }
        recording.finish();
    });
    assert_eq!(span.get("gen_ai.response.id"), "resp_1");
    assert!(!span.data.contains_key("server.address"));

    let (_, span) = recorded(|| {
        let mut recording = Recorder::new().start("responses", br#"{"model": "gpt-4o"}"#);
        recording.bytes(r#"{"id": "resp_1", "output": []}"#);
        recording.finish();
    });
    assert_eq!(span.get("gen_ai.response.id"), "resp_1");
    assert_eq!(span.get("gen_ai.response.streaming"), &json!(false));
}

#[test]
fn a_failure_is_an_error_with_its_name() {
    let api = Failure::Api {
        status: 429,
        code: None,
        kind: Some("tokens".to_owned()),
    };
    let table = [
        (Failure::Connect, "connect"),
        (Failure::Timeout, "timeout"),
        (Failure::Interrupted, "stream_interrupted"),
        (Failure::Undecodable, "decode"),
        (Failure::Other, "http"),
        (api, "tokens"),
    ];
    for (failure, name) in table {
        let (_, span) = recorded(|| {
            let recording = Recorder::new().start("responses", REQUEST);
            recording.fail(&failure);
        });
        assert_eq!(
            span.status.as_deref(),
            Some("internal_error"),
            "{failure:?}"
        );
        assert_eq!(span.get("error.type"), name);
    }
}

#[test]
fn a_recording_that_is_dropped_tells_of_a_cancelled_call() {
    let (_, span) = recorded(|| {
        let mut recording = Recorder::new().start("responses", REQUEST);
        recording.event(r#"{"type": "response.created", "response": {"id": "resp_1"}}"#);
    });
    assert_eq!(span.status.as_deref(), Some("cancelled"));
    assert_eq!(span.get("gen_ai.response.id"), "resp_1");
}

#[test]
fn what_a_recorder_says_goes_before_what_the_integration_says() {
    let (sentry, span) = recorded(|| {
        let recorder = Recorder::new().record_inputs(false).record_outputs(false);
        let mut recording = recorder
            .conversation_id("conv_1")
            .start("responses", REQUEST);
        recording.event(r#"{"type": "response.output_text.delta", "delta": "SECRET"}"#);
        recording.finish();
    });
    assert_eq!(span.get("gen_ai.conversation.id"), "conv_1");
    assert!(!sentry.leaked("Hello!"));
    assert!(!sentry.leaked("SECRET"));
}

#[test]
fn what_cannot_be_read_leaves_the_call() {
    let sentry = sentry(open());
    Hub::run(sentry.hub(), || {
        let mut recording = Recorder::new().start("/v1/chat/completions", b"no JSON");
        recording.bytes(r#"{"id": "chatcmpl-1", "model": "gpt-4o", "choices": []}"#);
        recording.finish();
    });
    let span = sentry.span("chat gpt-4o");
    assert_eq!(span.get("gen_ai.response.id"), "chatcmpl-1");
}

#[tokio::test]
async fn a_recorder_is_off_below_a_call_and_without_the_integration() {
    assert!(!Recorder::new().is_on());
    let sentry = sentry(open());
    below(async {
        assert!(Recorder::new().is_on());
        let recording = Recorder::new().start("responses", REQUEST);
        recording
            .run(async { assert!(!Recorder::new().is_on()) })
            .await;
        assert!(Recorder::new().is_on());
        recording.finish();
    })
    .bind_hub(sentry.hub())
    .await;
}
