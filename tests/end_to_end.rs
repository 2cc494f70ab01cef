//! A pushed event on its whole way, on real parts: nginx with Nchan, dunst, a panel, the window in
//! its web engine. The pictures of it are in the output folder.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use hark_tests::{
    LONG, SHORT, desktop,
    desktop::Desktop,
    eventually,
    nchan::Nchan,
    session::Session,
    sse::Server,
    tray::Tray,
    window::{self, Window},
};
use serde_json::json;

const TEXT: &str = r#"{"title":"Backup done","body":"All 3 disks. 备份完成","priority":4}"#;

/// A picture of the screen with what is in the window now.
async fn picture(desktop: &Desktop, window: &Window, name: &str) {
    window.drawn().await;
    desktop.picture(name).await;
}

#[tokio::test]
async fn a_pushed_event_becomes_a_notification() {
    let desktop = Desktop::start().await;
    let Desktop { dunst, world, .. } = &desktop;
    let nchan = Nchan::start(world).await;
    world.follow(&[("news", &nchan.url("news"))]);
    let _agent = world.agent_with(&[]).await;
    eventually("the agent knows of dunst", SHORT, async || {
        let agent = world.status().await["agent"].take();
        let server = agent["notifications"]["server"].as_str().unwrap_or_default();
        server.starts_with("dunst").then_some(()).ok_or(agent.to_string())
    })
    .await;
    world.phase("news", "streaming").await;
    let before = nchan.publish_until_alerted("news").await;

    nchan.publish("news", TEXT).await;
    desktop.picture("notification").await;
    eventually("what dunst acknowledged is written back", SHORT, async || {
        let messages = world.messages().await;
        let shown = messages.get(before).is_some_and(|message| message["shown"] == "shown");
        shown.then_some(()).ok_or(format!("{messages:?}"))
    })
    .await;
    desktop.window_of_class("Dunst").await;
    desktop.picture("notification").await;
    let history = dunst.history().await;
    let shown = history.iter().filter(|shown| shown.summary.contains("Backup done"));
    let bodies: Vec<&str> = shown.map(|shown| shown.body.as_str()).collect();
    assert_eq!(bodies, ["All 3 disks. 备份完成"], "{history:?}");
}

#[tokio::test]
async fn the_tray_opens_a_window_and_closing_it_leaves_the_agent() {
    let desktop = Desktop::start().await;
    let Desktop { bus, world, .. } = &desktop;
    let nchan = Nchan::start(world).await;
    world.follow(&[("news", &nchan.url("news"))]);
    let mut agent = world.agent_with(&[]).await;
    world.phase("news", "streaming").await;

    let tray = Tray::of(bus, agent.pid()).await;
    eventually("the agent knows of its tray", SHORT, async || {
        let status = world.status().await;
        (status["agent"]["tray"] == true).then_some(()).ok_or(status)
    })
    .await;
    assert!(!tray.tooltip().await.is_empty(), "the icon says how things are");
    desktop.picture("tray").await;

    tray.choose("Open").await;
    let pid = eventually("the window's process", LONG, async || {
        world.running("hark-window").first().copied().ok_or("none")
    })
    .await;
    let window = desktop::window_of(world, pid).await;
    assert!(desktop.title(&window).await.contains("Hark"));
    desktop.painted(&window).await;
    desktop.picture("window-from-tray").await;

    desktop.close(&window).await;
    window::ended(world).await;
    assert!(agent.is_running(), "closing the window must not end the agent");
    assert_eq!(world.link("news").await["phase"]["phase"], "streaming");

    tray.choose("Pause").await;
    world.phase("news", "paused").await;
    tray.choose("Resume").await;
    world.phase("news", "streaming").await;
    tray.choose("Quit").await;
    assert!(agent.ended(SHORT).await.success());
}

#[tokio::test]
async fn the_tray_leads_to_a_message_and_to_what_is_wrong() {
    let desktop = Desktop::start().await;
    let Desktop { bus, world, .. } = &desktop;
    let server = Server::start().await;
    let refuses = Server::start().await;
    let refuses = refuses.answering("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
    world.follow(&[("news", &server.url("/")), ("secret", &refuses.url("/"))]);
    let agent = world.agent_with(&[]).await;
    let mut client = server.streaming(world).await;
    world.caught_up("news").await;
    client.send("data: {\"title\":\"Disk full\"}\n\n").await;
    let id = world.stored(1).await[0]["id"].to_string();

    let tray = Tray::of(bus, agent.pid()).await;
    eventually("the tooltip says what is wrong and that there is news", LONG, async || {
        let tooltip = tray.tooltip().await;
        let wanted = "1 of 2 live · secret needs you · unread messages";
        if tooltip.contains(wanted) { Ok(()) } else { Err(tooltip) }
    })
    .await;
    desktop.picture("tray-needs-you").await;
    for (entry, argument) in [
        ("news: Disk full", format!("--message={id}")),
        ("secret needs you", "--connections".into()),
    ] {
        tray.choose(entry).await;
        eventually("the window opens there", LONG, async || {
            let pid = world.running("hark-window").first().copied().ok_or("none")?;
            let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line).into_owned();
            if line.contains(&argument) { Ok(pid) } else { Err("another") }
        })
        .await;
        let pid = world.running("hark-window")[0];
        let window = desktop::window_of(world, pid).await;
        desktop.painted(&window).await;
        desktop.picture(&format!("window-from-tray-{}", &entry[..4])).await;
        desktop.close(&window).await;
        window::ended(world).await;
    }
}

