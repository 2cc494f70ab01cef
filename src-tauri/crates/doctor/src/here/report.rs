//! What of this machine may be handed to others: no text that a server has chosen, and no key of a subscription,
//! which may be a topic and so a password. Pure. Credentials are not known here; who knows them takes them out.

use hark_engine::failure::Cause;
use http::{HeaderMap, HeaderValue};
use url::Url;

use super::{Agent, Check, Condition, Files, Here, Server, Visit, judge};
use crate::{Form, Observation, Occurrence, What};

/// What stands in the place of a server's words.
const LEFT_OUT: &str = "[left out]";
/// The headers that something is said of.
const HEADERS: [&str; 6] =
    ["content-type", "cache-control", "content-encoding", "content-length", "server", "via"];
/// What servers say in those, and in the names of heartbeats, that tells of no one.
const PLAIN: [&str; 34] = [
    "text",
    "html",
    "plain",
    "json",
    "xml",
    "application",
    "event-stream",
    "octet-stream",
    "charset",
    "utf-8",
    "iso-8859-1",
    "us-ascii",
    "no-cache",
    "no-store",
    "no-transform",
    "private",
    "public",
    "must-revalidate",
    "max-age",
    "gzip",
    "br",
    "deflate",
    "zstd",
    "identity",
    "nginx",
    "openresty",
    "caddy",
    "ping",
    "keepalive",
    "keep-alive",
    "heartbeat",
    "message",
    "open",
    "h2",
];
/// The longest number that is a length or an age, and no secret. Digits.
const DIGITS_MAX: usize = 9;

/// The checks for a report.
#[must_use]
pub fn for_report(here: Here) -> Vec<Check> {
    let keys: Vec<String> = here.servers.iter().map(|server| server.key.clone()).collect();
    let number = |key: &str| {
        let at = keys.iter().position(|known| known == key);
        at.map_or_else(|| "a subscription".to_owned(), |at| format!("subscription {}", at + 1))
    };
    let servers = here.servers.into_iter().map(|server| {
        let visit = match server.visit {
            Visit::Seen(seen, ahead) => Visit::Seen(Box::new(without_words(*seen)), ahead),
            other => other,
        };
        Server { key: number(&server.key), visit, ..server }
    });
    let agent = here.agent.map(|agent| Agent {
        conditions: agent.conditions.into_iter().map(|one| of_condition(one, &number)).collect(),
        ..agent
    });
    // What is wrong with a line quotes it; where it is does not.
    let settings = here.files.settings.map_err(|problem| match problem.split_once(": ") {
        Some((place, _)) => format!("{place}."),
        None => problem,
    });
    let files = Files { settings, ..here.files };
    let mut checks =
        judge(&Here { desktop: here.desktop, files, agent, servers: servers.collect() });
    // The lines about resuming are the server's ids.
    for check in checks.iter_mut().filter(|check| check.about == "resume") {
        check.advice = None;
    }
    checks
}

/// By its code: the sentence may quote a server.
fn of_condition(one: Condition, number: &impl Fn(&str) -> String) -> Condition {
    let of = one.subscription.as_deref().map(|key| format!(" of {}", number(key)));
    let sentence = format!("It tells {}{}.", one.code, of.unwrap_or_default());
    Condition { sentence, ..one }
}

fn without_words(seen: Observation) -> Observation {
    let heads = seen.heads.into_iter().map(|(mut head, after)| {
        head.url = origin_of(&head.url);
        head.headers = plain_headers(&head.headers);
        (head, after)
    });
    let resumed = seen.resumed.into_iter().map(|mut resumed| {
        resumed.refused = resumed.refused.map(plain_cause);
        resumed
    });
    Observation {
        url: origin_of(&seen.url),
        heads: heads.collect(),
        heard: seen.heard.into_iter().map(plain_occurrence).collect(),
        ended: seen.ended.map(|(at, cause)| (at, plain_cause(cause))),
        compressed: seen.compressed.as_deref().map(plain),
        resumed: resumed.collect(),
        forgotten: seen.forgotten.map(plain_cause),
        certificate: None,
        ..seen
    }
}

fn origin_of(url: &Url) -> Url {
    url.join("/").unwrap_or_else(|_| url.clone())
}

