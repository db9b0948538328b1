//! What a span holds until it ends, and what is left of it for the next one.
//!
//! sentry-core copies a span when it finishes, and what the copy was made of would be thrown away. But the spans
//! of one operation hold nearly the same names: so their map is kept, and its names serve again. That saves a
//! quarter of what a small sampled call allocates (see benches/cost). No value is kept.

use std::sync::Mutex;

use sentry_core::protocol::{Map, Value};

/// How many maps are kept of each operation: as many calls may run at once without allocating new ones.
const SPARES: usize = 8;

/// A map with more names is not worth its room.
const MOST_NAMES: usize = 32;

static SPARE: Mutex<Vec<Data>> = Mutex::new(Vec::new());

/// The data of a span that runs. A name whose value is null is not part of it.
pub(super) struct Data {
    op: &'static str,
    values: Map<String, Value>,
}

impl Data {
    /// The data of a span that starts: empty.
    pub(super) fn of(op: &'static str) -> Self {
        let spare = SPARE.try_lock().ok().and_then(|mut spare| {
            let at = spare.iter().position(|data| data.op == op)?;
            Some(spare.swap_remove(at))
        });
        spare.unwrap_or_else(|| Self {
            op,
            values: Map::new(),
        })
    }

    pub(super) fn set(&mut self, name: &str, value: Value) {
        if let Some(known) = self.values.get_mut(name) {
            *known = value;
        } else {
            self.values.insert(name.to_owned(), value);
        }
    }

    /// What it holds; it is empty then.
    pub(super) fn take(&mut self) -> Map<String, Value> {
        let mut values = std::mem::take(&mut self.values);
        values.retain(|_, value| !value.is_null());
        values
    }

    /// Keeps the names for a span that is still to start, unless another thread is at it.
    pub(super) fn keep(op: &'static str, mut values: Map<String, Value>) {
        if values.len() > MOST_NAMES {
            return;
        }
        for value in values.values_mut() {
            *value = Value::Null;
        }
        if let Ok(mut spare) = SPARE.try_lock()
            && spare.iter().filter(|data| data.op == op).count() < SPARES
        {
            spare.push(Self { op, values });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(data: &Data) -> Vec<&str> {
        data.values.keys().map(String::as_str).collect()
    }

    /// Another test may be at what is kept, so one try may fail.
    fn kept(op: &'static str, values: &Map<String, Value>) -> Data {
        for _ in 0..1_000 {
            Data::keep(op, values.clone());
            let data = Data::of(op);
            if !data.values.is_empty() {
                return data;
            }
        }
        Data::of(op)
    }

    #[test]
    fn names_serve_again_and_values_do_not() {
        let mut first = Data::of("test.again");
        assert!(names(&first).is_empty());
        first.set("a", "secret".into());
        first.set("b", 1.into());
        first.set("b", 2.into());
        let values = first.take();
        assert_eq!(values["b"], 2);

        let mut second = kept("test.again", &values);
        assert_eq!(names(&second), ["a", "b"]);
        assert!(second.values.values().all(Value::is_null));
        second.set("b", 3.into());
        second.set("c", 4.into());
        let values = second.take();
        assert_eq!(
            Value::from_iter(values),
            serde_json::json!({ "b": 3, "c": 4 })
        );
        assert!(names(&Data::of("test.other")).is_empty());
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let many = |count: usize| -> Map<String, Value> {
            (0..count).map(|n| (n.to_string(), n.into())).collect()
        };
        assert!(names(&kept("test.bounded", &many(MOST_NAMES + 1))).is_empty());
        for _ in 0..10 * SPARES {
            Data::keep("test.bounded", many(1));
        }
        let spare = SPARE.lock().unwrap();
        let spare = spare.iter().filter(|data| data.op == "test.bounded");
        assert!((1..=SPARES).contains(&spare.count()));
    }
}
