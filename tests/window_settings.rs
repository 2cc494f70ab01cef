//! The page of settings in the real window: what is changed there is so, and no secret is in the page.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use hark_tests::{LONG, desktop::Desktop, eventually, http, window::Window};

#[tokio::test]
async fn what_is_changed_in_the_settings_is_so() {
    let desktop = Desktop::start().await;
    let Desktop { world, .. } = &desktop;
    let port = http::free_port();
    world.settings(&format!("[relay]\nlisten = \"127.0.0.1:{port}\"\n"));
    let _agent = world.agent_with(&[]).await;
    let window = Window::open(world).await;
    window.click("[data-testid=nav-settings]").await;
    window.shows("[data-testid=relay-at]", &format!("127.0.0.1:{port}")).await;
    window.drawn().await;
    desktop.picture("window-settings").await;

    window.click("[data-testid=at-login]").await;
    let entry = world.path("home/.config/autostart/hark.desktop");
    eventually("it starts with the desktop", LONG, async || {
        entry.is_file().then_some(()).ok_or("no entry")
    })
    .await;
    window.click("[data-testid=at-login]").await;
    eventually(
        "it does not any more",
        LONG,
        async || {
            if entry.exists() { Err("an entry") } else { Ok(()) }
        },
    )
    .await;

    window.click("[data-testid=try-one]").await;
    window.shows("[data-testid=told-notifications]", "It was shown.").await;

    let token = std::fs::read_to_string(world.path("profile/state/relay/token")).unwrap();
    window.click("[data-testid=copy-token]").await;
    window.find("[data-testid=told-relay]").await;
    let page = window.everything().await;
    assert!(page.contains("Copy token"), "{page}");
    assert!(!page.contains(token.trim()), "a secret is in the page");
    window.click("[data-testid=renew]").await;
    window.click("[data-testid=renew-sure]").await;
    eventually("the token is another one", LONG, async || {
        let now = std::fs::read_to_string(world.path("profile/state/relay/token")).unwrap();
        if now == token { Err("the same") } else { Ok(()) }
    })
    .await;
    window.click("[data-testid=relay-on]").await;
    window.gone("[data-testid=relay-at]").await;
    let settings = std::fs::read_to_string(world.path("profile/config/config.toml")).unwrap();
    assert!(!settings.contains("relay"), "{settings}");

    let is_dark = "matchMedia('(prefers-color-scheme: dark)').matches";
    window.choose("[data-testid=look]", "dark").await;
    window.says(is_dark, true).await;
    window.drawn().await;
    desktop.picture("window-settings-dark").await;
    window.choose("[data-testid=look]", "light").await;
    window.says(is_dark, false).await;
    window.choose("[data-testid=language]", "zh-CN").await;
    window.shows("[data-testid=nav-settings]", "设置").await;
    window.close().await;

    // Both outlive the window.
    let window = Window::open(world).await;
    window.shows("[data-testid=nav-settings]", "设置").await;
    window.says(is_dark, false).await;
    window.click("[data-testid=nav-settings]").await;
    window.choose("[data-testid=look]", "dark").await;
    window.says(is_dark, true).await;
    window.close().await;
    let window = Window::open(world).await;
    window.says(is_dark, true).await;
    window.close().await;
}
