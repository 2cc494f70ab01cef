//! The guarded client against the standard: every stream is also read by a plain implementation of
//! the text of WHATWG HTML, 9.2.6, and both must agree, however the bytes are cut.

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};
use proptest::prelude::*;

use hark_engine::wire::Arrival;

use super::{Connection, guard::Limits};

/// A dispatched event: type, data, last event id.
type Dispatched = (String, String, String);

/// The standard's algorithm, word for word; slow, and over the whole stream.
fn by_the_book(bytes: &[u8], last_event_id: &str) -> (Vec<Dispatched>, Vec<u64>) {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut lines: Vec<String> = vec![String::new()];
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\r' => {
                chars.next_if_eq(&'\n');
                lines.push(String::new());
            }
            '\n' => lines.push(String::new()),
            char => lines.last_mut().unwrap().push(char),
        }
    }
    // A line without an end is not a line.
    lines.pop();
    let (mut events, mut retries) = (Vec::new(), Vec::new());
    let (mut kind, mut data) = (String::new(), String::new());
    let (mut buffered, mut last) = (last_event_id.to_owned(), last_event_id.to_owned());
    for line in lines {
        if line.is_empty() {
            last.clone_from(&buffered);
            if !data.is_empty() {
                data.pop();
                let kind = if kind.is_empty() { "message".to_owned() } else { kind.clone() };
                events.push((kind, data.clone(), last.clone()));
            }
            kind.clear();
            data.clear();
            continue;
        }
        let (field, value) = match line.split_once(':') {
            Some(("", _)) => continue,
            Some((field, value)) => (field, value.strip_prefix(' ').unwrap_or(value)),
            None => (line.as_str(), ""),
        };
        match field {
            "event" => kind = value.to_owned(),
            "data" => {
                data.push_str(value);
                data.push('\n');
            }
            "id" if !value.contains('\0') => buffered = value.to_owned(),
            "retry" if !value.is_empty() && value.chars().all(|char| char.is_ascii_digit()) => {
                retries.push(value.parse().unwrap_or(u64::MAX));
            }
            _ => {}
        }
    }
    (events, retries)
}

/// The guarded client.
fn by_the_client(chunks: Vec<Bytes>, last_event_id: &str) -> (Vec<Dispatched>, Vec<u64>) {
    let resumed = (!last_event_id.is_empty()).then(|| last_event_id.to_owned());
    let connection = Connection::replay(chunks, resumed, Limits::default());
    let items = connection.collect::<Vec<_>>().now_or_never().expect("all is there already");
    let (mut events, mut retries) = (Vec::new(), Vec::new());
    for item in items {
        match item {
            Arrival::Event { event, id } => events.push((event.kind, event.data, id)),
            Arrival::Retry(hint) => {
                retries.push(u64::try_from(hint.as_millis()).unwrap_or(u64::MAX))
            }
            _ => {}
        }
    }
    (events, retries)
}

fn whole(bytes: &[u8]) -> Vec<Bytes> {
    vec![Bytes::copy_from_slice(bytes)]
}

/// One case of the standard, or of a server, a line each.
const GOLDEN: &[&[u8]] = &[
    b"data: YHOO\ndata: +2\ndata: 10\n\n",
    b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
    b"data\n\ndata\ndata\n\ndata:",
    b"data:test\n\ndata: test\n\n",
    b"\xEF\xBB\xBFdata: bom\n\n",
    b"\xEF\xBB\xBF\xEF\xBB\xBFdata: two\n\n",
    b"data: cr\rdata: cr\r\rdata: crlf\r\n\r\ndata: mixed\r\n\n",
    b"id: 1\ndata: a\n\ndata: inherited\n\nid: 2\n\ndata: from a block without data\n\n",
    b"id: a\0b\ndata: null in the id\n\nid:\ndata: reset\n\n",
    b"retry: 10000\n\nretry: 1x\n\nretry: -1\nretry:+5\nretry:\nretry\nretry: 00012\ndata: x\n\n",
    b"event: ping\n\nevent: add\ndata: 73857293\n\nevent:\ndata: default\n\n",
    b"data: unfinished\nid: 9\n",
    b"data: \xff\xfe\xc3\x28 \xe2\x82\n\ndata: \xf0\x9f\x94\x94\n\n",
    b"comment: a field of that name\n:comment: and a comment\ndata: x\n\n",
    b"DATA: upper\nData : space\n data: leading\ndata : trailing\ndata: ok\n\n",
    b"data: a:b:c\n\ndata:: colon\n\n:\n:::\n\n",
    b"\n\n\n\rdata: after blanks\n\n",
    b"id: 5\nid: 6\nevent: a\nevent: b\ndata: the last one counts\n\n",
    b"data: tab\there\n\ndata:\ttab first\n\n",
];

