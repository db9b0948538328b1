//! What a call used up.

use super::attributes::{Attributes, names};

/// Counts of tokens, and the cost in US dollars, as far as they were reported.
#[derive(Default)]
pub(super) struct Used {
    pub(super) input: Option<u64>,
    pub(super) output: Option<u64>,
    pub(super) total: Option<u64>,
    /// Of the input.
    pub(super) cache_read: Option<u64>,
    /// Of the input.
    pub(super) cache_creation: Option<u64>,
    /// Of the output.
    pub(super) reasoning: Option<u64>,
    pub(super) cost: Option<f64>,
}

impl Used {
    pub(super) fn record(&self, to: &mut Attributes) {
        to.push_some(names::USAGE_INPUT_TOKENS, self.input);
        to.push_some(names::USAGE_OUTPUT_TOKENS, self.output);
        to.push_some(names::USAGE_TOTAL_TOKENS, self.total);
        let (cache_read, cache_creation) = self.cached();
        let parts = [
            (names::USAGE_CACHE_READ_INPUT_TOKENS, cache_read, self.input),
            (
                names::USAGE_CACHE_CREATION_INPUT_TOKENS,
                cache_creation,
                self.input,
            ),
            (
                names::USAGE_REASONING_OUTPUT_TOKENS,
                self.reasoning,
                self.output,
            ),
        ];
        for (name, part, whole) in parts {
            let fits = |part: &u64| whole.is_none_or(|whole| *part <= whole);
            to.push_some(name, part.filter(fits));
        }
        let cost = self.cost.filter(|cost| cost.is_finite());
        to.push_some(names::COST_TOTAL_TOKENS, cost);
    }

    /// The tokens read from and written to a cache. If together they are more than the input, of which Sentry takes
    /// both, the smaller count is left out: a cost can't be negative.
    fn cached(&self) -> (Option<u64>, Option<u64>) {
        let fits = |part: &u64| self.input.is_none_or(|input| *part <= input);
        let read = self.cache_read.filter(fits);
        let created = self.cache_creation.filter(fits);
        match (read, created) {
            (Some(one), Some(other)) if !fits(&one.saturating_add(other)) => {
                if one < other {
                    (None, created)
                } else {
                    (read, None)
                }
            }
            both => both,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_make_more_than_their_whole_are_not_both_told() {
        let table = [
            ((Some(5_000), Some(4_000), Some(3_000)), (Some(4_000), None)),
            ((Some(5_000), Some(2_000), Some(4_000)), (None, Some(4_000))),
            ((Some(5_000), Some(3_000), Some(3_000)), (Some(3_000), None)),
            (
                (Some(5_000), Some(2_000), Some(3_000)),
                (Some(2_000), Some(3_000)),
            ),
            ((Some(5_000), Some(6_000), Some(3_000)), (None, Some(3_000))),
            ((Some(5_000), Some(u64::MAX), Some(u64::MAX)), (None, None)),
            ((None, Some(4_000), Some(3_000)), (Some(4_000), Some(3_000))),
        ];
        for ((input, cache_read, cache_creation), expected) in table {
            let used = Used {
                input,
                cache_read,
                cache_creation,
                ..Used::default()
            };
            assert_eq!(used.cached(), expected);
        }
    }

    #[test]
    fn a_part_that_is_larger_than_its_whole_is_left_out() {
        let mut to = Attributes::default();
        let used = Used {
            input: Some(10),
            output: Some(5),
            cache_read: Some(11),
            cache_creation: Some(10),
            reasoning: Some(0),
            ..Used::default()
        };
        used.record(&mut to);
        assert_eq!(to.get(names::USAGE_CACHE_READ_INPUT_TOKENS), None);
        assert_eq!(
            to.get(names::USAGE_CACHE_CREATION_INPUT_TOKENS),
            Some(&10.into())
        );
        assert_eq!(
            to.get(names::USAGE_REASONING_OUTPUT_TOKENS),
            Some(&0.into())
        );
        assert_eq!(to.get(names::USAGE_TOTAL_TOKENS), None);
        assert_eq!(to.get(names::COST_TOTAL_TOKENS), None);
    }
}
