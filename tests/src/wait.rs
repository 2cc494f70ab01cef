//! Waiting for a state instead of for a time.

use std::{
    fmt::Display,
    io::{self, Write},
    time::{Duration, Instant},
};

use crate::hark::under_wine;

/// For anything that takes milliseconds, on a busy machine.
pub const SHORT: Duration = Duration::from_secs(15);
/// For what starts a desktop, a web engine or waits out a backoff.
pub const LONG: Duration = Duration::from_secs(60);

const POLL: Duration = Duration::from_millis(25);
/// Where all that asks and answers goes through the one thread of Wine's server.
const POLL_UNDER_WINE: Duration = Duration::from_millis(100);

/// Asks `check` until it answers a value. Its errors say what is seen instead.
///
/// # Panics
/// When the deadline has passed, with the last of these; or where what is asked has not answered for as long again.
pub async fn eventually<T, E: Display>(
    what: &str,
    within: Duration,
    mut check: impl AsyncFnMut() -> Result<T, E>,
) -> T {
    let deadline = Instant::now() + within;
    let poll = if under_wine() { POLL_UNDER_WINE } else { POLL };
    loop {
        let patience = deadline.saturating_duration_since(Instant::now()) + within;
        let Ok(checked) = tokio::time::timeout(patience, check()).await else {
            panic!("{what}: what is asked does not answer")
        };
        match checked {
            Ok(value) => return value,
            Err(seen) if Instant::now() > deadline => {
                panic!("{what}: not within {within:?}. Seen at last: {seen}")
            }
            Err(_) => tokio::time::sleep(poll).await,
        }
    }
}

/// Says why a test is skipped, past the test runner, which keeps what a passing test prints.
pub fn skipped(reason: &str) {
    io::stderr().write_all(format!("skipped: {reason}\n").as_bytes()).unwrap();
}
