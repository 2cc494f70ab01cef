//! What it takes to find something among a million messages: a page of the latest, words that are rare and
//! common, of two characters and of none; beside a scan by `LIKE`. And what the index costs.
//!
//! `cargo bench --bench search -- 100000` takes so many messages.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a bench")]

use std::{
    env, fs,
    path::Path,
    time::{Duration, Instant},
};

use hark_store::{Query, Store, Words};
use hark_tests::many;

/// Messages in the store.
const MESSAGES: usize = 1_000_000;
/// How often each is asked for.
const SAMPLES: usize = 200;
/// As many as are asked for at once.
const PAGE: u32 = 100;
fn main() {
    let messages = env::args().skip(1).find_map(|it| it.parse().ok()).unwrap_or(MESSAGES);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hark.db");
    let begun = Instant::now();
    let mut store = many::store(&path, "all", messages);
    let stored = begun.elapsed();
    let before = bytes(&path);
    let begun = Instant::now();
    let mut longest = Duration::ZERO;
    loop {
        let go = Instant::now();
        let more = store.index().unwrap();
        longest = longest.max(go.elapsed());
        if !more {
            break;
        }
    }
    let indexed = begun.elapsed();
    let each = |took: Duration| format!("{:.1} µs", took.as_secs_f64() * 1e6 / messages as f64);
    println!("{messages} messages");
    println!("{:<44} {:>12}", "to store one", each(stored));
    println!("{:<44} {:>12}", "to index one, behind it", each(indexed));
    println!("{:<44} {:>12}", "the longest go of the index", format!("{:.1} ms", ms(longest)));
    let more = (bytes(&path) - before) as f64 / messages as f64;
    println!("{:<44} {:>12}", "the index, of each", format!("{more:.0} B"));
    println!("{:<44} {:>12} {:>12}   aim", "a page of 100", "p50", "p99");
    let rare = format!("n{}", messages / 3);
    for (what, words, aim) in [
        ("the latest", "", "5 ms, 50 ms"),
        ("a word that one holds", &*rare, "5 ms, 50 ms"),
        ("a word that many hold", "backup", "5 ms, 50 ms"),
        ("two of them", "backup kitchen", "5 ms, 50 ms"),
        ("in Chinese", "服务器", "5 ms, 50 ms"),
        ("two characters that many hold", "份完", "5 ms, 50 ms"),
        ("a word that none holds", "nowhere at all", "5 ms, 50 ms"),
        ("two characters that none holds", "qq", ""),
    ] {
        let samples = if words == "qq" { 5 } else { SAMPLES };
        measure(&store, what, words, samples, aim);
    }
}

/// All that a page needs, however often the store has to be asked.
fn measure(store: &Store, what: &str, words: &str, samples: usize, aim: &str) {
    let mut took: Vec<_> = (0..samples)
        .map(|_| {
            let begun = Instant::now();
            let mut query = Query { limit: PAGE, words: Words::of(words), ..Query::default() };
            loop {
                let found = store.find(&query).unwrap();
                for id in &found.ids {
                    store.message(*id).unwrap().unwrap();
                }
                match found.reached {
                    Some(place) if found.ids.is_empty() => query.before = Some(place),
                    _ => return begun.elapsed(),
                }
            }
        })
        .collect();
    took.sort();
    let at =
        |share: f64| format!("{:.2} ms", ms(took[((samples - 1) as f64 * share).round() as usize]));
    println!("{what:<44} {:>12} {:>12}   {aim}", at(0.5), at(0.99));
}

/// What the database takes on the disk, with what is still to be moved into it.
fn bytes(database: &Path) -> u64 {
    let log = database.with_extension("db-wal");
    [database, &log].iter().filter_map(|file| fs::metadata(file).ok()).map(|it| it.len()).sum()
}

fn ms(took: Duration) -> f64 {
    took.as_secs_f64() * 1e3
}
