//! Our types against OpenAI's `OpenAPI` document: nothing of it is missing, and what we send is what it allows.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a panic fails the test, as it should"
)]

#[path = "openapi/beside.rs"]
mod beside;
#[path = "openapi/document.rs"]
mod document;
#[path = "openapi/filled.rs"]
mod filled;
#[path = "openapi/unnamed.rs"]
mod unnamed;

use std::collections::BTreeSet;
use std::fmt::Debug;

use sentry_openai::{Page, chat, conversations, embeddings, models, responses, webhooks};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use document::Document;
use unnamed::unnamed;

/// Reads JSON with one of our types: what that has no names for, and the JSON that it writes again.
type Reader = fn(&Value) -> Result<(BTreeSet<String>, Value), serde_json::Error>;

fn reader<T: DeserializeOwned + Serialize + Debug>() -> Reader {
    |json| {
        let value = T::deserialize(json)?;
        Ok((unnamed(&value), serde_json::to_value(value)?))
    }
}

/// Our type for each of the document's requests, replies and events.
fn types() -> Vec<(&'static str, &'static str, Reader)> {
    let webhooks = WEBHOOKS.map(|webhook| (webhook, "event", reader::<webhooks::Event>()));
    [
        models_and_what_is_stored(),
        beside::types(),
        webhooks.into(),
    ]
    .concat()
}

const WEBHOOKS: [&str; 16] = [
    "webhook batch_cancelled",
    "webhook batch_completed",
    "webhook batch_expired",
    "webhook batch_failed",
    "webhook eval_run_canceled",
    "webhook eval_run_failed",
    "webhook eval_run_succeeded",
    "webhook fine_tuning_job_cancelled",
    "webhook fine_tuning_job_failed",
    "webhook fine_tuning_job_succeeded",
    "webhook live_call_incoming",
    "webhook realtime_call_incoming",
    "webhook response_cancelled",
    "webhook response_completed",
    "webhook response_failed",
    "webhook response_incomplete",
];

#[expect(clippy::too_many_lines, reason = "a table")]
fn models_and_what_is_stored() -> Vec<(&'static str, &'static str, Reader)> {
    vec![
        (
            "POST /chat/completions",
            "request",
            reader::<chat::Request>(),
        ),
        (
            "POST /chat/completions",
            "reply",
            reader::<chat::Completion>(),
        ),
        ("POST /chat/completions", "event", reader::<chat::Chunk>()),
        ("POST /responses", "request", reader::<responses::Request>()),
        ("POST /responses", "reply", reader::<responses::Response>()),
        ("POST /responses", "event", reader::<responses::Event>()),
        (
            "POST /embeddings",
            "request",
            reader::<embeddings::Request>(),
        ),
        (
            "POST /embeddings",
            "reply",
            reader::<embeddings::Embeddings>(),
        ),
        (
            "POST /conversations",
            "request",
            reader::<conversations::CreateRequest>(),
        ),
        (
            "POST /conversations",
            "reply",
            reader::<conversations::Conversation>(),
        ),
        (
            "POST /conversations/{conversation_id}",
            "request",
            reader::<conversations::UpdateRequest>(),
        ),
        (
            "DELETE /conversations/{conversation_id}",
            "reply",
            reader::<conversations::Deleted>(),
        ),
        (
            "GET /conversations/{conversation_id}",
            "reply",
            reader::<conversations::Conversation>(),
        ),
        (
            "POST /conversations/{conversation_id}",
            "reply",
            reader::<conversations::Conversation>(),
        ),
        (
            "GET /responses/{response_id}",
            "reply",
            reader::<responses::Response>(),
        ),
        (
            "POST /responses/{response_id}/cancel",
            "reply",
            reader::<responses::Response>(),
        ),
        (
            "GET /chat/completions",
            "reply",
            reader::<Page<chat::Completion>>(),
        ),
        (
            "GET /chat/completions/{completion_id}",
            "reply",
            reader::<chat::Completion>(),
        ),
        (
            "POST /chat/completions/{completion_id}",
            "request",
            reader::<chat::UpdateRequest>(),
        ),
        (
            "POST /chat/completions/{completion_id}",
            "reply",
            reader::<chat::Completion>(),
        ),
        (
            "DELETE /chat/completions/{completion_id}",
            "reply",
            reader::<chat::Deleted>(),
        ),
        (
            "GET /chat/completions/{completion_id}/messages",
            "reply",
            reader::<Page<chat::StoredMessage>>(),
        ),
        (
            "GET /responses/{response_id}/input_items",
            "reply",
            reader::<Page<responses::Item>>(),
        ),
        (
            "POST /responses/compact",
            "request",
            reader::<responses::CompactRequest>(),
        ),
        (
            "POST /responses/compact",
            "reply",
            reader::<responses::Compacted>(),
        ),
        (
            "POST /responses/input_tokens",
            "request",
            reader::<responses::CountRequest>(),
        ),
        (
            "POST /responses/input_tokens",
            "reply",
            reader::<responses::InputTokens>(),
        ),
        (
            "POST /conversations/{conversation_id}/items",
            "request",
            reader::<conversations::ItemsRequest>(),
        ),
        (
            "POST /conversations/{conversation_id}/items",
            "reply",
            reader::<Page<responses::Item>>(),
        ),
        (
            "GET /conversations/{conversation_id}/items",
            "reply",
            reader::<Page<responses::Item>>(),
        ),
        (
            "GET /conversations/{conversation_id}/items/{item_id}",
            "reply",
            reader::<responses::Item>(),
        ),
        (
            "DELETE /conversations/{conversation_id}/items/{item_id}",
            "reply",
            reader::<conversations::Conversation>(),
        ),
        (
            "DELETE /models/{model}",
            "reply",
            reader::<models::Deleted>(),
        ),
        ("GET /models", "reply", reader::<models::List>()),
        ("GET /models/{model}", "reply", reader::<models::Model>()),
    ]
}

