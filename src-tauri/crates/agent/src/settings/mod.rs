//! The settings: one TOML file, read strictly, edited with its comments kept.

mod edit;
mod file;
#[cfg(test)]
mod tests;

use std::{fmt, path::PathBuf, time::Duration};

use hark_engine::{
    backoff::{Law, Manners, Retry},
    feed,
    heartbeat::Expect,
};
use indexmap::IndexMap;
use jiff::SignedDuration;
use serde::{Deserialize, Deserializer, de};
use url::Url;

use crate::{sse::Proxy, surroundings};

/// The names that `feed` may have.
pub use hark_engine::feed::NAMES as FEEDS;

pub use edit::{EditError, NewSubscription, add, key_for, remove, set_paused};
pub use file::{Loaded, SettingsError, load, parse, write};

/// Everything that the person can set.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// By key, in the order of the file.
    #[serde(default)]
    pub subscriptions: IndexMap<String, Subscription>,
}

/// One URL that the person follows.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subscription {
    /// Where.
    #[serde(deserialize_with = "http_url")]
    pub url: Url,
    /// The label; the key where missing.
    #[serde(default)]
    pub name: Option<String>,
    /// What it speaks.
    #[serde(default = "default_feed", deserialize_with = "known_feed")]
    pub feed: String,
    /// A bearer token.
    #[serde(default)]
    pub bearer: Option<Credential>,
    /// A user's name and password.
    #[serde(default)]
    pub basic: Option<Basic>,
    /// Other headers.
    #[serde(default)]
    pub headers: IndexMap<String, Credential>,
    /// A PEM file with certificates to trust beside the system's.
    #[serde(default)]
    pub ca: Option<PathBuf>,
    /// Who we are, to a server that asks for a certificate.
    #[serde(default)]
    pub client_certificate: Option<ClientCertificate>,
    /// `none`, or an `http` or `socks5` URL; as the environment says where missing.
    #[serde(default, deserialize_with = "proxy")]
    pub proxy: Proxy,
    /// Whether credentials may be sent unencrypted to another host.
    #[serde(default)]
    pub cleartext_credentials: bool,
    /// A plain timeout: no line for so long ends the connection.
    #[serde(default, deserialize_with = "duration")]
    pub heartbeat: Option<Duration>,
    /// How often the server sends a heartbeat.
    #[serde(default, deserialize_with = "duration")]
    pub cadence: Option<Duration>,
    /// `fixed 5s` for a plain interval.
    #[serde(default, deserialize_with = "retry")]
    pub retry: Option<Retry>,
    /// Over how long the first dial after a loss is spread.
    #[serde(default, deserialize_with = "duration")]
    pub spread: Option<Duration>,
    /// Near or far, where the host's address does not tell.
    #[serde(default)]
    pub manners: Option<Manners>,
    /// Not followed for now.
    #[serde(default)]
    pub paused: bool,
}

/// A user's name and password.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Basic {
    /// The name.
    pub user: String,
    /// The password.
    pub password: Credential,
}

/// A client certificate.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientCertificate {
    /// A PEM file with the certificate and its chain.
    pub certificate: PathBuf,
    /// A PEM file with its key.
    pub key: PathBuf,
}

/// Where a secret is kept.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Credential {
    /// What this program prints; for tokens that expire. Asked again when the server refuses one.
    Command(Vec<String>),
    /// In an environment variable of the agent.
    Env(String),
    /// In a file that only its owner may read.
    File(PathBuf),
}

impl Subscription {
    /// A subscription with nothing set but its URL and feed.
    #[must_use]
    pub fn plain(url: Url, feed: &str) -> Self {
        Self {
            url,
            name: None,
            feed: feed.to_owned(),
            bearer: None,
            basic: None,
            headers: IndexMap::new(),
            ca: None,
            client_certificate: None,
            proxy: Proxy::Environment,
            cleartext_credentials: false,
            heartbeat: None,
            cadence: None,
            retry: None,
            spread: None,
            manners: None,
            paused: false,
        }
    }

