//! Writes whatever serde can serialize through the recorder's [`Writer`].
//!
//! A list or an object that has no room for all its elements keeps the first ones. Texts and the names of
//! map entries are content.

use std::fmt;

use serde::ser::{self, Serialize};
use serde_json::Value;

use super::json::{Full, Writer};
use super::media;
use super::redact::REDACTED;
use super::secret;

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no room")
    }
}

impl std::error::Error for Full {}

/// A value that can't be serialized is left out, like one without room.
impl ser::Error for Full {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

/// A list or an object that is being written.
pub(crate) struct Compound<'w, 's> {
    writer: &'w mut Writer<'s>,
    closer: &'static str,
    /// Closes an object around it.
    wrapped: bool,
    /// What follows has no room.
    full: bool,
    /// Where the entry began whose key was written.
    entry: Option<usize>,
    /// The value of that entry is a secret.
    is_secret: Option<Secret>,
}

impl<'w, 's> Compound<'w, 's> {
    fn open(
        writer: &'w mut Writer<'s>,
        opener: &str,
        closer: &'static str,
        variant: Option<&str>,
    ) -> Result<Self, Full> {
        let start = writer.len();
        if let Some(variant) = variant {
            writer.open("{")?;
            let named = writer.whole(variant).and_then(|()| writer.push(":"));
            if named.and_then(|()| writer.open(opener)).is_err() {
                writer.close("}");
                writer.undo(start);
                return Err(Full);
            }
        } else {
            writer.open(opener)?;
        }
        Ok(Self {
            writer,
            closer,
            wrapped: variant.is_some(),
            full: false,
            entry: None,
            is_secret: None,
        })
    }

    fn add<T: Serialize + ?Sized>(&mut self, value: &T) {
        if self.full {
            self.writer.set_shortened();
            return;
        }
        let start = self.writer.len();
        self.full = self.writer.or_nothing(start, |writer| {
            writer.element(|writer| value.serialize(writer))
        });
    }

    fn add_key<T: Serialize + ?Sized>(&mut self, key: &T) {
        if self.full {
            self.writer.set_shortened();
            return;
        }
        let start = self.writer.len();
        self.entry = Some(start);
        let written = self
            .writer
            .comma()
            .and_then(|()| write_key(self.writer, key))
            .and_then(|key| {
                self.writer.push(":")?;
                Ok(key)
            });
        if let Ok(key) = written {
            self.writer.expects_binary = key.expects_binary;
            self.is_secret = key.secret;
        } else {
            self.writer.undo(start);
            self.full = true;
        }
    }

    fn add_value<T: Serialize + ?Sized>(&mut self, value: &T) {
        let secret = self.is_secret.take();
        if self.full {
            self.writer.set_shortened();
            return;
        }
        let start = self.entry.take().unwrap_or(self.writer.len());
        self.full = self
            .writer
            .or_nothing(start, |writer| write_value(writer, value, secret));
    }

    fn add_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) {
        if self.full {
            self.writer.set_shortened();
            return;
        }
        let start = self.writer.len();
        let secret = Secret::of(name, self.writer);
        self.full = self.writer.or_nothing(start, |writer| {
            writer.field(name, |writer| {
                writer.expects_binary = media::holds_binary(name);
                write_value(writer, value, secret)
            })
        });
    }

    fn finish(self) {
        self.writer.close(self.closer);
        if self.wrapped {
            self.writer.close("}");
        }
    }
}

struct Key {
    expects_binary: bool,
    secret: Option<Secret>,
}

/// A value that must not leave.
#[derive(Clone, Copy)]
struct Secret {
    /// Unless it is a number, which tells how many tokens there are.
    is_count: bool,
}

impl Secret {
    /// Whether the field of this name holds one.
    fn of(name: &str, writer: &Writer<'_>) -> Option<Self> {
        let is_secret = writer.hides_secrets && secret::is_secret(name);
        is_secret.then(|| Self {
            is_count: secret::is_count(name),
        })
    }
}

/// The value of a field, or what stands for it.
fn write_value<T: Serialize + ?Sized>(
    writer: &mut Writer<'_>,
    value: &T,
    secret: Option<Secret>,
) -> Result<(), Full> {
    let is_told = |secret: Secret| match serde_json::to_value(value) {
        Ok(Value::Null | Value::Bool(_)) => true,
        Ok(Value::Number(_)) => secret.is_count,
        _ => false,
    };
    let written = match secret {
        Some(secret) if !is_told(secret) => writer.whole(REDACTED),
        _ => value.serialize(&mut *writer),
    };
    writer.expects_binary = false;
    written
}

