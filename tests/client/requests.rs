//! What is sent: address, headers, body.

use std::time::Duration;

use futures::TryStreamExt;
use http::{HeaderName, HeaderValue};
use sentry_openai::{Client, Error, RequestOptions, chat, embeddings, responses};
use serde_json::{Map, Value, json};

use super::exchange::{Ask, Build, builder, client};
use crate::support::{Reply, Server};

#[tokio::test]
async fn the_address_is_the_base_url_with_the_path_and_all_queries() {
    let none = RequestOptions::new;
    let asked = || RequestOptions::new().query("b", "x y&z").query("a", "2");
    let table = [
        ("a bare path", "/v1", none(), "/v1/chat/completions"),
        ("a trailing slash", "/v1/", none(), "/v1/chat/completions"),
        ("no path", "", none(), "/chat/completions"),
        ("a slash alone", "/", none(), "/chat/completions"),
        ("spaces around it", "/v1 ", none(), "/v1/chat/completions"),
        (
            "a longer path",
            "/api/openai/v1",
            none(),
            "/api/openai/v1/chat/completions",
        ),
        (
            "an escaped path",
            "/a%2Fb/v1",
            none(),
            "/a%2Fb/v1/chat/completions",
        ),
        ("a query", "/v1?a=1", none(), "/v1/chat/completions?a=1"),
        (
            "a query after a slash",
            "/v1/?a=1",
            none(),
            "/v1/chat/completions?a=1",
        ),
        (
            "a fragment, which is not sent",
            "/v1#x",
            none(),
            "/v1/chat/completions",
        ),
        (
            "a query of the request",
            "/v1",
            asked(),
            "/v1/chat/completions?b=x+y%26z&a=2",
        ),
        (
            "both queries",
            "/v1?c=1",
            asked(),
            "/v1/chat/completions?c=1&b=x+y%26z&a=2",
        ),
        (
            "a query of the request in place of the client's of that name",
            "/v1?a=1&c=x%20y&a=3",
            asked(),
            "/v1/chat/completions?c=x+y&b=x+y%26z&a=2",
        ),
        (
            "several values of one name",
            "/v1?a=1",
            none().query("a", "2").query("a", "3"),
            "/v1/chat/completions?a=2&a=3",
        ),
    ];
    let server = Server::start().await;
    for (index, (rule, base, options, path)) in table.into_iter().enumerate() {
        server.reply(Ask::Chat.reply());
        let base = server.origin() + base;
        let client = Client::builder().base_url(base).build().unwrap();
        Ask::Chat.with(&client, options).await;
        assert_eq!(server.request(index).path, path, "{rule}");
    }
}

#[tokio::test]
async fn a_client_view_has_its_options_on_every_endpoint() {
    let name = HeaderName::from_static("x-team");
    let header =
        |value| RequestOptions::new().header(name.clone(), HeaderValue::from_static(value));
    let server = Server::start().await;
    let client = client(&server);
    for (index, ask) in Ask::ALL.into_iter().enumerate() {
        server.reply(ask.reply());
        let view = client.with_options(header("a").query("q", "1").query("r", "1"));
        let view = view.with_options(RequestOptions::new().query("q", "2"));
        ask.of(&view).await;
        let request = server.request(index);
        assert_eq!(request.header("x-team"), Some("a"), "{ask:?}");
        assert!(request.path.ends_with("?r=1&q=2"), "{}", request.path);
    }
    server.reply(Ask::ListModels.reply());
    client.models().list().await.unwrap();
    let request = server.request(Ask::ALL.len());
    assert_eq!(
        (&*request.path, request.header("x-team")),
        ("/v1/models", None)
    );
    server.reply(Ask::Chat.reply());
    let options = header("b").query("r", "2");
    let view = client.with_options(header("a").query("r", "1").query("s", "1"));
    Ask::Chat.with(&view, options).await;
    let request = server.request(Ask::ALL.len() + 1);
    assert_eq!(request.header("x-team"), Some("b"));
    assert_eq!(request.path, "/v1/chat/completions?s=1&r=2");
}

#[tokio::test]
async fn a_list_has_the_options_of_its_client_on_every_page_and_its_own_query_before_them() {
    let page = |id: &str, has_more: bool| {
        Reply::json(
            200,
            &json!({"data": [{"id": id, "choices": []}], "has_more": has_more}),
        )
    };
    let server = Server::start().await;
    server.reply(page("c1", true)).reply(page("c2", false));
    let options = RequestOptions::new()
        .query("limit", "7")
        .query("after", "x")
        .query("team", "a");
    let client = client(&server).with_options(options);
    let stored = client
        .chat()
        .completions()
        .list_all(&chat::ListQuery::new());
    let stored: Vec<_> = stored.try_collect().await.unwrap();
    assert_eq!(stored.len(), 2);
    let paths = [server.request(0).path, server.request(1).path];
    assert_eq!(
        paths,
        [
            "/v1/chat/completions?limit=7&after=x&team=a",
            "/v1/chat/completions?limit=7&team=a&after=c1",
        ]
    );
}

