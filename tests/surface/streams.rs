//! Streams as their text alone, and as the whole reply.

use futures::stream::FusedStream;
use futures::{StreamExt, TryStreamExt};
use sentry_openai::{Client, Error, chat, completions, responses};
use serde_json::{Value, json};

use super::support::{Gate, Reply, Server};
use super::{below_a_parent, client, request, sentry};

fn chat_chunks() -> Vec<Value> {
    let chunk = |delta: Value, finish: Value| {
        json!({"id": "c1", "object": "chat.completion.chunk", "model": "gpt-4o", "created": 7.0,
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})
    };
    vec![
        chunk(json!({"role": "assistant", "content": ""}), Value::Null),
        chunk(json!({"content": "It "}), Value::Null),
        chunk(json!({"content": "is fine."}), Value::Null),
        chunk(json!({}), json!("stop")),
        json!({"id": "c1", "object": "chat.completion.chunk", "model": "gpt-4o", "created": 7.0,
            "choices": [],
            "usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}}),
    ]
}

/// What the plain call gives for the same reply.
fn chat_whole() -> Value {
    json!({"id": "c1", "object": "chat.completion", "model": "gpt-4o", "created": 7.0,
        "choices": [{"index": 0, "finish_reason": "stop",
            "message": {"role": "assistant", "content": "It is fine."}}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}})
}

fn response_events() -> Vec<Value> {
    let text = |kind: &str, name: &str, text: &str| json!({"type": kind, "item_id": "m1", "output_index": 0, "content_index": 0, name: text});
    let start = json!({"id": "r1", "object": "response", "status": "in_progress", "output": []});
    vec![
        json!({"type": "response.created", "response": start}),
        text("response.output_text.delta", "delta", "It "),
        text("response.output_text.delta", "delta", "is fine."),
        text("response.output_text.done", "text", "It is fine."),
        json!({"type": "response.completed", "response": response_whole()}),
    ]
}

fn response_whole() -> Value {
    json!({"id": "r1", "object": "response", "status": "completed", "model": "gpt-4o",
        "output": [{"type": "message", "id": "m1", "role": "assistant", "status": "completed",
            "content": [{"type": "output_text", "text": "It is fine."}]}],
        "usage": {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}})
}

/// How a stream is read.
const WAYS: [&str; 4] = ["by hand", "text", "whole", "folded"];

/// Reads a chat stream in this way, and gives its text and, where there is one, the whole reply.
async fn read_chat(
    client: &Client,
    way: &str,
) -> Result<(String, Option<chat::Completion>), Error> {
    let mut stream = client
        .chat()
        .completions()
        .create_stream(&request())
        .await?;
    let mut text = String::new();
    match way {
        "by hand" => {
            while let Some(chunk) = stream.next().await {
                text += chunk?.text().unwrap_or_default();
            }
            Ok((text, None))
        }
        "text" => {
            let deltas: Vec<_> = stream.text_deltas().try_collect().await?;
            assert_eq!(deltas, ["It ", "is fine."]);
            Ok((deltas.concat(), None))
        }
        "whole" => {
            let whole = stream.whole().await?;
            Ok((whole.text().unwrap_or_default().to_owned(), Some(whole)))
        }
        _ => {
            let mut stream = stream.folded();
            while let Some(chunk) = stream.next().await {
                text += chunk?.text().unwrap_or_default();
                assert_eq!(stream.so_far().text().unwrap_or_default(), text);
            }
            Ok((text, Some(stream.finish())))
        }
    }
}

async fn read_response(
    client: &Client,
    way: &str,
) -> Result<(String, Option<responses::Response>), Error> {
    let request = responses::Request::new("gpt-4o", "Hello!");
    let mut stream = client.responses().create_stream(&request).await?;
    let mut text = String::new();
    match way {
        "by hand" => {
            while let Some(event) = stream.next().await {
                text += event?.text_delta().unwrap_or_default();
            }
            Ok((text, None))
        }
        "text" => Ok((stream.text_deltas().try_collect().await?, None)),
        "whole" => {
            let whole = stream.whole().await?;
            Ok((whole.output_text(), Some(whole)))
        }
        _ => {
            let mut stream = stream.folded();
            while let Some(event) = stream.next().await {
                text += event?.text_delta().unwrap_or_default();
                assert_eq!(stream.so_far().output_text(), text);
            }
            Ok((text, Some(stream.whole().await?)))
        }
    }
}

#[test]
fn a_stream_becomes_what_the_plain_call_gives_and_is_recorded_as_if_read_by_hand() {
    let mut recorded = Vec::new();
    for way in WAYS {
        let sentry = sentry();
        sentry.run(async {
            let server = Server::start().await;
            server
                .reply(Reply::sse(chat_chunks()).done())
                .reply(Reply::json(200, &chat_whole()))
                .reply(Reply::sse(response_events()))
                .reply(Reply::json(200, &response_whole()));
            let client = client(&server);
            let (text, whole) = read_chat(&client, way).await.unwrap();
            let plain = client
                .chat()
                .completions()
                .create(&request())
                .await
                .unwrap();
            assert_eq!(text, "It is fine.", "{way}");
            assert!(whole.is_none_or(|whole| whole == plain), "{way}");

            let (text, whole) = read_response(&client, way).await.unwrap();
            let request = responses::Request::new("gpt-4o", "Hello!");
            let plain = client.responses().create(&request).await.unwrap();
            assert_eq!(text, "It is fine.", "{way}");
            assert!(whole.is_none_or(|whole| whole == plain), "{way}");
        });
        let spans = sentry.spans_with_op("gen_ai.chat");
        let facts = spans.into_iter().map(|mut span| {
            for varying in ["gen_ai.response.time_to_first_chunk", "server.port"] {
                span.data.remove(varying);
            }
            (span.name, span.status, span.data)
        });
        recorded.push(facts.collect::<Vec<_>>());
    }
    assert_eq!(recorded[0].len(), 4);
    for (way, facts) in WAYS.iter().zip(&recorded) {
        assert_eq!(facts, &recorded[0], "{way}");
    }
}

#[test]
fn a_stream_that_breaks_fails_in_every_way_of_reading_and_keeps_what_was_folded() {
    for way in WAYS {
        let sentry = sentry();
        sentry.run(async {
            let server = Server::start().await;
            let cut = |events: Vec<Value>| Reply::sse(events.into_iter().take(3)).cut();
            server
                .reply(cut(chat_chunks()))
                .reply(cut(response_events()))
                .reply(cut(chat_chunks()));
            let client = client(&server);
            let error = read_chat(&client, way).await.unwrap_err();
            assert!(matches!(error, Error::Interrupted(_)), "{way}: {error}");
            let error = read_response(&client, way).await.unwrap_err();
            assert!(matches!(error, Error::Interrupted(_)), "{way}: {error}");

            let stream = client.chat().completions().create_stream(&request()).await;
            let mut stream = stream.unwrap().folded();
            while let Some(Ok(_)) = stream.next().await {}
            assert!(stream.is_terminated());
            assert_eq!(stream.finish().text(), Some("It is fine."));
        });
        for span in sentry.spans_with_op("gen_ai.chat") {
            assert_eq!(span.status.as_deref(), Some("internal_error"), "{way}");
            assert!(
                span.get("gen_ai.output.messages")
                    .as_str()
                    .unwrap()
                    .contains("It is fine.")
            );
        }
    }
}

#[test]
fn a_helper_that_is_dropped_closes_the_connection_and_its_call_is_cancelled() {
    let sentry = sentry();
    sentry.run(async {
        let server = Server::start().await;
        let gate = Gate::new();
        let paused = || Reply::sse(chat_chunks().into_iter().take(2)).pause(&gate);
        server.reply(paused()).reply(paused());
        let completions = client(&server);
        let completions = completions.chat().completions();
        let mut text = completions
            .create_stream(&request())
            .await
            .unwrap()
            .text_deltas();
        assert_eq!(text.next().await.unwrap().unwrap(), "It ");
        drop(text);
        server.wait_for_disconnects(1).await;
        let mut folded = completions
            .create_stream(&request())
            .await
            .unwrap()
            .folded();
        folded.next().await.unwrap().unwrap();
        folded.next().await.unwrap().unwrap();
        assert_eq!(folded.finish().text(), Some("It "));
        server.wait_for_disconnects(2).await;
    });
    for span in sentry.spans_with_op("gen_ai.chat") {
        assert_eq!(span.status.as_deref(), Some("cancelled"));
    }
}

#[test]
fn a_stored_response_is_streamed_from_where_it_broke_off() {
    let sentry = sentry();
    sentry.run(async {
        let server = Server::start().await;
        server.reply_always(Reply::sse(response_events()));
        let client = client(&server);
        let query = responses::StreamQuery::new()
            .starting_after(4)
            .include_obfuscation(false)
            .include([responses::Include::EncryptedReasoning]);
        let read = async {
            let stream = client.responses().retrieve_stream("r1", &query).await?;
            stream.whole().await
        };
        let whole = below_a_parent(read).await.unwrap();
        assert_eq!(whole.output_text(), "It is fine.");
        let request = server.request(0);
        assert_eq!(request.method, "GET");
        assert_eq!(
            request.path,
            "/v1/responses/r1?stream=true&include%5B%5D=reasoning.encrypted_content\
             &starting_after=4&include_obfuscation=false"
        );
        assert_eq!(request.header("accept"), Some("text/event-stream"));
        let stream = client.responses().retrieve_stream("r1", &query).await;
        assert!(stream.unwrap().text_deltas().count().await > 0);
    });
    assert_eq!(sentry.spans_with_op("http.client").len(), 1);
    assert_eq!(sentry.spans().len(), 2, "{:?}", sentry.names());
}

#[tokio::test]
async fn a_text_that_comes_in_parts_is_text_and_other_answers_are_not() {
    let server = Server::start().await;
    let choice =
        |index: u64, content: Value| json!({"index": index, "delta": {"content": content}});
    let parts = json!([
        {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]},
        {"type": "text", "text": "a"},
        {"type": "text", "text": "b"},
    ]);
    server.reply(Reply::sse([
        json!({"choices": [choice(1, json!("x")), choice(0, parts)]}),
        json!({"choices": [choice(1, json!("y"))]}),
        json!({"choices": [choice(0, json!("c"))]}),
    ]));
    let stream = client(&server)
        .chat()
        .completions()
        .create_stream(&request())
        .await;
    let deltas: Vec<_> = stream.unwrap().text_deltas().try_collect().await.unwrap();
    assert_eq!(deltas, ["ab", "c"]);
}

#[test]
fn a_text_completion_is_recorded_alike_whole_and_streamed() {
    let usage = json!({"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3});
    let reply = json!({"id": "cmpl-1", "object": "text_completion", "model": "m-1", "usage": usage,
        "choices": [{"index": 0, "text": "upon a time", "finish_reason": "stop"}]});
    let request = completions::Request::new("m", "Once")
        .max_tokens(5)
        .stop(["a"]);
    let sentry = sentry();
    sentry.run(async {
        let server = Server::start().await;
        server.reply(Reply::json(200, &reply));
        server.reply(Reply::sse([
            json!({"id": "cmpl-1", "model": "m-1", "choices": [{"index": 0, "text": "upon"}]}),
            json!({"object": "text_completion", "choices": [{"text": " a time", "finish_reason": "stop"}]}),
            json!({"choices": [], "usage": usage}),
        ]).done());
        server.reply(Reply::sse([json!({"choices": [{"text": "a"}]}), json!({"choices": [{"text": "b"}]})]).done());
        let client = client(&server);
        let whole = client.completions().create(&request).await.unwrap();
        let stream = client.completions().create_stream(&request).await.unwrap();
        assert_eq!(stream.whole().await.unwrap(), whole);
        assert_eq!(whole.text(), Some("upon a time"));
        let stream = client.completions().create_stream(&request).await.unwrap();
        let texts: Vec<_> = stream.text_deltas().try_collect().await.unwrap();
        assert_eq!(texts, ["a", "b"]);
    });
    let spans = sentry.spans_named("text_completion m");
    assert_eq!(spans.len(), 3);
    for (span, streaming) in spans.iter().zip([false, true]) {
        assert_eq!(span.op, "gen_ai.text_completion");
        assert_eq!(span.get("gen_ai.response.streaming"), streaming);
        assert_eq!(span.get("gen_ai.usage.total_tokens"), 3);
        assert_eq!(span.get("gen_ai.request.max_tokens"), 5);
        assert_eq!(span.get("gen_ai.response.id"), "cmpl-1");
        let expected = json!([{"role": "assistant", "finish_reason": "stop",
            "parts": [{"type": "text", "content": "upon a time"}]}]);
        assert_eq!(span.json("gen_ai.output.messages"), expected);
    }
}
