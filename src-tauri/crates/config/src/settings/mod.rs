//! The settings: one TOML file, read strictly, edited with its comments kept.

mod address;
mod edit;
mod export;
mod fault;
mod file;
mod general;
mod handlers;
mod keep;
mod named;
mod new;
mod options;
mod pictures;
mod placed;
mod portable;
mod publish;
mod relay;
mod table;
#[cfg(test)]
mod tests;
mod told;
mod usual;
mod week;
mod written;

use std::{path::PathBuf, sync::Arc, time::Duration};

use hark_engine::{
    backoff::{Clients, Law, Retry},
    feed::{self, Feed, Form, Json, Recogniser},
    heartbeat::Expect,
    links::Links,
    message::Priority,
    policy::{self, Rule},
    silence::{self, Hours},
    size,
};
use hark_platform::changes;
use hark_stream::connection::{Proxy, guard::Limits};
use indexmap::IndexMap;
use serde::{Deserialize, Deserializer, de};
use url::Url;

/// How a length of time is read.
pub use hark_engine::span;

pub use address::{AddressError, Typed, read_typed, read_url, without_password};
pub use edit::{
    Edit, EditError, add, key_for, remove, rules_of, set_feed, set_muted, set_paused, set_rules,
    set_usual,
};
pub use export::{Exported, export};
pub use fault::Fault;
pub use file::{Loaded, OWN_KEY, keep_last_good, load, load_last_good, parse, read, read_rules};
pub use general::{general_of, set_general};
pub use handlers::{HANDLERS_MAX, Handler, HandlerSet, Placeholder, Word};
pub use keep::KeepSettings;
pub use new::NewSubscription;
pub use options::{OptionValue, Options, draft, draft_options, options_of, set_options};
pub use portable::{Imported, Sends, SetUp, read_set_up};
pub use publish::Publish;
pub use relay::{RELAY_LISTEN, Relay, RelayAt, read_listen, read_socket, set_relay};
pub use table::{set_name, set_table, table_of};
pub use told::{Problems, Shown};
pub use usual::{Names, Usual, check_usual, usual_of, write_usual};
pub use week::{QuietWeek, SLOTS, Week, quiet_hours_of, set_quiet_hours, week_of};
pub use written::header_name;
use written::{basic, headers};

/// Everything that the person can set.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// By key, in the order of the file.
    #[serde(default)]
    pub subscriptions: IndexMap<String, Subscription>,
    /// How much is kept of each, where it says nothing itself.
    #[serde(default)]
    pub keep: KeepSettings,
    /// When nothing is shown as it comes but what is urgent.
    #[serde(default, deserialize_with = "quiet_hours")]
    pub quiet_hours: Vec<Hours>,
    /// When the person is told of connection problems.
    #[serde(default)]
    pub problems: Problems,
    /// How notifications are shown.
    #[serde(default)]
    pub notifications: Shown,
    /// Which links are opened beside those of the web.
    #[serde(default)]
    pub links: Links,
    /// The commands that are run for what happens.
    #[serde(default)]
    pub handlers: Vec<Handler>,
    /// Where local programs may follow what comes, where they may.
    #[serde(default)]
    pub relay: Option<Relay>,
}