#[test]
fn golden_streams_are_read_as_the_standard_says_however_they_are_cut() {
    for stream in GOLDEN {
        let wanted = by_the_book(stream, "41");
        assert_eq!(
            by_the_client(whole(stream), "41"),
            wanted,
            "{:?}",
            stream.escape_ascii().to_string()
        );
        let bytes = stream.chunks(1).map(Bytes::copy_from_slice).collect();
        assert_eq!(by_the_client(bytes, "41"), wanted, "byte by byte");
        for at in 0..=stream.len() {
            let (head, tail) = stream.split_at(at);
            let halves = vec![Bytes::copy_from_slice(head), Bytes::copy_from_slice(tail)];
            assert_eq!(by_the_client(halves, "41"), wanted, "split at {at}");
        }
    }
}

#[test]
fn the_fuzzers_corpus_is_read_as_the_standard_says() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../tests/fuzz/corpus/stream");
    let mut read = 0;
    for file in std::fs::read_dir(corpus).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        // The first byte tells the fuzzer where to cut.
        let Some((&at, stream)) = bytes.split_first() else { continue };
        let (head, tail) = stream.split_at(usize::from(at).min(stream.len()));
        let halves = vec![Bytes::copy_from_slice(head), Bytes::copy_from_slice(tail)];
        assert_eq!(by_the_client(halves, ""), by_the_book(stream, ""), "{}", stream.escape_ascii());
        read += 1;
    }
    assert!(read > 0, "a corpus");
}

#[test]
fn the_reference_itself_reads_the_standards_own_examples() {
    let event = |data: &str, id: &str| ("message".to_owned(), data.to_owned(), id.to_owned());
    let (events, _) = by_the_book(GOLDEN[0], "");
    assert_eq!(events, [event("YHOO\n+2\n10", "")]);
    let (events, _) = by_the_book(GOLDEN[1], "");
    assert_eq!(
        events,
        [event("first event", "1"), event("second event", ""), event(" third event", "")]
    );
    let (events, _) = by_the_book(GOLDEN[2], "");
    assert_eq!(events, [event("", ""), event("\n", "")]);
}

/// Bytes as servers, proxies and strangers may send them.
fn any_stream() -> impl Strategy<Value = Vec<u8>> {
    let words: Vec<&[u8]> = vec![
        b"data",
        b"data:",
        b"data: ",
        b"event: ",
        b"id: ",
        b"id",
        b"retry: ",
        b":",
        b": ",
        b" ",
        b"\n",
        b"\n",
        b"\n\n",
        b"\r",
        b"\r\n",
        b"\r\n\r\n",
        b"x",
        b"7",
        b"20",
        b"\0",
        b"\xEF\xBB\xBF",
        b"\xEF",
        b"\xBB\xBF",
        b"\xff",
        b"\xe2\x82\xac",
        b"\xf0\x9f",
        b"ping",
    ];
    prop::collection::vec(prop::sample::select(words), 0..60).prop_map(|words| words.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(20_000) })]

    #[test]
    fn any_bytes_in_any_pieces_are_read_as_the_standard_says(
        stream in any_stream(),
        cuts in prop::collection::vec(0_usize..400, 0..6),
        resumed in prop::sample::select(vec!["", "41", "ключ"]),
    ) {
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(stream.len())).collect();
        cuts.extend([0, stream.len()]);
        cuts.sort_unstable();
        let chunks = cuts.windows(2).map(|pair| Bytes::copy_from_slice(&stream[pair[0]..pair[1]])).collect();
        prop_assert_eq!(by_the_client(chunks, resumed), by_the_book(&stream, resumed));
    }
}
