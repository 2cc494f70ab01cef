//! One dial: resolve, connect, TLS, HTTP/1.1, redirects, and the check that the answer is a stream.
//!
//! HTTP/1.1 and a connection each, since on a shared HTTP/2 connection a busy neighbour would hide a
//! silent one. Redirects are resolved here, as the client library would leak credentials.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use hark_engine::{
    failure::Cause,
    feed::{self, Feed},
    readable::Line,
};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tokio::time::timeout;
use url::Url;

use super::{
    cause,
    connect::{Established, Via, connect},
    echo,
    guard::Limits,
    trail::Trail,
};

const REDIRECTS_MAX: usize = 10;
/// How much of an error's body is read, and for how long, to tell the person what it says.
const ERROR_BYTES_MAX: usize = 4 << 10;
const ERROR_TIMEOUT: Duration = Duration::from_secs(2);

/// What to ask of a server.
#[derive(Clone)]
pub struct Ask {
    /// The URL that is asked, http or https.
    pub url: Url,
    /// The method: `GET` except for `hark listen --method`.
    pub method: Method,
    /// Headers beside the usual ones. Dropped on a redirect to another origin, as they may hold
    /// credentials.
    pub headers: HeaderMap,
    /// The id to resume from, where it is sent as a header.
    pub last_event_id: Option<String>,
    /// A body, for other methods than `GET`.
    pub body: Bytes,
    /// The way to the server.
    pub via: Via,
    /// The limits on what the stream sends.
    pub limits: Limits,
    /// Notes each answer on the way, where somebody wants to know.
    pub trail: Trail,
    /// Whether a credential stands in the URL, so that no other server may be told that.
    pub has_token: bool,
}

impl Ask {
    /// A plain `GET`.
    #[must_use]
    pub fn get(url: Url) -> Self {
        Self {
            url,
            method: Method::GET,
            headers: HeaderMap::new(),
            last_event_id: None,
            body: Bytes::new(),
            via: Via::default(),
            limits: Limits::default(),
            trail: Trail::default(),
            has_token: false,
        }
    }

    /// The same, as this feed asks.
    #[must_use]
    pub fn as_asks(&self, feed: &dyn Feed, request: feed::Request) -> Self {
        let feed::Request { url, last_event_id } = request;
        let mut ask = Self { url, last_event_id, ..self.clone() };
        let bearer = ask.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = bearer.and_then(|value| value.strip_prefix("Bearer "));
        if let Some(url) = token.and_then(|token| feed.with_token(&ask.url, token)) {
            ask.headers.remove(header::AUTHORIZATION);
            (ask.url, ask.has_token) = (url, true);
        }
        ask
    }

