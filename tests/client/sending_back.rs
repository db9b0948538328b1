//! A reply can be sent back as it came, whatever it held.

use sentry_openai::{chat, responses};
use serde_json::{Value, json};

use super::exchange::client;
use super::replies::chats;
use crate::support::{Reply, Server};

#[tokio::test]
async fn the_message_of_a_reply_is_sent_back_in_the_next_request() {
    for (rule, sent, got) in chats() {
        let got = got.unwrap_or_else(|| sent.clone());
        let Some(mut expected) = got["choices"]
            .get(0)
            .map(|choice| choice["message"].clone())
        else {
            continue;
        };
        // A message that is sent is the assistant's, and OpenAI refuses an empty list of calls.
        expected["role"] = json!("assistant");
        if expected["tool_calls"] == json!([]) {
            expected.as_object_mut().unwrap().remove("tool_calls");
        }
        let server = Server::start().await;
        server
            .reply(Reply::json(200, &sent))
            .reply(Reply::json(200, &json!({"choices": []})));
        let client = client(&server);
        let request = chat::Request::new("m", [chat::Message::user("Hi")]);
        let reply = client.chat().completions().create(&request).await.unwrap();
        let next = request
            .message(reply.message().unwrap())
            .message(chat::Message::tool("c", "done"));
        client.chat().completions().create(&next).await.unwrap();
        let messages = &server.request(1).json()["messages"];
        assert_eq!(messages[1], expected, "{rule}");
        assert_eq!(
            messages[2],
            json!({"role": "tool", "tool_call_id": "c", "content": "done"})
        );
    }
}

#[tokio::test]
async fn the_items_of_a_response_are_sent_back_in_the_next_request() {
    let items = json!([
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Hm"}],
            "encrypted_content": "AAAA", "depth": 3},
        {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "phase": "late", "content": [
            {"type": "output_text", "text": "Hi", "annotations": [{"type": "rumour", "of": 1}], "logprobs": []},
            {"type": "refusal", "refusal": "No."}, {"type": "output_smell", "smell": "rose"}]},
        {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": "{\"a\": 1}"},
        {"type": "web_search_call", "id": "ws_1", "status": "odd", "action": {"type": "wander", "where": "x"}},
        {"type": "telepathy_call", "id": "t", "thought": {"x": [1, null, 1.5]}},
    ]);
    let plain = Reply::json(200, &json!({"object": "response", "output": items}));
    let done = |item: (usize, &Value)| json!({"type": "response.output_item.done", "output_index": item.0, "item": item.1});
    let events = items.as_array().unwrap().iter().enumerate().map(done);
    let last = json!({"type": "response.completed", "response": {"output": items}});
    let streamed = Reply::sse(events.chain([last]));
    let output = responses::Item::function_call_output("call_1", "done");
    for (rule, reply) in [("plain", plain), ("streamed", streamed)] {
        let server = Server::start().await;
        server
            .reply(reply)
            .reply(Reply::json(200, &json!({"output": []})));
        let client = client(&server);
        let request = responses::Request::new("m", "Hi");
        let reply = if rule == "plain" {
            client.responses().create(&request).await.unwrap()
        } else {
            let mut stream = client.responses().create_stream(&request).await.unwrap();
            let mut fold = responses::Fold::new();
            while let Some(event) = futures::StreamExt::next(&mut stream).await {
                fold.push(&event.unwrap());
            }
            fold.finish()
        };
        let mut input = reply.output;
        input.push(output.clone());
        let next = responses::Request::new("m", input);
        client.responses().create(&next).await.unwrap();
        let sent = server.request(1).json()["input"].clone();
        let (last, sent) = sent.as_array().unwrap().split_last().unwrap();
        assert_eq!(json!(sent), items, "{rule}");
        assert_eq!(last["call_id"], "call_1", "{rule}");
    }
}
