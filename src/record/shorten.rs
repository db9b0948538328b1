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
    let (json, shortened) = match settings.max_content_bytes {
        None => {
            let mut writer = Writer::new(settings);
            let _ = writer.list(|writer| {
                for item in items {
                    let _ = writer.element(|writer| message(item).write(writer));
                }
                Ok(())
            });
            writer.finish()
        }
        Some(limit) => {
            let user = items.iter().rposition(is_user);
            newest(items, user, message, limit, settings)
        }
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
    let mut writer = Writer::new(settings);
    let _ = write_parts(parts, &mut writer);
    push_list(names::SYSTEM_INSTRUCTIONS, writer.finish().0, to);
}

/// Records what the model may call. Shortened, as many as can be keep their names.
pub(crate) fn record_tools(tools: &[Definition<'_>], settings: &Settings, to: &mut Attributes) {
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

/// The newest messages, written backwards one by one until the room is used.
fn newest<'a, T>(
    items: &'a [T],
    user: Option<usize>,
    message: impl Fn(&'a T) -> Message<'a>,
    limit: usize,
    settings: &Settings,
) -> (String, bool) {
    let mut room = limit.saturating_sub(2);
    let mut share = user
        .and_then(|user| items.get(user))
        .map_or(0, |item| message(item).weight().min(room / 4));
    let mut kept = Vec::new();
    let mut shortened = false;
    for (index, item) in items.iter().enumerate().rev() {
        if Some(index) == user {
            share = 0;
        } else if shortened {
            // Nothing older than what was shortened, but for the last of the user's.
            if share == 0 {
                break;
            }
            continue;
        }
        let mut writer = Writer::new(settings);
        let written = writer.within(room.saturating_sub(share), |writer| {
            message(item).write(writer)
        });
        let (json, cut) = writer.finish();
        shortened |= cut || written.is_err();
        if written.is_ok() {
            room = room.saturating_sub(json.len() + 1);
            kept.push(json);
        }
    }
    let bytes = kept.iter().map(|json| json.len() + 1).sum::<usize>();
    let mut list = String::with_capacity(bytes + 1);
    list.push('[');
    for json in kept.iter().rev() {
        if list.len() > 1 {
            list.push(',');
        }
        list.push_str(json);
    }
    list.push(']');
    (list, shortened)
}
