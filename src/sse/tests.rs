//! The decoder agrees with a naive one on every input, however it is cut.

use proptest::prelude::*;

use super::*;

const NO_LIMIT: usize = usize::MAX;

const FIXTURES: &[&[u8]] = &[
    b"",
    b"\n\n\r\r\r\n\r\n",
    b"data: {\"id\":\"a\"}\n\ndata: {\"id\":\"b\"}\n\ndata: [DONE]\n\n",
    b"data: 1\r\rdata: 2\r\n\r\ndata: 3\n\ndata: 4\r\n\rdata: 5\n\r\ndata: 6\r\n\n",
    b"\xEF\xBB\xBFdata: after the mark\n\n",
    b"\xEF\xBB\xBF\xEF\xBB\xBFdata: only one mark goes\n\ndata: 2\n\n",
    b"\xEF\xBB\xBF\ndata: a mark alone\n\n",
    b"\xEF\xBB",
    b": hello\n\n:\n:data: no\n\ndata: a\n: within\ndata: b\n\n",
    b"event: response.created\ndata: {}\n\ndata: the name is gone\n\n",
    b"event: first\nevent: last\ndata: x\n\nevent\ndata: y\n\nevent:\ndata: z\n\n",
    b"event: error\n\nevent: error\ndata\n\nevent: error\ndata:\n\nevent: error\ndata: null\n\n",
    b"data\n\ndata\ndata\n\ndata:",
    b"data:none\n\ndata: one\n\ndata:  two\n\ndata:\ttab\n\ndata: colon: here\n\n",
    b"data: a\ndata:b\ndata\ndata:  d\n\n",
    b"id: 7\nretry: 10\nfoo: bar\nfoo\ndatum: x\ndataa: x\ndat: x\nDATA: x\n data: x\ndata : x\ndata: y\n\n",
    "data: {\"text\":\"Grüße, 世界 🦀\u{2028}\u{2029}\u{85}\u{b}\u{c}\u{0}\"}\n\nevent: ä\ndata: ö\n\n"
        .as_bytes(),
    b"data: whole\n\ndata: {\"cut\": \"of",
    b"data: whole\n\ndata: a\ndata: b\n",
    b"data: whole\r\n\r\ndata: [DONE]",
    b"data: whole\n\nevent: error\n",
    b": \xFF\n\xFE: x\nid: \xC3\ndata: fine\n\nevent: \xFF\ndata: unknown name\n\n",
    b"data: before\n\ndata: \xFF\n\ndata: after\n\n",
    b"data: before\n\ndata: \xC3\ndata: \xBC\n\n",
    b"data: \xF0\x9F\xA6",
];

#[test]
fn every_fixture_means_the_same_in_two_pieces() {
    for input in FIXTURES {
        for cut in 0..=input.len() {
            assert_agrees(input, &[cut], NO_LIMIT);
        }
    }
}

#[test]
fn every_fixture_means_the_same_in_three_pieces() {
    for input in FIXTURES {
        for first in 0..=input.len() {
            for second in first..=input.len() {
                assert_agrees(input, &[first, second], NO_LIMIT);
            }
        }
    }
}

#[test]
fn every_fixture_means_the_same_byte_by_byte() {
    for input in FIXTURES {
        let cuts: Vec<usize> = (0..input.len()).collect();
        assert_agrees(input, &cuts, NO_LIMIT);
    }
}

#[test]
fn every_fixture_fits_the_limit_however_it_is_cut() {
    for input in FIXTURES {
        let cuts: Vec<usize> = (0..input.len()).collect();
        for limit in 0..input.len() {
            assert_agrees(input, &[], limit);
            assert_agrees(input, &[input.len() / 2], limit);
            assert_agrees(input, &cuts, limit);
        }
    }
}

#[test]
fn an_event_comes_out_with_the_byte_that_ends_it() {
    for input in FIXTURES {
        let mut decoder = Decoder::new(NO_LIMIT);
        let mut events = Vec::new();
        for (index, byte) in input.iter().enumerate() {
            decoder.feed(Bytes::copy_from_slice(&[*byte]));
            drain(&mut decoder, &mut events);
            assert_eq!(events, naive(&input[..=index], NO_LIMIT).0);
        }
    }
}

