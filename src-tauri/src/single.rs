//! One window per profile. A lock says which process is first, a socket tells it that the person asked
//! again.
//!
//! Not through D-Bus: a name there is one per user, while a profile must never meet another, and
//! there may be no session bus.

use std::{
    fs::File,
    io,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use hark_local::{file, folder, program::Place, socket::Bell};

/// No longer than the agent's own socket name, for which the runtime folder's path has room.
const SOCKET: &str = "win.sock";
const LOCK: &str = "win.lock";

/// How long to wait for the first window, which holds the lock while it starts and while it ends.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
const ANSWER_POLL: Duration = Duration::from_millis(20);

/// Which process has the profile's window.
pub(crate) enum Claim {
    /// This process's, as long as the value lives.
    Only(Only),
    /// Another process's, which has been told to show it.
    AnotherIsShown,
}

/// The right to open the profile's window.
pub(crate) struct Only {
    bell: Bell,
    lock: File,
}

/// Claims the window of the profile whose runtime folder this is. Another process's is told to show this
/// place, where one is named.
///
/// # Errors
/// One sentence for the person.
pub(crate) fn claim(runtime: &Path, at: Option<Place>) -> Result<Claim, String> {
    let unusable = |error: io::Error| {
        format!(
            "Hark's window needs the folder {} and cannot use it ({error}). Check that it is yours.",
            runtime.display()
        )
    };
    folder::private(runtime).map_err(unusable)?;
    let socket = runtime.join(SOCKET);
    let lock = file::open_lock(&runtime.join(LOCK)).map_err(io::Error::other).map_err(unusable)?;
    let say = at.map(written).unwrap_or_default();
    let started = Instant::now();
    loop {
        // Each time anew: one that is closing has the lock still, and shows nothing any more.
        if file::lock(&lock).map_err(unusable)? {
            // A socket that is there is left over from a window that was killed.
            let bell = Bell::bind(&socket).map_err(unusable)?;
            return Ok(Claim::Only(Only { bell, lock }));
        }
        let patience = ANSWER_TIMEOUT.saturating_sub(started.elapsed());
        if patience.is_zero() {
            let said =
                "Hark's window is open already, but it does not answer. Close it, then try again.";
            return Err(said.to_owned());
        }
        if Bell::ring(&socket, &say, patience).is_ok() {
            return Ok(Claim::AnotherIsShown);
        }
        thread::sleep(ANSWER_POLL);
    }
}

/// How one window tells another of the connections.
const CONNECTIONS: &str = "connections";

/// A place as one window tells another: a message by its number, and what is to be done about it.
fn written(place: Place) -> String {
    match place {
        Place::Connections => CONNECTIONS.to_owned(),
        Place::Message { message, action } => {
            let action = action.map(|number| format!(" {number}")).unwrap_or_default();
            format!("{message}{action}")
        }
    }
}

fn read(text: &str) -> Option<Place> {
    if text == CONNECTIONS {
        return Some(Place::Connections);
    }
    let (message, action) = match text.split_once(' ') {
        Some((message, action)) => (message, Some(action.parse().ok()?)),
        None => (text, None),
    };
    Some(Place::Message { message: message.parse().ok()?, action })
}

impl Only {
    /// Runs `show` whenever the window is started once more, with the place that is to be shown where one is
    /// named, until the process ends. It answers whether the window is there.
    pub(crate) fn on_second_start(self, show: impl Fn(Option<Place>) -> bool + Send + 'static) {
        thread::spawn(move || {
            let Self { bell, lock: _held } = self;
            loop {
                if bell.wait(|said| show(read(said))).is_err() {
                    // Out of descriptors, for instance: not a reason to spin.
                    thread::sleep(ANSWER_POLL);
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_second_start_shows_the_first_window() {
        let folder = tempfile::tempdir().unwrap();
        let Claim::Only(only) = claim(folder.path(), None).unwrap() else {
            panic!("not the first")
        };
        let (shown, is_shown) = mpsc::channel();
        only.on_second_start(move |at| shown.send(at).is_ok());
        let place = |action| Some(Place::Message { message: 12, action });
        for at in [None, place(None), place(Some(3)), Some(Place::Connections)] {
            assert!(matches!(claim(folder.path(), at), Ok(Claim::AnotherIsShown)));
            assert_eq!(is_shown.recv_timeout(Duration::from_secs(5)).unwrap(), at);
        }
    }

    #[test]
    fn one_that_is_closing_shows_nothing_and_leaves_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let Claim::Only(Only { bell, lock }) = claim(folder.path(), None).unwrap() else {
            panic!("not the first")
        };
        let closing = thread::spawn(move || {
            // Its page is gone, and it ends.
            bell.wait(|_| false).unwrap();
            drop((bell, lock));
        });
        assert!(matches!(claim(folder.path(), None), Ok(Claim::Only(_))));
        closing.join().unwrap();
    }

    #[test]
    fn what_a_killed_window_left_behind_is_no_window() {
        let folder = tempfile::tempdir().unwrap();
        drop(claim(folder.path(), None).unwrap());
        assert!(folder.path().join(SOCKET).exists());
        assert!(matches!(claim(folder.path(), None), Ok(Claim::Only(_))));
    }

    #[test]
    fn two_profiles_have_a_window_each() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let first = claim(one.path(), None).unwrap();
        assert!(matches!((first, claim(two.path(), None)), (Claim::Only(_), Ok(Claim::Only(_)))));
    }
}
