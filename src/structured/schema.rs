//! The JSON schema of a Rust type, as strict as OpenAI's structured outputs ask for.
//!
//! [The subset of JSON Schema that they know](https://platform.openai.com/docs/guides/structured-outputs)
//! has neither maps nor tuples nor values of any kind; every object lists all of its fields as required and
//! allows no others; `oneOf`, `default` and most formats are refused.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

/// The schema of a type.
#[derive(Debug, PartialEq)]
pub(super) struct Schema {
    /// What the type is called: letters, digits, `_` and `-`.
    pub(super) name: String,
    /// The type's documentation.
    pub(super) description: Option<String>,
    pub(super) json: Value,
    /// Whether the schema is in the strict form. If not, it is as `schemars` makes it: the type can't be told
    /// in the strict subset.
    pub(super) is_strict: bool,
}

/// How deep schemas are followed.
const DEPTH: usize = 64;

/// Keywords of the strict subset.
const KNOWN: [&str; 21] = [
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
    "format",
    "pattern",
    "multipleOf",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minItems",
    "maxItems",
];

/// Keywords that say no more than what the value is checked for anyway when it is read.
const NEEDLESS: [&str; 12] = [
    "$schema",
    "$comment",
    "default",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
    "minLength",
    "maxLength",
    "uniqueItems",
    "contentEncoding",
    "contentMediaType",
];

/// Formats of texts that the strict subset knows.
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

impl Schema {
    pub(super) fn of<T: JsonSchema>() -> Self {
        let generator = SchemaSettings::draft2020_12().into_generator();
        let mut schema = Value::from(generator.into_root_schema_for::<T>());
        let mut description = None;
        if let Some(root) = schema.as_object_mut() {
            root.remove("$schema");
            root.remove("title");
            if let Some(Value::String(text)) = root.remove("description") {
                description = Some(text);
            }
        }
        let strict = strict(&schema);
        Self {
            name: name(&T::schema_name()),
            description,
            is_strict: strict.is_some(),
            json: strict.unwrap_or(schema),
        }
    }
}

/// A name as the API allows it.
fn name(name: &str) -> String {
    const LONGEST: usize = 64;

    let name = name.chars().take(LONGEST);
    name.map(|c| match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '-' => c,
        _ => '_',
    })
    .collect()
}

/// The schema in the strict form, if it has one.
fn strict(root: &Value) -> Option<Value> {
    let mut schema = root.clone();
    tighten(&mut schema, root, 0)?;
    let is_object = schema.get("type").and_then(Value::as_str) == Some("object");
    is_object.then_some(schema)
}

/// Makes a schema and all within it strict; `None` if that can't be.
fn tighten(schema: &mut Value, root: &Value, depth: usize) -> Option<()> {
    // `true` allows anything.
    let schema = schema.as_object_mut().filter(|_| depth < DEPTH)?;
    merge_reference(schema, root)?;
    if let Some(alternatives) = schema.remove("oneOf")
        && schema.insert("anyOf".to_owned(), alternatives).is_some()
    {
        return None;
    }
    schema.retain(|keyword, value| match keyword.as_str() {
        "format" => value.as_str().is_some_and(|text| FORMATS.contains(&text)),
        keyword => !NEEDLESS.contains(&keyword) && !keyword.starts_with("x-"),
    });
    let mut keywords = schema.keys();
    if !keywords.all(|keyword| KNOWN.contains(&keyword.as_str())) {
        return None;
    }
    let says = |keyword| schema.contains_key(keyword);
    let says_something = ["type", "anyOf", "enum", "const", "$ref"]
        .into_iter()
        .any(says);
    if !says_something || says("anyOf") && (says("type") || says("properties")) {
        return None;
    }

    if is_object(schema) {
        close(schema)?;
    }
    for keyword in ["properties", "$defs"] {
        if let Some(schemas) = schema.get_mut(keyword) {
            for schema in schemas.as_object_mut()?.values_mut() {
                tighten(schema, root, depth + 1)?;
            }
        }
    }
    if let Some(schemas) = schema.get_mut("anyOf") {
        for schema in schemas.as_array_mut()? {
            tighten(schema, root, depth + 1)?;
        }
    }
    match schema.get_mut("items") {
        Some(items) => tighten(items, root, depth + 1),
        None => Some(()),
    }
}

/// A reference stands alone: what stands beside it is put around it, or together with what it refers to.
fn merge_reference(schema: &mut Map<String, Value>, root: &Value) -> Option<()> {
    let only = ["$ref", "$defs"];
    if !schema.contains_key("$ref") || schema.keys().all(|key| only.contains(&key.as_str())) {
        return Some(());
    }
    let reference = schema.remove("$ref")?;
    if !schema.contains_key("properties") {
        let alone = Map::from_iter([("$ref".to_owned(), reference)]);
        let before = schema.insert("anyOf".to_owned(), Value::Array(vec![alone.into()]));
        return before.is_none().then_some(());
    }
    // The tag of an enum beside the fields of a variant.
    let target = root.pointer(reference.as_str()?.strip_prefix('#')?)?;
    for (keyword, value) in target.as_object()? {
        match (keyword.as_str(), value) {
            ("properties", Value::Object(fields)) => {
                let own = schema.get_mut("properties")?.as_object_mut()?;
                for (name, field) in fields {
                    own.entry(name).or_insert_with(|| field.clone());
                }
            }
            // All fields will be required.
            ("required", _) => {}
            _ => {
                schema.entry(keyword).or_insert_with(|| value.clone());
            }
        }
    }
    Some(())
}

fn is_object(schema: &Map<String, Value>) -> bool {
    match schema.get("type") {
        Some(Value::String(name)) => name == "object",
        Some(Value::Array(names)) => names.iter().any(|name| name == "object"),
        _ => schema.contains_key("properties"),
    }
}

/// Requires all fields and allows no others.
fn close(schema: &mut Map<String, Value>) -> Option<()> {
    let others = schema.insert("additionalProperties".to_owned(), false.into());
    if others.is_some_and(|others| others != Value::Bool(false)) {
        return None;
    }
    let fields = schema
        .entry("properties")
        .or_insert_with(|| Map::new().into());
    let fields: Vec<_> = fields.as_object()?.keys().cloned().collect();
    schema.insert("required".to_owned(), fields.into());
    Some(())
}

#[cfg(test)]
mod tests;
