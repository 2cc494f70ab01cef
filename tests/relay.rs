//! The relay: one upstream for all programs of this computer, each at its own speed, from any message on, over
//! restarts; for those who may, and nobody else; and one Hark behind another.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::{
    collections::BTreeSet,
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::Path,
    sync::{Arc, Mutex},
    time::Instant,
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
    relay::{Follower, Light, Relay, events_of},
    skipped,
    sse::{Client, Server},
};
use rustix::process::Signal;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

const CLIENTS: usize = 200;
const STALLED: usize = 20;
const MESSAGES: usize = 2_000;
/// Longer than what the kernel holds for one who does not read, all together.
const TEXT_BYTES: usize = 600;
/// How much more memory the relay of all of them may take: what is held for each, and what is held once. KiB.
const MEMORY_MAX: u64 = 48 << 10;

/// An agent that follows `news` on a server of the test's, and relays.
struct Set {
    world: World,
    server: Server,
    upstream: Client,
    agent: Option<Running>,
    relay: Relay,
    sent: usize,
}

impl Set {
    async fn start(settings: &str) -> Self {
        let (world, server, port) = (World::new(), Server::start().await, free_port());
        let url = server.url("/events");
        world.settings(&format!(
            "[relay]\nlisten = \"127.0.0.1:{port}\"\n{settings}\n[subscriptions.news]\nurl = \"{url}\"\n"
        ));
        let agent = Some(world.agent_with(&["--headless"]).await);
        let upstream = server.streaming(&world).await;
        let relay = world.relay(port).await;
        Self { world, server, upstream, agent, relay, sent: 0 }
    }

    /// Publishes so many messages.
    async fn publish(&mut self, count: usize, text: &str) {
        let mut all = String::new();
        for _ in 0..count {
            self.sent += 1;
            let number = self.sent;
            all +=
                &format!("id: {number}\ndata: {{\"title\":\"{number}\",\"body\":\"{text}\"}}\n\n");
        }
        self.upstream.send(&all).await;
    }

    /// Starts the agent anew, which asks its server from where it was.
    async fn restart(&mut self) {
        let mut agent = self.agent.take().unwrap();
        agent.signal(Signal::TERM);
        assert!(agent.ended(SHORT).await.success());
        self.agent = Some(self.world.agent_with(&["--headless"]).await);
        self.upstream = self.server.streaming(&self.world).await;
        self.relay = self.world.relay(self.relay.port).await;
    }

    async fn stored_ids(&self) -> Vec<i64> {
        self.world.all_messages().await.iter().map(|message| message.id).collect()
    }

    fn memory(&self) -> u64 {
        let pid = self.agent.as_ref().unwrap().pid();
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").trim().parse().unwrap()
    }
}

