//! What messages let the person do: each button of a notification, and the requests that messages ask for,
//! which go out as they were shown, to where they may go, and not before a yes.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::{fs, os::unix::fs::PermissionsExt};

use hark_api::{Act, ActOn, Acted, Question, Yes, route};
use hark_tests::{
    LONG, Running, World,
    bus::Bus,
    eventually,
    fake::{Notifications, Notified},
    hark::Answer,
    names::{Answers, Names},
    ntfy::Ntfy,
    opener::Opener,
    recorder::Recorder,
    space,
};
use serde_json::{Value, json};

/// An agent that follows a topic, with a screen that has room for all buttons.
struct Followed {
    ntfy: Ntfy,
    screen: Notifications,
    opener: Opener,
    recorder: Recorder,
    _parts: (Bus, Running),
    // The last to go: what runs in it ends with it.
    world: World,
}

impl Followed {
    async fn start(server: &'static str) -> Self {
        let mut world = World::new();
        let opener = Opener::put(&mut world);
        world.set("DISPLAY", ":none");
        let bus = Bus::start(&mut world).await;
        let mut screen = Notifications::like(server, &bus).await;
        let (ntfy, recorder) = (Ntfy::start().await, Recorder::start().await);
        let url = ntfy.url("/news/sse");
        world.settings(&format!("[subscriptions.news]\nurl = \"{url}\"\nfeed = \"ntfy\"\n"));
        let agent = world.agent().await;
        world.caught_up("news").await;
        ntfy.alerts("news", &mut screen).await;
        Self { ntfy, screen, opener, recorder, _parts: (bus, agent), world }
    }

    /// Publishes a message with these actions; answers its notification and its id.
    async fn publish(&mut self, actions: &Value) -> (Notified, String) {
        let fields = json!({ "title": "Door", "message": "open", "actions": actions });
        self.ntfy.publish_as("message", "news", fields);
        let shown = self.screen.next().await;
        assert_eq!(shown.summary, "Door", "{shown:?}");
        let id = eventually("it is stored", LONG, async || {
            let messages = self.world.messages().await;
            let last = messages.last().filter(|last| last["shown"] == "shown").cloned();
            last.map(|last| last["id"].to_string()).ok_or(format!("{messages:?}"))
        })
        .await;
        (shown, id)
    }

    /// The file of the messages.
    fn database(&self) -> String {
        let path = self.world.path("profile/data/hark.db");
        let path = if path.exists() { path } else { self.world.path("profile/hark.db") };
        path.to_str().unwrap().to_owned()
    }

    /// What Hark itself says next in a notification.
    async fn says(&mut self) -> (String, String) {
        let shown = self.screen.next().await;
        self.screen.dismiss(shown.id).await;
        (shown.summary, shown.body)
    }
}

/// An action that sends a request, and closes the notification then.
fn http(method: &str, url: &str, body: &str) -> Value {
    json!({
        "action": "http", "label": "x", "url": url, "method": method, "body": body, "clear": true,
    })
}

fn request(url: &str) -> Value {
    json!({
        "action": "http", "label": "Close", "url": url, "method": "PUT", "clear": true,
        "headers": { "X-Door": "7", "Cookie": "a=b", "Host": "evil.example", "Connection": "X-Door" },
        "body": "{\"door\":\"shut\"}",
    })
}

/// Checks that it was not done, as this has to be looked at first.
fn asks(answer: &Answer, words: &[&str]) {
    assert_eq!((answer.code, answer.out.as_str()), (Some(1), ""), "{answer:?}");
    for word in words {
        assert!(answer.err.contains(word), "{word}: {answer:?}");
    }
}