#[test]
fn frames_may_be_fed_ahead() {
    for input in FIXTURES {
        let mut decoder = Decoder::new(NO_LIMIT);
        for piece in input.chunks(3) {
            decoder.feed(Bytes::copy_from_slice(piece));
            decoder.feed(Bytes::new());
        }
        let mut all = Vec::new();
        while let Some(event) = decoder.end().map(owned).transpose() {
            all.push(event);
        }
        let (mut events, last) = naive(input, NO_LIMIT);
        events.extend(last);
        assert_eq!(all, events);
    }
}

#[test]
fn frames_fed_ahead_keep_their_order() {
    let mut decoder = Decoder::new(NO_LIMIT);
    decoder.feed(Bytes::from_static(b"data: 1\n\n"));
    decoder.feed(Bytes::from_static(b"data: 2\n\n"));
    assert_eq!(decoder.next().unwrap().unwrap().data, "1");
    decoder.feed(Bytes::from_static(b"data: 3\n\n"));
    assert_eq!(decoder.next().unwrap().unwrap().data, "2");
    assert_eq!(decoder.next().unwrap().unwrap().data, "3");
}

#[test]
fn the_standards_examples_mean_what_it_says() {
    for (input, expected) in [
        (
            "data: YHOO\ndata: +2\ndata: 10\n\n",
            &[("", "YHOO\n+2\n10")][..],
        ),
        (
            ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
            &[
                ("", "first event"),
                ("", "second event"),
                ("", " third event"),
            ],
        ),
        ("data\n\ndata\ndata\n\ndata:", &[("", ""), ("", "\n")]),
        ("data:test\n\ndata: test\n\n", &[("", "test"), ("", "test")]),
        (
            "event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\n",
            &[("add", "73857293"), ("remove", "2153")],
        ),
    ] {
        let mut decoder = Decoder::new(NO_LIMIT);
        decoder.feed(Bytes::from_static(input.as_bytes()));
        for (name, data) in expected {
            let event = decoder.next().unwrap().unwrap();
            assert_eq!((event.name, event.data), (*name, *data));
        }
        assert!(decoder.next().unwrap().is_none());
    }
}

#[test]
fn only_done_is_done_blanks_around_it_aside() {
    for (input, done) in [
        ("data: [DONE]\n\n", true),
        ("data:[DONE]\r\r", true),
        ("data: [DONE]", true),
        ("data:  [DONE]\n\n", true),
        ("data: [DONE] \n\n", true),
        ("data: \t[DONE]\t\n\n", true),
        ("data: [DONE]x\n\n", false),
        ("data: [done]\n\n", false),
        ("data: [DONE]\ndata\n\n", true),
    ] {
        let mut decoder = Decoder::new(NO_LIMIT);
        decoder.feed(Bytes::from_static(input.as_bytes()));
        assert_eq!(decoder.end().unwrap().unwrap().is_done(), done, "{input:?}");
    }
}

#[test]
fn an_event_that_lies_in_one_frame_is_not_copied() {
    let frame =
        Bytes::from_static(b"\xEF\xBB\xBFevent: delta\r\ndata: {\"a\":1}\r\n\r\ndata: {}\n\n");
    let mut decoder = Decoder::new(NO_LIMIT);
    decoder.feed(frame.clone());
    let mut count = 0;
    while let Some(event) = decoder.next().unwrap() {
        assert!(frame.as_ptr_range().contains(&event.data.as_ptr()));
        count += 1;
    }
    assert_eq!(count, 2);
}

#[test]
fn a_long_event_in_small_pieces_comes_out_whole() {
    let data = "0123456789".repeat(100_000);
    let input = Bytes::from(format!("data: {data}\ndata: {data}\n\n"));
    let mut decoder = Decoder::new(input.len());
    for start in (0..input.len()).step_by(7) {
        assert!(decoder.next().unwrap().is_none());
        decoder.feed(input.slice(start..input.len().min(start + 7)));
    }
    let event = decoder.next().unwrap().unwrap();
    assert!(event.data == format!("{data}\n{data}"));
}

