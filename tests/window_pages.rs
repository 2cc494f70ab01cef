//! Every page and dialog of the window with a life's worth in it, in both languages, light and dark, narrow and wide:
//! axe finds nothing against it, no text is cut off, nothing leaves it sideways, and a picture is kept of each.
//! A chosen part of all that in `cargo xtask test`, the whole of it in `cargo xtask soak`.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::env;

use hark_tests::{
    LONG, World, audit::audit, desktop::Desktop, http, real_ntfy::RealNtfy, sse::Server,
    window::Window,
};
use serde_json::json;

/// Keys (WebDriver, 17.4.2).
const ESCAPE: &str = "\u{e00c}";
const CONTROL: &str = "\u{e009}";
const DOWN: &str = "\u{e015}";
const RELEASE: &str = "\u{e000}";

/// Room for the widest, with the borders of a window manager.
const SCREEN: (u32, u32) = (1440, 920);

/// How a window is: its language, its look, its width, and how many pixels of the screen one of the page has.
type Kind = (&'static str, &'static str, u32, u32);

/// Each value of each at least once.
const CHOSEN: [Kind; 4] = [
    ("en", "light", 480, 1),
    ("zh-CN", "dark", 1000, 1),
    ("en", "dark", 1400, 1),
    ("zh-CN", "light", 500, 2),
];

/// As high as there is room for. CSS pixels.
fn height(scale: u32) -> u32 {
    (SCREEN.1 - 100) / scale
}

fn kinds() -> Vec<Kind> {
    if env::var_os("HARK_SOAK_WINDOW").is_none() {
        return CHOSEN.to_vec();
    }
    let mut all = CHOSEN[3..].to_vec();
    for language in ["en", "zh-CN"] {
        for look in ["light", "dark"] {
            all.extend([480, 1000, 1400].map(|width| (language, look, width, 1)));
        }
    }
    all
}

/// Everything that can be in the window's middle, in an order in which each is reached from the one before.
const PLACES: [&str; 22] = [
    "messages",
    "message-open",
    "question",
    "messages-narrowed",
    "none-found",
    "undo",
    "connections",
    "connection-open",
    "menu",
    "snooze",
    "rules",
    "rules-text",
    "form-edit",
    "form-add",
    "outages",
    "outage-open",
    "settings",
    "quiet-hours",
    "palette",
    "keys",
    "silenced",
    "no-agent",
];

/// Goes there.
async fn go(window: &Window, world: &World, place: &str) {
    let of_alerts = |what: &str| format!("[data-testid=link][data-subscription=alerts] {what}");
    match place {
        "messages" => {
            window.click("[data-testid=nav-messages]").await;
            window.find("[data-testid=message]").await;
        }
        "message-open" => {
            open(window, "Release").await;
            window.find("[data-testid=detail]").await;
        }
        "question" => {
            open(window, "Door").await;
            window.click("[data-testid=detail] [data-testid=action-1]").await;
            window.find("[data-testid=ask]").await;
        }
        "messages-narrowed" => {
            window.press(ESCAPE).await;
            window.gone("[data-testid=ask]").await;
            window.click("[data-testid=narrow-more]").await;
            window.write("[data-testid=search]", "disk").await;
            window.shows("mark", "Disk").await;
        }
        "none-found" => {
            window.write("[data-testid=search]", " nowhere").await;
            window.find("[data-testid=none-found]").await;
        }
        "undo" => {
            window.click("[data-testid=none-found] button, [data-testid=narrow-none]").await;
            open(window, "Disk").await;
            window.click("[data-testid=delete]").await;
            window.find("[data-testid=undo]").await;
        }
        "connections" => {
            window.click("[data-testid=undo]").await;
            window.click("[data-testid=nav-connections]").await;
            window.find("[data-testid=link]").await;
        }
        "connection-open" => {
            window.click(&of_alerts("[data-testid=open-link]")).await;
            window.find("[data-testid=dials]").await;
        }
        "menu" => {
            window.write(&of_alerts("[data-testid=menu]"), DOWN).await;
            window.find("[role=menu]").await;
        }
        "snooze" => {
            window.click("[role=menuitem][data-testid=snooze]").await;
            window.find("[data-testid=snooze-cancel]").await;
        }
        "rules" => {
            window.click("[data-testid=snooze-cancel]").await;
            window.click(&of_alerts("[data-testid=menu]")).await;
            window.click("[role=menuitem][data-testid=edit-rules]").await;
            window.find_within("[data-testid=rules-sum]", LONG).await;
        }
        "rules-text" => {
            window.click("[data-testid=rules-view-text]").await;
            window.find("[data-testid=rules-text]").await;
        }
        "form-edit" => {
            window.press(ESCAPE).await;
            window.gone("[data-testid=rules]").await;
            window.click(&of_alerts("[data-testid=menu]")).await;
            window.click("[role=menuitem][data-testid=edit]").await;
            window.click("[data-testid=form-more]").await;
            window.find("[data-testid=edit] details[open]").await;
        }
        "form-add" => {
            window.press(ESCAPE).await;
            window.gone("[data-testid=edit]").await;
            window.click("[data-testid=add-open]").await;
            let script = "document.querySelector('[data-testid=access-token]').click()";
            window.run(script, Vec::new()).await;
            window.find("[data-testid=secret-bearer]").await;
        }
        "outages" => {
            window.press(ESCAPE).await;
            window.gone("[data-testid=add]").await;
            window.click("[data-testid=nav-outages]").await;
            window.find_within("[data-testid=open-entry]", LONG).await;
        }
        "outage-open" => {
            window.click("[data-testid=only]").await;
            // In a long history it is below the window, where the driver does not find the way.
            window.find("[data-testid=open-entry]").await;
            let script = "document.querySelector('[data-testid=open-entry]').scrollIntoView()";
            window.run(script, Vec::new()).await;
            window.click("[data-testid=open-entry]").await;
            window.find("[data-testid=story]").await;
        }
        "settings" => {
            window.click("[data-testid=nav-settings]").await;
            window.find("[data-testid=relay-at]").await;
            window.find("[data-testid=handler]").await;
        }
        "quiet-hours" => {
            window.find("[data-testid=week]").await;
            let script = "document.querySelector('[data-testid=week]').scrollIntoView()";
            window.run(script, Vec::new()).await;
        }
        "palette" => {
            window.blur().await;
            window.press(&format!("{CONTROL}k{RELEASE}")).await;
            window.find("[data-testid=palette]").await;
        }
        "keys" => {
            window.press(ESCAPE).await;
            window.gone("[data-testid=palette]").await;
            window.blur().await;
            window.press("?").await;
            window.find("[data-testid=keys]").await;
        }
        "silenced" => {
            window.press(ESCAPE).await;
            window.gone("[data-testid=keys]").await;
            window.click("[data-testid=nav-connections]").await;
            world.hark(&["snooze", "--for", "1h"]).await.ok();
            window.find("[data-testid=silence-all]").await;
        }
        "no-agent" => {
            world.hark(&["wake"]).await.ok();
            world.hark(&["stop"]).await.ok();
            window.find_within("[data-testid=no-agent]", LONG).await;
        }
        _ => unreachable!("{place}"),
    }
}

