//! Each fault of a network, in one that is the test's own: what the history calls it, how long it
//! takes to be noticed, and how long until the stream is back, against the design's budget.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::{cell::Cell, time::Duration};

use hark_api::{HistoryEntry, HistoryQuery, Outage, Phase, route};
use hark_tests::{
    LONG, Running, SHORT, World,
    beat::Beat,
    eventually, skipped,
    space::{self, must},
};
use jiff::{SignedDuration, Timestamp};

/// A plain timeout: the server is heard every half second.
const HEARTBEAT: Duration = Duration::from_secs(3);
/// What the design allows beside a deadline, and a dial beside a delay.
const SLACK: Duration = Duration::from_secs(1);
/// A packet that was lost while the network failed is sent again after so long, by Linux.
const RETRANSMIT: Duration = Duration::from_secs(1);

/// An agent that follows a server.
struct Link<'a> {
    world: &'a World,
    beat: &'a Beat,
    _agent: Running,
}

/// An outage that is over.
struct Told {
    outage: Outage,
    recovered: Timestamp,
}

impl<'a> Link<'a> {
    async fn start(world: &'a World, beat: &'a Beat, host: &str, more: &str) -> Self {
        let url = beat.url(host);
        world.settings(&format!(
            "[subscriptions.news]\nurl = \"{url}\"\nspread = \"1s\"\nmanners = \"near\"\n{more}\n"
        ));
        let agent = world.agent().await;
        let link = Self { world, beat, _agent: agent };
        link.all_stored().await;
        link
    }

    /// Publishes one more message and waits until all are stored, each once and in order.
    async fn all_stored(&self) {
        let count = self.beat.publish();
        let messages = eventually("all messages are stored", LONG, async || {
            let messages = self.world.all_messages().await;
            let stored = messages.len();
            (stored >= count).then_some(messages).ok_or(format!("{stored} of {count}"))
        })
        .await;
        let bodies: Vec<_> = messages.into_iter().map(|message| message.body).collect();
        let wanted: Vec<_> = (0..count).map(|number| format!("message {number}")).collect();
        assert_eq!(bodies, wanted);
    }

    /// Waits until the link is down for this reason.
    async fn down(&self, causes: &[&str]) {
        eventually(&format!("it is down by {causes:?}"), LONG, async || {
            match self.world.ask_link("news").await?.phase {
                Phase::BackingOff { cause, .. } if causes.contains(&cause.code.as_str()) => Ok(()),
                other => Err(format!("{other:?}")),
            }
        })
        .await;
        self.beat.publish();
    }

    /// Waits until it streams again, and answers the outage, which must have been over in time:
    /// within a retransmission and the slack after the fault, or after the last delay that was drawn.
    async fn back(&self, mended: Timestamp) -> Told {
        let last = Cell::new(mended);
        eventually("it streams again", LONG, async || {
            match self.world.ask_link("news").await?.phase {
                Phase::Streaming { .. } => Ok(()),
                Phase::BackingOff { retry_at, .. } => {
                    last.set(retry_at.0.max(mended));
                    Err("it waits")
                }
                _ => Err("it dials"),
            }
            .map_err(str::to_owned)
        })
        .await;
        self.all_stored().await;
        let outage = self.outages().await.into_iter().next().expect("an outage is in the history");
        let recovered = outage.recovered.unwrap_or_else(|| panic!("{outage:?}")).0;
        let late = recovered.duration_since(last.get());
        assert!(late <= signed(RETRANSMIT + SLACK), "back {late:?} after it could be: {outage:?}");
        Told { outage, recovered }
    }

    async fn outages(&self) -> Vec<Outage> {
        let entries = self.world.client().call(&route::OUTAGES, &HistoryQuery::default()).await;
        let outages = entries.unwrap().into_iter().filter_map(|entry| match entry {
            HistoryEntry::Outage(outage) => Some(outage),
            HistoryEntry::Span(_) => None,
        });
        outages.collect()
    }

    /// A fault from its beginning to its end.
    async fn suffers(
        &self,
        name: &str,
        fault: &str,
        cure: &str,
        causes: &[&str],
        within: Duration,
    ) {
        let broken = Timestamp::now();
        must(fault);
        self.down(causes).await;
        must(cure);
        let mended = Timestamp::now();
        let told = self.back(mended).await;
        self.judge(name, broken, mended, &told, causes, within);
    }

    fn judge(
        &self,
        name: &str,
        broken: Timestamp,
        mended: Timestamp,
        told: &Told,
        causes: &[&str],
        within: Duration,
    ) {
        let Told { outage, recovered } = told;
        assert!(causes.contains(&outage.cause.code.as_str()), "{name}: {outage:?}");
        assert!(!outage.cause.sentence.is_empty());
        // The deadline counts from the last line, which may have come after the fault: what was on
        // its way arrives.
        let heard = outage.last_heard.map_or(broken, |heard| heard.0.max(broken));
        let noticed = outage.noticed.0.duration_since(heard);
        assert!(noticed <= signed(within + SLACK), "{name}: noticed after {noticed:?}: {outage:?}");
        println!(
            "{name}: {}; noticed {} ms after it began, back {} ms after it ended",
            outage.cause.code,
            outage.noticed.0.duration_since(broken).as_millis(),
            recovered.duration_since(mended).as_millis(),
        );
    }
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap()
}

/// A firewall with this rule.
fn rule(rule: &str) -> String {
    format!(
        "nft add table inet t; nft 'add chain inet t c {{ type filter hook input priority 0; }}'; \
         nft 'add rule inet t c {rule}'"
    )
}

const NO_RULES: &str = "nft flush ruleset";

/// Whether a program is installed.
fn there(program: &str) -> bool {
    let found = space::run(&format!("command -v {program}")).0;
    if !found {
        skipped(&format!("{program} is not installed"));
    }
    found
}

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
    eventually("it is noticed", SHORT, async || {
        if link.outages().await.is_empty() { Err("no outage") } else { Ok(()) }
    })
    .await;
    let told = link.back(broken).await;
    link.judge("a destroyed socket", broken, broken, &told, &causes, Duration::ZERO);
}

#[tokio::test]
async fn what_a_server_or_a_portal_answers_is_what_the_history_says() {
    if !space::enter("what_a_server_or_a_portal_answers_is_what_the_history_says") {
        return;
    }
    let (world, beat) = (World::new(), Beat::start().await);
    let link = Link::start(&world, &beat, "127.0.0.1", "heartbeat = \"3s\"").await;
    let plain = |status: &str| format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
    let later =
        |status: &str| format!("HTTP/1.1 {status}\r\nRetry-After: 2\r\nContent-Length: 0\r\n\r\n");
    for (answer, code, wait) in [
        (plain("502 Bad Gateway"), "HTTP 502", 0),
        (plain("504 Gateway Timeout"), "HTTP 504", 0),
        (plain("404 Not Found"), "HTTP 404", 0),
        (later("429 Too Many Requests"), "HTTP 429", 2),
        (later("503 Service Unavailable"), "HTTP 503", 2),
    ] {
        let broken = Timestamp::now();
        beat.answer(Some(&answer));
        link.down(&[code]).await;
        let told = Timestamp::now();
        beat.answer(None);
        let outage = link.back(told).await;
        assert!(
            outage.recovered.duration_since(told)
                >= SignedDuration::from_millis(wait * 1_000 - 100)
        );
        // The stream ends first, and that begins the outage; the latest cause is the answer.
        assert_eq!(outage.outage.latest.as_ref().unwrap().code, code);
        link.judge(code, broken, told, &outage, &["end of stream"], Duration::ZERO);
    }

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
