//! What the agent and each of its links are doing now.

use serde::{Deserialize, Serialize};

use crate::{Cause, Class, Silence, Time};

/// The agent, every link, and what is not well.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Status {
    /// The agent itself.
    pub agent: AgentInfo,
    /// One link per subscription, in the order of the settings.
    pub links: Vec<Link>,
    /// Health findings, the gravest first; empty when all is well.
    pub conditions: Vec<Condition>,
    /// What is silent for every subscription; null where nothing is.
    pub silence: Option<Silence>,
}

/// The running agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct AgentInfo {
    /// Its version.
    pub version: String,
    /// Its process id.
    pub pid: u32,
    /// When it started.
    pub started: Time,
    /// Where the settings file is.
    pub settings: String,
    /// How often the settings were taken since the agent began: another number says that what was read of them
    /// may be out of date.
    #[serde(default)]
    pub edition: u32,
    /// Whether a tray icon is registered.
    pub tray: bool,
    /// Whether the built-in demo is followed, since the settings hold no subscription.
    pub demo: bool,
    /// Who shows the notifications.
    pub notifications: Notifications,
    /// What a subscription may speak: the names that `feed` may have.
    pub feeds: Vec<String>,
    /// Whether the session is locked; null where that is not known. Where it is, one may snooze until it is
    /// unlocked.
    pub locked: Option<bool>,
}

/// The desktop's notification server as the agent sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Notifications {
    /// Name and version, e.g. `dunst 1.9.0`; null when none answers.
    pub server: Option<String>,
    /// What it says it can do, e.g. `body-markup`.
    pub capabilities: Vec<String>,
}

/// The connection of one subscription.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Link {
    /// The subscription's key in the settings: its identity.
    pub subscription: String,
    /// Its label.
    pub name: String,
    /// Scheme, host and port; never path or query, which may be secrets.
    pub origin: String,
    /// What it speaks: `json`, `nchan`, …
    pub feed: String,
    /// The state of the link.
    pub phase: Phase,
    /// Since when it is lost; null where it is not. A restart of Hark does not end that, a pause does.
    pub lost: Option<Time>,
    /// Whether a message of the person's own can be sent to its server.
    pub can_send: bool,
    /// Since when its history is known.
    pub known_since: Time,
    /// When the last complete line arrived, in this run of the agent.
    pub last_heard: Option<Time>,
    /// The heartbeat it is held to, once there is one.
    pub heartbeat: Option<Heartbeat>,
    /// Stored messages.
    pub messages: u64,
    /// Events set aside in this run: undecodable or too large.
    pub set_aside: u64,
    /// Messages that the person's rules have dropped.
    pub dropped: u64,
    /// Why its messages are not shown as they come; null where they are.
    pub silence: Option<Silence>,
}

/// The link that a person names: by its key, or by its name where no other has that.
///
/// # Errors
/// The keys of those that have the name, where they are several; none where there is no such link.
pub fn named<'a>(links: &'a [Link], word: &str) -> Result<&'a Link, Vec<&'a str>> {
    if let Some(link) = links.iter().find(|link| link.subscription == word) {
        return Ok(link);
    }
    let named: Vec<&Link> = links.iter().filter(|link| link.name == word).collect();
    match named[..] {
        [link] => Ok(link),
        _ => Err(named.into_iter().map(|link| &*link.subscription).collect()),
    }
}

/// The state of a link.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(tag = "phase", rename_all = "snake_case")]
pub enum Phase {
    /// Not started yet.
    Idle,
    /// A connection is being made.
    Dialing {
        /// 1 for the first dial since the link last streamed.
        attempt: u32,
        /// When this dial began.
        since: Time,
        /// Why the last connection or dial ended; null where none had.
        cause: Option<Cause>,
    },
    /// Connected and heard from.
    Streaming {
        /// When the connection opened.
        since: Time,
        /// Whether what was missed may still be arriving.
        catching_up: bool,
    },
    /// Waiting to dial again.
    BackingOff {
        /// How many dials have failed since the link last streamed.
        attempt: u32,
        /// When it will dial again.
        retry_at: Time,
        /// Why the last connection or dial ended.
        cause: Cause,
    },
    /// Paused by the person.
    Paused,
    /// Stopped by the server (HTTP 204) until resumed.
    Halted {
        /// What the server said.
        cause: Cause,
    },
}

/// How a link is, in one of the words that tray, window and command line share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Paused by the person.
    Paused,
    /// Connected and heard from.
    Live,
    /// Not connected; Hark goes on trying, and the person need do nothing.
    Trying,
    /// Not connected, and it will not be until the person does something: the server says no, or what it
    /// sends is no feed.
    NeedsYou,
}