#[tokio::test]
async fn the_limits_of_a_request_go_before_those_of_its_client() {
    let short = Duration::from_millis(200);
    let table = [
        (
            "timeout",
            RequestOptions::new().timeout(short).max_retries(0),
            Reply::new(200).stall_before_head(),
            Ask::ListModels,
        ),
        (
            "deadline",
            RequestOptions::new().deadline(short),
            Reply::new(200).stall_before_head(),
            Ask::ListModels,
        ),
        (
            "stream idle",
            RequestOptions::new().stream_idle_timeout(short),
            Reply::sse([json!({"choices": []})]).stall(),
            Ask::ChatStream,
        ),
    ];
    for (rule, options, reply, ask) in table {
        let server = Server::start().await;
        server.reply(reply);
        let view = client(&server).with_options(options);
        let got = ask.of(&view).await;
        assert_eq!(got["error"], "timeout", "{rule}: {got}");
    }
}

#[tokio::test]
async fn an_id_stays_one_segment_of_the_path() {
    let table = [
        ("conv_1", "/v1/conversations/conv_1"),
        ("a/b", "/v1/conversations/a%2Fb"),
        ("a?b#c", "/v1/conversations/a%3Fb%23c"),
        ("a b", "/v1/conversations/a%20b"),
        ("50%25", "/v1/conversations/50%2525"),
        ("%2e%2E", "/v1/conversations/%252e%252E"),
        ("é", "/v1/conversations/%C3%A9"),
        ("../models", "/v1/conversations/..%2Fmodels"),
    ];
    let server = Server::start().await;
    server.reply_always(Ask::RetrieveConversation.reply());
    let client = client(&server);
    for (index, (id, path)) in table.into_iter().enumerate() {
        client.conversations().retrieve(id).await.unwrap();
        assert_eq!(server.request(index).path, path, "{id:?}");
    }
}

#[tokio::test]
async fn an_id_that_would_change_the_path_is_refused_before_anything_is_sent() {
    let server = Server::start().await;
    let client = client(&server);
    for id in ["", ".", ".."] {
        let deleted = client.conversations().delete(id).await;
        assert!(
            matches!(deleted, Err(Error::Config(_))),
            "{id:?}: {deleted:?}"
        );
        let model = client.models().retrieve(id).await;
        assert!(matches!(model, Err(Error::Config(_))), "{id:?}: {model:?}");
    }
    assert!(server.requests().is_empty());
}

/// A header of a request, and its value if it is there.
type Expected = (&'static str, Option<&'static str>);

#[tokio::test]
async fn headers_say_who_asks() {
    let table: [(&str, Build, &[Expected]); 8] = [
        (
            "the key is a bearer token",
            |it| it.api_key("sk-1"),
            &[("authorization", Some("Bearer sk-1"))],
        ),
        (
            "the key is trimmed",
            |it| it.api_key(" sk-1\n"),
            &[("authorization", Some("Bearer sk-1"))],
        ),
        ("no key, no header", |it| it, &[("authorization", None)]),
        (
            "the crate names itself",
            |it| it,
            &[(
                "user-agent",
                Some(concat!("sentry-openai/", env!("CARGO_PKG_VERSION"))),
            )],
        ),
        (
            "organization and project",
            |it| it.organization("org-1").project(" proj_1 "),
            &[
                ("openai-organization", Some("org-1")),
                ("openai-project", Some("proj_1")),
            ],
        ),
        (
            "no organization and project, no headers",
            |it| it,
            &[("openai-organization", None), ("openai-project", None)],
        ),
        (
            "a first attempt is no retry",
            |it| it,
            &[("x-stainless-retry-count", Some("0"))],
        ),
        (
            "headers of one's own, which go before the crate's",
            |it| {
                it.api_key("sk-1")
                    .header(
                        HeaderName::from_static("x-mine"),
                        HeaderValue::from_static("1"),
                    )
                    .header(http::header::USER_AGENT, HeaderValue::from_static("me"))
            },
            &[("x-mine", Some("1")), ("user-agent", Some("me"))],
        ),
    ];
    for (rule, build, expected) in table {
        for ask in Ask::ALL {
            let server = Server::start().await;
            server.reply(ask.reply());
            let client = build(Client::builder().base_url(server.url()))
                .build()
                .unwrap();
            ask.of(&client).await;
            let request = server.request(0);
            for (name, value) in expected {
                assert_eq!(request.header(name), *value, "{rule}: {name}, {ask:?}");
            }
            assert_eq!(request.header("sentry-trace"), None, "{rule}, {ask:?}");
        }
    }
}