    fn request(&self) -> Result<Request<Full<Bytes>>, Cause> {
        let not_http =
            |error: &dyn std::fmt::Display| Cause::NotHttp { detail: error.to_string().into() };
        let mut target = self.url.path().to_owned();
        if let Some(query) = self.url.query() {
            target = format!("{target}?{query}");
        }
        let uri: Uri = target.parse().map_err(|error| not_http(&error))?;
        let mut request = Request::new(Full::new(self.body.clone()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = uri;
        let host = match (self.url.host_str(), self.url.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (host, _) => host.unwrap_or_default().to_owned(),
        };
        let headers = request.headers_mut();
        headers
            .insert(header::HOST, HeaderValue::try_from(host).map_err(|error| not_http(&error))?);
        headers.insert(header::ACCEPT, HeaderValue::from_static("text/event-stream"));
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(
            header::USER_AGENT,
            HeaderValue::from_static(concat!("hark/", env!("CARGO_PKG_VERSION"))),
        );
        // The person's own take the place of the usual ones, and may come more than once.
        for name in self.headers.keys() {
            headers.remove(name);
        }
        for (name, value) in &self.headers {
            headers.append(name, value.clone());
        }
        if let Some(id) = self.last_event_id.as_ref().filter(|id| !id.is_empty()) {
            // UTF-8 as it is (WHATWG HTML, 9.2.4); the engine sees to it that it can be sent.
            let value = HeaderValue::from_bytes(id.as_bytes()).map_err(|error| not_http(&error))?;
            headers.insert("last-event-id", value);
        }
        Ok(request)
    }
}

/// Dials until an event stream answers or something says no.
pub(super) async fn dial(mut ask: Ask) -> Result<Response<Incoming>, Cause> {
    for _ in 0..=REDIRECTS_MAX {
        let response = exchange(&ask).await?;
        ask.trail.answered(&ask.url, &response);
        match response.status() {
            StatusCode::OK => return check(response),
            StatusCode::NO_CONTENT => return Err(Cause::NoContent),
            StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT => follow(&mut ask, &response)?,
            _ => return Err(status(response, &ask).await),
        }
    }
    let detail = format!("more than {REDIRECTS_MAX} redirects in a row").into();
    Err(Cause::Redirect { detail })
}

/// One request on a connection of its own.
pub(super) async fn exchange(ask: &Ask) -> Result<Response<Incoming>, Cause> {
    let mut request = ask.request()?;
    let Established { io, route, forwarding } = connect(&ask.url, &ask.via, &ask.trail).await?;
    ask.trail.connected(route);
    if let Some(auth) = forwarding {
        // A proxy that forwards wants the whole URL (RFC 9112, 3.2.2).
        let whole = ask.url[..url::Position::AfterQuery].parse::<Uri>();
        *request.uri_mut() =
            whole.map_err(|error| Cause::NotHttp { detail: error.to_string().into() })?;
        if let Some(auth) = auth {
            request.headers_mut().insert(header::PROXY_AUTHORIZATION, auth);
        }
    }
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(io))
        .await
        .map_err(|error| cause::of_chain(&error))?;
    // Ends by itself once the response's body is dropped.
    tokio::spawn(connection);
    sender.send_request(request).await.map_err(|error| match cause::of_chain(&error) {
        // The server hung up instead of answering.
        Cause::Truncated => Cause::ConnectionReset,
        cause => cause,
    })
}

/// A 200 is taken only as an event stream that can be read as it comes.
fn check(response: Response<Incoming>) -> Result<Response<Incoming>, Cause> {
    let value =
        |name| response.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let found = value(header::CONTENT_TYPE).unwrap_or_default();
    let essence = found.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("text/event-stream") {
        let found = if essence.is_empty() { "no content type" } else { essence };
        return Err(Cause::ContentType { found: found.into() });
    }
    match value(header::CONTENT_ENCODING) {
        None | Some("identity" | "") => Ok(response),
        Some(encoding) => Err(Cause::Compressed { encoding: encoding.into() }),
    }
}

/// Points the ask at where the response redirects to.
fn follow(ask: &mut Ask, response: &Response<Incoming>) -> Result<(), Cause> {
    let refused = |detail: &str| Cause::Redirect { detail: detail.into() };
    let location = response
        .headers()
        .get(header::LOCATION)
        .ok_or_else(|| refused("it does not say where to"))?;
    let location = location.to_str().map_err(|_| refused("its target cannot be read"))?;
    let target = ask.url.join(location).map_err(|_| refused("its target is no URL"))?;
    if !matches!(target.scheme(), "http" | "https") {
        return Err(refused("its target is neither http nor https"));
    }
    if ask.url.scheme() == "https" && target.scheme() == "http" {
        return Err(refused("it leads from https to unencrypted http"));
    }
    if target.origin() != ask.url.origin() {
        if ask.via.tls.is_some() {
            // The certificate to show and the authorities to trust were set for this server and no other.
            let target = target.origin().ascii_serialization();
            let target = Line::brief(target.as_str());
            return Err(refused(&format!(
                "it leads to {target}, and the certificates in this subscription's settings are for \
                 the address that it names; if that is right, follow the new address instead"
            )));
        }
        if ask.has_token {
            // A server that sends its clients on sends the query with them.
            let target = target.origin().ascii_serialization();
            return Err(refused(&format!(
                "it leads to {target}, and the token in the URL is for the server that was asked; if \
                 that is right, follow the new address instead"
            )));
        }
        ask.headers.clear();
    }
    if response.status() == StatusCode::SEE_OTHER && ask.method != Method::GET {
        ask.method = Method::GET;
        ask.body = Bytes::new();
    }
    ask.url = target;
    Ok(())
}

pub(super) async fn status(response: Response<Incoming>, ask: &Ask) -> Cause {
    let code = response.status().as_u16();
    let retry_after_ms = response
        .headers()
        .get(header::RETRY_AFTER)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| retry_after(value.trim(), SystemTime::now()))
        .map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
    let refused = credential_error(&response);
    let html = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"text/html"));
    let detail = match html {
        true => None,
        false => timeout(ERROR_TIMEOUT, detail(response, ask)).await.ok().flatten(),
    };
    match refused {
        Some(error) => Cause::CredentialRefused { error, detail },
        None => Cause::Status { code, detail, retry_after_ms, streamed_before: false },
    }
}

