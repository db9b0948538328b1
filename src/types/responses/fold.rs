//! Putting a streamed response together.

use super::keep;
use super::slot::Slots;
use super::{Event, Item, ItemStatus, Part, Progress, Response, Status, Usage};
use crate::types::budget::{Budget, Limit};

/// Puts the events of a stream together to the response that the plain call would have given.
///
/// Items are told apart by their `output_index`. What a `done` event says replaces what the deltas gave, and the
/// response in the last event replaces everything; only where it holds fewer items than had arrived (a failed
/// response often has none), those that had arrived stand. A stream that ends early gives what had arrived, with the
/// status last seen.
#[derive(Clone, Debug, Default)]
pub struct Fold {
    response: Response,
    slots: Slots,
    limit: Option<Limit>,
    complete: bool,
}

impl Fold {
    /// Keeps everything.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps no more content than the limit; ids, names, types, statuses, usage and error codes are always kept.
    /// A limited fold keeps nothing of what the reply repeats of the request, and no error messages.
    pub(crate) fn with_limit(limit: Option<Limit>) -> Self {
        Self {
            slots: Slots::new(Budget::new(limit)),
            limit,
            ..Self::default()
        }
    }

    /// Adds the next event.
    pub fn push(&mut self, event: &Event) {
        let slots = &mut self.slots;
        match event {
            Event::Created(event) => self.restate(&event.response, None),
            Event::Queued(event) => self.restate(&event.response, Some(Status::Queued)),
            Event::InProgress(event) => self.restate(&event.response, Some(Status::InProgress)),
            Event::Completed(event) => self.end(&event.response, Status::Completed),
            Event::Failed(event) => self.end(&event.response, Status::Failed),
            Event::Incomplete(event) => self.end(&event.response, Status::Incomplete),
            Event::Cancelled(event) => self.end(&event.response, Status::Cancelled),
            Event::Error(event) => {
                let error = self.response.error.get_or_insert_default();
                error.code = event.code().map(str::to_owned);
                error.r#type = event.kind().map(str::to_owned);
                if self.limit.is_none() {
                    error.message = event.message().map(str::to_owned);
                    error.param = event.param().map(str::to_owned);
                }
            }
            Event::OutputItemAdded(event) | Event::OutputItemDone(event) => {
                slots.set_item(event.output_index, &event.item);
            }
            Event::ContentPartAdded(event) | Event::ContentPartDone(event) => {
                let (index, id) = (event.output_index, event.item_id.as_deref());
                let at = match event.part {
                    Part::ReasoningText(_) => slots.reasoning(index, id),
                    _ => slots.message(index, id),
                };
                slots.set_part(at, event.content_index, &event.part);
            }
            Event::ReasoningSummaryPartAdded(event) | Event::ReasoningSummaryPartDone(event) => {
                let at = slots.reasoning(event.output_index, event.item_id.as_deref());
                slots.set_summary(at, event.summary_index, &event.part);
            }
            Event::OutputTextAnnotationAdded(event) => {
                let at = slots.message(event.output_index, event.item_id.as_deref());
                slots.annotate(at, event.content_index, event.annotation.as_ref());
            }
            Event::OutputTextDelta(event) => {
                let at = slots.message(event.output_index, event.item_id.as_deref());
                let logprobs = event.logprobs.as_deref().unwrap_or_default();
                slots.add_logprobs(at, event.content_index, logprobs);
                slots.append(at, &event.delta, |item| {
                    item.part_text(event.content_index, Part::output_text)
                });
            }
            Event::OutputTextDone(event) => {
                let at = slots.message(event.output_index, event.item_id.as_deref());
                slots.replace(at, &event.text, |item| {
                    item.part_text(event.content_index, Part::output_text)
                });
            }
            Event::RefusalDelta(event) => {
                let at = slots.message(event.output_index, event.item_id.as_deref());
                slots.append(at, &event.delta, |item| {
                    item.part_text(event.content_index, Part::declined)
                });
            }
            Event::RefusalDone(event) => {
                let at = slots.message(event.output_index, event.item_id.as_deref());
                slots.replace(at, &event.refusal, |item| {
                    item.part_text(event.content_index, Part::declined)
                });
            }
            Event::ReasoningTextDelta(event) => {
                let at = slots.reasoning(event.output_index, event.item_id.as_deref());
                slots.append(at, &event.delta, |item| {
                    item.part_text(event.content_index, Part::reasoning_text)
                });
            }
            Event::ReasoningTextDone(event) => {
                let at = slots.reasoning(event.output_index, event.item_id.as_deref());
                slots.replace(at, &event.text, |item| {
                    item.part_text(event.content_index, Part::reasoning_text)
                });
            }
            Event::ReasoningSummaryTextDelta(event) => {
                let at = slots.reasoning(event.output_index, event.item_id.as_deref());
                slots.append(at, &event.delta, |item| {
                    item.summary_text(event.summary_index)
                });
            }
            Event::ReasoningSummaryTextDone(event) => {
                let at = slots.reasoning(event.output_index, event.item_id.as_deref());
                slots.replace(at, &event.text, |item| {
                    item.summary_text(event.summary_index)
                });
            }
            other => self.push_call(other),
        }
    }

    /// The response as far as it has come.
    pub fn finish(self) -> Response {
        let mut response = self.response;
        let arrived = self.slots.into_items();
        if !arrived.is_empty() {
            response.output = arrived;
        }
        response
    }

    /// Whether the last event has come.
    pub(crate) fn is_complete(&self) -> bool {
        self.complete
    }

