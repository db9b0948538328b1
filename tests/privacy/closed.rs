//! What a caller or a server may write anywhere, and what leaves of it.

use sentry::SentryFutureExt;
use sentry_openai::{Client, OpenAiIntegration, agent, chat, responses};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::calls::{http, options};
use super::support::{Reply, Sentry, Server, SpanView};

fn recording() -> OpenAiIntegration {
    OpenAiIntegration::new()
        .record_inputs(true)
        .record_outputs(true)
}

fn read<T: DeserializeOwned>(json: Value) -> T {
    serde_json::from_value(json).unwrap()
}

fn client(server: &Server) -> Client {
    let client = Client::builder().base_url(server.url()).http_client(http());
    client.api_key("k").max_retries(0).build().unwrap()
}

/// A chat completion and a response, each with its span.
async fn calls(
    integration: OpenAiIntegration,
    (chat, completion): (Value, Value),
    (ask, response): (Value, Value),
) -> (Sentry, SpanView, SpanView) {
    let sentry = Sentry::new(options(integration));
    let server = Server::start().await;
    server
        .reply(Reply::json(200, &completion))
        .reply(Reply::json(200, &response));
    let client = client(&server);
    let calls = async {
        let request: chat::Request = read(chat);
        client.chat().completions().create(&request).await.unwrap();
        let request: responses::Request = read(ask);
        client.responses().create(&request).await.unwrap();
    };
    calls.bind_hub(sentry.hub()).await;
    let mut spans = sentry.spans_with_op("gen_ai.chat").into_iter();
    let (chat, response) = (spans.next().unwrap(), spans.next().unwrap());
    (sentry, chat, response)
}

#[tokio::test]
async fn values_under_names_of_secrets_do_not_leave_of_what_is_not_known() {
    let odd = json!({
        "type": "odd_thing", "note": "seen",
        "cfg": {
            "bearer_token": "SECRET", "env": {"API_KEY": "SECRET"}, "x-Api-Key": ["SECRET"], "clientSecret": {"a": "SECRET"},
            "PassWord": "SECRET", "Set-Cookie": "SECRET", "privateKey": 5, "headers": {"Accept": "SECRET"},
            "max_tokens": 7, "token": null,
            "server_url": "https://SECRET:SECRET@host/path?key=SECRET#SECRET",
            "urls": ["postgres://SECRET@db/x"],
        },
    });
    let expected = json!({
        "type": "odd_thing", "note": "seen",
        "cfg": {
            "bearer_token": "[redacted]", "env": {"API_KEY": "[redacted]"}, "x-Api-Key": "[redacted]",
            "clientSecret": "[redacted]", "PassWord": "[redacted]", "Set-Cookie": "[redacted]", "privateKey": "[redacted]",
            "headers": "[redacted]", "max_tokens": 7, "token": null,
            "server_url": "https://host/path",
            "urls": ["postgres://db/x"],
        },
    });
    let image = json!({"type": "image_url", "image_url": {"url": "https://SECRET:p@example.com/a.png?sig=SECRET"}});
    let file = json!({"type": "input_file", "file_url": "https://example.com/b.pdf?sig=SECRET"});
    let (sentry, chat, response) = calls(
        recording(),
        (
            json!({"model": "m", "messages": [{"role": "user", "content": [odd, image]}]}),
            json!({"choices": [{"message": {"content": [odd]}}]}),
        ),
        (
            json!({"model": "m", "input": [odd, {"role": "user", "content": [odd, file]}]}),
            json!({"object": "response", "status": "completed", "output": [odd]}),
        ),
    )
    .await;
    assert!(!sentry.leaked("SECRET"), "{chat:#?} {response:#?}");
    let object = json!({"type": "object", "content": expected});
    for span in [&chat, &response] {
        for name in ["gen_ai.input.messages", "gen_ai.output.messages"] {
            assert_eq!(span.json(name)[0]["parts"][0], object, "{name}");
        }
    }
    assert_eq!(
        chat.json("gen_ai.input.messages")[1]["parts"][0]["uri"],
        "https://example.com/a.png"
    );
    assert_eq!(
        response.json("gen_ai.input.messages")[2]["parts"][0]["uri"],
        "https://example.com/b.pdf"
    );
}

#[tokio::test]
async fn strings_of_json_are_redacted_decoded_wherever_they_stand() {
    let hidden = r#"{"a":"\u004dKSECRET","n":1.50}"#;
    let call =
        json!({"id": "c", "type": "function", "function": {"name": "f", "arguments": hidden}});
    let (sentry, chat, response) = calls(
        recording().redact(|text| text.replace("MKSECRET", "*").into()),
        (
            json!({"model": "m", "stop": "MKSECRET", "messages": [
                {"role": "system", "content": hidden},
                {"role": "user", "content": [
                    {"type": "file", "file": {"filename": "MKSECRET.pdf", "file_data": "data:MKSECRET/x;base64,QUJD"}},
                ]},
                {"role": "assistant", "tool_calls": [call]},
                {"role": "tool", "tool_call_id": "c", "content": hidden},
            ], "tools": [{"type": "MKSECRET"}]}),
            json!({"choices": [{"message": {"content": hidden, "tool_calls": [call]}}]}),
        ),
        (
            json!({"model": "m", "input": hidden, "tools": [{"type": "MKSECRET"}],
                "prompt": {"id": "p", "variables": {"v": hidden}}}),
            json!({"object": "response", "status": "completed", "output": [
                {"type": "mcp_call", "id": "c", "name": "f", "arguments": hidden, "output": hidden},
            ]}),
        ),
    )
    .await;
    assert!(!sentry.leaked("KSECRET"), "{chat:#?} {response:#?}");
    let shown = r#"{"a":"*","n":1.50}"#;
    assert_eq!(chat.json("gen_ai.system_instructions")[0]["content"], shown);
    let input = chat.json("gen_ai.input.messages");
    assert_eq!(input[0]["parts"][0]["filename"], "*.pdf");
    assert_eq!(input[0]["parts"][0]["mime_type"], "*/x");
    assert_eq!(input[1]["parts"][0]["arguments"], shown);
    assert_eq!(input[2]["parts"][0]["result"], shown);
    assert_eq!(chat.get("gen_ai.request.stop_sequences"), &json!(["*"]));
    assert_eq!(chat.json("gen_ai.tool.definitions")[0]["type"], "*");
    let output = response.json("gen_ai.output.messages");
    assert_eq!(output[0]["parts"][1]["content"]["result"], shown);
}