/// One who asks and then reads nothing.
async fn stalled(relay: &Relay) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let at = format!("127.0.0.1:{}", relay.port).parse().unwrap();
    let mut stream = socket.connect(at).await.unwrap();
    let request = format!(
        "GET /relay/v1/messages HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\r\n",
        relay.token
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// All that one finds who reads at last, up to the end of its connection.
async fn read_at_last(mut stream: TcpStream) -> Vec<i64> {
    let mut bytes = Vec::new();
    // A connection that was cut off may end in a reset.
    let _ = timeout(LONG, stream.read_to_end(&mut bytes)).await.expect("it ends");
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    events_of(&unchunked(&bytes[head..])).0.iter().filter_map(|event| event.id).collect()
}

/// The data of a chunked body (RFC 9112, 7.1), as far as it is there.
fn unchunked(mut body: &[u8]) -> Vec<u8> {
    let mut data = Vec::new();
    while let Some(end) = body.windows(2).position(|two| two == b"\r\n") {
        let size = std::str::from_utf8(&body[..end]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        let rest = &body[end + 2..];
        data.extend_from_slice(&rest[..size.min(rest.len())]);
        body = rest.get(size + 2..).unwrap_or_default();
    }
    data
}

async fn has_clients(set: &Set, count: usize) {
    eventually(&format!("{count} clients follow"), LONG, async || {
        let relay = set.world.hark(&["relay", "--json"]).await.ok();
        let relay: Value = serde_json::from_str(&relay).unwrap();
        let now = relay["clients"].as_array().unwrap().len();
        (now == count).then_some(()).ok_or(now)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenth_that_stalls_holds_back_neither_the_others_nor_memory_and_resumes() {
    let mut set = Set::start("").await;
    let mut clients = Vec::new();
    for _ in 0..CLIENTS - STALLED {
        clients.push(Light::start(&set.relay).await);
    }
    let mut stalling = Vec::new();
    for _ in 0..STALLED {
        stalling.push(stalled(&set.relay).await);
    }
    has_clients(&set, CLIENTS).await;
    let before = set.memory();
    let text = "x".repeat(TEXT_BYTES);
    let begun = Instant::now();
    for _ in 0..MESSAGES / 100 {
        set.publish(100, &text).await;
    }
    let wanted: Vec<i64> = (1..=MESSAGES as i64).collect();
    for client in &clients {
        assert_eq!(client.has(MESSAGES).await.0, wanted);
    }
    let taken = begun.elapsed();
    let more = set.memory().saturating_sub(before);
    assert!(more < MEMORY_MAX, "{more} KiB more");
    // Each has the last one as soon as any: nobody waits for those who do not read.
    set.publish(1, &text).await;
    let mut at = Vec::new();
    for client in &clients {
        at.push(client.has(MESSAGES + 1).await.1);
    }
    let (first, last) = (*at.iter().min().unwrap(), *at.iter().max().unwrap());
    assert!(last - first < SHORT / 5, "{:?} apart, {taken:?} for all", last - first);
    // They are cut off, and come back from where they were.
    has_clients(&set, CLIENTS - STALLED).await;
    let had = read_at_last(stalling.pop().unwrap()).await;
    assert!(had.len() < MESSAGES, "it was cut off: {}", had.len());
    let since = had.last().copied().unwrap_or_default();
    let back = set.relay.follow("", &[("last-event-id", &since.to_string())]).await;
    let rest = back.has(MESSAGES + 1 - had.len()).await;
    assert_eq!([had, rest].concat(), (1..=MESSAGES as i64 + 1).collect::<Vec<_>>());
}

#[tokio::test]
async fn one_that_was_away_over_a_restart_has_exactly_the_ids_of_the_store() {
    let mut set = Set::start("").await;
    let client = set.relay.follow("", &[]).await;
    set.publish(30, "before").await;
    let had = client.has(30).await;
    drop(client);
    set.publish(300, "away").await;
    set.world.caught_up("news").await;
    eventually("all are stored", LONG, async || {
        let stored = set.world.ask_link("news").await?.messages;
        (stored == 330).then_some(()).ok_or_else(|| stored.to_string())
    })
    .await;
    set.restart().await;
    let deleted = set.world.hark(&["delete", "100"]).await;
    assert_eq!(deleted.code, Some(0), "{deleted:?}");
    set.publish(20, "after").await;
    let last = had.last().unwrap().to_string();
    let by_header = set.relay.follow("since=0", &[("last-event-id", &last)]).await;
    let by_query = set.relay.follow(&format!("since={last}"), &[]).await;
    let raw = set.relay.follow("since=0&format=raw", &[]).await;
    by_header.has(319).await;
    set.world.stored(1).await;
    let stored = set.stored_ids().await;
    let behind: Vec<i64> = stored.iter().copied().filter(|id| *id > had[29]).collect();
    assert_eq!(by_header.has(behind.len()).await, behind);
    assert_eq!(by_query.has(behind.len()).await, behind);
    assert_eq!(raw.has(stored.len()).await, stored);
    let first = &raw.messages()[0].data;
    assert_eq!((&first["type"], &first["server_id"]), (&"message".into(), &"1".into()));
    assert_eq!(first["data"], r#"{"title":"1","body":"before"}"#);
    assert!(by_header.of("gap").is_empty(), "{:?}", by_header.of("gap"));
    let gone = by_header.event("removed", |removed| removed["message"] == 100).await;
    assert_eq!(gone["subscription"], "news");
}

#[tokio::test]
async fn upstreams_removals_gaps_and_filters_are_told_as_they_are() {
    let mut set = Set::start("[keep]\nmessages = 20").await;
    let client = set.relay.follow("", &[]).await;
    let other = set.relay.follow("subscription=nosuch", &[]).await;
    client.event("status", |status| status["state"] == "up").await;
    set.publish(1, "one").await;
    let id = client.has(1).await[0];
    set.world.hark(&["delete", &id.to_string()]).await.ok();
    client.event("removed", |removed| removed["message"] == id).await;
    // Over its bound: who comes from before is told, whatever is still there.
    for more in 1..=60 {
        set.publish(1, "more").await;
        client.has(1 + more).await;
    }
    assert!(client.of("gap").is_empty(), "it had each while it was there");
    let late = set.relay.follow(&format!("since={id}"), &[]).await;
    let gap = late.event("gap", |gap| gap["subscription"] == "news").await;
    assert!(gap["after"] == id && gap["up_to"].as_i64().unwrap() > id, "{gap}");
    let stored = set.stored_ids().await;
    assert_eq!(late.has(stored.len()).await, stored);
    let unknown = set.relay.follow("since=100000", &[]).await;
    assert_eq!(unknown.event("gap", |_| true).await["subscription"], Value::Null);
    assert_eq!(unknown.has(stored.len()).await, stored);
    // What goes in the very commit that it came with was never there to be sent.
    set.publish(100, "a flood").await;
    client.has(70).await;
    eventually("the flood is over", LONG, async || {
        let last = client.ids().pop().unwrap();
        (last == 161).then_some(()).ok_or(last)
    })
    .await;
    let had: BTreeSet<i64> = client.ids().into_iter().collect();
    let told = |id: i64| {
        let gaps = client.of("gap");
        let is_in =
            |gap: &Value| gap["after"].as_i64() < Some(id) && gap["up_to"].as_i64() >= Some(id);
        gaps.iter().any(|gap| is_in(&gap.data))
    };
    assert!((1..=161).all(|id| had.contains(&id) || told(id)), "{:?}, {had:?}", client.of("gap"));
    // The server goes away, and comes back.
    let port = set.server.port();
    drop((set.upstream, set.server));
    let down = client.event("status", |status| status["state"] == "down").await;
    assert!(
        down["cause"]["sentence"].as_str().is_some_and(|it| it.contains("127.0.0.1")),
        "{down}"
    );
    let server = Server::at(port).await;
    let _upstream = server.streaming(&set.world).await;
    eventually("it is up again", LONG, async || {
        let last = client.of("status").pop().unwrap().data;
        (last["state"] == "up").then_some(()).ok_or_else(|| last.to_string())
    })
    .await;
    set.world.hark(&["pause", "news"]).await.ok();
    client.event("status", |status| status["state"] == "paused").await;
    assert!(other.events().is_empty(), "{:?}", other.events());
}

#[tokio::test]
async fn what_rules_drop_is_not_relayed_and_what_is_quiet_is() {
    let rules = "[[subscriptions.news.rules]]\ntag = \"no\"\nthen = \"drop\"\n\
                 [[subscriptions.news.rules]]\ntag = \"hush\"\nthen = \"quiet\"";
    let (world, server, port) = (World::new(), Server::start().await, free_port());
    let url = server.url("/");
    world.settings(&format!(
        "[relay]\nlisten = \"127.0.0.1:{port}\"\n[subscriptions.news]\nurl = \"{url}\"\n{rules}\n"
    ));
    let _agent = world.agent_with(&["--headless"]).await;
    let mut upstream = server.streaming(&world).await;
    let client = world.relay(port).await.follow("", &[]).await;
    for (id, tag) in [(1, "no"), (2, "hush"), (3, "yes")] {
        let data = format!("{{\"title\":\"{tag}\",\"tags\":[\"{tag}\"]}}");
        upstream.send(&format!("id: {id}\ndata: {data}\n\n")).await;
    }
    client.has(2).await;
    let titles: Vec<_> =
        client.messages().iter().map(|message| message.data["title"].clone()).collect();
    assert_eq!(titles, ["hush", "yes"]);
}

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
        ("/v1/status", &[], 404),
    ] {
        let (status, text) = set.relay.answer(path, headers).await;
        assert_eq!(status, wanted, "{path} {headers:?}: {text}");
        assert!(status == 200 || !text.contains(token), "{text}");
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
    has_clients(&set, 1).await;
    drop(with_other);
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
    if (String(id) !== event.lastEventId) throw new Error('another id')
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