/// Opens the message whose title has this word, where it is not open.
async fn open(window: &Window, title: &str) {
    window.shows("[data-testid=open-message]", title).await;
    let script = "const all = [...document.querySelectorAll('[data-testid=open-message]')];
        const one = all.find((one) => one.innerText.includes(arguments[0]));
        if (one.getAttribute('aria-expanded') !== 'true') one.click();";
    window.run(script, vec![json!(title)]).await;
}

const MARKDOWN: &str = "## Release 2.4\n\nAll **four** hosts are on `2.4.1`; *one* was ~~lost~~ restarted.\n\n\
    - [notes](https://example.org/notes), what changed\n- [https://bank.example](https://evil.example/pay)\n\n\
    1. first\n2. second\n\n> Quoted, as it was said.\n\n```\nhark status --watch\n```\n\n---\n\n\
    ![a picture](https://example.org/graph.png) and https://example.org/a/long/address/that/goes/on?and=on";

/// Messages of all kinds.
async fn publish(ntfy: &RealNtfy<'_>) {
    let long = "Donaudampfschifffahrtsgesellschaft".repeat(8);
    for message in [
        json!({ "title": "Nightly build", "message": "finished in 42 min", "tags": ["nightly"], "priority": 2 }),
        json!({ "title": long, "message": long, "tags": [&long[..60], "x"] }),
        json!({ "title": "备份完成", "message": "照片备份已完成，共 1 284 个文件，用时 3 分钟。\n下一次：明天 02:00。", "tags": ["nas"] }),
        json!({ "message": "One line,\nthen another,\n\nthen one after a gap. https://example.org/here", "priority": 1 }),
        json!({ "title": "Camera", "message": "Somebody is at the gate", "filename": "gate-2026.jpg",
            "attach": "https://example.org/gate.jpg", "click": "https://example.org/cameras/gate?since=today" }),
        json!({ "title": "Release", "message": MARKDOWN, "markdown": true, "tags": ["rocket"] }),
        json!({ "title": "Disk full on nas-01", "message": "/var has 0 B left", "priority": 5, "tags": ["warning", "nas"] }),
        json!({ "title": "Door", "message": "It has been open for 10 min", "priority": 4, "actions": [
            { "action": "view", "label": "Open the camera", "url": "https://example.org/camera" },
            { "action": "http", "label": "Close it", "url": "https://example.org/door", "method": "POST",
              "headers": { "X-Door": "front" }, "body": "{\"door\":\"close\"}" },
            { "action": "copy", "label": "Copy the code", "value": "1234" } ] }),
    ] {
        let mut message = message;
        message["topic"] = json!("alerts");
        ntfy.send("POST", "", &[], &message.to_string()).await;
    }
}

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

