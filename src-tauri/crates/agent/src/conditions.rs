//! Conditions, as the engine's health judges them: this shell gives it the time and says when something
//! changed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hark_api as api;
use hark_engine::{
    Moment,
    health::{Code, Health, Input, Severity},
};
use hark_platform::clock;
use tokio::sync::Notify;

/// See the module. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Conditions(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    health: Mutex<Health>,
    /// The current conditions, or the time of the next one, have changed.
    changed: Notify,
}

impl Conditions {
    /// Something does not work, as this sentence says; without a sentence it works again.
    pub fn set(&self, code: Code, sentence: Option<String>) {
        self.handle(match sentence {
            Some(sentence) => Input::Holds(code, sentence),
            None => Input::Over(code),
        });
    }

    /// A deadline of [`Conditions::poll_deadline`] has passed.
    pub fn reach_deadline(&self) {
        self.handle(Input::Deadline);
    }

    /// When the next condition is old enough to be shown.
    #[must_use]
    pub fn poll_deadline(&self) -> Option<Moment> {
        self.health().poll_deadline()
    }

    /// The conditions to show now, the gravest first.
    #[must_use]
    pub fn said(&self) -> Vec<api::Condition> {
        let health = self.health();
        let said = health.conditions().map(|(code, sentence)| api::Condition {
            code: code.name().to_owned(),
            severity: match code.severity() {
                Severity::Error => api::Severity::Error,
                Severity::Warning => api::Severity::Warning,
            },
            subscription: None,
            sentence: sentence.to_owned(),
        });
        said.collect()
    }

    /// The sentence of a condition, if it is shown now.
    #[must_use]
    pub fn sentence(&self, code: Code) -> Option<String> {
        let health = self.health();
        health.conditions().find(|(known, _)| *known == code).map(|(_, said)| said.to_owned())
    }

    /// Waits until the conditions, or the time of the next one, may have changed.
    pub async fn changed(&self) {
        self.0.changed.notified().await;
    }

    fn handle(&self, input: Input) {
        let before = self.said();
        let deadline = self.poll_deadline();
        self.health().handle(input, clock::now());
        let after = self.said();
        for over in before.iter().filter(|one| after.iter().all(|now| now.code != one.code)) {
            tracing::info!("over: {}", over.code);
        }
        for new in after.iter().filter(|one| !before.contains(one)) {
            tracing::warn!("{}", new.sentence);
        }
        if before != after || deadline != self.poll_deadline() {
            self.0.changed.notify_one();
        }
    }

    fn health(&self) -> MutexGuard<'_, Health> {
        self.0.health.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
