//! What the server still holds reaches the store once and in order, whatever is killed in between.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::{cell::Cell, time::Duration};

use hark_tests::{
    LONG, SHORT, World, bus::Bus, eventually, fake::Notifications, hark, nchan::Nchan, soak,
    sse::Server,
};
use serde_json::Value;
use tokio::time::{sleep, timeout};

/// `cargo xtask cross --soak` wants more.
const KILLS_VARIABLE: &str = "HARK_SOAK_KILLS";

/// The bodies that are published, one for each number.
fn bodies(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|number| format!("message {number}")).collect()
}

async fn publish(nchan: &Nchan<'_>, range: std::ops::Range<usize>) {
    for body in bodies(range) {
        nchan.publish("news", &body).await;
    }
}

/// Checks that exactly these messages are stored: each once, in this order, with increasing ids.
fn assert_stored(messages: &[Value], range: std::ops::Range<usize>) {
    let found = hark::bodies(messages);
    assert_eq!(found, bodies(range));
    assert!(messages.is_sorted_by_key(|message| message["id"].as_i64()), "ids are the order");
    let ids: std::collections::BTreeSet<_> =
        messages.iter().map(|it| it["server_id"].as_str()).collect();
    assert_eq!(ids.len(), messages.len(), "every message has the id that the server gave it");
}

#[tokio::test]
async fn what_is_published_while_the_agent_is_dead_is_stored_once_it_lives() {
    let world = World::new();
    let nchan = Nchan::start(&world).await;
    world.follow(&[("news", &nchan.url("news"))]);
    let agent = world.agent().await;
    world.phase("news", "streaming").await;
    publish(&nchan, 0..3).await;
    world.stored(3).await;

    agent.kill();
    publish(&nchan, 3..103).await;
    let agent = world.agent().await;
    assert_stored(&world.stored(103).await, 0..103);

    // The server's worker goes and takes the connection with it.
    nchan.reload().await;
    publish(&nchan, 103..150).await;
    assert_stored(&world.stored(150).await, 0..150);

    // Both at once.
    agent.kill();
    nchan.reload().await;
    publish(&nchan, 150..203).await;
    let _agent = world.agent().await;
    assert_stored(&world.stored(203).await, 0..203);
    let off = world.history().await;
    let off: Vec<_> = off.iter().filter(|entry| entry["span"] == "agent_off").collect();
    assert_eq!(off.len(), 2, "each time that the agent was dead: {off:?}");
}

/// Without a desktop; `crash` kills it more often, and looks at what was shown.
#[tokio::test]
async fn an_agent_that_is_killed_again_and_again_under_load_has_each_message_once() {
    let (kills, life) = match hark::under_wine() {
        // Until a program begins there.
        true => (40, Duration::from_millis(1_500)),
        false => (20, Duration::from_millis(250)),
    };
    let kills = soak::times(KILLS_VARIABLE, kills);
    let world = World::new();
    let nchan = Nchan::start(&world).await;
    world.follow(&[("news", &nchan.url("news"))]);
    let mut agent = world.agent().await;
    let first = nchan.publish_until_alerted("news").await;
    let killed = Cell::new(false);
    let load = async {
        let mut count = first;
        while !killed.get() {
            publish(&nchan, count..count + 1).await;
            count += 1;
            sleep(Duration::from_millis(40)).await;
        }
        count
    };
    let kill = async {
        for _ in 0..kills {
            sleep(life.mul_f64(fastrand::f64())).await;
            agent.kill();
            agent = world.start_hark("agent", &["agent", "--no-tray"]);
        }
        killed.set(true);
        agent
    };
    let (count, agent) = tokio::join!(load, kill);
    let _agent = world.answers(agent).await;
    let stored = world.stored(count).await;
    assert_stored(&stored, 0..count);
}

#[tokio::test]
async fn a_server_that_is_gone_for_5_s_is_an_outage_with_its_reason() {
    let world = World::new();
    let mut nchan = Nchan::start(&world).await;
    world.follow(&[("news", &nchan.url("news"))]);
    let _agent = world.agent().await;
    world.phase("news", "streaming").await;
    publish(&nchan, 0..10).await;
    world.stored(10).await;

    nchan.stop().await;
    let link = world.phase("news", "backing_off").await;
    assert_ne!(link["phase"]["cause"]["sentence"], "", "{link}");
    // This is the outage itself, not a wait for an assertion.
    tokio::time::sleep(Duration::from_secs(5)).await;
    nchan.start_again().await;
    publish(&nchan, 10..20).await;
    assert_stored(&world.stored(20).await, 0..20);

    let entry = eventually("the outage is over", LONG, async || {
        let history = world.history().await;
        let over = history.iter().find(|it| it["kind"] == "outage" && it["recovered"].is_string());
        over.cloned().ok_or(format!("{history:?}"))
    })
    .await;
    assert_eq!(entry["subscription"], "news");
    assert!(entry["duration_ms"].as_u64().unwrap() >= 5_000, "{entry}");
    assert!(entry["attempts"].as_u64().unwrap() >= 1, "{entry}");
    assert!(["server", "network"].contains(&entry["cause"]["class"].as_str().unwrap()), "{entry}");
    for word in ["code", "sentence"] {
        assert!(entry["cause"][word].as_str().is_some_and(|it| !it.is_empty()), "{entry}");
    }
}

