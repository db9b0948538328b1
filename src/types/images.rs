//! Images that a model makes or changes.

use serde::Serialize;
use serde::de::MapAccess;

use super::open::{Open, deserialize_open, object, setters, strings, union};
use super::upload::Upload;

object! {
    /// Asks for images of what a text describes.
    ///
    /// ```
    /// use sentry_openai::images;
    ///
    /// let request = images::Request::new("gpt-image-1", "A sea otter with a beret").size("1024x1024");
    /// ```
    pub struct Request {
        /// What is to be seen.
        pub prompt: String,
        /// The model.
        pub model: Option<String>,
        /// How many images are made; 1 by default.
        pub n: Option<u64>,
        /// How good they are.
        pub quality: Option<Quality>,
        /// How they are sent; by models of `gpt-image`, always as base64.
        pub response_format: Option<ResponseFormat>,
        /// How they are encoded.
        pub output_format: Option<OutputFormat>,
        /// How much they are compressed, in percent: of JPEG and WebP.
        pub output_compression: Option<u64>,
        /// Whether the reply is streamed. The client sets it by the method that is called.
        pub stream: Option<bool>,
        /// How many images that are not done yet a stream has: up to 3.
        pub partial_images: Option<u64>,
        /// Their size: `auto`, or as `1024x1024`.
        pub size: Option<String>,
        /// How strictly they are moderated.
        pub moderation: Option<Moderation>,
        /// Their background.
        pub background: Option<Background>,
        /// Their style, of `dall-e-3`.
        pub style: Option<Style>,
        /// A stable name of the user, by which abuse can be told apart.
        pub user: Option<String>,
    }
}

setters! {
    Request {
        value { n: u64, output_compression: u64, partial_images: u64, }
        into {
            quality: Quality,
            response_format: ResponseFormat,
            output_format: OutputFormat,
            size: String,
            moderation: Moderation,
            background: Background,
            style: Style,
            user: String,
        }
    }
}

impl Request {
    /// Asks this model for an image of this.
    pub fn new(model: impl Into<String>, prompt: impl Into<String>) -> Self {
        Self {
            prompt: prompt.into(),
            model: Some(model.into()),
            ..Self::default()
        }
    }
}

object! {
    /// Asks for changes of images.
    ///
    /// ```
    /// use sentry_openai::{Upload, images};
    ///
    /// let request = images::EditRequest::new("gpt-image-1", "Give it a beret", [Upload::path("otter.png")]);
    /// ```
    pub struct EditRequest {
        /// What is to be changed.
        pub prompt: String,
        /// The images: either all of them uploads, or all of them references.
        pub images: Vec<Source>,
        /// An image that is transparent where the first one is to be changed.
        pub mask: Option<Source>,
        /// The model.
        pub model: Option<String>,
        /// How many images are made; 1 by default.
        pub n: Option<u64>,
        /// How good they are.
        pub quality: Option<Quality>,
        /// How closely they keep to the given ones.
        pub input_fidelity: Option<InputFidelity>,
        /// Their size: `auto`, or as `1024x1024`.
        pub size: Option<String>,
        /// How they are sent, by `dall-e-2`; by others always as base64.
        pub response_format: Option<ResponseFormat>,
        /// How they are encoded.
        pub output_format: Option<OutputFormat>,
        /// How much they are compressed, in percent: of JPEG and WebP.
        pub output_compression: Option<u64>,
        /// How strictly they are moderated.
        pub moderation: Option<Moderation>,
        /// Their background.
        pub background: Option<Background>,
        /// Whether the reply is streamed. The client sets it by the method that is called.
        pub stream: Option<bool>,
        /// How many images that are not done yet a stream has: up to 3.
        pub partial_images: Option<u64>,
        /// A stable name of the user, by which abuse can be told apart.
        pub user: Option<String>,
    }
}

setters! {
    EditRequest {
        value { n: u64, output_compression: u64, partial_images: u64, }
        into {
            mask: Source,
            quality: Quality,
            input_fidelity: InputFidelity,
            size: String,
            response_format: ResponseFormat,
            output_format: OutputFormat,
            moderation: Moderation,
            background: Background,
            user: String,
        }
    }
}

impl EditRequest {
    /// Asks this model to change these images in this way.
    pub fn new<S: Into<Source>>(
        model: impl Into<String>,
        prompt: impl Into<String>,
        images: impl IntoIterator<Item = S>,
    ) -> Self {
        Self {
            prompt: prompt.into(),
            images: images.into_iter().map(Into::into).collect(),
            model: Some(model.into()),
            ..Self::default()
        }
    }
}

/// An image that is to be changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Source {
    /// A file that is sent along.
    Upload(Upload),
    /// One that the API has or gets.
    Reference(Reference),
}

impl Source {
    /// A file that was uploaded before, by its id.
    pub fn file_id(id: impl Into<String>) -> Self {
        Self::Reference(Reference {
            file_id: Some(id.into()),
            ..Reference::default()
        })
    }

    /// An image at a URL, also a `data:` URL.
    pub fn image_url(url: impl Into<String>) -> Self {
        Self::Reference(Reference {
            image_url: Some(url.into()),
            ..Reference::default()
        })
    }
}

