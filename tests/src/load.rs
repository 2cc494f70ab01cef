//! Somebody who publishes all the time, whatever becomes of the server, and writes down what it
//! answered.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    task::JoinHandle,
    time::{MissedTickBehavior, interval},
};

use crate::{LONG, eventually, http};

/// What became of one message, as its publisher was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// The server has it.
    Taken,
    /// Another answer.
    Answered(u16),
    /// None: nobody listened, or the connection broke.
    Nothing,
}

/// Publishes `message 0`, `message 1`, … until dropped.
pub struct Load {
    told: Arc<Mutex<Vec<Told>>>,
    done: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Load {
    /// Posts to a path of a server on this machine, one in so long a time.
    #[must_use]
    pub fn start(port: u16, path: &str, every: Duration) -> Self {
        let (told, done) = (Arc::<Mutex<Vec<Told>>>::default(), Arc::<AtomicBool>::default());
        let (path, of_task, end) = (path.to_owned(), Arc::clone(&told), Arc::clone(&done));
        let task = tokio::spawn(async move {
            let mut ticks = interval(every);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            while !end.load(Ordering::Relaxed) {
                ticks.tick().await;
                let number = {
                    let mut told = of_task.lock().unwrap();
                    told.push(Told::Nothing);
                    told.len() - 1
                };
                let answer = http::post(port, &path, &format!("message {number}")).await;
                let answer = answer.map_or(Told::Nothing, |status| match status {
                    200..300 => Told::Taken,
                    other => Told::Answered(other),
                });
                of_task.lock().unwrap()[number] = answer;
            }
        });
        Self { told, done, task }
    }

    /// The number of the next message.
    #[must_use]
    pub fn next(&self) -> usize {
        self.told.lock().unwrap().len()
    }

    /// How many the server has taken.
    #[must_use]
    pub fn taken(&self) -> usize {
        self.told.lock().unwrap().iter().filter(|told| **told == Told::Taken).count()
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

    /// Ends once the last message was answered; tells what became of each.
    pub async fn stop(&self) -> Vec<Told> {
        self.done.store(true, Ordering::Relaxed);
        eventually("the last message is answered", LONG, async || {
            self.task.is_finished().then_some(()).ok_or("it waits")
        })
        .await;
        self.told.lock().unwrap().clone()
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.task.abort();
    }
}
