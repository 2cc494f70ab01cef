//! How an agent is started, and why one does not start.

use std::{io, path::PathBuf};

use hark_local::profile::Profile;
use hark_store::StoreError;

/// How an agent is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where its files are.
    pub profile: Profile,
    /// What of it a person sees.
    pub face: Face,
    /// Whether it follows a demo of its own while the settings hold no subscription.
    pub demo: bool,
}

/// What a person sees of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Face {
    /// A tray icon and notifications.
    Tray,
    /// Notifications, and each message in the terminal.
    Terminal,
    /// Nothing: there is no desktop, and none is looked for.
    None,
}

/// Why an agent does not start.
#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// Another one runs.
    #[error("An agent is running already.")]
    Running,
    /// Another one runs, and answers nobody.
    #[error(
        "An agent is running already, and does not answer. End its process, and start this one again."
    )]
    Unresponsive,
    /// A folder cannot be used.
    #[error("The folder {} cannot be used: {source}. Check its owner, its permissions and the free space.", path.display())]
    Folder {
        /// Where it is, or was to be.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The socket cannot be made.
    #[error("The socket {} could not be made: {source}.", path.display())]
    Socket {
        /// Where it is, or was to be.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Signals, or the demo's port.
    #[error("The agent could not start: {0}.")]
    Io(#[from] io::Error),
}
