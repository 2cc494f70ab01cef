//! What the session itself says about silence: whether the desktop is not to disturb, and whether a screen
//! saver has the screen. Asked once and again whenever the desktop tells of a change; only what Windows tells
//! nobody is polled, and nothing here changes what it reads. It may use no other crate of Hark.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;
#[cfg(windows)]
mod windows;

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(target_os = "macos")]
use macos as system;
#[cfg(windows)]
use windows as system;

use tokio::{sync::watch, task::JoinHandle};

/// What the session says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Session {
    /// Whether it has been asked: where it has not, no change is one.
    pub asked: bool,
    /// Whether there is somebody to ask: on Linux, a session bus.
    pub there: bool,
    /// Whether the desktop is not to disturb; none where nobody tells.
    pub do_not_disturb: Option<bool>,
    /// Whether a screen saver, which is the lock of most desktops, has the screen, or the lock itself on Windows; none
    /// where there is none.
    pub saver: Option<bool>,
}

/// Watches the session until it is dropped.
#[derive(Debug)]
pub struct Watch {
    said: watch::Receiver<Session>,
    watching: JoinHandle<()>,
}

impl Watch {
    /// Begins to watch.
    #[must_use]
    pub fn begin() -> Self {
        let (tell, said) = watch::channel(Session::default());
        Self { said, watching: tokio::spawn(system::run(tell)) }
    }

    /// Waits until the session says something else; answers what. Changes until then are one. None where the
    /// watch has ended.
    pub async fn next(&mut self) -> Option<Session> {
        self.said.changed().await.ok()?;
        Some(*self.said.borrow_and_update())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.watching.abort();
    }
}
