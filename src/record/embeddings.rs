//! Embeddings as they are recorded.

use super::attributes::{Attributes, names};
use super::chat::used;
use super::json::{Json, Writer};
use super::{Operation, Prompt, Reply};
use crate::settings::Settings;
use crate::types::embeddings::{Embeddings, EncodingFormat, Input, Request};

impl Prompt for Request {
    fn operation(&self) -> Operation {
        Operation::Embeddings
    }

    fn model(&self) -> Option<&str> {
        Some(self.model.as_str()).filter(|model| !model.is_empty())
    }

    fn parameters(&self, to: &mut Attributes) {
        let format = self.encoding_format.as_ref().map(EncodingFormat::as_str);
        to.push_text(names::REQUEST_ENCODING_FORMAT, format);
        to.push_some(names::REQUEST_DIMENSIONS, self.dimensions);
    }

    fn content(&self, settings: &Settings, to: &mut Attributes) {
        let mut writer = Writer::new(settings);
        match &self.input {
            Input::Text(text) => writer.plain(text),
            Input::Unknown(value) if value.is_null() => {}
            // A list without room keeps its first elements; what can't be written at all is left out.
            other => drop(other.write(&mut writer)),
        }
        let (text, _) = writer.finish();
        to.push_text(
            names::EMBEDDINGS_INPUT,
            Some(&text).filter(|text| *text != "[]").map(String::as_str),
        );
    }
}

impl Reply for Embeddings {
    fn model(&self) -> Option<&str> {
        self.model.as_deref().filter(|model| !model.is_empty())
    }

    fn facts(&self, to: &mut Attributes) {
        to.push_text(names::RESPONSE_MODEL, self.model.as_deref());
        if let Some(usage) = &self.usage {
            used(usage).record(to);
        }
    }

    /// Vectors are not recorded.
    fn content(&self, _: &Settings, _: &mut Attributes) {}
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::record::tests::{facts, open, parameters, prompt};

    #[test]
    fn the_input_is_a_text_or_json() {
        let cases = [
            (json!("one text"), Some(r"one text")),
            (json!(["one", "\"two\""]), Some(r#"["one","\"two\""]"#)),
            (json!([1, 2, 3]), Some("[1,2,3]")),
            (json!([[1], [2, 3]]), Some("[[1],[2,3]]")),
            (json!(""), None),
            (json!([]), None),
            (json!(null), None),
        ];
        for (input, expected) in cases {
            let request = json!({"model": "text-embedding-3-small", "input": input});
            let recorded = prompt::<Request>(request, &open(None));
            assert_eq!(
                recorded
                    .get(names::EMBEDDINGS_INPUT)
                    .and_then(Value::as_str),
                expected
            );
            assert_eq!(recorded.iter().count(), usize::from(expected.is_some()));
        }
    }

    #[test]
    fn of_an_input_without_room_the_first_stays() {
        let cases = [
            (json!("a long text of fruits: ä"), "a long text o…"),
            (
                json!(["first", "a second one", "3", 4]),
                r#"["first","a…"]"#,
            ),
            (json!([1000, 2000, 3000, 4, 5]), "[1000,2000,3000]"),
            (
                json!(["", "", "", "", "", "", "", ""]),
                r#"["","","","",""]"#,
            ),
        ];
        for (input, expected) in cases {
            let request = json!({"model": "m", "input": input});
            let recorded = prompt::<Request>(request, &open(Some(16)));
            let text = recorded
                .get(names::EMBEDDINGS_INPUT)
                .unwrap()
                .as_str()
                .unwrap();
            assert!(text.len() <= 16);
            assert_eq!(text, expected);
        }
    }

    #[test]
    fn parameters_and_usage_are_told() {
        let request =
            json!({"model": "m", "input": "x", "encoding_format": "base64", "dimensions": 256});
        assert_eq!(
            parameters::<Request>(request),
            json!({"gen_ai.request.encoding_format": "base64", "gen_ai.request.dimensions": 256}),
        );
        assert_eq!(
            parameters::<Request>(json!({"model": "m", "input": "x"})),
            json!({})
        );
        let reply = json!({
            "object": "list", "model": "text-embedding-3-small",
            "data": [{"index": 0, "embedding": [0.5]}],
            "usage": {"prompt_tokens": 8, "total_tokens": 8},
        });
        assert_eq!(
            facts::<Embeddings>(reply),
            json!({
                "gen_ai.response.model": "text-embedding-3-small",
                "gen_ai.usage.input_tokens": 8,
                "gen_ai.usage.total_tokens": 8,
            }),
        );
    }
}
