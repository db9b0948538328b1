//! What the fields of frameworks' spans mean: one table of all names.

use sentry_core::protocol::Value;
use serde_json::Number;

use crate::record::attributes::names;
use crate::record::error_type_text;

/// What a field says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A fact, under today's name.
    Fact(&'static str, Type),
    /// Content of the request.
    Input(Content),
    /// Content of the reply.
    Output(Content),
    /// How it ended.
    Status(Status),
    /// Nothing that is recorded.
    Dropped,
    /// Not known: a text is content of both sides, anything else a fact.
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Text,
    Int,
    Double,
    Bool,
    /// A JSON array in a string, of one or many.
    Reasons,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Messages,
    System,
    Tools,
    Stop,
    /// A text or JSON, under this name.
    Text(&'static str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// `OK` or `ERROR`.
    Code,
    /// A name of what went wrong.
    ErrorType,
    /// Something that went wrong, whatever it says.
    Error,
}

/// The kind of a field by its name.
pub(super) fn kind(name: &str) -> Kind {
    use Kind::{Dropped, Fact, Input, Output, Unknown};
    use Type::{Bool, Double, Int, Reasons, Text};

    match name {
        "gen_ai.operation.name" => Fact(names::OPERATION_NAME, Text),
        "gen_ai.provider.name" | "gen_ai.system" => Fact(names::PROVIDER_NAME, Text),
        "gen_ai.request.model" => Fact(names::REQUEST_MODEL, Text),
        "gen_ai.request.temperature" => Fact(names::REQUEST_TEMPERATURE, Double),
        "gen_ai.request.top_p" => Fact(names::REQUEST_TOP_P, Double),
        "gen_ai.request.top_k" => Fact("gen_ai.request.top_k", Int),
        "gen_ai.request.frequency_penalty" => Fact(names::REQUEST_FREQUENCY_PENALTY, Double),
        "gen_ai.request.presence_penalty" => Fact(names::REQUEST_PRESENCE_PENALTY, Double),
        "gen_ai.request.max_tokens" => Fact(names::REQUEST_MAX_TOKENS, Int),
        "gen_ai.request.seed" => Fact(names::REQUEST_SEED, Text),
        "gen_ai.request.reasoning.level" => Fact(names::REQUEST_REASONING_LEVEL, Text),
        "gen_ai.request.encoding_format" | "gen_ai.request.encoding_formats" => {
            Fact(names::REQUEST_ENCODING_FORMAT, Text)
        }
        "gen_ai.request.dimensions"
        | "gen_ai.embeddings.dimension.count"
        | "embeddings.dimension.count" => Fact(names::REQUEST_DIMENSIONS, Int),
        "gen_ai.request.stream"
        | "gen_ai.request.is_stream"
        | "gen_ai.request.streaming"
        | "gen_ai.response.streaming" => Fact(names::RESPONSE_STREAMING, Bool),
        "gen_ai.response.id" => Fact(names::RESPONSE_ID, Text),
        "gen_ai.response.model" => Fact(names::RESPONSE_MODEL, Text),
        "gen_ai.response.finish_reasons" | "gen_ai.response.finish_reason" => {
            Fact(names::RESPONSE_FINISH_REASONS, Reasons)
        }
        "gen_ai.response.time_to_first_chunk" | "gen_ai.response.time_to_first_token" => {
            Fact(names::RESPONSE_TIME_TO_FIRST_CHUNK, Double)
        }
        "gen_ai.usage.input_tokens" | "gen_ai.usage.prompt_tokens" => {
            Fact(names::USAGE_INPUT_TOKENS, Int)
        }
        "gen_ai.usage.output_tokens" | "gen_ai.usage.completion_tokens" => {
            Fact(names::USAGE_OUTPUT_TOKENS, Int)
        }
        "gen_ai.usage.total_tokens" => Fact(names::USAGE_TOTAL_TOKENS, Int),
        "gen_ai.usage.cache_read.input_tokens"
        | "gen_ai.usage.cache_read_input_tokens"
        | "gen_ai.usage.cached_input_tokens"
        | "gen_ai.usage.input_tokens.cached" => Fact(names::USAGE_CACHE_READ_INPUT_TOKENS, Int),
        "gen_ai.usage.cache_creation.input_tokens"
        | "gen_ai.usage.cache_creation_input_tokens"
        | "gen_ai.usage.input_tokens.cache_write" => {
            Fact(names::USAGE_CACHE_CREATION_INPUT_TOKENS, Int)
        }
        "gen_ai.usage.reasoning.output_tokens"
        | "gen_ai.usage.reasoning_tokens"
        | "gen_ai.usage.thinking_tokens"
        | "gen_ai.usage.output_tokens.reasoning" => Fact(names::USAGE_REASONING_OUTPUT_TOKENS, Int),
        "gen_ai.conversation.id" => Fact(names::CONVERSATION_ID, Text),
        "gen_ai.agent.name" => Fact(names::AGENT_NAME, Text),
        "gen_ai.pipeline.name" | "gen_ai.workflow.name" => Fact(names::PIPELINE_NAME, Text),
        "gen_ai.tool.name" => Fact(names::TOOL_NAME, Text),
        "gen_ai.tool.call.id" => Fact(names::TOOL_CALL_ID, Text),
        "gen_ai.prompt.name" => Fact("gen_ai.prompt.name", Text),
        "server.address" => Fact(names::SERVER_ADDRESS, Text),
        "server.port" => Fact(names::SERVER_PORT, Int),

        "gen_ai.input.messages" | "gen_ai.prompt" | "gen_ai.request.messages" => {
            Input(Content::Messages)
        }
        "gen_ai.system_instructions" | "gen_ai.system.message" => Input(Content::System),
        "gen_ai.tool.definitions" | "gen_ai.request.available_tools" => Input(Content::Tools),
        "gen_ai.request.stop_sequences" => Input(Content::Stop),
        "gen_ai.embeddings.input" => Input(Content::Text(names::EMBEDDINGS_INPUT)),
        "gen_ai.tool.description" => Input(Content::Text(names::TOOL_DESCRIPTION)),
        "gen_ai.tool.call.arguments" | "gen_ai.tool.input" => {
            Input(Content::Text(names::TOOL_CALL_ARGUMENTS))
        }
        "gen_ai.output.messages"
        | "gen_ai.completion"
        | "gen_ai.response.text"
        | "gen_ai.response.tool_calls" => Output(Content::Messages),
        "gen_ai.tool.call.result" | "gen_ai.tool.output" | "gen_ai.tool.message" => {
            Output(Content::Text(names::TOOL_CALL_RESULT))
        }

        "otel.status_code" => Kind::Status(Status::Code),
        "error.type" | "gen_ai.tool.error.type" => Kind::Status(Status::ErrorType),
        "error" => Kind::Status(Status::Error),

        // Of tracing-opentelemetry and sentry-tracing, of no meaning to a reader of the span, or Sentry's to reckon. What
        // tools use up is part of the input already.
        "gen_ai.output.type"
        | "gen_ai.operation.type"
        | "gen_ai.tool.type"
        | "gen_ai.usage.tool_use_prompt_tokens"
        | "gen_ai.response.tokens_per_second" => Dropped,
        name if ["otel.", "sentry.", "rig.", "exception."]
            .iter()
            .any(|prefix| name.starts_with(prefix)) =>
        {
            Dropped
        }
        _ => Unknown,
    }
}

impl Type {
    /// A value as this type; `None` where it can't be one.
    pub(super) fn of(self, value: Value) -> Option<Value> {
        match (self, value) {
            (Self::Text, Value::String(text)) => bounded(&text).map(Value::from),
            (Self::Text, value) => Some(value.to_string().into()),
            (Self::Int, Value::Number(number)) => integer(&number).map(Value::from),
            (Self::Int, Value::String(text)) => {
                let number: Number = serde_json::from_str(text.trim()).ok()?;
                integer(&number).map(Value::from)
            }
            (Self::Double, Value::Number(number)) => number.as_f64().map(Value::from),
            (Self::Double, Value::String(text)) => {
                let number: f64 = text.trim().parse().ok()?;
                number.is_finite().then(|| number.into())
            }
            (Self::Bool, Value::Bool(value)) => Some(value.into()),
            (Self::Bool, Value::String(text)) => text.trim().parse::<bool>().ok().map(Value::from),
            (Self::Reasons, Value::String(text)) => reasons(&text).map(Value::from),
            _ => None,
        }
    }
}

/// A count, also one that is written with a fraction of zero.
fn integer(number: &Number) -> Option<u64> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole, not negative and below 2^53"
    )]
    let whole = |number: f64| {
        let is_whole = number.fract() == 0.0 && (0.0..9e15).contains(&number);
        is_whole.then_some(number as u64)
    };
    number.as_u64().or_else(|| whole(number.as_f64()?))
}

/// The beginning of a fact's text; `None` if it is empty.
pub(super) fn bounded(text: &str) -> Option<&str> {
    const MOST: usize = 1_024;

    let end = (0..=text.len().min(MOST))
        .rev()
        .find(|end| text.is_char_boundary(*end))?;
    text.get(..end).filter(|text| !text.is_empty())
}

/// Reasons to finish as a JSON array: from one, from a JSON array, or from how Rust prints a list.
fn reasons(text: &str) -> Option<String> {
    let reasons = match serde_json::from_str::<Value>(text) {
        Ok(Value::Array(reasons)) => reasons,
        Ok(Value::String(reason)) => vec![reason.into()],
        _ => vec![text.into()],
    };
    let names = reasons.iter().filter_map(Value::as_str);
    let names: Vec<_> = names.filter_map(error_type_text).take(64).collect();
    (!names.is_empty()).then(|| Value::from(names).to_string())
}
