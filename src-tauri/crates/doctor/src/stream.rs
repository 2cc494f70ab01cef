//! The open stream: whether it stays open, is heard from in silence, has ids on its events, and writes them
//! as the standard wants. Pure.

use std::{collections::HashSet, time::Duration};

use hark_engine::failure::Cause;

use super::{About, Finding, Form, Mark, Observation, Place, What, span};

/// What comes this soon after the headers is a greeting and no heartbeat.
const GREETING: Duration = Duration::from_secs(1);
/// Two signs of life closer than this are one.
const ONE_HEARTBEAT: Duration = Duration::from_millis(100);
/// A silence longer than this lacks a heartbeat.
const SILENCE_MAX: Duration = Duration::from_secs(45);
/// nginx ends what is silent for longer (`proxy_read_timeout`), and so do others.
const IDLE_MAX: Duration = Duration::from_secs(60);
/// More frequent heartbeats are a waste.
const HEARTBEAT_MIN: Duration = Duration::from_millis(900);
/// A stream that ends sooner was not meant to stay.
const LIFE_MIN: Duration = Duration::from_secs(10);
const RETRY_MIN: Duration = Duration::from_millis(500);
const RETRY_MAX: Duration = Duration::from_secs(3600);

/// The findings about an open stream, except for resuming and format.
pub(super) fn judge(seen: &Observation) -> Vec<Finding> {
    let mut findings = vec![stays(seen), heartbeat(seen)];
    findings.extend(ids(seen));
    findings.push(retry(seen));
    findings
}

fn opened(seen: &Observation) -> Duration {
    seen.opened.unwrap_or_default()
}

/// The times at which something came.
fn times(seen: &Observation) -> impl Iterator<Item = Duration> {
    seen.heard.iter().map(|heard| heard.after)
}

fn stays(seen: &Observation) -> Finding {
    let about = |mark, text: String| Finding::new(About::Stream, mark, text);
    let Some((at, cause)) = &seen.ended else {
        let length = span(seen.listened.saturating_sub(opened(seen)));
        return about(Mark::Ok, format!("It stayed open for all of {length}."));
    };
    let life = at.saturating_sub(opened(seen));
    let how = match cause {
        Cause::EndOfStream => "ended",
        _ => "broke off",
    };
    let after = span(life);
    if *cause == Cause::EndOfStream
        && seen.feed.routine_close_after().is_some_and(|least| life >= least)
    {
        return about(Mark::Ok, format!("It {how} after {after}, as this server regularly does."));
    }
    let silence = at.saturating_sub(times(seen).last().unwrap_or(opened(seen)));
    if silence.abs_diff(IDLE_MAX) < Duration::from_secs(3) {
        let text =
            format!("It {how} after {} of silence, as nginx ends what is idle.", span(silence));
        return about(Mark::Wrong, text)
            .change(Place::Server, r": keepalive\n\n   (every 15 to 30 s)")
            .change(Place::Nginx, "proxy_read_timeout 1h;");
    }
    if life < LIFE_MIN {
        let text = format!(
            "It {how} after {after}. An event stream stays open, or clients come back again and \
             again. Either the handler returns, or something in between limits the time."
        );
        let finding = about(Mark::Wrong, text);
        return match seen.proxy() {
            Some(Place::Nginx) => finding.change(Place::Nginx, "proxy_read_timeout 1h;"),
            _ => finding,
        };
    }
    let text = format!(
        "It {how} after {after}. Look for a limit on the length of a request, in the server or a \
         proxy."
    );
    about(Mark::Warning, text).change(Place::Nginx, "proxy_read_timeout 1h;")
}

/// The heartbeats after the greeting, those of one moment as one; and whether messages came between
/// one and the one before, which may have put it off.
fn beats(seen: &Observation) -> Vec<(Duration, bool)> {
    let mut beats: Vec<(Duration, bool)> = Vec::new();
    let mut disturbed = true;
    for heard in seen.heard.iter().filter(|heard| heard.after > opened(seen) + GREETING) {
        match heard.what {
            What::Heartbeat { .. } => {
                if beats.last().is_none_or(|(last, _)| heard.after > *last + ONE_HEARTBEAT) {
                    beats.push((heard.after, disturbed));
                }
                disturbed = false;
            }
            What::Message { .. } => disturbed = true,
            _ => {}
        }
    }
    beats
}

