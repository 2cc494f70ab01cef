//! What the tests of the whole stand on: real servers, a desktop of their own, and the programs of
//! Hark as a person has them. A [`World`] is the folder and the environment of one test; whatever
//! is started in it ends with it, also when the test fails.
//!
//! The programs come from `HARK_BIN_DIR` (`cargo xtask test` unpacks the packages there), else from
//! the target folder that the tests were built in.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "where the harness fails, the test must"
)]

pub mod api;
pub mod audit;
pub mod beat;
mod bridge;
pub mod bus;
pub mod centrifugo;
pub mod cutter;
pub mod described;
pub mod desktop;
pub mod django;
pub mod dunst;
pub mod fake;
pub mod figures;
pub mod flaps;
pub mod hark;
pub mod home_assistant;
pub mod http;
pub mod hub;
pub mod judge;
pub mod load;
pub mod lock;
pub mod many;
pub mod mercure;
pub mod names;
pub mod nchan;
pub mod nginx;
pub mod notifyd;
pub mod ntfy;
pub mod opener;
pub mod outage;
pub mod pocketbase;
pub mod process;
pub mod push;
pub mod real_ntfy;
pub mod recorder;
pub mod relay;
pub mod servers;
pub mod session;
pub mod soak;
pub mod space;
pub mod sse;
pub mod stand_in;
pub mod tray;
pub mod wait;
pub mod window;
pub mod world;

pub use process::Running;
pub use wait::{LONG, SHORT, eventually, skipped};
pub use world::World;
