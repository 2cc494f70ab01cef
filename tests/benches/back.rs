//! How soon the first notification comes after a real server was killed and is back, while somebody
//! publishes all the time; beside `curl` in a loop, which dials once a second.
//!
//! `cargo bench --bench back -- ntfy 200ms 5` measures one server and pace alone, five times.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a bench")]

use std::{
    env,
    time::{Duration, Instant},
};

use hark_tests::{
    LONG, Running, World, bus::Bus, eventually, fake::Notifications, load::Load, nchan::Nchan,
    real_ntfy::RealNtfy,
};
use tokio::time::{sleep, timeout};

const RESTARTS: usize = 20;
/// How long a server stays away.
const DOWN: Duration = Duration::from_secs(2);
/// How long somebody publishes before.
const LOAD: Duration = Duration::from_secs(1);
/// Nobody waits for longer.
const GIVEN_UP: Duration = Duration::from_secs(150);
const PACES: [(&str, Duration); 2] =
    [("200ms", Duration::from_millis(200)), ("20ms", Duration::from_millis(20))];

/// A server that can be killed.
enum Server<'a> {
    Ntfy(RealNtfy<'a>),
    Nchan(Nchan<'a>),
}

impl<'a> Server<'a> {
    async fn start(world: &'a World, name: &str) -> Option<Self> {
        match name {
            "ntfy" => RealNtfy::start(world).await.map(Self::Ntfy),
            _ => Some(Self::Nchan(Nchan::start(world).await)),
        }
    }

    fn url(&self) -> String {
        match self {
            Self::Ntfy(ntfy) => ntfy.url("news"),
            Self::Nchan(nchan) => nchan.url("news"),
        }
    }

    /// Where it is told to publish.
    fn way_in(&self) -> (u16, &'static str) {
        match self {
            Self::Ntfy(ntfy) => (ntfy.port, "/news"),
            Self::Nchan(nchan) => (nchan.port(), "/pub/news"),
        }
    }

    async fn stop(&mut self) {
        match self {
            Self::Ntfy(ntfy) => ntfy.kill(),
            // It says goodbye to its subscribers, as at each upgrade.
            Self::Nchan(nchan) => nchan.stop().await,
        }
    }

    async fn start_again(&mut self) {
        match self {
            Self::Ntfy(ntfy) => ntfy.start_again().await,
            Self::Nchan(nchan) => nchan.start_again().await,
        }
    }
}

fn main() {
    let asked: Vec<String> = env::args().skip(1).filter(|it| !it.starts_with('-')).collect();
    let wanted = |name: &str, among: &[&str]| {
        let named = asked.iter().any(|it| among.contains(&it.as_str()));
        !named || asked.iter().any(|it| it == name)
    };
    let restarts = asked.iter().find_map(|it| it.parse().ok()).unwrap_or(RESTARTS);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        println!("{:<44} {:>12}   aim", "figure", "here");
        for server in ["ntfy", "nchan"] {
            for (pace, every) in PACES {
                if wanted(server, &["ntfy", "nchan"]) && wanted(pace, &["200ms", "20ms"]) {
                    back(server, pace, every, restarts).await;
                }
            }
        }
    });
}

async fn back(name: &str, pace: &str, every: Duration, restarts: usize) {
    let (mut hark, mut curl) = (Vec::new(), Vec::new());
    for _ in 0..restarts {
        // An agent of its own each time: a link that was lost a moment ago would back off.
        let mut world = World::new();
        let bus = Bus::start(&mut world).await;
        let mut desktop = Notifications::start(&bus).await;
        let Some(mut server) = Server::start(&world, name).await else { return };
        let url = server.url();
        world.settings(&format!("[subscriptions.news]\nurl = \"{url}\"\nfeed = \"{name}\"\n"));
        let _agent = world.agent().await;
        world.caught_up("news").await;
        let peer = curl_in_a_loop(&world, &url);
        let (port, path) = server.way_in();
        let load = Load::start(port, path, every);
        timeout(LONG, desktop.calls.recv()).await.unwrap().unwrap();
        sleep(LOAD).await;
        server.stop().await;
        sleep(DOWN).await;
        server.start_again().await;
        let (begun, first) = (Instant::now(), load.next());
        let alerted = async {
            loop {
                let call = desktop.calls.recv().await.unwrap();
                if number(&call.body).is_some_and(|number| number >= first) {
                    return call.at.saturating_duration_since(begun);
                }
            }
        };
        let printed = async {
            // It is looked at every 25 ms.
            eventually("curl prints a message", GIVEN_UP, async || {
                let out = peer.out();
                let new = out.lines().rev().take(50).filter_map(number).any(|it| it >= first);
                new.then_some(begun.elapsed()).ok_or("it does not")
            })
            .await
        };
        let (alerted, printed) = tokio::join!(timeout(GIVEN_UP, alerted), printed);
        hark.push(alerted.unwrap_or(GIVEN_UP));
        curl.push(printed);
    }
    print(&format!("{name} back to Notify, one in {pace}"), &mut hark, "1 s");
    print(&format!("{name} back to curl in a loop, one in {pace}"), &mut curl, "");
}

/// The last number that a text tells: of the message, or of the latest that a digest quotes.
fn number(text: &str) -> Option<usize> {
    let (_, rest) = text.rsplit_once("message ")?;
    let digits = rest.find(|it: char| !it.is_ascii_digit()).unwrap_or(rest.len());
    rest[..digits].parse().ok()
}

/// What the simplest client does.
fn curl_in_a_loop(world: &World, url: &str) -> Running {
    let mut command = world.command("sh");
    let script = "while :; do curl --no-buffer --silent --noproxy '*' \
                  --header 'Accept: text/event-stream' \"$1\"; sleep 1; done";
    command.args(["-c", script, "sh", url]);
    Running::start(world, "curl", command)
}

fn print(figure: &str, samples: &mut [Duration], aim: &str) {
    samples.sort();
    let of = |share: f64| samples[((samples.len() - 1) as f64 * share).round() as usize];
    println!(
        "{figure:<44} {:>10.2} s   {aim:<4} (median of {}; slowest {:.2} s)",
        of(0.5).as_secs_f64(),
        samples.len(),
        of(1.0).as_secs_f64()
    );
}
