//! What is owed to a database that cannot be written.

#![allow(clippy::unwrap_used, reason = "a test")]

use hark_engine::{history::Entry, link::Delivery};
use hark_local::profile::Profile;
use hark_store::Store;
use hark_stream::driver::Full;
use jiff::Timestamp;
use rusqlite::Connection;
use tempfile::TempDir;

use super::*;

const KEY: &str = "news";

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

/// A ledger, and another connection to its database.
fn ledger() -> (TempDir, Ledger, Connection) {
    let folder = tempfile::tempdir().unwrap();
    let profile = Profile::find(Some(folder.path())).unwrap();
    std::fs::create_dir_all(&profile.data).unwrap();
    let mut store = Store::open(&profile.database(), at(0)).unwrap().store;
    store.begin(KEY, "source", at(0)).unwrap();
    let other = Connection::open(profile.database()).unwrap();
    (folder, Ledger::new(store, Events::default(), Conditions::default()), other)
}

fn rows(ledger: &Ledger) -> Vec<(Timestamp, &'static str)> {
    let rows = ledger.read(|store| store.journal_rows(Some(KEY), 5_000)).unwrap();
    rows.iter().map(|row| (row.at, row.entry.kind())).collect()
}

fn has_streamed(ledger: &Ledger) -> bool {
    ledger.write(|store| store.begin(KEY, "source", at(0))).unwrap().streamed
}

#[test]
fn what_cannot_be_written_waits_in_order_with_its_own_time() {
    let (_folder, ledger, other) = ledger();
    ledger.journal_of(Some(KEY), at(1), &Entry::Opened).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    ledger.journal_of(Some(KEY), at(2), &Entry::Rotated).unwrap();
    ledger.has_streamed(KEY, at(3)).unwrap();
    ledger.journal(at(4), &Entry::AgentStopped);
    ledger.journal_of(Some(KEY), at(5), &Entry::Gap { since: at(2) }).unwrap();
    assert!(ledger.owes(KEY) && !ledger.owes("other"));
    assert_eq!(rows(&ledger), [(at(1), "opened")]);
    other.execute_batch("ROLLBACK").unwrap();
    assert!(!has_streamed(&ledger));
    ledger.settle().unwrap();
    assert!(has_streamed(&ledger) && !ledger.owes(KEY));
    let all = [(1, "opened"), (2, "rotated"), (4, "agent_stopped"), (5, "gap")];
    assert_eq!(rows(&ledger), all.map(|(second, kind)| (at(second), kind)));
}

#[test]
fn the_journal_is_never_behind_the_messages() {
    let (_folder, ledger, other) = ledger();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    ledger.journal_of(Some(KEY), at(1), &Entry::Opened).unwrap();
    other.execute_batch("ROLLBACK").unwrap();
    assert!(rows(&ledger).is_empty());
    let none: [Delivery; 0] = [];
    ledger.commit(KEY, &none, at(2), |_, _, _| unreachable!()).unwrap();
    assert_eq!(rows(&ledger).len(), 1);
}

#[test]
fn no_more_than_a_bound_waits_and_nothing_of_that_is_lost() {
    let (_folder, ledger, other) = ledger();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    for second in 0..1_000 {
        ledger.journal_of(Some(KEY), at(second), &Entry::Rotated).unwrap();
    }
    assert_eq!(ledger.journal_of(Some(KEY), at(1_000), &Entry::Opened), Err(Full));
    assert_eq!(ledger.has_streamed(KEY, at(1_000)), Err(Full));
    other.execute_batch("ROLLBACK").unwrap();
    ledger.settle().unwrap();
    let rows = rows(&ledger);
    assert_eq!(rows.len(), 1_000);
    assert!(rows.iter().zip(0..).all(|(row, second)| *row == (at(second), "rotated")));
    ledger.journal_of(Some(KEY), at(1_000), &Entry::Opened).unwrap();
}

#[tokio::test]
async fn that_something_is_owed_is_told_once() {
    let (_folder, ledger, other) = ledger();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    ledger.journal_of(Some(KEY), at(1), &Entry::Opened).unwrap();
    ledger.owes_anew().await;
    ledger.journal_of(Some(KEY), at(2), &Entry::Rotated).unwrap();
    let again = tokio::time::timeout(std::time::Duration::ZERO, ledger.owes_anew()).await;
    assert!(again.is_err(), "its timer runs already");
    assert!(ledger.settle().is_err());
    other.execute_batch("ROLLBACK").unwrap();
    ledger.settle().unwrap();
    assert_eq!(rows(&ledger), [(at(1), "opened"), (at(2), "rotated")]);
}
