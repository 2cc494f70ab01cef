//! What happens around the agent and makes a dial worthwhile: the computer woke.
//!
//! Hints only: a link never waits for one.

use std::{sync::Arc, time::Duration};

use hark_engine::history::Entry;
use tokio::time::sleep;

use crate::{clock, core::Core, driver::Command};

/// How often the clocks are compared; also the longest that a wake goes unnoticed.
const TICK: Duration = Duration::from_secs(20);
/// A shorter sleep breaks no connection.
const SLEEP_MIN: Duration = Duration::from_secs(2);

/// Watches for as long as the agent runs.
pub async fn run(core: Arc<Core>) {
    let mut slept = clock::slept();
    loop {
        sleep(TICK).await;
        let now_slept = clock::slept();
        let length = now_slept.saturating_sub(slept);
        if length >= SLEEP_MIN {
            slept = now_slept;
            let now = clock::now().wall;
            let asleep_since = now.checked_sub(length).unwrap_or(now);
            core.journal(None, now, &Entry::Woke { asleep_since });
            tell_all(&core, Command::Hint);
        }
    }
}

/// Tells every driver. One whose queue is full has as much to do already.
pub fn tell_all(core: &Core, command: Command) {
    for one in core.followed().values() {
        let _ = one.commands.try_send(command);
    }
}
