//! The answer's head: is it reached, how, and are its headers those of an event stream? Pure.

use std::time::Duration;

use hark_engine::failure::Cause;
use http::Version;
use url::Url;

use super::{About, Finding, Mark, Observation, Place, span};
use hark_stream::connection::is_loopback;

/// The findings about the head.
pub(super) fn judge(seen: &Observation) -> Vec<Finding> {
    let mut findings = redirects(seen);
    findings.extend(answer(seen));
    findings.extend(encryption(seen));
    if seen.heads.last().is_some_and(|(head, _)| head.status == http::StatusCode::OK) {
        findings.extend(content_type(seen));
        if is_stream(seen) {
            findings.push(caching(seen));
            findings.push(compression(seen));
        }
    }
    findings
}

fn redirects(seen: &Observation) -> Vec<Finding> {
    let pairs = seen.heads.windows(2);
    pairs
        .map(|pair| {
            let [(from, _), (to, _)] = pair else { unreachable!("windows of two") };
            let code = from.status.as_u16();
            let to_where = place(&to.url);
            if seen.credential && from.url.origin() != to.url.origin() {
                let text = format!(
                    "HTTP {code} to {to_where}, another server: the credential is not sent there. \
                     Follow that URL itself."
                );
                return Finding::new(About::Redirect, Mark::Wrong, text);
            }
            let text = format!(
                "HTTP {code} to {to_where}. Every dial goes that way round; follow that URL itself."
            );
            Finding::new(About::Redirect, Mark::Warning, text)
        })
        .collect()
}

/// A URL without what may be secret in it.
fn place(url: &Url) -> String {
    let text = format!("{}{}", url.origin().ascii_serialization(), url.path());
    hark_engine::readable::clean(&text, 200)
}

fn answer(seen: &Observation) -> Vec<Finding> {
    let about = |mark, text: String| Finding::new(About::Answer, mark, text);
    let Some((_, cause)) = seen.ended.as_ref().filter(|_| seen.opened.is_none()) else {
        return answered(seen).into_iter().collect();
    };
    let origin = seen.origin();
    let sentence = cause.sentence(&origin);
    match cause {
        // The findings of the answered head say more.
        Cause::ContentType { .. } | Cause::Compressed { .. } => {
            answered(seen).into_iter().collect()
        }
        Cause::HeadersTimeout | Cause::Certificate { .. } => vec![],
        Cause::NoRoute => {
            vec![about(Mark::Wrong, format!("There is no network route to {origin}."))]
        }
        Cause::NoContent => {
            let text = format!(
                "{origin} answered HTTP 204, which tells clients not to come back (WHATWG HTML, \
                 9.2.3). That is right only where the stream has ended for good."
            );
            vec![about(Mark::Wrong, text).change(Place::Server, "HTTP/1.1 200 OK")]
        }
        Cause::Status { code, retry_after_ms, .. } => {
            // Too many requests are the clients' doing.
            let mark = if *code == 429 { Mark::Warning } else { Mark::Wrong };
            let mut finding = about(mark, sentence);
            match code {
                401 | 403 if !seen.credential => {
                    let line = "hark doctor -H @FILE URL   (FILE: Authorization: Bearer TOKEN)";
                    finding = finding.change(Place::Try, line);
                }
                502 | 504 => {
                    finding = finding
                        .change(Place::Nginx, "proxy_pass http://127.0.0.1:PORT;   (the server's)")
                        .change(Place::Caddy, "reverse_proxy 127.0.0.1:PORT   (the server's)");
                }
                429 | 503 if retry_after_ms.is_none() => {
                    finding.seen += " It names no Retry-After, so clients have to guess.";
                    finding = finding.change(Place::Server, "Retry-After: 30");
                }
                _ => {}
            }
            if let (429 | 503, Some(ms)) = (code, retry_after_ms) {
                let wait = span(Duration::from_millis(*ms));
                finding.seen += &format!(" It asks to be left alone for {wait}, as it should.");
            }
            vec![finding]
        }
        _ => vec![about(Mark::Wrong, sentence)],
    }
}

/// The finding about an answer with status 200.
fn answered(seen: &Observation) -> Option<Finding> {
    let (head, at) = seen.heads.last()?;
    let about = |mark, text: String| Some(Finding::new(About::Answer, mark, text));
    let said = format!("{:?} {} after {}", head.version, head.status.as_u16(), span(*at));
    if is_stream(seen)
        && let Some(length) = seen.header("content-length")
    {
        let text = format!("{said}, with Content-Length: {length}: the stream ends after that.");
        let finding = about(Mark::Wrong, text)?;
        return Some(finding.change(Place::Server, "Transfer-Encoding: chunked   (and no length)"));
    }
    if head.version < Version::HTTP_11 {
        let text = format!("{said}. In this version an end cannot be told from a break.");
        return Some(about(Mark::Warning, text)?.change(Place::Server, "HTTP/1.1 200 OK"));
    }
    about(Mark::Ok, format!("{said}."))
}

