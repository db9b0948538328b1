//! Requests posted by hand are recorded by their path.

use sentry::SentryFutureExt;
use sentry_openai::{Error, agent};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::calls::*;
use crate::support::{Reply, Sentry, Server};

const TEXT: &str = "text_completion gpt-3.5-turbo-instruct";

/// A path, what is posted there and comes back, and the call's op and name.
fn endpoints() -> Vec<(&'static str, Value, Value, &'static str, &'static str)> {
    let chat = json!({"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello!"}]});
    let text = json!({
        "id": "cmpl-1",
        "object": "text_completion",
        "model": "gpt-3.5-turbo-instruct",
        "choices": [{"text": " there", "index": 0, "finish_reason": "length"}],
        "usage": {"prompt_tokens": 2, "completion_tokens": 3, "total_tokens": 5},
    });
    let decision = json!({
        "id": "dec_1",
        "model": "gpt-4o",
        "choice": "yes",
        "confidence": 0.9,
        "probabilities": {"yes": 0.9, "no": 0.1},
        "usage": {"input_tokens": 2, "output_tokens": 3, "total_tokens": 5},
    });
    vec![
        ("chat/completions", chat, completion(), "gen_ai.chat", CHAT),
        (
            "responses",
            json!({"model": "gpt-4o", "input": "Hello!"}),
            response(),
            "gen_ai.chat",
            CHAT,
        ),
        (
            "embeddings",
            json!({"model": "text-embedding-3-small", "input": "Hello!"}),
            embedding(),
            "gen_ai.embeddings",
            "embeddings text-embedding-3-small",
        ),
        (
            "completions",
            json!({"model": "gpt-3.5-turbo-instruct", "prompt": "Hello!"}),
            text,
            "gen_ai.text_completion",
            TEXT,
        ),
        (
            "decisions",
            json!({"model": "gpt-4o", "state": "The cart is empty.", "question": "Refund?"}),
            decision,
            "gen_ai.decide",
            "decide gpt-4o",
        ),
    ]
}

#[test]
fn a_post_to_a_models_path_is_recorded_as_a_call_to_it() {
    for (path, request, reply, op, name) in endpoints() {
        for path in [path.to_owned(), format!("/{path}/")] {
            let sentry = sentry();
            sentry.run(async {
                let server = Server::start().await;
                server.reply(Reply::json(200, &reply));
                let agent = agent::invoke_agent("planner").run(async {
                    let client = client(&server);
                    client.post::<Value>(&path, &request).await
                });
                assert_eq!(agent.await.unwrap(), reply, "{path}");
                let sent = server.request(0);
                assert_eq!(
                    sent.path.trim_matches('/'),
                    format!("v1/{}", path.trim_matches('/'))
                );
                assert_eq!(
                    (sent.method.as_str(), sent.json()),
                    ("POST", request.clone())
                );
            });
            let call = sentry.span(name);
            assert_eq!(
                (call.op.as_str(), call.status.as_deref()),
                (op, Some("ok")),
                "{path}"
            );
            assert_eq!(call.get("gen_ai.response.streaming"), false, "{path}");
            assert_eq!(call.get("gen_ai.usage.input_tokens"), 2, "{path}");
            assert_eq!(call.get("gen_ai.agent.name"), "planner", "{path}");
            assert_eq!(call.get("gen_ai.response.model"), &reply["model"], "{path}");
            let attempts = sentry.children_of(&call);
            assert_eq!(attempts.len(), 1, "{path}");
            assert_eq!(attempts[0].get("http.response.status_code"), 200);
            let content = match path.trim_matches('/') {
                "embeddings" => &["gen_ai.embeddings.input"][..],
                _ => &["gen_ai.input.messages", "gen_ai.output.messages"],
            };
            for name in content {
                assert!(call.data.contains_key(*name), "{path} has {name}");
            }
            assert!(!sentry.leaked("SECRET"), "{path}");
        }
    }
}

