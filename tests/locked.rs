//! A database that another process holds while something happens that has to be written: whatever it is, it
//! is written once that can be done, and what needs no database does not wait.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use hark_tests::{
    LONG, World, eventually, hark,
    lock::locked,
    sse::{Client, Server},
};
use serde_json::Value;

const NOT_YET: &str = "not_followed_yet";

fn asks_for(client: &Client, path: &str) -> bool {
    client.request.starts_with(&format!("GET {path} "))
}

#[tokio::test]
async fn settings_that_change_while_the_database_is_locked_are_in_force_after_it() {
    let world = World::new();
    let (news, other) = (Server::start().await, Server::start().await);
    let follow = |path: &str, other_path: &str| {
        world.follow(&[("news", &news.url(path)), ("other", &other.url(other_path))]);
    };
    follow("/one", "/one");
    let _agent = world.agent().await;
    let mut client = news.streaming(&world).await;
    let mut others = other.client_within(LONG).await.unwrap();
    others.accept().await;
    world.phase("other", "streaming").await;
    let lock = locked(&world).await;
    follow("/two", "/two");
    let sentence = world.told(NOT_YET, true).await;
    hark::clear(&sentence, &["news", "other", "database"]);
    // The earlier link goes on until it can be replaced.
    assert_eq!(world.link("news").await["phase"]["phase"], "streaming");
    // Once more, and then one of them is removed.
    world.follow(&[("news", &news.url("/three"))]);
    others.hung_up().await;
    eventually("it waits for one of them alone", LONG, async || {
        let sentence = world.told(NOT_YET, true).await;
        if sentence.contains("other") { Err(sentence) } else { Ok(()) }
    })
    .await;
    client.send(": and on\n\n").await;
    drop(lock);
    let mut next = news.client_within(LONG).await.unwrap();
    assert!(asks_for(&next, "/three"), "{}", next.request);
    client.hung_up().await;
    next.accept().await;
    next.send("id: 1\ndata: of the new one\n\n").await;
    assert_eq!(world.stored(1).await[0]["body"], "of the new one");
    world.told(NOT_YET, false).await;
    let status = world.status().await;
    assert_eq!(status["links"].as_array().unwrap().len(), 1, "{status}");
}

#[tokio::test]
async fn what_is_added_while_the_database_is_locked_is_said_to_wait_and_then_followed() {
    let world = World::new();
    let server = Server::start().await;
    world.settings("");
    let _agent = world.agent().await;
    let lock = locked(&world).await;
    let url = server.url("/news");
    let add = world.hark(&["add", &url, "--name", "News", "--unchecked"]).await;
    assert_eq!(add.code, Some(0), "{add:?}");
    assert!(add.err.contains("as soon as the database can be written"), "{add:?}");
    assert!(!add.err.contains("could not be tried"), "{add:?}");
    hark::clear(&world.told(NOT_YET, true).await, &["News"]);
    drop(lock);
    let client = server.client_within(LONG).await.unwrap();
    assert!(asks_for(&client, "/news"), "{}", client.request);
    world.told(NOT_YET, false).await;
}

#[tokio::test]
async fn a_gap_while_the_database_is_locked_is_in_the_history_after_it() {
    let world = World::new();
    let server = Server::start().await;
    world.follow(&[("news", &server.url("/"))]);
    let _agent = world.agent().await;
    let mut client = server.streaming(&world).await;
    // Without ids a break may lose some.
    client.send("data: before\n\n").await;
    world.stored(1).await;
    let lock = locked(&world).await;
    drop(client);
    let mut client = server.client_within(LONG).await.unwrap();
    client.accept().await;
    client.send("data: after\n\n").await;
    // It is opened, and what came cannot be stored.
    world.told("store_failed", true).await;
    world.phase("news", "streaming").await;
    drop(lock);
    world.stored(2).await;
    let history = world.history().await;
    let outage = history.iter().find(|entry| entry["kind"] == "outage");
    assert!(outage.is_some_and(|outage| outage["gap"] == true), "{history:?}");
}

#[tokio::test]
async fn a_backlog_that_ends_while_the_database_is_locked_is_over_all_the_same() {
    let world = World::new();
    let server = Server::start().await;
    world.follow(&[("news", &server.url("/"))]);
    let mut agent = world.agent().await;
    let mut client = server.client_within(LONG).await.unwrap();
    // It has begun; nothing has streamed yet.
    let lock = locked(&world).await;
    client.accept().await;
    client.send(": hello\n\n").await;
    world.caught_up("news").await;
    world.told("store_failed", true).await;
    drop(lock);
    world.told("store_failed", false).await;
    agent.signal(rustix::process::Signal::TERM);
    agent.ended(LONG).await;
    drop(client);
    let _agent = world.agent().await;
    let mut client = server.client_within(LONG).await.unwrap();
    client.accept().await;
    client.send("id: 1\ndata: missed\n\n").await;
    let stored: Vec<Value> = world.stored(1).await;
    assert_eq!(stored[0]["decision"], "alert", "it was missed, and is no backlog: {stored:?}");
}

#[tokio::test]
async fn a_pause_waits_for_no_database() {
    let world = World::new();
    let server = Server::start().await;
    world.follow(&[("news", &server.url("/"))]);
    let _agent = world.agent().await;
    let mut client = server.streaming(&world).await;
    client.send("id: 1\ndata: one\n\n").await;
    world.stored(1).await;
    let lock = locked(&world).await;
    client.send("id: 2\ndata: two\n\n").await;
    world.told("store_failed", true).await;
    for command in ["pause", "resume", "pause"] {
        let answer = world.hark(&[command, "news"]).await;
        assert_eq!(answer.code, Some(0), "{answer:?}");
    }
    client.send("id: 3\ndata: after the pause\n\n").await;
    client.hung_up().await;
    world.phase("news", "paused").await;
    drop(lock);
    let stored = world.stored(2).await;
    assert_eq!(stored.len(), 2, "nothing that came after the pause: {stored:?}");
    assert_eq!(stored[1]["body"], "two");
    world.hark(&["resume", "news"]).await.ok();
    // The dial of the first resume was given up: it would have asked from before the second message.
    let client = server.client_within(LONG).await.unwrap();
    assert_eq!(client.header("last-event-id"), Some("2"));
}
