//! The events of one stream, read one after the other.

use super::{Event, SummaryDelta};
use crate::types::pattern::{Reader, Value, Varies, Varying};

/// Reads events, of which only what changes is read.
pub(crate) type EventReader = Reader<Event>;

impl Varying for Event {
    const FIELDS: &'static [Varies] = &[
        Varies::Text("delta"),
        Varies::Text("obfuscation"),
        Varies::Number("sequence_number"),
    ];

    fn put(&mut self, name: &str, value: Value) -> Option<()> {
        let (delta, obfuscation, sequence_number) = match self {
            Self::OutputTextDelta(event)
            | Self::RefusalDelta(event)
            | Self::ReasoningTextDelta(event)
            | Self::FunctionCallArgumentsDelta(event)
            | Self::CustomToolCallInputDelta(event)
            | Self::CodeInterpreterCallCodeDelta(event)
            | Self::McpCallArgumentsDelta(event) => (
                &mut event.delta,
                &mut event.obfuscation,
                &mut event.sequence_number,
            ),
            Self::ReasoningSummaryTextDelta(SummaryDelta {
                delta,
                obfuscation,
                sequence_number,
                ..
            }) => (delta, obfuscation, sequence_number),
            _ => return None,
        };
        match (name, value) {
            ("delta", Value::Text(text)) => *delta = text,
            ("obfuscation", Value::Text(text)) => *obfuscation = Some(text),
            ("sequence_number", Value::Number(number)) => *sequence_number = Some(number),
            _ => return None,
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPES: &[&str] = &[
        "response.output_text.delta",
        "response.refusal.delta",
        "response.reasoning_text.delta",
        "response.reasoning_summary_text.delta",
        "response.function_call_arguments.delta",
        "response.audio.delta",
        "response.output_text.done",
        "response.new.delta",
    ];

    const ENDINGS: &[&str] = &[
        r#""delta":"a"}"#,
        r#""delta":"b","obfuscation":"xyz"}"#,
        r#""delta":"c\n","obfuscation":"x"}"#,
        r#""delta":"d","obfuscation":""}"#,
        r#""delta":"e","obfuscation":"x","logprobs":[]}"#,
        r#""delta":"e","obfuscation":"x","logprobs":[],"delta":"f"}"#,
        r#""delta":"e","obfuscation":"x","logprobs":[],"delta":"f"}"#,
        r#""delta":"e","new":{"delta":"f"}}"#,
        r#""delta":{"delta":"f"}}"#,
        r#""delta":"g""#,
    ];

    #[test]
    fn events_are_what_each_would_be_alone() {
        let mut reader = EventReader::default();
        let mut number = 0;
        for name in TYPES {
            for ending in ENDINGS {
                // Often enough to make a pattern, and to use it.
                for _ in 0..4 {
                    number += 1;
                    let data = format!(
                        r#"{{"type":"{name}","sequence_number":{number},"item_id":"i","output_index":0,{ending}"#
                    );
                    let (read, alone) = (reader.read(&data), serde_json::from_str::<Event>(&data));
                    match (read, alone) {
                        (Ok(read), Ok(alone)) => assert_eq!(read, alone, "{data}"),
                        (Err(read), Err(alone)) => {
                            assert_eq!(read.to_string(), alone.to_string(), "{data}");
                        }
                        (read, alone) => panic!("{data}: {read:?}, alone {alone:?}"),
                    }
                }
            }
        }
    }
}
