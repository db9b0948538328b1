//! Binary content within texts: base64 is found in one pass, and a marker takes its place.
//!
//! A `data:` URL is found by its `;base64,`, and base64 alone by its length: prose has a space or a sign within
//! [`LINE`] bytes, so most bytes of a text are not even looked at (bench row "200 kB prompt").

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::json::escape::boundary;

/// Stands where binary content was.
pub(crate) const SUBSTITUTE: &str = "[Blob substitute]";

/// Base64 on its own is binary if it has more characters than this, line breaks aside.
const LONGEST_TEXT: usize = 200;
/// The shortest line of base64 that goes on in a next one.
const LINE: usize = 48;
/// The longest `data:image/png;charset=...` that is looked for.
const LONGEST_HEAD: usize = 256;
/// The least that follows a `data:...;base64,` which is more than a mention of it.
const SHORTEST_DATA: usize = 4;
/// The shortest last line that needs no look: words are shorter.
const LONGEST_WORD: usize = 24;

const NEEDLE: &[u8] = b";base64,";

static FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(NEEDLE));

/// The text with the marker in the place of base64. Of a text that is longer than `room` no more is read, and given
/// back, than tells that it is.
pub(crate) fn without_binary(text: &str, room: usize) -> Cow<'_, str> {
    if text.len() <= NEEDLE.len() + SHORTEST_DATA {
        return Cow::Borrowed(text);
    }
    let mut runs = Runs::new(text.as_bytes());
    let mut clean = String::new();
    let mut from = 0;
    while let Some(run) = runs.next(from, from.saturating_add(room.saturating_sub(clean.len()))) {
        clean.push_str(text.get(from..run.start).unwrap_or_default());
        clean.push_str(SUBSTITUTE);
        from = run.end;
        if clean.len() > room {
            return Cow::Owned(clean);
        }
    }
    if from == 0 {
        return Cow::Borrowed(text);
    }
    let rest = text.get(from..).unwrap_or_default();
    // With the character that is too much for the room.
    let end = boundary(rest, (room - clean.len()).saturating_add(4));
    clean.push_str(rest.get(..end).unwrap_or_default());
    Cow::Owned(clean)
}

/// A text that grows by pieces, without the base64 that came so far; `None` if it has none.
pub(crate) fn compacted(text: &str) -> Option<String> {
    match without_binary(text, usize::MAX) {
        Cow::Borrowed(_) => None,
        Cow::Owned(text) => Some(text),
    }
}

/// The next piece of a text that may end in a marker: without the base64 that it stands for already.
pub(crate) fn continuing<'p>(text: &str, piece: &'p str) -> &'p str {
    if !text.ends_with(SUBSTITUTE) {
        return piece;
    }
    let padding = piece.bytes().take_while(|byte| *byte == b'=').count();
    let end = padding.max(read_run(piece.as_bytes(), 0).end);
    piece.get(end..).unwrap_or_default()
}

/// Where base64 stands.
#[derive(Clone, Copy, Debug)]
struct Run {
    start: usize,
    end: usize,
}

struct Runs<'t> {
    text: &'t [u8],
    /// The next `data:` URL, and up to where there is no other.
    data: Option<Run>,
    searched: usize,
}

impl<'t> Runs<'t> {
    fn new(text: &'t [u8]) -> Self {
        Self {
            text,
            data: None,
            searched: 0,
        }
    }

    /// The next run that starts from here on and before `until`.
    fn next(&mut self, from: usize, until: usize) -> Option<Run> {
        if self.data.is_none_or(|run| run.start < from) && self.searched < self.text.len() {
            self.data = self.data_url(from, until);
        }
        let data = self.data.filter(|run| (from..until).contains(&run.start));
        let before = data.map_or(until, |run| run.start);
        self.bare(from, before).or(data)
    }

    /// The next `data:` URL of base64.
    fn data_url(&mut self, from: usize, until: usize) -> Option<Run> {
        let end = until.saturating_add(LONGEST_HEAD).min(self.text.len());
        let mut at = from.max(self.searched);
        while let Some(found) = FINDER.find(self.text.get(at..end)?) {
            let head_end = at + found;
            at = head_end + NEEDLE.len();
            let payload = read_run(self.text, at);
            if payload.characters >= SHORTEST_DATA
                && let Some(start) = head(self.text, from, head_end)
            {
                self.searched = payload.end;
                return Some(Run {
                    start,
                    end: payload.end,
                });
            }
        }
        // A needle may straddle the end.
        self.searched = if end == self.text.len() {
            end
        } else {
            at.max(end.saturating_sub(NEEDLE.len()))
        };
        None
    }

