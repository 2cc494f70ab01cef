//! A publisher that goes on whatever happens to the server.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    task::JoinHandle,
    time::{MissedTickBehavior, interval},
};

use crate::{LONG, eventually, http};

/// Publishes `message 0`, `message 1`, … until dropped.
pub struct Load {
    next: Arc<AtomicUsize>,
    taken: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Load {
    /// Posts to a path of a server on this machine, one message every `every`.
    #[must_use]
    pub fn start(port: u16, path: &str, every: Duration) -> Self {
        let (next, taken) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let (path, of_task) = (path.to_owned(), (Arc::clone(&next), Arc::clone(&taken)));
        let task = tokio::spawn(async move {
            let mut ticks = interval(every);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                let number = of_task.0.fetch_add(1, Ordering::Relaxed);
                let answer = http::post(port, &path, &format!("message {number}")).await;
                // While the server is down no message is taken.
                if answer.is_ok_and(|status| matches!(status, 200..300)) {
                    of_task.1.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
        Self { next, taken, task }
    }

    /// The number of the next message.
    #[must_use]
    pub fn next(&self) -> usize {
        self.next.load(Ordering::Relaxed)
    }

    /// How many the server has taken.
    #[must_use]
    pub fn taken(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }

    /// Waits until it has taken so many more.
    pub async fn more(&self, count: usize) {
        let wanted = self.taken() + count;
        eventually("more is published", LONG, async || {
            let taken = self.taken();
            (taken >= wanted).then_some(()).ok_or(format!("{taken} of {wanted}"))
        })
        .await;
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.task.abort();
    }
}