#[test]
fn an_event_past_the_limit_is_an_error_that_stays() {
    let mut decoder = Decoder::new(12);
    decoder.feed(Bytes::from_static(b"data: 123456\n\ndata: 12"));
    assert_eq!(decoder.next().unwrap().unwrap().data, "123456");
    assert!(decoder.next().unwrap().is_none());
    decoder.feed(Bytes::from_static(b"34567"));
    let too_large = SseError::TooLarge { limit: 12 };
    assert_eq!(decoder.next().err(), Some(too_large));
    assert_eq!(decoder.next().err(), Some(too_large));
    assert_eq!(decoder.end().err(), Some(too_large));
    assert_eq!(decoder.carry.len(), 8);
}

#[test]
fn many_lines_of_data_add_up_to_the_limit() {
    let mut decoder = Decoder::new(19);
    decoder.feed(Bytes::from(b"data: 1234567\n".repeat(2)));
    assert!(decoder.next().is_err());
}

#[test]
fn comments_and_ignored_lines_never_add_up_to_the_limit() {
    let mut decoder = Decoder::new(20);
    for _ in 0..100 {
        decoder.feed(Bytes::from_static(b": still there\nid: 1\n"));
        assert!(decoder.next().unwrap().is_none());
    }
}

#[test]
fn bytes_that_are_not_utf8_are_replaced() {
    let mut decoder = Decoder::new(NO_LIMIT);
    decoder.feed(Bytes::from_static(
        b"data: a\xFF\xE2\x82b\n\ndata: fine\n\n",
    ));
    assert_eq!(decoder.next().unwrap().unwrap().data, "a\u{FFFD}\u{FFFD}b");
    assert_eq!(decoder.next().unwrap().unwrap().data, "fine");
}

#[test]
fn json_without_a_field_is_had_once_it_may_be_whole() {
    let mut decoder = Decoder::new(NO_LIMIT);
    for (frame, expected) in [
        ("data: a\n\nfoo\n{\"a\":\n", None),
        ("id: 1}\n", Some("{\"a\":\nid: 1}\n")),
        ("\n}\n", None),
        ("  {}", None),
        ("\r\n\r\n", Some("  {}\n")),
    ] {
        decoder.feed(Bytes::from_static(frame.as_bytes()));
        while decoder.next().unwrap().is_some() {}
        let stray = decoder
            .stray()
            .map(|json| std::str::from_utf8(json).unwrap());
        assert_eq!(stray, expected, "{frame:?}");
        assert_eq!(decoder.stray(), None);
    }
    for _ in 0..2 * STRAY {
        decoder.feed(Bytes::from_static(b"{}\n"));
        assert!(decoder.next().unwrap().is_none());
        decoder.stray();
    }
    assert!(decoder.stray.json.len() <= STRAY);
    assert_eq!(decoder.stray.looks, LOOKS);
}

#[test]
fn a_field_named_error_is_an_event_of_that_name() {
    let mut decoder = Decoder::new(NO_LIMIT);
    decoder.feed(Bytes::from_static(
        b"error: {\"code\":500}\n\nerror: no\n\n",
    ));
    let event = decoder.next().unwrap().unwrap();
    assert_eq!((event.name, event.data), ("error", "{\"code\":500}"));
    assert!(decoder.next().unwrap().is_none());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1_000) })]

    #[test]
    fn any_mix_means_the_same_however_it_is_cut(
        parts in prop::collection::vec(part(), 0..24),
        marked in prop::bool::weighted(0.2),
        cuts in prop::collection::vec(0..200_usize, 0..12),
        limit in prop_oneof![3 => Just(NO_LIMIT), 1 => 0..40_usize],
    ) {
        let mut input = if marked { BYTE_ORDER_MARK.to_vec() } else { Vec::new() };
        input.extend(parts.concat());
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(input.len())).collect();
        cuts.sort_unstable();
        assert_agrees(&input, &cuts, limit);
        assert_agrees(&input, &(0..input.len()).collect::<Vec<_>>(), limit);
    }
}

