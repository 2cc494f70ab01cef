//! What may be opened of the links that strangers send, and what the person is told before one opens that
//! looks like another. Pure: it opens nothing.
//!
//! A link is opened in the form that is made here, never in the one that came: so what is judged, what is
//! shown and what is opened are one text.

mod mailto;
mod scheme;

use std::fmt;

use serde::{Deserialize, Deserializer, de};
use url::Url;

/// The longest link that is opened, in bytes.
pub const LINK_BYTES_MAX: usize = 8 << 10;

/// What means something to a shell, in a link of another scheme than the web's.
const SHELL: &[u8] = b"\"'`<>\\^{|}$;()*!";

/// Schemes that are opened beside those of the web and `mailto`, which the person has allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Links {
    #[serde(default, deserialize_with = "schemes")]
    schemes: Vec<String>,
}

fn schemes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let all = Vec::<String>::deserialize(deserializer)?;
    all.iter()
        .map(|scheme| scheme::allowed(scheme))
        .collect::<Result<_, _>>()
        .map_err(de::Error::custom)
}

/// A link that may be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What is opened: printable ASCII that begins with a letter.
    pub url: String,
    /// Why the person is asked first, where they are.
    pub doubt: Option<Doubt>,
}

/// Why a link may not lead where it seems to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Doubt {
    /// Its host as the network knows it, where it has letters that are not ASCII: `xn--…`.
    pub ascii: Option<String>,
    /// The same host as it would be read.
    pub unicode: Option<String>,
    /// What stands before an `@` in front of the host and looks like one.
    pub user: Option<String>,
}

/// Why a link is not opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It is none, or is written in a way that programs read differently.
    Malformed,
    /// It is longer than [`LINK_BYTES_MAX`].
    TooLong,
    /// What its scheme names can run things or read files.
    Never(String),
    /// The person has not allowed its scheme.
    NotAllowed(String),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => f.write_str("This link is not opened: it is not written as one."),
            Self::TooLong => write!(
                f,
                "This link is not opened: it is longer than {} KiB.",
                LINK_BYTES_MAX >> 10
            ),
            Self::Never(scheme) => write!(
                f,
                "A link that begins with {scheme}: is never opened, as it could run a program or read a \
                 file."
            ),
            Self::NotAllowed(scheme) => write!(
                f,
                "A link that begins with {scheme}: is not opened. To allow such, add \"{scheme}\" to \
                 `schemes` in [links] of the settings."
            ),
        }
    }
}

impl Links {
    /// What is opened where a person asks for this link.
    ///
    /// # Errors
    /// Where nothing is.
    pub fn judge(&self, text: &str) -> Result<Link, Refused> {
        let url = canonical(text)?;
        let scheme = url.scheme();
        let is_allowed = scheme::is_usual(scheme) || self.schemes.iter().any(|it| it == scheme);
        if !is_allowed {
            return Err(Refused::NotAllowed(scheme.to_owned()));
        }
        Ok(Link { doubt: doubt(&url), url: url.into() })
    }
}

/// A stranger's text as a link that is kept with a message: one that some person might allow.
#[must_use]
pub fn kept(text: &str) -> Option<String> {
    canonical(text).ok().map(Into::into)
}

/// The same, of the web alone: http or https.
#[must_use]
pub fn of_web(text: &str) -> Option<String> {
    let url = canonical(text).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| url.into())
}

/// What is doubtful about where a URL leads.
#[must_use]
pub fn doubt(url: &Url) -> Option<Doubt> {
    let host = url.domain().filter(|host| host.split('.').any(|label| label.starts_with("xn--")));
    let user = match (url.username(), url.password()) {
        ("", None) => None,
        (user, None) => Some(user.to_owned()),
        (user, Some(_)) => Some(format!("{user}:…")),
    };
    if host.is_none() && user.is_none() {
        return None;
    }
    Some(Doubt {
        ascii: host.map(str::to_owned),
        unicode: host.map(url::quirks::domain_to_unicode),
        user,
    })
}

