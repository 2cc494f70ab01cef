//! Writes down what was recognised, so that the settings say it from now on.

use hark_config::settings;

use super::Commands;

impl Commands {
    /// Writes what these speak into the settings. Where that cannot be done, they are recognised again when
    /// they are followed the next time.
    pub async fn write_recognised(&self, keys: Vec<String>) {
        for key in keys {
            let known = |one: &crate::registry::Followed| {
                (one.subscription.feed.clone(), one.subscription.url.clone())
            };
            let Some((feed, url)) = self.registry().with(&key, known) else { continue };
            let of = key.clone();
            let written =
                self.change(&[], move |path| settings::set_feed(path, &of, &feed, &url)).await;
            if let Err(error) = written {
                tracing::warn!(
                    subscription = key,
                    "its feed is not written down: {}",
                    error.sentence
                );
            }
        }
    }
}
