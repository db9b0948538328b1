//! Content as attributes, each within its limit: which messages stay, and how much of them.

use super::attributes::{Attributes, LONGEST_FACT, MOST_ENTRIES, names};
use super::content_text;
use super::json::Writer;
use super::messages::{Definition, Message, Part, share, write_parts, write_tools};
use crate::settings::Settings;
use crate::types::chat::Stop;

/// Records the messages to the model. Shortened, the newest stay, and the last of the user's keeps a share.
///
/// `has_system` tells that there are instructions beside them, which are shown as one message more.
pub(crate) fn record_input<'a, T>(
    items: &'a [T],
    is_user: impl Fn(&T) -> bool,
    message: impl Fn(&'a T) -> Message<'a>,
    has_system: bool,
    settings: &Settings,
    to: &mut Attributes,
) {
    if items.is_empty() {
        return;
    }
    let written = if settings.max_content_bytes.is_none() {
        whole(items, message, settings)
    } else {
        let user = items.iter().rposition(is_user);
        newest(items, user, message, settings)
    };
    let is_empty = written.json.len() <= 2;
    push_list(names::INPUT_MESSAGES, written.json, to);
    if written.shortened && !is_empty {
        let messages = written.messages + written.dropped + usize::from(has_system);
        to.push(names::INPUT_MESSAGES_ORIGINAL_LENGTH, messages);
    }
}

/// Messages as JSON.
struct Written {
    json: String,
    shortened: bool,
    messages: usize,
    dropped: usize,
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

/// Records the sequences at which the model stops, one or many: any text, so they are content.
pub(super) fn record_stop(stop: Option<&Stop>, settings: &Settings, to: &mut Attributes) {
    let stops = match stop {
        Some(Stop::One(stop)) => std::slice::from_ref(stop),
        Some(Stop::Many(stops)) => stops.as_slice(),
        _ => return,
    };
    record_stops(stops.iter().map(String::as_str), settings, to);
}

/// Records sequences at which the model stops, as [`record_stop`] does.
pub(super) fn record_stops<'a>(
    stops: impl Iterator<Item = &'a str>,
    settings: &Settings,
    to: &mut Attributes,
) {
    let mut left = settings.max_content_bytes.unwrap_or(usize::MAX);
    let mut recorded: Vec<String> = Vec::new();
    for stop in stops.take(MOST_ENTRIES) {
        let stop = content_text(stop, settings, left.min(LONGEST_FACT));
        // Quotes and a comma.
        left = left.saturating_sub(stop.len() + 3);
        if !stop.is_empty() {
            recorded.push(stop);
        }
    }
    if !recorded.is_empty() {
        to.push(names::REQUEST_STOP_SEQUENCES, recorded);
    }
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
) -> Written {
    let mut writer = Writer::new(settings);
    let _ = writer.list(|writer| {
        for message in items.iter().flat_map(|item| message(item).by_kind()) {
            let _ = writer.element(|writer| message.write(writer));
        }
        Ok(())
    });
    let (json, shortened) = writer.finish();
    Written {
        json,
        shortened,
        messages: items.len(),
        dropped: 0,
    }
}

/// The newest messages, written one by one until the room is used.
fn newest<'a, T>(
    items: &'a [T],
    user: Option<usize>,
    message: impl Fn(&'a T) -> Message<'a>,
    settings: &Settings,
) -> Written {
    let mut writer = Writer::new(settings);
    let mut starts = Vec::new();
    let mut dropped = 0;
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
                    dropped += index + 1;
                    break;
                }
                dropped += 1;
                continue;
            }
            let messages = message(item).by_kind();
            let is_empty = messages.is_empty();
            let before = starts.len();
            for message in messages.iter().rev() {
                let start = writer.len();
                let written = writer.reserving(share, |writer| {
                    writer.element(|writer| message.write(writer))
                });
                if written.is_ok() {
                    starts.push(start);
                }
            }
            dropped += usize::from(starts.len() == before && !is_empty);
        }
        Ok(())
    });
    let (list, shortened) = writer.finish();
    Written {
        json: reversed(list, &starts),
        shortened,
        messages: starts.len(),
        dropped,
    }
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
