//! An entry of the reconnection history: when, whose, for how long, and below it why.

use hark_api::{EndedBy, HistoryEntry, Outage, Share, Span, SpanKind, Uptime};

use super::{handlers, length};
use crate::look::Look;

/// An entry of the history.
pub fn entry(entry: &HistoryEntry, look: &Look) -> String {
    match entry {
        HistoryEntry::Outage(found) => outage(found, look),
        HistoryEntry::Span(found) => span(found, look),
        HistoryEntry::Handler(found) => handlers::run(found, look) + "\n",
    }
}

fn outage(outage: &Outage, look: &Look) -> String {
    let over = match outage.ended_by {
        Some(EndedBy::Pause) => "paused",
        Some(EndedBy::Removal) => "removed",
        Some(EndedBy::Streaming) | None => "back",
    };
    let end = match outage.recovered {
        Some(at) => format!("{over} {}", look.at(at)),
        None => look.bad("still down"),
    };
    let attempts = match outage.attempts {
        0 => String::new(),
        1 => ", 1 failed attempt".to_owned(),
        attempts => format!(", {attempts} failed attempts"),
    };
    let caught_up = match outage.caught_up {
        0 => String::new(),
        count => format!(", {count} caught up"),
    };
    let latest = outage.latest.as_ref().map(|cause| format!(" Then: {}", cause.sentence));
    let gap = if outage.gap { " Messages may have been missed." } else { "" };
    let why = format!("{}{}{gap}", outage.cause.sentence, latest.unwrap_or_default());
    // What failed before it ever streamed was not lost.
    let what = if outage.last_heard.is_some() { "lost" } else { "not connected" };
    let length = length(outage.duration_ms);
    let whole = format!(
        "{}  {}  {what} for {length}, {end}{attempts}{caught_up}",
        look.dim(&look.at(outage.noticed)),
        look.accent(&outage.subscription),
    );
    match look.columns {
        Some(_) => format!("{whole}\n{}", look.indented(&why, 4)),
        None => format!("{whole}: {why}\n"),
    }
}

fn span(span: &Span, look: &Look) -> String {
    let what = match span.span {
        SpanKind::AgentOff => "the agent was off",
        SpanKind::Paused => "paused",
        SpanKind::Asleep => "the computer slept",
        SpanKind::Missed => "messages may have been missed",
    };
    let end = span.to.map_or_else(|| "until now".to_owned(), |to| format!("until {}", look.at(to)));
    let whose = look.accent(span.subscription.as_deref().unwrap_or("all"));
    format!("{}  {whose}  {what}, {end}\n", look.dim(&look.at(span.from)))
}

/// How reliably a subscription was connected.
pub fn uptime(uptime: &Uptime, look: &Look) -> String {
    let Uptime { subscription, day, week, month, .. } = uptime;
    let shares = [("today", day), ("7 days", week), ("30 days", month)];
    let shares = shares.map(|(name, of)| format!("{name} {}", share(of))).join("  ");
    let outages = match month.outages {
        0 => String::new(),
        1 => format!("  1 outage, {}", length(month.longest_ms)),
        count => format!("  {count} outages, the longest {}", length(month.longest_ms)),
    };
    let cause = month.cause.as_ref().filter(|_| month.outages > 1);
    let cause = cause.map(|it| format!(", mostly {} ({} times)", it.code, it.times));
    let whose = look.accent(subscription);
    format!("{whose}  {shares}{}\n", look.dim(&(outages + &cause.unwrap_or_default())))
}

/// Nothing that was lost is rounded away.
fn share(share: &Share) -> String {
    if share.followed_ms == 0 {
        return "not followed".to_owned();
    }
    let hundredths = u128::from(share.live_ms) * 10_000 / u128::from(share.followed_ms);
    match hundredths {
        10_000.. => "100 %".to_owned(),
        _ => format!("{}.{:02} %", hundredths / 100, hundredths % 100),
    }
}

#[cfg(test)]
mod tests {
    use hark_api::{Class, Frequent};

    use super::*;

    #[test]
    fn uptime_is_a_line_in_which_nothing_that_was_lost_is_rounded_away() {
        let of = |live_ms, followed_ms| Share {
            live_ms,
            followed_ms,
            outages: 2,
            longest_ms: 65_000,
            cause: Some(Frequent { class: Class::Server, code: "end of stream".into(), times: 2 }),
        };
        let uptime = Uptime {
            subscription: "news".into(),
            history_since: hark_api::Time(jiff::Timestamp::UNIX_EPOCH),
            day: of(0, 0),
            week: of(999_999, 1_000_000),
            month: of(10, 10),
        };
        let look = Look::of_pipe();
        assert_eq!(
            super::uptime(&uptime, &look),
            "news  today not followed  7 days 99.99 %  30 days 100 %  2 outages, the longest 1 min 5 s, \
             mostly end of stream (2 times)\n"
        );
    }
}