fn encryption(seen: &Observation) -> Option<Finding> {
    let url = seen.heads.last().map_or(&seen.url, |(head, _)| &head.url);
    let about = |mark, text: String| Some(Finding::new(About::Encryption, mark, text));
    if let Some((_, cause @ Cause::Certificate { .. })) = &seen.ended {
        let certificate = seen.certificate.as_ref().map(ToString::to_string).unwrap_or_default();
        let text = format!("{} {certificate}", cause.sentence(&seen.origin()));
        let finding = about(Mark::Wrong, text.trim_end().replace('\n', " "))?;
        return Some(
            finding
                .change(Place::Nginx, "ssl_certificate /…/fullchain.pem;   (with its whole chain)")
                .change(
                    Place::Caddy,
                    "push.example.com { … }   (a public name; Caddy does the rest)",
                ),
        );
    }
    // Nothing was reached: nothing is known.
    seen.heads.last()?;
    if url.scheme() == "https" {
        return about(Mark::Ok, "TLS, with a certificate that is trusted here.".to_owned());
    }
    if is_loopback(url) {
        return about(Mark::Ok, "None, and on this computer none is needed.".to_owned());
    }
    let (mark, text) = if seen.credential {
        (Mark::Wrong, "None: everyone on the way can read the credential.")
    } else {
        (Mark::Warning, "None: everyone on the way can read and change the stream.")
    };
    Some(
        about(mark, text.to_owned())?
            .change(Place::Nginx, "listen 443 ssl;")
            .change(Place::Caddy, "push.example.com { … }   (a public name; Caddy does the rest)"),
    )
}

fn essence(seen: &Observation) -> String {
    let found = seen.header("content-type").unwrap_or_default();
    found.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn is_stream(seen: &Observation) -> bool {
    essence(seen) == "text/event-stream"
}

fn content_type(seen: &Observation) -> Option<Finding> {
    let about = |mark, text: String| Finding::new(About::Type, mark, text);
    let line = "Content-Type: text/event-stream";
    let found = seen.header("content-type").unwrap_or_default();
    if !is_stream(seen) {
        let text = match found.as_str() {
            "" => "There is no Content-Type, so no client takes it for an event stream.".to_owned(),
            other => format!(
                "It is {other}, which no client takes for an event stream. A login page answers \
                 so, too."
            ),
        };
        return Some(about(Mark::Wrong, text).change(Place::Server, line));
    }
    let charset = found.split(';').find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("charset")
            .then(|| value.trim_matches([' ', '"']).to_owned())
    });
    match charset {
        Some(charset) if !charset.eq_ignore_ascii_case("utf-8") => {
            let text = format!(
                "{found}: an event stream is always UTF-8, whatever it says here ({charset})."
            );
            Some(about(Mark::Warning, text).change(Place::Server, line))
        }
        _ => Some(about(Mark::Ok, format!("{found}."))),
    }
}

fn caching(seen: &Observation) -> Finding {
    let found = seen.header("cache-control").unwrap_or_default();
    let told = found.to_ascii_lowercase();
    if ["no-cache", "no-store"].iter().any(|word| told.contains(word)) {
        return Finding::new(About::Caching, Mark::Ok, format!("Cache-Control: {found}."));
    }
    let text = match found.as_str() {
        "" => "There is no Cache-Control: a cache in between may answer with an old stream."
            .to_owned(),
        found => {
            format!("Cache-Control: {found}: a cache in between may answer with an old stream.")
        }
    };
    let finding = Finding::new(About::Caching, Mark::Warning, text)
        .change(Place::Server, "Cache-Control: no-store");
    match seen.proxy() {
        Some(Place::Nginx) => finding.change(Place::Nginx, "add_header Cache-Control no-store;"),
        _ => finding,
    }
}

fn compression(seen: &Observation) -> Finding {
    let about = |mark, text: String| Finding::new(About::Compression, mark, text);
    let finding = match (seen.header("content-encoding"), &seen.compressed) {
        (Some(encoding), _) if seen.opened.is_none() => about(
            Mark::Wrong,
            format!(
                "The stream is compressed ({encoding}) though nobody asked for it. Hark does not \
                 take it, and a compressor holds events back."
            ),
        ),
        (_, Some(encoding)) => about(
            Mark::Warning,
            format!(
                "The stream is compressed ({encoding}) for clients that take it, as browsers do; \
                 Hark does not ask for it. A compressor may hold events back."
            ),
        ),
        _ => return about(Mark::Ok, "None, also for clients that would take it.".to_owned()),
    };
    match seen.proxy() {
        Some(Place::Nginx) => finding.change(Place::Nginx, "gzip off;"),
        Some(Place::Caddy) => finding
            .change(Place::Caddy, "@plain not path /events*")
            .change(Place::Caddy, "encode @plain gzip"),
        _ => finding.change(
            Place::Server,
            "Cache-Control: no-store, no-transform   (and no compression of text/event-stream)",
        ),
    }
}
