//! The guard: what stands between a stranger's bytes and the client library.
//!
//! It splits bytes into lines (WHATWG HTML, 9.2.5), keeps lines and events within limits, replaces
//! invalid UTF-8, and passes on only what the library reads rightly: whole blocks, in one plain form.
//! What the library does not tell (an event's own id, `retry:`, blocks that dispatch nothing, signs
//! of life) it notes as [`Fact`]s, in the order of the stream. Pure: bytes in, bytes and facts out.

use std::{borrow::Cow, collections::VecDeque, time::Duration};

use hark_engine::{
    message::RawEvent,
    wire::{Arrival, Ignored},
};
use memchr::memchr2;

use super::pieces::Pieces;

/// The limits on what a stream sends at once. Bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// One line.
    pub line_bytes_max: usize,
    /// One event, over all its lines.
    pub event_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { line_bytes_max: 1 << 20, event_bytes_max: 4 << 20 }
    }
}

impl Limits {
    /// The largest that an event may be set to. Bytes.
    pub const EVENT_BYTES_MAX: usize = 64 << 20;
    /// The smallest. Bytes.
    pub const EVENT_BYTES_MIN: usize = 1 << 10;

    /// For events of up to this size, also in one line.
    #[must_use]
    pub fn of_event(bytes: usize) -> Self {
        let bytes = bytes.clamp(Self::EVENT_BYTES_MIN, Self::EVENT_BYTES_MAX);
        // A line holds its field's name before the text.
        Self { line_bytes_max: bytes + LINE_HEAD_BYTES, event_bytes_max: bytes + LINE_HEAD_BYTES }
    }
}

/// How many more bytes of a line that is still arriving count as a sign of life.
const PROGRESS_BYTES: usize = 16 << 10;
/// The longest field name before a line's value. Bytes.
const LINE_HEAD_BYTES: usize = 16;
/// How much is kept of a line over its limit. Bytes.
const HEAD_BYTES_MAX: usize = 4 << 10;
const BOM: &[u8] = b"\xEF\xBB\xBF";

/// What the guard saw.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// A comment was passed on.
    Comment,
    /// An event was passed on, which carried this id of its own.
    Event {
        /// Its own id; empty resets.
        own_id: Option<String>,
    },
    /// What the client library does not tell.
    Arrived(Arrival),
}

impl Fact {
    /// A sign of life.
    const ALIVE: Self = Self::Arrived(Arrival::Alive);

    fn ignored(what: Ignored) -> Self {
        Self::Arrived(Arrival::Ignored(what))
    }
}

/// See the module.
#[derive(Debug)]
pub struct Guard {
    limits: Limits,
    /// The line that is still arriving; only its beginning where it is over the limit.
    line: Vec<u8>,
    /// The size of the arriving line.
    line_bytes: u64,
    /// Bytes of the arriving line since the last sign of life.
    progress: usize,
    after_cr: bool,
    first_line: bool,
    block: Block,
}

#[derive(Debug, Default)]
struct Block {
    begun: bool,
    own_id: Option<String>,
    kind: Option<String>,
    /// `data: …` lines, ready to be passed on.
    data: Pieces,
    has_data: bool,
    bytes: u64,
    /// Where it is over a limit: which, in bytes, and the beginning of its data.
    too_large: Option<(u64, Vec<u8>)>,
}

impl Block {
    /// Drops all but the beginning of its data. Answers what there is of it.
    fn set_aside(&mut self, limit: usize) -> &mut Vec<u8> {
        let data = &mut self.data;
        let head = || (limit as u64, std::mem::take(data).into_head(HEAD_BYTES_MAX));
        &mut self.too_large.get_or_insert_with(head).1
    }
}

