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
        // And arguments that are no JSON.
        let calls = expected.get_mut("tool_calls").and_then(Value::as_array_mut);
        for call in calls.into_iter().flatten() {
            if call["function"]["arguments"] == "" {
                call["function"]["arguments"] = json!("{}");
            }
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

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table")]
async fn a_reply_is_sent_back_without_what_the_api_does_not_take() {
    // What the document's output schemas have and its input schemas have not.
    let rows = [
        (
            json!({"type": "reasoning", "summary": []}),
            json!({"status": "completed"}),
        ),
        (
            json!({"type": "function_call", "name": "f", "arguments": "{}", "status": "completed"}),
            json!({"created_by": "u"}),
        ),
        (
            json!({"type": "function_call_output", "call_id": "c", "output": "x", "status": "completed"}),
            json!({"created_by": "u"}),
        ),
        (
            json!({"type": "custom_tool_call", "name": "f", "input": ""}),
            json!({"created_by": "u"}),
        ),
        (
            json!({"type": "custom_tool_call_output", "call_id": "c", "output": "x"}),
            json!({"created_by": "u", "status": "completed"}),
        ),
        (
            json!({"type": "computer_call_output", "call_id": "c", "output": {"type": "computer_screenshot"}}),
            json!({"created_by": "u"}),
        ),
        (
            json!({"type": "tool_search_call", "call_id": "c", "status": "completed"}),
            json!({"created_by": "u"}),
        ),
        (
            json!({"type": "tool_search_output", "call_id": "c", "tools": [], "status": "completed"}),
            json!({"created_by": "u"}),
        ),
        (
            json!({"type": "compaction", "encrypted_content": "AAAA"}),
            json!({"created_by": "u"}),
        ),
        (
            json!({"type": "shell_call", "call_id": "c", "action": {"commands": ["ls"]}, "status": "completed"}),
            json!({"created_by": "u"}),
        ),
        (
            json!({"type": "shell_call_output", "call_id": "c", "output": [{"stdout": "x", "stderr": ""}]}),
            json!({"created_by": "u", "output": [{"stdout": "x", "stderr": "", "created_by": "u"}]}),
        ),
        (
            json!({"type": "apply_patch_call", "call_id": "c", "status": "completed"}),
            json!({"created_by": "u"}),
        ),
        (
            json!({"type": "apply_patch_call_output", "call_id": "c", "status": "completed"}),
            json!({"created_by": "u"}),
        ),
        (
            json!({"type": "function_call", "name": "f", "arguments": "{}"}),
            json!({"arguments": ""}),
        ),
        (
            json!({"type": "mcp_call", "name": "f", "arguments": "{}", "status": "completed"}),
            json!({"arguments": " "}),
        ),
        (
            json!({"type": "mcp_approval_request", "name": "f", "arguments": "{}"}),
            json!({"arguments": ""}),
        ),
        // Of these the schemas are the same.
        (
            json!({"type": "message", "role": "assistant", "status": "completed",
            "content": [{"type": "output_text", "text": "x", "annotations": []}]}),
            json!({}),
        ),
        (
            json!({"type": "file_search_call", "queries": ["q"], "status": "completed"}),
            json!({}),
        ),
        (
            json!({"type": "code_interpreter_call", "code": "1", "outputs": null, "status": "completed"}),
            json!({}),
        ),
        (
            json!({"type": "local_shell_call", "call_id": "c", "action": {"command": []}, "status": "completed"}),
            json!({}),
        ),
    ];
    let server = Server::start().await;
    let outputs: Vec<Value> = rows
        .iter()
        .map(|(item, more)| {
            let mut item = item.clone();
            item.as_object_mut()
                .unwrap()
                .extend(more.as_object().unwrap().clone());
            item
        })
        .collect();
    let expected: Vec<Value> = rows.into_iter().map(|row| row.0).collect();
    server.reply_always(Reply::json(
        200,
        &json!({"object": "response", "output": outputs}),
    ));
    let client = client(&server);
    let reply = client
        .responses()
        .create(&responses::Request::new("m", "Hi"))
        .await
        .unwrap();
    let mut grown = responses::Request::default();
    for item in reply.output.clone() {
        grown = grown.item(item);
    }
    let requests = [
        responses::Request::new("m", reply.output.clone()),
        responses::Request::new("m", &reply.output[..]),
        responses::Request::default()
            .input(reply.output.iter().cloned().collect::<responses::Input>()),
        grown,
    ];
    for (index, request) in requests.iter().enumerate() {
        client.responses().create(request).await.unwrap();
        let input = &server.request(index + 1).json()["input"];
        assert_eq!(input, &json!(expected));
    }
    let conversation = sentry_openai::conversations::ItemsRequest::new(reply.output);
    assert_eq!(
        serde_json::to_value(conversation).unwrap()["items"],
        json!(expected)
    );
}

#[tokio::test]
async fn a_streamed_reply_is_sent_back_with_whole_reasoning_and_arguments() {
    let detail = |more: Value| {
        let mut detail = json!({"type": "reasoning.text", "index": 0});
        detail
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        json!({"choices": [{"index": 0, "delta": {"reasoning_details": [detail]}}]})
    };
    let server = Server::start().await;
    server.reply_always(Reply::sse([
        detail(json!({"text": "I "})),
        detail(json!({"text": "think"})),
        detail(json!({"signature": "sig"})),
        json!({"choices": [{"index": 0, "finish_reason": "tool_calls", "delta": {"tool_calls": [
            {"index": 0, "id": "c", "type": "function", "function": {"name": "now", "arguments": ""}}]}}]}),
    ]));
    let client = client(&server);
    let request = chat::Request::new("m", [chat::Message::user("Hi")]);
    let stream = client
        .chat()
        .completions()
        .create_stream(&request)
        .await
        .unwrap();
    let reply = stream.whole().await.unwrap();
    let next = serde_json::to_value(request.message(reply.message().unwrap())).unwrap();
    let expected = json!({"role": "assistant",
        "reasoning_details": [{"type": "reasoning.text", "index": 0, "text": "I think", "signature": "sig"}],
        "tool_calls": [{"id": "c", "type": "function", "function": {"name": "now", "arguments": "{}"}}]});
    assert_eq!(next["messages"][1], expected);
}
