//! The agent against a hub of several nodes: two nginx with Nchan that share Redis, behind a third,
//! configured as the page for administrators says. Each part fails, while somebody publishes.
//!
//! The judge is outside of Hark: what the publisher was told of each message, and what the hub holds
//! in the end, as a client reads it that knows nothing yet.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::{fs, time::Duration};

use hark_api::{HistoryEntry, HistoryQuery, Outage, route};
use hark_tests::{
    LONG, Running, World, eventually, http,
    hub::{self, Held, Hub},
    load::{Load, Told},
};
use serde_json::Value;
use tokio::time::sleep;

/// The publisher's beat.
const BEAT: Duration = Duration::from_millis(100);
/// So many messages are taken between one fault and the next.
const MORE: usize = 20;
/// A node that was killed is back after this, as where a supervisor starts it again.
const AWAY: Duration = Duration::from_millis(400);
/// So long Redis does not answer.
const STOPPED: Duration = Duration::from_secs(5);

/// An agent that follows the hub, and somebody who publishes there.
struct Followed<'a> {
    world: &'a World,
    _agent: Running,
    load: Load,
    /// The hub may have forgotten what it has already sent.
    forgetful: bool,
}

impl<'a> Followed<'a> {
    async fn start(world: &'a World, hub: &Hub<'_>) -> Self {
        world.settings(&format!(
            "[subscriptions.news]\nurl = \"{}\"\nfeed = \"nchan\"\nspread = \"1s\"\n",
            hub.url("news")
        ));
        let agent = world.agent().await;
        world.phase("news", "streaming").await;
        let load = Load::start(hub.port(), "/pub/news", BEAT);
        load.more(MORE).await;
        Self { world, _agent: agent, load, forgetful: false }
    }

    async fn outages(&self) -> Vec<Outage> {
        let query = HistoryQuery::default();
        let entries = self.world.client().call(&route::OUTAGES, &query).await.unwrap();
        let outages = entries.into_iter().filter_map(|entry| match entry {
            HistoryEntry::Outage(outage) => Some(outage),
            HistoryEntry::Span(_) | HistoryEntry::Handler(_) => None,
        });
        outages.collect()
    }

    /// Waits until the link was lost so often and is back.
    async fn back(&self, outages: usize) {
        eventually("it is lost and back", LONG, async || {
            let told = self.outages().await;
            let over = told.len() >= outages && told.iter().all(|one| one.recovered.is_some());
            if over { Ok(()) } else { Err(format!("{told:?}")) }
        })
        .await;
    }

    /// Ends the publishing, and holds what is stored against what the publisher was told and
    /// against what the hub holds. Answers the outages.
    async fn judge(self, hub: &Hub<'_>, name: &str) -> Vec<Outage> {
        let Self { world, load, .. } = &self;
        let told = load.stop().await;
        hub.have_redis().await;
        let mut attempts = 0;
        let end = eventually("the last message is taken", LONG, async || {
            attempts += 1;
            let end = format!("end {attempts}");
            match http::post(hub.port(), "/pub/news", &end).await {
                Ok(201 | 202) => Ok(end),
                other => Err(format!("{other:?}")),
            }
        })
        .await;
        let held = hub.held("news", &end).await;
        let stored = eventually("the last message is stored", LONG, async || {
            let stored = world.all_messages().await;
            let last = stored.last().map(|message| message.body.clone());
            if last.as_deref() == Some(&*end) { Ok(stored) } else { Err(format!("{last:?}")) }
        })
        .await;
        let stored: Vec<Held> = stored
            .into_iter()
            .map(|message| Held { id: message.server_id.unwrap(), text: message.body })
            .collect();
        if self.forgetful {
            assert!(stored.ends_with(&held), "{stored:#?}, {held:#?}");
        } else {
            assert_eq!(stored, held, "what is stored is what the hub holds, in its order");
        }
        assert!(stored.is_sorted_by(|a, b| number(&a.id) < number(&b.id)), "{stored:#?}");
        let taken = told.iter().filter(|told| **told == Told::Taken).count();
        for (number, told) in told.iter().enumerate() {
            let text = format!("message {number}");
            let times = stored.iter().filter(|message| message.text == text).count();
            match told {
                Told::Taken => assert_eq!(times, 1, "{text} was taken"),
                Told::Answered(503) => assert_eq!(times, 0, "{text} was not taken"),
                Told::Answered(_) | Told::Nothing => assert!(times <= 1, "{text} came twice"),
            }
        }
        let outages = self.outages().await;
        for outage in &outages {
            assert!(!outage.gap, "nothing is lost: {outage:?}");
        }
        let other: Vec<_> = told.iter().filter(|told| **told != Told::Taken).collect();
        println!(
            "{name}: {taken} of {taken} once, {} not taken, {} outages, of {:?} ms",
            other.len(),
            outages.len(),
            outages.iter().map(|outage| outage.duration_ms).collect::<Vec<_>>()
        );
        outages
    }
}

/// An id of Nchan as its two numbers.
fn number(id: &str) -> (u64, u64) {
    let (second, number) = id.split_once(':').unwrap();
    (second.parse().unwrap(), number.parse().unwrap())
}

