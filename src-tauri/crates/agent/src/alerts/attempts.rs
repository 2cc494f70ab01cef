//! How often an alert was sent in vain: each only so often, so that one that cannot be shown, or one
//! that ends the server that is to show it, holds up no others.

use indexmap::IndexMap;

/// How often an alert is sent at most.
pub const ATTEMPTS_MAX: u32 = 3;
/// Alerts of which that is remembered.
const REMEMBERED_MAX: usize = 64;

/// The alerts that were sent in vain, by the id of their message.
#[derive(Debug, Default)]
pub struct Attempts(IndexMap<i64, u32>);

impl Attempts {
    /// The alert was sent in vain. Answers whether it may be sent once more.
    pub fn failed(&mut self, id: i64) -> bool {
        if self.0.len() == REMEMBERED_MAX && !self.0.contains_key(&id) {
            self.0.shift_remove_index(0);
        }
        let count = self.0.entry(id).or_default();
        *count += 1;
        *count < ATTEMPTS_MAX
    }

    /// It needs no more of them.
    pub fn done(&mut self, id: i64) {
        self.0.shift_remove(&id);
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
