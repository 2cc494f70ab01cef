//! The pure core of Hark: what a link does, what an event means, what is to be shown.
//!
//! Nothing here does IO, awaits, reads a clock, draws randomness of its own or keeps a global. Time
//! comes in as a [`Moment`], randomness as a seed, bytes as decoded lines; decisions go out as
//! values. That is what lets a test drive days of a link's life in milliseconds.

pub mod alerts;
pub mod asked;
pub mod backoff;
pub mod budget;
pub mod cursor;
pub mod failure;
pub mod feed;
pub mod handlers;
pub mod health;
pub mod heartbeat;
pub mod history;
pub mod keep;
pub mod link;
pub mod links;
pub mod markdown;
pub mod matching;
pub mod message;
mod moment;
pub mod pictures;
pub mod policy;
pub mod reach;
pub mod readable;
pub mod silence;
pub mod size;
pub mod span;
pub mod uptime;
pub mod voice;
pub mod wire;

pub use moment::{Moment, Monotonic};
