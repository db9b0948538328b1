//! Messages as they are recorded: a role and its parts, whatever API they come from.

use serde_json::Value;

use super::error_type_text;
use super::escape::encoded_len;
use super::json::{Full, Json, Writer};
use super::media::{self, Location};

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
        content: Option<Content<'a>>,
    },
    Uri {
        modality: &'a str,
        uri: &'a str,
    },
    Blob {
        modality: &'a str,
        mime_type: Option<&'a str>,
    },
    File {
        file_id: &'a str,
    },
    /// Tools that come along.
    Tools {
        kind: &'a str,
        tools: Vec<Definition<'a>>,
    },
    /// Whatever else, as it came.
    Other(&'a dyn Json),
}

/// What a tool is given, or gives.
pub(crate) enum Content<'a> {
    Text(&'a str),
    Parts(Vec<Part<'a>>),
    Code(&'a str),
    Tools(Vec<Definition<'a>>),
    Json(&'a dyn Json),
}

/// A tool that the model may call.
pub(crate) struct Definition<'a> {
    pub(crate) kind: &'a str,
    pub(crate) name: Option<&'a str>,
    pub(crate) description: Option<&'a str>,
    pub(crate) parameters: Option<&'a dyn Json>,
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
    /// Media by the text of its URL field.
    pub(crate) fn media(modality: &'a str, url: &'a str) -> Self {
        match Location::of(url) {
            Location::Uri(uri) => Self::Uri { modality, uri },
            Location::Inline(mime_type) => Self::Blob {
                modality,
                mime_type,
            },
        }
    }

    /// A file's data: a `data:` URL, or base64 alone.
    pub(crate) fn file_data(data: &'a str, filename: Option<&str>) -> Self {
        let named = filename.and_then(media::mime_type_of_file);
        let mime_type = media::data_url(data)
            .and_then(|url| url.mime_type)
            .or(named);
        Self::Blob {
            modality: media::modality(mime_type),
            mime_type,
        }
    }

    /// A recording by the name of its encoding.
    pub(crate) fn audio(format: Option<&str>) -> Self {
        let mime_type = match format {
            Some("wav") => Some("audio/wav"),
            Some("mp3") => Some("audio/mpeg"),
            _ => None,
        };
        Self::Blob {
            modality: "audio",
            mime_type,
        }
    }

    /// About the bytes it takes, without reading it.
    fn weight(&self) -> usize {
        const AROUND: usize = 48;
        let inside = match self {
            Self::Text(text) | Self::Reasoning(text) | Self::Uri { uri: text, .. } => text.len(),
            Self::ToolCall {
                name, arguments, ..
            } => name.len() + 48 + arguments.as_ref().map_or(0, Content::weight),
            Self::ToolCallResponse { content, .. } => {
                48 + content.as_ref().map_or(0, Content::weight)
            }
            Self::Blob { .. } | Self::File { .. } => AROUND,
            Self::Tools { .. } | Self::Other(_) => 256,
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
            | Self::ToolCallResponse { content, .. } => {
                matches!(content, Some(Content::Json(_) | Content::Tools(_)))
            }
            _ => false,
        }
    }

    fn write(&self, to: &mut Writer<'_>) -> Result<(), Full> {
        if let Self::Other(value) = self {
            return to.hiding_secrets(|to| value.write(to));
        }
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
            Self::ToolCallResponse { id, content } => {
                kind(to, "tool_call_response")?;
                optional(to, "id", *id)?;
                match content {
                    Some(content) => to.field("content", |to| content.write(to)),
                    None => Ok(()),
                }
            }
            Self::Uri { modality, uri } => {
                kind(to, "uri")?;
                to.field("modality", |to| to.whole(modality))?;
                to.field("uri", |to| to.content(uri))
            }
            Self::Blob {
                modality,
                mime_type,
            } => {
                kind(to, "blob")?;
                to.field("modality", |to| to.whole(modality))?;
                if let Some(mime_type) = mime_type {
                    to.field("mime_type", |to| to.whole(mime_type))?;
                }
                to.field("content", |to| to.whole(media::SUBSTITUTE))
            }
            Self::File { file_id } => {
                kind(to, "file")?;
                to.field("file_id", |to| to.name(file_id))
            }
            Self::Tools { kind: name, tools } => {
                kind(to, name)?;
                to.field("tools", |to| write_tools(tools, to))
            }
            Self::Other(_) => Ok(()),
        })
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
            Self::Json(_) | Self::Tools(_) => 256,
        }
    }

    fn write(&self, to: &mut Writer<'_>) -> Result<(), Full> {
        match self {
            Self::Text(text) if media::data_url(text).is_some() => to.whole(media::SUBSTITUTE),
            Self::Text(text) => to.content(text),
            Self::Parts(parts) => write_parts(parts, to),
            Self::Code(code) => to.object(|to| to.field("code", |to| to.content(code))),
            Self::Json(value) => to.hiding_secrets(|to| value.write(to)),
            Self::Tools(tools) => write_tools(tools, to),
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
            to.field("type", |to| match error_type_text(self.kind) {
                Some(kind) => to.whole(kind),
                None => to.name(self.kind),
            })?;
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
