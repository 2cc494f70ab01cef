//! `hark send`: what arrives at real servers is what was given, with an agent and without one; what is not
//! taken is said; and no credential is anywhere but on its way.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::{fs, path::Path};

use hark_tests::{
    LONG, SHORT, World,
    bus::Bus,
    eventually,
    fake::{Manners, Notifications, USUAL},
    hark, http,
    mercure::{Hub, Posted, Version},
    nchan::Nchan,
    real_ntfy::RealNtfy,
    sse::Server,
};
use serde_json::{Value, json};

/// Everything that a message may have.
const FULL: &[&str] = &[
    "--title",
    "Build é",
    "--priority",
    "high",
    "--tags",
    "ci,main",
    "--click",
    "https://ci.example/7?a=b&c",
];

fn full<'a>(key: &'a str, text: &'a str) -> Vec<&'a str> {
    [&["send", key, text], FULL].concat()
}

/// Checks that no file of the profile or log holds this.
fn is_nowhere(world: &World, secret: &str) {
    let mut folders = vec![world.path("profile"), world.path("log")];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.is_file() {
                files += 1;
                let bytes = fs::read(&path).unwrap();
                let found = bytes.windows(secret.len()).any(|it| it == secret.as_bytes());
                assert!(!found, "{} holds the secret", path.display());
            }
        }
    }
    assert!(files > 3, "{files}");
}

#[tokio::test]
async fn ntfy_holds_what_was_given_with_an_agent_and_without() {
    let world = World::new();
    let Some(ntfy) = RealNtfy::start(&world).await else { return };
    let url = ntfy.url("alerts");
    world.settings(&format!(
        "[subscriptions.a]\nurl = \"{url}\"\nfeed = \"ntfy\"\nname = \"Alerts\"\n"
    ));
    assert_eq!(world.hark(&["send", "a", "without an agent"]).await.ok(), "Sent to Alerts.\n");
    let _agent = world.agent().await;
    world.caught_up("a").await;
    let sent = world.hark(&full("Alerts", "main is \"red\"\nand é")).await.ok();
    assert_eq!(sent, "Sent to Alerts.\n");
    let input = world.file("input", "{\"from\": \"the input\"}\n");
    let sent = world.hark_reading(&["send", "a", "-", "--json"], &input).await.ok();
    let sent: Value = serde_json::from_str(&sent).unwrap();
    assert_eq!(sent, json!({ "subscription": "a", "name": "Alerts" }));

    let held = ntfy.held("alerts").await;
    let texts: Vec<_> = held.iter().map(|it| it["message"].as_str().unwrap()).collect();
    assert_eq!(texts, ["without an agent", "main is \"red\"\nand é", "{\"from\": \"the input\"}"]);
    assert_eq!(held[0]["title"], Value::Null);
    let (title, priority) = (&held[1]["title"], &held[1]["priority"]);
    assert_eq!((title, priority), (&json!("Build é"), &json!(4)));
    assert_eq!(held[1]["tags"], json!(["ci", "main"]));
    assert_eq!(held[1]["click"], "https://ci.example/7?a=b&c");
    // The sender gets it as any other.
    let stored = world.stored(3).await;
    assert_eq!((&stored[1]["title"], &stored[1]["decision"]), (&json!("Build é"), &json!("alert")));
}

#[tokio::test]
async fn what_is_too_long_for_ntfy_is_said_by_hark_as_ntfy_does_not() {
    let world = World::new();
    let Some(ntfy) = RealNtfy::start(&world).await else { return };
    world.settings(&format!("[subscriptions.a]\nurl = \"{}\"\nfeed = \"ntfy\"\n", ntfy.url("a")));
    let longest = "é".repeat(2_047) + "x";
    world.hark(&["send", "a", &longest]).await.ok();
    let longer = longest.clone() + "x";
    world.hark(&["send", "a", &longer]).await.refused(&["4095 bytes", "4096"]);
    let held = ntfy.held("a").await;
    assert_eq!(held.iter().map(|it| &it["message"]).collect::<Vec<_>>(), [&longest]);
}

