//! `hark listen` where something is wrong: a command that cannot be started, a state behind a link or in a place that
//! is no file, a server that answers nothing for a while.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::{fs, os::unix::fs::symlink};

use hark_tests::{LONG, SHORT, World, eventually, ntfy::Ntfy, sse::Server};

#[tokio::test]
async fn a_message_whose_command_cannot_be_started_is_not_done() {
    let (world, ntfy) = (World::new(), Ntfy::start().await);
    let (out, state) = (world.path("out"), world.path("state").display().to_string());
    let program = world.script("broken", &format!("echo \"$HARK_BODY\" >> '{}'", out.display()));
    let whole = fs::read(&program).unwrap();
    fs::write(&program, "\0").unwrap();
    let (url, shown) = (ntfy.url("/news/sse"), program.display().to_string());
    let args = ["listen", &url, "--feed", "ntfy", "--state", &state, "--count", "1"];
    let args = [&args[..], &["--exec", "--", &shown]].concat();
    ntfy.publish("news", "wanted");
    let broken = world.hark(&args).await;
    assert_eq!(broken.code, Some(1), "{broken:?}");
    assert!(broken.err.contains("could not be started for “news”"), "{broken:?}");
    fs::write(&program, whole).unwrap();
    world.hark(&args).await.ok();
    assert_eq!(fs::read_to_string(&out).unwrap(), "wanted\n");
}

#[tokio::test]
async fn a_state_behind_a_link_has_one_lock_and_the_link_stays() {
    let (world, ntfy) = (World::new(), Ntfy::start().await);
    let (state, link) = (world.path("state"), world.path("link"));
    symlink("state", &link).unwrap();
    let (url, state) = (ntfy.url("/news/sse"), state.display().to_string());
    let shown = link.display().to_string();
    ntfy.publish("news", "there");
    let mut first = world.start_hark("first", &["listen", &url, "--state", &shown]);
    first.line("there", SHORT).await;
    world.hark(&["listen", &url, "--state", &state]).await.refused(&["another", "file of its own"]);
    assert!(link.is_symlink() && fs::read_to_string(&state).unwrap().contains("127.0.0.1"));
    // What is refused leaves nothing behind.
    let diary = world.file("diary", "a diary").display().to_string();
    world.hark(&["listen", &url, "--state", &diary]).await.refused(&["left as it is"]);
    world.hark(&["listen", &url, "--state", "/dev/null"]).await.refused(&["a device"]);
    assert!(!world.path("diary.lock").exists() && !fs::exists("/dev/null.lock").unwrap());
}

#[tokio::test]
async fn dials_that_fail_alike_are_told_once_and_that_it_is_connected_again() {
    let (world, server) = (World::new(), Server::start().await);
    let listen = world.start_hark("listen", &["listen", &server.url("/")]);
    for _ in 0..4 {
        drop(server.client().await);
    }
    let mut client = server.client().await;
    client.accept().await;
    client.send(": hello\n\n").await;
    eventually("it says so", LONG, async || {
        let said = listen.err();
        if said.contains("is connected again") { Ok(()) } else { Err(said) }
    })
    .await;
    let said = listen.err();
    assert_eq!(said.lines().count(), 2, "{said}");
}
