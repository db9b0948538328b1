//! What a request may ask for beside its messages and tools.

use std::borrow::Cow;

use serde::Serialize;
use serde::de::SeqAccess;
use serde_json::Map;

use super::content::Content;
use crate::types::open::{Open, deserialize_open, object, setters, strings, union};

strings! {
    /// How much the model thinks before it answers.
    pub enum ReasoningEffort {
        /// Not at all.
        None = "none",
        /// Hardly.
        Minimal = "minimal",
        /// A little.
        Low = "low",
        /// As usual.
        Medium = "medium",
        /// Much.
        High = "high",
        /// Very much.
        Xhigh = "xhigh",
        /// As much as it can.
        Max = "max",
    }
}

strings! {
    /// How many words the model makes.
    pub enum Verbosity {
        /// Few.
        Low = "low",
        /// As usual.
        Medium = "medium",
        /// Many.
        High = "high",
    }
}

strings! {
    /// How urgently a request is served, and at which price.
    pub enum ServiceTier {
        /// As the project is set.
        Auto = "auto",
        /// At the usual speed and price.
        Default = "default",
        /// Slower and cheaper.
        Flex = "flex",
        /// From capacity that was bought before.
        Scale = "scale",
        /// Faster and dearer.
        Priority = "priority",
        /// Faster and dearer; the reply calls it `priority`.
        Fast = "fast",
    }
}

/// Where the model stops: before one of these texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Stop {
    /// A single one.
    One(String),
    /// Several, up to four.
    Many(Vec<String>),
}

union! {
    /// What the reply will mostly be, so that it comes faster.
    pub enum Prediction by "type" {
        /// The text itself.
        Content(PredictionContent) = "content",
    }
}

object! {
    /// What the reply will mostly be.
    pub struct PredictionContent {
        /// The text.
        pub content: Option<Content>,
    }
}

object! {
    /// What a streamed reply tells beside the reply.
    pub struct StreamOptions {
        /// A last chunk with the usage.
        pub include_usage: Option<bool>,
        /// Random characters that hide the length of each chunk; `true` by default.
        pub include_obfuscation: Option<bool>,
    }
}

object! {
    /// How the model searches the web.
    pub struct WebSearchOptions {
        /// Roughly where the user is.
        pub user_location: Option<UserLocation>,
        /// How much of what it finds the model reads; `medium` by default.
        pub search_context_size: Option<SearchContextSize>,
    }
}

object! {
    /// Roughly where the user is.
    pub struct UserLocation {
        /// Always `approximate`.
        pub r#type: Option<String>,
        /// The place.
        pub approximate: Option<ApproximateLocation>,
    }
}

object! {
    /// A place.
    pub struct ApproximateLocation {
        /// The country, by its two letters.
        pub country: Option<String>,
        /// The region.
        pub region: Option<String>,
        /// The city.
        pub city: Option<String>,
        /// The time zone by its IANA name.
        pub timezone: Option<String>,
    }
}

strings! {
    /// How much of what it finds the model reads.
    pub enum SearchContextSize {
        /// Little.
        Low = "low",
        /// As usual.
        Medium = "medium",
        /// Much.
        High = "high",
    }
}

object! {
    /// How prompt and reply are moderated.
    pub struct Moderation {
        /// The moderation model.
        pub model: String,
        /// What follows from its judgement.
        pub policy: Option<ModerationPolicy>,
    }
}

object! {
    /// What follows from a moderation.
    pub struct ModerationPolicy {
        /// Of the prompt.
        pub input: Option<ModerationConfig>,
        /// Of the reply.
        pub output: Option<ModerationConfig>,
    }
}

object! {
    /// What follows from the moderation of one side.
    pub struct ModerationConfig {
        /// What is done.
        pub mode: Option<ModerationMode>,
    }
}

strings! {
    /// What a moderation does.
    pub enum ModerationMode {
        /// It tells its judgement.
        Score = "score",
        /// It stops what it finds bad.
        Block = "block",
    }
}

object! {
    /// How the prompt is cached.
    pub struct PromptCacheOptions {
        /// How long at least each part is kept, such as `30m`.
        pub ttl: Option<String>,
        /// Whether the server sets a breakpoint of its own; `implicit` by default.
        pub mode: Option<PromptCacheMode>,
    }
}