impl From<Upload> for Source {
    fn from(upload: Upload) -> Self {
        Self::Upload(upload)
    }
}

impl Open for Source {
    fn from_object<'de, A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        Ok(Reference::from_object(object)?.map(Self::Reference))
    }
}

deserialize_open!(Source);

object! {
    /// An image that the API has or gets.
    pub struct Reference {
        /// Its URL, also a `data:` URL.
        pub image_url: Option<String>,
        /// The id of a file that was uploaded before.
        pub file_id: Option<String>,
    }
}

strings! {
    /// How good an image is.
    pub enum Quality {
        /// As the model likes.
        Auto = "auto",
        /// Low.
        Low = "low",
        /// Medium.
        Medium = "medium",
        /// High.
        High = "high",
        /// The usual, of `dall-e`.
        Standard = "standard",
        /// With more details, of `dall-e-3`.
        Hd = "hd",
    }
}

strings! {
    /// How images are sent.
    pub enum ResponseFormat {
        /// As URLs, for an hour.
        Url = "url",
        /// As base64.
        B64Json = "b64_json",
    }
}

strings! {
    /// How an image is encoded.
    pub enum OutputFormat {
        /// PNG.
        Png = "png",
        /// JPEG.
        Jpeg = "jpeg",
        /// WebP.
        Webp = "webp",
    }
}

strings! {
    /// How strictly images are moderated.
    pub enum Moderation {
        /// As usual.
        Auto = "auto",
        /// Less.
        Low = "low",
    }
}

strings! {
    /// What is behind an image.
    pub enum Background {
        /// As the model likes.
        Auto = "auto",
        /// Nothing.
        Transparent = "transparent",
        /// Something.
        Opaque = "opaque",
    }
}

strings! {
    /// The style of an image.
    pub enum Style {
        /// Dramatic.
        Vivid = "vivid",
        /// Less so.
        Natural = "natural",
    }
}

strings! {
    /// How closely an image keeps to the given ones.
    pub enum InputFidelity {
        /// Closely.
        High = "high",
        /// Less so.
        Low = "low",
    }
}

object! {
    /// The reply: the images.
    pub struct Images {
        /// When they were made, in seconds since the Unix epoch.
        pub created: Option<f64>,
        /// They.
        pub data: Option<Vec<Image>>,
        /// Their background.
        pub background: Option<Background>,
        /// How they are encoded.
        pub output_format: Option<OutputFormat>,
        /// Their size.
        pub size: Option<String>,
        /// How good they are.
        pub quality: Option<Quality>,
        /// The tokens used.
        pub usage: Option<Usage>,
    }
}

object! {
    /// An image.
    pub struct Image {
        /// It, as base64.
        pub b64_json: Option<String>,
        /// Where it is, for an hour.
        pub url: Option<String>,
        /// The prompt that the model made of the given one.
        pub revised_prompt: Option<String>,
    }
}

impl Image {
    /// The file's bytes; `None` if it was sent as a URL, or its base64 can't be read.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        decoded(self.b64_json.as_ref()?)
    }
}

fn decoded(base64: &str) -> Option<Vec<u8>> {
    base64_simd::STANDARD.decode_to_vec(base64).ok()
}

object! {
    /// Counts of tokens.
    pub struct Usage {
        /// Tokens of the prompt and the images given.
        pub input_tokens: Option<u64>,
        /// Of which kinds they are.
        pub input_tokens_details: Option<TokensDetails>,
        /// Tokens of the images made.
        pub output_tokens: Option<u64>,
        /// Of which kinds they are.
        pub output_tokens_details: Option<TokensDetails>,
        /// Both together.
        pub total_tokens: Option<u64>,
    }
}

object! {
    /// Of which kinds tokens are.
    pub struct TokensDetails {
        /// Text.
        pub text_tokens: Option<u64>,
        /// Images.
        pub image_tokens: Option<u64>,
    }
}

union! {
    /// An event of a stream.
    pub enum Event by "type" {}
    shared {
        /// An image that is not done yet.
        PartialImage(StreamedImage) = "image_generation.partial_image",
        /// An image.
        Completed(StreamedImage) = "image_generation.completed",
        /// A changed image that is not done yet.
        EditPartialImage(StreamedImage) = "image_edit.partial_image",
        /// A changed image.
        EditCompleted(StreamedImage) = "image_edit.completed",
    }
}

object! {
    /// An image in a stream.
    pub struct StreamedImage {
        /// It, as base64.
        pub b64_json: String,
        /// When it was made, in seconds since the Unix epoch.
        pub created_at: Option<f64>,
        /// Its size.
        pub size: Option<String>,
        /// How good it is.
        pub quality: Option<Quality>,
        /// Its background.
        pub background: Option<Background>,
        /// How it is encoded.
        pub output_format: Option<OutputFormat>,
        /// Which one it is of those that are not done yet.
        pub partial_image_index: Option<u64>,
        /// The tokens used, once it is done.
        pub usage: Option<Usage>,
    }
}

impl StreamedImage {
    /// The file's bytes; `None` if its base64 can't be read.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        decoded(&self.b64_json)
    }
}
