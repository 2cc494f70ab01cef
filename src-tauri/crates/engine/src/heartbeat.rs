//! How often a server is heard from, and when its silence means something.
//!
//! Messages never count here, or a quiet night would kill a link. What was learned is evidence: it
//! is bounded, one interval alone does not make it, no pause of this machine is part of it, and it
//! is given up when a silence speaks against it.

use std::{collections::VecDeque, time::Duration};

use crate::Monotonic;

/// Heartbeats that must be seen before their interval is believed.
const LEARN_HEARTBEATS: usize = 3;
/// The cadence is the greatest of so many latest intervals.
const INTERVALS_MAX: usize = 4;
/// The longest cadence that is learned or supposed. What comes more seldom is no heartbeat.
const INTERVAL_MAX: Duration = Duration::from_secs(15 * 60);
/// Two signs of life closer than this are one heartbeat.
const INTERVAL_MIN: Duration = Duration::from_secs(1);
/// A server without heartbeat is checked after so long a silence, then at doubled intervals.
const CHECK_FIRST: Duration = Duration::from_secs(5 * 60);
const CHECK_MAX: Duration = Duration::from_secs(3600);

/// What the person set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Learn it, else the feed's default.
    Learn,
    /// The server's heartbeat comes this often.
    Cadence(Duration),
    /// A plain timeout: silence for so long is the end of the connection.
    Timeout(Duration),
}

/// Who says how often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A plain timeout in the settings.
    Timeout,
    /// A cadence in the settings.
    Settings,
    /// Seen on the stream.
    Learned,
    /// The feed's documented default.
    Feed,
}

/// What silence means on a connection now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// After this silence, dial a second connection; `None` where the end comes at once.
    pub stale: Option<Duration>,
    /// After this silence the connection is dead; `None` without a heartbeat.
    pub dead: Option<Duration>,
}

/// What is known about one subscription's heartbeat. Outlives its connections.
#[derive(Clone, Debug)]
pub struct Heartbeat {
    expect: Expect,
    feed_default: Option<Duration>,
    intervals: VecDeque<Duration>,
    previous: Option<Monotonic>,
    doublings: u32,
    /// How often the learned cadence was late since it was last confirmed.
    lateness: u32,
    checks: u32,
}

impl Heartbeat {
    /// Of a subscription from which nothing has come yet.
    #[must_use]
    pub fn new(expect: Expect, feed_default: Option<Duration>) -> Self {
        Self {
            expect,
            feed_default,
            intervals: VecDeque::with_capacity(INTERVALS_MAX),
            previous: None,
            doublings: 0,
            lateness: 0,
            checks: 0,
        }
    }

    /// A connection opened: intervals do not reach across connections.
    pub fn on_opened(&mut self) {
        self.previous = None;
    }

    /// A heartbeat arrived.
    pub fn on_heartbeat(&mut self, at: Monotonic) {
        // A first comment is a greeting, which a server without heartbeat gives as well.
        if let Some(previous) = self.previous {
            self.checks = 0;
            let interval = at.saturating_sub(previous);
            if interval < INTERVAL_MIN {
                return;
            }
            self.on_interval(interval);
        }
        self.previous = Some(at);
    }

    fn on_interval(&mut self, interval: Duration) {
        if interval > INTERVAL_MAX {
            return;
        }
        if std::mem::take(&mut self.lateness) > 0
            && self.confirmed().is_some_and(|learned| interval > learned)
        {
            // It was late and came after all: the server's interval has changed.
            self.intervals.clear();
        }
        if self.intervals.len() == INTERVALS_MAX {
            self.intervals.pop_front();
        }
        self.intervals.push_back(interval);
    }

    /// A message arrived. Servers that count from their last write put the next heartbeat off, so
    /// the interval around a message says nothing.
    pub fn on_message(&mut self) {
        self.checks = 0;
        self.previous = None;
    }

    /// This machine or process stood still: the interval around that says nothing of the server.
    pub fn on_pause(&mut self) {
        self.previous = None;
    }

