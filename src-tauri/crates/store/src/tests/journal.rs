//! The journal, and when the agent last ran.

use std::time::Duration;

use hark_engine::{
    failure::{Cause, Failure},
    history::Entry,
};

use super::*;

#[test]
fn a_long_outage_is_two_rows_however_often_it_dials() {
    let mut world = World::new();
    let failure = Failure::from(Cause::ConnectionRefused);
    for attempts in 1..=50 {
        let entry = Entry::DialFailed { failure: failure.clone(), attempts };
        world.store.journal(Some("builds"), now(), &entry).unwrap();
    }
    world.store.journal(Some("builds"), now(), &Entry::Opened).unwrap();
    let rows = world.store.journal_rows(Some("builds"), 100).unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0].entry, Entry::DialFailed { failure, attempts: 50 });
}

#[test]
fn refusals_that_differ_in_their_text_alone_are_one_run_in_the_journal() {
    let mut world = World::new();
    for attempts in 1..50 {
        let detail = Some(format!("request {attempts} refused").into());
        let cause =
            Cause::Status { code: 503, detail, retry_after_ms: None, streamed_before: true };
        let entry = Entry::DialFailed { failure: cause.into(), attempts };
        world.store.journal(Some("builds"), now(), &entry).unwrap();
    }
    let rows = world.store.journal_rows(Some("builds"), 100).unwrap();
    assert!(
        matches!(&rows[..], [row] if matches!(row.entry, Entry::DialFailed { attempts: 49, .. }))
    );
}

#[test]
fn an_agents_own_word_says_when_it_last_ran() {
    let mut world = World::new();
    world.commit(&[message(None, "a")]);
    let later = now() + Duration::from_secs(180);
    world.store.alive(later).unwrap();
    assert_eq!(world.reopened().store.last_alive().unwrap(), Some(later));
}

#[test]
fn the_history_says_since_when_its_rows_tell_everything() {
    let mut world = World::new();
    let at = |second: u64| now() + Duration::from_secs(second);
    let failure = Failure::from(Cause::EndOfStream);
    let lost = |second| Entry::Lost { failure: failure.clone(), last_heard: at(second) };
    let rows = [
        ("quiet", Entry::Opened),
        ("lost", Entry::Opened),
        ("opened", lost(2)),
        ("flaps", Entry::Opened),
        ("lost", lost(4)),
        ("opened", Entry::Opened),
        ("flaps", lost(6)),
    ];
    for (second, (key, entry)) in (0..).zip(rows) {
        world.store.journal(Some(key), at(second), &entry).unwrap();
    }
    let since = |key, limit| world.store.history_since(key, limit).unwrap();
    for (key, all, of_four) in [("quiet", 0, 3), ("lost", 1, 3), ("opened", 2, 5), ("flaps", 3, 3)]
    {
        assert_eq!(since(key, 100), Some(at(all)), "{key}");
        assert_eq!(since(key, 4), Some(at(of_four)), "{key}, of the latest four rows");
    }
    assert_eq!(since("none", 4), None);
}

#[test]
fn when_an_agent_last_ran_is_not_said_by_a_clock_that_was_wrong() {
    let mut world = World::new();
    let year = now() + Duration::from_secs(365 * 86_400);
    world.store.journal(Some("builds"), year, &Entry::Opened).unwrap();
    let later = now() + Duration::from_secs(180);
    world.store.alive(later).unwrap();
    world = world.reopened();
    assert_eq!(world.store.last_alive().unwrap(), Some(later));
    let last = later + Duration::from_secs(20);
    world.store.journal(Some("builds"), last, &Entry::Opened).unwrap();
    assert_eq!(world.store.last_alive().unwrap(), Some(last));
}

#[test]
fn the_history_tells_not_what_the_agents_own_dropped_rows_may_have_told() {
    let mut world = World::new();
    let minute = |minute: u64| now() + Duration::from_secs(60 * minute);
    world.store.journal(Some("builds"), minute(2), &Entry::Opened).unwrap();
    let rows = Keep::DEFAULT.journal_rows_max;
    for at in (6..).take(rows as usize) {
        world.store.journal(None, minute(at), &Entry::AgentStopped).unwrap();
    }
    let since = world.store.history_since("builds", u32::MAX).unwrap().unwrap();
    assert!(since > minute(2), "rows of the agent's own are gone: {since}");
}
