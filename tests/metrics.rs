//! The metrics and what is made of them: each is there and right, Prometheus's own checker takes them and the rules,
//! the dashboard asks for none that there is not, and no secret is in any of it.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::{
    collections::BTreeSet,
    env, fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use hark_tests::{LONG, World, eventually, http::free_port, relay::Relay, skipped, sse::Server};
use serde_json::Value;

/// What is in no metric, no log and no answer.
const CANARY: &str = "canary-7f3e-secret";

/// A family's value with these labels.
fn value(metrics: &str, sample: &str) -> Option<f64> {
    let line = metrics.lines().find_map(|line| line.strip_prefix(sample))?;
    line.strip_prefix(' ')?.parse().ok()
}

async fn has(relay: &Relay, sample: &str, wanted: impl Fn(f64) -> bool) -> String {
    eventually(&format!("{sample} is as wanted"), LONG, async || {
        let (_, metrics) = relay.answer("/metrics", &[]).await;
        let found = value(&metrics, sample);
        if found.is_some_and(&wanted) { Ok(metrics) } else { Err(format!("{found:?}\n{metrics}")) }
    })
    .await
}

#[tokio::test]
async fn all_that_happens_is_counted_once_and_no_secret_with_it() {
    let (mut world, server, port) = (World::new(), Server::start().await, free_port());
    world.set("CANARY", CANARY);
    let url = server.url(&format!("/{CANARY}/events"));
    let token = world.secret("token", CANARY);
    let well = world.script_for("well", "exit 0", "exit 0");
    let ill = world.script_for("ill", "exit 1", "exit 1");
    world.settings(&format!(
        "[relay]\nlisten = \"127.0.0.1:{port}\"\n\
         [subscriptions.news]\nurl = \"{url}\"\nbearer = {{ file = \"{}\" }}\n\
         [[subscriptions.news.rules]]\ntag = \"no\"\nthen = \"drop\"\n\
         [[handlers]]\nname = \"well\"\non = \"message\"\nrun = ['{well}']\n\
         [[handlers]]\nname = \"ill\"\non = \"message\"\nrun = ['{ill}']\n",
        token.display()
    ));
    let agent = world.agent_with(&["--headless"]).await;
    let mut upstream = server.streaming(&world).await;
    assert_eq!(upstream.header("authorization"), Some(&*format!("Bearer {CANARY}")));
    let relay = world.relay(port).await;
    let client = relay.follow("since=0", &[]).await;
    world.caught_up("news").await;
    for (id, data) in
        [(1, "{\"title\":\"no\",\"tags\":[\"no\"]}"), (2, "two"), (3, "three"), (3, "three")]
    {
        upstream.send(&format!("id: {id}\ndata: {data}\n\n")).await;
    }
    client.has(2).await;
    for (sample, wanted) in [
        ("hark_events_total{subscription=\"news\",outcome=\"stored\"}", 2.0),
        ("hark_events_total{subscription=\"news\",outcome=\"dropped\"}", 1.0),
        ("hark_events_total{subscription=\"news\",outcome=\"duplicate\"}", 1.0),
        // There is nobody to show them to.
        ("hark_alerts_total{subscription=\"news\",outcome=\"nobody\"}", 2.0),
        ("hark_handler_runs_total{handler=\"well\",outcome=\"ok\"}", 2.0),
        ("hark_handler_runs_total{handler=\"ill\",outcome=\"failed\"}", 2.0),
        ("hark_dials_total{subscription=\"news\",reason=\"start\"}", 1.0),
        ("hark_link_up{subscription=\"news\"}", 1.0),
        ("hark_link_phase{subscription=\"news\",phase=\"streaming\"}", 1.0),
        ("hark_link_phase{subscription=\"news\",phase=\"backing_off\"}", 0.0),
        ("hark_messages_stored{subscription=\"news\"}", 2.0),
        ("hark_relay_clients", 1.0),
        ("hark_relay_messages_sent_total", 2.0),
    ] {
        has(&relay, sample, |found| found == wanted).await;
    }
    // The server ends and refuses: one outage, however often it is dialled.
    let gone = server.port();
    drop((upstream, server));
    let outages = "hark_outages_total{subscription=\"news\",class=\"server\"}";
    has(&relay, outages, |found| found == 1.0).await;
    let dials = "hark_dials_total{subscription=\"news\",reason=\"retry\"}";
    let metrics = has(&relay, dials, |found| found >= 2.0).await;
    assert_eq!(value(&metrics, outages), Some(1.0), "{metrics}");
    assert_eq!(value(&metrics, "hark_link_up{subscription=\"news\"}"), Some(0.0));
    let health: Value =
        serde_json::from_str(&relay.answer("/v1/health", &[("authorization", "")]).await.1)
            .unwrap();
    assert_eq!(health, serde_json::json!({ "ok": true, "up": 0, "down": 1, "paused": 0 }));
    let again = Server::at(gone).await;
    let _upstream = again.streaming(&world).await;
    let metrics = has(&relay, "hark_link_up{subscription=\"news\"}", |found| found == 1.0).await;
    let now = jiff::Timestamp::now().as_second() as f64;
    let heard =
        value(&metrics, "hark_link_heard_timestamp_seconds{subscription=\"news\"}").unwrap();
    assert!((now - heard).abs() < 60.0, "{heard}");
    let started = value(&metrics, "process_start_time_seconds").unwrap();
    assert!((now - started).abs() < 300.0, "{started}");
    let status = fs::read_to_string(format!("/proc/{}/status", agent.pid())).unwrap();
    let rss = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let rss: f64 = rss.trim().trim_end_matches(" kB").trim().parse::<f64>().unwrap() * 1024.0;
    let told = value(&metrics, "process_resident_memory_bytes").unwrap();
    assert!((told / rss - 1.0).abs() < 0.5, "{told}, and it is {rss}");
    checked_metrics(&metrics);
    // What is secret, or may be, is nowhere.
    let seen = format!("{metrics}{:?}", client.events());
    for secret in [CANARY, &*relay.token, &relay.read_only] {
        assert!(!seen.contains(secret), "{secret} in {seen}");
        let holds = world.files_with(secret);
        let own = [
            "config.toml",
            "config.last-good.toml",
            "hark.db",
            "hark.db-wal",
            "token",
            "token.read-only",
        ];
        assert!(holds.iter().all(|name| own.contains(&&**name)), "{secret} in {holds:?}");
    }
    let database = fs::read(world.path("profile/data/hark.db")).unwrap();
    for token in [&relay.token, &relay.read_only] {
        assert!(!database.windows(64).any(|part| part == token.as_bytes()));
    }
    // What is counted of a subscription goes with it.
    world.hark(&["remove", "news"]).await.ok();
    eventually("nothing is told of it", LONG, async || {
        let (_, metrics) = relay.answer("/metrics", &[]).await;
        if metrics.contains("\"news\"") { Err(metrics) } else { Ok(()) }
    })
    .await;
}

