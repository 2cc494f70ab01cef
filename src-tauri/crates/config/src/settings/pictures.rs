//! From where the pictures of a subscription's messages are fetched, where the person wants them at all.

use hark_engine::pictures::Sources;
use serde::{Deserialize, Deserializer, de};
use url::Url;

use super::{Subscription, read_url};

/// Other origins that may be named for one subscription.
const ORIGINS_MAX: usize = 16;

impl Subscription {
    /// Where its pictures may come from; none where they are not fetched.
    #[must_use]
    pub fn picture_sources(&self) -> Option<Sources> {
        let shows = self.pictures && !self.hide_content;
        shows.then(|| Sources { feed: self.url.clone(), others: self.pictures_from.clone() })
    }

    /// The way to its own server for a request that carries nothing of the person's: without credentials and
    /// without their certificate.
    #[must_use]
    pub fn without_credentials(&self) -> Self {
        let (ca, proxy) = (self.ca.clone(), self.proxy.clone());
        Self { ca, proxy, ..Self::plain(self.url.clone(), &self.feed) }
    }
}

/// The field of a subscription that names other origins.
pub(super) fn origins<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Url>, D::Error> {
    let all = Vec::<String>::deserialize(deserializer)?;
    if all.len() > ORIGINS_MAX {
        let wrong = format!("at most {ORIGINS_MAX} servers may be named");
        return Err(de::Error::custom(wrong));
    }
    all.iter().map(|text| origin(text)).collect::<Result<_, _>>().map_err(de::Error::custom)
}

fn origin(text: &str) -> Result<Url, String> {
    let url = read_url(text)?;
    if url.path() != "/" || url.query().is_some() {
        let origin = url.origin().ascii_serialization();
        return Err(format!(
            "pictures are allowed from whole servers: write \"{origin}\", without a path"
        ));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::{
        presets::Presets,
        settings::{Credential, parse},
    };

    fn read(lines: &str) -> Result<Subscription, String> {
        let text = format!("[subscriptions.a]\nurl = \"https://a.example/x\"\n{lines}\n");
        let settings = parse(Path::new("config.toml"), &text, &Presets::built_in());
        settings
            .map(|mut all| all.subscriptions.swap_remove("a").unwrap())
            .map_err(|it| it.to_string())
    }

    #[test]
    fn they_are_fetched_only_where_the_person_says_so() {
        let sources = |lines: &str| read(lines).unwrap().picture_sources();
        assert_eq!(sources(""), None);
        assert_eq!(sources("pictures_from = [\"https://cdn.example\"]"), None);
        assert_eq!(sources("pictures = true\nhide_content = true"), None);
        let wanted = sources("pictures = true\npictures_from = [\"https://cdn.example\"]").unwrap();
        assert_eq!(wanted.feed.as_str(), "https://a.example/x");
        assert_eq!(wanted.others, ["https://cdn.example".parse().unwrap()]);
    }

    #[test]
    fn what_is_no_server_is_refused_in_words_and_with_its_place() {
        let wrong = |value: &str| read(&format!("pictures_from = {value}")).unwrap_err();
        for (value, words) in [
            ("[\"https://cdn.example/a\"]", "write \"https://cdn.example\", without a path"),
            ("[\"https://cdn.example/?a\"]", "write \"https://cdn.example\", without a path"),
            ("[\"cdn.example\"]", "should look like https://host/path"),
            ("[\"https://a.example\", \"*\"]", "not a URL"),
            ("[\"ftp://cdn.example\"]", "http and https URLs, not ftp"),
            ("[\"https://me:s3cret@cdn.example\"]", "password does not belong"),
            ("\"https://cdn.example\"", "where a list belongs"),
        ] {
            let said = wrong(value);
            assert!(said.contains(words), "{value}: {said}");
            assert!(said.contains("line 3, column ") && !said.contains("s3cret"), "{said}");
        }
        let many = vec!["\"https://cdn.example\""; ORIGINS_MAX + 1].join(",");
        assert!(wrong(&format!("[{many}]")).contains("at most 16"));
        let said = read("pictures = \"yes\"").unwrap_err();
        assert!(said.contains("line 3, column 12") && said.contains("true or false"), "{said}");
    }

    #[test]
    fn what_is_the_persons_own_stays_behind() {
        let one = read(
            "bearer = { env = \"A\" }\nheaders = { X = { env = \"B\" } }\nca = \"/ca.pem\"\nproxy = \
             \"none\"\nclient_certificate = { certificate = \"/a\", key = \"/b\" }",
        );
        let one = one.unwrap();
        assert_eq!(one.bearer, Some(Credential::Env("A".into())));
        let way = one.without_credentials();
        let wanted = Subscription {
            ca: Some("/ca.pem".into()),
            proxy: one.proxy.clone(),
            ..Subscription::plain(one.url, "json")
        };
        assert_eq!(way, wanted);
    }
}
