//! Errors that the API sends within a stream come as API errors, after the items before them.

use serde_json::{Value, json};

use super::reading::{broken, check_chat, check_responses, chunk, chunks};
use crate::support::Reply;

fn api(mut answers: Value) -> Value {
    answers["error"] = json!("api");
    answers["status"] = json!(200);
    answers
}

#[tokio::test]
async fn an_error_in_a_chat_stream_comes_after_the_items_before_it() {
    let after_a = |data: &str| chunks(&["a"]).data(data).data(chunk("b")).done();
    let named = |data: &str| chunks(&["a"]).event("error", data).data(chunk("b"));
    let rows = [
        (
            "an object",
            after_a(
                r#"{"error":{"message":"SECRET","type":"server_error","code":"overloaded","param":"p"}}"#,
            ),
            json!({
                "message": "SECRET", "type": "server_error", "code": "overloaded", "param": "p",
                "is": ["retryable"],
            }),
        ),
        (
            "a text",
            after_a(r#"{"error":"SECRET"}"#),
            json!({"message": "SECRET"}),
        ),
        (
            "a number as code",
            after_a(r#"{"error":{"message":"SECRET","code":502}}"#),
            json!({"message": "SECRET", "code": "502", "is": ["retryable"]}),
        ),
        (
            "flat",
            after_a(r#"{"object":"error","message":"SECRET","type":"BadRequestError","code":400}"#),
            json!({"message": "SECRET", "type": "BadRequestError", "code": "400"}),
        ),
        (
            "beside choices",
            after_a(
                r#"{"id":"gen","choices":[{"delta":{"content":""},"finish_reason":"error"}],
                "error":{"code":"server_error","message":"SECRET"}}"#
                    .replace('\n', "")
                    .as_str(),
            ),
            json!({"message": "SECRET", "code": "server_error", "is": ["retryable"]}),
        ),
        (
            "beside empty choices, as a text",
            after_a(r#"{"choices":[],"error":"SECRET"}"#),
            json!({"message": "SECRET"}),
        ),
        (
            "an event named error, with an object",
            named(r#"{"error":{"message":"SECRET","type":"t"}}"#),
            json!({"message": "SECRET", "type": "t"}),
        ),
        (
            "an event named error, flat",
            named(r#"{"message":"SECRET","code":"c"}"#),
            json!({"message": "SECRET", "code": "c"}),
        ),
        (
            "an event named error, with a text in JSON",
            named(r#""SECRET""#),
            json!({"message": "SECRET"}),
        ),
        (
            "an event named error, with a mere text",
            named("SECRET it broke"),
            json!({"message": "SECRET it broke"}),
        ),
        (
            "an event named error, with null",
            named("null"),
            json!({"body": "null"}),
        ),
        (
            "an event named error, with empty data",
            named(""),
            json!({"message": ""}),
        ),
        (
            "a null error is none",
            chunks(&["a"])
                .data(r#"{"choices":[],"error":null}"#)
                .data(r#"{"error":"SECRET"}"#),
            json!({"items": ["a", null], "message": "SECRET"}),
        ),
        (
            "names that could hold content are answered, but not shown",
            after_a(r#"{"error":{"message":"m","code":"SECRET is it","type":"SECRET, too"}}"#),
            json!({"message": "m", "code": "SECRET is it", "type": "SECRET, too"}),
        ),
    ];
    check_chat(rows.map(|(rule, reply, expected)| {
        let expected = match expected.get("items") {
            Some(_) => api(expected),
            None => broken(&["a"], api(expected)),
        };
        (rule, reply, expected)
    }))
    .await;
}

#[tokio::test]
async fn an_error_in_a_stream_of_a_response_comes_after_the_items_before_it() {
    let before = r#"{"type":"response.created","response":{"id":"r"}}"#;
    let error = |data: &str| {
        Reply::sse([before])
            .event("error", data)
            .data(r#"{"type":"response.output_text.delta","delta":"SECRET"}"#)
    };
    let unnamed = |data: &str| Reply::sse([before, data]);
    let rows = [
        (
            "flat, as OpenAI documents it",
            error(
                r#"{"type":"error","code":"server_error","message":"SECRET","param":null,"sequence_number":1}"#,
            ),
            json!({"code": "server_error", "message": "SECRET", "is": ["retryable"]}),
        ),
        (
            "nested, as OpenAI sends it",
            error(
                r#"{"type":"error","error":{"type":"tokens","code":"rate_limit_exceeded","message":"SECRET"}}"#,
            ),
            json!({
                "code": "rate_limit_exceeded", "type": "tokens", "message": "SECRET",
                "is": ["rate_limit", "retryable"],
            }),
        ),
        (
            "without the name of the event",
            unnamed(r#"{"type":"error","code":"server_error","message":"SECRET"}"#),
            json!({"code": "server_error", "message": "SECRET", "is": ["retryable"]}),
        ),
        (
            "nested, without the name of the event",
            unnamed(r#"{"type":"error","error":{"code":"c","message":"SECRET"}}"#),
            json!({"code": "c", "message": "SECRET"}),
        ),
        (
            "an object without type",
            unnamed(r#"{"error":{"code":"c","message":"SECRET"}}"#),
            json!({"code": "c", "message": "SECRET"}),
        ),
        (
            "a text without type",
            unnamed(r#"{"error":"SECRET"}"#),
            json!({"message": "SECRET"}),
        ),
        ("null", error("null"), json!({"body": "null"})),
    ];
    check_responses(rows.map(|(rule, reply, expected)| {
        (rule, reply, broken(&["response.created"], api(expected)))
    }))
    .await;
}

#[tokio::test]
async fn an_error_in_place_of_a_stream_is_that_error() {
    let rows = [
        (
            "JSON with status 200",
            Reply::json(200, &json!({"error": {"message": "SECRET", "code": "c"}})),
            json!({"message": "SECRET", "code": "c"}),
        ),
        (
            "JSON with status 200 and the type of a stream",
            Reply::sse_raw([r#"{"error":{"message":"SECRET","code":503}}"#]),
            json!({"message": "SECRET", "code": "503", "is": ["retryable"]}),
        ),
        (
            "JSON in many lines",
            Reply::text(
                200,
                "application/json",
                "\n\n{\n  \"error\": {\n    \"message\": \"SECRET\"\n  }\n}\n",
            ),
            json!({"message": "SECRET"}),
        ),
        (
            "flat",
            Reply::json(200, &json!({"object": "error", "message": "SECRET"})),
            json!({"message": "SECRET"}),
        ),
    ];
    check_chat(rows.map(|(rule, reply, expected)| (rule, reply, broken(&[], api(expected))))).await;
}

#[tokio::test]
async fn an_error_by_its_status_is_returned_in_place_of_a_stream() {
    let error = json!({"error": {"message": "SECRET", "type": "t", "code": "c", "param": "p"}});
    let expected = json!({
        "error": "api", "status": 400,
        "message": "SECRET", "type": "t", "code": "c", "param": "p", "request_id": "req_1",
    });
    let reply = Reply::json(400, &error).header("x-request-id", "req_1");
    check_chat([("a stream", reply.clone(), expected.clone())]).await;
    check_responses([("a stream", reply, expected)]).await;
}
