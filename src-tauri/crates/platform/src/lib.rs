//! All that is of one operating system beside `hark-local`: a folder or file a capability, a file a
//! system in it. Plain values go in and out; of Hark it knows the engine's `Moment` alone.
//!
//! Linux is what runs. Where another system is written, its file says that it has not been run.

pub mod aside;
pub mod changes;
pub mod clock;
pub mod locale;
pub mod notifications;
pub mod signals;
pub mod terminal;
pub mod tray;
