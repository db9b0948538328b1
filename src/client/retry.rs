//! Whether a failed attempt is made again, and when.

use std::time::Duration;

use crate::error::Error;

/// A longer wait than this is left to the caller, who learns of it by the error.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// The first back-off, doubled each time up to the second value.
const BACK_OFF: (f64, f64) = (0.5, 8.0);

/// The part of a back-off that is left to chance, so that clients that failed together come back apart.
const JITTER: f64 = 0.25;

/// How long to wait before the next attempt; `None` if there is to be none.
pub(super) fn wait(error: &Error, resends: u32, max_retries: u32) -> Option<Duration> {
    if resends >= max_retries || !error.is_retryable() {
        return None;
    }
    let wait = error
        .retry_after()
        .unwrap_or_else(|| back_off(resends, fastrand::f64()));
    (wait <= LONGEST_WAIT).then_some(wait)
}

fn back_off(resends: u32, chance: f64) -> Duration {
    let (first, longest) = BACK_OFF;
    let exponent = i32::try_from(resends).unwrap_or(i32::MAX);
    let seconds = (first * 2_f64.powi(exponent)).min(longest);
    Duration::from_secs_f64(seconds * (1.0 - JITTER * chance))
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;
    use crate::error::{ApiError, Timeout};

    fn api(status: u16, headers: &[(&'static str, &str)], body: &str) -> Error {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        ApiError::from_body(status, map, body.as_bytes()).into()
    }

    #[test]
    fn the_back_off_doubles_up_to_eight_seconds_less_a_quarter() {
        let seconds: Vec<_> = [0, 1, 2, 3, 4, 5, 4_000_000_000]
            .map(|resends| back_off(resends, 0.0).as_secs_f64())
            .into();
        assert_eq!(seconds, [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]);
        assert_eq!(back_off(1, 1.0), Duration::from_millis(750));
    }

    #[test]
    fn what_may_pass_is_tried_again() {
        let quota = r#"{"error":{"code":"insufficient_quota"}}"#;
        let unpaid = r#"{"error":{"type":"billing_not_active","code":null}}"#;
        let should = [("x-should-retry", "true")];
        let should_not = [("x-should-retry", "false")];
        let table = [
            (api(408, &[], ""), true),
            (api(409, &[], ""), true),
            (api(429, &[], ""), true),
            (api(500, &[], ""), true),
            (api(503, &[], ""), true),
            (api(400, &[], ""), false),
            (api(404, &[], ""), false),
            (api(400, &should, ""), true),
            (api(500, &should_not, ""), false),
            (api(429, &[], quota), false),
            (api(429, &should, quota), false),
            (api(429, &should, unpaid), false),
            (api(403, &should, unpaid), false),
            (Error::Timeout(Timeout::Attempt(Duration::ZERO)), true),
            (Error::Timeout(Timeout::Deadline(Duration::ZERO)), false),
            (Error::Config(String::new()), false),
        ];
        for (error, expected) in table {
            assert_eq!(wait(&error, 0, 2).is_some(), expected, "{error:?}");
            assert_eq!(wait(&error, 2, 2), None, "{error:?}");
        }
    }

    #[test]
    fn the_server_says_how_long_to_wait_up_to_a_minute() {
        let after = |value| wait(&api(429, &[("retry-after", value)], ""), 0, 2);
        assert_eq!(after("0"), Some(Duration::ZERO));
        assert_eq!(after("60"), Some(Duration::from_secs(60)));
        assert_eq!(after("61"), None);
    }
}
