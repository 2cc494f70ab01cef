//! A driver whose sink keeps nothing for a while.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::time::Duration;

use hark_engine::{
    backoff::{Clients, Law, Retry},
    cursor::Cursor,
    feed::Json,
    heartbeat::Expect,
    message::RawEvent,
    wire::Head,
};

use super::*;
use crate::connection::Route;

/// What was done, and when.
type Done = (i64, &'static str);

struct Fake {
    second: i64,
    keeps: bool,
    done: Vec<Done>,
}

impl Sink for Fake {
    fn now(&self) -> Moment {
        Moment {
            monotonic: Duration::from_secs(self.second.unsigned_abs()),
            wall: Timestamp::from_second(self.second).unwrap(),
        }
    }

    fn ask(&self) -> impl Future<Output = Result<Ask, Cause>> + Send + 'static {
        // It dials for ever.
        std::future::pending()
    }

    fn commit(&mut self, deliveries: &[Delivery], now: Timestamp) -> Result<Committed, String> {
        if !self.keeps {
            return Err("locked".into());
        }
        self.done.extend(deliveries.iter().map(|_| (now.as_second(), "delivery")));
        Ok(Committed::default())
    }

    fn journal(&mut self, entry: &Entry, at: Timestamp) -> Result<(), Full> {
        self.keeps.then(|| self.done.push((at.as_second(), entry.kind()))).ok_or(Full)
    }

    fn backlog_over(&mut self) -> Result<(), Full> {
        self.keeps.then(|| self.done.push((0, "backlog_over"))).ok_or(Full)
    }

    fn changed(&mut self, _: &Link) -> bool {
        true
    }
}

fn driver() -> Driver<Fake> {
    let config = Config {
        recogniser: None,
        feed: Arc::new(Json),
        law: Law { retry: Retry::Backoff, clients: Clients::Few, spread: None },
        expect: Expect::Learn,
        swap: true,
        cursor: Cursor::NONE,
        streamed_before: false,
        begun: None,
        has_ids: None,
        heard_before: None,
        last_message: None,
        kept: None,
        paused: false,
    };
    let mut driver = Driver::new(config, Fake { second: 1_000, keeps: true, done: Vec::new() });
    driver.handle([Input::Start]);
    driver
}

impl Driver<Fake> {
    fn brings(&mut self, arrivals: impl IntoIterator<Item = Arrival>) {
        let conn = *self.connections.keys().next().unwrap();
        let mut arrived = arrivals.into_iter().map(|arrival| (conn, arrival, None)).collect();
        self.take(&mut arrived);
    }
}

fn opened() -> Arrival {
    Arrival::Opened(Head::default())
}

fn event(data: &str) -> Arrival {
    Arrival::Event {
        event: RawEvent { data: data.into(), ..RawEvent::default() },
        id: String::new(),
    }
}

#[tokio::test]
async fn what_is_not_kept_is_kept_later_in_order_and_the_journal_with_its_own_time() {
    let mut driver = driver();
    driver.sink.keeps = false;
    driver.brings([opened(), Arrival::Alive, event("one")]);
    driver.sink.second += 5;
    driver.handle([Input::Deadline]);
    driver.sink.second += 60;
    driver.go_on();
    assert!(driver.sink.done.is_empty() && driver.keep_retry.is_some());
    driver.sink.keeps = true;
    driver.go_on();
    let done = [(1_000, "opened"), (1_065, "delivery"), (0, "backlog_over")];
    assert_eq!(driver.sink.done, done);
    assert!(driver.effects.is_empty() && driver.keep_retry.is_none());
}

#[tokio::test]
async fn a_pause_hangs_up_and_gives_up_the_dial_that_waits() {
    let mut driver = driver();
    driver.brings([opened(), Arrival::Alive]);
    driver.sink.keeps = false;
    driver.brings([event("one")]);
    assert_eq!(driver.connections.len(), 1);
    for times in 0..2_000 {
        driver.command(Command::Pause);
        assert!(driver.connections.is_empty());
        driver.command(Command::Resume);
        assert!(driver.effects.len() <= EFFECTS_MAX + 2, "after {times}");
    }
    driver.command(Command::Pause);
    driver.sink.keeps = true;
    driver.go_on();
    assert!(driver.connections.is_empty(), "nothing is dialled");
    assert_eq!(driver.sink.done[..2], [(1_000, "opened"), (1_000, "delivery")]);
    assert!(driver.effects.is_empty());
    driver.command(Command::Resume);
    assert_eq!(driver.connections.len(), 1);
}

#[tokio::test]
async fn what_a_link_has_still_to_say_at_its_end_is_in_the_journal() {
    let mut driver = driver();
    driver.brings([opened(), Arrival::Alive]);
    driver.sink.keeps = false;
    driver.brings([event("one")]);
    driver.command(Command::Pause);
    driver.sink.keeps = true;
    let (_, commands) = mpsc::channel(1);
    let sink = driver.run(commands).await;
    assert!(sink.done.contains(&(1_000, "paused")), "{:?}", sink.done);
}

#[tokio::test]
async fn the_way_of_a_connection_that_was_hung_up_is_known() {
    let mut driver = driver();
    driver.brings([opened(), Arrival::Alive]);
    let conn = *driver.connections.keys().next().unwrap();
    let local = std::net::Ipv4Addr::LOCALHOST.into();
    let peer = std::net::SocketAddr::new(local, 80);
    driver.connections[&conn].trail.connected(Some(Route { local, peer, is_proxied: false }));
    driver.hang_up(conn);
    assert!(driver.routes.are_others(&[local]), "its own address came or went");
}
