//! How the tests read streams, and how their tables say what they expect.

use futures::stream::FusedStream;
use sentry_openai::{Client, ClientBuilder, Error, EventStream, chat, responses};
use serde_json::{Value, json};

use crate::support::{Reply, Server, answers, shown};

/// A row of a table: the rule that it shows, what the server sends, what the caller gets.
pub(crate) type Row = (&'static str, Reply, Value);

pub(crate) fn builder(server: &Server) -> ClientBuilder {
    Client::builder()
        .base_url(server.url())
        .api_key("sk-SECRET")
        .max_retries(0)
}

pub(crate) fn client(server: &Server) -> Client {
    builder(server).build().unwrap()
}

pub(crate) fn chat_request() -> chat::Request {
    chat::Request::new("m", [chat::Message::user("SECRET prompt")])
}

pub(crate) async fn open_chat(client: &Client) -> Result<EventStream<chat::Chunk>, Error> {
    client
        .chat()
        .completions()
        .create_stream(&chat_request())
        .await
}

pub(crate) async fn open_response(client: &Client) -> Result<EventStream<responses::Event>, Error> {
    let request = responses::Request::new("m", "SECRET prompt");
    client.responses().create_stream(&request).await
}

/// All of a chat stream: the texts of its chunks, and what its error answers.
pub(crate) async fn chat_outcome(client: &Client) -> Value {
    match open_chat(client).await {
        Ok(stream) => drain(stream, |chunk| json!(chunk.text())).await,
        Err(error) => answers(&error),
    }
}

/// All of a response's stream: the types of its events, and what its error answers.
pub(crate) async fn response_outcome(client: &Client) -> Value {
    match open_response(client).await {
        Ok(stream) => {
            drain(stream, |event| {
                serde_json::to_value(event).unwrap()["type"].clone()
            })
            .await
        }
        Err(error) => answers(&error),
    }
}

/// Reads a stream beyond its end, which must stay its end.
async fn drain<T>(mut stream: EventStream<T>, item: impl Fn(&T) -> Value) -> Value {
    let mut items = Vec::new();
    let mut outcome = json!({});
    while let Some(next) = stream.next().await {
        match next {
            Ok(next) => items.push(item(&next)),
            Err(error) => {
                assert!(!shown(&error).contains("SECRET"), "{}", shown(&error));
                outcome = answers(&error);
                assert!(stream.is_terminated(), "an error ends a stream");
            }
        }
    }
    for _ in 0..3 {
        assert!(stream.is_terminated());
        assert!(stream.next().await.is_none(), "what has ended gives more");
    }
    outcome["items"] = items.into();
    outcome
}

/// Runs a table of chat streams, and shows all rows that fail.
pub(crate) async fn check_chat(rows: impl IntoIterator<Item = Row>) {
    let server = Server::start().await;
    let client = client(&server);
    let mut failures = Vec::new();
    for (rule, reply, expected) in rows {
        server.reply(reply);
        let got = chat_outcome(&client).await;
        if got != expected {
            failures.push(format!("{rule}:\n  expected {expected}\n  got      {got}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Runs a table of streams of responses, and shows all rows that fail.
pub(crate) async fn check_responses(rows: impl IntoIterator<Item = Row>) {
    let server = Server::start().await;
    let client = client(&server);
    let mut failures = Vec::new();
    for (rule, reply, expected) in rows {
        server.reply(reply);
        let got = response_outcome(&client).await;
        if got != expected {
            failures.push(format!("{rule}:\n  expected {expected}\n  got      {got}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The data of a chunk with this text.
pub(crate) fn chunk(text: &str) -> String {
    json!({"choices": [{"index": 0, "delta": {"content": text}}]}).to_string()
}

/// A stream of chunks with these texts, without an end mark.
pub(crate) fn chunks(texts: &[&str]) -> Reply {
    Reply::sse(texts.iter().map(|text| chunk(text)))
}

/// The caller gets these items and the end.
pub(crate) fn whole(items: &[&str]) -> Value {
    json!({"items": items})
}

/// The caller gets these items, then an error.
pub(crate) fn broken(items: &[&str], mut error: Value) -> Value {
    error["items"] = json!(items);
    error
}

/// What a reply answers that can't be read.
pub(crate) fn unreadable(reason: &str) -> Value {
    json!({
        "error": "decode",
        "status": 200,
        "says": format!("the reply could not be read: {reason}"),
    })
}

/// What a broken connection answers.
pub(crate) fn interrupted() -> Value {
    json!({"error": "interrupted", "is": ["retryable"]})
}
