//! What a connection brings: heartbeats, messages, ids; and where the cursor goes with them.

use std::mem;

use jiff::Timestamp;

use super::{
    CAUGHT_UP_MAX, Config, ConnId, Delivery, Effect, Outcome, Phase, Reason,
    machine::{Link, Out},
    stream::Second,
};
use crate::{
    Moment,
    cursor::{self, Cursor},
    failure::Cause,
    feed::{Decoded, Standing},
    history::Entry,
    message::RawEvent,
    readable::Line,
    wire::{Head, Ignored},
};

/// A longer id is not resumed from, in bytes: servers refuse a request whose head is too large.
const CURSOR_BYTES_MAX: usize = 4 << 10;
/// A longer position of several ids ([`Feed::position`](crate::feed::Feed::position)), which is sent in a
/// URL, is not either.
const POSITION_BYTES_MAX: usize = 64 << 10;

impl Link {
    pub(super) fn on_comment(&mut self, text: &str, now: Moment) {
        let farewell = self.config.feed.farewell(text);
        let Phase::Streaming(stream) = &mut self.phase else { return };
        stream.farewell = farewell;
        self.heartbeat.on_heartbeat(now.monotonic);
    }

    pub(super) fn on_event(&mut self, event: RawEvent, now: Moment, out: Out<'_>) {
        let Phase::Streaming(stream) = &mut self.phase else { return };
        let is_first = !mem::replace(&mut stream.had_event, true);
        let standing = Standing { position: stream.position.as_deref(), is_first };
        match self.config.feed.unfold(&event, standing) {
            None => self.on_one_event(event, now, out),
            Some(events) => {
                self.unfolded = (events.len() > 1).then(Vec::new);
                for event in events {
                    self.on_one_event(event, now, out);
                }
                self.on_unfolded(now, out);
            }
        }
    }

    /// The cursor moves once for all that one event stood for.
    fn on_unfolded(&mut self, now: Moment, out: Out<'_>) {
        let Some(ids) = self.unfolded.take() else { return };
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let Some(cursor) = self.cursor_after(&ids, None, now) else { return };
        let Phase::Streaming(stream) = &mut self.phase else { return };
        if let Some(cursor) = stream.replay.moved(cursor) {
            self.deliver_all(vec![Delivery::of_cursor(cursor)], now, out);
        }
    }

    fn on_one_event(&mut self, mut event: RawEvent, now: Moment, out: Out<'_>) {
        let Phase::Streaming(stream) = &mut self.phase else { return };
        let feed = &*self.config.feed;
        let outcome = match feed.decode(&event) {
            // The id of a heartbeat names no message, so it is no cursor.
            Decoded::Heartbeat => return self.heartbeat.on_heartbeat(now.monotonic),
            Decoded::Greeting(clock) => {
                stream.replay.on_greeting(clock);
                return self.heartbeat.on_heartbeat(now.monotonic);
            }
            Decoded::Connected(client) => {
                // A connection has one name: it is told once.
                if !mem::replace(&mut stream.is_named, true) {
                    out.push(Effect::Subscribe(stream.conn, client));
                }
                return self.heartbeat.on_heartbeat(now.monotonic);
            }
            Decoded::Idle => return self.on_idle(now, out),
            Decoded::Reset => return self.on_reset(event, now, out),
            Decoded::Anew => return self.on_anew(event, now, out),
            Decoded::Ended(cause) => {
                out.push(Effect::HangUp(stream.conn));
                return self.lost(cause, now, out);
            }
            Decoded::Message(message) => {
                let published = feed.published(&event);
                let origin = stream.replay.origin(published, message.time, now);
                Outcome::Message(message, origin)
            }
            Decoded::Change(change) => Outcome::Changed(change),
            Decoded::Nothing => Outcome::Nothing,
            Decoded::Junk(reason) => {
                let bytes = event.data.len() as u64;
                Outcome::SetAside { reason, bytes }
            }
        };
        self.config.kept = feed.keeps(&event).or(self.config.kept);
        feed.identify(&mut event);
        let number = event.own_id.as_deref().and_then(cursor::number);
        if !number.is_some_and(|number| stream.ids.falls_back(number)) {
            self.heartbeat.on_message();
        }
        if outcome != Outcome::Nothing {
            self.with_ids |= event.own_id.is_some() || !self.config.cursor.is_none();
            self.without_ids = !self.with_ids;
            self.deliver(event, outcome, now, out);
        } else if self.cursor_of(&event, now).is_some() {
            let event = RawEvent { own_id: event.own_id, ..RawEvent::default() };
            self.deliver(event, outcome, now, out);
        }
    }