/// One URL that the person follows.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subscription {
    /// Where its events come from, http or https.
    #[serde(deserialize_with = "http_url")]
    pub url: Url,
    /// The label; the key where missing.
    #[serde(default)]
    pub name: Option<String>,
    /// What it speaks.
    #[serde(default = "default_feed")]
    pub feed: String,
    /// Where a message's parts stand, for `json`; a preset's where `feed` names one.
    #[serde(default)]
    pub mapping: Option<Form>,
    /// The rules for its messages.
    #[serde(default, deserialize_with = "rules")]
    pub rules: Vec<Rule>,
    /// What is below this priority, and no rule decides on, is stored quietly.
    #[serde(default, deserialize_with = "policy::level")]
    pub min_priority: Option<Priority>,
    /// Whether its notifications say only that there is a message.
    #[serde(default)]
    pub hide_content: bool,
    /// Whether pictures of its messages are fetched and shown: its sender learns by it that somebody is there.
    #[serde(default)]
    pub pictures: bool,
    /// Other servers that they may come from than its own.
    #[serde(default, deserialize_with = "pictures::origins")]
    pub pictures_from: Vec<Url>,
    /// Whether it is followed without a notification.
    #[serde(default)]
    pub mute: bool,
    /// A bearer token.
    #[serde(default)]
    pub bearer: Option<Credential>,
    /// A user's name and password.
    #[serde(default, deserialize_with = "basic")]
    pub basic: Option<Basic>,
    /// Other headers.
    #[serde(default, deserialize_with = "headers")]
    pub headers: IndexMap<String, Credential>,
    /// How the person's own messages are sent there.
    #[serde(default, deserialize_with = "publish::publish")]
    pub publish: Option<Publish>,
    /// A PEM file with certificates to trust beside the system's.
    #[serde(default)]
    pub ca: Option<PathBuf>,
    /// The certificate and key shown to a server that asks for one.
    #[serde(default)]
    pub client_certificate: Option<ClientCertificate>,
    /// `none`, or an `http` or `socks5` URL; as the environment says where missing.
    #[serde(default, deserialize_with = "proxy")]
    pub proxy: Proxy,
    /// Whether credentials may be sent unencrypted to another host.
    #[serde(default)]
    pub cleartext_credentials: bool,
    /// A plain timeout: a connection without a line for this long is ended.
    #[serde(default, deserialize_with = "span::optional")]
    pub heartbeat: Option<Duration>,
    /// How often the server sends a heartbeat.
    #[serde(default, deserialize_with = "span::optional")]
    pub cadence: Option<Duration>,
    /// `fixed 5s` for a plain interval.
    #[serde(default, deserialize_with = "retry")]
    pub retry: Option<Retry>,
    /// Over how long the first dial after a loss is spread.
    #[serde(default, deserialize_with = "span::optional")]
    pub spread: Option<Duration>,
    /// How many clients its server probably has, where the host's address does not tell.
    #[serde(default)]
    pub clients: Option<Clients>,
    /// The former name of `clients`.
    #[serde(default)]
    pub manners: Option<Manners>,
    /// The largest event that is taken, also in one line. Bytes.
    #[serde(default, deserialize_with = "event_max")]
    pub event_max: Option<u64>,
    /// How much is kept of it.
    #[serde(default)]
    pub keep: KeepSettings,
    /// Not followed for now.
    #[serde(default)]
    pub paused: bool,
}

/// The former name of the number of clients, still read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Manners {
    /// Now `few`.
    Near,
    /// Now `many`.
    Far,
}

impl Manners {
    fn clients(self) -> Clients {
        match self {
            Self::Near => Clients::Few,
            Self::Far => Clients::Many,
        }
    }
}

impl Settings {
    /// A sentence about a former name that the settings still use, where they do.
    #[must_use]
    pub fn old_word(&self) -> Option<String> {
        let (key, old) =
            self.subscriptions.iter().find_map(|(key, one)| Some((key, one.manners?)))?;
        let (old, new) = match old {
            Manners::Near => ("near", "few"),
            Manners::Far => ("far", "many"),
        };
        Some(format!(
            "In the settings of {key}, manners = \"{old}\" is called clients = \"{new}\" now. The old \
             word is still read."
        ))
    }
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
#[derive(Clone, Debug, PartialEq, Eq)]
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
            mapping: None,
            rules: Vec::new(),
            bearer: None,
            basic: None,
            headers: IndexMap::new(),
            publish: None,
            ca: None,
            client_certificate: None,
            proxy: Proxy::Environment,
            cleartext_credentials: false,
            heartbeat: None,
            cadence: None,
            retry: None,
            spread: None,
            clients: None,
            manners: None,
            event_max: None,
            min_priority: None,
            hide_content: false,
            pictures: false,
            pictures_from: Vec::new(),
            mute: false,
            keep: KeepSettings::default(),
            paused: false,
        }
    }

    /// What decides on its messages where the person has set these rules: they first, then the least
    /// priority.
    #[must_use]
    pub fn deciding(&self, rules: &[Rule]) -> Vec<Rule> {
        let least = self.min_priority.and_then(Rule::of_min_priority);
        rules.iter().cloned().chain(least).collect()
    }

    /// Whether something of the person's own is sent with its requests.
    #[must_use]
    pub fn has_credential(&self) -> bool {
        self.bearer.is_some() || self.basic.is_some() || !self.headers.is_empty()
    }

    /// The feed that it speaks.
    #[must_use]
    pub fn speaks(&self) -> Arc<dyn Feed> {
        match &self.mapping {
            Some(form) => feed::by_form(&self.feed, form.clone()),
            // An unknown name was refused when the settings were read.
            None => feed::by_name(&self.feed).unwrap_or_else(|| Arc::new(Json)),
        }
    }

    /// Recognises what it speaks, where that is not known yet.
    #[must_use]
    pub fn recogniser(&self) -> Option<Recogniser> {
        (self.feed == feed::UNKNOWN).then(|| Recogniser::new(&self.url))
    }

    /// The identity of its stream: a different value means another stream.
    #[must_use]
    pub fn source(&self) -> String {
        let feed = self.speaks();
        let (url, ids) = (feed.identity(&self.url), feed.ids());
        if ids.is_empty() { url.to_string() } else { format!("{url} {ids}") }
    }

    /// Scheme, host and port: all of a URL that may be logged.
    #[must_use]
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// What its stream is called at its server, as its topics, where its feed says which part of the URL that is. It
    /// may be a secret of the person's: to be shown to them, never logged.
    #[must_use]
    pub fn topic(&self) -> Option<String> {
        let feed = self.speaks();
        feed.private_name(&self.url).or_else(|| feed.label(&self.url))
    }

    /// The limits on what its stream sends.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.event_max
            .and_then(|bytes| usize::try_from(bytes).ok())
            .map_or_else(Limits::default, Limits::of_event)
    }

    /// The largest event that it takes. Bytes.
    fn largest_event(&self) -> u64 {
        self.event_max.unwrap_or(Limits::default().event_bytes_max as u64)
    }

    /// The heartbeat that the person expects.
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
            retry: self.retry.unwrap_or(Retry::Backoff),
            clients: self
                .clients
                .or(self.manners.map(Manners::clients))
                .unwrap_or_else(|| Clients::towards(host, changes::is_local)),
            spread: self.spread,
        }
    }
}

