//! `hark pause` and `hark resume`.

use hark_api::{Target, route};
use hark_local::profile::Profile;

use super::client;
use crate::{Done, out};

pub async fn pause(profile: &Profile, key: Option<String>, paused: bool) -> Done {
    let route = if paused { &route::PAUSE } else { &route::RESUME };
    let accepted = client(profile).call(route, &Target { subscription: key }).await?;
    let word = if paused { "Paused" } else { "Resumed" };
    match accepted.subscriptions[..] {
        [] => out::line("There is no subscription yet. Add one with: hark add URL")?,
        _ => out::line(format_args!("{word} {}.", accepted.subscriptions.join(", ")))?,
    }
    Ok(())
}
