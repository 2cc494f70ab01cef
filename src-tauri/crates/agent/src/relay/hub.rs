//! What has come last, once for all clients: the store is read and each message written once, and all who are as
//! far take the same bytes. Who is further behind reads the store by itself, a page at a time. Nothing waits here
//! for a client.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::body::Bytes;
use hark_api::RelayStatus;
use hark_engine::feed::{Feed, Hark};
use hark_store::{Filter, Page, Relayed, Removal, StoreError};
use tokio::{sync::watch, task::yield_now, time::sleep};

use super::frame::{self, Own};
use crate::{ledger::Ledger, status::Status};

/// How much of what came last is held. Bytes, of what is written of it.
const RECENT_BYTES_MAX: usize = 1 << 20;
/// How much of it one chunk holds, which a client that is slow may hold by itself. Bytes.
const CHUNK_BYTES_MAX: usize = 32 << 10;
/// How many removals are held.
const REMOVALS_MAX: usize = 256;
/// How long to wait where the store could not be read.
const RETRY: Duration = Duration::from_secs(1);

/// See the module. Clones are the same hub.
#[derive(Clone, Debug)]
pub(super) struct Hub(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    ledger: Ledger,
    status: Status,
    own: Own,
    state: Mutex<State>,
    news: watch::Sender<()>,
    /// How many clients want messages decoded, and how many as they came.
    wanted: [AtomicUsize; 2],
}

#[derive(Debug, Default)]
struct State {
    /// Without a hole between them.
    chunks: VecDeque<Arc<Chunk>>,
    bytes: usize,
    /// The id up to which all was read.
    reached: i64,
    removals: VecDeque<Removal>,
    /// The number of the latest removal that was read.
    removed: i64,
    upstream: Arc<Vec<RelayStatus>>,
}

/// Some messages in a row, as they are written.
#[derive(Debug)]
struct Chunk {
    /// All messages behind this id are in it, up to `reached`.
    after: i64,
    reached: i64,
    frames: Vec<Frame>,
    /// Decoded, and as they came; where clients wanted that.
    written: [Option<Bytes>; 2],
    /// What went to make room before it could be read.
    pruned: Vec<(String, i64)>,
}

#[derive(Debug)]
struct Frame {
    id: i64,
    subscription: String,
    topic: Option<String>,
    hops: Vec<String>,
    /// Where it begins in each.
    begins: [usize; 2],
}

/// What a client wants.
#[derive(Debug)]
pub(super) struct Wants {
    pub(super) filter: Filter,
    pub(super) raw: bool,
    /// The Harks through which it has passed already, where it is for one.
    pub(super) not_through: Vec<String>,
}

impl Wants {
    fn takes(&self, subscription: &str, topic: Option<&str>, hops: &[String]) -> bool {
        self.filter.takes(subscription, topic)
            && (self.not_through.is_empty()
                || !hops.iter().any(|hop| self.not_through.contains(hop)))
    }
}

/// Something for a client.
#[derive(Debug, Default)]
pub(super) struct Piece {
    /// What is written to it; may be empty.
    pub(super) bytes: Bytes,
    /// How many messages that is.
    pub(super) messages: u64,
    /// The id of the last one of them.
    pub(super) last: Option<i64>,
    /// It has all up to this id with it.
    pub(super) reached: i64,
    /// Messages that went before it could be sent them, of which subscription up to which id.
    pub(super) pruned: Vec<(String, i64)>,
}

impl Hub {
    pub(super) fn new(ledger: Ledger, status: Status, own: &str) -> Self {
        let (state, news, wanted) =
            (Mutex::default(), watch::Sender::default(), Default::default());
        let own = Own { name: own.into(), epoch: ledger.epoch().into() };
        Self(Arc::new(Inner { ledger, status, own, state, news, wanted }))
    }

    /// Whose messages these are.
    pub(super) fn own(&self) -> &Own {
        &self.0.own
    }

    pub(super) fn ledger(&self) -> &Ledger {
        &self.0.ledger
    }

    /// Wakes where there may be something new.
    pub(super) fn news(&self) -> watch::Receiver<()> {
        self.0.news.subscribe()
    }

    /// How the upstreams are.
    pub(super) fn upstream(&self) -> Arc<Vec<RelayStatus>> {
        self.state().upstream.clone()
    }

    /// A client comes; what it needs is held until this is dropped.
    pub(super) fn join(&self, raw: bool) -> Result<Joined, StoreError> {
        if !self.has_clients() {
            let (newest, removed) =
                self.0.ledger.read(|store| Ok((store.newest_ever()?, store.newest_removal()?)))?;
            let upstream = Arc::new(self.upstreams());
            let fresh = State { reached: newest, removed, upstream, ..State::default() };
            *self.state() = fresh;
        }
        let joined = Joined { hub: self.clone(), raw };
        self.0.wanted[usize::from(raw)].fetch_add(1, Ordering::Relaxed);
        Ok(joined)
    }

