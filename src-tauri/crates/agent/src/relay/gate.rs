//! Who may ask the relay. Pure: what a request's head says is judged, before anything else of it is read.

use std::net::IpAddr;

use axum::http::{
    HeaderMap, Method, StatusCode, Uri,
    header::{AUTHORIZATION, HOST, ORIGIN},
};
use hark_api::RelayQuery;
use subtle::ConstantTimeEq;

/// What a client may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Everything that the relay answers.
    Full,
    /// To follow messages.
    ReadOnly,
    /// To be told whether the agent is well.
    Health,
}

/// The tokens in force.
#[derive(Clone, Debug)]
pub(super) struct Tokens {
    pub(super) full: String,
    pub(super) read_only: String,
}

/// By what a client is judged.
pub(super) struct Gate<'a> {
    /// The origins of web pages that may ask.
    pub(super) origins: &'a [String],
    /// None on a socket, where the kernel has said who asks.
    pub(super) tokens: Option<&'a Tokens>,
    /// Where no token is wanted.
    pub(super) health: &'static str,
}

/// Why not: the status, and a sentence.
pub(super) type Refusal = (StatusCode, String);

impl Gate<'_> {
    /// The origin of the web page that asks, where it is one that may.
    pub(super) fn page(&self, headers: &HeaderMap) -> Result<Option<String>, Refusal> {
        let mut all = headers.get_all(ORIGIN).iter();
        let Some(origin) = all.next() else { return Ok(None) };
        let named = self.origins.iter().find(|named| named.as_bytes() == origin.as_bytes());
        match (named, all.next()) {
            (Some(origin), None) => Ok(Some(origin.clone())),
            _ => Err((
                StatusCode::FORBIDDEN,
                "This web page may not ask. Name its origin in the settings: [relay] origins = [\"…\"]."
                    .to_owned(),
            )),
        }
    }

    /// Whether it was this computer that was meant: a page whose name was made to lead here says another.
    pub(super) fn host(headers: &HeaderMap, uri: &Uri) -> Result<(), Refusal> {
        let mut all = headers.get_all(HOST).iter();
        let host = all.next().and_then(|host| host.to_str().ok());
        let named = uri.authority().map(|authority| authority.as_str());
        let is_it =
            all.next().is_none() && host.is_some_and(is_loopback) && named.is_none_or(is_loopback);
        match is_it {
            true => Ok(()),
            false => Err((
                StatusCode::FORBIDDEN,
                "The relay answers to localhost, 127.0.0.1 and [::1] alone.".to_owned(),
            )),
        }
    }

    /// What the client may do.
    pub(super) fn access(
        &self,
        path: &str,
        headers: &HeaderMap,
        query: &str,
    ) -> Result<Access, Refusal> {
        if path == self.health {
            return Ok(Access::Health);
        }
        let Some(tokens) = self.tokens else { return Ok(Access::Full) };
        let sent = headers.get(AUTHORIZATION).map(|value| value.as_bytes());
        let sent = sent.map(|value| bearer(value).unwrap_or_default());
        let in_query = RelayQuery::token_in(query);
        let is = |token: &str, sent: &[u8]| bool::from(token.as_bytes().ct_eq(sent));
        match (sent, in_query.as_deref()) {
            (Some(sent), _) if is(&tokens.full, sent) => Ok(Access::Full),
            (Some(sent), _) if is(&tokens.read_only, sent) => Ok(Access::ReadOnly),
            // An address stands in lists and logs: it opens no more than it has to.
            (None, Some(sent)) if is(&tokens.read_only, sent.as_bytes()) => Ok(Access::ReadOnly),
            (None, Some(sent)) if is(&tokens.full, sent.as_bytes()) => Err((
                StatusCode::UNAUTHORIZED,
                "That token does not belong into an address. Use the one of: hark relay token \
                 --read-only"
                    .to_owned(),
            )),
            _ => Err((
                StatusCode::UNAUTHORIZED,
                "The relay wants its token, as \"Authorization: Bearer …\". See it with: hark relay \
                 token"
                    .to_owned(),
            )),
        }
    }
}

/// The token in a credential, whose scheme is in any case (RFC 9110, 11.1 and 11.4).
fn bearer(credential: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = credential.split_at(credential.iter().position(|byte| *byte == b' ')?);
    scheme.eq_ignore_ascii_case(b"Bearer").then(|| token.trim_ascii())
}

/// Whether a method is one that the relay has.
pub(super) fn method(method: &Method) -> Result<(), Refusal> {
    match *method {
        Method::GET | Method::HEAD => Ok(()),
        _ => Err((StatusCode::METHOD_NOT_ALLOWED, "The relay is only read (GET).".to_owned())),
    }
}