#[tokio::test]
async fn a_request_may_have_headers_of_its_own() {
    let options = || {
        RequestOptions::new()
            .header(
                HeaderName::from_static("x-mine"),
                HeaderValue::from_static("2"),
            )
            .header(
                http::header::AUTHORIZATION,
                HeaderValue::from_static("Bearer other"),
            )
    };
    let server = Server::start().await;
    let client = builder(&server)
        .header(
            HeaderName::from_static("x-mine"),
            HeaderValue::from_static("1"),
        )
        .build()
        .unwrap();
    for ask in Ask::ALL.into_iter().filter(|ask| ask.is_model_call()) {
        server.reply(ask.reply()).reply(ask.reply());
        let before = server.requests().len();
        ask.with(&client, options()).await;
        ask.of(&client).await;
        let (with, without) = (server.request(before), server.request(before + 1));
        assert_eq!(with.header("x-mine"), Some("2"), "{ask:?}");
        assert_eq!(
            with.header("authorization"),
            Some("Bearer other"),
            "{ask:?}"
        );
        assert_eq!(with.headers.get_all("authorization").iter().count(), 1);
        assert_eq!(without.header("x-mine"), Some("1"), "{ask:?}");
        assert_eq!(
            without.header("authorization"),
            Some("Bearer sk-SECRET"),
            "{ask:?}"
        );
    }
}

fn chat_request() -> chat::Request {
    chat::Request::new("m", [chat::Message::user("Hi")])
}

#[tokio::test]
async fn a_chat_stream_asks_for_its_usage_unless_told_otherwise() {
    let usage = |include: bool| chat::StreamOptions::default().include_usage(include);
    let plain = || chat::StreamOptions::default().include_obfuscation(false);
    let mut foreign = plain();
    foreign.extra = Map::from_iter([("x".to_owned(), json!(1))]);
    let default = None;
    let table = [
        (
            "by default",
            chat_request(),
            default,
            default,
            Some(json!({"include_usage": true})),
        ),
        (
            "not for this client",
            chat_request(),
            Some(false),
            default,
            None,
        ),
        (
            "not for this request",
            chat_request(),
            default,
            Some(false),
            None,
        ),
        (
            "for this request, though not for this client",
            chat_request(),
            Some(false),
            Some(true),
            Some(json!({"include_usage": true})),
        ),
        (
            "beside other options",
            chat_request().stream_options(foreign),
            default,
            default,
            Some(json!({"include_obfuscation": false, "include_usage": true, "x": 1})),
        ),
        (
            "other options stay without it",
            chat_request().stream_options(plain()),
            Some(false),
            default,
            Some(json!({"include_obfuscation": false})),
        ),
        (
            "beside other options that were given as an extra field",
            chat_request()
                .extra("stream", false)
                .extra("stream_options", json!({"x": 1})),
            default,
            default,
            Some(json!({"include_usage": true, "x": 1})),
        ),
        (
            "the request's own no stands",
            chat_request().stream_options(usage(false)),
            default,
            default,
            Some(json!({"include_usage": false})),
        ),
        (
            "the request's own yes stands",
            chat_request().stream_options(usage(true)),
            Some(false),
            Some(false),
            Some(json!({"include_usage": true})),
        ),
    ];
    for (rule, request, of_client, of_request, expected) in table {
        let server = Server::start().await;
        server.reply(Ask::ChatStream.reply());
        let mut builder = builder(&server);
        if let Some(include) = of_client {
            builder = builder.include_usage(include);
        }
        let mut options = RequestOptions::new();
        if let Some(include) = of_request {
            options = options.include_usage(include);
        }
        let client = builder.build().unwrap();
        let completions = client.chat().completions();
        drop(
            completions
                .create_stream_with(&request, options)
                .await
                .unwrap(),
        );
        let sent = server.request(0);
        let text = String::from_utf8_lossy(&sent.body);
        assert_eq!(text.matches("\"stream\":").count(), 1, "{rule}: {text}");
        let body = sent.json();
        assert_eq!(body["stream"], true, "{rule}");
        assert_eq!(body.get("stream_options"), expected.as_ref(), "{rule}");
    }
}

