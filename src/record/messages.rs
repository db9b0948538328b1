//! Messages as they are recorded: a role and its parts, whatever API they come from.
//!
//! Sentry's panel shows of a message either its texts and media, or its objects, or its calls, or their results, and
//! nothing of a part whose type it does not know. So an unknown part is an `object`, and a message of several kinds is
//! one for each kind (the test `panel` has the panel's rules).

use std::borrow::Cow;

use serde_json::Value;

use super::escape::encoded_len;
use super::json::{Full, Json, Writer};
use super::media::{self, Location};
use super::secret::without_credentials;

/// What one side said at once.
pub(crate) struct Message<'a> {
    pub(crate) role: &'a str,
    pub(crate) parts: Vec<Part<'a>>,
    pub(crate) finish_reason: Option<&'a str>,
}

/// A piece of a message.
pub(crate) enum Part<'a> {
    Text(&'a str),
    Reasoning(&'a str),
    ToolCall {
        id: Option<&'a str>,
        name: &'a str,
        arguments: Option<Content<'a>>,
    },
    ToolCallResponse {
        id: Option<&'a str>,
        result: Option<Content<'a>>,
    },
    Media {
        modality: &'a str,
        mime_type: Option<&'a str>,
        filename: Option<&'a str>,
        source: Source<'a>,
    },
    /// Tools that come along.
    Tools {
        kind: &'a str,
        tools: Vec<Definition<'a>>,
    },
    /// Whatever else, as it came.
    Other(&'a dyn Json),
    /// A part that is shown only as what it is not.
    Object(Box<Part<'a>>),
}

/// Where media is.
#[derive(Clone, Copy)]
pub(crate) enum Source<'a> {
    Uri(&'a str),
    /// In the message itself, which is not recorded.
    Inline,
    /// A file that the server has, by its id.
    File(&'a str),
}

/// What a tool is given, or gives.
pub(crate) enum Content<'a> {
    Text(&'a str),
    Parts(Vec<Part<'a>>),
    Code(&'a str),
    Tools(Vec<Definition<'a>>),
    /// JSON of a type that is known to hold no secrets.
    Known(&'a dyn Json),
    Json(&'a dyn Json),
}

/// A tool that the model may call.
pub(crate) struct Definition<'a> {
    pub(crate) kind: &'a str,
    pub(crate) name: Option<&'a str>,
    pub(crate) description: Option<&'a str>,
    pub(crate) parameters: Option<&'a dyn Json>,
}

/// Parts that are shown together, in the order in which the messages of one stand. Objects come first, so that the
/// last message of the user's is a text where there is one.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Object,
    Text,
    ToolCall,
    ToolCallResponse,
}

impl<'a> Message<'a> {
    pub(crate) fn new(role: &'a str, parts: Vec<Part<'a>>) -> Self {
        let role = if role == "function" { "tool" } else { role };
        Self {
            role,
            parts,
            finish_reason: None,
        }
    }

    pub(super) fn weight(&self) -> usize {
        let parts = self.parts.iter().map(Part::weight);
        parts.fold(32, usize::saturating_add)
    }

    /// The message as one for each kind of its parts; none, if it has no parts.
    pub(super) fn by_kind(mut self) -> Vec<Self> {
        let mut kinds = self.parts.iter().filter_map(Part::kind);
        let first = kinds.next();
        if kinds.all(|kind| Some(kind) == first) {
            return if self.parts.is_empty() {
                Vec::new()
            } else {
                vec![self]
            };
        }
        let kinds = [
            Kind::Object,
            Kind::Text,
            Kind::ToolCall,
            Kind::ToolCallResponse,
        ];
        let mut messages: Vec<Self> = Vec::new();
        for kind in kinds {
            // Reasoning stands before what came of it.
            let of_kind = |part: &mut Part<'_>| match part.kind() {
                Some(known) => known == kind,
                None => kind != Kind::Object,
            };
            if !self.parts.iter().any(|part| part.kind() == Some(kind)) {
                continue;
            }
            let parts = self.parts.extract_if(.., of_kind).collect();
            messages.push(Self {
                role: match kind {
                    Kind::ToolCallResponse => "tool",
                    _ => self.role,
                },
                parts,
                finish_reason: self.finish_reason,
            });
        }
        messages
    }

    /// The message with as much of its parts as there is room for, or nothing.
    pub(super) fn write(&self, to: &mut Writer<'_>) -> Result<(), Full> {
        to.object(|to| {
            to.field("role", |to| match self.role {
                "user" | "assistant" | "tool" => to.whole(self.role),
                unknown => to.name(unknown),
            })?;
            let reason = self.finish_reason;
            let after = reason.map_or(0, |reason| 18 + encoded_len(reason));
            to.reserving(after, |to| {
                to.field("parts", |to| write_parts(&self.parts, to))
            })?;
            match reason {
                Some(reason) => to.field("finish_reason", |to| to.whole(reason)),
                None => Ok(()),
            }
        })
    }
}

impl<'a> Part<'a> {
    /// A text, if it is not empty.
    pub(crate) fn text(text: &'a str) -> Option<Self> {
        (!text.is_empty()).then_some(Self::Text(text))
    }

    /// An element of a list of parts whose type is not known. A string stands for a text.
    pub(crate) fn unknown(value: &'a Value) -> Option<Self> {
        let text = match value {
            Value::Null => return None,
            Value::String(text) => Some(text),
            Value::Object(part) if part.get("type").and_then(Value::as_str) == Some("text") => {
                match part.get("text") {
                    Some(Value::String(text)) => Some(text),
                    _ => None,
                }
            }
            _ => None,
        };
        match text {
            Some(text) => Self::text(text),
            None => Some(Self::Other(value)),
        }
    }

    /// Media by the text of its URL field.
    pub(crate) fn media(modality: &'a str, url: &'a str) -> Self {
        let (mime_type, source) = match Location::of(url) {
            Location::Uri(uri) => (None, Source::Uri(uri)),
            Location::Inline(mime_type) => (mime_type, Source::Inline),
        };
        Self::Media {
            modality,
            mime_type,
            filename: None,
            source,
        }
    }

    /// A file's data: a `data:` URL, or base64 alone.
    pub(crate) fn file_data(data: &'a str, filename: Option<&'a str>) -> Self {
        let named = filename.and_then(media::mime_type_of_file);
        let mime_type = media::data_url(data)
            .and_then(|url| url.mime_type)
            .or(named);
        Self::Media {
            modality: media::modality(mime_type),
            mime_type,
            filename,
            source: Source::Inline,
        }
    }

    /// A file that the server has.
    pub(crate) fn file(modality: &'a str, file_id: &'a str, filename: Option<&'a str>) -> Self {
        Self::Media {
            modality,
            mime_type: None,
            filename,
            source: Source::File(file_id),
        }
    }

    /// The media with the name of its file.
    pub(crate) fn named(mut self, name: Option<&'a str>) -> Self {
        if let Self::Media { filename, .. } = &mut self {
            *filename = name;
        }
        self
    }

    /// A recording by the name of its encoding.
    pub(crate) fn audio(format: Option<&str>) -> Self {
        Self::Media {
            modality: "audio",
            mime_type: match format {
                Some("wav") => Some("audio/wav"),
                Some("mp3") => Some("audio/mpeg"),
                _ => None,
            },
            filename: None,
            source: Source::Inline,
        }
    }

    /// The part as it is shown in an answer: there the results of calls are not.
    pub(crate) fn in_answer(self) -> Self {
        match self {
            Self::ToolCallResponse { .. } => Self::Object(Box::new(self)),
            other => other,
        }
    }

    /// With what it is shown; `None` of reasoning, which stands beside anything.
    fn kind(&self) -> Option<Kind> {
        match self {
            Self::Reasoning(_) => None,
            Self::Text(_) | Self::Media { .. } => Some(Kind::Text),
            Self::ToolCall { .. } => Some(Kind::ToolCall),
            Self::ToolCallResponse { .. } => Some(Kind::ToolCallResponse),
            Self::Tools { .. } | Self::Other(_) | Self::Object(_) => Some(Kind::Object),
        }
    }

    /// About the bytes it takes, without reading it.
    fn weight(&self) -> usize {
        const AROUND: usize = 48;
        let inside = match self {
            Self::Text(text) | Self::Reasoning(text) => text.len(),
            Self::ToolCall {
                name, arguments, ..
            } => name.len() + 48 + arguments.as_ref().map_or(0, Content::weight),
            Self::ToolCallResponse { result, .. } => {
                48 + result.as_ref().map_or(0, Content::weight)
            }
            Self::Media {
                source, filename, ..
            } => {
                let source = match source {
                    Source::Uri(text) | Source::File(text) => text.len(),
                    Source::Inline => media::SUBSTITUTE.len(),
                };
                80 + source + filename.map_or(0, |name| name.len() + 16)
            }
            Self::Tools { .. } | Self::Other(_) => 256,
            Self::Object(part) => part.weight(),
        };
        inside.saturating_add(AROUND)
    }

    /// Whether the weight is no more than a guess.
    fn is_guessed(&self) -> bool {
        match self {
            Self::Tools { .. } | Self::Other(_) => true,
            Self::ToolCall {
                arguments: content, ..
            }
            | Self::ToolCallResponse {
                result: content, ..
            } => {
                matches!(
                    content,
                    Some(
                        Content::Json(_)
                            | Content::Known(_)
                            | Content::Tools(_)
                            | Content::Parts(_)
                    )
                )
            }
            Self::Object(part) => part.is_guessed(),
            _ => false,
        }
    }

    fn write(&self, to: &mut Writer<'_>) -> Result<(), Full> {
        to.object(|to| match self {
            Self::Text(text) => {
                kind(to, "text")?;
                to.field("content", |to| to.content(text))
            }
            Self::Reasoning(text) => {
                kind(to, "reasoning")?;
                to.field("content", |to| to.content(text))
            }
            Self::ToolCall {
                id,
                name,
                arguments,
            } => {
                kind(to, "tool_call")?;
                optional(to, "id", *id)?;
                to.field("name", |to| to.name(name))?;
                match arguments {
                    Some(arguments) => to.field("arguments", |to| arguments.write(to)),
                    None => Ok(()),
                }
            }
            Self::ToolCallResponse { id, result } => {
                kind(to, "tool_call_response")?;
                optional(to, "id", *id)?;
                match result {
                    Some(result) => to.field("result", |to| result.write_text(to)),
                    None => Ok(()),
                }
            }
            Self::Media {
                modality,
                mime_type,
                filename,
                source,
            } => write_media(modality, *mime_type, *filename, *source, to),
            Self::Tools { kind: name, tools } => {
                kind(to, "object")?;
                to.field("content", |to| {
                    to.object(|to| {
                        kind(to, name)?;
                        to.field("tools", |to| write_tools(tools, to))
                    })
                })
            }
            Self::Other(value) => {
                kind(to, "object")?;
                to.field("content", |to| to.hiding_secrets(|to| value.write(to)))
            }
            Self::Object(part) => {
                kind(to, "object")?;
                to.field("content", |to| part.write(to))
            }
        })
    }

    /// The part as a line of text.
    fn as_line(&self, settings: &Writer<'_>) -> Cow<'a, str> {
        match self {
            Self::Text(text) | Self::Reasoning(text) => Cow::Borrowed(text),
            Self::Media { source, .. } => match source {
                Source::Uri(uri) => without_credentials(uri),
                Source::Inline => Cow::Borrowed(media::SUBSTITUTE),
                Source::File(id) => Cow::Borrowed(id),
            },
            other => {
                let mut line = settings.beside();
                // Without room for anything, nothing is written.
                let _ = match other {
                    Self::Other(value) => line.hiding_secrets(|line| value.write(line)),
                    other => other.write(&mut line),
                };
                Cow::Owned(line.finish().0)
            }
        }
    }
}

fn write_media(
    modality: &str,
    mime_type: Option<&str>,
    filename: Option<&str>,
    source: Source<'_>,
    to: &mut Writer<'_>,
) -> Result<(), Full> {
    let address = match source {
        Source::Uri(uri) => without_credentials(uri),
        _ => Cow::Borrowed(""),
    };
    let named = || media::mime_type_of_file(filename.unwrap_or(&address));
    let mime_type = mime_type.or_else(named).unwrap_or(match modality {
        "image" => "image/*",
        "audio" => "audio/*",
        "video" => "video/*",
        _ => "application/octet-stream",
    });
    kind(
        to,
        match source {
            Source::Uri(_) => "uri",
            Source::Inline => "blob",
            Source::File(_) => "file",
        },
    )?;
    to.field("modality", |to| to.whole(modality))?;
    to.field("mime_type", |to| to.name(mime_type))?;
    if let Some(filename) = filename.filter(|name| !name.is_empty()) {
        to.field("filename", |to| to.content(filename))?;
    }
    match source {
        Source::Uri(_) => to.field("uri", |to| to.content(&address)),
        Source::Inline => to.field("content", |to| to.whole(media::SUBSTITUTE)),
        Source::File(id) => to.field("file_id", |to| to.name(id)),
    }
}

impl Content<'_> {
    fn weight(&self) -> usize {
        match self {
            Self::Text(text) | Self::Code(text) => text.len(),
            Self::Parts(parts) => parts
                .iter()
                .map(Part::weight)
                .fold(2, usize::saturating_add),
            Self::Json(_) | Self::Known(_) | Self::Tools(_) => 256,
        }
    }

    fn write(&self, to: &mut Writer<'_>) -> Result<(), Full> {
        match self {
            Self::Text(text) if media::data_url(text).is_some() => to.whole(media::SUBSTITUTE),
            Self::Text(text) => to.content(text),
            Self::Parts(parts) => write_parts(parts, to),
            Self::Code(code) => to.object(|to| to.field("code", |to| to.content(code))),
            Self::Known(value) => value.write(to),
            Self::Json(value) => to.hiding_secrets(|to| value.write(to)),
            Self::Tools(tools) => write_tools(tools, to),
        }
    }

    /// The content as one text: the panel writes `[object Object]` for what is none.
    fn write_text(&self, to: &mut Writer<'_>) -> Result<(), Full> {
        match self {
            Self::Text(_) => self.write(to),
            Self::Parts(parts) => {
                let lines: Vec<_> = parts.iter().map(|part| part.as_line(to)).collect();
                match &*lines {
                    [line] => to.content(line),
                    lines => to.content(&lines.join("\n")),
                }
            }
            _ => to.encoded(|to| self.write(to)),
        }
    }
}

impl Definition<'_> {
    fn least(&self) -> usize {
        // {"type":"","name":""},
        let name = self.name.map_or(0, |name| encoded_len(name) + 8);
        encoded_len(self.kind) + 10 + name
    }

    /// The type and the name, or nothing; the rest as far as there is room.
    pub(super) fn write(&self, to: &mut Writer<'_>, after: usize) -> Result<(), Full> {
        to.object(|to| {
            to.field("type", |to| to.name(self.kind))?;
            optional(to, "name", self.name)?;
            to.reserving(after, |to| {
                if let Some(description) = self.description
                    && to
                        .field("description", |to| to.content(description))
                        .is_err()
                {
                    return;
                }
                if let Some(parameters) = self.parameters {
                    // Without room, the tool stands without them.
                    let _ = to.field("parameters", |to| parameters.write(to));
                }
            });
            Ok(())
        })
    }
}

/// What an unknown tool tells of itself; nothing else of it is recorded.
pub(crate) fn definition_of(tool: &Value) -> Definition<'_> {
    Definition {
        kind: tool
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or("unknown"),
        name: tool.get("name").and_then(Value::as_str),
        description: tool.get("description").and_then(Value::as_str),
        parameters: tool
            .get("parameters")
            .filter(|schema| schema.is_object())
            .map(|schema| schema as _),
    }
}

/// A list of parts, each with its share of the room. None, where there are some, is nothing.
pub(super) fn write_parts(parts: &[Part<'_>], to: &mut Writer<'_>) -> Result<(), Full> {
    to.list(|to| {
        let room = to.room();
        let share = share(parts.iter().map(Part::weight), room);
        let mut is_empty = true;
        for part in parts {
            let is_light = part.weight() <= share && !part.is_guessed();
            let most = if is_light || share == usize::MAX {
                to.room()
            } else {
                share
            };
            let written = to.within(most, |to| to.element(|to| part.write(to)));
            is_empty &= written.is_err();
        }
        if is_empty && !parts.is_empty() {
            Err(Full)
        } else {
            Ok(())
        }
    })
}

pub(super) fn write_tools(tools: &[Definition<'_>], to: &mut Writer<'_>) -> Result<(), Full> {
    to.list(|to| {
        // What the tools that follow need at least, each with a comma and a brace.
        let mut after = tools.iter().map(|tool| tool.least() + 3).sum::<usize>();
        for tool in tools {
            after -= tool.least() + 3;
            if to.element(|to| tool.write(to, after)).is_err() {
                break;
            }
        }
        Ok(())
    })
}

/// The room that none of these may pass so that all have room; those that need less leave theirs to the others.
pub(super) fn share(weights: impl Iterator<Item = usize> + Clone, room: usize) -> usize {
    const LEAST: usize = 64;
    if weights.clone().fold(0, usize::saturating_add) <= room {
        return usize::MAX;
    }
    let mut weights: Vec<usize> = weights.collect();
    weights.sort_unstable();
    let mut left = room;
    let mut others = weights.len();
    for weight in weights {
        let share = left / others;
        if weight > share {
            return share.max(LEAST);
        }
        left -= weight;
        others -= 1;
    }
    usize::MAX
}

fn kind(to: &mut Writer<'_>, kind: &str) -> Result<(), Full> {
    to.field("type", |to| to.whole(kind))
}

fn optional(to: &mut Writer<'_>, name: &str, text: Option<&str>) -> Result<(), Full> {
    match text {
        Some(text) => to.field(name, |to| to.name(text)),
        None => Ok(()),
    }
}
