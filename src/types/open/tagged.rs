//! Objects that are told apart by a tag, read in one pass: only what stands before the tag is buffered.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, Error, IntoDeserializer, MapAccess, SeqAccess, Visitor,
};
use serde_json::{Map, Value};

/// The text of an object's tag, and the rest of the object.
type Tagged<'de, A> = (Option<Cow<'de, str>>, Rest<A>);

/// An object read up to its tag: the tag's text, if it has one, and all other fields still to be read.
///
/// A tag that is no string stays among the fields.
pub(crate) fn tagged<'de, A: MapAccess<'de>>(
    name: &str,
    mut object: A,
) -> Result<Tagged<'de, A>, A::Error> {
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
