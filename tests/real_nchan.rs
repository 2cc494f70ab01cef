//! The agent against real Nchan: behind a proxy that breaks connections at any byte, and with reloads and
//! restarts as in package upgrades, where it sends `410 Gone` to its subscribers and is back at once.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::{
    cell::Cell,
    env,
    time::{Duration, Instant},
};

use fastrand::Rng;
use hark_api::{HistoryEntry, HistoryQuery, JournalRow, Message, Outage, route};
use hark_tests::{
    LONG, World,
    cutter::{Cutter, Fate, How, Step},
    eventually,
    nchan::Nchan,
};
use jiff::{SignedDuration, Timestamp};
use tokio::time::sleep;

/// To see the same cuts again.
const SEED_VARIABLE: &str = "HARK_SEED";
/// A near server that comes back is dialled within this: a delay of the third loss in a row, and a
/// dial.
const BACK: SignedDuration = SignedDuration::from_secs(6);

fn follow(world: &World, nchan: &Nchan<'_>) {
    world.settings(&format!(
        "[subscriptions.news]\nurl = \"{}\"\nfeed = \"nchan\"\n",
        nchan.url("news")
    ));
}

/// Waits for a row of the journal that opens a connection after this time; answers all since then,
/// oldest first.
async fn opened_after(world: &World, time: Timestamp) -> Vec<JournalRow> {
    eventually("it has another connection", LONG, async || {
        let rows = world.client().call(&route::JOURNAL, &HistoryQuery::default()).await.unwrap();
        let mut rows: Vec<_> = rows.into_iter().filter(|row| row.at.0 >= time).collect();
        rows.sort_by_key(|row| row.id);
        let opened = rows.iter().any(|row| ["opened", "swapped"].contains(&row.kind.as_str()));
        if opened { Ok(rows) } else { Err(format!("{rows:?}")) }
    })
    .await
}

async fn outages(world: &World) -> Vec<Outage> {
    let entries = world.client().call(&route::OUTAGES, &HistoryQuery::default()).await.unwrap();
    let outages = entries.into_iter().filter_map(|entry| match entry {
        HistoryEntry::Outage(outage) => Some(outage),
        HistoryEntry::Span(_) | HistoryEntry::Handler(_) => None,
    });
    outages.collect()
}

/// Waits until all of `message 0`, … are stored; each once, in order.
async fn all_stored(world: &World, count: usize) -> Vec<Message> {
    let wanted: Vec<_> = (0..count).map(|number| format!("message {number}")).collect();
    let stored = eventually("all messages are stored", LONG, async || {
        let stored = world.all_messages().await;
        if stored.len() >= count {
            return Ok(stored);
        }
        let first = stored.iter().zip(&wanted).find(|(message, wanted)| message.body != **wanted);
        let first = first.map(|(_, wanted)| wanted);
        Err(format!("{} of {count}, the first that is missing is {first:?}", stored.len()))
    })
    .await;
    let bodies: Vec<_> = stored.iter().map(|message| message.body.clone()).collect();
    assert_eq!(bodies, wanted);
    stored
}

#[tokio::test]
async fn a_stream_that_is_cut_30_times_at_any_byte_loses_nothing() {
    const CUTS: usize = 30;
    const WAITING: usize = 500;
    let seed =
        env::var(SEED_VARIABLE).map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    println!("{SEED_VARIABLE}={seed}");
    let mut rng = Rng::with_seed(seed);
    let world = World::new();
    let nchan = Nchan::start(&world).await;
    let count = Cell::new(0);
    let publish = async || {
        nchan.publish("news", &format!("message {}", count.get())).await;
        count.set(count.get() + 1);
    };
    for _ in 0..WAITING {
        publish().await;
    }
    let cutter = Cutter::start(nchan.port()).await;
    world.settings(&format!(
        "[subscriptions.news]\nurl = \"http://127.0.0.1:{}/sub/news\"\nfeed = \"nchan\"\nretry = \
         \"fixed 500ms\"\n",
        cutter.port
    ));
    // The head is 200 bytes, a message is 40.
    cutter.expect((0..CUTS).map(|number| Fate {
        steps: vec![Step::Bytes(rng.usize(150..1_500))],
        how: if number % 2 == 0 { How::End } else { How::Reset },
    }));
    let done = Cell::new(false);
    let load = async {
        while !done.get() {
            publish().await;
            sleep(Duration::from_millis(20)).await;
        }
    };
    let cuts = async {
        let agent = world.agent().await;
        eventually("all cuts are made", LONG * 2, async || {
            let cut = cutter.cut();
            (cut == CUTS).then_some(()).ok_or(format!("{cut} in {} dials", cutter.dials()))
        })
        .await;
        done.set(true);
        agent
    };
    let ((), _agent) = tokio::join!(load, cuts);
    all_stored(&world, count.get()).await;
}

#[tokio::test]
async fn three_reloads_are_three_moments_and_lose_nothing_of_what_comes_after() {
    let world = World::new();
    let nchan = Nchan::start(&world).await;
    follow(&world, &nchan);
    let _agent = world.agent().await;
    world.phase("news", "streaming").await;
    let mut count = 0;
    let publish = async |count: &mut usize| {
        for _ in 0..5 {
            nchan.publish("news", &format!("message {count}")).await;
            *count += 1;
        }
    };
    publish(&mut count).await;
    all_stored(&world, count).await;
    for reload in 1..=3 {
        let reloaded = Timestamp::now();
        nchan.reload().await;
        publish(&mut count).await;
        let rows = opened_after(&world, reloaded).await;
        let lost = rows.first().unwrap();
        let opened = rows.iter().find(|row| ["opened", "swapped"].contains(&row.kind.as_str()));
        let took = opened.unwrap().at.0.duration_since(lost.at.0);
        assert!(took <= BACK, "reload {reload}: back after {took:?}: {rows:?}");
        println!("reload {reload}: back {} ms after the stream had ended", took.as_millis());
        all_stored(&world, count).await;
    }
    for outage in outages(&world).await {
        assert!(outage.recovered.is_some(), "{outage:?}");
    }
}

#[tokio::test]
async fn a_restart_is_an_outage_as_long_as_the_server_is_away() {
    let world = World::new();
    let mut nchan = Nchan::start(&world).await;
    follow(&world, &nchan);
    let _agent = world.agent().await;
    world.phase("news", "streaming").await;
    nchan.publish("news", "message 0").await;
    all_stored(&world, 1).await;
    nchan.stop().await;
    // The event itself: an upgrade's pause.
    sleep(Duration::from_secs(2)).await;
    nchan.start_again().await;
    let (listens, back) = (Instant::now(), Timestamp::now());
    nchan.publish("news", "message 1").await;
    all_stored(&world, 2).await;
    let took = listens.elapsed();
    assert!(took <= BACK.unsigned_abs(), "the message came {took:?} after the server was back");
    let outage = outages(&world).await.into_iter().next().expect("an outage is in the history");
    let late = outage.recovered.expect("it is over").0.duration_since(back);
    assert!(late <= BACK, "{outage:?}");
}
