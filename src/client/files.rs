//! Files.

use bytes::Bytes;
use http::Method;

use super::Client;
use super::bytes::ByteStream;
use super::form::Form;
use super::list::ListStream;
use crate::error::Error;
use crate::types::files::{Deleted, File, ListQuery, UploadRequest};
use crate::types::page::Page;

/// `/files`: files that the API keeps, as input of models, batches and fine-tunings.
///
/// These are no model calls: with an active span they are `http.client` spans, without one nothing.
/// [OpenAI's reference](https://platform.openai.com/docs/api-reference/files)
#[derive(Clone, Copy, Debug)]
pub struct Files<'a> {
    client: &'a Client,
}

impl<'a> Files<'a> {
    pub(super) fn new(client: &'a Client) -> Self {
        Self { client }
    }
}

impl Files<'_> {
    /// Uploads a file.
    ///
    /// ```no_run
    /// # async fn run(client: sentry_openai::Client) -> Result<(), sentry_openai::Error> {
    /// use sentry_openai::{Upload, files};
    ///
    /// let request = files::UploadRequest::new(Upload::path("report.pdf"), "user_data");
    /// let file = client.files().upload(&request).await?;
    /// println!("{}", file.id);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As of all calls; [`Error::Config`] if the file can't be read.
    pub async fn upload(&self, request: &UploadRequest) -> Result<File, Error> {
        let form = Form::of(request)?.files("file", &request.file);
        self.client.send_form(&["files"], form).await
    }

    /// Lists a page of the files.
    pub async fn list(&self, query: &ListQuery) -> Result<Page<File>, Error> {
        self.client.get(&["files"], query).await
    }

    /// Lists all files, page after page.
    pub fn list_all(&self, query: &ListQuery) -> ListStream<File> {
        self.client.list_all(&["files"], query)
    }

    /// Gets what the API says of a file.
    pub async fn retrieve(&self, id: &str) -> Result<File, Error> {
        self.client.get(&["files", id], &()).await
    }

    /// Gets a file's content as a whole.
    pub async fn content(&self, id: &str) -> Result<Bytes, Error> {
        let path = ["files", id, "content"];
        self.client.request_at(Method::GET, &path).bytes().await
    }

    /// Gets a file's content as it arrives.
    pub async fn content_stream(&self, id: &str) -> Result<ByteStream, Error> {
        let path = ["files", id, "content"];
        let request = self.client.request_at(Method::GET, &path);
        request.byte_stream().await
    }

    /// Deletes a file.
    pub async fn delete(&self, id: &str) -> Result<Deleted, Error> {
        self.client.delete(&["files", id]).await
    }
}
