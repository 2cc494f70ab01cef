//! The findings for what was seen, case by case: each begins with a server that does all right.

use hark_engine::feed;
use http::{HeaderMap, HeaderName, StatusCode, Version};
use tokio::time::Instant;

use super::*;

mod stream;

const SECOND: Duration = Duration::from_secs(1);

fn secs(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

pub(crate) fn head(status: u16, headers: &[(&'static str, &str)]) -> (Head, Duration) {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.insert(HeaderName::from_static(name), value.parse().unwrap());
    }
    let head = Head {
        url: "https://push.example/events?key=secret".parse().unwrap(),
        status: StatusCode::from_u16(status).unwrap(),
        version: Version::HTTP_11,
        headers: map,
        at: Instant::now(),
    };
    (head, Duration::from_millis(12))
}

const RIGHT: &[(&str, &str)] =
    &[("content-type", "text/event-stream"), ("cache-control", "no-store")];

fn comment() -> What {
    What::Heartbeat { form: Form::Comment, has_id: false }
}

fn message(id: &str) -> What {
    What::Message { id: (!id.is_empty()).then(|| id.to_owned()), published: None, broken: false }
}

fn heard(at: f64, what: What) -> [Occurrence; 2] {
    let after = secs(at);
    [Occurrence { after, what: What::Line }, Occurrence { after, what }]
}

fn all(of: impl IntoIterator<Item = (f64, What)>) -> Vec<Occurrence> {
    of.into_iter().flat_map(|(at, what)| heard(at, what)).collect()
}

/// A server that does all right: three events, a heartbeat every 15 s, and resume.
pub(crate) fn right() -> Observation {
    let mut heard = all([(0.02, comment()), (3.0, message("1")), (4.0, message("2"))]);
    heard.extend(all([(5.0, message("3"))]));
    heard.extend(all((1..=3).map(|n| (f64::from(n) * 15.0, comment()))));
    let resumed = |cursor, brought: &[&str]| Resumed {
        cursor,
        brought: brought.iter().map(|id| (*id).to_owned()).collect(),
        refused: None,
    };
    Observation {
        url: "https://push.example/events?key=secret".parse().unwrap(),
        credential: false,
        feed: feed::by_name("json").unwrap(),
        heads: vec![head(200, RIGHT)],
        opened: Some(Duration::from_millis(12)),
        heard,
        ended: None,
        listened: 60 * SECOND,
        compressed: None,
        resumed: vec![resumed(1, &["3"]), resumed(2, &[])],
        forgotten: None,
        certificate: None,
    }
}

/// The finding about one thing.
fn about(seen: &Observation, about: About) -> Finding {
    let found = judge(seen);
    let mut found = found.into_iter().filter(|finding| finding.about == about);
    found.next().unwrap_or_else(|| panic!("nothing about {about:?}: {:?}", judge(seen)))
}

/// Checks one finding: its mark, a word of what was seen, and of the line to change.
fn check(seen: &Observation, of: About, mark: Mark, word: &str, line: Option<(Place, &str)>) {
    let finding = about(seen, of);
    assert_eq!(finding.mark, mark, "{finding:?}");
    assert!(finding.seen.contains(word), "no {word:?} in {finding:?}");
    match line {
        Some((place, line)) => {
            let is_it = |change: &Change| change.place == place && change.line.contains(line);
            assert!(finding.change.iter().any(is_it), "no {line:?} in {finding:?}");
        }
        None => assert!(finding.change.is_empty(), "{finding:?}"),
    }
}

pub(crate) fn refused(cause: Cause) -> Observation {
    let heads = Vec::new();
    let ended = Some((5 * SECOND, cause));
    Observation { heads, opened: None, heard: vec![], resumed: vec![], ended, ..right() }
}

fn status(code: u16, retry_after_ms: Option<u64>) -> Observation {
    let cause = Cause::Status { code, detail: None, retry_after_ms, streamed_before: false };
    Observation { heads: vec![head(code, &[])], ..refused(cause) }
}

fn with_headers(headers: &[(&'static str, &str)]) -> Observation {
    Observation { heads: vec![head(200, &[RIGHT, headers].concat())], ..right() }
}

#[test]
fn a_server_that_does_all_right_is_told_so() {
    let found = judge(&right());
    assert!(found.iter().all(|finding| finding.mark == Mark::Ok), "{found:#?}");
    assert_eq!(found.len(), 11, "{found:#?}");
}

#[test]
fn no_finding_holds_what_a_url_hides() {
    let redirect = || {
        let mut to = head(200, RIGHT);
        to.0.url = "https://other.example/x?token=secret".parse().unwrap();
        Observation { heads: vec![head(302, &[]), to], ..right() }
    };
    for seen in [right(), status(401, None), refused(Cause::HeadersTimeout), redirect()] {
        let text = format!("{:?}", judge(&seen));
        assert!(!text.contains("secret"), "{text}");
    }
}

#[test]
fn what_is_not_reached_has_its_causes_sentence_and_a_way_on() {
    use About::{Answer, Buffering, Encryption};
    let wrong = Mark::Wrong;
    check(&refused(Cause::ConnectionRefused), Answer, wrong, "Is the server running?", None);
    check(&status(401, None), Answer, wrong, "401", Some((Place::Try, "-H @FILE")));
    let sent = Observation { credential: true, ..status(403, None) };
    check(&sent, Answer, wrong, "403", None);
    check(&status(404, None), Answer, wrong, "Check the path", None);
    check(&status(410, None), Answer, wrong, "410", None);
    check(&status(502, None), Answer, wrong, "502", Some((Place::Nginx, "proxy_pass")));
    check(
        &status(503, None),
        Answer,
        wrong,
        "no Retry-After",
        Some((Place::Server, "Retry-After")),
    );
    check(&status(429, Some(30_000)), Answer, Mark::Warning, "30 s", None);
    check(&refused(Cause::NoContent), Answer, wrong, "204", Some((Place::Server, "200 OK")));
    let certificate = refused(Cause::Certificate { detail: "it has expired".into() });
    check(&certificate, Encryption, wrong, "expired", Some((Place::Nginx, "fullchain.pem")));
    let silent = refused(Cause::HeadersTimeout);
    let off = Some((Place::Nginx, "proxy_buffering off;"));
    check(&silent, Buffering, wrong, "no headers for 5 s", off);
    assert_eq!(judge(&silent).len(), 1, "what was not seen is not judged");
}

#[test]
fn headers_are_those_of_a_stream_that_nothing_keeps() {
    use About::{Answer, Caching, Compression, Type};
    let html = Cause::ContentType { found: "text/html".into() };
    let page = head(200, &[("content-type", "text/html; charset=utf-8")]);
    let page = Observation { heads: vec![page], ..refused(html) };
    let typed = Some((Place::Server, "Content-Type: text/event-stream"));
    check(&page, Type, Mark::Wrong, "text/html", typed);
    check(&page, Answer, Mark::Ok, "HTTP/1.1 200", None);

    let latin = with_headers(&[("content-type", "text/event-stream; charset=iso-8859-1")]);
    check(&latin, Type, Mark::Warning, "always UTF-8", typed);
    let utf8 = with_headers(&[("content-type", "text/event-stream; charset=\"UTF-8\"")]);
    check(&utf8, Type, Mark::Ok, "charset", None);
    let kept = with_headers(&[("cache-control", "max-age=600")]);
    check(&kept, Caching, Mark::Warning, "max-age=600", Some((Place::Server, "no-store")));
    let proxied = with_headers(&[("cache-control", "public"), ("server", "nginx/1.22.1")]);
    let added = Some((Place::Nginx, "add_header Cache-Control no-store;"));
    check(&proxied, Caching, Mark::Warning, "public", added);
    let length = with_headers(&[("content-length", "90")]);
    check(&length, Answer, Mark::Wrong, "Content-Length: 90", Some((Place::Server, "chunked")));
    let mut old = right();
    old.heads[0].0.version = Version::HTTP_10;
    check(&old, Answer, Mark::Warning, "HTTP/1.0", Some((Place::Server, "HTTP/1.1")));

    let gzip = [("content-type", "text/event-stream"), ("content-encoding", "gzip")];
    let gzip = head(200, &[&gzip[..], &[("server", "nginx/1.22.1")]].concat());
    let cause = Cause::Compressed { encoding: "gzip".into() };
    let always = Observation { heads: vec![gzip], ..refused(cause) };
    check(&always, Compression, Mark::Wrong, "nobody asked", Some((Place::Nginx, "gzip off;")));
    check(&always, Type, Mark::Ok, "text/event-stream", None);
    let asked = with_headers(&[("server", "Caddy")]);
    let asked = Observation { compressed: Some("gzip".into()), ..asked };
    check(&asked, Compression, Mark::Warning, "gzip", Some((Place::Caddy, "encode")));
}

#[test]
fn a_url_in_the_clear_is_told_where_others_can_read_it() {
    let at = |url: &str| {
        let mut seen = right();
        seen.heads[0].0.url = url.parse().unwrap();
        seen
    };
    let tls = Some((Place::Nginx, "listen 443 ssl;"));
    check(&at("http://127.0.0.1:8080/"), About::Encryption, Mark::Ok, "on this computer", None);
    check(&at("http://a.example/"), About::Encryption, Mark::Warning, "change the stream", tls);
    let read = Observation { credential: true, ..at("http://a.example/") };
    check(&read, About::Encryption, Mark::Wrong, "the credential", tls);
}

#[test]
fn a_redirect_is_told_and_one_that_loses_the_credential_is_wrong() {
    let to = |url: &str, credential| {
        let mut to = head(200, RIGHT);
        to.0.url = url.parse().unwrap();
        Observation { heads: vec![head(302, &[]), to], credential, ..right() }
    };
    let near = to("https://push.example/x", true);
    check(&near, About::Redirect, Mark::Warning, "302 to https://push.example/x", None);
    let far = to("https://b.example/x", true);
    check(&far, About::Redirect, Mark::Wrong, "not sent there", None);
    let open = to("https://b.example/x", false);
    check(&open, About::Redirect, Mark::Warning, "b.example", None);
}

#[test]
fn who_comes_back_by_time_gets_some_of_it_again_and_nothing_may_be_missing() {
    let resumed = |brought: &[&str]| Resumed {
        cursor: 1,
        brought: brought.iter().map(|id| (*id).to_owned()).collect(),
        refused: None,
    };
    let at = |id: &str| What::Message {
        id: Some(format!("aaaaaaaaa{id}")),
        published: jiff::Timestamp::from_second(1_790_000_000).ok(),
        broken: false,
    };
    let heard = all([(1.0, at("1")), (2.0, at("2")), (3.0, at("3"))]);
    let with = |brought: &[&str]| Observation {
        feed: feed::by_name("ntfy").unwrap(),
        heard: heard.clone(),
        resumed: vec![resumed(brought)],
        ..right()
    };
    let all_of = ["aaaaaaaaa3", "aaaaaaaaa1", "aaaaaaaaa2"];
    check(&with(&all_of), About::Resume, Mark::Ok, "all that was missed", None);
    let cursor = resume::cursor_of(&with(&all_of), "aaaaaaaaa2");
    assert_eq!(cursor.time, jiff::Timestamp::from_second(1_790_000_000).ok());
    let seen = with(&["aaaaaaaaa1"]);
    let wrong = judge(&seen).into_iter().find(|finding| finding.about == About::Resume).unwrap();
    assert_eq!(wrong.mark, Mark::Wrong, "{wrong:?}");
}

#[test]
fn an_id_that_is_forgotten_and_refused_keeps_people_out() {
    assert_eq!(resume::forgotten("1790000000:3").as_deref(), Some("0000000000:0"));
    assert_eq!((resume::forgotten("0"), resume::forgotten("urn:abc")), (None, None));
    let cause =
        Cause::Status { code: 400, detail: None, retry_after_ms: None, streamed_before: false };
    let seen = Observation { forgotten: Some(cause), ..right() };
    let warned =
        |finding: &&Finding| finding.about == About::Resume && finding.mark == Mark::Warning;
    let findings = judge(&seen);
    let finding = findings.iter().find(warned).unwrap();
    assert!(finding.seen.contains("forgotten") && finding.seen.contains("HTTP 400"), "{finding:?}");
}