impl Phase {
    /// How a link in this phase is.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let refused = |cause: &Cause| matches!(cause.class, Class::Refused | Class::Protocol);
        match self {
            Self::Paused => Standing::Paused,
            Self::Streaming { .. } => Standing::Live,
            Self::Halted { .. } => Standing::NeedsYou,
            Self::BackingOff { cause, .. } | Self::Dialing { cause: Some(cause), .. }
                if refused(cause) =>
            {
                Standing::NeedsYou
            }
            Self::Idle | Self::Dialing { .. } | Self::BackingOff { .. } => Standing::Trying,
        }
    }
}

/// Which link to answer all of that is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct LinkQuery {
    /// The subscription's key, or its name.
    pub subscription: String,
}

/// How a dial resumes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Resumes {
    /// By the id of the last message.
    Id,
    /// By the time of the last message, and a little before it.
    Time,
    /// There is nothing to resume from yet: with all that the server holds. What came already is not kept twice.
    All,
    /// There is nothing to resume from: with what is sent from then on.
    New,
}

/// What is known of a link beside its [`Link`]: for who wants to know why it is as it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct LinkDetail {
    /// The subscription's key.
    pub subscription: String,
    /// What its stream is called at its server, as its topics, where its feed says which part of the address that is;
    /// null for every other feed: no other part of an address is told. It may be a secret of the person's.
    pub topic: Option<String>,
    /// The connection that it streams on; null where it does not.
    pub connection: Option<Connected>,
    /// How the next dial resumes.
    pub resumes: Resumes,
    /// The id that the next dial resumes from; null where there is none.
    pub cursor: Option<String>,
    /// The server's time that it resumes from, where its feed resumes by time.
    pub cursor_time: Option<Time>,
    /// The latest dials of this run, newest first; at most 20.
    pub dials: Vec<Dial>,
    /// The latest failures, newest first; at most 10. A dial that fails as the one before did is none of its own.
    pub failures: Vec<Failed>,
}

/// A connection that stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Connected {
    /// The HTTP version that the server speaks, e.g. `HTTP/1.1`.
    pub protocol: String,
    /// The TLS version, e.g. `TLS 1.3`; null where the connection is not encrypted.
    pub tls: Option<String>,
    /// The address and port that it goes to; null where that is not known.
    pub peer: Option<String>,
    /// Whether that is a proxy.
    pub is_proxied: bool,
    /// How much of the stream has come on it. Bytes.
    #[cfg_attr(test, ts(type = "number"))]
    pub received: u64,
}

/// A dial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Dial {
    /// When.
    pub at: Time,
    /// Why.
    pub why: DialReason,
}

/// Why a server is dialled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DialReason {
    /// The link began.
    Start,
    /// The delay after a failure was over.
    Retry,
    /// The network changed, the computer woke, or a credential may be another one.
    Hint,
    /// The person asked for it.
    Person,
    /// The connection that stood was in doubt.
    Doubt,
    /// The server was asked for all that it holds, as it has forgotten the cursor, or was not known before.
    Anew,
}

/// A failure of a link.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Failed {
    /// When; of several dials that failed alike, the first.
    pub at: Time,
    /// Why.
    pub cause: Cause,
}

/// The heartbeat that a link is held to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Heartbeat {
    /// Milliseconds between heartbeats, or of silence allowed where the person set a plain timeout.
    #[cfg_attr(test, ts(type = "number"))]
    pub cadence_ms: u64,
    /// Who says so.
    pub source: HeartbeatSource,
    /// When the connection is given up for dead if no line arrives.
    pub dead_at: Option<Time>,
}

/// Where a cadence comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum HeartbeatSource {
    /// A plain timeout in the settings.
    Timeout,
    /// A cadence in the settings.
    Settings,
    /// Learned from the stream.
    Learned,
    /// The feed's documented default.
    Feed,
}

/// A health finding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Condition {
    /// Stable code, e.g. `settings_invalid`.
    pub code: String,
    /// How grave.
    pub severity: Severity,
    /// The subscription concerned, if one is.
    pub subscription: Option<String>,
    /// What happened, to what, what to do.
    pub sentence: String,
}

/// How grave a condition is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Something does not work until the person acts.
    Error,
    /// Something works less well.
    Warning,
}

/// An agent ends, to begin anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS, schemars::JsonSchema))]
pub struct Restarting {
    /// Whether whoever watches it, as systemd, starts it. Else the client has to.
    pub by_itself: bool,
}
