//! Whether the session is locked, from what the desktop and the system say; and when it was unlocked, which
//! ends the snoozes that last until then.

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    /// What the system was told. Most desktops never tell it, so that a no counts after a yes alone.
    hint: Option<bool>,
    /// What the screen saver says.
    saver: Option<bool>,
    /// Whether the desktop has been asked.
    asked: bool,
    /// Whether it was locked when that was last known.
    was_locked: bool,
}

impl Lock {
    /// The system was told that the session is locked, or that it is not. Answers whether it was unlocked.
    pub fn hinted(&mut self, locked: bool) -> bool {
        if locked || self.hint.is_some() {
            self.hint = Some(locked);
        }
        self.was_unlocked()
    }

    /// The screen saver has the screen, or not, or there is none. Answers whether the session was unlocked:
    /// where it is found open at the beginning, somebody has logged in.
    pub fn saver(&mut self, active: Option<bool>) -> bool {
        self.saver = active;
        let found_open = !self.asked && self.locked() != Some(true);
        self.asked = true;
        self.was_unlocked() || found_open
    }

    /// Whether it is locked; none where that is not known.
    #[must_use]
    pub fn locked(&self) -> Option<bool> {
        [self.hint, self.saver].into_iter().flatten().reduce(|one, other| one || other)
    }

    fn was_unlocked(&mut self) -> bool {
        let was = self.was_locked;
        // What is not known changes nothing.
        self.was_locked = self.locked().unwrap_or(was);
        was && !self.was_locked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_locked_where_one_says_so_and_not_known_where_nobody_does() {
        let mut lock = Lock::default();
        assert_eq!(lock.locked(), None);
        assert!(!lock.hinted(false));
        assert_eq!(lock.locked(), None, "most desktops never say yes");
        assert!(!lock.hinted(true));
        assert_eq!(lock.locked(), Some(true));
        assert!(lock.hinted(false), "unlocked");
        assert_eq!(lock.locked(), Some(false));
        lock.saver(Some(true));
        assert_eq!(lock.locked(), Some(true));
        assert!(!lock.hinted(false));
        assert!(lock.saver(Some(false)));
    }

    #[test]
    fn a_session_that_is_open_at_the_beginning_was_unlocked_by_the_login() {
        for (active, unlocked) in [(None, true), (Some(false), true), (Some(true), false)] {
            let mut lock = Lock::default();
            assert_eq!(lock.saver(active), unlocked, "{active:?}");
            assert!(!lock.saver(active), "once");
        }
        let mut lock = Lock::default();
        lock.hinted(true);
        assert!(!lock.saver(Some(false)), "Hark was started anew behind the lock");
        assert!(lock.hinted(false));
    }

    #[test]
    fn a_screen_saver_that_goes_and_comes_back_is_no_unlock() {
        let mut lock = Lock::default();
        lock.saver(Some(false));
        assert!(!lock.saver(None) && !lock.saver(Some(false)));
        lock.saver(Some(true));
        assert!(!lock.saver(None), "not known is not unlocked");
        assert!(lock.saver(Some(false)), "it was unlocked meanwhile");
    }
}
