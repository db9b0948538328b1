//! What a later version of an item leaves out stays as it was.

use super::{Content, Item};

impl Item {
    /// Takes from an earlier version the content that this one lacks. Says whether there was any.
    pub(super) fn fill_from(&mut self, before: Self) -> bool {
        match (self, before) {
            (Self::Message(now), Self::Message(before)) => {
                let empty = now.content.as_ref().is_none_or(Content::is_empty);
                let full = before.content.as_ref().is_some_and(|it| !it.is_empty());
                if empty && full {
                    now.content = before.content;
                }
                empty && full
            }
            (Self::Reasoning(now), Self::Reasoning(before)) => {
                if now.parts().next().is_some() || before.parts().next().is_none() {
                    return false;
                }
                now.summary = before.summary;
                now.content = before.content;
                true
            }
            (Self::FunctionCall(now), Self::FunctionCall(before)) => {
                fill(&mut now.name, before.name);
                fill(&mut now.arguments, before.arguments)
            }
            (Self::CustomToolCall(now), Self::CustomToolCall(before)) => {
                fill(&mut now.name, before.name);
                fill(&mut now.input, before.input)
            }
            (Self::McpCall(now), Self::McpCall(before)) => {
                fill(&mut now.name, before.name);
                fill(&mut now.arguments, before.arguments)
            }
            (Self::CodeInterpreterCall(now), Self::CodeInterpreterCall(before)) => {
                let lacking = now.code.is_none() && before.code.is_some();
                if lacking {
                    now.code = before.code;
                }
                lacking
            }
            _ => false,
        }
    }
}

impl Content {
    fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) => text.is_empty(),
            Self::Parts(parts) => parts.is_empty(),
            Self::Unknown(_) => false,
        }
    }
}

fn fill(now: &mut String, before: String) -> bool {
    let lacking = now.is_empty() && !before.is_empty();
    if lacking {
        *now = before;
    }
    lacking
}
