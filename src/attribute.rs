//! Attributes of a team's own, for the spans of its calls, agents and tools.

use serde_json::Value;

/// The attributes of one span. More are left out.
const MOST: usize = 64;
/// The bytes of a name. Longer ones are left out.
const LONGEST_NAME: usize = 200;
/// The bytes of a text. Longer ones are cut.
const LONGEST_TEXT: usize = 1_024;
const ELLIPSIS: char = '…';

/// The value of an attribute of your own: a text, a number or a boolean.
///
/// It is made from each of these by `into`, so that methods take them as they are:
///
/// ```
/// let options = sentry_openai::RequestOptions::new()
///     .attribute("tenant", "acme")
///     .attribute("experiment.arm", 2)
///     .attribute("is_trial", true);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct AttributeValue(Value);

macro_rules! from {
    ($($type:ty),*) => {
        $(
            impl From<$type> for AttributeValue {
                fn from(value: $type) -> Self {
                    Self(value.into())
                }
            }
        )*
    };
}

from!(&str, String, bool, i32, i64, u32, u64, usize, f32, f64);

/// What a caller has named, in that order.
#[derive(Clone, Debug, Default)]
pub(crate) struct OwnAttributes(Vec<(String, Value)>);

impl OwnAttributes {
    pub(crate) fn push(&mut self, name: impl Into<String>, value: impl Into<AttributeValue>) {
        let (name, AttributeValue(mut value)) = (name.into(), value.into());
        let fits = (1..=LONGEST_NAME).contains(&name.len()) && self.0.len() < MOST;
        // A number that is none has no form in JSON.
        if !fits || value.is_null() {
            return;
        }
        if let Value::String(text) = &mut value {
            cut(text);
        }
        self.0.push((name, value));
    }

    /// These, after those of `base`: of equal names the later one counts.
    pub(crate) fn over(self, base: &Self) -> Self {
        let mut all = base.clone();
        all.0.extend(self.0);
        let excess = all.0.len().saturating_sub(MOST);
        all.0.drain(..excess);
        all
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.0.iter().map(|(name, _)| name.as_str()).collect()
    }
}

impl IntoIterator for OwnAttributes {
    type Item = (String, Value);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

fn cut(text: &mut String) {
    if text.len() <= LONGEST_TEXT {
        return;
    }
    let mut end = LONGEST_TEXT - ELLIPSIS.len_utf8();
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text.push(ELLIPSIS);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_texts_and_their_number_are_bounded() {
        let mut own = OwnAttributes::default();
        own.push("", 1);
        own.push("n".repeat(LONGEST_NAME + 1), 1);
        own.push("no number", f64::NAN);
        assert!(own.names().is_empty());
        own.push("long", "ä".repeat(1_000));
        for n in 0..2 * MOST {
            own.push(n.to_string(), true);
        }
        assert_eq!(own.names().len(), MOST);
        let (_, long) = own.into_iter().next().unwrap();
        let long = long.as_str().unwrap();
        assert!(long.len() <= LONGEST_TEXT && long.ends_with("ä…"), "{long}");
    }
}
