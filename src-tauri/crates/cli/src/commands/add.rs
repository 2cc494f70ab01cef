//! `hark add`: follows a URL, through the agent or, where none runs, in the settings alone.

use std::path::{self, PathBuf};

use hark_agent::commands::add;
use hark_api::{
    AddSubscription, Added, Basic, Certainty, Credential, ErrorCode, Header, client::CallError,
    route,
};
use hark_config::{credentials::SECRET_BYTES_MAX, settings::header_name};
use hark_local::profile::Profile;
use hark_platform::aside::Aside;

use super::{client, confirm, secret::Secrets};
use crate::{Done, Failed, arguments::AddOptions, out, show};

/// How a credential that the server wants is named.
const HOW: &str =
    "Name one with --token-env NAME, --token-file FILE or --user NAME. Nothing was saved.";

pub async fn add(profile: &Profile, options: AddOptions) -> Done {
    let mut secrets = Secrets::of(profile, &options.url);
    let given = options.feed.clone();
    let mut new = wanted(options, &mut secrets)?;
    let mut answer = secrets.before_interrupt(through_agent(profile, &new)).await?;
    if let Err(CallError::Refused(error)) = &answer
        && error.code == Some(ErrorCode::CredentialWanted)
    {
        if new.bearer.is_some() || new.basic.is_some() {
            return Err(Failed(format!("{error} {HOW}")));
        }
        out::note(error);
        new.bearer = secrets.ask("Token")?;
        if new.bearer.is_none() {
            return Err(Failed(HOW.to_owned()));
        }
        answer = secrets.before_interrupt(through_agent(profile, &new)).await?;
    }
    if let Err(CallError::Refused(error)) = &answer
        && error.code == Some(ErrorCode::NoPushFeed)
        && new.asks
    {
        out::note(error);
        let asked = tokio::task::spawn_blocking(|| confirm::confirm("Follow it all the same?"));
        if !secrets.before_interrupt(asked).await??? {
            return Err(Failed("Nothing was saved.".into()));
        }
        match &error.found {
            Some(found) => new.found = Some((**found).clone()),
            None => new.unchecked = true,
        }
        answer = secrets.before_interrupt(through_agent(profile, &new)).await?;
    }
    let added = answer?;
    for file in secrets.kept() {
        out::note(format_args!("What you typed is kept in {}.", file.display()));
    }
    tell(&added, given.as_deref(), new.paused)
}

/// What the options ask for. A secret among them is in a file from here on.
fn wanted(options: AddOptions, secrets: &mut Secrets) -> Result<AddSubscription, Failed> {
    let absolute = |path: PathBuf| path::absolute(&path).unwrap_or(path).display().to_string();
    let file = |path| Credential::File(absolute(path));
    let basic = match options.user {
        None => None,
        Some(user) => {
            let named = options.password_env.map(Credential::Env);
            let named = named.or_else(|| options.password_file.map(file));
            let password = match named {
                Some(password) => Some(password),
                None => secrets.ask(&format!("Password of {user}"))?,
            };
            let how =
                "Name a file that holds the password with --password-file FILE. Nothing was saved.";
            Some(Basic { user, password: password.ok_or_else(|| Failed(how.to_owned()))? })
        }
    };
    let mut headers = Vec::new();
    for text in &options.headers {
        headers.push(header(text, secrets)?);
    }
    Ok(AddSubscription {
        url: options.url,
        name: options.name,
        feed: options.feed,
        bearer: options.token_env.map(Credential::Env).or(options.token_file.map(file)),
        basic,
        headers,
        ca: options.ca.map(absolute),
        proxy: options.proxy,
        paused: options.paused,
        unchecked: options.unchecked,
        asks: confirm::can_ask(),
        found: None,
        reached: false,
        options: hark_api::Options::new(),
    })
}

/// A header as it is given: `Name: value`, or the name alone, whose value is asked for.
fn header(text: &str, secrets: &mut Secrets) -> Result<Header, Failed> {
    let (name, value) = text.split_once(':').unwrap_or((text, ""));
    let (name, value) = (name.trim(), value.trim());
    let unfit =
        |why: String| Failed(format!("Nothing was saved: {why}. Write it as 'Name: value'."));
    header_name(name).map_err(unfit)?;
    if value.len() > SECRET_BYTES_MAX || http::HeaderValue::try_from(value).is_err() {
        return Err(unfit(format!("the value of {name} is too long, or no line of text")));
    }
    let value = match value {
        "" => secrets.ask(&format!("Value of {name}"))?,
        value => Some(secrets.keep(value)?),
    };
    let missing = || Failed(format!("The header {name} has no value. Nothing was saved."));
    Ok(Header { name: name.to_owned(), value: value.ok_or_else(missing)? })
}

fn tell(added: &Added, given: Option<&str>, paused: bool) -> Done {
    let then = if paused { ", paused" } else { "" };
    out::line(format_args!("Added as {}{then}.", added.subscription))?;
    if let Some(feed) = given {
        out::line(format_args!("Followed as {feed}, as you said."))?;
    } else if let Some(found) = &added.recognised {
        let sure = match found.certainty {
            Certainty::Sure => "It speaks",
            Certainty::Likely => "It probably speaks",
            Certainty::Guess => "It may speak",
        };
        out::line(format_args!("{sure} {}: {}.", found.called, found.reason))?;
    }
    if let Some(preview) = &added.preview {
        out::line(format_args!("The latest message there:\n{}", show::preview(preview)))?;
    }
    if let Some(warning) = &added.warning {
        out::note(warning);
    }
    Ok(())
}

/// Adds through the agent or, where none runs, in this process.
async fn through_agent(profile: &Profile, new: &AddSubscription) -> Result<Added, CallError> {
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