    /// Reads what comes for as long as there are clients, without end.
    pub(super) async fn keep(self) {
        let mut changes = self.0.ledger.events().changes();
        while changes.changed().await.is_ok() {
            while self.has_clients() {
                match self.read() {
                    Ok(true) => yield_now().await,
                    Ok(false) => break,
                    // It is a condition already.
                    Err(_) => sleep(RETRY).await,
                }
            }
        }
    }

    /// Reads what is new. Answers whether there may be more.
    fn read(&self) -> Result<bool, StoreError> {
        let (after, removed) = {
            let state = self.state();
            (state.reached, state.removed)
        };
        let all = Filter::default();
        let (page, newest, removals, pruned) = self.0.ledger.read(|store| {
            let page = store.relayed(after, &all)?;
            let removals = store.removals(removed, REMOVALS_MAX as u32)?;
            Ok((page, store.newest_ever()?, removals, store.pruned_behind(after)?))
        })?;
        let upstream = self.upstreams();
        let is_full = page.is_full || removals.len() == REMOVALS_MAX;
        let mut state = self.state();
        let is_news = newest > state.reached || !removals.is_empty() || *state.upstream != upstream;
        if *state.upstream != upstream {
            state.upstream = Arc::new(upstream);
        }
        if let Some(last) = removals.last() {
            state.removed = last.id;
        }
        state.removals.extend(removals);
        while state.removals.len() > REMOVALS_MAX {
            state.removals.pop_front();
        }
        self.take(&mut state, page, newest, pruned);
        drop(state);
        if is_news {
            self.0.news.send_replace(());
        }
        Ok(is_full)
    }

    fn take(&self, state: &mut State, page: Page, newest: i64, pruned: Vec<(String, i64)>) {
        let reached = if page.is_full { page.reached } else { newest.max(page.reached) };
        let wanted = [0, 1].map(|at| self.0.wanted[at].load(Ordering::Relaxed) > 0);
        let mut writing = Writing { pruned, ..Writing::new(state.reached, wanted) };
        for message in page.messages {
            let id = message.row.id;
            if let Some(hops) = frame::hops(&message, |key| self.is_relay(key)) {
                writing.add(message, hops, &self.0.own);
            }
            if writing.bytes() >= CHUNK_BYTES_MAX {
                state.push(writing.end(id));
                writing = Writing::new(id, wanted);
            }
        }
        if writing.after < reached {
            state.push(writing.end(reached));
        }
        state.reached = reached;
    }

    /// What comes next for a client that has all up to this id, and came when `came` was the greatest; none
    /// where there is nothing. What was there before it came is as the store has it now: of what is gone by
    /// then it is told nothing.
    pub(super) fn next(
        &self,
        position: i64,
        came: i64,
        wants: &Wants,
    ) -> Result<Option<Piece>, StoreError> {
        let (reached, recent) = {
            let state = self.state();
            let recent = (position >= came).then(|| state.recent(position, wants.raw));
            (state.reached, recent.flatten())
        };
        match recent {
            _ if position >= reached => Ok(None),
            Some(chunk) => Ok(Some(chunk.piece(position, wants))),
            None => self.stored(position, reached, wants).map(Some),
        }
    }

    /// From the store. Of it is held what the client reads next, and no more.
    fn stored(&self, position: i64, reached: i64, wants: &Wants) -> Result<Piece, StoreError> {
        let (page, pruned) = self.0.ledger.read(|store| {
            Ok((store.relayed(position, &wants.filter)?, store.pruned_behind(position)?))
        })?;
        let up_to = if page.is_full { page.reached } else { reached.max(page.reached) };
        let (mut bytes, mut messages, mut last) = (Vec::new(), 0, None);
        for message in page.messages {
            let is_relay = |key: &str| self.is_relay(key);
            let Some(hops) = frame::hops(&message, is_relay) else { continue };
            if wants.takes(&message.row.subscription, topic(&message), &hops) {
                last = Some(message.row.id);
                frame::message(&mut bytes, message, wants.raw, &hops, &self.0.own);
                messages += 1;
            }
        }
        let pruned = pruned.into_iter().filter(|(key, _)| wants.filter.takes_subscription(key));
        Ok(Piece { bytes: bytes.into(), messages, last, reached: up_to, pruned: pruned.collect() })
    }

    /// Removals behind this number, of what a client that has all up to this id knows.
    pub(super) fn removals(&self, after: i64, position: i64) -> Result<Vec<Removal>, StoreError> {
        let state = self.state();
        if state.removed <= after {
            return Ok(Vec::new());
        }
        let is_held = state.removals.front().is_some_and(|first| first.id <= after + 1);
        let is_known = |one: &&Removal| one.id > after && one.newest <= position;
        if is_held {
            return Ok(state.removals.iter().filter(is_known).cloned().collect());
        }
        drop(state);
        let read = self.0.ledger.read(|store| store.removals(after, REMOVALS_MAX as u32))?;
        Ok(read.into_iter().take_while(|one| one.newest <= position).collect())
    }