fn plain_headers(headers: &HeaderMap) -> HeaderMap {
    let mut kept = HeaderMap::new();
    for name in HEADERS {
        for value in headers.get_all(name) {
            let value = plain(&String::from_utf8_lossy(value.as_bytes()));
            // Words of ours are a header's value.
            if let Ok(value) = HeaderValue::try_from(value) {
                kept.append(name, value);
            }
        }
    }
    kept
}

fn plain_occurrence(heard: Occurrence) -> Occurrence {
    let what = match heard.what {
        What::Heartbeat { form: Form::Event(kind), has_id } => {
            What::Heartbeat { form: Form::Event(plain(&kind)), has_id }
        }
        What::NoData { kind } => What::NoData { kind: kind.as_deref().map(plain) },
        other => other,
    };
    Occurrence { what, ..heard }
}

/// A text with what is not plain in it left out, part by part.
fn plain(text: &str) -> String {
    let parts = text.split_inclusive([';', ',']).map(|part| {
        let words =
            || part.split([' ', '/', '=', '.', '"', ';', ',']).filter(|word| !word.is_empty());
        let is_number =
            |word: &str| word.len() <= DIGITS_MAX && word.bytes().all(|byte| byte.is_ascii_digit());
        let is_plain = |word: &str| is_number(word) || PLAIN.contains(&&*word.to_ascii_lowercase());
        let end = part.strip_suffix([';', ',']).map_or("", |front| &part[front.len()..]);
        if words().all(is_plain) {
            part.to_owned()
        } else {
            let space = if part.starts_with(' ') { " " } else { "" };
            format!("{space}{LEFT_OUT}{end}")
        }
    });
    parts.collect()
}

