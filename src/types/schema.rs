//! JSON schemas on the wire: their properties in the order in which the model shall write them.
//!
//! [Models write the fields of an object in the schema's order](https://platform.openai.com/docs/guides/structured-outputs#key-ordering),
//! but `serde_json`'s maps sort their keys unless its feature `preserve_order` is on. So the order is kept where
//! JSON always has one: in the list `required`.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

/// Writes a schema, the properties of each object in the order of its `required`; those that are not required
/// come last. With `preserve_order` it is written as it is.
#[expect(clippy::ref_option, reason = "the form that serde asks for")]
pub(crate) fn in_order<S: Serializer>(schema: &Option<Value>, to: S) -> Result<S::Ok, S::Error> {
    match schema {
        Some(schema) if !preserves_order() => Ordered(schema).serialize(to),
        schema => schema.serialize(to),
    }
}

/// Whether `serde_json`'s maps keep the order of insertion: its feature `preserve_order` is on in this build.
pub(crate) fn preserves_order() -> bool {
    let pair = ["b", "a"].map(|key| (key.to_owned(), Value::Null));
    let map: Map<String, Value> = pair.into_iter().collect();
    map.keys().next().is_some_and(|key| key == "b")
}

struct Ordered<'s>(&'s Value);

impl Serialize for Ordered<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Array(list) => to.collect_seq(list.iter().map(Ordered)),
            Value::Object(object) => {
                let mut map = to.serialize_map(Some(object.len()))?;
                for (keyword, value) in object {
                    match (keyword.as_str(), value) {
                        ("properties", Value::Object(properties)) => {
                            let required = object.get("required").and_then(Value::as_array);
                            let required = required.map_or(&[][..], Vec::as_slice);
                            map.serialize_entry(
                                keyword,
                                &Properties {
                                    properties,
                                    required,
                                },
                            )?;
                        }
                        _ => map.serialize_entry(keyword, &Ordered(value))?,
                    }
                }
                map.end()
            }
            plain => plain.serialize(to),
        }
    }
}

struct Properties<'s> {
    properties: &'s Map<String, Value>,
    required: &'s [Value],
}

impl Serialize for Properties<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(self.properties.len()))?;
        let mut written = std::collections::HashSet::new();
        let required = self.required.iter().filter_map(Value::as_str);
        for name in required.chain(self.properties.keys().map(String::as_str)) {
            if let Some(property) = self.properties.get(name)
                && written.insert(name)
            {
                map.serialize_entry(name, &Ordered(property))?;
            }
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(serde::Serialize)]
    struct Format {
        #[serde(serialize_with = "in_order")]
        schema: Option<Value>,
    }

    fn written(schema: Value) -> String {
        let schema = Some(schema);
        serde_json::to_string(&Format { schema }).unwrap()
    }

    #[test]
    fn properties_are_written_in_the_order_of_required_and_the_rest_after_them() {
        let object = json!({
            "properties": {"a": {"type": "null"}, "b": {"properties": {"x": {}, "y": {}}, "required": ["y", "x"]}, "c": true},
            "required": ["c", "b", "missing", "c"],
        });
        let text = written(json!({"anyOf": [object]}));
        let at = |text: &str, part: &str| text.find(part).unwrap();
        if !preserves_order() {
            assert!(at(&text, "\"c\":true") < at(&text, "\"b\":"), "{text}");
            assert!(at(&text, "\"y\":") < at(&text, "\"x\":"), "{text}");
            assert!(at(&text, "\"b\":") < at(&text, "\"a\":"), "{text}");
        }
        let read: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read, json!({"schema": {"anyOf": [object]}}));
    }

    #[test]
    fn what_is_no_schema_is_written_as_it_is() {
        for json in [
            json!(true),
            json!({"properties": [1], "required": {"a": 1}}),
            json!({"properties": {"properties": {"type": "string"}, "a": 1}, "required": [1, "properties"]}),
        ] {
            let read: Value = serde_json::from_str(&written(json.clone())).unwrap();
            assert_eq!(read, json!({"schema": json}));
        }
    }
}
