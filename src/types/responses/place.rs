//! Where the texts that grow in a stream stand inside their items.

use super::{Content, Item, Part};

impl Item {
    pub(super) fn part_text(
        &mut self,
        index: Option<u64>,
        make: fn(String) -> Part,
    ) -> Option<&mut String> {
        part_at(self.parts_mut()?, index, make)?.text_mut()
    }

    pub(super) fn summary_text(&mut self, index: Option<u64>) -> Option<&mut String> {
        match self {
            Self::Reasoning(item) => {
                part_at(&mut item.summary, index, Part::summary_text)?.text_mut()
            }
            _ => None,
        }
    }

    /// The arguments of a call, whatever they are called.
    pub(super) fn arguments(&mut self) -> Option<&mut String> {
        match self {
            Self::FunctionCall(item) => Some(&mut item.arguments),
            Self::CustomToolCall(item) => Some(&mut item.input),
            Self::McpCall(item) => Some(&mut item.arguments),
            Self::McpApprovalRequest(item) => Some(&mut item.arguments),
            Self::CodeInterpreterCall(item) => Some(item.code.get_or_insert_default()),
            _ => None,
        }
    }

    pub(super) fn command(&mut self, index: Option<u64>) -> Option<&mut String> {
        match self {
            Self::ShellCall(item) => {
                let action = item.action.get_or_insert_default();
                element_at(&mut action.commands, index, String::new)
            }
            _ => None,
        }
    }

    /// The parts of a message's or reasoning's content.
    pub(super) fn parts_mut(&mut self) -> Option<&mut Vec<Part>> {
        match self {
            Self::Message(message) => {
                if !matches!(message.content, Some(Content::Parts(_))) {
                    let parts = match message.content.take() {
                        Some(Content::Text(text)) if !text.is_empty() => {
                            vec![Part::output_text(text)]
                        }
                        _ => Vec::new(),
                    };
                    message.content = Some(Content::Parts(parts));
                }
                match &mut message.content {
                    Some(Content::Parts(parts)) => Some(parts),
                    _ => None,
                }
            }
            Self::Reasoning(item) => Some(item.content.get_or_insert_default()),
            _ => None,
        }
    }
}

/// The part at the index, made if it is missing.
pub(super) fn part_at(
    parts: &mut Vec<Part>,
    index: Option<u64>,
    make: fn(String) -> Part,
) -> Option<&mut Part> {
    element_at(parts, index, || make(String::new()))
}

/// The element at the index, made if it is missing; the last one if the index is absent or absurd.
fn element_at<T>(list: &mut Vec<T>, index: Option<u64>, make: impl Fn() -> T) -> Option<&mut T> {
    const LARGEST_GAP: usize = 64;
    let newest = list.len().saturating_sub(1);
    let index = index
        .and_then(|index| usize::try_from(index).ok())
        .filter(|index| *index <= list.len() + LARGEST_GAP)
        .unwrap_or(newest);
    while list.len() <= index {
        list.push(make());
    }
    list.get_mut(index)
}