    /// The server has not got what came after the cursor. Where it was not asked for that, nothing is
    /// missing.
    fn on_reset(&mut self, mut event: RawEvent, now: Moment, out: Out<'_>) {
        self.heartbeat.on_heartbeat(now.monotonic);
        if !self.asked.is_none() {
            let since = self.broke.or(self.last_heard()).unwrap_or(now.wall);
            out.push(Effect::Journal(Entry::Gap { since }));
        }
        self.config.feed.identify(&mut event);
        let cursor = self.cursor_at_once(&event, now).unwrap_or(Cursor::NONE);
        out.push(Effect::Deliver(Delivery::of_cursor(cursor)));
    }

    /// The server is to be asked otherwise for what came after the cursor.
    fn on_anew(&mut self, event: RawEvent, now: Moment, out: Out<'_>) {
        let Phase::Streaming(stream) = &self.phase else { return };
        let conn = stream.conn;
        let cursor = self.cursor_at_once(&event, now).unwrap_or(Cursor::NONE);
        out.push(Effect::HangUp(conn));
        out.push(Effect::Deliver(Delivery::of_cursor(cursor.clone())));
        if self.budget.wait(now.monotonic).is_zero() {
            return self.dial_from(cursor, Reason::Anew, now, out);
        }
        let detail = Line::brief("it wants to be asked anew again and again");
        let cause = Cause::StreamError { code: Line::default(), detail, refused: false };
        self.lost(cause, now, out);
    }

    /// A heartbeat that comes only once everything has been sent.
    fn on_idle(&mut self, now: Moment, out: Out<'_>) {
        self.heartbeat.on_heartbeat(now.monotonic);
        let Phase::Streaming(stream) = &mut self.phase else { return };
        let held = stream.ids.on_replayed();
        let cursor = stream.replay.on_idle();
        self.deliver_all(held, now, out);
        if let Some(cursor) = cursor {
            out.push(Effect::Deliver(Delivery::of_cursor(cursor)));
        }
    }

    pub(super) fn on_ignored(&mut self, ignored: Ignored, now: Moment, out: Out<'_>) {
        match ignored {
            Ignored::IdAlone(id) => {
                let event = RawEvent { own_id: Some(id), ..RawEvent::default() };
                if self.cursor_of(&event, now).is_some() {
                    self.deliver(event, Outcome::Nothing, now, out);
                }
            }
            // `event: ping` without data.
            Ignored::NoData { kind: Some(_), .. } => self.heartbeat.on_heartbeat(now.monotonic),
            Ignored::NoData { kind: None, .. }
            | Ignored::Unfinished { .. }
            | Ignored::LongComment
            | Ignored::LongId => {}
        }
    }

    pub(super) fn on_too_large(
        &mut self,
        mut event: RawEvent,
        bytes: u64,
        now: Moment,
        out: Out<'_>,
    ) {
        let instead = self.config.feed.unfold_too_large(&event);
        self.config.feed.identify(&mut event);
        self.deliver(event, Outcome::SetAside { reason: "too large", bytes }, now, out);
        if let Some(instead) = instead {
            self.on_one_event(instead, now, out);
        }
    }

    fn deliver(&mut self, event: RawEvent, outcome: Outcome, now: Moment, out: Out<'_>) {
        let cursor = self.cursor_of(&event, now);
        let Phase::Streaming(stream) = &mut self.phase else { return };
        let number = event.own_id.as_deref().and_then(cursor::number);
        let number = number.filter(|_| cursor.is_some());
        let cursor = cursor.and_then(|cursor| stream.replay.moved(cursor));
        let delivery = Delivery { event, outcome, cursor, fallen: None };
        let is_live = stream.replay.is_over();
        let now_due = stream.ids.take(delivery, number, is_live, now.monotonic);
        self.mixed_ids |= stream.ids.are_mixed();
        self.deliver_all(now_due, now, out);
    }

