//! django-eventstream 5.3 on uvicorn, as its own server sends it: recognised, followed through its ends,
//! and what it says about itself is no message.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use hark_tests::{
    LONG, SHORT, World,
    django::Django,
    eventually,
    hark::{bodies, clear},
};

#[tokio::test]
async fn it_is_recognised_and_followed_through_every_end() {
    let world = World::new();
    let Some(mut django) = Django::start(&world).await else { return };
    let mut agent = world.agent().await;
    let said = world.hark(&["add", &django.url("news"), "--name", "News"]).await.ok();
    clear(&said, &["django-eventstream"]);
    let key = world.status().await["links"][0]["subscription"].as_str().unwrap().to_owned();
    world.phase(&key, "streaming").await;
    for round in 0..3 {
        for _ in 0..3 {
            django.publish().await;
        }
        if round % 2 == 0 {
            django.kill()
        } else {
            django.stop().await
        }
        world.phase(&key, "backing_off").await;
        django.start_again().await.unwrap();
        // Some come before Hark is back, some after.
        for _ in 0..3 {
            django.publish().await;
        }
        let stored = world.stored(django.published.len()).await;
        assert_eq!(bodies(&stored), django.published);
    }
    agent.signal(rustix::process::Signal::TERM);
    assert!(agent.ended(SHORT).await.success());
    for _ in 0..3 {
        django.publish().await;
    }
    let _agent = world.agent().await;
    let stored = world.stored(django.published.len()).await;
    assert_eq!(bodies(&stored), django.published);
    assert_eq!(world.gaps().await, 0, "nothing was missing");
}

#[tokio::test]
async fn what_it_has_forgotten_is_a_gap_and_no_message() {
    let world = World::new();
    let Some(mut django) = Django::start(&world).await else { return };
    world.follow(&[("news", &django.url("news"))]);
    let settings = world.path("profile/config/config.toml");
    let text = std::fs::read_to_string(&settings).unwrap() + "feed = \"django-eventstream\"\n";
    world.settings(&text);
    let _agent = world.agent().await;
    world.phase("news", "streaming").await;
    django.publish().await;
    django.publish().await;
    world.stored(2).await;

    world.hark(&["pause", "news"]).await.ok();
    world.phase("news", "paused").await;
    django.publish().await;
    django.publish().await;
    django.forget().await;
    world.hark(&["resume", "news"]).await.ok();
    eventually("the journal tells of what is missing", LONG, async || {
        let gaps = world.gaps().await;
        if gaps == 1 { Ok(()) } else { Err(gaps) }
    })
    .await;
    let after = django.publish().await;
    let stored = world.stored(3).await;
    assert_eq!(bodies(&stored), ["message 0", "message 1", after.as_str()]);

    // It has gone on from the id that the server named: the next end misses nothing.
    django.kill();
    world.phase("news", "backing_off").await;
    django.start_again().await.unwrap();
    django.publish().await;
    assert_eq!(world.stored(4).await.len(), 4);
    assert_eq!(world.gaps().await, 1);
}

#[tokio::test]
async fn what_may_not_be_read_is_a_refusal_with_its_sentence() {
    let world = World::new();
    let Some(django) = Django::start(&world).await else { return };
    let _agent = world.agent().await;
    let sentence = "Permission denied to channels: locked (forbidden)";
    world.hark(&["add", &django.url("locked")]).await.refused(&[sentence]);

    let url = django.url("locked");
    world.settings(&format!(
        "[subscriptions.news]\nurl = \"{url}\"\nfeed = \"django-eventstream\"\n"
    ));
    eventually("it is followed", LONG, async || world.ask_link("news").await.map(drop)).await;
    let link = world.phase("news", "backing_off").await;
    clear(link["phase"]["cause"]["sentence"].as_str().unwrap(), &[sentence]);
    assert_eq!(link["phase"]["cause"]["class"], "refused");
    assert_eq!(world.messages().await.len(), 0, "an error is no message");
}