fn part() -> impl Strategy<Value = Vec<u8>> {
    let line_end = prop::sample::select(vec!["\n", "\r", "\r\n", "\n\n", "\r\r", "\r\n\r\n"]);
    let field = prop::sample::select(vec![
        "data: ", "data:", "data", "event: ", "event:", "event", "id: 1", "retry: 1", ":", " ",
        "dat",
    ]);
    let value = prop::sample::select(vec![
        "[DONE]",
        "{\"a\":1}",
        "error",
        "null",
        "ü",
        "世界",
        "🦀",
        "\u{2028}",
        "\u{85}",
        "\u{FEFF}",
        "\0",
    ]);
    prop_oneof![
        6 => line_end.prop_map(|text| text.as_bytes().to_vec()),
        6 => field.prop_map(|text| text.as_bytes().to_vec()),
        4 => value.prop_map(|text| text.as_bytes().to_vec()),
        1 => "\\PC{0,8}".prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..4),
    ]
}

type Owned = Result<(String, String), SseError>;

fn assert_agrees(input: &[u8], cuts: &[usize], limit: usize) {
    let mut decoder = Decoder::new(limit);
    let mut events = Vec::new();
    let mut start = 0;
    for end in cuts.iter().copied().chain([input.len()]) {
        decoder.feed(Bytes::copy_from_slice(&input[start..end]));
        if !drain(&mut decoder, &mut events) {
            break;
        }
        start = end;
    }
    let last = decoder.end().map(owned).transpose();
    let (expected, expected_last) = naive(input, limit);
    let shown = String::from_utf8_lossy(input);
    assert_eq!(events, expected, "{shown:?} cut at {cuts:?}, limit {limit}");
    if !matches!(events.last(), Some(Err(SseError::TooLarge { .. }))) {
        assert_eq!(
            last, expected_last,
            "{shown:?} cut at {cuts:?}, limit {limit}"
        );
        assert!(decoder.end().unwrap().is_none());
    }
}

/// False once the decoder can't go on.
fn drain(decoder: &mut Decoder, events: &mut Vec<Owned>) -> bool {
    while let Some(event) = decoder.next().map(owned).transpose() {
        let too_large = matches!(event, Err(SseError::TooLarge { .. }));
        events.push(event);
        if too_large {
            return false;
        }
    }
    true
}

fn owned(event: Option<Event<'_>>) -> Option<(String, String)> {
    event.map(|event| (event.name.to_owned(), event.data.to_owned()))
}

/// The events of the whole input, and the one that its end cuts off: simple, slow and obviously right.
fn naive(input: &[u8], limit: usize) -> (Vec<Owned>, Option<Owned>) {
    let mut lines = vec![Vec::new()];
    for (index, byte) in input.iter().enumerate() {
        match byte {
            b'\n' if index > 0 && input[index - 1] == b'\r' => {}
            b'\n' | b'\r' => lines.push(Vec::new()),
            byte => lines.last_mut().unwrap().push(*byte),
        }
    }
    let last = lines.len() - 1;

    let mut events = Vec::new();
    let mut name = Vec::new();
    let mut data: Vec<Vec<u8>> = Vec::new();
    for (index, line) in lines.iter_mut().enumerate() {
        let held = name.len() + data.join(&b'\n').len();
        if held.saturating_add(line.len()) > limit.max(held) {
            events.push(Err(SseError::TooLarge { limit }));
            return (events, None);
        }
        if index == 0 && line.starts_with(b"\xEF\xBB\xBF") {
            line.drain(..3);
        }
        if line.is_empty() {
            if index < last {
                events.extend(dispatch(&name, &data));
                name.clear();
                data.clear();
            }
            continue;
        }
        let colon = line.iter().position(|byte| *byte == b':');
        let field = &line[..colon.unwrap_or(line.len())];
        let value = colon.map_or(&[][..], |colon| &line[colon + 1..]);
        let value = value.strip_prefix(b" ").unwrap_or(value).to_vec();
        match field {
            b"data" => data.push(value),
            b"event" => name = value,
            b"error" if value.starts_with(b"{") => {
                data.push(value);
                name = b"error".to_vec();
            }
            _ => {}
        }
    }
    (events, dispatch(&name, &data))
}

fn dispatch(name: &[u8], data: &[Vec<u8>]) -> Option<Owned> {
    if data.is_empty() {
        return None;
    }
    let name = String::from_utf8(name.to_vec()).unwrap_or_else(|_| "\u{FFFD}".to_owned());
    let data = String::from_utf8_lossy(&data.join(&b'\n')).into_owned();
    Some(Ok((name, data)))
}
