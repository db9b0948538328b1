//! Lists that come in pages.

use serde::de::Deserializer;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::open::{self, setters, strings};

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Page<T> {
    /// What stands on it.
    #[serde(
        bound(deserialize = "T: Deserialize<'de>"),
        deserialize_with = "elements"
    )]
    pub data: Vec<T>,
    /// Whether there are more pages after it.
    #[serde(
        default,
        deserialize_with = "open::field",
        skip_serializing_if = "Option::is_none"
    )]
    pub has_more: Option<bool>,
    /// The id of the first element.
    #[serde(
        default,
        deserialize_with = "open::field",
        skip_serializing_if = "Option::is_none"
    )]
    pub first_id: Option<String>,
    /// The id of the last element: the next page is what comes `after` it.
    #[serde(
        default,
        deserialize_with = "open::field",
        skip_serializing_if = "Option::is_none"
    )]
    pub last_id: Option<String>,
    /// The kind of this object: `list`.
    #[serde(
        default,
        deserialize_with = "open::field",
        skip_serializing_if = "Option::is_none"
    )]
    pub object: Option<String>,
    /// Fields that this version of the crate does not name, as they are in the JSON.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A list that must be there; `null` is an empty one.
fn elements<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

impl<T> IntoIterator for Page<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.data.into_iter()
    }
}

strings! {
    /// In which order a list comes.
    pub enum Order {
        /// The oldest first.
        Ascending = "asc",
        /// The newest first.
        Descending = "desc",
    }
}

/// Which part of a list is asked for, and in which order.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct PageQuery {
    /// Begins after the element with this id.
    pub after: Option<String>,
    /// How many elements a page has at most; 20 by default.
    pub limit: Option<u64>,
    /// The order; the server decides by default.
    pub order: Option<Order>,
}

setters! {
    PageQuery {
        value { limit: u64, }
        into { after: String, order: Order, }
    }
}

impl PageQuery {
    /// From the beginning, as the server likes.
    pub fn new() -> Self {
        Self::default()
    }
}

/// The pairs of a URL's query.
pub(crate) type Pairs = Vec<(String, String)>;

/// What can stand in the query of a URL.
pub(crate) trait Query {
    fn pairs(&self) -> Pairs;
}

/// A query for a page of a list.
pub(crate) trait ListQuery: Query + Clone {
    fn page(&mut self) -> &mut PageQuery;
}

impl Query for () {
    fn pairs(&self) -> Pairs {
        Vec::new()
    }
}

impl Query for PageQuery {
    fn pairs(&self) -> Pairs {
        let limit = self.limit.map(|limit| limit.to_string());
        let pairs = [
            ("after", self.after.clone()),
            ("limit", limit),
            ("order", self.order.as_ref().map(Order::to_string)),
        ];
        let given = pairs.into_iter();
        given
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect()
    }
}

impl ListQuery for PageQuery {
    fn page(&mut self) -> &mut PageQuery {
        self
    }
}

/// The elements of a list know their ids.
pub(crate) trait Listed {
    fn id(&self) -> Option<&str>;
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_page_is_read_and_written_again() {
        let json = json!({
            "object": "list", "data": ["a", "b"], "first_id": "a", "last_id": "b", "has_more": true,
            "total": 7,
        });
        let page: Page<String> = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(page.data, ["a", "b"]);
        assert_eq!(serde_json::to_value(&page).unwrap(), json);
        assert_eq!(page.into_iter().count(), 2);
    }

    #[test]
    fn a_page_needs_nothing_but_its_elements() {
        let page: Page<String> =
            serde_json::from_value(json!({"data": null, "has_more": "?"})).unwrap();
        assert_eq!((page.data.len(), page.has_more), (0, None));
        serde_json::from_value::<Page<String>>(json!({"object": "list"})).unwrap_err();
    }
}
