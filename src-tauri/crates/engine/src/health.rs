//! What is not well, as data: which conditions there are, how grave each is, and how long it has to last
//! before it is said. A hiccup bothers nobody.
//!
//! Pure: whoever finds a condition brings its sentence and the time.

use std::{collections::BTreeMap, time::Duration};

use crate::Moment;

/// How grave a condition is; the gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Something does not work until the person acts.
    Error,
    /// Something works less well.
    Warning,
}

/// Every condition that there is; the gravest first, then by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Code {
    /// The database's file was deleted, moved or replaced under the running agent.
    DatabaseGone,
    /// Settings of some subscriptions are not in force, as the database cannot be written.
    NotFollowedYet,
    /// A preset does not load.
    PresetInvalid,
    /// The relay is wanted, and does not listen.
    RelayFailed,
    /// The settings file cannot be read.
    SettingsInvalid,
    /// The database cannot be used.
    StoreFailed,
    /// What was asked for in the tray was not done.
    TrayCommandFailed,
    /// A database that could not be read was kept aside, and a new one begun.
    DatabaseSetAside,
    /// Nobody shows notifications.
    NotificationsUnavailable,
    /// The settings use a word that is called otherwise now.
    SettingsOldWord,
}

impl Code {
    /// What clients know it by; stays as it is once released.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::DatabaseGone => "database_gone",
            Self::NotFollowedYet => "not_followed_yet",
            Self::PresetInvalid => "preset_invalid",
            Self::RelayFailed => "relay_failed",
            Self::SettingsInvalid => "settings_invalid",
            Self::StoreFailed => "store_failed",
            Self::TrayCommandFailed => "tray_command_failed",
            Self::DatabaseSetAside => "database_set_aside",
            Self::NotificationsUnavailable => "notifications_unavailable",
            Self::SettingsOldWord => "settings_old_word",
        }
    }

    /// How grave it is.
    #[must_use]
    pub fn severity(self) -> Severity {
        match self {
            Self::DatabaseGone
            | Self::NotFollowedYet
            | Self::PresetInvalid
            | Self::RelayFailed
            | Self::SettingsInvalid
            | Self::StoreFailed
            | Self::TrayCommandFailed => Severity::Error,
            Self::DatabaseSetAside | Self::NotificationsUnavailable | Self::SettingsOldWord => {
                Severity::Warning
            }
        }
    }

    /// How long it has to last before it is said.
    #[must_use]
    pub fn delay(self) -> Duration {
        match self {
            // A database is locked for a moment now and then, by a backup for instance.
            Self::NotFollowedYet => Duration::from_secs(2),
            // An agent that is started anew may find its port taken for a moment.
            Self::RelayFailed => Duration::from_secs(2),
            Self::DatabaseGone
            | Self::PresetInvalid
            | Self::SettingsInvalid
            | Self::StoreFailed
            | Self::TrayCommandFailed
            | Self::DatabaseSetAside
            | Self::NotificationsUnavailable
            | Self::SettingsOldWord => Duration::ZERO,
        }
    }
}

/// What is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// It holds, as this sentence says.
    Holds(Code, String),
    /// It holds no more.
    Over(Code),
    /// The deadline of [`Health::poll_deadline`] has passed.
    Deadline,
}

#[derive(Clone, Debug)]
struct Condition {
    sentence: String,
    since: Moment,
    said: bool,
}

/// All that is not well. At most one condition a code.
#[derive(Clone, Debug, Default)]
pub struct Health(BTreeMap<Code, Condition>);

impl Health {
    /// Takes what is found. A sentence that changes does not begin its delay anew.
    pub fn handle(&mut self, input: Input, now: Moment) {
        match input {
            Input::Holds(code, sentence) => {
                let new = Condition { sentence: String::new(), since: now, said: false };
                self.0.entry(code).or_insert(new).sentence = sentence;
            }
            Input::Over(code) => drop(self.0.remove(&code)),
            Input::Deadline => {}
        }
        for (code, condition) in &mut self.0 {
            condition.said |= now.monotonic >= condition.since.monotonic + code.delay();
        }
    }

