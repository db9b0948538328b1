//! Objects and their fields.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::{Open, Place, read};

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

/// Reads the field of a struct that derives the rest.
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
