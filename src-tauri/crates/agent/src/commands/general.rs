//! What is set for all subscriptions: read from the settings, and written there again.

use hark_api::{ApiError, EditGeneral, GeneralOptions};
use hark_config::{kept, settings};

use super::{
    Commands,
    secrets::{options_meant, options_told},
};

impl Commands {
    /// What is set for all, as it stands in the settings file.
    ///
    /// # Errors
    /// Where the settings cannot be read.
    pub async fn general(&self) -> Result<GeneralOptions, ApiError> {
        let options = self.configuration.aside(settings::general_of).await?;
        let folder = kept::folder_of(self.configuration.path());
        Ok(GeneralOptions { options: options_told(&folder, options) })
    }

    /// Changes it. Answers what stands there then.
    ///
    /// # Errors
    /// Where a value cannot be taken, the file was changed meanwhile in the same options, or it cannot be written.
    pub async fn set_general(&self, edit: EditGeneral) -> Result<GeneralOptions, ApiError> {
        let folder = kept::folder_of(self.configuration.path());
        let before = options_meant(&folder, edit.before)?;
        let after = options_meant(&folder, edit.after)?;
        self.change(&[], move |path| settings::set_general(path, &before, &after)).await?;
        self.general().await
    }
}