    /// The connection died of silence, so the cadence may be wrong: a learned one is given up and
    /// learned anew, and a default of the feed is doubled.
    pub fn on_death(&mut self) {
        if self.confirmed().is_none() {
            self.doublings = (self.doublings + 1).min(16);
        }
        self.intervals.clear();
        self.lateness = 0;
    }

    /// A heartbeat did not come when it was due, and another connection took over: until it is
    /// confirmed, what was learned is doubled.
    pub fn on_late(&mut self) {
        self.lateness = (self.lateness + 1).min(16);
    }

    /// A self-check of a server without heartbeat was made; the next comes later.
    pub fn on_check(&mut self) {
        self.checks = (self.checks + 1).min(16);
    }

    /// The interval that was seen often enough to be believed.
    #[must_use]
    pub fn confirmed(&self) -> Option<Duration> {
        let mut longest = Duration::ZERO;
        let mut next = Duration::ZERO;
        for &interval in &self.intervals {
            next = next.max(interval.min(longest));
            longest = longest.max(interval);
        }
        match self.intervals.len() + 1 {
            ..LEARN_HEARTBEATS => None,
            // A single interval that is much longer was a hiccup.
            n if n > LEARN_HEARTBEATS && longest > next * 2 => Some(next),
            _ => Some(longest),
        }
    }

    /// The cadence in force, and who says so.
    #[must_use]
    pub fn cadence(&self) -> Option<(Duration, Source)> {
        match self.expect {
            Expect::Timeout(timeout) => return Some((timeout, Source::Timeout)),
            Expect::Cadence(cadence) => return Some((self.doubled(cadence), Source::Settings)),
            Expect::Learn => {}
        }
        if let Some(learned) = self.confirmed() {
            let learned = learned.saturating_mul(1 << self.lateness);
            return Some((learned.min(INTERVAL_MAX), Source::Learned));
        }
        self.feed_default.map(|cadence| (self.doubled(cadence), Source::Feed))
    }

    fn doubled(&self, cadence: Duration) -> Duration {
        let factor = 1 << if self.confirmed().is_some() { 0 } else { self.doublings };
        cadence.saturating_mul(factor).min(INTERVAL_MAX.max(cadence))
    }

    /// What silence means now.
    #[must_use]
    pub fn limits(&self) -> Limits {
        match self.cadence() {
            Some((timeout, Source::Timeout)) => Limits { stale: None, dead: Some(timeout) },
            Some((cadence, _)) => Limits {
                stale: Some(cadence.mul_f64(1.25) + Duration::from_secs(2)),
                dead: Some(cadence.mul_f64(1.5) + Duration::from_secs(5)),
            },
            None => Limits {
                stale: Some(CHECK_FIRST.saturating_mul(1 << self.checks).min(CHECK_MAX)),
                dead: None,
            },
        }
    }

