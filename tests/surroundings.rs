//! What happens around an agent: the computer wakes, the process is stopped for a while, the wall
//! clock is set.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::{path::PathBuf, time::Duration};

use hark_api::{HistoryQuery, route};
use hark_tests::{
    LONG, Running, SHORT, World, beat::Beat, bus::Bus, eventually, hark, outage::Link, skipped,
};
use jiff::{SignedDuration, Timestamp};
use rustix::process::Signal;
use tokio::time::sleep;

/// A stand-in for logind that tells of sleep.
struct Logind;

#[zbus::interface(name = "org.freedesktop.login1.Manager")]
impl Logind {
    #[zbus(signal)]
    async fn prepare_for_sleep(
        emitter: &zbus::object_server::SignalEmitter<'_>,
        start: bool,
    ) -> zbus::Result<()>;
}

/// The kinds of journal rows since a time, oldest first.
async fn journal(world: &World, since: Timestamp) -> Vec<(String, Timestamp)> {
    let query = HistoryQuery::default();
    let rows = world.client().call(&route::JOURNAL, &query).await.unwrap();
    let mut rows: Vec<_> =
        rows.into_iter().filter(|row| row.at.0 > since).map(|row| (row.kind, row.at.0)).collect();
    rows.sort_by_key(|(_, at)| *at);
    rows
}

#[tokio::test]
async fn a_wake_makes_it_dial_within_the_spread_of_a_hint() {
    let mut world = World::new();
    let bus = Bus::start(&mut world).await;
    let address = world.get("DBUS_SESSION_BUS_ADDRESS").unwrap().to_owned();
    world.set("DBUS_SYSTEM_BUS_ADDRESS", address);
    let system = bus.connect().await;
    let path = "/org/freedesktop/login1";
    system.object_server().at(path, Logind).await.unwrap();
    system.request_name("org.freedesktop.login1").await.unwrap();
    let beat = Beat::start().await;
    let link = Link::start(&world, &beat, "127.0.0.1", "heartbeat = \"1h\"").await;

    let logind = system.object_server().interface::<_, Logind>(path).await.unwrap();
    // A listener registers on the bus first, and nothing shows when it has.
    let (woken, rows) = eventually("a wake is heard", LONG, async || {
        let woken = Timestamp::now();
        for start in [true, false] {
            Logind::prepare_for_sleep(logind.signal_emitter(), start).await.unwrap();
        }
        let heard = async {
            loop {
                let rows = journal(&world, woken).await;
                if rows.iter().any(|(kind, _)| kind == "swapped") {
                    return rows;
                }
                sleep(Duration::from_millis(25)).await;
            }
        };
        match tokio::time::timeout(Duration::from_secs(3), heard).await {
            Ok(rows) => Ok((woken, rows)),
            Err(_) => Err(format!("{:?}", journal(&world, woken).await)),
        }
    })
    .await;
    let (_, at) = rows.iter().find(|(kind, _)| kind == "swapped").unwrap();
    let took = at.duration_since(woken);
    assert!(took <= SignedDuration::from_secs(2), "{took:?}: {rows:?}");
    link.all_stored().await;
    assert!(link.outages().await.is_empty(), "the connection was replaced, not lost");
    println!("a wake: another connection after {} ms", took.as_millis());
}

#[tokio::test]
async fn a_process_that_was_stopped_past_its_deadline_keeps_its_link() {
    let (world, beat) = (World::new(), Beat::start().await);
    let link = Link::start(&world, &beat, "127.0.0.1", "heartbeat = \"2s\"").await;
    let before = Timestamp::now();
    link.agent().signal(Signal::STOP);
    // The event itself: longer than the deadline, while the server goes on.
    sleep(Duration::from_secs(4)).await;
    link.agent().signal(Signal::CONT);
    link.all_stored().await;
    let rows = journal(&world, before).await;
    assert!(rows.is_empty(), "{rows:?}");
}

/// Debian keeps it in the folder of the machine's architecture.
fn faketime() -> Option<PathBuf> {
    let mut folders = std::fs::read_dir("/usr/lib").ok()?.flatten();
    folders.find_map(|entry| {
        let path = entry.path().join("faketime/libfaketime.so.1");
        path.exists().then_some(path)
    })
}

#[tokio::test]
async fn a_wall_clock_that_is_set_back_a_year_kills_no_link() {
    let Some(library) = faketime() else {
        skipped("libfaketime is not installed");
        return;
    };
    let (world, beat) = (World::new(), Beat::start().await);
    let clock = world.file("clock", "+0");
    let start = || {
        let mut command = world.command(hark::program("hark"));
        command.env("LD_PRELOAD", library).env("FAKETIME_TIMESTAMP_FILE", &clock);
        command.env("FAKETIME_NO_CACHE", "1").env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        command.args(["agent", "--no-tray"]);
        Running::start(&world, "agent", command)
    };
    let link = Link::start_by(&world, &beat, "127.0.0.1", "heartbeat = \"2s\"", start).await;
    let opened = journal(&world, Timestamp::UNIX_EPOCH).await.len();
    world.file("clock", "-1y");
    let year = SignedDuration::from_hours(24 * 300);
    eventually("the agent's clock is set back, and its deadline is past", SHORT, async || {
        link.all_stored().await;
        let messages = world.all_messages().await;
        let ago = |id: usize| Timestamp::now().duration_since(messages[id].received.0);
        let back: Vec<_> = (0..messages.len()).filter(|id| ago(*id) > year).collect();
        let (Some(first), Some(last)) = (back.first(), back.last()) else {
            return Err("it is not".to_owned());
        };
        let lived = messages[*last].received.0.duration_since(messages[*first].received.0);
        (lived > SignedDuration::from_secs(3)).then_some(()).ok_or(format!("{lived:?}"))
    })
    .await;
    let rows = journal(&world, Timestamp::UNIX_EPOCH).await;
    assert_eq!(rows.len(), opened, "{rows:?}");
}
