//! Requests to any endpoint.

use std::io::Write;

use futures::{StreamExt, TryStreamExt};
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Method};
use sentry::ClientOptions;
use sentry_openai::{
    Client, Form, OpenAiIntegration, RequestBuilder, RequestOptions, Upload, WithResponse,
};
use serde_json::{Value, json};

use super::exchange::{builder, client, failed};
use crate::support::{Gate, Reply, Sentry, Server};

#[tokio::test]
async fn a_request_is_sent_as_it_is_made() {
    type Make = fn(&Client) -> RequestBuilder;
    /// The rule, the request, then what is sent: method, path, content type, body.
    type Row<'a> = (&'a str, Make, &'a str, &'a str, Option<&'a str>, &'a str);
    let table: [Row<'_>; 8] = [
        (
            "no body",
            |client| client.request(Method::GET, "fine_tuning/jobs"),
            "GET",
            "/v1/fine_tuning/jobs",
            None,
            "",
        ),
        (
            "a slash before the path, and queries",
            |client| {
                let request = client.request(Method::GET, "/jobs?a=1&b=x%20y");
                request.query("c", "2&3").query("c", "4")
            },
            "GET",
            "/v1/jobs?a=1&b=x+y&c=2%263&c=4",
            None,
            "",
        ),
        (
            "JSON",
            |client| {
                client
                    .request(Method::POST, "stores")
                    .json(&json!({"a": 1}))
            },
            "POST",
            "/v1/stores",
            Some("application/json"),
            r#"{"a":1}"#,
        ),
        (
            "JSON by another method",
            |client| client.request(Method::PATCH, "stores/1").json("text"),
            "PATCH",
            "/v1/stores/1",
            Some("application/json"),
            r#""text""#,
        ),
        (
            "bytes",
            |client| client.request(Method::PUT, "blobs/1").body("abc"),
            "PUT",
            "/v1/blobs/1",
            None,
            "abc",
        ),
        (
            "bytes of a kind",
            |client| {
                let request = client.request(Method::PUT, "blobs/1").body("abc");
                request.header(CONTENT_TYPE, HeaderValue::from_static("text/plain"))
            },
            "PUT",
            "/v1/blobs/1",
            Some("text/plain"),
            "abc",
        ),
        (
            "its own query in place of that of its options",
            |client| {
                let options = RequestOptions::new().query("a", "1").query("b", "1");
                client
                    .request(Method::GET, "x")
                    .query("a", "2")
                    .with(options)
            },
            "GET",
            "/v1/x?b=1&a=2",
            None,
            "",
        ),
        (
            "a segment that needs escapes",
            |client| client.request(Method::DELETE, "files/a b#c"),
            "DELETE",
            "/v1/files/a%20b%23c",
            None,
            "",
        ),
    ];
    let server = Server::start().await;
    let client = client(&server);
    for (index, (rule, make, method, path, content_type, body)) in table.into_iter().enumerate() {
        server.reply(Reply::json(200, &json!({"ok": true})));
        let reply: Value = make(&client).send().await.unwrap();
        assert_eq!(reply, json!({"ok": true}), "{rule}");
        let request = server.request(index);
        assert_eq!((&*request.method, &*request.path), (method, path), "{rule}");
        assert_eq!(request.header("content-type"), content_type, "{rule}");
        assert_eq!(
            request.header("authorization"),
            Some("Bearer sk-SECRET"),
            "{rule}"
        );
        assert_eq!(request.body, body, "{rule}");
    }
}

