//! The events of one stream, read by the pattern that they share.
//!
//! Most events of a stream differ from the one before in a few bytes: a piece of text, a number. Two events that are
//! alike but for the values of some fields make a [`Pattern`]: the JSON between these values, and the event that it
//! describes. An event that fits the pattern is a copy of that event with its own values, and only the values are read
//! (bench "stream, 250-byte chunks").

use std::fmt::Write;

use serde::de::DeserializeOwned;

/// An event of which only some fields change from one to the next.
pub(crate) trait Varying: Clone + PartialEq + DeserializeOwned {
    /// The names of the fields that may change.
    const FIELDS: &'static [Varies];

    /// Sets one of [`FIELDS`](Self::FIELDS), by its name. `None` if the event has no such field.
    fn put(&mut self, name: &str, value: Value) -> Option<()>;
}

/// A field that may change.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Varies {
    /// A string: the field's name.
    Text(&'static str),
    /// A whole number: the field's name.
    Number(&'static str),
}

/// The value of a field.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Text(String),
    Number(u64),
}

/// Reads the events of one stream.
pub(crate) struct Reader<T> {
    pattern: Option<Pattern<T>>,
    /// The last event that did not fit.
    previous: String,
}

impl<T> Default for Reader<T> {
    fn default() -> Self {
        Self {
            pattern: None,
            previous: String::new(),
        }
    }
}

impl<T: Varying> Reader<T> {
    /// A longer event is no pattern, in bytes.
    const LONGEST: usize = 4096;

    /// Reads an event as `serde_json` does.
    pub(crate) fn read(&mut self, data: &str) -> serde_json::Result<T> {
        if let Some(event) = self.pattern.as_ref().and_then(|pattern| pattern.read(data)) {
            return Ok(event);
        }
        let event = serde_json::from_str(data)?;
        if data.len() <= Self::LONGEST {
            if let Some(pattern) = Pattern::of(&self.previous, data) {
                self.pattern = Some(pattern);
            }
            self.previous.clear();
            self.previous.push_str(data);
        }
        Ok(event)
    }
}

struct Pattern<T> {
    /// What stands before each value.
    before: Vec<(String, Varies)>,
    /// What stands behind the last one.
    after: String,
    event: T,
}

impl<T: Varying> Pattern<T> {
    /// The event, if it fits.
    fn read(&self, data: &str) -> Option<T> {
        let mut rest = data;
        let mut event = None;
        for (before, field) in &self.before {
            let (value, after) = field.value(rest.strip_prefix(before.as_str())?)?;
            // No copy is made for what differs in the beginning already.
            let event = event.get_or_insert_with(|| self.event.clone());
            event.put(field.name(), value)?;
            rest = after;
        }
        if rest == self.after { event } else { None }
    }

    /// The pattern of two events, if they have one.
    fn of(previous: &str, data: &str) -> Option<Self> {
        let mut values: Vec<_> = T::FIELDS
            .iter()
            .filter_map(|field| Some((field.find(data)?, *field)))
            .filter(|(value, field)| field.changes(previous, value))
            .collect();
        values.sort_by_key(|(value, _)| data.len() - value.len());

        let mut before = Vec::new();
        let mut at = 0;
        for (value, field) in values {
            let start = data.len() - value.len();
            before.push((data.get(at..start)?.to_owned(), field));
            at = data.len() - field.value(value)?.1.len();
        }
        let after = data.get(at..)?.to_owned();
        let mut event: T = serde_json::from_str(data).ok()?;
        for (_, field) in &before {
            // A copy of nothing costs nothing.
            event.put(field.name(), field.nothing())?;
        }
        let pattern = Self {
            before,
            after,
            event,
        };
        let is_pattern = !pattern.before.is_empty()
            && pattern.read(previous).is_some()
            && pattern.is_true("first", 1)
            && pattern.is_true("second", 2);
        is_pattern.then_some(pattern)
    }

    /// Whether an event with other values is read as the whole of its JSON says. It is not if the value that counts
    /// stands elsewhere, as where a name stands twice.
    fn is_true(&self, text: &str, number: u64) -> bool {
        let mut json = String::new();
        for (at, (before, field)) in self.before.iter().enumerate() {
            json.push_str(before);
            let number = number + 2 * at as u64;
            // Writing to a string does not fail.
            let _ = match field {
                Varies::Text(_) => write!(json, "\"{text} {number}\""),
                Varies::Number(_) => write!(json, "{number}"),
            };
        }
        json.push_str(&self.after);
        let whole = serde_json::from_str(&json).ok();
        whole.is_some() && self.read(&json) == whole
    }
}

impl Varies {
    fn nothing(self) -> Value {
        match self {
            Self::Text(_) => Value::Text(String::new()),
            Self::Number(_) => Value::Number(0),
        }
    }

    fn name(self) -> &'static str {
        let (Self::Text(name) | Self::Number(name)) = self;
        name
    }

    /// Whether the value is not the same in the event before. A text is expected to change, as a piece may come twice.
    fn changes(self, previous: &str, value: &str) -> bool {
        let before = self.find(previous).and_then(|before| self.value(before));
        match (before, self.value(value)) {
            (Some((before, _)), Some((now, _))) => matches!(self, Self::Text(_)) || before != now,
            _ => false,
        }
    }

    /// The text from the field's value on.
    fn find(self, data: &str) -> Option<&str> {
        let name = self.name();
        let mut at = 0;
        loop {
            let rest = data.get(at..)?;
            at += memchr::memmem::find(rest.as_bytes(), name.as_bytes())? + name.len();
            let is_name = data.get(..at - name.len())?.ends_with('"');
            let value = data.get(at..)?.strip_prefix("\":").map(str::trim_start);
            if let Some(value) = value.filter(|_| is_name) {
                let is_text = value.starts_with('"');
                let is_number = value.starts_with(|first: char| first.is_ascii_digit());
                let fits = match self {
                    Self::Text(_) => is_text,
                    Self::Number(_) => is_number,
                };
                return fits.then_some(value);
            }
        }
    }

    /// The value at the beginning of a text, and what stands behind it.
    fn value(self, text: &str) -> Option<(Value, &str)> {
        match self {
            Self::Text(_) => string(text).map(|(text, rest)| (Value::Text(text), rest)),
            Self::Number(_) => number(text).map(|(number, rest)| (Value::Number(number), rest)),
        }
    }
}

fn string(text: &str) -> Option<(String, &str)> {
    let inside = text.strip_prefix('"')?;
    let mut end = 0;
    let mut is_plain = true;
    loop {
        match inside.as_bytes().get(end)? {
            b'"' => break,
            b'\\' => {
                is_plain = false;
                end += 2;
            }
            0..0x20 => return None,
            _ => end += 1,
        }
    }
    let rest = inside.get(end + 1..)?;
    if is_plain {
        return Some((inside.get(..end)?.to_owned(), rest));
    }
    let string = serde_json::from_str(text.get(..end + 2)?).ok()?;
    Some((string, rest))
}

fn number(text: &str) -> Option<(u64, &str)> {
    /// More digits are not exact in every type of number.
    const MOST: usize = 15;

    let is_digit = |byte: &u8| byte.is_ascii_digit();
    let length = text.bytes().take_while(is_digit).count();
    let (digits, rest) = text.split_at_checked(length)?;
    let is_plain = length == 1 || (length <= MOST && !digits.starts_with('0'));
    let continues = rest.starts_with(['.', 'e', 'E']);
    let number = digits.parse().ok().filter(|_| is_plain && !continues)?;
    Some((number, rest))
}