/// Whether a host, with its port or without, can be nobody's but this computer's.
fn is_loopback(host: &str) -> bool {
    let (name, port) = match host.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((name, port)) => (name, port),
            None => return false,
        },
        None => match host.find(':') {
            Some(at) => host.split_at(at),
            None => (host, ""),
        },
    };
    let is_port = |port: &str| {
        port.strip_prefix(':').is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let is_address = name.parse().is_ok_and(|address: IpAddr| address.is_loopback());
    (port.is_empty() || is_port(port)) && (is_address || name.eq_ignore_ascii_case("localhost"))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(all: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in all {
            headers.append(*name, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    fn tokens() -> Tokens {
        Tokens { full: "f".repeat(64), read_only: "e".repeat(64) }
    }

    #[test]
    fn a_page_asks_only_where_its_origin_is_named() {
        let origins = ["https://dash.example".to_owned()];
        let gate = Gate { origins: &origins, tokens: None, health: "/v1/health" };
        let asks =
            |all: &[(&'static str, &str)]| gate.page(&headers(all)).map_err(|(code, _)| code);
        assert_eq!(asks(&[]), Ok(None));
        assert_eq!(asks(&[("origin", "https://dash.example")]), Ok(Some(origins[0].clone())));
        for other in [
            "https://dash.example:444",
            "http://dash.example",
            "https://dash.example.evil.example",
            "null",
            "",
            "http://127.0.0.1:7275",
        ] {
            assert_eq!(asks(&[("origin", other)]), Err(StatusCode::FORBIDDEN), "{other}");
        }
        let twice = [("origin", "https://dash.example"), ("origin", "https://evil.example")];
        assert_eq!(asks(&twice), Err(StatusCode::FORBIDDEN));
    }

    #[test]
    fn only_a_name_of_this_computer_is_answered_to() {
        let asks = |host: &str| Gate::host(&headers(&[("host", host)]), &Uri::from_static("/"));
        for own in
            ["localhost", "LOCALHOST:7275", "127.0.0.1", "127.0.0.1:7275", "[::1]", "[::1]:7275"]
        {
            assert!(asks(own).is_ok(), "{own}");
        }
        for other in [
            "evil.example",
            "evil.example:7275",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "127.0.0.1:7275@evil.example",
            "localhost:evil",
            "0.0.0.0",
            "[::]",
            "[::1",
            "192.168.1.2:7275",
            "",
        ] {
            assert!(asks(other).is_err(), "{other}");
        }
        assert!(Gate::host(&headers(&[]), &Uri::from_static("/")).is_err());
        let twice = headers(&[("host", "localhost"), ("host", "evil.example")]);
        assert!(Gate::host(&twice, &Uri::from_static("/")).is_err());
        let named = Uri::from_static("http://evil.example/metrics");
        assert!(Gate::host(&headers(&[("host", "localhost")]), &named).is_err());
    }

    #[test]
    fn each_token_opens_what_it_is_for_and_nothing_else_opens_anything() {
        let tokens = tokens();
        let gate = Gate { origins: &[], tokens: Some(&tokens), health: "/v1/health" };
        let asks = |header: Option<String>, query: Option<&str>| {
            let all = header.map(|value| headers(&[("authorization", &value)])).unwrap_or_default();
            let query = query.map(|token| format!("token={token}")).unwrap_or_default();
            gate.access("/metrics", &all, &query).map_err(|(code, _)| code)
        };
        let (full, read_only) = (&*tokens.full, &*tokens.read_only);
        assert_eq!(asks(Some(format!("Bearer {full}")), None), Ok(Access::Full));
        assert_eq!(asks(Some(format!("Bearer {read_only}")), None), Ok(Access::ReadOnly));
        assert_eq!(asks(Some(format!("bearer {full}")), None), Ok(Access::Full));
        assert_eq!(asks(Some(format!("BEARER  {read_only}")), None), Ok(Access::ReadOnly));
        assert_eq!(asks(None, Some(read_only)), Ok(Access::ReadOnly));
        let no = Err(StatusCode::UNAUTHORIZED);
        assert_eq!(asks(None, Some(full)), no);
        assert_eq!(asks(None, None), no);
        for wrong in ["", "Bearer", "Bearer ", "Bearer x", &format!("Basic {full}"), full] {
            assert_eq!(asks(Some(wrong.to_owned()), Some(read_only)), no, "{wrong}");
        }
        let almost = format!("Bearer {}e", &full[..63]);
        assert_eq!(asks(Some(almost), None), no);
        assert_eq!(gate.access("/v1/health", &headers(&[]), "").unwrap(), Access::Health);
    }
}
