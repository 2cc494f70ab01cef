//! Proxies between an agent and its server: those that the person sets, and nginx before the server.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::time::Duration;

use hark_tests::{
    LONG, Running, SHORT, World,
    beat::Beat,
    eventually, http,
    outage::{Link, there},
};
use jiff::Timestamp;
use tokio::net::TcpStream;

/// Waits until somebody listens.
async fn listens(port: u16) {
    eventually("the proxy listens", SHORT, async || TcpStream::connect(("127.0.0.1", port)).await)
        .await;
}

/// Follows a server through a proxy, which then ends and comes back.
async fn survives(name: &str, scheme: &str, port: u16, start: impl Fn(&World) -> Running) {
    let (world, beat) = (World::new(), Beat::start().await);
    let proxy = start(&world);
    listens(port).await;
    let more = format!("heartbeat = \"3s\"\nproxy = \"{scheme}://127.0.0.1:{port}\"");
    let link = Link::start(&world, &beat, "127.0.0.1", &more).await;
    let broken = Timestamp::now();
    proxy.kill();
    link.down(&["proxy", "connection refused"]).await;
    let _proxy = start(&world);
    listens(port).await;
    let mended = Timestamp::now();
    let told = link.back(mended).await;
    let ends = ["end of stream", "truncated", "connection reset"];
    link.judge(name, broken, mended, &told, &ends, Duration::ZERO);
}

#[tokio::test]
async fn an_http_proxy_that_ends_is_told_and_used_again() {
    if !there("tinyproxy") {
        return;
    }
    let port = http::free_port();
    survives("tinyproxy", "http", port, |world| {
        let settings = format!("Port {port}\nListen 127.0.0.1\nAllow 127.0.0.1\nTimeout 600\n");
        let mut command = world.command("tinyproxy");
        command.arg("-d").arg("-c").arg(world.file("tinyproxy.conf", settings));
        Running::start(world, "tinyproxy", command)
    })
    .await;
}

#[tokio::test]
async fn a_socks_proxy_that_ends_is_told_and_used_again() {
    if !there("microsocks") {
        return;
    }
    let port = http::free_port();
    survives("microsocks", "socks5", port, |world| {
        let mut command = world.command("microsocks");
        command.args(["-i", "127.0.0.1", "-p", &port.to_string()]);
        Running::start(world, "microsocks", command)
    })
    .await;
}

/// nginx before a server, with these settings.
async fn nginx(world: &World, beat: &Beat, settings: &str) -> (u16, Running) {
    let port = http::free_port();
    let folder = world.folder("proxy");
    world.folder("proxy/logs");
    let user = if rustix::process::geteuid().is_root() { "user root;" } else { "" };
    let upstream = beat.port;
    let text = format!(
        "{user} daemon off; pid nginx.pid; worker_processes 1; events {{}}
        http {{
            client_body_temp_path a; proxy_temp_path b; fastcgi_temp_path c; uwsgi_temp_path d;
            scgi_temp_path e; access_log off;
            server {{
                listen 127.0.0.1:{port};
                location / {{
                    proxy_pass http://127.0.0.1:{upstream}; proxy_http_version 1.1;
                    proxy_set_header Connection ''; {settings}
                }}
            }}
        }}"
    );
    world.file("proxy/nginx.conf", text);
    let mut command = world.command("nginx");
    let path = world.get("PATH").unwrap_or_default().to_string_lossy().into_owned();
    command.env("PATH", format!("{path}:/usr/sbin"));
    command.arg("-p").arg(&folder).args(["-e", "logs/error.log", "-c", "nginx.conf"]);
    command.current_dir(&folder);
    let nginx = Running::start(world, "proxy", command);
    listens(port).await;
    (port, nginx)
}

/// Settings of an agent that follows the server through nginx.
fn follow(world: &World, port: u16) {
    world.settings(&format!(
        "[subscriptions.news]\nurl = \"http://127.0.0.1:{port}/events\"\nheartbeat = \"3s\"\n"
    ));
}

#[tokio::test]
async fn a_proxy_that_compresses_is_not_asked_to() {
    let (world, beat) = (World::new(), Beat::start().await);
    let settings = "proxy_buffering off; gzip on; gzip_types *; gzip_min_length 1;";
    let (port, _nginx) = nginx(&world, &beat, settings).await;
    follow(&world, port);
    let _agent = world.agent().await;
    beat.publish();
    assert_eq!(world.stored(1).await[0]["body"], "message 0");
}

#[tokio::test]
async fn a_proxy_that_buffers_is_named() {
    let (world, beat) = (World::new(), Beat::start().await);
    let (port, _nginx) = nginx(&world, &beat, "proxy_buffering on;").await;
    follow(&world, port);
    let _agent = world.agent().await;
    let sentence = eventually("buffering is named", LONG, async || {
        let history = world.history().await;
        let outage = history.iter().find(|entry| entry["kind"] == "outage");
        let sentence = outage.and_then(|outage| outage["cause"]["sentence"].as_str());
        sentence.map(str::to_owned).ok_or(format!("{history:?}"))
    })
    .await;
    assert!(sentence.contains("proxy_buffering off"), "{sentence}");
}
