//! The judge: a push server that keeps a log of its own, behaves as badly as real ones do, and shares no
//! code with Hark.
//!
//! It speaks as a plain SSE server with ids, as ntfy and as Nchan, by their documented behaviour, to
//! any client that comes by HTTP. What it does is drawn from a seed: it cuts a connection at any byte
//! (a clean end, a reset, silence), pauses anywhere, puts `id:` before or after `data:`, mixes line
//! ends, sends live events before replayed ones, greets with a comment and replays half a second
//! later, changes its heartbeat, repeats what was not asked for, refuses a second connection, restarts with and without its ids.
//! [`law`] holds what a client has kept against that log. Nothing here knows how Hark works inside.

pub mod frame;
pub mod law;
mod out;
pub mod pipe;
pub mod script;
pub mod server;

pub use law::{Account, Kept, Told, verdict};
pub use script::{Action, Kind, Pace, Script};
pub use server::Server;
