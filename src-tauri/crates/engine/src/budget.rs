//! The budget of dials: a limit that every dial passes, whatever its reason. Each link has one, and
//! each server has one over all links to it.

use std::time::Duration;

use crate::Monotonic;

/// A token bucket: so many dials at once, then one after each span.
#[derive(Clone, Debug)]
pub struct Budget {
    burst: u32,
    every: Duration,
    /// When the bucket will be full again, if nothing more is taken.
    full_at: Monotonic,
}

impl Budget {
    /// A budget from which nothing was taken.
    #[must_use]
    pub const fn new(burst: u32, every: Duration) -> Self {
        Self { burst, every, full_at: Duration::ZERO }
    }

    /// What a link may dial: ten at once, which a flapping network uses up, then one in four
    /// seconds, which is no less than the backoff to a near server asks for.
    #[must_use]
    pub const fn of_link() -> Self {
        Self::new(10, Duration::from_secs(4))
    }

    /// What may be dialled of one server, over all links: a hundred at once, then fifty in a
    /// second.
    #[must_use]
    pub const fn of_origin() -> Self {
        Self::new(100, Duration::from_millis(20))
    }

    /// Whether everything that was taken is refilled.
    #[must_use]
    pub fn is_full(&self, now: Monotonic) -> bool {
        self.full_at <= now
    }

    /// How long the next dial has to wait.
    #[must_use]
    pub fn wait(&self, now: Monotonic) -> Duration {
        let room = self.every.saturating_mul(self.burst.saturating_sub(1));
        self.full_at.saturating_sub(now).saturating_sub(room)
    }

    /// Takes the next dial. Answers how long it has to wait.
    pub fn take(&mut self, now: Monotonic) -> Duration {
        let wait = self.wait(now);
        self.full_at = self.full_at.max(now) + self.every;
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_one_after_each_span() {
        let second = Duration::from_secs;
        let mut budget = Budget::new(3, second(10));
        let now = second(500);
        let waits: Vec<_> = (0..5).map(|_| budget.take(now).as_secs()).collect();
        assert_eq!(waits, [0, 0, 0, 10, 20]);
        assert_eq!(budget.wait(now + second(30)), Duration::ZERO);
        assert_eq!(budget.take(now + second(1000)), Duration::ZERO);
    }
}
