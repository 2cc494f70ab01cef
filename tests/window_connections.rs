//! The pages of the connections and of their outages, in the real window, while real servers are stopped and started.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::fs;

use hark_tests::{
    LONG, SHORT, desktop::Desktop, eventually, real_ntfy::RealNtfy, sse::Server, window::Window,
};

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
    ntfy.start_again().await;
    window.click(&of("alerts", "retry")).await;
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
