//! Objects whose fields depend on a tag or on what is flattened into them, as a choice of whole objects.
//!
//! `schemars` says of them what they have in common, and beside it what differs (`oneOf`, `anyOf`, `allOf`, `$ref`).
//! The strict subset has no words for both at once.

use serde_json::{Map, Value, json};

use super::schema::{Definitions, definition_name};
use super::strict::{is_object, strip};

/// How many whole objects a choice may have.
const MOST: usize = 256;

/// How often an alternative may have alternatives of its own.
const DEPTH: usize = 8;

/// What differs.
const CHOICES: [&str; 2] = ["oneOf", "anyOf"];

pub(super) struct Alternatives;

impl Alternatives {
    /// The same schema, as one object or as a choice of whole objects. `None` if it has nothing beside which
    /// something differs.
    pub(super) fn of(
        schema: &Map<String, Value>,
        definitions: &Definitions,
    ) -> Result<Option<Map<String, Value>>, &'static str> {
        let has_parts = schema.contains_key("allOf")
            || CHOICES.iter().all(|choice| schema.contains_key(*choice))
            || is_object(schema)
                && CHOICES
                    .iter()
                    .chain(&["$ref"])
                    .any(|part| schema.contains_key(*part));
        if !has_parts {
            return Ok(None);
        }
        let mut whole = expand(schema, definitions, 0)?;
        if let [one] = whole.as_mut_slice() {
            return Ok(Some(std::mem::take(one)));
        }
        let mut choice = Map::new();
        if let Some(description) = schema.get("description") {
            choice.insert("description".to_owned(), description.clone());
            for object in &mut whole {
                if object.get("description") == Some(description) {
                    object.remove("description");
                }
            }
        }
        let whole = whole.into_iter().map(Value::Object).collect();
        choice.insert("anyOf".to_owned(), Value::Array(whole));
        Ok(Some(choice))
    }
}

/// All whole objects that a schema allows.
fn expand(
    schema: &Map<String, Value>,
    definitions: &Definitions,
    depth: usize,
) -> Result<Vec<Map<String, Value>>, &'static str> {
    if depth > DEPTH {
        return Err("refers to itself in its own fields");
    }
    let mut common = schema.clone();
    let mut parts: Vec<Vec<Map<String, Value>>> = Vec::new();
    let options = |schemas: &[Value]| {
        let mut options = Vec::new();
        for schema in schemas {
            let schema = schema
                .as_object()
                .ok_or("has alternatives that are no objects")?;
            options.extend(expand(schema, definitions, depth + 1)?);
        }
        Ok::<_, &'static str>(options)
    };
    if let Some(reference) = common.remove("$ref") {
        let name = reference.as_str().and_then(definition_name);
        let target = name.and_then(|name| definitions.get(&name));
        let target = target.ok_or("refers to nothing")?;
        parts.push(options(std::slice::from_ref(target))?);
    }
    for choice in CHOICES {
        if let Some(Value::Array(schemas)) = common.remove(choice) {
            parts.push(options(&schemas)?);
        }
    }
    if let Some(Value::Array(schemas)) = common.remove("allOf") {
        for schema in schemas {
            parts.push(options(&[schema])?);
        }
    }
    strip(&mut common);
    let mut whole = vec![common];
    for options in parts {
        if whole.len() * options.len() > MOST {
            return Err("has too many alternatives");
        }
        let mut next = Vec::new();
        for object in &whole {
            for option in &options {
                next.push(merged(object, option)?);
            }
        }
        whole = next;
    }
    Ok(whole)
}

/// An object with the fields of both.
fn merged(
    common: &Map<String, Value>,
    option: &Map<String, Value>,
) -> Result<Map<String, Value>, &'static str> {
    if is_object(common) && !option.is_empty() && !is_object(option) {
        return Err("has alternatives that are no objects");
    }
    let mut whole = common.clone();
    for (keyword, value) in option {
        match (keyword.as_str(), value) {
            ("properties", Value::Object(fields)) => {
                let own = whole.entry(keyword).or_insert_with(|| json!({}));
                let Value::Object(own) = own else {
                    return Err("has properties that are no object");
                };
                for (name, field) in fields {
                    let known = own.entry(name).or_insert_with(|| field.clone());
                    if known != field {
                        return Err("has two fields of one name");
                    }
                }
            }
            ("required", Value::Array(names)) => {
                let own = whole.entry(keyword).or_insert_with(|| json!([]));
                if let Value::Array(own) = own {
                    own.extend(names.iter().cloned());
                }
            }
            // What it says of other fields holds for the whole.
            ("additionalProperties", Value::Bool(false)) => {}
            _ => {
                whole.entry(keyword).or_insert_with(|| value.clone());
            }
        }
    }
    Ok(whole)
}
