//! JSON schemas as OpenAI takes them, read with the order of their keys.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// JSON whose objects keep their order.
#[derive(Clone, Debug)]
pub(crate) enum Ordered {
    Object(Vec<(String, Ordered)>),
    List(Vec<Ordered>),
    Plain(Value),
}

impl Ordered {
    pub(crate) fn at(&self, key: &str) -> &Self {
        self.get(key).unwrap_or_else(|| panic!("there is no {key}"))
    }

    fn get(&self, key: &str) -> Option<&Self> {
        let Self::Object(fields) = self else {
            return None;
        };
        fields
            .iter()
            .find(|field| field.0 == key)
            .map(|field| &field.1)
    }

    pub(crate) fn json(&self) -> Value {
        match self {
            Self::Object(fields) => {
                let fields = fields
                    .iter()
                    .map(|(key, value)| (key.clone(), value.json()));
                Value::Object(fields.collect::<Map<_, _>>())
            }
            Self::List(list) => list.iter().map(Self::json).collect(),
            Self::Plain(value) => value.clone(),
        }
    }

    /// The properties of a schema in their order, those within them in brackets, and those of its definitions.
    pub(crate) fn fields(&self) -> String {
        let mut text = self.own_fields();
        if let Some(Self::Object(definitions)) = self.get("$defs") {
            let mut definitions: Vec<_> = definitions.iter().collect();
            definitions.sort_by_key(|(name, _)| name.clone());
            for (name, schema) in definitions {
                let fields = schema.own_fields();
                if !fields.is_empty() {
                    text += &["; ", name, ": ", &fields].concat();
                }
            }
        }
        text
    }

    fn own_fields(&self) -> String {
        match self.get("properties") {
            Some(Self::Object(properties)) => {
                let names = properties.iter();
                let names = names.map(|(name, schema)| format!("{name}{}", schema.nested_fields()));
                names.collect::<Vec<_>>().join(" ")
            }
            _ => self.nested_fields(),
        }
    }

    fn nested_fields(&self) -> String {
        let inner = match (self.get("properties"), self.get("items"), self.get("anyOf")) {
            (Some(_), _, _) => self.own_fields(),
            (_, Some(items), _) => return items.nested_fields(),
            (_, _, Some(Self::List(schemas))) => {
                let schemas = schemas.iter().map(Self::own_fields);
                schemas
                    .filter(|text| !text.is_empty())
                    .collect::<Vec<_>>()
                    .join("|")
            }
            _ => String::new(),
        };
        match inner.as_str() {
            "" => inner,
            _ => format!("({inner})"),
        }
    }
}

/// What [OpenAI refuses of a strict schema](https://platform.openai.com/docs/guides/structured-outputs#supported-schemas).
pub(crate) fn refused(schema: &Value) -> Vec<String> {
    let mut found = Vec::new();
    if schema["type"] != "object" || schema.get("anyOf").is_some() {
        found.push("the root is no object".to_owned());
    }
    check(schema, schema, "#", &mut found);
    found
}

#[expect(clippy::too_many_lines, reason = "a list of rules")]
fn check(schema: &Value, root: &Value, path: &str, found: &mut Vec<String>) {
    const TYPES: [&str; 7] = [
        "string", "number", "boolean", "integer", "object", "array", "null",
    ];
    const KEYWORDS: [&str; 21] = [
        "type",
        "properties",
        "required",
        "additionalProperties",
        "items",
        "anyOf",
        "enum",
        "const",
        "$ref",
        "$defs",
        "description",
        "title",
        "pattern",
        "format",
        "multipleOf",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "minItems",
        "maxItems",
    ];
    const FORMATS: [&str; 9] = [
        "date-time",
        "time",
        "date",
        "duration",
        "email",
        "hostname",
        "ipv4",
        "ipv6",
        "uuid",
    ];

    let mut say = |what: &str| found.push(format!("{path}: {what}"));
    let Some(object) = schema.as_object() else {
        return say("no object");
    };
    for keyword in object.keys() {
        if !KEYWORDS.contains(&keyword.as_str()) {
            say(&format!("unknown keyword {keyword}"));
        }
    }
    if !["type", "anyOf", "enum", "const", "$ref"]
        .iter()
        .any(|key| object.contains_key(*key))
    {
        say("says no type");
    }
    if object.contains_key("anyOf")
        && (object.contains_key("type") || object.contains_key("properties"))
    {
        say("alternatives beside a type");
    }
    let types = match &schema["type"] {
        Value::Null => vec![],
        Value::Array(types) => types
            .iter()
            .map(|name| name.as_str().unwrap_or("?"))
            .collect(),
        name => vec![name.as_str().unwrap_or("?")],
    };
    if types.iter().any(|name| !TYPES.contains(name)) {
        say("no such type");
    }
    if types.contains(&"array") && !object.contains_key("items") {
        say("a list without items");
    }
    if let Some(format) = object.get("format")
        && !FORMATS.contains(&format.as_str().unwrap_or("?"))
    {
        say("no such format");
    }
    if let Some(reference) = object.get("$ref") {
        if object.len() > 1 {
            say("something beside a reference");
        }
        let pointer = reference.as_str().and_then(|text| text.strip_prefix('#'));
        let is_plain = |text: &str| {
            text.chars()
                .all(|c| c.is_ascii_alphanumeric() || "/_-$".contains(c))
        };
        if !pointer.is_some_and(|pointer| is_plain(pointer) && root.pointer(pointer).is_some()) {
            say("a reference to nothing");
        }
    }
    if types.contains(&"object") {
        if object.get("additionalProperties") != Some(&Value::Bool(false)) {
            say("other fields are allowed");
        }
        let mut required: Vec<_> = schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        required.sort_unstable();
        let mut names: Vec<_> = schema["properties"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|field| field.0.as_str())
            .collect();
        names.sort_unstable();
        if required != names
            || !object.contains_key("properties")
            || !object.contains_key("required")
        {
            say("not all fields are required");
        }
    }
    for keyword in ["properties", "$defs"] {
        for (name, schema) in schema[keyword].as_object().into_iter().flatten() {
            check(schema, root, &format!("{path}/{name}"), found);
        }
    }
    for schema in schema["anyOf"].as_array().into_iter().flatten() {
        check(schema, root, &format!("{path}/anyOf"), found);
    }
    if let Some(items) = object.get("items") {
        check(items, root, &format!("{path}/items"), found);
    }
}

impl<'de> Deserialize<'de> for Ordered {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct OrderedVisitor;

        impl<'de> Visitor<'de> for OrderedVisitor {
            type Value = Ordered;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }

            fn visit_unit<E>(self) -> Result<Ordered, E> {
                Ok(Ordered::Plain(Value::Null))
            }

            fn visit_bool<E>(self, value: bool) -> Result<Ordered, E> {
                Ok(Ordered::Plain(value.into()))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Ordered, E> {
                Ok(Ordered::Plain(value.into()))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Ordered, E> {
                Ok(Ordered::Plain(value.into()))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Ordered, E> {
                Ok(Ordered::Plain(value.into()))
            }

            fn visit_str<E>(self, value: &str) -> Result<Ordered, E> {
                Ok(Ordered::Plain(value.into()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Ordered, A::Error> {
                let mut elements = Vec::new();
                while let Some(element) = list.next_element()? {
                    elements.push(element);
                }
                Ok(Ordered::List(elements))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Ordered, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = object.next_entry()? {
                    fields.push(field);
                }
                Ok(Ordered::Object(fields))
            }
        }

        from.deserialize_any(OrderedVisitor)
    }
}
