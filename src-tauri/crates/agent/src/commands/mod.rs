//! The commands that a client can give, one file each, and what they share: putting settings in force.

pub mod add;
mod demo;
mod edit;
mod general;
mod pages;
mod pause;
mod queries;
mod quiet_hours;
mod read;
mod recognised;
mod relay;
mod remove;
mod rules;
mod sample;
mod secrets;
pub mod send;
mod silence;
mod trial;

use std::sync::Arc;

use hark_api::ApiError;
use hark_config::settings::{Edit, EditError};
use hark_engine::health::Code;
use tokio::sync::{Mutex as Turns, Notify};

use crate::{
    configuration::Configuration, registry::Registry, status::Status, subscriptions::Subscriptions,
};

pub use queries::Queries;
pub use read::Reader;
pub use sample::Sampler;
pub use silence::Snoozer;

/// See the module. Clones share everything.
#[derive(Clone, Debug)]
pub struct Commands {
    configuration: Configuration,
    subscriptions: Subscriptions,
    status: Status,
    own: Arc<Own>,
}

#[derive(Debug, Default)]
struct Own {
    /// Settings are put in force in the order in which they were read.
    turns: Turns<()>,
    /// Not everything is followed as the settings say.
    unfinished: Notify,
    /// Secrets that were typed, and that no subscription names yet.
    typed: secrets::Typed,
}

impl Commands {
    /// The commands of an agent.
    #[must_use]
    pub fn new(configuration: Configuration, subscriptions: Subscriptions, status: Status) -> Self {
        Self { configuration, subscriptions, status, own: Arc::default() }
    }

    /// What is followed.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        self.subscriptions.registry()
    }

    /// Waits until a disk answers that did not when the settings were read.
    pub async fn disk_answers(&self) {
        self.configuration.answers().await;
    }

    /// Reads the settings and follows what they say.
    pub async fn reload(&self) {
        let _one_after_the_other = self.own.turns.lock().await;
        if self.configuration.read().await {
            self.put_in_force(&[]);
        }
    }

    /// Changes the settings and follows what they say; those that are `asked` to resume dial at once.
    async fn change<T: Send + 'static>(
        &self,
        asked: &[String],
        edit: impl FnOnce(&std::path::Path) -> Result<Edit<T>, EditError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let _one_after_the_other = self.own.turns.lock().await;
        let answer = self.configuration.edit(edit).await?;
        self.put_in_force(asked);
        Ok(answer)
    }

    fn put_in_force(&self, asked: &[String]) {
        // By whomever they were written: an edit that took too long was written all the same.
        self.configuration.wanted().values().for_each(|one| self.own.typed.named_by(one));
        self.subscriptions.keep(&self.configuration.bounds());
        self.registry().set_links(self.configuration.links());
        if !self.bring_in_line(asked) {
            self.own.unfinished.notify_one();
        }
    }

    /// Waits until something is not followed as the settings say and has to be tried again.
    pub async fn unfinished(&self) {
        self.own.unfinished.notified().await;
    }

    /// Tries again to follow everything as the settings say. Answers whether that is now so.
    pub fn try_again(&self) -> bool {
        self.bring_in_line(&[])
    }

    fn bring_in_line(&self, asked: &[String]) -> bool {
        let waiting = self.subscriptions.bring_in_line(&self.configuration.wanted(), asked);
        let sentence = (!waiting.is_empty()).then(|| {
            format!(
                "The settings of {} are not in force yet, as the database cannot be written. Free the \
                 disk, or end the program that holds the database; Hark goes on trying.",
                waiting.join(", ")
            )
        });
        self.status.conditions().set(Code::NotFollowedYet, sentence);
        waiting.is_empty()
    }
}
