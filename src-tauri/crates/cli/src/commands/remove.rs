//! `hark remove`: forgets a subscription, through the agent or, where none runs, in the settings alone.

use hark_api::{Target, client::CallError, route};
use hark_config::settings;
use hark_local::profile::Profile;

use super::client;
use crate::{Done, out};

pub async fn remove(profile: &Profile, key: String) -> Done {
    let target = Target { subscription: Some(key.clone()) };
    let removed = match client(profile).call(&route::REMOVE, &target).await {
        Err(CallError::NoAgent) => settings::remove(&profile.settings(), &key)?.answer,
        answer => answer?.subscriptions.join(", "),
    };
    out::line(format_args!("Removed {removed}. Its messages stay."))?;
    Ok(())
}
