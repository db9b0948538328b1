//! Large exchanges: a span holds a bounded part of them, a transaction never more than Sentry takes, and the
//! caller all.

use sentry::{ClientOptions, Hub, SentryFutureExt};
use sentry_openai::{Client, OpenAiIntegration, agent, chat, embeddings, responses};
use serde_json::{Value, json};

use super::support::{Reply, Sentry, Server, SpanView};

const INPUT: &str = "gen_ai.input.messages";
const OUTPUT: &str = "gen_ai.output.messages";
const SYSTEM: &str = "gen_ai.system_instructions";
const TOOLS: &str = "gen_ai.tool.definitions";
const EMBEDDED: &str = "gen_ai.embeddings.input";
const ORIGINAL_LENGTH: &str = "gen_ai.request.messages.original_length";

/// What an attribute may hold by default.
const LIMIT: usize = 20_000;
/// What Sentry takes as one transaction.
const TRANSACTION: usize = 1_000_000;

fn sentry(integration: OpenAiIntegration) -> Sentry {
    let integration = integration.record_inputs(true).record_outputs(true);
    let options = ClientOptions::new().traces_sample_rate(1.0);
    Sentry::new(options.add_integration(integration))
}

fn client(server: &Server) -> Client {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let client = Client::builder().base_url(server.url()).http_client(http);
    client.max_retries(0).build().unwrap()
}

fn completion(text: &str) -> Value {
    json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "gpt-4o-2024-08-06",
        "choices": [{
            "index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop",
        }],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
    })
}

/// The completion in chunks of some thousand bytes.
fn streamed(text: &str) -> Reply {
    let chunk = |choice: Value| {
        json!({
            "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1,
            "model": "gpt-4o-2024-08-06", "choices": [choice],
        })
    };
    let characters: Vec<char> = text.chars().collect();
    let texts = characters.chunks(5_000).map(|piece| {
        let piece: String = piece.iter().collect();
        chunk(json!({"index": 0, "delta": {"content": piece}, "finish_reason": null}))
    });
    let last = chunk(json!({"index": 0, "delta": {}, "finish_reason": "stop"}));
    let mut usage = chunk(json!(null));
    usage["choices"] = json!([]);
    usage["usage"] = completion("")["usage"].clone();
    Reply::sse(texts.chain([last, usage])).done()
}

/// One chat completion with this request and answer, and its span.
async fn chat_span(
    integration: OpenAiIntegration,
    request: chat::Request,
    answer: &str,
) -> SpanView {
    let server = Server::start().await;
    server.reply(Reply::json(200, &completion(answer)));
    let sentry = sentry(integration);
    let client = client(&server);
    let call = async { client.chat().completions().create(&request).await };
    let reply = call.bind_hub(sentry.hub()).await.unwrap();
    assert_eq!(reply.text(), Some(answer));
    let sent: chat::Request = serde_json::from_value(server.request(0).json()).unwrap();
    assert!(sent == request, "the request went out as it was");
    sentry.span("chat gpt-4o")
}

fn len(span: &SpanView, name: &str) -> usize {
    span.get(name).as_str().map_or(0, str::len)
}

#[tokio::test]
async fn of_a_long_conversation_the_newest_messages_stay() {
    let messages = (0..100).map(|n| chat::Message::user(format!("{n}: {}", "word ".repeat(400))));
    let request = chat::Request::new("gpt-4o", messages);
    let span = chat_span(OpenAiIntegration::new(), request.clone(), "Yes.").await;
    assert!(len(&span, INPUT) <= LIMIT, "{}", len(&span, INPUT));
    assert!(len(&span, INPUT) > LIMIT - 2_500, "{}", len(&span, INPUT));
    assert_eq!(span.get(ORIGINAL_LENGTH), 100);
    let kept = span.json(INPUT);
    let kept = kept.as_array().unwrap();
    let last = json!({"role": "user", "parts": [
        {"type": "text", "content": format!("99: {}", "word ".repeat(400))},
    ]});
    assert_eq!(kept.last(), Some(&last));
    assert_eq!(span.get("gen_ai.usage.input_tokens"), 7);
}