#[tokio::test]
async fn each_button_does_what_its_label_says() {
    let mut it = Followed::start("Plasma").await;
    // A program that copies, and notes what.
    let script = format!("#!/bin/sh\ncat > {}\n", it.world.path("copied").display());
    let xclip = it.world.file("bin/xclip", script);
    fs::set_permissions(xclip, fs::Permissions::from_mode(0o755)).unwrap();
    let actions = json!([
        { "action": "view", "label": "<b>Page</b>", "url": "https://a.example/door", "clear": true },
        { "action": "copy", "label": "Code", "value": "4711" },
        request(&it.recorder.url("/door")),
    ]);
    let (shown, id) = it.publish(&actions).await;
    let keys: Vec<&str> = shown.actions.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["default", "open:0", "copy:1", "send:2", "read", "snooze"]);
    assert_eq!(shown.actions[1].1, "<b>Page</b>");

    it.screen.press(shown.id, "copy:1").await;
    eventually("it is copied", LONG, async || {
        let copied = fs::read_to_string(it.world.path("copied")).unwrap_or_default();
        (copied == "4711").then_some(()).ok_or(copied)
    })
    .await;
    // A request is asked for in the window, at the message.
    it.screen.press(shown.id, "send:2").await;
    let started = it.opener.next().await;
    let wanted = [format!("--message={id}"), "--action=3".to_owned()];
    assert_eq!((started.name.as_str(), started.args), ("hark-window", wanted.to_vec()));
    assert!(it.recorder.is_quiet().await);
    // What opens a page is closed where it says so.
    it.screen.press(shown.id, "open:0").await;
    let started = it.opener.next().await;
    assert_eq!(started.name, "xdg-open");
    assert_eq!(started.args, ["https://a.example/door"]);
    assert_eq!(it.screen.next_closed().await, shown.id);

    let (shown, id) = it.publish(&json!([])).await;
    for key in ["open:0", "send:9", "copy:99999999999999999999", "open:0:0", "", "evil"] {
        it.screen.press(shown.id, key).await;
    }
    // What has no such action is shown instead; what is no key is nothing.
    for _ in 0..2 {
        let started = it.opener.next().await;
        assert_eq!(started.args, [format!("--message={id}")], "{started:?}");
    }
    it.screen.press(shown.id, "read").await;
    assert_eq!(it.screen.next_closed().await, shown.id);
    let read = it.world.messages().await.last().unwrap()["read"].clone();
    assert!(read.is_string(), "{read}");

    // For an hour: the next one is held back.
    let (shown, _) = it.publish(&json!([])).await;
    it.screen.press(shown.id, "snooze").await;
    eventually("it is snoozed", LONG, async || {
        let link = it.world.link("news").await;
        if link.to_string().contains("snooze") { Ok(()) } else { Err(link) }
    })
    .await;
    assert!(it.recorder.is_quiet().await);
}

#[tokio::test]
async fn a_message_that_is_gone_by_the_click_says_so() {
    let mut it = Followed::start("Plasma").await;
    let (shown, id) = it.publish(&json!([request(&it.recorder.url("/door"))])).await;
    // The index of texts is of a newer SQLite than the program's, so it does not hear of it.
    let sql = format!("DROP TRIGGER message_text_goes; DELETE FROM message WHERE id = {id}");
    it.world.run("sqlite3".as_ref(), &[&it.database(), &sql]).await.ok();
    it.screen.press(shown.id, "send:0").await;
    let (_, said) = it.says().await;
    assert!(said.contains("not there any more"), "{said}");
    it.world.hark(&["act", &id, "1", "--yes"]).await.refused(&["not there any more"]);
    assert!(it.recorder.is_quiet().await);
}

#[tokio::test]
async fn a_request_is_sent_as_it_was_shown_and_not_before_a_yes() {
    let mut it = Followed::start("Plasma").await;
    let url = it.recorder.url("/door?x=y");
    let (_, id) = it.publish(&json!([request(&url)])).await;
    // Nobody can be asked: it says what it would send.
    let said = it.world.hark(&["act", &id, "1"]).await;
    let origin = format!("http://127.0.0.1:{}", it.recorder.port);
    asks(&said, &["PUT", &origin, &url, "x-door: 7", "{\"door\":\"shut\"}", "--yes"]);
    assert!(!said.err.contains("evil") && !said.err.contains("cookie"), "{said:?}");
    assert!(it.recorder.is_quiet().await);

    let said = it.world.hark(&["act", &id, "1", "--yes"]).await.ok();
    assert!(said.contains("answered 204 No Content"), "{said}");
    let sent = it.recorder.next().await;
    assert_eq!(sent.line, "PUT /door?x=y HTTP/1.1");
    assert_eq!(sent.body, "{\"door\":\"shut\"}");
    let headers: Vec<(&str, &str)> =
        sent.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let host = format!("127.0.0.1:{}", it.recorder.port);
    let agent = format!("hark/{}", env!("CARGO_PKG_VERSION"));
    let wanted = [
        ("accept", "*/*"),
        ("accept-encoding", "identity"),
        ("cache-control", "no-cache"),
        ("content-length", "15"),
        ("host", host.as_str()),
        ("user-agent", agent.as_str()),
        ("x-door", "7"),
    ];
    assert_eq!(headers, wanted);

    // No redirect is followed, and a refusal is told.
    let elsewhere = Recorder::start().await;
    let moved = format!("HTTP/1.1 307 Moved\r\nLocation: {}\r\n\r\n", elsewhere.url("/"));
    it.recorder.answer(moved);
    let said = it.world.hark(&["act", &id, "1", "--yes"]).await;
    said.refused(&["not to where it leads on", "307"]);
    it.recorder.answer("HTTP/1.1 403 Forbidden\r\nSet-Cookie: a=b\r\nContent-Length: 2\r\n\r\nno");
    let said = it.world.hark(&["act", &id, "1", "--yes"]).await;
    said.refused(&["answered 403 Forbidden (no)"]);
    it.recorder.answer("HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n");
    let said = it.world.hark(&["act", &id, "1", "--yes"]).await;
    said.refused(&["the server failed", "500"]);
    for _ in 0..3 {
        it.recorder.next().await;
    }
    let mut elsewhere = elsewhere;
    assert!(elsewhere.is_quiet().await);
}