#[tokio::test]
async fn the_method_decides_on_streaming_not_the_request() {
    let server = Server::start().await;
    server
        .reply(Ask::Chat.reply())
        .reply(Ask::Response.reply())
        .reply(Ask::ChatStream.reply())
        .reply(Ask::ResponseStream.reply());
    let client = client(&server);
    let (completions, responses) = (client.chat().completions(), client.responses());
    let mut chat = chat_request().stream_options(chat::StreamOptions::default());
    let mut response = responses::Request::new("m", "Hi");
    chat.stream = Some(true);
    response.stream = Some(true);
    completions.create(&chat).await.unwrap();
    responses.create(&response).await.unwrap();
    chat.stream = Some(false);
    response.stream = Some(false);
    drop(completions.create_stream(&chat).await.unwrap());
    drop(responses.create_stream(&response).await.unwrap());
    for (index, streamed) in [(0, None), (1, None), (2, Some(true)), (3, Some(true))] {
        let body = server.request(index).json();
        let asked = body.get("stream").map(|stream| stream == true);
        assert_eq!(asked, streamed, "request {index}: {body}");
        assert_eq!(
            body.get("stream_options").is_some(),
            index == 2,
            "request {index}: {body}"
        );
    }
}

#[tokio::test]
async fn embeddings_are_asked_for_as_base64_unless_a_format_is_set() {
    let table = [
        (None, "base64"),
        (Some("float"), "float"),
        (Some("base64"), "base64"),
        (Some("int8"), "int8"),
    ];
    let server = Server::start().await;
    server.reply_always(Ask::Embeddings.reply());
    let client = client(&server);
    for (index, (set, sent)) in table.into_iter().enumerate() {
        let mut request = embeddings::Request::new("m", ["a", "b"]).dimensions(2);
        if let Some(format) = set {
            request = request.encoding_format(format);
        }
        client.embeddings().create(&request).await.unwrap();
        let expected =
            json!({"model": "m", "input": ["a", "b"], "dimensions": 2, "encoding_format": sent});
        assert_eq!(server.request(index).json(), expected);
    }
}

#[tokio::test]
async fn fields_that_the_crate_does_not_know_are_sent() {
    let server = Server::start().await;
    server
        .reply(Ask::Chat.reply())
        .reply(Ask::ChatStream.reply())
        .reply(Ask::Response.reply())
        .reply(Ask::Embeddings.reply());
    let client = client(&server);
    let value = json!({"order": ["a", "b"], "n": 1.5, "null": null});
    let chat = chat_request().extra("provider", value.clone());
    client.chat().completions().create(&chat).await.unwrap();
    drop(
        client
            .chat()
            .completions()
            .create_stream(&chat)
            .await
            .unwrap(),
    );
    let response = responses::Request::new("m", "Hi").extra("provider", value.clone());
    client.responses().create(&response).await.unwrap();
    let embeddings = embeddings::Request::new("m", "Hi").extra("provider", value.clone());
    client.embeddings().create(&embeddings).await.unwrap();
    for request in server.requests() {
        assert_eq!(request.json()["provider"], value, "{}", request.path);
    }
}

#[tokio::test]
async fn a_body_names_no_field_twice() {
    fn names(body: &[u8]) -> usize {
        // A map keeps one of two equal names, so the text has more of them than the map.
        let text = std::str::from_utf8(body).unwrap();
        text.matches("\"stream\":").count()
            + text.matches("\"stream_options\":").count()
            + text.matches("\"encoding_format\":").count()
    }
    let server = Server::start().await;
    server
        .reply(Ask::ChatStream.reply())
        .reply(Ask::ResponseStream.reply())
        .reply(Ask::Embeddings.reply());
    let client = client(&server);
    // As when a request is read from JSON.
    let chat: chat::Request = serde_json::from_value(json!({
        "model": "m", "messages": [], "stream": true, "stream_options": {"include_usage": true},
    }))
    .unwrap();
    drop(
        client
            .chat()
            .completions()
            .create_stream(&chat)
            .await
            .unwrap(),
    );
    let response: responses::Request =
        serde_json::from_value(json!({"model": "m", "input": "Hi", "stream": true})).unwrap();
    drop(client.responses().create_stream(&response).await.unwrap());
    let embeddings: embeddings::Request =
        serde_json::from_value(json!({"model": "m", "input": "Hi", "encoding_format": "float"}))
            .unwrap();
    client.embeddings().create(&embeddings).await.unwrap();
    let counts: Vec<_> = server
        .requests()
        .iter()
        .map(|request| names(&request.body))
        .collect();
    assert_eq!(counts, [2, 1, 1]);
}

#[tokio::test]
async fn debug_of_client_and_options_shows_no_secret() {
    let server = Server::start().await;
    server.reply(Reply::json(200, &Value::Null));
    let builder = builder(&server).header(
        HeaderName::from_static("api-key"),
        HeaderValue::from_static("SECRET"),
    );
    let options = RequestOptions::new()
        .header(
            HeaderName::from_static("x-key"),
            HeaderValue::from_static("SECRET"),
        )
        .query("key", "SECRET");
    let client = builder.clone().build().unwrap();
    let shown = format!(
        "{builder:?} {client:?} {options:?} {:?}",
        client.chat().completions()
    );
    assert!(!shown.contains("SECRET"), "{shown}");
    assert!(shown.contains(&server.origin()), "{shown}");
}
