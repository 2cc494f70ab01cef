//! Who the user of this process is, and what they alone may use, in the words of the system: what files,
//! folders and sockets share of it.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub use unix::*;
#[cfg(windows)]
pub use windows::*;
