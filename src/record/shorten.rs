//! Content as attributes, each within its limit: which messages stay, and how much of them.

use super::attributes::{Attributes, names};
use super::json::Writer;
use super::messages::{Definition, Message, Part, share, write_parts, write_tools};
use crate::settings::Settings;

/// Records the messages to the model. Shortened, the newest stay, and the last of the user's keeps a share.
pub(crate) fn record_input<'a, T>(
    items: &'a [T],
    is_user: impl Fn(&T) -> bool,
    message: impl Fn(&'a T) -> Message<'a>,
    settings: &Settings,
    to: &mut Attributes,
) {
    if items.is_empty() {
        return;
    }
    let (json, shortened) = if settings.max_content_bytes.is_none() {
        whole(items, message, settings)
    } else {
        let user = items.iter().rposition(is_user);
        newest(items, user, message, settings)
    };
    push_list(names::INPUT_MESSAGES, json, to);
    if shortened {
        to.push(names::INPUT_MESSAGES_ORIGINAL_LENGTH, items.len());
    }
}

/// Records the messages of the model. Shortened, each keeps a share.
pub(crate) fn record_output(messages: &[Message<'_>], settings: &Settings, to: &mut Attributes) {
    let mut writer = Writer::new(settings);
    let _ = writer.list(|writer| {
        let share = share(messages.iter().map(Message::weight), writer.room());
        for message in messages {
            let room = if message.weight() <= share {
                writer.room()
            } else {
                share
            };
            let written = writer.within(room, |writer| {
                writer.element(|writer| message.write(writer))
            });
            if written.is_err() {
                break;
            }
        }
        Ok(())
    });
    push_list(names::OUTPUT_MESSAGES, writer.finish().0, to);
}

/// Records what the model is told to be. Shortened, each text keeps its beginning.
pub(crate) fn record_system(parts: &[Part<'_>], settings: &Settings, to: &mut Attributes) {
    if parts.is_empty() {
        return;
    }
    let mut writer = Writer::new(settings);
    let _ = write_parts(parts, &mut writer);
    push_list(names::SYSTEM_INSTRUCTIONS, writer.finish().0, to);
}

/// Records what the model may call. Shortened, as many as can be keep their names.
pub(crate) fn record_tools(tools: &[Definition<'_>], settings: &Settings, to: &mut Attributes) {
    if tools.is_empty() {
        return;
    }
    let mut writer = Writer::new(settings);
    let _ = write_tools(tools, &mut writer);
    push_list(names::TOOL_DEFINITIONS, writer.finish().0, to);
}

/// Pushes a list, if there is something in it.
fn push_list(name: &'static str, json: String, to: &mut Attributes) {
    if json.len() > 2 {
        to.push(name, json);
    }
}

fn whole<'a, T>(
    items: &'a [T],
    message: impl Fn(&'a T) -> Message<'a>,
    settings: &Settings,
) -> (String, bool) {
    let mut writer = Writer::new(settings);
    let _ = writer.list(|writer| {
        for item in items {
            let _ = writer.element(|writer| message(item).write(writer));
        }
        Ok(())
    });
    writer.finish()
}

/// The newest messages, written one by one until the room is used.
fn newest<'a, T>(
    items: &'a [T],
    user: Option<usize>,
    message: impl Fn(&'a T) -> Message<'a>,
    settings: &Settings,
) -> (String, bool) {
    let mut writer = Writer::new(settings);
    let mut starts = Vec::new();
    let _ = writer.list(|writer| {
        let mut share = user
            .and_then(|user| items.get(user))
            .map_or(0, |item| message(item).weight().min(writer.room() / 4));
        for (index, item) in items.iter().enumerate().rev() {
            if Some(index) == user {
                share = 0;
            } else if writer.shortened {
                // Nothing older than what was shortened, but for the last of the user's.
                if share == 0 {
                    break;
                }
                continue;
            }
            let start = writer.len();
            let written = writer.reserving(share, |writer| {
                writer.element(|writer| message(item).write(writer))
            });
            if written.is_ok() {
                starts.push(start);
            }
        }
        Ok(())
    });
    let (list, shortened) = writer.finish();
    (reversed(list, &starts), shortened)
}

/// A list in reverse; its elements begin, with the comma before them, at `starts`.
fn reversed(list: String, starts: &[usize]) -> String {
    if starts.len() < 2 {
        return list;
    }
    let mut reversed = String::with_capacity(list.len());
    let mut end = list.len() - 1;
    for start in starts.iter().rev() {
        let element = list.get(*start..end).unwrap_or_default();
        reversed.push(if reversed.is_empty() { '[' } else { ',' });
        reversed.push_str(element.strip_prefix(',').unwrap_or(element));
        end = *start;
    }
    reversed.push(']');
    reversed
}
