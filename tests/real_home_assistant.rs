//! Home Assistant 2025.4, as its own server sends it. It replays nothing, so a break is a gap. `cargo xtask
//! soak` runs these tests: the server is large, and wants a Python that few systems have.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::{fs, time::Duration};

use hark_tests::{
    LONG, World, eventually,
    fake::Notifications,
    hark::{bodies, clear},
    home_assistant::HomeAssistant,
};
use serde_json::{Value, json};

/// How often it pings, with room for a busy machine.
const PING: Duration = Duration::from_secs(50 + 25);
/// How long the doctor listens: for a ping at once, and two after silence.
const VISIT: &str = "110s";

/// Adds an address with the right token, and answers its key once it streams.
async fn add(world: &World, home: &HomeAssistant<'_>, path: &str) -> String {
    let token = world.secret("token", &home.token);
    let url = home.url(path);
    let said = world.hark(&["add", &url, "--token-file", token.to_str().unwrap()]).await.ok();
    clear(&said, &["home-assistant"]);
    let key = world.status().await["links"][0]["subscription"].as_str().unwrap().to_owned();
    world.phase(&key, "streaming").await;
    key
}

/// Fires the next letter.
async fn letter(home: &HomeAssistant<'_>, fired: &mut Vec<String>) {
    let text = format!("letter {}", fired.len());
    home.fire("mail_came", json!({ "message": text })).await;
    fired.push(text);
}

/// Waits until so many letters are stored; answers all of them.
async fn letters(world: &World, count: usize) -> Vec<String> {
    eventually(&format!("{count} letters are stored"), LONG, async || {
        let messages = world.messages().await;
        let all = bodies(&messages).into_iter().filter(|body| body.starts_with("letter"));
        let all: Vec<_> = all.map(str::to_owned).collect();
        if all.len() >= count { Ok(all) } else { Err(format!("{all:?}")) }
    })
    .await
}

#[tokio::test]
async fn its_pages_lead_to_its_stream_and_the_token_that_it_wants_is_asked_for() {
    let world = World::new();
    let Some(home) = HomeAssistant::start(&world).await else { return };
    let _agent = world.agent().await;
    let wants =
        ["Home Assistant wants a long-lived access token", "--token-file", "Nothing was saved"];
    for path in ["/", "/lovelace/0", "/profile/security", "/api/stream"] {
        world.hark(&["add", &home.url(path)]).await.refused(&wants);
    }
    let wrong = world.secret("wrong", "wrong");
    let answer =
        world.hark(&["add", &home.url("/"), "--token-file", wrong.to_str().unwrap()]).await;
    answer.refused(&[&wants[..], &["refuses this one"]].concat());
    let log = home.log().await;
    assert!(log.contains("invalid authentication") && log.contains("(hark/"), "{log}");
    let settings = world.path("profile/config/config.toml");
    assert!(!settings.exists(), "nothing was saved");

    let key = add(&world, &home, "/").await;
    let saved = fs::read_to_string(settings).unwrap();
    assert!(saved.contains("/api/stream") && !saved.contains(&home.token), "{saved}");
    home.fire("mail_came", json!({ "message": "A letter." })).await;
    assert_eq!(bodies(&world.stored(1).await), ["A letter."]);
    // A token that is taken back is the person's to renew.
    world.secret("token", "taken back");
    world.hark(&["pause", &key]).await.ok();
    world.hark(&["resume", &key]).await.ok();
    let link = world.phase(&key, "backing_off").await;
    clear(link["phase"]["cause"]["sentence"].as_str().unwrap(), &wants[..1]);
}

