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

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, Error, IgnoredAny, IntoDeserializer, MapAccess, SeqAccess,
    Visitor,
};
use serde_json::{Map, Number, Value};

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
}

/// Reads any JSON; `None` if `T` can't be made of it.
pub(crate) fn read<'de, T: Open, D: Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    Seed(PhantomData).deserialize(from)
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

/// What can be a field of an [`object!`]: an `Option` (left out when `None`), or a `Vec` or `String` (always
/// written, empty when absent).
pub(crate) trait Field: Sized {
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error>;

    fn is_absent(&self) -> bool;
}

impl<T: Open> Field for Option<T> {
    fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        read(from)
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

/// Lists: elements that don't fit are left out.
impl<T: Open> Open for Vec<T> {
    fn from_list<'de, A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = list.next_element_seed(Seed(PhantomData))? {
            elements.extend(element);
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

/// Routes whatever JSON comes to the methods of [`Open`].
struct Seed<T>(PhantomData<T>);

impl<'de, T: Open> DeserializeSeed<'de> for Seed<T> {
    type Value = Option<T>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de, T: Open> Visitor<'de> for Seed<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        self.deserialize(from)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(T::from_bool(value))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(T::from_number(number.into()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(T::from_number(number.into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Number::from_f64(number).and_then(T::from_number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(T::from_text(Cow::Borrowed(text)))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Self::Value, E> {
        Ok(T::from_text(Cow::Owned(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        T::from_list(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Self::Value, A::Error> {
        T::from_object(object)
    }
}

/// An object read up to its tag: the tag's text, if it has one, and all other fields still to be read.
///
/// A tag that is no string stays among the fields.
pub(crate) fn tagged<'de, A: MapAccess<'de>>(
    name: &str,
    mut object: A,
) -> Result<(Option<Cow<'de, str>>, Rest<A>), A::Error> {
    let mut before = Vec::new();
    let mut tag = None;
    while let Some(Text(key)) = object.next_key()? {
        if key == name {
            match object.next_value()? {
                Tag::Text(text) => tag = Some(text),
                Tag::Other(value) => before.push((key.into_owned(), value)),
            }
            break;
        }
        before.push((key.into_owned(), object.next_value()?));
    }
    let rest = Rest {
        before: before.into_iter(),
        value: None,
        after: object,
    };
    Ok((tag, rest))
}

/// The whole of an object that [`tagged`] has begun to read.
pub(crate) fn untagged<'de, A: MapAccess<'de>>(
    name: &str,
    tag: Option<Cow<'de, str>>,
    rest: Rest<A>,
) -> Result<Value, A::Error> {
    let mut object = Map::deserialize(MapAccessDeserializer::new(rest))?;
    if let Some(tag) = tag {
        object.insert(name.to_owned(), Value::String(tag.into_owned()));
    }
    Ok(Value::Object(object))
}

/// The fields of an object but its tag: those before it, buffered, then those after it.
pub(crate) struct Rest<A> {
    before: std::vec::IntoIter<(String, Value)>,
    value: Option<Value>,
    after: A,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Rest<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        match self.before.next() {
            Some((key, value)) => {
                self.value = Some(value);
                seed.deserialize(key.into_deserializer()).map(Some)
            }
            None => self.after.next_key_seed(seed),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        match self.value.take() {
            Some(value) => seed.deserialize(value).map_err(A::Error::custom),
            None => self.after.next_value_seed(seed),
        }
    }
}

/// A string, borrowed from the input where it stands there without escapes.
struct Text<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match Tag::deserialize(from)? {
            Tag::Text(text) => Ok(Text(text)),
            Tag::Other(_) => Err(D::Error::custom("a key that is no string")),
        }
    }
}

enum Tag<'de> {
    Text(Cow<'de, str>),
    Other(Value),
}

impl<'de> Deserialize<'de> for Tag<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct TagVisitor;

        impl<'de> Visitor<'de> for TagVisitor {
            type Value = Tag<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any JSON")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Tag::Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Tag::Text(Cow::Owned(text.to_owned())))
            }

            fn visit_string<E: Error>(self, text: String) -> Result<Self::Value, E> {
                Ok(Tag::Text(Cow::Owned(text)))
            }

            fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
                Ok(Tag::Other(Value::Null))
            }

            fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
                Ok(Tag::Other(value.into()))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
                Ok(Tag::Other(number.into()))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
                Ok(Tag::Other(number.into()))
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
                Ok(Tag::Other(number.into()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
                let list = serde::de::value::SeqAccessDeserializer::new(list);
                Value::deserialize(list).map(Tag::Other)
            }

            fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Self::Value, A::Error> {
                Value::deserialize(MapAccessDeserializer::new(object)).map(Tag::Other)
            }
        }

        from.deserialize_any(TagVisitor)
    }
}

/// `Deserialize` for a type that is [`Open`]: an error only where it can't be made of the JSON at all.
macro_rules! deserialize_open {
    ($name:ident) => {
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                $crate::types::open::read(from)?.ok_or_else(|| {
                    serde::de::Error::custom(concat!("this JSON is no ", stringify!($name)))
                })
            }
        }
    };
}

/// A struct whose fields are read by [`field`], and that keeps unknown fields in `extra`. What stands in its
/// `nullable` block is written as `null` where it is `None`.
macro_rules! object {
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $(required { $($(#[$required_meta:meta])* pub $required:ident: Vec<$element:ty>,)* })?
            $(nullable { $($(#[$null_meta:meta])* pub $null:ident: Option<$nullable:ty>,)* })?
            $($(#[$field_meta:meta])* pub $field:ident: $type:ty,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
        #[non_exhaustive]
        pub struct $name {
            $($(
                $(#[$required_meta])*
                #[serde(deserialize_with = "crate::types::open::required")]
                pub $required: Vec<$element>,
            )*)?
            $($(
                $(#[$null_meta])*
                #[serde(default, deserialize_with = "crate::types::open::field")]
                pub $null: Option<$nullable>,
            )*)?
            $(
                $(#[$field_meta])*
                #[serde(
                    default,
                    deserialize_with = "crate::types::open::field",
                    skip_serializing_if = "crate::types::open::Field::is_absent"
                )]
                pub $field: $type,
            )*
            /// Fields that this version of the crate does not name, as they are in the JSON.
            #[serde(flatten)]
            pub extra: serde_json::Map<String, serde_json::Value>,
        }

        impl $crate::types::open::Open for $name {
            fn from_object<'de, A: serde::de::MapAccess<'de>>(
                object: A,
            ) -> Result<Option<Self>, A::Error> {
                let object = serde::de::value::MapAccessDeserializer::new(object);
                serde::Deserialize::deserialize(object).map(Some)
            }
        }
    };
}

/// An enum of strings that keeps those it does not know.
macro_rules! strings {
    (
        $(#[$meta:meta])*
        pub enum $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $text:literal,)* }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_meta])* #[doc = concat!("`", $text, "`")] $variant,)*
            /// A value that this version of the crate does not know, as it came.
            Unknown(String),
        }

        impl $name {
            /// The value as it stands in the JSON.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Unknown(text) => text,
                }
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                match text {
                    $($text => Self::$variant,)*
                    _ => Self::Unknown(text.to_owned()),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.as_str())
            }
        }

        impl $crate::types::open::Open for $name {
            fn from_text(text: std::borrow::Cow<'_, str>) -> Option<Self> {
                Some(Self::from(&*text))
            }
        }

        $crate::types::open::deserialize_open!($name);
    };
}

/// An enum of objects told apart by the field `$tag`, that keeps those it does not know. `else` names the
/// variant of objects without the tag. Variants in the `shared` block have no `From`: their types stand for more
/// than one of them.
macro_rules! union {
    (
        $(#[$meta:meta])*
        pub enum $name:ident by $tag:literal $(else $default:ident)? {
            $($(#[$variant_meta:meta])* $variant:ident($type:ty) = $text:literal,)*
        }
        $(shared {
            $($(#[$shared_meta:meta])* $shared:ident($shared_type:ty) = $shared_text:literal,)*
        })?
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize)]
        #[serde(tag = $tag)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_meta])* #[serde(rename = $text)] $variant($type),)*
            $($($(#[$shared_meta])* #[serde(rename = $shared_text)] $shared($shared_type),)*)?
            /// What this version of the crate does not know, as it came.
            #[serde(untagged)]
            Unknown(serde_json::Value),
        }

        impl $name {
            /// The tag as it stands in the JSON; `None` for an unknown value without one.
            pub fn tag(&self) -> Option<&str> {
                match self {
                    $(Self::$variant(_) => Some($text),)*
                    $($(Self::$shared(_) => Some($shared_text),)*)?
                    Self::Unknown(value) => value.get($tag)?.as_str(),
                }
            }
        }

        $(
            impl From<$type> for $name {
                fn from(value: $type) -> Self {
                    Self::$variant(value)
                }
            }
        )*

        impl $crate::types::open::Open for $name {
            fn from_bool(value: bool) -> Option<Self> {
                Some(Self::Unknown(value.into()))
            }

            fn from_number(number: serde_json::Number) -> Option<Self> {
                Some(Self::Unknown(number.into()))
            }

            fn from_text(text: std::borrow::Cow<'_, str>) -> Option<Self> {
                Some(Self::Unknown(text.into()))
            }

            fn from_list<'de, A: serde::de::SeqAccess<'de>>(
                list: A,
            ) -> Result<Option<Self>, A::Error> {
                Ok($crate::types::open::Open::from_list(list)?.map(Self::Unknown))
            }

            fn from_object<'de, A: serde::de::MapAccess<'de>>(
                object: A,
            ) -> Result<Option<Self>, A::Error> {
                let (tag, rest) = $crate::types::open::tagged($tag, object)?;
                match tag.as_deref() {
                    $(Some($text) => {
                        let rest = serde::de::value::MapAccessDeserializer::new(rest);
                        serde::Deserialize::deserialize(rest).map(Self::$variant).map(Some)
                    })*
                    $($(Some($shared_text) => {
                        let rest = serde::de::value::MapAccessDeserializer::new(rest);
                        serde::Deserialize::deserialize(rest).map(Self::$shared).map(Some)
                    })*)?
                    $(None => {
                        let rest = serde::de::value::MapAccessDeserializer::new(rest);
                        let mut value = Self::$default(serde::Deserialize::deserialize(rest)?);
                        // `null` is no tag either, and must not stand beside the one that is written.
                        if let Self::$default(object) = &mut value {
                            object.extra.remove($tag);
                        }
                        Ok(Some(value))
                    })?
                    #[allow(unreachable_patterns, reason = "`else` takes all that have no tag")]
                    _ => $crate::types::open::untagged($tag, tag, rest).map(Self::Unknown).map(Some),
                }
            }
        }

        $crate::types::open::deserialize_open!($name);
    };
}

/// Bare setters for the optional fields of a request: `value` fields take their type as it is, `into` fields
/// whatever can be made into it.
macro_rules! setters {
    (
        $name:ident {
            value { $($(#[$value_meta:meta])* $value:ident: $value_type:ty,)* }
            into { $($(#[$into_meta:meta])* $into:ident: $into_type:ty,)* }
        }
    ) => {
        impl $name {
            $(
                #[doc = concat!("Sets [`", stringify!($value), "`](Self::", stringify!($value), ").")]
                $(#[$value_meta])*
                #[must_use]
                pub fn $value(mut self, $value: $value_type) -> Self {
                    self.$value = Some($value);
                    self
                }
            )*
            $(
                #[doc = concat!("Sets [`", stringify!($into), "`](Self::", stringify!($into), ").")]
                $(#[$into_meta])*
                #[must_use]
                pub fn $into(mut self, $into: impl Into<$into_type>) -> Self {
                    self.$into = Some($into.into());
                    self
                }
            )*
        }
    };
}

pub(crate) use {deserialize_open, object, setters, strings, union};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    strings! {
        /// A colour.
        pub enum Colour {
            /// As blood.
            Red = "red",
        }
    }

    object! {
        /// A circle.
        pub struct Circle {
            /// Half its width.
            pub radius: Option<f64>,
            /// Its colour.
            pub colour: Option<Colour>,
            /// How often it was drawn.
            pub count: Option<u64>,
        }
    }

    object! {
        /// A drawing.
        pub struct Drawing {
            required {
                /// What is on it.
                pub shapes: Vec<Shape>,
            }
            /// Who made it.
            pub author: Option<String>,
            /// Shown below it.
            pub notes: Vec<String>,
        }
    }

    setters! {
        Circle {
            value { radius: f64, }
            into { colour: Colour, }
        }
    }

    union! {
        /// A shape.
        pub enum Shape by "type" {
            /// A circle.
            Circle(Circle) = "circle",
            /// A drawing in a drawing.
            Drawing(Drawing) = "drawing",
        }
    }

    union! {
        /// A circle, if nothing else is said.
        pub enum Assumed by "type" else Circle {
            /// A circle.
            Circle(Circle) = "circle",
        }
    }

    object! {
        /// A label.
        pub struct Label {
            nullable {
                /// What it says.
                pub text: Option<String>,
            }
            /// How large it is.
            pub size: Option<u64>,
        }
    }

    union! {
        /// What is written on a drawing.
        pub enum Writing by "type" {}
        shared {
            /// Above it.
            Title(Label) = "title",
            /// Below it.
            Caption(Label) = "caption",
        }
    }

    fn same_after_reading<T>(json: &Value) -> T
    where
        T: serde::de::DeserializeOwned + serde::Serialize + PartialEq + fmt::Debug,
    {
        let from_text: T = serde_json::from_str(&json.to_string()).unwrap();
        let from_value: T = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(from_text, from_value);
        assert_eq!(&serde_json::to_value(&from_text).unwrap(), json);
        from_text
    }

    #[test]
    fn known_values_are_typed_wherever_the_tag_stands() {
        let text = r#"{"radius":1,"colour":"red","type":"circle","count":5.0}"#;
        let shape: Shape = serde_json::from_str(text).unwrap();
        let mut circle = Circle::default().radius(1.0).colour("red");
        circle.count = Some(5);
        assert_eq!(shape, Shape::Circle(circle));
        assert_eq!(shape.tag(), Some("circle"));
    }

    #[test]
    fn unknown_values_are_kept_and_written_again() {
        let shape: Shape = same_after_reading(&json!({"type": "cube", "edge": [1, {"a": null}]}));
        assert_eq!(shape.tag(), Some("cube"));
        same_after_reading::<Shape>(&json!({"edge": 1}));
        same_after_reading::<Shape>(&json!({"type": 7, "edge": 1}));
        same_after_reading::<Shape>(&json!("square"));
        same_after_reading::<Colour>(&json!("mauve"));
        let drawing: Drawing = same_after_reading(&json!({
            "shapes": [{"type": "circle", "radius": 2.0, "label": "x"}, {"type": "cube"}, 7],
            "notes": [],
            "paper": {"size": "A4"},
        }));
        assert_eq!(drawing.shapes.len(), 3);
        assert_eq!(drawing.extra["paper"]["size"], "A4");
    }

    #[test]
    fn one_type_may_stand_for_several_tags_and_a_nullable_field_is_written_as_null() {
        let title: Writing = same_after_reading(&json!({"type": "title", "text": "A", "size": 1}));
        let caption: Writing = same_after_reading(&json!({"type": "caption", "text": null}));
        assert_eq!(
            (title.tag(), caption.tag()),
            (Some("title"), Some("caption"))
        );
        assert_eq!(caption, Writing::Caption(Label::default()));
    }

    #[test]
    fn what_does_not_fit_is_absent() {
        let json = json!({"radius": "wide", "colour": {"r": 1}, "count": -1});
        let circle: Circle = serde_json::from_value(json).unwrap();
        assert_eq!(circle, Circle::default());
        let json = json!({"shapes": null, "author": 5, "notes": [1, null, "b"]});
        let drawing: Drawing = serde_json::from_value(json).unwrap();
        assert_eq!(drawing.author.as_deref(), Some("5"));
        assert_eq!(drawing.notes, ["1", "b"]);
    }

    #[test]
    fn a_required_list_that_is_missing_or_no_list_is_an_error() {
        let missing = serde_json::from_value::<Drawing>(json!({"author": "a"}));
        assert!(missing.unwrap_err().to_string().contains("shapes"));
        serde_json::from_value::<Drawing>(json!({"shapes": "many"})).unwrap_err();
    }

    #[test]
    fn an_object_without_tag_is_what_the_union_assumes() {
        let assumed: Assumed = serde_json::from_value(json!({"radius": 1.0})).unwrap();
        assert_eq!(assumed, Assumed::Circle(Circle::default().radius(1.0)));
        let other: Assumed = serde_json::from_value(json!({"type": null})).unwrap();
        assert!(matches!(other, Assumed::Circle(_)));
    }
}
