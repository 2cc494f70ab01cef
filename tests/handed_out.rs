//! What the packages bring along beside the programs, and what helps a person at a terminal: the manual before
//! `man` itself, completions in a real shell, the settings' check, the log.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::{fs, path::PathBuf, process::Command};

use hark_tests::{LONG, World, hark::shown, skipped, sse::Server};

fn packaging(folder: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../src-tauri/packaging")).join(folder)
}

#[test]
fn the_manual_has_nothing_that_man_warns_of() {
    if Command::new("man").arg("--version").output().is_err() {
        return skipped("the manual before man, which is not here");
    }
    let pages: Vec<_> = fs::read_dir(packaging("man")).unwrap().flatten().collect();
    assert!(pages.len() > 20);
    for page in pages {
        let mut man = Command::new("man");
        man.args(["--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z"]).arg(page.path());
        let output = man.env("LC_ALL", "C.UTF-8").output().unwrap();
        let warned = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && warned.is_empty(), "{:?}: {warned}", page.file_name());
    }
}

#[tokio::test]
async fn bash_completes_commands_and_options() {
    let world = World::new();
    let script = world.hark(&["completions", "bash"]).await.ok();
    assert_eq!(script, fs::read_to_string(packaging("completions/hark")).unwrap());
    let script = world.file("completions", script);
    let complete = |words: &str, at: usize| {
        let last = words.split(' ').next_back().unwrap();
        let ask = format!(
            "source '{}'; COMP_WORDS=({words}); COMP_CWORD={at}; _hark hark '{last}' ''; \
             printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            script.display()
        );
        let output = world.command("bash").args(["--norc", "-c", &ask]).output().unwrap();
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(complete("hark stat", 1), ["status"]);
    assert_eq!(complete("hark messages --sea", 2), ["--search"]);
    assert_eq!(complete("hark autostart o", 2), ["on", "off"]);
}

#[tokio::test]
async fn settings_are_checked_before_they_take_effect() {
    let world = World::new();
    world.settings("[subscriptions.a]\nurl = \"http://a.example/\"\n");
    let path = shown(&world.path("profile/config/config.toml"));
    assert_eq!(world.hark(&["config", "path"]).await.ok(), format!("{path}\n"));
    let said = world.hark(&["config", "check"]).await.ok();
    assert_eq!(said, format!("{path} is well: 1 subscription.\n"));
    world.settings("[subscriptions.a]\nurl = \"http://a.example/\"\nretri = 1\n");
    world.hark(&["config", "check"]).await.refused(&["line 3", "retri"]);
    world.settings("[subscriptions.a]\nurl = \"http://a.example/\"\n");
    world.file("profile/config/presets/odd.toml", "nothing = 1\n");
    world.hark(&["config", "check"]).await.refused(&["odd.toml"]);
}

#[tokio::test]
async fn a_subscriptions_part_is_edited_and_only_what_is_well_is_saved() {
    let mut world = World::new();
    let server = Server::start().await;
    world.follow(&[("news", "http://127.0.0.1:9/"), ("other", "http://127.0.0.1:9/other")]);
    let _agent = world.agent().await;
    let path = world.path("profile/config/config.toml");
    let before = fs::read_to_string(&path).unwrap();
    world.set("VISUAL", "true");
    assert_eq!(world.hark(&["edit", "news"]).await.ok(), "Nothing was changed.\n");
    world.set("VISUAL", "sed -i s/url/uri/");
    let said = world.hark(&["edit", "news"]).await;
    assert!(said.code != Some(0) && said.err.contains("uri"), "{said:?}");
    world.set("VISUAL", "false");
    world.hark(&["edit", "news"]).await.refused(&["the editor false failed"]);
    assert_eq!(fs::read_to_string(&path).unwrap(), before);
    // No shell is in between.
    let made = world.path("made");
    world.set("VISUAL", format!("true $(touch {})", made.display()));
    assert_eq!(world.hark(&["edit", "news"]).await.ok(), "Nothing was changed.\n");
    assert!(!made.exists());
    // The agent takes up what is saved by itself.
    world.set("VISUAL", format!("sed -i s,127.0.0.1:9/,127.0.0.1:{}/,", server.port()));
    assert_eq!(world.hark(&["edit", "news"]).await.ok(), "Saved news.\n");
    server.streaming(&world).await;
    // A name the agent has before the command ends.
    world.hark(&["rename", "news", "The news"]).await.ok();
    assert_eq!(world.link("news").await["name"], "The news");
    world.hark(&["pause", "The news"]).await.ok();
    let folder = path.parent().unwrap();
    let files = fs::read_dir(folder).unwrap().flatten().map(|entry| entry.file_name());
    let left: Vec<_> = files.filter(|name| name.to_string_lossy().contains("edited")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn the_log_is_shown_and_followed() {
    let world = World::new();
    world.hark(&["logs"]).await.refused(&["no log"]);
    let server = Server::start().await;
    world.follow(&[("news", &server.url("/"))]);
    let _agent = world.agent().await;
    let client = server.streaming(&world).await;
    let log = world.hark(&["logs"]).await.ok();
    assert!(log.contains("following subscription=\"news\""), "{log}");
    assert_eq!(world.hark(&["logs", "-n", "1"]).await.ok().lines().count(), 1);
    let mut following = world.start_hark("logs", &["logs", "--follow"]);
    following.line("kind=\"opened\"", LONG).await;
    drop(client);
    following.line("kind=\"lost\"", LONG).await;
}