#[tokio::test]
async fn what_a_person_wants_to_know_is_shown_in_words_and_what_its_parts_tell_each_other_is_not() {
    let mut world = World::new();
    let mut screen = Notifications::of(&mut world).await;
    let Some(home) = HomeAssistant::start(&world).await else { return };
    let _agent = world.agent().await;
    let key = add(&world, &home, "/").await;

    home.fire("mail_came", json!({ "name": "Mail", "message": "A letter." })).await;
    let shown = screen.next().await;
    assert_eq!((shown.summary.as_str(), shown.body.as_str()), ("Mail", "A letter."));

    // As at every start, which a test cannot be sure to see.
    home.fire("service_registered", json!({ "domain": "timer", "service": "start" })).await;
    let laundry = |text: &str| {
        let title = "Washing machine";
        json!({ "title": title, "message": text, "notification_id": "laundry" })
    };
    let create = "persistent_notification/create";
    home.call(create, laundry("It washes.")).await;
    let shown = screen.next().await;
    assert_eq!((shown.summary.as_str(), shown.body.as_str()), ("Washing machine", "It washes."));
    home.call(create, laundry("The laundry is done.")).await;
    let later = screen.next().await;
    assert_eq!((later.body.as_str(), later.replaces), ("The laundry is done.", shown.id));
    home.call("persistent_notification/dismiss", json!({ "notification_id": "laundry" })).await;
    assert_eq!(screen.next_closed().await, shown.id);

    home.door("off").await;
    home.door("on").await;
    for told in ["off", "off → on"] {
        let shown = screen.next().await;
        assert_eq!((shown.summary.as_str(), shown.body.as_str()), ("Kitchen door", told));
    }
    home.call("homeassistant/turn_on", json!({ "entity_id": "light.kitchen" })).await;
    assert_eq!(screen.next().await.summary, "homeassistant.turn_on");

    let messages = world.messages().await;
    let titles: Vec<_> = messages.iter().map(|it| it["title"].as_str().unwrap()).collect();
    let wanted =
        ["Mail", "Washing machine", "Kitchen door", "Kitchen door", "homeassistant.turn_on"];
    assert_eq!(titles, wanted);
    assert!(messages.iter().all(|it| it["time"].is_string()), "{messages:?}");
    assert_eq!(world.link(&key).await["set_aside"], 0);
}

#[tokio::test]
async fn every_end_is_a_gap_and_what_comes_after_it_is_told_once() {
    let world = World::new();
    let Some(mut home) = HomeAssistant::start(&world).await else { return };
    let _agent = world.agent().await;
    let key = add(&world, &home, "/api/stream?restrict=mail_came").await;
    let mut fired = Vec::new();
    // The first end is in order: what it keeps is then on the disk.
    for is_killed in [false, true, false] {
        for _ in 0..2 {
            home.fire("parcel_came", json!({ "message": "letter for nobody" })).await;
            letter(&home, &mut fired).await;
        }
        assert_eq!(letters(&world, fired.len()).await, fired);
        if is_killed {
            home.kill()
        } else {
            home.stop().await
        }
        world.phase(&key, "backing_off").await;
        home.start_again().await;
        // Hark may be back for it, or not.
        home.fire("mail_came", json!({ "message": "early" })).await;
        world.phase(&key, "streaming").await;
        letter(&home, &mut fired).await;
        assert_eq!(letters(&world, fired.len()).await, fired);
    }
    assert_eq!(world.gaps().await, 3);
    let history = world.history().await;
    let outages: Vec<_> = history.iter().filter(|it| it["kind"] == "outage").collect();
    assert_eq!(outages.len(), 3, "{history:?}");
    assert!(outages.iter().all(|it| it["gap"] == true), "{outages:?}");
}

#[tokio::test]
async fn its_ping_keeps_the_connection_and_the_doctor_knows_it_for_what_it_is() {
    let world = World::new();
    let Some(home) = HomeAssistant::start(&world).await else { return };
    let _agent = world.agent().await;
    let key = add(&world, &home, "/").await;
    let header = world.secret("header", format!("Authorization: Bearer {}\n", home.token));
    let (url, header) = (home.url("/api/stream"), format!("@{}", header.display()));
    let visit = ["doctor", &url, "-H", &header, "--json", "--for", VISIT];
    let mut doctor = world.start_hark("doctor", &visit);

    let before = world.link(&key).await;
    let after = eventually("it pings", PING, async || {
        let link = world.link(&key).await;
        if link["last_heard"] == before["last_heard"] { Err(link) } else { Ok(link) }
    })
    .await;
    for (what, stays) in [("phase", &before), ("messages", &before), ("set_aside", &before)] {
        assert_eq!(after[what], stays[what], "{after}");
    }
    assert_eq!(after["heartbeat"]["cadence_ms"], 50_000, "{after}");

    doctor.ended(LONG * 3).await;
    let told: Value =
        serde_json::from_str(&doctor.out()).unwrap_or_else(|_| panic!("{}", doctor.err()));
    let marks = told["findings"].as_array().unwrap().iter();
    let marks = marks.map(|it| (it["about"].as_str().unwrap(), it["mark"].as_str().unwrap()));
    let found: Vec<_> = marks.filter(|(_, mark)| *mark != "ok").collect();
    // It names no Cache-Control, and has no ids.
    assert_eq!(found, [("caching", "warning"), ("ids", "warning")], "{told:#}");
    assert_eq!(told["feed"], "home-assistant");
}
