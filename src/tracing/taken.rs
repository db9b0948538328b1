//! A framework's span that was taken: its fields become the Sentry span's op, name, data and status.

use std::collections::BTreeMap;
use std::fmt;

use sentry_core::protocol::{SpanId, SpanStatus, Value};
use sentry_core::{Hub, TransactionOrSpan};
use tracing_core::field::Visit;
use tracing_core::{Field, Metadata};

use super::table::{Content, Kind, Status, bounded, kind};
use crate::integration::settings_or_default;
use crate::record::attributes::{Attributes, names};
use crate::record::{budget, error_type_text, foreign, record_text};
use crate::settings::Settings;
use crate::span;

const ORIGIN: &str = "sentry.origin";

/// The state of a taken span, from its start to its end.
pub(super) struct Taken {
    span: TransactionOrSpan,
    id: SpanId,
    settings: Settings,
    /// The facts that were written.
    written: BTreeMap<&'static str, Value>,
    /// Content, which is written at the end: until then no error event can copy it.
    content: BTreeMap<&'static str, Value>,
    /// The operation of spans that declare none.
    operation: Option<&'static str>,
}

impl Taken {
    /// `None` where nothing would be sent.
    pub(super) fn new(hub: &Hub, span: TransactionOrSpan, metadata: &Metadata<'_>) -> Option<Self> {
        let settings = settings_or_default(hub)?;
        let id = match &span {
            TransactionOrSpan::Transaction(transaction) => transaction.get_trace_context().span_id,
            TransactionOrSpan::Span(span) => span.get_span_id(),
        };
        let origin = origin(metadata.target());
        if let TransactionOrSpan::Transaction(transaction) = &span {
            transaction.set_origin(origin);
        }
        span.set_data(ORIGIN, origin.into());
        let declares = metadata.fields().field(names::OPERATION_NAME).is_some();
        Some(Self {
            span,
            id,
            settings,
            written: BTreeMap::new(),
            content: BTreeMap::new(),
            operation: (!declares).then_some("chat"),
        })
    }

    /// Records fields: those that `values` visits.
    pub(super) fn record(&mut self, values: impl FnOnce(&mut dyn Visit)) {
        let mut fields = Fields {
            settings: &self.settings,
            read: Vec::new(),
        };
        values(&mut fields);
        let fields = fields.read;
        let is_adopted = span::is_adopted(self.id);
        let mut facts = BTreeMap::new();
        if let Some(operation) = self.operation.take() {
            facts.insert(names::OPERATION_NAME, operation.into());
        }
        let mut content = Attributes::default();
        for (name, kind, value) in fields {
            match kind {
                Kind::Fact(name, as_type) => {
                    if let Some(value) = as_type.of(value) {
                        facts.insert(name, value);
                    }
                }
                Kind::Input(kind) => self.content(kind, foreign::Side::Input, &value, &mut content),
                Kind::Output(kind) => {
                    self.content(kind, foreign::Side::Output, &value, &mut content);
                }
                Kind::Status(status) => self.status(status, &value, &mut facts),
                Kind::Unknown if value.is_string() => {
                    self.content(
                        Content::Text(name),
                        foreign::Side::Input,
                        &value,
                        &mut content,
                    );
                }
                Kind::Unknown => {
                    facts.insert(name, value);
                }
                Kind::Dropped => {}
            }
        }
        for (name, value) in content {
            self.content.insert(name, value);
        }
        self.write(facts, is_adopted);
    }

    /// Writes the content, now that the span ends.
    pub(super) fn finish(&mut self) {
        let mut content = Attributes::default();
        for (name, value) in std::mem::take(&mut self.content) {
            if self.value(name).is_none() {
                content.push(name, value);
            }
        }
        if content.is_empty() {
            return;
        }
        let (root, own) = (span::root_of(&self.span), span::id_of(&self.span));
        budget::spend(root, own, &mut content);
        for (name, value) in content {
            self.span.set_data(name, value);
        }
    }

    /// Writes facts, but for those on which someone else, as a call that adopted the span, has had the last word.
    fn write(&mut self, facts: BTreeMap<&'static str, Value>, is_adopted: bool) {
        let operation = facts.get(names::OPERATION_NAME).cloned();
        let operation = operation.or_else(|| self.value(names::OPERATION_NAME));
        let operation = operation
            .as_ref()
            .and_then(Value::as_str)
            .and_then(error_type_text);
        // The calls below tell what they used up.
        let has_usage = !is_adopted && operation.is_none_or(calls_a_model);
        let renames = [
            names::OPERATION_NAME,
            names::REQUEST_MODEL,
            names::AGENT_NAME,
            names::TOOL_NAME,
        ];
        let is_renamed = renames.iter().any(|name| facts.contains_key(name));
        for (name, value) in facts {
            if name.starts_with("gen_ai.usage.") && !has_usage {
                continue;
            }
            let known = self.value(name);
            if known.is_none() || known.as_ref() == self.written.get(name) {
                self.span.set_data(name, value.clone());
                self.written.insert(name, value);
            }
        }
        if is_renamed
            && !is_adopted
            && let Some(operation) = operation
        {
            self.span.set_op(&["gen_ai.", operation].concat());
            let subject = match operation {
                "execute_tool" => names::TOOL_NAME,
                "invoke_agent" | "create_agent" => names::AGENT_NAME,
                "invoke_workflow" => names::PIPELINE_NAME,
                _ => names::REQUEST_MODEL,
            };
            let subject = self.value(subject);
            match subject.as_ref().and_then(Value::as_str) {
                Some(subject) => self.span.set_name(&[operation, subject].join(" ")),
                None => self.span.set_name(operation),
            }
        }
    }

