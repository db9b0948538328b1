//! With content off nothing of it leaves, wherever in a request, a reply or an event it stands.

use serde_json::Value;

use crate::exchange::{Exchange, Form, Stage};

const PLANTED: &str = "planted words, no name";

/// Texts that are identity or parameters, and so recorded as they are.
const RECORDED: [&str; 7] = [
    "model",
    "id",
    "conversation",
    "effort",
    "reasoning_effort",
    "encoding_format",
    "host",
];

/// How often each exchange is made, each time with texts planted at other places.
const ROUNDS: u64 = 6;

#[tokio::test]
async fn content_planted_at_random_places_does_not_leave_with_content_off() {
    let stage = Stage::new().await;
    let mut planted = 0;
    for round in 0..ROUNDS {
        let mut garden = Garden(round + 1);
        for mut exchange in Exchange::all() {
            planted += garden.plant(&mut exchange.fixture["request"]);
            if let Some(reply) = exchange.fixture.get_mut("reply") {
                planted += garden.plant(reply);
            }
            if let Some(events) = &mut exchange.events {
                *events = garden.plant_events(events);
            }
            for form in exchange.forms() {
                let sentry = exchange.left_for_sentry(&stage, form, false).await;
                assert_eq!(
                    sentry
                        .spans_where(|span| span.op.starts_with("gen_ai."))
                        .len(),
                    1,
                    "{}",
                    exchange.name
                );
                assert!(!sentry.leaked(PLANTED), "{} {form:?}", exchange.name);
            }
        }
    }
    assert!(planted > 1_000, "{planted}");
}

#[tokio::test]
async fn the_same_planted_content_leaves_with_content_on() {
    let stage = Stage::new().await;
    let mut exchange = Exchange::all().remove(0);
    Garden(1).plant(&mut exchange.fixture["request"]);
    let sentry = exchange.left_for_sentry(&stage, Form::Whole, true).await;
    assert!(sentry.leaked(PLANTED));
}

/// Chance that repeats itself from run to run.
struct Garden(u64);

impl Garden {
    /// Puts words in the place of some of the texts; how many.
    fn plant(&mut self, json: &mut Value) -> usize {
        match json {
            Value::String(text) if self.chance() => {
                PLANTED.clone_into(text);
                1
            }
            Value::Array(list) => list.iter_mut().map(|json| self.plant(json)).sum(),
            Value::Object(fields) => fields
                .iter_mut()
                .filter(|(name, _)| !RECORDED.contains(&name.as_str()))
                .map(|(_, json)| self.plant(json))
                .sum(),
            _ => 0,
        }
    }

    fn plant_events(&mut self, events: &str) -> String {
        let lines = events.lines().map(|line| {
            let data = line.strip_prefix("data: ");
            match data.and_then(|data| serde_json::from_str::<Value>(data).ok()) {
                Some(mut json) => {
                    self.plant(&mut json);
                    format!("data: {json}\n")
                }
                None => format!("{line}\n"),
            }
        });
        lines.collect()
    }

    /// One in three, by a linear congruence.
    fn chance(&mut self) -> bool {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33).is_multiple_of(3)
    }
}
