//! `hark listen`: one URL followed in the terminal, without an agent.

mod terminal;

use std::io;

use hark_config::{
    presets::Presets,
    settings::{Subscription, read_event_max, read_retry, span},
};
use hark_engine::feed;
use hark_local::profile::Profile;
use hark_platform::signals::{self, SIGINT, SIGTERM};
use tokio::sync::mpsc;

use super::request::{ask, event_id, method};
use crate::{Done, Failed, arguments::ListenOptions};
use terminal::{Format, Listen};

pub async fn listen(profile: &Profile, options: ListenOptions) -> Done {
    let mut ask = ask(&options.url, &options.headers, options.way).await?;
    ask.method = method(&options.method)?;
    ask.body = options.data.unwrap_or_default().into();
    let presets = Presets::beside(&profile.settings()).presets;
    // What is shown as it comes is not to be understood.
    let unsaid = if options.raw { "json" } else { feed::UNKNOWN };
    let feed = options.feed.as_deref().unwrap_or(unsaid);
    presets.feed(feed).map_err(Failed)?;
    let mut subscription = Subscription::plain(ask.url.clone(), feed);
    subscription.mapping = presets.get(feed).cloned();
    subscription.heartbeat =
        options.heartbeat.as_deref().map(span::read).transpose().map_err(Failed)?;
    subscription.retry = options.retry.as_deref().map(read_retry).transpose().map_err(Failed)?;
    subscription.event_max =
        options.event_max.as_deref().map(read_event_max).transpose().map_err(Failed)?;
    ask.limits = subscription.limits();
    let format = match (options.raw, options.json) {
        (true, _) => Format::Raw,
        (_, true) => Format::Json,
        _ => Format::Lines,
    };
    let last_event_id = options.last_event_id.map(event_id).transpose()?;
    // Dropping the sender would end the listening; a refusal or a signal ends it.
    let (_commands, receiver) = mpsc::channel(1);
    let listening = terminal::listen(
        Listen { ask, subscription, last_event_id, format },
        io::stdout(),
        receiver,
    );
    let mut ended = signals::hear(&[SIGTERM, SIGINT])?;
    tokio::select! {
        outcome = listening => outcome.map_err(Failed),
        _ = ended.recv() => Ok(()),
    }
}
