//! A request that a message asks for: a stranger's wish. What of it is sent, what is shown of it before, what
//! a yes is remembered for, and where it may go. Pure: nothing here sends anything.

use std::{fmt, net::IpAddr};

use url::{Host, Url};

use crate::{
    failure::Cause,
    links::{self, Doubt},
    message::HEADERS_MAX,
    reach::{Reach, is_on_internet},
    readable::Line,
};

/// The methods that are sent.
const METHODS: &[&str] = &["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"];
/// The largest body that is sent, in bytes: the person is to read it.
pub const BODY_BYTES_MAX: usize = 16 << 10;
/// Headers that belong to a connection, to the request as it is made, or to another site's memory of the
/// person, whatever a message names (RFC 9110, 7.6.1).
const NEVER: &[&str] = &[
    "connection",
    "content-length",
    "cookie",
    "cookie2",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
];

/// Headers that only say what is sent, or what is to be answered with.
const HARMLESS: &[&str] = &["accept", "accept-language", "content-type"];

/// A request as it would be sent, and is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// One of those that are sent.
    pub method: &'static str,
    /// Where to, http or https, without a user or a fragment.
    pub url: Url,
    /// The message's headers that are sent: names in lower case, values in printable ASCII.
    pub headers: Vec<(String, String)>,
    /// What is sent; may be empty.
    pub body: String,
}

/// Why a request is not sent, whatever the person says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Its method is none of those that are sent.
    Method(Line),
    /// Its address is none, or has a user's name in it.
    Address,
    /// A header cannot be sent.
    Header(Line),
    /// Its body is larger than [`BODY_BYTES_MAX`].
    Body,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Method(method) => {
                write!(f, "Nothing was sent: {method:?} is none of {}.", METHODS.join(", "))
            }
            Self::Address => f.write_str(
                "Nothing was sent: its address is no plain http or https address of a server.",
            ),
            Self::Header(name) => {
                write!(f, "Nothing was sent: its header {name:?} cannot be sent.")
            }
            Self::Body => write!(
                f,
                "Nothing was sent: its text is larger than {} KiB, too much to be looked through.",
                BODY_BYTES_MAX >> 10
            ),
        }
    }
}

/// What a yes is remembered for: any request of this subscription's messages to this server with this method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The subscription's key.
    pub subscription: String,
    /// Scheme, host and port.
    pub origin: String,
    /// The method.
    pub method: String,
}

impl Asked {
    /// The request that a message asks for.
    ///
    /// # Errors
    /// Where it is never sent.
    pub fn of(
        url: &str,
        method: &str,
        headers: &[(Line, Line)],
        body: &str,
    ) -> Result<Self, Refused> {
        let wanted = method.to_ascii_uppercase();
        let Some(method) = METHODS.iter().find(|known| **known == wanted) else {
            return Err(Refused::Method(Line::of(method, 40)));
        };
        let url = links::of_web(url).and_then(|url| Url::parse(&url).ok());
        let Some(mut url) = url.filter(|url| url.username().is_empty() && url.password().is_none())
        else {
            return Err(Refused::Address);
        };
        url.set_fragment(None);
        if body.len() > BODY_BYTES_MAX {
            return Err(Refused::Body);
        }
        Ok(Self { method, url, headers: self::headers(headers)?, body: body.to_owned() })
    }

    /// Scheme, host and port, with the port also where it is the usual one.
    #[must_use]
    pub fn origin(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        let port = self.url.port_or_known_default().unwrap_or_default();
        format!("{}://{host}:{port}", self.url.scheme())
    }

    /// What is doubtful about the host.
    #[must_use]
    pub fn doubt(&self) -> Option<Doubt> {
        links::doubt(&self.url)
    }

    /// What a yes to it is remembered for; none where each has to be looked at, as it has headers that may be
    /// a credential, or make another request of it.
    #[must_use]
    pub fn grant(&self, subscription: &str) -> Option<Grant> {
        let is_plain = self.headers.iter().all(|(name, _)| HARMLESS.contains(&name.as_str()));
        is_plain.then(|| Grant {
            subscription: subscription.to_owned(),
            origin: self.origin(),
            method: self.method.to_owned(),
        })
    }

