//! The agent against a Mercure hub: resuming, a history that has forgotten the cursor, rotation, the
//! two versions of the protocol, what is refused.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use hark_tests::{
    LONG, World, eventually, hark,
    mercure::{Hub, Version},
};
use serde_json::Value;

const TOPIC: &str = "https://example.com/books/1";

fn follow(world: &World, url: &str) {
    world.settings(&format!(
        "[subscriptions.news]\nurl = \"{url}\"\nfeed = \"mercure\"\nretry = \"fixed 1s\"\n"
    ));
}

fn publish(hub: &Hub, range: std::ops::Range<usize>) {
    for number in range {
        hub.publish(TOPIC, &format!("update {number}"));
    }
}

/// Checks that exactly these are stored, each once and in order.
fn assert_stored(messages: &[Value], wanted: impl IntoIterator<Item = usize>) {
    let found = hark::bodies(messages);
    let wanted: Vec<String> = wanted.into_iter().map(|number| format!("update {number}")).collect();
    assert_eq!(found, wanted);
}

#[tokio::test]
async fn a_hub_is_resumed_without_loss_or_duplicates_after_a_kill() {
    let world = World::new();
    let hub = Hub::start(Version::One).await;
    follow(&world, &hub.url(&format!("match={TOPIC}")));
    let agent = world.agent().await;
    world.phase("news", "streaming").await;
    publish(&hub, 0..5);
    hub.publish("https://example.com/another", "not followed");
    world.stored(5).await;
    agent.kill();
    publish(&hub, 5..60);
    let agent = world.agent().await;
    assert_stored(&world.stored(60).await, 0..60);
    agent.kill();

    // Nothing new: nothing comes twice, and nothing was missed.
    let _agent = world.agent().await;
    world.phase("news", "streaming").await;
    hub.heartbeat();
    publish(&hub, 60..61);
    assert_stored(&world.stored(61).await, 0..61);
    assert_eq!(world.gaps().await, 0);
    assert_eq!(hub.asked()[0].as_deref(), Some("earliest"), "nothing before it is known is lost");
}

#[tokio::test]
async fn a_history_that_has_forgotten_the_cursor_is_read_from_its_beginning_and_is_a_gap() {
    let world = World::new();
    let hub = Hub::start(Version::One).await;
    follow(&world, &hub.url(&format!("match={TOPIC}")));
    let agent = world.agent().await;
    world.phase("news", "streaming").await;
    publish(&hub, 0..5);
    world.stored(5).await;
    agent.kill();
    publish(&hub, 5..30);
    hub.keep_latest(10);
    // The gap itself: a shorter one is in the journal alone.
    tokio::time::sleep(std::time::Duration::from_millis(1_200)).await;
    let agent = world.agent().await;
    assert_stored(&world.stored(15).await, (0..5).chain(20..30));
    assert_eq!(world.gaps().await, 1);
    let history = world.history().await;
    assert!(history.iter().any(|it| it["span"] == "missed"), "{history:?}");

    // The same while it is followed: what is held already does not come again.
    publish(&hub, 30..32);
    world.stored(17).await;
    hub.keep_latest(0);
    hub.rotate();
    eventually("it is followed again", LONG, async || {
        let asked = hub.asked();
        (asked.last() == Some(&Some("earliest".to_owned())))
            .then_some(())
            .ok_or(format!("{asked:?}"))
    })
    .await;
    world.phase("news", "streaming").await;
    publish(&hub, 32..34);
    assert_stored(&world.stored(19).await, (0..5).chain(20..34));
    assert_eq!(world.gaps().await, 2);
    let history = world.history().await;
    assert!(history.iter().any(|it| it["kind"] == "outage" && it["gap"] == true), "{history:?}");
    drop(agent);
}

#[tokio::test]
async fn a_hub_of_the_other_version_is_asked_in_its_own_parameters() {
    for (version, query, wanted) in [
        (Version::One, format!("topic={TOPIC}"), "match="),
        (Version::Zero, format!("match={TOPIC}"), "topic="),
    ] {
        let world = World::new();
        let hub = Hub::start(version).await;
        // As settings have it that were written before the hub was upgraded…
        follow(&world, &hub.url(&query));
        let agent = world.agent().await;
        world.phase("news", "streaming").await;
        publish(&hub, 0..2);
        assert_stored(&world.stored(2).await, 0..2);
        drop(agent);

        // …and as it is saved where it is recognised.
        let world = World::new();
        let added = world.hark(&["add", &hub.url(&query)]).await.ok();
        assert!(added.contains("It speaks Mercure"), "{added}");
        let settings = std::fs::read_to_string(world.path("profile/config/config.toml")).unwrap();
        assert!(settings.contains(&format!("mercure?{wanted}")), "{settings}");
    }
}

#[tokio::test]
async fn a_hub_that_wants_a_token_says_so() {
    let world = World::new();
    let hub = Hub::start(Version::One).await;
    hub.protect("right");
    let url = hub.url(&format!("match={TOPIC}"));
    world.hark(&["add", &url]).await.refused(&["401", "credential"]);
    follow(&world, &url);
    let _agent = world.agent().await;
    let link = world.phase("news", "backing_off").await;
    let sentence = link["phase"]["cause"]["sentence"].as_str().unwrap();
    assert!(sentence.contains("HTTP 401"), "{sentence}");
}
