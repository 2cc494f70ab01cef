//! A subscription that is to be written down, and the table that it becomes.

use std::path::PathBuf;

use hark_engine::feed;
use indexmap::IndexMap;
use toml_edit::{Array, InlineTable, Item, Table, Value};
use url::{Host, Url};

use super::{Basic, Credential, Options};

/// A subscription to write down.
#[derive(Clone, Debug)]
pub struct NewSubscription {
    /// Where its events come from, http or https.
    pub url: Url,
    /// Its label.
    pub name: Option<String>,
    /// What it speaks.
    pub feed: String,
    /// A bearer token.
    pub bearer: Option<Credential>,
    /// A user's name and password.
    pub basic: Option<Basic>,
    /// Other headers.
    pub headers: IndexMap<String, Credential>,
    /// The file with authorities to trust beside the system's.
    pub ca: Option<PathBuf>,
    /// The way there, as [`super::read_proxy`] takes it.
    pub proxy: Option<String>,
    /// Not followed for now.
    pub paused: bool,
    /// What else is set.
    pub options: Options,
}

impl NewSubscription {
    /// One with nothing said of it but its URL and feed.
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
            proxy: None,
            paused: false,
            options: Options::new(),
        }
    }

    /// What its key is made from.
    pub(super) fn label(&self) -> String {
        let feed = feed::by_name(&self.feed);
        // What is not known yet may be a secret, too.
        let hides_path = self.private_name().is_some() || self.feed == feed::UNKNOWN;
        match &self.name {
            Some(name) => name.clone(),
            None if hides_path => host_label(&self.url, &self.feed),
            None => feed.and_then(|feed| feed.label(&self.url)).unwrap_or_default(),
        }
    }

    fn private_name(&self) -> Option<String> {
        feed::by_name(&self.feed).and_then(|feed| feed.private_name(&self.url))
    }

    /// The table that says all of this.
    pub(super) fn table(&self) -> Table {
        let mut table = Table::new();
        table["url"] = self.url.as_str().into();
        if let Some(name) = self.name.clone().or_else(|| self.private_name()) {
            table["name"] = name.into();
        }
        table["feed"] = self.feed.as_str().into();
        if let Some(bearer) = &self.bearer {
            table["bearer"] = Item::Value(written(bearer));
        }
        if let Some(Basic { user, password }) = &self.basic {
            let pair = [("user", user.into()), ("password", written(password))];
            table["basic"] = Item::Value(InlineTable::from_iter(pair).into());
        }
        if !self.headers.is_empty() {
            let all = self.headers.iter().map(|(name, value)| (name.as_str(), written(value)));
            table["headers"] = Item::Value(InlineTable::from_iter(all).into());
        }
        if let Some(ca) = &self.ca {
            table["ca"] = ca.display().to_string().into();
        }
        if let Some(proxy) = &self.proxy {
            table["proxy"] = proxy.as_str().into();
        }
        if self.paused {
            table["paused"] = true.into();
        }
        table
    }
}

/// A credential as it is written.
pub(super) fn written(credential: &Credential) -> Value {
    let (place, value): (_, Value) = match credential {
        Credential::Env(name) => ("env", name.into()),
        Credential::File(path) => ("file", path.display().to_string().into()),
        Credential::Command(words) => {
            ("command", words.iter().map(String::as_str).collect::<Array>().into())
        }
    };
    InlineTable::from_iter([(place, value)]).into()
}

/// What a key comes from where the path is no part of it: the first part of the host's name, else what it
/// speaks.
fn host_label(url: &Url, feed: &str) -> String {
    match url.host() {
        Some(Host::Domain(name)) if name.contains('.') => {
            name.split('.').find(|part| *part != "www").unwrap_or(feed).to_owned()
        }
        _ if feed == feed::UNKNOWN => "stream".to_owned(),
        _ => feed.to_owned(),
    }
}
