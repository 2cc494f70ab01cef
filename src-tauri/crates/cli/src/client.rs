//! Commands that ask the running agent. Where none runs, `add` and `remove` edit the settings alone.

use std::{
    fs, io,
    path::Path,
    time::{Duration, Instant},
};

use hark_agent::{add, files::Aside, settings};
use hark_api::{
    AddSubscription, Added, Certainty, Credential, ErrorCode, HistoryEntry, HistoryQuery, Message,
    MessagesQuery, RulesFor, Target,
    client::{CallError, Client},
    profile::Profile,
    route,
};

use tokio::signal::unix::{SignalKind, signal};

use crate::{
    Done, Failed,
    arguments::{AddOptions, RulesOptions},
    out, show, token,
};

/// An agent that has not stopped by then is stuck.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// So many messages are asked for at a time.
const PAGE_MAX: u32 = 1_000;

/// A larger file holds no rules.
const RULES_BYTES_MAX: usize = 256 << 10;

fn client(profile: &Profile) -> Client {
    Client::new(&profile.socket())
}

pub async fn add(profile: &Profile, options: AddOptions) -> Done {
    let file = |path: std::path::PathBuf| {
        let path = std::path::absolute(&path).unwrap_or(path);
        Credential::File(path.display().to_string())
    };
    let given = options.feed.clone();
    let mut new = AddSubscription {
        url: options.url,
        name: options.name,
        feed: options.feed,
        bearer: options.token_env.map(Credential::Env).or(options.token_file.map(file)),
        unchecked: options.unchecked,
    };
    let mut answer = ask_to_add(profile, &new).await;
    if let Err(CallError::Refused(error)) = &answer
        && error.code == Some(ErrorCode::CredentialWanted)
    {
        let how = "Name one with --token-env NAME or --token-file FILE. Nothing was saved.";
        let refused = format!("{error} {how}");
        if new.bearer.is_some() {
            return Err(Failed(refused));
        }
        out::note(error);
        // From here on Ctrl-C only ends the prompt, which then gives the terminal its echo back, and the
        // token's file goes away with the token.
        let mut interrupt = signal(SignalKind::interrupt())?;
        let Some(token) = token::ask(profile, &new.url)? else { return Err(Failed(refused)) };
        new.bearer = Some(Credential::File(token.path().display().to_string()));
        answer = tokio::select! {
            answer = ask_to_add(profile, &new) => answer,
            _ = interrupt.recv() => return Err(Failed("Interrupted. Nothing was saved.".into())),
        };
        if answer.is_ok() {
            out::note(format_args!("The token is kept in {}.", token.keep().display()));
        }
    }
    let added = answer?;
    out::line(format_args!("Added as {}.", added.subscription))?;
    if let Some(feed) = given {
        out::line(format_args!("Followed as {feed}, as you said."))?;
    } else if let Some(found) = added.recognised {
        let sure = match found.certainty {
            Certainty::Sure => "It speaks",
            Certainty::Likely => "It probably speaks",
            Certainty::Guess => "It may speak",
        };
        out::line(format_args!("{sure} {}: {}.", found.feed, found.reason))?;
    }
    if let Some(preview) = added.preview {
        out::line(format_args!("The latest message there:\n{}", show::preview(&preview)))?;
    }
    if let Some(warning) = added.warning {
        out::note(warning);
    }
    Ok(())
}

/// Through the agent, or where none runs, here.
async fn ask_to_add(profile: &Profile, new: &AddSubscription) -> Result<Added, CallError> {
    match client(profile).call(&route::ADD, new).await {
        Err(CallError::NoAgent) => {
            let added =
                add::add(profile, new.clone(), &Aside::default()).await.map_err(CallError::from);
            if added.is_ok() {
                out::note("No agent is running; it will be followed once one is: hark agent");
            }
            added
        }
        answer => answer,
    }
}

pub async fn rules(profile: &Profile, options: RulesOptions) -> Done {
    let rules = match &options.file {
        Some(path) => Some(read(path)?),
        None => None,
    };
    let asked = RulesFor { subscription: options.key, rules, save: options.save };
    let tried = client(profile).call(&route::RULES, &asked).await?;
    if options.json {
        out::json_pretty(&tried)?;
    } else {
        out::print(show::rules(&tried, asked.rules.is_some()))?;
    }
    Ok(())
}

