//! Files that are sent with a request.

use std::fmt;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use serde::{Serialize, Serializer};

use super::open::Open;

/// A file to be uploaded: its name, its content type, and its bytes or where they are.
///
/// Its content type is by the ending of its name (`audio.mp3`, `cat.png`), `application/octet-stream` if that says
/// nothing.
///
/// ```
/// use sentry_openai::Upload;
///
/// let of_bytes = Upload::new("notes.txt", "some text");
/// let of_a_path = Upload::path("recordings/monday.mp3");
/// ```
#[derive(Clone, Default, PartialEq)]
pub struct Upload {
    pub(crate) name: String,
    pub(crate) content_type: String,
    pub(crate) source: Source,
}

/// Where a file's bytes are.
#[derive(Clone, PartialEq)]
pub(crate) enum Source {
    Bytes(Bytes),
    /// They are read while they are sent, on every attempt anew.
    Path(PathBuf),
}

impl Default for Source {
    fn default() -> Self {
        Self::Bytes(Bytes::new())
    }
}

impl Upload {
    /// A file of this name with these bytes.
    pub fn new(name: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        Self::of(name.into(), Source::Bytes(bytes.into()))
    }

    /// The file at this path, under the last part of it as its name. It is opened when the request is sent, again for
    /// each attempt, and read piece by piece: it is never in memory as a whole.
    ///
    /// A file that can't be read is an [`Error::Config`](crate::Error::Config) of the call.
    pub fn path(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Self::of(name.into_owned(), Source::Path(path))
    }

    fn of(name: String, source: Source) -> Self {
        Self {
            content_type: content_type(&name).to_owned(),
            name,
            source,
        }
    }

    /// Sets the name that the API is told.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets the content type.
    #[must_use]
    pub fn content_type(mut self, content_type: impl Into<String>) -> Self {
        self.content_type = content_type.into();
        self
    }
}

/// Of the content, only its size is shown.
impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Upload");
        debug
            .field("name", &self.name)
            .field("content_type", &self.content_type);
        match &self.source {
            Source::Bytes(bytes) => debug.field("bytes", &bytes.len()),
            Source::Path(path) => debug.field("path", path),
        };
        debug.finish()
    }
}

/// `null`: JSON holds no files.
impl Serialize for Upload {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_unit()
    }
}

/// None: JSON holds no files.
impl Open for Upload {}

/// The content type of a file by its name.
fn content_type(name: &str) -> &'static str {
    const TYPES: [(&str, &str); 27] = [
        ("csv", "text/csv"),
        (
            "docx",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        ("flac", "audio/flac"),
        ("gif", "image/gif"),
        ("html", "text/html"),
        ("jpeg", "image/jpeg"),
        ("jpg", "image/jpeg"),
        ("json", "application/json"),
        ("jsonl", "application/jsonl"),
        ("m4a", "audio/mp4"),
        ("md", "text/markdown"),
        ("mp3", "audio/mpeg"),
        ("mp4", "video/mp4"),
        ("mpeg", "audio/mpeg"),
        ("mpga", "audio/mpeg"),
        ("oga", "audio/ogg"),
        ("ogg", "audio/ogg"),
        ("opus", "audio/ogg"),
        ("pdf", "application/pdf"),
        ("png", "image/png"),
        (
            "pptx",
            "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        ),
        ("txt", "text/plain"),
        ("wav", "audio/wav"),
        ("webm", "audio/webm"),
        ("webp", "image/webp"),
        (
            "xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
        ("xml", "application/xml"),
    ];
    let ending = Path::new(name).extension().unwrap_or_default();
    let found = TYPES.iter().find(|(of, _)| ending.eq_ignore_ascii_case(of));
    found.map_or("application/octet-stream", |(_, content_type)| content_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_type_is_by_the_ending_of_the_name() {
        let table = [
            ("cat.PNG", "image/png"),
            ("a.b.jsonl", "application/jsonl"),
            ("speech.mp3", "audio/mpeg"),
            ("file", "application/octet-stream"),
            ("file.unknown", "application/octet-stream"),
            (".mp3", "application/octet-stream"),
            ("", "application/octet-stream"),
        ];
        for (name, expected) in table {
            assert_eq!(Upload::new(name, "").content_type, expected, "{name}");
            assert_eq!(Upload::path(name).content_type, expected, "{name}");
        }
    }

    #[test]
    fn debug_shows_no_content() {
        let upload = Upload::new("a.txt", "SECRET");
        assert!(!format!("{upload:?}").contains("SECRET"));
    }
}
