//! Calls of every endpoint that say secrets wherever a text may stand, and end in every way.

use std::error::Error as _;
use std::fmt::{Debug, Write as _};
use std::sync::LazyLock;

use futures::{Stream, StreamExt};
use sentry::{ClientOptions, SentryFutureExt};
use sentry_openai::{Client, ClientBuilder, Error, OpenAiIntegration, chat, embeddings, responses};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::support::{Reply, Sentry, Server};

/// Stands in every text of a request.
pub(crate) const PROMPT: &str = "prompt-secret";
/// Stands in every text of a reply.
pub(crate) const ANSWER: &str = "answer-secret";
/// Stands in what the API says of an error.
pub(crate) const ERROR: &str = "error-secret";
/// Stands in headers, in the query, and in what authorizes at MCP servers.
pub(crate) const KEY: &str = "sk-key-secret";

pub(crate) const ALL: [&str; 4] = [PROMPT, ANSWER, ERROR, KEY];

/// A call that is made in full.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    endpoint: Endpoint,
    reply: Reply,
    /// The caller leaves after so many events, or before the reply.
    leaves_after: Option<usize>,
    /// Whether an answer arrives, or a part of one.
    pub(crate) answers: bool,
}

#[derive(Clone, Copy)]
enum Endpoint {
    Chat,
    ChatStream,
    Responses,
    ResponsesStream,
    Embeddings,
}

impl Case {
    /// A table of all.
    pub(crate) fn all() -> Vec<Self> {
        use Endpoint::{Chat, ChatStream, Embeddings, Responses, ResponsesStream};

        let case = |name, endpoint, reply, answers| Self {
            name,
            endpoint,
            reply,
            leaves_after: None,
            answers,
        };
        let garbage = || Reply::text(200, "application/json", format!("{{{ANSWER}"));
        let other_shape = || {
            Reply::json(
                200,
                &json!({"choices": ANSWER, "output": ANSWER, "data": ANSWER}),
            )
        };
        let html = || Reply::text(502, "text/html", format!("<html>{ERROR} {KEY}</html>"));
        let cut = |whole: Value| {
            let body = whole.to_string();
            Reply::text(200, "application/json", body.clone()).content_length(body.len() + 9)
        };
        let chunks = || Reply::sse(chunks());
        let events = || Reply::sse(events());
        let mut all = vec![
            case("chat", Chat, Reply::json(200, &completion()), true),
            case("chat, an error", Chat, api_error(400), false),
            case("chat, an error about the key", Chat, api_error(401), false),
            case("chat, an error in a 200", Chat, api_error(200), false),
            case("chat, no JSON", Chat, garbage(), false),
            case("chat, another shape", Chat, other_shape(), false),
            case("chat, a page", Chat, html(), false),
            case("chat, cut", Chat, cut(completion()), false),
            case(
                "chat, closed",
                Chat,
                Reply::new(200).close_before_head(),
                false,
            ),
            case("chat, redirected", Chat, redirect(), false),
            case("a chat stream", ChatStream, chunks().done(), true),
            case("a chat stream, an error", ChatStream, api_error(429), false),
            case(
                "a chat stream, an error in it",
                ChatStream,
                chunks().data(error_body()),
                true,
            ),
            case(
                "a chat stream, an error event",
                ChatStream,
                chunks().event("error", ERROR),
                true,
            ),
            case(
                "a chat stream, no JSON",
                ChatStream,
                chunks().data(format!("{{{ANSWER}")),
                true,
            ),
            case("a chat stream, cut", ChatStream, chunks().reset(), true),
            case("a chat stream, no events", ChatStream, html_200(), false),
            case(
                "responses",
                Responses,
                Reply::json(200, &response("completed")),
                true,
            ),
            case(
                "responses, failed",
                Responses,
                Reply::json(200, &response("failed")),
                true,
            ),
            case("responses, an error", Responses, api_error(500), false),
            case("responses, no JSON", Responses, garbage(), false),
            case("responses, another shape", Responses, other_shape(), false),
            case("a stream of responses", ResponsesStream, events(), true),
            case(
                "a stream of responses, cut",
                ResponsesStream,
                events().reset(),
                true,
            ),
            case(
                "a stream of responses, an error in it",
                ResponsesStream,
                events().event("error", error_event()),
                true,
            ),
            case(
                "a stream of responses, an error",
                ResponsesStream,
                api_error(404),
                false,
            ),
            case(
                "embeddings",
                Embeddings,
                Reply::json(200, &vectors()),
                false,
            ),
            case("embeddings, an error", Embeddings, api_error(400), false),
            case("embeddings, no JSON", Embeddings, garbage(), false),
        ];
        let stall = || Reply::new(200).stall_before_head();
        for (name, endpoint, reply, after, answers) in [
            ("chat, left", Chat, stall(), 0, false),
            ("embeddings, left", Embeddings, stall(), 0, false),
            (
                "a chat stream, never read",
                ChatStream,
                chunks().stall(),
                0,
                false,
            ),
            ("a chat stream, left", ChatStream, chunks().stall(), 4, true),
            (
                "a stream of responses, left",
                ResponsesStream,
                events().stall(),
                9,
                true,
            ),
        ] {
            all.push(Self {
                leaves_after: Some(after),
                ..case(name, endpoint, reply, answers)
            });
        }
        all
    }

