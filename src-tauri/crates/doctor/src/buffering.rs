//! Does what the server sends come at once, or is it held back on the way? Pure.
//!
//! The server's clock is not known here. What gives a buffer away: headers that come late and bring
//! a crowd with them, several heartbeats at one moment, a stream that comes only as it ends.

use std::time::Duration;

use hark_engine::failure::Cause;

use super::{About, Finding, Mark, Observation, Place, What, span};

/// Headers that take longer are late.
const HEADERS_LATE: Duration = Duration::from_secs(1);
/// What comes closer together than this counts as one moment.
const MOMENT: Duration = Duration::from_millis(100);
/// As many heartbeats at one moment were held back. Two may be one in two forms.
const HEARTBEATS_AT_ONCE: usize = 3;
/// What a server may send at one moment without that being a crowd.
const FEW: usize = 8;
/// A stream that was silent for so long and then came whole was held back.
const HELD_BACK: Duration = Duration::from_secs(2);

/// The finding about buffering; none where nothing was reached.
pub(super) fn judge(seen: &Observation) -> Option<Finding> {
    let about = |mark, text: String| Finding::new(About::Buffering, mark, text);
    let Some(opened) = seen.opened else {
        let (after, cause) = seen.ended.as_ref()?;
        let text = format!(
            "{} took the connection and sent no headers for {}. A proxy holds the answer back, or \
             the server sends its headers only with the first event.",
            seen.origin(),
            span(*after)
        );
        return (*cause == Cause::HeadersTimeout)
            .then(|| held_back(seen, about(Mark::Wrong, text)));
    };
    let moments = moments(seen);
    let first = moments.first();
    if opened > HEADERS_LATE {
        let with_headers = first.filter(|first| first.at < opened + MOMENT);
        let crowd = with_headers.filter(|first| first.heartbeats + first.messages >= 3);
        if let Some(crowd) = crowd {
            let text = format!(
                "The headers took {}, and {} came with them at one moment: they were held back on \
                 the way.",
                span(opened),
                crowd.count()
            );
            return Some(held_back(seen, about(Mark::Wrong, text)));
        }
        let with = if with_headers.is_some() { " and came with the first line" } else { "" };
        let text = format!(
            "The headers took {}{with}: until then no client knows that it is connected. Send \
             them at once, with a comment, and flush.",
            span(opened)
        );
        return Some(held_back(seen, about(Mark::Wrong, text)));
    }
    if let Some(crowd) = moments
        .iter()
        .find(|moment| moment.heartbeats >= HEARTBEATS_AT_ONCE && moment.at > opened + HEADERS_LATE)
    {
        let text = format!(
            "{} came at one moment, after {} of silence: they were held back on the way.",
            crowd.count(),
            span(crowd.silence)
        );
        return Some(held_back(seen, about(Mark::Wrong, text)));
    }
    if let (Some((end, _)), [only]) = (&seen.ended, moments.as_slice())
        && *end < only.at + MOMENT
        && only.at > opened + HELD_BACK
    {
        let text = format!(
            "All came at one moment, {} after the headers, as the stream ended.",
            span(only.at - opened)
        );
        return Some(held_back(seen, about(Mark::Wrong, text)));
    }
    let asked =
        seen.header("x-accel-buffering").is_some_and(|value| value.eq_ignore_ascii_case("no"));
    let asked = if asked { " X-Accel-Buffering: no is set, too." } else { "" };
    Some(match moments.as_slice() {
        [] => {
            let text = "Nothing followed the headers, so a buffer could not be told from a silent \
                        server. Send a comment at once.";
            let finding =
                about(Mark::Unknown, text.to_owned()).change(Place::Server, r": hello\n\n");
            match seen.proxy() {
                Some(Place::Nginx) => finding.change(Place::Nginx, "proxy_buffering off;"),
                _ => finding,
            }
        }
        [only] if only.lines > FEW => {
            let text = "Everything came at one moment, so it cannot be told. Publish something \
                        while this runs.";
            about(Mark::Unknown, text.to_owned())
        }
        [only] => {
            let text = format!(
                "None seen: the first line came {} after the headers.{asked}",
                span(only.at.saturating_sub(opened))
            );
            about(Mark::Ok, text)
        }
        several => {
            let text =
                format!("None seen: it came bit by bit, at {} moments.{asked}", several.len());
            about(Mark::Ok, text)
        }
    })
}

/// Adds the change that turns a buffer off.
fn held_back(seen: &Observation, finding: Finding) -> Finding {
    let server = |finding: Finding| {
        finding.change(Place::Server, "X-Accel-Buffering: no   (and flush after each event)")
    };
    match seen.proxy() {
        Some(Place::Caddy) => {
            server(finding.change(Place::Caddy, "flush_interval -1   (in reverse_proxy)"))
        }
        // Where it did not say who it is, nginx is the usual one.
        _ => server(finding.change(Place::Nginx, "proxy_buffering off;")),
    }
}

/// What came at one moment.
struct Moment {
    at: Duration,
    /// How long nothing had come before it.
    silence: Duration,
    lines: usize,
    heartbeats: usize,
    messages: usize,
}

impl Moment {
    fn count(&self) -> String {
        let many = |count: usize, what: &str| match count {
            0 => None,
            1 => Some(format!("1 {what}")),
            count => Some(format!("{count} {what}s")),
        };
        let parts = [many(self.heartbeats, "heartbeat"), many(self.messages, "event")];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" and ")
    }
}

fn moments(seen: &Observation) -> Vec<Moment> {
    let mut moments: Vec<Moment> = Vec::new();
    let mut before = seen.opened.unwrap_or_default();
    for heard in &seen.heard {
        if moments.is_empty() || heard.after > before + MOMENT {
            let silence = heard.after.saturating_sub(before);
            moments.push(Moment { at: heard.after, silence, lines: 0, heartbeats: 0, messages: 0 });
        }
        before = heard.after;
        if let Some(moment) = moments.last_mut() {
            match heard.what {
                What::Line => moment.lines += 1,
                What::Heartbeat { .. } => moment.heartbeats += 1,
                What::Message { .. } | What::TooLarge { .. } => moment.messages += 1,
                _ => {}
            }
        }
    }
    moments
}
