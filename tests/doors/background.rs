//! A response that is made in the background, asked for and fetched through any of the doors.

use async_openai::config::OpenAIConfig;
use futures::StreamExt;
use sentry_openai::Client;
use sentry_openai::async_openai::OpenAiLayer;
use sentry_openai::recording::{Failure, Recorder};
use sentry_openai::reqwest_middleware::OpenAiMiddleware;
use serde_json::{Value, json};

use super::support::{Reply, Server};
use super::through::{open, read, sentry};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Door {
    Own,
    /// This crate's client, by its way to any path.
    OwnByPath,
    AsyncOpenAi,
    ReqwestMiddleware,
    Recorder,
}

const DOORS: [Door; 5] = [
    Door::Own,
    Door::OwnByPath,
    Door::AsyncOpenAi,
    Door::ReqwestMiddleware,
    Door::Recorder,
];

fn http() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

impl Door {
    /// Asks for a response in the background.
    async fn ask(self, server: &Server) {
        let body = json!({"model": "o3", "input": "Hi", "background": true});
        match self {
            Self::Own | Self::OwnByPath => {
                let client = client(server);
                let _: Value = client.post("responses", &body).await.unwrap();
            }
            Self::AsyncOpenAi => {
                let client = async_openai(server);
                let _: Value = client.responses().create_byot(&body).await.unwrap();
            }
            Self::ReqwestMiddleware => {
                let request = with_middleware().post(server.url() + "/responses");
                let request = request.body(body.to_string());
                read(request.send().await.unwrap()).await.unwrap();
            }
            Self::Recorder => {
                let url = server.url() + "/responses";
                record(http().post(url).body(body.to_string())).await;
            }
        }
    }

    /// Fetches it.
    async fn fetch(self, server: &Server, streamed: bool) {
        let url = server.url() + "/responses/resp_1" + if streamed { "?stream=true" } else { "" };
        match self {
            Self::Own => {
                let client = client(server);
                let responses = client.responses();
                if streamed {
                    let query = sentry_openai::responses::StreamQuery::new();
                    let events = responses.retrieve_stream("resp_1", &query).await.unwrap();
                    assert_eq!(events.count().await, 1);
                } else {
                    responses.retrieve("resp_1").await.unwrap();
                }
            }
            Self::OwnByPath => {
                let request = client(server).request(http::Method::GET, "responses/resp_1");
                if streamed {
                    let request = request.query("stream", "true");
                    let events = request.events::<Value>().await.unwrap();
                    assert_eq!(events.count().await, 1);
                } else {
                    let _: Value = request.send().await.unwrap();
                }
            }
            Self::AsyncOpenAi => {
                let client = async_openai(server);
                let responses = client.responses();
                if streamed {
                    let events = responses.retrieve_stream("resp_1").await;
                    assert_eq!(events.unwrap().count().await, 1);
                } else {
                    let _: Value = responses.retrieve_byot("resp_1").await.unwrap();
                }
            }
            Self::ReqwestMiddleware => {
                let request = with_middleware().get(url);
                read(request.send().await.unwrap()).await.unwrap();
            }
            Self::Recorder => record(http().get(url)).await,
        }
    }
}

fn client(server: &Server) -> Client {
    let builder = Client::builder().base_url(server.url()).http_client(http());
    builder.build().unwrap()
}

fn async_openai(server: &Server) -> async_openai::Client<OpenAIConfig> {
    let config = OpenAIConfig::new()
        .with_api_base(server.url())
        .with_api_key("sk-test");
    let client = async_openai::Client::with_config(config).with_http_client(http());
    OpenAiLayer::new().instrument(client, http())
}

/// No host is named: it is known by the call that waits for it.
fn with_middleware() -> reqwest_middleware::ClientWithMiddleware {
    reqwest_middleware::ClientBuilder::new(http())
        .with(OpenAiMiddleware::new())
        .build()
}

async fn record(request: reqwest::RequestBuilder) {
    let request = request.build().unwrap();
    let body = request.body().and_then(|body| body.as_bytes());
    let recording = Recorder::new().start_request(
        request.method(),
        request.url().as_str(),
        body.unwrap_or_default(),
    );
    match recording.run(http().execute(request)).await {
        Ok(response) => {
            read(recording.response(response)).await.unwrap();
        }
        Err(error) => recording.fail(&Failure::of(&error)),
    }
}

fn response(status: &str) -> Value {
    let text = json!({"type": "output_text", "text": "Done.", "annotations": []});
    let message = json!({"type": "message", "id": "msg_1", "role": "assistant", "content": [text]});
    let is_over = status == "completed";
    json!({
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "model": "o3",
        "status": status,
        "output": if is_over { json!([message]) } else { json!([]) },
        "usage": is_over.then(|| json!({"input_tokens": 2, "output_tokens": 3, "total_tokens": 5})),
    })
}

#[test]
fn the_end_of_a_response_in_the_background_is_recorded_whichever_door_asks_and_fetches() {
    for asks in DOORS {
        for fetches in DOORS {
            for streamed in [false, true] {
                let sentry = sentry(open());
                sentry.run(async {
                    let server = Server::start().await;
                    server.reply(Reply::json(200, &response("queued")));
                    server.reply(Reply::json(200, &response("in_progress")));
                    server.reply(if streamed {
                        let event = json!({"type": "response.completed", "response": response("completed")});
                        Reply::sse([event])
                    } else {
                        Reply::json(200, &response("completed"))
                    });
                    asks.ask(&server).await;
                    fetches.fetch(&server, false).await;
                    assert_eq!(sentry.spans_named("chat o3").len(), 1);
                    fetches.fetch(&server, streamed).await;
                });
                let what = format!("{asks:?} {fetches:?} {streamed}");
                let calls = sentry.spans_named("chat o3");
                let [call, end] = &calls[..] else {
                    panic!("{what}: {:?}", sentry.names());
                };
                assert_eq!(end.parent_span_id.as_ref(), Some(&call.span_id), "{what}");
                assert_eq!(end.trace_id, call.trace_id, "{what}");
                assert_eq!(end.get("gen_ai.response.id"), "resp_1", "{what}");
                assert_eq!(end.get("gen_ai.response.streaming"), streamed, "{what}");
                assert_eq!(call.get("gen_ai.usage.total_tokens"), &Value::Null);
                assert_eq!(end.get("gen_ai.usage.total_tokens"), 5, "{what}");
                let output = end.json("gen_ai.output.messages");
                assert_eq!(output[0]["parts"][0]["content"], "Done.", "{what}");
                assert_eq!(end.status.as_deref(), Some("ok"), "{what}");
            }
        }
    }
}
