//! What a new user writes first, and expects to work.

use http::{HeaderMap, HeaderName, HeaderValue};
use sentry_openai::{
    ApiError, Client, Error, EventStream, Received, RequestOptions, chat, embeddings, responses,
};
use serde_json::{Value, json};

use super::support::{Reply, Server};
use super::{client, request};

fn json_of(value: impl serde::Serialize) -> Value {
    serde_json::to_value(value).unwrap()
}

#[tokio::test]
async fn chat_asks_for_completions_without_naming_them() {
    let server = Server::start().await;
    let answer = json!({"choices": [{"message": {"content": "Hi!"}}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 4}});
    let chunk = json!({"choices": [{"delta": {"content": "Hi!"}}]});
    server
        .reply(Reply::json(200, &answer))
        .reply(Reply::sse([chunk]));
    let client = client(&server);
    let answer = client.chat().create(&request()).await.unwrap();
    assert_eq!(
        (answer.text(), &*answer.output_text()),
        (Some("Hi!"), "Hi!")
    );
    let tokens = (
        answer.input_tokens(),
        answer.output_tokens(),
        answer.total_tokens(),
    );
    assert_eq!(tokens, (3, 4, 7));
    let mut stream = client.chat().create_stream(&request()).await.unwrap();
    let first = stream.next().await.unwrap().unwrap();
    assert_eq!(first.text_delta(), "Hi!");
    assert!(stream.next().await.is_none());
    assert_eq!(server.request(1).path, "/v1/chat/completions");
}

#[test]
#[expect(
    clippy::needless_borrows_for_generic_args,
    clippy::too_many_lines,
    reason = "a table of what callers write"
)]
fn settings_are_given_as_texts() {
    let owned = || "b".to_owned();
    for (request, name, value) in vec![
        (
            request().tool_choice("required"),
            "tool_choice",
            json!("required"),
        ),
        (
            request().function_call("none"),
            "function_call",
            json!("none"),
        ),
        (
            request().reasoning_effort("low"),
            "reasoning_effort",
            json!("low"),
        ),
        (
            request().reasoning_effort("low".to_owned()),
            "reasoning_effort",
            json!("low"),
        ),
        (
            request().verbosity(&"high".to_owned()),
            "verbosity",
            json!("high"),
        ),
        (request().stop("a"), "stop", json!("a")),
        (request().stop(owned()), "stop", json!("b")),
        (request().stop(&owned()), "stop", json!("b")),
        (request().stop(["a", "b"]), "stop", json!(["a", "b"])),
        (
            request().stop(["a".to_owned(), owned()]),
            "stop",
            json!(["a", "b"]),
        ),
        (request().stop(vec!["a", "b"]), "stop", json!(["a", "b"])),
        (request().stop(vec![owned()]), "stop", json!(["b"])),
        (request().stop(&vec![owned()]), "stop", json!(["b"])),
        (request().stop(&["a", "b"][..]), "stop", json!(["a", "b"])),
        (request().stop(&[owned()][..]), "stop", json!(["b"])),
        (
            request().metadata([("a", "1"), ("b", "2")]),
            "metadata",
            json!({"a": "1", "b": "2"}),
        ),
        (
            request().note("a", "1").note("b", owned()),
            "metadata",
            json!({"a": "1", "b": "b"}),
        ),
    ] {
        assert_eq!(json_of(request)[name], value);
    }
    let request = || responses::Request::new("m", "Hi");
    let schema = || responses::TextFormat::json_schema("s", json!({}));
    for (request, name, value) in [
        (
            request().tool_choice("required"),
            "tool_choice",
            json!("required"),
        ),
        (
            request().reasoning("low"),
            "reasoning",
            json!({"effort": "low"}),
        ),
        (
            request().reasoning(responses::Effort::High),
            "reasoning",
            json!({"effort": "high"}),
        ),
        (
            request().metadata([("a", "1"), ("b", "2")]),
            "metadata",
            json!({"a": "1", "b": "2"}),
        ),
        (request().note("a", "1"), "metadata", json!({"a": "1"})),
        (
            request().include(vec![responses::Include::Logprobs]),
            "include",
            json!(["message.output_text.logprobs"]),
        ),
        (
            request().text(schema()),
            "text",
            json!({"format": json_of(schema())}),
        ),
    ] {
        assert_eq!(json_of(request)[name], value);
    }
    let texts = vec!["a".to_owned(), owned()];
    for request in [
        embeddings::Request::new("m", &texts),
        embeddings::Request::new("m", &texts[..]),
        embeddings::Request::new("m", texts.clone()),
        embeddings::Request::new("m", &["a", "b"]),
        embeddings::Request::new("m", &vec!["a", "b"]),
        embeddings::Request::new("m", &["a".to_owned(), owned()]),
    ] {
        assert_eq!(json_of(request)["input"], json!(["a", "b"]));
    }
}