#[tokio::test]
async fn a_yes_that_is_remembered_is_for_that_method_and_server_alone() {
    let mut it = Followed::start("Plasma").await;
    let other = Recorder::start().await;
    let bearer = json!({
        "action": "http", "label": "x", "url": it.recorder.url("/"), "method": "POST",
        "headers": { "Authorization": "Bearer theirs" },
    });
    let actions = json!([
        http("POST", &it.recorder.url("/a"), ""),
        http("DELETE", &it.recorder.url("/a"), ""),
        http("POST", &other.url("/a"), ""),
        bearer,
    ]);
    let (shown, id) = it.publish(&actions).await;
    it.world.hark(&["act", &id, "1", "--yes", "--remember"]).await.ok();
    assert_eq!(it.recorder.next().await.line, "POST /a HTTP/1.1");
    // From now on the button is enough, and what came of it is told; then it is closed.
    it.screen.press(shown.id, "send:0").await;
    assert_eq!(it.recorder.next().await.line, "POST /a HTTP/1.1");
    let (title, said) = it.says().await;
    assert!(title.contains("Sent") && said.contains("answered 204"), "{title} {said}");
    assert_eq!(it.screen.next_closed().await, shown.id);
    let origin = format!("http://127.0.0.1:{}", it.recorder.port);
    let yes = json!({ "subscription": "news", "origin": origin, "method": "POST" });
    assert_eq!(it.world.hark(&["consents", "--json"]).await.lines(), [yes]);
    for number in ["2", "3", "4"] {
        asks(&it.world.hark(&["act", &id, number]).await, &["--yes"]);
    }
    // Its credential is shown, each time.
    let asked = it.world.hark(&["act", &id, "4"]).await;
    asks(&asked, &["authorization: Bearer theirs", "each time"]);
    it.world.hark(&["act", &id, "4", "--yes", "--remember"]).await.ok();
    let sent = it.recorder.next().await;
    assert!(sent.headers.contains(&("authorization".into(), "Bearer theirs".into())));
    asks(&it.world.hark(&["act", &id, "4"]).await, &["--yes"]);
    // A yes that is taken back is none.
    let take_back = ["consents", "take-back", "news", "POST", &origin];
    it.world.hark(&take_back).await.ok();
    asks(&it.world.hark(&["act", &id, "1"]).await, &["--yes"]);
    it.world.hark(&take_back).await.refused(&["hark consents"]);
    let said = it.world.hark(&["consents"]).await.ok();
    assert_eq!(said, "No message sends a request without asking you.\n");
    it.world.hark(&["act", &id, "1", "--yes", "--remember"]).await.ok();
    assert_eq!(it.recorder.next().await.line, "POST /a HTTP/1.1");
    // It is not for what another topic brings, under the same key.
    let url = it.ntfy.url("/others/sse");
    it.world.settings(&format!("[subscriptions.news]\nurl = \"{url}\"\nfeed = \"ntfy\"\n"));
    eventually("it is asked again", LONG, async || {
        let answer = it.world.hark(&["act", &id, "1"]).await;
        answer.err.contains("--yes").then_some(()).ok_or(format!("{answer:?}"))
    })
    .await;
    // It goes with the subscription.
    it.world.hark(&["remove", "news"]).await.ok();
    it.world.hark(&["act", &id, "1"]).await.refused(&["private network"]);
}

