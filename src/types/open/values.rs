//! What plain values, lists and boxes are read from.

use std::borrow::Cow;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess};
use serde_json::{Map, Number, Value};

use super::{Open, Place};

impl Open for bool {
    fn from_bool(value: bool) -> Option<Self> {
        Some(value)
    }
}

/// Counts: `5.0` is 5; negative numbers and fractions are no counts.
impl Open for u64 {
    fn from_number(number: Number) -> Option<Self> {
        #[expect(clippy::cast_precision_loss, reason = "a bound, not a value")]
        const LIMIT: f64 = u64::MAX as f64;

        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole, not negative and in range"
        )]
        number.as_u64().or_else(|| {
            number
                .as_f64()
                .filter(|n| n.fract() == 0.0 && (0.0..LIMIT).contains(n))
                .map(|n| n as u64)
        })
    }

    fn from_text(text: Cow<'_, str>) -> Option<Self> {
        Self::from_number(number(&text)?)
    }
}

/// The number that a text is: some servers write it so.
fn number(text: &str) -> Option<Number> {
    serde_json::from_str(text).ok()
}

impl Open for i64 {
    fn from_number(number: Number) -> Option<Self> {
        number.as_i64()
    }

    fn from_text(text: Cow<'_, str>) -> Option<Self> {
        Self::from_number(number(&text)?)
    }
}

impl Open for f64 {
    fn from_number(number: Number) -> Option<Self> {
        number.as_f64()
    }

    fn from_text(text: Cow<'_, str>) -> Option<Self> {
        Self::from_number(number(&text)?)
    }
}

/// Texts: a number is its digits (ids and codes come as both).
impl Open for String {
    fn from_number(number: Number) -> Option<Self> {
        Some(number.to_string())
    }

    fn from_text(text: Cow<'_, str>) -> Option<Self> {
        Some(text.into_owned())
    }
}

/// Texts that others share.
impl Open for Arc<str> {
    fn from_number(number: Number) -> Option<Self> {
        Some(number.to_string().into())
    }

    fn from_text(text: Cow<'_, str>) -> Option<Self> {
        Some(text.into())
    }
}

impl Open for Value {
    fn from_bool(value: bool) -> Option<Self> {
        Some(Value::Bool(value))
    }

    fn from_number(number: Number) -> Option<Self> {
        Some(Value::Number(number))
    }

    fn from_text(text: Cow<'_, str>) -> Option<Self> {
        Some(Value::String(text.into_owned()))
    }

    fn from_list<'de, A: SeqAccess<'de>>(list: A) -> Result<Option<Self>, A::Error> {
        Value::deserialize(SeqAccessDeserializer::new(list)).map(Some)
    }

    fn from_object<'de, A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        Value::deserialize(MapAccessDeserializer::new(object)).map(Some)
    }
}

impl Open for Map<String, Value> {
    fn from_object<'de, A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        Map::deserialize(MapAccessDeserializer::new(object)).map(Some)
    }
}

/// Bytes from which on room for elements that do not come is too much.
const LARGE: usize = 64;

/// Lists: elements that don't fit are left out.
impl<T: Open> Open for Vec<T> {
    fn from_list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        let mut elements = Vec::new();
        let mut place = None;
        while list.next_element_seed(Place(&mut place))?.is_some() {
            let Some(element) = place.take() else {
                continue;
            };
            if size_of::<T>() > LARGE && elements.is_empty() {
                // Mostly there is only one, as of choices: without this there is room for four.
                elements.reserve_exact(1);
            }
            elements.push(element);
        }
        Ok(Some(elements))
    }
}

impl<T: Open> Open for Box<T> {
    fn from_bool(value: bool) -> Option<Self> {
        T::from_bool(value).map(Box::new)
    }

    fn from_number(number: Number) -> Option<Self> {
        T::from_number(number).map(Box::new)
    }

    fn from_text(text: Cow<'_, str>) -> Option<Self> {
        T::from_text(text).map(Box::new)
    }

    fn from_list<'de, A: SeqAccess<'de>>(list: A) -> Result<Option<Self>, A::Error> {
        Ok(T::from_list(list)?.map(Box::new))
    }

    fn from_object<'de, A: MapAccess<'de>>(object: A) -> Result<Option<Self>, A::Error> {
        Ok(T::from_object(object)?.map(Box::new))
    }
}
