//! `hark open`: the window, and the agent where none runs.

use hark_api::{client::Client, start};
use hark_local::{profile::Profile, program};

use crate::{Done, Failed};

pub async fn open(profile: &Profile) -> Done {
    // First of all, so that no agent is started for nothing. The window would end in silence.
    if !program::has_display() {
        return Err(Failed(program::NO_DISPLAY.to_owned()));
    }
    start::agent(profile, &Client::new(&profile.socket())).await?;
    Ok(program::open_window(profile)?)
}