#[tokio::test]
async fn of_several_topics_one_is_named_and_no_other() {
    let world = World::new();
    let Some(ntfy) = RealNtfy::start(&world).await else { return };
    let url = ntfy.url("one,two");
    world.settings(&format!("[subscriptions.a]\nurl = \"{url}\"\nfeed = \"ntfy\"\n"));
    world.hark(&["send", "a", "x"]).await.refused(&["--topic", "one, two"]);
    world.hark(&["send", "a", "x", "--topic", "three"]).await.refused(&["three", "one, two"]);
    world.hark(&["send", "a", "x", "--topic", "two"]).await.ok();
    let held = ntfy.held("one,two,three").await;
    assert_eq!(held.iter().map(|it| &it["topic"]).collect::<Vec<_>>(), ["two"]);
}

#[tokio::test]
async fn a_token_is_sent_and_is_nowhere_else_and_a_wrong_one_is_said() {
    let mut world = World::new();
    world.set("HARK_LOG", "trace");
    let users = world.folder("ntfy").join("users.db").display().to_string();
    let settings = [("auth-file", users.as_str()), ("auth-default-access", "deny-all")];
    let Some(ntfy) = RealNtfy::start_with(&world, &settings).await else { return };
    let token = ntfy.add_user("me", "correct horse").await;
    let right = world.secret("right", &token);
    let wrong = world.secret("wrong", "tk_wrongwrongwrongwrongwrongwrong");
    let one = |key: &str, own: &Path, publish: &str| {
        let (url, own) = (ntfy.url("alerts"), own.display());
        format!(
            "[subscriptions.{key}]\nurl = \"{url}\"\nfeed = \"ntfy\"\nbearer = {{ file = \"{own}\" \
             }}\n{publish}\n"
        )
    };
    let to_write =
        |path: &Path| format!("publish = {{ bearer = {{ file = \"{}\" }} }}", path.display());
    let all = [
        one("own", &right, ""),
        one("writes", &wrong, &to_write(&right)),
        one("refused", &wrong, ""),
        one("reads", &right, &to_write(&wrong)),
    ];
    world.settings(&all.concat());
    let mut said = String::new();
    for with_agent in [false, true] {
        let agent = if with_agent { Some(world.agent().await) } else { None };
        for key in ["own", "writes"] {
            said += &world.hark(&["send", key, "hello"]).await.ok();
        }
        for key in ["refused", "reads"] {
            let answer = world.hark(&["send", key, "never"]).await;
            answer.refused(&["127.0.0.1", "401", "may write", "publish ="]);
            said += &answer.err;
        }
        if let Some(agent) = agent {
            said += &(agent.out() + &agent.err());
        }
    }
    let headers = [("authorization", format!("Bearer {token}"))];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    let path = "/alerts/json?poll=1&since=all";
    let (status, held) = http::send(ntfy.port, "GET", path, &headers, "").await.unwrap();
    assert_eq!(
        (status, held.matches("\"hello\"").count(), held.contains("never")),
        (200, 4, false)
    );
    for secret in [token.as_str(), "tk_wrong"] {
        assert!(!said.contains(secret), "{said}");
        // The programs that made the token have printed it; what Hark wrote is all else.
        fs::remove_file(world.path("log/ntfy-user.out")).unwrap_or_default();
        fs::remove_file(world.path("log/ntfy-user.err")).unwrap_or_default();
        is_nowhere(&world, secret);
    }
}

