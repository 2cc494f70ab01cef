//! Changes around a process: the computer woke, the network changed, which make a dial worthwhile; the
//! session was locked. Also the addresses of this computer.
//!
//! Hints only: a missed one costs time and loses nothing.

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
mod logind;

#[cfg(not(target_os = "linux"))]
use elsewhere as system;
#[cfg(target_os = "linux")]
use linux as system;

use std::{
    collections::BTreeSet,
    iter,
    net::IpAddr,
    time::{Duration, Instant},
};

use hark_engine::Moment;
use jiff::SignedDuration;
use tokio::{sync::mpsc, task::JoinHandle, time::sleep};

use crate::clock;

/// How often the clocks are compared where nothing tells of a wake.
const TICK: Duration = Duration::from_secs(20);
/// A shorter sleep breaks no connection.
const SLEEP_MIN: Duration = Duration::from_secs(2);
/// A clock that differs by less is one that is kept right.
const CLOCK_SET_MIN: SignedDuration = SignedDuration::from_secs(2);
/// For so long after a wake the system may still come to tell of it.
const WAKE_ONCE: Duration = Duration::from_secs(10);
/// Changes of the network come in bursts; the last one counts.
const SETTLE: Duration = Duration::from_millis(300);

/// How many changes may wait to be taken.
const CHANGES_MAX: usize = 8;

/// What a system tells.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Notice {
    /// The computer woke.
    #[cfg_attr(target_os = "macos", expect(dead_code, reason = "the clocks tell it"))]
    Woke,
    /// These addresses of this computer came or went.
    Network(BTreeSet<IpAddr>),
    /// Whether the session is locked, as the system was told.
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "only logind is told"))]
    Locked(bool),
}

/// A change around this process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The computer woke. How long it slept, where the clocks show that.
    Woke(Option<Duration>),
    /// The clock was set, so much later than it would have been. It is noticed within 20 seconds.
    ClockSet(SignedDuration),
    /// These addresses of this computer came or went.
    Network(BTreeSet<IpAddr>),
    /// Whether the session is locked, as the system was told. Many desktops never tell it.
    Locked(bool),
}

/// Watches for changes until it is dropped.
#[derive(Debug)]
pub struct Watch {
    changes: mpsc::Receiver<Change>,
    watching: JoinHandle<()>,
}

impl Watch {
    /// Begins to watch. Where the system cannot tell of something, the log says so.
    #[must_use]
    pub fn begin() -> Self {
        let (tell, changes) = mpsc::channel(CHANGES_MAX);
        Self { changes, watching: tokio::spawn(watch(tell)) }
    }

    /// The next change. None comes twice, and one that nobody waits for is kept.
    pub async fn next(&mut self) -> Option<Change> {
        self.changes.recv().await
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.watching.abort();
    }
}

/// Whether the system can tell of changes of the network.
///
/// # Errors
/// What the system says.
pub fn network_tells() -> std::io::Result<()> {
    system::network_tells()
}

async fn watch(tell: mpsc::Sender<Change>) {
    let (notify, mut notices) = mpsc::channel(CHANGES_MAX);
    let _watching = system::watch(notify);
    let mut slept = clock::slept();
    let mut before = clock::now();
    let mut woke: Option<Instant> = None;
    loop {
        let began = Instant::now();
        let first = tokio::select! {
            notice = notices.recv() => notice,
            () = sleep(TICK) => None,
        };
        let mut changed = BTreeSet::new();
        let mut is_awake = system::TELLS_LATE && began.elapsed() >= TICK + SLEEP_MIN;
        let mut locked = None;
        if let Some(first) = first {
            if matches!(first, Notice::Network(_)) {
                sleep(SETTLE).await;
            }
            for notice in iter::once(first).chain(iter::from_fn(|| notices.try_recv().ok())) {
                match notice {
                    Notice::Woke => is_awake = true,
                    Notice::Network(addresses) => changed.extend(addresses),
                    Notice::Locked(now) => locked = Some(now),
                }
            }
        }
        let now_slept = clock::slept();
        let length = now_slept.saturating_sub(slept);
        let length = (length >= SLEEP_MIN).then_some(length);
        let now = clock::now();
        let set = set(before, now);
        before = now;
        // Two clocks that run a little apart never add up to a sleep.
        slept = now_slept;
        // It fell asleep by the clock of then.
        let by_now = length.map(|length| match set {
            Some(by) if by.is_negative() => length.saturating_sub(by.unsigned_abs()),
            set => length + set.unwrap_or_default().unsigned_abs(),
        });
        // What the clocks and the system say one after the other is one wake.
        let is_told = woke.is_some_and(|woke| woke.elapsed() < WAKE_ONCE);
        if length.is_some() || (is_awake && !is_told) {
            if tell.send(Change::Woke(by_now)).await.is_err() {
                return;
            }
            woke = Some(Instant::now());
        }
        if let Some(by) = set
            && tell.send(Change::ClockSet(by)).await.is_err()
        {
            return;
        }
        if let Some(locked) = locked
            && tell.send(Change::Locked(locked)).await.is_err()
        {
            return;
        }
        if !changed.is_empty() {
            tracing::info!("the network changed");
            if tell.send(Change::Network(changed)).await.is_err() {
                return;
            }
        }
    }
}

/// By how much the clock was set between these two, where it was.
fn set(before: Moment, now: Moment) -> Option<SignedDuration> {
    let passed = SignedDuration::try_from(now.since(before)).ok()?;
    let by = now.wall.duration_since(before.wall).checked_sub(passed)?;
    (by.abs() >= CLOCK_SET_MIN).then_some(by)
}

/// Whether an address is in a subnet that this machine is on.
pub fn is_local(address: IpAddr) -> bool {
    if address.is_loopback() {
        return true;
    }
    let subnets = if_addrs::get_if_addrs().unwrap_or_default();
    subnets.into_iter().any(|one| match (one.addr, address) {
        (if_addrs::IfAddr::V4(ours), IpAddr::V4(other)) => {
            let mask = u32::from(ours.netmask);
            mask != 0 && u32::from(ours.ip) & mask == u32::from(other) & mask
        }
        (if_addrs::IfAddr::V6(ours), IpAddr::V6(other)) => {
            let mask = u128::from(ours.netmask);
            mask != 0 && u128::from(ours.ip) & mask == u128::from(other) & mask
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_set_is_told_from_a_sleep_and_from_one_that_is_kept_right() {
        let before = clock::now();
        let after = |passed, shown| Moment {
            monotonic: before.monotonic + Duration::from_secs(passed),
            wall: before.wall + SignedDuration::from_secs(shown),
        };
        assert_eq!(set(before, after(20, 20)), None);
        // A night, counted by both.
        assert_eq!(set(before, after(30_000, 30_001)), None);
        assert_eq!(set(before, after(20, 3_620)), Some(SignedDuration::from_hours(1)));
        assert_eq!(set(before, after(20, -3_580)), Some(SignedDuration::from_hours(-1)));
    }
}