#[tokio::test]
async fn what_is_odd_is_refused_in_a_sentence_and_nothing_is_sent() {
    let mut it = Followed::start("Plasma").await;
    let port = it.recorder.port;
    let (url, large) = (it.recorder.url("/"), "x".repeat(64 << 10));
    let actions = json!([
        http("POST", &url, &large),
        http("CONNECT", &url, ""),
        http("GET", &format!("http://me:pass@127.0.0.1:{port}/"), ""),
        http("GET", &format!("http://localhost:{port}/"), ""),
        http("GET", &format!("http://[::1]:{port}/"), ""),
    ]);
    let (_, id) = it.publish(&actions).await;
    for (number, words) in [
        ("1", "larger than 16 KiB"),
        ("2", "is none of GET, POST"),
        ("3", "no plain http or https address"),
        ("4", "private network"),
        ("5", "private network"),
        ("6", "has no action 6"),
        ("4294967295", "has no action"),
    ] {
        it.world.hark(&["act", &id, number, "--yes"]).await.refused(&[words]);
    }
    it.world.hark(&["act", &id]).await.refused(&["has no link"]);
    it.world.hark(&["act", "99999"]).await.refused(&["not there any more"]);
    // A phone's is shown and not done.
    let broadcast =
        json!([{ "action": "broadcast", "label": "Photo", "extras": { "cmd": "pic" } }]);
    let (_, id) = it.publish(&broadcast).await;
    it.world.hark(&["act", &id, "1", "--yes"]).await.refused(&["on a phone"]);
    let action = it.world.messages().await.last().unwrap()["actions"][0].clone();
    assert_eq!((&action["does"], action["url"].is_null()), (&json!("tell"), true));
    assert!(action["text"].as_str().unwrap().contains("cmd=pic"), "{action}");
    assert!(it.recorder.is_quiet().await);
}

#[tokio::test]
async fn a_name_that_leads_to_this_machine_is_not_dialled() {
    if !space::enter("a_name_that_leads_to_this_machine_is_not_dialled") {
        return;
    }
    let mut it = Followed::start("Plasma").await;
    let names = Names::start_in(&it.world).await;
    let url = format!("http://shop.example:{}/", it.recorder.port);
    let (_, id) = it.publish(&json!([request(&url)])).await;
    let said = it.world.hark(&["act", &id, "1", "--yes"]).await;
    said.refused(&["shop.example", "private network"]);
    assert!(it.recorder.is_quiet().await);
    // Nor is an address of the internet that is this machine's.
    space::must("ip addr add 93.184.216.34/32 dev lo");
    let (_, own) = it.publish(&json!([request("http://93.184.216.34:9/")])).await;
    let said = it.world.hark(&["act", &own, "1", "--yes"]).await;
    said.refused(&["93.184.216.34", "private network"]);
    // The feed's own name may lead here where the feed is, and to no other address in private networks.
    let feed = it.ntfy.url("/news/sse").replace("127.0.0.1", "shop.example");
    it.world.settings(&format!("[subscriptions.news]\nurl = \"{feed}\"\nfeed = \"ntfy\"\n"));
    eventually("the feed is reached by its name", LONG, async || {
        let answer = it.world.hark(&["act", &id, "1", "--yes"]).await;
        (answer.code == Some(0)).then_some(()).ok_or(format!("{answer:?}"))
    })
    .await;
    it.recorder.next().await;
    names.answer(Answers::Elsewhere);
    let said = it.world.hark(&["act", &id, "1", "--yes"]).await;
    said.refused(&["shop.example", "private network"]);
    assert!(it.recorder.is_quiet().await);
}

