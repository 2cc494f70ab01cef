//! nginx before a push server: its time-outs, its reloads, the end of its workers, and its effect on a
//! stream that it is not configured for. Each is held to the budget of any fault.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::time::{Duration, Instant};

use hark_tests::{
    SHORT, World,
    beat::Beat,
    eventually,
    nchan::Nchan,
    nginx::{Nginx, PLAIN, Site},
    outage::{self, Link},
};
use jiff::{SignedDuration, Timestamp};
use rustix::process::Signal;

/// Longer than any fault here lasts, so that the heartbeat is not what notices it.
const HEARTBEAT: &str = "heartbeat = \"45s\"";
/// How a connection ends with the process that holds it.
const BROKEN_OFF: [&str; 3] = ["truncated", "connection reset", "end of stream"];

#[tokio::test]
async fn a_worker_that_is_killed_takes_the_stream_with_it_for_a_moment() {
    let (world, beat) = (World::new(), Beat::start().await);
    let nginx = Nginx::start(&world, beat.port, PLAIN).await;
    let link = Link::start_at(&world, &beat, &nginx.url("http"), HEARTBEAT).await;
    for (before, signal, name) in [
        (0, Signal::KILL, "nginx: kill -9 of the worker"),
        (1, Signal::TERM, "nginx: its worker ends"),
    ] {
        let broken = Timestamp::now();
        nginx.signal_workers(signal);
        link.lost(before).await;
        // The master has another at once.
        let told = link.back(broken).await;
        link.judge(name, broken, broken, &told, &BROKEN_OFF, Duration::ZERO);
    }
}

#[tokio::test]
async fn a_worker_that_is_frozen_is_missed_and_found_again() {
    let (world, beat) = (World::new(), Beat::start().await);
    let nginx = Nginx::start(&world, beat.port, PLAIN).await;
    let link = Link::start_at(&world, &beat, &nginx.url("http"), "heartbeat = \"3s\"").await;
    let broken = Timestamp::now();
    nginx.signal_workers(Signal::STOP);
    link.down(&["missed heartbeat"]).await;
    nginx.signal_workers(Signal::CONT);
    let mended = Timestamp::now();
    let told = link.back(mended).await;
    link.judge("nginx: SIGSTOP", broken, mended, &told, &["missed heartbeat"], outage::HEARTBEAT);
}

#[tokio::test]
async fn a_reload_that_lets_streams_live_is_no_outage() {
    let (world, beat) = (World::new(), Beat::start().await);
    let site = Site { main: "", ..PLAIN };
    let nginx = Nginx::start(&world, beat.port, site).await;
    let link = Link::start_at(&world, &beat, &nginx.url("http"), HEARTBEAT).await;
    let before = world.journal().await;
    let reloaded = Instant::now();
    nginx.reload(site).await;
    // For longer than a worker is given to end.
    while reloaded.elapsed() < Duration::from_millis(1_500) {
        link.all_stored().await;
    }
    assert_eq!(world.journal().await, before, "the old worker keeps the connection");
}

#[tokio::test]
async fn a_reload_that_ends_its_workers_is_an_outage_of_a_moment() {
    let (world, beat) = (World::new(), Beat::start().await);
    let nginx = Nginx::start(&world, beat.port, PLAIN).await;
    let link = Link::start_at(&world, &beat, &nginx.url("http"), HEARTBEAT).await;
    let broken = Timestamp::now();
    nginx.reload(PLAIN).await;
    link.lost(0).await;
    let told = link.back(broken).await;
    // The old worker has a second to end.
    link.judge("nginx: reload", broken, broken, &told, &BROKEN_OFF, Duration::from_secs(1));
}

#[tokio::test]
async fn a_reload_of_the_push_module_itself_is_an_outage_of_a_moment() {
    let world = World::new();
    let nchan = Nchan::start(&world).await;
    let url = nchan.url("news");
    world.settings(&format!(
        "[subscriptions.news]\nurl = \"{url}\"\n{HEARTBEAT}\nspread = \"1s\"\n"
    ));
    let _agent = world.agent().await;
    nchan.publish("news", "message 0").await;
    world.stored(1).await;
    let broken = Timestamp::now();
    nchan.reload().await;
    nchan.publish("news", "message 1").await;
    assert_eq!(world.stored(2).await[1]["body"], "message 1");
    let outage = world.history().await.into_iter().find(|entry| entry["kind"] == "outage").unwrap();
    let at = |name: &str| outage[name].as_str().unwrap().parse::<Timestamp>().unwrap();
    let (noticed, back) = (at("noticed"), at("recovered"));
    let code = outage["cause"]["code"].as_str().unwrap();
    assert!(BROKEN_OFF.contains(&code), "{outage}");
    assert!(noticed.duration_since(broken) <= SignedDuration::from_secs(1), "{outage}");
    // The spread, and a dial.
    assert!(back.duration_since(noticed) <= SignedDuration::from_secs(2), "{outage}");
    println!(
        "Nchan: reload: {code}; noticed {} ms after it began, back {} ms later",
        noticed.duration_since(broken).as_millis(),
        back.duration_since(noticed).as_millis(),
    );
}