/// The error of a `WWW-Authenticate` of a 400, which is then about the credential and nothing else
/// (RFC 6750, 3.1): as Mercure answers where a token cannot be read.
fn credential_error(response: &Response<Incoming>) -> Option<Line> {
    let values = response.headers().get_all(header::WWW_AUTHENTICATE).iter();
    let mut challenges = values.filter_map(|value| value.to_str().ok());
    let error =
        challenges.find_map(|challenge| challenge.split_once("error=\"")?.1.split('"').next());
    error.filter(|_| response.status() == StatusCode::BAD_REQUEST).map(Line::brief)
}

/// Both forms of RFC 9110, 10.2.3.
fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

/// What the server says about its refusal, without what it repeats of a credential: the usual fields of a JSON body,
/// else its first line.
pub(super) async fn detail(response: Response<Incoming>, ask: &Ask) -> Option<Line> {
    let status = u64::from(response.status().as_u16());
    let mut body = response.into_body();
    let mut bytes = Vec::new();
    while bytes.len() < ERROR_BYTES_MAX {
        match body.frame().await {
            Some(Ok(frame)) => bytes.extend_from_slice(frame.data_ref().map_or(&[], |data| data)),
            _ => break,
        }
    }
    bytes.truncate(ERROR_BYTES_MAX);
    let text = match serde_json::from_slice::<serde_json::Value>(&bytes) {
        Ok(json) => {
            // Gotify's own comes first: what it calls its error is the status in words.
            let names = ["errorDescription", "error", "message", "detail", "title"];
            let text = names.iter().find_map(|name| json.get(*name)?.as_str())?;
            // The server's own number for it, which a feed may know better words for.
            match json.get("code").and_then(serde_json::Value::as_u64) {
                Some(code) if code != status => format!("{code} {text}"),
                _ => text.to_owned(),
            }
        }
        Err(_) => String::from_utf8_lossy(&bytes).into_owned(),
    };
    let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    Some(Line::brief(&echo::left_out(line, ask)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_in_both_forms() {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        assert_eq!(retry_after("120", now), Some(Duration::from_secs(120)));
        let later = "Sun, 06 Nov 1994 08:50:07 GMT";
        assert_eq!(retry_after(later, now), Some(Duration::from_secs(30)));
        let earlier = "Sun, 06 Nov 1994 08:00:00 GMT";
        assert_eq!(retry_after(earlier, now), Some(Duration::ZERO));
        assert_eq!(retry_after("soon", now), None);
    }

    #[test]
    fn a_request_names_host_and_port_and_keeps_the_query() {
        let mut ask = Ask::get("https://a.example:8443/p?q=1#f".parse().unwrap());
        ask.last_event_id = Some("ключ".into());
        ask.headers.append("cookie", HeaderValue::from_static("a=1"));
        ask.headers.append("cookie", HeaderValue::from_static("b=2"));
        let request = ask.request().unwrap();
        assert_eq!(request.headers().get_all("cookie").iter().count(), 2);
        assert_eq!(request.uri(), "/p?q=1");
        assert_eq!(request.headers()["host"], "a.example:8443");
        assert_eq!(request.headers()["last-event-id"].as_bytes(), "ключ".as_bytes());
    }
}
