//! Binary content: what it looks like, and what stands in its place.

pub(crate) use crate::types::binary::SUBSTITUTE;

/// Where media is, by the text of its URL field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Location<'a> {
    Uri(&'a str),
    /// Within the text itself, with the type that a `data:` URL names.
    Inline(Option<&'a str>),
}

impl<'a> Location<'a> {
    pub(crate) fn of(url: &'a str) -> Self {
        match data_url(url) {
            Some(DataUrl { mime_type }) => Self::Inline(mime_type),
            None if is_base64(url, 100) => Self::Inline(None),
            None => Self::Uri(url),
        }
    }
}

/// What kind of media a MIME type names.
pub(crate) fn modality(mime_type: Option<&str>) -> &'static str {
    match mime_type.and_then(|mime_type| mime_type.split('/').next()) {
        Some("image") => "image",
        Some("audio") => "audio",
        Some("video") => "video",
        _ => "document",
    }
}

/// The MIME type that a file's name tells.
pub(crate) fn mime_type_of_file(name: &str) -> Option<&'static str> {
    let (_, extension) = name.rsplit_once('.')?;
    let known = [
        ("pdf", "application/pdf"),
        ("txt", "text/plain"),
        ("csv", "text/csv"),
        ("json", "application/json"),
        ("gif", "image/gif"),
        ("webp", "image/webp"),
        ("svg", "image/svg+xml"),
        ("mp4", "video/mp4"),
        ("md", "text/markdown"),
        ("html", "text/html"),
        ("png", "image/png"),
        ("jpg", "image/jpeg"),
        ("jpeg", "image/jpeg"),
        ("wav", "audio/wav"),
        ("mp3", "audio/mpeg"),
    ];
    known
        .iter()
        .find(|(known, _)| extension.eq_ignore_ascii_case(known))
        .map(|(_, mime_type)| *mime_type)
}

/// Whether a text is binary content: a `data:` URL, or a run of base64 that is longer than texts are where it
/// stands.
pub(crate) fn is_binary(expected: bool, text: &str) -> bool {
    let shortest = if expected { 100 } else { 512 };
    data_url(text).is_some() || is_base64(text, shortest)
}

/// A text that holds its media itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct DataUrl<'a> {
    pub(crate) mime_type: Option<&'a str>,
}

/// The text as a `data:` URL, if it is one.
pub(crate) fn data_url(text: &str) -> Option<DataUrl<'_>> {
    const LONGEST_HEAD: usize = 256;

    let scheme = text.as_bytes().get(..5)?;
    if !scheme.eq_ignore_ascii_case(b"data:") {
        return None;
    }
    let rest = text.get(5..)?;
    let comma = rest.bytes().take(LONGEST_HEAD).position(|b| b == b',')?;
    let head = rest.get(..comma)?;
    if head.bytes().any(|b| b.is_ascii_whitespace()) {
        return None;
    }
    let mime_type = head
        .split(';')
        .next()
        .filter(|mime_type| is_mime_type(mime_type));
    let is_base64 = head.to_ascii_lowercase().ends_with(";base64");
    (mime_type.is_some() || is_base64).then_some(DataUrl { mime_type })
}

/// Whether fields of this name often hold binary content.
pub(crate) fn holds_binary(key: &str) -> bool {
    const KEYS: [&str; 14] = [
        "audio",
        "b64_json",
        "base64",
        "blob",
        "bytes",
        "data",
        "encrypted_content",
        "file_data",
        "image",
        "image_data",
        "image_url",
        "partial_image_b64",
        "result",
        "url",
    ];
    KEYS.contains(&key)
}

fn is_mime_type(text: &str) -> bool {
    text.len() <= 64
        && text.contains('/')
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"/.+-_".contains(&b))
}

/// Whether the text has at least so many bytes and begins like base64. Only the beginning is read.
fn is_base64(text: &str, shortest: usize) -> bool {
    text.len() >= shortest
        && text
            .bytes()
            .take(512)
            .all(|b| b.is_ascii_alphanumeric() || b"+/-_=\r\n".contains(&b))
        && !text
            .bytes()
            .take(512)
            .all(|b| b == b'-' || b == b'=' || b == b'_' || b == b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_url_tells_its_type() {
        let cases = [
            ("data:image/png;base64,AAAA", Some(Some("image/png"))),
            ("DATA:audio/wav,x", Some(Some("audio/wav"))),
            ("data:;base64,AAAA", Some(None)),
            (
                "data:image/svg+xml;charset=utf-8,%3Csvg",
                Some(Some("image/svg+xml")),
            ),
            ("data: here, there", None),
            ("data:,", None),
            ("data", None),
            ("https://example.com/data:image/png,", None),
            ("dätä:image/png,", None),
        ];
        for (text, expected) in cases {
            let mime_type = data_url(text).map(|url| url.mime_type);
            assert_eq!(mime_type, expected, "{text}");
        }
    }

    #[test]
    fn base64_is_binary_where_it_is_expected_or_long() {
        let short = "QUJD".repeat(30);
        let long = "QUJD".repeat(200);
        assert!(is_binary(true, &short));
        assert!(!is_binary(false, &short));
        assert!(is_binary(false, &long));
        assert!(!is_binary(true, &"some words ".repeat(20)));
        assert!(!is_binary(false, &"-".repeat(2000)));
    }

    #[test]
    fn media_is_a_uri_or_inline() {
        let base64 = "QUJD".repeat(30);
        assert_eq!(
            Location::of("https://a.b/c.png"),
            Location::Uri("https://a.b/c.png")
        );
        assert_eq!(
            Location::of("data:image/gif;base64,R0"),
            Location::Inline(Some("image/gif"))
        );
        assert_eq!(Location::of(&base64), Location::Inline(None));
    }
}
