//! What every process of Hark shares of its machine: where its files are, folders and files of one
//! owner, the lock, the socket between processes, and how its programs are found and started.
//!
//! Only this crate and `hark-platform` depend on the operating system. It knows nothing else of Hark; the
//! window, which must not link a desktop's libraries twice, needs only this crate.

mod access;
pub mod address;
pub mod clipboard;
pub mod downloads;
pub mod file;
pub mod folder;
pub mod profile;
pub mod program;
pub mod socket;
pub mod token;
