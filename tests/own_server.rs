//! The page for people who write the server: its answer and its proxies' configurations are run as written,
//! in front of a small server, and `hark doctor` says that all is right; it names whatever is left out of
//! them.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::{fs, path::PathBuf, time::Duration};

use axum::{Router, extract::State, http::HeaderMap, response::Response, routing::get};
use hark_tests::{
    Running, SHORT, World, eventually, http,
    mercure::{Hub, Version},
    ntfy::Ntfy,
    outage::there,
    push::{Served, event_stream},
    sse::Server,
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustix::process::Signal;
use serde_json::{Value, json};

const PAGE: &str = include_str!("../src-tauri/docs/own-server.md");
/// How long the doctor listens: for three heartbeats.
const LISTENS: &str = "3500ms";

/// The block of the page in this language.
fn block(language: &str) -> &'static str {
    let open = format!("\n```{language}\n");
    let mut blocks = PAGE.split(&open).skip(1);
    let block = blocks.next().unwrap_or_else(|| panic!("the page has no {language}"));
    assert!(blocks.next().is_none(), "the page has one {language}");
    block.split_once("```").unwrap().0
}

/// The text with a part of the page replaced, which must be there.
fn put(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from:?} is in the page: {text}");
    text.replace(from, to)
}

/// A small server that does what the page asks for: three kept messages, replay, and a heartbeat
/// this often. Its messages are long enough to be worth compressing.
async fn small_server(heartbeat: Duration) -> Served {
    async fn follow(State(heartbeat): State<Duration>, headers: HeaderMap) -> Response {
        let after = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
        let (out, response) =
            event_stream(&[("cache-control", "no-store"), ("x-accel-buffering", "no")]);
        let mut begin = ": hello\nretry: 5000\n\n".to_owned();
        for id in after.unwrap_or(0) + 1..=3 {
            begin += &format!("id: {id}\ndata: {}\n\n", "message ".repeat(100));
        }
        out.write(begin);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(heartbeat).await;
                if !out.write(": keepalive\n\n") {
                    return;
                }
            }
        });
        response
    }
    Served::start(Router::new().route("/events", get(follow)).with_state(heartbeat)).await
}

