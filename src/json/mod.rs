//! Writes JSON as `serde_json` does, byte for byte, but escapes texts several bytes at a time.
//!
//! Texts are most of a large request, and `serde_json` looks at each byte of them by itself (bench "200 kB prompt,
//! Sentry absent").

pub(crate) mod escape;

use serde::ser::{self, Error as _, Serialize};
use serde_json::{Error, Value};

/// The names of structs by which `serde_json` hands text to its own serializer that is JSON already: numbers of any
/// precision, raw values.
const PRIVATE: &str = "$serde_json::private::";

/// Appends the value as JSON.
///
/// # Errors
///
/// Those of `serde_json`: a value that refuses to be serialized, or a map whose keys are neither texts nor numbers.
pub(crate) fn write(value: &(impl Serialize + ?Sized), to: &mut String) -> Result<(), Error> {
    value.serialize(Writer(to))
}

struct Writer<'w>(&'w mut String);

impl Writer<'_> {
    fn write(self, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        value.serialize(self)
    }

    fn text(&mut self, text: &str) {
        self.0.push('"');
        escape::push(text, usize::MAX, self.0);
        self.0.push('"');
    }
}

/// A list or an object, some of whose elements have been written.
struct Compound<'w> {
    to: &'w mut String,
    is_empty: bool,
    closer: &'static str,
}

impl<'w> Compound<'w> {
    fn open(
        to: &'w mut String,
        variant: Option<&str>,
        opener: char,
        closer: [&'static str; 2],
    ) -> Self {
        let [inner, outer] = closer;
        if let Some(variant) = variant {
            to.push('{');
            Writer(to).text(variant);
            to.push(':');
        }
        to.push(opener);
        Self {
            to,
            is_empty: true,
            closer: if variant.is_some() { outer } else { inner },
        }
    }

    fn list(to: &'w mut String, variant: Option<&str>) -> Self {
        Self::open(to, variant, '[', ["]", "]}"])
    }

    fn object(to: &'w mut String, variant: Option<&str>) -> Self {
        Self::open(to, variant, '{', ["}", "}}"])
    }

    fn comma(&mut self) {
        if !std::mem::take(&mut self.is_empty) {
            self.to.push(',');
        }
    }

    fn element(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        self.comma();
        write(value, self.to)
    }

    fn key(&mut self, key: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        self.comma();
        let start = self.to.len();
        write(key, self.to)?;
        match self.to.as_bytes().get(start) {
            Some(b'"') => {}
            // Numbers and booleans become texts.
            Some(b'-' | b'0'..=b'9' | b't' | b'f') => {
                self.to.insert(start, '"');
                self.to.push('"');
            }
            _ => return Err(Error::custom("key must be a string")),
        }
        self.to.push(':');
        Ok(())
    }

    fn field(
        &mut self,
        name: &'static str,
        value: &(impl Serialize + ?Sized),
    ) -> Result<(), Error> {
        self.comma();
        Writer(self.to).text(name);
        self.to.push(':');
        write(value, self.to)
    }

    fn close(self) {
        self.to.push_str(self.closer);
    }
}

macro_rules! numbers {
    ($($method:ident: $type:ty,)*) => {
        $(fn $method(self, value: $type) -> Result<(), Error> {
            self.0.push_str(&serde_json::to_string(&value)?);
            Ok(())
        })*
    };
}

impl<'w> ser::Serializer for Writer<'w> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Compound<'w>;
    type SerializeTuple = Compound<'w>;
    type SerializeTupleStruct = Compound<'w>;
    type SerializeTupleVariant = Compound<'w>;
    type SerializeMap = Compound<'w>;
    type SerializeStruct = Fields<'w>;
    type SerializeStructVariant = Compound<'w>;

    numbers! {
        serialize_bool: bool,
        serialize_i8: i8,
        serialize_i16: i16,
        serialize_i32: i32,
        serialize_i64: i64,
        serialize_i128: i128,
        serialize_u8: u8,
        serialize_u16: u16,
        serialize_u32: u32,
        serialize_u64: u64,
        serialize_u128: u128,
        serialize_f32: f32,
        serialize_f64: f64,
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(mut self, text: &str) -> Result<(), Error> {
        self.text(text);
        Ok(())
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), Error> {
        self.collect_seq(bytes)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        self.write(value)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.0.push_str("null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.write(value)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        let mut object = Compound::object(self.0, None);
        object.field(variant, value)?;
        object.close();
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Compound<'w>, Error> {
        Ok(Compound::list(self.0, None))
    }

    fn serialize_tuple(self, _: usize) -> Result<Compound<'w>, Error> {
        Ok(Compound::list(self.0, None))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Compound<'w>, Error> {
        Ok(Compound::list(self.0, None))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'w>, Error> {
        Ok(Compound::list(self.0, Some(variant)))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Compound<'w>, Error> {
        Ok(Compound::object(self.0, None))
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Fields<'w>, Error> {
        if name.starts_with(PRIVATE) {
            return Ok(Fields::Json(self.0));
        }
        Ok(Fields::Object(Compound::object(self.0, None)))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Compound<'w>, Error> {
        Ok(Compound::object(self.0, Some(variant)))
    }
}

/// The fields of a struct.
enum Fields<'w> {
    Object(Compound<'w>),
    /// The only field is a text that is JSON already.
    Json(&'w mut String),
}

impl ser::SerializeStruct for Fields<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        match self {
            Self::Object(object) => object.field(name, value),
            Self::Json(to) => {
                if let Value::String(json) = serde_json::to_value(value)? {
                    to.push_str(&json);
                }
                Ok(())
            }
        }
    }

    fn end(self) -> Result<(), Error> {
        if let Self::Object(object) = self {
            object.close();
        }
        Ok(())
    }
}

macro_rules! lists {
    ($($trait:ident: $method:ident,)*) => {
        $(impl ser::$trait for Compound<'_> {
            type Ok = ();
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.element(value)
            }

            fn end(self) -> Result<(), Error> {
                self.close();
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

impl ser::SerializeMap for Compound<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        write(value, self.to)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

impl ser::SerializeStructVariant for Compound<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.field(name, value)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}

#[cfg(test)]
mod tests;