#[tokio::test]
async fn the_backlog_of_a_new_subscription_is_stored_and_not_alerted() {
    let mut world = World::new();
    let bus = Bus::start(&mut world).await;
    let mut desktop = Notifications::start(&bus).await;
    let nchan = Nchan::start(&world).await;
    publish(&nchan, 0..8).await;
    world.follow(&[("news", &nchan.url("news"))]);
    let _agent = world.agent().await;
    let stored = world.stored(8).await;
    assert_stored(&stored, 0..8);
    assert!(
        stored.iter().all(|it| it["decision"] == "backlog" && it["shown"] == "no"),
        "{stored:?}"
    );

    // If the first notification is of a later message, none of these was shown.
    nchan.publish_until_alerted("news").await;
    let first = timeout(SHORT, desktop.calls.recv()).await.unwrap().unwrap();
    assert!(first.body.contains("message ") || first.summary.contains("message "), "{first:?}");
    let number: usize = (first.summary + &first.body)
        .chars()
        .filter(char::is_ascii_digit)
        .collect::<String>()
        .parse()
        .unwrap();
    assert!(number >= 8, "message {number} was backlog");
}

#[tokio::test]
async fn of_a_server_that_ends_each_answer_what_is_new_is_alerted() {
    let mut world = World::new();
    let bus = Bus::start(&mut world).await;
    let mut desktop = Notifications::start(&bus).await;
    let server = Server::start().await;
    world.follow(&[("news", &server.url("/"))]);
    let _agent = world.agent().await;
    for id in 1..=3 {
        let mut client = server.client().await;
        let asked = (id > 1).then(|| (id - 1).to_string());
        assert_eq!(client.header("Last-Event-ID").map(str::to_owned), asked);
        client.accept().await;
        client.send(&format!("retry: 100\nid: {id}\ndata: number {id}\n\n")).await;
    }
    for id in 2..=3 {
        let shown = timeout(SHORT, desktop.calls.recv()).await.unwrap().unwrap();
        assert_eq!(shown.body, format!("number {id}"));
    }
    let stored = world.stored(3).await;
    assert_eq!(stored.iter().filter(|it| it["decision"] == "backlog").count(), 1, "{stored:?}");
}

#[tokio::test]
async fn a_replay_of_more_than_5_is_one_notification_that_counts() {
    let mut world = World::new();
    let bus = Bus::start(&mut world).await;
    let mut desktop = Notifications::start(&bus).await;
    let nchan = Nchan::start(&world).await;
    world.follow(&[("news", &nchan.url("news"))]);
    let agent = world.agent().await;
    world.phase("news", "streaming").await;
    let live = nchan.publish_until_alerted("news").await;
    timeout(SHORT, desktop.calls.recv()).await.unwrap().unwrap();
    // Killed between the two, it would be shown once more.
    eventually("it is marked as shown", SHORT, async || {
        let last = world.messages().await.pop().unwrap();
        (last["shown"] == "shown").then_some(()).ok_or(last)
    })
    .await;

    agent.kill();
    publish(&nchan, live..live + 12).await;
    let _agent = world.agent().await;
    assert_stored(&world.stored(live + 12).await, 0..live + 12);
    let digest = timeout(LONG, desktop.calls.recv()).await.unwrap().unwrap();
    assert!(format!("{digest:?}").contains("12"), "it counts 12: {digest:?}");
    let stored = eventually("each is in the digest", SHORT, async || {
        let stored = world.messages().await;
        let digested = stored[live..].iter().all(|it| it["shown"] == "digest");
        if digested { Ok(stored) } else { Err(format!("{stored:?}")) }
    })
    .await;
    assert_eq!(stored[live - 1]["shown"], "shown");
    // The next call is that of a later message: there was none in between.
    world.phase("news", "streaming").await;
    publish(&nchan, live + 12..live + 13).await;
    let next = timeout(LONG, desktop.calls.recv()).await.unwrap().unwrap();
    let wanted = format!("message {}", live + 12);
    assert!(format!("{next:?}").contains(&wanted), "{next:?} is not {wanted}");
}
