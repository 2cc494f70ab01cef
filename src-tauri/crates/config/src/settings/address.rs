//! URLs as people type them: with or without a scheme, or of the other kind of stream. Pure.

use hark_engine::feed;
use hark_stream::connection::is_loopback;
use url::{ParseError, Url};

/// An address as a person has typed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Typed {
    /// The URL that it means, or the first to be tried.
    pub url: Url,
    /// The URL to be tried, without a credential, where the first cannot be reached: nobody has said which
    /// scheme it is.
    pub in_the_clear: Option<Url>,
}

/// Why an address cannot be taken. Nothing of it is repeated beyond its scheme: it may hold a token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It is none.
    #[error("That is not a URL{0}. It should look like https://host/path.")]
    Unreadable(String),
    /// It is that of a WebSocket.
    #[error("{0}")]
    WebSocket(String),
    /// It has another scheme than http and https.
    #[error("Hark follows http and https URLs, not {0}.")]
    Scheme(String),
    /// It holds a user or a password.
    #[error(
        "The password does not belong into the URL; in the settings, use basic = {{ user = \"NAME\", password = {{ file = \"/path\" }} }}."
    )]
    Password,
}

impl From<AddressError> for String {
    fn from(error: AddressError) -> Self {
        error.to_string()
    }
}

/// Reads an address. Without a scheme, this computer is asked over http and any other over https first.
///
/// # Errors
/// See [`AddressError`].
pub fn read_typed(text: &str) -> Result<Typed, AddressError> {
    let text = text.trim();
    let host = text.split(['/', '?']).next().unwrap_or_default();
    // A bare word is no address; a path that was forgotten or a command's own word.
    let is_host = host == "localhost" || host.contains(['.', ':', '[']);
    if text.contains("://") || !is_host {
        return Ok(Typed { url: read_url(text)?, in_the_clear: None });
    }
    let clear = read_url(&format!("http://{text}"))?;
    if is_loopback(&clear) {
        return Ok(Typed { url: clear, in_the_clear: None });
    }
    Ok(Typed { url: read_url(&format!("https://{text}"))?, in_the_clear: Some(clear) })
}

/// An http or https URL with a host, as typed by a person.
///
/// # Errors
/// See [`AddressError`].
pub fn read_url(text: &str) -> Result<Url, AddressError> {
    let mut url = Url::parse(text.trim()).map_err(|error| {
        let why = match error {
            ParseError::RelativeUrlWithoutBase => String::new(),
            error => format!(" ({error})"),
        };
        AddressError::Unreadable(why)
    })?;
    if matches!(url.scheme(), "ws" | "wss") {
        return Err(AddressError::WebSocket(of_websocket(&url)));
    }
    if !matches!(url.scheme(), "http" | "https") {
        return Err(AddressError::Scheme(url.scheme().to_owned()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(AddressError::Password);
    }
    // The fragment is never sent: URLs that differ only in it are the same stream.
    url.set_fragment(None);
    Ok(url)
}

/// An address as it was typed, to be repeated to the person: a password in it is left out.
#[must_use]
pub fn without_password(text: &str) -> String {
    let start = text.find("://").map_or(0, |at| at + "://".len());
    let (scheme, rest) = text.split_at(start);
    let host = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    // A password may hold what would end the host, where nobody has escaped it.
    let Some(at) = rest[..host].rfind('@').or_else(|| rest.rfind('@')) else { return text.into() };
    let Some((user, password)) = rest[..at].split_once(':') else { return text.into() };
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    match at > host && password.split_once(['/', '?', '#']).is_some_and(|(port, _)| is_port(port)) {
        true => text.into(),
        false => format!("{scheme}{user}:…{}", &rest[at..]),
    }
}

/// What is said of a WebSocket's URL: where the same server has an event stream, as far as that is known.
fn of_websocket(url: &Url) -> String {
    let what = "That is the address of a WebSocket, and Hark follows event streams (SSE).";
    let scheme = if url.scheme() == "wss" { "https" } else { "http" };
    let same = url.as_str().split_once("://").map(|(_, rest)| format!("{scheme}://{rest}"));
    let known =
        same.and_then(|same| same.parse().ok()).is_some_and(|same| feed::by_url(&same).is_some());
    if known {
        return format!("{what} This server has both: give the address with {scheme}:// instead.");
    }
    format!(
        "{what} Many servers have both, as {}: give the address of the event stream, which begins with \
         {scheme}://. Gotify has only a WebSocket.",
        feed::HAVE_BOTH
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> (String, Option<String>) {
        let typed = read_typed(text).unwrap();
        (typed.url.into(), typed.in_the_clear.map(String::from))
    }

    #[test]
    fn without_a_scheme_it_is_https_first_and_http_on_this_computer() {
        let both = |rest: &str| (format!("https://{rest}"), Some(format!("http://{rest}")));
        assert_eq!(typed("ntfy.sh/alerts"), both("ntfy.sh/alerts"));
        assert_eq!(typed(" push.example:8080/a?b=c "), both("push.example:8080/a?b=c"));
        assert_eq!(typed("192.168.1.7/events"), both("192.168.1.7/events"));
        for here in ["localhost:8090/x", "127.0.0.1:80/x", "[::1]:8090/x"] {
            let url = typed(here);
            assert!(url.0.starts_with("http://") && url.1.is_none(), "{url:?}");
        }
        assert_eq!(typed("http://a.example/"), ("http://a.example/".into(), None));
        for none in ["", "me@a.example/x", "a b", "builds", "/a.b"] {
            assert!(read_typed(none).is_err(), "{none:?}");
        }
    }

    #[test]
    fn a_url_has_no_password_and_loses_its_fragment() {
        assert_eq!(
            read_url(" https://a.example/x?y#z ").unwrap().as_str(),
            "https://a.example/x?y"
        );
        for url in ["http://me:pw@a.example/", "http://me@a.example/", "http://:pw@a.example/"] {
            let sentence = read_url(url).unwrap_err().to_string();
            assert!(sentence.contains("basic = { user = "), "{sentence}");
        }
    }

    #[test]
    fn a_password_is_not_repeated() {
        for (typed, said) in [
            ("http://me:pw@a.example/x", "http://me:…@a.example/x"),
            ("me:p@w@a.example", "me:…@a.example"),
            ("http://me:p/w@a.example/", "http://me:…@a.example/"),
            ("http://:pw@a.example/?to=b@c", "http://:…@a.example/?to=b@c"),
            ("http://me@a.example/", "http://me@a.example/"),
            ("https://a.example:80/@me", "https://a.example:80/@me"),
            ("ftp://a.example/", "ftp://a.example/"),
        ] {
            assert_eq!(without_password(typed), said);
        }
    }

    #[test]
    fn a_websocket_is_named_and_its_servers_stream_where_it_is_known() {
        let said = |url: &str| read_url(url).unwrap_err().to_string();
        assert!(said("wss://ntfy.sh/alerts/ws").contains("with https:// instead"));
        for other in ["ws://gotify.example/stream", "wss://a.example/"] {
            let sentence = said(other);
            assert!(sentence.contains("WebSocket") && sentence.contains("Gotify"), "{sentence}");
            assert!(!sentence.contains("a.example"), "it may hold a token: {sentence}");
        }
        assert!(said("ftp://a.example/").contains("not ftp"));
    }
}
