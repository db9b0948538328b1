//! Responses as they are recorded.

mod items;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod streams;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

use super::attributes::{Attributes, names};
use super::messages::{Message, Part};
use super::shorten::{record_input, record_output, record_system, record_tools};
use super::usage::Used;
use super::{
    Failed, Fold, Operation, Prompt, Reply, error_type_text, fold_limit, integer, name_of,
    record_finish_reasons,
};
use crate::settings::Settings;
use crate::types::responses::{
    self, Conversation, Effort, Event, Input, Item, Request, Response, Status,
};

impl Prompt for Request {
    fn operation(&self) -> Operation {
        Operation::Chat
    }

    fn model(&self) -> Option<&str> {
        self.model.as_deref().filter(|model| !model.is_empty())
    }

    fn conversation_id(&self) -> Option<&str> {
        let id = self.conversation.as_ref().map(Conversation::id);
        id.filter(|id| !id.is_empty())
    }

    fn parameters(&self, to: &mut Attributes) {
        to.push_some(names::REQUEST_TEMPERATURE, self.temperature);
        to.push_some(names::REQUEST_TOP_P, self.top_p);
        to.push_some(names::REQUEST_TOP_K, integer(self.extra.get("top_k")));
        to.push_some(names::REQUEST_MAX_TOKENS, self.max_output_tokens);
        let effort = self
            .reasoning
            .as_ref()
            .and_then(|reasoning| reasoning.effort.as_ref());
        to.push_text(names::REQUEST_REASONING_LEVEL, effort.map(Effort::as_str));
        let prompt = self.prompt.as_ref().map(|prompt| prompt.id.as_str());
        to.push_text(names::PROMPT_NAME, prompt);
    }

    fn content(&self, settings: &Settings, to: &mut Attributes) {
        let mut system = Vec::new();
        match &self.instructions {
            Some(Input::Text(text)) if !text.is_empty() => system.push(Part::Text(text)),
            Some(Input::Items(items)) => system.extend(items.iter().flat_map(items::system)),
            _ => {}
        }
        let variables = self
            .prompt
            .iter()
            .filter_map(|prompt| prompt.variables.as_ref());
        let variables = variables.filter(|variables| !variables.is_empty());
        let mut said: Vec<Said<'_>> = variables.map(Said::Variables).collect();
        match &self.input {
            Some(Input::Text(text)) => said.push(Said::Text(text)),
            Some(Input::Items(all)) => {
                let (told, items): (Vec<&Item>, Vec<&Item>) =
                    all.iter().partition(|item| items::is_system(item));
                system.extend(told.into_iter().flat_map(items::system));
                said.extend(items.into_iter().map(Said::Item));
            }
            None => {}
        }
        let has_system = !system.is_empty();
        record_input(
            &said,
            Said::is_user,
            Said::message,
            has_system,
            settings,
            to,
        );
        record_system(&system, settings, to);
        let mut tools = Vec::new();
        for tool in self.tools.iter().flatten() {
            items::tool(tool, &mut tools);
        }
        record_tools(&tools, settings, to);
    }
}

/// What stands in the input.
enum Said<'a> {
    Text(&'a str),
    Item(&'a Item),
    /// What stands for the variables of a stored prompt.
    Variables(&'a Map<String, Value>),
}

impl Said<'_> {
    fn is_user(&self) -> bool {
        match self {
            Self::Item(item) => items::is_user(item),
            Self::Text(_) | Self::Variables(_) => true,
        }
    }

    fn message(&self) -> Message<'_> {
        match self {
            Self::Text(text) => Message::new("user", Part::text(text).into_iter().collect()),
            Self::Item(item) => items::message(item),
            Self::Variables(variables) => Message::new("user", vec![Part::Other(*variables)]),
        }
    }
}

impl Reply for Response {
    fn model(&self) -> Option<&str> {
        self.model.as_deref().filter(|model| !model.is_empty())
    }

    fn facts(&self, to: &mut Attributes) {
        to.push_text(names::RESPONSE_MODEL, self.model.as_deref());
        to.push_text(names::RESPONSE_ID, self.id.as_deref());
        record_finish_reasons(finish_reason(self).into_iter(), to);
        if let Some(usage) = &self.usage {
            used(usage).record(to);
        }
    }

    fn content(&self, settings: &Settings, to: &mut Attributes) {
        let parts = self.output.iter().flat_map(items::parts);
        let parts: Vec<_> = parts.map(Part::in_answer).collect();
        if parts.is_empty() {
            return;
        }
        let message = Message {
            finish_reason: finish_reason(self),
            ..Message::new("assistant", parts)
        };
        record_output(&[message], settings, to);
    }

    fn pending(&self) -> Option<&str> {
        let is_pending = matches!(self.status, Some(Status::Queued | Status::InProgress));
        self.id.as_deref().filter(|_| is_pending)
    }

    fn is_over(&self) -> bool {
        finish_reason(self).is_some()
    }

    fn failure(&self) -> Option<Failed> {
        if self.status != Some(Status::Failed) {
            return None;
        }
        let error = self.error.as_ref();
        let code = error.and_then(|error| {
            let code = error.code.as_deref().and_then(error_type_text);
            code.or_else(|| error_type_text(error.r#type.as_deref()?))
        });
        Some(Failed {
            code: code.map(str::to_owned),
        })
    }
}

impl Fold for responses::Fold {
    type Event = Event;
    type Reply = Response;

    fn new(settings: &Settings) -> Self {
        Self::with_limit(fold_limit(settings))
    }

    fn push(&mut self, event: &Event) {
        self.push(event);
    }

    fn has_content(event: &Event) -> bool {
        event.has_content()
    }

    fn is_complete(&self) -> bool {
        self.is_complete()
    }

    fn finish(self) -> Response {
        self.finish()
    }
}

fn finish_reason(response: &Response) -> Option<&str> {
    let status = response.status.as_ref()?;
    match status {
        Status::Completed | Status::Failed | Status::Cancelled => Some(status.as_str()),
        Status::Incomplete => {
            let details = response.incomplete_details.as_ref();
            let reason = details.and_then(|details| details.reason.as_deref());
            Some(reason.and_then(name_of).unwrap_or(status.as_str()))
        }
        _ => None,
    }
}

/// What a response used up.
pub(super) fn used(usage: &responses::Usage) -> Used {
    let input = usage.input_tokens_details.as_ref();
    let output = usage.output_tokens_details.as_ref();
    Used {
        input: usage.input_tokens,
        output: usage.output_tokens,
        total: usage.total_tokens,
        cache_read: input.and_then(|input| input.cached_tokens),
        cache_creation: input
            .and_then(|input| input.cache_write_tokens.or(input.cache_creation_tokens)),
        reasoning: output.and_then(|output| output.reasoning_tokens),
        cost: usage.cost,
    }
}
