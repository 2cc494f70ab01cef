//! From the outbox to the desktop: the shell of [`hark_engine::alerts`]. It tells the engine what happens
//! and carries out its effects. It does not decide what is shown or when.

mod pictures;
mod press;
mod shell;
pub mod toast;

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use hark_engine::{
    Monotonic,
    alerts::{Alerts, Effect, Input, Series},
    silence::Silences,
};
use tokio::sync::Notify;

use hark_platform::{clock, notifications::Sent};

pub use hark_engine::alerts::Due;
pub use pictures::Pictures;
pub use press::{Buttons, Reply, Snooze};
pub use shell::{Desktop, run};

/// The sentence of the condition when there is no session bus.
pub const NO_BUS: &str = "There is no desktop session bus, so notifications cannot be shown: messages are stored. Start Hark from within the desktop session.";

/// Alerts on their way to the screen: the engine's state, and its effects that are still to be carried out.
/// The engine has one request under way at a time, so these are few. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Outbox(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    state: Mutex<State>,
    wake: Notify,
}

#[derive(Debug, Default)]
struct State {
    alerts: Alerts<Sent>,
    /// Effects still to be carried out, in order.
    effects: Vec<Effect<Sent>>,
}

impl Outbox {
    /// The alerts of a subscription are due.
    pub fn put(&self, subscription: &str, due: Due) {
        self.tell(Input::Due(subscription.to_owned(), due));
    }

    /// Closes the notification of this sequence if it is on the screen.
    pub fn withdraw(&self, subscription: &str, sequence: &str) {
        let (subscription, sequence) = (subscription.to_owned(), sequence.to_owned());
        self.tell(Input::Withdrawn(Series { subscription, sequence }));
    }

    /// What the person and the desktop say of silence is this now.
    pub fn silences(&self, silences: Silences) {
        self.tell(Input::Silences(silences));
    }

    /// The person has read these messages: their notifications are closed.
    pub fn read(&self, messages: Vec<i64>) {
        if !messages.is_empty() {
            self.tell(Input::Read(messages));
        }
    }

    /// The notification of this number is closed: its button was for that.
    fn clear(&self, number: u32) {
        self.tell(Input::Cleared(number));
    }

    fn tell(&self, input: Input<Sent>) {
        let mut state = self.lock();
        let State { alerts, effects } = &mut *state;
        alerts.handle(input, clock::now(), effects);
        drop(state);
        self.0.wake.notify_one();
    }

    fn take_effects(&self) -> Vec<Effect<Sent>> {
        mem::take(&mut self.lock().effects)
    }

    /// The engine's next deadline.
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
