//! Notifications on the desktop: what is sent comes in as a value, what the person does with it goes out as
//! one. A file per system says how they are shown there; each has the same [`Bus`]. It decides nothing, and it
//! may use no other crate of Hark.

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod linux;
mod signals;

#[cfg(not(target_os = "linux"))]
use elsewhere as system;
#[cfg(target_os = "linux")]
use linux as system;

pub use signals::{Answer, Signals};
pub use system::Bus;

/// The longest answer that is taken, in bytes.
const REPLY_BYTES_MAX: usize = 16 << 10;
/// The longest key of an action that is passed on: ours are shorter. Bytes.
const KEY_BYTES_MAX: usize = 64;

/// A notification server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Name and version, e.g. `dunst 1.9.0`.
    pub name: String,
    /// What it says it can do, e.g. `body-markup`.
    pub capabilities: Vec<String>,
    /// Its unique name on the bus. What is for it goes there: of another server that has just taken its
    /// place, a number may be that of another program's notification.
    pub unique: String,
    /// That name, and the bus's own id: no other one ever has both.
    pub owner: String,
}

/// A signal from the server, or from the bus about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Another server took the name, or none has it.
    Owner(bool),
    /// The person chose the action of this key of the notification of this number.
    Chosen(u32, String),
    /// The person typed this answer into the notification of this number.
    Replied(u32, String),
    /// The notification of this number is gone.
    Closed {
        /// The server's number for it.
        number: u32,
        /// Whether the person closed it.
        by_person: bool,
    },
}

/// Why the server has not done what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BusError {
    /// It is there and refuses this one.
    #[error("The notification server refused it: {0}.")]
    Refused(String),
    /// Nobody is there: nothing was delivered.
    #[error("None could be reached: {0}.")]
    Absent(String),
    /// It was there, and left before it answered.
    #[error("The last one ended before it answered.")]
    Vanished,
}