    /// The cases that end in an error.
    pub(crate) fn failures() -> Vec<Self> {
        let fails = |case: &Self| {
            let name = case.name;
            name.contains(", ")
                && !name.contains("left")
                && !name.contains("failed")
                && !name.contains("never")
        };
        Self::all().into_iter().filter(fails).collect()
    }

    /// Makes the call: what left for Sentry, and all that the caller can print without asking for content.
    pub(crate) async fn run(
        &self,
        options: ClientOptions,
        client: ClientBuilder,
    ) -> (Sentry, String) {
        let sentry = Sentry::new(options);
        let shown = self.run_here(client).bind_hub(sentry.hub()).await;
        (sentry, shown)
    }

    /// Makes the call in the current hub.
    pub(crate) async fn run_here(&self, builder: ClientBuilder) -> String {
        let server = Server::start().await;
        server.reply(self.reply.clone());
        let builder = builder
            .api_key(KEY)
            .base_url(format!("{}?key={KEY}", server.url()))
            .header("x-gateway-key".parse().unwrap(), KEY.parse().unwrap())
            .max_retries(0);
        let mut shown = format!("{builder:?} {builder:#?}");
        let client = builder.http_client(http()).build().unwrap();
        write!(shown, "{client:?} {client:#?}").unwrap();
        match self.endpoint {
            Endpoint::Chat => {
                let request: chat::Request = read(chat_request());
                let completions = client.chat().completions();
                self.whole(&server, completions.create(&request), &mut shown)
                    .await;
            }
            Endpoint::ChatStream => {
                let request: chat::Request = read(chat_request());
                let stream = client.chat().completions().create_stream(&request).await;
                self.streamed(stream, &mut shown).await;
            }
            Endpoint::Responses => {
                let request: responses::Request = read(responses_request());
                let responses = client.responses();
                self.whole(&server, responses.create(&request), &mut shown)
                    .await;
            }
            Endpoint::ResponsesStream => {
                let request: responses::Request = read(responses_request());
                let stream = client.responses().create_stream(&request).await;
                self.streamed(stream, &mut shown).await;
            }
            Endpoint::Embeddings => {
                let request: embeddings::Request = read(embeddings_request());
                let embeddings = client.embeddings();
                self.whole(&server, embeddings.create(&request), &mut shown)
                    .await;
            }
        }
        shown
    }

    async fn whole<T>(
        &self,
        server: &Server,
        call: impl Future<Output = Result<T, Error>>,
        shown: &mut String,
    ) {
        if self.leaves_after.is_some() {
            tokio::select! {
                _ = call => panic!("{} got a reply", self.name),
                () = server.wait_for_requests(1) => {}
            }
        } else if let Err(error) = call.await {
            show(&error, shown);
        }
    }

    async fn streamed<S, T>(&self, stream: Result<S, Error>, shown: &mut String)
    where
        S: Stream<Item = Result<T, Error>> + Unpin + Debug,
    {
        match stream {
            Ok(mut stream) => {
                write!(shown, "{stream:?} {stream:#?}").unwrap();
                let most = self.leaves_after.unwrap_or(usize::MAX);
                for _ in 0..most {
                    match stream.next().await {
                        Some(Ok(_)) => {}
                        Some(Err(error)) => show(&error, shown),
                        None => break,
                    }
                }
                write!(shown, "{stream:?}").unwrap();
            }
            Err(error) => show(&error, shown),
        }
    }
}

/// The options for the Sentry client with this integration.
pub(crate) fn options(integration: OpenAiIntegration) -> ClientOptions {
    let options = ClientOptions::new().traces_sample_rate(1.0);
    options.add_integration(integration)
}

/// One for all, since it takes long to make, and with a connection for each request, since each test has a
/// runtime of its own.
pub(crate) fn http() -> reqwest::Client {
    static HTTP: LazyLock<reqwest::Client> = LazyLock::new(|| {
        let http = reqwest::Client::builder().no_proxy();
        let http = http.redirect(reqwest::redirect::Policy::none());
        http.pool_max_idle_per_host(0).build().unwrap()
    });
    HTTP.clone()
}

/// An error in every way it can be printed, as an error reporter would.
fn show(error: &Error, to: &mut String) {
    write!(to, "{error} {error:?} {error:#?}").unwrap();
    let mut source = error.source();
    while let Some(error) = source {
        write!(to, "{error} {error:?} {error:#?}").unwrap();
        source = error.source();
    }
    sentry::capture_error(error);
}

