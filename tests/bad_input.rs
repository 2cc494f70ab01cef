//! Mistakes of a person or a disk: each has one clear sentence, and loses nothing.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::{fs, os::unix::fs::PermissionsExt};

use hark_api::route::{self, Verb};
use hark_tests::{
    LONG, Running, SHORT, World, eventually,
    hark::{self, clear},
    nchan::Nchan,
    sse::Server,
};

const HTML: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 13\r\nConnection: close\r\n\r\n<html></html>";
const UNAUTHORIZED: &str =
    "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
const NOT_FOUND: &str = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// The user who owns nothing.
const NOBODY: u32 = 65_534;

/// The keys that are followed.
async fn followed(world: &World) -> Vec<String> {
    let status = world.status().await;
    let links = status["links"].as_array().unwrap().iter();
    links.map(|link| link["subscription"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_url_that_is_none_is_not_added() {
    let world = World::new();
    let _agent = world.agent().await;
    for (url, words) in [
        ("ftp://example.org/x", &["ftp", "http"][..]),
        ("builds", &["builds", "http"]),
        ("http://", &["http://"]),
        ("", &["http"]),
        ("file:///etc/passwd", &["file", "http"]),
    ] {
        world.hark(&["add", url]).await.refused(words);
    }
    assert_eq!(followed(&world).await, Vec::<String>::new());
    let settings = fs::read_to_string(world.path("profile/config/config.toml")).unwrap_or_default();
    assert!(!settings.contains("[subscriptions."), "{settings}");
}

#[tokio::test]
async fn a_url_that_is_no_feed_is_not_added() {
    let world = World::new();
    let _agent = world.agent().await;
    for (answer, words) in [
        (HTML, &["127.0.0.1", "text/html"][..]),
        (UNAUTHORIZED, &["127.0.0.1", "401", "credential"]),
        (NOT_FOUND, &["127.0.0.1", "404"]),
    ] {
        let server = Server::start().await.answering(answer);
        world.hark(&["add", &server.url("/some-secret-path")]).await.refused(words);
    }
    assert_eq!(followed(&world).await, Vec::<String>::new());

    // The person may know better.
    let server = Server::start().await.answering(NOT_FOUND);
    world.hark(&["add", &server.url("/later"), "--name", "Later", "--unchecked"]).await.ok();
    assert_eq!(followed(&world).await.len(), 1);
}

/// As a Mercure hub of 1.0-alpha answers a token that is none.
const NO_JWT: &str = "HTTP/1.1 400 Bad Request\r\nWWW-Authenticate: Bearer error=\"invalid_request\"\r\nContent-Type: text/plain\r\nContent-Length: 12\r\nConnection: close\r\n\r\nBad Request\n";

#[tokio::test]
async fn a_bad_request_that_is_about_the_credential_costs_no_cursor_and_asks_for_another() {
    let world = World::new();
    let _agent = world.agent().await;
    let hub = Server::start().await;
    let url = hub.url("/.well-known/mercure?topic=a");
    world.settings(&format!("[subscriptions.news]\nurl = \"{url}\"\nfeed = \"mercure\"\n"));
    let mut client = hub.streaming(&world).await;
    client.send("id: urn:uuid:1\ndata: one\n\n").await;
    world.stored(1).await;
    drop(client);
    for _ in 0..2 {
        let mut client = hub.client().await;
        assert_eq!(client.header("last-event-id"), Some("urn:uuid:1"), "{}", client.request);
        client.send(NO_JWT).await;
        drop(client);
        let link = world.phase("news", "backing_off").await;
        let sentence = link["phase"]["cause"]["sentence"].as_str().unwrap();
        clear(sentence, &["HTTP 400", "credential", "invalid_request"]);
        world.hark(&["resume", "news"]).await.ok();
    }
    drop(hub);
    let hub = Server::start().await.answering(NO_JWT);
    let url = hub.url("/.well-known/mercure?topic=b");
    world.hark(&["add", &url]).await.refused(&["credential", "--token-file"]);
}

const ANSWER: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 65\r\nConnection: close\r\n\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"Hello\"}}]}\n\ndata: [DONE]\n\n";

#[tokio::test]
async fn a_stream_that_is_one_answer_is_not_added_and_followed_all_the_same_it_is_no_storm() {
    let world = World::new();
    let _agent = world.agent().await;
    let server = Server::start().await.answering(ANSWER);
    let url = server.url("/v1/chat/completions");
    world.hark(&["add", &url]).await.refused(&["one answer", "[DONE]", "--unchecked"]);
    assert_eq!(followed(&world).await, Vec::<String>::new());

    world.hark(&["add", &url, "--unchecked", "--name", "Chat"]).await.ok();
    let link = eventually("it is known for what it is", LONG, async || {
        let link = world.link("chat").await;
        let is_known = link["phase"]["cause"]["code"] == "brief streams";
        if is_known { Ok(link) } else { Err(link) }
    })
    .await;
    clear(link["phase"]["cause"]["sentence"].as_str().unwrap(), &["once a minute", "retry:"]);
    let asked = world.messages().await.len() / 2;
    assert_eq!(asked, 5, "as often as it was asked");
    let history = world.history().await;
    assert!(history.iter().filter(|it| it["kind"] == "outage").count() <= 5, "{history:?}");
}

#[tokio::test]
async fn a_host_that_is_unknown_now_is_added_with_a_warning() {
    let world = World::new();
    let _agent = world.agent().await;
    let answer = world.hark(&["add", "http://nowhere.invalid/feed", "--name", "Nowhere"]).await;
    assert_eq!(answer.code, Some(0), "{answer:?}");
    clear(&answer.err, &["nowhere.invalid"]);
    let keys = followed(&world).await;
    assert_eq!(keys.len(), 1);
    let link = world.phase(&keys[0], "backing_off").await;
    clear(link["phase"]["cause"]["sentence"].as_str().unwrap(), &["nowhere.invalid"]);
    let settings = fs::read_to_string(world.path("profile/config/config.toml")).unwrap();
    assert!(settings.contains("http://nowhere.invalid/feed"), "{settings}");
}

#[tokio::test]
async fn what_is_followed_is_not_added_twice() {
    let world = World::new();
    let nchan = Nchan::start(&world).await;
    let _agent = world.agent().await;
    world.hark(&["add", &nchan.url("news")]).await.ok();
    world.hark(&["add", &nchan.url("news")]).await.refused(&["already"]);
    assert_eq!(followed(&world).await.len(), 1);
}

#[tokio::test]
async fn a_key_that_nobody_has_is_named() {
    let world = World::new();
    let _agent = world.agent().await;
    for command in ["remove", "pause", "resume"] {
        world.hark(&[command, "nosuch"]).await.refused(&["nosuch"]);
    }
}

/// The expected routes are the list that the clients are made from: the agent answers each of them, also
/// where it cannot read the request.
#[tokio::test]
async fn every_route_of_the_api_is_answered_and_no_other() {
    let world = World::new();
    let _agent = world.agent().await;
    let client = world.client();
    for (verb, path) in route::ALL {
        // Too much for `GET`, and no JSON for `POST`: nothing is carried out.
        match client.call_raw(*verb, &format!("{path}?limit=no"), "no JSON".into()).await {
            Ok(_) => assert_eq!((*verb, *path), (Verb::Get, "/v1/status"), "it takes nothing"),
            Err(error) => clear(&error.to_string(), &["could not be read"]),
        }
    }
    let error = client.call_raw(Verb::Post, "/v1/nosuch", "{}".into()).await.unwrap_err();
    clear(&error.to_string(), &["does not know that request"]);
}

#[tokio::test]
async fn without_an_agent_the_clients_say_how_to_start_one() {
    let world = World::new();
    for command in [&["status"][..], &["status", "--json"], &["pause"], &["test"]] {
        world.hark(command).await.refused(&["no agent", "hark agent"]);
    }
}

#[tokio::test]
async fn a_wrong_key_in_the_settings_leaves_the_last_good_ones_in_force() {
    let world = World::new();
    let nchan = Nchan::start(&world).await;
    world.follow(&[("news", &nchan.url("news"))]);
    let mut agent = world.agent().await;
    world.phase("news", "streaming").await;

    let bad = format!("[subscriptions.news]\nurl = \"{}\"\n  colour = 1\n", nchan.url("news"));
    world.settings(&bad);
    let sentence = world.told("settings_invalid", true).await;
    clear(&sentence, &["config.toml", "colour", "line 3", "column 3"]);
    assert_eq!(world.link("news").await["phase"]["phase"], "streaming");

    // It still says so after a restart, and the person's file is unchanged.
    agent.signal(rustix::process::Signal::TERM);
    assert!(agent.ended(SHORT).await.success());
    let _agent = world.agent().await;
    clear(&world.told("settings_invalid", true).await, &["line 3", "column 3"]);
    world.phase("news", "streaming").await;
    assert_eq!(fs::read_to_string(world.path("profile/config/config.toml")).unwrap(), bad);
    // Nothing is written into a file that is not understood.
    world.hark(&["add", &nchan.url("other")]).await.refused(&["config.toml"]);
    assert_eq!(fs::read_to_string(world.path("profile/config/config.toml")).unwrap(), bad);

    world.follow(&[("news", &nchan.url("news"))]);
    world.told("settings_invalid", false).await;
}

#[tokio::test]
async fn a_file_that_is_no_toml_is_told_by_line_and_column() {
    let world = World::new();
    world.settings("[subscriptions.news]\nurl = http://no-quotes\n");
    let _agent = world.agent().await;
    clear(&world.told("settings_invalid", true).await, &["config.toml", "line 2", "column 7"]);
}

#[tokio::test]
async fn a_database_that_is_garbage_is_set_aside_and_told() {
    let world = World::new();
    let nchan = Nchan::start(&world).await;
    let garbage = "This is not a database. ".repeat(1_000);
    world.file("profile/data/hark.db", &garbage);
    world.follow(&[("news", &nchan.url("news"))]);
    let _agent = world.agent().await;
    let status = world.status().await;
    let sentence = status["conditions"][0]["sentence"].as_str().unwrap_or_default();
    clear(sentence, &["hark.db"]);
    let kept = fs::read_dir(world.path("profile/data")).unwrap().flatten();
    let mut kept = kept.filter(|entry| fs::read(entry.path()).unwrap() == garbage.as_bytes());
    let kept = kept.next().expect("the garbage is kept").file_name();
    assert_ne!(kept, "hark.db");
    assert!(sentence.contains(kept.to_str().unwrap()), "{sentence} names {}", kept.display());

    world.phase("news", "streaming").await;
    nchan.publish("news", "it works").await;
    assert_eq!(world.stored(1).await[0]["body"], "it works");
}

/// Starts an agent that cannot, as a user who is not root; answers what it said.
async fn fails_to_start(world: &World, words: &[&str]) {
    let mut command = world.command("setpriv");
    // Where root runs the tests, it would be allowed everything.
    let program = world.path("hark");
    fs::copy(hark::program("hark"), &program).unwrap();
    if rustix::process::geteuid().is_root() {
        fs::set_permissions(world.path(""), fs::Permissions::from_mode(0o755)).unwrap();
        command.args([format!("--reuid={NOBODY}"), format!("--regid={NOBODY}")]);
        command.arg("--clear-groups");
    }
    command.arg(program).args(["agent", "--no-tray"]);
    let mut agent = Running::start(world, "agent", command);
    let status = agent.ended(SHORT).await;
    assert!(!status.success() && status.code().is_some(), "{status}");
    clear(&agent.err(), words);
}

#[tokio::test]
async fn a_data_folder_that_may_not_be_written_is_named() {
    let world = World::new();
    let data = world.folder("profile/data");
    for folder in ["profile/config", "profile/data", "profile/state", "profile/run"] {
        let folder = world.folder(folder);
        if rustix::process::geteuid().is_root() {
            std::os::unix::fs::chown(&folder, Some(NOBODY), Some(NOBODY)).unwrap();
        }
    }
    // A folder that others may not enter either is left as it is.
    fs::set_permissions(&data, fs::Permissions::from_mode(0o500)).unwrap();
    fails_to_start(&world, &[data.to_str().unwrap()]).await;
    assert_eq!(fs::read_dir(&data).unwrap().count(), 0);
}

#[tokio::test]
async fn a_data_folder_that_is_a_file_is_named() {
    let world = World::new();
    let data = world.file("profile/data", "mine");
    let mut agent = world.start_hark("agent", &["agent", "--no-tray"]);
    let status = agent.ended(SHORT).await;
    assert!(!status.success() && status.code().is_some(), "{status}");
    clear(&agent.err(), &[&hark::shown(&data)]);
    assert_eq!(fs::read_to_string(&data).unwrap(), "mine");
}

#[tokio::test]
async fn listen_refuses_what_it_cannot_follow() {
    let world = World::new();
    let url = "http://127.0.0.1:1/";
    for (args, words) in [
        (&["ftp://example.org/x"][..], &["ftp", "http"][..]),
        (&["http://me:pw@127.0.0.1:1/"], &["http://me:…@127.0.0.1:1/", "-H @FILE"]),
        (&[url, "--retry", "sometimes"], &["sometimes"]),
        (&[url, "--heartbeat", "soon"], &["soon"]),
        (&[url, "--event-max", "1zz"], &["1zz"]),
        (&[url, "--feed", "nope"], &["nope"]),
        (&[url, "--proxy", "nonsense"], &["nonsense"]),
        (&[url, "-H", "no colon"], &["colon"]),
    ] {
        let said = world.hark(&[&["listen"], args].concat()).await;
        said.refused(words);
        assert_eq!(said.code, Some(2), "{said:?}");
        assert!(!said.err.contains("pw"), "a password is not repeated: {said:?}");
    }
    let unread = world.hark(&["listen", url, "-H", "@/no/such/file"]).await;
    unread.refused(&["/no/such/file"]);
    assert_eq!(unread.code, Some(1), "{unread:?}");
}

#[tokio::test]
async fn add_says_what_is_wrong_with_what_it_was_given() {
    let world = World::new();
    let checked = world.hark(&["config", "check"]).await.ok();
    assert!(checked.starts_with("There is no settings file"), "{checked}");
    let said = world.hark(&["add", "http://me:pw@127.0.0.1:1/"]).await;
    said.refused(&["http://me:…@127.0.0.1:1/"]);
    assert!(!said.err.contains("pw"), "a password is not repeated: {said:?}");
    let tab = ["add", "http://127.0.0.1:1/", "--unchecked", "--name", "a\tb"];
    let said = world.hark(&tab).await;
    said.refused(&["a name holds no tab"]);
    assert!(!said.err.contains("settings file"), "it is not the file's: {said:?}");
}