#[tokio::test]
async fn a_link_that_is_not_what_it_looks_like_is_opened_after_a_yes() {
    let mut it = Followed::start("Plasma").await;
    for (url, opens, words) in [
        ("https://аpple.com/", "https://xn--pple-43d.com/", &["аpple.com is xn--pple-43d.com"][..]),
        (
            "https://bank.example@evil.example/",
            "https://bank.example@evil.example/",
            &["bank.example", "@"],
        ),
    ] {
        let fields = json!({ "title": "Door", "message": "open", "click": url });
        it.ntfy.publish_as("message", "news", fields);
        let shown = it.screen.next().await;
        it.screen.press(shown.id, "default").await;
        let started = it.opener.next().await;
        assert_eq!(
            (started.name.as_str(), started.args[1].as_str()),
            ("hark-window", "--action=0")
        );
        let id = started.args[0].strip_prefix("--message=").unwrap();
        asks(&it.world.hark(&["act", id]).await, words);
        it.world.hark(&["act", id, "--yes"]).await.ok();
        let started = it.opener.next().await;
        assert_eq!((started.name.as_str(), started.args), ("xdg-open", vec![opens.to_owned()]));
        it.screen.dismiss(shown.id).await;
    }
    // What is opened is what the message has by then.
    let fields = json!({ "title": "Door", "message": "open", "click": "https://a.example/old" });
    it.ntfy.publish_as("message", "news", fields);
    let shown = it.screen.next().await;
    let sql = "UPDATE message SET url = 'https://a.example/new' WHERE url LIKE '%/old'";
    it.world.run("sqlite3".as_ref(), &[&it.database(), sql]).await.ok();
    it.screen.press(shown.id, "default").await;
    let started = it.opener.next().await;
    assert_eq!(
        (started.name.as_str(), started.args[0].as_str()),
        ("xdg-open", "https://a.example/new")
    );
    it.screen.dismiss(shown.id).await;
    // What is not allowed says how to allow it.
    let fields = json!({ "title": "Door", "message": "open", "click": "ssh://host.example/" });
    it.ntfy.publish_as("message", "news", fields);
    let shown = it.screen.next().await;
    it.screen.press(shown.id, "default").await;
    let started = it.opener.next().await;
    let id = started.args[0].strip_prefix("--message=").unwrap();
    it.world.hark(&["act", id, "--yes"]).await.refused(&["[links]", "\"ssh\""]);
}

#[tokio::test]
async fn a_yes_to_anything_else_than_is_sent_is_none() {
    let mut it = Followed::start("Plasma").await;
    let (_, id) = it.publish(&json!([request(&it.recorder.url("/door"))])).await;
    let client = it.world.client();
    let language = Some("zh-CN".to_owned());
    let (message, what) = (id.parse().unwrap(), ActOn::Action(0));
    let act = |answer| Act { message, what: what.clone(), answer, language: language.clone() };
    let Acted::Ask { asked } = client.call(&route::ACT, &act(None)).await.unwrap() else {
        panic!()
    };
    let Question::Request { method, origin, url, headers, body, seems, can_remember } =
        asked.clone()
    else {
        panic!("{asked:?}")
    };
    let seen = Question::Request {
        method,
        origin,
        url,
        headers,
        body: format!("{body} "),
        seems,
        can_remember,
    };
    let yes = Yes { asked: seen, remember: true };
    let again = client.call(&route::ACT, &act(Some(yes))).await.unwrap();
    assert_eq!(again, Acted::Ask { asked: asked.clone() });
    assert!(it.recorder.is_quiet().await);
    let yes = Yes { asked, remember: false };
    let done = client.call(&route::ACT, &act(Some(yes))).await.unwrap();
    let Acted::Done { ok: true, sentence } = done else { panic!("{done:?}") };
    assert!(sentence.contains("已发送"), "in the language of who asks: {sentence}");
    it.recorder.next().await;
}

#[tokio::test]
async fn a_request_goes_through_the_proxy_of_its_subscription() {
    let mut it = Followed::start("Plasma").await;
    let url = it.recorder.url("/door");
    let (_, id) = it.publish(&json!([request(&url)])).await;
    let mut proxy = Recorder::start().await;
    let (feed, way) = (it.ntfy.url("/news/sse"), proxy.url("/"));
    it.world.settings(&format!(
        "[subscriptions.news]\nurl = \"{feed}\"\nfeed = \"ntfy\"\nproxy = \"{way}\"\n"
    ));
    // What it asks for the feed says that the settings are in force.
    assert!(proxy.next().await.line.starts_with(&format!("GET {feed}")));
    it.world.hark(&["act", &id, "1", "--yes"]).await.ok();
    let wanted = format!("PUT {url} HTTP/1.1");
    while proxy.next().await.line != wanted {}
    assert!(it.recorder.is_quiet().await);
}
