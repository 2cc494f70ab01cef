//! What a connection brings: heartbeats, messages, ids; and where the cursor goes with them.

use jiff::Timestamp;

use super::{
    Config, ConnId, Delivery, Effect, Outcome, Phase,
    machine::{Link, Out},
    stream::{Second, Stream},
};
use crate::{Moment, feed::Decoded, history::Entry, message::RawEvent};

/// A longer id is none to resume from: servers refuse a request whose head is too large.
const CURSOR_BYTES_MAX: usize = 4 << 10;

impl Link {
    pub(super) fn on_comment(&mut self, conn: ConnId, text: &str, now: Moment) {
        let farewell = self.config.feed.farewell(text);
        let Phase::Streaming(stream) = &mut self.phase else { return };
        if stream.conn == conn {
            stream.farewell = farewell;
            self.heartbeat.on_heartbeat(now.monotonic);
        }
    }

    pub(super) fn on_event(
        &mut self,
        conn: ConnId,
        mut event: RawEvent,
        now: Moment,
        out: Out<'_>,
    ) {
        let Phase::Streaming(stream) = &mut self.phase else { return };
        if stream.conn != conn {
            return;
        }
        let outcome = match self.config.feed.decode(&event) {
            // Its id is no cursor: it names no message.
            Decoded::Heartbeat => return self.heartbeat.on_heartbeat(now.monotonic),
            Decoded::Message(message) => Outcome::Message(message, stream.origin),
            Decoded::Change(change) => Outcome::Changed(change),
            Decoded::Nothing => Outcome::Nothing,
            Decoded::Junk(reason) => {
                let bytes = event.data.len() as u64;
                Outcome::SetAside { reason, bytes }
            }
        };
        self.config.kept = self.config.feed.keeps(&event).or(self.config.kept);
        self.config.feed.identify(&mut event);
        stream.on_event(now);
        self.heartbeat.on_message();
        if outcome != Outcome::Nothing {
            self.with_ids |= event.own_id.is_some() || self.config.cursor.is_some();
            self.without_ids = !self.with_ids;
            self.deliver(event, outcome, out);
        } else if self.moved_cursor(event.own_id.as_deref()).is_some() {
            let event = RawEvent { own_id: event.own_id, ..RawEvent::default() };
            self.deliver(event, outcome, out);
        }
    }

    pub(super) fn on_ignored(
        &mut self,
        conn: ConnId,
        own_id: Option<String>,
        kind: Option<String>,
        now: Moment,
        out: Out<'_>,
    ) {
        if !self.is_primary(conn) {
            return;
        }
        match (own_id, kind) {
            (Some(id), None) => {
                if self.moved_cursor(Some(&id)).is_some() {
                    let event = RawEvent { own_id: Some(id), ..RawEvent::default() };
                    self.deliver(event, Outcome::Nothing, out);
                }
            }
            // `event: ping` without data.
            (_, Some(_)) => self.heartbeat.on_heartbeat(now.monotonic),
            (None, None) => {}
        }
    }

    pub(super) fn deliver(&mut self, event: RawEvent, outcome: Outcome, out: Out<'_>) {
        let mut cursor = self.moved_cursor(event.own_id.as_deref());
        if let Phase::Streaming(stream) = &mut self.phase
            && self.config.feed.replays_out_of_order()
            && stream.caught_up_at.is_some()
            && cursor.is_some()
        {
            stream.held = cursor.take();
        }
        out.push(Effect::Deliver(Delivery { event, outcome, cursor }));
    }

    /// Where the cursor moves with an id, if it does.
    pub(super) fn moved_cursor(&self, own_id: Option<&str>) -> Option<Option<String>> {
        match own_id {
            None => None,
            Some("") => Some(None),
            // Else the last one that can be sent stays.
            Some(id) => {
                let sendable = id.len() <= CURSOR_BYTES_MAX && self.config.feed.resumes_from(id);
                sendable.then(|| Some(id.to_owned()))
            }
        }
    }

    /// Another id than the one that was asked for: the server has forgotten that one. What it still
    /// holds is asked for anew, and what had gone before that is lost.
    pub(super) fn on_resumed_from(&mut self, conn: ConnId, id: &str, now: Moment, out: Out<'_>) {
        let is_second =
            match &self.phase {
                Phase::Dialing { conn: dialled, .. } if *dialled == conn => false,
                Phase::Streaming(Stream {
                    second: Second::Dialing { conn: second, .. }, ..
                }) if *second == conn => true,
                _ => return,
            };
        if self.asked.as_deref().is_none_or(|asked| asked == id) {
            return;
        }
        let since = self.heard.map(|heard| heard.wall).or(self.config.heard_before);
        out.push(Effect::Journal(Entry::Gap { since: since.unwrap_or(now.wall) }));
        out.push(Effect::HangUp(conn));
        let (event, outcome) = (RawEvent::default(), Outcome::Nothing);
        out.push(Effect::Deliver(Delivery { event, outcome, cursor: Some(None) }));
        if !is_second {
            return self.dial_from(None, now, out);
        }
        let next = self.dial_effect(None, out);
        if let Phase::Streaming(Stream { second: Second::Dialing { conn, .. }, .. }) =
            &mut self.phase
        {
            *conn = next;
        }
    }

    /// Since when messages may be missing for good after a break, as far as this side can know.
    pub(super) fn missed_since(&self, now: Moment) -> Option<Timestamp> {
        let (since, span) = match (self.heard, self.config.heard_before) {
            (Some(heard), _) => (heard.wall, now.since(heard)),
            (None, Some(before)) => (before, now.wall.duration_since(before).unsigned_abs()),
            (None, None) => return None,
        };
        let Config { feed, cursor, kept, .. } = &self.config;
        let forgotten = kept.or_else(|| feed.kept()).is_some_and(|kept| span > kept);
        let unnamed = cursor.is_none() && feed.misses_without_cursor();
        (self.without_ids || unnamed || forgotten).then_some(since)
    }
}
