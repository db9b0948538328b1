//! The macros that every type of the API is made with.

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

/// A struct whose fields are each a [`Field`], and that keeps unknown fields in `extra`. What stands in its
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
        #[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
        #[non_exhaustive]
        pub struct $name {
            $($($(#[$required_meta])* pub $required: Vec<$element>,)*)?
            $($($(#[$null_meta])* pub $null: Option<$nullable>,)*)?
            $(
                $(#[$field_meta])*
                #[serde(skip_serializing_if = "crate::types::open::Field::is_absent")]
                pub $field: $type,
            )*
            /// Fields that this version of the crate does not name, as they are in the JSON.
            #[serde(flatten)]
            pub extra: serde_json::Map<String, serde_json::Value>,
        }

        // Not derived: a derived one with `flatten` reads into a copy of each field and moves them all to their
        // places in the end, which is a third of what a chunk costs (bench "stream, 250-byte chunks").
        impl $crate::types::open::Object for $name {
            const EXPECTED: &'static str = concat!("struct ", stringify!($name));

            fn read_fields<'de, A: serde::de::MapAccess<'de>>(
                &mut self,
                mut fields: A,
            ) -> Result<(), A::Error> {
                $($(let mut $required = false;)*)?
                while let Some($crate::types::open::Key(key)) = fields.next_key()? {
                    $($(
                        if key == const { $crate::types::open::name(stringify!($required)) } {
                            let place = $crate::types::open::RequiredPlace(&mut self.$required);
                            fields.next_value_seed(place)?;
                            $required = true;
                            continue;
                        }
                    )*)?
                    $($(
                        if key == const { $crate::types::open::name(stringify!($null)) } {
                            let place = $crate::types::open::FieldPlace(&mut self.$null);
                            fields.next_value_seed(place)?;
                            continue;
                        }
                    )*)?
                    $(
                        if key == const { $crate::types::open::name(stringify!($field)) } {
                            let place = $crate::types::open::FieldPlace(&mut self.$field);
                            fields.next_value_seed(place)?;
                            continue;
                        }
                    )*
                    self.extra.insert(key.into_owned(), fields.next_value()?);
                }
                $($(
                    if !$required {
                        return Err(serde::de::Error::missing_field(stringify!($required)));
                    }
                )*)?
                Ok(())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                $crate::types::open::object_from(from)
            }
        }

        impl $crate::types::open::Open for $name {
            fn from_object<'de, A: serde::de::MapAccess<'de>>(
                object: A,
            ) -> Result<Option<Self>, A::Error> {
                let mut place = None;
                Self::object_into(&mut place, object)?;
                Ok(place)
            }

            fn object_into<'de, A: serde::de::MapAccess<'de>>(
                place: &mut Option<Self>,
                object: A,
            ) -> Result<(), A::Error> {
                $crate::types::open::Object::read_fields(place.insert(Self::default()), object)
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

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self::from(text.as_str())
            }
        }

        impl From<&String> for $name {
            fn from(text: &String) -> Self {
                Self::from(text.as_str())
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
