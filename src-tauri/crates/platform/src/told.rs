//! What Windows tells a program by its windows alone: the tray's window hears it, and what is told waits here for
//! whom it concerns, which knows of no tray. An agent without a tray is not told.

use tokio::sync::Notify;

/// The computer woke (`changes`).
pub(crate) static WOKE: Notify = Notify::const_new();
/// The person logs off, or the system goes down (`signals`).
pub(crate) static SESSION_ENDS: Notify = Notify::const_new();
