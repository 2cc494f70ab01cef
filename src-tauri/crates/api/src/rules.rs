//! Rules of a subscription, tried before they are in force.

use serde::{Deserialize, Serialize};

use crate::Decision;

/// Rules to try against the latest stored messages, or to put in force.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(optional_fields))]
pub struct RulesFor {
    /// The subscription's key.
    pub subscription: String,
    /// The rules as TOML: `[[rules]]` tables, as in the settings. Those in force where missing.
    #[serde(default)]
    pub rules: Option<String>,
    /// The rules as wishes, where there is no text; beside a text, the least priority and the pictures of it count
    /// alone.
    #[serde(default)]
    pub usual: Option<UsualRules>,
    /// Put them in force and write them into the settings as well.
    #[serde(default)]
    pub save: bool,
}

/// What rules would have done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct RulesTried {
    /// How many messages they were tried against: the latest that are stored, up to 100.
    pub tried: u32,
    /// How many of them would have been alerted.
    pub alerts: u32,
    /// How many would have been stored quietly.
    pub quiet: u32,
    /// How many would have been dropped.
    pub dropped: u32,
    /// Each rule, in order.
    pub rules: Vec<RuleTried>,
    /// Each message, the newest first.
    pub messages: Vec<MessageTried>,
    /// The rules as TOML.
    pub text: String,
    /// What the rules say as wishes; null where they say more, or have comments.
    pub usual: Option<UsualRules>,
    /// Whether the rules are in force now.
    pub saved: bool,
}

/// What most people want of rules, with what belongs to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct UsualRules {
    /// Messages of this priority and higher alert: 1 to 5.
    pub from: u8,
    /// Messages with one of these tags never alert.
    pub never: Vec<String>,
    /// Only messages whose title or text holds one of these alert, in capitals or not; all where there are none.
    pub only: Vec<String>,
    /// The sound of what alerts: a name of the desktop's sound theme, or `none`; the desktop's own where it is null.
    pub sound: Option<String>,
    /// Whether pictures of messages are fetched and shown.
    pub pictures: bool,
}

/// Quiet hours of the settings, for all subscriptions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct QuietHours {
    /// For each day from Monday the 48 half hours from midnight, `1` where it is quiet and `0` where not; null where
    /// the settings say more than that, to the minute or with comments.
    pub week: Option<Vec<String>>,
    /// The least priority that is shown nevertheless; null where none is, and where `week` is.
    pub passes: Option<u8>,
    /// The quiet hours as they stand in the settings. What is sent of it counts for nothing.
    #[serde(default)]
    pub text: String,
}

/// What one rule would have done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct RuleTried {
    /// Its name, or its place.
    pub name: String,
    /// How many messages it would have decided on.
    pub decided: u32,
}

/// What would have become of one message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct MessageTried {
    /// Its title, or where it has none the beginning of its body.
    pub text: String,
    /// What would have been decided; null where it would have been dropped.
    pub decision: Option<Decision>,
    /// Its priority then.
    pub priority: u8,
    /// The rule that would have decided.
    pub rule: Option<String>,
}