impl Guard {
    /// A guard for the beginning of a stream.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            line: Vec::new(),
            line_bytes: 0,
            progress: 0,
            after_cr: false,
            first_line: true,
            block: Block::default(),
        }
    }

    /// Takes the next bytes; appends what is to be passed on, and what was seen.
    pub fn take(&mut self, mut bytes: &[u8], out: &mut Pieces, facts: &mut VecDeque<Fact>) {
        if self.after_cr && !bytes.is_empty() {
            self.after_cr = false;
            bytes = bytes.strip_prefix(b"\n").unwrap_or(bytes);
        }
        while let Some(end) = memchr2(b'\n', b'\r', bytes) {
            if self.line_bytes == 0 && end <= self.limits.line_bytes_max {
                self.on_line(&bytes[..end], end as u64, out, facts);
            } else {
                self.lengthen(&bytes[..end]);
                let line = std::mem::take(&mut self.line);
                let length = std::mem::take(&mut self.line_bytes);
                self.on_line(&line, length, out, facts);
            }
            let mut rest = &bytes[end + 1..];
            if bytes[end] == b'\r' {
                match rest.strip_prefix(b"\n") {
                    Some(after) => rest = after,
                    None => self.after_cr = rest.is_empty(),
                }
            }
            bytes = rest;
        }
        self.lengthen(bytes);
        self.progress += bytes.len();
        if self.progress >= PROGRESS_BYTES {
            self.progress %= PROGRESS_BYTES;
            facts.push_back(Fact::ALIVE);
        }
    }

    /// The stream ended: an unfinished block is discarded (WHATWG HTML, 9.2.6).
    pub fn end(&mut self, facts: &mut VecDeque<Fact>) {
        if self.block.begun || self.line_bytes > 0 {
            let Block { own_id, kind, .. } = std::mem::take(&mut self.block);
            facts.push_back(Fact::ignored(Ignored::Unfinished { kind, own_id }));
        }
    }

    fn lengthen(&mut self, bytes: &[u8]) {
        self.line_bytes += bytes.len() as u64;
        // One byte over the limit marks the line; further bytes are not kept.
        let room = (self.limits.line_bytes_max + 1).saturating_sub(self.line.len());
        self.line.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn on_line(&mut self, line: &[u8], bytes: u64, out: &mut Pieces, facts: &mut VecDeque<Fact>) {
        self.progress = 0;
        if facts.back() != Some(&Fact::ALIVE) {
            facts.push_back(Fact::ALIVE);
        }
        let first = std::mem::take(&mut self.first_line);
        let line = if first { line.strip_prefix(BOM).unwrap_or(line) } else { line };
        if line.is_empty() {
            self.on_blank(out, facts);
        } else if bytes > self.limits.line_bytes_max as u64 {
            self.on_long_line(line, bytes, facts);
        } else {
            self.on_field(line, out, facts);
        }
    }

    fn on_field(&mut self, line: &[u8], out: &mut Pieces, facts: &mut VecDeque<Fact>) {
        let colon = memchr::memchr(b':', line);
        if colon == Some(0) {
            facts.push_back(Fact::Comment);
            return out.line(&[text(line).as_bytes()]);
        }
        let (name, value) = colon.map_or((line, &b""[..]), |at| (&line[..at], &line[at + 1..]));
        let value = value.strip_prefix(b" ").unwrap_or(value);
        self.block.begun = true;
        self.block.bytes += line.len() as u64;
        match name {
            b"data" => self.on_data(value),
            b"event" => self.block.kind = Some(text(value).into_owned()),
            b"id" if !value.contains(&0) => self.block.own_id = Some(text(value).into_owned()),
            b"retry" if !value.is_empty() && value.iter().all(u8::is_ascii_digit) => {
                // Too many digits for a number are still a very long time.
                let ms = text(value).parse().unwrap_or(u64::MAX);
                facts.push_back(Fact::Arrived(Arrival::Retry(Duration::from_millis(ms))));
            }
            _ => {}
        }
    }

    fn on_data(&mut self, value: &[u8]) {
        let block = &mut self.block;
        block.has_data = true;
        let most = self.limits.event_bytes_max;
        if block.bytes > most as u64 || block.too_large.is_some() {
            block.set_aside(most);
        } else {
            block.data.line(&[b"data: ", text(value).as_bytes()]);
        }
    }

    fn on_long_line(&mut self, head: &[u8], bytes: u64, facts: &mut VecDeque<Fact>) {
        let name = head.split(|&byte| byte == b':').next().unwrap_or_default();
        if name.is_empty() {
            return facts.push_back(Fact::ignored(Ignored::LongComment));
        }
        self.block.begun = true;
        self.block.bytes += bytes;
        if name == b"id" {
            facts.push_back(Fact::ignored(Ignored::LongId));
        }
        if name == b"data" {
            self.block.has_data = true;
            let kept = self.block.set_aside(self.limits.line_bytes_max);
            let free = HEAD_BYTES_MAX.saturating_sub(kept.len());
            kept.extend_from_slice(&head[..head.len().min(free)]);
        }
    }

    fn on_blank(&mut self, out: &mut Pieces, facts: &mut VecDeque<Fact>) {
        let block = std::mem::take(&mut self.block);
        if !block.begun {
            return;
        }
        let Block { own_id, kind, data, has_data, bytes, too_large, .. } = block;
        if let Some(id) = &own_id {
            out.line(&[b"id: ", id.as_bytes()]);
        }
        if let Some((limit, data)) = too_large {
            // The id alone goes on, so that the next event inherits the right one.
            if own_id.is_some() {
                out.line(&[]);
            }
            let kind = kind.unwrap_or_else(|| "message".into());
            let value = |line: &str| line.strip_prefix("data:").map(|v| v.trim_start().to_owned());
            let data: Vec<String> = text(&data).lines().filter_map(value).collect();
            let data = data.join("\n");
            let event = RawEvent { kind, data, own_id };
            facts.push_back(Fact::Arrived(Arrival::TooLarge { event, bytes, limit }));
        } else if has_data {
            if let Some(kind) = kind.filter(|kind| !kind.is_empty()) {
                out.line(&[b"event: ", kind.as_bytes()]);
            }
            out.append(data);
            out.line(&[]);
            facts.push_back(Fact::Event { own_id });
        } else {
            if own_id.is_some() {
                out.line(&[]);
            }
            facts.push_back(Fact::ignored(match (own_id, kind) {
                (Some(id), None) => Ignored::IdAlone(id),
                (own_id, kind) => Ignored::NoData { kind, own_id },
            }));
        }
    }
}