#[tokio::test]
async fn a_message_to_nchan_is_read_back_as_it_was_given() {
    let world = World::new();
    let nchan = Nchan::start(&world).await;
    let (url, to) = (nchan.url("news"), format!("http://127.0.0.1:{}/pub/news", nchan.port()));
    let settings =
        |more: &str| format!("[subscriptions.news]\nurl = \"{url}\"\nfeed = \"nchan\"\n{more}\n");
    world.settings(&settings(""));
    world.hark(&["send", "news", "x"]).await.refused(&["publish = { url =", "nchan_publisher"]);

    let _agent = world.agent().await;
    world.caught_up("news").await;
    let connections = world.journal().await;
    world.settings(&settings(&format!("publish = {{ url = \"{to}\" }}")));
    eventually("the settings are taken up", LONG, async || {
        let sent = world.hark(&["send", "news", "two\nlines"]).await;
        if sent.code == Some(0) { Ok(()) } else { Err(sent.err) }
    })
    .await;
    world.hark(&full("news", "main is \"red\"\nand é")).await.ok();
    world.hark(&["send", "news", r#"{"title":"a text"}"#]).await.ok();
    let stored = world.stored(3).await;
    let bodies = hark::bodies(&stored);
    assert_eq!(bodies, ["two\nlines", "main is \"red\"\nand é", r#"{"title":"a text"}"#]);
    let full = &stored[1];
    let found = [&full["title"], &full["priority"], &full["tags"], &full["url"]];
    let wanted = [
        &json!("Build é"),
        &json!(4),
        &json!(["ci", "main"]),
        &json!("https://ci.example/7?a=b&c"),
    ];
    assert_eq!(found, wanted);
    assert_eq!(stored[2]["title"], "", "a text that looks like an object is a text");
    assert_eq!(world.journal().await, connections, "the stream is the same");
}

#[tokio::test]
async fn a_hub_gets_one_form_with_the_token_for_publishing() {
    let world = World::new();
    let hub = Hub::start(Version::One).await;
    hub.protect("to-read");
    hub.let_publish("to-write");
    let (read, write) = (world.secret("read", "to-read"), world.secret("write", "to-write"));
    let settings = |publish: &str| {
        let (url, read) = (hub.url("match=https://a.example/1"), read.display());
        world.settings(&format!(
            "[subscriptions.news]\nurl = \"{url}\"\nfeed = \"mercure\"\nbearer = {{ file = \
             \"{read}\" }}\n{publish}\n"
        ));
    };
    // A token that may only read is its own, and the hub says no.
    settings("");
    world.hark(&["send", "news", "x"]).await.refused(&["401", "may write"]);
    settings(&format!("publish = {{ bearer = {{ file = \"{}\" }} }}", write.display()));
    world.hark(&["send", "news", "a & b"]).await.ok();
    let _agent = world.agent().await;
    world.caught_up("news").await;
    world.hark(&full("news", "c")).await.ok();
    let stored = world.stored(2).await;
    assert_eq!(hark::bodies(&stored), ["a & b", "c"]);
    assert_eq!((&stored[1]["title"], &stored[1]["priority"]), (&json!("Build é"), &json!(4)));

    let posted = |token: &str, data: &str| Posted {
        authorization: Some(format!("Bearer {token}")),
        kind: Some("application/x-www-form-urlencoded".to_owned()),
        body: format!("topic=https%3A%2F%2Fa.example%2F1&data={data}"),
    };
    let found = hub.posted();
    assert_eq!(found[..2], [posted("to-read", "x"), posted("to-write", "a+%26+b")]);
    assert!(found[2].body.starts_with("topic=https%3A%2F%2Fa.example%2F1&data=%7B%22"));
    assert_eq!(found.len(), 3);
    is_nowhere(&world, "to-write");
}

/// An address that sends its clients on.
const MOVED: &str =
    "HTTP/1.1 307 Moved\r\nLocation: https://elsewhere.example/x?y\r\nContent-Length: 0\r\n\r\n";
/// A login, in the place of what was asked for.
const PAGE: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

#[tokio::test]
async fn what_is_not_sent_says_why() {
    let world = World::new();
    let moved = Server::start().await.answering(MOVED);
    let page = Server::start().await.answering(PAGE);
    let down = format!("http://127.0.0.1:{}/t/sse", http::free_port());
    let token = world.secret("token", "s3cret");
    let one = |key: &str, feed: &str, url: &str, more: &str| {
        format!(
            "[subscriptions.{key}]\nurl = \"{url}\"\nfeed = \"{feed}\"\npaused = true\n{more}\n"
        )
    };
    let bearer = format!("bearer = {{ file = \"{}\" }}", token.display());
    let all = [
        one("down", "ntfy", &down, ""),
        one("moved", "ntfy", &moved.url("/t/sse"), &bearer),
        one("page", "ntfy", &page.url("/t/sse"), ""),
        one("clear", "ntfy", "http://ntfy.example/t/sse", &bearer),
        one("missing", "ntfy", &down, "bearer = { file = \"/no/such/file\" }"),
        one("wiki", "wikimedia", "https://stream.wikimedia.org/v2/stream/recentchange", ""),
        one("new", "unknown", "https://a.example/x", ""),
    ];
    world.settings(&all.concat());
    for with_agent in [false, true] {
        let _agent = if with_agent { Some(world.agent().await) } else { None };
        for (key, words) in [
            ("down", &["127.0.0.1", "refused the connection"][..]),
            ("moved", &["redirects", "https://elsewhere.example/x;"]),
            ("page", &["a web page", "instead of taking the message"]),
            ("clear", &["unencrypted", "cleartext_credentials"]),
            ("missing", &["/no/such/file"]),
            ("wiki", &["wikimedia", "ntfy, nchan or mercure"]),
            ("new", &["not known yet"]),
            ("nosuch", &["no subscription", "nosuch"]),
        ] {
            world.hark(&["send", key, "x"]).await.refused(words);
        }
        world.hark(&["send", "down", ""]).await.refused(&["no text"]);
        world
            .hark(&["send", "down", "x", "--priority", "9"])
            .await
            .refused(&["\"9\"", "1 (lowest)"]);
        world.hark(&["send", "down", "x", "--click", "there"]).await.refused(&["\"there\"", "URL"]);
        let large = world.file("large", "x".repeat((64 << 10) + 1));
        world.hark_reading(&["send", "down", "-"], &large).await.refused(&["64 KiB"]);
    }
    world.settings("[subscriptions.a]\nurl = \"https://a.example\"\npublish = \"s3cret\"\n");
    let answer = world.hark(&["send", "a", "x"]).await;
    answer.refused(&["config.toml", "line 3", "publish is {"]);
    assert!(!answer.err.contains("s3cret"), "{answer:?}");
}

#[tokio::test]
async fn an_answer_in_a_notification_is_on_the_server_under_the_topic_of_its_message() {
    let mut world = World::new();
    let bus = Bus::start(&mut world).await;
    let capabilities = &["actions", "body", "inline-reply"];
    let manners = Manners { name: "Plasma", capabilities, ..USUAL };
    let mut screen = Notifications::with(manners, &bus).await;
    let Some(ntfy) = RealNtfy::start(&world).await else { return };
    let url = ntfy.url("door,alerts");
    world.settings(&format!("[subscriptions.a]\nurl = \"{url}\"\nfeed = \"ntfy\"\n"));
    let _agent = world.agent().await;
    world.caught_up("a").await;
    // What is of the second of the first connection was there before it, as far as can be told.
    let asked = eventually("it is asked", LONG, async || {
        ntfy.publish("door", "Open?").await;
        let next = tokio::time::timeout(SHORT / 10, screen.next());
        next.await.map_err(|error| error.to_string())
    });
    let asked = asked.await;
    assert!(asked.actions.iter().any(|(key, _)| key == "inline-reply"), "{asked:?}");
    screen.reply(asked.id, "yes, please").await;
    eventually("ntfy has the answer", LONG, async || {
        let held = ntfy.held("door").await;
        let texts: Vec<_> = held.iter().map(|it| it["message"].as_str().unwrap_or("")).collect();
        if texts.contains(&"yes, please") { Ok(()) } else { Err(format!("{texts:?}")) }
    })
    .await;
    assert_eq!(ntfy.held("alerts").await, [] as [Value; 0]);
}
