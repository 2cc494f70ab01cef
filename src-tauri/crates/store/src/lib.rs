//! What Hark keeps on disk: messages, cursors, the outbox of alerts, the journal. SQLite, one
//! writer.
//!
//! A cursor passes an event only in the transaction that commits what became of it. Nothing here
//! knows a network, a clock or a notification server; times come in with the values.

mod check;
mod commit;
mod consent;
mod cursor;
mod fingerprint;
mod handlers;
mod journal;
mod left;
mod messages;
mod open;
mod outbox;
mod prune;
mod reading;
mod relay;
mod search;
mod snooze;
#[cfg(test)]
mod tests;
mod uptime;

use std::{collections::HashMap, path::PathBuf};

use hark_engine::keep::Keep;
use jiff::{Timestamp, tz::TimeZone};
use rusqlite::Connection;

pub use check::check;
pub use commit::{Committed, Stored};
pub use cursor::ResumePoint;
pub use handlers::HandlerRun;
pub use messages::{Found, MessageRow, Place, Query};
pub use open::{Opening, SCHEMA_VERSION};
pub use outbox::{Changed, Shown};
pub use reading::Beginning;
pub use relay::{Filter, Page, Relayed, Removal};
pub use search::Words;
pub use uptime::Uptime;

/// The database of one Hark.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    /// See [`Store::epoch`].
    epoch: String,
    /// How much is kept of each subscription, where it is not the default.
    keeps: HashMap<String, Keep>,
    /// Whether nobody is there to show alerts, so that none waits.
    has_nobody: bool,
    /// How many rows the agent's own journal has gained since it was last bounded.
    journal_grown: u32,
    /// The same of each subscription.
    journals_grown: HashMap<String, u32>,
    /// How much else each has gained that is bounded once in a while.
    trails_grown: HashMap<String, prune::Grown>,
    /// Whose calendar says what a day is.
    zone: TimeZone,
}

/// Why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder or the file cannot be written.
    #[error("The database {} cannot be written: {source}. Check the folder's owner, its permissions and the free space.", path.display())]
    Unwritable {
        /// The database's path.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A later version of Hark wrote it.
    #[error("The database {} was written by a newer Hark (schema {found}, this one knows {SCHEMA_VERSION}). Install the newer version again.", path.display())]
    Newer {
        /// The database's path.
        path: PathBuf,
        /// Its schema's version.
        found: u32,
    },
    /// A database with tables that are not ours.
    #[error("The database was made by another program.")]
    Foreign,
    /// SQLite says no: the disk is full, the file was damaged while in use, …
    #[error("The database could not be used: {}. What could not be stored is asked for again.", plainly(.0))]
    Sqlite(#[from] rusqlite::Error),
}

impl Store {
    /// Which database this is: random letters and digits that another one, which was begun anew or put back from a
    /// copy (see [`Store::recognise`]), has not. What is known by an id is known of one epoch.
    #[must_use]
    pub fn epoch(&self) -> &str {
        &self.epoch
    }

    /// How many rows were written since the store was opened. Where the count stays the same, the
    /// store was only read.
    #[must_use]
    pub fn rows_written(&self) -> u64 {
        self.connection.total_changes()
    }
}

fn to_ms(time: Timestamp) -> i64 {
    time.as_millisecond()
}

/// A stored time; one outside of what a timestamp holds becomes the nearest that it holds.
fn from_ms(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(if ms < 0 { Timestamp::MIN } else { Timestamp::MAX })
}

/// SQLite's error without the statement that it names.
fn plainly(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqliteFailure(_, Some(message)) => message.clone(),
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        other => other.to_string(),
    }
}