#[tokio::test]
async fn a_server_that_falls_silent_behind_nginx_is_cut_off_then_a_504() {
    let (world, beat) = (World::new(), Beat::start().await);
    let site = Site { server: "proxy_buffering off; proxy_read_timeout 1s;", ..PLAIN };
    let nginx = Nginx::start(&world, beat.port, site).await;
    let link = Link::start_at(&world, &beat, &nginx.url("http"), HEARTBEAT).await;
    let broken = Timestamp::now();
    beat.mute(true);
    link.down(&["HTTP 504"]).await;
    beat.mute(false);
    let mended = Timestamp::now();
    let told = link.back(mended).await;
    let latest = told.outage.latest.clone().unwrap();
    assert_eq!(latest.code, "HTTP 504");
    assert!(latest.sentence.ends_with("Its proxy reaches no server behind it."), "{latest:?}");
    let within = Duration::from_secs(1);
    link.judge("nginx: proxy_read_timeout", broken, mended, &told, &["truncated"], within);
}

#[tokio::test]
async fn a_server_that_is_gone_behind_nginx_is_a_502() {
    let (world, beat) = (World::new(), Beat::start().await);
    let nginx = Nginx::start(&world, beat.port, PLAIN).await;
    let link = Link::start_at(&world, &beat, &nginx.url("http"), HEARTBEAT).await;
    let broken = Timestamp::now();
    beat.answer(Some(""));
    link.down(&["HTTP 502"]).await;
    beat.answer(None);
    let mended = Timestamp::now();
    let told = link.back(mended).await;
    let latest = told.outage.latest.clone().unwrap();
    assert_eq!(latest.code, "HTTP 502");
    assert!(latest.sentence.ends_with("Its proxy reaches no server behind it."), "{latest:?}");
    assert!(!latest.sentence.contains('<'), "nginx's page is not for the person: {latest:?}");
    link.judge("nginx: 502", broken, mended, &told, &BROKEN_OFF, Duration::ZERO);
}

#[tokio::test]
async fn an_nginx_that_compresses_is_not_asked_to() {
    let (world, beat) = (World::new(), Beat::start().await);
    let server = "proxy_buffering off; gzip on; gzip_types *; gzip_min_length 1;";
    let nginx = Nginx::start(&world, beat.port, Site { server, ..PLAIN }).await;
    let link = Link::start_at(&world, &beat, &nginx.url("http"), HEARTBEAT).await;
    let published = Timestamp::now();
    link.all_stored().await;
    let took = Timestamp::now().duration_since(published);
    assert!(took <= SignedDuration::from_secs(1), "{took:?}");
    println!("nginx: gzip: none, a message takes {} ms", took.as_millis());
}

#[tokio::test]
async fn an_nginx_that_begins_to_buffer_is_named_and_found_mended() {
    let (world, beat) = (World::new(), Beat::start().await);
    let nginx = Nginx::start(&world, beat.port, PLAIN).await;
    let link = Link::start_at(&world, &beat, &nginx.url("http"), HEARTBEAT).await;
    let broken = Timestamp::now();
    nginx.reload(Site { server: "proxy_buffering on;", ..PLAIN }).await;
    link.lost(0).await;
    // It holds back even the headers, until the dial's limit ends the wait.
    link.down(&["headers timeout", "missed heartbeat"]).await;
    let told = Timestamp::now();
    let limit = SignedDuration::from_secs(30 + 4);
    assert!(told.duration_since(broken) <= limit, "{:?}", told.duration_since(broken));
    let sentence = eventually("buffering is named", SHORT, async || {
        let latest = link.outages().await.into_iter().next().and_then(|outage| outage.latest);
        latest.map(|cause| cause.sentence).ok_or("no outage")
    })
    .await;
    assert!(sentence.contains("proxy_buffering off"), "{sentence}");
    nginx.reload(PLAIN).await;
    let mended = Timestamp::now();
    let told = link.back(mended).await;
    let within = Duration::from_secs(1);
    link.judge("nginx: proxy_buffering", broken, mended, &told, &BROKEN_OFF, within);
}
