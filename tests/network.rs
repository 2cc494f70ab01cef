//! Each fault of a network, in one that is the test's own: what the history calls it, how long it
//! takes to be noticed, and how long until the stream is back, against the design's budget.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::time::Duration;

use futures_util::future::join_all;
use hark_tests::{
    World,
    beat::Beat,
    outage::{HEARTBEAT, Link, NO_RULES, rule, there},
    skipped, space,
};
use jiff::{SignedDuration, Timestamp};

#[tokio::test]
async fn silence_is_a_missed_heartbeat_whichever_way_is_dead() {
    if !space::enter("silence_is_a_missed_heartbeat_whichever_way_is_dead") || !there("nft") {
        return;
    }
    let (world, beat) = (World::new(), Beat::start().await);
    let link = Link::start(&world, &beat, "127.0.0.1", "heartbeat = \"3s\"").await;
    let port = beat.port;
    for (name, dead) in [
        (
            "silence both ways",
            format!("tcp sport {port} drop; nft add rule inet t c tcp dport {port} drop"),
        ),
        ("silence from the server", format!("tcp sport {port} drop")),
        ("silence to the server", format!("tcp dport {port} drop")),
    ] {
        let fault = rule(&dead).replace("drop; nft add", "drop'; nft 'add");
        link.suffers(name, &fault, NO_RULES, &["missed heartbeat"], HEARTBEAT).await;
    }
}

#[tokio::test]
async fn a_silence_under_a_cadence_is_noticed_at_its_own_deadline() {
    if !space::enter("a_silence_under_a_cadence_is_noticed_at_its_own_deadline") || !there("nft") {
        return;
    }
    let (world, beat) = (World::new(), Beat::start().await);
    let link = Link::start(&world, &beat, "127.0.0.1", "cadence = \"2s\"").await;
    let fault = rule(&format!("tcp sport {} drop", beat.port));
    // 1.5 × cadence + 5 s.
    let dead = Duration::from_secs(8);
    link.suffers("silence, by a cadence", &fault, NO_RULES, &["missed heartbeat"], dead).await;
}

#[tokio::test]
async fn a_reset_is_noticed_with_the_next_packet() {
    if !space::enter("a_reset_is_noticed_with_the_next_packet") || !there("nft") {
        return;
    }
    let (world, beat) = (World::new(), Beat::start().await);
    let link = Link::start(&world, &beat, "127.0.0.1", "heartbeat = \"3s\"").await;
    let fault = rule(&format!("tcp sport {} reject with tcp reset", beat.port));
    // The firewall's resets go to the server; the client is left with silence.
    let causes = ["connection reset", "missed heartbeat", "truncated", "end of stream"];
    link.suffers("reset of the server", &fault, NO_RULES, &causes, HEARTBEAT).await;
    let fault = rule(&format!("tcp dport {} reject with tcp reset", beat.port));
    let causes = ["connection reset"];
    link.suffers("reset of the client", &fault, NO_RULES, &causes, Duration::ZERO).await;
}

#[tokio::test]
async fn a_socket_that_the_kernel_destroys_is_dialled_anew() {
    if !space::enter("a_socket_that_the_kernel_destroys_is_dialled_anew") || !there("ss") {
        return;
    }
    let (world, beat) = (World::new(), Beat::start().await);
    let link = Link::start(&world, &beat, "127.0.0.1", "heartbeat = \"3s\"").await;
    let port = beat.port;
    let broken = Timestamp::now();
    let (_, killed) = space::run(&format!("ss -HKt dport = :{port}"));
    if killed.lines().all(|line| !line.contains(&port.to_string())) {
        skipped(&format!("this kernel destroys no sockets (ss -K): {killed}"));
        return;
    }
    let causes = ["connection reset", "I/O error", "truncated"];
    link.lost(0).await;
    let told = link.back(broken).await;
    link.judge("a destroyed socket", broken, broken, &told, &causes, Duration::ZERO);
}

#[tokio::test]
async fn what_a_server_answers_is_what_the_history_says() {
    let plain = |status: &str| format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
    let later =
        |status: &str| format!("HTTP/1.1 {status}\r\nRetry-After: 2\r\nContent-Length: 0\r\n\r\n");
    let cases = [
        (plain("502 Bad Gateway"), "HTTP 502", 0),
        (plain("504 Gateway Timeout"), "HTTP 504", 0),
        (plain("404 Not Found"), "HTTP 404", 0),
        (later("429 Too Many Requests"), "HTTP 429", 2_000),
        (later("503 Service Unavailable"), "HTTP 503", 2_000),
    ];
    let each = cases.iter().map(async |(answer, code, wait)| {
        let (world, beat) = (World::new(), Beat::start().await);
        let link = Link::start(&world, &beat, "127.0.0.1", "heartbeat = \"3s\"").await;
        let broken = Timestamp::now();
        beat.answer(Some(answer));
        link.down(&[code]).await;
        let answered = Timestamp::now();
        beat.answer(None);
        let told = link.back(answered).await;
        let waited = told.recovered.duration_since(broken);
        assert!(waited >= SignedDuration::from_millis(*wait), "{code}: back after {waited:?}");
        // The stream ends first, and that begins the outage; the latest cause is the answer.
        assert_eq!(told.outage.latest.as_ref().unwrap().code, *code);
        link.judge(code, broken, answered, &told, &["end of stream"], Duration::ZERO);
    });
    join_all(each).await;
}

#[tokio::test]
async fn a_captive_portal_is_named_and_left_when_the_person_says_so() {
    let (world, beat) = (World::new(), Beat::start().await);
    let link = Link::start(&world, &beat, "127.0.0.1", "heartbeat = \"3s\"").await;
    beat.answer(Some(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nLogin",
    ));
    link.down(&["content type"]).await;
    let status = world.link("news").await;
    let sentence = status["phase"]["cause"]["sentence"].as_str().unwrap();
    assert!(sentence.contains("captive portal"), "{status}");
    assert_eq!(status["phase"]["cause"]["class"], "refused");
    // Refused is dialled again after a minute by itself, and at once when the person says so.
    beat.answer(None);
    world.hark(&["resume", "news"]).await.ok();
    let told = link.back(Timestamp::now()).await;
    assert_eq!(told.outage.latest.unwrap().code, "content type");
}