#[tokio::test]
async fn one_node_is_killed_then_the_other_and_every_message_comes_once() {
    if !hub::can_be_had() {
        return;
    }
    let world = World::new();
    let mut hub = Hub::start(&world).await;
    let followed = Followed::start(&world, &hub).await;
    let (mut killed, mut kills) = ([false; 2], 0);
    // Always the one that has the stream: it may be the same twice.
    while killed != [true; 2] {
        let node = hub.holder().await;
        hub.kill(node);
        (killed[node], kills) = (true, kills + 1);
        // The event itself.
        sleep(AWAY).await;
        hub.start_node(node).await;
        followed.back(kills).await;
        followed.load.more(MORE).await;
    }
    followed.judge(&hub, "nodes killed").await;
}

#[tokio::test]
async fn a_node_that_is_drained_keeps_its_stream_until_it_stops() {
    if !hub::can_be_had() {
        return;
    }
    let world = World::new();
    let mut hub = Hub::start(&world).await;
    let followed = Followed::start(&world, &hub).await;
    let node = hub.holder().await;
    hub.take_out(Some(node)).await;
    followed.load.more(MORE).await;
    assert_eq!(followed.outages().await, [], "the balancer's old worker keeps the stream");
    assert_eq!(hub.holder().await, node);
    hub.stop(node).await;
    followed.back(1).await;
    assert_eq!(hub.holder().await, 1 - node, "only the other one is left");
    followed.load.more(MORE).await;
    hub.start_node(node).await;
    hub.take_out(None).await;
    followed.load.more(MORE).await;
    let outages = followed.judge(&hub, "node drained").await;
    assert_eq!(outages.len(), 1, "its end is the only one: {outages:?}");
}

#[tokio::test]
async fn a_node_that_is_reloaded_is_left_for_a_moment() {
    if !hub::can_be_had() {
        return;
    }
    let world = World::new();
    let mut hub = Hub::start(&world).await;
    let followed = Followed::start(&world, &hub).await;
    for reloads in 1..=2 {
        let node = hub.holder().await;
        hub.reload(node).await;
        followed.back(reloads).await;
        followed.load.more(MORE).await;
    }
    followed.judge(&hub, "nodes reloaded").await;
}

#[tokio::test]
async fn redis_that_hangs_for_5_s_is_no_outage_and_loses_nothing() {
    if !hub::can_be_had() {
        return;
    }
    let world = World::new();
    let hub = Hub::start(&world).await;
    let followed = Followed::start(&world, &hub).await;
    hub.freeze_redis(true);
    // The event itself.
    sleep(STOPPED).await;
    hub.freeze_redis(false);
    followed.load.more(MORE).await;
    let outages = followed.judge(&hub, "Redis hangs").await;
    assert_eq!(outages, [], "the stream stands");
}

#[tokio::test]
async fn redis_that_is_away_for_5_s_is_no_outage_and_loses_nothing() {
    if !hub::can_be_had() {
        return;
    }
    let world = World::new();
    let mut hub = Hub::start(&world).await;
    let followed = Followed::start(&world, &hub).await;
    hub.end_redis().await;
    // The event itself.
    sleep(STOPPED).await;
    hub.start_redis().await;
    followed.load.more(MORE).await;
    let outages = followed.judge(&hub, "Redis away").await;
    assert_eq!(outages, [], "the stream stands");
}

#[tokio::test]
async fn a_node_that_reloads_while_redis_is_away_refuses_and_loses_nothing() {
    if !hub::can_be_had() {
        return;
    }
    let world = World::new();
    let mut hub = Hub::start(&world).await;
    let followed = Followed::start(&world, &hub).await;
    hub.end_redis().await;
    let node = hub.holder().await;
    hub.reload(node).await;
    // The event itself.
    sleep(STOPPED).await;
    hub.start_redis().await;
    followed.back(1).await;
    followed.load.more(MORE).await;
    followed.judge(&hub, "node reloaded without Redis").await;
}

#[tokio::test]
async fn redis_that_comes_back_empty_takes_nothing_from_those_who_are_connected() {
    if !hub::can_be_had() {
        return;
    }
    let world = World::new();
    let mut hub = Hub::start(&world).await;
    let mut followed = Followed::start(&world, &hub).await;
    followed.forgetful = true;
    hub.end_redis().await;
    hub.lose_data();
    hub.start_redis().await;
    followed.load.more(MORE).await;
    let outages = followed.judge(&hub, "Redis empty").await;
    assert_eq!(outages, [], "the stream stands");
}

#[tokio::test]
async fn the_doctor_finds_all_right_through_the_pages_hub() {
    if !hub::can_be_had() {
        return;
    }
    let world = World::new();
    // Three heartbeats of the page are longer than anybody waits for a test.
    let hub = Hub::start_with(&world, ("ping_interval 20", "ping_interval 1")).await;
    let load = Load::start(hub.port(), "/pub/news", BEAT * 5);
    let doctor = ["doctor", &hub.url("news"), "--json", "--for", "6s"];
    let answer = world.hark(&doctor).await.ok();
    drop(load);
    let report: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(report["feed"], "nchan", "{report:#}");
    let findings = report["findings"].as_array().unwrap();
    assert!(findings.iter().all(|finding| finding["mark"] == "ok"), "{findings:#?}");
    let retry = findings.iter().find(|finding| finding["about"] == "retry").unwrap();
    assert!(retry["seen"].as_str().unwrap().contains("10 s"), "{retry:#}");
}

#[test]
fn the_readme_links_the_page() {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md")).unwrap();
    assert!(readme.contains("](src-tauri/docs/hub.md)"));
}
