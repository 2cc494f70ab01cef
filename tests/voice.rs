//! Hark's own voice: a connection that is not there is told once it has lasted, and that it is back; what a
//! person was never told is not taken back.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use hark_api::{Phase, Shown};
use hark_tests::{
    LONG, Running, World, eventually, fake::Notifications, lock::locked, ntfy::Ntfy, sse::Server,
};

fn settings(world: &World, tell_after: &str, urls: &[(&str, &str)]) {
    let one = |(key, url): &(&str, &str)| {
        format!("[subscriptions.{key}]\nname = \"{key}\"\nurl = \"{url}\"\nfeed = \"ntfy\"\n")
    };
    let all: String = urls.iter().map(one).collect();
    world.settings(&format!("[problems]\ntell_after = \"{tell_after}\"\n{all}"));
}

/// A world in which what is not connected for a second is told, and `news` streams from its ntfy.
async fn followed() -> (World, Notifications, Ntfy, Running) {
    let mut world = World::new();
    let screen = Notifications::of(&mut world).await;
    let ntfy = Ntfy::start().await;
    settings(&world, "1s", &[("news", &ntfy.url("/a"))]);
    let agent = world.agent().await;
    world.caught_up("news").await;
    (world, screen, ntfy, agent)
}

/// The titles of what Hark said itself, each with what became of it.
async fn said(world: &World) -> Vec<(String, Shown)> {
    let messages = world.all_messages().await;
    let own = messages.into_iter().filter(|it| it.subscription == "hark");
    own.map(|it| (it.title, it.shown)).collect()
}

#[tokio::test]
async fn a_connection_that_stays_away_is_told_and_that_it_is_back_takes_its_place() {
    let (world, mut screen, ntfy, _agent) = followed().await;
    let port = ntfy.stop();
    let told = screen.next().await;
    assert_eq!(told.summary, "news: not connected");
    assert!(told.body.contains(&format!("127.0.0.1:{port}")), "{told:?}");

    let ntfy = Ntfy::at(port).await;
    ntfy.publish("a", "missed");
    world.caught_up("news").await;
    let back = loop {
        let next = screen.next().await;
        if next.summary != "a" {
            break next;
        }
    };
    assert_eq!((back.summary.as_str(), back.replaces), ("news is back", told.id));
    assert!(back.body.starts_with("After "), "{back:?}");
    eventually("it is in the place of the problem", LONG, async || {
        let said = said(&world).await;
        let wanted = [("news is back".to_owned(), Shown::Shown)];
        (said == wanted).then_some(()).ok_or(format!("{said:?}"))
    })
    .await;
}

#[tokio::test]
async fn what_was_to_be_told_while_the_database_is_locked_is_told_after_it() {
    let (world, mut screen, ntfy, _agent) = followed().await;
    let lock = locked(&world).await;
    let port = ntfy.stop();
    eventually("it has been away for longer than a second", LONG, async || {
        match world.ask_link("news").await?.phase {
            Phase::BackingOff { attempt: 3.., .. } | Phase::Dialing { attempt: 4.., .. } => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;
    drop(lock);
    let told = screen.next().await;
    assert_eq!(told.summary, "news: not connected");
    let lock = locked(&world).await;
    let _ntfy = Ntfy::at(port).await;
    world.told("store_failed", true).await;
    drop(lock);
    let back = screen.next().await;
    assert_eq!((back.summary.as_str(), back.replaces), ("news is back", told.id));
}

#[tokio::test]
async fn several_are_told_as_one_and_a_pause_takes_it_back() {
    let mut world = World::new();
    let mut screen = Notifications::of(&mut world).await;
    let nobody = ["a", "b", "c"].map(|key| (key, "http://127.0.0.1:9/x"));
    settings(&world, "2s", &nobody);
    let _agent = world.agent().await;
    let told = screen.next().await;
    assert_eq!(told.summary, "3 subscriptions: not connected");
    assert!(told.body.starts_with("a, b, c: http://127.0.0.1:9 "), "{told:?}");
    assert_eq!(told.body.lines().count(), 1, "a reason is said once: {told:?}");
    world.hark(&["pause"]).await.ok();
    assert_eq!(screen.next_closed().await, told.id);
    assert_eq!(said(&world).await, []);
}

#[tokio::test]
async fn what_is_silent_is_not_told_and_so_not_taken_back() {
    let (world, mut screen, ntfy, _agent) = followed().await;
    world.hark(&["snooze", "--for", "1h"]).await.ok();
    let port = ntfy.stop();
    eventually("it is held back", LONG, async || {
        let said = said(&world).await;
        let wanted = [("news: not connected".to_owned(), Shown::Held)];
        (said == wanted).then_some(()).ok_or(format!("{said:?}"))
    })
    .await;
    let ntfy = Ntfy::at(port).await;
    eventually("it is gone", LONG, async || {
        let said = said(&world).await;
        said.is_empty().then_some(()).ok_or(format!("{said:?}"))
    })
    .await;
    world.hark(&["wake"]).await.ok();
    ntfy.publish("a", "live");
    assert_eq!(screen.next().await.body, "live");
}

#[tokio::test]
async fn a_sample_is_shown_whatever_is_silent() {
    let mut world = World::new();
    let mut screen = Notifications::of(&mut world).await;
    let server = Server::start().await;
    settings(&world, "never", &[("news", &server.url("/"))]);
    let _agent = world.agent().await;
    world.hark(&["snooze", "--for", "1h"]).await.ok();
    world.hark(&["test"]).await.ok();
    assert_eq!(screen.next().await.summary, "A test from Hark");
}
