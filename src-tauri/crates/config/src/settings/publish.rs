//! Where a person's own messages for a subscription are sent, and with which credential.

use std::path::PathBuf;

use hark_engine::feed::{UNKNOWN, publish::Outgoing};
use indexmap::IndexMap;
use serde::{Deserialize, Deserializer};
use url::Url;

use super::{Basic, Credential, Subscription, basic, headers, http_url, written::table_alone};

/// What `publish` may be.
const PUBLISH: &str = "publish is { url = \"https://host/path\", bearer = { file = \"/path\" } }; the \
                       secret itself does not belong here";

/// How messages are sent to a subscription's server, where that is not told by the subscription itself.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publish {
    /// Where to, http or https.
    #[serde(default, deserialize_with = "url")]
    pub url: Option<Url>,
    /// A bearer token.
    #[serde(default)]
    pub bearer: Option<Credential>,
    /// A user's name and password.
    #[serde(default, deserialize_with = "basic")]
    pub basic: Option<Basic>,
    /// Other headers.
    #[serde(default, deserialize_with = "headers")]
    pub headers: IndexMap<String, Credential>,
    /// A PEM file with certificates to trust beside the system's.
    #[serde(default)]
    pub ca: Option<PathBuf>,
}

impl Publish {
    fn has_credential(&self) -> bool {
        self.bearer.is_some() || self.basic.is_some() || !self.headers.is_empty()
    }
}

impl Subscription {
    /// The URL that says where messages are sent where the settings name no other. A credential in it
    /// gives way to one that is for sending.
    #[must_use]
    pub fn sent_from(&self) -> Url {
        match self.publish.as_ref().is_some_and(Publish::has_credential) {
            true => self.speaks().identity(&self.url),
            false => self.url.clone(),
        }
    }

    /// Whether a message of the person's own can be sent to its server, under this topic.
    #[must_use]
    pub fn takes_messages(&self, topic: Option<&str>) -> bool {
        let to = self.publish.as_ref().and_then(|publish| publish.url.as_ref());
        let topic = topic.map(str::to_owned);
        let message = Outgoing { text: "?".to_owned(), topic, ..Outgoing::default() };
        self.feed != UNKNOWN && self.speaks().publish(&self.sent_from(), to, &message).is_ok()
    }

    /// What is sent with a message to this URL, as the settings of a subscription there. The credentials
    /// are those for sending, else the subscription's own; these, and its own certificates, are for the
    /// origin that it names and for no other.
    #[must_use]
    pub fn to_send(&self, to: &Url) -> Self {
        let own = self.publish.clone().unwrap_or_default();
        let is_same = to.origin() == self.url.origin();
        let mut sending = Self {
            proxy: self.proxy.clone(),
            cleartext_credentials: self.cleartext_credentials,
            ..Self::plain(to.clone(), &self.feed)
        };
        if is_same {
            sending.client_certificate.clone_from(&self.client_certificate);
        }
        sending.ca = own.ca.clone().or_else(|| self.ca.clone().filter(|_| is_same));
        if own.has_credential() {
            (sending.bearer, sending.basic, sending.headers) = (own.bearer, own.basic, own.headers);
        } else if is_same {
            sending.bearer.clone_from(&self.bearer);
            sending.basic.clone_from(&self.basic);
            sending.headers.clone_from(&self.headers);
        }
        sending
    }
}

/// The field of a subscription.
pub(super) fn publish<'de, D>(deserializer: D) -> Result<Option<Publish>, D::Error>
where
    D: Deserializer<'de>,
{
    table_alone(deserializer, PUBLISH).map(Some)
}