    /// Adds an event of a tool's call.
    fn push_call(&mut self, event: &Event) {
        let slots = &mut self.slots;
        match event {
            Event::FunctionCallArgumentsDelta(event) => {
                let at = slots.function_call(event.output_index, event.item_id.as_deref());
                slots.append(at, &event.delta, Item::arguments);
            }
            Event::FunctionCallArgumentsDone(event) => {
                let at = slots.function_call(event.output_index, event.item_id.as_deref());
                slots.set_name(at, event.name.as_deref());
                slots.replace(at, &event.arguments, Item::arguments);
            }
            Event::CustomToolCallInputDelta(event) => {
                let at = slots.custom_call(event.output_index, event.item_id.as_deref());
                slots.append(at, &event.delta, Item::arguments);
            }
            Event::CustomToolCallInputDone(event) => {
                let at = slots.custom_call(event.output_index, event.item_id.as_deref());
                slots.replace(at, &event.input, Item::arguments);
            }
            Event::McpCallArgumentsDelta(event) => {
                let at = slots.mcp_call(event.output_index, event.item_id.as_deref());
                slots.append(at, &event.delta, Item::arguments);
            }
            Event::McpCallArgumentsDone(event) => {
                let at = slots.mcp_call(event.output_index, event.item_id.as_deref());
                slots.replace(at, &event.arguments, Item::arguments);
            }
            Event::CodeInterpreterCallCodeDelta(event) => {
                let at = slots.code_call(event.output_index, event.item_id.as_deref());
                slots.append(at, &event.delta, Item::arguments);
            }
            Event::CodeInterpreterCallCodeDone(event) => {
                let at = slots.code_call(event.output_index, event.item_id.as_deref());
                slots.replace(at, &event.code, Item::arguments);
            }
            Event::ShellCallCommandDelta(event) => {
                let at = slots.shell_call(event.output_index, event.item_id.as_deref());
                slots.append(at, &event.delta, |item| item.command(event.command_index));
            }
            Event::ShellCallCommandAdded(event) | Event::ShellCallCommandDone(event) => {
                let at = slots.shell_call(event.output_index, event.item_id.as_deref());
                slots.replace(at, &event.command, |item| item.command(event.command_index));
            }
            other => {
                if let Some((progress, status)) = progress(other) {
                    slots.set_status(progress.output_index, progress.item_id.as_deref(), status);
                }
            }
        }
    }

    /// Takes over a response that is still being made.
    fn restate(&mut self, response: &Response, status: Option<Status>) {
        let before = std::mem::take(&mut self.response);
        self.response = match self.limit {
            None => response.clone(),
            Some(_) => keep::identity(response),
        };
        let now = &mut self.response;
        now.id = now.id.take().filter(|id| !id.is_empty()).or(before.id);
        now.model = now
            .model
            .take()
            .filter(|model| !model.is_empty())
            .or(before.model);
        now.usage = now
            .usage
            .take()
            .filter(Usage::says_something)
            .or(before.usage);
        now.status = now.status.take().or(status).or(before.status);
    }

    /// Takes over the response of the last event.
    fn end(&mut self, response: &Response, status: Status) {
        self.restate(response, None);
        let in_between = [None, Some(Status::InProgress), Some(Status::Queued)];
        if in_between.contains(&self.response.status) {
            self.response.status = Some(status);
        }
        self.complete = true;
        if response.output.len() < self.slots.len() {
            self.slots.correct(&response.output);
            self.response.output.clear();
            return;
        }
        let mut budget = Budget::new(self.limit);
        if self.limit.is_some() {
            let kept = response.output.iter();
            self.response.output = kept.map(|item| keep::item(item, &mut budget)).collect();
        }
        self.slots = Slots::new(budget);
    }
}

/// The item that goes on, and how far it has got.
fn progress(event: &Event) -> Option<(&Progress, ItemStatus)> {
    Some(match event {
        Event::FileSearchCallInProgress(event)
        | Event::WebSearchCallInProgress(event)
        | Event::CodeInterpreterCallInProgress(event)
        | Event::ImageGenerationCallInProgress(event)
        | Event::McpCallInProgress(event) => (event, ItemStatus::InProgress),
        Event::FileSearchCallSearching(event) | Event::WebSearchCallSearching(event) => {
            (event, ItemStatus::Searching)
        }
        Event::CodeInterpreterCallInterpreting(event) => (event, ItemStatus::Interpreting),
        Event::ImageGenerationCallGenerating(event) => (event, ItemStatus::Generating),
        Event::FileSearchCallCompleted(event)
        | Event::WebSearchCallCompleted(event)
        | Event::CodeInterpreterCallCompleted(event)
        | Event::ImageGenerationCallCompleted(event)
        | Event::McpCallCompleted(event) => (event, ItemStatus::Completed),
        Event::McpCallFailed(event) => (event, ItemStatus::Failed),
        _ => return None,
    })
}

impl Usage {
    /// Whether any figure is there: `{}` erases nothing.
    fn says_something(&self) -> bool {
        *self != Self::default()
    }
}

impl FromIterator<Event> for Fold {
    fn from_iter<I: IntoIterator<Item = Event>>(events: I) -> Self {
        let mut fold = Self::new();
        events.into_iter().for_each(|event| fold.push(&event));
        fold
    }
}

impl<'e> FromIterator<&'e Event> for Fold {
    fn from_iter<I: IntoIterator<Item = &'e Event>>(events: I) -> Self {
        let mut fold = Self::new();
        events.into_iter().for_each(|event| fold.push(event));
        fold
    }
}
