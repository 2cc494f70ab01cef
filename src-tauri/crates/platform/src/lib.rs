//! What depends on the operating system beside `hark-local`: a folder or file per capability, and in it a
//! file per system. Plain values go in and out; of Hark it knows only the engine's `Moment`,
//! and how large a picture may be.
//!
//! Linux is what runs. Where another system is written, its file says that it has not been run.

pub mod aside;
pub mod autostart;
#[cfg(target_os = "linux")]
mod bus;
pub mod changes;
pub mod child;
pub mod clock;
pub mod desktop;
pub mod disk;
pub mod groups;
pub mod locale;
pub mod main_thread;
pub mod notifications;
pub mod picture;
pub mod process;
pub mod quiet;
pub mod signals;
pub mod supervisor;
pub mod terminal;
#[cfg(windows)]
mod told;
pub mod tray;
