//! The pages of the connections and of their outages, in the real window, while real servers are stopped and started.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::fs;

use hark_engine::{failure::Cause, history::Entry, keep::Keep};
use hark_store::Store;
use hark_tests::{
    LONG, SHORT, desktop::Desktop, eventually, nchan::Nchan, real_ntfy::RealNtfy, sse::Server,
    window::Window,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// Keys (WebDriver, 17.4.2).
const ESCAPE: &str = "\u{e00c}";
const DOWN: &str = "\u{e015}";

/// A picture of the screen with what is in the window now.
async fn picture(desktop: &Desktop, window: &Window, name: &str) {
    window.drawn().await;
    desktop.picture(name).await;
}

fn of(subscription: &str, id: &str) -> String {
    format!("[data-testid=link][data-subscription={subscription}] [data-testid={id}]")
}

#[tokio::test]
async fn a_connection_says_what_it_needs_and_is_looked_after() {
    let desktop = Desktop::start().await;
    let Desktop { world, .. } = &desktop;
    let Some(mut ntfy) = RealNtfy::start(world).await else { return };
    let locked =
        Server::start().await.answering("HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n");
    let settings = format!(
        "# Mine.\n[subscriptions.alerts]\nurl = \"{}\"  # of the house\nfeed = \"ntfy\"\nname = \"Alerts\"\n\n\
         [subscriptions.secret]\nurl = \"{}\"\nname = \"Secret\"\n\n\
         [subscriptions.old]\nurl = \"{}\"\npaused = true\n",
        ntfy.url("alerts"),
        locked.url("/secret"),
        locked.url("/old"),
    );
    world.settings(&settings);
    let path = world.path("profile/config/config.toml");
    let _agent = world.agent_with(&[]).await;
    world.phase("alerts", "streaming").await;
    world.phase("secret", "backing_off").await;
    ntfy.publish("alerts", "Hello").await;
    world.stored(1).await;

    let window = Window::open(world).await;
    window.click("[data-testid=nav-connections]").await;
    window.shows(&of("secret", "cause"), "Access refused").await;
    window.shows("[data-testid=headline]", "1 needs you").await;
    eventually("what needs the person is on top, what is paused last", SHORT, async || {
        let names = window.texts("[data-testid=link] .name").await;
        if names == ["Secret", "Alerts", "old"] { Ok(()) } else { Err(format!("{names:?}")) }
    })
    .await;
    picture(&desktop, &window, "connections").await;

    window.click(&of("alerts", "open-link")).await;
    window.shows(&of("alerts", "link-detail"), "alerts").await;
    window.shows(&of("alerts", "connection"), "HTTP/1.1").await;
    window.shows(&of("alerts", "dials"), "to begin").await;
    picture(&desktop, &window, "connection-open").await;

    // The menu by keyboard, then what it is for.
    window.write(&of("alerts", "menu"), DOWN).await;
    window.write("[role=menuitem]:focus", DOWN).await;
    window.find("[data-testid=send-test]:focus").await;
    picture(&desktop, &window, "connection-menu").await;
    window.write("[role=menuitem]:focus", ESCAPE).await;
    window.gone("[role=menu]").await;
    window.find(&format!("{}:focus", of("alerts", "menu"))).await;
    window.click(&of("alerts", "menu")).await;
    window.click(&of("alerts", "send-test")).await;
    window.find(&of("alerts", "test-sent")).await;
    let messages = world.stored(2).await;
    assert_eq!(messages[1]["body"], "A test from Hark.", "{messages:?}");

    ntfy.stop().await;
    window.find_within("[data-subscription=alerts][data-stands=trying]", LONG).await;
    window.shows(&of("alerts", "cause"), "refused").await;
    picture(&desktop, &window, "connection-lost").await;
    // While it is away: once it is back, the link is there before anybody can ask.
    window.click(&of("alerts", "retry")).await;
    window.shows(&of("alerts", "dials"), "you asked").await;
    ntfy.start_again().await;
    window.find_within("[data-subscription=alerts][data-stands=live]", LONG).await;
    window.shows(&of("alerts", "failures"), "refused").await;

    // Removed, and back with all that was written about it; then for good.
    let remove = async || {
        window.click(&of("alerts", "menu")).await;
        window.click(&of("alerts", "remove")).await;
        window.gone("[data-testid=link][data-subscription=alerts]").await;
    };
    remove().await;
    window.shows("[data-testid=removed]", "2 messages stay").await;
    picture(&desktop, &window, "connection-removed").await;
    window.click("[data-testid=undo-remove]").await;
    window.find("[data-testid=link][data-subscription=alerts]").await;
    assert_eq!(fs::read_to_string(&path).unwrap(), settings, "the agent was not told");
    remove().await;
    eventually("it is in the settings no more", LONG, async || {
        let text = fs::read_to_string(&path).unwrap();
        if text.contains("subscriptions.alerts") { Err(text) } else { Ok(()) }
    })
    .await;
    assert_eq!(world.messages().await.len(), 2, "its messages stay");

    window.click(&of("old", "menu")).await;
    window.click(&of("old", "open-messages")).await;
    window.find("[data-testid=page-messages]").await;
    window.close().await;
}

/// Keys (WebDriver, 17.4.2).
const LEFT: &str = "\u{e012}";
const ENTER: &str = "\u{e007}";

#[tokio::test]
async fn an_outage_is_shown_explained_narrowed_and_saved() {
    let desktop = Desktop::start().await;
    let Desktop { world, .. } = &desktop;
    let mut nchan = Nchan::start(world).await;
    world.follow(&[("news", &nchan.url("news")), ("builds", &nchan.url("builds"))]);
    let _agent = world.agent_with(&[]).await;
    world.phase("news", "streaming").await;
    world.phase("builds", "streaming").await;
    let window = Window::open(world).await;
    window.click("[data-testid=nav-outages]").await;
    window.shows("[data-testid=page-outages]", "No outage so far").await;

    let of =
        |lasts: bool| format!("[data-testid=outage][data-subscription=news][data-lasts={lasts}]");
    nchan.stop().await;
    window.find_within(&of(true), LONG).await;
    window.shows(&of(true), "so far").await;
    picture(&desktop, &window, "outage-lasts").await;
    nchan.start_again().await;
    window.find_within(&of(false), LONG).await;
    window.find("[data-testid=timeline][data-subscription=news][data-outages=\"1\"]").await;
    window.find("[data-testid=range-hour][aria-pressed=true]").await;

    // Walked by keys, and opened from there.
    let timeline = "[data-testid=timeline][data-subscription=news]";
    window.write(timeline, LEFT).await;
    window.shows("[data-testid=tooltip]", "server closed").await;
    picture(&desktop, &window, "outage-tooltip").await;
    window.write(timeline, ENTER).await;
    window.shows("[data-testid=story]", "connected again").await;
    picture(&desktop, &window, "outage-story").await;

    window.write(timeline, "+").await;
    window.find("[data-testid=zoomed]").await;
    picture(&desktop, &window, "outage-zoomed").await;
    window.click("[data-testid=zoom-back]").await;
    window.gone("[data-testid=zoomed]").await;

    window.click("[data-testid=outages-of] option[value=builds]").await;
    window.gone(&of(false)).await;
    window.shows("[data-testid=uptime]", "today").await;
    window.click("[data-testid=outages-why] option[value=refused]").await;
    window.find("[data-testid=none]").await;
    window.click("[data-testid=outages-why] option[value=\"\"]").await;
    window.click("[data-testid=outages-of] option[value=\"\"]").await;
    window.find(&of(false)).await;

    window.click("[data-testid=save]").await;
    window.click("[data-testid=save-csv]").await;
    let told = window.find("[data-testid=saved]").await.text().await.unwrap();
    let path = told.split_whitespace().find(|word| word.contains("hark-history")).unwrap();
    let saved = fs::read_to_string(path.trim_end_matches('.')).unwrap();
    assert!(saved.contains("outage,news,") && saved.contains("outage,builds,"), "{saved}");
    window.close().await;

    // Live of what was followed, and the longest outage, in the API.
    let uptime: Value = eventually("uptime is told", SHORT, async || {
        world
            .client()
            .call(&hark_api::route::UPTIME, &())
            .await
            .map(|it| serde_json::to_value(it).unwrap())
    })
    .await;
    let day = &uptime[0]["day"];
    assert_eq!(day["outages"], 1, "{uptime}");
    assert!(day["live_ms"].as_u64() < day["followed_ms"].as_u64(), "{uptime}");
    assert!(day["longest_ms"].as_u64() > Some(0), "{uptime}");
}

#[tokio::test]
async fn ninety_days_with_ten_thousand_rows_are_a_bounded_page() {
    let desktop = Desktop::start().await;
    let Desktop { world, .. } = &desktop;
    let nchan = Nchan::start(world).await;
    world.settings(&format!(
        "[keep]\njournal = 12000\n\n[subscriptions.news]\nurl = \"{}\"\n",
        nchan.url("news")
    ));
    let path = world.path("profile/data/hark.db");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let begin = Timestamp::now() - SignedDuration::from_hours(24 * 89);
    let mut store = Store::open(&path, begin).unwrap().store;
    store.keep("news", Keep { journal_rows_max: 12_000, ..Keep::DEFAULT });
    for n in 0..5_000 {
        let at = begin + SignedDuration::from_secs(n * 1_500);
        let lost = Entry::Lost { failure: Cause::EndOfStream.into(), last_heard: at };
        store.journal(Some("news"), at, &Entry::Opened).unwrap();
        store.journal(Some("news"), at + SignedDuration::from_secs(1_400), &lost).unwrap();
    }
    drop(store);
    let _agent = world.agent_with(&[]).await;
    world.phase("news", "streaming").await;

    let window = Window::open(world).await;
    window.click("[data-testid=nav-outages]").await;
    window.click("[data-testid=range-quarter]").await;
    window.find_within("[data-testid=timeline][data-outages=\"5000\"]", LONG).await;
    picture(&desktop, &window, "outages-many").await;
    let nodes = window.count("*").await;
    assert!(nodes < 2_500, "{nodes} nodes");
    assert!(window.count("[data-testid=timeline] path").await < 40);
    window.click("[data-testid=more-entries]").await;
    eventually("more are listed", SHORT, async || {
        let rows = window.count("[data-name]").await;
        if rows == 200 { Ok(()) } else { Err(rows) }
    })
    .await;
    let uptime = world.client().call(&hark_api::route::UPTIME, &()).await.unwrap();
    let share = &uptime[0].month;
    let live = share.live_ms as f64 / share.followed_ms as f64;
    assert!((0.9..0.97).contains(&live), "{share:?}");
    window.close().await;
}
