//! What a feed asks of its server: the URL that the person gave, where to resume, and what to send on it.

use url::{Url, form_urlencoded::byte_serialize};

/// One dial's request. Credentials and the rest are the dialler's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The URL to dial.
    pub url: Url,
    /// The `Last-Event-ID` header, where it is sent.
    pub last_event_id: Option<String>,
}

/// What is posted beside a connection, as JSON. The server answers 204.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscribe {
    /// Where to.
    pub url: Url,
    /// The body.
    pub body: String,
}

impl Request {
    /// This URL, with nothing to resume from.
    #[must_use]
    pub fn plain(url: &Url) -> Self {
        Self { url: url.clone(), last_event_id: None }
    }

    /// Resuming by the `Last-Event-ID` header (WHATWG HTML, 9.2.4).
    #[must_use]
    pub fn by_header(url: &Url, cursor: Option<&str>) -> Self {
        Self { last_event_id: cursor.map(str::to_owned), ..Self::plain(url) }
    }

    /// By that header, and where an id cannot be sent in one, by this query parameter.
    #[must_use]
    pub fn by_header_or_query(url: &Url, cursor: Option<&str>, parameter: &str) -> Self {
        match cursor {
            Some(id) if !is_sendable(id) => Self::plain(&with_parameter(url, parameter, id)),
            _ => Self::by_header(url, cursor),
        }
    }
}

/// The URL with this query parameter, in the place of any of that name. The rest of the query stays
/// as the person wrote it.
#[must_use]
pub(super) fn with_parameter(url: &Url, name: &str, value: &str) -> Url {
    let mut query: Vec<&str> = pairs(url).filter(|pair| name_of(pair) != name).collect();
    let value: String = byte_serialize(value.as_bytes()).collect();
    let own = format!("{name}={value}");
    query.push(&own);
    let mut url = url.clone();
    url.set_query(Some(&query.join("&")));
    url
}

/// The URL without its query parameters of these names. The rest of the query stays as the person
/// wrote it.
#[must_use]
pub(super) fn without_parameters(url: &Url, names: &[&str]) -> Url {
    let mut url = url.clone();
    if has_parameter(&url, names) {
        let kept: Vec<&str> = pairs(&url).filter(|pair| !names.contains(&name_of(pair))).collect();
        let query = kept.join("&");
        url.set_query((!query.is_empty()).then_some(&query));
    }
    url
}

/// Whether the URL has a query parameter of one of these names.
#[must_use]
pub(super) fn has_parameter(url: &Url, names: &[&str]) -> bool {
    pairs(url).any(|pair| names.contains(&name_of(pair)))
}

fn pairs(url: &Url) -> impl Iterator<Item = &str> {
    url.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty())
}

fn name_of(pair: &str) -> &str {
    pair.split_once('=').map_or(pair, |(name, _)| name)
}

/// Whether an id can be sent as a header's value: no control character but tab (RFC 9110, 5.5), and
/// no white space at its ends, which a server would strip.
#[must_use]
pub fn is_sendable(id: &str) -> bool {
    id.bytes().all(|byte| byte == b'\t' || (byte >= b' ' && byte != 0x7f))
        && id.trim_matches([' ', '\t']).len() == id.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn an_id_goes_by_header_where_it_can_else_by_query() {
        let asked = url("https://a.example/s?x=1");
        let by_header = Request::by_header_or_query(&asked, Some("1:0"), "last_event_id");
        let wanted = Request { url: asked.clone(), last_event_id: Some("1:0".into()) };
        assert_eq!(by_header, wanted);
        let by_query = Request::by_header_or_query(&asked, Some("a\u{1}&b"), "last_event_id");
        assert_eq!(by_query.last_event_id, None);
        assert_eq!(by_query.url.query(), Some("x=1&last_event_id=a%01%26b"));
    }

    #[test]
    fn a_parameter_takes_the_place_of_its_like_and_leaves_the_rest_alone() {
        let asked = url("https://a.example/s?since=10m&filter=a%20b+c&since=2&sincere");
        let found = with_parameter(&asked, "since", "x y");
        assert_eq!(found.query(), Some("filter=a%20b+c&sincere&since=x+y"));
        assert_eq!(with_parameter(&url("https://a.example/"), "a", "b").query(), Some("a=b"));
        assert!(has_parameter(&asked, &["si", "sincere"]));
        assert!(!has_parameter(&asked, &["sinc"]));
    }

    #[test]
    fn an_id_with_control_characters_or_bare_ends_cannot_be_a_header() {
        for (id, sendable) in [
            ("1700000000:0", true),
            ("ключ", true),
            ("a\tb", true),
            ("a\u{1}b", false),
            ("a\u{7f}", false),
            (" a", false),
            ("a ", false),
        ] {
            assert_eq!(is_sendable(id), sendable, "{id:?}");
        }
    }
}
