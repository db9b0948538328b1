//! Forms with files (`multipart/form-data`), that can be sent on every attempt anew.

use std::fmt::{self, Write as _};
use std::fs::File;
use std::io::{self, Read as _};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http_body::{Frame, SizeHint};
use serde::Serialize;
use serde_json::Value;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::error::Error;
use crate::types::upload::{Source, Upload};

/// The fields and files of a form (`multipart/form-data`).
///
/// ```
/// use sentry_openai::{Form, Upload};
///
/// let form = Form::new()
///     .text("purpose", "user_data")
///     .file("file", Upload::path("report.pdf"));
/// ```
#[derive(Clone, Default)]
#[must_use]
pub struct Form {
    fields: Vec<(String, Field)>,
}

#[derive(Clone)]
enum Field {
    Text(String),
    File(Upload),
}

impl Form {
    /// A form without fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a field.
    pub fn text(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.fields.push((name.into(), Field::Text(value.into())));
        self
    }

    /// Adds a file.
    pub fn file(mut self, name: impl Into<String>, file: Upload) -> Self {
        self.fields.push((name.into(), Field::File(file)));
        self
    }

    /// Adds files of one name.
    pub(super) fn files<'f>(self, name: &str, files: impl IntoIterator<Item = &'f Upload>) -> Self {
        let files = files.into_iter();
        files.fold(self, |form, file| form.file(name, file.clone()))
    }

    /// The fields of a request, named as OpenAI's own clients name them: elements of a list `name[]`, fields of an
    /// object `name[field]`.
    pub(super) fn of(request: &impl Serialize) -> Result<Self, Error> {
        let mut form = Self::new();
        if let Value::Object(fields) = serde_json::to_value(request).map_err(Error::Encode)? {
            for (name, value) in fields {
                form.value(name, value);
            }
        }
        Ok(form)
    }

    fn value(&mut self, name: String, value: Value) {
        let text = match value {
            Value::Null => return,
            Value::Array(elements) => {
                for element in elements {
                    self.value(format!("{name}[]"), element);
                }
                return;
            }
            Value::Object(fields) => {
                for (field, value) in fields {
                    self.value(format!("{name}[{field}]"), value);
                }
                return;
            }
            Value::String(text) => text,
            other => other.to_string(),
        };
        self.fields.push((name, Field::Text(text)));
    }

    /// What is sent: the content type and the pieces of the body.
    pub(super) fn encode(self) -> (String, Vec<Piece>) {
        let boundary = format!("{:032x}{:032x}", fastrand::u128(..), fastrand::u128(..));
        let mut pieces = Vec::new();
        let mut text = String::new();
        for (name, field) in self.fields {
            let _ = write!(
                text,
                "--{boundary}\r\ncontent-disposition: form-data; name=\"{}\"",
                Quoted(&name)
            );
            match field {
                Field::Text(value) => {
                    text.push_str("\r\n\r\n");
                    text.push_str(&value);
                }
                Field::File(file) => {
                    let _ = write!(
                        text,
                        "; filename=\"{}\"\r\ncontent-type: {}\r\n\r\n",
                        Quoted(&file.name),
                        Quoted(&file.content_type),
                    );
                    pieces.push(Piece::Bytes(std::mem::take(&mut text).into()));
                    pieces.push(match file.source {
                        Source::Bytes(bytes) => Piece::Bytes(bytes),
                        Source::Path(path) => Piece::File {
                            path: path.into(),
                            name: file.name.into(),
                        },
                    });
                }
            }
            text.push_str("\r\n");
        }
        let _ = write!(text, "--{boundary}--\r\n");
        pieces.push(Piece::Bytes(text.into()));
        (format!("multipart/form-data; boundary={boundary}"), pieces)
    }
}

/// The names alone: values and files may be private.
impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.fields.iter().map(|(name, _)| name);
        f.write_str("Form ")?;
        f.debug_list().entries(names).finish()
    }
}

/// A name between quotes, escaped by the
/// [HTML standard](https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data).
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '"' => f.write_str("%22")?,
                '\r' => f.write_str("%0D")?,
                '\n' => f.write_str("%0A")?,
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}

/// A part of a body.
#[derive(Clone)]
pub(super) enum Piece {
    Bytes(Bytes),
    File {
        path: std::sync::Arc<std::path::Path>,
        name: std::sync::Arc<str>,
    },
}

/// The pieces as one, if all are in memory.
pub(super) fn joined(pieces: &[Piece]) -> Option<Bytes> {
    let all = pieces.iter().map(|piece| match piece {
        Piece::Bytes(bytes) => Some(bytes),
        Piece::File { .. } => None,
    });
    let all = all.collect::<Option<Vec<_>>>()?;
    let mut joined = BytesMut::with_capacity(all.iter().map(|bytes| bytes.len()).sum());
    for bytes in all {
        joined.extend_from_slice(bytes);
    }
    Some(joined.freeze())
}

