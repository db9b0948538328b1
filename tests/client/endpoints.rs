//! Every endpoint: how it is asked, its reply, its failure.

use sentry_openai::embeddings;
use serde_json::{Value, json};

use super::exchange::{Ask, Exchange, check, client};
use crate::support::{Reply, Server};

#[tokio::test]
async fn every_endpoint_is_asked_by_its_method_path_and_body() {
    let chat = json!({"model": "m", "messages": [{"role": "user", "content": "SECRET prompt"}]});
    let response = json!({"model": "m", "input": "SECRET prompt"});
    let with = |mut body: Value, field: &str, value: Value| {
        body[field] = value;
        body
    };
    let usage = json!({"include_usage": true});
    let chat_stream = with(
        with(chat.clone(), "stream", json!(true)),
        "stream_options",
        usage,
    );
    let response_stream = with(response.clone(), "stream", json!(true));
    let embeddings = json!({"model": "m", "input": "SECRET prompt", "encoding_format": "base64"});
    let item = json!({"type": "message", "role": "user", "content": "SECRET prompt"});
    let table = [
        (Ask::Chat, "POST", "/v1/chat/completions", Some(chat)),
        (
            Ask::ChatStream,
            "POST",
            "/v1/chat/completions",
            Some(chat_stream),
        ),
        (Ask::Response, "POST", "/v1/responses", Some(response)),
        (
            Ask::ResponseStream,
            "POST",
            "/v1/responses",
            Some(response_stream),
        ),
        (Ask::Embeddings, "POST", "/v1/embeddings", Some(embeddings)),
        (
            Ask::Completion,
            "POST",
            "/v1/completions",
            Some(json!({"model": "m", "prompt": "SECRET prompt"})),
        ),
        (
            Ask::CompletionStream,
            "POST",
            "/v1/completions",
            Some(
                json!({"model": "m", "prompt": "SECRET prompt", "stream": true,
                "stream_options": {"include_usage": true}}),
            ),
        ),
        (
            Ask::CreateConversation,
            "POST",
            "/v1/conversations",
            Some(json!({"items": [item]})),
        ),
        (
            Ask::RetrieveConversation,
            "GET",
            "/v1/conversations/conv_1",
            None,
        ),
        (
            Ask::UpdateConversation,
            "POST",
            "/v1/conversations/conv_1",
            Some(json!({"metadata": {"topic": "SECRET"}})),
        ),
        (
            Ask::DeleteConversation,
            "DELETE",
            "/v1/conversations/conv_1",
            None,
        ),
        (Ask::ListModels, "GET", "/v1/models", None),
        (Ask::RetrieveModel, "GET", "/v1/models/m", None),
    ];
    assert_eq!(table.len(), Ask::ALL.len());
    for (ask, method, path, body) in table {
        let server = Server::start().await;
        server.reply(ask.reply());
        ask.of(&client(&server)).await;
        let request = server.request(0);
        assert_eq!(
            (request.method.as_str(), request.path.as_str()),
            (method, path),
            "{ask:?}"
        );
        let content_type = body.is_some().then_some("application/json");
        assert_eq!(request.header("content-type"), content_type, "{ask:?}");
        let accept = if ask.is_stream() {
            "text/event-stream"
        } else {
            "application/json"
        };
        assert_eq!(request.header("accept"), Some(accept), "{ask:?}");
        match body {
            Some(body) => assert_eq!(request.json(), body, "{ask:?}"),
            None => assert!(request.body.is_empty(), "{ask:?}"),
        }
    }
}

