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

#[test]
fn it_is_known_from_when_on_a_history_is_whole() {
    let mut world = World::new();
    let minute = |minute: u64| now() + Duration::from_secs(60 * minute);
    assert_eq!(world.store.whole_since("builds", 4).unwrap(), None);
    world.store.journal(Some("other"), minute(0), &Entry::Opened).unwrap();
    world.store.journal(None, minute(1), &Entry::AgentStopped).unwrap();
    world.store.journal(Some("builds"), minute(2), &Entry::Opened).unwrap();
    assert_eq!(world.store.whole_since("builds", 4).unwrap(), Some(minute(2)));
    assert_eq!(world.store.whole_since("other", 4).unwrap(), Some(minute(0)));
    for at in 3..6 {
        world.store.journal(Some("other"), minute(at), &Entry::Rotated).unwrap();
    }
    // The newest four begin with the third row.
    assert_eq!(world.store.whole_since("builds", 4).unwrap(), Some(minute(2)));
    assert_eq!(world.store.whole_since("other", 4).unwrap(), Some(minute(2)));
    let rows = Keep::DEFAULT.journal_rows_max;
    let own = |at| (at, Entry::AgentStopped);
    for (at, entry) in (6..).map(own).take(rows as usize) {
        world.store.journal(None, minute(at), &entry).unwrap();
    }
    let whole = world.store.whole_since("builds", u32::MAX).unwrap().unwrap();
    assert!(whole > minute(2), "rows of the agent's own are gone: {whole}");
}
