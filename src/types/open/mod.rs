//! Reading JSON that may hold more, less or other than this crate knows.
//!
//! A reply must parse whatever a server puts into it. Three macros keep that promise for every type of
//! the API, so that no field has to think of it:
//!
//! - [`object!`]: a struct whose fields are all read by [`field`] (what does not fit is absent, never an
//!   error) and whose unknown fields are kept in `extra`. A list in its `required` block must be there
//!   (`null` is an empty list), or the reply is no such reply.
//! - [`strings!`]: an enum of strings with an `Unknown` variant that keeps the original.
//! - [`union!`]: an enum of objects told apart by a tag, with an `Unknown` variant that keeps the JSON. It
//!   reads in one pass: only the fields before the tag are buffered.
//!
//! Underneath lies one trait, [`Open`]: a type says which JSON it can be made of, all else is skipped.

mod macros;
mod tagged;
#[cfg(test)]
#[expect(unreachable_pub, reason = "the macros make public types")]
mod tests;

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

pub(crate) use self::macros::{deserialize_open, object, setters, strings, union};
pub(crate) use self::tagged::{tagged, untagged};

/// A type that can be read from any JSON: what does not fit is `None`, never an error.
pub(crate) trait Open: Sized {
    fn from_bool(_: bool) -> Option<Self> {
        None
    }

    fn from_number(_: Number) -> Option<Self> {
        None
    }

    fn from_text(_: Cow<'_, str>) -> Option<Self> {
        None
    }

    fn from_list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn from_object<'de, A: MapAccess<'de>>(mut object: A) -> Result<Option<Self>, A::Error> {
        while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    /// Reads an object into its place.
    fn object_into<'de, A: MapAccess<'de>>(
        place: &mut Option<Self>,
        object: A,
    ) -> Result<(), A::Error> {
        *place = Self::from_object(object)?;
        Ok(())
    }
}

/// Reads any JSON; `None` if `T` can't be made of it.
pub(crate) fn read<'de, T: Open, D: Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    let mut place = None;
    Place(&mut place).deserialize(from)?;
    Ok(place)
}

/// Reads the field of an [`object!`].
pub(crate) fn field<'de, T: Field, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    T::read(from)
}

/// Reads a list that must be there; `null` is an empty one.
pub(crate) fn required<'de, T: Open, D: Deserializer<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    struct Required<T>(PhantomData<T>);

    impl<'de, T: Open> Visitor<'de> for Required<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }

        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Ok(Vec::new())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
            Ok(Vec::from_list(list)?.unwrap_or_default())
        }
    }

    from.deserialize_any(Required(PhantomData))
}

/// An [`object!`].
pub(crate) trait Object: Default {
    /// What it is in errors.
    const EXPECTED: &'static str;

    /// Reads fields into their places.
    fn read_fields<'de, A: MapAccess<'de>>(&mut self, fields: A) -> Result<(), A::Error>;
}

/// Reads an [`object!`].
pub(crate) fn object_from<'de, T: Object, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    let mut object = T::default();
    from.deserialize_map(Fields(&mut object))?;
    Ok(object)
}

/// Reads the fields of an [`object!`] in a JSON text into their places.
pub(crate) fn fill<T: Object>(object: &mut T, json: &str) -> serde_json::Result<()> {
    let mut from = serde_json::Deserializer::from_str(json);
    from.deserialize_map(Fields(object))?;
    from.end()
}

/// The places of an [`object!`]'s fields.
struct Fields<'p, T>(&'p mut T);

impl<'de, T: Object> Visitor<'de> for Fields<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<(), A::Error> {
        self.0.read_fields(fields)
    }
}

/// The name of a field in the JSON, from that in the code.
pub(crate) const fn name(field: &'static str) -> &'static str {
    match field.as_bytes() {
        [b'r', b'#', ..] => field.split_at(2).1,
        _ => field,
    }
}

/// The name of a field, borrowed from the input where it stands there without escapes.
pub(crate) struct Key<'de>(pub(crate) Cow<'de, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct KeyVisitor;

        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a field")
            }

            fn visit_borrowed_str<E: Error>(self, name: &'de str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Borrowed(name)))
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Owned(name.to_owned())))
            }

            fn visit_string<E: Error>(self, name: String) -> Result<Self::Value, E> {
                Ok(Key(Cow::Owned(name)))
            }
        }

        from.deserialize_str(KeyVisitor)
    }
}

/// Reads the value of a [`Field`] into its place.
pub(crate) struct FieldPlace<'p, T>(pub(crate) &'p mut T);

impl<'de, T: Field> DeserializeSeed<'de> for FieldPlace<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        self.0.read_into(from)
    }
}

/// Reads the value of a [`required`] list into its place.
pub(crate) struct RequiredPlace<'p, T>(pub(crate) &'p mut Vec<T>);

impl<'de, T: Open> DeserializeSeed<'de> for RequiredPlace<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        *self.0 = required(from)?;
        Ok(())
    }
}

/// What can be a field of an [`object!`]: an `Option` (left out when `None`), or a `Vec` or `String` (always
/// written, empty when absent).
pub(crate) trait Field: Sized {
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error>;

    /// Replaces the field by what is read.
    fn read_into<'de, D: Deserializer<'de>>(&mut self, from: D) -> Result<(), D::Error> {
        *self = Self::read(from)?;
        Ok(())
    }

    fn is_absent(&self) -> bool;
}

impl<T: Open> Field for Option<T> {
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        read(from)
    }

    fn read_into<'de, D: Deserializer<'de>>(&mut self, from: D) -> Result<(), D::Error> {
        *self = None;
        Place(self).deserialize(from)
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

impl<T: Open> Field for Vec<T> {
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(read(from)?.unwrap_or_default())
    }

    fn is_absent(&self) -> bool {
        false
    }
}

impl Field for String {
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(read(from)?.unwrap_or_default())
    }

    fn is_absent(&self) -> bool {
        false
    }
}

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
}

impl Open for i64 {
    fn from_number(number: Number) -> Option<Self> {
        number.as_i64()
    }
}

impl Open for f64 {
    fn from_number(number: Number) -> Option<Self> {
        number.as_f64()
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
        Value::deserialize(serde::de::value::SeqAccessDeserializer::new(list)).map(Some)
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

/// Routes whatever JSON comes to the methods of [`Open`], and what is made of it to its place, which is empty
/// before: a value that is passed on by one function after the other is copied as often (bench "stream, 250-byte
/// chunks").
struct Place<'p, T>(&'p mut Option<T>);

impl<'de, T: Open> DeserializeSeed<'de> for Place<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de, T: Open> Visitor<'de> for Place<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_none<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        self.deserialize(from)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        *self.0 = T::from_bool(value);
        Ok(())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        *self.0 = T::from_number(number.into());
        Ok(())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        *self.0 = T::from_number(number.into());
        Ok(())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<(), E> {
        *self.0 = Number::from_f64(number).and_then(T::from_number);
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        *self.0 = T::from_text(Cow::Borrowed(text));
        Ok(())
    }

    fn visit_string<E: Error>(self, text: String) -> Result<(), E> {
        *self.0 = T::from_text(Cow::Owned(text));
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<(), A::Error> {
        *self.0 = T::from_list(list)?;
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<(), A::Error> {
        T::object_into(self.0, object)
    }
}