/// A world that trusts a certificate for `localhost`, and the files of that.
fn certified() -> (World, PathBuf, PathBuf) {
    let mut params = CertificateParams::new(vec![]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    let mut world = World::new();
    let authority = world.file("ca.pem", issuer.pem());
    world.set("SSL_CERT_FILE", authority);
    let certificate = world.file("certificate.pem", certificate.pem());
    let key = world.file("key.pem", key.serialize_pem());
    (world, certificate, key)
}

/// The page's nginx, changed, before a server.
async fn nginx(upstream: &Served, change: impl Fn(&str) -> String) -> (World, String, Running) {
    let (world, certificate, key) = certified();
    let port = http::free_port();
    let live = "/etc/letsencrypt/live/push.example.com";
    let site = change(block("nginx"));
    let site = put(&site, "443 ssl", &format!("127.0.0.1:{port} ssl"));
    let site = put(&site, &format!("{live}/fullchain.pem"), certificate.to_str().unwrap());
    let site = put(&site, &format!("{live}/privkey.pem"), key.to_str().unwrap());
    let site = put(&site, "server_name push.example.com", "server_name localhost");
    let site = put(&site, "127.0.0.1:8080", &format!("127.0.0.1:{}", upstream.port));
    let user = if rustix::process::geteuid().is_root() { "user root;" } else { "" };
    let text = format!(
        "{user} daemon off; pid nginx.pid; worker_processes 1; events {{}}
        http {{
            client_body_temp_path a; proxy_temp_path b; fastcgi_temp_path c; uwsgi_temp_path d;
            scgi_temp_path e; access_log off;
            # What others may have set for all of their sites.
            gzip on; gzip_types *; gzip_min_length 1; gzip_proxied any;
            # The server asks for no buffer itself; here the page's own line is tried.
            proxy_ignore_headers X-Accel-Buffering;
            {site}
        }}"
    );
    let folder = world.folder("nginx");
    world.folder("nginx/logs");
    world.file("nginx/nginx.conf", text);
    let mut command = world.command("nginx");
    let path = world.get("PATH").unwrap_or_default().to_string_lossy().into_owned();
    command.env("PATH", format!("{path}:/usr/sbin"));
    command.arg("-p").arg(&folder).args(["-e", "logs/error.log", "-c", "nginx.conf"]);
    command.current_dir(&folder);
    let running = Running::start(&world, "nginx", command);
    http::listens(port).await;
    (world, format!("https://localhost:{port}/events"), running)
}

/// The page's Caddy, changed, before a server.
async fn caddy(upstream: &Served, change: impl Fn(&str) -> String) -> (World, String, Running) {
    let (world, certificate, key) = certified();
    let port = http::free_port();
    let site = change(block("caddy"));
    let begin = format!(
        "{{\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust\n}}\n\
         https://localhost:{port} {{\n\tbind 127.0.0.1\n\ttls {} {}\n",
        certificate.display(),
        key.display()
    );
    let site = put(&site, "push.example.com {\n", &begin);
    let site = put(&site, "127.0.0.1:8080", &format!("127.0.0.1:{}", upstream.port));
    let mut command = world.command("caddy");
    command.args(["run", "--adapter", "caddyfile", "--config"]).arg(world.file("Caddyfile", site));
    let running = Running::start(&world, "caddy", command);
    http::listens(port).await;
    (world, format!("https://localhost:{port}/events"), running)
}

/// The doctor's findings, and whether its exit code says that something is wrong.
async fn doctor(world: &World, url: &str, more: &[&str]) -> (Vec<Value>, bool) {
    let answer = world.hark(&[&["doctor", url, "--json", "--for", LISTENS], more].concat()).await;
    let report: Value = serde_json::from_str(&answer.out).unwrap_or_else(|_| panic!("{answer:?}"));
    let findings = report["findings"].as_array().unwrap().clone();
    let wrong = findings.iter().any(|finding| finding["mark"] == "wrong");
    assert_eq!(answer.code, Some(i32::from(wrong)), "{answer:?}");
    (findings, wrong)
}

/// Everything can be judged, and is right.
async fn is_right(world: &World, url: &str) {
    let (findings, _) = doctor(world, url, &[]).await;
    assert!(findings.iter().all(|finding| finding["mark"] == "ok"), "{findings:#?}");
    assert_eq!(findings.len(), 11, "{findings:#?}");
}

/// Exactly this is found, with exactly this line of the page.
async fn is_named(world: &World, url: &str, about: &str, mark: &str, place: &str, line: &str) {
    let (findings, _) = doctor(world, url, &["--feed", "json"]).await;
    let bad = |finding: &&Value| finding["mark"] == "wrong" || finding["mark"] == "warning";
    let bad: Vec<&Value> = findings.iter().filter(bad).collect();
    let [one] = bad.as_slice() else { panic!("{findings:#?}") };
    assert_eq!((one["about"].as_str(), one["mark"].as_str()), (Some(about), Some(mark)), "{one:#}");
    let is_it = |change: &Value| change["place"] == place && change["line"] == line;
    assert!(one["change"].as_array().unwrap().iter().any(is_it), "{line:?} in {one:#}");
}

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn through_the_pages_nginx_all_is_right() {
    let server = small_server(SECOND).await;
    let (world, url, _nginx) = nginx(&server, str::to_owned).await;
    is_right(&world, &url).await;
}

#[tokio::test]
async fn through_the_pages_caddy_all_is_right() {
    if !there("caddy") {
        return;
    }
    let server = small_server(SECOND).await;
    let (world, url, _caddy) = caddy(&server, str::to_owned).await;
    is_right(&world, &url).await;
}

#[tokio::test]
async fn nginx_that_buffers_as_it_does_by_default_is_named() {
    let server = small_server(SECOND).await;
    let line = "proxy_buffering off;";
    let (world, url, _nginx) = nginx(&server, |site| put(site, line, "")).await;
    is_named(&world, &url, "buffering", "wrong", "nginx", line).await;
}

#[tokio::test]
async fn nginx_that_compresses_is_named() {
    let server = small_server(SECOND).await;
    let line = "gzip off;";
    let (world, url, _nginx) = nginx(&server, |site| put(site, line, "")).await;
    is_named(&world, &url, "compression", "warning", "nginx", line).await;
}

#[tokio::test]
async fn nginx_that_ends_what_is_silent_is_named() {
    let server = small_server(SECOND * 60).await;
    let line = "proxy_read_timeout 1h;";
    let short = "proxy_read_timeout 1s;";
    let (world, url, _nginx) = nginx(&server, |site| put(site, line, short)).await;
    is_named(&world, &url, "stream", "wrong", "nginx", line).await;
}

#[tokio::test]
async fn caddy_that_compresses_is_named() {
    if !there("caddy") {
        return;
    }
    let server = small_server(SECOND).await;
    let line = "encode @plain gzip";
    let (world, url, _caddy) = caddy(&server, |site| {
        let site = put(site, line, "encode gzip");
        put(&site, "@plain not path /events*", "")
    })
    .await;
    is_named(&world, &url, "compression", "warning", "caddy", line).await;
}

#[tokio::test]
async fn the_pages_answer_is_right_as_it_stands_there() {
    let (world, server) = (World::new(), Server::start().await);
    let answer = put(block("http"), "\n", "\r\n");
    let url = server.url("/events");
    let serve = async {
        let mut open = Vec::new();
        loop {
            let mut client = server.client_within(Duration::MAX).await.unwrap();
            client.send(&answer).await;
            open.push(client);
        }
    };
    let (findings, _) = tokio::select! {
        findings = doctor(&world, &url, &["--feed", "json"]) => findings,
        () = serve => unreachable!(),
    };
    // It answers the same to whoever comes back, and three seconds are short for a heartbeat.
    let (other, rest): (Vec<_>, Vec<_>) =
        findings.iter().partition(|finding| finding["mark"] != "ok");
    let about: Vec<_> = other.iter().map(|finding| &finding["about"]).collect();
    assert_eq!(about, ["heartbeat", "resume"], "{findings:#?}");
    assert_eq!(rest.len(), 9, "{findings:#?}");
}

/// What it finds of a server that has three events: their ids are right, and so is coming back.
async fn comes_back(feed: &str, url: &str) {
    let world = World::new();
    let answer = world.hark(&["doctor", url, "--json", "--for", "1s"]).await.ok();
    let report: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!((&report["feed"], &report["events"]), (&json!(feed), &json!(3)), "{report:#}");
    for about in ["ids", "resume"] {
        let mut found = report["findings"].as_array().unwrap().iter();
        let found = found.find(|finding| finding["about"] == about).unwrap();
        assert_eq!(found["mark"], "ok", "{found:#}");
    }
}

#[tokio::test]
async fn the_doctor_comes_back_in_each_feeds_own_way() {
    let ntfy = Ntfy::start().await;
    (0..3).for_each(|n| drop(ntfy.publish("door", &n.to_string())));
    comes_back("ntfy", &ntfy.url("/door")).await;
    for version in [Version::Zero, Version::One] {
        let hub = Hub::start(version).await;
        (0..3).for_each(|n| drop(hub.publish("door", &n.to_string())));
        comes_back("mercure", &hub.url("topic=door")).await;
    }
}

#[tokio::test]
async fn ctrl_c_ends_listening_and_what_was_heard_is_judged() {
    let (world, server) = (World::new(), small_server(SECOND).await);
    let url = format!("http://127.0.0.1:{}/events", server.port);
    let mut doctor = world.start_hark("doctor", &["doctor", &url]);
    eventually("it listens", SHORT, async || match doctor.err() {
        err if err.contains("Listening for 60s") => Ok(()),
        err => Err(err),
    })
    .await;
    doctor.signal(Signal::INT);
    assert!(doctor.ended(SHORT).await.success(), "{}{}", doctor.out(), doctor.err());
    assert!(doctor.out().contains("Works: coming back 1 event behind"), "{}", doctor.out());
}

#[tokio::test]
async fn the_doctor_repeats_no_secret() {
    let world = World::new();
    let server = Server::start().await.answering(
        "HTTP/1.1 302 Found\r\nLocation: http://localhost:1/x?to=hidden\r\nContent-Length: 0\r\n\r\n",
    );
    let token = world.file("token", "Authorization: Bearer from-a-file\n");
    let token = format!("@{}", token.display());
    let args = ["doctor", &server.url("/events?key=typed"), "--json", "-H", &token];
    let answer = world.hark(&args).await;
    assert_eq!(answer.code, Some(1), "{answer:?}");
    for secret in ["hidden", "typed", "from-a-file"] {
        assert!(!format!("{answer:?}").contains(secret), "{secret} in {answer:?}");
    }
    // The page that the README links is there.
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md")).unwrap();
    assert!(readme.contains("](src-tauri/docs/own-server.md)"), "the README links the page");
}
