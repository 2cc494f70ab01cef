//! Proxies that the person sets.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::time::Duration;

use hark_tests::{
    Running, World,
    beat::Beat,
    http,
    outage::{Link, there},
};
use jiff::Timestamp;

/// Follows a server through a proxy, which then ends and comes back.
async fn survives(name: &str, scheme: &str, port: u16, start: impl Fn(&World) -> Running) {
    let (world, beat) = (World::new(), Beat::start().await);
    let proxy = start(&world);
    http::listens(port).await;
    let more = format!("heartbeat = \"3s\"\nproxy = \"{scheme}://127.0.0.1:{port}\"");
    let link = Link::start(&world, &beat, "127.0.0.1", &more).await;
    let broken = Timestamp::now();
    proxy.kill();
    link.down(&["proxy", "connection refused"]).await;
    let _proxy = start(&world);
    http::listens(port).await;
    let mended = Timestamp::now();
    let told = link.back(mended).await;
    let ends = ["end of stream", "truncated", "connection reset"];
    link.judge(name, broken, mended, &told, &ends, Duration::ZERO);
}

/// tinyproxy, which ends what has been silent for so long.
fn tinyproxy(world: &World, port: u16, timeout_s: u32) -> Running {
    let settings = format!("Port {port}\nListen 127.0.0.1\nAllow 127.0.0.1\nTimeout {timeout_s}\n");
    let mut command = world.command("tinyproxy");
    command.arg("-d").arg("-c").arg(world.file("tinyproxy.conf", settings));
    Running::start(world, "tinyproxy", command)
}

#[tokio::test]
async fn an_http_proxy_that_ends_is_told_and_used_again() {
    if !there("tinyproxy") {
        return;
    }
    let port = http::free_port();
    survives("tinyproxy", "http", port, |world| tinyproxy(world, port, 600)).await;
}

#[tokio::test]
async fn an_http_proxy_that_ends_a_silent_stream_is_no_heartbeat_missed() {
    if !there("tinyproxy") {
        return;
    }
    let (world, beat, port) = (World::new(), Beat::start().await, http::free_port());
    let _proxy = tinyproxy(&world, port, 2);
    http::listens(port).await;
    let more = format!("heartbeat = \"30s\"\nproxy = \"http://127.0.0.1:{port}\"");
    let link = Link::start(&world, &beat, "127.0.0.1", &more).await;
    let broken = Timestamp::now();
    beat.mute(true);
    link.lost(0).await;
    beat.mute(false);
    let mended = Timestamp::now();
    let told = link.back(mended).await;
    let within = Duration::from_secs(2);
    link.judge("tinyproxy: Timeout", broken, mended, &told, &["end of stream"], within);
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