    fn content(&self, kind: Content, side: foreign::Side, value: &Value, to: &mut Attributes) {
        let printed;
        let text = if let Value::String(text) = value {
            text
        } else {
            printed = value.to_string();
            &printed
        };
        let settings = &self.settings;
        match kind {
            Content::Messages => foreign::record_messages(text, side, settings, to),
            Content::System => foreign::record_instructions(text, settings, to),
            Content::Tools => foreign::record_definitions(text, settings, to),
            Content::Stop => foreign::record_stop(text, settings, to),
            Content::Text(name) => record_text(name, text, settings, to),
        }
    }

    fn status(&self, status: Status, value: &Value, facts: &mut BTreeMap<&'static str, Value>) {
        let text = value.as_str().unwrap_or_default();
        let has_failed = match status {
            Status::Code if text.eq_ignore_ascii_case("error") => true,
            Status::Code => {
                if text.eq_ignore_ascii_case("ok") && self.span.get_status().is_none() {
                    self.span.set_status(SpanStatus::Ok);
                }
                false
            }
            Status::ErrorType => {
                let is_plain = |text: &str| {
                    let mut bytes = text.bytes();
                    bytes.all(|byte| byte.is_ascii_alphanumeric() || b"_.-:".contains(&byte))
                };
                if let Some(text) = bounded(text).filter(|text| text.len() <= 64 && is_plain(text))
                {
                    facts.insert(names::ERROR_TYPE, text.into());
                }
                !text.is_empty()
            }
            Status::Error => !matches!(value, Value::Bool(false)) && text != "false",
        };
        if has_failed {
            self.span.set_status(SpanStatus::InternalError);
        }
    }

    /// What the Sentry span holds under this name.
    fn value(&self, name: &str) -> Option<Value> {
        match &self.span {
            TransactionOrSpan::Span(span) => span.data().get(name).cloned(),
            TransactionOrSpan::Transaction(transaction) => {
                let data = transaction.data();
                let mut values = data.iter();
                values.find_map(|(known, value)| (known == name).then(|| value.clone()))
            }
        }
    }
}

fn calls_a_model(operation: &str) -> bool {
    ![
        "invoke_agent",
        "create_agent",
        "invoke_workflow",
        "execute_tool",
        "plan",
        "handoff",
    ]
    .contains(&operation)
}

fn origin(target: &str) -> &'static str {
    let framework = target.split("::").next().unwrap_or_default();
    match framework {
        "genai" => "auto.ai.genai",
        "rig" => "auto.ai.rig",
        name if name.starts_with("rig_") => "auto.ai.rig",
        _ => "auto.ai.tracing",
    }
}

/// Reads fields, but for those that will not be recorded.
struct Fields<'s> {
    settings: &'s Settings,
    read: Vec<(&'static str, Kind, Value)>,
}

impl Fields<'_> {
    /// The kind of a field whose value is wanted; texts of unknown fields are content of both sides.
    fn wanted(&self, field: &Field, is_text: bool) -> Option<Kind> {
        let (inputs, outputs) = (self.settings.record_inputs, self.settings.record_outputs);
        let kind = kind(field.name());
        let is_wanted = match kind {
            Kind::Dropped => false,
            Kind::Input(_) => inputs,
            Kind::Output(_) => outputs,
            Kind::Unknown => !is_text || (inputs && outputs),
            Kind::Fact(..) | Kind::Status(_) => true,
        };
        is_wanted.then_some(kind)
    }

    fn push(&mut self, field: &Field, value: impl Into<Value>) {
        let value = value.into();
        // What is no number in JSON is null.
        if let Some(kind) = self.wanted(field, false).filter(|_| !value.is_null()) {
            self.read.push((field.name(), kind, value));
        }
    }

    fn push_text(&mut self, field: &Field, text: impl FnOnce() -> String) {
        if let Some(kind) = self.wanted(field, true) {
            self.read.push((field.name(), kind, text().into()));
        }
    }
}

impl Visit for Fields<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.push(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.push(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.push(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.push(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.push_text(field, || value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.push_text(field, || format!("{value:?}"));
    }
}
