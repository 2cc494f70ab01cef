//! One subscription's own settings as a form holds them, and a secret that is typed into it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::Credential;

/// The options of a subscription by their names in the settings file, with dots between the tables: `keep.days`,
/// `headers.X-Key`. What is left out has its default. None is a secret.
pub type Options = BTreeMap<String, OptionValue>;

/// The value of one option.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(untagged)]
pub enum OptionValue {
    /// What holds or not.
    Flag(bool),
    /// A count, or a priority from 1 to 5.
    Number(u32),
    /// A text; a length of time or a size as the settings file writes it, such as `30s` and `16 MiB`.
    Text(String),
    /// Texts.
    Texts(Vec<String>),
    /// Where a secret is kept.
    Secret(Credential),
}

/// The subscription whose options are asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct OptionsQuery {
    /// Its key, or its name.
    pub subscription: String,
}

/// One subscription's options as they stand in the settings file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct SubscriptionOptions {
    /// Its key.
    pub subscription: String,
    /// The options. What may be a secret in an address is left out of it, and `…` stands there.
    pub options: Options,
}

/// What is set for all subscriptions, as it stands in the settings file: `keep.messages`, `keep.bytes`, `keep.days`,
/// `keep.journal`, `problems.tell_after`, `notifications.urgent_stays`. What does not stand there has its default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct GeneralOptions {
    /// The options.
    pub options: Options,
}

/// An edit of what is set for all subscriptions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct EditGeneral {
    /// The options as the form got them.
    pub before: Options,
    /// The options as the form has them now. Only what differs is written.
    pub after: Options,
}

/// An edit of one subscription.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(optional_fields))]
pub struct EditSubscription {
    /// Its key.
    pub subscription: String,
    /// The options as the form got them.
    pub before: Options,
    /// The options as the form has them now. Only what differs is written.
    pub after: Options,
    /// Save it without trying it first. Else it is tried where the edit changes what is asked for, and refused as
    /// with [`crate::AddSubscription`].
    #[serde(default)]
    pub unchecked: bool,
}

/// A secret that was typed, on its one way: in. It goes into a file that only the agent's user may read, and
/// nothing gives it out again. It cannot be printed, cloned or written anywhere as what it is, and is wiped from
/// memory when it is dropped.
#[derive(Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TypedSecret {
    /// The address that it is for; its file is named by the host.
    pub url: String,
    /// The secret, one line.
    #[cfg_attr(test, ts(type = "string"))]
    secret: Zeroizing<String>,
}

impl TypedSecret {
    /// The secret, for the file that it goes into.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.secret
    }
}
