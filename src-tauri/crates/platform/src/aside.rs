//! Runs what may block on a thread that may block, never on the runtime's own: a pipe, a device or a
//! missing network disk would stop it.

use std::{sync::Arc, time::Duration};

use tokio::{sync::Mutex, task::spawn_blocking, time::timeout};

/// How long reading a file may take; after that its disk counts as not answering.
pub const FILE_TIMEOUT: Duration = Duration::from_secs(5);

/// The work took longer than this limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("its disk does not answer within {} seconds", .0.as_secs())]
pub struct Slow(pub Duration);

/// Runs blocking work one piece after the other on a thread that may block: work that hangs takes one
/// thread and no more. Clones share the queue.
#[derive(Clone, Debug, Default)]
pub struct Aside(Arc<Mutex<()>>);

impl Aside {
    /// Runs this work. The caller gets an error where it takes too long; work that has begun goes on.
    ///
    /// # Errors
    /// [`Slow`].
    pub async fn within<T: Send + 'static>(
        &self,
        limit: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Slow> {
        let turn = self.0.clone().lock_owned();
        let done = async {
            let turn = turn.await;
            spawn_blocking(move || {
                let _until_the_end = turn;
                work()
            })
            .await
        };
        match timeout(limit, done).await {
            Ok(Ok(done)) => Ok(done),
            // It panicked, or the runtime ends.
            Ok(Err(_)) | Err(_) => Err(Slow(limit)),
        }
    }

    /// Waits until what has begun is done.
    pub async fn done(&self) {
        drop(self.0.lock().await);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_that_hangs_is_waited_for_no_longer_than_was_said_and_takes_one_thread() {
        let aside = Aside::default();
        let (end, ends) = std::sync::mpsc::channel::<()>();
        let limit = Duration::from_millis(20);
        assert_eq!(
            aside.within(limit, move || ends.recv().unwrap_or_default()).await,
            Err(Slow(limit))
        );
        let (told, begun) = std::sync::mpsc::channel();
        assert_eq!(aside.within(limit, move || told.send(()).unwrap()).await, Err(Slow(limit)));
        drop(end);
        assert_eq!(aside.within(FILE_TIMEOUT, || 1).await, Ok(1));
        assert!(begun.recv().is_err(), "what nobody waits for any more is not begun");
    }
}
