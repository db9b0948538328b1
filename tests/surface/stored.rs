//! Calls to no model, one by one.

use std::slice::from_ref;

use sentry_openai::responses::Item;
use sentry_openai::{Client, Error, Order, PageQuery, chat, conversations, responses};
use serde_json::{Value, json};

use super::support::{Reply, Server};
use super::{below_a_parent, client, completion, message, page, response, sentry};

/// What a call gives, as JSON.
fn written<T: serde::Serialize>(result: Result<T, Error>) -> Result<Value, Error> {
    result.map(|value| serde_json::to_value(value).unwrap())
}

/// Calls that are no model calls: each of them by name.
async fn plain_call(client: &Client, name: &str) -> Result<Value, Error> {
    let completions = client.chat().completions();
    let stored = client.responses();
    let threads = client.conversations();
    let include = [responses::Include::Logprobs];
    match name {
        "completion" => written(completions.retrieve("c/1").await),
        "completions" => {
            let query = chat::ListQuery::new()
                .model("gpt-4o")
                .metadata([("topic", "a b")])
                .after("c0")
                .limit(2)
                .order(Order::Ascending);
            written(completions.list(&query).await)
        }
        "update completion" => {
            let request = chat::UpdateRequest::new([("topic", "other")]);
            written(completions.update("c1", &request).await)
        }
        "delete completion" => written(completions.delete("c1").await),
        "messages" => {
            let query = PageQuery::new().limit(1).order("desc");
            written(completions.messages().list("c1", &query).await)
        }
        "response" => written(stored.retrieve("r1").await),
        "response with more" => written(stored.retrieve_including("r1", &include).await),
        "delete response" => written(stored.delete("r1").await),
        "cancel response" => written(stored.cancel("r1").await),
        "input items" => {
            let query = responses::ItemsQuery::new()
                .include([
                    responses::Include::Logprobs,
                    responses::Include::InputImageUrls,
                ])
                .after("msg_0")
                .limit(3)
                .order(Order::Descending);
            written(stored.input_items().list("r1", &query).await)
        }
        "compact" => {
            let request = responses::CompactRequest::new("gpt-5", [Item::user("Long.")])
                .instructions("Be brief.");
            written(stored.compact(&request).await)
        }
        "count" => {
            let request = responses::Request::new("gpt-5", "Hello!")
                .temperature(0.5)
                .tool(responses::Tool::web_search());
            written(stored.input_tokens().count(&(&request).into()).await)
        }
        "create conversation" => {
            let request = conversations::CreateRequest::new().items([Item::user("Hello!")]);
            written(threads.create(&request).await)
        }
        "add items" => {
            let request = conversations::ItemsRequest::new([Item::user("Hello!")]);
            let items = threads.items();
            written(items.create_including("v1", &request, &include).await)
        }
        "items" => {
            let query = responses::ItemsQuery::new().limit(1);
            written(threads.items().list("v1", &query).await)
        }
        "item" => written(threads.items().retrieve("v1", "msg_1").await),
        "delete item" => written(threads.items().delete("v1", "msg_1").await),
        "delete model" => written(client.models().delete("ft:gpt:acme").await),
        _ => unreachable!("{name}"),
    }
}

/// Name, method, path with query, body if there is one, reply.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    Option<Value>,
    Value,
);

fn plain_calls() -> Vec<Row> {
    [chat_calls(), response_calls(), conversation_calls()].concat()
}

fn deleted(id: &str, object: &str) -> Value {
    json!({"id": id, "object": object, "deleted": true})
}

fn chat_calls() -> Vec<Row> {
    let stored_message = json!({"id": "c1-0", "role": "user", "content": "Hello!", "name": "Ada",
        "content_parts": [{"type": "text", "text": "Hello!"}]});
    vec![
        (
            "completion",
            "GET",
            "/chat/completions/c%2F1",
            None,
            completion("c/1"),
        ),
        (
            "completions",
            "GET",
            "/chat/completions?after=c0&limit=2&order=asc&model=gpt-4o&metadata%5Btopic%5D=a+b",
            None,
            page(&[completion("c1"), completion("c2")], true),
        ),
        (
            "update completion",
            "POST",
            "/chat/completions/c1",
            Some(json!({"metadata": {"topic": "other"}})),
            completion("c1"),
        ),
        (
            "delete completion",
            "DELETE",
            "/chat/completions/c1",
            None,
            deleted("c1", "chat.completion.deleted"),
        ),
        (
            "messages",
            "GET",
            "/chat/completions/c1/messages?limit=1&order=desc",
            None,
            page(&[stored_message], false),
        ),
    ]
}

fn response_calls() -> Vec<Row> {
    let user = message("msg_1", "user", "Hello!");
    let compacted = json!({"id": "k1", "object": "response.compaction", "created_at": 1.0,
        "output": [{"type": "compaction", "id": "k2", "encrypted_content": "x"}],
        "usage": {"input_tokens": 5, "output_tokens": 1, "total_tokens": 6}});
    vec![
        (
            "response",
            "GET",
            "/responses/r1",
            None,
            response("r1", "in_progress"),
        ),
        (
            "response with more",
            "GET",
            "/responses/r1?include%5B%5D=message.output_text.logprobs",
            None,
            response("r1", "completed"),
        ),
        (
            "delete response",
            "DELETE",
            "/responses/r1",
            None,
            deleted("r1", "response"),
        ),
        (
            "cancel response",
            "POST",
            "/responses/r1/cancel",
            None,
            response("r1", "cancelled"),
        ),
        (
            "input items",
            "GET",
            "/responses/r1/input_items?after=msg_0&limit=3&order=desc\
             &include%5B%5D=message.output_text.logprobs\
             &include%5B%5D=message.input_image.image_url",
            None,
            page(from_ref(&user), false),
        ),
        (
            "compact",
            "POST",
            "/responses/compact",
            Some(json!({"model": "gpt-5", "instructions": "Be brief.",
                "input": [{"type": "message", "role": "user", "content": "Long."}]})),
            compacted,
        ),
        (
            "count",
            "POST",
            "/responses/input_tokens",
            Some(json!({"model": "gpt-5", "input": "Hello!", "tools": [{"type": "web_search"}]})),
            json!({"object": "response.input_tokens", "input_tokens": 11}),
        ),
    ]
}

