//! Who follows the relay, and who may not: tokens, web pages, names that were made to lead here, other users; a real
//! browser; and one Hark behind another.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::{
    collections::BTreeSet,
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::Path,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    response::Html,
    routing::{get, post},
};
use hark_tests::{
    LONG, Running, SHORT, World, eventually,
    http::free_port,
    push::Served,
    relay::{Follower, Relay, Set},
    skipped,
    sse::Server,
};
use rustix::process::Signal;
use serde_json::Value;
use tokio::net::TcpStream;

#[tokio::test]
async fn who_may_not_ask_is_told_so_and_nothing_else() {
    let set = Set::start("origins = [\"https://dash.example\"]").await;
    let Relay { token, read_only, .. } = &set.relay;
    let bearer = |token: &str| format!("Bearer {token}");
    let messages = "/relay/v1/messages";
    let in_query = |token: &str| format!("{messages}?token={token}");
    let wrong = "0".repeat(64);
    for (path, headers, wanted) in [
        (messages, &[][..], 200),
        ("/metrics", &[], 200),
        (messages, &[("authorization", &*bearer(read_only))], 200),
        ("/metrics", &[("authorization", &*format!("bearer {token}"))], 200),
        (&in_query(read_only), &[("authorization", "")], 200),
        (messages, &[("origin", "https://dash.example")], 200),
        (messages, &[("host", "localhost")], 200),
        ("/v1/health", &[("authorization", "")], 200),
        // No token, a wrong one, the wrong one of two, and one in the wrong place.
        (messages, &[("authorization", "")], 401),
        (messages, &[("authorization", &bearer(&wrong))], 401),
        (messages, &[("authorization", &bearer(&token[..63]))], 401),
        ("/metrics", &[("authorization", "")], 401),
        ("/metrics", &[("authorization", &bearer(read_only))], 403),
        (&in_query(token), &[("authorization", "")], 401),
        (&in_query(&wrong), &[("authorization", "")], 401),
        // A page that is not named, whatever it has; and a name that was made to lead here.
        (messages, &[("origin", "https://evil.example")], 403),
        (messages, &[("origin", "null")], 403),
        ("/v1/health", &[("origin", "https://evil.example"), ("authorization", "")], 403),
        (messages, &[("host", "evil.example")], 403),
        (&in_query(read_only), &[("host", "127.0.0.1.evil.example")], 403),
        ("/v1/health", &[("host", "evil.example:80"), ("authorization", "")], 403),
        (messages, &[("last-event-id", "x")], 400),
        ("/relay/v1/messages?since=x", &[], 400),
        (&format!("{}&since=x", in_query(read_only)), &[("authorization", "")], 400),
        (&format!("{}&bogus=1", in_query(read_only)), &[("authorization", "")], 400),
        (&format!("{}&bogus=1", in_query(&wrong)), &[("authorization", "")], 401),
        ("/v1/status", &[], 404),
    ] {
        let (status, text) = set.relay.answer(path, headers).await;
        assert_eq!(status, wanted, "{path} {headers:?}: {text}");
        assert!(status == 200 || !text.contains(token), "{text}");
        assert!(status != 401 || !text.contains("bogus"), "{text}");
    }
    let response = set.relay.ask(messages, &[("origin", "https://dash.example")]).await.unwrap();
    let header = |name: &str| response.headers().get(name).and_then(|it| it.to_str().ok());
    assert_eq!(header("access-control-allow-origin"), Some("https://dash.example"));
    assert_eq!(header("cache-control"), Some("no-store"));
    // A new token cuts off who came with the old one, and the other one stands.
    let (with_old, with_other) = (
        set.relay.follow("", &[]).await,
        Follower::start(set.relay.port, read_only, "", &[]).await,
    );
    let fresh = set.world.hark(&["relay", "token", "--renew"]).await.ok();
    with_old.ended(SHORT).await;
    assert_eq!(set.relay.answer("/metrics", &[]).await.0, 401);
    let fresh = bearer(fresh.trim());
    assert_eq!(set.relay.answer("/metrics", &[("authorization", &fresh)]).await.0, 200);
    set.has_clients(1).await;
    drop(with_other);
}

#[tokio::test]
async fn on_and_off_are_in_force_once_the_command_has_ended() {
    let world = World::new();
    let _agent = world.agent().await;
    let at = format!("127.0.0.1:{}", free_port());
    world.hark(&["relay", "on", "--listen", &at]).await.ok();
    TcpStream::connect(&at).await.unwrap();
    world.hark(&["relay", "off"]).await.ok();
    TcpStream::connect(&at).await.unwrap_err();
}

