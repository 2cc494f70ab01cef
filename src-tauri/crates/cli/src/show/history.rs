//! An entry of the reconnection history: when, whose, for how long, and below it why.

use hark_api::{HistoryEntry, Outage, Span, SpanKind};

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
    let end = match outage.recovered {
        Some(recovered) => format!("back {}", look.at(recovered)),
        None => look.bad("still down"),
    };
    let attempts = match outage.attempts {
        0 => String::new(),
        1 => ", 1 failed attempt".to_owned(),
        attempts => format!(", {attempts} failed attempts"),
    };
    let latest = outage.latest.as_ref().map(|cause| format!(" Then: {}", cause.sentence));
    let gap = if outage.gap { " Messages may have been missed." } else { "" };
    let why = format!("{}{}{gap}", outage.cause.sentence, latest.unwrap_or_default());
    let length = length(outage.duration_ms);
    let whole = format!(
        "{}  {}  lost for {length}, {end}{attempts}",
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
