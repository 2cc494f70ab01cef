//! The commands, a file each. Most ask the running agent.

pub mod act;
pub mod add;
pub mod agent;
pub mod autostart;
pub mod completions;
pub mod config;
mod confirm;
pub mod consents;
pub mod demo;
pub mod doctor;
pub mod edit;
pub mod handlers;
pub mod history;
pub mod listen;
pub mod logs;
pub mod messages;
pub mod open;
pub mod pause;
pub mod portable;
pub mod read;
pub mod relay;
pub mod remove;
mod request;
pub mod rules;
mod secret;
pub mod send;
pub mod silence;
pub mod status;
pub mod stop;
pub mod test;

use hark_api::{Link, client::Client, named};
use hark_config::settings::EditError;
use hark_local::profile::Profile;

fn client(profile: &Profile) -> Client {
    Client::new(&profile.socket())
}

/// The key of the link that a person names, by its key or its name.
fn key_of(links: &[Link], word: &str) -> Result<String, EditError> {
    match named(links, word) {
        Ok(link) => Ok(link.subscription.clone()),
        Err(keys) => Err(EditError::unnamed(word, &keys)),
    }
}
