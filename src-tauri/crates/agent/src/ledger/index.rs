//! What makes messages quick to find is done behind them, a little at a time, so that nothing that comes in
//! waits for it.

use std::time::Duration;

use hark_store::Store;
use tokio::time::sleep;

use super::Ledger;

/// How long after a change to begin: what comes together is done together.
const BEGIN_AFTER: Duration = Duration::from_millis(500);
/// Between two goes, each of some milliseconds.
const BETWEEN: Duration = Duration::from_millis(20);

impl Ledger {
    /// Keeps the index of the messages' texts up with them, for as long as it runs.
    pub async fn index(self) {
        let mut changes = self.events().changes();
        loop {
            // A failure is a condition already, and the next change comes back to it.
            while self.write(Store::index).unwrap_or_default() {
                sleep(BETWEEN).await;
            }
            if changes.changed().await.is_err() {
                return;
            }
            sleep(BEGIN_AFTER).await;
        }
    }
}
