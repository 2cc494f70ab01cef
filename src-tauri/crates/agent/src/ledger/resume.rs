//! Where a subscription goes on: what its link is made of, by what the settings say and the store
//! holds. Knows nothing of a running agent.

use hark_engine::link::Config;
use hark_store::{Store, StoreError};
use jiff::Timestamp;

use hark_config::settings::Subscription;

/// What the link of a subscription is made of. `heard` is when this run has heard it last, if it has.
///
/// # Errors
/// Where the store cannot be used.
pub fn config(
    store: &mut Store,
    key: &str,
    subscription: &Subscription,
    heard: Option<Timestamp>,
    now: Timestamp,
) -> Result<Config, StoreError> {
    let begun = store.begin(key, &subscription.source(), now)?;
    // What was heard under this key before it was followed was another subscription.
    let is_of_it = |at: &Timestamp| begun.at.map_or(begun.streamed, |begun| *at >= begun);
    let heard_before = store.last_heard(key)?.max(heard).filter(is_of_it);
    let feed = subscription.speaks();
    let latest = store.latest_event(key, 0)?;
    Ok(Config {
        kept: latest.and_then(|event| feed.keeps(&event)),
        feed,
        recogniser: subscription.recogniser(),
        law: subscription.law(),
        expect: subscription.expect(),
        swap: true,
        cursor: begun.cursor,
        streamed_before: begun.streamed,
        begun: begun.at,
        has_ids: begun.has_ids,
        heard_before,
        last_message: store.last_received(key)?,
        paused: subscription.paused,
    })
}