#[tokio::test]
async fn a_path_with_a_hole_in_it_is_refused_before_anything_is_sent() {
    let server = Server::start().await;
    let client = client(&server);
    for path in [
        "",
        "/",
        "files/",
        "files//content",
        "files/..",
        "./files",
        "https://example.com/v1/files",
    ] {
        let error = client.request(Method::DELETE, path).send::<Value>().await;
        let error = failed(&error.unwrap_err());
        assert_eq!(error["error"], "config", "{path}: {error}");
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_reply_is_read_as_a_type_or_bytes_or_a_stream_of_bytes_or_events() {
    let server = Server::start().await;
    let client = client(&server);
    let request = || client.request(Method::GET, "x");

    server.reply(Reply::json(200, &json!([1, 2])).header("x-request-id", "req_1"));
    let reply = request().send::<Vec<u32>>().with_response().await.unwrap();
    assert_eq!(
        (&*reply.value, reply.request_id()),
        (&[1, 2][..], Some("req_1"))
    );

    server.reply(Reply::text(200, "audio/mpeg", &b"\xFF\x00"[..]));
    assert_eq!(request().bytes().await.unwrap(), &b"\xFF\x00"[..]);
    assert_eq!(server.request(1).header("accept"), Some("*/*"));

    let gate = Gate::new();
    let reply = Reply::text(200, "audio/mpeg; a=b", "").chunked();
    server.reply(reply.chunk("first").pause(&gate).chunk("second"));
    let mut stream = request().byte_stream().await.unwrap();
    assert_eq!(stream.content_type().as_deref(), Some("audio/mpeg"));
    assert_eq!(stream.next().await.unwrap().unwrap(), "first");
    gate.open();
    assert_eq!(stream.bytes().await.unwrap(), "second");

    server.reply(Reply::sse([json!({"n": 1}), json!({"n": 2})]).done());
    let events: Vec<Value> = request()
        .events()
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap();
    assert_eq!(events, [json!({"n": 1}), json!({"n": 2})]);
    assert_eq!(
        server.request(3).header("accept"),
        Some("text/event-stream")
    );
}

#[tokio::test]
async fn failures_are_those_of_every_call() {
    let server = Server::start().await;
    let client = builder(&server).max_retries(0).build().unwrap();
    let request = || client.request(Method::GET, "x");
    let refused = || {
        Reply::json(
            404,
            &json!({"error": {"message": "SECRET", "code": "not_found"}}),
        )
    };
    for _ in 0..4 {
        server.reply(refused());
    }
    let errors = [
        request().send::<Value>().await.unwrap_err(),
        request().bytes().await.unwrap_err(),
        request().byte_stream().await.map(drop).unwrap_err(),
        request().events::<Value>().await.map(drop).unwrap_err(),
    ];
    for error in &errors {
        let error = failed(error);
        assert_eq!(
            (&error["error"], &error["code"]),
            (&json!("api"), &json!("not_found"))
        );
    }
    server.reply(Reply::json(
        200,
        &json!({"error": {"message": "SECRET", "code": "odd"}}),
    ));
    let error = request().send::<Value>().await.unwrap_err();
    assert_eq!(failed(&error)["code"], "odd");

    server.reply(Reply::sse([
        json!({"n": 1}),
        json!({"error": {"code": "odd"}}),
    ]));
    let mut events = request().events::<Value>().await.unwrap();
    assert_eq!(events.next().await.unwrap().unwrap(), json!({"n": 1}));
    assert_eq!(
        failed(&events.next().await.unwrap().unwrap_err())["code"],
        "odd"
    );
    assert!(events.next().await.is_none());

    server.reply(
        Reply::text(200, "audio/mpeg", "")
            .chunked()
            .chunk("first")
            .cut(),
    );
    let mut stream = request().byte_stream().await.unwrap();
    assert_eq!(stream.next().await.unwrap().unwrap(), "first");
    stream.next().await.unwrap().unwrap_err();
    assert!(stream.next().await.is_none());
}

/// The parts of a form: name, file name, content type, content.
pub(crate) fn parts(request: &crate::support::Request) -> Vec<[String; 4]> {
    let content_type = request.header("content-type").unwrap();
    let boundary = content_type
        .strip_prefix("multipart/form-data; boundary=")
        .unwrap();
    let body = String::from_utf8_lossy(&request.body).into_owned();
    let body = body.strip_suffix(&format!("--{boundary}--\r\n")).unwrap();
    let delimiter = format!("--{boundary}\r\n");
    let parts = body.split(&delimiter).skip(1);
    let between = |text: &str, before: &str, after: &str| {
        let rest = text.split_once(before).map(|(_, rest)| rest);
        rest.and_then(|rest| rest.split_once(after))
            .map_or(String::new(), |(it, _)| it.to_owned())
    };
    parts
        .map(|part| {
            let (head, content) = part.split_once("\r\n\r\n").unwrap();
            let head = format!("{head}\r\n");
            [
                between(&head, "; name=\"", "\""),
                between(&head, "; filename=\"", "\""),
                between(&head, "content-type: ", "\r\n"),
                content.strip_suffix("\r\n").unwrap().to_owned(),
            ]
        })
        .collect()
}

#[tokio::test]
async fn a_form_is_sent_again_whole_on_every_attempt_also_from_a_path() {
    let text = "0123456789".repeat(100_000);
    let path = std::env::temp_dir().join(format!("sentry-openai-{}.jsonl", fastrand::u64(..)));
    std::fs::File::create(&path)
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    let uploads = [
        Upload::new("given.jsonl", text.clone()),
        Upload::path(&path).name("given.jsonl"),
    ];
    for upload in uploads {
        let server = Server::start().await;
        let busy = Reply::json(503, &json!({})).header("retry-after", 0);
        server
            .reply(busy.clone())
            .reply(busy)
            .reply(Reply::json(200, &json!({"id": "file-1"})));
        let form = Form::new().text("purpose", "batch").file("file", upload);
        let request = client(&server)
            .request(Method::POST, "files")
            .multipart(form);
        request.send::<Value>().await.unwrap();
        for request in server.requests() {
            let length = request.body.len().to_string();
            assert_eq!(request.header("content-length"), Some(&*length));
            let expected = [
                ["purpose", "", "", "batch"],
                ["file", "given.jsonl", "application/jsonl", &text],
            ];
            assert!(parts(&request) == expected);
        }
        assert_eq!(server.requests().len(), 3);
    }
    std::fs::remove_file(&path).unwrap();
    let server = Server::start().await;
    let form = Form::new().file("file", Upload::path(&path).name("gone.txt"));
    let request = client(&server)
        .request(Method::POST, "files")
        .multipart(form);
    let error = request.send::<Value>().await.unwrap_err();
    assert!(error.to_string().contains("gone.txt"), "{error}");
    assert!(server.requests().is_empty());
}

#[test]
fn requests_are_recorded_by_their_path() {
    let sentry = Sentry::new(
        ClientOptions::new()
            .traces_sample_rate(1.0)
            .send_default_pii(true)
            .add_integration(OpenAiIntegration::new()),
    );
    sentry.run(async {
        let server = Server::start().await;
        let client = client(&server);
        let request = json!({"model": "m", "messages": [{"role": "user", "content": "Hi"}]});
        let reply = json!({"id": "c1", "model": "m-1", "choices": [{"index": 0,
            "message": {"content": "Hello!"}, "finish_reason": "stop"}]});
        let chunk = json!({"id": "c1", "model": "m-1", "choices": [{"index": 0,
            "delta": {"content": "Hello!"}, "finish_reason": "stop"}]});
        let post = |path: &str| client.request(Method::POST, path).json(&request);
        server.reply(Reply::json(200, &reply));
        post("chat/completions").send::<Value>().await.unwrap();
        server.reply(Reply::json(200, &reply));
        post("chat/completions").bytes().await.unwrap();
        server.reply(Reply::json(200, &reply));
        post("chat/completions")
            .byte_stream()
            .await
            .unwrap()
            .bytes()
            .await
            .unwrap();
        server.reply(Reply::sse([chunk]).done());
        let streamed = json!({"model": "m", "messages": request["messages"], "stream": true});
        let events = client
            .request(Method::POST, "chat/completions")
            .json(&streamed);
        let events = events.events::<Value>().await.unwrap();
        assert_eq!(events.count().await, 1);
        // No calls to a model.
        server.reply(Reply::json(200, &json!({})));
        post("vector_stores").send::<Value>().await.unwrap();
        server.reply(Reply::json(200, &json!({"data": []})));
        let list = client.request(Method::GET, "chat/completions");
        list.send::<Value>().await.unwrap();
    });
    let spans = sentry.spans_with_op("gen_ai.chat");
    assert_eq!(spans.len(), 4);
    for span in &spans {
        assert_eq!(span.name, "chat m");
        assert_eq!(span.status.as_deref(), Some("ok"));
        assert_eq!(span.get("gen_ai.response.model"), "m-1");
        assert_eq!(
            span.json("gen_ai.output.messages")[0]["parts"][0]["content"],
            "Hello!"
        );
    }
    assert_eq!(
        sentry.transactions().len(),
        4,
        "other calls have no span without a parent"
    );
}

#[tokio::test]
async fn a_header_of_a_request_replaces_the_clients() {
    let server = Server::start().await;
    server.reply(Reply::json(200, &json!({})));
    let name = HeaderName::from_static("x-team");
    let client = builder(&server).header(name.clone(), HeaderValue::from_static("a"));
    let request = client.build().unwrap().request(Method::GET, "x");
    let request = request.header(name, HeaderValue::from_static("b"));
    assert!(!format!("{request:?}").contains("\"b\""));
    request.send::<Value>().await.unwrap();
    assert_eq!(server.request(0).header("x-team"), Some("b"));
}
