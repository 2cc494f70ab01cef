//! `hark add`: follows a URL, through the agent or, where none runs, in the settings alone.

use hark_agent::commands::add;
use hark_api::{
    AddSubscription, Added, Certainty, Credential, ErrorCode, client::CallError, route,
};
use hark_local::profile::Profile;
use hark_platform::{aside::Aside, signals::Interrupt};

use super::{client, confirm, token};
use crate::{Done, Failed, arguments::AddOptions, out, show};

pub async fn add(profile: &Profile, options: AddOptions) -> Done {
    let absolute =
        |path: std::path::PathBuf| std::path::absolute(&path).unwrap_or(path).display().to_string();
    let file = |path| Credential::File(absolute(path));
    let given = options.feed.clone();
    let mut new = AddSubscription {
        url: options.url,
        name: options.name,
        feed: options.feed,
        bearer: options.token_env.map(Credential::Env).or(options.token_file.map(file)),
        ca: options.ca.map(absolute),
        unchecked: options.unchecked,
        asks: confirm::can_ask(),
        found: None,
    };
    let mut answer = add_through_agent(profile, &new).await;
    // Its file goes unless the subscription is there.
    let mut given_token = None;
    if let Err(CallError::Refused(error)) = &answer
        && error.code == Some(ErrorCode::CredentialWanted)
    {
        let how = "Name one with --token-env NAME or --token-file FILE. Nothing was saved.";
        if new.bearer.is_some() {
            return Err(Failed(format!("{error} {how}")));
        }
        out::note(error);
        let refused = how.to_owned();
        // From here on Ctrl-C only ends the prompt, which then restores the terminal's echo; the token's
        // file is removed when the token is dropped.
        let mut interrupt = Interrupt::hear()?;
        let Some(token) = token::prompt(profile, &new.url)? else { return Err(Failed(refused)) };
        new.bearer = Some(Credential::File(token.path().display().to_string()));
        answer = tokio::select! {
            answer = add_through_agent(profile, &new) => answer,
            () = interrupt.came() => return Err(Failed("Interrupted. Nothing was saved.".into())),
        };
        given_token = Some(token);
    }
    if let Err(CallError::Refused(error)) = &answer
        && error.code == Some(ErrorCode::NoPushFeed)
        && new.asks
    {
        out::note(error);
        if !confirm::confirm("Follow it all the same?")? {
            return Err(Failed("Nothing was saved.".into()));
        }
        match &error.found {
            Some(found) => new.found = Some((**found).clone()),
            None => new.unchecked = true,
        }
        answer = add_through_agent(profile, &new).await;
    }
    if let Some(token) = given_token.filter(|_| answer.is_ok()) {
        out::note(format_args!("The token is kept in {}.", token.keep().display()));
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
        out::line(format_args!("{sure} {}: {}.", found.called, found.reason))?;
    }
    if let Some(preview) = added.preview {
        out::line(format_args!("The latest message there:\n{}", show::preview(&preview)))?;
    }
    if let Some(warning) = added.warning {
        out::note(warning);
    }
    Ok(())
}

/// Adds through the agent or, where none runs, in this process.
async fn add_through_agent(profile: &Profile, new: &AddSubscription) -> Result<Added, CallError> {
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
