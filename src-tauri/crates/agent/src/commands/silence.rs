//! Silence by the person: mute, which stands in the settings, and snooze, which ends by itself.

use std::time::Duration;

use hark_api::{Accepted, ApiError, Snooze, SnoozeUntil, Snoozed, Target, Time, Woken};
use hark_config::settings::{self, EditError};
use hark_engine::silence::{ALL, Until, when};
use hark_platform::clock;
use jiff::Zoned;

use super::Commands;
use crate::{refusals::refusal, registry::Registry, silence::Quiet, to_api};

impl Commands {
    /// Mutes a subscription, or ends that.
    ///
    /// # Errors
    /// Where there is none of that key or name, or the settings cannot be written.
    pub async fn set_muted(&self, target: Target, muted: bool) -> Result<Accepted, ApiError> {
        let Some(word) = target.subscription else {
            let sentence = "Say which subscription to mute. All are snoozed: hark snooze --for 1h";
            return Err(ApiError::plain(sentence.to_owned()));
        };
        let wanted = self.configuration.wanted();
        let key = settings::key_of(&wanted, &word).map_err(refusal)?;
        if wanted.contains_key(&key) && !self.configuration.is_written(&key) {
            let sentence = "The demo cannot be muted, only snoozed: hark snooze --for 1h";
            return Err(ApiError::plain(sentence.to_owned()));
        }
        let keys = vec![key];
        let of = keys.clone();
        self.change(&[], move |path| settings::set_muted(path, &of, muted)).await?;
        Ok(Accepted { subscriptions: keys })
    }
}

/// Snoozes and wakes. Clones share everything.
#[derive(Clone, Debug)]
pub struct Snoozer {
    quiet: Quiet,
    registry: Registry,
}

impl Snoozer {
    /// Snoozes by what is silent, of what is followed.
    #[must_use]
    pub fn new(quiet: Quiet, registry: Registry) -> Self {
        Self { quiet, registry }
    }

    /// What is silent.
    #[must_use]
    pub fn quiet(&self) -> &Quiet {
        &self.quiet
    }

    /// Begins a snooze, in the place of an earlier one.
    ///
    /// # Errors
    /// Where there is no subscription of that key or name, it cannot last until then, or cannot be kept.
    pub fn snooze(&self, asked: Snooze) -> Result<Snoozed, ApiError> {
        let subscription = self.key(asked.subscription)?;
        let until = self.until(asked.until, &Zoned::now()).map_err(ApiError::plain)?;
        self.quiet.snooze(subscription.as_deref().unwrap_or(ALL), until).map_err(kept)?;
        let until = match until {
            Until::At(at) => Some(Time(at)),
            Until::Unlocked => None,
        };
        Ok(Snoozed { subscription, until })
    }

    /// Ends the snooze of one, or every snooze.
    ///
    /// # Errors
    /// Where there is no subscription of that key or name, or it cannot be kept.
    pub fn wake(&self, target: Target) -> Result<Woken, ApiError> {
        let key = self.key(target.subscription)?;
        let mut subscriptions = self.quiet.wake(key.as_deref()).map_err(kept)?;
        let all = subscriptions.iter().any(|key| key == ALL);
        subscriptions.retain(|key| key != ALL);
        let still = self.quiet.now().of(key.as_deref().unwrap_or(ALL), clock::now().wall);
        Ok(Woken { subscriptions, all, still: still.map(to_api::silence) })
    }

    fn key(&self, word: Option<String>) -> Result<Option<String>, ApiError> {
        let Some(word) = word else { return Ok(None) };
        let followed = self.registry.in_force();
        let key = settings::key_of(&followed, &word).map_err(refusal)?;
        match followed.contains_key(&key) {
            true => Ok(Some(key)),
            false => Err(refusal(EditError::Unknown(key))),
        }
    }

    fn until(&self, asked: SnoozeUntil, now: &Zoned) -> Result<Until, String> {
        let at = match asked {
            SnoozeUntil::Minutes(minutes) => {
                let span = Duration::from_secs(u64::from(minutes) * 60);
                now.timestamp().checked_add(span).unwrap_or(jiff::Timestamp::MAX)
            }
            SnoozeUntil::Time(Time(at)) => at,
            SnoozeUntil::Morning => when::morning(now),
            SnoozeUntil::Unlocked if self.quiet.now().locked.is_some() => {
                return Ok(Until::Unlocked);
            }
            SnoozeUntil::Unlocked => {
                return Err(
                    "This desktop does not tell when the session is unlocked. Snooze for a \
                            time: hark snooze --for 1h"
                        .to_owned(),
                );
            }
        };
        when::check(at, now.timestamp())
            .map(|()| Until::At(at))
            .map_err(|wrong| format!("That cannot be snoozed: {wrong}."))
    }
}

fn kept(error: hark_store::StoreError) -> ApiError {
    ApiError::plain(error.to_string())
}
