//! The reconnection history: outages, spans, and the journal they are folded from.

use serde::{Deserialize, Serialize};

use crate::{HandlerRun, Time};

/// Whose fault a failure is, which decides how the link retries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// This machine's network: no route, resumed from sleep.
    Local,
    /// The way to the server: refused, reset, timeout, missed heartbeat.
    Network,
    /// The server: end of stream, 5xx.
    Server,
    /// A close that the feed calls normal.
    Routine,
    /// The server, or a rule of ours, says no: 401, a bad certificate.
    Refused,
    /// A stream that cannot be read.
    Protocol,
}

/// Why a connection ended or could not be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Cause {
    /// Whose fault it is.
    pub class: Class,
    /// A stable short phrase, e.g. `missed heartbeat`, `HTTP 503`.
    pub code: String,
    /// One sentence: what happened, to what, what the person can do.
    pub sentence: String,
}

/// A change of a link, as stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct JournalRow {
    /// Increasing number.
    #[cfg_attr(test, ts(type = "number"))]
    pub id: i64,
    /// When it happened, by the clock of the agent.
    pub at: Time,
    /// The subscription's key; null for the agent's own rows.
    pub subscription: Option<String>,
    /// `opened`, `lost`, `dial_failed`, `paused`, `resumed`, `gap`, `agent_started`, …
    pub kind: String,
    /// Why, where there is a reason.
    pub cause: Option<Cause>,
}

/// One entry of the history, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum HistoryEntry {
    /// A link was lost.
    Outage(Outage),
    /// Nothing was wrong, yet nothing was followed.
    Span(Span),
    /// A handler was run.
    Handler(HandlerRun),
}

impl HistoryEntry {
    /// Its number among those of its kind.
    #[must_use]
    pub fn id(&self) -> i64 {
        match self {
            Self::Outage(outage) => outage.id,
            Self::Span(span) => span.id,
            Self::Handler(run) => run.id,
        }
    }

    /// When it began.
    #[must_use]
    pub fn began(&self) -> Time {
        match self {
            Self::Outage(outage) => outage.noticed,
            Self::Span(span) => span.from,
            Self::Handler(run) => run.at,
        }
    }

    /// When it ended; none while it lasts.
    #[must_use]
    pub fn ended(&self) -> Option<Time> {
        match self {
            Self::Outage(outage) => outage.recovered,
            Self::Span(span) => span.to,
            Self::Handler(run) => Some(run.at),
        }
    }
}

/// From the loss of a link to its recovery, or until it is not to be followed any more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Outage {
    /// The number of the journal row that began it.
    #[cfg_attr(test, ts(type = "number"))]
    pub id: i64,
    /// The subscription's key.
    pub subscription: String,
    /// When the last line had arrived; null when it never streamed.
    pub last_heard: Option<Time>,
    /// When the loss was noticed.
    pub noticed: Time,
    /// When it ended; null while it lasts.
    pub recovered: Option<Time>,
    /// What ended it; null while it lasts.
    pub ended_by: Option<EndedBy>,
    /// From notice to its end, or to now.
    #[cfg_attr(test, ts(type = "number"))]
    pub duration_ms: u64,
    /// Dials that failed in between.
    pub attempts: u32,
    /// Why it was lost.
    pub cause: Cause,
    /// Why the latest dial failed, where that is another reason.
    pub latest: Option<Cause>,
    /// Whether messages may have been missed for good.
    pub gap: bool,
    /// How many stored messages were sent while it was lost, by their server's time, and came afterwards.
    pub caught_up: u32,
}

/// What ended an outage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum EndedBy {
    /// The link streamed again.
    Streaming,
    /// The person paused the subscription.
    Pause,
    /// The person follows it no longer.
    Removal,
}

/// A span in which a link was deliberately or unavoidably not followed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Span {
    /// The number of the journal row that began it.
    #[cfg_attr(test, ts(type = "number"))]
    pub id: i64,
    /// What kind of span.
    pub span: SpanKind,
    /// The subscription's key; null when it concerns all.
    pub subscription: Option<String>,
    /// Its beginning.
    pub from: Time,
    /// Its end; null while it lasts.
    pub to: Option<Time>,
}

/// Why nothing was followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SpanKind {
    /// The agent was not running.
    AgentOff,
    /// The person paused it.
    Paused,
    /// The computer slept.
    Asleep,
    /// What came then may be missing for good, although no outage tells of it.
    Missed,
}

/// How reliably a subscription was connected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Uptime {
    /// The subscription's key.
    pub subscription: String,
    /// Since when the history tells all of it. It holds a bounded number of rows, so that of the time before that
    /// nothing is known but these shares.
    pub history_since: Time,
    /// Today, by the local calendar.
    pub day: Share,
    /// The last seven days, with today.
    pub week: Share,
    /// The last thirty days, with today.
    pub month: Share,
}

/// How much of some days a subscription was connected. It outlives the history's rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Share {
    /// How long it was connected. Milliseconds.
    #[cfg_attr(test, ts(type = "number"))]
    pub live_ms: u64,
    /// Of how long: while Hark ran, awake, and it was not paused. Milliseconds.
    #[cfg_attr(test, ts(type = "number"))]
    pub followed_ms: u64,
    /// How many outages began.
    pub outages: u32,
    /// The longest outage of those that ended then, or last. Milliseconds.
    #[cfg_attr(test, ts(type = "number"))]
    pub longest_ms: u64,
    /// Why most of them began; null where none did.
    pub cause: Option<Frequent>,
}

/// A cause, and how often it was one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Frequent {
    /// Whose fault it is.
    pub class: Class,
    /// The cause's stable short phrase.
    pub code: String,
    /// How many outages began with it.
    pub times: u32,
}

/// Whose doing an entry of the history was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    /// The server's: it closed, was down, or sent what cannot be read.
    Server,
    /// That of the way there.
    Network,
    /// The server, or a rule of ours, said no.
    Refused,
    /// This computer's: its network, its sleep, a pause, no running agent.
    Own,
}

impl Whose {
    /// Of an entry; none where it is nobody's.
    #[must_use]
    pub fn of(entry: &HistoryEntry) -> Option<Self> {
        match entry {
            HistoryEntry::Outage(outage) => Some(match outage.cause.class {
                Class::Local => Self::Own,
                Class::Network => Self::Network,
                Class::Refused => Self::Refused,
                Class::Server | Class::Routine | Class::Protocol => Self::Server,
            }),
            HistoryEntry::Span(span) => (span.span != SpanKind::Missed).then_some(Self::Own),
            HistoryEntry::Handler(_) => None,
        }
    }
}

/// Which part of the history to answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema), ts(optional_fields))]
#[serde(default)]
pub struct HistoryQuery {
    /// At most so many entries; 1 to 1000, 100 by default.
    pub limit: Option<u32>,
    /// Only those of one subscription.
    pub subscription: Option<String>,
    /// Only what lasted until this time, or came after it.
    pub since: Option<Time>,
    /// Only what began before this time: the `from`, `noticed` or `at` of the last entry asks for the page after it.
    pub until: Option<Time>,
    /// Only what was whose doing.
    pub whose: Option<Whose>,
}
