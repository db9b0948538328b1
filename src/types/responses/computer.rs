//! The use of a computer by the model: what it does, and the screenshots it gets.

use serde_json::Value;

use super::{ItemStatus, Part};
use crate::types::open::{object, setters, union};

object! {
    /// The model uses the computer.
    pub struct ComputerCall {
        /// The item's id.
        pub id: Option<String>,
        /// The call's id, which its output names.
        pub call_id: Option<String>,
        /// What it does.
        pub action: Option<ComputerAction>,
        /// What it does, one after the other.
        pub actions: Option<Vec<ComputerAction>>,
        /// What has to be acknowledged before it is done.
        pub pending_safety_checks: Vec<SafetyCheck>,
        /// How far it has got.
        pub status: Option<ItemStatus>,
    }
}

object! {
    /// What the screen shows afterwards.
    pub struct ComputerCallOutput {
        /// The item's id.
        pub id: Option<String>,
        /// The id of the call.
        pub call_id: Option<String>,
        /// The screenshot.
        pub output: Option<Part>,
        /// What was acknowledged.
        pub acknowledged_safety_checks: Option<Vec<SafetyCheck>>,
        /// How far it has got.
        pub status: Option<ItemStatus>,
        /// Who made the item.
        pub created_by: Option<String>,
    }
}

impl ComputerCallOutput {
    /// The screenshot after the call with this id.
    pub fn new(call_id: impl Into<String>, screenshot: impl Into<Part>) -> Self {
        Self {
            call_id: Some(call_id.into()),
            output: Some(screenshot.into()),
            ..Self::default()
        }
    }
}

setters! {
    ComputerCallOutput {
        value { acknowledged_safety_checks: Vec<SafetyCheck>, }
        into { id: String, status: ItemStatus, }
    }
}

object! {
    /// A doubt about what the model does.
    pub struct SafetyCheck {
        /// Its id.
        pub id: String,
        /// Its kind.
        pub code: Option<String>,
        /// What it says.
        pub message: Option<String>,
    }
}

union! {
    /// What the model does at the computer.
    pub enum ComputerAction by "type" {
        /// A click.
        Click(Click) = "click",
        /// A double click.
        DoubleClick(DoubleClick) = "double_click",
        /// The pointer is dragged.
        Drag(Drag) = "drag",
        /// Keys are pressed.
        Keypress(Keypress) = "keypress",
        /// The pointer is moved.
        Move(Move) = "move",
        /// A page is scrolled.
        Scroll(Scroll) = "scroll",
        /// A text is typed.
        Type(TypeText) = "type",
    }
    shared {
        /// A screenshot is taken.
        Screenshot(Pause) = "screenshot",
        /// The model waits.
        Wait(Pause) = "wait",
    }
}

object! {
    /// A click.
    pub struct Click {
        /// Pixels from the left.
        pub x: Option<i64>,
        /// Pixels from the top.
        pub y: Option<i64>,
        /// `left`, `right`, `wheel`, `back` or `forward`.
        pub button: Option<String>,
        /// The keys held down.
        pub keys: Option<Vec<String>>,
    }
}

object! {
    /// A double click.
    pub struct DoubleClick {
        nullable {
            /// The keys held down.
            pub keys: Option<Vec<String>>,
        }
        /// Pixels from the left.
        pub x: Option<i64>,
        /// Pixels from the top.
        pub y: Option<i64>,
    }
}

object! {
    /// The pointer is dragged.
    pub struct Drag {
        /// Where it comes by: points with `x` and `y`.
        pub path: Vec<Value>,
        /// The keys held down.
        pub keys: Option<Vec<String>>,
    }
}

object! {
    /// Keys are pressed together.
    pub struct Keypress {
        /// The keys.
        pub keys: Vec<String>,
    }
}

object! {
    /// The pointer is moved.
    pub struct Move {
        /// Pixels from the left.
        pub x: Option<i64>,
        /// Pixels from the top.
        pub y: Option<i64>,
        /// The keys held down.
        pub keys: Option<Vec<String>>,
    }
}

object! {
    /// A page is scrolled.
    pub struct Scroll {
        /// Pixels from the left.
        pub x: Option<i64>,
        /// Pixels from the top.
        pub y: Option<i64>,
        /// How many pixels to the right.
        pub scroll_x: Option<i64>,
        /// How many pixels down.
        pub scroll_y: Option<i64>,
        /// The keys held down.
        pub keys: Option<Vec<String>>,
    }
}

object! {
    /// A text is typed.
    pub struct TypeText {
        /// The text.
        pub text: String,
    }
}

object! {
    /// An action without details.
    pub struct Pause {}
}