fn heartbeat(seen: &Observation) -> Finding {
    let about = |mark, text: String| Finding::new(About::Heartbeat, mark, text);
    let send =
        |finding: Finding| finding.change(Place::Server, r": keepalive\n\n   (every 15 to 30 s)");
    let beats = beats(seen);
    let pairs = beats.windows(2).filter(|pair| !pair[1].1);
    let intervals: Vec<Duration> = pairs.map(|pair| pair[1].0 - pair[0].0).collect();
    let (least, greatest) = (intervals.iter().min(), intervals.iter().max());
    if let (Some(least), Some(greatest)) = (least, greatest) {
        let count = beats.len();
        let every = match greatest.as_secs_f64() > least.as_secs_f64() * 1.2 + 0.1 {
            true => format!("{} to {}", span(*least), span(*greatest)),
            false => span(*greatest),
        };
        let form = form(seen);
        return if *greatest > IDLE_MAX {
            let text = format!(
                "It comes every {every}, as {form}: nginx and others end what is silent for 60 s."
            );
            send(about(Mark::Warning, text))
        } else if *greatest < HEARTBEAT_MIN {
            let text = format!(
                "It comes every {every}, as {form}: so often, it only keeps devices awake."
            );
            send(about(Mark::Warning, text))
        } else {
            about(Mark::Ok, format!("It comes every {every}, as {form} ({count} seen)."))
        };
    }
    match beats.as_slice() {
        [] => none(seen),
        [(at, _)] => {
            let after = span(at.saturating_sub(opened(seen)));
            let text = format!(
                "One came after {after}, as {}. Its interval takes a longer look.",
                form(seen)
            );
            about(Mark::Ok, text).change(Place::Try, longer(seen))
        }
        several => {
            let text = format!("{} came between the events, as {}.", several.len(), form(seen));
            about(Mark::Ok, text)
        }
    }
}

fn none(seen: &Observation) -> Finding {
    let about = |mark, text: String| Finding::new(About::Heartbeat, mark, text);
    let end = seen.ended.as_ref().map_or(seen.listened, |(at, _)| *at);
    let mut before = opened(seen);
    let mut silence = Duration::ZERO;
    for at in times(seen).chain([end]) {
        silence = silence.max(at.saturating_sub(before));
        before = at;
    }
    let silent = span(silence);
    if seen.ended.is_some() && end.saturating_sub(opened(seen)) < LIFE_MIN {
        return about(Mark::Unknown, "The stream ended before one was due.".to_owned());
    }
    if let Some(cadence) = seen.feed.cadence_default().filter(|cadence| silence < *cadence * 3 / 2)
    {
        let text = format!(
            "None came in {silent} of silence; {} sends one every {}.",
            seen.feed.name(),
            span(cadence)
        );
        return about(Mark::Unknown, text).change(Place::Try, "hark doctor --for 2m URL");
    }
    if silence < SILENCE_MAX {
        let text =
            format!("None came, but the longest silence was {silent}: none may have been due.");
        return about(Mark::Unknown, text).change(Place::Try, longer(seen));
    }
    let text = format!(
        "None came in {silent} of silence. Clients cannot tell that from a dead connection, and \
         proxies end what is idle."
    );
    about(Mark::Wrong, text).change(Place::Server, r": keepalive\n\n   (every 15 to 30 s)")
}

fn longer(seen: &Observation) -> String {
    let listened = seen.listened.saturating_sub(opened(seen));
    let length = if listened < IDLE_MAX.mul_f64(0.9) { "60s" } else { "3m" };
    format!("hark doctor --for {length} URL")
}

/// The form of its heartbeats, in words.
fn form(seen: &Observation) -> String {
    let forms = seen.heard.iter().filter(|heard| heard.after > opened(seen) + GREETING);
    let mut forms = forms.filter_map(|heard| match &heard.what {
        What::Heartbeat { form, .. } => Some(form),
        _ => None,
    });
    match forms.next() {
        Some(Form::Event(kind)) => format!("an event of type {kind}"),
        _ => "a comment".to_owned(),
    }
}

