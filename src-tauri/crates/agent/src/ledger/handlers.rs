//! What handlers hear of what is written, as it is written, and what becomes of their runs.

use std::{fmt, sync::OnceLock};

use hark_api::Event;
use hark_engine::{
    handlers::Input,
    link::{Delivery, Outcome},
    policy::Origin,
};
use hark_store::{HandlerRun, Stored};

use super::Ledger;
use crate::to_api;

type Hear = Box<dyn Fn(Input<'_>) + Send + Sync>;

/// Who hears of it.
#[derive(Default)]
pub(super) struct Hearer(OnceLock<Hear>);

impl fmt::Debug for Hearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hearer({})", self.0.get().is_some())
    }
}

impl Ledger {
    /// Has this hear of each entry of the journal and each new message, from now on. Only the first one is
    /// taken.
    pub fn heard_by(&self, hear: impl Fn(Input<'_>) + Send + Sync + 'static) {
        let _ = self.0.hearer.0.set(Box::new(hear));
    }

    /// Keeps a run, and tells of it.
    pub fn handler_ran(&self, run: HandlerRun) {
        self.count_run(&run.handler, &run.ended);
        // A failure is a condition already.
        let id = self.write(|store| store.handler_ran(&run)).unwrap_or_default();
        let subscription = Some(run.subscription.clone());
        let run = HandlerRun { id, ..run };
        self.0.events.tell(|| Some(Event::Handler(Box::new(to_api::handler_run(run)))));
        self.0.events.tell(|| Some(Event::History { subscription }));
    }

    pub(super) fn hear(&self, input: Input<'_>) {
        if let Some(hear) = self.0.hearer.0.get() {
            hear(input);
        }
    }

    pub(super) fn hear_message(&self, key: &str, delivery: &Delivery, stored: &Stored) {
        let (Stored::New(id) | Stored::Replaced { id, .. }) = stored else { return };
        if let Outcome::Message(_, Origin::Live | Origin::Replay) = &delivery.outcome {
            self.hear(Input::Message(key, *id));
        }
    }
}
