//! `hark status`: how each connection is doing, once, for as long as one watches, or as an exit code.

use std::{pin::pin, process::ExitCode};

use futures_util::StreamExt;
use hark_api::{
    Link, Status, Unread,
    client::{CallError, Client},
    route,
};
use hark_local::profile::Profile;
use tokio::time::{Duration, Instant, sleep_until, timeout_at};

use super::{client, key_of};
use crate::{Failed, arguments::StatusOptions, look::Look, out, show};

/// The exit code where some link is not live.
const NOT_ALL_LIVE: u8 = 1;
/// The exit code where no agent answers.
const NO_AGENT: u8 = 3;
/// What is watched is drawn anew this often, as its times go on.
const EVERY: Duration = Duration::from_secs(1);
/// No sooner than so long after it was drawn, whatever comes.
const TOGETHER: Duration = Duration::from_millis(100);

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
    let only = options.key.as_deref().map(|word| key_of(&status.links, word)).transpose()?;
    if options.json {
        if let Some(only) = &only {
            status.links.retain(|link| link.subscription == *only);
        }
        out::json_pretty(&status)?;
    } else {
        let unread = unread(&client(profile)).await;
        out::print(show::status(&status, &unread, only.as_deref(), &Look::of_stdout()))?;
    }
    let of: Vec<Link> = status
        .links
        .into_iter()
        .filter(|link| only.as_ref().is_none_or(|only| *only == link.subscription))
        .collect();
    let well = !options.check || show::is_well(&of);
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::from(NOT_ALL_LIVE) })
}

/// What is unread; nothing where the database cannot be read: that is a condition, and the links are told all the same.
async fn unread(client: &Client) -> Vec<Unread> {
    client.call(&route::UNREAD, &()).await.unwrap_or_default()
}

/// Draws the status anew as the agent tells of changes, and its times go on, until it is ended by Ctrl-C.
async fn watch(profile: &Profile, word: Option<&str>) -> Result<ExitCode, Failed> {
    let client = client(profile);
    let mut drawn = String::new();
    loop {
        // It ends where the agent does; one that is started anew has another.
        let mut events = pin!(client.events()?);
        let mut is_there = true;
        while is_there {
            let look = Look::of_stdout();
            let asked = async {
                let status: Status = client.call(&route::STATUS, &()).await?;
                Ok::<_, CallError>((status, unread(&client).await))
            };
            let text = match asked.await {
                Ok((status, unread)) => {
                    let only = word.map(|word| key_of(&status.links, word)).transpose()?;
                    show::status(&status, &unread, only.as_deref(), &look)
                }
                Err(error) => format!("{error}\n"),
            };
            if text != drawn {
                out::redraw(&text, look.columns.is_some())?;
                drawn = text;
            }
            let begun = Instant::now();
            is_there = match timeout_at(begun + EVERY, events.next()).await {
                Ok(event) => matches!(event, Some(Ok(_))),
                Err(_) => true,
            };
            // What is told together is drawn once.
            let until = begun + if is_there { TOGETHER } else { EVERY };
            while is_there && let Ok(event) = timeout_at(until, events.next()).await {
                is_there = matches!(event, Some(Ok(_)));
            }
            sleep_until(until).await;
        }
    }
}