    /// The next base64 on its own.
    fn bare(&self, from: usize, until: usize) -> Option<Run> {
        let mut start = from;
        loop {
            start = stretch(self.text, start, until)?;
            let line = read_line(self.text, start);
            if line.characters < LINE {
                let next = after_break(self.text, line.end).unwrap_or(line.end + 1);
                start = next.max(start + 1);
                continue;
            }
            let run = read_run(self.text, start);
            if run.characters > LONGEST_TEXT && run.look.is_binary() {
                let end = run.end;
                return Some(Run { start, end });
            }
            start = run.end;
        }
    }
}

/// Where the `data:` stands that this is the end of.
fn head(text: &[u8], from: usize, end: usize) -> Option<usize> {
    const SCHEME: &[u8] = b"data:";

    let first = from.max(end.saturating_sub(LONGEST_HEAD));
    let mut start = end;
    while start > first {
        start -= 1;
        let byte = *text.get(start)?;
        if byte.is_ascii_whitespace() || b"\"'`<>()[]{},".contains(&byte) {
            return None;
        }
        let scheme = text.get(start..start + SCHEME.len())?;
        if scheme.eq_ignore_ascii_case(SCHEME) {
            return Some(start);
        }
    }
    None
}

/// The start of the next [`LINE`] bytes that could all be of base64.
fn stretch(text: &[u8], from: usize, until: usize) -> Option<usize> {
    let mut start = from;
    while start < until {
        let window = text.get(start..start + LINE)?;
        match window.iter().rposition(|byte| !is_of_a_stretch(*byte)) {
            Some(at) => start += at + 1,
            None => return Some(start),
        }
    }
    None
}

fn is_of_a_stretch(byte: u8) -> bool {
    CLASS
        .get(usize::from(byte))
        .is_some_and(|class| *class != 0)
}

/// What a run has of the kinds of characters that base64 is made of.
#[derive(Clone, Copy, Debug, Default)]
struct Look(u8);

impl Look {
    const UPPER: u8 = 1;
    const LOWER: u8 = 2;
    const DIGIT: u8 = 4;
    const SIGN: u8 = 8;
    /// A backslash: JSON in a string escapes a slash and a line break.
    const ESCAPE: u8 = 16;

    /// Words, paths, hexadecimal numbers and sequences of one kind have not all of them.
    fn is_binary(self) -> bool {
        const ALL: u8 = Look::UPPER | Look::LOWER | Look::DIGIT;
        self.0 & ALL == ALL
    }

    fn has_more_than_letters(self) -> bool {
        self.0 & (Self::DIGIT | Self::SIGN) != 0
    }
}

static CLASS: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut classes = [0; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        #[expect(clippy::indexing_slicing, reason = "it is below 128")]
        {
            classes[byte as usize] = match byte {
                b'A'..=b'Z' => Look::UPPER,
                b'a'..=b'z' => Look::LOWER,
                b'0'..=b'9' => Look::DIGIT,
                b'+' | b'/' | b'-' | b'_' => Look::SIGN,
                b'\\' => Look::ESCAPE,
                _ => 0,
            };
        }
        byte += 1;
    }
    classes
}

/// A line of base64, or several.
#[derive(Clone, Copy, Debug, Default)]
struct Read {
    characters: usize,
    end: usize,
    look: Look,
    is_padded: bool,
}

/// Base64 from here on, with the lines in which it goes on.
fn read_run(text: &[u8], start: usize) -> Read {
    let mut run = read_line(text, start);
    let width = run.characters;
    while !run.is_padded
        && width >= LINE
        && let Some(next) = after_break(text, run.end)
    {
        let line = read_line(text, next);
        let is_last = line.characters < width;
        if line.characters == 0 || line.characters > width || (is_last && !ends_run(text, &line)) {
            break;
        }
        run = Read {
            characters: run.characters + line.characters,
            end: line.end,
            look: Look(run.look.0 | line.look.0),
            is_padded: line.is_padded || is_last,
        };
    }
    run
}

/// Whether a short line after lines of base64 is their last, and no word of the text that follows.
fn ends_run(text: &[u8], line: &Read) -> bool {
    let is_alone = !matches!(
        text.get(line.end),
        Some(b' ' | b'\t' | b',' | b'.' | b':' | b';' | b'!' | b'?' | b'\'' | 128..)
    );
    line.is_padded
        || line.characters > LONGEST_WORD
        || (is_alone && line.look.has_more_than_letters())
}

