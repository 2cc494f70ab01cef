//! Notification servers that refuse, are slow, freeze or end: no alert is sent more often than necessary,
//! and none holds up another.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::{collections::BTreeSet, fmt::Write as _, time::Duration};

use hark_tests::{
    LONG, Running, SHORT, World,
    bus::Bus,
    eventually,
    fake::{Manner, Notifications},
    sse::{Client, Server},
};
use serde_json::json;

/// A link that has caught up, and so alerts what comes.
struct Followed {
    bus: Bus,
    screen: Notifications,
    client: Client,
    _agent: Running,
    // The last to go: what runs in it ends with it.
    world: World,
}

impl Followed {
    async fn start() -> (Self, Server) {
        let mut world = World::new();
        let bus = Bus::start(&mut world).await;
        let screen = Notifications::start(&bus).await;
        let server = Server::start().await;
        world.follow(&[("news", &server.url("/events"))]);
        let agent = world.agent().await;
        let mut client = server.client().await;
        client.accept().await;
        client.send(": hello\n\n").await;
        world.caught_up("news").await;
        (Self { bus, screen, client, _agent: agent, world }, server)
    }

    async fn publish(&mut self, title: &str) {
        self.client.send(&format!("data: {}\n\n", json!({ "title": title, "body": "x" }))).await;
    }

    /// Waits until there is a place on the screen: what is closed is told on another way than messages.
    async fn shows_again(&mut self) {
        for number in 0..100 {
            let title = format!("again {number}");
            self.publish(&title).await;
            let shown = self.screen.next().await;
            self.screen.dismiss(shown.id).await;
            if shown.summary == title {
                return;
            }
        }
        panic!("there is no place on the screen");
    }

    /// The title of the next notification.
    async fn next(&mut self) -> String {
        self.screen.next().await.summary
    }

    /// Waits until the message of this title is told to have become this.
    async fn became(&self, title: &str, wanted: &str) {
        eventually(&format!("{title} is {wanted}"), LONG, async || {
            let messages = self.world.messages().await;
            let found = messages.iter().find(|message| message["title"] == title);
            let shown = found.map(|message| message["shown"].to_string()).unwrap_or_default();
            (shown == format!("\"{wanted}\"")).then_some(()).ok_or(shown)
        })
        .await;
    }
}

const ALERTS_WAIT: &str = "notifications_unavailable";

#[tokio::test]
async fn one_that_is_refused_by_whatever_name_holds_up_no_others() {
    let (mut it, _server) = Followed::start().await;
    for name in [
        "org.freedesktop.DBus.Error.InvalidArgs",
        "org.freedesktop.DBus.Error.Failed",
        "org.freedesktop.DBus.Error.NoReply",
        "org.freedesktop.Notifications.Error.Whatever",
    ] {
        it.screen.answer(name, Manner::Error(name));
        it.publish(name).await;
        it.publish("good").await;
        assert_eq!(it.next().await, name);
        // It is tried again, and not for ever.
        assert_eq!(it.next().await, name);
        let good = it.screen.next().await;
        assert_eq!(good.summary, "good");
        it.became(name, "refused").await;
        // Else there would be no place for the fourth.
        it.screen.dismiss(good.id).await;
        it.shows_again().await;
    }
    it.world.told(ALERTS_WAIT, false).await;
}

#[tokio::test]
async fn one_that_is_acknowledged_late_is_sent_once() {
    let (mut it, _server) = Followed::start().await;
    it.screen.answer("slow", Manner::After(Duration::from_secs(6)));
    it.publish("slow").await;
    it.publish("next").await;
    assert_eq!(it.next().await, "slow");
    assert_eq!(it.next().await, "next");
    it.became("slow", "shown").await;
    it.became("next", "shown").await;
    assert!(it.screen.calls.try_recv().is_err());
}

