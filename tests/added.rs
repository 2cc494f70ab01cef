//! What `hark add` is told of a server's credentials and the way there: what the server is sent, and what is
//! kept of a secret that was typed.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::{fs, process::Stdio};

use hark_tests::{World, hark, sse::Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// `me:s3cret`, as Basic has it.
const BASIC: &str = "Basic bWU6czNjcmV0";

#[tokio::test]
async fn a_user_a_header_and_a_proxy_are_what_the_server_gets_and_no_secret_is_in_the_settings() {
    let (world, server) = (World::new(), Server::start().await);
    let _agent = world.agent().await;
    let password = world.secret("password", "s3cret").display().to_string();
    let url = server.url("/events");
    let access = ["--user", "me", "--password-file", &password, "-H", "X-Key:  canary-7f3 "];
    let said = world
        .hark(&[&["add", &url, "--feed", "json", "--unchecked", "--paused"], &access[..]].concat())
        .await
        .ok();
    assert!(said.contains("Added as events, paused."), "{said}");
    assert_eq!(world.link("events").await["phase"]["phase"], "paused");
    let kept = world.files_with("canary-7f3");
    assert_eq!(kept, ["127.0.0.1"], "the value is in its own file alone");
    assert!(world.files_with("s3cret").iter().all(|file| file == "password"));
    world.hark(&["resume", "events"]).await.ok();
    let client = server.client().await;
    assert_eq!(client.header("authorization"), Some(BASIC), "{}", client.request);
    assert_eq!(client.header("x-key"), Some("canary-7f3"), "{}", client.request);
    world.hark(&["remove", "events"]).await.ok();
    assert!(world.files_with("canary-7f3").is_empty(), "it goes with the subscription");
    assert_eq!(world.files_with("s3cret"), ["password"], "the person's own file stays");

    let far = "http://push.invalid/builds";
    world.hark(&["add", far, "--unchecked", "--proxy", &server.url("")]).await.ok();
    let mut through = server.client().await;
    while !through.request.contains("push.invalid") {
        through = server.client().await;
    }
    assert!(through.request.starts_with(&format!("GET {far} HTTP/1.1")), "{}", through.request);
    let wrong = world.hark(&["add", "http://a.invalid/", "--proxy", "ftp://b"]).await;
    wrong.refused(&["ftp://b", "http://host:port"]);
    let wrong = world.hark(&["add", "http://a.invalid/", "-H", "no header: x"]).await;
    wrong.refused(&["no header", "'Name: value'"]);
}

#[tokio::test]
async fn a_password_is_asked_for_without_being_shown_and_kept_for_its_owner_alone() {
    let (world, server) = (World::new(), Server::start().await);
    let add = format!(
        "{} add {} --feed json --unchecked --user me",
        hark::program("hark").display(),
        server.url("/events")
    );
    let mut script = tokio::process::Command::from(world.command("script"));
    script.args(["-qec", &add, "/dev/null"]).kill_on_drop(true);
    let mut script = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut keys, mut screen) = (script.stdin.take().unwrap(), script.stdout.take().unwrap());
    let mut said = Vec::new();
    while !String::from_utf8_lossy(&said).contains("Password of me (") {
        assert!(screen.read_buf(&mut said).await.unwrap() > 0, "{said:?}");
    }
    keys.write_all(b"s3cret\n").await.unwrap();
    screen.read_to_end(&mut said).await.unwrap();
    assert!(script.wait().await.unwrap().success());
    let said = String::from_utf8_lossy(&said);
    assert!(said.contains("Added as events.") && !said.contains("s3cret"), "{said}");
    let settings = fs::read_to_string(world.path("profile/config/config.toml")).unwrap();
    assert!(settings.contains("basic = { user = \"me\", password = { file = "), "{settings}");
    let _agent = world.agent().await;
    assert_eq!(server.client().await.header("authorization"), Some(BASIC));
    let nobody = world.hark(&["add", &server.url("/other"), "--user", "me"]).await;
    nobody.refused(&["--password-file", "Nothing was saved."]);
}
