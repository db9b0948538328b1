//! Calls that are aborted, wherever they are: nothing of them stays but their span.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a panic fails the test, as it should"
)]

mod support;

use std::sync::Arc;

use sentry::ClientOptions;
use sentry_openai::{Client, OpenAiIntegration, chat};
use serde_json::json;
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use support::{Gate, Reply, Sentry, Server, SpanView, bound};

/// A call as a task of its own: for a whole reply, or for a stream that is read to its end and tells of each
/// chunk.
type Start = fn(Client, Arc<Notify>) -> JoinHandle<()>;

const WAYS: [Start; 2] = [
    |client, _| {
        tokio::spawn(bound(async move {
            let _ = client.chat().completions().create(&request()).await;
        }))
    },
    |client, read| {
        tokio::spawn(bound(async move {
            let stream = client.chat().completions().create_stream(&request()).await;
            let mut stream = stream.unwrap();
            while let Some(chunk) = stream.next().await {
                chunk.unwrap();
                read.notify_one();
            }
        }))
    },
];

fn request() -> chat::Request {
    chat::Request::new("gpt-4o", [chat::Message::user("Hello!")])
}

fn sentry() -> Sentry {
    let options = ClientOptions::new().add_integration(OpenAiIntegration::new());
    Sentry::new(options.traces_sample_rate(1.0))
}

fn client(server: &Server) -> Client {
    Client::builder().base_url(server.url()).build().unwrap()
}

/// Aborts the call, and waits until no task is left on the runtime.
async fn abort(call: JoinHandle<()>) {
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    only_so_many_tasks(0).await;
}

async fn only_so_many_tasks(count: usize) {
    while Handle::current().metrics().num_alive_tasks() > count {
        tokio::task::yield_now().await;
    }
}

/// The call's span, which is cancelled, and that of its only attempt.
fn cancelled(sentry: &Sentry) -> (SpanView, SpanView) {
    let call = sentry.span("chat gpt-4o");
    assert_eq!(call.status.as_deref(), Some("cancelled"));
    let attempts = sentry.children_of(&call);
    assert_eq!(attempts.len(), 1);
    assert_eq!(sentry.spans().len(), 2);
    (call, attempts[0].clone())
}

#[test]
fn a_call_that_is_aborted_while_it_waits_to_try_again() {
    for start in WAYS {
        let sentry = sentry();
        sentry.run_on_one_thread(async {
            let server = Server::start().await;
            let busy = Reply::json(503, &json!({"error": {"message": "busy"}}));
            server.reply(busy.header("retry-after", 50).close());
            let call = start(client(&server), Arc::default());
            server.wait_for_requests(1).await;
            // The connection's task has ended: the reply was read, and what it woke runs before we do.
            only_so_many_tasks(1).await;
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
            abort(call).await;
            assert_eq!(server.requests().len(), 1);
        });
        let (_, attempt) = cancelled(&sentry);
        assert_eq!(attempt.status.as_deref(), Some("unavailable"));
    }
}

/// The server takes the connection and says nothing to it, so the client waits for its handshake.
#[test]
#[cfg(feature = "rustls")]
fn a_call_that_is_aborted_while_it_connects() {
    use tokio::io::AsyncReadExt;

    for start in WAYS {
        let sentry = sentry();
        sentry.run_on_one_thread(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let url = format!("https://{}/v1", listener.local_addr().unwrap());
            let client = Client::builder().base_url(url).build().unwrap();
            let call = start(client, Arc::default());
            let (mut connection, _) = listener.accept().await.unwrap();
            connection.read_u8().await.unwrap();
            abort(call).await;
            let mut rest = Vec::new();
            connection.read_to_end(&mut rest).await.unwrap();
        });
        let (_, attempt) = cancelled(&sentry);
        assert_eq!(attempt.status.as_deref(), Some("cancelled"));
    }
}

#[test]
fn a_call_that_is_aborted_before_the_head_of_its_reply() {
    for start in WAYS {
        let sentry = sentry();
        sentry.run_on_one_thread(async {
            let server = Server::start().await;
            server.reply(Reply::new(200).stall_before_head());
            let call = start(client(&server), Arc::default());
            server.wait_for_requests(1).await;
            abort(call).await;
            server.wait_for_disconnect().await;
        });
        let (_, attempt) = cancelled(&sentry);
        assert_eq!(attempt.status.as_deref(), Some("cancelled"));
    }
}

#[test]
fn a_call_that_is_aborted_in_the_body_of_its_reply() {
    for (start, reads_events) in WAYS.into_iter().zip([false, true]) {
        let sentry = sentry();
        sentry.run_on_one_thread(async {
            let server = Server::start().await;
            let gate = Gate::new();
            // Both a stream and the beginning of what is no JSON.
            let chunk =
                json!({"id": "chatcmpl-1", "choices": [{"index": 0, "delta": {"content": "Hi"}}]});
            server.reply(Reply::sse([chunk]).pause(&gate).done());
            let read = Arc::new(Notify::new());
            let call = start(client(&server), read.clone());
            gate.reached().await;
            if reads_events {
                read.notified().await;
            }
            abort(call).await;
            server.wait_for_disconnect().await;
        });
        let (_, attempt) = cancelled(&sentry);
        assert_eq!(attempt.status.as_deref(), Some("cancelled"));
    }
}

#[test]
fn a_stream_that_is_dropped_unread_or_half_read() {
    for read in [0, 1] {
        let sentry = sentry();
        sentry.run_on_one_thread(async {
            let server = Server::start().await;
            let gate = Gate::new();
            let chunk =
                json!({"id": "chatcmpl-1", "choices": [{"index": 0, "delta": {"content": "Hi"}}]});
            server.reply(Reply::sse([chunk]).pause(&gate).done());
            let client = client(&server);
            let mut stream = client
                .chat()
                .completions()
                .create_stream(&request())
                .await
                .unwrap();
            for _ in 0..read {
                stream.next().await.unwrap().unwrap();
            }
            drop(stream);
            server.wait_for_disconnect().await;
            only_so_many_tasks(0).await;
        });
        let (call, attempt) = cancelled(&sentry);
        assert_eq!(attempt.status.as_deref(), Some("cancelled"));
        assert_eq!(attempt.get("http.response.status_code"), 200);
        let id = (read == 1).then_some("chatcmpl-1");
        assert_eq!(call.get("gen_ai.response.id").as_str(), id);
    }
}
