//! One budget of dials for each server, over all links to it: a hundred subscriptions of one server that
//! all have a reason to dial at once are still one client.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use hark_engine::{Monotonic, budget::Budget};

/// How many servers are kept; beyond this, those that may dial freely again are forgotten.
const ORIGINS_MAX: usize = 256;

/// See the module. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Dials(Arc<Mutex<HashMap<String, Budget>>>);

impl Dials {
    /// Takes the next dial to a server. Answers how long it has to wait.
    #[must_use]
    pub fn take(&self, origin: &str, now: Monotonic) -> Duration {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= ORIGINS_MAX {
            all.retain(|_, budget| !budget.is_full(now));
        }
        let budget = all.entry(origin.to_owned()).or_insert_with(Budget::of_origin);
        budget.take(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_server_has_a_budget_of_its_own_and_idle_ones_are_forgotten() {
        let dials = Dials::default();
        let now = Duration::from_secs(1000);
        let waits = (0..150).filter(|_| !dials.take("https://a.example", now).is_zero()).count();
        assert_eq!(waits, 50);
        assert_eq!(dials.take("https://b.example", now), Duration::ZERO);
        let later = now + Duration::from_secs(60);
        for n in 0..2 * ORIGINS_MAX {
            let at = later + Duration::from_secs(n as u64);
            let _ = dials.take(&format!("https://{n}.example"), at);
        }
        assert!(dials.0.lock().unwrap().len() <= ORIGINS_MAX);
    }
}
