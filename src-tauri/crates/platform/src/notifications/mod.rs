//! Notifications on the desktop: what is sent comes in as a value, what the person does with it goes out as
//! one. A file per system says how they are shown there; each has the same [`Bus`]. It decides nothing, and it
//! may use no other crate of Hark.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;
mod signals;
#[cfg(any(windows, test))]
mod toast_xml;
#[cfg(windows)]
mod windows;

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(target_os = "macos")]
use macos as system;
#[cfg(windows)]
use windows as system;

use std::{path::PathBuf, sync::Arc};

use notify_rust::{Notification, Urgency};

use crate::picture::Picture;

pub use signals::{Answer, Signals};
pub use system::{ADVICE, Bus};

/// The longest answer that is taken, in bytes.
const REPLY_BYTES_MAX: usize = 16 << 10;
/// The longest key of an action that is passed on: ours are shorter. Bytes.
const KEY_BYTES_MAX: usize = 64;

/// Whose notifications they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The name of its icon and of its desktop entry.
    pub name: &'static str,
    /// A folder of its own for what a system wants as a file: its icon, and pictures while they are shown. Who
    /// has none only looks: nothing is written, and nothing entered where a system keeps a list of programs.
    pub folder: Option<PathBuf>,
    /// The program that opens an address, where one does. It is entered where a system keeps a list of them.
    pub opener: Option<PathBuf>,
}

/// A notification as it is sent: the field's own model, and beside it what that model has on one system alone.
#[derive(Clone, Debug)]
pub struct Sent {
    /// The model. Its hints are not looked at.
    pub notification: Notification,
    /// How it comes.
    pub manner: Manner,
    /// The picture of its message, where there is one.
    pub picture: Option<Arc<Picture>>,
}

/// How a notification comes. What a system has nothing for is left out there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manner {
    /// How much it presses.
    pub urgency: Urgency,
    /// Whether it leaves nothing behind when it leaves the screen.
    pub passing: bool,
    /// What is heard.
    pub sound: Sound,
    /// Whether the action `default` follows the message's link instead of showing it in Hark.
    pub follows_link: bool,
    /// The address that shows in Hark what it is about, for a system that opens one where nobody hears the
    /// click any more.
    pub address: Option<String>,
}

impl Manner {
    /// That of a notification of this urgency.
    #[must_use]
    pub fn of(urgency: Urgency) -> Self {
        Self { urgency, passing: false, sound: Sound::Usual, follows_link: false, address: None }
    }
}

/// What is heard of a notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sound {
    /// What the system plays.
    Usual,
    /// The sound of this name, where the system has one.
    Named(String),
    /// Nothing.
    Silent,
}

/// The number of the next notification, where we give them: one that none has had. They go on with the time, so
/// that a later run gives no other notification the number of one that was there before.
#[cfg(not(target_os = "linux"))]
fn number_after(last: u32) -> u32 {
    use std::time::{SystemTime, UNIX_EPOCH};
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = u32::try_from(now.as_secs()).unwrap_or(1);
    now.max(last.wrapping_add(1)).max(1)
}

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
