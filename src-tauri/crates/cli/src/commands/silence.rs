//! `hark mute`, `hark unmute`, `hark snooze` and `hark wake`.

use hark_api::{Snooze, SnoozeUntil, Target, Time, route};
use hark_engine::{silence::when, span};
use hark_local::profile::Profile;
use jiff::Zoned;

use super::client;
use crate::{Done, Failed, arguments::SnoozeOptions, out, quiet};

pub async fn mute(profile: &Profile, key: String, muted: bool) -> Done {
    let route = if muted { &route::MUTE } else { &route::UNMUTE };
    let accepted = client(profile).call(route, &Target { subscription: Some(key) }).await?;
    let key = accepted.subscriptions.join(", ");
    match muted {
        true => out::line(format_args!(
            "Muted {key}: its messages are stored and not shown. End it with: hark unmute {key}"
        ))?,
        false => out::line(format_args!("Unmuted {key}."))?,
    }
    Ok(())
}

pub async fn snooze(profile: &Profile, options: SnoozeOptions) -> Done {
    let now = Zoned::now();
    let until = read(&options, &now).map_err(Failed)?;
    let asked = Snooze { subscription: options.key, until };
    let snoozed = client(profile).call(&route::SNOOZE, &asked).await?;
    let until = quiet::until(snoozed.until, now.timestamp());
    match snoozed.subscription {
        Some(key) => {
            out::line(format_args!("Snoozed {key} {until}. End it with: hark wake {key}"))?;
        }
        None => out::line(format_args!("Snoozed {until}. End it with: hark wake"))?,
    }
    Ok(())
}

pub async fn wake(profile: &Profile, key: Option<String>) -> Done {
    let woken = client(profile).call(&route::WAKE, &Target { subscription: key.clone() }).await?;
    let mut ended = woken.subscriptions;
    if woken.all {
        ended.insert(0, "all".to_owned());
    }
    match ended[..] {
        [] => out::line("Nothing was snoozed.")?,
        _ => out::line(format_args!("Awake: {}.", ended.join(", ")))?,
    }
    if let Some(still) = woken.still {
        // Of one that is snoozed with all others, it is the snooze of all that goes on.
        let key = key.filter(|_| still.why == hark_api::Why::Mute);
        let sentence = quiet::sentence(&still, key.as_deref(), Zoned::now().timestamp());
        out::line(format_args!("Still silent. {sentence}"))?;
    }
    Ok(())
}

/// Until when, as the command line says it.
fn read(options: &SnoozeOptions, now: &Zoned) -> Result<SnoozeUntil, String> {
    let SnoozeOptions { length, until, .. } = options;
    match (length, until) {
        (Some(length), _) => {
            let span = span::read(length).map_err(|wrong| format!("--for {length}: {wrong}."))?;
            let at = now.timestamp().checked_add(span).unwrap_or(jiff::Timestamp::MAX);
            Ok(SnoozeUntil::Time(Time(at)))
        }
        (None, Some(until)) => when::read(until, now)
            .map(|at| SnoozeUntil::Time(Time(at)))
            .map_err(|wrong| format!("--until: {wrong}.")),
        // The command line asks for one of the three.
        (None, None) => Ok(SnoozeUntil::Unlocked),
    }
}
