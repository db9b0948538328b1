//! The order in which the fields of a type are declared.
//!
//! `schemars` makes `serde_json` maps, which sort their keys unless the feature `preserve_order` is on. But its lists
//! named `required` are in order of declaration: the one for reading has all fields without a default, the one for
//! writing all that are not skipped. Together they have every field but those that a type may leave out both ways
//! (`skip_serializing_if` and an optional type or a default; the fields of a flattened option), which come last.

use serde_json::{Map, Value};

use crate::types::schema::preserves_order;

/// Lists every property of every object in `required`, in order of declaration, and lets those be null that may be
/// left out both ways. `written` is the schema of the same type for writing.
pub(super) fn arrange(schema: &mut Value, written: &Value) {
    let Some(schema) = schema.as_object_mut() else {
        return;
    };
    for keyword in ["properties", "$defs"] {
        if let Some(Value::Object(schemas)) = schema.get_mut(keyword) {
            for (name, schema) in schemas {
                let written = written.get(keyword).and_then(|all| all.get(name));
                arrange(schema, written.unwrap_or(&Value::Null));
            }
        }
    }
    for keyword in ["anyOf", "oneOf", "allOf", "prefixItems"] {
        if let Some(Value::Array(schemas)) = schema.get_mut(keyword) {
            for (index, schema) in schemas.iter_mut().enumerate() {
                let written = written.get(keyword).and_then(|all| all.get(index));
                arrange(schema, written.unwrap_or(&Value::Null));
            }
        }
    }
    if let Some(items) = schema.get_mut("items") {
        arrange(items, written.get("items").unwrap_or(&Value::Null));
    }
    require_all(schema, written);
}

fn require_all(schema: &mut Map<String, Value>, written: &Value) {
    let Some(Value::Object(properties)) = schema.get("properties") else {
        return;
    };
    let names = |required: Option<&Value>| -> Vec<String> {
        let names = required.and_then(Value::as_array).into_iter().flatten();
        let names = names.filter_map(Value::as_str).map(str::to_owned);
        names.filter(|name| properties.contains_key(name)).collect()
    };
    let mut order = merged(
        names(schema.get("required")),
        names(written.get("required")),
    );
    let is_left_out = |name: &&String| !order.contains(name);
    let left_out: Vec<String> = properties.keys().filter(is_left_out).cloned().collect();
    if preserves_order() {
        order = properties.keys().cloned().collect();
    } else {
        order.extend(left_out.iter().cloned());
    }
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        for name in &left_out {
            if let Some(property) = properties.get_mut(name) {
                make_nullable(property);
            }
        }
    }
    schema.insert("required".to_owned(), order.into());
}

/// Two parts of one order put together: what only the second has goes behind what stands before it there.
fn merged(mut order: Vec<String>, other: Vec<String>) -> Vec<String> {
    let mut place = 0;
    for name in other {
        if let Some(at) = order.iter().position(|known| *known == name) {
            place = at + 1;
        } else {
            order.insert(place, name);
            place += 1;
        }
    }
    order
}

/// Lets a value be null.
pub(super) fn make_nullable(schema: &mut Value) {
    let Value::Object(object) = schema else {
        return;
    };
    if allows_null(object) {
        return;
    }
    let plain = !["$ref", "anyOf", "oneOf", "allOf", "properties", "const"]
        .iter()
        .any(|keyword| object.contains_key(*keyword));
    if plain && let Some(Value::String(name)) = object.get("type") {
        let types = vec![Value::from(name.as_str()), "null".into()];
        object.insert("type".to_owned(), types.into());
        if let Some(Value::Array(values)) = object.get_mut("enum") {
            values.push(Value::Null);
        }
        return;
    }
    // The description stays where it describes the property.
    let mut around = Map::new();
    if let Some(description) = object.remove("description") {
        around.insert("description".to_owned(), description);
    }
    let alternatives = vec![
        Value::Object(std::mem::take(object)),
        serde_json::json!({"type": "null"}),
    ];
    around.insert("anyOf".to_owned(), alternatives.into());
    *object = around;
}

fn allows_null(schema: &Map<String, Value>) -> bool {
    let is_null = |schema: &Value| schema.as_object().is_some_and(allows_null);
    let in_type = match schema.get("type") {
        Some(Value::String(name)) => name == "null",
        Some(Value::Array(names)) => names.iter().any(|name| name == "null"),
        _ => false,
    };
    let alternatives = schema.get("anyOf").or_else(|| schema.get("oneOf"));
    in_type
        || alternatives
            .is_some_and(|list| list.as_array().is_some_and(|list| list.iter().any(is_null)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_parts_of_an_order_become_one() {
        let names = |text: &str| -> Vec<String> { text.chars().map(String::from).collect() };
        for (first, second, whole) in [
            ("acd", "abcde", "abcde"),
            ("bd", "abc", "abcd"),
            ("", "ba", "ba"),
            ("ba", "", "ba"),
            ("xa", "ab", "xab"),
        ] {
            assert_eq!(merged(names(first), names(second)), names(whole));
        }
    }
}
