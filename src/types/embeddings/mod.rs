//! Embeddings: texts as vectors.

mod input;
mod reader;
mod vector;

use serde_json::Value;

pub use self::input::Input;
pub(crate) use self::reader::read;
pub use self::vector::Vector;
use super::open::{object, setters, strings};
pub use super::usage::{CompletionTokensDetails, PromptTokensDetails, Usage};

object! {
    /// Asks for the embeddings of texts.
    ///
    /// ```
    /// use sentry_openai::embeddings;
    ///
    /// let request = embeddings::Request::new("text-embedding-3-small", ["one text", "another"]);
    /// ```
    pub struct Request {
        /// The model.
        pub model: String,
        /// The texts.
        pub input: Input,
        /// How the vectors are sent. The client asks for base64 by default; they are read the same.
        pub encoding_format: Option<EncodingFormat>,
        /// How many numbers a vector has; as many as the model makes by default.
        pub dimensions: Option<u64>,
        /// A stable name of the user, by which abuse can be told apart.
        pub user: Option<String>,
    }
}

strings! {
    /// How vectors are sent.
    pub enum EncodingFormat {
        /// As lists of numbers.
        Float = "float",
        /// As base64, a quarter of the bytes.
        Base64 = "base64",
    }
}

object! {
    /// The reply: the embeddings of the texts.
    pub struct Embeddings {
        required {
            /// One for each text.
            pub data: Vec<Embedding>,
        }
        /// The kind of this object: `list`.
        pub object: Option<String>,
        /// The model that made them.
        pub model: Option<String>,
        /// The tokens used.
        pub usage: Option<Usage>,
    }
}

object! {
    /// The embedding of one text.
    pub struct Embedding {
        /// The text's place in the request.
        pub index: Option<u64>,
        /// The kind of this object: `embedding`.
        pub object: Option<String>,
        /// The vector.
        pub embedding: Vector,
    }
}

setters! {
    Request {
        value { dimensions: u64, }
        into {
            encoding_format: EncodingFormat,
            user: String,
        }
    }
}

impl Request {
    /// Asks this model for the embeddings of this text or these texts.
    pub fn new(model: impl Into<String>, input: impl Into<Input>) -> Self {
        Self {
            model: model.into(),
            input: input.into(),
            ..Self::default()
        }
    }

    /// Sets a field that this version of the crate does not name.
    #[must_use]
    pub fn extra(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.extra.insert(name.into(), value.into());
        self
    }
}

impl Embeddings {
    /// Tokens of the texts; 0 if none were reported.
    pub fn input_tokens(&self) -> u64 {
        self.usage.as_ref().map_or(0, Usage::input_tokens)
    }

    /// The first vector: the only one, if the request had one text.
    pub fn vector(&self) -> Option<&[f32]> {
        self.data.first().map(|first| first.embedding.as_slice())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn requests_are_the_json_of_the_api() {
        let request = Request::new("m", "a text")
            .dimensions(256)
            .encoding_format("float");
        let json = json!({
            "model": "m", "input": "a text", "encoding_format": "float", "dimensions": 256,
        });
        assert_eq!(serde_json::to_value(request).unwrap(), json);
    }

    #[test]
    fn a_reply_needs_its_data() {
        serde_json::from_value::<Embeddings>(json!({"model": "m"})).unwrap_err();
        let json = json!({"data": null, "usage": {}});
        let reply: Embeddings = serde_json::from_value(json).unwrap();
        assert_eq!(reply.usage, Some(Usage::default()));
    }
}