fn url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Url>, D::Error> {
    http_url(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;
    use crate::{
        presets::Presets,
        settings::{parse, set_paused},
    };

    fn read(publish: &str) -> Result<Subscription, String> {
        let text = format!(
            "[subscriptions.a]\nurl = \"https://a.example/sub?auth=q\"\nfeed = \"nchan\"\nca = \
             \"/own.pem\"\nbearer = {{ env = \"OWN\" }}\nheaders = {{ X = {{ env = \"Y\" }} }}\n{publish}\n"
        );
        let settings = parse(Path::new("config.toml"), &text, &Presets::built_in());
        settings
            .map(|mut all| all.subscriptions.swap_remove("a").unwrap())
            .map_err(|it| it.to_string())
    }

    fn env(name: &str) -> Option<Credential> {
        Some(Credential::Env(name.into()))
    }

    #[test]
    fn its_own_credential_goes_to_its_own_origin_alone() {
        let one = read("").unwrap();
        let here = one.to_send(&"https://a.example/pub".parse().unwrap());
        assert_eq!((here.bearer, here.headers.len(), here.ca), (env("OWN"), 1, one.ca.clone()));
        for there in ["https://b.example/pub", "https://a.example:8443/pub", "http://a.example/pub"]
        {
            let there = one.to_send(&there.parse().unwrap());
            assert_eq!((there.bearer, there.headers.len(), there.ca), (None, 0, None));
        }
        assert_eq!(one.sent_from(), one.url);
    }

    #[test]
    fn a_credential_for_sending_goes_before_it_and_where_the_settings_say() {
        let one = read(
            "publish = { url = \"https://b.example/p\", bearer = { file = \"/t\" }, ca = \"/b.pem\" }",
        );
        let one = one.unwrap();
        let wanted = Some(Credential::File("/t".into()));
        for to in ["https://b.example/p", "https://a.example/pub"] {
            let sending = one.to_send(&to.parse().unwrap());
            assert_eq!((&sending.bearer, sending.headers.len()), (&wanted, 0), "{to}");
            assert_eq!(sending.ca.as_deref(), Some(Path::new("/b.pem")));
        }
        assert_eq!(one.sent_from().as_str(), "https://a.example/sub");
        let basic = read("publish.basic = { user = \"me\", password = { env = \"P\" } }").unwrap();
        let sending = basic.to_send(&basic.url);
        assert_eq!((sending.bearer, sending.basic.unwrap().user.as_str()), (None, "me"));
    }

    #[test]
    fn what_it_may_be_is_said_and_no_secret_is_repeated() {
        for (publish, words) in [
            ("publish = \"s3cret\"", "publish is { url = "),
            ("publish = { bearer = \"s3cret\" }", "a credential is { env"),
            ("publish = { token = \"s3cret\" }", "unknown field `token`"),
            ("publish = { url = \"ftp://a.example/s3cret\" }", "not ftp"),
            (
                "publish = { url = \"https://me:s3cret@a.example/\" }",
                "does not belong into the URL",
            ),
            (
                "publish.bearer = { env = \"A\" }\npublish.basic = { user = \"me\", password = { env = \"B\" } }",
                "one of `bearer` and `basic`",
            ),
        ] {
            let said = read(publish).unwrap_err();
            assert!(said.contains(words) && !said.contains("s3cret"), "{publish}: {said}");
            assert!(said.contains("in line 7") || said.contains("in line 8"), "{said}");
        }
    }

    #[test]
    fn the_example_of_the_page_about_servers_is_read() {
        let page = include_str!("../../../../docs/servers.md");
        let example = page.split_once("```toml\n").unwrap().1.split_once("```").unwrap().0;
        let settings = parse(Path::new("config.toml"), example, &Presets::built_in()).unwrap();
        let publish = settings.subscriptions["builds"].publish.clone().unwrap();
        assert!(publish.url.is_some() && publish.has_credential());
    }

    #[test]
    fn edits_keep_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        let text = "[subscriptions.a]\nurl = \"https://a.example/\"\n# to send\npublish = { url = \
                    \"https://a.example/p\" } # there\n";
        fs::write(&path, text).unwrap();
        set_paused(&path, &["a".to_owned()], true).unwrap();
        let changed = fs::read_to_string(&path).unwrap();
        assert_eq!(changed, format!("{text}paused = true\n"));
    }
}
