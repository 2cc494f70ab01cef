//! Turns the relay on or off in the settings.

use hark_api::ApiError;
use hark_config::settings;

use super::Commands;

impl Commands {
    /// Turns the relay on, where the settings say or else at its usual address, or off. It is so a moment later.
    ///
    /// # Errors
    /// Where the settings cannot be written.
    pub async fn set_relay(&self, on: bool) -> Result<(), ApiError> {
        self.change(&[], move |path| settings::set_relay(path, on.then_some(None))).await
    }
}
