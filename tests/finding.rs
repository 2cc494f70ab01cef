//! Finding stored messages from the command line: by words, time, priority and subscription, as they come, and
//! without those that were deleted. And the status for a script.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use hark_tests::{LONG, Running, World, eventually, hark::bodies, sse::Server};
use serde_json::{Value, json};

/// A world with two subscriptions, and what the first of them has brought.
async fn filled() -> (World, Running, Server, hark_tests::sse::Client) {
    let world = World::new();
    let (server, other) = (Server::start().await, Server::start().await);
    world.follow(&[("builds", &server.url("/")), ("other", &other.url("/"))]);
    let agent = world.agent().await;
    let mut client = server.client().await;
    client.accept().await;
    client.send(": hello\n\n").await;
    world.caught_up("builds").await;
    let at = |hours: i64| jiff::Timestamp::now().as_second() - hours * 3_600;
    for message in [
        json!({ "title": "Backup", "message": "finished", "time": at(5) }),
        json!({ "title": "磁盘", "message": "空间不足", "time": at(1), "priority": 5, "tags": ["nas"] }),
        json!({ "title": "Build 7", "message": "the BACKUP server is red", "time": at(3) }),
    ] {
        client.send(&format!("data: {message}\n\n")).await;
    }
    world.stored(3).await;
    (world, agent, server, client)
}

