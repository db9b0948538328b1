//! Images.

use http::Method;
use serde_json::Value;

use super::Client;
use super::form::Form;
use super::request::RequestBuilder;
use super::stream::EventStream;
use crate::error::Error;
use crate::types::images::{EditRequest, Event, Images as Reply, Request, Source};

/// `/images`: images that a model makes or changes.
///
/// Sentry's conventions name no operation for images: with an active span these calls are `http.client` spans, without one
/// nothing.
/// [OpenAI's reference](https://platform.openai.com/docs/api-reference/images)
#[derive(Clone, Copy, Debug)]
pub struct Images<'a> {
    client: &'a Client,
}

impl<'a> Images<'a> {
    pub(super) fn new(client: &'a Client) -> Self {
        Self { client }
    }
}

impl Images<'_> {
    /// Asks for images of what a text describes.
    ///
    /// ```no_run
    /// # async fn run(client: sentry_openai::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// use sentry_openai::images;
    ///
    /// let request = images::Request::new("gpt-image-1", "A sea otter with a beret");
    /// let images = client.images().generate(&request).await?;
    /// for image in images.data.iter().flatten() {
    ///     if let Some(bytes) = image.bytes() {
    ///         std::fs::write("otter.png", bytes)?;
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn generate(&self, request: &Request) -> Result<Reply, Error> {
        let mut request = request.clone();
        request.stream = None;
        request.partial_images = None;
        self.generations(&request).send().await
    }

    /// Asks for images, and for what they are like before they are done
    /// ([`partial_images`](Request::partial_images)).
    pub async fn generate_stream(&self, request: &Request) -> Result<EventStream<Event>, Error> {
        let mut request = request.clone();
        request.stream = Some(true);
        self.generations(&request).events().await
    }

    /// Asks for changes of images, which are uploaded or referred to.
    ///
    /// # Errors
    ///
    /// As of all calls; [`Error::Config`] if some images are uploads and others are not, or a file can't be read.
    pub async fn edit(&self, request: &EditRequest) -> Result<Reply, Error> {
        let mut request = request.clone();
        request.stream = None;
        request.partial_images = None;
        self.edits(&request)?.send().await
    }

    /// Asks for changes of images, and for what they are like before they are done
    /// ([`partial_images`](EditRequest::partial_images)).
    ///
    /// # Errors
    ///
    /// As of [`edit`](Self::edit).
    pub async fn edit_stream(&self, request: &EditRequest) -> Result<EventStream<Event>, Error> {
        let mut request = request.clone();
        request.stream = Some(true);
        self.edits(&request)?.events().await
    }

    fn generations(self, request: &Request) -> RequestBuilder {
        let path = ["images", "generations"];
        self.client.request_at(Method::POST, &path).json(request)
    }

    fn edits(self, request: &EditRequest) -> Result<RequestBuilder, Error> {
        let post = self.client.request_at(Method::POST, &["images", "edits"]);
        let sources = request.images.iter().chain(&request.mask);
        let uploads: Vec<_> = sources.clone().filter_map(upload).collect();
        if uploads.is_empty() {
            return Ok(post.json(request));
        }
        if uploads.len() < sources.count() {
            return Err(Error::Config(
                "some images are uploads and others references: upload all of them, or refer to all of them"
                    .to_owned(),
            ));
        }
        let mut fields = serde_json::to_value(request).map_err(Error::Encode)?;
        if let Value::Object(fields) = &mut fields {
            fields.remove("images");
            fields.remove("mask");
        }
        let name = if request.images.len() == 1 {
            "image"
        } else {
            "image[]"
        };
        let form = Form::of(&fields)?
            .files(name, request.images.iter().filter_map(upload))
            .files("mask", request.mask.iter().filter_map(upload));
        Ok(post.multipart(form))
    }
}

fn upload(source: &Source) -> Option<&crate::types::upload::Upload> {
    match source {
        Source::Upload(upload) => Some(upload),
        Source::Reference(_) => None,
    }
}
