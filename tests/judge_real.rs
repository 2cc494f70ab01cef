//! The judge in real time: its server on a port, the real executable on the other side of it. Thirty
//! seeds; the same law for what is kept, in which order, and what was lost.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test")]

use std::{env, time::Duration};

use futures_util::future::join_all;
use hark_tests::{
    World, eventually,
    hark::under_wine,
    judge::{Account, Action, Kept, Kind, Pace, Script, Server, Told, law},
};
use jiff::Timestamp;
use serde_json::Value;
use tokio::{
    net::TcpListener,
    time::{sleep, timeout},
};

const SEEDS: u64 = 30;
/// Under Wine, where each start of the agent takes longer.
const SEEDS_UNDER_WINE: u64 = 12;
/// So many runs at a time.
const BESIDE: usize = 6;
/// The last connection brings what was missed, and a silence may delay it by the deadline.
const PATIENCE: Duration = Duration::from_secs(90);
const KEY: &str = "judged";

/// Takes connections while the server is up. While it is down its port is closed.
async fn listen(server: Server, first: TcpListener) {
    let address = first.local_addr().unwrap();
    let mut listener = Some(first);
    loop {
        if !server.is_up() {
            listener = None;
        } else if listener.is_none() {
            listener = TcpListener::bind(address).await.ok();
        }
        let Some(open) = &listener else {
            sleep(Duration::from_millis(10)).await;
            continue;
        };
        if let Ok(Ok((stream, _))) = timeout(Duration::from_millis(10), open.accept()).await {
            tokio::spawn(server.clone().serve(stream));
        }
    }
}

/// What the agent has kept, and the gaps that it reports.
async fn account(world: &World, epoch: Timestamp) -> Account {
    let since = |value: &Value| {
        let at: Option<Timestamp> = value.as_str().and_then(|text| text.parse().ok());
        at.and_then(|at| Duration::try_from(at.duration_since(epoch)).ok()).unwrap_or_default()
    };
    let kept = world.messages().await.into_iter().map(|message| Kept {
        text: message["body"].as_str().unwrap().split_whitespace().next().unwrap().to_owned(),
        at: since(&message["received"]),
        told: if message["decision"] == "backlog" { Told::Backlog } else { Told::Missed },
        alerted: None,
    });
    let kept = kept.collect();
    let history = world.history().await;
    let gaps = history.iter().filter_map(|entry| match entry["kind"].as_str() {
        Some("outage") if entry["gap"] == true => {
            Some((since(&entry["last_heard"]), since(&entry["recovered"])))
        }
        Some("span") if entry["span"] == "missed" => {
            Some((since(&entry["from"]), since(&entry["to"])))
        }
        _ => None,
    });
    Account { kept, gaps: gaps.collect(), ..Account::default() }
}

async fn judge(seed: u64) -> Result<(), String> {
    let script = Script::draw(seed, Pace::Real);
    let epoch = Timestamp::now();
    let server = Server::new(script.manners.clone(), seed, epoch);
    server.publish(script.manners.backlog);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let listening = tokio::spawn(listen(server.clone(), listener));
    let world = World::new();
    let (path, feed) = match script.manners.kind {
        Kind::Plain => ("events", "json"),
        Kind::Ntfy => ("t/sse", "ntfy"),
        Kind::Nchan => ("sub/t", "nchan"),
    };
    let cadence = script.manners.heartbeat.unwrap().as_secs();
    world.settings(&format!(
        "[subscriptions.{KEY}]\nurl = \"http://{address}/{path}\"\nfeed = \"{feed}\"\n\
         cadence = \"{cadence}s\"\n"
    ));
    let mut agent = world.agent().await;
    for (wait, action) in &script.steps {
        sleep(*wait).await;
        server.act(action).await;
        if let Action::Kill(away) = action {
            agent.kill();
            sleep(*away).await;
            agent = world.agent().await;
        }
    }
    server.calm();
    server.publish(1);
    // A gap is written down once the link knows of it, which may be a moment after the last message has
    // come.
    let wanted = format!("seed {seed}: everything is kept or said to be missing");
    eventually(&wanted, PATIENCE, async || {
        let account = account(&world, epoch).await;
        let state = server.state();
        law::exactly_once(&state, &account).and_then(|()| law::gaps(&state, &account))
    })
    .await;
    let account = account(&world, epoch).await;
    agent.kill();
    listening.abort();
    let state = server.state();
    law::exactly_once(&state, &account)?;
    law::in_order(&state, &account)?;
    law::gaps(&state, &account)
}

#[tokio::test]
async fn the_executable_keeps_everything_once_whatever_the_server_does() {
    let only: Option<u64> = env::var("HARK_JUDGE_SEED").ok().and_then(|text| text.parse().ok());
    let count = if under_wine() { SEEDS_UNDER_WINE } else { SEEDS };
    let seeds: Vec<u64> = only.map_or_else(|| (0..count).collect(), |seed| vec![seed]);
    for beside in seeds.chunks(BESIDE) {
        let judged = join_all(beside.iter().map(|&seed| async move { (seed, judge(seed).await) }));
        for (seed, verdict) in judged.await {
            assert_eq!(verdict, Ok(()), "repeat it with HARK_JUDGE_SEED={seed}");
        }
    }
}