#[tokio::test]
async fn every_page_is_for_everybody_in_every_language_look_and_width() {
    let desktop = Desktop::start_on(SCREEN).await;
    let Desktop { world, .. } = &desktop;
    let Some(mut ntfy) = RealNtfy::start(world).await else { return };
    let locked =
        Server::start().await.answering("HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n");
    // What is silent just now offers other things.
    let today = jiff::Zoned::now().weekday().to_monday_zero_offset().unsigned_abs();
    let [one, other] = [3, 4].map(|days| DAYS[usize::from(today + days) % DAYS.len()]);
    world.settings(&format!(
        "[relay]\nlisten = \"127.0.0.1:{relay}\"\n\
         [[quiet_hours]]\ndays = [\"{one}\", \"{other}\"]\nfrom = \"22:00\"\nto = \"23:00\"\n\
         [[handlers]]\nname = \"restart\"\non = [\"lost\", \"down\"]\nsubscription = \"alerts\"\nafter = \"1h\"\n\
         run = [\"/bin/true\", \"{{name}}\"]\n\
         [subscriptions.alerts]\nurl = \"{alerts}\"\nfeed = \"ntfy\"\nname = \"Alerts\"\n\
         [[subscriptions.alerts.rules]]\nname = \"noise\"\ntag = [\"nightly\"]\nthen = \"quiet\"\n\
         [subscriptions.secret]\nurl = \"{secret}\"\nname = \"Benachrichtigungen des Rechenzentrums Nord\"\n\
         [subscriptions.gone]\nurl = \"http://127.0.0.1:9/\"\nname = \"Gone\"\n\
         [subscriptions.old]\nurl = \"{secret}\"\npaused = true\n",
        relay = http::free_port(),
        alerts = ntfy.url("alerts"),
        secret = locked.url("/secret"),
    ));
    ntfy.publish("alerts", "From before it was followed").await;
    let agent = world.agent_with(&[]).await;
    world.caught_up("alerts").await;
    publish(&ntfy).await;
    world.stored(9).await;
    // An outage for the history.
    ntfy.stop().await;
    world.phase("alerts", "backing_off").await;
    ntfy.start_again().await;
    world.hark(&["resume", "alerts"]).await.ok();
    world.phase("alerts", "streaming").await;
    drop(agent);
    let mut wrong = Vec::new();
    for (language, look, width, scale) in kinds() {
        let _agent = world.agent_with(&[]).await;
        world.phase("alerts", "streaming").await;
        let height = height(scale);
        let kept = json!({ "width": 700.0, "height": 500.0, "maximized": false,
            "appearance": { "look": look, "language": language } });
        world.file("profile/state/window/window.json", kept.to_string());
        let window = Window::open_scaled(world, scale).await;
        window.find_within("[data-testid=message]", LONG).await;
        window.says("matchMedia('(prefers-color-scheme: dark)').matches", look == "dark").await;
        window.resize(world, (width, height), scale).await;
        for place in PLACES {
            go(&window, world, place).await;
            world.run("dunstctl".as_ref(), &["close-all"]).await.ok();
            window.drawn().await;
            let of = format!(
                "{place}-{language}-{look}-{width}{}",
                if scale > 1 { "-double" } else { "" }
            );
            desktop.picture(&format!("pages-{of}")).await;
            for one in audit(&window).await {
                println!("{of}: {one}");
                wrong.push(of.clone());
            }
        }
        window.close().await;
    }
    assert!(wrong.is_empty(), "what is told above is wrong, at {wrong:?}");
}

#[tokio::test]
async fn the_first_page_of_all_is_for_everybody() {
    let desktop = Desktop::start_on(SCREEN).await;
    let Desktop { world, .. } = &desktop;
    let _agent = world.agent_with(&[]).await;
    let mut wrong = Vec::new();
    for (language, look, width, scale) in kinds() {
        let kept = json!({ "width": 700.0, "height": 500.0, "maximized": false,
            "appearance": { "look": look, "language": language } });
        world.file("profile/state/window/window.json", kept.to_string());
        let window = Window::open_scaled(world, scale).await;
        window.find_within("[data-testid=first-run]", LONG).await;
        window.resize(world, (width, height(scale)), scale).await;
        for (page, what) in [
            ("messages", "[data-testid=first-run]"),
            ("connections", "[data-testid=headline]"),
            ("outages", "h1"),
        ] {
            window.click(&format!("[data-testid=nav-{page}]")).await;
            window.find(what).await;
            window.drawn().await;
            let of = format!("first-{page}-{language}-{look}-{width}");
            desktop.picture(&format!("pages-{of}")).await;
            for one in audit(&window).await {
                println!("{of}: {one}");
                wrong.push(of.clone());
            }
        }
        window.close().await;
    }
    assert!(wrong.is_empty(), "what is told above is wrong, at {wrong:?}");
}