    /// Where it may go, of a message of the feed at this address, which was reached last there, without a
    /// proxy; none where that is not followed any more.
    #[must_use]
    pub fn reach(&self, feed: Option<&Url>, reached: Option<IpAddr>) -> Reach {
        let is_own =
            feed.is_some_and(|feed| feed.host().is_some() && feed.host() == self.url.host());
        match self.url.host() {
            Some(Host::Domain(name)) if is_own && !is_local_name(name) => Reach::Named(reached),
            _ if is_own => Reach::Own,
            _ => Reach::Internet,
        }
    }

    /// Whether its address says itself that it is where a request may not go: then nobody need be asked.
    #[must_use]
    pub fn is_out_of(&self, reach: Reach) -> bool {
        let is_inside = match self.url.host() {
            Some(Host::Ipv4(address)) => !is_on_internet(address.into()),
            Some(Host::Ipv6(address)) => !is_on_internet(address.into()),
            Some(Host::Domain(name)) => is_local_name(name),
            None => true,
        };
        reach == Reach::Internet && is_inside
    }
}

/// The sentence about a request that may not go where its address leads.
#[must_use]
pub fn inside(origin: &str) -> String {
    format!(
        "Nothing was sent: {origin} is on this computer or in a private network, where a message may send \
         a request only to the server that it came from."
    )
}

/// The sentence about a request that was not answered.
#[must_use]
pub fn unanswered(cause: &Cause, origin: &str) -> String {
    match cause {
        Cause::HeadersTimeout => format!(
            "{origin} did not answer in time, so it is not known whether it has the request."
        ),
        Cause::EndOfStream | Cause::Truncated | Cause::ConnectionReset => format!(
            "{origin} hung up without an answer, so it is not known whether it has the request."
        ),
        Cause::NoRoute => format!("There is no network route to {origin}."),
        cause => cause.sentence(origin),
    }
}

/// Names that only a private network has (RFC 6761, 6762, 8375, 9476).
fn is_local_name(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    let last = name.rsplit('.').next().unwrap_or_default();
    ["localhost", "local", "localdomain", "internal", "lan", "home", "corp"].contains(&last)
        || name.ends_with(".home.arpa")
        || name == "home.arpa"
        || !name.contains('.')
}

