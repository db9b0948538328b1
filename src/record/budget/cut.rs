//! Content that is recorded already, made to weigh less: JSON stays JSON, and what matters most stays longest.

use serde_json::{Map, Value};

use super::super::escape::encoded_len;

const ELLIPSIS: &str = "…";
/// A text that is no longer is left as it is: types, roles, names.
const SHORT: usize = 64;
/// What is left of a text that is cut, at least.
const LEAST: usize = 16;

/// What an attribute holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Form {
    /// Messages, of which the newest matter most.
    Input,
    Output,
    System,
    Tools,
    /// A text, or JSON of any kind.
    Text,
}

impl Form {
    /// A value of this form that says something about what it stands for.
    pub(super) fn marker(self, text: &str) -> String {
        let before = match self {
            Self::Input => r#"[{"role":"user","parts":[{"type":"text","content":""#,
            Self::Output => r#"[{"role":"assistant","parts":[{"type":"text","content":""#,
            Self::System => r#"[{"type":"text","content":""#,
            Self::Tools => r#"[{"type":"function","name":""#,
            Self::Text => "\"",
        };
        let after = match self {
            Self::Input | Self::Output => "\"}]}]",
            Self::System | Self::Tools => "\"}]",
            Self::Text => "\"",
        };
        [before, text, after].concat()
    }
}

/// The value with no more bytes than these in the envelope; `None` if nothing worth it has room.
pub(super) fn cut(text: &str, form: Form, room: usize) -> Option<String> {
    let json = serde_json::from_str(text).ok();
    let json: Option<Value> = json.filter(|json: &Value| json.is_array() || json.is_object());
    let Some(json) = json else {
        let text = shortened(text, room.saturating_sub(2))?;
        return Some(text).filter(|text| encoded_len(text) <= room);
    };
    // JSON in an envelope is twice as long as JSON at most: every quote and backslash is escaped once more.
    let weight = encoded_len(text).max(1);
    let likely = room as u128 * text.len() as u128 / weight as u128;
    let likely = usize::try_from(likely).unwrap_or(room);
    [likely, room.saturating_sub(2) / 2]
        .into_iter()
        .filter_map(|room| cut_json(&json, form, room))
        .find(|text| encoded_len(text) <= room)
}

fn cut_json(json: &Value, form: Form, room: usize) -> Option<String> {
    let cut = match (form, json) {
        (Form::Input, Value::Array(messages)) => newest(messages, room),
        (Form::Tools, Value::Array(tools)) => named(tools, room),
        (Form::Text, Value::Array(list)) => first(list, room),
        _ => fitted(json, room),
    }?;
    Some(cut.to_string())
}

/// The newest messages; of the others, the last of the user's has a share.
fn newest(messages: &[Value], room: usize) -> Option<Value> {
    let (last, older) = messages.split_last()?;
    let is_user = |message: &Value| message.get("role") == Some(&Value::from("user"));
    let user = messages.iter().rposition(is_user);
    let share = match user.and_then(|user| older.get(user)) {
        Some(message) => (len(message) + 1).min(room / 4),
        None => 0,
    };
    let mut left = room.saturating_sub(2 + share);
    let last = fitted(last, left).or_else(|| {
        left = room.saturating_sub(2);
        fitted(last, left)
    })?;
    left = (left + share).saturating_sub(len(&last));
    let mut kept = vec![last];
    let mut is_full = false;
    for (index, message) in older.iter().enumerate().rev() {
        let is_user = Some(index) == user;
        if is_full && !is_user {
            continue;
        }
        let reserved = if user.is_some_and(|user| user < index) {
            share
        } else {
            0
        };
        let most = left.saturating_sub(reserved + 1);
        let whole = len(message) <= most;
        is_full |= !whole;
        let cut = if whole {
            Some(message.clone())
        } else {
            fitted(message, most)
        };
        if let Some(message) = cut {
            left = left.saturating_sub(len(&message) + 1);
            kept.push(message);
        }
        if is_full && user.is_none_or(|user| index <= user) {
            break;
        }
    }
    kept.reverse();
    Some(Value::Array(kept))
}

