//! How reliably each subscription was connected, by day.

use hark_engine::{
    failure::{Cause, Class},
    history::Entry,
    keep::Keep,
};
use jiff::{SignedDuration, tz};

use super::*;

const HOUR_MS: u64 = 3_600_000;

/// An hour of the first days of March 2026, UTC.
fn hour(hour: i64) -> Timestamp {
    "2026-03-01T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(hour)
}

fn lost() -> Entry {
    Entry::Lost { failure: Cause::EndOfStream.into(), last_heard: hour(0) }
}

fn refused() -> Entry {
    Entry::DialFailed { failure: Cause::ConnectionRefused.into(), attempts: 1 }
}

impl World {
    fn tell(&mut self, entries: &[(i64, Entry)]) {
        for (at, entry) in entries {
            self.store.journal(Some("builds"), hour(*at), entry).unwrap();
        }
    }

    fn uptime(&self, days: u32, at: i64) -> Uptime {
        self.store.uptime("builds", days, hour(at)).unwrap()
    }
}

#[test]
fn what_was_live_of_what_was_followed_is_counted_by_day() {
    let mut world = World::new();
    world.tell(&[(20, Entry::Opened), (22, lost()), (26, Entry::Opened), (30, Entry::Paused)]);
    let today = world.uptime(1, 47);
    assert_eq!((today.live_ms, today.followed_ms), (4 * HOUR_MS, 6 * HOUR_MS));
    assert_eq!((today.outages, today.longest_ms), (0, 4 * HOUR_MS), "it began yesterday");
    let both = world.uptime(2, 47);
    assert_eq!((both.live_ms, both.followed_ms), (6 * HOUR_MS, 10 * HOUR_MS));
    assert_eq!(both.outages, 1);
    assert_eq!(both.cause, Some((Class::Server, "end of stream".to_owned(), 1)));
    assert_eq!(world.uptime(1, 72), Uptime::default(), "nothing was followed then");
}

#[test]
fn what_lasts_counts_until_now() {
    let mut world = World::new();
    world.tell(&[(1, Entry::Opened), (5, lost())]);
    assert_eq!(world.store.lost_since("builds").unwrap(), Some(hour(5)));
    let today = world.uptime(1, 8);
    assert_eq!((today.live_ms, today.followed_ms), (4 * HOUR_MS, 7 * HOUR_MS));
    assert_eq!(today.longest_ms, 3 * HOUR_MS);
    let next = world.uptime(1, 30);
    assert_eq!((next.live_ms, next.followed_ms), (0, 6 * HOUR_MS));
    world.tell(&[(31, Entry::Opened)]);
    assert_eq!(world.store.lost_since("builds").unwrap(), None);
    assert_eq!(
        world.uptime(1, 30),
        Uptime { followed_ms: 7 * HOUR_MS, longest_ms: 26 * HOUR_MS, ..Uptime::default() }
    );
}

#[test]
fn the_agents_own_entries_concern_every_subscription() {
    let mut world = World::new();
    world.tell(&[(1, Entry::Opened)]);
    world.store.journal(Some("other"), hour(2), &Entry::Opened).unwrap();
    world.store.journal(None, hour(5), &Entry::AgentStopped).unwrap();
    let started = Entry::AgentStarted { last_alive: Some(hour(5)) };
    world.store.journal(None, hour(8), &started).unwrap();
    assert_eq!(world.uptime(1, 10).followed_ms, 4 * HOUR_MS);
    assert_eq!(world.store.uptime("other", 1, hour(10)).unwrap().live_ms, 3 * HOUR_MS);
}