/// Prometheus's checker, where it is here.
fn promtool(arguments: &[&str], input: &str) -> Option<(bool, String)> {
    let program = env::var_os("HARK_TEST_PROMTOOL").map(PathBuf::from).filter(|it| it.exists())?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    Some((output.status.success(), String::from_utf8_lossy(&said).into_owned()))
}

fn checked_metrics(metrics: &str) {
    match promtool(&["check", "metrics"], metrics) {
        Some((is_well, said)) => assert!(is_well && said.trim().is_empty(), "{said}\n{metrics}"),
        None => skipped("the metrics before promtool, which is not here"),
    }
}

fn monitoring(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../src-tauri/packaging/monitoring").join(name)
}

#[test]
fn prometheus_takes_the_alert_rules() {
    let path = monitoring("hark.rules.yml");
    match promtool(&["check", "rules", path.to_str().unwrap()], "") {
        Some((is_well, said)) => assert!(is_well && said.contains("rules found"), "{said}"),
        None => skipped("the alert rules before promtool, which is not here"),
    }
}

/// The families of an agent's metrics.
async fn families() -> BTreeSet<String> {
    let (world, port) = (World::new(), free_port());
    world.settings(&format!("[relay]\nlisten = \"127.0.0.1:{port}\"\n"));
    let _agent = world.agent_with(&["--headless"]).await;
    let (_, metrics) = world.relay(port).await.answer("/metrics", &[]).await;
    let names = metrics.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    names.map(|line| line.split(' ').next().unwrap().to_owned()).collect()
}

/// The metrics that a query names.
fn named(query: &str) -> BTreeSet<String> {
    let words = query.split(|char: char| !char.is_alphanumeric() && char != '_');
    words
        .filter(|word| word.starts_with("hark_") || word.starts_with("process_"))
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn dashboard_and_rules_ask_for_metrics_that_there_are() {
    let families = families().await;
    let text = fs::read_to_string(monitoring("grafana.json")).unwrap();
    let dashboard: Value = serde_json::from_str(&text).unwrap();
    for (name, is) in [
        ("uid", dashboard["uid"].is_string()),
        ("title", dashboard["title"].is_string()),
        ("schemaVersion", dashboard["schemaVersion"].as_u64().is_some_and(|it| it >= 36)),
        ("panels", dashboard["panels"].is_array()),
        ("templating", dashboard["templating"]["list"].is_array()),
        ("time", dashboard["time"]["from"].is_string() && dashboard["time"]["to"].is_string()),
    ] {
        assert!(is, "the dashboard has no {name} as Grafana wants it");
    }
    let panels = dashboard["panels"].as_array().unwrap();
    let mut ids = BTreeSet::new();
    let mut asked = BTreeSet::new();
    for panel in panels {
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "an id is there once: {panel}");
        assert!(panel["title"].is_string() && panel["type"].is_string(), "{panel}");
        let [x, y, w, h] = ["x", "y", "w", "h"].map(|it| panel["gridPos"][it].as_u64().unwrap());
        assert!(w > 0 && h > 0 && x + w <= 24, "{y}: {panel}");
        assert_eq!(panel["datasource"]["uid"], "${datasource}");
        for target in panel["targets"].as_array().unwrap() {
            let names = named(target["expr"].as_str().unwrap());
            assert!(!names.is_empty() && target["refId"].is_string(), "{target}");
            asked.extend(names);
        }
    }
    let rules = fs::read_to_string(monitoring("hark.rules.yml")).unwrap();
    let in_rules = named(&rules);
    for name in asked.iter().chain(&in_rules) {
        assert!(families.contains(name), "{name} is no metric; there are {families:?}");
    }
    // What is told and shown nowhere would be of no use, but for these.
    let unused: Vec<_> = families.difference(&asked).map(String::as_str).collect();
    assert_eq!(unused, ["hark_build_info", "hark_link_phase", "process_start_time_seconds"]);
}
