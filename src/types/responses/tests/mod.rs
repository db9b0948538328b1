//! Proofs over whole requests, replies and streams.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

mod items;
mod limits;
mod replies;
mod requests;
mod streams;

/// Reads the JSON from text and from a tree, and finds it unchanged when it is written again.
fn same_after_reading<T>(json: &Value) -> T
where
    T: DeserializeOwned + Serialize + PartialEq + Debug,
{
    let from_text: T = serde_json::from_str(&json.to_string()).unwrap();
    let from_value: T = serde_json::from_value(json.clone()).unwrap();
    assert_eq!(from_text, from_value);
    assert_eq!(&serde_json::to_value(&from_text).unwrap(), json);
    from_text
}
