//! Endpoints beside the models: files, batches, moderations.

use futures::TryStreamExt;
use sentry::ClientOptions;
use sentry_openai::{
    Client, Error, OpenAiIntegration, PageQuery, Upload, batches, files, moderations,
};
use serde::Serialize;
use serde_json::{Value, json};

use super::anything::parts;
use super::exchange::{builder, client, failed};
use crate::support::{Reply, Sentry, Server};

/// What is asked, and how it reaches the server.
#[derive(Clone, Copy, Debug)]
enum Ask {
    Upload,
    RetrieveFile,
    ListFiles,
    Content,
    ContentStream,
    DeleteFile,
    CreateBatch,
    RetrieveBatch,
    CancelBatch,
    ListBatches,
    Moderate,
}

impl Ask {
    const ALL: [(Self, &str, Option<&str>); 11] = [
        (Self::Upload, "POST /v1/files", None),
        (Self::RetrieveFile, "GET /v1/files/file-1", None),
        (Self::ListFiles, "GET /v1/files?limit=2&purpose=batch", None),
        (Self::Content, "GET /v1/files/file-1/content", None),
        (Self::ContentStream, "GET /v1/files/file-1/content", None),
        (Self::DeleteFile, "DELETE /v1/files/file-1", None),
        (
            Self::CreateBatch,
            "POST /v1/batches",
            Some(
                r#"{"input_file_id":"file-1","endpoint":"/v1/responses","completion_window":"24h"}"#,
            ),
        ),
        (Self::RetrieveBatch, "GET /v1/batches/batch_1", None),
        (Self::CancelBatch, "POST /v1/batches/batch_1/cancel", None),
        (Self::ListBatches, "GET /v1/batches?limit=2", None),
        (
            Self::Moderate,
            "POST /v1/moderations",
            Some(r#"{"input":"SECRET"}"#),
        ),
    ];

    async fn of(self, client: &Client) -> Value {
        let (files, batches) = (client.files(), client.batches());
        match self {
            Self::Upload => {
                let request =
                    files::UploadRequest::new(Upload::new("a.txt", "SECRET"), "user_data")
                        .expires_after(files::ExpiresAfter::seconds(3600));
                whole(files.upload(&request)).await
            }
            Self::RetrieveFile => whole(files.retrieve("file-1")).await,
            Self::ListFiles => {
                whole(files.list(&files::ListQuery::new().purpose("batch").limit(2))).await
            }
            Self::Content => whole(async { Ok(text(files.content("file-1").await?)) }).await,
            Self::ContentStream => {
                let content = async { files.content_stream("file-1").await?.bytes().await };
                whole(async { Ok(text(content.await?)) }).await
            }
            Self::DeleteFile => whole(files.delete("file-1")).await,
            Self::CreateBatch => {
                whole(batches.create(&batches::CreateRequest::new("file-1", "/v1/responses"))).await
            }
            Self::RetrieveBatch => whole(batches.retrieve("batch_1")).await,
            Self::CancelBatch => whole(batches.cancel("batch_1")).await,
            Self::ListBatches => whole(batches.list(&PageQuery::new().limit(2))).await,
            Self::Moderate => {
                whole(
                    client
                        .moderations()
                        .create(&moderations::Request::new("SECRET")),
                )
                .await
            }
        }
    }

    /// A good reply, as the caller gets it again.
    fn reply(self) -> Value {
        let file = json!({"id": "file-1", "object": "file", "bytes": 6, "created_at": 1.0,
            "filename": "a.txt", "purpose": "user_data", "status": "processed", "new": 1});
        let batch = json!({"id": "batch_1", "object": "batch", "endpoint": "/v1/responses",
            "input_file_id": "file-1", "completion_window": "24h", "status": "in_progress",
            "created_at": 1.0, "request_counts": {"total": 2, "completed": 1, "failed": 0}});
        match self {
            Self::Upload | Self::RetrieveFile => file,
            Self::ListFiles => json!({"object": "list", "data": [file], "has_more": false}),
            Self::Content | Self::ContentStream => json!("SECRET"),
            Self::DeleteFile => json!({"id": "file-1", "object": "file", "deleted": true}),
            Self::CreateBatch | Self::RetrieveBatch | Self::CancelBatch => batch,
            Self::ListBatches => json!({"object": "list", "data": [batch], "has_more": false}),
            Self::Moderate => json!({"id": "modr-1", "model": "m", "results": [
                {"flagged": true, "categories": {"hate": true}, "category_scores": {"hate": 0.5}}]}),
        }
    }

    fn replied(self) -> Reply {
        match self.reply() {
            Value::String(content) => Reply::text(200, "application/octet-stream", content),
            json => Reply::json(200, &json),
        }
    }
}

fn text(bytes: bytes::Bytes) -> String {
    String::from_utf8(bytes.into()).unwrap()
}

async fn whole<T: Serialize>(call: impl Future<Output = Result<T, Error>>) -> Value {
    match call.await {
        Ok(reply) => serde_json::to_value(reply).unwrap(),
        Err(error) => failed(&error),
    }
}

#[tokio::test]
async fn every_endpoint_is_asked_by_its_method_path_and_body_and_gives_its_reply() {
    let server = Server::start().await;
    let client = client(&server);
    for (index, (ask, line, body)) in Ask::ALL.into_iter().enumerate() {
        server.reply(ask.replied());
        assert_eq!(ask.of(&client).await, ask.reply(), "{ask:?}");
        let request = server.request(index);
        assert_eq!(
            format!("{} {}", request.method, request.path),
            line,
            "{ask:?}"
        );
        if let Ask::Upload = ask {
            let mut parts = parts(&request);
            parts.sort();
            let expected = [
                ["expires_after[anchor]", "", "", "created_at"],
                ["expires_after[seconds]", "", "", "3600"],
                ["file", "a.txt", "text/plain", "SECRET"],
                ["purpose", "", "", "user_data"],
            ];
            assert_eq!(parts, expected);
        } else {
            assert_eq!(request.body, body.unwrap_or_default(), "{ask:?}");
        }
    }
}

#[tokio::test]
async fn every_endpoint_returns_errors_and_is_tried_again() {
    for (ask, _, _) in Ask::ALL {
        let server = Server::start().await;
        let not_found = json!({"error": {"message": "SECRET", "code": "not_found"}});
        server.reply(Reply::json(404, &not_found));
        let got = ask.of(&client(&server)).await;
        assert_eq!(
            (&got["error"], &got["code"]),
            (&json!("api"), &json!("not_found")),
            "{ask:?}"
        );
        server.reply(Reply::json(503, &json!({})).header("retry-after", 0));
        server.reply(ask.replied());
        assert_eq!(ask.of(&client(&server)).await, ask.reply(), "{ask:?}");
    }
}

#[test]
fn calls_to_no_model_are_http_spans_below_the_active_one() {
    let sentry = Sentry::new(
        ClientOptions::new()
            .traces_sample_rate(1.0)
            .send_default_pii(true)
            .add_integration(OpenAiIntegration::new()),
    );
    sentry.run(async {
        let server = Server::start().await;
        let client = builder(&server).build().unwrap();
        let transaction =
            sentry::start_transaction(sentry::TransactionContext::new("parent", "task"));
        sentry::configure_scope(|scope| scope.set_span(Some(transaction.clone().into())));
        for (ask, _, _) in Ask::ALL {
            server.reply(ask.replied());
            ask.of(&client).await;
        }
        sentry::configure_scope(|scope| scope.set_span(None));
        transaction.finish();
    });
    let spans = sentry.spans_with_op("http.client");
    assert_eq!(spans.len(), Ask::ALL.len());
    assert_eq!(sentry.spans().len(), Ask::ALL.len() + 1);
    assert!(!sentry.leaked("SECRET"));
}

#[tokio::test]
async fn lists_are_read_page_after_page() {
    let server = Server::start().await;
    let page = |id: &str, more: bool| {
        Reply::json(
            200,
            &json!({"object": "list", "data": [{"id": id}], "has_more": more}),
        )
    };
    let client = client(&server);
    server
        .reply(page("file-1", true))
        .reply(page("file-2", false));
    let files: Vec<_> = client
        .files()
        .list_all(&files::ListQuery::new())
        .try_collect()
        .await
        .unwrap();
    assert_eq!([&*files[0].id, &*files[1].id], ["file-1", "file-2"]);
    server
        .reply(page("batch_1", true))
        .reply(page("batch_2", false));
    let batches: Vec<_> = client
        .batches()
        .list_all(&PageQuery::new())
        .try_collect()
        .await
        .unwrap();
    assert_eq!(batches.len(), 2);
    let paths: Vec<_> = server
        .requests()
        .into_iter()
        .map(|request| request.path)
        .collect();
    let expected = [
        "/v1/files",
        "/v1/files?after=file-1",
        "/v1/batches",
        "/v1/batches?after=batch_1",
    ];
    assert_eq!(paths, expected);
}
