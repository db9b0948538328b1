//! Embeddings, as floats or base64.

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::{Busy, admit, missing, thinking};
use crate::embedded::answers;

pub(super) async fn embeddings(busy: Busy, Json(request): Json<Value>) -> Response {
    if let Err(response) = admit(&busy, &request) {
        return response;
    }
    let texts: Vec<&str> = match &request["input"] {
        Value::String(text) => vec![text],
        Value::Array(texts) => texts.iter().filter_map(Value::as_str).collect(),
        _ => return missing("input"),
    };
    let dimensions = request["dimensions"].as_u64();
    let dimensions = dimensions.and_then(|dimensions| usize::try_from(dimensions).ok());
    let dimensions = dimensions.unwrap_or(1_536).clamp(1, 1_536);
    let as_base64 = request["encoding_format"] == "base64";
    let data = texts.iter().enumerate().map(|(index, text)| {
        let vector = answers::vector(text, dimensions);
        let embedding = if as_base64 {
            let bytes: Vec<u8> = vector.into_iter().flat_map(f32::to_le_bytes).collect();
            json!(base64_simd::STANDARD.encode_to_string(bytes))
        } else {
            json!(vector)
        };
        json!({"object": "embedding", "index": index, "embedding": embedding})
    });
    let data: Vec<Value> = data.collect();
    let tokens: usize = texts.iter().map(|text| answers::tokens(text).len()).sum();
    thinking(0).await;
    Json(json!({
        "object": "list",
        "data": data,
        "model": request["model"],
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }))
    .into_response()
}