#[tokio::test]
async fn the_window_shows_message_phase_and_outage() {
    let desktop = Desktop::start().await;
    let world = &desktop.world;
    let mut nchan = Nchan::start(world).await;
    world.follow(&[("news", &nchan.url("news"))]);
    let _agent = world.agent_with(&[]).await;
    let window = Window::open(world).await;
    let link = |phase: &str| format!("[data-subscription=news][data-phase={phase}]");
    window.click("[data-testid=nav-connections]").await;
    window.find_within(&link("streaming"), LONG).await;

    window.click("[data-testid=nav-messages]").await;
    nchan.publish("news", TEXT).await;
    window.shows("[data-testid=message]", "Backup done").await;
    window.shows("[data-testid=message]", "备份完成").await;
    picture(&desktop, &window, "window-messages").await;

    window.click("[data-testid=nav-connections]").await;
    nchan.stop().await;
    window.find_within(&link("backing_off"), LONG).await;
    picture(&desktop, &window, "window-backing-off").await;
    nchan.start_again().await;
    window.find_within(&link("streaming"), LONG).await;
    picture(&desktop, &window, "window-status").await;

    // Rules are tried while they are written, and in force once saved. U+E007 is the Enter key
    // (WebDriver, 17.4.2).
    window.click("[data-subscription=news] [data-testid=menu]").await;
    window.click("[data-testid=edit-rules]").await;
    window.shows("[data-testid=rules-sum]", "Of the latest 1, 1 would have alerted.").await;
    window.click("[data-testid=rules-view-text]").await;
    window.write("[data-testid=rules-text]", "[[rules]]\u{e007}text = \"(").await;
    window.shows("[data-testid=rules-error]", "line 2").await;
    window.write("[data-testid=rules-text]", "?i)backup\"\u{e007}then = \"quiet\"").await;
    window.shows("[data-testid=rules-sum]", "Of the latest 1, 0 would have alerted.").await;
    window.find("[data-testid=rules] [data-decision=quiet]").await;
    picture(&desktop, &window, "window-rules").await;
    window.click("[data-testid=rules-save]").await;
    eventually("they are in force", SHORT, async || {
        let said = world.hark(&["rules", "news"]).await.ok();
        said.contains("quiet").then_some(()).ok_or(said)
    })
    .await;

    window.click("[data-testid=nav-outages]").await;
    let outage = "[data-testid=outage][data-subscription=news]";
    window.find_within(outage, LONG).await;
    window.click(&format!("{outage} [data-testid=open-entry]")).await;
    let sentence = world.history().await[0]["cause"]["sentence"].as_str().unwrap().to_owned();
    window.shows(outage, &sentence).await;
    picture(&desktop, &window, "window-history").await;
    window.close().await;
}

#[tokio::test]
async fn the_window_starts_an_agent_and_adds_a_subscription() {
    let desktop = Desktop::start().await;
    let world = &desktop.world;
    let nchan = Nchan::start(world).await;
    let window = Window::open(world).await;
    window.find_within("[data-testid=no-agent]", LONG).await;
    picture(&desktop, &window, "window-no-agent").await;

    window.click("[data-testid=start-agent]").await;
    window.find_within("[data-testid=add-open]", LONG).await;
    eventually("an agent runs", SHORT, async || {
        world.running("hark").first().copied().ok_or("none")
    })
    .await;
    window.click("[data-testid=nav-connections]").await;
    window.click("[data-testid=add-open]").await;
    window.write("[data-testid=add-url]", &nchan.url("news")).await;
    picture(&desktop, &window, "window-add").await;
    window.click("[data-testid=add-submit]").await;
    window.find_within("[data-testid=link][data-phase=streaming]", LONG).await;
    picture(&desktop, &window, "window-added").await;
    window.close().await;

    // It was started so that closing the window does not end it.
    let status = world.status().await;
    assert_eq!(status["links"].as_array().unwrap().len(), 1, "{status}");
    let settings = std::fs::read_to_string(world.path("profile/config/config.toml")).unwrap();
    assert!(settings.contains(&nchan.url("news")), "{settings}");
}

