//! Redirects: followed where neither key nor body can go astray.

use serde_json::json;

use super::exchange::{Ask, builder, client};
use crate::support::{Reply, Server};

#[tokio::test]
async fn redirects_to_the_same_origin_that_keep_the_method_are_followed() {
    for status in [307, 308] {
        for ask in Ask::ALL {
            let server = Server::start().await;
            let target = server.origin() + "/moved/here?x=1";
            server.reply(Reply::new(status).header("location", target));
            server.reply(Reply::new(status).header("location", "/and/on"));
            server.reply(ask.reply());
            let got = ask.of(&client(&server)).await;
            assert!(got.get("error").is_none(), "{status}, {ask:?}: {got}");
            let paths: Vec<_> = server
                .requests()
                .into_iter()
                .skip(1)
                .map(|it| it.path)
                .collect();
            assert_eq!(paths, ["/moved/here?x=1", "/and/on"], "{status}, {ask:?}");
            for request in server.requests() {
                assert_eq!(request.body, server.request(0).body, "{status}, {ask:?}");
                assert_eq!(
                    request.method,
                    server.request(0).method,
                    "{status}, {ask:?}"
                );
                assert_eq!(request.header("authorization"), Some("Bearer sk-SECRET"));
            }
        }
    }
}

#[tokio::test]
async fn other_redirects_are_errors_that_name_the_origin_they_lead_to() {
    let away = Server::start().await;
    let target = away.origin() + "/SECRET?key=SECRET";
    for status in [301, 302, 303, 307, 308] {
        for ask in Ask::ALL {
            let server = Server::start().await;
            server.reply(Reply::new(status).header("location", &target));
            let got = ask.of(&builder(&server).build().unwrap()).await;
            assert_eq!(got["error"], "api", "{status}, {ask:?}: {got}");
            assert_eq!(got["status"], status, "{ask:?}");
            let message = got["message"].as_str().unwrap();
            assert!(message.contains(&away.origin()), "{message}");
            assert!(!message.contains("SECRET"), "{message}");
            assert_eq!(server.requests().len(), 1, "{status}, {ask:?}");
        }
    }
    assert!(away.requests().is_empty(), "the key went elsewhere");
    assert_eq!(away.connections(), 0);
}

#[tokio::test]
async fn redirects_that_change_the_method_are_not_followed_on_the_same_origin_either() {
    for status in [301, 302, 303] {
        for location in ["/elsewhere", "relative", ""] {
            let server = Server::start().await;
            server.reply(Reply::new(status).header("location", location));
            let got = Ask::Chat.of(&client(&server)).await;
            let message = got["message"].as_str().unwrap();
            assert!(
                message.contains(&server.origin()),
                "{location:?}: {message}"
            );
            assert_eq!(server.requests().len(), 1);
        }
    }
}

#[tokio::test]
async fn redirects_without_end_or_target_are_errors() {
    let server = Server::start().await;
    server.reply_always(Reply::new(307).header("location", "/v1/again"));
    let got = Ask::Chat.of(&client(&server)).await;
    assert_eq!(
        (&got["error"], &got["status"]),
        (&json!("api"), &json!(307)),
        "{got}"
    );
    for reply in [
        Reply::new(307),
        Reply::new(304),
        Reply::new(302).header("location", "http://"),
    ] {
        let server = Server::start().await;
        server.reply(reply);
        let got = Ask::Chat.of(&client(&server)).await;
        assert_eq!(got["error"], "api", "{got}");
        assert!(
            got["message"].as_str().unwrap().contains("another place"),
            "{got}"
        );
    }
}