/// Decoded as the standard does: invalid UTF-8 becomes U+FFFD.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    // Nearly always it is, and then this is twice as fast.
    str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Limits = Limits { line_bytes_max: 20, event_bytes_max: 40 };

    /// The output and the facts other than signs of life, which are the same whole and byte by byte.
    fn take(limits: Limits, input: &[u8]) -> (String, Vec<Fact>) {
        let run = |chunks: &mut dyn Iterator<Item = &[u8]>| {
            let mut guard = Guard::new(limits);
            let (mut out, mut facts) = (Pieces::default(), VecDeque::new());
            for chunk in chunks {
                guard.take(chunk, &mut out, &mut facts);
            }
            guard.end(&mut facts);
            facts.retain(|fact| *fact != Fact::ALIVE);
            (String::from_utf8(out.into_head(usize::MAX)).unwrap(), Vec::from(facts))
        };
        let whole = run(&mut std::iter::once(input));
        assert_eq!(run(&mut input.chunks(1)), whole, "byte by byte");
        for at in 0..=input.len() {
            let (head, tail) = input.split_at(at);
            assert_eq!(run(&mut [head, tail].into_iter()), whole, "split at {at}");
        }
        whole
    }

    fn event(own_id: Option<&str>) -> Fact {
        Fact::Event { own_id: own_id.map(str::to_owned) }
    }

    fn no_data(kind: Option<&str>) -> Fact {
        Fact::ignored(Ignored::NoData { kind: kind.map(str::to_owned), own_id: None })
    }

    fn unfinished(own_id: Option<&str>) -> Fact {
        Fact::ignored(Ignored::Unfinished { kind: None, own_id: own_id.map(str::to_owned) })
    }

    fn retry(wait: Duration) -> Fact {
        Fact::Arrived(Arrival::Retry(wait))
    }

    fn large(event: RawEvent, bytes: u64, limit: u64) -> Fact {
        Fact::Arrived(Arrival::TooLarge { event, bytes, limit })
    }

    #[test]
    fn all_line_ends_a_bom_and_broken_utf8_come_out_in_one_plain_form() {
        let (out, facts) = take(
            Limits::default(),
            b"\xEF\xBB\xBFdata:a\r\ndata:  b\rdata\n\r\ndata: \xff\xc3\n\n: \xf0\x9f\n",
        );
        assert_eq!(out, "data: a\ndata:  b\ndata: \n\ndata: \u{fffd}\u{fffd}\n\n: \u{fffd}\n");
        assert_eq!(facts, [event(None), event(None), Fact::Comment]);
    }

    #[test]
    fn fields_that_the_standard_does_not_know_are_dropped() {
        let (out, facts) = take(Limits::default(), b"comment: x\nData: y\n data: z\nfoo\n\n");
        assert_eq!(out, "");
        assert_eq!(facts, [no_data(None)]);
    }

    #[test]
    fn an_id_is_an_events_own_or_none() {
        let (out, facts) = take(
            Limits::default(),
            b"id: 1\ndata: a\n\ndata: b\n\nid: 2\n\nid\ndata: c\n\nid: 3\0\ndata: d\n\n",
        );
        assert_eq!(out, "id: 1\ndata: a\n\ndata: b\n\nid: 2\n\nid: \ndata: c\n\ndata: d\n\n");
        let wanted = [
            event(Some("1")),
            event(None),
            Fact::ignored(Ignored::IdAlone("2".into())),
            event(Some("")),
            event(None),
        ];
        assert_eq!(facts, wanted);
    }

    #[test]
    fn retry_is_digits_alone() {
        let (_, facts) = take(
            Limits::default(),
            b"retry: 2000\nretry:+5\nretry: 5s\nretry\nretry:99999999999999999999\n",
        );
        let wanted = [
            retry(Duration::from_secs(2)),
            retry(Duration::from_millis(u64::MAX)),
            unfinished(None),
        ];
        assert_eq!(facts, wanted);
    }

    #[test]
    fn an_unfinished_block_is_discarded_with_its_id() {
        let (out, facts) = take(Limits::default(), b"id: 9\ndata: half\n");
        assert_eq!(out, "");
        assert_eq!(facts, [unfinished(Some("9"))]);
        let (_, facts) = take(Limits::default(), b"data: half");
        assert_eq!(facts, [unfinished(None)]);
    }

    #[test]
    fn a_ping_without_data_is_seen_by_its_type() {
        let (out, facts) = take(Limits::default(), b"event: ping\n\n");
        assert_eq!(out, "");
        assert_eq!(facts, [no_data(Some("ping"))]);
    }

    #[test]
    fn a_line_over_the_limit_sets_its_event_aside_and_the_next_one_passes() {
        let long = format!("id: 1\ndata: {}\n\ndata: ok\n\n", "x".repeat(60));
        let (out, facts) = take(SMALL, long.as_bytes());
        assert_eq!(out, "id: 1\n\ndata: ok\n\n");
        let head = "x".repeat(15);
        let large = RawEvent { kind: "message".into(), data: head, own_id: Some("1".into()) };
        assert_eq!(facts, [self::large(large, 71, 20), event(None)]);
    }

    #[test]
    fn an_event_over_the_limit_is_set_aside_by_its_lines_together() {
        let many = format!("{}\ndata: ok\n\n", "data: 123456\n".repeat(9));
        let (out, facts) = take(SMALL, many.as_bytes());
        assert_eq!(out, "data: ok\n\n");
        assert!(matches!(
            &facts[..],
            [Fact::Arrived(Arrival::TooLarge { bytes: 108, limit: 40, .. }), Fact::Event { .. }]
        ));
    }

    #[test]
    fn a_comment_over_the_limit_is_ignored() {
        let (out, facts) = take(SMALL, format!(":{}\n", "x".repeat(100)).as_bytes());
        assert_eq!((out.as_str(), facts), ("", vec![Fact::ignored(Ignored::LongComment)]));
    }

    #[test]
    fn a_drip_is_no_life_but_a_long_line_is() {
        let mut guard = Guard::new(Limits::default());
        let (mut out, mut facts) = (Pieces::default(), VecDeque::new());
        for _ in 0..1000 {
            guard.take(b"x", &mut out, &mut facts);
        }
        assert!(facts.is_empty());
        for _ in 0..64 {
            guard.take(&[b'x'; 1024], &mut out, &mut facts);
        }
        assert_eq!(facts.len(), 4);
    }

    #[test]
    fn an_endless_line_holds_no_more_than_the_limit() {
        let mut guard = Guard::new(Limits::default());
        let (mut out, mut facts) = (Pieces::default(), VecDeque::new());
        for _ in 0..1024 {
            guard.take(&[b'x'; 64 << 10], &mut out, &mut facts);
            facts.clear();
        }
        assert!(guard.line.capacity() <= 4 << 20, "{}", guard.line.capacity());
        assert!(out.pop().is_none());
    }
}