fn conversation_calls() -> Vec<Row> {
    let user = message("msg_1", "user", "Hello!");
    let said = json!([{"type": "message", "role": "user", "content": "Hello!"}]);
    let conversation = json!({"id": "v1", "object": "conversation", "metadata": {}});
    vec![
        (
            "create conversation",
            "POST",
            "/conversations",
            Some(json!({"items": said})),
            conversation.clone(),
        ),
        (
            "add items",
            "POST",
            "/conversations/v1/items?include%5B%5D=message.output_text.logprobs",
            Some(json!({"items": said})),
            page(from_ref(&user), false),
        ),
        (
            "items",
            "GET",
            "/conversations/v1/items?limit=1",
            None,
            page(&[user.clone(), json!({"type": "new", "id": "n1"})], false),
        ),
        ("item", "GET", "/conversations/v1/items/msg_1", None, user),
        (
            "delete item",
            "DELETE",
            "/conversations/v1/items/msg_1",
            None,
            conversation,
        ),
        (
            "delete model",
            "DELETE",
            "/models/ft:gpt:acme",
            None,
            deleted("ft:gpt:acme", "model"),
        ),
    ]
}

#[tokio::test]
async fn each_call_has_its_method_path_query_and_body_and_gives_its_reply() {
    for (name, method, path, body, reply) in plain_calls() {
        let server = Server::start().await;
        server.reply(Reply::json(200, &reply));
        let given = plain_call(&client(&server), name).await.unwrap();
        // What a reply says with null may be left out.
        assert_eq!(without_nulls(given), without_nulls(reply), "{name}");
        let request = server.request(0);
        let asked = (request.method.as_str(), request.path.as_str());
        assert_eq!(asked, (method, format!("/v1{path}").as_str()), "{name}");
        match body {
            Some(body) => assert_eq!(request.json(), body, "{name}"),
            None => assert!(request.body.is_empty(), "{name}"),
        }
    }
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name, without_nulls(value)))
            .collect(),
        Value::Array(values) => values.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

#[tokio::test]
async fn each_call_returns_the_errors_of_the_api() {
    for (name, ..) in plain_calls() {
        let server = Server::start().await;
        let error = json!({"error": {"message": "No such thing.", "code": "not_found"}});
        server
            .reply(Reply::json(404, &error))
            .reply(Reply::json(200, &error))
            .reply(Reply::text(200, "text/html", "<html>"));
        let client = client(&server);
        for status in [404, 200] {
            let error = plain_call(&client, name).await.unwrap_err();
            let said = (error.status(), error.code(), error.message());
            let expected = (Some(status), Some("not_found"), Some("No such thing."));
            assert_eq!(said, expected, "{name}");
        }
        let error = plain_call(&client, name).await.unwrap_err();
        assert!(matches!(error, Error::Decode(_)), "{name}: {error}");
    }
}

#[test]
fn below_a_parent_each_call_is_an_http_client_span_and_without_one_nothing() {
    for (name, method, path, _, reply) in plain_calls() {
        let sentry = sentry();
        let url = sentry.run(async {
            let server = Server::start().await;
            server.reply_always(Reply::json(200, &reply));
            let client = client(&server);
            plain_call(&client, name).await.unwrap();
            below_a_parent(plain_call(&client, name)).await.unwrap();
            server.url()
        });
        let spans = sentry.spans();
        assert_eq!(spans.len(), 2, "{name}: {:?}", sentry.names());
        let path = path.split('?').next().unwrap();
        assert_eq!(spans[1].op, "http.client", "{name}");
        assert_eq!(spans[1].name, format!("{method} {url}{path}"), "{name}");
        assert_eq!(spans[1].parent_span_id.as_ref(), Some(&spans[0].span_id));
        assert!(!sentry.leaked("Hello!") && !sentry.leaked("Hi!"), "{name}");
    }
}

#[tokio::test]
async fn what_is_gone_may_be_gone_without_a_word() {
    let server = Server::start().await;
    server.reply(Reply::new(204));
    let deleted = client(&server).responses().delete("r1").await.unwrap();
    assert_eq!(deleted, responses::Deleted::default());
}

#[tokio::test]
async fn an_id_that_would_vanish_from_the_path_is_an_error_and_nothing_is_sent() {
    let server = Server::start().await;
    let client = client(&server);
    for id in ["", ".", ".."] {
        let results = [
            written(client.conversations().delete(id).await),
            written(client.chat().completions().retrieve(id).await),
            written(client.conversations().items().retrieve("v1", id).await),
        ];
        for result in results {
            let error = result.unwrap_err();
            assert!(matches!(error, Error::Config(_)), "{error}");
        }
    }
    assert!(server.requests().is_empty());
}