/// The name of a map's entry: always a string, and in whole.
fn write_key<T: Serialize + ?Sized>(writer: &mut Writer<'_>, key: &T) -> Result<Key, Full> {
    let text = match serde_json::to_value(key) {
        Ok(Value::String(text)) => text,
        Ok(other) => other.to_string(),
        Err(_) => return Err(Full),
    };
    writer.name(&text)?;
    Ok(Key {
        expects_binary: media::holds_binary(&text),
        secret: Secret::of(&text, writer),
    })
}

macro_rules! numbers {
    ($($method:ident: $type:ty,)*) => {
        $(fn $method(self, value: $type) -> Result<(), Full> {
            self.push(&value.to_string())
        })*
    };
}

impl<'w, 's> ser::Serializer for &'w mut Writer<'s> {
    type Ok = ();
    type Error = Full;
    type SerializeSeq = Compound<'w, 's>;
    type SerializeTuple = Compound<'w, 's>;
    type SerializeTupleStruct = Compound<'w, 's>;
    type SerializeTupleVariant = Compound<'w, 's>;
    type SerializeMap = Compound<'w, 's>;
    type SerializeStruct = Compound<'w, 's>;
    type SerializeStructVariant = Compound<'w, 's>;

    numbers! {
        serialize_bool: bool,
        serialize_i8: i8,
        serialize_i16: i16,
        serialize_i32: i32,
        serialize_i64: i64,
        serialize_u8: u8,
        serialize_u16: u16,
        serialize_u32: u32,
        serialize_u64: u64,
    }

    fn serialize_f32(self, value: f32) -> Result<(), Full> {
        self.serialize_f64(value.into())
    }

    fn serialize_f64(self, value: f64) -> Result<(), Full> {
        self.push(&serde_json::to_string(&value).unwrap_or_default())
    }

    fn serialize_char(self, value: char) -> Result<(), Full> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, text: &str) -> Result<(), Full> {
        let expects_binary = std::mem::take(&mut self.expects_binary);
        if media::is_binary(expects_binary, text) {
            return self.whole(media::SUBSTITUTE);
        }
        if self.hides_secrets && secret::is_url(text) {
            return self.content(&secret::without_credentials(text));
        }
        self.content(text)
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), Full> {
        self.whole(media::SUBSTITUTE)
    }

    fn serialize_none(self) -> Result<(), Full> {
        self.push("null")
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Full> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Full> {
        self.push("null")
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Full> {
        self.push("null")
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Full> {
        self.whole(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Full> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Full> {
        self.object(|writer| writer.field(variant, |writer| value.serialize(writer)))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Compound<'w, 's>, Full> {
        Compound::open(self, "[", "]", None)
    }

    fn serialize_tuple(self, _: usize) -> Result<Compound<'w, 's>, Full> {
        Compound::open(self, "[", "]", None)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Compound<'w, 's>, Full> {
        Compound::open(self, "[", "]", None)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'w, 's>, Full> {
        Compound::open(self, "[", "]", Some(variant))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Compound<'w, 's>, Full> {
        Compound::open(self, "{", "}", None)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Compound<'w, 's>, Full> {
        Compound::open(self, "{", "}", None)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'w, 's>, Full> {
        Compound::open(self, "{", "}", Some(variant))
    }
}

macro_rules! lists {
    ($($trait:ident: $method:ident,)*) => {
        $(impl ser::$trait for Compound<'_, '_> {
            type Ok = ();
            type Error = Full;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Full> {
                self.add(value);
                Ok(())
            }

            fn end(self) -> Result<(), Full> {
                self.finish();
                Ok(())
            }
        })*
    };
}

lists! {
    SerializeSeq: serialize_element,
    SerializeTuple: serialize_element,
    SerializeTupleStruct: serialize_field,
    SerializeTupleVariant: serialize_field,
}

macro_rules! structs {
    ($($trait:ident,)*) => {
        $(impl ser::$trait for Compound<'_, '_> {
            type Ok = ();
            type Error = Full;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Full> {
                self.add_field(name, value);
                Ok(())
            }

            fn end(self) -> Result<(), Full> {
                self.finish();
                Ok(())
            }
        })*
    };
}

structs! { SerializeStruct, SerializeStructVariant, }

impl ser::SerializeMap for Compound<'_, '_> {
    type Ok = ();
    type Error = Full;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Full> {
        self.add_key(key);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Full> {
        self.add_value(value);
        Ok(())
    }

    fn end(self) -> Result<(), Full> {
        self.finish();
        Ok(())
    }
}
