//! Centrifugo 6.9, as its own server sends it: what it holds of a channel is recovered by offset and epoch,
//! and where it does not hold it any more, that is a gap.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use hark_tests::{
    LONG, World,
    centrifugo::{Centrifugo, HELD, TOKEN, TOKEN_OF_OWN},
    eventually,
    hark::clear,
};
use serde_json::json;

/// Follows these channels, and answers the key once that is so.
async fn add(world: &World, server: &Centrifugo<'_>, query: &str, token: &str) -> String {
    let token = world.secret("token", token);
    let url = server.url(query);
    let said = world.hark(&["add", &url, "--token-file", token.to_str().unwrap()]).await.ok();
    assert!(said.contains("It speaks Centrifugo"), "{said}");
    let key = world.status().await["links"][0]["subscription"].as_str().unwrap().to_owned();
    world.phase(&key, "streaming").await;
    key
}

async fn titles(world: &World) -> Vec<String> {
    let all = world.messages().await;
    all.iter().map(|it| it["title"].as_str().unwrap().to_owned()).collect()
}

async fn come(world: &World, wanted: &[&str]) {
    eventually("all have come", LONG, async || {
        let titles = titles(world).await;
        if titles == wanted { Ok(()) } else { Err(format!("{titles:?}")) }
    })
    .await;
}

#[tokio::test]
async fn what_was_missed_of_several_channels_comes_once_and_in_order() {
    let world = World::new();
    let Some(server) = Centrifugo::start(&world).await else { return };
    let agent = world.agent().await;
    server.publish("open:a", "old").await;
    let key = add(&world, &server, "?channel=open:a&channel=open:b", TOKEN).await;
    come(&world, &["old"]).await;
    server.publish("open:a", "a 1").await;
    server.publish("open:b", "b 1").await;
    come(&world, &["old", "a 1", "b 1"]).await;

    // A pause, an agent that is gone, and a connection that the server ends.
    world.hark(&["pause", &key]).await.ok();
    for title in ["a 2", "a 3"] {
        server.publish("open:a", title).await;
    }
    world.hark(&["resume", &key]).await.ok();
    come(&world, &["old", "a 1", "b 1", "a 2", "a 3"]).await;
    agent.kill();
    server.publish("open:b", "b 2").await;
    server.publish("open:a", "a 4").await;
    let _agent = world.agent().await;
    eventually("both come", LONG, async || {
        let titles = titles(&world).await;
        if titles.len() == 7 { Ok(()) } else { Err(format!("{titles:?}")) }
    })
    .await;
    server
        .call(
            "disconnect",
            &json!({ "user": "me", "disconnect": { "code": 3011, "reason": "force reconnect" } }),
        )
        .await;
    server.publish("open:a", "a 5").await;
    eventually("the last one comes", LONG, async || {
        let titles = titles(&world).await;
        if titles.len() == 8 { Ok(()) } else { Err(format!("{titles:?}")) }
    })
    .await;
    // By the server's own history nothing is missing, nothing is twice, and each channel is in order.
    let titles = titles(&world).await;
    for (channel, word) in [("open:a", 'a'), ("open:b", 'b')] {
        let came: Vec<&String> = titles.iter().filter(|it| it.starts_with(word)).collect();
        let held = server.held(channel).await;
        let held: Vec<&String> = held.iter().filter(|it| it.starts_with(word)).collect();
        assert_eq!(came, held);
    }
    assert_eq!(world.gaps().await, 0);
}

#[tokio::test]
async fn what_the_server_does_not_hold_any_more_is_a_gap() {
    let world = World::new();
    let Some(mut server) = Centrifugo::start(&world).await else { return };
    let _agent = world.agent().await;
    let key = add(&world, &server, "?channel=open:a", TOKEN).await;
    server.publish("open:a", "first").await;
    come(&world, &["first"]).await;
    // More than the channel holds.
    world.hark(&["pause", &key]).await.ok();
    for number in 0..HELD + 3 {
        server.publish("open:a", &format!("lost {number}")).await;
    }
    world.hark(&["resume", &key]).await.ok();
    world.phase(&key, "streaming").await;
    eventually("the gap", LONG, async || (world.gaps().await == 1).then_some(()).ok_or("not yet"))
        .await;
    server.publish("open:a", "after it").await;
    come(&world, &["first", "after it"]).await;
    // A server that begins anew numbers from 1 again: the same text with the same number is another message.
    server.kill();
    world.phase(&key, "backing_off").await;
    server.start_again().await;
    server.publish("open:a", "first").await;
    server.followed(1).await;
    eventually("the gap", LONG, async || (world.gaps().await == 2).then_some(()).ok_or("not yet"))
        .await;
    server.publish("open:a", "second").await;
    eventually("the second one comes", LONG, async || {
        let titles = titles(&world).await;
        if titles.last().unwrap() == "second" { Ok(()) } else { Err(format!("{titles:?}")) }
    })
    .await;
}