fn headers(named: &[(Line, Line)]) -> Result<Vec<(String, String)>, Refused> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let mut headers = Vec::with_capacity(named.len());
    for (name, value) in named.iter().take(HEADERS_MAX) {
        let lower = name.to_ascii_lowercase();
        // The last would change what was shown: it is cut.
        let is_fit = !lower.is_empty()
            && lower.bytes().all(is_token)
            && value.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        if !is_fit {
            return Err(Refused::Header(name.clone()));
        }
        if !NEVER.contains(&lower.as_str()) && !lower.starts_with("proxy-") {
            headers.push((lower, value.to_string()));
        }
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(url: &str) -> Asked {
        Asked::of(url, "POST", &[], "").unwrap()
    }

    #[test]
    fn what_is_sent_is_what_is_named_without_what_is_never_sent() {
        let named = [
            ("Content-Type", "application/json"),
            ("X-Custom", "a b"),
            ("Host", "evil.example"),
            ("Cookie", "session=1"),
            ("Content-Length", "7"),
            ("Transfer-Encoding", "chunked"),
            ("Connection", "close, X-Custom"),
            ("Proxy-Authorization", "Basic x"),
            ("Authorization", "Bearer x"),
        ];
        let named = named.map(|(name, value)| (Line::from(name), Line::from(value)));
        let all = Asked::of("https://a.example/x?y#z", "put", &named, "{}").unwrap();
        assert_eq!((all.method, all.url.as_str()), ("PUT", "https://a.example/x?y"));
        let names: Vec<&str> = all.headers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["content-type", "x-custom", "authorization"]);
        assert_eq!(all.grant("news"), None, "a credential is looked at each time");
        assert_eq!(all.origin(), "https://a.example:443");
    }

    #[test]
    fn what_cannot_be_shown_as_it_is_sent_is_refused() {
        let of = |url: &str, method: &str, header: (&str, &str), body: &str| {
            let headers = [(Line::from(header.0), Line::from(header.1))];
            Asked::of(url, method, &headers, body).unwrap_err().to_string()
        };
        let (url, fine) = ("https://a.example/", ("x", "y"));
        for method in ["CONNECT", "TRACE", "OPTIONS", "", "G T", "POST\r\nX: y"] {
            assert!(of(url, method, fine, "").contains("is none of GET"), "{method}");
        }
        for url in
            ["https://me@a.example/", "https://me:pass@a.example/", "ftp://a.example/", "x", ""]
        {
            assert!(of(url, "GET", fine, "").contains("no plain http"), "{url}");
        }
        for header in
            [("a b", "c"), ("", "c"), ("x:", "c"), ("é", "c"), ("x", "é"), ("x", &"y".repeat(1001))]
        {
            assert!(of(url, "GET", header, "").contains("cannot be sent"), "{header:?}");
        }
        assert!(of(url, "GET", fine, &"x".repeat(64 << 10)).contains("larger than 16 KiB"));
    }

    #[test]
    fn a_yes_is_remembered_for_a_subscription_a_server_and_a_method() {
        let grant = |url: &str, method: &str| {
            Asked::of(url, method, &[], "").unwrap().grant("news").unwrap()
        };
        let with = |name: &str| {
            let headers = [(Line::from(name), Line::from("x"))];
            Asked::of("https://a.example/x", "POST", &headers, "").unwrap().grant("news")
        };
        let one = grant("https://a.example/x", "POST");
        for header in ["X-HTTP-Method-Override", "X-Api-Key", "Authorization", "Range", "X-Door"] {
            assert_eq!(with(header), None, "{header} is looked at each time");
        }
        for header in ["Content-Type", "Accept", "accept-language"] {
            assert_eq!(with(header).as_ref(), Some(&one), "{header}");
        }
        assert_eq!(one.origin, "https://a.example:443");
        assert_eq!(grant("https://a.example/other?y", "post"), one);
        for other in [
            grant("http://a.example/x", "POST"),
            grant("https://a.example:8443/x", "POST"),
            grant("https://b.example/x", "POST"),
            grant("https://a.example/x", "DELETE"),
        ] {
            assert_ne!(other, one);
        }
    }

    #[test]
    fn only_the_feeds_own_host_may_be_inside() {
        let feed: Url = "http://192.168.1.2/topic".parse().unwrap();
        let reach = |url: &str| asked(url).reach(Some(&feed), None);
        assert_eq!(reach("https://192.168.1.2:8443/x"), Reach::Own);
        assert_eq!(reach("https://192.168.1.3/x"), Reach::Internet);
        assert_eq!(asked("http://192.168.1.2/").reach(None, None), Reach::Internet);
        for inside in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://[::1]/",
            "http://localhost/",
            "http://x.LOCALHOST./",
            "http://printer/",
            "http://nas.local/",
            "http://a.home.arpa/",
            "http://[fe80::1]/",
        ] {
            assert!(asked(inside).is_out_of(Reach::Internet), "{inside}");
            assert!(!asked(inside).is_out_of(Reach::Own), "{inside}");
        }
        assert!(!asked("https://a.example/").is_out_of(Reach::Internet));
        assert!(!asked("https://1.1.1.1/").is_out_of(Reach::Internet));
    }

    #[test]
    fn the_name_of_a_feed_leads_inside_only_to_where_its_feed_was_reached() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let (home, other, out) = (ip("192.168.1.2"), ip("10.9.9.9"), ip("1.1.1.1"));
        for (feed, reached, at, wanted) in [
            ("http://feed.example/", Some(out), vec![other], None),
            ("http://feed.example/", None, vec![home], None),
            ("http://feed.example/", Some(home), vec![home], Some(vec![home])),
            ("http://feed.example/", Some(home), vec![home, other], Some(vec![home])),
            ("http://feed.example/", Some(home), vec![out], Some(vec![out])),
            ("http://nas.local/", None, vec![other], Some(vec![other])),
            ("http://10.9.9.9/", None, vec![other], Some(vec![other])),
            ("http://feed.example/", None, vec![], None),
        ] {
            let reach = asked(feed).reach(Some(&feed.parse().unwrap()), reached);
            assert_eq!(reach.of(at.clone(), |_| false), wanted, "{feed} {at:?}");
        }
        assert_eq!(Reach::Internet.of(vec![out, other], |_| false), None, "a trick");
        assert_eq!(Reach::Internet.of(vec![out], |_| false), Some(vec![out]));
        for reach in [Reach::Internet, Reach::Named(None)] {
            assert_eq!(reach.of(vec![out], |ip| ip == out), None, "it is here");
        }
        assert_eq!(Reach::Named(Some(out)).of(vec![out], |_| true), Some(vec![out]));
    }
}
