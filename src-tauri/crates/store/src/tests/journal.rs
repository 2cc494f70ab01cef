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
