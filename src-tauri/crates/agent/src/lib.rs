//! The shell around the engine: everything that touches a network, a disk, a desktop or a clock.

mod clock;
pub mod sse;