#[test]
fn a_response_has_a_text_as_a_completion_has() {
    let response = |output: Value| {
        serde_json::from_value::<responses::Response>(json!({"output": output})).unwrap()
    };
    let message = |phase: Value, content: Value| json!({"type": "message", "phase": phase, "content": content});
    let part = |text: &str| json!({"type": "output_text", "text": text});
    for (output, text) in [
        (
            json!([message(json!(null), json!([part("Hi!")]))]),
            Some("Hi!"),
        ),
        (json!([message(json!(null), json!("Hi!"))]), Some("Hi!")),
        (
            json!([
                message(json!("commentary"), json!([part("Hm")])),
                message(json!(null), json!([part("Hi!")]))
            ]),
            Some("Hi!"),
        ),
        (
            json!([message(json!(null), json!([part("Hi"), part("!")]))]),
            None,
        ),
        (json!([]), None),
    ] {
        assert_eq!(response(output).text(), text);
    }
    let mut reply = response(json!([]));
    assert_eq!(reply.total_tokens(), 0);
    reply.usage = Some(
        serde_json::from_value(json!({"input_tokens": 3, "output_tokens": 4,
        "output_tokens_details": {"reasoning_tokens": 2}}))
        .unwrap(),
    );
    assert_eq!(
        (
            reply.input_tokens(),
            reply.output_tokens(),
            reply.total_tokens()
        ),
        (3, 4, 7)
    );
    assert_eq!(reply.usage.unwrap().reasoning_tokens(), Some(2));
}

#[tokio::test]
async fn headers_and_queries_are_given_as_texts_and_wrong_ones_are_errors_that_name_the_fix() {
    let server = Server::start().await;
    server.reply_always(Reply::json(200, &json!({"choices": [], "data": []})));
    let builder = Client::builder()
        .base_url(server.url())
        .header("x-team", "red");
    let client = builder
        .header(
            HeaderName::from_static("x-own"),
            HeaderValue::from_static("1"),
        )
        .build()
        .unwrap();
    let options = RequestOptions::new()
        .header("x-team", "blue".to_owned())
        .header(String::from("x-turn"), HeaderValue::from(7))
        .query("page", 2)
        .query("all", true);
    let completions = client.chat().completions();
    completions.create_with(&request(), options).await.unwrap();
    let sent = server.request(0);
    for (name, value) in [("x-team", "blue"), ("x-own", "1"), ("x-turn", "7")] {
        assert_eq!(sent.header(name), Some(value));
    }
    assert!(sent.path.ends_with("?page=2&all=true"), "{}", sent.path);

    for (name, value, says) in [
        ("x team", "red", "its name"),
        ("", "red", "its name"),
        ("x-team", "se\ncret", "header x-team"),
    ] {
        let built = Client::builder()
            .base_url(server.url())
            .header(name, value)
            .build();
        let options = RequestOptions::new().header(name, value).max_retries(0);
        let called = completions.create_with(&request(), options.clone()).await;
        let viewed = client.with_options(options).models().list().await;
        let by_hand = client
            .request(http::Method::GET, "files")
            .header(name, value)
            .query("page", 2);
        let by_hand = by_hand.send::<Value>().await;
        for error in [
            built.unwrap_err(),
            called.unwrap_err(),
            viewed.unwrap_err(),
            by_hand.unwrap_err(),
        ] {
            let Error::Config(text) = error else {
                panic!("{error:?}")
            };
            assert!(text.contains(says) && !text.contains("cret"), "{text}");
        }
    }
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn streams_errors_and_replies_can_be_made_for_tests_without_a_runtime() {
    let chunk = |text: &str| -> chat::Chunk {
        serde_json::from_value(json!({"choices": [{"delta": {"content": text}}]})).unwrap()
    };
    futures::executor::block_on(async {
        let stream = EventStream::from_events([chunk("Hi"), chunk("!")]);
        assert_eq!(stream.status(), 200);
        assert_eq!(stream.whole().await.unwrap().text(), Some("Hi!"));
        let headers = HeaderMap::from_iter([(
            HeaderName::from_static("x-request-id"),
            HeaderValue::from_static("r1"),
        )]);
        let busy = || {
            ApiError::new(429, json!({"error": {"code": "rate_limit_exceeded"}}))
                .with_headers(headers.clone())
        };
        let mut stream =
            EventStream::from_events([Ok(chunk("Hi")), Err(busy().into()), Ok(chunk("!"))])
                .text_deltas();
        assert_eq!(stream.next().await.unwrap().unwrap(), "Hi");
        let error: Error = stream.next().await.unwrap().unwrap_err();
        assert!(error.is_rate_limit() && error.request_id() == Some("r1"));
        assert!(stream.next().await.is_none());
        let event: responses::Event = serde_json::from_value(
            json!({"type": "response.completed", "response": {"output": [], "status": "completed"}}),
        )
        .unwrap();
        let whole = EventStream::from_events(vec![event]).whole().await.unwrap();
        assert_eq!(whole.status, Some(responses::Status::Completed));
        let received = Received::new(chunk("Hi"), 201, headers.clone());
        assert_eq!(
            (received.status(), received.request_id(), received.retries()),
            (201, Some("r1"), 0)
        );
    });
}
