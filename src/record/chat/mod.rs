//! Chat completions as they are recorded.

#[cfg(test)]
mod limits;
mod parts;
#[cfg(test)]
mod tests;

use super::attributes::{Attributes, names};
use super::messages::{Message, Part};
use super::shorten::{record_input, record_output, record_stop, record_system, record_tools};
use super::usage::Used;
use super::{Fold, Operation, Prompt, Reply, fold_limit, integer, name_of, record_finish_reasons};
use crate::settings::Settings;
use crate::types::chat::{self, Choice, Chunk, Completion, Request};

impl Prompt for Request {
    fn operation(&self) -> Operation {
        Operation::Chat
    }

    fn model(&self) -> Option<&str> {
        Some(self.model.as_str()).filter(|model| !model.is_empty())
    }

    fn conversation_id(&self) -> Option<&str> {
        let conversation = self.extra.get("conversation")?;
        let id = conversation
            .as_str()
            .or_else(|| conversation.get("id")?.as_str());
        id.filter(|id| !id.is_empty())
    }

    fn parameters(&self, to: &mut Attributes) {
        to.push_some(names::REQUEST_TEMPERATURE, self.temperature);
        to.push_some(names::REQUEST_TOP_P, self.top_p);
        to.push_some(names::REQUEST_TOP_K, integer(self.extra.get("top_k")));
        to.push_some(names::REQUEST_FREQUENCY_PENALTY, self.frequency_penalty);
        to.push_some(names::REQUEST_PRESENCE_PENALTY, self.presence_penalty);
        let max_tokens = self.max_completion_tokens.or(self.max_tokens);
        to.push_some(names::REQUEST_MAX_TOKENS, max_tokens);
        to.push_some(names::REQUEST_SEED, self.seed.map(|seed| seed.to_string()));
        // OpenRouter's chat completions take the effort as the Responses API does.
        let effort = self
            .reasoning_effort
            .as_ref()
            .map(chat::ReasoningEffort::as_str);
        let effort = effort.or_else(|| self.extra.get("reasoning")?.get("effort")?.as_str());
        to.push_text(names::REQUEST_REASONING_LEVEL, effort);
    }

    fn content(&self, settings: &Settings, to: &mut Attributes) {
        let (system, messages): (Vec<_>, Vec<_>) = self
            .messages
            .iter()
            .partition(|message| parts::is_system(message));
        let system: Vec<Part<'_>> = system.into_iter().flat_map(parts::system).collect();
        record_input(
            &messages,
            |message| message.role() == Some("user"),
            |message| parts::message(message),
            !system.is_empty(),
            settings,
            to,
        );
        record_system(&system, settings, to);
        let tools = self.tools.iter().flatten().map(parts::tool);
        let functions = self.functions.iter().flatten().map(parts::function);
        let search = self.web_search_options.iter().map(parts::web_search);
        let tools: Vec<_> = tools.chain(functions).chain(search).collect();
        record_tools(&tools, settings, to);
        record_stop(self.stop.as_ref(), settings, to);
    }
}

impl Reply for Completion {
    fn model(&self) -> Option<&str> {
        self.model.as_deref().filter(|model| !model.is_empty())
    }

    fn facts(&self, to: &mut Attributes) {
        to.push_text(names::RESPONSE_MODEL, self.model.as_deref());
        to.push_text(names::RESPONSE_ID, self.id.as_deref());
        record_finish_reasons(in_order(self).into_iter().filter_map(finish_reason), to);
        let usage = self.usage.as_ref().filter(|usage| !usage.is_empty());
        let usage = usage.or_else(|| self.x_groq.as_ref()?.usage.as_ref());
        if let Some(usage) = usage {
            used(usage).record(to);
        }
    }

    fn content(&self, settings: &Settings, to: &mut Attributes) {
        let messages: Vec<_> = in_order(self)
            .into_iter()
            .map(|choice| Message {
                finish_reason: finish_reason(choice),
                ..Message::new("assistant", parts::reply(&choice.message))
            })
            .filter(|message| !message.parts.is_empty())
            .collect();
        record_output(&messages, settings, to);
    }
}

impl Fold for chat::Fold {
    type Event = Chunk;
    type Reply = Completion;

    fn new(settings: &Settings) -> Self {
        Self::with_limit(fold_limit(settings))
    }

    fn push(&mut self, event: &Chunk) {
        self.push(event);
    }

    fn has_content(event: &Chunk) -> bool {
        event.has_content()
    }

    fn is_complete(&self) -> bool {
        self.is_complete()
    }

    fn finish(self) -> Completion {
        self.finish()
    }
}

/// What a chat completion or an embedding used up.
pub(super) fn used(usage: &chat::Usage) -> Used {
    Used {
        input: usage.prompt_tokens,
        output: usage.completion_tokens,
        total: usage.total_tokens,
        cache_read: usage.cached_tokens(),
        cache_creation: usage.cache_write_tokens(),
        reasoning: usage.reasoning_tokens(),
        cost: usage.cost,
    }
}

/// The choices by their index; one without is where it stands.
fn in_order(completion: &Completion) -> Vec<&Choice> {
    let mut choices: Vec<_> = completion.choices.iter().enumerate().collect();
    choices.sort_by_key(|(place, choice)| choice.index.unwrap_or(*place as u64));
    choices.into_iter().map(|(_, choice)| choice).collect()
}

fn finish_reason(choice: &Choice) -> Option<&str> {
    name_of(choice.finish_reason.as_ref()?.as_str())
}
