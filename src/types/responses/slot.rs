//! The items of a response that is being put together, and the texts inside them that still grow.

use super::keep;
use super::place::part_at;
use super::{
    Annotation, CodeInterpreterCall, CustomToolCall, FunctionCall, Item, ItemStatus, Logprob,
    McpCall, Message, Part, ReasoningItem, Role, ShellCall,
};
use crate::types::budget::Budget;

/// The items that have arrived, in the order of the output.
#[derive(Clone, Debug, Default)]
pub(super) struct Slots {
    slots: Vec<Slot>,
    budget: Budget,
}

/// An item that has arrived, maybe in part.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    index: u64,
    item: Item,
    /// How many bytes of the budget it takes.
    kept: usize,
    /// Something of it was cut: what follows would leave a gap.
    cut: bool,
}

impl Slots {
    pub(super) fn new(budget: Budget) -> Self {
        Self {
            slots: Vec::new(),
            budget,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn into_items(self) -> Vec<Item> {
        self.slots.into_iter().map(|slot| slot.item).collect()
    }

    /// Where the message of an event stands; reasoning has parts as well.
    pub(super) fn message(&mut self, index: Option<u64>, id: Option<&str>) -> usize {
        let fits = |item: &Item| matches!(item, Item::Message(_) | Item::Reasoning(_));
        self.find_or_insert(index, id, fits, |id| {
            let mut message = Message::new(Role::Assistant, Vec::new());
            message.id = id;
            message.status = Some(ItemStatus::InProgress);
            message.into()
        })
    }

    pub(super) fn reasoning(&mut self, index: Option<u64>, id: Option<&str>) -> usize {
        let fits = |item: &Item| matches!(item, Item::Reasoning(_));
        self.find_or_insert(index, id, fits, |id| {
            ReasoningItem {
                id,
                ..ReasoningItem::default()
            }
            .into()
        })
    }

    pub(super) fn function_call(&mut self, index: Option<u64>, id: Option<&str>) -> usize {
        let fits = |item: &Item| matches!(item, Item::FunctionCall(_));
        self.find_or_insert(index, id, fits, |id| {
            FunctionCall {
                id,
                ..FunctionCall::default()
            }
            .into()
        })
    }

    pub(super) fn custom_call(&mut self, index: Option<u64>, id: Option<&str>) -> usize {
        let fits = |item: &Item| matches!(item, Item::CustomToolCall(_));
        self.find_or_insert(index, id, fits, |id| {
            CustomToolCall {
                id,
                ..CustomToolCall::default()
            }
            .into()
        })
    }

    pub(super) fn mcp_call(&mut self, index: Option<u64>, id: Option<&str>) -> usize {
        let fits = |item: &Item| matches!(item, Item::McpCall(_) | Item::McpApprovalRequest(_));
        self.find_or_insert(index, id, fits, |id| {
            McpCall {
                id,
                ..McpCall::default()
            }
            .into()
        })
    }

    pub(super) fn code_call(&mut self, index: Option<u64>, id: Option<&str>) -> usize {
        let fits = |item: &Item| matches!(item, Item::CodeInterpreterCall(_));
        self.find_or_insert(index, id, fits, |id| {
            CodeInterpreterCall {
                id,
                ..CodeInterpreterCall::default()
            }
            .into()
        })
    }

    pub(super) fn shell_call(&mut self, index: Option<u64>, id: Option<&str>) -> usize {
        let fits = |item: &Item| matches!(item, Item::ShellCall(_));
        self.find_or_insert(index, id, fits, |id| {
            ShellCall {
                id,
                ..ShellCall::default()
            }
            .into()
        })
    }

    /// Takes an item that begins or is done.
    pub(super) fn set_item(&mut self, index: Option<u64>, item: &Item) {
        if *item == Item::default() {
            return;
        }
        let same_id = |slot: &Slot| item.id().is_some() && slot.item.id() == item.id();
        let found = match index {
            None => self.slots.iter().rposition(same_id),
            Some(index) => self.slots.iter().rposition(|slot| {
                let ids = slot.item.id().zip(item.id());
                let other_id = ids.is_some_and(|(one, other)| one != other);
                slot.index == index && (!other_id || slot.item.tag() == item.tag())
            }),
        };
        if let Some(at) = found {
            self.set(at, item);
            return;
        }
        let index = index.unwrap_or_else(|| self.next_index());
        let at = self.insert(index, Item::default());
        self.set(at, item);
    }

    /// Takes what a later list says about items that have arrived.
    pub(super) fn correct(&mut self, items: &[Item]) {
        for item in items {
            let Some(id) = item.id() else { continue };
            let same_id = |slot: &Slot| slot.item.id() == Some(id);
            if let Some(at) = self.slots.iter().position(same_id) {
                self.set(at, item);
            }
        }
    }

    /// Adds a piece to the text that `text` finds.
    pub(super) fn append(
        &mut self,
        at: usize,
        piece: &str,
        text: impl FnOnce(&mut Item) -> Option<&mut String>,
    ) {
        let Some(slot) = self.slots.get_mut(at) else {
            return;
        };
        let Some(text) = text(&mut slot.item) else {
            return;
        };
        if !slot.cut {
            slot.kept += self.budget.extend(text, piece);
            slot.cut = self.budget.was_cut();
        }
    }

    /// Replaces the text that `text` finds, unless by nothing.
    pub(super) fn replace(
        &mut self,
        at: usize,
        whole: &str,
        text: impl FnOnce(&mut Item) -> Option<&mut String>,
    ) {
        let Some(slot) = self.slots.get_mut(at) else {
            return;
        };
        let Some(text) = text(&mut slot.item) else {
            return;
        };
        if whole.is_empty() || text == whole {
            return;
        }
        self.budget.give_back(text.len());
        slot.kept = slot.kept.saturating_sub(text.len());
        text.clear();
        slot.kept += self.budget.extend(text, whole);
        slot.cut = self.budget.was_cut();
    }

    /// Takes a part that begins or is done.
    pub(super) fn set_part(&mut self, at: usize, index: Option<u64>, part: &Part) {
        if let Some(slot) = self.slots.get_mut(at)
            && let Some(parts) = slot.item.parts_mut()
        {
            let (kept, cut) = set_in(parts, index, part, &mut self.budget);
            slot.kept = slot.kept.saturating_add_signed(kept);
            slot.cut = cut;
        }
    }

    /// Takes a part of a summary that begins or is done.
    pub(super) fn set_summary(&mut self, at: usize, index: Option<u64>, part: &Part) {
        if let Some(slot) = self.slots.get_mut(at)
            && let Item::Reasoning(item) = &mut slot.item
        {
            let (kept, cut) = set_in(&mut item.summary, index, part, &mut self.budget);
            slot.kept = slot.kept.saturating_add_signed(kept);
            slot.cut = cut;
        }
    }

    /// Adds what a text refers to; an unlimited fold alone keeps it.
    pub(super) fn annotate(
        &mut self,
        at: usize,
        index: Option<u64>,
        annotation: Option<&Annotation>,
    ) {
        if let Some(part) = self.output_text(at, index) {
            part.annotations.extend(annotation.cloned());
        }
    }

    /// Adds the probabilities of tokens; an unlimited fold alone keeps them.
    pub(super) fn add_logprobs(&mut self, at: usize, index: Option<u64>, logprobs: &[Logprob]) {
        if logprobs.is_empty() {
            return;
        }
        if let Some(part) = self.output_text(at, index) {
            let kept = part.logprobs.get_or_insert_default();
            kept.extend_from_slice(logprobs);
        }
    }

    pub(super) fn set_name(&mut self, at: usize, name: Option<&str>) {
        if let Some(Item::FunctionCall(call)) = self.slots.get_mut(at).map(|slot| &mut slot.item)
            && call.name.is_empty()
        {
            call.name.push_str(name.unwrap_or_default());
        }
    }

    pub(super) fn set_status(&mut self, index: Option<u64>, id: Option<&str>, status: ItemStatus) {
        let fits = |item: &Item| item.tag().is_some_and(|tag| tag.ends_with("_call"));
        let found = self.find(index, id, fits);
        if let Some(slot) = found.and_then(|at| self.slots.get_mut(at))
            && let Some(kept) = slot.item.status_mut()
        {
            *kept = Some(status);
        }
    }

    fn output_text(&mut self, at: usize, index: Option<u64>) -> Option<&mut super::OutputText> {
        if self.budget.is_limited() {
            return None;
        }
        let parts = self.slots.get_mut(at)?.item.parts_mut()?;
        match part_at(parts, index, Part::output_text)? {
            Part::OutputText(part) => Some(part),
            _ => None,
        }
    }

    fn set(&mut self, at: usize, item: &Item) {
        let Some(slot) = self.slots.get_mut(at) else {
            return;
        };
        self.budget.give_back(slot.kept);
        let before = std::mem::replace(&mut slot.kept, 0);
        let left = self.budget.left();
        let item = keep::item(item, &mut self.budget);
        slot.kept = left.saturating_sub(self.budget.left());
        let item = std::mem::replace(&mut slot.item, item);
        if slot.item.fill_from(item) {
            slot.kept += self.budget.take_bytes(before);
        }
        slot.cut = self.budget.was_cut();
    }

    fn find_or_insert(
        &mut self,
        index: Option<u64>,
        id: Option<&str>,
        fits: impl Fn(&Item) -> bool,
        make: impl FnOnce(Option<String>) -> Item,
    ) -> usize {
        if let Some(at) = self.find(index, id, fits) {
            return at;
        }
        let index = index.unwrap_or_else(|| self.next_index());
        self.insert(index, make(id.map(str::to_owned)))
    }

    /// The item that an event belongs to: by its index if one of the right kind is there (some servers give every
    /// event another id), else by its id, else what stands at the index unless it is known to be another.
    fn find(
        &self,
        index: Option<u64>,
        id: Option<&str>,
        fits: impl Fn(&Item) -> bool,
    ) -> Option<usize> {
        let last = |found: &dyn Fn(&Slot) -> bool| self.slots.iter().rposition(found);
        let Some(index) = index else {
            return match id {
                Some(id) => last(&|slot| slot.item.id() == Some(id)),
                None => last(&|slot| fits(&slot.item)),
            };
        };
        last(&|slot| slot.index == index && fits(&slot.item))
            .or_else(|| last(&|slot| id.is_some() && slot.item.id() == id && fits(&slot.item)))
            .or_else(|| {
                last(&|slot| {
                    let ids = slot.item.id().zip(id);
                    slot.index == index && ids.is_none_or(|(one, other)| one == other)
                })
            })
    }

    fn next_index(&self) -> u64 {
        let last = self.slots.last();
        last.map_or(0, |slot| slot.index.saturating_add(1))
    }

    fn insert(&mut self, index: u64, item: Item) -> usize {
        let at = self.slots.partition_point(|slot| slot.index <= index);
        let slot = Slot {
            index,
            item,
            kept: 0,
            cut: false,
        };
        self.slots.insert(at, slot);
        at
    }
}

/// Sets a part, but no text to an empty one. Says how many bytes more are kept, and whether something was cut.
fn set_in(
    parts: &mut Vec<Part>,
    index: Option<u64>,
    part: &Part,
    budget: &mut Budget,
) -> (isize, bool) {
    let Some(slot) = part_at(parts, index, Part::output_text) else {
        return (0, false);
    };
    let before = slot.as_text().map_or(0, str::len);
    if before > 0 && !part.has_content() {
        return (0, false);
    }
    budget.give_back(before);
    let left = budget.left();
    if let Some(part) = keep::part(part, budget) {
        *slot = part;
    }
    let kept = left.saturating_sub(budget.left()).cast_signed();
    (kept - before.cast_signed(), budget.was_cut())
}