/// Control characters, spaces and overrides of direction. What merely cannot be seen is encoded instead, and so
/// is seen.
fn is_read_differently(char: char) -> bool {
    let overrides = matches!(char, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    overrides || char.is_control() || char.is_whitespace()
}

/// The one form of a link in which it is kept, shown and opened.
fn canonical(text: &str) -> Result<Url, Refused> {
    let text = text.trim();
    if text.len() > LINK_BYTES_MAX {
        return Err(Refused::TooLong);
    }
    let url = Url::parse(text).map_err(|_| Refused::Malformed)?;
    let scheme = url.scheme();
    if scheme::is_never(scheme) {
        return Err(Refused::Never(scheme.to_owned()));
    }
    // What a parser leaves out or takes for another character, the next one may not.
    if text.contains(|char: char| char != ' ' && is_read_differently(char)) {
        return Err(Refused::Malformed);
    }
    let url = match scheme {
        "mailto" => mailto::rebuilt(url.path(), url.query()).ok_or(Refused::Malformed)?,
        _ if scheme::is_written_plainly(text, &url) => url,
        _ => return Err(Refused::Malformed),
    };
    let opened = url.as_str();
    if opened.len() > LINK_BYTES_MAX {
        return Err(Refused::TooLong);
    }
    // A program behind another scheme may hand it to a shell.
    let is_web = matches!(url.scheme(), "http" | "https");
    let is_plain = |byte: u8| byte.is_ascii_graphic() && (is_web || !SHELL.contains(&byte));
    if opened.bytes().all(is_plain) { Ok(url) } else { Err(Refused::Malformed) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(text: &str) -> Result<Link, Refused> {
        Links::default().judge(text)
    }

    #[test]
    fn the_web_is_opened_as_it_is_and_mail_with_what_it_may_say() {
        let url = |text: &str| opened(text).map(|link| (link.url, link.doubt));
        let plain = |text: &str| Ok((text.to_owned(), None));
        assert_eq!(url("https://a.example/b?c=d#e"), plain("https://a.example/b?c=d#e"));
        assert_eq!(url(" HTTP://A.example "), plain("http://a.example/"));
        assert_eq!(url("https://a.example/a b"), plain("https://a.example/a%20b"));
        assert_eq!(
            url("mailto:me@a.example?subject=hi&attach=/etc/passwd&bcc=x@y.example"),
            plain("mailto:me@a.example?subject=hi")
        );
    }

    #[test]
    fn another_scheme_is_opened_where_the_person_allows_it() {
        let ssh = "ssh://host.example/";
        assert_eq!(opened(ssh), Err(Refused::NotAllowed("ssh".into())));
        assert_eq!(kept(ssh).as_deref(), Some(ssh));
        assert_eq!(of_web(ssh), None);
        let links: Links = serde_json::from_str(r#"{"schemes":["SSH","matrix"]}"#).unwrap();
        assert_eq!(links.judge("ssh://host.example/").unwrap().url, "ssh://host.example/");
        assert_eq!(links.judge("matrix:u/me:a.example").unwrap().url, "matrix:u/me:a.example");
        for trick in [
            "ssh://-oProxyCommand=calc/",
            "ssh://%2doProxyCommand=calc/",
            "ssh://-oProxyCommand=x@host.example/",
            "ssh://%D0%B0pple.com/",
            "ssh://a%2eexample/",
            "ssh://host.example/$(calc)'",
            "ssh:-oProxyCommand=calc",
        ] {
            assert!(links.judge(trick).is_err(), "{trick}");
        }
    }

    #[test]
    fn a_host_of_other_letters_and_a_user_are_told_before_it_opens() {
        let doubt = |text: &str| opened(text).unwrap().doubt.unwrap();
        // The first letter is Cyrillic.
        let seen = doubt("https://аpple.com/");
        assert_eq!(seen.ascii.as_deref(), Some("xn--pple-43d.com"));
        assert_eq!(seen.unicode.as_deref(), Some("аpple.com"));
        assert_eq!(doubt("https://xn--pple-43d.com/"), seen);
        let seen = doubt("https://bank.example@evil.example/");
        assert_eq!((seen.user.as_deref(), seen.ascii), (Some("bank.example"), None));
        // A secret is not shown.
        assert_eq!(doubt("https://me:s3cret@a.example/").user.as_deref(), Some("me:…"));
    }

    #[test]
    fn a_refusal_says_what_to_do() {
        let said = opened("ssh://a.example/").unwrap_err().to_string();
        assert!(said.contains("[links]") && said.contains("\"ssh\""), "{said}");
        assert!(opened("javascript:alert(1)").unwrap_err().to_string().contains("never"));
    }
}