#[tokio::test]
async fn of_a_long_text_the_beginning_stays() {
    for character in ["x", "ä", "🦀", "\"", "\n", "\u{1}"] {
        let text = character.repeat(200_000 / character.len());
        let request = chat::Request::new("gpt-4o", [chat::Message::user(&*text)]);
        let span = chat_span(OpenAiIntegration::new(), request, "Yes.").await;
        assert!(len(&span, INPUT) <= LIMIT, "{}", len(&span, INPUT));
        assert!(len(&span, INPUT) > LIMIT - 20, "{}", len(&span, INPUT));
        assert_eq!(span.get(ORIGINAL_LENGTH), 1);
        let kept = &span.json(INPUT)[0]["parts"][0]["content"];
        let kept = kept.as_str().unwrap().strip_suffix('…').unwrap();
        assert!(text.starts_with(kept));
    }
}

#[tokio::test]
async fn a_question_after_long_results_of_tools_keeps_its_share() {
    let question = chat::Message::user("What follows?");
    let result = "row ".repeat(50_000);
    let messages = [question, chat::Message::tool("call_1", result)];
    let request = chat::Request::new("gpt-4o", messages);
    let span = chat_span(OpenAiIntegration::new(), request, "Yes.").await;
    assert!(len(&span, INPUT) <= LIMIT);
    let kept = span.json(INPUT);
    assert_eq!(kept[0]["parts"][0]["content"], "What follows?");
    assert_eq!(kept[1]["parts"][0]["id"], "call_1");
    assert_eq!(kept.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_long_answer_is_cut_alike_whether_it_came_whole_or_streamed() {
    let answer = "Ünd so weiter. ".repeat(70_000);
    let request = chat::Request::new("gpt-4o", [chat::Message::user("Go on.")]);
    let whole = chat_span(OpenAiIntegration::new(), request.clone(), &answer).await;

    let server = Server::start().await;
    server.reply(streamed(&answer));
    let sentry = sentry(OpenAiIntegration::new());
    let client = client(&server);
    let call = async {
        let mut stream = client
            .chat()
            .completions()
            .create_stream(&request)
            .await
            .unwrap();
        let mut text = String::new();
        while let Some(chunk) = stream.next().await {
            text.extend(chunk.unwrap().text());
        }
        text
    };
    assert!(
        call.bind_hub(sentry.hub()).await == answer,
        "the caller gets all"
    );
    let streamed = sentry.span("chat gpt-4o");

    for span in [&whole, &streamed] {
        assert!(
            (LIMIT - 20..=LIMIT).contains(&len(span, OUTPUT)),
            "{}",
            len(span, OUTPUT)
        );
        let kept = span.json(OUTPUT);
        assert_eq!(kept[0]["finish_reason"], "stop");
        let text = kept[0]["parts"][0]["content"].as_str().unwrap();
        assert!(answer.starts_with(text.strip_suffix('…').unwrap()));
        assert_eq!(span.get("gen_ai.usage.output_tokens"), 3);
        assert_eq!(span.get("gen_ai.response.model"), "gpt-4o-2024-08-06");
    }
    assert_eq!(whole.get(OUTPUT), streamed.get(OUTPUT));
}

#[tokio::test]
async fn of_twenty_images_only_their_types_leave() {
    let image = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo".repeat(3_000);
    let parts = (0..20).map(|_| {
        let url = format!("data:image/png;base64,{image}");
        json!({"type": "image_url", "image_url": {"url": url}})
    });
    let parts: Vec<_> = std::iter::once(json!({"type": "text", "text": "Which is best?"}))
        .chain(parts)
        .collect();
    let request = json!({"model": "gpt-4o", "messages": [{"role": "user", "content": parts}]});
    let request = serde_json::from_value(request).unwrap();
    let span = chat_span(OpenAiIntegration::new(), request, "The last.").await;
    let kept = span.json(INPUT);
    let kept = kept[0]["parts"].as_array().unwrap();
    assert_eq!(kept.len(), 21);
    assert_eq!(
        kept[0],
        json!({"type": "text", "content": "Which is best?"})
    );
    for part in &kept[1..] {
        let blob = json!({
            "type": "blob", "modality": "image", "mime_type": "image/png", "content": "[Blob substitute]",
        });
        assert_eq!(part, &blob);
    }
    assert!(len(&span, INPUT) < 2_500);
}

#[tokio::test]
async fn without_a_limit_all_is_recorded() {
    let prompt = "A \"long\" prompt.\n".repeat(12_000);
    let answer = "A long answer. ".repeat(14_000);
    let request = chat::Request::new("gpt-4o", [chat::Message::user(&*prompt)]);
    let span = chat_span(
        OpenAiIntegration::new().max_content_bytes(None),
        request,
        &answer,
    )
    .await;
    assert_eq!(span.json(INPUT)[0]["parts"][0]["content"], prompt);
    assert_eq!(span.json(OUTPUT)[0]["parts"][0]["content"], answer);
    assert_eq!(span.get(ORIGINAL_LENGTH), &Value::Null);
}

#[tokio::test]
async fn every_attribute_of_content_has_the_limit_and_is_json_still() {
    let long = "lorem \"ipsum\"\n".repeat(2_000);
    let parameters = json!({"type": "object", "description": long});
    let items: Vec<_> = (0..40)
        .map(|n| json!({"role": "user", "content": format!("{n}{long}")}))
        .collect();
    let tools: Vec<_> = (0..30)
        .map(|n| json!({"type": "function", "name": format!("tool_{n}"), "description": long, "parameters": parameters}))
        .collect();
    let request = json!({"model": "gpt-4o", "instructions": long, "input": items, "tools": tools});
    let request: responses::Request = serde_json::from_value(request).unwrap();
    let calls: Vec<_> = (0..20)
        .map(|n| json!({"type": "function_call", "call_id": format!("call_{n}"), "name": "f", "arguments": long}))
        .collect();
    let reply = json!({"object": "response", "id": "resp_1", "model": "gpt-4o", "status": "completed", "output": calls});
    let embedding = json!({"object": "list", "model": "m", "data": []});
    let texts = embeddings::Request::new("m", vec![long.clone(); 20]);
    for limit in [2_000, 5_000, 50_000] {
        let server = Server::start().await;
        server
            .reply(Reply::json(200, &reply))
            .reply(Reply::json(200, &embedding));
        let sentry = sentry(OpenAiIntegration::new().max_content_bytes(limit));
        let client = client(&server);
        let calls = async {
            client.responses().create(&request).await.unwrap();
            client.embeddings().create(&texts).await.unwrap();
        };
        calls.bind_hub(sentry.hub()).await;
        let chat = sentry.span("chat gpt-4o");
        let embeddings = sentry.span("embeddings m");
        for (span, name) in [
            (&chat, INPUT),
            (&chat, OUTPUT),
            (&chat, SYSTEM),
            (&chat, TOOLS),
            (&embeddings, EMBEDDED),
        ] {
            let len = len(span, name);
            assert!(
                (limit / 2..=limit).contains(&len),
                "{name} has {len} of {limit}"
            );
            assert!(!span.json(name).as_array().unwrap().is_empty(), "{name}");
        }
        let names: Vec<_> = chat
            .json(TOOLS)
            .as_array()
            .unwrap()
            .iter()
            .map(|tool| tool["name"].clone())
            .collect();
        let all: Vec<_> = (0..30).map(|n| json!(format!("tool_{n}"))).collect();
        assert_eq!(names, all, "every tool keeps its name");
    }
}

/// Fifty calls below one transaction, each with such a prompt and answer.
async fn fifty_calls(integration: OpenAiIntegration, text: &str) -> Sentry {
    let server = Server::start().await;
    server.reply_always(Reply::json(200, &completion(text)));
    let sentry = sentry(integration);
    let client = client(&server);
    let request = chat::Request::new("gpt-4o", [chat::Message::user(text)]);
    let calls = async {
        let transaction = sentry::start_transaction(sentry::TransactionContext::new("job", "task"));
        Hub::current().configure_scope(|scope| scope.set_span(Some(transaction.clone().into())));
        for _ in 0..50 {
            client.chat().completions().create(&request).await.unwrap();
        }
        transaction.finish();
    };
    calls.bind_hub(sentry.hub()).await;
    sentry
}

#[tokio::test]
async fn fifty_large_calls_fit_into_one_transaction_with_model_and_tokens_of_each() {
    let table = [
        ("x", Some(LIMIT)),
        ("\"\n", Some(LIMIT)),
        ("x", None),
        ("\u{1}", None),
    ];
    for (character, limit) in table {
        let integration = OpenAiIntegration::new().max_content_bytes(limit);
        let text = character.repeat(100_000 / character.len());
        let sentry = fifty_calls(integration, &text).await;
        assert_eq!(sentry.envelopes().len(), 1);
        let size = sentry.bytes().len();
        assert!(size < TRANSACTION, "{character:?}: {size} bytes");
        let spans = sentry.spans_with_op("gen_ai.chat");
        assert_eq!(spans.len(), 50);
        for span in &spans {
            assert_eq!(span.status.as_deref(), Some("ok"));
            assert_eq!(span.get("gen_ai.request.model"), "gpt-4o");
            assert_eq!(span.get("gen_ai.response.model"), "gpt-4o-2024-08-06");
            assert_eq!(span.get("gen_ai.usage.input_tokens"), 7);
            assert_eq!(span.get("gen_ai.usage.output_tokens"), 3);
            assert_eq!(span.json(INPUT)[0]["role"], "user");
            assert_eq!(span.json(OUTPUT)[0]["role"], "assistant");
        }
        for (span, name) in spans
            .iter()
            .flat_map(|span| [(span, INPUT), (span, OUTPUT)])
        {
            let kept = &span.json(name)[0]["parts"][0]["content"];
            let kept = kept.as_str().unwrap().trim_end_matches('…');
            assert!(
                kept.len() >= 10 && text.starts_with(kept),
                "{character:?}: {kept}"
            );
        }
    }
}

#[tokio::test]
async fn in_an_agents_sixty_turns_every_call_shows_its_newest_message_and_its_answer() {
    let tools: Vec<_> = (0..15)
        .map(|n| {
            let description = "does \"something\" ".repeat(500);
            json!({"type": "function", "function": {"name": format!("tool_{n}"), "description": description}})
        })
        .collect();
    let instructions = json!({"role": "system", "content": "Be \"brief\". ".repeat(500)});
    let server = Server::start().await;
    let sentry = sentry(OpenAiIntegration::new());
    let client = client(&server);
    let run = agent::invoke_agent("planner").input("Go.").run(async {
        let mut messages = vec![instructions, json!({"role": "user", "content": "Go."})];
        for turn in 0..60 {
            let request = json!({"model": "gpt-4o", "messages": messages, "tools": tools});
            let request: chat::Request = serde_json::from_value(request).unwrap();
            server.reply(Reply::json(200, &completion(&format!("answer {turn}"))));
            client.chat().completions().create(&request).await?;
            let result = format!("result {turn}: {}", "{\"row\": 1}\n".repeat(270));
            messages.push(json!({"role": "assistant", "content": format!("answer {turn}")}));
            messages.push(json!({"role": "tool", "tool_call_id": "call_1", "content": result}));
        }
        Ok::<_, sentry_openai::Error>(())
    });
    run.bind_hub(sentry.hub()).await.unwrap();
    assert_eq!(sentry.envelopes().len(), 1);
    let size = sentry.bytes().len();
    assert!((400_000..TRANSACTION).contains(&size), "{size} bytes");
    let mut calls = sentry.spans_with_op("gen_ai.chat");
    calls.sort_by_key(|call| call.start);
    assert_eq!(calls.len(), 60);
    for (turn, call) in calls.iter().enumerate() {
        assert_eq!(
            call.json(OUTPUT)[0]["parts"][0]["content"],
            format!("answer {turn}")
        );
        let newest = call
            .json(INPUT)
            .as_array()
            .unwrap()
            .last()
            .cloned()
            .unwrap();
        let newest = newest["parts"][0].to_string();
        let expected = match turn {
            0 => "Go.".to_owned(),
            turn => format!("result {}: ", turn - 1),
        };
        assert!(newest.contains(&expected), "{turn}: {newest}");
        assert!(turn == 0 || newest.len() > 400, "{turn}: {newest}");
        assert_eq!(call.get("gen_ai.usage.total_tokens"), 10);
    }
    let marker = format!("[as in span {}]", calls[0].span_id);
    for name in [SYSTEM, TOOLS] {
        assert!(!calls[0].get(name).as_str().unwrap().contains("as in span"));
        assert!(
            calls[59].get(name).as_str().unwrap().contains(&marker),
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_call_that_alone_is_too_large_is_sent_without_its_content() {
    let prompt = "\"".repeat(2_000_000);
    let server = Server::start().await;
    server.reply(Reply::json(200, &completion("Yes.")));
    let sentry = sentry(OpenAiIntegration::new().max_content_bytes(None));
    let client = client(&server);
    let request = chat::Request::new("gpt-4o", [chat::Message::user(&*prompt)]);
    let call = async { client.chat().completions().create(&request).await };
    call.bind_hub(sentry.hub()).await.unwrap();
    assert!(sentry.bytes().len() < TRANSACTION);
    let span = sentry.span("chat gpt-4o");
    assert!(span.is_transaction);
    let kept = span.json(INPUT)[0]["parts"][0]["content"].clone();
    let kept = kept.as_str().unwrap().strip_suffix('…').unwrap();
    assert!(kept.len() > 100_000 && prompt.starts_with(kept));
    assert_eq!(span.json(OUTPUT)[0]["parts"][0]["content"], "Yes.");
    assert_eq!(span.get("gen_ai.usage.total_tokens"), 10);
}
