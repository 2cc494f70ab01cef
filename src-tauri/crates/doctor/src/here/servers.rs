//! The followed servers: each step on the way to one, and this machine's clock beside theirs. Pure; what is seen of
//! a stream is judged as in a visit by its URL.

use hark_engine::failure::Cause;

use super::{Check, Credentials, Group, Server, Visit};
use crate::{About, Finding, Mark, Observation, judge as judge_visit, span};

/// The steps, in their order; `tls` is left out where there is none and none is needed.
pub const STEPS: [&str; 7] = ["dns", "tcp", "tls", "http", "first byte", "heartbeat", "resume"];
/// A clock that is further from the servers' is wrong: certificates and times of messages suffer. Seconds.
const CLOCK_MAX: i64 = 60;

pub(super) fn judge(server: &Server) -> Vec<Check> {
    let check = |about, mark, seen: String| Check {
        subscription: Some(server.key.clone()),
        ..Check::new(Group::Subscription, about, mark, seen)
    };
    let live = match server.is_live {
        Some(true) => " The agent is connected.",
        Some(false) => " The agent is not connected.",
        None => "",
    };
    match &server.visit {
        Visit::Paused => {
            vec![check("visit", Mark::Ok, "It is paused, and was not visited.".to_owned())]
        }
        Visit::Without => {
            let mark = match (&server.credentials, server.is_live) {
                (Credentials::Wrong(_), _) | (_, Some(false)) => Mark::Wrong,
                (_, Some(true)) => Mark::Ok,
                (_, None) => Mark::Unknown,
            };
            let seen = format!("It was not visited: its credential is not to be had here.{live}");
            vec![check("visit", mark, seen)]
        }
        Visit::Late(limit) => {
            let seen = format!("It could not be seen within {}.{live}", span(*limit));
            vec![check("visit", Mark::Wrong, seen)]
        }
        Visit::Seen(seen, _) => steps(server, seen)
            .into_iter()
            .map(|(about, mark, seen, advice)| Check { advice, ..check(about, mark, seen) })
            .collect(),
    }
}

