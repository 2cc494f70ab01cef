//! One client's way through the messages: where it stands, and what it is sent next. It holds what it is being
//! sent, and nothing that waits.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use axum::body::Bytes;
use hark_api::{RelayGap, RelayId, RelayStatus};
use hark_store::StoreError;
use tokio::{
    sync::watch,
    task::consume_budget,
    time::{Instant, sleep_until},
};

use super::{
    clients::{Cut, Guest},
    frame,
    hub::{Hub, Joined, Wants},
};

/// How often the relay says that it is there.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// See the module.
pub(super) struct Client {
    hub: Hub,
    wants: Wants,
    guest: Guest,
    cut: Cut,
    news: watch::Receiver<()>,
    /// It has all up to this id.
    position: i64,
    /// The position that it knows itself, by the id that it was sent last.
    told: i64,
    /// The greatest id when it came.
    came: i64,
    /// It knows of the removals up to this number.
    removed: i64,
    /// How it knows the upstreams to be.
    upstream: Arc<Vec<RelayStatus>>,
    /// Which messages it was told may be missing: of each subscription up to which id.
    missing: HashMap<String, i64>,
    /// What it is sent first.
    first: Option<Vec<u8>>,
    _joined: Joined,
}

impl Client {
    /// One that has the message `since` and wants what came after it; without, what comes from now on.
    pub(super) fn new(
        hub: &Hub,
        wants: Wants,
        since: Option<RelayId>,
        guest: Guest,
        cut: Cut,
    ) -> Result<Self, StoreError> {
        let joined = hub.join(wants.raw)?;
        let (newest, newest_removal) =
            hub.ledger().read(|store| Ok((store.newest_ever()?, store.newest_removal()?)))?;
        // An id of another store: what is in this one is all new to it.
        let is_strange = since.as_ref().is_some_and(|since| {
            since.message > newest
                || since.epoch.as_deref().is_some_and(|epoch| *epoch != *hub.own().epoch)
        });
        let (position, removed) = match since.as_ref().map(|since| since.message) {
            None => (newest, newest_removal),
            Some(_) if is_strange => (0, newest_removal),
            Some(0) => (0, newest_removal),
            Some(id) => (id, hub.ledger().read(|store| store.removals_known_at(id))?),
        };
        let (mut first, upstream) = (Vec::new(), hub.upstream());
        frame::beginning(&mut first, position, hub.own());
        for one in upstream.iter() {
            if wants.filter.takes_subscription(&one.subscription) {
                frame::status(&mut first, one);
            }
        }
        if is_strange {
            let gap = RelayGap { subscription: None, after: position, up_to: None };
            frame::gap(&mut first, gap, hub.own());
        }
        guest.reached.store(position, Ordering::Relaxed);
        let mut client = Self {
            news: hub.news(),
            hub: hub.clone(),
            wants,
            guest,
            cut,
            position,
            told: position,
            came: newest,
            removed,
            upstream,
            missing: HashMap::new(),
            first: None,
            _joined: joined,
        };
        if since.is_some() {
            let pruned = hub.ledger().read(|store| store.pruned_behind(position))?;
            client.tell_gaps(&mut first, pruned);
        }
        client.first = Some(first);
        Ok(client)
    }

    /// What it is sent next; none where it is cut off.
    pub(super) async fn next(&mut self) -> Option<Bytes> {
        let heartbeat = Instant::now() + HEARTBEAT;
        loop {
            // Others have their turn, however much there is for this one.
            consume_budget().await;
            self.news.borrow_and_update();
            if self.cut.is_cut() {
                return None;
            }
            if let Some(first) = self.first.take() {
                return Some(first.into());
            }
            // A store that cannot be read now is tried again with the next heartbeat.
            if let Ok(Some(bytes)) = self.advance() {
                match bytes.is_empty() {
                    true => continue,
                    false => return Some(bytes),
                }
            }
            if let Some(bytes) = self.removals().ok().flatten().or_else(|| self.upstreams()) {
                return Some(bytes);
            }
            tokio::select! {
                changed = self.news.changed() => changed.ok()?,
                () = self.cut.cut() => return None,
                () = sleep_until(heartbeat) => return Some(self.heartbeat()),
            }
        }
    }

    fn heartbeat(&mut self) -> Bytes {
        // What it does not want has passed it by: it is not to be looked through again.
        let untold = (self.position != self.told).then_some(self.position);
        self.told = self.position;
        frame::heartbeat(untold, self.hub.own()).into()
    }

    /// The next messages; empty where none of them is wanted, and none where there are no more.
    fn advance(&mut self) -> Result<Option<Bytes>, StoreError> {
        let Some(mut piece) = self.hub.next(self.position, self.came, &self.wants)? else {
            return Ok(None);
        };
        if !piece.pruned.is_empty() {
            let mut out = Vec::new();
            self.tell_gaps(&mut out, std::mem::take(&mut piece.pruned));
            if !out.is_empty() {
                out.extend_from_slice(&piece.bytes);
                piece.bytes = out.into();
            }
        }
        self.told = piece.last.unwrap_or(self.told);
        self.position = piece.reached;
        self.guest.reached.store(piece.reached, Ordering::Relaxed);
        self.guest.sent.fetch_add(piece.messages, Ordering::Relaxed);
        Ok(Some(piece.bytes))
    }

    fn tell_gaps(&mut self, out: &mut Vec<u8>, pruned: Vec<(String, i64)>) {
        for (key, up_to) in pruned {
            let known = self.missing.get(&key).is_some_and(|known| *known >= up_to);
            if !known && up_to > self.position && self.wants.filter.takes_subscription(&key) {
                let (subscription, after) = (Some(key.clone()), self.position);
                let gap = RelayGap { subscription, after, up_to: Some(up_to) };
                frame::gap(out, gap, self.hub.own());
                self.told = self.position;
                self.missing.insert(key, up_to);
            }
        }
    }

    fn removals(&mut self) -> Result<Option<Bytes>, StoreError> {
        let mut out = Vec::new();
        for removal in self.hub.removals(self.removed, self.position)? {
            self.removed = removal.id;
            if self.wants.filter.takes_subscription(&removal.subscription) {
                frame::removed(&mut out, removal.message, &removal.subscription);
            }
        }
        Ok((!out.is_empty()).then(|| out.into()))
    }

    fn upstreams(&mut self) -> Option<Bytes> {
        let now = self.hub.upstream();
        if Arc::ptr_eq(&now, &self.upstream) {
            return None;
        }
        let before: BTreeMap<&str, &RelayStatus> =
            self.upstream.iter().map(|one| (&*one.subscription, one)).collect();
        let mut out = Vec::new();
        let is_wanted =
            |one: &&RelayStatus| self.wants.filter.takes_subscription(&one.subscription);
        for one in now.iter().filter(is_wanted) {
            if before.get(&*one.subscription) != Some(&one) {
                frame::status(&mut out, one);
            }
        }
        let is_gone =
            |one: &&RelayStatus| now.iter().all(|other| other.subscription != one.subscription);
        for gone in self.upstream.iter().filter(is_wanted).filter(is_gone) {
            let state = hark_api::Upstream::Removed;
            let gone = RelayStatus { state, since: None, cause: None, ..gone.clone() };
            frame::status(&mut out, &gone);
        }
        drop(before);
        self.upstream = now;
        (!out.is_empty()).then(|| out.into())
    }
}