/// As many tools as there is room for, by their names; with their descriptions, if those of all have room.
fn named(tools: &[Value], room: usize) -> Option<Value> {
    let with = |names: &[&str]| {
        let tools = tools.iter().filter_map(Value::as_object).map(|tool| {
            let fields = tool
                .iter()
                .filter(|(name, _)| names.contains(&name.as_str()));
            let fields: Map<_, _> = fields
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            Value::Object(fields)
        });
        tools.collect::<Vec<_>>()
    };
    let described = with(&["type", "name", "description"]);
    with_texts_cut(&Value::Array(described), room).or_else(|| first(&with(&["type", "name"]), room))
}

/// The first elements.
fn first(list: &[Value], room: usize) -> Option<Value> {
    let mut left = room.checked_sub(2)?;
    let mut kept = Vec::new();
    for value in list {
        let cut = if len(value) <= left {
            value.clone()
        } else if let Some(cut) = fitted(value, left) {
            cut
        } else {
            break;
        };
        left = left.saturating_sub(len(&cut) + 1);
        kept.push(cut);
    }
    Some(kept).filter(|kept| !kept.is_empty()).map(Value::Array)
}

/// The value with its longest texts cut; without room even so, with fewer of the last elements of its lists.
fn fitted(value: &Value, room: usize) -> Option<Value> {
    let cut = with_texts_cut(value, room);
    cut.or_else(|| match value {
        Value::Array(list) => first(list, room),
        Value::Object(fields) => fitted_parts(fields, room),
        _ => None,
    })
}

/// The value with its longest texts cut, and nothing left out.
fn with_texts_cut(value: &Value, room: usize) -> Option<Value> {
    if len(value) <= room {
        return Some(value.clone());
    }
    let mut texts = Vec::new();
    long_texts(value, &mut texts);
    let around = len(value) - texts.iter().sum::<usize>();
    let most = longest(texts, room.checked_sub(around)?)?;
    let mut value = value.clone();
    cut_texts(&mut value, most);
    Some(value)
}

/// A message with the first of its parts.
fn fitted_parts(fields: &Map<String, Value>, room: usize) -> Option<Value> {
    let parts = fields.get("parts")?.as_array()?;
    let mut message = fields.clone();
    let around = len(&Value::Object(fields.clone())) - len(&Value::Array(parts.clone()));
    message.insert("parts".to_owned(), first(parts, room.checked_sub(around)?)?);
    Some(Value::Object(message))
}

/// The bytes of a value as JSON.
fn len(value: &Value) -> usize {
    value.to_string().len()
}

fn inside(text: &str) -> usize {
    encoded_len(text) - 2
}

fn long_texts(value: &Value, to: &mut Vec<usize>) {
    match value {
        Value::String(text) if text.len() > SHORT => to.push(inside(text)),
        Value::Array(list) => list.iter().for_each(|value| long_texts(value, to)),
        Value::Object(fields) => fields.values().for_each(|value| long_texts(value, to)),
        _ => {}
    }
}

fn cut_texts(value: &mut Value, most: usize) {
    match value {
        Value::String(text) if text.len() > SHORT && inside(text) > most => {
            *text = shortened(text, most).unwrap_or_default();
        }
        Value::Array(list) => list.iter_mut().for_each(|value| cut_texts(value, most)),
        Value::Object(fields) => fields.values_mut().for_each(|value| cut_texts(value, most)),
        _ => {}
    }
}

/// How long texts may be that together have this room; what is shorter leaves its rest to the others.
fn longest(mut texts: Vec<usize>, room: usize) -> Option<usize> {
    texts.sort_unstable();
    let (mut left, mut others) = (room, texts.len());
    for text in texts {
        let fair = left / others;
        if text > fair {
            return Some(fair).filter(|fair| *fair >= LEAST);
        }
        left -= text;
        others -= 1;
    }
    Some(usize::MAX)
}

/// The beginning of a text that has so many bytes in a JSON string.
fn shortened(text: &str, most: usize) -> Option<String> {
    if inside(text) <= most {
        return Some(text.to_owned());
    }
    let mut left = most
        .checked_sub(ELLIPSIS.len())
        .filter(|left| *left >= LEAST / 2)?;
    let text = text.strip_suffix(ELLIPSIS).unwrap_or(text);
    let mut end = 0;
    let mut encoded = [0; 4];
    for character in text.chars() {
        let bytes = inside(character.encode_utf8(&mut encoded));
        if bytes > left {
            break;
        }
        left -= bytes;
        end += character.len_utf8();
    }
    Some([text.get(..end)?, ELLIPSIS].concat())
}