type Step = (&'static str, Mark, String, Option<String>);

fn steps(server: &Server, seen: &Observation) -> Vec<Step> {
    let findings = judge_visit(seen);
    let failed = match &seen.ended {
        Some((_, cause)) if seen.opened.is_none() => Some((step_of(cause, seen), cause)),
        _ => None,
    };
    let mut steps = Vec::new();
    for (at, about) in STEPS.into_iter().enumerate() {
        if about == "tls" && !uses_tls(seen, &findings) {
            continue;
        }
        steps.push(match &failed {
            Some((failed_at, cause)) if at == *failed_at => {
                let of_answer = worst(&findings, &[About::Answer, About::Type]);
                let seen_there = of_answer.filter(|_| about == "http" && has_answer(seen));
                let sentence = match (seen_there, &seen.certificate) {
                    (Some(finding), _) => finding.seen.clone(),
                    (None, Some(certificate)) => {
                        format!("{} {certificate}", cause.sentence(&server.origin))
                    }
                    (None, None) => cause.sentence(&server.origin),
                };
                let advice = seen_there.and_then(line);
                (about, Mark::Wrong, sentence, advice)
            }
            Some((failed_at, _)) if at > *failed_at => {
                (about, Mark::Unknown, "It did not come to that.".to_owned(), None)
            }
            _ => one(about, server, seen, &findings),
        });
    }
    steps
}

/// A step that was reached.
fn one(about: &'static str, server: &Server, seen: &Observation, findings: &[Finding]) -> Step {
    let well = |seen: &str| (about, Mark::Ok, seen.to_owned(), None);
    let of = |abouts: &[About], otherwise: &str| match worst(findings, abouts) {
        Some(finding) => (about, finding.mark, finding.seen.clone(), line(finding)),
        None => (about, Mark::Unknown, otherwise.to_owned(), None),
    };
    match about {
        "dns" => well("The name was found."),
        "tcp" => well("It takes connections."),
        "tls" => of(&[About::Encryption], "It was not seen."),
        "http" => of(&[About::Answer, About::Redirect, About::Type], "It answers."),
        "first byte" => match seen.heard.first() {
            Some(first) => {
                let after = first.after.saturating_sub(seen.opened.unwrap_or_default());
                let seen = format!("It came {} after the answer.", span(after));
                match worst(findings, &[About::Buffering, About::Stream]) {
                    Some(finding) if finding.mark == Mark::Wrong => {
                        (about, finding.mark, finding.seen.clone(), line(finding))
                    }
                    _ => (about, Mark::Ok, seen, None),
                }
            }
            None => {
                let seen = format!("None came in {}.", span(seen.listened));
                let advice = format!("hark doctor --for 60s, or hark doctor URL of {}", server.key);
                (about, Mark::Unknown, seen, Some(advice))
            }
        },
        "heartbeat" => match server.heartbeat {
            Some(cadence) => {
                well(&format!("It comes about every {}, as the agent has learned.", span(cadence)))
            }
            None => of(&[About::Heartbeat], "It was not seen."),
        },
        _ => of(&[About::Resume], "No event with an id came to come back to."),
    }
}

/// Whether there is TLS on the way, or should be: a plain URL has no such step where it needs none.
fn uses_tls(seen: &Observation, findings: &[Finding]) -> bool {
    let url = seen.heads.last().map_or(&seen.url, |(head, _)| &head.url);
    let is_missed = |finding: &Finding| matches!(finding.mark, Mark::Warning | Mark::Wrong);
    url.scheme() == "https" || worst(findings, &[About::Encryption]).is_some_and(is_missed)
}

/// Where on the way it failed, as a place in [`STEPS`].
fn step_of(cause: &Cause, seen: &Observation) -> usize {
    match cause {
        Cause::NameNotResolved => 0,
        _ if has_answer(seen) => 3,
        Cause::ConnectionRefused
        | Cause::ConnectTimeout
        | Cause::NoRoute
        | Cause::NetworkChanged
        | Cause::Proxy { .. }
        | Cause::Io { .. } => 1,
        Cause::TlsTimeout | Cause::Tls { .. } | Cause::Certificate { .. } => 2,
        _ => 3,
    }
}

fn has_answer(seen: &Observation) -> bool {
    !seen.heads.is_empty()
}

/// The gravest of the findings about these.
fn worst<'a>(findings: &'a [Finding], abouts: &[About]) -> Option<&'a Finding> {
    let rank = |mark| match mark {
        Mark::Ok => 0,
        Mark::Unknown => 1,
        Mark::Warning => 2,
        Mark::Wrong => 3,
    };
    let of_these = findings.iter().filter(|finding| abouts.contains(&finding.about));
    of_these.rev().max_by_key(|finding| rank(finding.mark))
}

/// The first line to change.
fn line(finding: &Finding) -> Option<String> {
    finding.change.first().map(|change| change.line.clone())
}

/// This machine's clock, as the servers see it.
pub(super) fn clock(servers: &[Server]) -> Check {
    let check = |mark, seen: String| Check::new(Group::Desktop, "clock", mark, seen);
    let ahead = servers.iter().filter_map(|server| match server.visit {
        Visit::Seen(_, ahead) => ahead,
        _ => None,
    });
    // One server's own clock may be wrong: the nearest to this one's counts.
    match ahead.min_by_key(|seconds| seconds.abs()) {
        None => check(Mark::Unknown, "No server told its time.".to_owned()),
        Some(ahead) if ahead.abs() <= CLOCK_MAX => {
            check(Mark::Ok, "It is the servers' time.".to_owned())
        }
        Some(ahead) => {
            let side = if ahead > 0 { "ahead of" } else { "behind" };
            check(Mark::Wrong, format!("It is {} s {side} the servers'.", ahead.abs()))
                .advice("timedatectl set-ntp true")
        }
    }
}
