//! Why a request was not carried out, as a code with values: for a client that says it in another language than the
//! agent's sentence is in.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Why, in a form that stays: [`crate::ApiError::sentence`] says the same in English.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Reason {
    /// Which it is.
    pub code: ReasonCode,
    /// What is filled in, by the names that the code's documentation has. `message` is a part of the sentence, in
    /// English.
    pub values: BTreeMap<String, String>,
}

impl Reason {
    /// One with these values.
    #[must_use]
    pub fn of(code: ReasonCode, values: &[(&str, &dyn ToString)]) -> Self {
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), value.to_string()));
        Self { code, values: values.collect() }
    }
}

/// The reasons that a person meets in forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReasonCode {
    /// `message`: it is no address.
    UrlUnreadable,
    /// `scheme`: an address is neither http nor https.
    UrlScheme,
    /// A user or a password stands in an address.
    UrlPassword,
    /// `message`: it is the address of a WebSocket.
    UrlWebsocket,
    /// A part of an address is not shown, and so it has to be typed as a whole.
    UrlHidden,
    /// `subscription`: the address is followed already.
    AlreadyFollowed,
    /// `subscription`: none has this key.
    UnknownSubscription,
    /// `path`, `line`, `column`, `message`: the settings file has an error.
    SettingsWrong,
    /// `path`, `message`: the settings file cannot be read.
    SettingsUnreadable,
    /// `path`, `message`: the settings file cannot be written.
    SettingsUnwritable,
    /// `path`: the disk of the settings file does not answer.
    SettingsSlow,
    /// `path`: another Hark is changing the settings file.
    SettingsBusy,
    /// `options`: the settings file was changed meanwhile in these.
    SettingsChanged,
    /// `subscription`: something else than this one was written in its text.
    OtherSettings,
    /// `message`: a value cannot be taken.
    ValueUnfit,
    /// `text`: it is no length of time.
    ValueLength,
    /// `text`: it is no size.
    ValueSize,
    /// `most`: it is no size that an event may have.
    ValueEventSize,
    /// `text`: it is no way to retry.
    ValueRetry,
    /// It is no proxy.
    ValueProxy,
    /// A password stands in the address of a proxy.
    ValueProxyPassword,
    /// `text`: no feed has this name.
    ValueFeed,
    /// It is less than one.
    ValueLeast,
    /// It is no priority.
    ValuePriority,
    /// What was typed is not kept any more.
    SecretGone,
    /// `typed`, `to`: what was typed is for one server, and not for the other.
    SecretElsewhere,
    /// `most`: it is no secret, which is one line of so many KiB at most.
    SecretUnfit,
    /// `folder`, `message`: it cannot be kept.
    SecretUnkept,
    /// A command stands in the settings file alone.
    SecretCommand,
    /// `from`, `to`: a credential is for one server, and not for the other.
    CredentialElsewhere,
    /// `message`: rules cannot be taken.
    RulesWrong,
    /// The rules in force say more than the form can.
    RulesMore,
    /// The quiet hours of the settings say more than the form can.
    QuietHoursMore,
    /// They are no week of half hours.
    QuietHoursWrong,
    /// What answers at an address was not recognised.
    NotRecognised,
}
