//! Every form of an error: what it answers.

use serde_json::{Value, json};

use super::exchange::{Ask, Exchange, check};
use crate::support::Reply;

fn api(status: u16, mut answers: Value) -> Value {
    answers["error"] = json!("api");
    answers["status"] = json!(status);
    answers
}

fn unreadable(reason: &str) -> Value {
    json!({
        "error": "decode", "status": 200,
        "says": format!("the reply could not be read: {reason}"),
    })
}

/// Errors by their status: the body in every form.
fn by_status() -> Vec<Exchange> {
    let json = |text: &str| Reply::text(400, "application/json", text.to_owned());
    let nested = r#"{"error":{"message":"SECRET","type":"t","param":"p","code":"c"}}"#;
    let all = json!({"message": "SECRET", "type": "t", "param": "p", "code": "c"});
    let page = "<html>SECRET</html>";
    let rows = [
        ("nested", json(nested), all.clone()),
        (
            "with another content type",
            Reply::text(400, "text/plain", nested),
            all.clone(),
        ),
        (
            "without content type",
            Reply::new(400).chunk(nested),
            all.clone(),
        ),
        (
            "after blank lines",
            json(&format!("\n\r\n  {nested}")),
            all.clone(),
        ),
        (
            "flat",
            json(r#"{"message":"SECRET","type":"t","param":"p","code":"c"}"#),
            all.clone(),
        ),
        (
            "flat, as vLLM sends it",
            json(
                r#"{"object":"error","message":"SECRET","type":"BadRequestError","param":null,"code":400}"#,
            ),
            json!({"message": "SECRET", "type": "BadRequestError", "code": "400"}),
        ),
        (
            "a text",
            json(r#"{"error":"SECRET"}"#),
            json!({"message": "SECRET"}),
        ),
        (
            "a text beside a type",
            json(r#"{"error":"SECRET","type":"t","code":"c"}"#),
            json!({"message": "SECRET", "type": "t", "code": "c"}),
        ),
        (
            "a number as code",
            json(r#"{"error":{"message":"SECRET","code":402}}"#),
            json!({"message": "SECRET", "code": "402"}),
        ),
        (
            "a list, as Gemini sends it",
            json(r#"[{"error":{"message":"SECRET","code":400,"status":"INVALID_ARGUMENT"}}]"#),
            json!({"message": "SECRET", "code": "400"}),
        ),
        (
            "a detail, as FastAPI sends it",
            json(r#"{"detail":"SECRET"}"#),
            json!({"message": "SECRET"}),
        ),
        (
            "details in a list",
            json(r#"{"detail":[{"loc":["body"],"msg":"SECRET"}]}"#),
            json!({"body": r#"{"detail":[{"loc":["body"],"msg":"SECRET"}]}"#}),
        ),
        (
            "null beside a message",
            json(r#"{"error":null,"message":"SECRET"}"#),
            json!({"message": "SECRET"}),
        ),
        ("an empty object", json("{}"), json!({"body": "{}"})),
        ("null", json("null"), json!({"body": "null"})),
        (
            "a JSON text",
            json(r#""SECRET""#),
            json!({"message": "SECRET"}),
        ),
        (
            "HTML from a proxy",
            Reply::text(400, "text/html", page),
            json!({"body": page}),
        ),
        (
            "broken JSON",
            json(r#"{"error":"SECRET"#),
            json!({"body": r#"{"error":"SECRET"#}),
        ),
        (
            "a long page is kept in part",
            Reply::text(400, "text/html", "SECRET. ".repeat(100_000)),
            json!({"body": "SECRET. ".repeat(256)}),
        ),
        ("empty", Reply::new(400), json!({})),
        (
            "cut off",
            Reply::text(400, "text/html", page).content_length(500),
            json!({"body": page}),
        ),
        (
            "with the id of its request",
            json(nested).header("x-request-id", "req_1"),
            json!({"message": "SECRET", "type": "t", "param": "p", "code": "c", "request_id": "req_1"}),
        ),
        (
            "with an id that is no id, which is not shown",
            json(nested).header("x-request-id", "SECRET, I say"),
            json!({"message": "SECRET", "type": "t", "param": "p", "code": "c", "request_id": "SECRET, I say"}),
        ),
        (
            "with names that could hold content, which are not shown",
            json(
                r#"{"error":{"message":"m","type":"SECRET type","code":"SECRET\ncode","param":"SECRET"}}"#,
            ),
            json!({"message": "m", "type": "SECRET type", "code": "SECRET\ncode", "param": "SECRET"}),
        ),
    ];
    let rows = rows
        .map(|(rule, reply, expected)| Exchange::once(rule, Ask::Chat, reply, api(400, expected)));
    let flags: [(u16, &[&str]); 9] = [
        (401, &[]),
        (403, &[]),
        (404, &[]),
        (408, &["timeout", "retryable"]),
        (409, &["retryable"]),
        (422, &[]),
        (429, &["rate_limit", "retryable"]),
        (500, &["retryable"]),
        (503, &["retryable"]),
    ];
    let flags = flags.map(|(status, is)| {
        let expected = match is {
            [] => json!({}),
            is => json!({"is": is}),
        };
        Exchange::once(
            "what kind it is",
            Ask::Response,
            Reply::new(status),
            api(status, expected),
        )
    });
    rows.into_iter().chain(flags).collect()
}

/// Replies that began well.
fn within_success() -> Vec<Exchange> {
    let json = |json: Value| Reply::json(200, &json);
    let html = "the server sent text/html, not JSON";
    let rows = [
        (
            "an error beside no choices",
            Ask::Chat,
            json(json!({"error": {"message": "SECRET", "code": 502}})),
            api(200, json!({"message": "SECRET", "code": "502"})),
        ),
        (
            "an error beside choices",
            Ask::Chat,
            json(json!({"choices": [], "error": {"message": "SECRET", "code": "c"}})),
            api(200, json!({"message": "SECRET", "code": "c"})),
        ),
        (
            "an error as a text",
            Ask::Chat,
            json(json!({"choices": null, "error": "SECRET"})),
            api(200, json!({"message": "SECRET"})),
        ),
        (
            "a flat error",
            Ask::Chat,
            json(json!({"object": "error", "message": "SECRET", "type": "t"})),
            api(200, json!({"message": "SECRET", "type": "t"})),
        ),
        (
            "a null error is none",
            Ask::Chat,
            json(json!({"choices": [], "error": null})),
            json!({"choices": [], "error": null}),
        ),
        (
            "an error in place of vectors",
            Ask::Embeddings,
            json(json!({"error": "SECRET"})),
            api(200, json!({"message": "SECRET"})),
        ),
        (
            "an error in place of models",
            Ask::ListModels,
            json(json!({"error": "SECRET", "data": []})),
            api(200, json!({"message": "SECRET"})),
        ),
        (
            "an error in place of a conversation",
            Ask::CreateConversation,
            json(json!({"error": {"message": "SECRET"}})),
            api(200, json!({"message": "SECRET"})),
        ),
        (
            "an error in place of a response",
            Ask::Response,
            json(json!({"error": {"message": "SECRET", "code": "c"}})),
            api(200, json!({"message": "SECRET", "code": "c"})),
        ),
        (
            "a failed response is a response",
            Ask::Response,
            json(
                json!({"object": "response", "status": "failed", "output": [],
                "error": {"code": "server_error", "message": "SECRET"}}),
            ),
            json!({"object": "response", "status": "failed", "output": [],
                "error": {"code": "server_error", "message": "SECRET"}}),
        ),
        (
            "a failed response without output, too",
            Ask::Response,
            json(json!({"object": "response", "error": {"code": "server_error"}})),
            json!({"object": "response", "output": [], "error": {"code": "server_error"}}),
        ),
        (
            "another content type, with another content",
            Ask::Chat,
            Reply::text(200, "text/html; charset=utf-8", "<html>SECRET"),
            unreadable(html),
        ),
        (
            "another content type, with the right content",
            Ask::Chat,
            Reply::text(200, "text/html", r#"{"choices":[]}"#),
            json!({"choices": []}),
        ),
        (
            "no content type",
            Ask::Chat,
            Reply::new(200).chunk(r#"{"choices":[]}"#),
            json!({"choices": []}),
        ),
        (
            "a content type that says more than a name is not shown",
            Ask::Chat,
            Reply::text(200, "SECRET it is", "x"),
            unreadable("this is no JSON (line 1, column 1)"),
        ),
        (
            "broken JSON",
            Ask::Chat,
            Reply::text(200, "application/json", r#"{"choices":["SECRET""#),
            unreadable("the JSON ends too early (line 1, column 20)"),
        ),
        (
            "something after the JSON",
            Ask::Chat,
            Reply::text(200, "application/json", "{\"choices\":[]}\nSECRET"),
            unreadable("this is no JSON (line 2, column 1)"),
        ),
        (
            "nothing",
            Ask::Chat,
            Reply::new(200),
            unreadable("the JSON ends too early (line 1, column 0)"),
        ),
        (
            "no choices",
            Ask::Chat,
            json(json!({"id": "SECRET"})),
            unreadable("missing field `choices` (line 1, column 15)"),
        ),
        (
            "choices that are no list",
            Ask::Chat,
            json(json!({"choices": "SECRET"})),
            unreadable("the JSON has another shape (line 1, column 19)"),
        ),
        (
            "no vectors",
            Ask::Embeddings,
            json(json!({"model": "SECRET"})),
            unreadable("missing field `data` (line 1, column 18)"),
        ),
        (
            "no output",
            Ask::Response,
            json(json!({"id": "SECRET"})),
            unreadable("missing field `output` (line 1, column 15)"),
        ),
        (
            "no object at all",
            Ask::Response,
            json(json!("SECRET")),
            unreadable("the JSON has another shape (line 1, column 8)"),
        ),
    ];
    rows.map(|(rule, ask, reply, expected)| Exchange::once(rule, ask, reply, expected))
        .into()
}

pub(crate) fn table() -> Vec<Exchange> {
    [by_status(), within_success()].concat()
}

#[tokio::test]
async fn an_error_answers_what_the_server_said_and_shows_none_of_it() {
    check(&table()).await;
}

#[tokio::test]
async fn an_error_shows_its_status_type_code_and_request() {
    let server = crate::support::Server::start().await;
    server.reply(
        Reply::json(
            400,
            &json!({"error": {"message": "SECRET", "type": "invalid_request_error", "code": "no_model"}}),
        )
        .header("x-request-id", "req_1"),
    );
    server.reply(
        Reply::json(200, &json!({"choices": 1}))
            .header("x-request-id", "req_2")
            .header("set-cookie", "SECRET"),
    );
    let client = super::exchange::client(&server);
    let request = sentry_openai::chat::Request::new("m", []);
    let completions = client.chat().completions();
    let error = completions.create(&request).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the API answered with an error: status 400, type invalid_request_error, code no_model (request req_1)"
    );
    assert!(format!("{error:?}").starts_with("ApiError"), "{error:?}");
    let error = completions.create(&request).await.unwrap_err();
    assert!(error.to_string().ends_with("(request req_2)"), "{error}");
    assert_eq!(error.headers().unwrap()["set-cookie"], "SECRET");
    super::exchange::failed(&error);
}
