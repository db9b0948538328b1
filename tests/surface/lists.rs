//! Lists that are read to their end.

use futures::TryStreamExt;
use futures::stream::FusedStream;
use sentry_openai::{PageQuery, chat, responses};
use serde_json::{Value, json};

use super::support::{Reply, Server};
use super::{below_a_parent, client, completion, message, page, sentry};

#[tokio::test]
async fn a_list_is_read_page_after_page_and_no_page_too_early() {
    let server = Server::start().await;
    server
        .reply(Reply::json(
            200,
            &page(&[completion("c1"), completion("c2")], true),
        ))
        .reply(Reply::json(200, &page(&[completion("c3")], false)));
    let query = chat::ListQuery::new().limit(2).order("desc");
    let mut list = client(&server).chat().completions().list_all(&query);
    assert!(server.requests().is_empty());
    for (id, requests) in [("c1", 1), ("c2", 1), ("c3", 2)] {
        let completion = list.next().await.unwrap().unwrap();
        assert_eq!(completion.id.as_deref(), Some(id));
        assert_eq!(server.requests().len(), requests);
    }
    assert!(list.next().await.is_none());
    assert!(list.is_terminated());
    assert!(list.next().await.is_none());
    let path = "/v1/chat/completions?limit=2&order=desc";
    assert_eq!(server.request(0).path, path);
    let path = "/v1/chat/completions?after=c2&limit=2&order=desc";
    assert_eq!(server.request(1).path, path);
}

#[tokio::test]
async fn lists_of_all_kinds_are_read_to_their_end() {
    let server = Server::start().await;
    let client = client(&server);
    let pages = || {
        let first = page(&[message("m1", "user", "a")], true);
        server.reply(Reply::json(200, &first)).reply(Reply::json(
            200,
            &page(&[message("m2", "user", "b")], false),
        ));
    };
    let items = responses::ItemsQuery::new();
    pages();
    let given = client.responses().input_items().list_all("r1", &items);
    assert_eq!(given.try_collect::<Vec<_>>().await.unwrap().len(), 2);
    pages();
    let given = client.conversations().items().list_all("v1", &items);
    assert_eq!(given.try_collect::<Vec<_>>().await.unwrap().len(), 2);
    pages();
    let messages = client.chat().completions().messages();
    let given = messages.list_all("c1", &PageQuery::new());
    assert_eq!(given.try_collect::<Vec<_>>().await.unwrap().len(), 2);
    let paths: Vec<_> = server.requests().into_iter().map(|r| r.path).collect();
    assert_eq!(
        paths,
        [
            "/v1/responses/r1/input_items",
            "/v1/responses/r1/input_items?after=m1",
            "/v1/conversations/v1/items",
            "/v1/conversations/v1/items?after=m1",
            "/v1/chat/completions/c1/messages",
            "/v1/chat/completions/c1/messages?after=m1",
        ]
    );
}

/// Pages of a server, the ids that a list gives of them, and whether an error ends it.
fn odd_lists() -> Vec<(&'static str, Vec<Value>, Vec<&'static str>, bool)> {
    let item = |id: &str| json!({"type": "message", "id": id, "role": "user", "content": "x"});
    vec![
        ("empty", vec![json!({"data": []})], vec![], false),
        (
            "null",
            vec![json!({"data": null, "has_more": true})],
            vec![],
            false,
        ),
        (
            "no ids of the page",
            vec![
                json!({"data": [item("a")], "has_more": true}),
                json!({"data": [item("b")], "has_more": false}),
            ],
            vec!["a", "b"],
            false,
        ),
        (
            "nothing said of more",
            vec![
                json!({"data": [item("a")]}),
                json!({"data": [item("b")]}),
                json!({"data": []}),
            ],
            vec!["a", "b"],
            false,
        ),
        (
            "a server that knows no pages",
            vec![json!({"data": [item("a")]}), json!({"data": [item("a")]})],
            vec!["a"],
            false,
        ),
        (
            "the same page again and again",
            vec![page(&[item("a")], true), page(&[item("a")], true)],
            vec!["a"],
            true,
        ),
        (
            "no id at all",
            vec![json!({"data": [{"type": "message", "id": null}], "has_more": true})],
            vec![""],
            true,
        ),
        (
            "an error in between",
            vec![
                page(&[item("a")], true),
                json!({"error": {"message": "Oh."}}),
            ],
            vec!["a"],
            true,
        ),
    ]
}

#[tokio::test]
async fn a_list_ends_whatever_a_server_makes_of_it() {
    for (name, pages, ids, fails) in odd_lists() {
        let server = Server::start().await;
        let asked = pages.len();
        for page in &pages {
            server.reply(Reply::json(200, page));
        }
        let query = responses::ItemsQuery::new();
        let mut list = client(&server)
            .conversations()
            .items()
            .list_all("v1", &query);
        let mut given = Vec::new();
        let mut failed = false;
        while let Some(item) = list.next().await {
            assert!(!failed, "{name}: something after the error");
            match item {
                Ok(item) => given.push(item.id().unwrap_or_default().to_owned()),
                Err(_) => failed = true,
            }
        }
        assert_eq!(
            (given, failed),
            (ids.iter().map(ToString::to_string).collect(), fails),
            "{name}"
        );
        assert!(list.is_terminated(), "{name}");
        assert_eq!(server.requests().len(), asked, "{name}");
    }
}

#[test]
fn each_page_of_a_list_is_a_span_of_its_own_below_the_parent() {
    let sentry = sentry();
    sentry.run(async {
        let server = Server::start().await;
        server
            .reply(Reply::json(200, &page(&[completion("c1")], true)))
            .reply(Reply::json(200, &page(&[completion("c2")], false)));
        let list = client(&server)
            .chat()
            .completions()
            .list_all(&chat::ListQuery::new());
        let given: Vec<_> = below_a_parent(list.try_collect()).await.unwrap();
        assert_eq!(given.len(), 2);
    });
    assert_eq!(sentry.spans_with_op("http.client").len(), 2);
    assert_eq!(sentry.spans().len(), 3);
}
