//! `hark relay`: how the relay is; turns it on and off in the settings, which the agent takes up by itself, and
//! prints its tokens.

use std::{io::ErrorKind, time::Duration};

use hark_api::{RenewToken, client::CallError, route};
use hark_config::settings::{RelayAt, read_listen, read_socket, set_relay};
use hark_local::{profile::Profile, token};
use tokio::time::{Instant, sleep};

use super::client;
use crate::{
    Done, Failed,
    arguments::{RelayCommand, RelayOptions},
    look::Look,
    out, show,
};

/// How long an agent may take to take up the settings.
const TAKEN_UP: Duration = Duration::from_secs(5);
/// What is said after that.
const NOT_TAKEN_UP: &str = "The agent has not taken up the settings yet; see hark status.";
/// How often it is asked meanwhile.
const ASK_EVERY: Duration = Duration::from_millis(50);

pub async fn relay(profile: &Profile, options: RelayOptions) -> Done {
    match options.command {
        None => {
            let relay = client(profile).call(&route::RELAY, &()).await?;
            match options.json {
                true => out::json_pretty(&relay)?,
                false => out::print(show::relay::relay(&relay, &Look::of_stdout()))?,
            }
            Ok(())
        }
        Some(RelayCommand::On { listen, socket }) => on(profile, listen, socket).await,
        Some(RelayCommand::Off) => off(profile).await,
        Some(RelayCommand::Token { read_only, renew }) => {
            print_token(profile, read_only, renew).await
        }
    }
}

async fn on(profile: &Profile, listen: Option<String>, socket: Option<String>) -> Done {
    let sentence = |wrong: String| Failed(format!("{wrong}."));
    let at = match (&listen, &socket) {
        (Some(listen), _) => Some(RelayAt::Listen(read_listen(listen).map_err(sentence)?)),
        (None, Some(socket)) => Some(RelayAt::Socket(read_socket(socket).map_err(sentence)?)),
        (None, None) => None,
    };
    let wanted = set_relay(&profile.settings(), Some(at))?.settings.relay.map(|relay| relay.at);
    let place = match wanted {
        Some(RelayAt::Socket(path)) => path.display().to_string(),
        Some(RelayAt::Listen(at)) => format!("http://{at}"),
        None => String::new(),
    };
    let deadline = Instant::now() + TAKEN_UP;
    loop {
        match client(profile).call(&route::RELAY, &()).await {
            Err(CallError::NoAgent) => {
                out::line(format!(
                    "The relay is on, at {place}, once an agent runs. Start one with: hark agent"
                ))?;
                return Ok(());
            }
            Ok(relay) if relay.listens && relay.at.as_ref() == Some(&place) => {
                out::print(show::relay::begin(&relay))?;
                return Ok(());
            }
            Ok(relay) if Instant::now() > deadline => {
                return Err(Failed(relay.problem.unwrap_or_else(|| NOT_TAKEN_UP.to_owned())));
            }
            Ok(_) => sleep(ASK_EVERY).await,
            Err(error) => return Err(error.into()),
        }
    }
}

async fn off(profile: &Profile) -> Done {
    set_relay(&profile.settings(), None)?;
    let deadline = Instant::now() + TAKEN_UP;
    loop {
        match client(profile).call(&route::RELAY, &()).await {
            Ok(relay) if relay.listens && Instant::now() > deadline => {
                return Err(Failed(NOT_TAKEN_UP.to_owned()));
            }
            Ok(relay) if relay.listens => sleep(ASK_EVERY).await,
            Ok(_) | Err(CallError::NoAgent) => {
                out::line("The relay is off. Its tokens stay for when it is on again.")?;
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Prints the token and nothing else, so that it can be filled in where it is needed.
async fn print_token(profile: &Profile, read_only: bool, renew: bool) -> Done {
    let path = profile.relay_token(read_only);
    if renew {
        match client(profile).call(&route::RELAY_TOKEN, &RenewToken { read_only }).await {
            Err(CallError::NoAgent) => drop(token::renew(&path)?),
            answer => answer?,
        }
    }
    match token::read(&path) {
        Ok(token) => Ok(out::line(token)?),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(Failed(
            "The relay has no token yet: it makes one when it first listens at an address. Turn it on \
             with: hark relay on"
                .to_owned(),
        )),
        Err(error) => Err(Failed(format!(
            "The token in {} cannot be used: {error}. Make a new one with --renew.",
            path.display()
        ))),
    }
}
