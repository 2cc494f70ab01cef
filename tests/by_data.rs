//! Servers that a person describes as data: where a message's parts are, presets for kinds of servers, and
//! rules for messages.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::fs;

use hark_tests::{
    LONG, World, eventually,
    fake::Notifications,
    hark::clear,
    nchan::Nchan,
    sse::{Client, Server},
};
use serde_json::{Value, json};

/// A link to a scripted server that has caught up.
async fn streaming(world: &World, server: &Server) -> Client {
    let mut client = server.client().await;
    client.accept().await;
    client.send(": hi\n\n").await;
    world.caught_up("ci").await;
    client
}

async fn event(client: &mut Client, id: u32, data: Value) {
    client.send(&format!("id: {id}\ndata: {data}\n\n")).await;
}

#[tokio::test]
async fn a_mapping_says_what_is_where_and_an_update_takes_the_place_of_the_last() {
    let mut world = World::new();
    let mut screen = Notifications::of(&mut world).await;
    let server = Server::start().await;
    world.settings(&format!(
        "[subscriptions.ci]\nurl = \"{}\"\n[subscriptions.ci.mapping]\n\
         title = \"{{/repository/name}} #{{/run}}\"\nbody = \"/state\"\npriority = \"/level\"\n\
         priorities = {{ bad = 5 }}\nsequence = \"/run\"\n\
         heartbeat = {{ at = \"/state\", equals = \"idle\" }}\n\
         message = {{ at = \"/run\", exists = true }}\n",
        server.url("/events")
    ));
    let _agent = world.agent().await;
    let mut client = streaming(&world, &server).await;
    let run = |state: &str, level: &str| json!({ "repository": { "name": "hark" }, "run": 7, "state": state, "level": level });
    event(&mut client, 1, run("running", "good")).await;
    let first = screen.next().await;
    assert_eq!((first.summary.as_str(), first.body.as_str()), ("hark #7", "running"));
    event(&mut client, 2, json!({ "state": "idle" })).await;
    event(&mut client, 3, json!({ "noise": true })).await;
    event(&mut client, 4, run("failed", "BAD")).await;
    let second = screen.next().await;
    assert_eq!((second.body.as_str(), second.replaces), ("failed", first.id));
    let messages = world.messages().await;
    assert_eq!(messages.len(), 1);
    assert_eq!((&messages[0]["priority"], &messages[0]["server_id"]), (&json!(5), &json!("4")));
    eventually("it is counted once", LONG, async || {
        let link = world.link("ci").await;
        (link["messages"] == 1).then_some(()).ok_or(link)
    })
    .await;
}

#[tokio::test]
async fn a_preset_in_the_folder_is_a_feed_and_a_bad_one_says_where_and_breaks_nothing() {
    let world = World::new();
    let server = Server::start().await;
    let preset = |text: &str| world.file("profile/config/presets/gitea.toml", text);
    preset("title = \"/repository/name\"\nbody = \"/action\"\n");
    world.settings(&format!(
        "[subscriptions.ci]\nurl = \"{}\"\nfeed = \"gitea\"\n",
        server.url("/events")
    ));
    let agent = world.agent().await;
    let mut client = streaming(&world, &server).await;
    let sent = json!({ "repository": { "name": "hark" }, "action": "opened", "title": "own" });
    event(&mut client, 1, sent.clone()).await;
    let stored = world.stored(1).await;
    assert_eq!((&stored[0]["title"], &stored[0]["body"]), (&json!("hark"), &json!("opened")));
    let feeds = world.status().await["agent"]["feeds"].to_string();
    assert!(feeds.contains("gitea") && feeds.contains("esphome"), "{feeds}");

    // Bad: it says where, and goes on as before, over a restart too.
    preset("title = \"/repository/name\"\nbody = \"{/action\"\n");
    let sentence = world.told("preset_invalid", true).await;
    clear(&sentence, &["presets", "gitea.toml", "line 2", "column 8", "brace"]);
    agent.kill();
    drop(client);
    let _agent = world.agent().await;
    let mut client = streaming(&world, &server).await;
    event(&mut client, 2, sent.clone()).await;
    assert_eq!(world.stored(2).await[1]["title"], "hark");
    clear(&world.told("preset_invalid", true).await, &["line 2"]);

    // Mended: taken up without a restart of the agent.
    preset("title = \"/title\"\n");
    world.told("preset_invalid", false).await;
    client.hung_up().await;
    let mut client = streaming(&world, &server).await;
    event(&mut client, 3, sent).await;
    assert_eq!(world.stored(3).await[2]["title"], "own");

    let url = server.url("/other");
    world.hark(&["add", &url, "--feed", "nosuch"]).await.refused(&["nosuch", "json", "gitea"]);
    world.hark(&["listen", &url, "--feed", "nosuch"]).await.refused(&["nosuch", "gitea"]);
}

const RULES: &str = "\
# Why.
[[rules]]
name = \"noise\"
text = \"(?i)heartbeat\"
then = \"drop\"

