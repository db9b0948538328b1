use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::*;

/// A place to go.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is asked for")]
struct Place {
    /// What it is called.
    name: String,
    nights: u32,
    #[serde(default)]
    rating: f64,
    note: Option<String>,
    letter: char,
    tags: BTreeSet<String>,
    kind: Kind,
    /// How to get there.
    by: Option<Way>,
    /// How to get back.
    back: Way,
    next: Option<Box<Place>>,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is asked for")]
enum Kind {
    City,
    /// With a beach.
    Island,
}

#[derive(JsonSchema)]
#[serde(tag = "by")]
#[expect(dead_code, reason = "only its schema is asked for")]
enum Way {
    Train(Train),
    Foot { km: u64 },
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is asked for")]
struct Train {
    line: Option<String>,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is asked for")]
struct Free {
    counts: BTreeMap<String, u8>,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is asked for")]
struct Flat {
    name: String,
    #[serde(flatten)]
    way: Way,
}

#[derive(JsonSchema)]
#[serde(tag = "by")]
#[expect(dead_code, reason = "only its schema is asked for")]
enum Nested {
    Way(Way),
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is asked for")]
struct Around {
    nested: Nested,
}

#[derive(JsonSchema)]
struct Nothing {}

#[test]
fn a_type_becomes_a_schema_of_the_strict_subset() {
    let schema = Schema::of::<Place>();
    let way =
        |description: &str| json!({"anyOf": [{"$ref": "#/$defs/Way"}], "description": description});
    let expected = json!({
        "type": "object",
        "properties": {
            "name": {"type": "string", "description": "What it is called."},
            "nights": {"type": "integer", "minimum": 0},
            "rating": {"type": "number"},
            "note": {"type": ["string", "null"]},
            "letter": {"type": "string"},
            "tags": {"type": "array", "items": {"type": "string"}},
            "kind": {"$ref": "#/$defs/Kind"},
            "by": {
                "anyOf": [{"$ref": "#/$defs/Way"}, {"type": "null"}],
                "description": "How to get there.",
            },
            "back": way("How to get back."),
            "next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]},
        },
        "required": [
            "back", "by", "kind", "letter", "name", "next", "nights", "note", "rating", "tags",
        ],
        "additionalProperties": false,
        "$defs": {
            "Kind": {"anyOf": [
                {"type": "string", "enum": ["City"]},
                {"type": "string", "const": "Island", "description": "With a beach."},
            ]},
            "Train": {
                "type": "object",
                "properties": {"line": {"type": ["string", "null"]}},
                "required": ["line"],
                "additionalProperties": false,
            },
            "Way": {"anyOf": [
                {
                    "type": "object",
                    "properties": {
                        "by": {"type": "string", "const": "Train"},
                        "line": {"type": ["string", "null"]},
                    },
                    "required": ["by", "line"],
                    "additionalProperties": false,
                },
                {
                    "type": "object",
                    "properties": {
                        "by": {"type": "string", "const": "Foot"},
                        "km": {"type": "integer", "minimum": 0},
                    },
                    "required": ["by", "km"],
                    "additionalProperties": false,
                },
            ]},
        },
    });
    assert_eq!(schema.json, expected, "{:#}", schema.json);
    assert!(schema.is_strict);
    assert_eq!(schema.name, "Place");
    assert_eq!(schema.description.as_deref(), Some("A place to go."));
}

#[test]
fn a_type_without_fields_takes_no_fields() {
    let expected = json!({
        "type": "object", "properties": {}, "required": [], "additionalProperties": false,
    });
    assert_eq!(Schema::of::<Nothing>().json, expected);
}

#[test]
fn a_type_that_strictness_has_no_words_for_keeps_its_own_schema() {
    let free = Schema::of::<Free>();
    assert!(!free.is_strict);
    assert_eq!(free.json["properties"]["counts"]["type"], "object");
    assert_eq!(free.json.get("additionalProperties"), None);
    for is_strict in [
        Schema::of::<(u8, String)>().is_strict,
        Schema::of::<Value>().is_strict,
        Schema::of::<Flat>().is_strict,
        Schema::of::<Around>().is_strict,
        Schema::of::<Option<Train>>().is_strict,
        Schema::of::<Vec<Train>>().is_strict,
        Schema::of::<Kind>().is_strict,
    ] {
        assert!(!is_strict);
    }
}

#[test]
fn names_are_made_of_what_the_api_allows() {
    assert_eq!(name("Map_of_Ä b"), "Map_of___b");
    assert_eq!(name(&"x".repeat(100)).len(), 64);
}
