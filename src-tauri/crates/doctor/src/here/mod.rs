//! Judges what this machine has of what Hark needs, and how each followed server did. Pure: plain facts come in,
//! each with a tick or what to do goes out. Who asks the desktop, the disk and the agent, and who lays it out, is
//! not known here.

mod desktop;
mod files;
mod report;
mod servers;
#[cfg(test)]
mod tests;

use std::time::Duration;

use serde::Serialize;

use crate::{Mark, Observation};
pub use report::for_report;

/// What was found of this machine.
#[derive(Clone, Debug)]
pub struct Here {
    /// The desktop; none of the system's own Hark, which has none.
    pub desktop: Option<Desktop>,
    /// The files.
    pub files: Files,
    /// What the running agent says of itself; why it says nothing.
    pub agent: Result<Agent, String>,
    /// What is followed, in the order of the settings.
    pub servers: Vec<Server>,
}

/// What the desktop has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desktop {
    /// Whether there is a session bus; why not. None where the system has no such thing.
    pub session: Option<Result<(), String>>,
    /// Who shows notifications, and what it can do; why nobody does.
    pub notifications: Result<(String, Vec<String>), String>,
    /// Whether somebody shows the icons of programs. None where the system always does.
    pub tray_host: Option<bool>,
    /// How the agent starts with the desktop.
    pub autostart: Autostart,
    /// Whether logind is there; why the system bus is not. None where the system has no such thing.
    pub sleep: Option<Result<bool, String>>,
    /// Whether the system tells of changes of the network; why not.
    pub network: Result<(), String>,
}

/// How the agent starts with the desktop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Autostart {
    /// It does not.
    Off,
    /// By an entry of the desktop's own.
    Entry,
    /// By its unit of systemd.
    Unit,
    /// By both.
    Both,
}

/// What the files are like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// How many subscriptions the settings hold; what is wrong with them.
    pub settings: Result<usize, String>,
    /// What is wrong with presets, a sentence each.
    pub presets: Vec<String>,
    /// The folders.
    pub folders: Vec<Folder>,
    /// The room on the database's disk, in bytes; why that is not known.
    pub free_bytes: Result<u64, String>,
    /// What the agent says of the database; why it says nothing.
    pub database: Result<Database, String>,
}

/// A folder of Hark's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// Where it is.
    pub path: String,
    /// Whether only its owner may enter it.
    pub is_private: bool,
    /// Who may use it; why that is not known.
    pub found: Result<Permissions, String>,
}

/// Who may use a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permissions {
    /// There is no such folder yet.
    NotYet,
    /// There is one, and the system has no permissions that say so.
    NotTold,
    /// Its permissions say so.
    Told {
        /// Whether it is this user's.
        is_mine: bool,
        /// The permissions, as `chmod` has them.
        mode: u32,
    },
}

/// What the agent says of the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Database {
    /// What is wrong with it.
    pub problem: Option<String>,
    /// Whether all of it was looked through.
    pub whole: bool,
}

/// What the agent says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// Its version.
    pub version: String,
    /// This program's.
    pub own_version: String,
    /// What it says is not well.
    pub conditions: Vec<Condition>,
}

/// One thing that the agent says is not well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Whether something does not work until the person acts.
    pub is_error: bool,
    /// Its stable code.
    pub code: String,
    /// The key of the subscription concerned, if one is.
    pub subscription: Option<String>,
    /// What is not well, for a person.
    pub sentence: String,
}

/// What is followed, and how its server did.
#[derive(Clone, Debug)]
pub struct Server {
    /// The subscription's key.
    pub key: String,
    /// Its server, without what may be secret in the URL.
    pub origin: String,
    /// Whether its credentials could be read.
    pub credentials: Credentials,
    /// How its server did.
    pub visit: Visit,
    /// The heartbeat that the agent has learned.
    pub heartbeat: Option<Duration>,
    /// Whether the agent is connected to it; none where no agent says so.
    pub is_live: Option<bool>,
}

/// Whether credentials could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// There are none to read.
    None,
    /// They could.
    Read,
    /// They are in variables of the agent's environment, which is not this program's.
    Elsewhere,
    /// They could not, as this sentence says.
    Wrong(String),
}

/// How a server did.
#[derive(Clone, Debug)]
pub enum Visit {
    /// It was not visited, as the person has paused it.
    Paused,
    /// It was not visited, as there is no credential to do so with.
    Without,
    /// It took longer than that to see.
    Late(Duration),
    /// What was seen, how long was listened for, and how far this machine's clock is ahead of the server's, in
    /// seconds.
    Seen(Box<Observation>, Option<i64>),
}

/// What a check is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// The desktop.
    Desktop,
    /// The files, and the agent.
    Files,
    /// One subscription.
    Subscription,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What it is of.
    pub group: Group,
    /// The subscription's key, of one that is of a subscription.
    pub subscription: Option<String>,
    /// What was looked at, in a word or two that stay as they are once released.
    pub about: &'static str,
    /// How well it is.
    pub mark: Mark,
    /// What was seen, for a person.
    pub seen: String,
    /// What to do; none where nothing is to be done.
    pub advice: Option<String>,
}

impl Check {
    fn new(group: Group, about: &'static str, mark: Mark, seen: impl Into<String>) -> Self {
        Self { group, subscription: None, about, mark, seen: seen.into(), advice: None }
    }

    fn advice(self, advice: impl Into<String>) -> Self {
        Self { advice: Some(advice.into()), ..self }
    }
}

/// All checks, in the order in which a person reads them.
#[must_use]
pub fn judge(here: &Here) -> Vec<Check> {
    let mut checks = Vec::new();
    if let Some(desktop) = &here.desktop {
        checks.extend(desktop::judge(desktop));
        checks.push(servers::clock(&here.servers));
    }
    checks.extend(files::judge(&here.files, &here.agent, &here.servers));
    for server in &here.servers {
        checks.extend(servers::judge(server));
    }
    checks
}
