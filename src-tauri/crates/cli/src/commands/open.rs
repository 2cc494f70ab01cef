//! `hark open`: the window, and the agent where none runs.

use hark_api::{client::Client, start};
use hark_local::{
    profile::Profile,
    program::{self, Place},
};

use crate::{Done, Failed};

pub async fn open(profile: &Profile, message: Option<i64>) -> Done {
    // Checked first, so that no agent is started for a window that would end without a word.
    if !program::has_display() {
        return Err(Failed(program::NO_DISPLAY.to_owned()));
    }
    let started = start::agent(profile, &Client::new(&profile.socket())).await;
    // The window comes all the same, and says that no agent runs: who has no terminal would see nothing else.
    program::open_window(profile, message.map(|message| Place::Message { message, action: None }))?;
    Ok(started?)
}