    /// How long a stream must last before the backoff starts over: one confirmed cadence, at least
    /// 10 s, at most 60 s.
    #[must_use]
    pub fn proof(&self) -> Duration {
        let longest = Duration::from_secs(60);
        self.confirmed().unwrap_or(longest).clamp(Duration::from_secs(10), longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn three_heartbeats_teach_the_cadence() {
        let mut heartbeat = Heartbeat::new(Expect::Learn, Some(secs(45)));
        heartbeat.on_opened();
        heartbeat.on_heartbeat(secs(0));
        heartbeat.on_heartbeat(secs(15));
        assert_eq!(heartbeat.cadence(), Some((secs(45), Source::Feed)));
        heartbeat.on_heartbeat(secs(31));
        assert_eq!(heartbeat.cadence(), Some((secs(16), Source::Learned)));
        assert_eq!(heartbeat.limits(), Limits { stale: Some(secs(22)), dead: Some(secs(29)) });
    }

    #[test]
    fn a_cadence_that_a_silence_speaks_against_is_learned_anew() {
        let mut heartbeat = Heartbeat::new(Expect::Learn, None);
        for n in 0..5 {
            heartbeat.on_heartbeat(secs(2 * n));
        }
        assert_eq!(heartbeat.cadence(), Some((secs(2), Source::Learned)));
        heartbeat.on_death();
        assert_eq!(heartbeat.cadence(), None);
        for n in 0..3 {
            heartbeat.on_heartbeat(secs(100 + 10 * n));
        }
        assert_eq!(heartbeat.cadence(), Some((secs(10), Source::Learned)));
    }

    #[test]
    fn one_long_interval_or_a_pause_of_this_machine_is_no_cadence() {
        let learned = |at: &[u64], paused: Option<u64>| {
            let mut heartbeat = Heartbeat::new(Expect::Learn, None);
            for &second in at {
                if paused == Some(second) {
                    heartbeat.on_pause();
                }
                heartbeat.on_heartbeat(secs(second));
            }
            heartbeat.confirmed().map(|cadence| cadence.as_secs())
        };
        assert_eq!(learned(&[0, 2, 4, 44, 46], None), Some(2));
        assert_eq!(learned(&[0, 2, 4, 44], Some(44)), Some(2));
        assert_eq!(learned(&[0, 2, 4, 14, 24], None), Some(10));
        assert_eq!(learned(&[0, 3600, 7200, 10_800], None), None);
    }

    #[test]
    fn a_late_heartbeat_doubles_the_cadence_until_it_is_confirmed() {
        let mut heartbeat = Heartbeat::new(Expect::Learn, None);
        for n in 0..5 {
            heartbeat.on_heartbeat(secs(2 * n));
        }
        heartbeat.on_late();
        assert_eq!(heartbeat.cadence(), Some((secs(4), Source::Learned)));
        heartbeat.on_opened();
        heartbeat.on_heartbeat(secs(100));
        heartbeat.on_heartbeat(secs(102));
        assert_eq!(heartbeat.cadence(), Some((secs(2), Source::Learned)));
        heartbeat.on_late();
        heartbeat.on_heartbeat(secs(112));
        heartbeat.on_heartbeat(secs(122));
        assert_eq!(heartbeat.cadence(), Some((secs(10), Source::Learned)));
    }

    #[test]
    fn messages_never_count_as_heartbeats() {
        let mut heartbeat = Heartbeat::new(Expect::Learn, None);
        for n in 0..50 {
            heartbeat.on_heartbeat(secs(n * 10));
            heartbeat.on_message();
        }
        assert_eq!(heartbeat.cadence(), None);
    }

    #[test]
    fn a_death_under_an_unconfirmed_cadence_doubles_it_up_to_15_minutes() {
        let mut heartbeat = Heartbeat::new(Expect::Learn, Some(secs(45)));
        heartbeat.on_death();
        assert_eq!(heartbeat.cadence(), Some((secs(90), Source::Feed)));
        for _ in 0..40 {
            heartbeat.on_death();
        }
        assert_eq!(heartbeat.cadence(), Some((secs(900), Source::Feed)));
    }

    #[test]
    fn a_server_without_heartbeat_is_checked_at_growing_intervals() {
        let mut heartbeat = Heartbeat::new(Expect::Learn, None);
        let mut seen = Vec::new();
        for _ in 0..6 {
            seen.push(heartbeat.limits().stale.unwrap().as_secs() / 60);
            heartbeat.on_check();
            heartbeat.on_opened();
            heartbeat.on_heartbeat(secs(1_000_000 * (1 + seen.len() as u64)));
        }
        assert_eq!(seen, [5, 10, 20, 40, 60, 60], "whatever it greets with");
        assert_eq!(heartbeat.limits().dead, None);
    }

    #[test]
    fn a_plain_timeout_is_exactly_that() {
        let heartbeat = Heartbeat::new(Expect::Timeout(secs(30)), Some(secs(45)));
        assert_eq!(heartbeat.limits(), Limits { stale: None, dead: Some(secs(30)) });
    }
}
