//! Tool calls, put together from pieces that not every server numbers well.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::last_fields;
use crate::types::budget::Budget;
use crate::types::chat::call::{
    CustomCall, CustomToolCall, FunctionCall, FunctionToolCall, ToolCall, ToolCallDelta,
};

/// The calls of one answer, in the order in which they began.
#[derive(Clone, Debug, Default)]
pub(super) struct Calls {
    list: Vec<Call>,
    by_id: HashMap<String, usize>,
    by_index: HashMap<u64, SameIndex>,
}

/// Where the last call of an index stands, and the last one of each id among those of that index.
#[derive(Clone, Debug, Default)]
struct SameIndex {
    last: usize,
    by_id: HashMap<String, usize>,
}

/// A call that grows. Whether it is a function's or a custom tool's may show late.
#[derive(Clone, Debug, Default)]
struct Call {
    place: u64,
    index: Option<u64>,
    id: String,
    kind: String,
    name: String,
    input: String,
    /// A piece of the input came, whether it was kept or not.
    has_input: bool,
    has_function: bool,
    has_custom: bool,
    extra: Map<String, Value>,
    inner_extra: Map<String, Value>,
}

impl Calls {
    pub(super) fn push(&mut self, piece: &ToolCallDelta, budget: &mut Budget) {
        let at = self
            .position(piece)
            .unwrap_or_else(|| self.begin(piece.index));
        let Some(call) = self.list.get_mut(at) else {
            return;
        };
        let had_id = !call.id.is_empty();
        call.push(piece, budget);
        if had_id || call.id.is_empty() {
            return;
        }
        last_place(&mut self.by_id, &call.id, at);
        let same_index = call.index.and_then(|index| self.by_index.get_mut(&index));
        if let Some(same_index) = same_index {
            last_place(&mut same_index.by_id, &call.id, at);
        }
    }

    fn begin(&mut self, index: Option<u64>) -> usize {
        let at = self.list.len();
        let last = self.list.last().map_or(0, |call| call.place);
        self.list.push(Call {
            place: index.unwrap_or(last),
            index,
            ..Call::default()
        });
        if let Some(index) = index {
            self.by_index.entry(index).or_default().last = at;
        }
        at
    }

    pub(super) fn finish(mut self) -> Option<Vec<ToolCall>> {
        self.list.sort_by_key(|call| call.place);
        let calls: Vec<_> = self.list.into_iter().map(Call::finish).collect();
        (!calls.is_empty()).then_some(calls)
    }

    /// The call that a piece belongs to; `None` if it begins one.
    fn position(&self, piece: &ToolCallDelta) -> Option<usize> {
        let id = filled(piece.id.as_deref());
        let name = filled(name(piece));
        let Some(index) = piece.index else {
            if let Some(id) = id {
                return self.by_id.get(id).copied();
            }
            let call = self.list.last()?;
            return (name.is_none() || call.name.is_empty()).then_some(self.list.len() - 1);
        };
        let same_index = self.by_index.get(&index)?;
        if let Some(at) = id.and_then(|id| same_index.by_id.get(id)) {
            return Some(*at);
        }
        let at = same_index.last;
        let call = self.list.get(at)?;
        // Ollama and Gemini have given every call the index 0. But vLLM has given every piece of a call
        // a new id: only a name beside it tells of another call.
        let begins_another = match (id, name) {
            (_, None) => false,
            (Some(_), Some(_)) if !call.id.is_empty() => !call.name.is_empty(),
            (_, Some(name)) => call.has_input && name != call.name,
        };
        (!begins_another).then_some(at)
    }
}

impl Call {
    fn push(&mut self, piece: &ToolCallDelta, budget: &mut Budget) {
        for (whole, text) in [(&mut self.id, &piece.id), (&mut self.kind, &piece.r#type)] {
            if let Some(text) = text
                && whole.is_empty()
            {
                whole.clone_from(text);
            }
        }
        if let Some(function) = &piece.function {
            self.has_function = true;
            let texts = (function.name.as_deref(), function.arguments.as_deref());
            self.has_input |= filled(texts.1).is_some();
            push_function(&mut self.name, &mut self.input, texts, budget);
            last_fields(&mut self.inner_extra, &function.extra, budget);
        }
        if let Some(custom) = &piece.custom {
            self.has_custom = true;
            let texts = (custom.name.as_deref(), custom.input.as_deref());
            self.has_input |= filled(texts.1).is_some();
            push_function(&mut self.name, &mut self.input, texts, budget);
            last_fields(&mut self.inner_extra, &custom.extra, budget);
        }
        if self.is_known() {
            last_fields(&mut self.extra, &piece.extra, budget);
        } else if !piece.extra.is_empty() {
            self.extra
                .extend(budget.whole(&piece.extra).unwrap_or_default());
        }
    }

    fn is_known(&self) -> bool {
        matches!(self.kind.as_str(), "" | "function" | "custom")
    }

    fn finish(self) -> ToolCall {
        if !self.is_known() {
            let mut object = self.extra;
            if !self.id.is_empty() {
                object.insert("id".to_owned(), self.id.into());
            }
            if self.has_function {
                let function = json!({"name": self.name, "arguments": self.input});
                object.insert("function".to_owned(), function);
            }
            object.insert("type".to_owned(), self.kind.into());
            return ToolCall::Unknown(object.into());
        }
        if self.kind == "custom" || (self.has_custom && !self.has_function) {
            ToolCall::Custom(CustomToolCall {
                id: self.id,
                custom: CustomCall {
                    name: self.name,
                    input: self.input,
                    extra: self.inner_extra,
                },
                extra: self.extra,
            })
        } else {
            ToolCall::Function(FunctionToolCall {
                id: self.id,
                function: FunctionCall {
                    name: self.name,
                    arguments: self.input,
                    extra: self.inner_extra,
                },
                extra: self.extra,
            })
        }
    }
}

/// Adds a piece (name, input) to a call. A name comes whole and may be repeated, or comes in pieces.
pub(super) fn push_function(
    name: &mut String,
    input: &mut String,
    piece: (Option<&str>, Option<&str>),
    budget: &mut Budget,
) {
    if let Some(piece) = piece.0
        && name != piece
    {
        name.push_str(piece);
    }
    if let Some(piece) = piece.1 {
        budget.extend(input, piece);
    }
}

fn last_place(places: &mut HashMap<String, usize>, id: &str, at: usize) {
    let place = places.entry(id.to_owned()).or_insert(at);
    *place = at.max(*place);
}

fn name(piece: &ToolCallDelta) -> Option<&str> {
    let function = piece.function.as_ref().and_then(|f| f.name.as_deref());
    function.or_else(|| piece.custom.as_ref()?.name.as_deref())
}

fn filled(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}
