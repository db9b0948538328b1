//! What is written here is what `serde_json` writes.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::Serialize;
use serde_json::json;

use super::*;

fn written<T: Serialize + ?Sized>(value: &T) -> Result<String, String> {
    let mut to = String::new();
    write(value, &mut to).map_err(|error| error.to_string())?;
    Ok(to)
}

fn agrees<T: Serialize + ?Sized>(value: &T) {
    let expected = serde_json::to_string(value).map_err(|error| error.to_string());
    assert_eq!(written(value), expected);
}

#[derive(Serialize)]
struct Unit;

#[derive(Serialize)]
struct Newtype(u8);

#[derive(Serialize)]
struct Tuple(u8, &'static str);

#[derive(Serialize)]
struct Fields {
    text: &'static str,
    none: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    skipped: Option<u8>,
    #[serde(flatten)]
    more: BTreeMap<&'static str, u8>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
enum Variants {
    Unit,
    Newtype(u8),
    Tuple(u8, bool),
    Struct { a: u8, b: char },
}

#[test]
fn every_kind_of_value_is_written_as_serde_json_writes_it() {
    agrees(&(true, 1_i8, -2_i16, 3_i32, i64::MIN, i128::MIN));
    agrees(&(1_u8, 2_u16, 3_u32, u64::MAX, u128::MAX));
    agrees(&(0.1_f32, 1e300, f64::NAN, f32::INFINITY, 1.0, 1e21, -0.0));
    agrees(&(
        'ä',
        '"',
        "a\"\\\n\u{1}\u{7f}ä😀",
        "",
        Some("x"),
        None::<u8>,
        (),
    ));
    agrees(&(Unit, Newtype(1), Tuple(1, "b")));
    agrees(&Fields {
        text: "a",
        none: None,
        skipped: None,
        more: [("b", 1), ("c\"", 2)].into(),
    });
    agrees(&[
        Variants::Unit,
        Variants::Newtype(1),
        Variants::Tuple(1, true),
        Variants::Struct { a: 1, b: 'x' },
    ]);
    agrees(&json!([[], {}, [[]], {"a": [{}]}]));
    agrees(std::path::Path::new("a/b"));
    agrees(&std::net::Ipv4Addr::LOCALHOST);
}

#[test]
fn keys_are_texts_or_become_texts() {
    agrees(&BTreeMap::from([("a", 1), ("\"", 2)]));
    agrees(&BTreeMap::from([(1, "a"), (-2, "b")]));
    agrees(&BTreeMap::from([(true, 1)]));
    agrees(&BTreeMap::from([('x', 1)]));
    agrees(&BTreeMap::from([(Variants::Unit, 1)]));
    agrees(&BTreeMap::from([((), 1)]));
    agrees(&BTreeMap::from([([1, 2], 1)]));
    agrees(&BTreeMap::from([(Variants::Newtype(1), 1)]));
}

#[test]
fn text_that_is_json_already_is_written_unchanged() {
    /// As `serde_json`'s own types do with its features `raw_value` and `arbitrary_precision`.
    struct Raw(&'static str);

    impl Serialize for Raw {
        fn serialize<S: ser::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            use ser::SerializeStruct;

            let mut fields = to.serialize_struct("$serde_json::private::RawValue", 1)?;
            fields.serialize_field("$serde_json::private::RawValue", self.0)?;
            fields.end()
        }
    }

    let json = r#"{"a": 1.000000000000000000000000001}"#;
    assert_eq!(written(&[Raw(json)]).unwrap(), format!("[{json}]"));
}

#[test]
fn an_error_of_the_value_is_the_error() {
    struct Refuses;

    impl Serialize for Refuses {
        fn serialize<S: ser::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(S::Error::custom("it refuses"))
        }
    }

    agrees(&[Refuses]);
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[\"\\\\\u{0}-\u{23}a-cä😀]{0,40}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::btree_map("[\"\\\\\na-cä]{0,4}", inner, 0..8)
                .prop_map(|object| Value::Object(object.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_json_is_written_as_serde_json_writes_it(value in value()) {
        agrees(&value);
    }
}