#[tokio::test]
async fn one_that_is_never_acknowledged_is_sent_once_and_the_next_goes_on() {
    let (mut it, _server) = Followed::start().await;
    it.screen.answer("never", Manner::Never);
    it.publish("never").await;
    it.publish("next").await;
    assert_eq!(it.next().await, "never");
    assert_eq!(it.next().await, "next");
    it.became("never", "refused").await;
    it.world.told(ALERTS_WAIT, false).await;
}

#[tokio::test]
async fn a_server_that_freezes_is_told_of_and_shows_each_once_when_it_is_back() {
    let (mut it, _server) = Followed::start().await;
    it.screen.freeze(true);
    it.publish("first").await;
    assert_eq!(it.next().await, "first");
    it.world.told(ALERTS_WAIT, true).await;
    it.publish("second").await;
    it.world.stored(2).await;
    it.screen.freeze(false);
    assert_eq!(it.next().await, "second");
    it.became("first", "shown").await;
    it.became("second", "shown").await;
    it.world.told(ALERTS_WAIT, false).await;
    assert!(it.screen.calls.try_recv().is_err());
}

#[tokio::test]
async fn what_a_server_was_sent_that_froze_and_ended_is_shown_by_the_next() {
    let (mut it, _server) = Followed::start().await;
    it.screen.freeze(true);
    it.publish("first").await;
    assert_eq!(it.next().await, "first");
    it.world.told(ALERTS_WAIT, true).await;
    let next = Notifications::nameless(&it.bus).await;
    std::mem::replace(&mut it.screen, next).end().await;
    it.screen.take_name().await;
    assert_eq!(it.next().await, "first");
    it.became("first", "shown").await;
    it.world.told(ALERTS_WAIT, false).await;
}

#[tokio::test]
async fn one_that_ends_each_server_does_not_do_so_for_ever() {
    let (mut it, _server) = Followed::start().await;
    it.screen.answer("poison", Manner::Never);
    it.publish("poison").await;
    for attempt in 1..=3 {
        assert_eq!(it.next().await, "poison", "attempt {attempt}");
        // The old one ends before the new one takes the name.
        let bus = &it.bus;
        let old = std::mem::replace(&mut it.screen, Notifications::nameless(bus).await);
        old.end().await;
        it.world.told(ALERTS_WAIT, true).await;
        it.screen.answer("poison", Manner::Never);
        it.screen.take_name().await;
    }
    it.became("poison", "refused").await;
    it.publish("good").await;
    assert_eq!(tokio::time::timeout(SHORT, it.next()).await.unwrap(), "good");
}

#[tokio::test]
async fn a_storm_is_at_most_six_notifications_and_all_of_it_is_kept() {
    const COUNT: usize = 1_000;
    let (mut it, _server) = Followed::start().await;
    let mut text = String::new();
    for number in 0..COUNT {
        let priority = if number % 10 == 9 { 5 } else { 3 };
        let data = json!({ "title": format!("storm {number}"), "priority": priority });
        writeln!(text, "data: {data}\n").unwrap();
    }
    it.client.send(&text).await;
    eventually("each has become something", LONG, async || {
        let messages = it.world.messages().await;
        let waits = messages.iter().filter(|message| message["shown"] == "pending").count();
        if messages.len() == COUNT && waits == 0 { Ok(()) } else { Err(format!("{waits} wait")) }
    })
    .await;
    let (mut numbers, mut counted) = (BTreeSet::new(), String::new());
    while let Ok(shown) = it.screen.calls.try_recv() {
        numbers.insert(shown.id);
        if shown.summary == "news" {
            counted = shown.body;
        }
    }
    assert!(numbers.len() <= 6, "{numbers:?}");
    // What is counted names the newest first, and how many are urgent.
    let lines: Vec<&str> = counted.lines().collect();
    assert!(lines[0].contains("messages") && lines[0].contains("urgent"), "{counted}");
    let named =
        lines[1..].iter().map(|line| line.rsplit_once(' ').unwrap().1.parse::<i32>().unwrap());
    let named: Vec<i32> = named.collect();
    assert!(named.len() == 3 && named.is_sorted_by(|one, next| one > next), "{counted}");
    assert!(named[0] > 990, "{counted}");
    // Once it is over, each is shown.
    for number in numbers {
        it.screen.dismiss(number).await;
    }
    it.shows_again().await;
}

