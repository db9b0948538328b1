//! The document's schemas, and JSON made from them: together, a schema's instances hold each of its properties,
//! alternatives and enum values at least once, all the way down.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// What strings are that the document leaves open.
pub(super) const TEXT: &str = "text";

/// What a property is that is required, but described nowhere.
const UNDESCRIBED: &str = "undescribed";

pub(super) struct Document {
    root: Value,
}

impl Document {
    pub(super) fn read() -> Self {
        let root = serde_json::from_str(include_str!("../data/openai-openapi.json")).unwrap();
        Self { root }
    }

    /// The endpoints, each with what it has a schema for.
    pub(super) fn endpoints(&self) -> impl Iterator<Item = (&str, &str)> {
        let endpoints = self.root["endpoints"].as_object().unwrap().iter();
        endpoints.flat_map(|(endpoint, schemas)| {
            let schemas = schemas.as_object().unwrap().keys();
            schemas.map(move |what| (&**endpoint, &**what))
        })
    }

    /// The schema of an endpoint's `request`, `reply` or `event`.
    pub(super) fn schema(&self, endpoint: &str, what: &str) -> &Value {
        let schema = &self.root["endpoints"][endpoint][what];
        assert!(schema.is_object(), "{endpoint} has no {what}");
        schema
    }

    /// A validator of an endpoint's `request`, `reply` or `event`.
    pub(super) fn validator(&self, endpoint: &str, what: &str) -> jsonschema::Validator {
        let mut schema = self.schema(endpoint, what).clone();
        schema["components"] = self.root["components"].clone();
        jsonschema::draft202012::new(&schema).unwrap()
    }

    pub(super) fn instances(&self, schema: &Value) -> Vec<Value> {
        let mut maker = Maker {
            schemas: &self.root["components"]["schemas"],
            made: BTreeMap::new(),
            open: Vec::new(),
            cut: BTreeSet::new(),
        };
        maker.make(schema)
    }

    /// The names of an object's properties.
    pub(super) fn properties(&self, schema: &Value) -> BTreeSet<String> {
        let instances = self.instances(schema);
        let objects = instances.iter().filter_map(Value::as_object);
        objects.flat_map(|object| object.keys().cloned()).collect()
    }
}

struct Maker<'a> {
    schemas: &'a Value,
    made: BTreeMap<&'a str, Vec<Value>>,
    /// The names that are being made; one of them is not made again below itself.
    open: Vec<&'a str>,
    /// The names that were left out for that.
    cut: BTreeSet<&'a str>,
}

impl<'a> Maker<'a> {
    fn make<'b: 'a>(&mut self, schema: &'b Value) -> Vec<Value> {
        let own = self.make_own(schema);
        let alternatives = schema["anyOf"].as_array().map(|of| {
            let made = of.iter().flat_map(|schema| self.make(schema));
            made.collect::<Vec<_>>()
        });
        let parts = schema["allOf"].as_array().into_iter().flatten();
        let parts = parts.map(|schema| self.make(schema)).collect::<Vec<_>>();
        let all = own.into_iter().chain(alternatives).chain(parts);
        let mut made = all.reduce(merged).unwrap_or_default();
        if schema["allOf"].is_array() {
            describe(&mut made);
        }
        made
    }

    /// What the schema says beside `anyOf` and `allOf`; `None` if that is nothing.
    fn make_own<'b: 'a>(&mut self, schema: &'b Value) -> Option<Vec<Value>> {
        if let Some(name) = schema["$ref"].as_str() {
            return Some(self.make_named(name.rsplit('/').next().unwrap()));
        }
        if let Some(values) = schema["enum"].as_array() {
            let values = values.iter().filter(|value| !value.is_null());
            return Some(values.cloned().collect());
        }
        if !schema["const"].is_null() {
            return Some(vec![schema["const"].clone()]);
        }
        let types = match &schema["type"] {
            Value::String(one) => vec![&**one],
            Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
            _ if schema["properties"].is_object() => vec!["object"],
            _ if schema.as_object().is_some_and(Map::is_empty) => {
                return Some(vec![json!({ "key": TEXT })]);
            }
            _ => return None,
        };
        let made = types.into_iter().flat_map(|name| match name {
            "object" => self.objects(schema),
            "array" => self.arrays(schema),
            "string" => vec![text(schema)],
            "integer" => vec![json!(schema["minimum"].as_i64().unwrap_or(0).max(1))],
            "number" => vec![json!(0.5)],
            "boolean" => vec![json!(true), json!(false)],
            _ => Vec::new(),
        });
        Some(made.collect())
    }