[[rules]]
name = \"main only\"
field = { at = \"/branch\", equals = \"main\" }
raise = 1
sound = \"bell\"

[[rules]]
then = \"quiet\"
";

#[tokio::test]
async fn rules_are_tried_before_they_are_in_force_and_each_message_says_which_decided() {
    let mut world = World::new();
    let mut screen = Notifications::of(&mut world).await;
    let server = Server::start().await;
    world.follow(&[("ci", &server.url("/events"))]);
    let _agent = world.agent().await;
    let mut client = streaming(&world, &server).await;
    let build = |title: &str, branch: &str| json!({ "title": title, "branch": branch });
    for (id, (title, branch)) in
        [("Heartbeat", "main"), ("red", "main"), ("green", "side"), ("blue", "other")]
            .into_iter()
            .enumerate()
    {
        event(&mut client, id as u32, build(title, branch)).await;
        let shown = screen.next().await;
        screen.dismiss(shown.id).await;
    }
    let file = world.file("rules.toml", RULES);
    let file = file.to_str().unwrap();

    let tried = world.hark(&["rules", "ci", file]).await.ok();
    let said = "Would have alerted 1 of 4, stored 2 quietly and dropped 1.";
    assert!(tried.contains(said) && tried.contains("Nothing was changed"), "{tried}");
    assert!(tried.contains("alert  red  (main only)"), "{tried}");
    let settings = || fs::read_to_string(world.path("profile/config/config.toml")).unwrap();
    assert!(!settings().contains("rules"), "{}", settings());

    let saved = world.hark(&["rules", "ci", file, "--save", "--json"]).await.ok();
    let saved: Value = serde_json::from_str(&saved).unwrap();
    assert_eq!((&saved["saved"], &saved["rules"][2]["decided"]), (&json!(true), &json!(2)));
    assert!(settings().contains("# Why.") && settings().contains("main only"), "{}", settings());

    // In force on the connection that is there.
    event(&mut client, 11, build("heartbeat", "main")).await;
    event(&mut client, 12, build("yellow", "side")).await;
    event(&mut client, 13, build("red again", "main")).await;
    let shown = screen.next().await;
    assert_eq!((shown.summary.as_str(), shown.sound.as_deref()), ("red again", Some("bell")));
    let messages = world.messages().await;
    let of = |title: &str| messages.iter().find(|message| message["title"] == title).cloned();
    assert_eq!(of("heartbeat"), None);
    let quiet = of("yellow").unwrap();
    assert_eq!((&quiet["decision"], &quiet["rule"]), (&json!("quiet"), &json!("rule 3")));
    let alert = of("red again").unwrap();
    assert_eq!((&alert["decision"], &alert["rule"]), (&json!("alert"), &json!("main only")));
    assert_eq!(alert["priority"], 4);
    let lines = world.hark(&["messages"]).await.ok();
    assert!(lines.contains("! red again  (rule: main only)"), "{lines}");
    assert!(lines.contains("yellow  (quiet: rule 3)"), "{lines}");
    eventually("they are counted", LONG, async || {
        let link = world.link("ci").await;
        (link["messages"] == 6 && link["dropped"] == 1).then_some(()).ok_or(link)
    })
    .await;
    let status = world.hark(&["status"]).await.ok();
    assert!(status.contains("1 dropped by its rules"), "{status}");
    let now = world.hark(&["rules", "ci"]).await.ok();
    assert!(now.contains("alert  red again  (main only)") && !now.contains("--save"), "{now}");
}

#[tokio::test]
async fn rules_that_are_wrong_change_nothing() {
    let world = World::new();
    let server = Server::start().await;
    world.follow(&[("ci", &server.url("/events"))]);
    let _agent = world.agent().await;
    let before = fs::read_to_string(world.path("profile/config/config.toml")).unwrap();
    for (text, words) in [
        ("[[rules]]\ntext = \"(\"", &["line 2", "column 8", "regular expression"][..]),
        ("[[rules]]\ntext = \"((a{100}){100}){100}\"", &["line 2", "size limit"]),
        ("[[rules]]\nwhen = 1", &["unknown field `when`"]),
        ("rules", &["line 1"]),
    ] {
        let file = world.file("rules.toml", text);
        world.hark(&["rules", "ci", file.to_str().unwrap(), "--save"]).await.refused(words);
    }
    world.hark(&["rules", "nosuch"]).await.refused(&["nosuch"]);
    world.hark(&["rules", "ci", "/nonexistent"]).await.refused(&["/nonexistent"]);
    let after = fs::read_to_string(world.path("profile/config/config.toml")).unwrap();
    assert_eq!(after, before);
}

#[tokio::test]
async fn what_the_server_holds_is_previewed() {
    let world = World::new();
    let nchan = Nchan::start(&world).await;
    nchan.publish("news", "first").await;
    nchan.publish("news", r#"{"title":"Build 7","message":"main is red","priority":5}"#).await;
    let added = world.hark(&["add", &nchan.url("news")]).await.ok();
    assert!(added.contains("It speaks Nchan"), "{added}");
    assert!(added.trim_end().ends_with("! Build 7: main is red"), "{added}");
    let without = world.hark(&["add", &nchan.url("quiet")]).await.ok();
    assert!(!without.contains("latest message"), "{without}");
}
