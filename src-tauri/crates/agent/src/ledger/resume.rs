//! Where a subscription resumes: the configuration of its link, made from the settings and the store. Knows
//! nothing of a running agent.

use hark_engine::link::Config;
use hark_store::{Store, StoreError};
use jiff::Timestamp;

use hark_config::settings::Subscription;

/// The configuration of a subscription's link. `heard` is when this run last heard it, if it has.
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
    // A time before this subscription began belongs to another subscription that had the key.
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
