//! The window around its pages, on real parts: a session by keyboard alone, and what the window keeps of itself.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use hark_tests::{
    LONG, desktop,
    desktop::Desktop,
    eventually,
    sse::Server,
    window::{self, Window},
};

/// Keys as WebDriver writes them (W3C WebDriver, section 17.4.2).
const ENTER: &str = "\u{e007}";
const ESCAPE: &str = "\u{e00c}";
const DOWN: &str = "\u{e015}";
const CONTROL: &str = "\u{e009}";
const DELETE: &str = "\u{e017}";
const RELEASE: &str = "\u{e000}";

#[tokio::test]
async fn a_whole_session_by_keyboard_alone() {
    let desktop = Desktop::start().await;
    let Desktop { world, .. } = &desktop;
    let server = Server::start().await;
    world.follow(&[("news", &server.url("/")), ("gone", "http://127.0.0.1:9/")]);
    let _agent = world.agent_with(&[]).await;
    let mut client = server.streaming(world).await;
    world.caught_up("news").await;
    client.send("data: {\"title\":\"Disk full\"}\n\ndata: {\"title\":\"Backup\"}\n\n").await;
    world.stored(2).await;
    let window = Window::open(world).await;
    window.shows("[data-testid=message]", "Disk full").await;

    window.press("?").await;
    window.find("[data-testid=keys]").await;
    window.drawn().await;
    desktop.picture("window-keys").await;
    window.press(ESCAPE).await;
    window.gone("[data-testid=keys]").await;

    window.press(&format!("{CONTROL}k{RELEASE}")).await;
    window.find("[data-testid=palette]").await;
    window.press("news").await;
    window.shows("[data-testid=palette-option]", "Messages of news").await;
    window.drawn().await;
    desktop.picture("window-palette").await;
    window.press(ENTER).await;
    window.find("[data-testid=rail][data-subscription=news][aria-current]").await;

    window.press("/").await;
    window.press("disk").await;
    window.shows("mark", "Disk").await;
    // In a field, keys write: this is no help, and no other page.
    window.press("?2").await;
    window.find("[data-testid=page-messages]").await;
    window.press(&format!("{CONTROL}a{RELEASE}{DELETE}")).await;
    window.shows("[data-testid=message]", "Backup").await;

    window.blur().await;
    window.press("j").await;
    window.press("j").await;
    window.press("k").await;
    window.press(ENTER).await;
    window.find("[data-testid=detail]").await;
    window.press(DELETE).await;
    window.find("[data-testid=undo]").await;

    window.press(&format!("{CONTROL}k{RELEASE}")).await;
    window.find("[data-testid=palette]").await;
    window.press("pause").await;
    window.shows("[data-testid=palette-option][aria-selected=true]", "Pause all").await;
    window.press(&format!("{DOWN}{DOWN}{ENTER}")).await;
    world.phase("news", "paused").await;
    window.close().await;
}

#[tokio::test]
async fn the_window_comes_back_as_large_as_it_was_left() {
    let desktop = Desktop::start().await;
    let Desktop { world, .. } = &desktop;
    let _agent = world.agent_with(&[]).await;
    for (wanted, next) in [((1000, 680), Some((640, 500))), ((640, 500), None)] {
        world.hark(&["open"]).await.ok();
        let pid = eventually("the window's process", LONG, async || {
            world.running("hark-window").first().copied().ok_or("none")
        })
        .await;
        let window = desktop::window_of(world, pid).await;
        desktop.painted(&window).await;
        desktop.has_size(&window, wanted).await;
        if let Some((width, height)) = next {
            let size = [width.to_string(), height.to_string()];
            let arguments = ["windowsize", "--sync", &window, &size[0], &size[1]];
            world.run("xdotool".as_ref(), &arguments).await.ok();
            desktop.has_size(&window, (width, height)).await;
        }
        desktop.close(&window).await;
        window::ended(world).await;
    }
}
