//! The agent against an ntfy server: several topics, the id in the JSON, what has left the cache,
//! what is refused, and a topic's page that leads to its stream.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::collections::BTreeSet;

use hark_api::{LinkQuery, Resumes, route};
use hark_tests::{
    LONG, World, bus::Bus, eventually, fake::Notifications, hark::bodies, ntfy::Ntfy,
};
use serde_json::{Value, json};

fn follow(world: &World, url: &str, rest: &str) {
    world.settings(&format!(
        "[subscriptions.news]\nurl = \"{url}\"\nfeed = \"ntfy\"\nretry = \"fixed 1s\"\n{rest}"
    ));
}

/// Checks that each is stored once, with the id that the server gave it.
fn assert_stored_once(messages: &[Value], wanted: &[String]) {
    let found: BTreeSet<&str> = bodies(messages).into_iter().collect();
    assert_eq!(found, wanted.iter().map(String::as_str).collect::<BTreeSet<_>>());
    assert_eq!(messages.len(), wanted.len(), "no duplicates");
    let ids: BTreeSet<_> = messages.iter().map(|it| it["server_id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), messages.len(), "every message has its own id");
}

/// A keepalive shows that the server has sent everything; waits until the agent has heard one.
async fn proven(world: &World, ntfy: &Ntfy) {
    let heard = async || world.link("news").await["last_heard"].clone();
    let before = heard().await;
    ntfy.keepalive();
    eventually("the keepalive is heard", LONG, async || {
        let now = heard().await;
        if now == before { Err(now) } else { Ok(()) }
    })
    .await;
}

/// A time from which a link resumes: the margin before a message of just now.
fn is_just_before_now(since: Option<&str>) -> bool {
    let now = jiff::Timestamp::now().as_second();
    let since: Option<i64> = since.and_then(|since| since.parse().ok());
    since.is_some_and(|since| (now - 120..=now - 30).contains(&since))
}

#[tokio::test]
async fn several_topics_are_resumed_without_loss_or_duplicates_after_a_kill() {
    let world = World::new();
    let ntfy = Ntfy::start().await;
    follow(&world, &ntfy.url("/a,b/sse"), "");
    let agent = world.agent().await;
    world.phase("news", "streaming").await;
    let mut wanted = Vec::new();
    let mut last = String::new();
    let mut publish = |range: std::ops::Range<usize>| {
        for number in range {
            let topic = ["a", "b", "unfollowed"][number % 3];
            last = ntfy.publish(topic, &format!("{topic} {number}"));
            if topic != "unfollowed" {
                wanted.push(format!("{topic} {number}"));
            }
        }
        (wanted.clone(), last.clone())
    };
    let (wanted, _) = publish(0..8);
    assert_stored_once(&world.stored(wanted.len()).await, &wanted);
    // Until a keepalive shows that all has come, the next dial asks for all, and the fingerprints know it.
    let asked = LinkQuery { subscription: "news".into() };
    let resumes = async || world.client().call(&route::LINK, &asked).await.unwrap().resumes;
    assert_eq!(resumes().await, Resumes::All);
    proven(&world, &ntfy).await;
    eventually("it resumes by time", LONG, async || match resumes().await {
        Resumes::Time => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .await;

    agent.kill();
    publish(8..60);
    let agent = world.agent().await;
    let (wanted, _) = publish(60..62);
    assert_stored_once(&world.stored(wanted.len()).await, &wanted);

    // A restart of the server, while it is followed. Nothing of an `open` or `keepalive` is a cursor.
    proven(&world, &ntfy).await;
    ntfy.hang_up();
    let (wanted, _) = publish(62..75);
    assert_stored_once(&world.stored(wanted.len()).await, &wanted);
    drop(agent);

    let asked = ntfy.asked();
    assert_eq!(asked.first(), Some(&Some("all".to_owned())));
    assert_eq!(asked.len(), 3);
    for since in asked.iter().skip(1) {
        assert!(is_just_before_now(since.as_deref()), "resumed from a message's time: {asked:?}");
    }
}

#[tokio::test]
async fn what_was_sent_to_nobody_while_it_connected_comes_once() {
    let world = World::new();
    let ntfy = Ntfy::start().await;
    follow(&world, &ntfy.url("/a"), "");
    let _agent = world.agent().await;
    for connection in 1..=2 {
        eventually("it follows", LONG, async || {
            let asked = ntfy.asked();
            (asked.len() == connection).then_some(()).ok_or(format!("{asked:?}"))
        })
        .await;
        ntfy.leave_out();
        ntfy.publish("a", &format!("left out {connection}"));
        ntfy.publish("a", &format!("sent {connection}"));
        let stored = world.stored(2 * connection).await;
        let bodies: Vec<&str> = stored.iter().filter_map(|it| it["body"].as_str()).collect();
        let last = &bodies[bodies.len() - 2..];
        assert_eq!(last, [format!("sent {connection}"), format!("left out {connection}")]);
        assert_eq!(ntfy.polled().len(), connection);
        assert!(is_just_before_now(ntfy.polled()[connection - 1].as_deref()));
        ntfy.hang_up();
    }
    assert_eq!(world.gaps().await, 0);
}

#[tokio::test]
async fn what_comes_before_the_first_message_is_not_lost_in_a_break() {
    let world = World::new();
    let ntfy = Ntfy::start().await;
    follow(&world, &ntfy.url("/quiet/sse"), "");
    let agent = world.agent().await;
    world.phase("news", "streaming").await;
    agent.kill();
    ntfy.publish("quiet", "at last");
    let _agent = world.agent().await;
    let stored = world.stored(1).await;
    assert_eq!(bodies(&stored), ["at last"]);
    assert_eq!(stored[0]["decision"], "alert", "it came after the subscription had begun");
}

#[tokio::test]
async fn an_id_that_has_left_the_cache_brings_everything_once_and_is_no_gap() {
    let world = World::new();
    let ntfy = Ntfy::start().await;
    follow(&world, &ntfy.url("/a/sse"), "");
    let agent = world.agent().await;
    world.phase("news", "streaming").await;
    let mut wanted: Vec<String> = (0..5).map(|number| format!("kept {number}")).collect();
    wanted.iter().for_each(|text| _ = ntfy.publish("a", text));
    world.stored(5).await;
    wanted.push("gone".to_owned());
    let gone = ntfy.publish("a", "gone");
    world.stored(6).await;
    proven(&world, &ntfy).await;
    agent.kill();
    ntfy.expire(&gone);
    wanted.push("new".to_owned());
    ntfy.publish("a", "new");
    let _agent = world.agent().await;
    assert_stored_once(&world.stored(7).await, &wanted);
    assert!(is_just_before_now(ntfy.asked().last().unwrap().as_deref()), "{:?}", ntfy.asked());
    assert!(!world.journal().await.contains(&"gap".to_owned()));
}

#[tokio::test]
async fn an_update_replaces_what_is_on_the_screen_and_a_deletion_closes_it() {
    let mut world = World::new();
    let mut screen = Notifications::of(&mut world).await;
    let ntfy = Ntfy::start().await;
    follow(&world, &ntfy.url("/a/sse"), "");
    let _agent = world.agent().await;
    world.caught_up("news").await;
    let progress = |text: &str, of: &str| {
        ntfy.publish_as("message", "a", json!({ "message": text, "sequence_id": of }))
    };
    let first = ntfy.publish_as(
        "message",
        "a",
        json!({ "title": "Disk", "message": "80 %", "tags": ["warning", "db"], "priority": 4,
                "attachment": { "name": "disk.png", "size": 7, "url": "https://a.example/f" } }),
    );
    let shown = screen.next().await;
    assert_eq!(
        (shown.summary.as_str(), shown.body.as_str(), shown.replaces),
        ("⚠️ Disk", "80 %", 0)
    );
    let stored = world.stored(1).await;
    assert_eq!(stored[0]["tags"], json!(["warning", "db"]));
    assert_eq!(stored[0]["priority"], 4);
    assert_eq!(stored[0]["topic"], "a");
    assert_eq!(stored[0]["attachment"]["name"], "disk.png");

    // Another message in between is another notification.
    ntfy.publish("a", "other");
    let other = screen.next().await;
    progress("81 %", &first);
    let updated = screen.next().await;
    assert_eq!((updated.body.as_str(), updated.replaces), ("81 %", shown.id));
    assert_eq!(bodies(&world.messages().await), ["other", "81 %"]);

    // Read elsewhere: it leaves the screen and stays a message.
    ntfy.publish_as("message_clear", "a", json!({ "sequence_id": first }));
    assert_eq!(screen.next_closed().await, shown.id);
    let read = world.messages().await;
    assert_eq!(
        (bodies(&read), read[1]["shown"].as_str()),
        (vec!["other", "81 %"], Some("withdrawn"))
    );

    progress("82 %", &first);
    let again = screen.next().await;
    assert_eq!((again.body.as_str(), again.replaces), ("82 %", 0));
    ntfy.publish_as("message_delete", "a", json!({ "sequence_id": first }));
    assert_eq!(screen.next_closed().await, again.id);
    eventually("it is gone", LONG, async || {
        let messages = world.messages().await;
        (bodies(&messages) == ["other"]).then_some(()).ok_or(messages.len())
    })
    .await;
    eventually("one is counted", LONG, async || {
        let link = world.link("news").await;
        (link["messages"] == 1 && link["set_aside"] == 0).then_some(()).ok_or(link)
    })
    .await;
    assert_ne!(other.id, shown.id);
}

#[tokio::test]
async fn a_hundred_that_are_read_elsewhere_are_all_closed_and_hold_up_nothing() {
    const TIMES: usize = 34;
    let mut world = World::new();
    let mut screen = Notifications::of(&mut world).await;
    let ntfy = Ntfy::start().await;
    follow(&world, &ntfy.url("/a/sse"), "");
    let _agent = world.agent().await;
    world.caught_up("news").await;
    for _ in 0..TIMES {
        // As many as have a place.
        let published: Vec<String> =
            (0..3).map(|number| ntfy.publish("a", &number.to_string())).collect();
        for _ in 0..3 {
            screen.next().await;
        }
        for id in published {
            ntfy.publish_as("message_clear", "a", json!({ "sequence_id": id }));
        }
        for _ in 0..3 {
            screen.next_closed().await;
        }
    }
    ntfy.publish("a", "next");
    assert_eq!(screen.next().await.body, "next");
}

#[tokio::test]
async fn a_new_notification_server_is_told_nothing_of_the_numbers_of_the_one_before() {
    let mut world = World::new();
    let bus = Bus::start(&mut world).await;
    let mut screen = Notifications::start(&bus).await;
    let ntfy = Ntfy::start().await;
    follow(&world, &ntfy.url("/a/sse"), "");
    let _agent = world.agent().await;
    world.caught_up("news").await;
    let first = ntfy.publish("a", "80 %");
    assert_eq!(screen.next().await.body, "80 %");
    screen.end().await;
    world.told("notifications_unavailable", true).await;
    let mut screen = Notifications::start(&bus).await;
    world.told("notifications_unavailable", false).await;
    ntfy.publish_as("message", "a", json!({ "message": "81 %", "sequence_id": first }));
    let updated = screen.next().await;
    assert_eq!((updated.body.as_str(), updated.replaces), ("81 %", 0));
}

#[tokio::test]
async fn a_sequence_is_one_of_its_topic() {
    let world = World::new();
    let ntfy = Ntfy::start().await;
    follow(&world, &ntfy.url("/a,b/sse"), "");
    let _agent = world.agent().await;
    world.caught_up("news").await;
    for topic in ["a", "b"] {
        let fields = json!({ "message": format!("of {topic}"), "sequence_id": "disk" });
        ntfy.publish_as("message", topic, fields);
    }
    assert_eq!(bodies(&world.stored(2).await), ["of a", "of b"]);
    ntfy.publish_as("message_delete", "b", json!({ "sequence_id": "disk" }));
    eventually("that of b alone is gone", LONG, async || {
        let messages = world.messages().await;
        (bodies(&messages) == ["of a"]).then_some(()).ok_or(messages.len())
    })
    .await;
}

#[tokio::test]
async fn of_much_that_was_missed_the_most_urgent_is_shown_and_nothing_old_stays_on_the_screen() {
    let mut world = World::new();
    let mut screen = Notifications::of(&mut world).await;
    let ntfy = Ntfy::start().await;
    follow(&world, &ntfy.url("/a/sse"), "");
    let _agent = world.agent().await;
    world.caught_up("news").await;
    let backup = |text: &str| {
        ntfy.publish_as("message", "a", json!({ "message": text, "sequence_id": "backup" }))
    };
    backup("80 %");
    let shown = screen.next().await;
    world.hark(&["pause", "news"]).await.ok();
    (0..8).for_each(|number| _ = ntfy.publish("a", &format!("missed {number}")));
    ntfy.publish_as("message", "a", json!({ "title": "Fire", "message": "!", "priority": 5 }));
    backup("100 %");
    world.hark(&["resume", "news"]).await.ok();
    assert_eq!(screen.next().await.summary, "Fire");
    assert_eq!(screen.next_closed().await, shown.id);
    let digest = screen.next().await;
    assert!(
        digest.body.starts_with("9 messages that came late") && digest.body.contains("• 100 %"),
        "{digest:?}"
    );
}

#[tokio::test]
async fn a_refusal_says_what_it_means() {
    let world = World::new();
    let ntfy = Ntfy::start().await;
    ntfy.protect("secret", "tk_right");
    let sentence = async |words: &str| {
        eventually(&format!("it says {words:?}"), LONG, async || {
            let link = world.link("news").await;
            let said = link["phase"]["cause"]["sentence"].as_str().unwrap_or_default().to_owned();
            if said.contains(words) { Ok(said) } else { Err(link) }
        })
        .await
    };
    follow(&world, &ntfy.url("/a,secret/sse"), "");
    let _agent = world.agent().await;
    let said = sentence("HTTP 403").await;
    assert!(said.contains("may not read this topic, or not all of these"), "{said}");

    let token = world.secret("token", "tk_wrong");
    let bearer = format!("bearer = {{ file = \"{}\" }}\n", token.display());
    follow(&world, &ntfy.url("/a,secret/sse"), &bearer);
    let said = sentence("HTTP 401").await;
    assert!(said.contains("the one that was sent is wrong"), "{said}");

    ntfy.limit(true);
    follow(&world, &ntfy.url("/a/sse"), "");
    let said = sentence("HTTP 429").await;
    assert!(said.contains("several topics can share one"), "{said}");
}

#[tokio::test]
async fn a_topics_page_is_recognised_and_its_stream_is_followed() {
    let world = World::new();
    let ntfy = Ntfy::start().await;
    ntfy.publish("garage", "not this");
    ntfy.publish_as("message", "garage", json!({ "title": "Door", "message": "open" }));
    ntfy.publish("other", "nor this");
    let added = world.hark(&["add", &ntfy.url("/garage")]).await.ok();
    assert!(added.contains("It speaks ntfy"), "{added}");
    let preview = added.split_once("The latest message there:").expect("a preview").1;
    assert!(preview.trim_end().ends_with("Door: open") && !preview.contains("this"), "{added}");
    let settings = std::fs::read_to_string(world.path("profile/config/config.toml")).unwrap();
    assert!(
        settings.contains("/garage/sse\"") && settings.contains("feed = \"ntfy\""),
        "{settings}"
    );

    // A topic that wants a token has a page for everybody.
    ntfy.protect("secret", "tk_right");
    let refused = world.hark(&["add", &ntfy.url("/secret")]).await;
    refused.refused(&["403", "may not read this topic"]);
    let other = world.hark(&["add", &ntfy.url("/page.html")]).await;
    other.refused(&["text/html"]);
}