/// What our types have no names for, and why.
const GAPS: [(&str, &str); 6] = [
    (
        "Response.output_text",
        "no server sends it: it is a method, as in OpenAI's own clients",
    ),
    (
        "role: unknown",
        "a value that says no more than a role that is not known",
    ),
    (
        "[].type added",
        "a message may say that it is one, and ours do",
    ),
    (
        "Delta.response_id",
        "required of some events, but described of none",
    ),
    (
        "Progress.response_id",
        "required of some events, but described of none",
    ),
    (
        "McpApprovalResponse.request_id",
        "required, but described nowhere; it is `approval_request_id`",
    ),
];

#[test]
fn every_property_and_value_of_the_document_has_a_name_in_our_types() {
    let document = Document::read();
    let mut found = BTreeSet::new();
    for (endpoint, what, read) in types() {
        for instance in document.instances(document.schema(endpoint, what)) {
            match read(&instance) {
                Ok((unnamed, again)) => {
                    found.extend(unnamed);
                    differ(&instance, &again, "", &mut found);
                }
                Err(error) => {
                    found.insert(format!("{what} of {endpoint}: {error}"));
                }
            }
        }
    }
    let gaps: BTreeSet<_> = GAPS.iter().map(|(gap, _)| (*gap).to_owned()).collect();
    let missing: Vec<_> = found.difference(&gaps).collect();
    assert!(missing.is_empty(), "missing in our types: {missing:#?}");
    let stale: Vec<_> = gaps.difference(&found).collect();
    assert!(stale.is_empty(), "no gaps any more: {stale:#?}");
}

#[test]
fn every_endpoint_that_we_have_types_for_is_looked_at() {
    let document = Document::read();
    let types: BTreeSet<_> = types()
        .iter()
        .map(|(endpoint, what, _)| (*endpoint, *what))
        .collect();
    let all: BTreeSet<_> = document.endpoints().collect();
    let missing: Vec<_> = all.difference(&types).collect();
    assert_eq!(missing, [] as [&(&str, &str); 0]);
}

/// Where what was read and written again differs from what it was, numbers compared by what they count.
fn differ(was: &Value, is: &Value, path: &str, found: &mut BTreeSet<String>) {
    match (was, is) {
        (Value::Object(was), Value::Object(is)) => {
            for (name, value) in was {
                let path = format!("{path}.{name}");
                match is.get(name) {
                    Some(is) => differ(value, is, &path, found),
                    None => _ = found.insert(path + " lost"),
                }
            }
            let added = is.keys().filter(|name| !was.contains_key(*name));
            found.extend(added.map(|name| format!("{path}.{name} added")));
        }
        (Value::Array(was), Value::Array(is)) if was.len() == is.len() => {
            for (was, is) in was.iter().zip(is) {
                let kind = was["type"].as_str().unwrap_or_default();
                differ(was, is, &format!("[{kind}]"), found);
            }
        }
        (Value::Number(was), Value::Number(is)) if was.as_f64() == is.as_f64() => {}
        _ if was == is => {}
        _ => _ = found.insert(format!("{path} changed")),
    }
}

