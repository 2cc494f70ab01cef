//! Forgets a subscription.

use hark_api::{Accepted, ApiError, Target};
use hark_config::settings;

use super::Commands;

impl Commands {
    /// Forgets a subscription. Its messages stay.
    ///
    /// # Errors
    /// Where there is none of that key or name, or the settings cannot be written.
    pub async fn remove(&self, target: Target) -> Result<Accepted, ApiError> {
        let word = target.subscription.unwrap_or_default();
        let key = self.change(&[], move |path| settings::remove(path, &word)).await?;
        // A failure is a condition already; then it resumes where it was if it is followed again.
        let _ = self.subscriptions.ledger().forget(&key);
        Ok(Accepted { subscriptions: vec![key] })
    }
}
