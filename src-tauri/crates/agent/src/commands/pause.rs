//! Pauses or resumes: one read of the settings, one write, one command to each driver.

use hark_api::{Accepted, ApiError, Target};
use hark_config::settings::{self, EditError};

use super::Commands;
use crate::refusals::refusal;

impl Commands {
    /// Pauses or resumes one subscription or all. Resuming one that is not paused dials now.
    ///
    /// # Errors
    /// Where there is none of that key or name, or the settings cannot be written.
    pub async fn set_paused(&self, target: Target, paused: bool) -> Result<Accepted, ApiError> {
        let mut known = self.subscriptions.registry().keys();
        // A subscription that still waits for the database begins as the settings then say.
        let waits = |key: &String| !known.contains(key);
        let waiting: Vec<String> = self.configuration.wanted().into_keys().filter(waits).collect();
        known.extend(waiting);
        let named = target
            .subscription
            .map(|word| settings::key_of(&self.configuration.wanted(), &word))
            .transpose()
            .map_err(refusal)?;
        let keys = match named {
            Some(key) if !known.contains(&key) => return Err(refusal(EditError::Unknown(key))),
            Some(key) => vec![key],
            None => known,
        };
        let is_written = |key: &&String| self.configuration.is_written(key);
        let written: Vec<String> = keys.iter().filter(is_written).cloned().collect();
        if written.len() < keys.len() {
            self.configuration.set_demo_paused(paused);
        }
        let asked = if paused { &[][..] } else { &keys };
        if written.is_empty() {
            self.put_in_force(asked);
        } else {
            self.change(asked, move |path| settings::set_paused(path, &written, paused)).await?;
        }
        Ok(Accepted { subscriptions: keys })
    }
}
