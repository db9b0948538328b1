//! Batches.

use super::Client;
use super::list::ListStream;
use crate::error::Error;
use crate::types::batches::{Batch, CreateRequest};
use crate::types::page::{Page, PageQuery};

/// `/batches`: many requests in a file, answered within a day at a lower price.
///
/// The calls are no model calls: with an active span they are `http.client` spans, without one nothing. The requests in a
/// batch are answered elsewhere, and have no spans.
/// [OpenAI's reference](https://platform.openai.com/docs/api-reference/batch)
#[derive(Clone, Copy, Debug)]
pub struct Batches<'a> {
    client: &'a Client,
}

impl<'a> Batches<'a> {
    pub(super) fn new(client: &'a Client) -> Self {
        Self { client }
    }
}

impl Batches<'_> {
    /// Makes a batch of the requests in a file.
    ///
    /// ```no_run
    /// # async fn run(client: sentry_openai::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// use sentry_openai::{Upload, batches, chat, files};
    ///
    /// let request = chat::Request::new("gpt-4o", [chat::Message::user("Hello!")]);
    /// let lines = [batches::RequestLine::new("first", "/v1/chat/completions", &request)?];
    /// let upload = Upload::new("requests.jsonl", batches::write_lines(&lines)?);
    /// let file = client.files().upload(&files::UploadRequest::new(upload, "batch")).await?;
    /// let request = batches::CreateRequest::new(file.id, "/v1/chat/completions");
    /// let batch = client.batches().create(&request).await?;
    ///
    /// // Within a day:
    /// let batch = client.batches().retrieve(&batch.id).await?;
    /// if let Some(output) = &batch.output_file_id {
    ///     let content = client.files().content(output).await?;
    ///     for line in batches::read_lines::<batches::ResponseLine>(&content) {
    ///         let line = line?;
    ///         if let Some(response) = &line.response {
    ///             let completion: chat::Completion = response.reply()?;
    ///             println!("{}: {:?}", line.custom_id, completion.text());
    ///         }
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn create(&self, request: &CreateRequest) -> Result<Batch, Error> {
        self.client.send(&["batches"], &(), request).await
    }

    /// Gets a batch, as far as it is.
    pub async fn retrieve(&self, id: &str) -> Result<Batch, Error> {
        self.client.get(&["batches", id], &()).await
    }

    /// Cancels a batch; what is done is kept.
    pub async fn cancel(&self, id: &str) -> Result<Batch, Error> {
        self.client.act(&["batches", id, "cancel"]).await
    }

    /// Lists a page of the batches.
    pub async fn list(&self, query: &PageQuery) -> Result<Page<Batch>, Error> {
        self.client.get(&["batches"], query).await
    }

    /// Lists all batches, page after page.
    pub fn list_all(&self, query: &PageQuery) -> ListStream<Batch> {
        self.client.list_all(&["batches"], query)
    }
}