/// The largest event that may be set, as a size.
///
/// # Errors
/// One sentence that says what is wrong with it.
pub fn read_event_max(text: &str) -> Result<u64, String> {
    within_event_max(size::read(text)?)
}

fn within_event_max(bytes: u64) -> Result<u64, String> {
    let most = Limits::EVENT_BYTES_MAX as u64;
    match (Limits::EVENT_BYTES_MIN as u64..=most).contains(&bytes) {
        true => Ok(bytes),
        false => Err(format!(
            "an event may be set to at most {}, and not below 1 KiB",
            size::write(most)
        )),
    }
}

fn event_max<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    within_event_max(size::field(deserializer)?).map(Some).map_err(de::Error::custom)
}

/// The key of the subscription that a person names: by its key, or by its name where no other has that. What
/// nobody has is answered as it is.
///
/// # Errors
/// [`EditError::Several`] where several have that name.
pub fn key_of(all: &IndexMap<String, Subscription>, word: &str) -> Result<String, EditError> {
    if all.contains_key(word) {
        return Ok(word.to_owned());
    }
    let named = all.iter().filter(|(_, one)| one.name.as_deref() == Some(word));
    let keys: Vec<&str> = named.map(|(key, _)| &**key).collect();
    match keys[..] {
        [] => Ok(word.to_owned()),
        [key] => Ok(key.to_owned()),
        _ => Err(EditError::unnamed(word, &keys)),
    }
}

fn default_feed() -> String {
    "json".to_owned()
}

fn rules<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Rule>, D::Error> {
    let rules: Vec<Rule> = Vec::deserialize(deserializer)?;
    policy::problem(&rules).map_or(Ok(rules), |problem| Err(de::Error::custom(problem)))
}

fn quiet_hours<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Hours>, D::Error> {
    let all: Vec<Hours> = Vec::deserialize(deserializer)?;
    silence::problem(&all).map_or(Ok(all), |problem| Err(de::Error::custom(problem)))
}

fn http_url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Url, D::Error> {
    read_url(&String::deserialize(deserializer)?).map_err(de::Error::custom)
}

fn proxy<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Proxy, D::Error> {
    read_proxy(&String::deserialize(deserializer)?).map_err(de::Error::custom)
}

/// A proxy, as the settings and the command line write it.
///
/// # Errors
/// One sentence that says what is wrong with it.
pub fn read_proxy(text: &str) -> Result<Proxy, String> {
    if text == "none" {
        return Ok(Proxy::Direct);
    }
    let wrong = "a proxy is \"none\", or a URL like http://host:port or socks5://host:port";
    let url = Url::parse(text).map_err(|_| wrong.to_owned())?;
    if !matches!(url.scheme(), "http" | "socks5" | "socks5h") || !url.has_host() {
        return Err(wrong.to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a proxy's password does not belong into the settings; use the environment's \
                    HTTPS_PROXY or ALL_PROXY for it"
            .to_owned());
    }
    Ok(Proxy::To(url))
}

/// A way to retry: `fixed 5s`.
///
/// # Errors
/// One sentence that says what is wrong with it.
pub fn read_retry(text: &str) -> Result<Retry, String> {
    match text.trim().strip_prefix("fixed ") {
        Some(interval) => span::read(interval).map(Retry::Fixed),
        None => Err(format!("{text:?} is no way to retry; write it like \"fixed 5s\"")),
    }
}

fn retry<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Retry>, D::Error> {
    read_retry(&String::deserialize(deserializer)?).map(Some).map_err(de::Error::custom)
}
