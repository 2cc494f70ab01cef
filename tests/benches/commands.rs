//! How long commands take: `hark status` as a whole, beside a program that does nothing; and how soon after a
//! loss its handler runs.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a bench")]

use std::time::{Duration, Instant};

use hark_tests::{
    LONG, World, eventually,
    figures::{heading, milliseconds, print, quantile},
    sse::Server,
};
use jiff::Timestamp;

/// How often each command is run.
const RUNS: usize = 200;
/// Subscriptions that are lost in turn, since one alone may not dial so often.
const LINKS: usize = 40;
/// How often each is lost.
const LOSSES: usize = 3;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        heading();
        status().await;
        handlers().await;
    });
}

/// The median, and what 99 of 100 are below.
fn median_and_99(samples: &mut [Duration]) -> String {
    let of = |samples: &mut [Duration], share| milliseconds(quantile(samples, share));
    format!("{} / {}", of(samples, 0.5), of(samples, 0.99))
}

async fn status() {
    let (world, server) = (World::new(), Server::start().await);
    world.follow(&[("news", &server.url("/"))]);
    let _agent = world.agent().await;
    let _client = server.streaming(&world).await;
    let hark = hark_tests::hark::program("hark");
    for (name, program, args, aim) in [
        ("hark status", hark.clone(), &["status"][..], "5 ms"),
        ("hark --version", hark, &["--version"], ""),
        ("true (what starting a program costs)", "/bin/true".into(), &[], ""),
    ] {
        let mut took = Vec::new();
        for _ in 0..RUNS {
            let mut command = world.command(&program);
            command.args(args).stdout(std::process::Stdio::null());
            let begun = Instant::now();
            assert!(command.status().unwrap().success());
            took.push(begun.elapsed());
        }
        let both = median_and_99(&mut took);
        print(&format!("{name}, p50 / p99 of {RUNS}"), &both, aim);
    }
}

/// The handler says itself when it runs: `date` prints it, and the history has what it printed.
async fn handlers() {
    let (world, server) = (World::new(), Server::start().await);
    let links: String = (0..LINKS)
        .map(|at| format!("[subscriptions.n{at}]\nurl = \"{}\"\n", server.url(&format!("/{at}"))))
        .collect();
    let handler = "[[handlers]]\nname = \"now\"\non = \"lost\"\ncooldown = \"1ms\"\nat_most = 3600\n\
                   run = [\"date\", \"+%s.%N\"]\n";
    world.settings(&format!("{links}{handler}"));
    let _agent = world.agent().await;
    let mut clients = Vec::new();
    for _ in 0..LINKS {
        clients.push(accepted(&server).await);
    }
    let (mut from_loss, mut from_word) = (Vec::new(), Vec::new());
    for round in 0..LINKS * LOSSES {
        let client = clients.remove(0);
        let cut = Timestamp::now();
        drop(client);
        let ran = eventually("the handler has run", LONG, async || {
            let history = world.hark(&["history", "-n", "1000", "--json"]).await.lines();
            let runs = history.iter().filter(|entry| entry["kind"] == "handler").count();
            if runs <= round {
                return Err(format!("{runs} of {round}"));
            }
            let of = |kind: &str| history.iter().rfind(|entry| entry["kind"] == kind).cloned();
            Ok((of("handler").unwrap(), of("outage").unwrap()))
        })
        .await;
        let time = |text: &str| text.trim().parse::<f64>().unwrap();
        let began = time(ran.0["output"].as_str().unwrap());
        let cut = cut.as_nanosecond() as f64 / 1e9;
        from_loss.push(Duration::from_secs_f64((began - cut).max(0.0)));
        let noticed: Timestamp = ran.1["noticed"].as_str().unwrap().parse().unwrap();
        let noticed = noticed.as_nanosecond() as f64 / 1e9;
        from_word.push(Duration::from_secs_f64((began - noticed).max(0.0)));
        clients.push(accepted(&server).await);
    }
    for (name, took, aim) in [
        ("connection cut → its handler runs", &mut from_loss, ""),
        ("link says so (to the ms) → its handler runs", &mut from_word, "10 ms"),
    ] {
        let both = median_and_99(took);
        print(&format!("{name}, p50 / p99"), &both, aim);
    }
}

async fn accepted(server: &Server) -> hark_tests::sse::Client {
    let mut client = server.client_within(LONG).await.unwrap();
    client.accept().await;
    client.send(": hello\n\n").await;
    client
}
