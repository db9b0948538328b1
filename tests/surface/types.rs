//! Structured output of many Rust types: what is sent of them, and how it is read back.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Debug;
use std::num::{NonZeroI32, NonZeroU32};
use std::time::Duration;

use schemars::JsonSchema;
use sentry_openai::{Client, Error, chat, responses};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::client;
use super::schemas::{Ordered, refused};
use super::support::{Reply, Server};

/// Declares types that the table holds.
macro_rules! types {
    ($($(#[$meta:meta])* $kind:ident $name:ident $body:tt)*) => {
        $(
            #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
            $(#[$meta])*
            $kind $name $body
        )*
    };
}

types! {
    #[expect(clippy::struct_field_names, reason = "as models are asked")]
    struct Answer { reasoning: String, conclusion: String, answer: i32 }
    struct Report { title: String, sections: Vec<Section>, author: String }
    struct Section { heading: String, body: String, appendix: Appendix }
    struct Appendix { zeta: u8, alpha: u8 }
    struct Optional { zip: Option<String>, area: Option<u32>, name: String }
    #[serde(deny_unknown_fields)]
    struct Defaults { zip: String, #[serde(default)] area: u32, #[serde(default)] marks: Vec<u8> }
    struct Skipped {
        zip: String,
        area: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")] marks: Vec<u8>,
        #[serde(skip_serializing_if = "Option::is_none")] note: Option<String>,
    }
    struct WriteOnly { zip: String, #[serde(skip_serializing)] secret: String, area: String, #[serde(skip)] kept: u8 }
    /// A colour.
    enum Colour { Red, Green, #[serde(rename = "dark-blue")] Blue }
    enum Documented { /** Hot. */ Summer, /** Cold. */ Winter, Autumn }
    #[serde(tag = "zkind")]
    enum Tagged { Circle { radius: f64, area: f64 }, Point, Named(Label) }
    struct Label { text: String, bold: bool }
    #[serde(tag = "zkind", content = "data")]
    enum Adjacent { Text(String), Pair { z: u8, a: u8 }, Nothing }
    enum External { Unit, Text(String), Pair { z: u8, a: u8 }, Leaf(Label) }
    #[serde(untagged)]
    enum Untagged { Number(i64), Text(String), Leaf { z: u8, a: u8 } }
    #[serde(transparent)]
    struct Transparent { inner: Label }
    struct NonZero { count: NonZeroU32, offset: NonZeroI32 }
    struct Flat { zid: u8, #[serde(flatten)] label: Label, area: u8 }
    struct FlatOption { zid: u8, #[serde(flatten)] label: Option<Label> }
    struct FlatTagged { zid: u8, #[serde(flatten)] shape: Tagged }
    struct FlatOptionTagged { zid: u8, #[serde(flatten)] shape: Option<Tagged> }
    struct FlatExternal { zid: u8, #[serde(flatten)] shape: External2 }
    enum External2 { Text(String), Leaf(Label) }
    struct FlatTwo { #[serde(flatten)] first: Tagged, #[serde(flatten)] second: Second }
    #[serde(tag = "second")]
    enum Second { X { x: u8 }, Y { y: u8 } }
    struct Grüße { straße: String, größe: Größe }
    struct Größe { zahl: u8, einheit: Option<Город> }
    enum Город { Москва, Осло }
    struct Tree { value: u8, children: Vec<Tree> }
    #[serde(tag = "op")]
    enum Expression { Number { value: f64 }, Sum { terms: Vec<Expression> } }
    #[serde(rename_all = "camelCase")]
    struct Renamed { user_name: String, age_in_years: u8 }
    struct BothNames { #[serde(rename(serialize = "a_out", deserialize = "z_in"))] field: u8, other: u8 }
    struct Aliased { #[serde(alias = "nom")] name: String, age: u8 }
    struct Empty {}
    struct Points { corner: (f64, f64), rgb: [u8; 3], letter: char, ids: BTreeSet<u8>, wait: Duration }
    struct Described {
        /// Which colour.
        colour: Colour,
        /// Another one.
        other: Option<Colour>,
        boxed: Box<Label>,
    }
    #[serde(from = "String", into = "String")]
    struct Converted { text: String }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Pair<T> {
    second: T,
    first: T,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Newtype(Label);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Name(String);

impl From<String> for Converted {
    fn from(text: String) -> Self {
        Self { text }
    }
}

impl From<Converted> for String {
    fn from(converted: Converted) -> Self {
        converted.text
    }
}

fn label() -> Label {
    Label {
        text: "a".to_owned(),
        bold: true,
    }
}

/// Asks for the value by each way, and reads it back from each.
async fn shown<T>(fields: &str, reply: Value, value: T)
where
    T: Clone + Debug + PartialEq + DeserializeOwned + JsonSchema,
{
    let rule = std::any::type_name::<T>();
    let text = reply.to_string();
    let server = Server::start().await;
    server
        .reply(Reply::json(
            200,
            &json!({"choices": [{"message": {"content": text}}]}),
        ))
        .reply(Reply::json(
            200,
            &json!({"output": [{"type": "message",
            "content": [{"type": "output_text", "text": text}]}]}),
        ));
    let client: Client = client(&server);
    let request = chat::Request::new("m", [chat::Message::user("Hi")]);
    let parsed = client.chat().completions().parse::<T>(&request).await;
    assert_eq!(parsed.expect(rule).value, value, "{rule}");
    let request = responses::Request::new("m", "Hi");
    let parsed = client.responses().parse::<T>(&request).await;
    assert_eq!(parsed.expect(rule).value, value, "{rule}");

    let sent: Ordered = serde_json::from_slice(&server.request(0).body).unwrap();
    let format = sent.at("response_format").at("json_schema");
    assert_eq!(format.at("strict").json(), json!(true));
    let schema = format.at("schema");
    assert_eq!(
        refused(&schema.json()),
        Vec::<String>::new(),
        "{rule}: {:#}",
        schema.json()
    );
    assert_eq!(schema.fields(), fields, "{rule}: {:#}", schema.json());
    let validator = jsonschema::validator_for(&schema.json()).unwrap();
    assert!(validator.is_valid(&reply), "{rule}: {:#}", schema.json());
    let sent: Ordered = serde_json::from_slice(&server.request(1).body).unwrap();
    let format = sent.at("text").at("format");
    assert_eq!(format.at("strict").json(), json!(true));
    assert_eq!(format.at("schema").fields(), fields, "{rule}");
    assert_eq!(format.at("schema").json(), schema.json(), "{rule}");

    let tool = serde_json::to_string(&chat::Tool::function_of::<T>("f")).unwrap();
    let tool: Ordered = serde_json::from_str(&tool).unwrap();
    assert_eq!(tool.at("function").at("strict").json(), json!(true));
    let parameters = tool.at("function").at("parameters");
    if !fields.is_empty() && fields != "wrapped_value" {
        assert_eq!(parameters.fields(), fields, "{rule}");
    }
    assert_eq!(refused(&parameters.json()), Vec::<String>::new(), "{rule}");
    let tool = serde_json::to_string(&responses::Tool::function_of::<T>("f")).unwrap();
    let tool: Ordered = serde_json::from_str(&tool).unwrap();
    assert_eq!(tool.at("parameters").json(), parameters.json());
    let call = chat::ToolCall::function("c", "f", &*text);
    assert_eq!(call.parse_arguments::<T>().expect(rule), value, "{rule}");
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table")]
async fn objects_have_their_fields_in_the_order_of_declaration() {
    let text = || "a".to_owned();
    shown(
        "reasoning conclusion answer",
        json!({"reasoning": "a", "conclusion": "a", "answer": 42}),
        Answer {
            reasoning: text(),
            conclusion: text(),
            answer: 42,
        },
    )
    .await;
    let section = json!({"heading": "a", "body": "a", "appendix": {"zeta": 1, "alpha": 2}});
    let appendix = Appendix { zeta: 1, alpha: 2 };
    shown(
        "title sections author; Appendix: zeta alpha; Section: heading body appendix",
        json!({"title": "a", "sections": [section], "author": "a"}),
        Report {
            title: text(),
            sections: vec![Section {
                heading: text(),
                body: text(),
                appendix,
            }],
            author: text(),
        },
    )
    .await;
    shown(
        "zip area name",
        json!({"zip": null, "area": 1, "name": "a"}),
        Optional {
            zip: None,
            area: Some(1),
            name: text(),
        },
    )
    .await;
    shown(
        "zip area marks",
        json!({"zip": "a", "area": 1, "marks": []}),
        Defaults {
            zip: text(),
            area: 1,
            marks: vec![],
        },
    )
    .await;
    shown(
        "zip area marks note",
        json!({"zip": "a", "area": "a", "marks": null, "note": null}),
        Skipped {
            zip: text(),
            area: text(),
            marks: vec![],
            note: None,
        },
    )
    .await;
    shown(
        "zip secret area",
        json!({"zip": "a", "secret": "a", "area": "a"}),
        WriteOnly {
            zip: text(),
            secret: text(),
            area: text(),
            kept: 0,
        },
    )
    .await;
    shown(
        "userName ageInYears",
        json!({"userName": "a", "ageInYears": 1}),
        Renamed {
            user_name: text(),
            age_in_years: 1,
        },
    )
    .await;
    shown(
        "z_in other",
        json!({"z_in": 1, "other": 2}),
        BothNames { field: 1, other: 2 },
    )
    .await;
    shown(
        "name age",
        json!({"name": "a", "age": 1}),
        Aliased {
            name: text(),
            age: 1,
        },
    )
    .await;
    shown("", json!({}), Empty {}).await;
    shown(
        "second first; Label: text bold",
        json!({"second": {"text": "a", "bold": true}, "first": {"text": "a", "bold": true}}),
        Pair {
            second: label(),
            first: label(),
        },
    )
    .await;
    shown(
        "value children",
        json!({"value": 1, "children": [{"value": 2, "children": []}]}),
        Tree {
            value: 1,
            children: vec![Tree {
                value: 2,
                children: vec![],
            }],
        },
    )
    .await;
    shown(
        "corner rgb letter ids wait; Duration: secs nanos",
        json!({"corner": [1.5, 2.0], "rgb": [1, 2, 3], "letter": "a", "ids": [1], "wait": {"secs": 1, "nanos": 0}}),
        Points {
            corner: (1.5, 2.0),
            rgb: [1, 2, 3],
            letter: 'a',
            ids: BTreeSet::from([1]),
            wait: Duration::from_secs(1),
        },
    )
    .await;
    shown(
        "colour other boxed; Label: text bold",
        json!({"colour": "dark-blue", "other": null, "boxed": {"text": "a", "bold": true}}),
        Described {
            colour: Colour::Blue,
            other: None,
            boxed: Box::new(label()),
        },
    )
    .await;
    shown("start end", json!({"start": 1, "end": 2}), 1_u32..2).await;
    let numbers = NonZero {
        count: NonZeroU32::new(1).unwrap(),
        offset: NonZeroI32::new(-1).unwrap(),
    };
    shown("count offset", json!({"count": 1, "offset": -1}), numbers).await;
}

#[tokio::test]
async fn flattened_fields_are_fields_and_those_of_an_option_may_be_null() {
    let circle = || Tagged::Circle {
        radius: 1.0,
        area: 2.0,
    };
    shown(
        "zid text bold area",
        json!({"zid": 1, "text": "a", "bold": true, "area": 2}),
        Flat {
            zid: 1,
            label: label(),
            area: 2,
        },
    )
    .await;
    for (reply, label) in [
        (json!({"zid": 1, "text": "a", "bold": true}), Some(label())),
        (json!({"zid": 1, "text": null, "bold": null}), None),
    ] {
        // Their order is known with `preserve_order` alone.
        let fields = if json!({"b": 1, "a": 1}).to_string().starts_with(r#"{"b""#) {
            "zid text bold"
        } else {
            "zid bold text"
        };
        shown(fields, reply, FlatOption { zid: 1, label }).await;
    }
    shown(
        "wrapped_value; FlatTagged: (zid zkind radius area|zid zkind|zid zkind text bold)",
        json!({"wrapped_value": {"zid": 1, "zkind": "Circle", "radius": 1.0, "area": 2.0}}),
        FlatTagged {
            zid: 1,
            shape: circle(),
        },
    )
    .await;
    for (reply, shape) in [
        (
            json!({"zid": 1, "zkind": "Circle", "radius": 1.0, "area": 2.0}),
            Some(circle()),
        ),
        (json!({"zid": 1}), None),
    ] {
        shown(
            "wrapped_value; FlatOptionTagged: (zid zkind radius area|zid zkind|zid zkind text bold|zid)",
            json!({"wrapped_value": reply}),
            FlatOptionTagged { zid: 1, shape },
        )
        .await;
    }
    shown(
        "wrapped_value; FlatExternal: (zid Text|zid Leaf); Label: text bold",
        json!({"wrapped_value": {"zid": 1, "Leaf": {"text": "a", "bold": true}}}),
        FlatExternal {
            zid: 1,
            shape: External2::Leaf(label()),
        },
    )
    .await;
    shown(
        "wrapped_value; FlatTwo: (zkind radius area second x|zkind radius area second y|zkind second x|zkind second y|zkind text bold second x|zkind text bold second y)",
        json!({"wrapped_value": {"zkind": "Point", "second": "Y", "y": 1}}),
        FlatTwo { first: Tagged::Point, second: Second::Y { y: 1 } },
    )
    .await;
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table")]
async fn what_is_no_object_is_wrapped_in_one() {
    let wrapped = |value: Value| json!({ "wrapped_value": value });
    let a_label = json!({"text": "a", "bold": true});
    shown(
        "wrapped_value; Label: text bold",
        wrapped(json!([a_label])),
        vec![label()],
    )
    .await;
    shown(
        "wrapped_value; Label: text bold",
        wrapped(a_label.clone()),
        Some(label()),
    )
    .await;
    shown(
        "wrapped_value; Label: text bold",
        wrapped(json!(null)),
        None::<Label>,
    )
    .await;
    shown(
        "wrapped_value; Label: text bold",
        wrapped(a_label.clone()),
        Newtype(label()),
    )
    .await;
    shown("wrapped_value", wrapped(json!("a")), Name("a".to_owned())).await;
    shown("wrapped_value", wrapped(json!("a")), "a".to_owned()).await;
    shown("wrapped_value", wrapped(json!("a")), Some("a".to_owned())).await;
    shown("wrapped_value", wrapped(json!(["a"])), vec!["a".to_owned()]).await;
    shown("wrapped_value", wrapped(json!(-7)), -7_i64).await;
    shown("wrapped_value", wrapped(json!(u64::MAX)), u64::MAX).await;
    shown("wrapped_value", wrapped(json!(1.5)), 1.5_f64).await;
    shown("wrapped_value", wrapped(json!(true)), true).await;
    shown("wrapped_value", wrapped(json!([1, 2])), (1_u8, 2_u8)).await;
    shown("wrapped_value", wrapped(json!([[1.5]])), vec![vec![1.5]]).await;
    shown(
        "wrapped_value",
        wrapped(json!(7)),
        NonZeroU32::new(7).unwrap(),
    )
    .await;
    shown("wrapped_value", wrapped(json!(null)), ()).await;
    shown(
        "wrapped_value",
        wrapped(json!("a")),
        Converted {
            text: "a".to_owned(),
        },
    )
    .await;
    shown("wrapped_value", wrapped(json!("Green")), Colour::Green).await;
    shown(
        "wrapped_value",
        wrapped(json!(["Red", null])),
        vec![Some(Colour::Red), None],
    )
    .await;
    shown(
        "wrapped_value",
        wrapped(json!("Winter")),
        Documented::Winter,
    )
    .await;
    shown(
        "wrapped_value; Label: text bold; Result_of_Label_or_string: (Ok|Err)",
        wrapped(json!({"Ok": a_label})),
        Ok::<_, String>(label()),
    )
    .await;
    for (reply, value) in [
        (json!("Unit"), External::Unit),
        (json!({"Text": "a"}), External::Text("a".to_owned())),
        (
            json!({"Pair": {"z": 1, "a": 2}}),
            External::Pair { z: 1, a: 2 },
        ),
        (json!({"Leaf": a_label}), External::Leaf(label())),
    ] {
        let fields = "wrapped_value; External: (Text|Pair(z a)|Leaf); Label: text bold";
        shown(fields, wrapped(reply), value).await;
    }
    for (reply, value) in [
        (
            json!({"zkind": "Circle", "radius": 1.0, "area": 2.0}),
            Tagged::Circle {
                radius: 1.0,
                area: 2.0,
            },
        ),
        (json!({"zkind": "Point"}), Tagged::Point),
        (
            json!({"zkind": "Named", "text": "a", "bold": true}),
            Tagged::Named(label()),
        ),
    ] {
        let fields = "wrapped_value; Tagged: (zkind radius area|zkind|zkind text bold)";
        shown(fields, wrapped(reply), value).await;
    }
    for (reply, value) in [
        (
            json!({"zkind": "Text", "data": "a"}),
            Adjacent::Text("a".to_owned()),
        ),
        (
            json!({"zkind": "Pair", "data": {"z": 1, "a": 2}}),
            Adjacent::Pair { z: 1, a: 2 },
        ),
        (json!({"zkind": "Nothing"}), Adjacent::Nothing),
    ] {
        let fields = "wrapped_value; Adjacent: (zkind data|zkind data(z a)|zkind)";
        shown(fields, wrapped(reply), value).await;
    }
    for (reply, value) in [
        (json!(1), Untagged::Number(1)),
        (json!("a"), Untagged::Text("a".to_owned())),
        (json!({"z": 1, "a": 2}), Untagged::Leaf { z: 1, a: 2 }),
    ] {
        shown("wrapped_value; Untagged: (z a)", wrapped(reply), value).await;
    }
    shown(
        "wrapped_value; Expression: (op value|op terms)",
        wrapped(json!({"op": "Sum", "terms": [{"op": "Number", "value": 1.0}]})),
        Expression::Sum {
            terms: vec![Expression::Number { value: 1.0 }],
        },
    )
    .await;
}

#[tokio::test]
async fn names_need_not_be_ascii() {
    shown(
        "straße größe; Gr__e: zahl einheit",
        json!({"straße": "a", "größe": {"zahl": 1, "einheit": "Осло"}}),
        Grüße {
            straße: "a".to_owned(),
            größe: Größe {
                zahl: 1,
                einheit: Some(Город::Осло),
            },
        },
    )
    .await;
    shown(
        "text bold",
        json!({"text": "a", "bold": true}),
        Transparent { inner: label() },
    )
    .await;
}

#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "never read")]
struct Free {
    zeta: String,
    inner: Inner,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "never read")]
struct Inner {
    counts: HashMap<String, u8>,
    more: u8,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "never read")]
struct FlatMap {
    zeta: u8,
    #[serde(flatten)]
    others: BTreeMap<String, Value>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "never read")]
struct Any {
    list: Vec<Value>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[expect(dead_code, reason = "never read")]
struct Tuple {
    pairs: Vec<(u8, String)>,
}

#[tokio::test]
async fn what_strict_schemas_have_no_words_for_is_an_error_that_names_the_field() {
    async fn refusal<T: DeserializeOwned + JsonSchema + Debug>() -> String {
        let server = Server::start().await;
        let client = client(&server);
        let request = chat::Request::new("m", [chat::Message::user("Hi")]);
        let Err(Error::Config(text)) = client.chat().completions().parse::<T>(&request).await
        else {
            panic!("a format that the API refuses is sent");
        };
        let request = responses::Request::new("m", "Hi");
        client.responses().parse::<T>(&request).await.unwrap_err();
        chat::ResponseFormat::try_json_schema_of::<T>().unwrap_err();
        responses::TextFormat::try_json_schema_of::<T>().unwrap_err();
        chat::Tool::try_function_of::<T>("f").unwrap_err();
        responses::FunctionTool::try_of::<T>("f").unwrap_err();
        assert_eq!(server.requests().len(), 0);
        text
    }
    for (text, names) in [
        (refusal::<Free>().await, "`Inner.counts` is a map"),
        (
            refusal::<FlatMap>().await,
            "`FlatMap` takes any other fields",
        ),
        (refusal::<Any>().await, "`Any.list[]` may be anything"),
        (
            refusal::<Tuple>().await,
            "`Tuple.pairs[]` is a tuple of different types",
        ),
        (refusal::<Value>().await, "`AnyValue` may be anything"),
        (refusal::<HashMap<u8, String>>().await, "is a map"),
        (
            refusal::<Vec<(u8, String)>>().await,
            "[]` is a tuple of different types",
        ),
    ] {
        assert!(
            text.contains(names) && text.contains("strict(false)"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_type_is_loose_by_the_callers_word() {
    let reply = json!({"zeta": "a", "inner": {"counts": {"x": 1}, "more": 2}}).to_string();
    let server = Server::start().await;
    server.reply(Reply::json(
        200,
        &json!({"choices": [{"message": {"content": reply}}]}),
    ));
    let format = chat::ResponseFormat::json_schema_of::<Free>().strict(false);
    let request = chat::Request::new("m", [chat::Message::user("Hi")]).response_format(format);
    let client = client(&server);
    let parsed = client
        .chat()
        .completions()
        .parse::<Free>(&request)
        .await
        .unwrap();
    assert_eq!(parsed.value.inner.counts["x"], 1);
    let sent: Ordered = serde_json::from_slice(&server.request(0).body).unwrap();
    let format = sent.at("response_format").at("json_schema");
    assert_eq!(format.at("strict").json(), json!(false));
    assert_eq!(
        format.at("schema").fields(),
        "zeta inner; Inner: counts more"
    );
    let counts = &format.at("schema").json()["$defs"]["Inner"]["properties"]["counts"];
    assert_eq!(counts["additionalProperties"]["type"], "integer");
}
