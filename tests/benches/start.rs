//! How soon `hark listen` prints its first event after it was started. `cargo xtask cross` runs it on Linux and under
//! Wine, and reads the last word of the line.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a bench")]

use std::{
    io::{BufRead, BufReader},
    process::Stdio,
    time::{Duration, Instant},
};

use hark_tests::{World, figures::quantile, hark, sse::Server};

const RUNS: usize = 20;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (world, server) = (World::new(), Server::start().await);
        // The first one loads what the others find in memory.
        first_event(&world, &server).await;
        let mut took = Vec::new();
        for _ in 0..RUNS {
            took.push(first_event(&world, &server).await);
        }
        let median = quantile(&mut took, 0.5).as_secs_f64() * 1e3;
        println!("hark listen, start to first event, median of {RUNS}, in ms: {median:.1}");
    });
}

async fn first_event(world: &World, server: &Server) -> Duration {
    let mut command = world.command(hark::program("hark"));
    command.args(["listen", &server.url("/"), "--count", "1"]);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let begun = Instant::now();
    let mut listens = command.spawn().unwrap();
    let mut client = server.client().await;
    client.accept().await;
    client.send("id: 1\ndata: first\n\n").await;
    let mut line = String::new();
    BufReader::new(listens.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let took = begun.elapsed();
    assert!(line.contains("first"), "{line}");
    listens.wait().unwrap();
    took
}
