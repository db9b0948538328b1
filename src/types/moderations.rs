//! Whether texts and images are harmful.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use super::open::{Open, deserialize_open, object, setters, union};

object! {
    /// Asks whether texts or images are harmful.
    ///
    /// ```
    /// use sentry_openai::moderations;
    ///
    /// let request = moderations::Request::new("Is this harmful?").model("omni-moderation-latest");
    /// ```
    pub struct Request {
        /// What is looked at.
        pub input: Option<Input>,
        /// The model; the newest by default.
        pub model: Option<String>,
    }
}

setters! {
    Request {
        value {}
        into { model: String, }
    }
}

impl Request {
    /// Asks of this text, these texts, or these parts.
    pub fn new(input: impl Into<Input>) -> Self {
        Self {
            input: Some(input.into()),
            ..Self::default()
        }
    }
}

/// What is looked at.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Input {
    /// A text.
    Text(String),
    /// Several texts, each with a result of its own.
    Texts(Vec<String>),
    /// Texts and images that belong together.
    Parts(Vec<Part>),
}

impl From<&str> for Input {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Input {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<String>> for Input {
    fn from(texts: Vec<String>) -> Self {
        Self::Texts(texts)
    }
}

impl<const N: usize> From<[&str; N]> for Input {
    fn from(texts: [&str; N]) -> Self {
        Self::Texts(texts.map(str::to_owned).into())
    }
}

impl From<Vec<Part>> for Input {
    fn from(parts: Vec<Part>) -> Self {
        Self::Parts(parts)
    }
}

impl<const N: usize> From<[Part; N]> for Input {
    fn from(parts: [Part; N]) -> Self {
        Self::Parts(parts.into())
    }
}

impl Open for Input {
    fn from_text(text: std::borrow::Cow<'_, str>) -> Option<Self> {
        Some(Self::Text(text.into_owned()))
    }

    fn from_list<'de, A: serde::de::SeqAccess<'de>>(list: A) -> Result<Option<Self>, A::Error> {
        let Some(parts) = Vec::<Part>::from_list(list)? else {
            return Ok(None);
        };
        let texts: Option<Vec<_>> = parts
            .iter()
            .map(|part| match part {
                Part::Unknown(Value::String(text)) => Some(text.clone()),
                _ => None,
            })
            .collect();
        Ok(Some(match texts {
            Some(texts) => Self::Texts(texts),
            None => Self::Parts(parts),
        }))
    }
}

deserialize_open!(Input);

union! {
    /// A text or an image.
    pub enum Part by "type" {
        /// A text.
        Text(TextPart) = "text",
        /// An image.
        ImageUrl(ImagePart) = "image_url",
    }
}

impl Part {
    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(TextPart {
            text: text.into(),
            ..TextPart::default()
        })
    }

    /// An image at a URL, also a `data:` URL.
    pub fn image_url(url: impl Into<String>) -> Self {
        Self::ImageUrl(ImagePart {
            image_url: Some(ImageUrl {
                url: url.into(),
                ..ImageUrl::default()
            }),
            ..ImagePart::default()
        })
    }
}

object! {
    /// A text.
    pub struct TextPart {
        /// It.
        pub text: String,
    }
}

object! {
    /// An image.
    pub struct ImagePart {
        /// Where it is.
        pub image_url: Option<ImageUrl>,
    }
}

object! {
    /// Where an image is.
    pub struct ImageUrl {
        /// Its URL, also a `data:` URL.
        pub url: String,
    }
}

object! {
    /// The reply: whether each input is harmful.
    pub struct Moderation {
        required {
            /// One for each input.
            pub results: Vec<Outcome>,
        }
        /// Its id.
        pub id: Option<String>,
        /// The model that judged.
        pub model: Option<String>,
    }
}

impl Moderation {
    /// Whether any of the inputs is harmful.
    pub fn is_flagged(&self) -> bool {
        self.results
            .iter()
            .any(|result| result.flagged == Some(true))
    }
}

object! {
    /// Whether an input is harmful, and in which way.
    pub struct Outcome {
        /// Whether it is in any category.
        pub flagged: Option<bool>,
        /// Whether it is, by category: `harassment/threatening`, `self-harm`.
        pub categories: Option<Flags>,
        /// How sure the model is, by category: 0 to 1.
        pub category_scores: Option<Scores>,
        /// Which kinds of input were looked at, by category.
        pub category_applied_input_types: Option<Map<String, Value>>,
    }
}

impl Outcome {
    /// The names of the categories in which it is harmful.
    pub fn flagged_categories(&self) -> impl Iterator<Item = &str> {
        let flags = self.categories.iter().flatten();
        flags
            .filter(|(_, flag)| **flag == Some(true))
            .map(|(name, _)| name.as_str())
    }
}

/// Whether an input is harmful, by category; `None` where a model does not know a category.
pub type Flags = BTreeMap<String, Option<bool>>;

/// How sure a model is, by category.
pub type Scores = BTreeMap<String, Option<f64>>;

impl<T: Open> Open for BTreeMap<String, Option<T>> {
    fn from_object<'de, A: serde::de::MapAccess<'de>>(
        mut object: A,
    ) -> Result<Option<Self>, A::Error> {
        struct Read<T>(Option<T>);

        impl<'de, T: Open> serde::Deserialize<'de> for Read<T> {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                super::open::read(from).map(Self)
            }
        }

        let mut map = Self::new();
        while let Some((name, Read(value))) = object.next_entry()? {
            map.insert(name, value);
        }
        Ok(Some(map))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn inputs_are_written_and_read_again() {
        let table = [
            (Input::from("a"), json!("a")),
            (Input::from(["a", "b"]), json!(["a", "b"])),
            (
                Input::from([
                    Part::text("a"),
                    Part::image_url("https://example.com/a.png"),
                ]),
                json!([
                    {"type": "text", "text": "a"},
                    {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
                ]),
            ),
        ];
        for (input, json) in table {
            assert_eq!(serde_json::to_value(&input).unwrap(), json);
            assert_eq!(serde_json::from_value::<Input>(json).unwrap(), input);
        }
    }

    #[test]
    fn a_result_names_its_categories() {
        let reply: Moderation = serde_json::from_value(json!({"results": [
            {"flagged": false, "categories": {"hate": false}},
            {"flagged": true, "categories": {"hate": null, "self-harm/intent": true, "new": true},
                "category_scores": {"hate": 0.5, "new": "?"}},
        ]}))
        .unwrap();
        assert!(reply.is_flagged());
        let names: Vec<_> = reply.results[1].flagged_categories().collect();
        assert_eq!(names, ["new", "self-harm/intent"]);
        let scores = reply.results[1].category_scores.as_ref().unwrap();
        assert_eq!(scores["hate"], Some(0.5));
        assert_eq!(scores["new"], None);
    }
}
