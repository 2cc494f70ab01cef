//! Silence: what a person says by command and settings, what the desktop says, until when, and how it ends.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::{env, fs, os::unix::fs::PermissionsExt, time::Duration};

use futures_util::StreamExt;
use hark_api::{Snooze, SnoozeUntil, Why, route};
use hark_tests::{
    LONG, SHORT, World,
    bus::Bus,
    desktop,
    dunst::Dunst,
    eventually, hark,
    session::{Session, Telling},
    sse::{Client, Server},
};

/// Longer than an agent takes to dial, where it would.
const A_DIAL_WOULD_COME: Duration = Duration::from_secs(1);

/// Waits until this is silent, for all or for the link `news`, or nothing is.
async fn silent(world: &World, key: Option<&str>, wanted: Option<Why>) {
    eventually(&format!("{key:?} is silent: {wanted:?}"), SHORT, async || {
        let status = world.ask().await.map_err(|error| error.to_string())?;
        let silence = match key {
            None => status.silence,
            Some(key) => world.ask_link(key).await?.silence,
        };
        let why = silence.as_ref().map(|silence| silence.why.clone());
        if why == wanted { Ok(()) } else { Err(format!("{silence:?}")) }
    })
    .await;
}

/// Two links, of which `news` streams.
async fn streaming(world: &World, server: &Server) -> Client {
    let other = "[subscriptions.other]\nurl = \"http://127.0.0.1:9/\"\npaused = true\n";
    world.settings(&format!("[subscriptions.news]\nurl = \"{}\"\n{other}", server.url("/")));
    server.streaming(world).await
}

#[tokio::test]
async fn a_snooze_says_until_when_outlives_the_agent_and_is_ended() {
    let world = World::new();
    let server = Server::start().await;
    let mut agent = world.agent().await;
    let client = streaming(&world, &server).await;

    let said = world.hark(&["snooze", "news", "--for", "90m"]).await.ok();
    assert!(said.starts_with("Snoozed news until "), "{said}");
    assert!(said.trim_end().ends_with("End it with: hark wake news"), "{said}");
    silent(&world, Some("news"), Some(Why::Snooze)).await;
    silent(&world, Some("other"), None).await;
    silent(&world, None, None).await;
    let status = world.hark(&["status"]).await.ok();
    assert!(status.contains("End it with: hark wake news"), "{status}");

    let said = world.hark(&["snooze", "--until", "tomorrow 8:00"]).await.ok();
    assert_eq!(said, "Snoozed until tomorrow 08:00. End it with: hark wake\n");
    for key in [None, Some("other")] {
        silent(&world, key, Some(Why::Snooze)).await;
    }
    world.hark(&["stop"]).await.ok();
    agent.ended(LONG).await;
    drop(client);
    let _agent = world.agent().await;
    for key in [None, Some("news"), Some("other")] {
        silent(&world, key, Some(Why::Snooze)).await;
    }
    let said = world.hark(&["wake", "news"]).await.ok();
    assert!(
        said.starts_with("Awake: news.\nStill silent. Snoozed until tomorrow 08:00."),
        "{said}"
    );
    assert_eq!(world.hark(&["wake"]).await.ok(), "Awake: all.\n");
    silent(&world, Some("news"), None).await;
    assert_eq!(world.hark(&["wake"]).await.ok(), "Nothing was snoozed.\n");
}