/// Base64 from here to the end of its line.
fn read_line(text: &[u8], start: usize) -> Read {
    let mut line = Read {
        end: start,
        ..Read::default()
    };
    while let Some(byte) = text.get(line.end) {
        let class = CLASS.get(usize::from(*byte)).copied().unwrap_or_default();
        let (symbol, length) = match (class, byte) {
            (Look::ESCAPE, _) | (_, b'%') => match escaped(text, line.end) {
                Some(escaped) => escaped,
                None => break,
            },
            (0, b'=') => (b'=', 1),
            (0, _) => break,
            _ => {
                if line.is_padded {
                    break;
                }
                line.look.0 |= class;
                line.characters += 1;
                line.end += 1;
                continue;
            }
        };
        match symbol {
            b'=' if line.characters > 0 => line.is_padded = true,
            b'+' | b'/' if !line.is_padded => {
                line.look.0 |= Look::SIGN;
                line.characters += 1;
            }
            _ => break,
        }
        line.end += length;
    }
    line
}

/// The sign that an escape stands for (`\/`, `\u002B`, `%2B`, also in JSON within JSON), and its length.
fn escaped(text: &[u8], at: usize) -> Option<(u8, usize)> {
    let rest = text.get(at..)?;
    if let Some([b'%', high, low]) = rest.first_chunk() {
        return Some((sign(*high, *low)?, 3));
    }
    let backslashes = rest.iter().take_while(|byte| **byte == b'\\').count();
    match rest.get(backslashes..)? {
        [b'/', ..] => Some((b'/', backslashes + 1)),
        [b'n', ..] => Some((b'\n', backslashes + 1)),
        [b'r', ..] => Some((b'\r', backslashes + 1)),
        [b'u', b'0', b'0', high, low, ..] => Some((sign(*high, *low)?, backslashes + 5)),
        _ => None,
    }
}

/// The sign of base64, or the line break, with this code.
fn sign(high: u8, low: u8) -> Option<u8> {
    match (high, low.to_ascii_lowercase()) {
        (b'2', b'b') => Some(b'+'),
        (b'2', b'f') => Some(b'/'),
        (b'3', b'd') => Some(b'='),
        (b'0', b'a') => Some(b'\n'),
        (b'0', b'd') => Some(b'\r'),
        _ => None,
    }
}

