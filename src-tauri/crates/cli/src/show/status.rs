//! The agent, its links and what is wrong, as a few lines: a line for each link, the worst first, and below it
//! why it is so.

use std::fmt::Write;

use hark_api::{COUNTED_MAX, Class, Link, Phase, Severity, Status, Unread};
use hark_engine::feed::UNKNOWN;

use crate::{
    look::{Look, column, width},
    quiet,
};

/// A key takes no more room than this where the terminal is narrow. Columns.
const KEY_MAX: usize = 24;

/// How a link is doing, in the words that are the same everywhere; the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    NeedsYou,
    Trying,
    Live,
    Paused,
}

impl State {
    fn of(link: &Link) -> Self {
        match &link.phase {
            Phase::Streaming { .. } => Self::Live,
            Phase::Paused => Self::Paused,
            Phase::Halted { .. } => Self::NeedsYou,
            Phase::BackingOff { cause, .. } | Phase::Dialing { cause: Some(cause), .. }
                if cause.class == Class::Refused =>
            {
                Self::NeedsYou
            }
            Phase::Idle | Phase::Dialing { .. } | Phase::BackingOff { .. } => Self::Trying,
        }
    }

    fn marked(self, look: &Look) -> (String, &'static str) {
        match self {
            Self::NeedsYou => (look.bad("▲"), "needs you"),
            Self::Trying => (look.uneasy("◐"), "trying"),
            Self::Live => (look.good("●"), "live"),
            Self::Paused => (look.dim("○"), "paused"),
        }
    }
}

/// Whether every one of these links is live, or paused as the person wants it.
pub fn is_well(links: &[Link]) -> bool {
    links.iter().all(|link| matches!(State::of(link), State::Live | State::Paused))
}

/// The agent, its links with what is unread of them, and its conditions. Of one link, `only` it, and all of it.
pub fn status(status: &Status, unread: &[Unread], only: Option<&str>, look: &Look) -> String {
    let mut out = String::new();
    let concerns = |key: Option<&str>| only.is_none() || key.is_none() || key == only;
    for condition in status.conditions.iter().filter(|it| concerns(it.subscription.as_deref())) {
        let mark = match condition.severity {
            Severity::Error => look.bad("error"),
            Severity::Warning => look.uneasy("warning"),
        };
        let sentence = look.indented(&condition.sentence, 2);
        let _ = writeln!(out, "{mark}:\n{sentence}");
    }
    if let Some(silence) = &status.silence {
        let _ = writeln!(out, "{}", look.indented(&quiet::sentence(silence, None, look.now()), 0));
    }
    if status.links.is_empty() {
        out.push_str("Nothing is followed yet. Follow something with: hark add URL\n");
    }
    let mut links: Vec<_> =
        status.links.iter().filter(|link| concerns(Some(&link.subscription))).collect();
    links.sort_by_key(|link| State::of(link));
    let widest = links.iter().map(|link| width(&link.subscription)).max().unwrap_or_default();
    let key = look.columns.map_or(widest, |_| widest.min(KEY_MAX));
    for link in links {
        let unread = unread.iter().find(|one| one.subscription == link.subscription);
        let unread = unread.map_or(0, |one| one.messages);
        let _ = writeln!(out, "{}", line(link, unread, key, look).trim_end());
        for sentence in beneath(link, status, only.is_some(), look) {
            out.push_str(&look.indented(&sentence, 2));
        }
    }
    if only.is_none() {
        let agent = &status.agent;
        let by = match &agent.notifications.server {
            Some(server) => format!("notifications are shown by {server}"),
            None => "there is no notification service".to_owned(),
        };
        let said = format!("hark {}, process {}; {by}.", agent.version, agent.pid);
        let _ = write!(out, "\n{}", look.dim(&look.indented(&said, 0)));
    }
    out
}

/// `● builds  live  8 s ago  4 messages, 2 unread`
fn line(link: &Link, unread: u32, key: usize, look: &Look) -> String {
    let (mark, word) = State::of(link).marked(look);
    let heard = link.last_heard.map(|heard| look.ago(heard)).unwrap_or_default();
    let count = match link.messages {
        1 => "1 message".to_owned(),
        count => format!("{count} messages"),
    };
    let unread = match unread {
        0 => String::new(),
        COUNTED_MAX.. => format!(", {COUNTED_MAX} unread or more"),
        count => format!(", {count} unread"),
    };
    let key = look.bold(&column(&link.subscription, key));
    let heard = column(&heard, width(&heard).max(10));
    format!("{mark} {key}  {}  {heard}  {count}{unread}", column(word, 9))
}

/// Why a link is as it is, and of one that was asked for all that is known.
fn beneath(link: &Link, status: &Status, whole: bool, look: &Look) -> Vec<String> {
    let mut all = Vec::new();
    match &link.phase {
        Phase::BackingOff { retry_at, cause, attempt } => {
            all.push(cause.sentence.clone());
            let nth =
                if *attempt > 1 { format!(" after {attempt} attempts") } else { String::new() };
            all.push(format!("Next try {}{nth}.", look.until(*retry_at)));
        }
        Phase::Dialing { attempt, cause, .. } => {
            all.extend(cause.as_ref().map(|cause| cause.sentence.clone()));
            let nth = if *attempt > 1 { format!(", attempt {attempt}") } else { String::new() };
            all.push(format!("Connecting now{nth}."));
        }
        Phase::Halted { cause } => all.push(cause.sentence.clone()),
        Phase::Idle | Phase::Streaming { .. } | Phase::Paused => {}
    }
    if let Some(silence) = link.silence.as_ref().filter(|it| status.silence.as_ref() != Some(it)) {
        all.push(quiet::sentence(silence, Some(&link.subscription), look.now()));
    }
    let is_unknown = link.feed == UNKNOWN;
    let is_streaming = matches!(link.phase, Phase::Streaming { .. });
    if is_unknown && !whole && is_streaming {
        all.push("What it speaks is not recognised yet.".to_owned());
    }
    if !whole && link.name != link.subscription {
        all.push(look.dim(&link.name));
    }
    let more = [(link.dropped, "dropped by its rules"), (link.set_aside, "unreadable")];
    let more = more.into_iter().filter(|(count, _)| *count > 0);
    let more: Vec<_> = more.map(|(count, what)| format!("{count} {what}")).collect();
    if !more.is_empty() {
        all.push(look.dim(&more.join(", ")));
    }
    if whole {
        let feed = if is_unknown { "not recognised yet" } else { &link.feed };
        all.push(format!("{} at {}, {feed}", link.name, link.origin));
        if let Phase::Streaming { since, .. } = &link.phase {
            all.push(format!("Connected since {}.", look.at(*since)));
        }
        if let Some(heartbeat) = &link.heartbeat {
            let cadence = super::length(heartbeat.cadence_ms);
            all.push(match heartbeat.dead_at {
                Some(dead_at) => {
                    format!(
                        "A sign of life is due every {cadence}; given up {} without one.",
                        look.until(dead_at)
                    )
                }
                None => format!("A sign of life is due every {cadence}."),
            });
        }
    }
    all
}
