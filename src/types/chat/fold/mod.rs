//! Chunks put together to the reply that the same request would have got whole.

mod calls;
mod content;
mod reasoning;

use std::sync::Arc;

use serde_json::{Map, Value, json};

use self::calls::{Calls, push_function};
use super::chunk::{Chunk, ChunkChoice, Delta};
use super::completion::{
    Audio, Choice, Completion, FinishReason, Logprobs, ReplyMessage, Role, XGroq,
};
use super::content::Content;
use super::options::ServiceTier;
use crate::types::budget::{Budget, Limit};

/// Where OpenRouter puts what a model paints.
const IMAGES: &str = "images";

/// Makes a whole reply of the chunks of a stream.
///
/// ```
/// use sentry_openai::chat::{Chunk, Completion, Fold};
///
/// fn whole(chunks: impl Iterator<Item = Chunk>) -> Completion {
///     let mut fold = Fold::new();
///     for chunk in chunks {
///         fold.push(&chunk);
///     }
///     fold.finish()
/// }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Fold {
    id: Option<Arc<str>>,
    model: Option<Arc<str>>,
    completion: Completion,
    choices: Vec<ChoiceFold>,
    budget: Budget,
}

/// An answer that grows; its tool calls are kept apart until the end.
#[derive(Clone, Debug)]
struct ChoiceFold {
    place: u64,
    choice: Choice,
    calls: Calls,
}

impl Fold {
    /// Keeps all that comes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps no more than the limit of what the model says: text, refusals, reasoning, arguments, transcripts. Beside
    /// it stay ids, names, usage and finish reasons, and nothing else: no probabilities, annotations, fields that the
    /// crate does not know, and of a recording only its beginning.
    pub(crate) fn with_limit(limit: Option<Limit>) -> Self {
        Self {
            budget: Budget::new(limit),
            ..Self::default()
        }
    }

    /// Adds the next chunk.
    pub fn push(&mut self, chunk: &Chunk) {
        last_shared(&mut self.id, chunk.id.as_ref());
        last_shared(&mut self.model, chunk.model.as_ref());
        let whole = &mut self.completion;
        last(&mut whole.usage, chunk.usage());
        if let Some(groq) = &chunk.x_groq {
            push_groq(whole.x_groq.get_or_insert_default(), groq, &self.budget);
        }
        if !self.budget.is_limited() {
            push_details(whole, chunk);
        }
        for (position, piece) in (0..).zip(&chunk.choices) {
            choice(&mut self.choices, piece.index.unwrap_or(position))
                .push(piece, &mut self.budget);
        }
    }

    /// The reply, as far as it came.
    pub fn finish(mut self) -> Completion {
        self.choices.sort_by_key(|choice| choice.place);
        self.completion.choices = self.choices.into_iter().map(ChoiceFold::finish).collect();
        self.completion.id = self.id.as_deref().map(str::to_owned);
        self.completion.model = self.model.as_deref().map(str::to_owned);
        self.completion.object = Some("chat.completion".to_owned());
        self.completion
    }

    /// Every answer has its finish reason.
    pub(crate) fn is_complete(&self) -> bool {
        !self.choices.is_empty()
            && self
                .choices
                .iter()
                .all(|choice| choice.choice.finish_reason.is_some())
    }
}

/// What nothing is recorded of.
fn push_details(whole: &mut Completion, chunk: &Chunk) {
    last_text(
        &mut whole.system_fingerprint,
        chunk.system_fingerprint.as_deref(),
    );
    whole.created = chunk.created.or(whole.created);
    let tier = chunk.service_tier.as_ref();
    last(
        &mut whole.service_tier,
        tier.filter(|tier| **tier != ServiceTier::Unknown(String::new())),
    );
    last(&mut whole.moderation, chunk.moderation.as_ref());
    last_fields(&mut whole.extra, &chunk.extra, &Budget::default());
}

impl ChoiceFold {
    fn push(&mut self, piece: &ChunkChoice, budget: &mut Budget) {
        let whole = &mut self.choice;
        whole.index = piece.index.or(whole.index);
        // Almost all pieces are such (bench "stream of 20,000 chunks").
        if let (Some(Content::Text(whole)), Some(text)) =
            (&mut whole.message.content, piece.text_alone())
        {
            budget.extend(whole, text);
            return;
        }
        let reason = piece.finish_reason.as_ref();
        last(
            &mut whole.finish_reason,
            reason.filter(|reason| **reason != FinishReason::Unknown(String::new())),
        );
        if let Some(logprobs) = piece.logprobs.as_ref().filter(|_| !budget.is_limited()) {
            push_logprobs(whole.logprobs.get_or_insert_default(), logprobs);
        }
        last_fields(&mut whole.extra, &piece.extra, budget);
        push_delta(&mut whole.message, &piece.delta, budget);
        for call in piece.delta.tool_calls.iter().flatten() {
            self.calls.push(call, budget);
        }
    }

    fn finish(self) -> Choice {
        let mut choice = self.choice;
        choice.message.role.get_or_insert(Role::Assistant);
        choice.message.tool_calls = self.calls.finish();
        choice
    }
}

fn choice(choices: &mut Vec<ChoiceFold>, place: u64) -> &mut ChoiceFold {
    let at = choices
        .iter()
        .position(|choice| choice.place == place)
        .unwrap_or(choices.len());
    if at == choices.len() {
        choices.push(ChoiceFold {
            place,
            choice: Choice::default(),
            calls: Calls::default(),
        });
    }
    #[expect(clippy::indexing_slicing, reason = "found or pushed above")]
    &mut choices[at]
}