/// Where the next line begins, its indentation left out, if this is the end of one.
fn after_break(text: &[u8], end: usize) -> Option<usize> {
    let mut at = end;
    let mut is_broken = false;
    while let Some(byte) = text.get(at) {
        at += match byte {
            b'\n' | b'\r' => 1,
            b' ' | b'\t' if is_broken => 1,
            b'\\' | b'%' => match escaped(text, at) {
                Some((b'\n' | b'\r', length)) => length,
                _ => break,
            },
            _ => break,
        };
        is_broken = true;
    }
    is_broken.then_some(at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Base64 of an image, as far as one can tell.
    fn base64(characters: usize) -> String {
        const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut state = 7_u64;
        let symbols = (0..characters).map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            char::from(ALPHABET[(state >> 58) as usize])
        });
        symbols.collect()
    }

    fn in_lines(base64: &str, width: usize, line_break: &str) -> String {
        let characters: Vec<char> = base64.chars().collect();
        let lines = characters.chunks(width).map(|line| line.iter().collect());
        lines.collect::<Vec<String>>().join(line_break)
    }

    #[test]
    fn base64_gives_way_to_a_marker_and_the_text_around_it_stays() {
        let long = base64(4_000);
        let short = base64(24);
        let padded = format!("{}==", base64(2_002));
        let escaped = long.replace('/', "\\/").replace('+', "\\u002B");
        let percent = long
            .replace('/', "%2F")
            .replace('+', "%2b")
            .replace('=', "%3D");
        let runs = [
            long.clone(),
            padded.clone(),
            escaped.clone(),
            escaped.replace('\\', "\\\\"),
            format!("data:image/png;base64,{short}"),
            format!("DATA:image/png;charset=utf-8;base64,{padded}"),
            format!("data:image\\/png;base64,{escaped}"),
            format!("data:;base64,{percent}"),
            in_lines(&padded, 76, "\r\n"),
            in_lines(&padded, 64, "\n"),
            in_lines(&padded, 76, "\n    "),
            in_lines(&padded, 76, "\\n"),
            in_lines(&padded, 76, "\\\\r\\\\n"),
            format!("data:image/png;base64,{}", in_lines(&padded, 76, "\n")),
        ];
        let around = [
            ("", ""),
            ("before ", " after"),
            ("{\"data\":\"", "\",\"note\":\"taken at noon\"}"),
            ("{\\\"data\\\":\\\"", "\\\"}"),
            ("Here: ![image](", ") Do you like it?"),
            ("grüß ", "… gut"),
            ("one\n\n", "\nNext paragraph"),
            ("words in a row ", "\n\nNext"),
        ];
        for run in &runs {
            for (before, after) in around {
                let text = [before, run, after].concat();
                let expected = [before, SUBSTITUTE, after].concat();
                assert_eq!(without_binary(&text, usize::MAX), expected, "{text}");
                let twice = [text.as_str(), " and ", &text].concat();
                let expected = [expected.as_str(), " and ", &expected].concat();
                assert_eq!(without_binary(&twice, usize::MAX), expected, "{twice}");
            }
        }
    }

    #[test]
    fn what_is_no_binary_stays() {
        let words = "antidisestablishmentarianism/".repeat(40);
        let hashes = "d41d8cd98f00b204e9800998ecf8427e\n".repeat(40);
        let identifiers = "Item4711\n".repeat(100);
        let table = [
            "x".repeat(5_000),
            "ACGT".repeat(500),
            "deadbeef0123".repeat(100),
            words,
            hashes,
            identifiers,
            base64(200),
            "data:image/png;base64, is how it begins, then come data:,base64, and so on".to_owned(),
            "key=".repeat(200),
            "=".repeat(3_000),
            "\\".repeat(3_000),
            "\n".repeat(3_000),
            "ü".repeat(3_000),
            "A line of 48 characters or more, as prose has them.\n".repeat(50),
            "https://Example.com/a/B1?c=D2&e=".repeat(20),
        ];
        for text in &table {
            assert_eq!(without_binary(text, usize::MAX), text.as_str());
        }
    }

    #[test]
    fn no_more_is_read_than_there_is_room_for() {
        let run = base64(300);
        let text = format!("{}{run} and {run} end", "word ".repeat(100));
        let whole = without_binary(&text, usize::MAX).into_owned();
        for room in 0..whole.len() + 5 {
            let clean = without_binary(&text, room);
            if clean.len() <= room {
                assert_eq!(clean, whole);
            } else {
                let shown = boundary(&clean, room);
                assert_eq!(clean[..shown], whole[..shown], "{room}");
            }
        }
    }

    #[test]
    fn what_goes_on_in_the_next_piece_is_left_out() {
        let run = base64(50);
        let marker = format!("an image: {SUBSTITUTE}");
        let table = [
            (marker.as_str(), format!("{run} and"), " and"),
            (&marker, format!("{run}=) and"), ") and"),
            (&marker, "==) and".to_owned(), ") and"),
            (&marker, run.clone(), ""),
            (&marker, " and".to_owned(), " and"),
            (&marker, String::new(), ""),
            ("an image: ", run.clone(), &run),
        ];
        for (text, piece, rest) in table {
            assert_eq!(continuing(text, &piece), rest, "{piece}");
        }
        assert_eq!(compacted("nothing"), None);
        assert_eq!(compacted(&base64(300)).as_deref(), Some(SUBSTITUTE));
    }

    proptest! {
        #[test]
        fn whatever_stands_around_it_none_of_a_long_run_is_left(
            before in "[a-zA-Z0-9 \"\\\\\n=%,;:äö]{0,120}",
            after in "[ \"\\\\\n,;:äö][a-zA-Z0-9 \"\\\\\n=%,;:äö]{0,120}",
            length in 201..900_usize,
        ) {
            let run = base64(length);
            let text = [before.as_str(), &run, &after].concat();
            let clean = without_binary(&text, usize::MAX);
            prop_assert!(clean.contains(SUBSTITUTE), "{}", clean);
            prop_assert!(!clean.contains(&run[..30]) && !clean.contains(&run[length - 30..]), "{}", clean);
        }

        #[test]
        fn any_text_stays_a_text(text in "(data:|;base64,|[A-Za-z0-9+/=\\\\%\n ]{0,80}|[äöü\"]){0,12}", room in 0..400_usize) {
            let clean = without_binary(&text, room);
            prop_assert!(clean.len() <= text.len() + SUBSTITUTE.len() * text.len());
        }
    }
}
