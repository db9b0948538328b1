//! What agents and tools are given and give back, as it is recorded.

use serde::Serialize;
use serde_json::Value;

use super::attributes::Attributes;
use super::content_text;
use super::json::{Json, Writer};
use super::messages::{Message, Part};
use super::shorten::record_input;
use crate::settings::Settings;

/// Records what an agent is asked, as one message of the user.
pub(crate) fn record_agent_input(input: &str, settings: &Settings, to: &mut Attributes) {
    record_input(
        &[input],
        |_| true,
        |input| Message::new("user", vec![Part::Text(input)]),
        settings,
        to,
    );
}

/// Records a tool's arguments or result: a text as it is, anything else as JSON.
pub(crate) fn record_value(
    name: &'static str,
    value: &impl Serialize,
    settings: &Settings,
    to: &mut Attributes,
) {
    // What can't be JSON is not recorded.
    let Ok(value) = serde_json::to_value(value) else {
        return;
    };
    let text = match &value {
        Value::Null => return,
        Value::String(text) => content_text(text, settings),
        value => {
            let mut writer = Writer::new(settings);
            drop(value.write(&mut writer));
            writer.finish().0
        }
    };
    to.push_text(name, Some(&text));
}