#[tokio::test]
async fn what_its_person_does_not_want_any_more_never_pops_up() {
    let (mut it, _server) = Followed::start().await;
    // Nobody shows anything: a sample, and a message of what is paused then.
    let next = Notifications::nameless(&it.bus).await;
    std::mem::replace(&mut it.screen, next).end().await;
    it.world.told(ALERTS_WAIT, true).await;
    it.world.hark(&["test"]).await.refused(&["notification"]);
    it.publish("before the pause").await;
    it.became("before the pause", "pending").await;
    it.world.hark(&["pause", "news"]).await.ok();
    it.became("before the pause", "old").await;
    it.screen.take_name().await;
    it.world.told(ALERTS_WAIT, false).await;
    it.world.hark(&["test"]).await.ok();
    let shown = it.screen.next().await;
    assert!(shown.summary.contains("Hark"), "{shown:?}");
    assert!(it.screen.calls.try_recv().is_err(), "one sample, and nothing else");
}

#[tokio::test]
async fn what_is_hidden_or_below_the_least_priority_takes_effect_when_the_file_is_saved() {
    let (mut it, server) = Followed::start().await;
    let url = server.url("/events");
    let settings = format!(
        "[subscriptions.news]\nurl = \"{url}\"\nname = \"Bank\"\nmin_priority = 3\nhide_content = true\n"
    );
    it.world.settings(&settings);
    eventually("the name is in force", LONG, async || {
        let name = it.world.link("news").await["name"].clone();
        (name == "Bank").then_some(()).ok_or(name)
    })
    .await;
    it.client.send("data: {\"title\":\"low\",\"priority\":2}\n\n").await;
    it.publish("secret").await;
    let shown = it.screen.next().await;
    assert_eq!((shown.summary.as_str(), shown.body.as_str()), ("A message from Bank", ""));
    it.became("low", "no").await;
    let messages = it.world.messages().await;
    let low = messages.iter().find(|message| message["title"] == "low").unwrap();
    assert_eq!((&low["decision"], &low["rule"]), (&json!("quiet"), &json!("min_priority")));
    // Neither does one that counts tell.
    for number in 0..9 {
        it.publish(&format!("secret {number}")).await;
    }
    loop {
        let shown = it.screen.next().await;
        assert!(!format!("{shown:?}").contains("secret"), "{shown:?}");
        if shown.body.contains("messages") {
            break;
        }
    }
}

#[tokio::test]
async fn what_is_removed_or_paused_while_no_agent_runs_never_pops_up_either() {
    for args in [&["remove", "news"][..], &["pause", "news"]] {
        let (mut it, server) = Followed::start().await;
        let next = Notifications::nameless(&it.bus).await;
        std::mem::replace(&mut it.screen, next).end().await;
        it.world.told(ALERTS_WAIT, true).await;
        it.publish("secret").await;
        it.became("secret", "pending").await;
        it.world.hark(&["stop"]).await.ok();
        if args[0] == "remove" {
            it.world.hark(args).await.ok();
        } else {
            let url = server.url("/events");
            it.world.settings(&format!("[subscriptions.news]\nurl = \"{url}\"\npaused = true\n"));
        }
        it.screen.take_name().await;
        let _agent = it.world.agent().await;
        it.world.told(ALERTS_WAIT, false).await;
        it.world.hark(&["test"]).await.ok();
        let shown = it.screen.next().await;
        assert!(shown.summary.contains("Hark"), "{args:?}: {shown:?}");
        assert!(it.screen.calls.try_recv().is_err(), "one sample, and nothing else");
    }
}