/// The bodies of what `hark messages` finds so.
async fn found(world: &World, options: &[&str]) -> Vec<String> {
    let lines = world.hark(&[&["messages", "--json"], options].concat()).await.lines();
    bodies(&lines).into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn messages_are_found_by_words_time_priority_and_subscription() {
    let (world, _agent, _server, _client) = filled().await;
    let (first, second, urgent) = ("finished", "the BACKUP server is red", "空间不足");
    assert_eq!(found(&world, &[]).await, [first, second, urgent], "by when they were sent");
    for (options, wanted) in [
        (&["--search", "backup"][..], &[first, second][..]),
        (&["--search", "red backup"], &[second]),
        (&["--search", "磁盘"], &[urgent]),
        (&["--search", "间不足"], &[urgent]),
        (&["--search", "nowhere"], &[]),
        (&["--since", "2h"], &[urgent]),
        (&["--since", "4h", "--search", "backup"], &[second]),
        (&["--priority", "high"], &[urgent]),
        (&["builds", "-n", "1"], &[urgent]),
        (&["other"], &[]),
    ] {
        assert_eq!(found(&world, options).await, wanted, "{options:?}");
    }
    let all = world.hark(&["messages", "--json"]).await.lines();
    let newest = all[2]["id"].to_string();
    assert_eq!(found(&world, &["--before", &newest]).await, [first, second]);
    let none = world.hark(&["messages", "--search", "nowhere"]).await.ok();
    assert_eq!(none, "No message is as you ask.\n");
    world.hark(&["messages", "--since", "yesteryear"]).await.refused(&["--since", "no time"]);
    assert_eq!(found(&world, &["--tag", "nas"]).await, ["空间不足"]);
    assert_eq!(found(&world, &["--until", "2h"]).await.len(), 2);
}

#[tokio::test]
async fn what_names_nothing_or_several_is_said_and_what_is_gone_is_found_by_its_key() {
    let (world, _agent, _server, _client) = filled().await;
    for args in [
        &["messages", "nosuch"][..],
        &["messages", "nosuch", "--follow"],
        &["messages", "nosuch", "--json"],
        &["history", "nosuch"],
        &["history", "nosuch", "--uptime"],
        &["status", "nosuch"],
    ] {
        let said = world.hark(args).await;
        said.refused(&["There is no subscription \"nosuch\""]);
        assert_eq!(said.code, Some(1), "{args:?}");
    }
    world.hark(&["history", "other"]).await.ok();
    world.hark(&["messages", "hark"]).await.ok();
    for key in ["builds", "other"] {
        world.hark(&["rename", key, "Chaos"]).await.ok();
    }
    eventually("both are called so", LONG, async || {
        let said = world.hark(&["status", "Chaos"]).await;
        if said.err.contains("Several") { Ok(()) } else { Err(format!("{said:?}")) }
    })
    .await;
    for args in [
        &["messages", "Chaos"][..],
        &["history", "Chaos"],
        &["mute", "Chaos"],
        &["snooze", "Chaos", "--for", "1h"],
        &["pause", "Chaos"],
        &["send", "Chaos", "x"],
        &["rename", "Chaos", "x"],
        &["remove", "Chaos"],
    ] {
        let said = world.hark(args).await;
        said.refused(&["Several subscriptions are called \"Chaos\"", "builds, other"]);
    }
    world.hark(&["rename", "builds", ""]).await.refused(&["at least one character"]);
    world.hark(&["remove", "builds"]).await.ok();
    assert_eq!(found(&world, &["builds"]).await.len(), 3);
}

#[tokio::test]
async fn what_is_deleted_is_gone_and_what_is_read_is_read() {
    let (world, _agent, _server, _client) = filled().await;
    let all = world.hark(&["messages", "--json"]).await.lines();
    let id = |index: usize| all[index]["id"].to_string();
    let said = world.hark(&["delete", &id(0), "999"]).await.ok();
    assert_eq!(said, "1 message is deleted. Of 1 there was none.\n");
    assert_eq!(found(&world, &["--search", "backup"]).await.len(), 1);
    world.hark(&["delete", &id(0)]).await.refused(&["no such message"]);
    world.hark(&["read", &id(0)]).await.refused(&["no such message"]);
    assert_eq!(world.hark(&["read", &id(1)]).await.ok(), "1 message is read now.\n");
    let read = |all: &[Value]| all.iter().map(|it| !it["read"].is_null()).collect::<Vec<_>>();
    assert_eq!(read(&world.hark(&["messages", "--json"]).await.lines()), [true, false]);
    assert_eq!(found(&world, &["--unread"]).await, ["空间不足"]);
    let again = world.hark(&["read", &id(1), "999"]).await.ok();
    assert_eq!(again, "There was none that was not read.\n");
    let both = world.hark(&["read", &id(1), "--all"]).await;
    assert_eq!(both.code, Some(2), "one or all: {both:?}");
    assert_eq!(world.hark(&["read", "--of", "builds"]).await.ok(), "1 message is read now.\n");
    let none = world.hark(&["read", "--all"]).await.ok();
    assert_eq!(none, "There was none that was not read.\n");
    assert!(world.hark(&["read"]).await.code != Some(0), "it is said which");
}

#[tokio::test]
async fn those_that_come_are_followed_over_a_restart_of_the_agent_and_each_told_once() {
    let (world, agent, server, mut client) = filled().await;
    let mut following =
        world.start_hark("following", &["messages", "-n", "1", "--follow", "--search", "e"]);
    following.line("red", LONG).await;
    client.send("data: {\"message\":\"one\"}\n\ndata: {\"message\":\"not\"}\n\n").await;
    following.line("one", LONG).await;
    client.send("data: {\"message\":\"nine\"}\n\n").await;
    following.line("nine", LONG).await;
    drop((agent, client));
    let _agent = world.agent().await;
    let mut client = server.client().await;
    client.accept().await;
    client.send("data: {\"message\":\"never again\"}\n\n").await;
    following.line("never again", LONG).await;
    let lines = following.lines();
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert!(!lines.iter().any(|line| line.contains("  not  ")), "{lines:?}");
}

#[tokio::test]
async fn a_script_learns_how_things_are_by_the_exit_code() {
    let world = World::new();
    let check =
        async |options: &[&str]| world.hark(&[&["status", "--check"], options].concat()).await.code;
    assert_eq!(check(&[]).await, Some(3));
    let server = Server::start().await;
    world.follow(&[("builds", &server.url("/")), ("old", "http://127.0.0.1:9/")]);
    let _agent = world.agent().await;
    assert_eq!(check(&[]).await, Some(1));
    let mut client = server.client().await;
    client.accept().await;
    client.send(": hello\n\n").await;
    world.caught_up("builds").await;
    assert_eq!((check(&["builds"]).await, check(&["old"]).await), (Some(0), Some(1)));
    world.hark(&["pause", "old"]).await.ok();
    world.phase("old", "paused").await;
    assert_eq!(check(&[]).await, Some(0));
    world.hark(&["status", "nobody"]).await.refused(&["nobody", "hark status"]);
    let mut watching = world.start_hark("watching", &["status", "builds", "--watch"]);
    watching.line("live", LONG).await;
    drop(client);
    eventually("it is seen to be lost", LONG, async || {
        let out = watching.out();
        if out.contains("trying") { Ok(()) } else { Err(out) }
    })
    .await;
}

#[tokio::test]
async fn what_the_history_has_told_it_tells_after_the_subscription_went_elsewhere_and_after_it_is_gone()
 {
    let (world, first, second) = (World::new(), Server::start().await, Server::start().await);
    world.follow(&[("news", &first.url("/events"))]);
    let _agent = world.agent().await;
    let client = first.streaming(&world).await;
    drop(client);
    drop(first);
    let told = eventually("the outage is in the history", LONG, async || {
        let history = world.history().await;
        let told = history.iter().find_map(|entry| {
            let sentence = entry["latest"]["sentence"].as_str()?;
            sentence.contains("refused").then(|| (entry["id"].clone(), sentence.to_owned()))
        });
        told.ok_or(format!("{history:?}"))
    })
    .await;
    let tells = async |when: &str| {
        let history = world.history().await;
        let same = history.iter().find(|entry| entry["id"] == told.0);
        let sentence = same.and_then(|entry| entry["latest"]["sentence"].as_str());
        assert_eq!(sentence, Some(&*told.1), "{when}: {history:?}");
    };
    world.follow(&[("news", &second.url("/events"))]);
    let _client = second.streaming(&world).await;
    tells("its address is another").await;
    world.hark(&["remove", "news"]).await.ok();
    tells("it is gone").await;
}