#[test]
fn the_account_outlives_the_rows_and_counts_a_dial_that_fails_again_once() {
    let mut world = World::new();
    let keep = Keep { journal_rows_max: 10, ..Keep::DEFAULT };
    world.store.keep("builds", keep);
    for at in 0..200 {
        let (from, to) = (hour(at), hour(at) + SignedDuration::from_mins(30));
        world.store.journal(Some("builds"), from, &Entry::Opened).unwrap();
        world.store.journal(Some("builds"), to, &refused()).unwrap();
        world.store.journal(Some("builds"), to, &refused()).unwrap();
    }
    world.store.prune(hour(200)).unwrap();
    assert!(world.store.journal_rows(None, 1_000).unwrap().len() <= 10);
    let all = world.uptime(30, 200);
    assert_eq!((all.live_ms, all.followed_ms), (100 * HOUR_MS, 200 * HOUR_MS));
    assert_eq!(all.cause, Some((Class::Network, "connection refused".to_owned(), 200)));
    world.tell(&[(200, Entry::Opened), (201, Entry::Removed)]);
    world.store.prune(hour(200 + 24 * 500)).unwrap();
    assert_eq!(world.uptime(1_000, 201), Uptime::default(), "what is long ago is forgotten");
}

#[test]
fn an_older_database_is_accounted_for_by_what_it_still_has() {
    let mut world = World::new();
    world.tell(&[(20, Entry::Opened), (22, lost()), (26, Entry::Opened)]);
    let before = world.uptime(2, 40);
    world.store.connection.execute_batch("DELETE FROM day; DELETE FROM standing").unwrap();
    assert_eq!(world.uptime(2, 40), Uptime::default());
    world.store.keep_days(tz::TimeZone::UTC).unwrap();
    assert_eq!(world.uptime(2, 40), before);
    world.store.keep_days(tz::TimeZone::UTC).unwrap();
    assert_eq!(world.uptime(2, 40), before, "once");
}

#[test]
fn a_day_is_one_of_the_calendar_that_is_set() {
    let mut world = World::new();
    world.store.keep_days(tz::TimeZone::fixed(tz::offset(8))).unwrap();
    world.tell(&[(10, Entry::Opened), (20, Entry::Paused)]);
    assert_eq!(world.uptime(1, 21).live_ms, 4 * HOUR_MS, "its midnight is at 16:00 UTC");
}

#[test]
fn no_day_is_longer_than_it_is_however_the_clock_is_set() {
    // 23 hours on 29 March and 25 on 25 October.
    let zone = tz::TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
    for (noon, hours) in
        [("2026-03-29T10:00:00Z", 23), ("2026-10-25T11:00:00Z", 25), ("2026-06-01T10:00:00Z", 24)]
    {
        let mut world = World::new();
        world.store.keep_days(zone.clone()).unwrap();
        let noon: Timestamp = noon.parse().unwrap();
        let day = |by: i64| noon + SignedDuration::from_hours(by);
        world.store.journal(Some("builds"), day(-36), &Entry::Opened).unwrap();
        world.store.journal(Some("builds"), day(36), &Entry::Paused).unwrap();
        let all = world.store.uptime("builds", 1, day(11)).unwrap();
        assert_eq!((all.live_ms, all.followed_ms), (hours * HOUR_MS, hours * HOUR_MS));
        // It is gone through more often than is remembered.
        for _ in 0..60 {
            for (at, entry) in [(-8, Entry::Opened), (-4, lost()), (0, Entry::Opened), (4, lost())]
            {
                world.store.journal(Some("builds"), day(at), &entry).unwrap();
            }
        }
        let all = world.store.uptime("builds", 1, day(11)).unwrap();
        assert!(all.followed_ms <= hours * HOUR_MS && all.live_ms <= all.followed_ms, "{all:?}");
    }
}

#[test]
fn what_a_clock_that_was_wrong_has_said_of_later_days_is_not_of_today() {
    let mut world = World::new();
    world.tell(&[(1, Entry::Opened), (2, Entry::ClockSet { before: hour(2) })]);
    world.tell(&[(24 * 365, Entry::ClockSet { before: hour(3) }), (24 * 365 + 2, lost())]);
    assert_eq!(world.uptime(30, 4).followed_ms, 2 * HOUR_MS);
    let back = Entry::ClockSet { before: hour(24 * 365 + 2) };
    world.tell(&[(5, back), (6, Entry::Opened)]);
    let today = world.uptime(30, 8);
    assert_eq!((today.live_ms, today.followed_ms), (4 * HOUR_MS, 5 * HOUR_MS));
    assert_eq!(today.longest_ms, HOUR_MS);
}
