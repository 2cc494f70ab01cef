//! What a click opens: of 630 hostile links nothing but what may be opened reaches the program for it, as one
//! argument.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use hark_tests::{
    World,
    bus::Bus,
    fake::Notifications,
    opener::{Opener, Started},
    sse::Server,
};
use serde_json::json;

/// The corpus of the engine: each link with what becomes of it.
const LINKS: &str = include_str!("../src-tauri/crates/engine/tests/links.jsonl");

#[tokio::test]
async fn nothing_but_what_may_be_opened_reaches_the_program_that_opens_links() {
    let mut world = World::new();
    let mut opener = Opener::put(&mut world);
    let bus = Bus::start(&mut world).await;
    let mut screen = Notifications::start(&bus).await;
    let server = Server::start().await;
    world.follow(&[("news", &server.url("/events"))]);
    let _agent = world.agent().await;
    let mut client = server.client().await;
    client.accept().await;
    client.send(": hello\n\n").await;
    world.caught_up("news").await;
    for (number, line) in LINKS.lines().enumerate() {
        let (wanted, url): (String, String) = serde_json::from_str(line).unwrap();
        let data = json!({ "title": format!("link {number}"), "body": "x", "url": url });
        client.send(&format!("data: {data}\n\n")).await;
        let shown = screen.next().await;
        assert_eq!(shown.summary, format!("link {number}"));
        screen.press(shown.id, "default").await;
        let Started { name, args } = opener.next().await;
        match wanted.strip_prefix("opens ") {
            Some(wanted) => {
                assert_eq!((name.as_str(), args), ("xdg-open", vec![wanted.to_owned()]))
            }
            None => {
                assert!(
                    name == "hark-window" && args[0].starts_with("--message="),
                    "{url:?}: {args:?}"
                );
                // What is doubtful is asked there; what was no link is none.
                let asks = wanted.starts_with("asks");
                assert!(!asks || args[1..] == ["--action=0"], "{url:?}: {args:?}");
            }
        }
        screen.dismiss(shown.id).await;
    }
    assert!(opener.all().len() >= 630);
}

#[tokio::test]
async fn a_scheme_is_opened_once_the_settings_allow_it() {
    let mut world = World::new();
    let mut opener = Opener::put(&mut world);
    let bus = Bus::start(&mut world).await;
    let mut screen = Notifications::start(&bus).await;
    let server = Server::start().await;
    let url = server.url("/events");
    world.settings(&format!(
        "[subscriptions.news]\nurl = \"{url}\"\n[links]\nschemes = [\"ssh\"]\n"
    ));
    let _agent = world.agent().await;
    let mut client = server.client().await;
    client.accept().await;
    client.send(": hello\n\n").await;
    world.caught_up("news").await;
    for (url, opens) in
        [("ssh://host.example/", true), ("telnet://host.example/", false), ("ssh://-oX=y/", false)]
    {
        let data = json!({ "title": "t", "body": "x", "url": url });
        client.send(&format!("data: {data}\n\n")).await;
        let shown = screen.next().await;
        screen.press(shown.id, "default").await;
        let started = opener.next().await;
        assert_eq!(started.name == "xdg-open" && started.args == [url], opens, "{started:?}");
        screen.dismiss(shown.id).await;
    }
}

#[tokio::test]
async fn the_window_is_opened_where_no_agent_can_be_started_too() {
    let mut world = World::new();
    let mut opener = Opener::put(&mut world);
    world.set("DISPLAY", ":0");
    world.set("HARK_BIN", world.path("none"));
    world.hark(&["open"]).await.refused(&["was not found", "Install the package hark"]);
    assert_eq!(opener.next().await.name, "hark-window");
}