#[tokio::test]
async fn no_fact_of_a_caller_or_a_server_makes_an_envelope_too_large() {
    let long = "ö".repeat(600_000);
    let choices: Vec<_> = (0..20_000)
        .map(|index| json!({"index": index, "finish_reason": "stop", "message": {}}))
        .collect();
    for integration in [OpenAiIntegration::new(), recording()] {
        let (sentry, chat, response) = calls(
            integration,
            (
                json!({"model": long, "messages": [], "conversation": long, "reasoning_effort": long, "stop": [long, long]}),
                json!({"id": long, "model": long, "choices": choices}),
            ),
            (
                json!({"input": "Hi", "conversation": long, "prompt": {"id": long}, "reasoning": {"effort": long}}),
                json!({"object": "response", "id": long, "model": long, "status": "completed", "output": []}),
            ),
        )
        .await;
        let bytes = sentry.bytes().len();
        assert!(bytes < 100_000, "{bytes}");
        let bounded = "ö".repeat(510) + "…";
        for (span, name) in [
            (&chat, "gen_ai.request.model"),
            (&chat, "gen_ai.conversation.id"),
            (&chat, "gen_ai.request.reasoning.level"),
            (&chat, "gen_ai.response.id"),
            (&chat, "gen_ai.response.model"),
            (&response, "gen_ai.prompt.name"),
            (&response, "gen_ai.request.model"),
        ] {
            assert_eq!(span.get(name), &json!(bounded), "{name}");
        }
        assert_eq!(chat.name, format!("chat {bounded}"));
        let reasons = chat.json("gen_ai.response.finish_reasons");
        assert_eq!(reasons, json!(vec!["stop"; 64]));
    }
    let sentry = Sentry::new(options(recording()));
    let agent = agent::invoke_agent(long.clone()).model(long.clone());
    let agent = agent.pipeline(long.clone()).conversation_id(long.clone());
    let tool = agent::execute_tool(long.clone()).call_id(long.clone());
    let run = agent.run(tool.run(async { Ok::<_, sentry_openai::Error>(()) }));
    run.bind_hub(sentry.hub()).await.unwrap();
    assert_eq!(sentry.spans().len(), 2);
    let bytes = sentry.bytes().len();
    assert!(bytes < 50_000, "{bytes}");
}

#[tokio::test]
async fn the_smallest_limits_hold_for_markers_too() {
    let image = format!("data:image/png;base64,{}", "iVBORw0KGgo5".repeat(50));
    let (chat, completion) = (
        json!({"model": "m", "stop": image, "messages": [
            {"role": "system", "content": image}, {"role": "user", "content": image},
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": image}}, {"type": "odd", "token": image}]},
        ], "tools": [{"type": "odd"}]}),
        json!({"choices": [{"message": {"content": image}}]}),
    );
    let (ask, response) = (
        json!({"model": "m", "instructions": image, "input": image}),
        json!({"object": "response", "status": "completed", "output": [
            {"type": "mcp_call", "id": "c", "name": "f", "arguments": image, "output": image},
        ]}),
    );
    for limit in 0..140 {
        for redacts in [false, true] {
            let mut integration = recording().max_content_bytes(limit);
            if redacts {
                integration = integration.redact(|_| std::panic::resume_unwind(Box::new("no")));
            }
            let exchanges = (
                (chat.clone(), completion.clone()),
                (ask.clone(), response.clone()),
            );
            let (sentry, chat, response) =
                calls(integration.clone(), exchanges.0, exchanges.1).await;
            let tool = agent::execute_tool("tool").arguments(&*image);
            let tool = tool.description(&*image);
            let run = tool.run(async { Ok::<_, sentry_openai::Error>(image.clone()) });
            run.bind_hub(sentry.hub()).await.unwrap();
            let spans = [chat, response].into_iter().chain(sentry.spans());
            for span in spans {
                for name in CONTENT {
                    let value = span.get(name);
                    let bytes = value.as_str().map_or_else(
                        || {
                            let texts = value.as_array().into_iter().flatten();
                            texts.map(|text| text.as_str().unwrap().len()).sum()
                        },
                        str::len,
                    );
                    assert!(bytes <= limit, "{name} has {bytes} of {limit}: {value}");
                }
            }
        }
    }
}

const CONTENT: [&str; 8] = [
    "gen_ai.input.messages",
    "gen_ai.output.messages",
    "gen_ai.request.stop_sequences",
    "gen_ai.system_instructions",
    "gen_ai.tool.call.arguments",
    "gen_ai.tool.call.result",
    "gen_ai.tool.definitions",
    "gen_ai.tool.description",
];
