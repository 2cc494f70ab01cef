//! What a client may ask the agent to do, and what it is told.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Cause, Options, Reason, ReasonCode, Time};

/// A subscription to add.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(optional_fields))]
pub struct AddSubscription {
    /// The URL, http or https.
    pub url: String,
    /// Its label; made from the URL where missing.
    #[serde(default)]
    pub name: Option<String>,
    /// What it speaks; recognised where missing.
    #[serde(default)]
    pub feed: Option<String>,
    /// A bearer token, by where it is kept.
    #[serde(default)]
    pub bearer: Option<Credential>,
    /// A user's name and password, in the place of a token.
    #[serde(default)]
    pub basic: Option<Basic>,
    /// Other headers that are sent with each request.
    #[serde(default)]
    pub headers: Vec<Header>,
    /// The file with certificates of authorities to trust beside the system's, PEM, as an absolute path.
    #[serde(default)]
    pub ca: Option<String>,
    /// `none`, or an `http` or `socks5` URL; as the agent's environment says where missing.
    #[serde(default)]
    pub proxy: Option<String>,
    /// Do not follow it for now.
    #[serde(default)]
    pub paused: bool,
    /// Save it without trying it first.
    #[serde(default)]
    pub unchecked: bool,
    /// The person can be asked: a stream that ends at once is refused with
    /// [`ErrorCode::NoPushFeed`] instead of being saved with a warning.
    #[serde(default)]
    pub asks: bool,
    /// What was found when it was tried, as its refusal told ([`ApiError::found`]) or [`Tried`]: to follow that
    /// without trying it once more.
    #[serde(default)]
    pub found: Option<Found>,
    /// Where it cannot be reached it is refused with [`ErrorCode::Unreachable`] instead of being saved with a
    /// warning.
    #[serde(default)]
    pub reached: bool,
    /// What else is set of it.
    #[serde(default)]
    pub options: Options,
}

/// What answers at a URL that is not followed yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Tried {
    /// What was found.
    pub found: Found,
    /// What it is called where the person gives it no name: its topics, where the address names some.
    pub name: String,
    /// The latest message that the server holds, as it will look.
    pub preview: Option<Preview>,
}

/// What was found at a URL, or behind it, and is followed if the person says so.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Found {
    /// Where its events come from.
    pub url: String,
    /// What it speaks.
    pub recognised: Recognised,
    /// What there is to know about it.
    pub warning: Option<String>,
}

/// A user's name and password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Basic {
    /// The name.
    pub user: String,
    /// The password, by where it is kept.
    pub password: Credential,
}

/// A header, whose value may be a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Header {
    /// Its name.
    pub name: String,
    /// Its value, by where it is kept.
    pub value: Credential,
}

/// Where a secret is kept. The secret itself crosses the API once, on its way in: see
/// [`crate::TypedSecret`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Credential {
    /// In this environment variable of the agent.
    Env(String),
    /// In this file, which only its owner may read.
    File(String),
    /// It was typed, and is in a file of this name, which Hark has made for it.
    Kept(String),
    /// What a command prints, of which this is the program. No client can set one.
    Command(String),
}

/// What became of an added subscription.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Added {
    /// Its key in the settings.
    pub subscription: String,
    /// What was found when it was tried.
    pub recognised: Option<Recognised>,
    /// The latest message that the server holds, as it will look.
    pub preview: Option<Preview>,
    /// Why it could not be tried, or is not followed yet, although it was saved; e.g. while offline.
    pub warning: Option<String>,
}

/// What a message looks like. Plain text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Preview {
    /// May be empty.
    pub title: String,
    /// May be empty.
    pub body: String,
    /// 1 lowest to 5 highest.
    pub priority: u8,
    /// The server's time, where it gave one.
    pub time: Option<Time>,
}

/// What a URL turned out to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Recognised {
    /// The feed.
    pub feed: String,
    /// What a person knows it by, e.g. `Home Assistant`.
    pub called: String,
    /// How sure that is.
    pub certainty: Certainty,
    /// Why it is believed to be that.
    pub reason: String,
}

/// How sure it is what a URL is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// Nothing else does that.
    Sure,
    /// Other servers could look like it.
    Likely,
    /// Nothing speaks against it.
    Guess,
}

/// The subscription that a command is for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(optional_fields))]
pub struct Target {
    /// Its key; all of them where missing and the command allows it.
    #[serde(default)]
    pub subscription: Option<String>,
}

/// The command was carried out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Accepted {
    /// The keys of the subscriptions that it changed.
    pub subscriptions: Vec<String>,
}

/// What became of a sample message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Sample {
    /// Whether the notification server acknowledged it.
    pub shown: bool,
    /// One sentence for the person.
    pub sentence: String,
}

/// Why a request was not carried out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct ApiError {
    /// What a client may branch on; null where none does.
    pub code: Option<ErrorCode>,
    /// One sentence: what happened, to what, what to do.
    pub sentence: String,
    /// What was found all the same, with [`ErrorCode::NoPushFeed`]: send it in [`AddSubscription::found`] to
    /// follow that.
    #[serde(default)]
    pub found: Option<Box<Found>>,
    /// The option ([`Options`]) whose value cannot be taken, where it is one alone.
    #[serde(default)]
    pub option: Option<String>,
    /// The same as the sentence, for another language.
    #[serde(default)]
    pub reason: Option<Box<Reason>>,
    /// What a server, or the way there, did, where it is that.
    #[serde(default)]
    pub cause: Option<Box<Cause>>,
}

impl ApiError {
    /// One that no client handles in a way of its own.
    #[must_use]
    pub fn plain(sentence: String) -> Self {
        Self { code: None, sentence, found: None, option: None, reason: None, cause: None }
    }

    /// One with its reason and the values of that.
    #[must_use]
    pub fn because(code: ReasonCode, values: &[(&str, &dyn ToString)], sentence: String) -> Self {
        Self { reason: Some(Box::new(Reason::of(code, values))), ..Self::plain(sentence) }
    }
}

/// The errors that a client handles in a way of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// No subscription has this key.
    UnknownSubscription,
    /// The URL is followed already.
    AlreadyFollowed,
    /// The server wants a credential: offer to name one.
    CredentialWanted,
    /// The URL answered, but not as a push server.
    NotAFeed,
    /// It streams, but nothing that is to come: offer to follow it all the same, unchecked.
    NoPushFeed,
    /// It cannot be reached now: offer to save it, and to go on trying.
    Unreachable,
    /// The settings file was changed meanwhile in what the person has changed too: show both.
    Changed,
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl std::error::Error for ApiError {}