strings! {
    /// Who sets breakpoints in the prompt.
    pub enum PromptCacheMode {
        /// Server and caller.
        Implicit = "implicit",
        /// The caller alone.
        Explicit = "explicit",
    }
}

strings! {
    /// How long a cached prompt is kept.
    pub enum PromptCacheRetention {
        /// While it is in memory.
        InMemory = "in_memory",
        /// Up to a day.
        Day = "24h",
    }
}

setters! {
    StreamOptions {
        value {
            include_usage: bool,
            include_obfuscation: bool,
        }
        into {}
    }
}

setters! {
    WebSearchOptions {
        value {}
        into { search_context_size: SearchContextSize, }
    }
}

setters! {
    ApproximateLocation {
        value {}
        into {
            country: String,
            region: String,
            city: String,
            timezone: String,
        }
    }
}

setters! {
    PromptCacheOptions {
        value {}
        into {
            ttl: String,
            mode: PromptCacheMode,
        }
    }
}

impl Prediction {
    /// The reply will mostly be this text.
    pub fn content(content: impl Into<Content>) -> Self {
        Self::Content(PredictionContent {
            content: Some(content.into()),
            extra: Map::new(),
        })
    }
}

impl WebSearchOptions {
    /// Says roughly where the user is.
    #[must_use]
    pub fn user_location(mut self, place: ApproximateLocation) -> Self {
        self.user_location = Some(UserLocation {
            r#type: Some("approximate".to_owned()),
            approximate: Some(place),
            extra: Map::new(),
        });
        self
    }
}

impl Moderation {
    /// Moderation by this model.
    pub fn new(model: impl Into<String>) -> Self {
        Self {
            model: model.into(),
            ..Self::default()
        }
    }

    /// What follows from the judgement on the prompt.
    #[must_use]
    pub fn input(mut self, mode: impl Into<ModerationMode>) -> Self {
        let policy = self.policy.get_or_insert_default();
        policy.input.get_or_insert_default().mode = Some(mode.into());
        self
    }

    /// What follows from the judgement on the reply.
    #[must_use]
    pub fn output(mut self, mode: impl Into<ModerationMode>) -> Self {
        let policy = self.policy.get_or_insert_default();
        policy.output.get_or_insert_default().mode = Some(mode.into());
        self
    }
}

impl Stop {
    /// All of them.
    pub fn as_slice(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Many(texts) => texts,
        }
    }
}

impl From<&str> for Stop {
    fn from(text: &str) -> Self {
        Self::One(text.to_owned())
    }
}

impl From<String> for Stop {
    fn from(text: String) -> Self {
        Self::One(text)
    }
}

impl From<&String> for Stop {
    fn from(text: &String) -> Self {
        Self::One(text.clone())
    }
}

impl From<Vec<String>> for Stop {
    fn from(texts: Vec<String>) -> Self {
        Self::Many(texts)
    }
}

impl From<&Vec<String>> for Stop {
    fn from(texts: &Vec<String>) -> Self {
        Self::Many(texts.clone())
    }
}

impl From<&[String]> for Stop {
    fn from(texts: &[String]) -> Self {
        Self::Many(texts.to_vec())
    }
}

impl From<Vec<&str>> for Stop {
    fn from(texts: Vec<&str>) -> Self {
        texts.as_slice().into()
    }
}

impl From<&[&str]> for Stop {
    fn from(texts: &[&str]) -> Self {
        Self::Many(texts.iter().map(|&text| text.to_owned()).collect())
    }
}

impl<const N: usize> From<[&str; N]> for Stop {
    fn from(texts: [&str; N]) -> Self {
        texts.as_slice().into()
    }
}

impl<const N: usize> From<[String; N]> for Stop {
    fn from(texts: [String; N]) -> Self {
        Self::Many(texts.into())
    }
}

impl Open for Stop {
    fn from_text(text: Cow<'_, str>) -> Option<Self> {
        Some(Self::One(text.into_owned()))
    }

    fn from_list<'de, A: SeqAccess<'de>>(list: A) -> Result<Option<Self>, A::Error> {
        Ok(Vec::from_list(list)?.map(Self::Many))
    }
}

deserialize_open!(Stop);