/// Opens the files of a body.
pub(super) async fn open(pieces: &[Piece]) -> Result<reqwest::Body, Error> {
    let mut parts = Vec::with_capacity(pieces.len());
    for piece in pieces {
        parts.push(match piece {
            Piece::Bytes(bytes) => Part::Bytes(bytes.clone()),
            Piece::File { path, name } => {
                let path = path.clone();
                let opened = spawn_blocking(move || {
                    let file = File::open(path)?;
                    let length = file.metadata()?.len();
                    Ok((file, length))
                });
                let opened = opened.await.map_err(io::Error::other).flatten();
                let (file, length) = opened.map_err(|error| {
                    Error::Config(format!("the file {name:?} can't be uploaded: {error}"))
                })?;
                Part::File(file, length)
            }
        });
    }
    parts.reverse();
    let left = parts.iter().map(Part::len).sum();
    Ok(reqwest::Body::wrap(Parts {
        rest: parts,
        reading: None,
        left,
    }))
}

enum Part {
    Bytes(Bytes),
    /// A file and how much of it is to be sent.
    File(File, u64),
}

impl Part {
    fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File(_, length) => *length,
        }
    }
}

/// A body of several parts, read as they are sent.
struct Parts {
    /// The last one first.
    rest: Vec<Part>,
    /// A piece of a file that is being read, and how much of the file is left with it.
    reading: Option<JoinHandle<io::Result<(File, u64, Bytes)>>>,
    left: u64,
}

impl http_body::Body for Parts {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let bytes = loop {
            if let Some(reading) = &mut self.reading {
                let read = ready!(Pin::new(reading).poll(cx));
                self.reading = None;
                let (file, left, bytes) = read.map_err(io::Error::other).flatten()?;
                if left > 0 {
                    self.rest.push(Part::File(file, left));
                }
                break bytes;
            }
            match self.rest.pop() {
                None => return Poll::Ready(None),
                Some(Part::Bytes(bytes)) if bytes.is_empty() => {}
                Some(Part::Bytes(bytes)) => break bytes,
                Some(Part::File(_, 0)) => {}
                Some(Part::File(file, left)) => {
                    self.reading = Some(spawn_blocking(move || read(file, left)));
                }
            }
        };
        self.left = self.left.saturating_sub(bytes.len() as u64);
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// Reads the next piece of a file of which so much is left.
fn read(mut file: File, left: u64) -> io::Result<(File, u64, Bytes)> {
    const PIECE: u64 = 256 << 10;

    let mut bytes = Vec::new();
    let count = (&mut file).take(left.min(PIECE)).read_to_end(&mut bytes)?;
    if count == 0 {
        return Err(io::Error::new(
            io::ErrorKind::UnexpectedEof,
            "the file became shorter while it was sent",
        ));
    }
    Ok((file, left.saturating_sub(count as u64), bytes.into()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_requests_fields_are_named_as_openais_clients_name_them() {
        let request = json!({
            "purpose": "batch", "n": 2, "temperature": 0.5, "stream": true, "user": null,
            "include": ["logprobs"], "expires_after": {"anchor": "created_at", "seconds": 3600},
        });
        let form = Form::of(&request).unwrap();
        let fields: std::collections::BTreeMap<_, _> = form
            .fields
            .iter()
            .map(|(name, field)| match field {
                Field::Text(text) => (&**name, &**text),
                Field::File(_) => (&**name, "file"),
            })
            .collect();
        let expected = [
            ("expires_after[anchor]", "created_at"),
            ("expires_after[seconds]", "3600"),
            ("include[]", "logprobs"),
            ("n", "2"),
            ("purpose", "batch"),
            ("stream", "true"),
            ("temperature", "0.5"),
        ];
        assert_eq!(fields, expected.into());
    }

    #[test]
    fn a_form_is_written_by_the_html_standard() {
        let form = Form::new()
            .text("a\"b\r\n", "x\r\n--y")
            .file("file", Upload::new("c\"d.png", "bytes"));
        assert_eq!(format!("{form:?}"), "Form [\"a\\\"b\\r\\n\", \"file\"]");
        let (content_type, pieces) = form.encode();
        let boundary = content_type
            .strip_prefix("multipart/form-data; boundary=")
            .unwrap();
        let expected = format!(
            "--{boundary}\r\ncontent-disposition: form-data; name=\"a%22b%0D%0A\"\r\n\r\nx\r\n--y\r\n\
             --{boundary}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"c%22d.png\"\r\n\
             content-type: image/png\r\n\r\nbytes\r\n--{boundary}--\r\n"
        );
        assert_eq!(joined(&pieces).unwrap(), expected);
    }
}
