//! What the model wrote as JSON, read into types.

use sentry_openai::responses::Item;
use sentry_openai::{Error, ParseErrorKind, chat, responses};
use serde::Deserialize;
use serde_json::{Value, json};

use super::support::{Reply, Server};
use super::{client, request, sentry};

#[derive(Debug, Deserialize, PartialEq)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
/// A city.
struct City {
    name: String,
    /// How many live there.
    population: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct Nothing {}

fn oslo() -> City {
    City {
        name: "Oslo".to_owned(),
        population: None,
    }
}

const OSLO: &str = r#"{"name": "Oslo", "population": null}"#;

fn answer(message: &Value, finish_reason: &str) -> Value {
    json!({"id": "c1", "choices": [{"finish_reason": finish_reason, "message": message}]})
}

fn respond(status: &str, reason: &str, content: &Value) -> Value {
    json!({"id": "r1", "object": "response", "status": status,
    "incomplete_details": {"reason": reason},
    "output": [
        {"type": "message", "role": "assistant", "phase": "commentary",
            "content": [{"type": "output_text", "text": "I look it up."}]},
        {"type": "message", "role": "assistant", "content": content},
    ]})
}

#[tokio::test]
async fn an_answer_is_read_into_a_type_or_the_error_says_why_not() {
    use ParseErrorKind::{ContentFilter, Json, Length, NoText, Refusal, Unfinished};

    let text = |text: &str| json!({"content": text});
    let parts = json!({"content": [{"type": "text", "text": "{\"name\":"},
        {"type": "text", "text": "\"Oslo\"}"}]});
    let declined = json!({"content": null, "refusal": "secret: no"});
    let declined_in_part = json!({"content": [{"type": "refusal", "refusal": "secret: no"}]});
    let chats = [
        (answer(&text(OSLO), "stop"), None),
        (answer(&parts, "stop"), None),
        (answer(&declined, "stop"), Some(Refusal)),
        (answer(&declined_in_part, "stop"), Some(Refusal)),
        (answer(&text("{\"name\": \"secret"), "length"), Some(Length)),
        (
            answer(&text("secret"), "content_filter"),
            Some(ContentFilter),
        ),
        (answer(&text("secret"), "stop"), Some(Json)),
        (
            answer(&text(r#"{"name": 7, "secret": 1}"#), "stop"),
            Some(Json),
        ),
        (answer(&text(" "), "stop"), Some(NoText)),
        (
            answer(&json!({"tool_calls": []}), "tool_calls"),
            Some(NoText),
        ),
        (json!({"choices": []}), Some(NoText)),
    ];
    for (reply, expected) in chats {
        let server = Server::start().await;
        server.reply(Reply::json(200, &reply));
        let parsed = client(&server)
            .chat()
            .completions()
            .create_parsed::<City>(&request())
            .await;
        match (parsed, expected) {
            (Ok(parsed), None) => {
                assert_eq!(parsed.value, oslo());
                assert_eq!(parsed.reply, serde_json::from_value(reply).unwrap());
            }
            (Err(Error::Parse(error)), Some(kind)) => {
                assert_eq!(error.kind(), kind, "{reply}");
                let whole = serde_json::from_value(reply).unwrap();
                assert_eq!(error.completion(), Some(&whole));
                assert_eq!(error.refusal().is_some(), kind == Refusal);
                let shown = format!("{error} {error:?} {:?}", Error::from(*error.clone()));
                assert!(!shown.contains("secret"), "{shown}");
            }
            (result, _) => panic!("{reply} gave {result:?}"),
        }
    }

    let text = |text: &str| json!([{"type": "output_text", "text": text}]);
    let declined = json!([{"type": "refusal", "refusal": "secret: no"}]);
    let calls = json!({"status": "completed", "output": [{"type": "function_call", "name": "f"}]});
    let replies = [
        (respond("completed", "", &text(OSLO)), None),
        (respond("completed", "", &json!(OSLO)), None),
        (respond("completed", "", &declined), Some(Refusal)),
        (
            respond("incomplete", "max_output_tokens", &text("secret")),
            Some(Length),
        ),
        (
            respond("incomplete", "content_filter", &text("secret")),
            Some(ContentFilter),
        ),
        (
            respond("incomplete", "other", &text("secret")),
            Some(Unfinished),
        ),
        (respond("failed", "", &text(OSLO)), Some(Unfinished)),
        (respond("queued", "", &text("")), Some(Unfinished)),
        (respond("completed", "", &text("secret")), Some(Json)),
        (calls, Some(NoText)),
    ];
    for (reply, expected) in replies {
        let server = Server::start().await;
        server.reply(Reply::json(200, &reply));
        let request = responses::Request::new("gpt-4o", "Hello!");
        let parsed = client(&server)
            .responses()
            .create_parsed::<City>(&request)
            .await;
        match (parsed, expected) {
            (Ok(parsed), None) => assert_eq!(parsed.value, oslo()),
            (Err(Error::Parse(error)), Some(kind)) => {
                assert_eq!(error.kind(), kind, "{reply}");
                let whole = serde_json::from_value(reply).unwrap();
                assert_eq!(error.response(), Some(&whole));
                let shown = format!("{error} {error:?}");
                assert!(!shown.contains("secret"), "{shown}");
            }
            (result, _) => panic!("{reply} gave {result:?}"),
        }
    }
}

#[tokio::test]
async fn a_hand_written_schema_is_sent_as_it_is() {
    let server = Server::start().await;
    server.reply_always(Reply::json(200, &answer(&json!({"content": OSLO}), "stop")));
    let schema = json!({"type": "object", "properties": {"name": {"type": "string"}}});
    let format = chat::ResponseFormat::json_schema("city", schema.clone()).strict(true);
    let request = request().response_format(format);
    let client = client(&server);
    let completions = client.chat().completions();
    let parsed = completions.create_parsed::<City>(&request).await;
    assert_eq!(parsed.unwrap().value, oslo());
    let expected = json!({"type": "json_schema",
        "json_schema": {"name": "city", "schema": schema, "strict": true}});
    assert_eq!(server.request(0).json()["response_format"], expected);
    #[cfg(feature = "schemars")]
    {
        let parsed = client.chat().completions().parse::<City>(&request).await;
        assert_eq!(parsed.unwrap().value, oslo());
        assert_eq!(server.request(1).json()["response_format"], expected);
    }
}

#[test]
fn a_call_whose_answer_can_not_be_read_is_a_call_that_was_answered() {
    let sentry = sentry();
    sentry.run(async {
        let server = Server::start().await;
        server.reply(Reply::json(
            200,
            &answer(&json!({"content": "no JSON"}), "stop"),
        ));
        let client = client(&server);
        let completions = client.chat().completions();
        let parsed = completions.create_parsed::<City>(&request()).await;
        parsed.unwrap_err();
    });
    let span = sentry.span("chat gpt-4o");
    assert_eq!(span.status.as_deref(), Some("ok"));
    assert!(sentry.leaked("no JSON"));
}

#[test]
fn the_arguments_of_a_call_are_read_into_a_type() {
    let call = chat::ToolCall::function("call_1", "find", OSLO);
    assert_eq!(call.parse_arguments::<City>().unwrap(), oslo());
    let call = chat::ToolCall::custom("call_1", "find", OSLO);
    assert_eq!(call.parse_arguments::<City>().unwrap(), oslo());
    let answer = json!({"role": "tool", "tool_call_id": "call_1", "content": "found"});
    assert_eq!(serde_json::to_value(call.answer("found")).unwrap(), answer);

    let call: responses::FunctionCall = serde_json::from_value(
        json!({"type": "function_call", "call_id": "call_1", "name": "find", "arguments": OSLO}),
    )
    .unwrap();
    assert_eq!(call.parse_arguments::<City>().unwrap(), oslo());
    let answer = json!({"type": "function_call_output", "call_id": "call_1", "output": "found"});
    assert_eq!(serde_json::to_value(call.answer("found")).unwrap(), answer);

    let call = chat::ToolCall::function("call_1", "now", " ");
    call.parse_arguments::<Nothing>().unwrap();

    for (arguments, says) in [
        (r#"{"name": "secret", "secret": 1}"#, "another shape"),
        (r#"{"name": "secret"#, "ends too early"),
        ("secret", "no JSON"),
        (r#"{"population": 1}"#, "missing field `name`"),
    ] {
        let call = chat::FunctionCall::new("find", arguments);
        let error = call.parse_arguments::<City>().unwrap_err();
        assert_eq!(error.kind(), ParseErrorKind::Json);
        let shown = format!("{error} {error:?}");
        assert!(shown.contains(says) && !shown.contains("secret"), "{shown}");
    }
}

#[cfg(feature = "schemars")]
#[test]
fn a_type_is_a_strict_tool_and_a_strict_format() {
    let schema = json!({
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "population": {"type": ["integer", "null"], "minimum": 0,
                "description": "How many live there."},
        },
        "required": ["name", "population"],
        "additionalProperties": false,
    });
    let tool = chat::Tool::function_of::<City>("find");
    let expected = json!({"type": "function", "function": {"name": "find",
        "description": "A city.", "parameters": schema, "strict": true}});
    assert_eq!(serde_json::to_value(tool).unwrap(), expected);
    let tool = responses::Tool::function_of::<City>("find");
    let expected = json!({"type": "function", "name": "find", "description": "A city.",
        "parameters": schema, "strict": true});
    assert_eq!(serde_json::to_value(tool).unwrap(), expected);

    let sentry = sentry();
    sentry.run(async {
        let server = Server::start().await;
        server
            .reply(Reply::json(200, &answer(&json!({"content": OSLO}), "stop")))
            .reply(Reply::json(200, &respond("completed", "", &json!(OSLO))));
        let client = client(&server);
        let parsed = client.chat().completions().parse::<City>(&request()).await;
        assert_eq!(parsed.unwrap().value, oslo());
        let format = json!({"name": "City", "description": "A city.", "schema": schema,
            "strict": true});
        let expected = json!({"type": "json_schema", "json_schema": format});
        assert_eq!(server.request(0).json()["response_format"], expected);

        let text = responses::TextOptions::default().verbosity("low");
        let request = responses::Request::new("gpt-4o", "Hello!").text(text);
        let parsed = client.responses().parse::<City>(&request).await.unwrap();
        assert_eq!(parsed.value, oslo());
        assert_eq!(parsed.reply.id.as_deref(), Some("r1"));
        let mut expected = format;
        expected["type"] = json!("json_schema");
        let expected = json!({"format": expected, "verbosity": "low"});
        assert_eq!(server.request(1).json()["text"], expected);
    });
    assert_eq!(sentry.spans_named("chat gpt-4o").len(), 2);
}

#[test]
fn requests_grow_by_replies_answers_and_files() {
    let reply = respond("completed", "", &json!(OSLO));
    let reply: responses::Response = serde_json::from_value(reply).unwrap();
    let mut request = responses::Request::new("gpt-4o", "Hello!");
    for item in reply.output {
        request = request.item(item);
    }
    let parts = [
        responses::Part::file_id("file-1"),
        responses::Part::file_url("https://a.example/a.pdf"),
        responses::Part::file_data("a.pdf", "data:application/pdf;base64,AAAA"),
    ];
    let request = request.item(Item::user(parts));
    let input = serde_json::to_value(request.input).unwrap();
    assert_eq!(
        input[0],
        json!({"type": "message", "role": "user", "content": "Hello!"})
    );
    assert_eq!(input[1]["phase"], "commentary");
    assert_eq!(
        input[3]["content"],
        json!([
            {"type": "input_file", "file_id": "file-1"},
            {"type": "input_file", "file_url": "https://a.example/a.pdf"},
            {"type": "input_file", "filename": "a.pdf",
                "file_data": "data:application/pdf;base64,AAAA"},
        ])
    );
}

#[tokio::test]
async fn a_stream_is_read_into_a_type_at_its_end_or_the_error_says_why_not() {
    let chunk = |text: &str, reason: Value| json!({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": reason}]});
    let chats = |end: &str, reason: &str| {
        Reply::sse([
            chunk("{\"name\": \"Oslo\",", json!(null)),
            chunk(end, json!(reason)),
        ])
    };
    let rest = "\"population\": null}";
    for (end, reason, expected) in [
        (rest, "stop", None),
        ("\"popul", "length", Some(ParseErrorKind::Length)),
        ("secret", "stop", Some(ParseErrorKind::Json)),
    ] {
        let server = Server::start().await;
        server.reply_always(chats(end, reason));
        let client = client(&server);
        let completions = client.chat().completions();
        let stream = completions.create_stream(&request()).await.unwrap();
        let mut folded = completions
            .create_stream(&request())
            .await
            .unwrap()
            .folded();
        let first = futures::StreamExt::next(&mut folded)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(first.text_delta(), "{\"name\": \"Oslo\",");
        let results = [stream.parsed::<City>().await, folded.parsed::<City>().await];
        for result in results {
            match (result, expected) {
                (Ok(parsed), None) => assert_eq!(parsed.value, oslo()),
                (Err(Error::Parse(error)), Some(kind)) => {
                    assert_eq!(error.kind(), kind);
                    assert!(error.completion().is_some());
                }
                (result, _) => panic!("{end} gave {result:?}"),
            }
        }
    }
    let server = Server::start().await;
    let whole = respond(
        "completed",
        "",
        &json!([{"type": "output_text", "text": OSLO}]),
    );
    server.reply_always(Reply::sse([
        json!({"type": "response.completed", "response": whole}),
    ]));
    let client = client(&server);
    let request = responses::Request::new("gpt-4o", "Hello!");
    let stream = client.responses().create_stream(&request).await.unwrap();
    assert_eq!(stream.parsed::<City>().await.unwrap().value, oslo());
}

#[cfg(feature = "schemars")]
#[tokio::test]
async fn a_stream_asks_for_a_type_and_gives_its_events_and_its_value() {
    let server = Server::start().await;
    let chunk = |text: &str| json!({"choices": [{"index": 0, "delta": {"content": text}}]});
    server.reply(Reply::sse([
        chunk("{\"wrapped_value\": ["),
        chunk(OSLO),
        chunk("]}"),
    ]));
    let whole = respond(
        "completed",
        "",
        &json!([{"type": "output_text", "text": OSLO}]),
    );
    server.reply(Reply::sse([
        json!({"type": "response.completed", "response": whole}),
    ]));
    let client = client(&server);
    let completions = client.chat().completions();
    let mut stream = completions
        .parse_stream::<Vec<City>>(&request())
        .await
        .unwrap();
    let mut text = String::new();
    while let Some(chunk) = stream.next().await {
        text += &chunk.unwrap().text_delta();
    }
    assert!(text.starts_with("{\"wrapped_value\""));
    assert_eq!(stream.so_far().text(), Some(&*text));
    assert_eq!(stream.parsed().await.unwrap().value, [oslo()]);
    let sent = server.request(0).json();
    assert_eq!(sent["stream"], true);
    assert_eq!(
        sent["response_format"]["json_schema"]["name"],
        "Array_of_City"
    );

    let request = responses::Request::new("gpt-4o", "Hello!");
    let stream = client
        .responses()
        .parse_stream::<City>(&request)
        .await
        .unwrap();
    assert_eq!(stream.parsed().await.unwrap().value, oslo());
    assert_eq!(server.request(1).json()["text"]["format"]["name"], "City");
}
