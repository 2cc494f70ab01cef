//! Messages of Hark's own: they go the whole way of any other, decided on by no rule.

use hark_config::settings::OWN_KEY;
use hark_engine::{
    link::{Delivery, Outcome},
    message::{Change, Message, RawEvent},
    policy::{self, Origin, Verdict},
};
use hark_store::{Committed, StoreError, Stored};
use jiff::Timestamp;

use crate::ledger::Ledger;

/// The key under which they are stored, which no subscription can have.
pub const KEY: &str = OWN_KEY;

/// Stores a message. Answers its id; none where a later one of its sequence is there.
///
/// # Errors
/// Those of the store.
pub fn say(ledger: &Ledger, message: Message, now: Timestamp) -> Result<Option<i64>, StoreError> {
    let data = message.body.to_string();
    let committed = commit(ledger, data, Outcome::Message(Box::new(message), Origin::Live), now)?;
    Ok(match committed.stored[..] {
        [Stored::New(id) | Stored::Replaced { id, .. }] => Some(id),
        _ => None,
    })
}

/// Takes back the message of a sequence.
///
/// # Errors
/// Those of the store.
pub fn take_back(ledger: &Ledger, sequence: &str, now: Timestamp) -> Result<(), StoreError> {
    let change = Outcome::Changed(Change::Deleted(sequence.into()));
    commit(ledger, sequence.to_owned(), change, now).map(drop)
}

fn commit(
    ledger: &Ledger,
    data: String,
    outcome: Outcome,
    now: Timestamp,
) -> Result<Committed, StoreError> {
    let event = RawEvent { kind: KEY.into(), data, own_id: None };
    let delivery = Delivery { event, outcome, cursor: None, fallen: None };
    ledger.commit(KEY, &[delivery], now, by_no_rule)
}

fn by_no_rule(message: &Message, event: &RawEvent, origin: Origin) -> Verdict {
    policy::decide(&[], message, event, origin)
}
