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
            "name", "nights", "rating", "note", "letter", "tags", "kind", "by", "back", "next",
        ],
        "additionalProperties": false,
        "$defs": {
            "Kind": {"anyOf": [
                {"type": "string", "enum": ["City"]},
                {"type": "string", "const": "Island", "description": "With a beach."},
            ]},
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
    assert_eq!(schema.problem, None);
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
fn a_type_that_strictness_has_no_words_for_says_which_field() {
    for (schema, problem) in [
        (Schema::of::<Free>(), "`Free.counts` is a map"),
        (
            Schema::of::<(u8, String)>(),
            "`Tuple_of_uint8_and_string` is a tuple of different types",
        ),
        (Schema::of::<Value>(), "`AnyValue` may be anything"),
        (Schema::of::<Around>(), "has two fields of one name"),
    ] {
        assert_eq!(schema.json["type"], "object");
        let found = schema.problem.unwrap();
        assert!(found.contains(problem), "{found}");
    }
}

#[test]
fn names_are_made_of_what_the_api_allows() {
    assert_eq!(name("Map_of_Ä b"), "Map_of___b");
    assert_eq!(name(&"x".repeat(100)).len(), 64);
}
