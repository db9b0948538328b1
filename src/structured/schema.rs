//! The JSON schema of a Rust type.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::marker::PhantomData;

use schemars::generate::{Contract, SchemaSettings};
use schemars::{JsonSchema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use super::order::arrange;
use super::read::WRAPPER;
use super::strict::Strict;

/// The schemas that others refer to, by their names in the type.
pub(super) type Definitions = BTreeMap<String, Value>;

/// The schema of a type.
#[derive(Debug, PartialEq)]
pub(crate) struct Schema {
    /// What the type is called: letters, digits, `_` and `-`.
    pub(super) name: String,
    /// The type's documentation.
    pub(super) description: Option<String>,
    /// An object: strict, unless there is a problem.
    pub(super) json: Value,
    /// The first thing that the strict subset has no words for: which field, and what it is.
    pub(super) problem: Option<String>,
}

impl Schema {
    /// The schema of a reply that is a value of this type. What is no object is wrapped in one, for the API takes
    /// nothing else.
    pub(crate) fn of<T: JsonSchema>() -> Self {
        let type_name = T::schema_name();
        let mut root = generate::<T>();
        let description = root.remove("description");
        let description = description.and_then(|text| text.as_str().map(str::to_owned));
        let (mut json, mut problem) = strict(root, &type_name);
        if !is_plain_object(&json) {
            (json, problem) = strict(generate::<Wrapped<T>>(), &type_name);
        }
        Self {
            name: name(&type_name),
            description,
            json,
            problem,
        }
    }

    /// The schema of a function's arguments that are a value of this type; a unit takes none.
    pub(super) fn of_arguments<T: JsonSchema>() -> Self {
        if generate::<T>().get("type") != Some(&"null".into()) {
            return Self::of::<T>();
        }
        let (json, problem) = strict(Map::from_iter([("type".to_owned(), "object".into())]), "");
        Self {
            json,
            problem,
            ..Self::of::<T>()
        }
    }
}

/// A value in an object of its own.
struct Wrapped<T>(PhantomData<T>);

impl<T: JsonSchema> JsonSchema for Wrapped<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("Wrapped_{}", T::schema_name()).into()
    }

    fn schema_id() -> Cow<'static, str> {
        format!("sentry_openai::Wrapped<{}>", T::schema_id()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> schemars::Schema {
        json_schema!({
            "type": "object",
            "properties": {WRAPPER: generator.subschema_for::<T>()},
            "required": [WRAPPER],
        })
    }
}

/// The schema as `schemars` makes it, with all fields required in order of declaration.
fn generate<T: JsonSchema>() -> Map<String, Value> {
    let [read, written] = [Contract::Deserialize, Contract::Serialize].map(|contract| {
        let settings = SchemaSettings::draft2020_12().with(|settings| settings.contract = contract);
        Value::from(settings.into_generator().into_root_schema_for::<T>())
    });
    let mut schema = read;
    arrange(&mut schema, &written);
    let mut schema = match schema {
        Value::Object(schema) => schema,
        _ => Map::new(),
    };
    schema.remove("$schema");
    schema.remove("title");
    schema
}

/// The schema in the strict form, and the first thing that has none.
fn strict(mut root: Map<String, Value>, type_name: &str) -> (Value, Option<String>) {
    let mut definitions = Definitions::new();
    if let Some(Value::Object(schemas)) = root.remove("$defs") {
        definitions.extend(schemas);
    }
    let mut root = Value::Object(root);
    // The root's own name, for references to it.
    definitions.insert(String::new(), root.clone());
    let mut strict = Strict::new(&definitions);
    strict.tighten(&mut root, type_name, 0);
    let mut finished = BTreeMap::new();
    while let Some(name) = (strict.used.iter()).find(|name| !finished.contains_key(*name)) {
        let name = name.clone();
        let mut schema = definitions.get(&name).cloned().unwrap_or_default();
        if !name.is_empty() {
            strict.tighten(&mut schema, &name, 1);
        }
        finished.insert(name, schema);
    }
    finished.remove("");
    let problem = strict.problems.into_iter().next();
    // The wrapper is none of the type's fields.
    let problem = problem.map(|text| text.replacen(&format!(".{WRAPPER}"), "", 1));

    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let mut schemas = Map::new();
    for (definition, schema) in finished {
        let base = name(&definition);
        let mut unique = base.clone();
        let mut number = 2;
        while schemas.contains_key(&unique) {
            unique = format!("{base}{number}");
            number += 1;
        }
        schemas.insert(unique.clone(), schema);
        names.insert(definition, unique);
    }
    rename(&mut root, &names);
    if !schemas.is_empty() {
        for schema in schemas.values_mut() {
            rename(schema, &names);
        }
        if let Value::Object(root) = &mut root {
            root.insert("$defs".to_owned(), schemas.into());
        }
    }
    (root, problem)
}

/// Gives references the definitions' new names.
fn rename(schema: &mut Value, names: &BTreeMap<String, String>) {
    match schema {
        Value::Array(list) => list.iter_mut().for_each(|schema| rename(schema, names)),
        Value::Object(object) => {
            if let Some(Value::String(reference)) = object.get_mut("$ref")
                && let Some(name) = definition_name(reference).and_then(|name| names.get(&name))
            {
                *reference = format!("#/$defs/{name}");
            }
            object.values_mut().for_each(|schema| rename(schema, names));
        }
        _ => {}
    }
}

/// The name of the definition that a reference means; the root's is empty.
pub(super) fn definition_name(reference: &str) -> Option<String> {
    if reference == "#" {
        return Some(String::new());
    }
    let pointer = reference.strip_prefix("#/$defs/")?;
    let mut bytes = Vec::with_capacity(pointer.len());
    let mut rest = pointer.as_bytes();
    while let [first, others @ ..] = rest {
        let digits = others.get(..2).filter(|_| *first == b'%');
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        if let Some(byte) = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            bytes.push(byte);
            rest = others.get(2..).unwrap_or_default();
        } else {
            bytes.push(*first);
            rest = others;
        }
    }
    let name = String::from_utf8(bytes).ok()?;
    Some(name.replace("~1", "/").replace("~0", "~"))
}

/// Whether a schema can be the root of a format.
fn is_plain_object(schema: &Value) -> bool {
    schema["type"] == json!("object") && schema.get("anyOf").is_none()
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

#[cfg(test)]
mod tests;