fn push_delta(message: &mut ReplyMessage, delta: &Delta, budget: &mut Budget) {
    let role = delta.role.as_ref();
    last(
        &mut message.role,
        role.filter(|role| !role.as_str().is_empty()),
    );
    if let Some(piece) = &delta.content {
        content::push(&mut message.content, piece, budget);
    }
    append(&mut message.refusal, budget, delta.refusal.as_deref());
    append(
        &mut message.reasoning_content,
        budget,
        delta.reasoning_content.as_deref(),
    );
    append(&mut message.reasoning, budget, delta.reasoning.as_deref());
    if let Some(piece) = &delta.function_call {
        let call = message.function_call.get_or_insert_default();
        push_function(
            &mut call.name,
            &mut call.arguments,
            (piece.name.as_deref(), piece.arguments.as_deref()),
            budget,
        );
        last_fields(&mut call.extra, &piece.extra, budget);
    }
    if let Some(piece) = &delta.audio {
        push_audio(message.audio.get_or_insert_default(), piece, budget);
    }
    last_fields(&mut message.extra, &delta.extra, budget);
    if budget.is_limited() && !delta.extra.is_empty() {
        push_images(&mut message.extra, &delta.extra, budget);
    }
    if let Some(annotations) = delta.annotations.as_ref().filter(|_| !budget.is_limited()) {
        let whole = message.annotations.get_or_insert_default();
        whole.extend_from_slice(annotations);
    }
    // They mostly repeat the reasoning that came as text.
    if let Some(details) = &delta.reasoning_details
        && (!budget.is_limited() || message.reasoning().is_none())
    {
        reasoning::push(&mut message.reasoning_details, details, budget);
    }
}

/// Adds to a text that stays `None` until there is something to keep.
fn append(whole: &mut Option<String>, budget: &mut Budget, piece: Option<&str>) {
    let Some(piece) = piece else { return };
    match whole {
        Some(whole) => {
            budget.extend(whole, piece);
        }
        None => *whole = Some(budget.text(piece)).filter(|text| !text.is_empty()),
    }
}

fn push_audio(whole: &mut Audio, piece: &Audio, budget: &mut Budget) {
    last_text(&mut whole.id, piece.id.as_deref());
    whole.expires_at = piece.expires_at.or(whole.expires_at);
    append(&mut whole.transcript, budget, piece.transcript.as_deref());
    if let Some(data) = &piece.data {
        let whole = whole.data.get_or_insert_default();
        if !budget.is_limited() {
            whole.push_str(data);
        } else if whole.is_empty() {
            // Enough to show that there is a recording.
            budget.extend(whole, data.get(..4).unwrap_or_default());
        }
    }
    last_fields(&mut whole.extra, &piece.extra, budget);
}

fn push_logprobs(whole: &mut Logprobs, piece: &Logprobs) {
    for (whole, piece) in [
        (&mut whole.content, &piece.content),
        (&mut whole.refusal, &piece.refusal),
    ] {
        if let Some(piece) = piece {
            whole.get_or_insert_default().extend_from_slice(piece);
        }
    }
}

/// The usage is the chunk's, wherever it stood.
fn push_groq(whole: &mut XGroq, piece: &XGroq, budget: &Budget) {
    last_text(&mut whole.id, piece.id.as_deref());
    last_fields(&mut whole.extra, &piece.extra, budget);
}

/// Replaces a value by a later one; most chunks repeat it, so there is mostly nothing to do.
fn last<T: Clone + PartialEq>(whole: &mut Option<T>, piece: Option<&T>) {
    if piece.is_some() && whole.as_ref() != piece {
        *whole = piece.cloned();
    }
}

fn last_text(whole: &mut Option<String>, piece: Option<&str>) {
    if let Some(piece) = piece.filter(|piece| !piece.is_empty())
        && whole.as_deref() != Some(piece)
    {
        *whole = Some(piece.to_owned());
    }
}

/// As [`last_text`], for a text that chunks share: mostly it is the very same one.
fn last_shared(whole: &mut Option<Arc<str>>, piece: Option<&Arc<str>>) {
    if let Some(piece) = piece.filter(|piece| !piece.is_empty())
        && !whole
            .as_ref()
            .is_some_and(|whole| Arc::ptr_eq(whole, piece))
    {
        *whole = Some(piece.clone());
    }
}

/// Fields that the crate does not know: the last value stays.
#[inline]
fn last_fields(whole: &mut Map<String, Value>, pieces: &Map<String, Value>, budget: &Budget) {
    if !budget.is_limited() && !pieces.is_empty() {
        push_fields(whole, pieces);
    }
}

/// Images of which it is recorded where they are, or of which type (OpenRouter).
fn push_images(whole: &mut Map<String, Value>, pieces: &Map<String, Value>, budget: &mut Budget) {
    let pieces = pieces.get(IMAGES).and_then(Value::as_array);
    for piece in pieces.into_iter().flatten() {
        let Some(Value::String(url)) = piece.pointer("/image_url/url") else {
            continue;
        };
        let url = if url.starts_with("http") {
            budget.text(url)
        } else {
            budget.binary(url)
        };
        let images = whole
            .entry(IMAGES)
            .or_insert_with(|| Value::Array(Vec::new()));
        if let (Value::Array(images), false) = (images, url.is_empty()) {
            images.push(json!({"type": "image_url", "image_url": {"url": url}}));
        }
    }
}

fn push_fields(whole: &mut Map<String, Value>, pieces: &Map<String, Value>) {
    for (key, piece) in pieces {
        match whole.get_mut(key) {
            Some(value) if piece.is_null() || value == piece => {}
            Some(value) => *value = piece.clone(),
            None => {
                whole.insert(key.clone(), piece.clone());
            }
        }
    }
}

#[cfg(test)]
mod limits;
#[cfg(test)]
mod tests;
