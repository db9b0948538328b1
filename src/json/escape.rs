//! Texts as they stand in JSON strings: escaped as far as there is room, and measured.

/// Appends the text, escaped, until `to` has `end` bytes; returns what has no room.
pub(crate) fn push<'t>(text: &'t str, end: usize, to: &mut String) -> &'t str {
    let mut rest = text;
    loop {
        let room = end.saturating_sub(to.len());
        let bytes = rest.as_bytes();
        let seen = bytes.get(..room).unwrap_or(bytes);
        let escaped = escaped_at(seen);
        let run = escaped.unwrap_or_else(|| boundary(rest, room));
        let (run, after) = rest.split_at_checked(run).unwrap_or_default();
        to.push_str(run);
        let Some(byte) = escaped.and_then(|at| seen.get(at)) else {
            return after;
        };
        if !push_escape(*byte, end, to) {
            return after;
        }
        rest = after.get(1..).unwrap_or_default();
    }
}

/// The bytes that a text takes as a JSON string.
pub(crate) fn encoded_len(text: &str) -> usize {
    // Blocks of a fixed size, which compilers count in vectors of bytes (bench row "200 kB prompt").
    let (blocks, rest) = text.as_bytes().as_chunks::<128>();
    let escapes = blocks.iter().map(|block| escapes_len(block)).sum::<usize>();
    text.len() + escapes + escapes_len(rest) + 2
}

/// The last character boundary that is not past `end`.
pub(crate) fn boundary(text: &str, end: usize) -> usize {
    let mut end = end.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    end
}

/// `false` if there is no room for it.
fn push_escape(byte: u8, end: usize, to: &mut String) -> bool {
    let escape = match byte {
        b'"' => "\\\"",
        b'\\' => "\\\\",
        b'\n' => "\\n",
        b'\r' => "\\r",
        b'\t' => "\\t",
        0x8 => "\\b",
        0xc => "\\f",
        control => return push_code(control, end, to),
    };
    let fits = to.len() + escape.len() <= end;
    if fits {
        to.push_str(escape);
    }
    fits
}

fn push_code(control: u8, end: usize, to: &mut String) -> bool {
    let fits = to.len() + 6 <= end;
    if fits {
        let digits = [control >> 4, control & 15].map(|digit| char::from_digit(digit.into(), 16));
        to.push_str("\\u00");
        to.extend(digits.into_iter().flatten());
    }
    fits
}

/// Where the first byte stands that a JSON string can't hold as it is.
fn escaped_at(bytes: &[u8]) -> Option<usize> {
    // Two words at once, which compilers make one vector (bench rows "200 kB prompt" and "200 kB reply").
    let (words, _) = bytes.as_chunks::<8>();
    let (pairs, _) = words.as_chunks::<2>();
    for (index, [first, second]) in pairs.iter().enumerate() {
        let (first, second) = (escaped_in(*first), escaped_in(*second));
        if first | second != 0 {
            let bits = match first {
                0 => 64 + second.trailing_zeros(),
                first => first.trailing_zeros(),
            };
            return Some(index * 16 + bits as usize / 8);
        }
    }
    let start = pairs.len() * 16;
    let rest = bytes.get(start..).unwrap_or_default();
    Some(start + rest.iter().position(|byte| is_escaped(*byte))?)
}

/// The lowest bit that is set is the high bit of the first byte that is escaped; 0 if there is none.
///
/// A byte that is too small for what is taken from it borrows, which sets its high bit. Above the first, borrows
/// make others look so too. See [Bit Twiddling Hacks].
///
/// [Bit Twiddling Hacks]: https://graphics.stanford.edu/~seander/bithacks.html#HasLessInWord
fn escaped_in(word: [u8; 8]) -> u64 {
    const EACH: u64 = u64::MAX / 255;
    let word = u64::from_le_bytes(word);
    // With this bit flipped, quotes are next to the control characters.
    let below = (word ^ (EACH * 0x02)).wrapping_sub(EACH * 0x21);
    let backslash = (word ^ (EACH * 0x5c)).wrapping_sub(EACH);
    (below | backslash) & !word & (EACH * 0x80)
}

fn is_escaped(byte: u8) -> bool {
    is_control(byte) || byte == b'"' || byte == b'\\'
}

fn is_control(byte: u8) -> bool {
    byte < 0x20
}

/// What escapes add to at most 128 bytes.
fn escapes_len(block: &[u8]) -> usize {
    let quotes = count(block, |byte| matches!(byte, b'"' | b'\\'));
    let least = block.iter().fold(u8::MAX, |least, byte| least.min(*byte));
    // JSON within JSON has no control characters.
    if !is_control(least) {
        return quotes;
    }
    let letters = count(block, |byte| matches!(byte, 0x8..=0xa | 0xc | 0xd));
    quotes + 5 * count(block, is_control) - 4 * letters
}

fn count(block: &[u8], is: impl Fn(u8) -> bool) -> usize {
    let count = block
        .iter()
        .fold(0, |count, byte| count + u8::from(is(*byte)));
    usize::from(count)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// One by one.
    fn naive(text: &str, end: usize, to: &mut String) -> usize {
        for (at, character) in text.char_indices() {
            let json = serde_json::to_string(&character).unwrap();
            let json = json.get(1..json.len() - 1).unwrap();
            if to.len() + json.len() > end {
                return at;
            }
            to.push_str(json);
        }
        text.len()
    }

    fn agrees(text: &str, end: usize) {
        let (mut fast, mut slow) = ("before".to_owned(), "before".to_owned());
        let rest = push(text, end, &mut fast);
        let taken = naive(text, end, &mut slow);
        assert_eq!((fast.as_str(), rest), (slow.as_str(), &text[taken..]));
    }

    #[test]
    fn each_byte_is_escaped_as_serde_json_escapes_it_wherever_it_stands() {
        let characters = (0..0x180).filter_map(char::from_u32).chain(['…', '😀']);
        for character in characters {
            for (before, after) in (0..40).map(|at| (at, 40 - at)) {
                let text = format!("{}{character}{}", "x".repeat(before), "y".repeat(after));
                agrees(&text, usize::MAX);
                agrees(&text, 6 + 30);
                let json = serde_json::to_string(&text).unwrap();
                assert_eq!(encoded_len(&text), json.len());
            }
        }
    }

    proptest! {
        #[test]
        fn texts_are_escaped_as_one_by_one(text in "[\"\\\\\u{0}-\u{1f}\u{20}-\u{23}\u{5b}-\u{5d}\u{7f}-\u{82}a…😀]{0,200}", end in 0..300_usize) {
            agrees(&text, end);
            prop_assert_eq!(encoded_len(&text), serde_json::to_string(&text).unwrap().len());
        }

        #[test]
        fn long_texts_with_few_escapes_are_escaped_as_one_by_one(text in "([a-z]{0,60}[\"\n\u{1}ä]){0,8}", end in 0..300_usize) {
            agrees(&text, end);
            prop_assert_eq!(encoded_len(&text), serde_json::to_string(&text).unwrap().len());
        }
    }
}
