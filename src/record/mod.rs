//! What is recorded of a model call: our types are read by reference and become attributes.
//!
//! A [`Prompt`] is what a request says, a [`Reply`] what a response says, a [`Fold`] the reply that a stream
//! becomes. Facts (identity, parameters, usage) hold no content and are always recorded; content is redacted,
//! shortened and written as JSON, and only where the settings allow it. Nothing here fails or panics: what can't
//! be read is left out.

mod agent;
pub(crate) mod attributes;
pub(crate) mod budget;
mod chat;
mod decide;
mod embeddings;
#[cfg(feature = "tracing")]
pub(crate) mod foreign;
mod json;
mod media;
mod messages;
mod provider;
mod redact;
mod responses;
mod secret;
mod serializer;
mod shorten;
#[cfg(test)]
mod tests;
mod text_completion;
mod usage;

pub(crate) use agent::{
    record_agent_answer, record_agent_input, record_agent_output, record_text, record_value,
};
pub(crate) use decide::{Decision, DecisionRequest};

use serde_json::Value;

use attributes::{Attributes, LONGEST_FACT, MOST_ENTRIES};

use crate::error::is_plain;
use crate::json::escape;
use crate::settings::Settings;
use crate::types::budget::Limit;

pub(crate) use provider::{AZURE, provider};

/// Which endpoint a call is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Chat,
    Embeddings,
    TextCompletion,
    Decide,
}

impl Operation {
    /// The span's operation.
    pub(crate) fn op(self) -> &'static str {
        match self {
            Self::Chat => "gen_ai.chat",
            Self::Embeddings => "gen_ai.embeddings",
            Self::TextCompletion => "gen_ai.text_completion",
            Self::Decide => "gen_ai.decide",
        }
    }

    /// What `gen_ai.operation.name` says, and the span's name begins with.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Embeddings => "embeddings",
            Self::TextCompletion => "text_completion",
            Self::Decide => "decide",
        }
    }

    /// What others call an operation of the same class.
    pub(crate) fn alike(self) -> &'static [&'static str] {
        match self {
            Self::Chat | Self::TextCompletion => &["chat", "generate_content", "text_completion"],
            Self::Embeddings => &["embeddings"],
            Self::Decide => &["decide"],
        }
    }
}

/// What a request says.
pub(crate) trait Prompt {
    fn operation(&self) -> Operation;

    /// The model, if one is named.
    fn model(&self) -> Option<&str>;

    /// The conversation that the request continues, if it says so.
    fn conversation_id(&self) -> Option<&str> {
        None
    }

    /// The parameters; no content.
    fn parameters(&self, to: &mut Attributes);

    /// The content, redacted and shortened. Only where inputs may be recorded.
    fn content(&self, settings: &Settings, to: &mut Attributes);
}

impl<P: Prompt> Prompt for &P {
    fn operation(&self) -> Operation {
        (**self).operation()
    }

    fn model(&self) -> Option<&str> {
        (**self).model()
    }

    fn conversation_id(&self) -> Option<&str> {
        (**self).conversation_id()
    }

    fn parameters(&self, to: &mut Attributes) {
        (**self).parameters(to);
    }

    fn content(&self, settings: &Settings, to: &mut Attributes) {
        (**self).content(settings, to);
    }
}

/// What a response says.
pub(crate) trait Reply {
    /// The model that answered, if it is named.
    fn model(&self) -> Option<&str>;

    /// Identity, finish reasons, usage and cost; no content.
    fn facts(&self, to: &mut Attributes);

    /// The content, redacted and shortened. Only where outputs may be recorded.
    fn content(&self, settings: &Settings, to: &mut Attributes);

    /// The id under which the reply can be fetched later on, if it is still being made.
    fn pending(&self) -> Option<&str> {
        None
    }

    /// Whether it is all that there will be.
    fn is_over(&self) -> bool {
        true
    }

    /// That the reply tells of a failure.
    fn failure(&self) -> Option<Failed> {
        None
    }
}

/// A reply that says that the call failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failed {
    /// The API's code, if it may stand in `error.type`.
    pub(crate) code: Option<String>,
}

/// A reply that is put together from a stream's events.
pub(crate) trait Fold: Send {
    type Event;
    type Reply: Reply;

    /// Keeps no more than what the settings let be recorded of it.
    fn new(settings: &Settings) -> Self;

    fn push(&mut self, event: &Self::Event);

    /// Whether the event carries text, a refusal, reasoning or a tool call.
    fn has_content(event: &Self::Event) -> bool;

    /// Whether every choice has its finish reason, or the terminal event has come.
    fn is_complete(&self) -> bool;

    fn finish(self) -> Self::Reply;
}

/// The code, if it may stand in `error.type`: a name, and no number.
pub(crate) fn error_type_text(code: &str) -> Option<&str> {
    let is_number = code.parse::<f64>().is_ok();
    name_of(code).filter(|_| !is_number)
}

/// What a server calls something, if it is a mere name: a sentence could hold anything.
fn name_of(text: &str) -> Option<&str> {
    is_plain(text).then_some(text)
}

/// A text of content as it may be recorded: without binary, redacted and cut.
fn content_text(text: &str, settings: &Settings, most: usize) -> String {
    let mut writer = json::Writer::new(settings);
    writer.within(most, |writer| writer.plain(text));
    writer.finish().0
}

/// A number without a fraction, however it is written.
fn integer(value: Option<&Value>) -> Option<i64> {
    let value = value?;
    value.as_i64().or_else(|| {
        let number = value.as_f64()?;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "it is compared with what came of it"
        )]
        let integer = number as i64;
        #[expect(
            clippy::cast_precision_loss,
            reason = "so are numbers too large to be told"
        )]
        let is_exact = (integer as f64).to_bits() == number.to_bits();
        is_exact.then_some(integer)
    })
}

/// Records why the model stopped: a JSON array of names (see [`name_of`]), which need no escapes.
fn record_finish_reasons<'r>(reasons: impl Iterator<Item = &'r str>, to: &mut Attributes) {
    let mut list = String::new();
    for reason in reasons.take(MOST_ENTRIES) {
        // Two quotes, a comma and what closes the list.
        if list.len() + reason.len() + 4 > LONGEST_FACT {
            break;
        }
        list.extend([if list.is_empty() { "[\"" } else { ",\"" }, reason, "\""]);
    }
    if !list.is_empty() {
        list.push(']');
        to.push(attributes::names::RESPONSE_FINISH_REASONS, list);
    }
}

/// The bytes of text that a fold keeps for the recording.
///
/// Of a text that is longer than an attribute the rest is not missed, but for what tells that base64 stands at its end. And up to 16 texts may be needed, as all parts
/// of a reply share its room. And what `redact` sees must be whole, so that no secret straddles the end: a text that
/// is longer even so is redacted up to there, and ends there before it is cut, if enough of it is left for that.
fn fold_limit(settings: &Settings) -> Option<Limit> {
    const TIMES: usize = 16;
    const LEAST_REDACTED: usize = 1 << 20;
    const LOOK_AHEAD: usize = 512;

    if !settings.record_outputs {
        return Some(Limit::default());
    }
    let each = settings.max_content_bytes?.saturating_add(LOOK_AHEAD);
    let all = each.saturating_mul(TIMES);
    if settings.redact.is_some() {
        let all = all.max(LEAST_REDACTED);
        return Some(Limit {
            each: all,
            all,
            least: each,
        });
    }
    Some(Limit {
        each,
        all,
        least: 0,
    })
}
