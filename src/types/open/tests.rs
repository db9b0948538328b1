use serde_json::{Value, json};

use super::*;

strings! {
    /// A colour.
    pub enum Colour {
        /// As blood.
        Red = "red",
    }
}

object! {
    /// A circle.
    pub struct Circle {
        /// Half its width.
        pub radius: Option<f64>,
        /// Its colour.
        pub colour: Option<Colour>,
        /// How often it was drawn.
        pub count: Option<u64>,
    }
}

object! {
    /// A drawing.
    pub struct Drawing {
        required {
            /// What is on it.
            pub shapes: Vec<Shape>,
        }
        /// Who made it.
        pub author: Option<String>,
        /// Shown below it.
        pub notes: Vec<String>,
    }
}

setters! {
    Circle {
        value { radius: f64, }
        into { colour: Colour, }
    }
}

union! {
    /// A shape.
    pub enum Shape by "type" {
        /// A circle.
        Circle(Circle) = "circle",
        /// A drawing in a drawing.
        Drawing(Drawing) = "drawing",
    }
}

union! {
    /// A circle, if nothing else is said.
    pub enum Assumed by "type" else Circle {
        /// A circle.
        Circle(Circle) = "circle",
    }
}

object! {
    /// A label.
    pub struct Label {
        nullable {
            /// What it says.
            pub text: Option<String>,
        }
        /// How large it is.
        pub size: Option<u64>,
    }
}

union! {
    /// What is written on a drawing.
    pub enum Writing by "type" {}
    shared {
        /// Above it.
        Title(Label) = "title",
        /// Below it.
        Caption(Label) = "caption",
    }
}

fn same_after_reading<T>(json: &Value) -> T
where
    T: serde::de::DeserializeOwned + serde::Serialize + PartialEq + fmt::Debug,
{
    let from_text: T = serde_json::from_str(&json.to_string()).unwrap();
    let from_value: T = serde_json::from_value(json.clone()).unwrap();
    assert_eq!(from_text, from_value);
    assert_eq!(&serde_json::to_value(&from_text).unwrap(), json);
    from_text
}

#[test]
fn known_values_are_typed_wherever_the_tag_stands() {
    let text = r#"{"radius":1,"colour":"red","type":"circle","count":5.0}"#;
    let shape: Shape = serde_json::from_str(text).unwrap();
    let mut circle = Circle::default().radius(1.0).colour("red");
    circle.count = Some(5);
    assert_eq!(shape, Shape::Circle(circle));
    assert_eq!(shape.tag(), Some("circle"));
}

#[test]
fn unknown_values_are_kept_and_written_again() {
    let shape: Shape = same_after_reading(&json!({"type": "cube", "edge": [1, {"a": null}]}));
    assert_eq!(shape.tag(), Some("cube"));
    same_after_reading::<Shape>(&json!({"edge": 1}));
    same_after_reading::<Shape>(&json!({"type": 7, "edge": 1}));
    same_after_reading::<Shape>(&json!("square"));
    same_after_reading::<Colour>(&json!("mauve"));
    let drawing: Drawing = same_after_reading(&json!({
        "shapes": [{"type": "circle", "radius": 2.0, "label": "x"}, {"type": "cube"}, 7],
        "notes": [],
        "paper": {"size": "A4"},
    }));
    assert_eq!(drawing.shapes.len(), 3);
    assert_eq!(drawing.extra["paper"]["size"], "A4");
}

#[test]
fn one_type_may_stand_for_several_tags_and_a_nullable_field_is_written_as_null() {
    let title: Writing = same_after_reading(&json!({"type": "title", "text": "A", "size": 1}));
    let caption: Writing = same_after_reading(&json!({"type": "caption", "text": null}));
    assert_eq!(
        (title.tag(), caption.tag()),
        (Some("title"), Some("caption"))
    );
    assert_eq!(caption, Writing::Caption(Label::default()));
}

#[test]
fn what_does_not_fit_is_absent() {
    let json = json!({"radius": "wide", "colour": {"r": 1}, "count": -1});
    let circle: Circle = serde_json::from_value(json).unwrap();
    assert_eq!(circle, Circle::default());
    let json = json!({"shapes": null, "author": 5, "notes": [1, null, "b"]});
    let drawing: Drawing = serde_json::from_value(json).unwrap();
    assert_eq!(drawing.author.as_deref(), Some("5"));
    assert_eq!(drawing.notes, ["1", "b"]);
}

#[test]
fn a_required_list_that_is_missing_or_no_list_is_an_error() {
    let missing = serde_json::from_value::<Drawing>(json!({"author": "a"}));
    assert!(missing.unwrap_err().to_string().contains("shapes"));
    serde_json::from_value::<Drawing>(json!({"shapes": "many"})).unwrap_err();
}

#[test]
fn an_object_without_tag_is_what_the_union_assumes() {
    let assumed: Assumed = serde_json::from_value(json!({"radius": 1.0})).unwrap();
    assert_eq!(assumed, Assumed::Circle(Circle::default().radius(1.0)));
    let other: Assumed = serde_json::from_value(json!({"type": null})).unwrap();
    assert!(matches!(other, Assumed::Circle(_)));
    assert_eq!(other.tag(), Some("circle"));
}
