//! How often an alert was sent in vain: each only so often, so that one that cannot be shown, or one
//! that ends the server that is to show it, holds up no others.

use std::collections::VecDeque;

/// How often an alert is sent at most.
pub(super) const ATTEMPTS_MAX: u32 = 3;
/// Alerts of which that is remembered.
const REMEMBERED_MAX: usize = 64;

/// The alerts that were sent in vain, by the id of their first message, and how often.
#[derive(Clone, Debug, Default)]
pub(super) struct Attempts(VecDeque<(i64, u32)>);

impl Attempts {
    /// The alert was sent in vain. Answers whether it may be sent once more.
    pub(super) fn failed(&mut self, id: i64) -> bool {
        if let Some((_, count)) = self.0.iter_mut().find(|(known, _)| *known == id) {
            *count += 1;
            return *count < ATTEMPTS_MAX;
        }
        if self.0.len() == REMEMBERED_MAX {
            self.0.pop_front();
        }
        self.0.push_back((id, 1));
        true
    }

    /// It needs no more of them.
    pub(super) fn done(&mut self, id: i64) {
        self.0.retain(|(known, _)| *known != id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_alert_has_its_own_attempts_and_few_are_remembered() {
        let mut attempts = Attempts::default();
        assert!(attempts.failed(1) && attempts.failed(1) && attempts.failed(2));
        assert!(!attempts.failed(1));
        attempts.done(1);
        assert!(attempts.failed(1));
        assert!((10..1_000).all(|id| attempts.failed(id)));
        assert!(attempts.0.len() <= REMEMBERED_MAX);
    }
}