#[test]
fn requests_with_anything_that_the_document_names_are_valid_by_it() {
    let document = Document::read();
    for (endpoint, what, read) in types()
        .into_iter()
        .filter(|(_, what, _)| *what == "request")
    {
        let requests = document.instances(document.schema(endpoint, what));
        let requests = requests.iter().map(|request| read(request).unwrap().1);
        valid(&document, endpoint, requests);
    }
}

#[test]
fn requests_with_nothing_but_what_they_need_are_valid() {
    let document = Document::read();
    let metadata = [("key", "value")];
    let hello = || [chat::Message::user("Hi")];
    let table = [
        (
            "POST /chat/completions",
            json(chat::Request::new("gpt-4o", hello())),
        ),
        (
            "POST /chat/completions/{completion_id}",
            json(chat::UpdateRequest::new(metadata)),
        ),
        (
            "POST /responses",
            json(responses::Request::new("gpt-4o", "Hi")),
        ),
        (
            "POST /responses",
            json(responses::Request::from_prompt(responses::Prompt::new(
                "pmpt_1",
            ))),
        ),
        (
            "POST /responses/compact",
            json(responses::CompactRequest::new("gpt-5", "Hi")),
        ),
        (
            "POST /responses/compact",
            json(responses::CompactRequest::of_response("gpt-5", "resp_1")),
        ),
        (
            "POST /responses/input_tokens",
            json(responses::CountRequest::new("gpt-5", "Hi")),
        ),
        (
            "POST /embeddings",
            json(embeddings::Request::new("text-embedding-3-small", "Hi")),
        ),
        (
            "POST /conversations",
            json(conversations::CreateRequest::new()),
        ),
        (
            "POST /conversations/{conversation_id}",
            json(conversations::UpdateRequest::new(metadata)),
        ),
        (
            "POST /conversations/{conversation_id}/items",
            json(conversations::ItemsRequest::new([responses::Item::user(
                "Hi",
            )])),
        ),
    ];
    let table = table.into_iter().chain(beside::least());
    let table: Vec<_> = table.collect();
    let tested: BTreeSet<_> = table
        .iter()
        .map(|(endpoint, _)| (*endpoint, "request"))
        .collect();
    let all: BTreeSet<_> = document
        .endpoints()
        .filter(|(_, what)| *what == "request")
        .collect();
    assert_eq!(tested, all);
    for (endpoint, request) in table {
        valid(&document, endpoint, [request]);
    }
}

#[test]
fn requests_with_everything_that_can_be_set_are_valid_and_whole() {
    let document = Document::read();
    let table = [
        // The client itself sets `stream`.
        (
            "POST /chat/completions",
            json(filled::chat()),
            &["stream"][..],
        ),
        ("POST /responses", json(filled::response()), &["stream"]),
        ("POST /responses/compact", json(filled::compact()), &[]),
        ("POST /responses/input_tokens", json(filled::count()), &[]),
        ("POST /embeddings", json(filled::embedding()), &[]),
        ("POST /conversations", json(filled::conversation()), &[]),
    ];
    for (endpoint, request, unset) in table {
        let mut all = document.properties(document.schema(endpoint, "request"));
        all.retain(|name| !unset.contains(&&**name));
        let set: BTreeSet<_> = request.as_object().unwrap().keys().cloned().collect();
        assert_eq!(set, all, "{endpoint}");
        valid(&document, endpoint, [request]);
    }
}

fn json(request: impl Serialize) -> Value {
    serde_json::to_value(request).unwrap()
}

fn valid(document: &Document, endpoint: &str, requests: impl IntoIterator<Item = Value>) {
    let validator = document.validator(endpoint, "request");
    for request in requests {
        let errors = validator.iter_errors(&request);
        let errors: Vec<_> = errors.map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{endpoint}: {errors:#?} in {request:#}");
    }
}