#[tokio::test]
async fn no_more_clients_follow_than_may_and_one_that_leaves_makes_room() {
    let set = Set::start("").await;
    let mut all = Vec::new();
    for _ in 0..256 {
        all.push(set.relay.follow("", &[]).await);
    }
    let (status, said) = set.relay.answer("/relay/v1/messages", &[]).await;
    assert!(status == 503 && said.contains("256 clients"), "{status} {said}");
    all.pop();
    eventually("there is room", SHORT, async || {
        match set.relay.answer("/relay/v1/messages", &[]).await.0 {
            200 => Ok(()),
            other => Err(other),
        }
    })
    .await;
}

#[tokio::test]
async fn a_socket_is_for_its_owner_alone() {
    let world = World::new();
    let (folder, socket) = (world.folder("shared"), world.path("shared/relay"));
    world.settings(&format!("[relay]\nsocket = \"{}\"\n", socket.display()));
    let mut agent = world.agent_with(&["--headless"]).await;
    let curl = ["-s", "--max-time", "10", "--unix-socket", socket.to_str().unwrap()];
    let path = "http://localhost/v1/health";
    eventually("it answers", LONG, async || {
        let said = world.run(Path::new("curl"), &[&curl[..], &[path]].concat()).await;
        if said.out.contains("\"ok\":true") { Ok(()) } else { Err(format!("{said:?}")) }
    })
    .await;
    let metrics = [&curl[..], &["http://localhost/metrics"]].concat();
    let metrics = world.run(Path::new("curl"), &metrics).await.ok();
    assert!(metrics.contains("hark_build_info"), "no token is wanted: {metrics}");
    assert_eq!(fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    if rustix::process::geteuid().is_root() {
        // Also where the file's own permissions would let another in.
        for (path, mode) in [(world.path(""), 0o711), (folder, 0o755), (socket.clone(), 0o666)] {
            fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
        }
        let other = ["--reuid", "65534", "--clear-groups", "--regid", "65534", "curl"];
        let said = [&other[..], &curl, &[path]].concat();
        let said = world.run(Path::new("setpriv"), &said).await.ok();
        assert!(said.contains("Only the user who runs this agent"), "{said}");
    } else {
        skipped("another user on the relay's socket: only root can be one");
    }
    agent.signal(Signal::TERM);
    assert!(agent.ended(SHORT).await.success());
    assert!(!socket.exists());
}

/// What a page does that follows the relay: it tells its own server each id, in its order.
const PAGE: &str = "<!doctype html><script>
const source = new EventSource(RELAY)
source.onmessage = (event) => {
    const id = JSON.parse(event.data).id
    if (!event.lastEventId.startsWith(`${id}.`)) throw new Error('another id')
    fetch('/got', { method: 'POST', body: String(id) })
}
</script>";

#[tokio::test]
async fn a_browser_follows_over_a_restart_of_the_agent_and_loses_nothing() {
    let chromium = Path::new("/usr/bin/chromium");
    if !chromium.exists() {
        return skipped("a browser that follows the relay: there is no chromium");
    }
    let got = Arc::<Mutex<Vec<i64>>>::default();
    let page = Arc::<Mutex<String>>::default();
    let (kept, shown) = (got.clone(), page.clone());
    let pages = Served::start(
        Router::new()
            .route("/", get(move || async move { Html(shown.lock().unwrap().clone()) }))
            .route(
                "/got",
                post(move |id: String| async move {
                    kept.lock().unwrap().push(id.parse().unwrap());
                }),
            ),
    )
    .await;
    let origin = format!("http://127.0.0.1:{}", pages.port);
    let mut set = Set::start(&format!("origins = [\"{origin}\"]")).await;
    let Relay { port, read_only, .. } = &set.relay;
    let relay = format!("'http://127.0.0.1:{port}/relay/v1/messages?since=0&token={read_only}'");
    *page.lock().unwrap() = PAGE.replace("RELAY", &relay);
    let mut command = set.world.command(chromium);
    command.args([
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
        "--remote-debugging-port=0",
    ]);
    command.arg(format!("--user-data-dir={}", set.world.folder("browser").display()));
    command.arg(&origin);
    set.publish(50, "before").await;
    let _browser = Running::start(&set.world, "chromium", command);
    let has = async |count: usize| {
        eventually(&format!("the browser has {count}"), LONG, async || {
            let all: BTreeSet<i64> = got.lock().unwrap().iter().copied().collect();
            (all.len() >= count).then_some(()).ok_or(all.len())
        })
        .await;
    };
    has(50).await;
    set.restart().await;
    set.publish(50, "after").await;
    has(100).await;
    let mut all = got.lock().unwrap().clone();
    // Its reports may overtake each other; each comes once.
    all.sort_unstable();
    assert_eq!(all, set.stored_ids().await);
}

/// Writes the settings of one that follows its own server and the relay of another.
fn follows_both(world: &World, port: u16, server: &Server, other: &Relay) {
    let token = world.secret("token", &other.token);
    world.settings(&format!(
        "[relay]\nlisten = \"127.0.0.1:{port}\"\n\
         [subscriptions.own]\nurl = \"{}\"\n\
         [subscriptions.other]\nurl = \"http://127.0.0.1:{}/relay/v1/messages\"\nfeed = \"hark\"\n\
         bearer = {{ file = \"{}\" }}\n",
        server.url("/events"),
        other.port,
        token.display()
    ));
}

/// Waits until the agent has taken up the settings.
async fn is_followed(world: &World, key: &str) {
    eventually(&format!("{key} is followed"), LONG, async || world.ask_link(key).await.map(drop))
        .await;
}

#[tokio::test]
async fn two_harks_follow_each_other_and_no_message_comes_back() {
    let mut first = Set::start("").await;
    first.publish(1, "was there").await;
    first.world.stored(1).await;
    let (second, server, port) = (World::new(), Server::start().await, free_port());
    follows_both(&second, port, &server, &first.relay);
    let _second = second.agent_with(&["--headless"]).await;
    let mut upstream = server.client().await;
    upstream.accept().await;
    second.caught_up("other").await;
    let back = second.relay(port).await;
    // What the first one held is there, and what comes; deleted there, it is gone here.
    first.publish(1, "from the first").await;
    let stored = second.stored(2).await;
    let texts: Vec<_> =
        stored.iter().map(|message| (&message["body"], &message["topic"])).collect();
    let news = "news".into();
    assert_eq!(texts, [(&"was there".into(), &news), (&"from the first".into(), &news)]);
    first.world.hark(&["delete", "1"]).await.ok();
    eventually("it is gone there, too", LONG, async || {
        let left = second.messages().await.len();
        (left == 1).then_some(()).ok_or(left)
    })
    .await;
    // Now the first one follows the second one.
    let token = first.world.secret("token", &back.token);
    let settings = fs::read_to_string(first.world.path("profile/config/config.toml")).unwrap();
    first.world.settings(&format!(
        "{settings}[subscriptions.back]\nurl = \"http://127.0.0.1:{port}/relay/v1/messages\"\n\
         feed = \"hark\"\nbearer = {{ file = \"{}\" }}\n",
        token.display()
    ));
    is_followed(&first.world, "back").await;
    first.world.caught_up("back").await;
    first.publish(1, "once more").await;
    second.stored(2).await;
    upstream.send("id: 1\ndata: {\"body\":\"from the second\"}\n\n").await;
    // What would have come back is before it in the second one's order.
    eventually("the first has what the second received", LONG, async || {
        let all = first.world.messages().await;
        let has = all.iter().any(|message| message["body"] == "from the second");
        has.then_some(()).ok_or_else(|| format!("{all:?}"))
    })
    .await;
    let of = |messages: Vec<Value>| -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        messages.iter().map(|one| (text(&one["subscription"]), text(&one["body"]))).collect()
    };
    let pair = |key: &str, body: &str| (key.to_owned(), body.to_owned());
    let wanted = [
        pair("news", "from the first"),
        pair("news", "once more"),
        pair("back", "from the second"),
    ];
    assert_eq!(of(first.world.messages().await), wanted);
    first.publish(1, "the last").await;
    second.stored(4).await;
    let wanted = [
        pair("other", "from the first"),
        pair("other", "once more"),
        pair("own", "from the second"),
        pair("other", "the last"),
    ];
    assert_eq!(of(second.messages().await), wanted);
}

#[tokio::test]
async fn a_hark_that_would_follow_itself_is_told_so() {
    let set = Set::start("").await;
    let token = set.world.secret("token", &set.relay.token);
    let url = format!("http://127.0.0.1:{}/relay/v1/messages", set.relay.port);
    let settings = fs::read_to_string(set.world.path("profile/config/config.toml")).unwrap();
    set.world.settings(&format!(
        "{settings}[subscriptions.self]\nurl = \"{url}\"\nfeed = \"hark\"\nbearer = {{ file = \"{}\" }}\n",
        token.display()
    ));
    is_followed(&set.world, "self").await;
    let link = set.world.phase("self", "backing_off").await;
    let said = link["phase"]["cause"]["sentence"].as_str().unwrap();
    assert_eq!(link["phase"]["cause"]["class"], "refused");
    assert!(said.contains("409") && said.contains("follow itself"), "{said}");
}