    /// What makes it another stream when it changes.
    #[must_use]
    pub fn source(&self) -> String {
        format!("{} {}", self.feed, self.url)
    }

    /// Scheme, host and port: all of a URL that may be logged.
    #[must_use]
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// What heartbeat the person expects.
    #[must_use]
    pub fn expect(&self) -> Expect {
        match (self.heartbeat, self.cadence) {
            (Some(timeout), _) => Expect::Timeout(timeout),
            (None, Some(cadence)) => Expect::Cadence(cadence),
            (None, None) => Expect::Learn,
        }
    }

    /// How it retries.
    #[must_use]
    pub fn law(&self) -> Law {
        let host = self.url.host_str().unwrap_or_default();
        Law {
            retry: self.retry.unwrap_or(Retry::Mannerly),
            manners: self.manners.unwrap_or_else(|| Manners::towards(host, surroundings::is_local)),
            spread: self.spread,
        }
    }
}

fn default_feed() -> String {
    "json".to_owned()
}

fn known_feed<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let name = String::deserialize(deserializer)?;
    if feed::by_name(&name).is_some() {
        return Ok(name);
    }
    let known = feed::NAMES.join(", ");
    Err(de::Error::custom(format!("there is no feed {name:?}; known are {known}")))
}

/// An http or https URL with a host, as typed by a person.
///
/// # Errors
/// One sentence that says what is wrong with it.
pub fn read_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text.trim()).map_err(|error| {
        format!("{text:?} is not a URL ({error}). It should look like https://host/path.")
    })?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("Hark follows http and https URLs, not {}: {text:?}.", url.scheme()));
    }
    Ok(url)
}

fn http_url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Url, D::Error> {
    read_url(&String::deserialize(deserializer)?).map_err(de::Error::custom)
}

fn proxy<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Proxy, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text == "none" {
        return Ok(Proxy::Direct);
    }
    let wrong = "a proxy is \"none\", or a URL like http://host:port or socks5://host:port";
    let url = Url::parse(&text).map_err(|_| de::Error::custom(wrong))?;
    if !matches!(url.scheme(), "http" | "socks5" | "socks5h") || !url.has_host() {
        return Err(de::Error::custom(wrong));
    }
    if !url.username().is_empty() || url.password().is_some() {
        let wrong = "a proxy's password does not belong into the settings; use the environment's \
                     HTTPS_PROXY or ALL_PROXY for it";
        return Err(de::Error::custom(wrong));
    }
    Ok(Proxy::To(url))
}

/// A length of time as people write it: `500ms`, `30s`, `5m`, `1h 30m`.
///
/// # Errors
/// One sentence that says what is wrong with it.
pub fn read_duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is not a length of time; write it like 30s, 5m or 1h");
    let span: SignedDuration = text.trim().parse().map_err(|_| wrong())?;
    Duration::try_from(span).ok().filter(|span| *span >= Duration::from_millis(1)).ok_or_else(wrong)
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    read_duration(&String::deserialize(deserializer)?).map(Some).map_err(de::Error::custom)
}

/// A way to retry: `fixed 5s`.
///
/// # Errors
/// One sentence that says what is wrong with it.
pub fn read_retry(text: &str) -> Result<Retry, String> {
    match text.trim().strip_prefix("fixed ") {
        Some(interval) => read_duration(interval).map(Retry::Fixed),
        None => Err(format!("{text:?} is no way to retry; write it like \"fixed 5s\"")),
    }
}

fn retry<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Retry>, D::Error> {
    read_retry(&String::deserialize(deserializer)?).map(Some).map_err(de::Error::custom)
}

impl fmt::Display for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command(words) => {
                write!(f, "the command {:?}", words.first().map_or("", String::as_str))
            }
            Self::Env(name) => write!(f, "the environment variable {name}"),
            Self::File(path) => write!(f, "the file {}", path.display()),
        }
    }
}