    fn make_named(&mut self, name: &'a str) -> Vec<Value> {
        if let Some(made) = self.made.get(name) {
            return made.clone();
        }
        if self.open.contains(&name) {
            self.cut.insert(name);
            return Vec::new();
        }
        self.open.push(name);
        let made = self.make(&self.schemas[name]);
        self.open.pop();
        self.cut.remove(name);
        if self.cut.is_empty() {
            self.made.insert(name, made.clone());
        }
        made
    }

    /// The first object has all properties, the others those that have more instances, and what is required.
    fn objects<'b: 'a>(&mut self, schema: &'b Value) -> Vec<Value> {
        let required = schema["required"].as_array().into_iter().flatten();
        let required: BTreeSet<_> = required.filter_map(Value::as_str).collect();
        let properties: Vec<(&String, Vec<Value>, bool)> = schema["properties"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, property)| {
                let is_required = required.contains(&**name);
                (name, self.make(property), is_required)
            })
            .collect();
        // Some that are required are described nowhere.
        let undescribed = required
            .iter()
            .filter(|name| schema["properties"][**name].is_null())
            .map(|name| ((*name).to_owned(), json!(UNDESCRIBED)));
        let undescribed: Map<_, _> = undescribed.collect();
        if properties.is_empty() {
            // A mere word on what the alternatives beside it are.
            if schema["anyOf"].is_array() || schema["allOf"].is_array() {
                return vec![json!({})];
            }
            let of = &schema["additionalProperties"];
            let made = of.is_object().then(|| self.make(of));
            let made = made.and_then(|made| made.into_iter().next());
            let value = made.unwrap_or_else(|| json!(TEXT));
            return vec![json!({ "key": value })];
        }
        let count = properties.iter().map(|(_, made, _)| made.len()).max();
        let object = |index: usize| {
            let fields = properties.iter().filter_map(|(name, made, is_required)| {
                let value = match made.get(index) {
                    Some(value) => value.clone(),
                    None => short(made.first().filter(|_| *is_required)?),
                };
                Some(((*name).clone(), value))
            });
            fields.chain(undescribed.clone()).collect()
        };
        (0..count.unwrap_or(0).max(1)).map(object).collect()
    }

    /// Arrays that together hold all instances of the items.
    fn arrays<'b: 'a>(&mut self, schema: &'b Value) -> Vec<Value> {
        let items = self.make(&schema["items"]);
        let bound = |name: &str| {
            schema[name]
                .as_u64()
                .and_then(|bound| usize::try_from(bound).ok())
        };
        let [least, most] = [
            bound("minItems").unwrap_or(0),
            bound("maxItems").unwrap_or(1_000),
        ];
        if items.is_empty() {
            return vec![json!([])];
        }
        let chunks = items.chunks(most);
        chunks
            .map(|chunk| {
                let count = chunk.len().max(least);
                chunk.iter().cycle().take(count).cloned().collect()
            })
            .collect()
    }
}

/// Puts in what one part of an `allOf` only requires and another one describes.
fn describe(objects: &mut [Value]) {
    let described: Map<_, _> = objects
        .iter()
        .filter_map(Value::as_object)
        .flatten()
        .filter(|(_, value)| **value != UNDESCRIBED)
        .map(|(name, value)| (name.clone(), short(value)))
        .collect();
    for object in objects.iter_mut().filter_map(Value::as_object_mut) {
        for (name, value) in object {
            if *value == UNDESCRIBED
                && let Some(described) = described.get(name)
            {
                *value = described.clone();
            }
        }
    }
}

/// A value that is all there elsewhere: of an array its beginning.
fn short(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().take(2).cloned().collect(),
        _ => value.clone(),
    }
}

fn text(schema: &Value) -> Value {
    let text = match (schema["format"].as_str(), schema["pattern"].as_str()) {
        (Some("uri"), _) => "https://example.com/".to_owned(),
        (Some("date"), _) => "2026-01-02".to_owned(),
        (_, Some(pattern)) if pattern.starts_with("^tunnel_") => {
            format!("tunnel_{}", "0".repeat(32))
        }
        _ => TEXT.to_owned(),
    };
    text.into()
}

/// What fits both: objects are joined, of anything else one is as good as the other.
fn merged(left: Vec<Value>, right: Vec<Value>) -> Vec<Value> {
    let count = left.len().max(right.len());
    let merge = |index: usize| match (left.get(index % left.len()), right.get(index % right.len()))
    {
        (Some(Value::Object(left)), Some(Value::Object(right))) => {
            let right = right
                .iter()
                .filter(|(name, value)| **value != UNDESCRIBED || !left.contains_key(*name));
            let both = left.iter().chain(right);
            both.map(|(name, value)| (name.clone(), value.clone()))
                .collect()
        }
        (left, right) => left.or(right).cloned().unwrap(),
    };
    if left.is_empty() || right.is_empty() {
        return [left, right].concat();
    }
    (0..count).map(merge).collect()
}
