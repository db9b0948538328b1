//! Settings that are refused, and secrets that are not shown.

use super::*;

fn refused(builder: ClientBuilder) -> String {
    match builder.build().unwrap_err() {
        Error::Config(text) => text,
        error => panic!("{error:?}"),
    }
}

#[test]
fn wrong_settings_are_refused_when_building() {
    let builder = || Client::builder().api_key("sk-SECRET");
    let table = [
        (Client::builder(), "OPENAI_API_KEY"),
        (Client::builder().api_key(" "), "OPENAI_API_KEY"),
        (Client::builder().api_key("sk-SECRET\nx"), "line break"),
        (builder().base_url("SECRET"), "base URL"),
        (builder().base_url("ftp://SECRET"), "base URL"),
        (
            builder().base_url("http://SECRET:SECRET@host/v1"),
            "password",
        ),
        (builder().azure("SECRET", "d", "v"), "Azure endpoint"),
        (builder().azure("https://host", " ", "v"), "deployment"),
        (builder().azure("https://host", "d", ""), "version"),
        (
            builder().azure("https://host/openai/v1", "d", "v"),
            "base_url",
        ),
        (builder().organization("SECRET\n"), ""),
        (builder().project("a\u{7f}SECRET"), "openai-project"),
        (
            builder()
                .http_client(reqwest::Client::new())
                .connect_timeout(Duration::from_secs(1)),
            "connect_timeout",
        ),
    ];
    for (builder, expected) in table {
        if expected.is_empty() {
            builder.build().unwrap();
            continue;
        }
        let text = refused(builder);
        assert!(text.contains(expected), "{text}");
        assert!(!text.contains("SECRET"), "{text}");
    }
}

#[test]
fn a_server_of_ones_own_needs_no_key() {
    Client::builder()
        .base_url("http://localhost:11434/v1")
        .build()
        .unwrap();
}

#[test]
fn the_key_is_shown_nowhere() {
    let builder = Client::builder()
        .api_key("sk-SECRET")
        .base_url("https://h/v1?key=SECRET");
    assert!(!format!("{builder:?}").contains("SECRET"));
    assert!(!format!("{:#?}", builder.build().unwrap()).contains("SECRET"));
}