    /// When the next condition is old enough to be said; it is, once [`Input::Deadline`] came at that
    /// time or later.
    #[must_use]
    pub fn poll_deadline(&self) -> Option<Moment> {
        let waiting = self.0.iter().filter(|(_, condition)| !condition.said);
        let deadlines = waiting.map(|(code, condition)| condition.since + code.delay());
        deadlines.min_by_key(|at| at.monotonic)
    }

    /// What is to be said, with its sentence: the gravest first, then by name.
    pub fn conditions(&self) -> impl Iterator<Item = (Code, &str)> {
        let said = self.0.iter().filter(|(_, condition)| condition.said);
        let mut said: Vec<_> = said.map(|(code, it)| (*code, it.sentence.as_str())).collect();
        said.sort_by_key(|(code, _)| (code.severity(), code.name()));
        said.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn at(ms: u64) -> Moment {
        let start = Moment { monotonic: Duration::from_secs(100), wall: Timestamp::UNIX_EPOCH };
        start + Duration::from_millis(ms)
    }

    fn holds(code: Code) -> Input {
        Input::Holds(code, format!("{} holds.", code.name()))
    }

    fn said(health: &Health) -> Vec<Code> {
        health.conditions().map(|(code, _)| code).collect()
    }

    #[test]
    fn the_gravest_is_said_first() {
        let mut health = Health::default();
        for code in [Code::SettingsOldWord, Code::StoreFailed, Code::DatabaseSetAside] {
            health.handle(holds(code), at(0));
        }
        health.handle(holds(Code::SettingsInvalid), at(1));
        let wanted = [
            Code::SettingsInvalid,
            Code::StoreFailed,
            Code::DatabaseSetAside,
            Code::SettingsOldWord,
        ];
        assert_eq!(said(&health), wanted);
        assert_eq!(health.poll_deadline(), None);
        health.handle(Input::Over(Code::StoreFailed), at(2));
        assert!(!said(&health).contains(&Code::StoreFailed));
    }

    #[test]
    fn a_hiccup_is_not_said() {
        let mut health = Health::default();
        health.handle(holds(Code::NotFollowedYet), at(0));
        assert_eq!((said(&health), health.poll_deadline()), (vec![], Some(at(2_000))));
        health.handle(Input::Over(Code::NotFollowedYet), at(1_900));
        health.handle(Input::Deadline, at(2_000));
        assert_eq!((said(&health), health.poll_deadline()), (vec![], None));
    }

    #[test]
    fn what_lasts_is_said_when_it_is_old_enough_whatever_its_sentence_became() {
        let mut health = Health::default();
        health.handle(holds(Code::NotFollowedYet), at(0));
        health.handle(Input::Holds(Code::NotFollowedYet, "Another.".into()), at(1_500));
        health.handle(Input::Deadline, at(1_999));
        assert_eq!(said(&health), []);
        health.handle(Input::Deadline, at(2_000));
        assert_eq!(health.conditions().next(), Some((Code::NotFollowedYet, "Another.")));
        health.handle(Input::Holds(Code::NotFollowedYet, "A third.".into()), at(2_001));
        assert_eq!(health.conditions().next(), Some((Code::NotFollowedYet, "A third.")));
        assert_eq!(health.poll_deadline(), None);
    }

    #[test]
    fn what_comes_back_has_to_last_anew() {
        let mut health = Health::default();
        health.handle(holds(Code::NotFollowedYet), at(0));
        health.handle(Input::Deadline, at(2_000));
        health.handle(Input::Over(Code::NotFollowedYet), at(3_000));
        health.handle(holds(Code::NotFollowedYet), at(4_000));
        assert_eq!((said(&health), health.poll_deadline()), (vec![], Some(at(6_000))));
    }
}