/// A file's text, or the input's.
fn read(path: &Path) -> Result<String, Failed> {
    let text = match path.as_os_str() == "-" {
        true => io::read_to_string(io::stdin()),
        false => fs::read_to_string(path),
    };
    let text =
        text.map_err(|error| Failed(format!("{} cannot be read: {error}.", path.display())))?;
    if text.len() > RULES_BYTES_MAX {
        let limit = RULES_BYTES_MAX >> 10;
        let name = path.display();
        return Err(Failed(format!("{name} is larger than {limit} KiB, too large to be rules.")));
    }
    Ok(text)
}

pub async fn remove(profile: &Profile, key: String) -> Done {
    let target = Target { subscription: Some(key.clone()) };
    match client(profile).call(&route::REMOVE, &target).await {
        Err(CallError::NoAgent) => settings::remove(&profile.settings(), &key)?,
        answer => drop(answer?),
    }
    out::line(format_args!("Removed {key}. Its messages stay."))?;
    Ok(())
}

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

pub async fn status(profile: &Profile, json: bool) -> Done {
    let status = client(profile).call(&route::STATUS, &()).await?;
    if json {
        out::json_pretty(&status)?;
    } else {
        out::print(show::status(&status, jiff::Timestamp::now()))?;
    }
    Ok(())
}

pub async fn messages(profile: &Profile, limit: u32, json: bool) -> Done {
    let mut messages: Vec<Message> = Vec::new();
    loop {
        // Each answer is bounded by the agent, in rows and in bytes.
        let left = limit - u32::try_from(messages.len()).unwrap_or(limit).min(limit);
        let query = MessagesQuery {
            limit: Some(left.min(PAGE_MAX)),
            before: messages.last().map(|oldest| oldest.id),
            ..MessagesQuery::default()
        };
        let page = match left {
            0 => Vec::new(),
            _ => client(profile).call(&route::MESSAGES, &query).await?,
        };
        if page.is_empty() {
            break;
        }
        messages.extend(page);
    }
    messages.reverse();
    if !json {
        // The ids are the order of the wire, which is another where a server replays out of order.
        messages.sort_by_key(|message| (message.time.0, message.id));
    }
    for message in &messages {
        if json {
            out::json(message)?;
        } else {
            out::line(show::message(message))?;
        }
    }
    if messages.is_empty() && !json {
        out::line("There is no message yet.")?;
    }
    Ok(())
}

pub async fn history(profile: &Profile, limit: u32, json: bool) -> Done {
    let query = HistoryQuery { limit: Some(limit), ..HistoryQuery::default() };
    let mut entries: Vec<HistoryEntry> = client(profile).call(&route::OUTAGES, &query).await?;
    entries.reverse();
    for entry in &entries {
        if json {
            out::json(entry)?;
        } else {
            out::line(show::entry(entry))?;
        }
    }
    if entries.is_empty() && !json {
        out::line("No connection was lost yet.")?;
    }
    Ok(())
}

pub async fn test(profile: &Profile) -> Done {
    let sample = client(profile).call(&route::TEST, &()).await?;
    if sample.shown {
        out::line(sample.sentence)?;
        return Ok(());
    }
    Err(Failed(sample.sentence))
}

pub async fn stop(profile: &Profile) -> Done {
    let client = client(profile);
    match client.call(&route::STOP, &()).await {
        Err(CallError::NoAgent) => out::line("No agent is running.")?,
        answer => {
            // One that has ended already is what was wanted.
            if !matches!(answer, Err(CallError::Ended)) {
                answer?;
            }
            // It has stopped once nobody listens any more.
            let deadline = Instant::now() + STOP_TIMEOUT;
            while client.is_running().await {
                if Instant::now() > deadline {
                    return Err(Failed(
                        "The agent was told to stop and still runs; see its log.".into(),
                    ));
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            out::line("Stopped.")?;
        }
    }
    Ok(())
}
