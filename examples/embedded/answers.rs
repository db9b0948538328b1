//! What the embedded OpenAI knows: a few answers, the meaning of a text as a vector, and what counts as a token.

#![expect(
    clippy::indexing_slicing,
    reason = "a `Value` that lacks the field gives null"
)]

use serde_json::{Map, Value, json};

const CITIES: [&str; 5] = ["Oslo", "Paris", "Vienna", "Lisbon", "Tokyo"];

/// An answer that depends on the question.
pub(crate) fn to_question(question: &str) -> String {
    let asked = question.to_lowercase();
    let has = |words: &[&str]| words.iter().all(|word| asked.contains(word));
    if has(&["capital", "france"]) {
        "Paris. It lies on the Seine, and some two million people live there.".to_owned()
    } else if has(&["haiku"]) {
        "The span opens now,\ntokens fall like autumn leaves,\nand the trace is whole.".to_owned()
    } else if has(&["why", "trace"]) {
        "To see what a model call cost, how long it took and why it failed.".to_owned()
    } else {
        format!("I am a small server on your own machine and know little. You asked: {question}")
    }
}

/// The answer to a question whose tool has been called, for this city.
pub(crate) fn to_tool_output(city: &str, output: &str) -> String {
    let output: Value = serde_json::from_str(output).unwrap_or_else(|_| json!(output));
    match (output["sky"].as_str(), output["celsius"].as_i64()) {
        (Some(sky), Some(degrees)) if degrees < 5 => {
            format!("In {city} it is {degrees} degrees with {sky}: take a warm coat and boots.")
        }
        (Some(sky), Some(degrees)) => {
            format!("In {city} it is {degrees} degrees with {sky}: a light jacket will do.")
        }
        _ => match output.as_str() {
            Some(text) => format!("For {city} the tool says: {text}."),
            None => format!("For {city} the tool says: {output}."),
        },
    }
}

/// The arguments of a call of a tool with these parameters: every required one is the city.
pub(crate) fn tool_arguments(parameters: &Value, city: &str) -> String {
    let required = parameters["required"].as_array();
    let arguments: Map<String, Value> = required
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(|name| (name.to_owned(), json!(city)))
        .collect();
    Value::Object(arguments).to_string()
}

/// The meaning of a text as a vector of length 1: texts that share words are close to each other.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a hash, of which any bits do"
)]
pub(crate) fn vector(text: &str, dimensions: usize) -> Vec<f32> {
    let mut vector = vec![0.0_f32; dimensions];
    for word in text.split(|c: char| !c.is_alphanumeric()) {
        let stem: String = word.to_lowercase().chars().take(4).collect();
        if stem.len() < 3 {
            continue;
        }
        // FNV-1a.
        let hash = stem.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let place = hash as usize % dimensions.max(1);
        if let Some(value) = vector.get_mut(place) {
            *value += 1.0;
        }
    }
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    if length > 0.0 {
        for value in &mut vector {
            *value /= length;
        }
    }
    vector
}

/// A text cut into what this server takes for tokens: words, long ones in pieces.
pub(crate) fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    for word in text.split_inclusive(char::is_whitespace) {
        let mut token = String::new();
        for (index, letter) in word.chars().enumerate() {
            if index > 0 && index % 7 == 0 && !letter.is_whitespace() {
                tokens.push(std::mem::take(&mut token));
            }
            token.push(letter);
        }
        tokens.push(token);
    }
    tokens
}

/// The cities that a question names; one if it names none.
pub(crate) fn cities(question: &str) -> Vec<&'static str> {
    let named = CITIES.into_iter().filter(|city| question.contains(city));
    let mut named: Vec<_> = named.collect();
    if named.is_empty() {
        named.push("Oslo");
    }
    named
}