/// A cause with the words of Hark and of this system alone.
fn plain_cause(cause: Cause) -> Cause {
    let detail = || LEFT_OUT.into();
    match cause {
        Cause::Status { code, retry_after_ms, streamed_before, .. } => {
            Cause::Status { code, detail: None, retry_after_ms, streamed_before }
        }
        Cause::CredentialRefused { .. } => {
            Cause::CredentialRefused { error: detail(), detail: None }
        }
        Cause::ContentType { found } => Cause::ContentType { found: plain(&found).into() },
        Cause::Compressed { encoding } => Cause::Compressed { encoding: plain(&encoding).into() },
        Cause::Redirect { .. } => Cause::Redirect { detail: detail() },
        Cause::StreamError { refused, .. } => {
            Cause::StreamError { code: "".into(), detail: detail(), refused }
        }
        Cause::Incomplete { .. } => Cause::Incomplete { detail: detail() },
        Cause::Elsewhere { .. } => Cause::Elsewhere { detail: detail() },
        Cause::OtherProtocol { .. } => Cause::OtherProtocol { detail: detail() },
        Cause::Farewell { .. } => Cause::Farewell { detail: detail() },
        Cause::Proxy { .. } => Cause::Proxy { detail: detail() },
        Cause::NotHttp { .. } => Cause::NotHttp { detail: detail() },
        // These hold no more than a kind or a number, or what this system says.
        own @ (Cause::NoRoute
        | Cause::NetworkChanged
        | Cause::ConnectionRefused
        | Cause::ConnectionReset
        | Cause::NameNotResolved
        | Cause::ConnectTimeout
        | Cause::TlsTimeout
        | Cause::HeadersTimeout
        | Cause::MissedHeartbeat { .. }
        | Cause::EndOfStream
        | Cause::Truncated
        | Cause::NoContent
        | Cause::Certificate { .. }
        | Cause::Tls { .. }
        | Cause::Credential { .. }
        | Cause::Io { .. }
        | Cause::NotStored { .. }
        | Cause::BriefStreams { .. }
        | Cause::Rotation) => own,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        here::tests::{here, server},
        tests::{head, refused, right},
    };

    fn text(seen: Observation) -> String {
        let server = Server { visit: Visit::Seen(Box::new(seen), None), ..server() };
        format!("{:?}", for_report(Here { servers: vec![server], ..here() }))
    }

    #[test]
    fn a_servers_words_are_in_no_report_whatever_it_says_them_in() {
        let word = || "canary".into();
        let causes = [
            Cause::Status {
                code: 403,
                detail: Some(word()),
                retry_after_ms: None,
                streamed_before: false,
            },
            Cause::CredentialRefused { error: word(), detail: Some(word()) },
            Cause::ContentType { found: word() },
            Cause::Compressed { encoding: word() },
            Cause::Redirect { detail: word() },
            Cause::NotHttp { detail: word() },
            Cause::Proxy { detail: word() },
            Cause::StreamError { code: word(), detail: word(), refused: true },
            Cause::Incomplete { detail: word() },
            Cause::Elsewhere { detail: word() },
            Cause::OtherProtocol { detail: word() },
            Cause::Farewell { detail: word() },
        ];
        for cause in causes {
            let code = cause.code();
            let mut again = right();
            again.resumed[0].refused = Some(cause.clone());
            for seen in
                [refused(cause.clone()), again, Observation { forgotten: Some(cause), ..right() }]
            {
                let text = text(seen);
                assert!(!text.contains("canary"), "{code}: {text}");
            }
        }
        for (name, value) in [
            ("content-type", "text/canary"),
            ("content-type", "text/event-stream; charset=canary"),
            ("cache-control", "public, canary=1"),
            ("content-encoding", "canary"),
        ] {
            let mut to = head(200, &[(name, value)]);
            to.0.url = "https://other.example/canary?canary=canary".parse().unwrap();
            let text = text(Observation { heads: vec![head(302, &[]), to], ..right() });
            assert!(!text.contains("canary"), "{text}");
        }
        let mut beats = right();
        for heard in &mut beats.heard {
            if let What::Heartbeat { form, .. } = &mut heard.what {
                *form = Form::Event("canary".to_owned());
            }
            heard.after += Duration::from_secs(1);
        }
        assert!(!text(beats).contains("canary"));
        let mut ids = right();
        for heard in &mut ids.heard {
            if let What::Message { id: Some(id), .. } = &mut heard.what {
                id.insert_str(0, "canary");
            }
        }
        ids.resumed.iter_mut().for_each(|resumed| resumed.brought.clear());
        assert!(!text(ids).contains("canary"));
    }

    #[test]
    fn what_tells_of_nobody_stays() {
        let mut to = head(200, &[("content-type", "text/event-stream")]);
        to.0.url = "https://other.example/path?query".parse().unwrap();
        let redirected = text(Observation { heads: vec![head(302, &[]), to], ..right() });
        assert!(redirected.contains("HTTP 302 to https://other.example/. "), "{redirected}");
        let status =
            Cause::Status { code: 403, detail: None, retry_after_ms: None, streamed_before: false };
        assert!(text(refused(status)).contains("answered HTTP 403. To read here"));
        for said in [
            "text/event-stream; charset=utf-8",
            "text/html;charset=\"UTF-8\"",
            "private, max-age=60",
        ] {
            assert_eq!(plain(said), said);
        }
        assert_eq!(
            plain("text/event-stream; boundary=x, gzip"),
            "text/event-stream; [left out], gzip"
        );
        assert_eq!(plain("4915112345678"), LEFT_OUT, "a number may be of a phone");
    }

    #[test]
    fn keys_are_numbers_and_conditions_codes() {
        let condition = |key: Option<&str>| Condition {
            is_error: false,
            code: "refused".to_owned(),
            subscription: key.map(str::to_owned),
            sentence: "canary".to_owned(),
        };
        let named = |key: &str| Server { key: key.to_owned(), ..server() };
        let mut here = Here { servers: vec![named("first"), named("canary")], ..here() };
        here.files.settings = Err("config.toml has an error in line 3: \"canary\".".to_owned());
        if let Ok(agent) = &mut here.agent {
            agent.conditions = [Some("canary"), Some("gone"), None].map(condition).to_vec();
        }
        let checks = for_report(here);
        let text = format!("{checks:?}");
        assert!(!text.contains("canary") && !text.contains("first\""), "{text}");
        for words in [
            "It tells refused of subscription 2.",
            "It tells refused of a subscription.",
            "It tells refused.",
            "config.toml has an error in line 3.",
            "subscription 1: They",
        ] {
            assert!(text.contains(words), "no {words} in {text}");
        }
    }
}