    /// Whether a subscription follows a relay, so that what it says of other Harks is believed. Of one that is gone
    /// that is not known, and its messages are not to come back to where they came from.
    fn is_relay(&self, key: &str) -> bool {
        self.0.status.feed_of(key).is_none_or(|feed| feed == Hark.name())
    }

    fn upstreams(&self) -> Vec<RelayStatus> {
        self.0.status.links().iter().map(frame::upstream).collect()
    }

    fn has_clients(&self) -> bool {
        self.0.wanted.iter().any(|wanted| wanted.load(Ordering::Relaxed) > 0)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// That a client is there.
#[derive(Debug)]
pub(super) struct Joined {
    hub: Hub,
    raw: bool,
}

impl Drop for Joined {
    fn drop(&mut self) {
        self.hub.0.wanted[usize::from(self.raw)].fetch_sub(1, Ordering::Relaxed);
        if !self.hub.has_clients() {
            *self.hub.state() = State::default();
        }
    }
}

impl State {
    fn push(&mut self, chunk: Chunk) {
        self.bytes += chunk.bytes();
        self.chunks.push_back(Arc::new(chunk));
        while self.bytes > RECENT_BYTES_MAX && self.chunks.len() > 1 {
            if let Some(oldest) = self.chunks.pop_front() {
                self.bytes -= oldest.bytes();
            }
        }
    }

    /// The chunk that has what comes next, written so.
    fn recent(&self, position: i64, raw: bool) -> Option<Arc<Chunk>> {
        let at = self.chunks.partition_point(|chunk| chunk.reached <= position);
        let chunk = self.chunks.get(at).filter(|chunk| chunk.after <= position)?;
        chunk.written[usize::from(raw)].is_some().then(|| chunk.clone())
    }
}

impl Chunk {
    fn bytes(&self) -> usize {
        // What stands beside each message is about as much as a short one.
        let written = self.written.iter().flatten().map(Bytes::len).sum::<usize>();
        written + self.frames.len() * size_of::<Frame>() + size_of::<Self>()
    }

    fn piece(&self, position: i64, wants: &Wants) -> Piece {
        let Some(written) = &self.written[usize::from(wants.raw)] else { return Piece::default() };
        let side = usize::from(wants.raw);
        let first = self.frames.partition_point(|frame| frame.id <= position);
        let frames = &self.frames[first..];
        let takes =
            |frame: &&Frame| wants.takes(&frame.subscription, frame.topic.as_deref(), &frame.hops);
        let end = |at: usize| {
            self.frames.get(first + at + 1).map_or(written.len(), |next| next.begins[side])
        };
        let messages = frames.iter().filter(takes).count();
        let bytes = match messages {
            0 => Bytes::new(),
            all if all == frames.len() => written.slice(frames[0].begins[side]..),
            _ => {
                let mut some = Vec::new();
                for (at, frame) in frames.iter().enumerate().filter(|(_, frame)| takes(frame)) {
                    some.extend_from_slice(&written[frame.begins[side]..end(at)]);
                }
                some.into()
            }
        };
        let last = frames.iter().rfind(takes).map(|frame| frame.id);
        let (messages, pruned) = (messages as u64, self.pruned.clone());
        Piece { bytes, messages, last, reached: self.reached, pruned }
    }
}

/// A chunk that is being written.
struct Writing {
    after: i64,
    frames: Vec<Frame>,
    written: [Option<Vec<u8>>; 2],
    pruned: Vec<(String, i64)>,
}

impl Writing {
    fn new(after: i64, wanted: [bool; 2]) -> Self {
        let written = wanted.map(|is| is.then(Vec::new));
        Self { after, frames: Vec::new(), written, pruned: Vec::new() }
    }

    fn bytes(&self) -> usize {
        self.written.iter().flatten().map(Vec::len).sum()
    }

    fn add(&mut self, message: Relayed, hops: Vec<String>, own: &Own) {
        let begins = [0, 1].map(|at| self.written[at].as_ref().map_or(0, Vec::len));
        let (id, subscription) = (message.row.id, message.row.subscription.clone());
        let topic = topic(&message).map(str::to_owned);
        match &mut self.written {
            [Some(decoded), Some(raw)] => {
                frame::message(decoded, message.clone(), false, &hops, own);
                frame::message(raw, message, true, &hops, own);
            }
            [Some(decoded), None] => frame::message(decoded, message, false, &hops, own),
            [None, Some(raw)] => frame::message(raw, message, true, &hops, own),
            [None, None] => {}
        }
        self.frames.push(Frame { id, subscription, topic, hops, begins });
    }

    fn end(self, reached: i64) -> Chunk {
        let written = self.written.map(|written| written.map(Bytes::from));
        Chunk { after: self.after, reached, frames: self.frames, written, pruned: self.pruned }
    }
}

fn topic(message: &Relayed) -> Option<&str> {
    message.row.message.topic.as_ref().map(|topic| topic.as_str())
}
