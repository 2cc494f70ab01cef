//! From the outbox to the desktop: the shell of [`hark_engine::alerts`]. It feeds that with what happens
//! and carries out what it answers. It decides nothing about what is shown, and when.

mod shell;
pub mod toast;

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use hark_engine::{
    Monotonic,
    alerts::{Alerts, Effect, Input, Series},
};
use notify_rust::Notification;
use tokio::sync::Notify;

use hark_platform::clock;

pub use hark_engine::alerts::Due;
pub use shell::run;

/// What is said without a session bus.
pub const NO_BUS: &str = "There is no desktop session bus, so there is nobody to show notifications to: messages are stored. Start the agent from within the desktop session.";

/// The alerts on their way: what the engine knows of them, and what it wants to be done. One request of it
/// is under way at a time, so that is a few effects. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Outbox(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    state: Mutex<State>,
    wake: Notify,
}

#[derive(Debug, Default)]
struct State {
    alerts: Alerts<Notification>,
    /// What is still to be done, in order.
    effects: Vec<Effect<Notification>>,
}

impl Outbox {
    /// The alerts of a subscription are due.
    pub fn put(&self, subscription: &str, due: Due) {
        self.tell(Input::Due(subscription.to_owned(), due));
    }

    /// What is on the screen of this sequence is to be closed.
    pub fn withdraw(&self, subscription: &str, sequence: &str) {
        let (subscription, sequence) = (subscription.to_owned(), sequence.to_owned());
        self.tell(Input::Withdrawn(Series { subscription, sequence }));
    }

    fn tell(&self, input: Input<Notification>) {
        let mut state = self.lock();
        let State { alerts, effects } = &mut *state;
        alerts.handle(input, clock::now(), effects);
        drop(state);
        self.0.wake.notify_one();
    }

    fn take_effects(&self) -> Vec<Effect<Notification>> {
        mem::take(&mut self.lock().effects)
    }

    /// When to tell of a deadline.
    fn deadline(&self) -> Option<Monotonic> {
        self.lock().alerts.poll_deadline().map(|(at, _)| at)
    }

    /// Waits until an input has come.
    async fn changed(&self) {
        self.0.wake.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
