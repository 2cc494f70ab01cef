//! What comes in a silence is stored and not shown, and told as one when it is over: by a snooze, by quiet
//! hours, by a mute, and by the real dunst's own pause, whose list of notifications is the judge.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use hark_api::{Shown, Why};
use hark_tests::{
    LONG, Running, World,
    bus::Bus,
    desktop,
    dunst::Dunst,
    eventually,
    fake::Notifications,
    ntfy::Ntfy,
    session::{Session, Telling},
};
use serde_json::json;

/// An agent that has caught up with `news` and `other` of a server.
async fn followed(world: &World, ntfy: &Ntfy, more: &str) -> Running {
    let one = |key: &str| {
        format!(
            "[subscriptions.{key}]\nurl = \"{}\"\nfeed = \"ntfy\"\n",
            ntfy.url(&format!("/{key}"))
        )
    };
    world.settings(&format!("{more}{}{}", one("news"), one("other")));
    let agent = world.agent().await;
    for key in ["news", "other"] {
        world.caught_up(key).await;
    }
    agent
}

fn publish(ntfy: &Ntfy, topic: &str, title: &str, priority: u8) {
    ntfy.publish_as("message", topic, json!({ "title": title, "priority": priority }));
}

/// Waits until the message of this title is told to have become this.
async fn became(world: &World, title: &str, shown: Shown, why: Option<Why>) {
    eventually(&format!("{title} is {shown:?}"), LONG, async || {
        let messages = world.all_messages().await;
        let message = messages.iter().find(|it| it.title == title).ok_or("not stored")?;
        let found = (message.shown, message.why.clone());
        if found == (shown, why.clone()) { Ok(()) } else { Err(format!("{found:?}")) }
    })
    .await;
}

#[tokio::test]
async fn what_comes_while_it_is_snoozed_is_told_when_it_is_woken() {
    let mut world = World::new();
    let mut screen = Notifications::of(&mut world).await;
    let ntfy = Ntfy::start().await;
    let mut agent = followed(&world, &ntfy, "").await;
    world.hark(&["snooze", "news", "--for", "1h"]).await.ok();
    for title in ["one", "two"] {
        publish(&ntfy, "news", title, 5);
        became(&world, title, Shown::Held, Some(Why::Snooze)).await;
    }
    publish(&ntfy, "other", "live", 3);
    assert_eq!(screen.next().await.summary, "other · live", "another one is not silent");
    // Else it would be shown once more after the kill.
    became(&world, "live", Shown::Shown, None).await;

    // It outlives the agent.
    agent.kill();
    agent = world.agent().await;
    world.caught_up("news").await;
    let said = world.hark(&["messages"]).await.ok();
    assert!(said.contains("one  (held back: snoozed)"), "{said}");
    world.hark(&["wake"]).await.ok();
    // The latest urgent ones singly, as there is a place for each.
    for title in ["one", "two"] {
        let shown = screen.next().await.summary;
        assert!(shown.ends_with(title), "{shown}");
        became(&world, title, Shown::Shown, Some(Why::Snooze)).await;
    }
    drop(agent);
}

#[tokio::test]
async fn in_quiet_hours_the_urgent_passes_and_the_rest_is_a_digest_after_them() {
    let mut world = World::new();
    let mut screen = Notifications::of(&mut world).await;
    let ntfy = Ntfy::start().await;
    let always = "[[quiet_hours]]\nfrom = \"0:00\"\nto = \"24:00\"\n";
    let _agent = followed(&world, &ntfy, always).await;
    publish(&ntfy, "news", "quiet", 4);
    became(&world, "quiet", Shown::Held, Some(Why::QuietHours)).await;
    publish(&ntfy, "news", "urgent", 5);
    assert_eq!(screen.next().await.summary, "news · urgent");
    publish(&ntfy, "news", "quiet, too", 3);
    became(&world, "quiet, too", Shown::Held, Some(Why::QuietHours)).await;
    let settings = std::fs::read_to_string(world.path("profile/config/config.toml")).unwrap();
    world.settings(settings.strip_prefix(always).unwrap());
    let digest = screen.next().await;
    assert_eq!(digest.summary, "news");
    assert_eq!(digest.body, "2 messages while you were away\n• quiet, too\n• quiet");
    became(&world, "quiet", Shown::Digest, Some(Why::QuietHours)).await;
}

#[tokio::test]
async fn what_is_muted_is_never_told() {
    let mut world = World::new();
    let mut screen = Notifications::of(&mut world).await;
    let ntfy = Ntfy::start().await;
    let _agent = followed(&world, &ntfy, "").await;
    world.hark(&["mute", "news"]).await.ok();
    publish(&ntfy, "news", "muted", 5);
    became(&world, "muted", Shown::Quiet, Some(Why::Mute)).await;
    world.hark(&["unmute", "news"]).await.ok();
    publish(&ntfy, "news", "live", 3);
    assert_eq!(screen.next().await.summary, "news · live");
}

#[tokio::test]
async fn what_comes_while_dunst_is_paused_is_one_notification_afterwards() {
    let mut world = World::new();
    let bus = Bus::start(&mut world).await;
    let _display = desktop::display(&mut world).await;
    let dunst = Dunst::start(&world, &bus).await;
    let dunstctl = async |args: &[&str]| world.run("dunstctl".as_ref(), args).await.ok();
    let ntfy = Ntfy::start().await;
    let _agent = followed(&world, &ntfy, "").await;
    dunstctl(&["set-paused", "true"]).await;
    eventually("it is known", LONG, async || {
        let silence = world.ask().await.map_err(|error| error.to_string())?.silence;
        silence.map(|_| ()).ok_or("not silent".to_owned())
    })
    .await;
    for number in 0..20 {
        publish(&ntfy, "news", &format!("message {number}"), 3);
    }
    became(&world, "message 19", Shown::Held, Some(Why::DoNotDisturb)).await;
    assert_eq!(dunstctl(&["count", "waiting"]).await.trim(), "0", "nothing waits in dunst");
    dunstctl(&["set-paused", "false"]).await;
    became(&world, "message 0", Shown::Digest, Some(Why::DoNotDisturb)).await;
    let shown = dunst.history().await;
    assert_eq!(shown.len(), 1, "{shown:?}");
    assert!(shown[0].body.starts_with("20 messages while you were away"), "{shown:?}");
}

#[tokio::test]
async fn after_quiet_hours_it_waits_for_the_unlock_and_what_is_live_does_not() {
    let mut world = World::new();
    let bus = Bus::start(&mut world).await;
    let saver = Session::saver(&bus).await;
    let mut screen = Notifications::start(&bus).await;
    let ntfy = Ntfy::start().await;
    let _agent = followed(&world, &ntfy, "").await;
    world.hark(&["snooze", "--for", "1h"]).await.ok();
    publish(&ntfy, "news", "held", 3);
    became(&world, "held", Shown::Held, Some(Why::Snooze)).await;
    saver.say(true, Telling::Active).await;
    eventually("it is locked", LONG, async || {
        let locked = world.ask().await.map_err(|error| error.to_string())?.agent.locked;
        if locked == Some(true) { Ok(()) } else { Err(format!("{locked:?}")) }
    })
    .await;
    world.hark(&["wake"]).await.ok();
    publish(&ntfy, "news", "live", 3);
    assert_eq!(screen.next().await.summary, "news · live");
    became(&world, "held", Shown::Held, Some(Why::Snooze)).await;
    saver.say(false, Telling::Active).await;
    assert_eq!(screen.next().await.summary, "news · held");
}