fn ids(seen: &Observation) -> Vec<Finding> {
    let about = |mark, text: String| Finding::new(About::Ids, mark, text);
    if !seen.feed.replays() {
        // Whatever its events carry, nobody can come back with it.
        let text = format!(
            "Nothing to judge: what {} sends while a client is away is lost, with ids or without.",
            seen.feed.name()
        );
        return vec![about(Mark::Warning, text)];
    }
    let line = r"id: 42\n   (in each event, before its blank line)";
    let messages: Vec<Option<&String>> = seen
        .heard
        .iter()
        .filter_map(|heard| match &heard.what {
            What::Message { id, .. } => Some(id.as_ref()),
            _ => None,
        })
        .collect();
    let of = messages.len();
    let ids: Vec<&String> = messages.into_iter().flatten().collect();
    let without = of - ids.len();
    let mut findings = Vec::new();
    if of == 0 {
        let text = "No event came, so ids cannot be judged. Publish one while this runs.";
        findings.push(about(Mark::Unknown, text.to_owned()));
    } else if without > 0 {
        let text = match without == of {
            true => "No event has one: what is sent while a client is away is lost.".to_owned(),
            false => format!(
                "{without} of {of} events have none: each is lost to a client that is away."
            ),
        };
        findings.push(about(Mark::Wrong, text).change(Place::Server, line));
    }
    let bad = ids.iter().filter(|id| !seen.feed.resumes_from(id)).count();
    let different: HashSet<&String> = ids.iter().copied().collect();
    let twice = ids.len() - different.len();
    if bad > 0 {
        let text = format!(
            "{bad} of {of} cannot be sent back in a header: control characters, or a space at an \
             end."
        );
        findings.push(about(Mark::Wrong, text).change(Place::Server, line));
    }
    if twice > 0 {
        let text = format!(
            "{twice} of {of} events have the id of an earlier one. An id names one event and no \
             other."
        );
        findings.push(about(Mark::Wrong, text).change(Place::Server, line));
    }
    let heartbeat =
        seen.heard.iter().any(|heard| matches!(&heard.what, What::Heartbeat { has_id: true, .. }));
    if heartbeat {
        let text = "Heartbeats have ids: a client comes back with the id of one, after which the \
                    server must be able to go on. Leave them out there.";
        findings
            .push(about(Mark::Warning, text.to_owned()).change(Place::Server, r": keepalive\n\n"));
    }
    if findings.is_empty() {
        let text = match of {
            1 => "The event that came has one of its own.".to_owned(),
            _ => format!("Each of {of} events has one of its own."),
        };
        findings.push(about(Mark::Ok, text));
    }
    findings
}

fn retry(seen: &Observation) -> Finding {
    let about = |mark, text: String| Finding::new(About::Retry, mark, text);
    let mut hints = seen.heard.iter().filter_map(|heard| match heard.what {
        What::Retry(hint) => Some(hint),
        _ => None,
    });
    match hints.next_back() {
        None => about(Mark::Ok, "None given, so each client chooses.".to_owned()),
        Some(hint) if hint < RETRY_MIN => {
            let text =
                format!("{}: when the server restarts, all clients come at once.", span(hint));
            about(Mark::Warning, text).change(Place::Server, r"retry: 5000\n\n   (milliseconds)")
        }
        Some(hint) if hint > RETRY_MAX => {
            let text =
                format!("{}: so long stays away whoever was cut off for a moment.", span(hint));
            about(Mark::Warning, text).change(Place::Server, r"retry: 5000\n\n   (milliseconds)")
        }
        Some(hint) => about(Mark::Ok, format!("Clients are asked to wait {}.", span(hint))),
    }
}

/// The findings about how events are written; none where all is right.
pub(super) fn format(seen: &Observation) -> Vec<Finding> {
    let about = |mark, text: String| Finding::new(About::Format, mark, text);
    let count = |is: fn(&What) -> bool| seen.heard.iter().filter(|heard| is(&heard.what)).count();
    let mut findings = Vec::new();
    let lines = count(|what| *what == What::Line);
    let dispatched = count(|what| !matches!(what, What::Line | What::Unfinished));
    let line = r"data: text\n\n   (a blank line ends each event)";
    if lines > 0 && dispatched == 0 {
        let text = "Lines came, and no event: none is ended by a blank line.";
        findings.push(about(Mark::Wrong, text.to_owned()).change(Place::Server, line));
    } else if count(|what| *what == What::Unfinished) > 0 {
        let text = "The stream ended within an event, which every client discards.";
        findings.push(about(Mark::Warning, text.to_owned()).change(Place::Server, line));
    }
    let mut before: Option<&What> = None;
    for what in seen.heard.iter().map(|heard| &heard.what).filter(|what| **what != What::Line) {
        if let What::NoData { kind } = what
            && !matches!(before, Some(What::Retry(_)))
        {
            let text = match kind {
                Some(kind) => format!("An event of type {kind} has no data, so no client gets it."),
                None => "A block has no field that is known: names are in lower case, at the \
                         line's beginning."
                    .to_owned(),
            };
            findings.push(about(Mark::Warning, text).change(Place::Server, r"data: text\n"));
            break;
        }
        before = Some(what);
    }
    if let Some(bytes) = seen.heard.iter().find_map(|heard| match heard.what {
        What::TooLarge { bytes } => Some(bytes),
        _ => None,
    }) {
        let text = format!(
            "An event has {} KiB; Hark sets aside what has a line over 1 MiB or is over 4 MiB. \
             Send a link to what is large.",
            bytes >> 10
        );
        findings.push(about(Mark::Wrong, text));
    }
    let broken = count(|what| matches!(what, What::Message { broken: true, .. }));
    if broken > 0 {
        let text = format!(
            "{broken} of the events hold bytes that are no UTF-8, or U+FFFD in their place."
        );
        findings.push(about(Mark::Warning, text));
    }
    findings
}
