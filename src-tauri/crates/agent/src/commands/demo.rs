//! Begins the demo: for who follows nothing yet and wants to see what it is like.

use hark_api::ApiError;

use super::Commands;
use crate::{demo::Demo, words::Language};

impl Commands {
    /// Follows a demo server of its own until a subscription is added, or the agent ends. Its messages come a few
    /// seconds later.
    ///
    /// # Errors
    /// Where something is followed already, or no port can be had.
    pub async fn begin_demo(&self) -> Result<(), ApiError> {
        let _one_after_the_other = self.own.turns.lock().await;
        let failed = |why: &dyn std::fmt::Display| {
            ApiError::plain(format!("The demo could not begin: {why}."))
        };
        let demo = Demo::bind(0).await.map_err(|error| failed(&error))?;
        let one = demo.subscription(Language::of_system().pick("Demo", "演示"));
        if !one.is_some_and(|one| self.configuration.follow_demo(one)) {
            return Err(failed(&"something is followed already"));
        }
        tokio::spawn(demo.serve());
        self.put_in_force(&[]);
        Ok(())
    }
}