/// Every endpoint with its reply, and with failures.
pub(crate) fn table() -> Vec<Exchange> {
    let not_found = json!({"error": {"message": "SECRET", "type": "invalid_request_error", "code": "not_found"}});
    let failure = json!({
        "error": "api", "status": 404, "message": "SECRET",
        "type": "invalid_request_error", "code": "not_found", "request_id": "req_1",
    });
    let page = "<html>SECRET</html>";
    let mut table = Vec::new();
    for ask in Ask::ALL {
        table.push(Exchange::once(
            "a reply is given as it came",
            ask,
            ask.reply(),
            as_sent(ask),
        ));
        table.push(Exchange::once(
            "an error by status is returned",
            ask,
            Reply::json(404, &not_found).header("x-request-id", "req_1"),
            failure.clone(),
        ));
        let (what, mut unreadable) = if ask.is_stream() {
            ("an event stream", json!({"items": []}))
        } else {
            ("JSON", json!({}))
        };
        unreadable["error"] = json!("decode");
        unreadable["status"] = json!(200);
        unreadable["says"] = json!(format!(
            "the reply could not be read: the server sent text/html, not {what}"
        ));
        table.push(Exchange::once(
            "a page is no reply",
            ask,
            Reply::text(200, "text/html", page),
            unreadable,
        ));
    }
    table
}

/// The good reply as the caller gets it.
fn as_sent(ask: Ask) -> Value {
    match ask {
        Ask::Chat => json!({
            "id": "c1", "object": "chat.completion", "created": 1.0, "model": "m-1",
            "choices": [{"index": 0, "finish_reason": "stop",
                "message": {"role": "assistant", "content": "SECRET answer"}}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
        }),
        Ask::ChatStream => json!({"items": [
            {"choices": [{"index": 0, "delta": {"content": "SECRET answer"}}]},
            {"choices": [{"index": 0, "finish_reason": "stop"}]},
        ]}),
        Ask::Response => json!({
            "id": "resp_1", "object": "response", "status": "completed", "model": "m-1",
            "output": [{"type": "message", "id": "msg_1", "role": "assistant",
                "content": [{"type": "output_text", "text": "SECRET answer", "annotations": []}]}],
        }),
        Ask::ResponseStream => json!({"items": [
            {"type": "response.created", "response": {"id": "resp_1", "output": []}},
            {"type": "response.output_text.delta", "delta": "SECRET answer",
                "output_index": 0, "content_index": 0},
            {"type": "response.completed", "response": {"id": "resp_1", "output": []}},
        ]}),
        Ask::Embeddings => json!({
            "object": "list", "model": "m-1",
            "data": [{"index": 0, "object": "embedding", "embedding": [0.5, -1.0]}],
        }),
        Ask::Completion => json!({
            "id": "cmpl-1", "object": "text_completion", "created": 1.0, "model": "m-1",
            "choices": [{"index": 0, "text": "SECRET answer", "finish_reason": "stop"}],
        }),
        Ask::CompletionStream => json!({"items": [
            {"choices": [{"index": 0, "text": "SECRET answer"}]},
            {"choices": [{"index": 0, "text": "", "finish_reason": "stop"}]},
        ]}),
        Ask::CreateConversation | Ask::RetrieveConversation | Ask::UpdateConversation => {
            json!({"id": "conv_1", "object": "conversation", "created_at": 1.0,
                "metadata": {"topic": "SECRET"}})
        }
        Ask::DeleteConversation => {
            json!({"id": "conv_1", "object": "conversation.deleted", "deleted": true})
        }
        Ask::ListModels => json!({"object": "list", "data": [
            {"id": "m", "object": "model", "created": 1.0, "owned_by": "o"}]}),
        Ask::RetrieveModel => json!({"id": "m", "object": "model", "owned_by": "o"}),
    }
}

#[tokio::test]
async fn every_endpoint_gives_its_reply_and_its_failures() {
    check(&table()).await;
}

#[tokio::test]
async fn vectors_are_equal_however_they_travel() {
    let vector = [0.25_f32, -1.5, 3.0];
    // The same as little-endian 32-bit floats.
    let base64 = "AACAPgAAwL8AAEBA";
    let rows = [("as numbers", json!(vector)), ("as base64", json!(base64))];
    for (rule, embedding) in rows {
        for format in [None, Some("float"), Some("base64")] {
            let server = Server::start().await;
            server.reply(Reply::json(
                200,
                &json!({"data": [{"embedding": embedding}]}),
            ));
            let mut request = embeddings::Request::new("m", "t");
            if let Some(format) = format {
                request = request.encoding_format(format);
            }
            let reply = client(&server).embeddings().create(&request).await.unwrap();
            assert_eq!(
                reply.vector(),
                Some(&vector[..]),
                "{rule}, asked for {format:?}"
            );
        }
    }
}
