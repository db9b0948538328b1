//! Schemas made as strict as OpenAI's structured outputs ask for.
//!
//! [The subset of JSON Schema that they know](https://platform.openai.com/docs/guides/structured-outputs#supported-schemas)
//! has neither maps nor tuples of different types nor values of any kind; every object lists all of its properties as
//! required and allows no others; `oneOf`, `allOf`, `not`, `default` and most formats are refused.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::alternatives::Alternatives;
use super::schema::{Definitions, definition_name};

/// How deep schemas are followed.
pub(super) const DEPTH: usize = 64;

/// Keywords of the strict subset.
const KNOWN: [&str; 20] = [
    "type",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "anyOf",
    "enum",
    "const",
    "$ref",
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

/// Makes schemas strict, and notes what can't be.
pub(super) struct Strict<'d> {
    definitions: &'d Definitions,
    /// What strictness has no words for: where, and what it is.
    pub(super) problems: Vec<String>,
    /// The definitions that are referred to.
    pub(super) used: BTreeSet<String>,
}

impl<'d> Strict<'d> {
    pub(super) fn new(definitions: &'d Definitions) -> Self {
        Self {
            definitions,
            problems: Vec::new(),
            used: BTreeSet::new(),
        }
    }

    /// Makes a schema and all within it strict, as far as that can be. `path` names its place in the type.
    pub(super) fn tighten(&mut self, schema: &mut Value, path: &str, depth: usize) {
        let Value::Object(object) = schema else {
            return self.problem(path, "may be anything");
        };
        if depth >= DEPTH {
            return self.problem(path, "is nested too deeply");
        }
        strip(object);
        match Alternatives::of(object, self.definitions) {
            Ok(Some(alternatives)) => *object = alternatives,
            Ok(None) => {}
            Err(what) => return self.problem(path, what),
        }
        if let Some(Value::String(reference)) = object.get("$ref") {
            self.used.extend(definition_name(reference));
        }
        stand_alone(object);
        unify_tuple(object);
        self.check_keywords(object, path);
        if is_object(object) {
            self.close(object, path);
        } else if let (Some("array"), None) = (type_of(object), object.get("items"))
            && !object.contains_key("prefixItems")
        {
            self.problem(path, "is a list of no type");
        }
        if let Some(Value::Object(properties)) = object.get_mut("properties") {
            for (name, property) in properties {
                self.tighten(property, &format!("{path}.{name}"), depth + 1);
            }
        }
        for keyword in ["anyOf", "prefixItems"] {
            if let Some(Value::Array(schemas)) = object.get_mut(keyword) {
                for schema in schemas {
                    self.tighten(schema, path, depth + 1);
                }
            }
        }
        if let Some(items) = object.get_mut("items") {
            self.tighten(items, &format!("{path}[]"), depth + 1);
        }
    }

    fn check_keywords(&mut self, object: &mut Map<String, Value>, path: &str) {
        if let Some(alternatives) = object.remove("oneOf") {
            object.insert("anyOf".to_owned(), alternatives);
        }
        if object.contains_key("prefixItems") {
            return self.problem(path, "is a tuple of different types");
        }
        if object.contains_key("patternProperties") {
            return self.problem(path, "is a map");
        }
        if let Some(keyword) = object.keys().find(|key| !KNOWN.contains(&key.as_str())) {
            let what = format!("has the keyword `{keyword}`");
            return self.problem(path, &what);
        }
        let says_something = ["type", "anyOf", "enum", "const", "$ref"]
            .iter()
            .any(|keyword| object.contains_key(*keyword));
        if !says_something {
            self.problem(path, "may be anything");
        } else if object.contains_key("anyOf") && object.contains_key("type") {
            self.problem(path, "has both a type and alternatives");
        }
    }

    /// Allows no fields but the properties, all of which are required.
    fn close(&mut self, object: &mut Map<String, Value>, path: &str) {
        match object.get("additionalProperties") {
            None | Some(Value::Bool(false)) => {
                object.insert("additionalProperties".to_owned(), false.into());
            }
            Some(_) if object.contains_key("properties") => {
                self.problem(path, "takes any other fields (a flattened map)");
            }
            Some(_) => return self.problem(path, "is a map"),
        }
        let required = object.remove("required");
        let Value::Object(mut properties) = object.remove("properties").unwrap_or(json!({})) else {
            return self.problem(path, "has properties that are no object");
        };
        let names = required.as_ref().and_then(Value::as_array);
        let names = names.into_iter().flatten().filter_map(Value::as_str);
        let mut order: Vec<&str> = Vec::new();
        for name in names {
            if properties.contains_key(name) && !order.contains(&name) {
                order.push(name);
            }
        }
        let is_left = |name: &&str| !order.contains(name);
        let left: Vec<String> = properties
            .keys()
            .map(String::as_str)
            .filter(is_left)
            .map(str::to_owned)
            .collect();
        let order: Vec<String> = order.into_iter().map(str::to_owned).chain(left).collect();
        let mut ordered = Map::new();
        for name in &order {
            let property = properties.get_mut(name).map(Value::take);
            ordered.insert(name.clone(), property.unwrap_or_default());
        }
        object.insert("properties".to_owned(), ordered.into());
        object.insert("required".to_owned(), order.into());
    }

    fn problem(&mut self, path: &str, what: &str) {
        self.problems.push(format!("`{path}` {what}"));
    }
}

/// Leaves out what the strict subset has no words for, and need not say.
pub(super) fn strip(object: &mut Map<String, Value>) {
    if let Some(others) = object.remove("unevaluatedProperties") {
        object.entry("additionalProperties").or_insert(others);
    }
    let is_number = matches!(type_of(object), Some("integer" | "number"));
    object.retain(|keyword, value| match keyword.as_str() {
        "format" => value.as_str().is_some_and(|text| FORMATS.contains(&text)),
        // As of `NonZeroI32`.
        "not" if is_number => false,
        keyword => !NEEDLESS.contains(&keyword) && !keyword.starts_with("x-"),
    });
}

/// A reference stands alone: what describes it is put around it.
fn stand_alone(object: &mut Map<String, Value>) {
    if object.len() < 2 {
        return;
    }
    if let Some(reference) = object.remove("$ref") {
        let alone = vec![json!({ "$ref": reference })];
        object.insert("anyOf".to_owned(), alone.into());
    }
}

/// A tuple of values of one type is a list of so many of them.
fn unify_tuple(object: &mut Map<String, Value>) {
    let Some(Value::Array(items)) = object.get("prefixItems") else {
        return;
    };
    if let [first, others @ ..] = items.as_slice()
        && others.iter().all(|other| other == first)
        && !object.contains_key("items")
    {
        let (first, len) = (first.clone(), items.len());
        object.remove("prefixItems");
        object.insert("items".to_owned(), first);
        for keyword in ["minItems", "maxItems"] {
            object.insert(keyword.to_owned(), len.into());
        }
    }
}

/// The type, if the schema allows one beside null.
fn type_of(object: &Map<String, Value>) -> Option<&str> {
    match object.get("type")? {
        Value::String(name) => Some(name),
        Value::Array(names) => {
            let mut names = names.iter().filter_map(Value::as_str);
            names.find(|name| *name != "null")
        }
        _ => None,
    }
}

pub(super) fn is_object(object: &Map<String, Value>) -> bool {
    match type_of(object) {
        Some(name) => name == "object",
        None => object.contains_key("properties"),
    }
}