#[tokio::test]
async fn a_channel_without_a_history_has_a_gap_after_each_break_also_beside_one_with() {
    let world = World::new();
    let Some(mut server) = Centrifugo::start(&world).await else { return };
    let _agent = world.agent().await;
    let key = add(&world, &server, "?channel=bare:a&channel=open:a", TOKEN).await;
    server.followed(1).await;
    server.publish("open:a", "one").await;
    come(&world, &["one"]).await;
    world.hark(&["pause", &key]).await.ok();
    server.followed(0).await;
    server.publish("bare:a", "to nobody").await;
    world.hark(&["resume", &key]).await.ok();
    server.followed(1).await;
    eventually("the gap", LONG, async || (world.gaps().await == 1).then_some(()).ok_or("not yet"))
        .await;
    server.stop().await;
    let link = world.phase(&key, "backing_off").await;
    clear(link["phase"]["cause"]["sentence"].as_str().unwrap(), &["127.0.0.1"]);
    server.start_again().await;
    server.followed(1).await;
    server.publish("bare:a", "two").await;
    come(&world, &["one", "two"]).await;
    assert_eq!(world.gaps().await, 2);
}

#[tokio::test]
async fn of_a_server_that_began_anew_what_it_holds_already_comes_too() {
    let world = World::new();
    let Some(mut server) = Centrifugo::start(&world).await else { return };
    let agent = world.agent().await;
    add(&world, &server, "?channel=open:a", TOKEN).await;
    server.publish("open:a", "first").await;
    come(&world, &["first"]).await;
    agent.kill();
    server.kill();
    server.start_again().await;
    for title in ["first", "second"] {
        server.publish("open:a", title).await;
    }
    let _agent = world.agent().await;
    come(&world, &["first", "first", "second"]).await;
    assert_eq!(world.gaps().await, 1);
}

#[tokio::test]
async fn what_is_too_much_for_the_server_or_for_one_event_is_a_gap_and_not_asked_for_again() {
    // The server's own limit is 1 MiB, and that of a line here as well.
    for (queue, size) in [(None, 200), (Some(20 << 20), 150)] {
        let world = World::new();
        let Some(server) = Centrifugo::start_with(&world, queue).await else { return };
        let _agent = world.agent().await;
        let key = add(&world, &server, "?channel=open:a", TOKEN).await;
        server.publish("open:a", "first").await;
        come(&world, &["first"]).await;
        world.hark(&["pause", &key]).await.ok();
        for _ in 0..HELD - 1 {
            server.publish("open:a", &"x".repeat(size << 10)).await;
        }
        world.hark(&["resume", &key]).await.ok();
        // The server does not always come to say that it is too much before it ends the stream. Hark does not give
        // up what was missed for that, and asks again: after five such ends once a minute.
        eventually("the gap", 4 * LONG, async || {
            (world.gaps().await == 1).then_some(()).ok_or("not yet")
        })
        .await;
        server.followed(1).await;
        server.publish("open:a", "after it").await;
        come(&world, &["first", "after it"]).await;
        assert_eq!(world.gaps().await, 1);
    }
}

#[tokio::test]
async fn a_channel_that_the_token_names_is_recovered_like_one_of_the_url() {
    let world = World::new();
    let Some(server) = Centrifugo::start(&world).await else { return };
    let _agent = world.agent().await;
    let key = add(&world, &server, "", TOKEN_OF_OWN).await;
    server.publish("own", "one").await;
    come(&world, &["one"]).await;
    world.hark(&["pause", &key]).await.ok();
    server.publish("own", "two").await;
    world.hark(&["resume", &key]).await.ok();
    come(&world, &["one", "two"]).await;
    assert_eq!(world.gaps().await, 0);
}

#[tokio::test]
async fn what_it_refuses_is_said_and_the_token_is_nowhere_to_be_read() {
    let world = World::new();
    let Some(server) = Centrifugo::start(&world).await else { return };
    let agent = world.agent().await;
    let url = server.url("?channel=open:a");
    world.hark(&["add", &url]).await.refused(&["bad request", "wants a token"]);
    let wrong = world.secret("wrong", "not.a.token");
    let wrong = wrong.to_str().unwrap();
    world.hark(&["add", &url, "--token-file", wrong]).await.refused(&["invalid token"]);
    let none = server.url("?channel=closed:a");
    let token = world.secret("token", TOKEN);
    let token = token.to_str().unwrap();
    world.hark(&["add", &none, "--token-file", token]).await.refused(&["3501"]);
    let without = server.url("");
    world.hark(&["add", &without, "--token-file", token]).await.refused(&["sends no channel"]);

    let key = add(&world, &server, "?channel=open:a", TOKEN).await;
    server.call("unsubscribe", &json!({ "user": "me", "channel": "open:a" })).await;
    eventually("the end of the channel is told", LONG, async || {
        let told = world.history().await;
        let told = told.iter().any(|it| it.to_string().contains("sends no more of the channel"));
        told.then_some(()).ok_or("not yet")
    })
    .await;
    world.phase(&key, "streaming").await;
    let header = world.secret("header", format!("Authorization: Bearer {TOKEN}"));
    let header = format!("@{}", header.display());
    let mut doctor = world.start_hark("doctor", &["doctor", &url, "-H", &header, "--for", "5s"]);
    eventually("the doctor listens", LONG, async || {
        if doctor.err().contains("Listening") { Ok(()) } else { Err(doctor.err()) }
    })
    .await;
    for title in ["one", "two", "three"] {
        server.publish("open:a", title).await;
    }
    assert!(doctor.ended(LONG).await.success(), "{}", doctor.out());
    let said = doctor.out();
    assert!(said.contains("brought just what was missed") && !said.contains("WRONG"), "{said}");
    let history = format!("{:?}", world.history().await);
    let status = world.status().await.to_string();
    drop(agent);
    for text in [doctor.out(), doctor.err(), status, history] {
        assert!(!text.contains(TOKEN), "{text}");
    }
    assert_eq!(world.files_with(TOKEN), ["header", "token"], "nowhere but where it was put");
}
