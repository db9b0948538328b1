//! Which models there are.

use super::open::object;

object! {
    /// A model that can be called.
    pub struct Model {
        /// Its name in requests.
        pub id: String,
        /// When it was made, in seconds since the Unix epoch.
        pub created: Option<f64>,
        /// The kind of this object: `model`.
        pub object: Option<String>,
        /// The organisation that owns it.
        pub owned_by: Option<String>,
        /// The day from which it can't be called any more, if one is set.
        pub shutdown_date: Option<String>,
    }
}

object! {
    /// The models that a key may use.
    pub struct List {
        required {
            /// The models.
            pub data: Vec<Model>,
        }
        /// The kind of this object: `list`.
        pub object: Option<String>,
    }
}

object! {
    /// A model that is gone.
    pub struct Deleted {
        /// Its name.
        pub id: String,
        /// Whether it is.
        pub deleted: Option<bool>,
        /// The kind of this object: `model`.
        pub object: Option<String>,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_list_is_read_whatever_else_a_server_says_of_its_models() {
        let json = json!({"object": "list", "data": [
            {"id": "gpt-4o", "object": "model", "created": 1_715_367_049.0, "owned_by": "system"},
            {"id": "llama3", "created": null, "context_window": 8192, "pricing": {"prompt": "0"}},
        ]});
        let list: List = serde_json::from_value(json).unwrap();
        assert_eq!(list.data[0].created, Some(1_715_367_049.0));
        assert_eq!(list.data[1].extra["context_window"], 8192);
        serde_json::from_value::<List>(json!({"object": "list"})).unwrap_err();
    }
}
