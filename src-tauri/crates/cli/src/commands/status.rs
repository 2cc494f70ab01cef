//! `hark status`: how each connection is doing, once, for as long as one watches, or as an exit code.

use std::process::ExitCode;

use futures_util::StreamExt;
use hark_api::{Link, Status, client::CallError, route};
use hark_local::profile::Profile;
use tokio::time::{Duration, Instant, sleep, sleep_until, timeout_at};

use super::client;
use crate::{Failed, arguments::StatusOptions, look::Look, out, show};

/// The exit code where some link is not live.
const NOT_ALL_LIVE: u8 = 1;
/// The exit code where no agent answers.
const NO_AGENT: u8 = 3;
/// What is watched is drawn anew this often, as its times go on.
const EVERY: Duration = Duration::from_secs(1);

pub async fn status(profile: &Profile, options: &StatusOptions) -> Result<ExitCode, Failed> {
    if options.watch {
        return watch(profile, options.key.as_deref()).await;
    }
    let told = client(profile).call(&route::STATUS, &()).await;
    if let (Err(CallError::NoAgent | CallError::Ended), true) = (&told, options.check) {
        out::note("hark: No agent is running.");
        return Ok(ExitCode::from(NO_AGENT));
    }
    let mut status = told?;
    let only = options.key.as_deref().map(|word| key(&status, word)).transpose()?;
    if options.json {
        if let Some(only) = &only {
            status.links.retain(|link| link.subscription == *only);
        }
        out::json_pretty(&status)?;
    } else {
        out::print(show::status(&status, only.as_deref(), &Look::of_stdout()))?;
    }
    let of: Vec<Link> = status
        .links
        .into_iter()
        .filter(|link| only.as_ref().is_none_or(|only| *only == link.subscription))
        .collect();
    let well = !options.check || show::is_well(&of);
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::from(NOT_ALL_LIVE) })
}

/// The key of a link, by its key or its name.
fn key(status: &Status, word: &str) -> Result<String, Failed> {
    let links = || status.links.iter();
    let by_key = links().find(|link| link.subscription == word);
    let mut named = links().filter(|link| link.name == word);
    let by_name = named.next().filter(|_| named.next().is_none());
    by_key.or(by_name).map(|link| link.subscription.clone()).ok_or_else(|| {
        Failed(format!("Nothing that is followed is called {word:?}. See: hark status"))
    })
}

/// Draws the status anew whenever it changes, until it is ended by Ctrl-C.
async fn watch(profile: &Profile, word: Option<&str>) -> Result<ExitCode, Failed> {
    let mut drawn = String::new();
    loop {
        let look = Look::of_stdout();
        let text = match client(profile).call(&route::STATUS, &()).await {
            Ok(status) => {
                let only = word.map(|word| key(&status, word)).transpose()?;
                show::status(&status, only.as_deref(), &look)
            }
            Err(error) => format!("{error}\n"),
        };
        if text != drawn {
            out::redraw(&text, look.columns.is_some())?;
            drawn = text;
        }
        next(profile).await;
    }
}

/// Waits for the agent to tell of something, or for the times to be other ones.
async fn next(profile: &Profile) {
    let end = Instant::now() + EVERY;
    let Ok(events) = client(profile).events() else { return sleep(EVERY).await };
    let mut events = std::pin::pin!(events);
    // The first event only says how things are now.
    for _ in 0..2 {
        match timeout_at(end, events.next()).await {
            Ok(Some(Ok(_))) => {}
            Ok(None | Some(Err(_))) => return sleep_until(end).await,
            Err(_) => return,
        }
    }
}
