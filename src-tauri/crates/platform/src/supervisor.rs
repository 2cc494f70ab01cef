//! The program that started this one and watches it, where there is such: systemd (`sd_notify(3)`). It is told
//! when the agent is ready, that it goes on, and that it ends. Other systems have none that wants to hear it.

use std::time::Duration;

/// What it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// All is set up.
    Ready,
    /// The agent goes on.
    Alive,
    /// The agent ends, as it was asked to.
    Stopping,
}

/// Tells it, where somebody wants to hear it.
pub fn tell(told: Told) {
    #[cfg(target_os = "linux")]
    {
        use sd_notify::NotifyState;
        let state = match told {
            Told::Ready => NotifyState::Ready,
            Told::Alive => NotifyState::Watchdog,
            Told::Stopping => NotifyState::Stopping,
        };
        if let Err(error) = sd_notify::notify(&[state]) {
            tracing::debug!("the supervisor is not told: {error}");
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = told;
}

/// Whether one watches this very process, and starts it anew where it ends with [`crate::signals::End::Again`]: units
/// of Hark's own are told that it is ready, and systemd says which process it has started (systemd.exec(5)). What this
/// process starts inherits the one, not the other.
#[must_use]
pub fn begins_anew() -> bool {
    let started = std::env::var("SYSTEMD_EXEC_PID").ok();
    std::env::var_os("NOTIFY_SOCKET").is_some()
        && started.is_some_and(|pid| pid == std::process::id().to_string())
}

/// How often to say that the agent goes on: twice in the time after which it would be ended. None where nobody
/// wants to hear it.
#[must_use]
pub fn watchdog() -> Option<Duration> {
    #[cfg(target_os = "linux")]
    return sd_notify::watchdog_enabled().map(|limit| limit / 2);
    #[cfg(not(target_os = "linux"))]
    None
}