#[tokio::test]
async fn a_click_on_a_notification_shows_its_message_in_the_window() {
    let desktop = Desktop::start().await;
    let Desktop { dunst, world, .. } = &desktop;
    let nchan = Nchan::start(world).await;
    world.follow(&[("news", &nchan.url("news"))]);
    let _agent = world.agent_with(&[]).await;
    world.phase("news", "streaming").await;
    nchan.publish_until_alerted("news").await;
    dunst.close_all().await;
    nchan.publish("news", r#"{"title":"Disk full","body":"/var has 12 MB left"}"#).await;
    let messages = eventually("it is shown", SHORT, async || {
        let messages = world.messages().await;
        let is_shown =
            messages.last().is_some_and(|it| it["title"] == "Disk full" && it["shown"] == "shown");
        is_shown.then_some(messages.clone()).ok_or(format!("{messages:?}"))
    })
    .await;
    let [.., earlier, last] = messages.as_slice() else { panic!("{messages:?}") };
    let wanted = format!("--message={}", last["id"]);
    dunst.act().await;
    let pid = eventually("the window is opened at it", LONG, async || {
        let pid = world.running("hark-window").first().copied().ok_or("none".to_owned())?;
        let started = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        started.contains(&wanted).then_some(pid).ok_or(started)
    })
    .await;
    let window = desktop::window_of(world, pid).await;
    desktop.painted(&window).await;
    desktop.picture("window-message").await;
    desktop.close(&window).await;
    window::ended(world).await;

    // In the page, and in a window that is open already.
    let shown = |id: &str| format!("[data-testid=message][data-id=\"{id}\"][aria-current]");
    // As a system opens it where the agent is gone.
    let address = format!("hark:message/{}", last["id"]);
    let window = Window::open_with(world, &[&address]).await;
    window.find_within(&shown(&last["id"].to_string()), LONG).await;
    picture(&desktop, &window, "window-at-message").await;
    let other = earlier["id"].to_string();
    world.hark(&["open", "--message", &other]).await.ok();
    window.find_within(&shown(&other), LONG).await;
    window.close().await;
}

#[tokio::test]
async fn messages_are_found_read_and_deleted_in_the_window() {
    let desktop = Desktop::start().await;
    let Desktop { world, .. } = &desktop;
    let server = Server::start().await;
    world.follow(&[("news", &server.url("/"))]);
    let _agent = world.agent_with(&[]).await;
    let mut client = server.streaming(world).await;
    world.caught_up("news").await;
    for message in [
        json!({ "title": "Disk full", "body": "/var has 12 MB", "tags": ["nas"], "priority": 5 }),
        json!({ "title": "Build 512", "body": "**main** is [red](https://ci.example/512)" }),
        json!({ "title": "门铃", "body": "前门有人。" }),
    ] {
        client.send(&format!("data: {message}\n\n")).await;
    }
    let stored = world.stored(3).await;
    let row = |at: usize| format!("[data-testid=message][data-id=\"{}\"]", stored[at]["id"]);
    let window = Window::open(world).await;
    window.shows("[data-testid=connections]", "1 live").await;
    window.find(&row(0)).await;
    picture(&desktop, &window, "window-messages-three").await;

    window.write("[data-testid=search]", "disk").await;
    window.gone(&row(1)).await;
    window.shows(&format!("{} mark", row(0)), "Disk").await;
    // What comes is listed where it is what was looked for.
    client.send("data: {\"title\":\"Another disk\"}\n\ndata: {\"title\":\"else\"}\n\n").await;
    window.shows("[data-testid=message]", "Another disk").await;
    window.click("[data-testid=narrow-none]").await;
    window.shows("[data-testid=message]", "else").await;

    window.click(&format!("{} [data-testid=open-message]", row(0))).await;
    window.shows(&format!("{} [data-testid=detail]", row(0)), "/var has 12 MB").await;
    picture(&desktop, &window, "window-message-open").await;
    window.click(&format!("{} [data-testid=copy]", row(0))).await;
    window.click("[data-testid=raw-open]").await;
    window.shows("[data-testid=raw]", r#""tags":["nas"]"#).await;
    window.click("[data-testid=save]").await;
    window.click("[data-testid=save-csv]").await;
    window.shows("[data-testid=saved]", "hark-messages-").await;
    let home = std::fs::read_dir(world.path("home")).unwrap().flatten();
    let saved =
        home.map(|file| file.path()).find(|path| path.extension().is_some_and(|is| is == "csv"));
    let saved = std::fs::read_to_string(saved.unwrap()).unwrap();
    let printed = world.hark(&["messages", "--csv"]).await.ok();
    assert_eq!(saved.lines().next(), printed.lines().next(), "the names of the columns");
    assert_eq!(saved.lines().count(), 6, "{saved}");
    assert!(saved.contains(",Disk full,/var has 12 MB,nas,"), "{saved}");
    // Control, A, V: until it is there.
    eventually("what was copied is looked for", LONG, async || {
        window.write("[data-testid=search]", "\u{e009}av\u{e000}").await;
        let found = window.texts(&format!("{} [data-testid=detail] mark", row(0))).await;
        if found.iter().any(|it| it == "/var") { Ok(()) } else { Err(format!("{found:?}")) }
    })
    .await;
    window.click("[data-testid=narrow-none]").await;
    window.shows("[data-testid=message]", "else").await;
    let delete = format!("{} [data-testid=delete]", row(0));
    window.click(&delete).await;
    window.gone(&row(0)).await;
    window.click("[data-testid=undo]").await;
    window.find(&row(0)).await;
    assert_eq!(world.messages().await.len(), 5, "it was only out of sight");
    window.click(&delete).await;
    eventually("it is deleted", LONG, async || {
        let count = world.messages().await.len();
        if count == 4 { Ok(()) } else { Err(count) }
    })
    .await;
    // More than are in view, and so are read by themselves.
    let many: String = (0..60).map(|n| format!("data: {{\"title\":\"{n}\"}}\n\n")).collect();
    client.send(&many).await;
    eventually("all are stored", LONG, async || {
        let count = world.all_messages().await.len();
        if count == 64 { Ok(()) } else { Err(count) }
    })
    .await;
    window.click("[data-testid=read-all]").await;
    eventually("all are read", SHORT, async || {
        let unread = world.hark(&["messages", "--unread", "--json"]).await.lines();
        unread.is_empty().then_some(()).ok_or(format!("{unread:?}"))
    })
    .await;
    window.close().await;
}

#[tokio::test]
async fn the_window_has_a_silence_and_ends_it() {
    let desktop = Desktop::start().await;
    let world = &desktop.world;
    let nchan = Nchan::start(world).await;
    world.follow(&[("news", &nchan.url("news")), ("builds", &nchan.url("builds"))]);
    let _agent = world.agent_with(&[]).await;
    let window = Window::open(world).await;
    let in_news = |id: &str| format!("[data-subscription=news] [data-testid={id}]");
    window.click("[data-testid=nav-connections]").await;
    window.find_within("[data-subscription=news][data-phase=streaming]", LONG).await;

    window.click("[data-testid=snooze-all]").await;
    window.find("[data-testid=snooze-morning]").await;
    picture(&desktop, &window, "window-silence-offered").await;
    window.click("[data-testid=snooze-hour]").await;
    window.shows("[data-testid=silence-all]", "Silent until").await;
    picture(&desktop, &window, "window-silence").await;
    assert_eq!(world.status().await["silence"]["why"]["code"], "snooze");
    window.click("[data-testid=wake-all]").await;
    window.find("[data-testid=snooze-all]").await;

    window.click(&in_news("menu")).await;
    window.click(&in_news("mute")).await;
    window.shows(&in_news("silence"), "Muted").await;
    picture(&desktop, &window, "window-muted").await;
    window.click(&in_news("end-mute")).await;
    window.gone(&in_news("silence")).await;
    window.click(&in_news("menu")).await;
    window.click(&in_news("snooze")).await;
    window.click(&in_news("snooze-morning")).await;
    window.shows(&in_news("silence"), "8:00").await;
    window.click(&in_news("wake")).await;
    window.gone(&in_news("silence")).await;
    assert!(world.status().await["links"][0]["silence"].is_null());
    window.close().await;
}

#[tokio::test]
async fn the_tray_has_a_silence_and_ends_it() {
    let desktop = Desktop::start().await;
    let Desktop { bus, world, .. } = &desktop;
    let agent = world.agent_with(&[]).await;
    let tray = Tray::of(bus, agent.pid()).await;
    let offers = async |label: &str| tray.menu().await.iter().any(|entry| entry.label == label);
    assert!(!offers("Until unlocked").await && !offers("End the silence").await);
    tray.choose("For an hour").await;
    eventually("the tray says until when", LONG, async || {
        let tooltip = tray.tooltip().await;
        if tooltip.contains("Silent until ") { Ok(()) } else { Err(tooltip) }
    })
    .await;
    let _saver = Session::saver(bus).await;
    eventually("it offers the unlock", LONG, async || {
        offers("Until unlocked").await.then_some(()).ok_or("not yet")
    })
    .await;
    tray.choose("Until unlocked").await;
    eventually("the tray says until when", LONG, async || {
        let tooltip = tray.tooltip().await;
        if tooltip.contains("Silent until unlocked") { Ok(()) } else { Err(tooltip) }
    })
    .await;
    tray.choose("End the silence").await;
    eventually("it is over", SHORT, async || {
        let silence = world.status().await["silence"].take();
        if silence.is_null() { Ok(()) } else { Err(silence) }
    })
    .await;
}
