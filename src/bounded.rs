//! A map that holds no more than 1,024 entries: the oldest go first.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// The entries that are kept.
const MOST: usize = 1_024;

/// What is known of something that may never end, such as a transaction or an agent.
#[derive(Debug)]
pub(crate) struct Bounded<K, V> {
    values: HashMap<K, V>,
    /// Oldest first.
    keys: VecDeque<K>,
}

impl<K: Clone + Eq + Hash, V> Bounded<K, V> {
    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.values.get(key)
    }

    /// Puts a value in place of the one of this key, as the newest.
    pub(crate) fn insert(&mut self, key: K, value: V) {
        self.remove(&key);
        self.entry(key, || value);
    }

    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        let value = self.values.remove(key)?;
        self.keys.retain(|known| known != key);
        Some(value)
    }

    /// The value of this key, which is the newest if there was none.
    pub(crate) fn entry(&mut self, key: K, value: impl FnOnce() -> V) -> &mut V {
        if !self.values.contains_key(&key) {
            if self.keys.len() >= MOST
                && let Some(oldest) = self.keys.pop_front()
            {
                self.values.remove(&oldest);
            }
            self.keys.push_back(key.clone());
        }
        self.values.entry(key).or_insert_with(value)
    }
}

impl<K, V> Default for Bounded<K, V> {
    fn default() -> Self {
        Self {
            values: HashMap::new(),
            keys: VecDeque::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_entries_go_first() {
        let mut bounded = Bounded::default();
        for key in 0..MOST + 2 {
            bounded.entry(key, || key);
        }
        assert_eq!((bounded.get(&1), bounded.get(&2)), (None, Some(&2)));
        assert_eq!(bounded.remove(&2), Some(2));
        assert_eq!(bounded.remove(&2), None);
        // There is room for one now.
        bounded.entry(0, || 0);
        assert_eq!((bounded.get(&3), bounded.keys.len()), (Some(&3), MOST));
        bounded.insert(3, 5);
        bounded.entry(1, || 1);
        assert_eq!((bounded.get(&3), bounded.get(&4)), (Some(&5), None));
        bounded.insert(3, 3);
        *bounded.entry(3, || 0) += 1;
        assert_eq!(bounded.get(&3), Some(&4));
    }
}
