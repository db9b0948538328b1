//! Embeddings.

use super::Client;
use super::ask::Question;
use super::body::encode;
use super::options::RequestOptions;
use crate::error::Error;
use crate::types::embeddings::{Embeddings as Reply, Request};

/// `/embeddings`: texts as vectors.
///
/// Every call is a span `embeddings {model}`.
/// [OpenAI's reference](https://platform.openai.com/docs/api-reference/embeddings)
#[derive(Clone, Copy, Debug)]
pub struct Embeddings<'a> {
    client: &'a Client,
}

impl<'a> Embeddings<'a> {
    pub(super) fn new(client: &'a Client) -> Self {
        Self { client }
    }
}

impl Embeddings<'_> {
    /// Asks for the vectors of one or more texts.
    ///
    /// Unless the request names a format, the vectors travel as base64, a quarter of the bytes.
    pub async fn create(&self, request: &Request) -> Result<Reply, Error> {
        self.create_with(request, RequestOptions::default()).await
    }

    /// Asks for the vectors of one or more texts, with settings for this request.
    pub async fn create_with(
        &self,
        request: &Request,
        options: RequestOptions,
    ) -> Result<Reply, Error> {
        let question = Question {
            prompt: request,
            path: &["embeddings"],
            options,
        };
        let body = |request: &Request| {
            let names_format =
                request.encoding_format.is_some() || request.extra.contains_key("encoding_format");
            if names_format {
                encode(request, &[])
            } else {
                encode(request, &[r#""encoding_format":"base64""#])
            }
        };
        self.client.ask(question, body).await
    }
}
