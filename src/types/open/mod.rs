//! Reading JSON that may hold more, less or other than this crate knows.
//!
//! A reply must parse whatever a server puts into it. Three macros keep that promise for every type of
//! the API, so that no field has to think of it:
//!
//! - [`object!`]: a struct whose fields are all read as a [`Field`] (what does not fit is absent, never an
//!   error) and whose unknown fields are kept in `extra`. A list in its `required` block must be there
//!   (`null` is an empty list), or the reply is no such reply.
//! - [`strings!`]: an enum of strings with an `Unknown` variant that keeps the original.
//! - [`union!`]: an enum of objects told apart by a tag, with an `Unknown` variant that keeps the JSON. It
//!   reads in one pass: only the fields before the tag are buffered.
//!
//! Underneath lies one trait, [`Open`]: a type says which JSON it can be made of, all else is skipped.

mod macros;
mod object;
mod tagged;
#[cfg(test)]
#[expect(unreachable_pub, reason = "the macros make public types")]
mod tests;
mod values;

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

pub(crate) use self::macros::{deserialize_open, object, setters, strings, union};
pub(crate) use self::object::{
    Field, FieldPlace, Key, Object, RequiredPlace, field, name, object_from, required,
};
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
