//! A request that a message asks for, on real parts: ntfy that takes the message, dunst whose menu has the
//! button, the window that asks, and a server that notes what it is sent. The pictures are in the output
//! folder.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::{fs, time::Duration};

use hark_tests::{
    LONG, Running, World, desktop,
    desktop::Desktop,
    eventually,
    real_ntfy::{RealNtfy, SEQUENCES},
    recorder::Recorder,
    window::Window,
};
use serde_json::json;
use tokio::time::sleep;

/// Follows a topic, and waits until what is published there is shown.
async fn followed(world: &World, ntfy: &RealNtfy<'_>) -> Running {
    let url = ntfy.url("door");
    world.settings(&format!(
        "[subscriptions.news]\nurl = \"{url}\"\nfeed = \"ntfy\"\nname = \"Front door\"\n"
    ));
    let agent = world.agent_with(&[]).await;
    eventually("what is published is shown", LONG, async || {
        ntfy.publish("door", "begin").await;
        sleep(Duration::from_millis(500)).await;
        let messages = world.messages().await;
        let is_shown = messages.iter().any(|message| message["shown"] == "shown");
        is_shown.then_some(()).ok_or(format!("{messages:?}"))
    })
    .await;
    agent
}

/// Publishes a message of this title; answers its id once it is shown.
async fn published(world: &World, ntfy: &RealNtfy<'_>, title: &str, actions: &str) -> String {
    let headers = [("Title", title), ("Actions", actions)];
    ntfy.send("POST", "door", &headers, "The front door has been open for 10 minutes.").await;
    eventually("it is shown", LONG, async || {
        let messages = world.messages().await;
        let found = messages.iter().find(|it| it["title"] == title && it["shown"] == "shown");
        found.map(|it| it["id"].to_string()).ok_or(format!("{messages:?}"))
    })
    .await
}

/// Waits until a window was started with these arguments; answers its process.
async fn window_with(world: &World, args: &[String]) -> u32 {
    eventually("a window is opened", LONG, async || {
        let pid = world.running("hark-window").first().copied().ok_or("none".to_owned())?;
        let started = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        args.iter().all(|arg| started.contains(arg)).then_some(pid).ok_or(started)
    })
    .await
}

#[tokio::test]
async fn a_button_of_a_notification_asks_in_the_window_and_then_does_it() {
    let desktop = Desktop::start().await;
    let Desktop { dunst, world, .. } = &desktop;
    let Some(ntfy) = RealNtfy::start(world).await else { return };
    let mut recorder = Recorder::start().await;
    let _agent = followed(world, &ntfy).await;
    dunst.close_all().await;
    // Each that ntfy's documentation has; since which version it has `copy` matters to nobody else.
    let mut actions = json!([
        { "action": "view", "label": "Camera", "url": "https://cam.example/door" },
        { "action": "broadcast", "label": "Take picture", "extras": { "cmd": "pic" } },
        {
            "action": "http", "label": "Close door", "url": recorder.url("/door?id=7"),
            "method": "PUT", "headers": { "Content-Type": "application/json" },
            "body": "{\n  \"action\": \"close\"\n}", "clear": true,
        },
    ]);
    if ntfy.version >= SEQUENCES {
        actions[0] = json!({ "action": "copy", "label": "Code", "value": "4711" });
    }
    let id = published(world, &ntfy, "Door open", &actions.to_string()).await;
    dunst.choose("Close door").await;
    let args = [format!("--message={id}"), "--action=3".to_owned()];
    let pid = window_with(world, &args).await;
    let window = desktop::window_of(world, pid).await;
    desktop.painted(&window).await;
    desktop.picture("asked-from-a-notification").await;
    assert!(recorder.is_quiet().await, "nothing is sent before a yes");
    desktop.close(&window).await;

    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let window = Window::open_with(world, &args).await;
    window
        .shows("[data-testid=ask] h1", &format!("PUT to http://127.0.0.1:{}", recorder.port))
        .await;
    window.shows("[data-testid=ask-url]", &recorder.url("/door?id=7")).await;
    window.shows("[data-testid=ask-body]", "\"action\": \"close\"").await;
    window.drawn().await;
    desktop.picture("window-ask").await;
    window.click("[data-testid=ask-remember]").await;
    window.click("[data-testid=ask-yes]").await;
    let sent = recorder.next().await;
    assert_eq!(sent.line, "PUT /door?id=7 HTTP/1.1");
    assert_eq!(sent.body, "{\n  \"action\": \"close\"\n}");
    assert!(sent.headers.contains(&("content-type".into(), "application/json".into())));
    window.shows("[data-testid=outcome]", "answered 204 No Content").await;
    window.drawn().await;
    desktop.picture("window-acted").await;
    window.close().await;

    // From now on the button is enough, and what came of it is told.
    dunst.close_all().await;
    let again = published(world, &ntfy, "Door open again", &actions.to_string()).await;
    assert_ne!(again, id);
    dunst.choose("Close door").await;
    assert_eq!(recorder.next().await.line, "PUT /door?id=7 HTTP/1.1");
    eventually("what came of it is told", LONG, async || {
        let history = dunst.history().await;
        let told = history.iter().any(|it| it.summary.contains("Sent") && it.body.contains("204"));
        told.then_some(()).ok_or(format!("{history:?}"))
    })
    .await;
    assert!(recorder.is_quiet().await);

    // It is seen at the connection, and taken back there.
    let window = Window::open(world).await;
    window.click("[data-testid=nav-connections]").await;
    window.click("[data-testid=open-link]").await;
    window
        .shows("[data-testid=consents]", &format!("PUT http://127.0.0.1:{}", recorder.port))
        .await;
    window.drawn().await;
    desktop.picture("window-consents").await;
    window.click("[data-testid=take-back]").await;
    window.gone("[data-testid=consents]").await;
    assert!(world.hark(&["consents", "--json"]).await.lines().is_empty());
    window.close().await;
}

/// How the question looks in the dark, and in Chinese where the system has that language.
#[tokio::test]
async fn a_credential_is_shown_in_the_question() {
    let mut desktop = Desktop::start().await;
    desktop.world.set("GTK_THEME", "Adwaita:dark");
    if let Some(locales) = std::env::var_os("LOCPATH") {
        desktop.world.set("LOCPATH", locales);
        desktop.world.set("LC_ALL", "zh_CN.UTF-8");
    }
    let world = &desktop.world;
    let Some(ntfy) = RealNtfy::start(world).await else { return };
    let recorder = Recorder::start().await;
    let _agent = followed(world, &ntfy).await;
    let actions = json!([{
        "action": "http", "label": "Close door", "url": recorder.url("/door?id=7"),
        "body": "{\"action\":\"close\"}", "headers": { "Authorization": "Bearer theirs" },
    }]);
    let id = published(world, &ntfy, "Door open", &actions.to_string()).await;
    let args = [format!("--message={id}"), "--action=1".to_owned()];
    let window = Window::open_with(world, &[&args[0], &args[1]]).await;
    window.shows("[data-testid=ask]", "authorization: Bearer theirs").await;
    window.drawn().await;
    desktop.picture("window-ask-credential").await;
    window.close().await;
}