fn read<T: DeserializeOwned>(json: Value) -> T {
    serde_json::from_value(json).unwrap()
}

fn text(of: &str) -> String {
    format!("It is {of}.")
}

fn schema() -> Value {
    json!({"type": "object", "properties": {PROMPT: {"type": "string", "description": text(PROMPT)}}})
}

fn chat_request() -> Value {
    let url = format!("https://example.com/{PROMPT}.png");
    let call = json!({
        "id": "call_1", "type": "function", "function": {"name": "f", "arguments": json!({"x": PROMPT}).to_string()},
    });
    json!({
        "model": "gpt-4o",
        "messages": [
            {"role": "system", "content": text(PROMPT)},
            {"role": "developer", "content": [{"type": "text", "text": text(PROMPT)}]},
            {"role": "user", "name": PROMPT, "content": [
                {"type": "text", "text": text(PROMPT)},
                {"type": "image_url", "image_url": {"url": url}},
                {"type": "file", "file": {"filename": format!("{PROMPT}.pdf"), "file_data": "JVBERi0xLjQK"}},
                {"type": "poem", "lines": [text(PROMPT)], "headers": {"X-Key": KEY}},
            ]},
            {"role": "assistant", "reasoning_content": text(PROMPT), "refusal": text(PROMPT), "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "call_1", "content": text(PROMPT)},
            {"role": PROMPT, "content": text(PROMPT)},
            {"role": "user", "content": text(PROMPT)},
        ],
        "tools": [
            {"type": "function", "function": {
                "name": PROMPT, "description": text(PROMPT), "parameters": schema(),
            }},
            {"type": "mcp", "name": "m", "headers": {"X-Key": KEY}, "authorization": KEY},
        ],
        "response_format": {"type": "json_schema", "json_schema": {"name": PROMPT, "schema": schema()}},
        "prediction": {"type": "content", "content": text(PROMPT)},
        "metadata": {"note": text(PROMPT)},
        "user": PROMPT,
        "guided_regex": text(PROMPT),
    })
}

fn responses_request() -> Value {
    json!({
        "model": "gpt-4o",
        "instructions": text(PROMPT),
        "input": [
            {"role": "developer", "content": text(PROMPT)},
            {"role": "user", "content": [
                {"type": "input_text", "text": text(PROMPT)},
                {"type": "input_file", "filename": format!("{PROMPT}.pdf"), "file_data": "JVBERi0xLjQK"},
            ]},
            {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": text(PROMPT)}]},
            {"type": "function_call", "call_id": "call_1", "name": PROMPT, "arguments": text(PROMPT)},
            {"type": "function_call_output", "call_id": "call_1", "output": text(PROMPT)},
            {"type": "additional_tools", "role": "developer", "tools": [mcp_tool()]},
            {"type": "novelty", "note": text(PROMPT), "headers": {"X-Key": KEY}, "authorization": KEY},
        ],
        "prompt": {"id": "pmpt_1", "variables": {"name": text(PROMPT)}},
        "tools": [
            {"type": "function", "name": PROMPT, "description": text(PROMPT), "parameters": schema()},
            mcp_tool(),
            {"type": "novel_mcp", "server": {"headers": {"X-Key": KEY}}, "api_key": KEY},
        ],
        "metadata": {"note": text(PROMPT)},
    })
}

fn mcp_tool() -> Value {
    json!({
        "type": "mcp", "server_label": "shop", "server_description": text(PROMPT),
        "server_url": format!("https://mcp.example.com/{KEY}"),
        "headers": {"X-Shop-Key": KEY}, "authorization": KEY,
    })
}

fn embeddings_request() -> Value {
    json!({"model": "text-embedding-3-small", "input": [text(PROMPT), PROMPT]})
}

fn completion() -> Value {
    let call = json!({
        "id": "call_2", "type": "function", "function": {"name": ANSWER, "arguments": json!({"x": ANSWER}).to_string()},
    });
    json!({
        "id": "chatcmpl-1", "model": "gpt-4o-2024-08-06",
        "choices": [{
            "index": 0, "finish_reason": "tool_calls",
            "message": {
                "role": "assistant", "content": text(ANSWER), "reasoning_content": text(ANSWER),
                "refusal": text(ANSWER), "audio": {"id": "a", "data": "QUJD", "transcript": text(ANSWER)},
                "annotations": [{"type": "url_citation", "url_citation": {"url": ANSWER, "title": ANSWER}}],
                "tool_calls": [call],
            },
            "logprobs": {"content": [{"token": ANSWER, "logprob": -0.1}]},
        }],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
    })
}

/// The secrets come in two pieces each.
fn chunks() -> Vec<Value> {
    let (one, other) = ANSWER.split_at(5);
    let call = |name: &str, arguments: String| json!({"tool_calls": [{"index": 0, "id": "call_2", "type": "function", "function": {"name": name, "arguments": arguments}}]});
    let deltas = [
        json!({"role": "assistant", "content": ""}),
        json!({"reasoning_content": one}),
        json!({"reasoning_content": other}),
        json!({"content": one}),
        json!({"content": other}),
        json!({"refusal": one}),
        json!({"refusal": other}),
        call(ANSWER, format!("{{\"x\":\"{one}")),
        json!({"tool_calls": [{"index": 0, "function": {"arguments": format!("{other}\"}}")}}]}),
    ];
    let chunk = |delta: Value, reason: Value| {
        json!({
            "id": "chatcmpl-1", "model": "gpt-4o-2024-08-06",
            "choices": [{"index": 0, "delta": delta, "finish_reason": reason}],
        })
    };
    let mut chunks: Vec<_> = deltas
        .into_iter()
        .map(|delta| chunk(delta, json!(null)))
        .collect();
    chunks.push(chunk(json!({}), json!("tool_calls")));
    chunks
}

/// A response repeats parts of its request.
fn response(status: &str) -> Value {
    let request = responses_request();
    let error =
        (status == "failed").then(|| json!({"code": "server_error", "message": text(ERROR)}));
    json!({
        "object": "response", "id": "resp_1", "model": "gpt-4o-2024-08-06", "status": status, "error": error,
        "instructions": request["instructions"], "tools": request["tools"], "prompt": request["prompt"],
        "metadata": request["metadata"],
        "output": [
            {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": text(ANSWER)}]},
            {"type": "function_call", "call_id": "call_1", "name": ANSWER, "arguments": text(ANSWER)},
            {"type": "mcp_call", "id": "mcp_1", "name": "find", "server_label": "shop", "arguments": text(ANSWER), "output": text(ANSWER)},
            {"type": "file_search_call", "id": "fs_1", "queries": [ANSWER], "results": [
                {"file_id": "file-1", "filename": ANSWER, "text": text(ANSWER), "attributes": {"authorization": KEY}},
            ]},
            {"type": "novelty", "note": text(ANSWER), "headers": {"X-Key": KEY}},
            {"type": "message", "id": "msg_1", "role": "assistant", "content": [
                {"type": "output_text", "text": text(ANSWER), "annotations": []},
                {"type": "refusal", "refusal": text(ANSWER)},
            ]},
        ],
        "usage": {"input_tokens": 7, "output_tokens": 3, "total_tokens": 10},
    })
}

fn events() -> Vec<Value> {
    let (one, other) = ANSWER.split_at(5);
    let mut start = response("in_progress");
    start["output"] = json!([]);
    let message = json!({"type": "message", "id": "msg_1", "role": "assistant", "content": []});
    let call = json!({"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": ""});
    let text = |delta: &str| json!({"type": "response.output_text.delta", "item_id": "msg_1", "output_index": 0, "content_index": 0, "delta": delta});
    let arguments = |delta: &str| json!({"type": "response.function_call_arguments.delta", "item_id": "fc_1", "output_index": 1, "delta": delta});
    vec![
        json!({"type": "response.created", "response": start}),
        json!({"type": "response.output_item.added", "output_index": 0, "item": message}),
        text(one),
        text(other),
        json!({"type": "response.output_item.added", "output_index": 1, "item": call}),
        arguments(one),
        arguments(other),
        json!({"type": "response.novelty", "note": ANSWER}),
        json!({"type": "response.output_item.done", "output_index": 2, "item": response("x")["output"][2]}),
    ]
}

fn vectors() -> Value {
    json!({
        "object": "list", "model": "text-embedding-3-small",
        "data": [{"index": 0, "embedding": [0.5]}, {"index": 1, "embedding": [0.25]}],
        "usage": {"prompt_tokens": 8, "total_tokens": 8},
    })
}

/// An error that repeats the prompt and the key, in every field.
fn error_body() -> Value {
    let said = format!("{ERROR}: {PROMPT} with {KEY}");
    json!({"error": {"message": said, "type": said, "code": said, "param": said, "inner": {"text": said}}})
}

fn error_event() -> Value {
    let said = format!("{ERROR}: {PROMPT}");
    json!({"type": "error", "code": "server_error", "message": said, "param": said})
}

fn api_error(status: u16) -> Reply {
    Reply::json(status, &error_body())
}

fn html_200() -> Reply {
    Reply::text(200, "text/html", format!("<html>{ERROR} {PROMPT}</html>"))
}

fn redirect() -> Reply {
    let target = format!("https://elsewhere.invalid/v1/{PROMPT}?key={KEY}");
    Reply::text(302, "text/html", ERROR).header("location", target)
}