#[tokio::test]
async fn a_snooze_is_over_when_its_time_has_come() {
    let world = World::new();
    let _agent = world.agent().await;
    let client = world.client();
    let mut told = Box::pin(client.events().unwrap());
    world.hark(&["snooze", "--for", "2s"]).await.ok();
    silent(&world, None, Some(Why::Snooze)).await;
    // Clients are told of the end, without asking.
    let over = async {
        let mut begun = false;
        while let Some(Ok(event)) = told.next().await {
            let (hark_api::Event::Status(status) | hark_api::Event::Reset(status)) = event else {
                continue;
            };
            begun |= status.silence.is_some();
            if begun && status.silence.is_none() {
                return;
            }
        }
    };
    // The agent looks at its clock once a minute anyway.
    tokio::time::timeout(SHORT, over).await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_snoozed_says_why() {
    let world = World::new();
    let _agent = world.agent().await;
    for (args, why) in [
        (&["snooze", "--for", "800h"][..], "at most 31 days long"),
        (&["snooze", "--until", "today 0:00"], "over already"),
        (&["snooze", "--until", "soon"], "write it like 18:00"),
        (&["snooze", "--for", "long"], "not a length of time"),
        (&["snooze", "nothing", "--for", "1h"], "There is no subscription \"nothing\""),
        (&["wake", "nothing"], "There is no subscription \"nothing\""),
        (&["mute", "nothing"], "There is no subscription \"nothing\""),
        (&["snooze"], "required"),
    ] {
        let answer = world.hark(args).await;
        assert!(answer.code != Some(0) && answer.err.contains(why), "{args:?}: {answer:?}");
    }
    let asked = Snooze { subscription: None, until: SnoozeUntil::Minutes(0) };
    let refused = world.client().call(&route::SNOOZE, &asked).await.unwrap_err().to_string();
    assert!(refused.contains("over already"), "{refused}");
    silent(&world, None, None).await;
    let unlocked = world.hark(&["snooze", "--until-unlock"]).await;
    if hark::under_wine() {
        // Windows tells of the lock, and Wine that there is none.
        unlocked.ok();
        return silent(&world, None, Some(Why::Snooze)).await;
    }
    unlocked.refused(&["does not tell when the session is unlocked"]);
    silent(&world, None, None).await;
}

#[tokio::test]
async fn a_mute_stands_in_the_settings_and_leaves_the_connection() {
    let world = World::new();
    let server = Server::start().await;
    let _agent = world.agent().await;
    let mut client = streaming(&world, &server).await;
    let said = world.hark(&["mute", "news"]).await.ok();
    assert!(said.contains("End it with: hark unmute news"), "{said}");
    silent(&world, Some("news"), Some(Why::Mute)).await;
    let settings = world.path("profile/config/config.toml");
    let text = fs::read_to_string(&settings).unwrap();
    assert!(text.contains("mute = true"), "{text}");
    let status = world.hark(&["status"]).await.ok();
    assert!(status.contains("Muted. End it with: hark unmute news"), "{status}");
    // What comes of the link says nothing else of it.
    client.send("data: muted\n\n").await;
    world.stored(1).await;
    silent(&world, Some("news"), Some(Why::Mute)).await;
    // By the file as well.
    fs::write(&settings, text.replace("mute = true", "mute = false")).unwrap();
    silent(&world, Some("news"), None).await;
    assert!(server.client_within(A_DIAL_WOULD_COME).await.is_none(), "it was dialled anew");
    client.send("data: still here\n\n").await;
    world.stored(2).await;
    world.hark(&["mute", "news"]).await.ok();
    // Over another connection it is the same.
    let text = fs::read_to_string(&settings).unwrap();
    let url = server.url("/");
    fs::write(&settings, text.replace(&url, &format!("{url}other"))).unwrap();
    drop(client);
    // The address of before may be dialled once more before the file is read.
    let mut client = server.client().await;
    while !client.request.starts_with("GET /other ") {
        client = server.client().await;
    }
    client.accept().await;
    client.send(": hello\n\n").await;
    world.phase("news", "streaming").await;
    silent(&world, Some("news"), Some(Why::Mute)).await;
    world.hark(&["unmute", "news"]).await.ok();
    silent(&world, Some("news"), None).await;
}

#[tokio::test]
async fn quiet_hours_take_effect_when_the_file_is_saved() {
    let world = World::new();
    world.settings("[[quiet_hours]]\nfrom = \"0:00\"\nto = \"24:00\"\npasses = 4\n");
    let _agent = world.agent().await;
    silent(&world, None, Some(Why::QuietHours)).await;
    let silence = world.ask().await.unwrap().silence.unwrap();
    assert_eq!((silence.passes, silence.until), (Some(4), None), "there is no end");
    let status = world.hark(&["status"]).await.ok();
    assert!(status.contains("Quiet hours; priority 4 and higher is shown."), "{status}");
    world.settings("[[quiet_hours]]\nfrom = \"22\"\nto = \"7:30\"\n");
    let sentence = world.told("settings_invalid", true).await;
    assert!(sentence.contains("line 2, column 8: \"22\" is not a time of day"), "{sentence}");
    silent(&world, None, Some(Why::QuietHours)).await;
    world.settings("");
    silent(&world, None, None).await;
}

#[tokio::test]
async fn dunsts_own_pause_is_read_and_never_changed() {
    let mut world = World::new();
    let bus = Bus::start(&mut world).await;
    let _display = desktop::display(&mut world).await;
    let dunst = Dunst::start(&world, &bus).await;
    let dunstctl = async |args: &[&str]| world.run("dunstctl".as_ref(), args).await.ok();
    dunstctl(&["set-paused", "true"]).await;
    let _agent = world.agent().await;
    silent(&world, None, Some(Why::DoNotDisturb)).await;
    let status = world.hark(&["status"]).await.ok();
    assert!(status.contains("as your desktop is not to disturb"), "{status}");
    // Else it would pop up when nobody thinks of it any more.
    let test = world.hark(&["test"]).await;
    let why = "Not sent, as nothing is shown now.";
    assert!(test.code != Some(0) && test.err.contains(why), "{test:?}");
    dunstctl(&["set-paused", "false"]).await;
    silent(&world, None, None).await;
    // Nothing of Hark's own touches it.
    for args in [&["snooze", "--for", "1h"][..], &["wake"]] {
        world.hark(args).await.ok();
        assert_eq!(dunstctl(&["is-paused"]).await.trim(), "false", "{args:?}");
    }
    dunstctl(&["set-paused", "toggle"]).await;
    silent(&world, None, Some(Why::DoNotDisturb)).await;
    // Whoever comes in its place says something else.
    drop(dunst);
    silent(&world, None, None).await;
}

#[tokio::test]
async fn kdes_and_xfces_do_not_disturb_is_read() {
    let mut world = World::new();
    let bus = Bus::start(&mut world).await;
    let _agent = world.agent().await;
    let xfconf = Session::xfconf(&bus).await;
    xfconf.say(true, Telling::Xfconf).await;
    let plasma = Session::server(&bus, "Plasma").await;
    silent(&world, None, None).await;
    plasma.say(true, Telling::Inhibited).await;
    silent(&world, None, Some(Why::DoNotDisturb)).await;
    plasma.say(false, Telling::Inhibited).await;
    silent(&world, None, None).await;
    drop(plasma);
    let _server = Session::server(&bus, "Xfce Notify Daemon").await;
    silent(&world, None, Some(Why::DoNotDisturb)).await;
    xfconf.say(false, Telling::Xfconf).await;
    silent(&world, None, None).await;
}

#[tokio::test]
async fn gnomes_do_not_disturb_is_read_by_its_own_program() {
    let mut world = World::new();
    let script = "#!/bin/sh\necho \"$@\" >> \"$HOME/asked\"\ncat \"$HOME/banners\"\n";
    let program = world.file("bin/gsettings", script);
    fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
    let path = env::var("PATH").unwrap();
    world.set("PATH", format!("{}:{path}", world.path("bin").display()));
    world.file("home/banners", "false\n");
    let bus = Bus::start(&mut world).await;
    let _agent = world.agent().await;
    let shell = Session::server(&bus, "gnome-shell").await;
    silent(&world, None, Some(Why::DoNotDisturb)).await;
    world.file("home/banners", "true\n");
    shell.say(false, Telling::Dconf).await;
    silent(&world, None, None).await;
    let asked = fs::read_to_string(world.path("home/asked")).unwrap();
    assert!(asked.lines().all(|line| line == "get org.gnome.desktop.notifications show-banners"));
    // A flood on its output is nothing that is known.
    world.file("home/banners", "x".repeat(1 << 20));
    shell.say(false, Telling::Dconf).await;
    world.file("home/banners", "false\n");
    shell.say(false, Telling::Dconf).await;
    silent(&world, None, Some(Why::DoNotDisturb)).await;
}

/// Waits until the agent knows whether the session is locked, or does not know it.
async fn locked(world: &World, wanted: Option<bool>) {
    eventually(&format!("the session is locked: {wanted:?}"), LONG, async || {
        let status = world.ask().await.map_err(|error| error.to_string())?;
        let found = status.agent.locked;
        (found == wanted).then_some(()).ok_or(format!("{found:?}"))
    })
    .await;
}

#[tokio::test]
async fn a_snooze_until_the_session_is_unlocked_ends_with_the_unlock() {
    let mut world = World::new();
    let bus = Bus::start(&mut world).await;
    let address = world.get("DBUS_SESSION_BUS_ADDRESS").unwrap().to_owned();
    world.set("DBUS_SYSTEM_BUS_ADDRESS", address);
    let logind = Session::logind(&bus).await;
    let _agent = world.agent().await;
    // Most desktops never tell logind, so that its no is none.
    locked(&world, None).await;
    let snooze = async || {
        let said = world.hark(&["snooze", "--until-unlock"]).await.ok();
        assert_eq!(said, "Snoozed until the session is unlocked. End it with: hark wake\n");
    };
    let locks = async |session: &Session, telling| {
        snooze().await;
        session.say(true, telling).await;
        locked(&world, Some(true)).await;
        silent(&world, None, Some(Why::Snooze)).await;
        session.say(false, telling).await;
        silent(&world, None, None).await;
    };
    logind.say(true, Telling::LockedHint).await;
    locked(&world, Some(true)).await;
    logind.say(false, Telling::LockedHint).await;
    locked(&world, Some(false)).await;
    locks(&logind, Telling::LockedHint).await;
    let saver = Session::saver(&bus).await;
    locks(&saver, Telling::Active).await;
}

#[tokio::test]
async fn a_snooze_until_the_session_is_unlocked_is_not_left_over_from_another_session() {
    let mut world = World::new();
    let bus = Bus::start(&mut world).await;
    let saver = Session::saver(&bus).await;
    let mut agent = world.agent().await;
    locked(&world, Some(false)).await;
    world.hark(&["snooze", "--until-unlock"]).await.ok();
    saver.say(true, Telling::Active).await;
    for is_locked in [true, false] {
        world.hark(&["stop"]).await.ok();
        agent.ended(LONG).await;
        saver.say(is_locked, Telling::Active).await;
        agent = world.agent().await;
        locked(&world, Some(is_locked)).await;
        // Behind the lock it goes on; who finds the session open has logged in.
        silent(&world, None, is_locked.then_some(Why::Snooze)).await;
    }
}
