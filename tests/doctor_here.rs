//! `hark doctor` without a URL: what it says of a machine with and without a desktop, of a broken database, of
//! servers that are well and down, and that no secret is in its report.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::{fs, os::unix::fs::PermissionsExt, process::Stdio};

use hark_tests::{
    SHORT, World, bus::Bus, desktop, dunst::Dunst, hark, http, ntfy::Ntfy, session::Session,
    sse::Server,
};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// What it found, and its exit code.
async fn checks(world: &World, args: &[&str]) -> (Vec<Value>, Option<i32>) {
    let answer = world.hark(&[&["doctor", "--json", "--for", "1s"], args].concat()).await;
    let found: Value = serde_json::from_str(&answer.out).unwrap_or_else(|_| panic!("{answer:?}"));
    (found["checks"].as_array().unwrap().clone(), answer.code)
}

fn about<'a>(checks: &'a [Value], about: &str) -> &'a Value {
    let mut found = checks.iter().filter(|check| check["about"] == about);
    found.next().unwrap_or_else(|| panic!("no {about} in {checks:?}"))
}

fn of<'a>(checks: &'a [Value], key: &str) -> Vec<(&'a str, &'a str)> {
    let found = checks.iter().filter(|check| check["subscription"] == key);
    found.map(|check| (check["about"].as_str().unwrap(), check["mark"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn without_a_desktop_and_an_agent_it_says_so_and_tells_a_server_that_is_down() {
    let (world, ntfy) = (World::new(), Ntfy::start().await);
    ntfy.publish("news", "there");
    let port = http::free_port();
    world.settings(&format!(
        "[subscriptions.news]\nurl = \"{}\"\nfeed = \"ntfy\"\n\
         [subscriptions.down]\nurl = \"http://127.0.0.1:{port}/events\"\n\
         [subscriptions.rest]\nurl = \"http://127.0.0.1:{port}/events\"\npaused = true\n",
        ntfy.url("/news/sse")
    ));
    let (found, code) = checks(&world, &[]).await;
    assert_eq!(code, Some(1), "{found:?}");
    assert_eq!(about(&found, "session bus")["mark"], "warning");
    assert_eq!(about(&found, "settings")["seen"], "They can be read: 3 subscriptions.");
    assert_eq!(about(&found, "agent")["mark"], "warning");
    let database = about(&found, "database");
    assert_eq!(database["mark"], "unknown");
    assert!(
        database["seen"].as_str().unwrap().contains("Only an agent looks into it"),
        "{database}"
    );
    let well = of(&found, "news");
    let steps: Vec<&str> = well.iter().map(|(about, _)| *about).collect();
    assert_eq!(steps, ["dns", "tcp", "http", "first byte", "heartbeat", "resume"]);
    assert!(well.iter().all(|(_, mark)| *mark != "wrong"), "{found:?}");
    assert_eq!(
        of(&found, "down"),
        [
            ("dns", "ok"),
            ("tcp", "wrong"),
            ("http", "unknown"),
            ("first byte", "unknown"),
            ("heartbeat", "unknown"),
            ("resume", "unknown"),
        ]
    );
    assert_eq!(of(&found, "rest"), [("visit", "ok")]);
    // As a person reads it: a server that fails, its step, and one sentence.
    let text = world.hark(&["doctor", "--for", "1s"]).await;
    assert!(text.out.contains("✓ dns  ✗ tcp  ? http"), "{}", text.out);
    assert!(text.out.contains("1 thing is wrong."), "{}", text.out);

    // Without it, all is well enough.
    world.follow(&[("news", &ntfy.url("/news/sse"))]);
    assert_eq!(checks(&world, &[]).await.1, Some(0));
    // A file with an error is told with its place.
    world.settings("[subscriptions.news]\nurl = 7\n");
    let (found, code) = checks(&world, &[]).await;
    let settings = about(&found, "settings");
    assert_eq!((code, &settings["mark"]), (Some(1), &"wrong".into()));
    assert!(settings["seen"].as_str().unwrap().contains("line 2"), "{settings}");
    assert!(settings["advice"].as_str().unwrap().contains("nothing is in force"), "{settings}");
    // A credential to send with is one, too.
    let (url, none) = (ntfy.url("/news/sse"), world.path("none"));
    let publish = format!("publish = {{ bearer = {{ file = \"{}\" }} }}", none.display());
    world.settings(&format!("[subscriptions.news]\nurl = \"{url}\"\nfeed = \"ntfy\"\n{publish}\n"));
    let (found, code) = checks(&world, &[]).await;
    let credentials = about(&found, "credentials");
    assert_eq!((code, &credentials["mark"]), (Some(1), &"wrong".into()));
    assert!(credentials["seen"].as_str().unwrap().contains("No such file"), "{credentials}");
    assert_eq!(of(&found, "news").len(), 6, "it is visited all the same");
    world.secret("none", "tk_sends\n");
    assert_eq!(about(&checks(&world, &[]).await.0, "credentials")["mark"], "ok");
}

#[tokio::test]
async fn on_a_desktop_it_names_who_shows_notifications() {
    let mut world = World::new();
    let _display = desktop::display(&mut world).await;
    let bus = Bus::start(&mut world).await;
    let (found, code) = checks(&world, &[]).await;
    let nobody = about(&found, "notifications");
    assert_eq!((code, &nobody["mark"]), (Some(1), &"wrong".into()), "{nobody}");
    assert!(nobody["advice"].as_str().unwrap().contains("notification server"), "{nobody}");
    assert_eq!(about(&found, "tray")["mark"], "warning");
    let _dunst = Dunst::start(&world, &bus).await;
    let (found, _) = checks(&world, &[]).await;
    let shows = about(&found, "notifications");
    let seen = shows["seen"].as_str().unwrap();
    assert!(
        shows["mark"] == "ok" && seen.starts_with("dunst ") && seen.contains("actions"),
        "{shows}"
    );
    assert_eq!(about(&found, "session bus")["mark"], "ok");
    assert_eq!(about(&found, "network")["mark"], "ok");
    assert_eq!(about(&found, "autostart")["mark"], "warning");
    world.hark(&["autostart", "on"]).await.ok();
    let (found, _) = checks(&world, &[]).await;
    assert_eq!(about(&found, "autostart")["mark"], "ok");
}

#[tokio::test]
async fn a_notification_server_that_does_not_answer_holds_it_up_no_longer_than_a_moment() {
    let mut world = World::new();
    let bus = Bus::start(&mut world).await;
    let _server = Session::server(&bus, "Plasma").await;
    let (found, _) = checks(&world, &[]).await;
    // It answers what it is asked, and does not tell what it can.
    assert!(found.iter().any(|check| check["about"] == "notifications"), "{found:?}");
}

#[tokio::test]
async fn the_links_are_told_where_the_database_breaks_under_the_agent() {
    let world = World::new();
    world.settings("[subscriptions.a]\nurl = \"http://127.0.0.1:1/\"\npaused = true\n");
    let _agent = world.agent().await;
    world.phase("a", "paused").await;
    world.file("profile/data/hark.db", "this is no database".repeat(1_000));
    let said = world.hark(&["status"]).await.ok();
    assert!(said.contains("a ") && said.contains("paused"), "{said}");
}

#[tokio::test]
async fn what_the_agent_says_of_a_broken_database_is_told() {
    let world = World::new();
    world.file("profile/data/hark.db", "this is no database".repeat(1_000));
    let _agent = world.agent().await;
    world.told("database_set_aside", true).await;
    let (found, _) = checks(&world, &[]).await;
    let told: Vec<&str> = found
        .iter()
        .filter(|check| check["about"] == "agent" && check["mark"] == "warning")
        .map(|check| check["seen"].as_str().unwrap())
        .collect();
    assert!(told.iter().any(|seen| seen.contains("unreadable")), "{found:?}");
    assert_eq!(about(&found, "database")["mark"], "ok", "the new one is well");
}

#[tokio::test]
async fn a_database_that_is_damaged_in_the_middle_is_found_by_the_agent() {
    const PAGE_BYTES: usize = 4096;
    let world = World::new();
    let mut agent = world.agent().await;
    world.hark(&["stop"]).await.ok();
    agent.ended(SHORT).await;
    let path = world.path("profile/data/hark.db");
    let mut bytes = fs::read(&path).unwrap();
    // The last page is read when the database is opened; one that is not is found by looking through it all.
    let at = bytes.len() - 2 * PAGE_BYTES;
    bytes[at..at + PAGE_BYTES].fill(0xa5);
    fs::write(&path, bytes).unwrap();
    let _agent = world.agent().await;
    let (found, code) = checks(&world, &[]).await;
    let database = about(&found, "database");
    assert_eq!((code, &database["mark"]), (Some(1), &"wrong".into()), "{database}");
    assert!(database["seen"].as_str().unwrap().contains("It is damaged"), "{database}");
    assert!(database["advice"].as_str().unwrap().contains("hark stop"), "{database}");
}

#[tokio::test]
async fn a_report_is_shown_first_asked_about_and_holds_no_secret() {
    let (world, ntfy) = (World::new(), Ntfy::start().await);
    ntfy.protect("canary-topic", "tk_canary");
    ntfy.publish("canary-topic", "there");
    let token = world.secret("home/canary-file", "tk_canary\n");
    let url = ntfy.url("/canary-topic/sse?auth=canary-query");
    world.settings(&format!(
        "[subscriptions.news]\nurl = \"{url}\"\nfeed = \"ntfy\"\nbearer = {{ file = \"{}\" }}\n\
         [subscriptions.down]\nurl = \"http://127.0.0.1:1/canary-path\"\n\
         [subscriptions.env]\nurl = \"{url}\"\nbearer = {{ env = \"CANARY_VARIABLE\" }}\n",
        token.display()
    ));
    let path = world.path("report.txt");
    let shown = path.display().to_string();
    let args = ["doctor", "--for", "1s", "--report", &shown];
    // Nobody can be asked here.
    let refused = world.hark(&args).await;
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.err.contains("--yes") && !path.exists(), "{refused:?}");
    for (says, written) in [("n\n", false), ("y\n", true)] {
        let command = format!("{} {}", hark::program("hark").display(), args.join(" "));
        let mut script = tokio::process::Command::from(world.command("script"));
        script.args(["-qec", &command, "/dev/null"]).kill_on_drop(true);
        let mut script = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (mut keys, mut screen) = (script.stdin.take().unwrap(), script.stdout.take().unwrap());
        let mut said = Vec::new();
        while !String::from_utf8_lossy(&said).contains("[y/N] ") {
            assert!(screen.read_buf(&mut said).await.unwrap() > 0, "{said:?}");
        }
        assert!(!path.exists(), "it is shown before it is written");
        assert!(String::from_utf8_lossy(&said).contains("Files and agent"), "{said:?}");
        keys.write_all(says.as_bytes()).await.unwrap();
        screen.read_to_end(&mut said).await.unwrap();
        script.wait().await.unwrap();
        assert_eq!(path.exists(), written, "{}", String::from_utf8_lossy(&said));
    }
    let report = fs::read_to_string(&path).unwrap();
    assert!(
        report.starts_with("hark ") && report.contains("subscription 1\n"),
        "a key may be a topic, and stands nowhere: {report}"
    );
    let without_names = report.replace("CANARY_VARIABLE", "");
    assert!(!without_names.to_lowercase().contains("canary"), "{report}");
    assert!(!report.contains("news\n") && report.contains("subscription 3\n"), "{report}");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    // What is there is not overwritten.
    let again = world.hark(&[&args[..], &["--yes"]].concat()).await;
    assert!(again.code == Some(1) && again.err.contains("cannot be written"), "{again:?}");
    let other = world.path("other.txt");
    let other_shown = other.display().to_string();
    let yes = world.hark(&["doctor", "--for", "1s", "--report", &other_shown, "--yes"]).await;
    assert_eq!(yes.code, Some(1), "something is down: {yes:?}");
    assert!(fs::read_to_string(&other).unwrap().len() > 200);
    assert!(!yes.out.replace("CANARY_VARIABLE", "").to_lowercase().contains("canary"), "{yes:?}");
}

#[tokio::test]
async fn a_report_quotes_no_server_that_repeats_what_it_was_asked() {
    let world = World::new();
    let body = "no canary: my secret/topic a+b=canary";
    let refuses = format!(
        "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let echo = Server::start().await.answering(refuses);
    let elsewhere = echo.url("/other-canary?canary=1");
    let redirects =
        format!("HTTP/1.1 307 There\r\nLocation: {elsewhere}\r\nContent-Length: 0\r\n\r\n");
    let redirects = Server::start().await.answering(redirects);
    world.settings(&format!(
        "[subscriptions.canary-key]\nurl = \"{}\"\n[subscriptions.other]\nurl = \"{}\"\n",
        echo.url("/my%20secret%2Ftopic?auth=a%2Bb%3Dcanary"),
        redirects.url("/from"),
    ));
    // A person who looks at their own machine is told all.
    let told = world.hark(&["doctor", "--for", "1s"]).await;
    assert!(told.out.contains("my secret/topic") && told.out.contains("canary-key"), "{told:?}");
    let path = world.path("report.txt");
    let shown = path.display().to_string();
    world.hark(&["doctor", "--for", "1s", "--yes", "--report", &shown]).await;
    let report = fs::read_to_string(&path).unwrap();
    assert!(!report.contains("canary") && !report.contains("secret"), "{report}");
    assert_eq!(report.matches("answered HTTP 403.").count(), 2, "{report}");
    // Settings that cannot be read hide nothing by themselves.
    world.settings("[subscriptions.canary]\nurl = \"canary canary\"\n");
    let other = world.path("other.txt");
    let shown = other.display().to_string();
    world.hark(&["doctor", "--yes", "--report", &shown]).await;
    let report = fs::read_to_string(&other).unwrap();
    assert!(!report.contains("canary") && report.contains("has an error in line 2"), "{report}");
}
