//! An agent where nobody sits: nothing is shown or printed, its supervisor hears of it, and the system's own is
//! asked by its group. And the units, before systemd's own judges.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Command};

use hark_tests::{
    LONG, SHORT, World, bus::Bus, eventually, fake::Notifications, hark::program, skipped,
    sse::Server,
};
use rustix::process::Signal;
use serde_json::json;
use tokio::{net::UnixDatagram, time::timeout};

#[tokio::test]
async fn nothing_is_shown_or_printed_and_everything_is_stored() {
    let mut world = World::new();
    let bus = Bus::start(&mut world).await;
    let mut desktop = Notifications::start(&bus).await;
    let server = Server::start().await;
    world.follow(&[("news", &server.url("/"))]);
    let mut agent = world.agent_with(&["--headless"]).await;
    let mut client = server.client().await;
    client.accept().await;
    client.send(": hello\n\n").await;
    world.caught_up("news").await;
    client.send("data: {\"message\":\"one\",\"priority\":5}\n\n").await;
    let stored = world.stored(1).await;
    assert_eq!((&stored[0]["body"], &stored[0]["shown"]), (&"one".into(), &"nobody".into()));
    let status = world.status().await;
    assert_eq!((&status["agent"]["tray"], &status["conditions"]), (&json!(false), &json!([])));
    agent.signal(Signal::TERM);
    assert!(agent.ended(SHORT).await.success());
    assert_eq!(agent.out(), "");
    assert!(desktop.calls.try_recv().is_err(), "the desktop is left alone");
}

#[tokio::test]
async fn its_supervisor_hears_that_it_is_ready_that_it_goes_on_and_that_it_ends() {
    let mut world = World::new();
    let socket = world.path("notify");
    let supervisor = UnixDatagram::bind(&socket).unwrap();
    let hear = async || {
        let mut said = [0; 256];
        let length = timeout(LONG, supervisor.recv(&mut said)).await.unwrap().unwrap();
        String::from_utf8_lossy(&said[..length]).trim().to_owned()
    };
    world.set("NOTIFY_SOCKET", &socket);
    world.set("WATCHDOG_USEC", "200000");
    let mut agent = world.start_hark("agent", &["agent", "--headless"]);
    assert_eq!(hear().await, "READY=1");
    for _ in 0..3 {
        assert_eq!(hear().await, "WATCHDOG=1");
    }
    agent.signal(Signal::TERM);
    eventually("it ends", LONG, async || match hear().await.as_str() {
        "STOPPING=1" => Ok(()),
        other => Err(other.to_owned()),
    })
    .await;
    assert!(agent.ended(SHORT).await.success());
}

#[tokio::test]
async fn the_systems_own_is_for_its_group() {
    let mut world = World::new();
    let (state, runtime) = (world.path("state"), world.path("runtime"));
    world.set("CONFIGURATION_DIRECTORY", world.folder("configuration"));
    world.set("STATE_DIRECTORY", &state);
    world.set("RUNTIME_DIRECTORY", &runtime);
    let mut agent = world.start_hark("agent", &["--system", "agent", "--headless"]);
    eventually("it answers", LONG, async || {
        let status = world.hark(&["--system", "status", "--json"]).await;
        if status.code == Some(0) { Ok(()) } else { Err(format!("{status:?}")) }
    })
    .await;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&runtime), mode(&runtime.join("hark.sock"))), (0o750, 0o660));
    assert_eq!(mode(&state), 0o700);
    assert!(state.join("hark.db").is_file());
    // Whoever the kernel lets in may ask, as another user in its group.
    if rustix::process::geteuid().is_root() {
        let mut other = world.command("setpriv");
        other.args(["--reuid", "65534", "--clear-groups", "--regid", "0"]);
        other.arg(program("hark")).args(["--system", "status", "--check"]);
        let group = tokio::process::Command::from(other).output();
        let answer = timeout(LONG, group).await.unwrap().unwrap();
        assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
    }
    agent.signal(Signal::TERM);
    assert!(agent.ended(SHORT).await.success());
}

#[tokio::test]
async fn it_starts_with_the_desktop_where_that_is_wanted() {
    let world = World::new();
    let status = async || world.hark(&["autostart"]).await.ok();
    assert!(status().await.contains("does not start with the desktop"));
    world.hark(&["autostart", "on"]).await.ok();
    let entry = world.path("home/.config/autostart/hark.desktop");
    let text = fs::read_to_string(&entry).unwrap();
    let profile = world.path("profile");
    assert!(text.contains(&format!(" --profile {} agent\n", profile.display())), "{text}");
    assert!(status().await.contains("starts with the desktop, by"));
    fs::write(&entry, text + "Hidden=true\n").unwrap();
    assert!(status().await.contains("does not start"), "as the desktop's settings have it");
    world.hark(&["autostart", "off"]).await.ok();
    assert!(!entry.exists());
}

/// What systemd's own tool says of a unit.
fn analyzed(arguments: &[&str], unit: &str) -> Option<(bool, String)> {
    let unit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src-tauri/packaging").join(unit);
    let output = Command::new("systemd-analyze").args(arguments).arg(unit).output().ok()?;
    let text = [output.stdout, output.stderr].concat();
    Some((output.status.success(), String::from_utf8_lossy(&text).into_owned()))
}

#[test]
fn the_unit_of_a_server_may_do_little() {
    // Fails where the exposure is 2.0 or more.
    let judged =
        analyzed(&["security", "--offline=true", "--threshold=20"], "hark-headless.service");
    let Some((is_low, said)) = judged else {
        return skipped("the units before systemd-analyze, which is not here");
    };
    assert!(is_low, "{said}");
}

#[test]
fn the_units_are_what_systemd_understands() {
    let Some((_, said)) = analyzed(&["verify", "--man=no"], "hark-headless.service") else {
        return skipped("the units before systemd-analyze, which is not here");
    };
    // The program is not installed where the tests run.
    let wrong: Vec<_> = said
        .lines()
        .filter(|line| line.contains("hark") && !line.contains("/usr/bin/hark is not executable"))
        .collect();
    assert!(wrong.is_empty(), "{said}");
}
