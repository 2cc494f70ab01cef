//! Those who follow the relay: how many, who, and who of them is cut off.

use std::{
    collections::BTreeMap,
    ops::Deref,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use hark_api::{RelayClient, Time};
use jiff::Timestamp;
use tokio::sync::watch;

/// How many may follow at a time.
pub(super) const CLIENTS_MAX: usize = 256;
/// How much is kept of what one calls itself. Characters.
const AGENT_CHARS_MAX: usize = 100;

/// See the module. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Clients(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    all: Mutex<All>,
    /// How often who came with which token was cut off: with the full one, with the other one.
    cuts: watch::Sender<[u64; 2]>,
    /// Messages that were sent to those who have gone.
    sent_before: AtomicU64,
}

#[derive(Debug, Default)]
struct All {
    number: u64,
    clients: BTreeMap<u64, Arc<Seen>>,
}

/// What is known of one.
#[derive(Debug)]
pub(super) struct Seen {
    since: Timestamp,
    agent: String,
    origin: Option<String>,
    pub(super) reached: AtomicI64,
    pub(super) sent: AtomicU64,
}

impl Clients {
    /// One that comes, where there is room. It is gone when this is dropped.
    pub(super) fn enter(&self, agent: &str, origin: Option<String>) -> Option<Guest> {
        let mut all = self.all();
        if all.clients.len() >= CLIENTS_MAX {
            return None;
        }
        let readable = |char: &char| !char.is_control();
        let seen = Arc::new(Seen {
            since: Timestamp::now(),
            agent: agent.chars().filter(readable).take(AGENT_CHARS_MAX).collect(),
            origin,
            reached: AtomicI64::new(0),
            sent: AtomicU64::new(0),
        });
        all.number += 1;
        let number = all.number;
        all.clients.insert(number, seen.clone());
        Some(Guest { clients: self.clone(), number, seen })
    }

    /// Who follows now.
    pub(super) fn list(&self) -> Vec<RelayClient> {
        let all = self.all();
        let each = all.clients.values().map(|seen| RelayClient {
            since: Time(seen.since),
            agent: seen.agent.clone(),
            origin: seen.origin.clone(),
            reached: seen.reached.load(Ordering::Relaxed),
            sent: seen.sent.load(Ordering::Relaxed),
        });
        each.collect()
    }

    /// How many follow now, and how many messages all were sent.
    pub(super) fn count(&self) -> (u64, u64) {
        let all = self.all();
        let now = all.clients.values().map(|seen| seen.sent.load(Ordering::Relaxed)).sum::<u64>();
        (all.clients.len() as u64, self.0.sent_before.load(Ordering::Relaxed) + now)
    }

    /// Cuts off those who came with a token.
    pub(super) fn cut(&self, read_only: bool) {
        self.0.cuts.send_modify(|cuts| cuts[usize::from(read_only)] += 1);
    }

    /// When one who comes now with a token is cut off.
    pub(super) fn until_cut(&self, read_only: bool) -> Cut {
        let mut cuts = self.0.cuts.subscribe();
        let (side, before) = (usize::from(read_only), *cuts.borrow_and_update());
        Cut { cuts, side, before: before[side] }
    }

    fn all(&self) -> MutexGuard<'_, All> {
        self.0.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One that is there.
#[derive(Debug)]
pub(super) struct Guest {
    clients: Clients,
    number: u64,
    seen: Arc<Seen>,
}

impl Deref for Guest {
    type Target = Seen;

    fn deref(&self) -> &Seen {
        &self.seen
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let sent = self.seen.sent.load(Ordering::Relaxed);
        let mut all = self.clients.all();
        all.clients.remove(&self.number);
        self.clients.0.sent_before.fetch_add(sent, Ordering::Relaxed);
    }
}

/// See [`Clients::until_cut`].
#[derive(Debug)]
pub(super) struct Cut {
    cuts: watch::Receiver<[u64; 2]>,
    side: usize,
    before: u64,
}

impl Cut {
    pub(super) fn is_cut(&self) -> bool {
        self.cuts.borrow()[self.side] != self.before
    }

    /// Waits until it is.
    pub(super) async fn cut(&mut self) {
        let (side, before) = (self.side, self.before);
        // Without anybody who could cut, never.
        if self.cuts.wait_for(|cuts| cuts[side] != before).await.is_err() {
            std::future::pending().await
        }
    }
}