    /// Delivers what does not wait, or not any longer.
    pub(super) fn deliver_all(&mut self, all: Vec<Delivery>, now: Moment, out: Out<'_>) {
        let Phase::Streaming(stream) = &self.phase else { return };
        // While the server may still replay, what came before this break may be missing as well.
        let is_settled = now.since(stream.opened) >= CAUGHT_UP_MAX;
        for delivery in all {
            if delivery.fallen.is_some() {
                self.fell_since = self.fell_since.or(self.broke);
            } else if is_settled && delivery.cursor.is_some() {
                self.broke = None;
            }
            out.push(Effect::Deliver(delivery));
        }
    }

    /// Where the cursor moves with an event, if it does. Of those that one event stands for it waits for the last.
    fn cursor_of(&mut self, event: &RawEvent, now: Moment) -> Option<Cursor> {
        match (&mut self.unfolded, event.own_id.as_deref()) {
            (Some(ids), Some(own)) if !own.is_empty() => {
                ids.push(own.to_owned());
                None
            }
            _ => self.cursor_at_once(event, now),
        }
    }

    /// The same, whatever the event is a part of.
    fn cursor_at_once(&mut self, event: &RawEvent, now: Moment) -> Option<Cursor> {
        let own = event.own_id.as_deref()?;
        match own.is_empty() {
            true => Some(Cursor::NONE),
            false => self.cursor_after(&[own], Some(event), now),
        }
    }

    /// Where the cursor moves with these ids, of which the last is this event's.
    fn cursor_after(
        &mut self,
        ids: &[&str],
        event: Option<&RawEvent>,
        now: Moment,
    ) -> Option<Cursor> {
        let own = *ids.last()?;
        let (id, most) = match self.position_after(ids) {
            Some(position) => (position, POSITION_BYTES_MAX),
            None => (own.to_owned(), CURSOR_BYTES_MAX),
        };
        let feed = &self.config.feed;
        // An id that cannot be sent leaves the cursor at the last one that can.
        let sendable = id.len() <= most && feed.resumes_from(own);
        // A time in the future would leave out what comes until then.
        let published = || feed.published(event?).map(|time| time.min(now.wall));
        // The time may be in the part that was cut off. An earlier one leaves nothing out.
        let time = || published().or(self.config.cursor.time).or_else(|| self.opened_at());
        sendable.then(|| Cursor { id: Some(id), time: feed.resumes_by_time().then(time).flatten() })
    }

    /// Where the connection stands after events with these ids, where that is more than the last of them.
    fn position_after(&mut self, ids: &[&str]) -> Option<String> {
        let Phase::Streaming(stream) = &mut self.phase else { return None };
        let position = self.config.feed.position(stream.position.as_deref(), ids)?;
        stream.position = Some(position.clone());
        Some(position)
    }

    /// When the connection opened, by the server's clock.
    fn opened_at(&self) -> Option<Timestamp> {
        match &self.phase {
            Phase::Streaming(stream) => stream.replay.clock(),
            _ => None,
        }
    }

    /// Another id than the one that was asked for: the server has forgotten that one. What it still
    /// holds is asked for anew, and what had gone before that is lost. Answers whether that is so.
    pub(super) fn goes_on_elsewhere(
        &mut self,
        conn: ConnId,
        head: &Head,
        now: Moment,
        out: Out<'_>,
    ) -> bool {
        let mut names = self.config.feed.resumed_from_headers().iter();
        let Some(id) = names.find_map(|name| head.get(name)) else { return false };
        let is_second = match &self.phase {
            Phase::Dialing { conn: dialled, .. } if *dialled == conn => false,
            Phase::Streaming(stream) if stream.is_second(conn) => true,
            _ => return false,
        };
        if self.asked.id.as_deref().is_none_or(|asked| asked == id) {
            return false;
        }
        let since = self.last_heard().unwrap_or(now.wall);
        out.push(Effect::Journal(Entry::Gap { since }));
        out.push(Effect::HangUp(conn));
        out.push(Effect::Deliver(Delivery::of_cursor(Cursor::NONE)));
        if !is_second {
            self.dial_from(Cursor::NONE, Reason::Anew, now, out);
            return true;
        }
        let next = self.dial_effect(Cursor::NONE, Reason::Anew, now, out);
        if let Phase::Streaming(stream) = &mut self.phase
            && let Second::Dialing { conn, .. } = &mut stream.second
        {
            *conn = next;
        }
        true
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