#[test]
fn a_failed_post_is_an_error_with_its_code() {
    for (path, request, _, _, name) in endpoints() {
        for (http, code) in [
            (429, "rate_limit_exceeded"),
            // An error inside of a reply that began well.
            (200, "rate_limit_exceeded"),
            (404, "model_not_found"),
        ] {
            let sentry = sentry();
            sentry.run(async {
                let server = Server::start().await;
                let error = json!({"error": {"code": code, "message": "SECRET"}});
                server.reply(Reply::json(http, &error));
                let posted = client(&server).post::<Value>(path, &request).await;
                let error = posted.unwrap_err();
                assert_eq!(error.code(), Some(code), "{path} {http}: {error:?}");
            });
            let call = sentry.span(name);
            assert_eq!(
                call.status.as_deref(),
                Some("internal_error"),
                "{path} {http}"
            );
            assert_eq!(call.get("error.type"), code, "{path} {http}");
            assert!(!sentry.leaked("SECRET"), "{path}");
        }
    }
}

#[test]
fn a_reply_that_the_caller_cannot_read_was_still_a_reply() {
    #[derive(Debug, Deserialize)]
    struct Other {
        #[expect(dead_code, reason = "it never comes")]
        missing: String,
    }

    let sentry = sentry();
    sentry.run(async {
        let server = Server::start().await;
        server.reply(Reply::json(200, &completion()));
        let (client, request) = (client(&server), question());
        let posted = client.post::<Other>("chat/completions", &request).await;
        assert!(matches!(posted, Err(Error::Decode(_))));
    });
    let call = sentry.span(CHAT);
    assert_eq!(call.status.as_deref(), Some("ok"));
    assert_eq!(call.get("gen_ai.response.id"), "chatcmpl-1");
}

#[test]
fn a_post_that_is_dropped_is_cancelled() {
    let sentry = sentry();
    sentry.run(async {
        let server = Server::start().await;
        server.reply(Reply::new(200).stall_before_head());
        let client = client(&server);
        let request = question();
        let mut post = Box::pin(client.post::<Value>("chat/completions", &request));
        tokio::select! {
            _ = &mut post => panic!("it stalls"),
            () = server.wait_for_requests(1) => {}
        }
        drop(post);
        server.wait_for_disconnect().await;
    });
    assert_eq!(sentry.span(CHAT).status.as_deref(), Some("cancelled"));
}

#[test]
fn a_post_to_any_other_path_is_an_http_span_below_a_parent_and_nothing_without() {
    for (http, status) in [(200, "ok"), (404, "not_found")] {
        let sentry = sentry();
        sentry.run(async {
            let server = Server::start().await;
            server.reply_always(Reply::json(http, &json!({"flagged": false})));
            let client = client(&server);
            let request = json!({"input": "SECRET"});
            let post = || client.post::<Value>("moderations", &request);
            assert_eq!(post().await.is_ok(), http == 200);
            let root = Root::start();
            let posted = post().bind_hub(root.hub).await;
            assert_eq!(posted.is_ok(), http == 200);
            root.transaction.finish();
        });
        assert_eq!(sentry.transactions().len(), 1);
        let root = sentry.span("root");
        let children = sentry.children_of(&root);
        assert_eq!(children.len(), 1, "{:?}", sentry.names());
        assert!(children[0].name.ends_with("/v1/moderations"));
        assert_eq!(children[0].op, "http.client");
        assert_eq!(children[0].status.as_deref(), Some(status));
        assert_eq!(children[0].get("http.response.status_code"), http);
        assert!(!sentry.leaked("SECRET") && !sentry.leaked("flagged"));
    }
}

#[test]
fn a_post_is_not_recorded_without_the_integration_and_works_the_same() {
    for (path, request, reply, ..) in endpoints() {
        let sentry = Sentry::new(sentry::ClientOptions::new().traces_sample_rate(1.0));
        sentry.run(async {
            let server = Server::start().await;
            server.reply(Reply::json(200, &reply));
            let posted = client(&server).post::<Value>(path, &request).await;
            assert_eq!(posted.unwrap(), reply);
        });
        assert!(sentry.envelopes().is_empty());
    }
}
